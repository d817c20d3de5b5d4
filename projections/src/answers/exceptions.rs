//! # Exceptions
//!
//! ## What it says
//! What a reader should know was not as it should be: reports that came late, rows handed in after the day
//! they were known, corrections, rows recorded twice.
//!
//! ## Formula
//! `late`: received after the call's due date. `backfilled`: known before the day of recording. `corrected`:
//! a correction, or a booking that replaces another. `duplicate_identity`: a row whose identity another
//! process had recorded in another stream; it changes no figure.
//!
//! ## Facts
//! The log itself, `report_calls`, `status_reports`.
//!
//! ## Beware
//! What `init` records is built in and not backfilled.

use serde_json::{Map, Value, json};

use super::{
    programme::Programme,
    reporting::{self, Debt},
};
use crate::{
    Ask, Facts,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{Duplicate, Logged, LoggedKind},
};

pub(super) const KIND: Kind = Kind {
    name: "exceptions",
    title: "Auffälligkeiten",
    id: "id",
    fields: &[
        field("kind", "late: verspätet gemeldet; backfilled: nacherfasst; corrected: berichtigt; duplicate_identity: doppelt erfasst", &[], &["log"]),
        field("what", "Strom und Ereignis, oder Maßnahme und Berichtsabruf", &[], &["log"]),
    ],
    ask,
};

/// Kinds of exceptions, in the contract's order.
const KINDS: [&str; 6] = ["late", "backfilled", "corrected", "overridden", "after_close", "duplicate_identity"];
const LATE: usize = 0;
const BACKFILLED: usize = 1;
const CORRECTED: usize = 2;
const DUPLICATE: usize = 5;

/// Something found; what it is about is only written where its row is.
struct Found<'a> {
    kind: usize,
    position: u64,
    about: About<'a>,
}

enum About<'a> {
    Debt(Debt<'a>),
    Event(&'a Logged),
    Duplicate(&'a Duplicate),
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let view = &ask.view;
    let programme = Programme::new(facts, view);
    let mut found = Vec::new();
    for debt in reporting::debts(&programme) {
        if let (true, Some(report)) = (debt.is_late(), debt.report) {
            let position = report.positions(view).first().copied().unwrap_or_default();
            found.push(Found { kind: LATE, position, about: About::Debt(debt) });
        }
    }
    let seen = |it: &Logged| view.sees(it.known, it.position) && it.effective <= view.as_of;
    for logged in facts.log.iter().filter(|it| seen(it)) {
        let position = logged.position;
        let handed_in = matches!(logged.kind, LoggedKind::Row | LoggedKind::Correction);
        if handed_in && logged.known < logged.recorded_on {
            found.push(Found { kind: BACKFILLED, position, about: About::Event(logged) });
        }
        if logged.kind == LoggedKind::Correction {
            found.push(Found { kind: CORRECTED, position, about: About::Event(logged) });
        }
    }
    for duplicate in &facts.duplicates {
        if facts.logged(duplicate.position).is_some_and(seen) {
            let position = duplicate.position;
            found.push(Found { kind: DUPLICATE, position, about: About::Duplicate(duplicate) });
        }
    }
    found.sort_by(|a, b| KINDS[a.kind].cmp(KINDS[b.kind]).then(a.position.cmp(&b.position)));
    let mut counts = [0_usize; KINDS.len()];
    for it in &found {
        counts[it.kind] += 1;
    }
    let counts: Map<String, Value> = KINDS.iter().zip(counts).map(|(kind, count)| ((*kind).to_owned(), json!(count))).collect();
    let summary = fields([("counts", Value::Object(counts))]);
    Ok(Output::sorted(found, id, move |it| write(&programme, it), summary))
}

/// By kind, then by place in the log.
fn id(it: &Found<'_>) -> String {
    format!("{}/{:016}", KINDS[it.kind], it.position)
}

fn write(programme: &Programme<'_>, it: &Found<'_>) -> AnswerRow {
    let mut evidence = Evidence::default();
    let what = match &it.about {
        About::Debt(debt) => {
            if let Some(report) = debt.report {
                evidence.add("log", report.positions(programme.view));
            }
            format!("{} {}", programme.text(debt.measure), programme.text(debt.call.row().id))
        }
        About::Event(logged) => format!("{} {}", programme.text(logged.stream), programme.text(logged.name)),
        About::Duplicate(duplicate) => duplicate.what.clone(),
    };
    evidence.add("log", [it.position]);
    AnswerRow { id: id(it), fields: fields([("kind", json!(KINDS[it.kind])), ("what", json!(what))]), evidence }
}
