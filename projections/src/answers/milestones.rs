//! # Milestones
//!
//! ## What it says
//! Each milestone's promised, expected and reached day, and how it drifted.
//!
//! ## Formula
//! `slip_days` = (reached, else latest forecast) − current baseline. Due when the baseline ≤ V; overdue
//! when due and not reached. `hit_rate` = due and reached on or before the baseline / due. Treadmill: not
//! reached, and between the last two reports the forecast moved at least as many days as passed.
//!
//! ## Facts
//! `milestones`, `rebaselines`, `milestone_reports`.
//!
//! ## Beware
//! Drift counts from the original baseline, slip from the current one. A reached date after the reporting date is not
//! reached yet: until then it is a forecast. Once it is reached, a forecast reported later changes nothing; only a
//! correction takes that back. What is due without forecast or reached date has no slip: it counts in no mean and is
//! named in `without_slip`.

use std::collections::HashMap;

use leitstand_domain::Day;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde_json::{Value, json};

use super::programme::Programme;
use crate::{
    Ask, Facts, Name, View,
    answer::{
        AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields,
        ground::{self, Summary, input},
    },
    facts::{Fact, MilestoneFact, RebaselineFact, ReportFact},
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "milestones",
    title: "Meilensteine",
    id: "id",
    fields: &[
        field("id", "Kennung des Meilensteins", &[], &["milestones"]),
        field(
            "subject",
            "Maßnahme oder Governance-Aktion",
            &[],
            &["milestones"],
        ),
        field(
            "pillar",
            "Säule des Gegenstands; leer, solange der Katalog ihn nicht kennt",
            &["subject"],
            &["milestones"],
        ),
        field("title", "Titel", &[], &["milestones"]),
        field(
            "baseline",
            "Basistermin, der am Stichtag gilt: der letzte beschlossene",
            &["original_baseline"],
            &["milestones", "rebaselines"],
        ),
        field(
            "original_baseline",
            "erster Basistermin",
            &[],
            &["milestones"],
        ),
        field(
            "forecast",
            "Prognose des letzten Berichts, der eine nennt; ein Ist-Termin nach dem Stichtag ist noch Prognose, nach dem Erreichen gilt keine mehr",
            &["trend"],
            &["milestone_reports"],
        ),
        field(
            "reached",
            "gemeldeter Ist-Termin bis zum Stichtag",
            &["trend"],
            &["milestone_reports"],
        ),
        field(
            "slip_days",
            "slip_days = (reached, sonst forecast) − baseline, in Tagen",
            &["reached", "forecast", "baseline"],
            &["milestones", "rebaselines", "milestone_reports"],
        ),
        field(
            "later_forecasts",
            "Zahl der Berichte, deren Termin später liegt als der davor; vor dem ersten steht der ursprüngliche Basistermin",
            &["original_baseline", "trend"],
            &["milestones", "milestone_reports"],
        ),
        field(
            "treadmill",
            "nicht erreicht, und zwischen den letzten zwei Berichten rückte die Prognose um mindestens so viele Tage wie vergingen",
            &["trend", "reached"],
            &["milestone_reports"],
        ),
        field(
            "state",
            "reached: erreicht; overdue: baseline ≤ Stichtag und nicht erreicht; sonst planned",
            &["reached", "baseline"],
            &["milestones", "rebaselines", "milestone_reports"],
        ),
        field(
            "trend",
            "die Termine der Berichte in ihrer Folge; der erreichte als letzter: was danach noch als Prognose gemeldet wird, zählt nicht",
            &[],
            &["milestone_reports"],
        ),
    ],
    ask,
};

/// A milestone as it stands.
pub(super) struct Standing<'a> {
    pub planned: Fact<'a, MilestoneFact>,
    rebaselined: Option<Fact<'a, RebaselineFact>>,
    /// In the order of their report dates; one per report date.
    reports: Vec<Fact<'a, ReportFact>>,
    /// (report date, forecast or reached date), in order, up to the reached one.
    trend: Vec<(Day, Day)>,
    pub baseline: Day,
    pub original: Day,
    forecast: Option<Day>,
    pub reached: Option<Day>,
}

/// All milestones, findable by subject.
pub(super) struct Milestones<'a> {
    all: Vec<Standing<'a>>,
    by_subject: HashMap<Name, Vec<usize>>,
}

impl<'a> Milestones<'a> {
    pub(super) fn new(facts: &'a Facts, view: &'a View) -> Self {
        let all: Vec<Standing<'a>> = facts
            .milestones
            .holders()
            .into_par_iter()
            .filter_map(|id| standing(facts, view, id))
            .collect();
        let mut by_subject: HashMap<Name, Vec<usize>> = HashMap::new();
        for (at, it) in all.iter().enumerate() {
            by_subject
                .entry(it.planned.row().subject)
                .or_default()
                .push(at);
        }
        Self { all, by_subject }
    }

    pub(super) fn of(&self, subject: Name) -> impl Iterator<Item = &Standing<'a>> {
        self.by_subject
            .get(&subject)
            .into_iter()
            .flatten()
            .map(|at| &self.all[*at])
    }
}

fn standing<'a>(facts: &'a Facts, view: &'a View, id: Name) -> Option<Standing<'a>> {
    let planned = facts.milestones.latest(id, view)?;
    // A baseline moves only by a rebaseline, so the first state's is the original.
    let original = facts
        .milestones
        .of(id, view)
        .min_by_key(Fact::order)?
        .row()
        .baseline;
    let rebaselined = facts.rebaselines.latest(id, view);
    let mut reports: Vec<_> = facts.reports.of(id, view).collect();
    reports.sort_by_key(Fact::order);
    let (mut forecast, mut reached, mut trend) = (None, None, Vec::new());
    for report in reports.iter().map(Fact::row) {
        // What is said to be reached after V is still to come: nobody knows that it was.
        let (came, to_come) = match report.reached {
            Some(day) if day <= view.as_of => (Some(day), None),
            to_come => (None, report.forecast.or(to_come)),
        };
        // Once it is reached, there is nothing left to expect.
        let expected = to_come.filter(|_| reached.is_none());
        forecast = expected.or(forecast);
        reached = came.or(reached);
        let point = came.or(expected);
        trend.extend(point.map(|day| (report.report_date, day)));
    }
    let baseline = rebaselined.map_or(original, |it| it.row().baseline);
    Some(Standing {
        planned,
        rebaselined,
        reports,
        trend,
        baseline,
        original,
        forecast,
        reached,
    })
}

impl Standing<'_> {
    /// Days behind the current baseline; `None` without forecast or reached date.
    pub(super) fn slip(&self) -> Option<i32> {
        self.reached
            .or(self.forecast)
            .map(|it| it.since(self.baseline))
    }

    pub(super) fn evidence(&self, view: &View) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.add("milestones", self.planned.positions(view));
        if let Some(it) = self.rebaselined {
            evidence.add("rebaselines", it.positions(view));
        }
        for report in &self.reports {
            evidence.add("milestone_reports", report.positions(view));
        }
        evidence
    }

    fn later_forecasts(&self) -> usize {
        let mut before = self.original;
        let mut later = 0;
        for (_, day) in &self.trend {
            later += usize::from(*day > before);
            before = *day;
        }
        later
    }

    fn treadmill(&self) -> bool {
        match self.trend.as_slice() {
            [.., (then, before), (now, after)] if self.reached.is_none() => {
                let passed = now.since(*then);
                passed > 0 && after.since(*before) >= passed
            }
            _ => false,
        }
    }

    fn due(&self, view: &View) -> bool {
        self.baseline <= view.as_of
    }

    fn state(&self, view: &View) -> &'static str {
        match self.reached {
            Some(_) => "reached",
            None if self.due(view) => "overdue",
            None => "planned",
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let mut rows = Milestones::new(facts, &ask.view).all;
    rows.retain(|it| programme.passes(it.planned.row().subject, &ask.filter));
    let summary = summary(&programme, &rows);
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.planned.row().id).to_owned(),
        move |it| write(&programme, it),
        summary,
    ))
}

fn summary(programme: &Programme<'_>, rows: &[Standing<'_>]) -> Summary {
    let view = programme.view;
    let id = |it: &Standing<'_>| programme.text(it.planned.row().id);
    let reached: Vec<&Standing<'_>> = rows.iter().filter(|it| it.reached.is_some()).collect();
    let due: Vec<&Standing<'_>> = rows.iter().filter(|it| it.due(view)).collect();
    let in_time = |it: &Standing<'_>, day: Day| it.reached.is_some_and(|reached| reached <= day);
    let mut on_time = due.clone();
    on_time.retain(|it| in_time(it, it.baseline));
    let originally: Vec<&Standing<'_>> =
        rows.iter().filter(|it| it.original <= view.as_of).collect();
    let mut original_hits = originally.clone();
    original_hits.retain(|it| in_time(it, it.original));
    let slips: Vec<(&str, i64)> = due
        .iter()
        .filter_map(|it| Some((id(it), it.slip()?.into())))
        .collect();
    let mut without_slip: Vec<&str> = due
        .iter()
        .filter(|it| it.slip().is_none())
        .map(|it| id(it))
        .collect();
    without_slip.sort_unstable();
    let mut drifters: Vec<(&str, usize)> = rows
        .iter()
        .map(|it| (id(it), it.later_forecasts()))
        .filter(|it| it.1 >= 3)
        .collect();
    drifters.sort_unstable();
    let none = "no milestone is due";
    let no_slip = if due.is_empty() {
        none
    } else {
        "no milestone due has a forecast or was reached"
    };
    let rate = |hits: usize, of: usize| {
        present::percent(
            i128::try_from(hits).unwrap_or_default(),
            i128::try_from(of).unwrap_or_default(),
            none,
        )
    };
    let total: i64 = slips.iter().map(|it| it.1).sum();
    let mut grounds = Evidence::default();
    let mut counted = |field: &str, of: usize, which: &[&Standing<'_>]| {
        let ids = which.iter().map(|it| id(it));
        grounds.ground(field, ground::count("milestones", of, ids), &[]);
    };
    counted("due", rows.len(), &due);
    counted("reached", rows.len(), &reached);
    counted("on_time", due.len(), &on_time);
    let rate_of = vec![
        input("on_time_original", original_hits.len()),
        input("due_original", originally.len()),
    ];
    grounds.ground("hit_rate_original", rate_of, &[]);
    let not_counted = ground::rows("not_counted", without_slip.iter().copied());
    let mean_of = [input("sum", total), input("counted", slips.len())];
    let mean_of = mean_of.into_iter().chain([not_counted.clone()]).collect();
    grounds.ground("mean_slip_days", mean_of, &[]);
    let mut median_of = ground::values(slips.iter().copied());
    median_of.insert(1, not_counted);
    grounds.ground("median_slip_days", median_of, &[]);
    let drifted = drifters.iter().map(|it| input(it.0, it.1)).collect();
    grounds.ground("steady_drifters", drifted, &[]);
    let median = slips.iter().map(|it| it.1).collect();
    let drifters: Vec<&str> = drifters.into_iter().map(|it| it.0).collect();
    let figures = fields([
        ("due", json!(due.len())),
        ("reached", json!(reached.len())),
        ("on_time", json!(on_time.len())),
        ("hit_rate", rate(on_time.len(), due.len())),
        (
            "hit_rate_original",
            rate(original_hits.len(), originally.len()),
        ),
        ("mean_slip_days", present::mean(total, slips.len(), no_slip)),
        ("median_slip_days", present::median(median, no_slip)),
        ("steady_drifters", json!(drifters)),
        ("without_slip", json!(without_slip)),
    ]);
    Summary { figures, grounds }
}

fn write(programme: &Programme<'_>, it: &Standing<'_>) -> AnswerRow {
    let row = it.planned.row();
    let trend: Vec<Value> = it
        .trend
        .iter()
        .map(|(report_date, day)| json!({ "report_date": report_date.to_string(), "forecast": day.to_string() }))
        .collect();
    AnswerRow {
        id: programme.text(row.id).to_owned(),
        fields: fields([
            ("id", json!(programme.text(row.id))),
            ("subject", json!(programme.text(row.subject))),
            ("pillar", json!(programme.known_pillar(row.subject))),
            ("title", json!(programme.text(row.title))),
            ("baseline", json!(it.baseline.to_string())),
            ("original_baseline", json!(it.original.to_string())),
            ("forecast", json!(it.forecast.map(|it| it.to_string()))),
            ("reached", json!(it.reached.map(|it| it.to_string()))),
            (
                "slip_days",
                it.slip().map_or_else(
                    || present::undefined("no forecast and not reached"),
                    |it| json!(it),
                ),
            ),
            ("later_forecasts", json!(it.later_forecasts())),
            ("treadmill", json!(it.treadmill())),
            ("state", json!(it.state(programme.view))),
            ("trend", Value::Array(trend)),
        ]),
        evidence: it.evidence(programme.view),
    }
}
