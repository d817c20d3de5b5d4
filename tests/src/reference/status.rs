//! `status`: the reported colours per measure, pillar and programme.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::versions::Fact;
use super::{World, catalogue, numbers};

/// The five dimensions of a status report.
const DIMENSIONS: [&str; 5] = ["schedule", "budget", "scope", "resources", "risks"];

/// "where there is no call, if its last one is older than 45 days".
const STALE_DAYS: i64 = 45;

/// What one measure reports.
struct Line<'a> {
    measure: &'a Fact,
    report: Option<&'a Fact>,
    stale: bool,
    /// The override of the report that counts.
    overridden: Option<&'a Fact>,
}

impl Line<'_> {
    /// The report that counts; "`stale` = there is only such an older report".
    fn current(&self) -> Option<&Fact> {
        if self.stale { None } else { self.report }
    }

    fn overall(&self) -> &'static str {
        self.current().map_or("none", overall)
    }

    /// "An override replaces the overall colour in the counts and stays visible."
    fn counted(&self) -> &'static str {
        self.overridden
            .map_or_else(|| self.overall(), |fact| colour(fact.get("overall")))
    }
}

/// "holds only with the report of that date".
fn override_of<'a>(world: &'a World, report: &Fact) -> Option<&'a Fact> {
    let overrides = world.of("status_overrides", "measure", report.text("measure"));
    let mut of_date = overrides
        .into_iter()
        .filter(|fact| fact.effective == report.effective);
    of_date.next_back()
}

/// "colours `green`, `amber`, `red`, `none`", fed as `G`, `A`, `R`.
fn colour(cell: Option<&str>) -> &'static str {
    match cell {
        Some("G") => "green",
        Some("A") => "amber",
        Some("R") => "red",
        _ => "none",
    }
}

/// "Reported overall = the stated one, else the worst of the five."
fn overall(report: &Fact) -> &'static str {
    if report.get("overall").is_some() {
        return colour(report.get("overall"));
    }
    let five = DIMENSIONS.map(|dimension| colour(report.get(dimension)));
    ["red", "amber", "green"]
        .into_iter()
        .find(|colour| five.contains(colour))
        .unwrap_or("none")
}

/// The Stichtag of the latest report call with stichtag ≤ V.
fn latest_call(world: &World) -> Option<Date> {
    let calls = world.states("report_calls", "id");
    calls
        .iter()
        .filter_map(|call| call.date("stichtag"))
        .filter(|stichtag| *stichtag <= world.as_of)
        .max()
}

/// "A measure has no report at V (all colours `none`) if it has none with a report date on or
/// after the Stichtag of the latest report call with stichtag ≤ V; where there is no call, if its
/// last one is older than 45 days."
fn lines<'a>(world: &'a World) -> Vec<Line<'a>> {
    let call = latest_call(world);
    let line = |measure: &'a Fact| {
        let report = world
            .of("status_reports", "measure", measure.text("id"))
            .last()
            .copied();
        let stale = report.is_some_and(|report| match call {
            Some(stichtag) => report.effective < stichtag,
            None => numbers::days_between(report.effective, world.as_of) > STALE_DAYS,
        });
        Line {
            measure,
            report,
            stale,
            overridden: report
                .filter(|_| !stale)
                .and_then(|report| override_of(world, report)),
        }
    };
    world.measures().into_iter().map(line).collect()
}

/// One row per measure in scope; the summary counts those without a parent.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let lines = lines(world);
    let rows: Vec<Value> = lines.iter().map(row).collect();
    let counted: Vec<&Line> = lines.iter().filter(|line| counts(line)).collect();
    let mut pillars = BTreeMap::new();
    for pillar in ["DG", "DS", "RM", "KI"] {
        let of_pillar: Vec<&Line> = counted
            .iter()
            .copied()
            .filter(|line| line.measure.text("pillar") == pillar)
            .collect();
        pillars.insert(pillar, group(&of_pillar, true));
    }
    let reported = counted
        .iter()
        .filter(|line| line.counted() != "none")
        .count();
    let mut by_original: BTreeMap<&str, u32> = BTreeMap::new();
    for original in counted
        .iter()
        .filter_map(|line| line.current()?.get("original"))
    {
        *by_original.entry(original).or_default() += 1;
    }
    let summary = json!({
        "programme": group(&counted, false),
        "pillars": pillars,
        "report_rate": numbers::rate(as_i64(reported), as_i64(counted.len())),
        "by_original": by_original,
    });
    (Value::Array(rows), summary)
}

/// "the summary counts those without a parent"; "Only `active` measures owe reports", so one that
/// is planned, paused or finished is not missing; but a colour reported all the same counts.
fn counts(line: &Line) -> bool {
    line.measure.get("parent").is_none()
        && (catalogue::state(line.measure) == "active" || line.counted() != "none")
}

fn row(line: &Line) -> Value {
    let mut reported: BTreeMap<&str, &str> = DIMENSIONS
        .into_iter()
        .map(|dimension| {
            (
                dimension,
                line.current()
                    .map_or("none", |report| colour(report.get(dimension))),
            )
        })
        .collect();
    // "both values stay visible" (dossier 5.1): what was reported is not replaced in the row.
    reported.insert("overall", line.overall());
    let mut row = json!({
        "measure": line.measure.text("id"),
        "pillar": line.measure.text("pillar"),
        "report_date": numbers::date(line.report.map(|report| report.effective)),
        "reported": reported,
        "original": numbers::text(line.current().and_then(|report| report.get("original"))),
        "stale": line.stale,
    });
    // The contract does not say how a missing override reads.
    if let Some(fact) = line.overridden {
        row["override"] = json!({
            "overall": line.counted(),
            "reporter": numbers::text(fact.get("reporter")),
            "reason": numbers::text(fact.get("reason")),
        });
    }
    row
}

/// Counts and colour of a group: "red if ≥ 20 % of reported measures are red, else amber if
/// ≥ 25 % are red or amber, else green"; "a pillar (not the programme) that would be green with
/// under 80 % reported is `amber`".
fn group(lines: &[&Line], is_pillar: bool) -> Value {
    let count = |colour: &str| lines.iter().filter(|line| line.counted() == colour).count();
    let (green, amber, red, none) = (count("green"), count("amber"), count("red"), count("none"));
    let (reported, all) = (green + amber + red, lines.len());
    let colour = if reported == 0 {
        "none"
    } else if red * 100 >= reported * 20 {
        "red"
    } else if (red + amber) * 100 >= reported * 25 || (is_pillar && reported * 100 < all * 80) {
        "amber"
    } else {
        "green"
    };
    json!({
        "green": green,
        "amber": amber,
        "red": red,
        "none": none,
        "colour": colour,
        "reported": format!("{reported} of {all}"),
    })
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
