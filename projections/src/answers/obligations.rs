//! # Obligations
//!
//! ## What it says
//! What is still owed on the reporting date: mandates without an end, conditions not met, proofs not
//! accepted, calls for reports not fully answered.
//!
//! ## Formula
//! `overdue_days` = V − due, at least 0. A proof that was submitted is not overdue, unless it was queried.
//!
//! ## Facts
//! `mandates`, `mandate_steps`, `requests`, `request_steps`, `report_calls`, `status_reports`, `catalogue`.
//!
//! ## Beware
//! What is fulfilled has no row, nor has a condition of a request that has ended or was revoked: it can no longer be
//! met. What has no date is never overdue, and says so. A waiver or a revocation ends the purpose on its day.

use std::collections::BTreeMap;

use leitstand_domain::{Day, pot::State};
use serde_json::{Map, Value, json};

use super::{
    duties::wording,
    money::Request,
    programme::Programme,
    reporting::{self, Debt},
};
use crate::{
    Ask, Facts, Filter, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields, in_order},
    facts::{CallFact, Fact},
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "obligations",
    title: "Offene Pflichten",
    id: "kind/id/since",
    fields: &[
        field(
            "kind",
            "call: Berichtsabruf; condition: Auflage; mandate: Arbeitsauftrag; proof: Verwendungsnachweis",
            &[],
            &OWED,
        ),
        field(
            "id",
            "Kennung des Arbeitsauftrags, Antrags oder Berichtsabrufs",
            &[],
            &OWED,
        ),
        field(
            "subject",
            "das beauftragte Gremium, der Gegenstand des Antrags oder der Umfang des Abrufs",
            &[],
            &OWED,
        ),
        field(
            "title",
            "Wortlaut des Arbeitsauftrags oder der Auflage, Titel des Antrags",
            &[],
            &["mandates", "requests", "request_steps.resolved"],
        ),
        field(
            "due",
            "angegebene Frist; beim Nachweis sonst sechs Monate nach Ende des Zwecks, auch durch Verzicht oder Widerruf",
            &[],
            &OWED,
        ),
        field(
            "state",
            "open; beim Nachweis der Zustand des Antrags",
            &[],
            &[
                "mandate",
                "request_steps",
                "report_calls",
                "status_reports",
                "catalogue",
            ],
        ),
        field(
            "overdue_days",
            "overdue_days = Stichtag − due, mindestens 0; ein eingereichter Nachweis ist nicht überfällig, ein beanstandeter doch",
            &["due", "state"],
            &OWED,
        ),
        field(
            "since",
            "bei der Auflage der Tag des Beschlusses, der sie macht",
            &[],
            &["request_steps.resolved"],
        ),
    ],
    ask,
};

/// What tells that something is owed.
const OWED: [&str; 6] = [
    "mandates",
    "requests",
    "request_steps.resolved",
    "request_steps.purpose_fulfilled",
    "request_steps.ended",
    "report_calls",
];

/// Something owed.
struct Duty<'a> {
    kind: &'static str,
    id: &'a str,
    /// Tells several conditions of one request apart.
    since: Option<Day>,
    subject: Option<&'a str>,
    title: Option<&'a str>,
    due: Option<Day>,
    state: &'static str,
    /// Whether it waits for who owes it.
    waits: bool,
    evidence: Evidence,
}

impl Duty<'_> {
    /// Days since it was due, at least 0; `None` where no day is stated.
    fn overdue(&self, as_of: Day) -> Option<i32> {
        let days = as_of.since(self.due?).max(0);
        Some(if self.waits { days } else { 0 })
    }
}

/// A day as a text that sorts; empty where none is stated.
fn day(day: Option<Day>) -> String {
    day.map(|it| it.to_string()).unwrap_or_default()
}
#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let mut rows = mandates(&programme, &ask.filter);
    for request in Request::all(&programme, &ask.filter) {
        rows.extend(conditions(&programme, &request));
        rows.extend(proof(&programme, &request));
    }
    rows.extend(calls(&programme, &ask.filter));
    let summary = summary(&rows, ask.view.as_of);
    Ok(Output::new(
        rows,
        |it| in_order([it.id, it.kind, &day(it.due), &day(it.since)]),
        move |it| write(it, ask.view.as_of),
        summary,
    ))
}

fn mandates<'a>(programme: &Programme<'a>, filter: &Filter) -> Vec<Duty<'a>> {
    let (facts, view) = (programme.facts, programme.view);
    let given = facts
        .mandates
        .holders()
        .into_iter()
        .filter_map(|id| facts.mandates.latest(id, view));
    given
        .filter(|it| programme.passes(it.row().body, filter))
        .filter(|it| facts.mandate_steps.of(it.row().id, view).next().is_none())
        .map(|mandate| {
            let row = mandate.row();
            let mut evidence = Evidence::default();
            evidence.add("mandates", mandate.positions(view));
            Duty {
                kind: "mandate",
                id: programme.text(row.id),
                since: None,
                subject: Some(programme.text(row.body)),
                title: wording(programme, mandate),
                due: row.due,
                state: "open",
                waits: true,
                evidence,
            }
        })
        .collect()
}

fn conditions<'a>(programme: &Programme<'a>, request: &Request<'a>) -> Vec<Duty<'a>> {
    let open = request.conditions().into_iter().filter(|it| !it.met);
    let open = open.filter(|_| request.owes_conditions());
    open.map(|condition| Duty {
        kind: "condition",
        since: Some(condition.step.effective()),
        title: condition.text(programme),
        due: condition.step.row().due,
        ..of_request(programme, request)
    })
    .collect()
}

/// The proof of a request whose purpose is fulfilled, until it is accepted.
fn proof<'a>(programme: &Programme<'a>, request: &Request<'a>) -> Option<Duty<'a>> {
    use leitstand_domain::cell::Code as _;
    let state = request.state();
    let owed = matches!(
        state,
        State::ProofDue | State::ProofSubmitted | State::ProofQueried | State::Clawback
    );
    owed.then(|| Duty {
        kind: "proof",
        title: request.fact.row().title.map(|it| programme.text(it)),
        due: request.proof_due(),
        state: state.word(),
        waits: matches!(state, State::ProofDue | State::ProofQueried),
        ..of_request(programme, request)
    })
}

fn of_request<'a>(programme: &Programme<'a>, request: &Request<'a>) -> Duty<'a> {
    let row = request.fact.row();
    let mut evidence = Evidence::default();
    request.add_steps(programme.view, &mut evidence);
    Duty {
        kind: "",
        id: programme.text(row.id),
        since: None,
        subject: Some(programme.text(row.subject)),
        title: None,
        due: None,
        state: "open",
        waits: true,
        evidence,
    }
}

/// Calls somebody still has to answer.
fn calls<'a>(programme: &Programme<'a>, filter: &Filter) -> Vec<Duty<'a>> {
    let mut open: BTreeMap<Name, (Fact<'a, CallFact>, Evidence)> = BTreeMap::new();
    let debts = reporting::debts(programme);
    let unanswered = |it: &&Debt<'_>| it.report.is_none() && programme.passes(it.measure, filter);
    for debt in debts.iter().filter(unanswered) {
        let (_, evidence) = open
            .entry(debt.call.row().id)
            .or_insert_with(|| (debt.call, Evidence::default()));
        if let Some(entry) = debt.entry {
            evidence.add("catalogue", entry.positions(programme.view));
        }
    }
    open.into_values()
        .map(|(call, mut evidence)| {
            let row = call.row();
            evidence.add("report_calls", call.positions(programme.view));
            Duty {
                kind: "call",
                id: programme.text(row.id),
                since: None,
                subject: row.scope.map(|it| programme.text(it)),
                title: None,
                due: Some(row.due),
                state: "open",
                waits: true,
                evidence,
            }
        })
        .collect()
}

fn summary(rows: &[Duty<'_>], as_of: Day) -> Map<String, Value> {
    let counts: Map<String, Value> = ["mandate", "proof", "condition", "call"]
        .into_iter()
        .map(|kind| {
            let here = || rows.iter().filter(move |it| it.kind == kind);
            let overdue = here().filter(|it| it.overdue(as_of) > Some(0)).count();
            (
                kind.to_owned(),
                json!({ "open": here().count(), "overdue": overdue }),
            )
        })
        .collect();
    fields([("counts", Value::Object(counts))])
}

fn write(it: &Duty<'_>, as_of: Day) -> AnswerRow {
    let since = it
        .since
        .map(|since| format!("/{since}"))
        .unwrap_or_default();
    AnswerRow {
        id: format!("{}/{}{since}", it.kind, it.id),
        fields: fields([
            ("kind", json!(it.kind)),
            ("id", json!(it.id)),
            ("subject", json!(it.subject)),
            ("title", json!(it.title)),
            ("due", json!(it.due.map(|it| it.to_string()))),
            ("state", json!(it.state)),
            (
                "overdue_days",
                it.overdue(as_of)
                    .map_or_else(|| present::undefined("no due date stated"), |it| json!(it)),
            ),
            ("since", json!(it.since.map(|it| it.to_string()))),
        ]),
        evidence: it.evidence.clone(),
    }
}
