//! # Decisions
//!
//! ## What it says
//! What was decided or deferred on requests by the reporting date, what is due at the next sitting, and what
//! will miss it.
//!
//! ## Formula
//! The next sitting is the first on or after the reporting date that prepares no other. Due there is what has a
//! paper, is ranked or was deferred. A request without a paper misses it once the earliest deadline on the way
//! is over: its own, or that of a sitting that prepares it.
//!
//! ## Facts
//! `requests`, `request_steps`, `sittings`.
//!
//! ## Beware
//! Papers and resolutions are not recorded yet, so `paper` and `kind` are empty.

use std::collections::BTreeSet;

use leitstand_domain::{Day, pot::State, tables::Step};
use serde_json::{Map, Value, json};

use super::{
    money::{Request, stated},
    programme::Programme,
};
use crate::{
    Ask, Facts, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields, in_order},
    facts::{Fact, SittingFact, StepFact},
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "decisions",
    title: "Entscheidungen",
    id: "id",
    fields: &[
        field("sitting", "Sitzung, wo eine angegeben ist", &[], &STEPS),
        field("date", "Tag der Entscheidung", &[], &STEPS),
        field(
            "body",
            "angegebenes Gremium, sonst das der Sitzung",
            &["sitting"],
            &["request_steps", "sittings"],
        ),
        field("paper", "Vorlage; noch nicht erfasst", &[], &[]),
        field("request", "Antrag", &[], &["requests"]),
        field("kind", "Art des Beschlusses; noch nicht erfasst", &[], &[]),
        field(
            "outcome",
            "resolved: beschlossen; resolved_with_conditions: mit Auflage beschlossen; rejected: abgelehnt; deferred: vertagt",
            &[],
            &STEPS,
        ),
        field("amount", "beschlossener Betrag", &[], &STEPS),
        field(
            "conditions",
            "Auflage dieses Beschlusses mit Frist und Stand",
            &[],
            &["request_steps.resolved", "request_steps.condition_met"],
        ),
        field(
            "state",
            "Zustand des Antrags am Stichtag",
            &[],
            &["requests", "request_steps"],
        ),
    ],
    ask,
};

/// The steps that are decisions.
const STEPS: [&str; 3] = [
    "request_steps.resolved",
    "request_steps.rejected",
    "request_steps.deferred",
];

/// A decision: the place of its request, and the step.
struct Decided<'a> {
    request: usize,
    step: Fact<'a, StepFact>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let requests = Request::all(&programme, &ask.filter);
    let summary = summary(&programme, &requests);
    let mut rows = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        let decided = request.steps.iter().filter(|it| decides(it.row().step));
        rows.extend(decided.map(|step| Decided {
            request: at,
            step: *step,
        }));
    }
    Ok(Output::new(
        rows,
        |it| {
            let row = it.step.row();
            let date = it.step.effective().to_string();
            in_order([&date, facts.names.text(row.request), &row.step.to_string()])
        },
        move |it| write(&programme, &requests[it.request], it.step),
        summary,
    ))
}

fn decides(step: Step) -> bool {
    matches!(
        step,
        Step::Resolved | Step::ResolvedWithConditions | Step::Rejected | Step::Deferred
    )
}

fn summary(programme: &Programme<'_>, requests: &[Request<'_>]) -> Map<String, Value> {
    let sittings: Vec<Fact<'_, SittingFact>> = sittings(programme);
    let next = sittings
        .iter()
        .filter(|it| it.row().prepares.is_none() && it.row().date >= programme.view.as_of)
        .min_by_key(|it| (it.row().date, programme.text(it.row().id)));
    let Some(next) = next.map(Fact::row) else {
        return fields([("due_next", Value::Null), ("misses", json!([]))]);
    };
    let id = programme.text(next.id);
    let ids = |of: &dyn Fn(&Request<'_>) -> bool| {
        let mut ids: Vec<&str> = requests
            .iter()
            .filter(|it| of(it))
            .map(|it| programme.text(it.fact.row().id))
            .collect();
        ids.sort_unstable();
        ids
    };
    let due = ids(&|it| match it.state() {
        State::PaperFiled => paper_for(it).is_none_or(|it| it == next.id),
        state => matches!(state, State::Ranked | State::Deferred),
    });
    let deadline = earliest_deadline(&sittings, next);
    let over = deadline.filter(|it| *it < programme.view.as_of);
    let misses: Vec<Value> = over
        .iter()
        .flat_map(|_| ids(&|it| lacks_paper(it.state())))
        .map(|request| json!({ "request": request, "sitting": id, "paper_deadline": over.map(|it| it.to_string()) }))
        .collect();
    let due_next = json!({
        "sitting": id,
        "date": next.date.to_string(),
        "paper_deadline": deadline.map(|it| it.to_string()),
        "requests": due,
    });
    fields([("due_next", due_next), ("misses", json!(misses))])
}

/// The sitting the paper of a request was filed for, where it says so.
fn paper_for(request: &Request<'_>) -> Option<Name> {
    let filed = |it: &&Fact<'_, StepFact>| it.row().step == Step::PaperFiled;
    request.steps.iter().rev().find(filed)?.row().sitting
}

/// Whether a request still waits for its decision and has no paper.
fn lacks_paper(state: State) -> bool {
    matches!(
        state,
        State::Submitted
            | State::FormalCheck
            | State::CompletionRequested
            | State::SubstantiveCheck
            | State::Ranked
            | State::Deferred
    )
}

fn sittings<'a>(programme: &Programme<'a>) -> Vec<Fact<'a, SittingFact>> {
    let sittings = &programme.facts.sittings;
    sittings
        .holders()
        .into_iter()
        .filter_map(|id| sittings.latest(id, programme.view))
        .collect()
}

/// The earliest deadline of a sitting and of all that prepare it, over any number of steps.
fn earliest_deadline(sittings: &[Fact<'_, SittingFact>], next: &SittingFact) -> Option<Day> {
    let mut on_the_way = BTreeSet::from([next.id]);
    loop {
        let before = on_the_way.len();
        for sitting in sittings.iter().map(Fact::row) {
            if sitting.prepares.is_some_and(|it| on_the_way.contains(&it)) {
                on_the_way.insert(sitting.id);
            }
        }
        if on_the_way.len() == before {
            break;
        }
    }
    let deadlines = sittings.iter().map(Fact::row);
    deadlines
        .filter(|it| on_the_way.contains(&it.id))
        .filter_map(|it| it.paper_deadline)
        .min()
}

fn write(programme: &Programme<'_>, request: &Request<'_>, step: Fact<'_, StepFact>) -> AnswerRow {
    let view = programme.view;
    let row = step.row();
    let mut evidence = Evidence::default();
    request.add_steps(view, &mut evidence);
    let sitting = row
        .sitting
        .and_then(|it| programme.facts.sittings.latest(it, view));
    if let Some(sitting) = sitting {
        evidence.add("sittings", sitting.positions(view));
    }
    let body = row.body.or(sitting.map(|it| it.row().body));
    let conditions = request.conditions();
    let own = conditions
        .iter()
        .filter(|it| it.step.root_position() == step.root_position());
    let conditions: Vec<Value> = own.map(|it| it.to_json(programme)).collect();
    let (date, id) = (step.effective().to_string(), programme.text(row.request));
    AnswerRow {
        id: format!("{id}/{date}/{}", row.step),
        fields: fields([
            ("sitting", json!(row.sitting.map(|it| programme.text(it)))),
            ("date", json!(date)),
            ("body", json!(body.map(|it| programme.text(it)))),
            ("paper", Value::Null),
            ("request", json!(id)),
            ("kind", Value::Null),
            ("outcome", json!(row.step)),
            ("amount", json!(stated(row.amount).map(present::amount))),
            ("conditions", json!(conditions)),
            ("state", json!(request.state())),
        ]),
        evidence,
    }
}
