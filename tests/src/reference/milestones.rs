//! `milestones`: baselines, forecasts, slips and the trend.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::numbers::{days_between, mean, median, rate, undefined};
use super::versions::Fact;
use super::{World, numbers};

/// "Steady drifter: three or more" later forecasts.
const STEADY: usize = 3;

/// One milestone at V.
struct Line<'a> {
    state: &'a Fact,
    baseline: Option<Date>,
    original: Option<Date>,
    forecast: Option<Date>,
    reached: Option<Date>,
    /// (report date, forecast or reached date), in order.
    trend: Vec<(Date, Date)>,
}

impl<'a> Line<'a> {
    fn new(world: &'a World, state: &'a Fact) -> Self {
        let id = state.text("id");
        let reports = world.of("milestone_reports", "milestone", id);
        let rebaseline = world
            .of("rebaselines", "milestone", id)
            .last()
            .and_then(|fact| fact.date("baseline"));
        let original = original(world, id);
        // A day after V is not reached at V, whatever the report calls it.
        let came = |report: &&&Fact| {
            let reached = report.date("reached");
            reached.is_some_and(|day| day <= world.as_of)
        };
        // "`trend` has the reached date as its last point": what is forecast once it is reached is no point of it.
        let first = reports.iter().position(|report| came(&report));
        let mut points: Vec<&Fact> = Vec::new();
        for (place, report) in reports.iter().enumerate() {
            if first.is_none_or(|first| place <= first) || came(&report) {
                points.push(report);
            }
        }
        let expected = points.iter().filter(|report| !came(report));
        Line {
            state,
            baseline: rebaseline.or(original),
            original,
            forecast: expected.filter_map(|report| point(report)).next_back(),
            reached: points
                .iter()
                .filter(came)
                .filter_map(|report| report.date("reached"))
                .next_back(),
            trend: points
                .iter()
                .filter_map(|report| Some((report.effective, point(report)?)))
                .collect(),
        }
    }

    /// "Due when the baseline ≤ V".
    fn due(&self, world: &World) -> bool {
        self.baseline
            .is_some_and(|baseline| baseline <= world.as_of)
    }

    /// "slip_days = (reached, else latest forecast) − current baseline".
    fn slip(&self) -> Option<i64> {
        Some(days_between(
            self.baseline?,
            self.reached.or(self.forecast)?,
        ))
    }

    /// "number of reports whose forecast (or reached date) is later than the one before; the
    /// original baseline stands before the first".
    fn later_forecasts(&self) -> usize {
        let mut before = self.original;
        let mut later = 0;
        for (_, forecast) in &self.trend {
            later += usize::from(before.is_some_and(|before| *forecast > before));
            before = Some(*forecast);
        }
        later
    }

    /// "Treadmill: not reached, and between the last two reports the forecast moved at least as
    /// many days as passed."
    fn treadmill(&self) -> bool {
        let [.., (first_day, first), (last_day, last)] = self.trend[..] else {
            return false;
        };
        self.reached.is_none() && days_between(first, last) >= days_between(first_day, last_day)
    }

    fn state(&self, world: &World) -> &'static str {
        match (self.reached, self.due(world)) {
            (Some(_), _) => "reached",
            (None, true) => "overdue",
            (None, false) => "planned",
        }
    }
}

/// The forecast of a report, or its reached date ("exactly one").
fn point(report: &Fact) -> Option<Date> {
    report.date("reached").or_else(|| report.date("forecast"))
}

/// A new state never changes "a milestone's `baseline`": it is the one of the first state.
fn original(world: &World, id: &str) -> Option<Date> {
    world
        .of("milestones", "id", id)
        .first()
        .and_then(|first| first.date("baseline"))
}

/// One row per milestone, sorted by id.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let lines: Vec<Line> = world
        .states("milestones", "id")
        .into_iter()
        .map(|state| Line::new(world, state))
        .collect();
    let rows: Vec<Value> = lines.iter().map(|line| row(world, line)).collect();
    (Value::Array(rows), summary(world, &lines))
}

fn row(world: &World, line: &Line) -> Value {
    let trend: Vec<Value> = line
        .trend
        .iter()
        .map(|(day, forecast)| json!({ "report_date": day.to_string(), "forecast": forecast.to_string() }))
        .collect();
    let mut row = json!({
        "id": line.state.text("id"),
        "subject": line.state.text("subject"),
        "title": line.state.text("title"),
        "baseline": numbers::date(line.baseline),
        "original_baseline": numbers::date(line.original),
        "forecast": numbers::date(line.forecast),
        "reached": numbers::date(line.reached),
        "slip_days": line.slip().map_or_else(|| undefined("no forecast"), Value::from),
        "later_forecasts": line.later_forecasts(),
        "treadmill": line.treadmill(),
        "state": line.state(world),
        "trend": trend,
    });
    if let Some(pillar) = world.pillar(line.state.text("subject")) {
        row["pillar"] = json!(pillar);
    }
    row
}

/// "hit_rate = due and reached on or before the baseline / due. `reached` counts all reached,
/// `on_time` those due and reached in time"; "mean and median over all due".
fn summary(world: &World, lines: &[Line]) -> Value {
    let due: Vec<&Line> = lines.iter().filter(|line| line.due(world)).collect();
    let on_time = due
        .iter()
        .filter(|line| in_time(line.reached, line.baseline))
        .count();
    let original: Vec<&Line> = lines
        .iter()
        .filter(|line| {
            line.original
                .is_some_and(|baseline| baseline <= world.as_of)
        })
        .collect();
    let original_on_time = original
        .iter()
        .filter(|line| in_time(line.reached, line.original))
        .count();
    let slips: Vec<i64> = due.iter().filter_map(|line| line.slip()).collect();
    let without_slip: Vec<&str> = due
        .iter()
        .filter(|line| line.slip().is_none())
        .map(|line| line.state.text("id"))
        .collect();
    let steady: Vec<&str> = lines
        .iter()
        .filter(|line| line.later_forecasts() >= STEADY)
        .map(|line| line.state.text("id"))
        .collect();
    json!({
        "due": due.len(),
        "reached": lines.iter().filter(|line| line.reached.is_some()).count(),
        "on_time": on_time,
        "hit_rate": rate(as_i64(on_time), as_i64(due.len())),
        "hit_rate_original": rate(as_i64(original_on_time), as_i64(original.len())),
        "mean_slip_days": mean(&slips),
        "median_slip_days": median(&slips),
        "steady_drifters": steady,
        "without_slip": without_slip,
    })
}

/// Reached on or before the baseline.
fn in_time(reached: Option<Date>, baseline: Option<Date>) -> bool {
    matches!((reached, baseline), (Some(reached), Some(baseline)) if reached <= baseline)
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
