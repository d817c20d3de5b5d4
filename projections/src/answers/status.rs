//! # Status
//!
//! ## What it says
//! How each measure in scope stands on the reporting date as reported, and what the milestones and risks
//! recorded for it say instead.
//!
//! ## Formula
//! Reported overall = the stated one, else the worst of the five. A measure has a report if its last one
//! is about the Stichtag of the latest report call or a later day; where there is no call, if it is at
//! most 45 days old. Pillar colour: red if ≥ 20 % of the reported measures are red, else amber if ≥ 25 %
//! are red or amber, else green (dossier 5.1). An override counts in the place of the reported overall colour,
//! with the report of its date only.
//!
//! ## Facts
//! `status_reports`, `status_overrides`, `report_calls`, `catalogue`, `thresholds`; for computed colours
//! `milestones`, `milestone_reports`, `rebaselines`, `risks`, `risk_assessments`, `risk_closures`, `plans`,
//! `progress`, `requests`, `request_steps`, `bookings`, `outflow_plans`.
//!
//! ## Beware
//! Sub-measures have rows but do not count. A measure that is not active counts only if it has a colour:
//! it owes no report. `none` is never green. A dissolved pillar is not among the pillars; measures that still name
//! it count for the programme and are listed, so that the pillars and they together are the programme.

mod budget;
mod computed;
mod fields;
mod groups;
mod outflow;

use leitstand_domain::{Day, tables::Colour};
use serde_json::{Map, Value, json};

use self::{budget::Grants, fields::FIELDS, groups::summary};
use super::{
    duties::wording,
    milestones::Milestones,
    programme::{Programme, is_active},
    risks::Risks,
};
use crate::{
    Ask, Facts, Name,
    answer::{
        AnswerRow, Evidence, Kind, NoAnswer, Output, fields,
        ground::{Threshold, input},
    },
    facts::{CallFact, EntryFact, Fact, OverrideFact, StatusFact},
};

pub(super) const KIND: Kind = Kind {
    name: "status",
    title: "Status der Maßnahmen",
    id: "measure",
    fields: FIELDS,
    ask,
};

const DIMENSIONS: [&str; 5] = ["schedule", "budget", "scope", "resources", "risks"];

/// A measure as it stands.
struct Standing<'a> {
    entry: Fact<'a, EntryFact>,
    pillar: &'a str,
    report: Option<Fact<'a, StatusFact>>,
    call: Option<Fact<'a, CallFact>>,
    current: bool,
    /// Only if it holds: with the current report of its date.
    overridden: Option<Fact<'a, OverrideFact>>,
}

impl Standing<'_> {
    /// Whether the report was judged by its age, as where there is no call.
    fn is_judged_by_age(&self) -> bool {
        self.report.is_some() && self.call.is_none()
    }

    /// What says whether the report is of today.
    fn ground_of_stale(&self, as_of: Day, stale_days: &Threshold, evidence: &mut Evidence) {
        let Some(report) = self.report.map(|it| it.row().report_date) else {
            return;
        };
        let mut inputs = vec![input("report_date", report.to_string())];
        let by: &[Threshold] = if let Some(call) = self.call {
            inputs.push(input("stichtag", call.row().stichtag.to_string()));
            &[]
        } else {
            inputs.push(input("age_days", as_of.since(report)));
            std::slice::from_ref(stale_days)
        };
        evidence.ground("stale", inputs, by);
    }

    fn overall(&self) -> Option<Colour> {
        let report = self.report.filter(|_| self.current)?;
        let row = report.row();
        row.overall
            .or_else(|| five(row).into_iter().flatten().max())
    }

    /// The colour that counts: an override's, else the reported one.
    fn counted(&self) -> Option<Colour> {
        let overridden = self.overridden.map(|it| it.row().overall);
        overridden.or_else(|| self.overall())
    }

    /// Whether it counts in the summary.
    fn counts(&self, programme: &Programme<'_>) -> bool {
        programme.is_whole(self.entry.row())
            && (is_active(self.entry.row()) || self.counted().is_some())
    }
}

fn five(row: &StatusFact) -> [Option<Colour>; 5] {
    [
        row.schedule,
        row.budget,
        row.scope,
        row.resources,
        row.risks,
    ]
}

/// A colour's word; `none` where there is none.
pub(super) fn word(colour: Option<Colour>) -> &'static str {
    colour.map_or("none", Colour::name)
}

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let calls = calls(&programme);
    let stale_days = programme.threshold("stale_days", "status", (45, 45));
    let rows: Vec<Standing<'a>> = programme
        .measures()
        .filter(|it| programme.passes(it.row().id, &ask.filter))
        .map(|entry| standing(&programme, *entry, &calls, &stale_days))
        .collect();
    let summary = summary(&programme, &rows, &stale_days, &ask.filter)?;
    let milestones = Milestones::new(facts, &ask.view);
    let risks = Risks::new(facts, &ask.view);
    let grants = Grants::new(&programme);
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.entry.row().id).to_owned(),
        move |it| write(&programme, &milestones, &risks, &grants, &stale_days, it),
        summary,
    ))
}

/// Report calls whose Stichtag is reached, latest first.
pub(super) fn calls<'a>(programme: &Programme<'a>) -> Vec<Fact<'a, CallFact>> {
    let facts = programme.facts;
    let mut calls: Vec<_> = facts
        .calls
        .holders()
        .into_iter()
        .filter_map(|id| facts.calls.latest(id, programme.view))
        .collect();
    calls.sort_by_key(|it| std::cmp::Reverse((it.row().stichtag, it.row().id)));
    calls
}

/// Whether a call asks a measure of this pillar.
pub(super) fn asks(
    programme: &Programme<'_>,
    call: &CallFact,
    measure: Name,
    pillar: &str,
) -> bool {
    call.scope.is_none_or(|scope| {
        let scope = programme.text(scope);
        scope == pillar || scope == programme.text(measure) || scope == "PROG"
    })
}

fn standing<'a>(
    programme: &Programme<'a>,
    entry: Fact<'a, EntryFact>,
    calls: &[Fact<'a, CallFact>],
    stale_days: &Threshold,
) -> Standing<'a> {
    let id = entry.row().id;
    let pillar = programme.pillar(id);
    let report = programme.facts.statuses.latest(id, programme.view);
    let call = calls
        .iter()
        .find(|it| asks(programme, it.row(), id, pillar))
        .copied();
    let current = report.is_some_and(|report| match call {
        Some(call) => report.row().report_date >= call.row().stichtag,
        None => {
            rust_decimal::Decimal::from(programme.view.as_of.since(report.row().report_date))
                <= stale_days.amber
        }
    });
    let overridden = report
        .filter(|_| current)
        .and_then(|it| overriding(programme, it.row()));
    Standing {
        entry,
        pillar,
        report,
        call,
        current,
        overridden,
    }
}

/// What overrides a report: it is about the same measure and day.
fn overriding<'a>(
    programme: &Programme<'a>,
    report: &StatusFact,
) -> Option<Fact<'a, OverrideFact>> {
    let overrides = &programme.facts.overrides;
    overrides
        .of(report.measure, programme.view)
        .filter(|it| it.row().report_date == report.report_date)
        .max_by_key(Fact::order)
}

/// The override with the body that made it and its wording.
fn told(programme: &Programme<'_>, fact: Fact<'_, OverrideFact>) -> Value {
    let row = fact.row();
    json!({
        "overall": row.overall.name(),
        "reporter": programme.text(row.reporter),
        "reason": wording(programme, fact),
        "known_on": fact.first_known().to_string(),
    })
}

fn write(
    programme: &Programme<'_>,
    milestones: &Milestones<'_>,
    risks: &Risks<'_>,
    grants: &Grants,
    stale_days: &Threshold,
    it: &Standing<'_>,
) -> AnswerRow {
    let view = programme.view;
    let id = it.entry.row().id;
    let mut evidence = Evidence::default();
    evidence.add("catalogue", it.entry.positions(view));
    if let Some(report) = it.report {
        evidence.add("status_reports", report.positions(view));
    }
    if let Some(call) = it.call {
        evidence.add("report_calls", call.positions(view));
    }
    if let Some(overridden) = it.overridden {
        evidence.add("status_overrides", overridden.positions(view));
    }
    it.ground_of_stale(view.as_of, stale_days, &mut evidence);
    let mut reported = Map::new();
    let row = it.report.filter(|_| it.current);
    for (name, colour) in DIMENSIONS
        .iter()
        .zip(row.map_or([None; 5], |it| five(it.row())))
    {
        reported.insert((*name).to_owned(), json!(word(colour)));
    }
    reported.insert("overall".to_owned(), json!(word(it.overall())));
    let schedule = computed::schedule(programme, milestones, id);
    let risk = computed::risk(programme, risks, id);
    let budget = grants.budget(programme, id);
    let overall = schedule.colour.max(budget.colour).max(risk.colour);
    for (name, it) in [
        ("schedule", &schedule),
        ("budget", &budget),
        ("risks", &risk),
    ] {
        for field in ["computed", "computed_reason"] {
            let field = format!("{field}.{name}");
            evidence.ground(field, it.inputs.clone(), &it.thresholds);
        }
    }
    let mut reasons = Map::new();
    let mut computed = Map::new();
    for (name, colour, reason) in [
        ("schedule", schedule.colour, schedule.reason),
        ("budget", budget.colour, budget.reason),
        (
            "scope",
            None,
            "keine Angaben zu abgenommenen Lieferobjekten".to_owned(),
        ),
        ("resources", None, "keine Sitze der Maßnahme".to_owned()),
        ("risks", risk.colour, risk.reason),
    ] {
        computed.insert(name.to_owned(), json!(word(colour)));
        reasons.insert(name.to_owned(), json!(reason));
    }
    computed.insert("overall".to_owned(), json!(word(overall)));
    evidence.extend(&schedule.evidence);
    evidence.extend(&budget.evidence);
    evidence.extend(&risk.evidence);
    let gap = match (it.overall(), overall) {
        (Some(reported), Some(computed)) if reported < computed => "reported_better",
        (Some(reported), Some(computed)) if reported > computed => "reported_worse",
        (Some(_), Some(_)) => "equal",
        _ => "unknown",
    };
    AnswerRow {
        id: programme.text(id).to_owned(),
        fields: fields([
            ("measure", json!(programme.text(id))),
            ("pillar", json!(it.pillar)),
            (
                "report_date",
                json!(it.report.map(|it| it.row().report_date.to_string())),
            ),
            ("reported", Value::Object(reported)),
            (
                "original",
                json!(
                    row.and_then(|it| it.row().original)
                        .map(|it| programme.text(it))
                ),
            ),
            ("computed", Value::Object(computed)),
            ("computed_reason", Value::Object(reasons)),
            (
                "override",
                json!(it.overridden.map(|it| told(programme, it))),
            ),
            ("stale", json!(it.report.is_some() && !it.current)),
            ("gap", json!(gap)),
        ]),
        evidence,
    }
}
