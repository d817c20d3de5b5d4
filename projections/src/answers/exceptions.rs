//! # Exceptions
//!
//! ## What it says
//! What a reader should know was not as it should be: reports that came late, rows handed in after the day
//! they were known, corrections, overridden colours, rows recorded twice.
//!
//! ## Formula
//! `late`: received after the call's due date. `backfilled`: known before the day of recording. `corrected`:
//! a correction, or a booking that replaces another. `duplicate_identity`: a row whose identity another
//! process had recorded in another stream; it changes no figure. `overridden`: a colour somebody overrode,
//! whether there is a report of that day for it to hold with or not.
//!
//! ## Facts
//! The log itself, `report_calls`, `status_reports`, `status_overrides`.
//!
//! ## Beware
//! What `init` records is built in and not backfilled.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    programme::Programme,
    reporting::{self, Debt},
};
use crate::{
    Ask, Facts, View,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{Fact, Logged, LoggedKind, OverrideFact},
};

pub(super) const KIND: Kind = Kind {
    name: "exceptions",
    title: "Auffälligkeiten",
    id: "id",
    fields: &[
        field(
            "kind",
            "late: verspätet gemeldet; backfilled: nacherfasst; corrected: berichtigt; overridden: Farbe übersteuert; duplicate_identity: doppelt erfasst",
            &[],
            &["log"],
        ),
        field(
            "what",
            "Strom und Ereignis, Maßnahme und Berichtsabruf, oder Maßnahme und Stichtag",
            &[],
            &["log"],
        ),
        field("id", "Art und Stelle im Protokoll", &[], &["log"]),
    ],
    ask,
};

/// Kinds of exceptions in the order of their rows.
const KINDS: [&str; 6] = [
    "after_close",
    "backfilled",
    "corrected",
    "duplicate_identity",
    "late",
    "overridden",
];
const BACKFILLED: u8 = 1;
const CORRECTED: u8 = 2;
const DUPLICATE: u8 = 3;
const LATE: u8 = 4;
const OVERRIDDEN: u8 = 5;

/// Something found: its kind, and its place in the log, among the duplicates, debts or overrides. Kept
/// small, because on a log fed from an archive nearly every row is one; it is told when its row is asked.
#[derive(Clone, Copy)]
struct Found {
    kind: u8,
    place: u32,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let view = &ask.view;
    let programme = Programme::new(facts, view);
    let seen = |it: &Logged| view.sees(it.known, it.position) && it.effective <= view.as_of;
    let mut debts: Vec<Debt<'a>> = reporting::debts(&programme);
    debts.retain(Debt::is_late);
    debts.sort_by_cached_key(|it| first_position(it, view));
    let (mut backfilled, mut corrected) = (Vec::new(), Vec::new());
    for (place, logged) in (0..).zip(&facts.log) {
        if !seen(logged) {
            continue;
        }
        if matches!(logged.kind, LoggedKind::Row | LoggedKind::Correction)
            && logged.known < logged.recorded_on
        {
            backfilled.push(Found {
                kind: BACKFILLED,
                place,
            });
        }
        if logged.kind == LoggedKind::Correction {
            corrected.push(Found {
                kind: CORRECTED,
                place,
            });
        }
    }
    let twice = (0..)
        .zip(&facts.duplicates)
        .filter(|(_, it)| facts.logged(it.position).is_some_and(seen));
    let mut found = backfilled;
    found.extend(corrected);
    found.extend(twice.map(|(place, _)| Found {
        kind: DUPLICATE,
        place,
    }));
    found.extend(
        (0..)
            .zip(&debts)
            .map(|(place, _)| Found { kind: LATE, place }),
    );
    let mut overrides: Vec<Fact<'a, OverrideFact>> = facts.overrides.all(view).collect();
    overrides.sort_by_key(Fact::root_position);
    found.extend((0..).zip(&overrides).map(|(place, _)| Found {
        kind: OVERRIDDEN,
        place,
    }));
    let mut counts = [0_usize; KINDS.len()];
    for it in &found {
        counts[usize::from(it.kind)] += 1;
    }
    let counts: Map<String, Value> = KINDS
        .iter()
        .zip(counts)
        .map(|(kind, count)| ((*kind).to_owned(), json!(count)))
        .collect();
    let summary = fields([("counts", Value::Object(counts))]);
    let told = Arc::new(Told {
        programme,
        debts,
        overrides,
    });
    let same = Arc::clone(&told);
    Ok(Output::sorted(
        found,
        move |it| same.id(*it),
        move |it| told.write(*it),
        summary,
    ))
}

fn first_position(debt: &Debt<'_>, view: &View) -> u64 {
    debt.report
        .and_then(|it| it.positions(view).next())
        .unwrap_or_default()
}

/// What is told of something found.
struct Told<'a> {
    programme: Programme<'a>,
    debts: Vec<Debt<'a>>,
    overrides: Vec<Fact<'a, OverrideFact>>,
}

impl Told<'_> {
    /// By kind, then by place in the log, then by what it is about.
    fn id(&self, it: Found) -> String {
        let (position, _) = self.about(it);
        format!(
            "{}/{position:016}/{:010}",
            KINDS[usize::from(it.kind)],
            it.place
        )
    }

    fn about(&self, it: Found) -> (u64, String) {
        let facts = self.programme.facts;
        let place = it.place as usize;
        match it.kind {
            LATE => {
                let debt = &self.debts[place];
                let what = format!(
                    "{} {}",
                    self.programme.text(debt.measure),
                    self.programme.text(debt.call.row().id)
                );
                (first_position(debt, self.programme.view), what)
            }
            OVERRIDDEN => {
                let fact = self.overrides[place];
                let row = fact.row();
                let what = format!("{} {}", self.programme.text(row.measure), row.report_date);
                (fact.root_position(), what)
            }
            DUPLICATE => {
                let duplicate = &facts.duplicates[place];
                (duplicate.position, duplicate.what.clone())
            }
            _ => {
                let logged = &facts.log[place];
                (
                    logged.position,
                    format!(
                        "{} {}",
                        facts.names.text(logged.stream),
                        facts.names.text(logged.name)
                    ),
                )
            }
        }
    }

    fn write(&self, it: Found) -> AnswerRow {
        let (position, what) = self.about(it);
        let mut evidence = Evidence::default();
        evidence.add("log", [position]);
        if it.kind == LATE {
            let report = self.debts[it.place as usize].report;
            evidence.add(
                "log",
                report
                    .into_iter()
                    .flat_map(|it| it.positions(self.programme.view)),
            );
        }
        if it.kind == OVERRIDDEN {
            let fact = self.overrides[it.place as usize];
            evidence.add("log", fact.positions(self.programme.view));
        }
        let kind = KINDS[usize::from(it.kind)];
        AnswerRow {
            id: self.id(it),
            fields: fields([
                ("kind", json!(kind)),
                ("what", json!(what)),
                ("id", json!(self.id(it))),
            ]),
            evidence,
        }
    }
}
