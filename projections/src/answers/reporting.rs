//! # Reporting
//!
//! ## What it says
//! Which measure owed a report for which call, when it came and how late.
//!
//! ## Formula
//! A call is owed by every measure that on the Stichtag of the call is active, in scope and no part of another, and
//! whose pillar it asks. The report of a call is the first received of those dated from its Stichtag up to the next
//! call's. `days_late` = received (where none came: V) − due, at least 0.
//!
//! ## Facts
//! `report_calls`, `status_reports`, `catalogue`.
//!
//! ## Beware
//! Received is the day the report became known, not the day it was recorded. What becomes of a measure after the
//! Stichtag, paused, finished or begun, changes nothing of what was owed on it.

use std::collections::BTreeMap;

use leitstand_domain::{Day, tables::EntryKind};
use serde_json::{Map, Value, json};

use super::{
    programme::{Programme, in_scope, is_active},
    status::{asks, calls},
};
use crate::{
    Ask, Facts, Name, View,
    answer::{
        AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields,
        ground::{self, Summary},
    },
    facts::{CallFact, EntryFact, Fact, StatusFact},
};

pub(super) const KIND: Kind = Kind {
    name: "reporting",
    title: "Meldungen",
    id: "id",
    fields: &[
        field(
            "measure",
            "Kennung der Maßnahme, die melden muss: am Stichtag des Abrufs aktiv, im Umfang und kein Teil einer anderen",
            &[],
            &["catalogue"],
        ),
        field("call", "Kennung des Berichtsabrufs", &[], &["report_calls"]),
        field(
            "due",
            "letzter Tag der rechtzeitigen Meldung",
            &[],
            &["report_calls"],
        ),
        field(
            "received",
            "Eingang der ersten Meldung ab dem Stichtag des Abrufs und vor dem des nächsten",
            &["call"],
            &["status_reports", "report_calls"],
        ),
        field(
            "days_late",
            "days_late = received (ohne Meldung: Stichtag) − due, mindestens 0",
            &["received", "due"],
            &["status_reports", "report_calls"],
        ),
        field(
            "open",
            "keine Meldung eingegangen",
            &["received"],
            &["status_reports", "report_calls"],
        ),
        field(
            "id",
            "Maßnahme/Berichtsabruf",
            &["measure", "call"],
            &["catalogue", "report_calls"],
        ),
    ],
    ask,
};

/// What one measure owes for one call.
pub(super) struct Debt<'a> {
    pub measure: Name,
    pub call: Fact<'a, CallFact>,
    pub report: Option<Fact<'a, StatusFact>>,
    /// The measure as it was on the Stichtag of the call, by which it owes.
    pub entry: Option<Fact<'a, EntryFact>>,
}

impl Debt<'_> {
    pub(super) fn is_late(&self) -> bool {
        self.report
            .is_some_and(|it| it.first_known() > self.call.row().due)
    }

    fn days_late(&self, as_of: Day) -> i32 {
        self.report
            .map_or(as_of, |it| it.first_known())
            .since(self.call.row().due)
            .max(0)
    }
}

/// The view from the Stichtag of a call.
fn on_stichtag(programme: &Programme<'_>, call: &CallFact) -> View {
    View {
        as_of: call.stichtag.min(programme.view.as_of),
        ..*programme.view
    }
}

/// A call that asks a measure, and whether the measure as it then was owes it.
struct Asked<'a> {
    call: Fact<'a, CallFact>,
    entry: Option<Fact<'a, EntryFact>>,
    is_owed: bool,
}

/// What each measure is asked, by the Stichtag of the calls.
fn asked<'a>(programme: &Programme<'a>) -> BTreeMap<Name, Vec<Asked<'a>>> {
    let mut calls = calls(programme);
    calls.reverse();
    // Between two changes of the catalogue the programme is the same, whatever the Stichtag.
    let entries = programme.facts.entries.all(programme.view);
    let mut changes: Vec<Day> = entries.map(|it| it.effective()).collect();
    changes.sort_unstable();
    changes.dedup();
    let state = |it: &Fact<'a, CallFact>| changes.partition_point(|day| *day <= it.row().stichtag);
    let mut asked: BTreeMap<Name, Vec<Asked<'a>>> = BTreeMap::new();
    for same in calls.chunk_by(|a, b| state(a) == state(b)) {
        let Some(first) = same.first() else { continue };
        let view = on_stichtag(programme, first.row());
        let then = Programme::new(programme.facts, &view);
        let measures = then.entries().map(Fact::row);
        for entry in measures.filter(|it| it.kind == EntryKind::Measure) {
            let pillar = then.pillar(entry.id);
            let is_owed = in_scope(entry) && is_active(entry) && then.is_whole(entry);
            let calls = same
                .iter()
                .filter(|it| asks(&then, it.row(), entry.id, pillar));
            let measure = programme.facts.entries.latest(entry.id, &view);
            let calls = calls.map(|call| Asked {
                call: *call,
                entry: measure,
                is_owed,
            });
            asked.entry(entry.id).or_default().extend(calls);
        }
    }
    asked
}

/// Everything owed by V, by measure, then call.
pub(super) fn debts<'a>(programme: &Programme<'a>) -> Vec<Debt<'a>> {
    let mut debts = Vec::new();
    for (measure, asked) in asked(programme) {
        if !asked.iter().any(|it| it.is_owed) {
            continue;
        }
        let stichtag = |it: &Asked<'_>| it.call.row().stichtag;
        // The report of a call: of those dated from its Stichtag on and before the next, the first received.
        let mut first: Vec<Option<Fact<'a, StatusFact>>> = vec![None; asked.len()];
        for report in programme.facts.statuses.of(measure, programme.view) {
            let after = asked.partition_point(|it| stichtag(it) <= report.row().report_date);
            let Some(last) = after.checked_sub(1).and_then(|at| asked.get(at)) else {
                continue;
            };
            let same = asked.partition_point(|it| stichtag(it) < stichtag(last));
            let came = |it: &Fact<'a, StatusFact>| (it.first_known(), it.root_position());
            for place in first.iter_mut().take(after).skip(same) {
                if place.as_ref().is_none_or(|it| came(&report) < came(it)) {
                    *place = Some(report);
                }
            }
        }
        let owed = asked.iter().zip(first).filter(|(it, _)| it.is_owed);
        debts.extend(owed.map(|(it, report)| Debt {
            measure,
            call: it.call,
            report,
            entry: it.entry,
        }));
    }
    debts
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let mut rows = debts(&programme);
    rows.retain(|it| programme.passes(it.measure, &ask.filter));
    let summary = summary(&programme, &rows);
    Ok(Output::new(
        rows,
        |it| {
            format!(
                "{}/{}",
                facts.names.text(it.measure),
                facts.names.text(it.call.row().id)
            )
        },
        move |it| write(&programme, it),
        summary,
    ))
}

fn summary(programme: &Programme<'_>, rows: &[Debt<'_>]) -> Summary {
    let mut by_call: BTreeMap<&str, Vec<&Debt<'_>>> = BTreeMap::new();
    for it in rows {
        let call = programme.text(it.call.row().id);
        by_call.entry(call).or_default().push(it);
    }
    let (mut calls, mut grounds) = (Map::new(), Evidence::default());
    for (call, debts) in by_call {
        let mut count = Map::new();
        for kind in ["due", "received", "late", "open"] {
            let counts = |it: &Debt<'_>| match kind {
                "received" => it.report.is_some(),
                "late" => it.is_late(),
                "open" => it.report.is_none(),
                _ => true,
            };
            let here = debts.iter().filter(|it| counts(it));
            count.insert(kind.to_owned(), json!(here.clone().count()));
            let here = here.map(|it| programme.text(it.measure));
            let which = ground::count("measures", debts.len(), here);
            grounds.ground(format!("calls.{call}.{kind}"), which, &[]);
        }
        calls.insert(call.to_owned(), Value::Object(count));
    }
    let figures = fields([("calls", Value::Object(calls))]);
    Summary { figures, grounds }
}

fn write(programme: &Programme<'_>, it: &Debt<'_>) -> AnswerRow {
    let call = it.call.row();
    let mut evidence = Evidence::default();
    if let Some(entry) = it.entry {
        evidence.add("catalogue", entry.positions(programme.view));
    }
    evidence.add("report_calls", it.call.positions(programme.view));
    if let Some(report) = it.report {
        evidence.add("status_reports", report.positions(programme.view));
    }
    let id = format!("{}/{}", programme.text(it.measure), programme.text(call.id));
    AnswerRow {
        id: id.clone(),
        fields: fields([
            ("measure", json!(programme.text(it.measure))),
            ("call", json!(programme.text(call.id))),
            ("due", json!(call.due.to_string())),
            (
                "received",
                json!(it.report.map(|it| it.first_known().to_string())),
            ),
            ("days_late", json!(it.days_late(programme.view.as_of))),
            ("open", json!(it.report.is_none())),
            ("id", json!(id)),
        ]),
        evidence,
    }
}
