//! # Decisions
//!
//! ## What it says
//! What was decided or deferred on requests by the reporting date, what is due at the next sitting, and what
//! will miss it.
//!
//! ## Formula
//! The next sitting is the first on or after the reporting date that prepares no other. A request waits for it,
//! unless its paper names another, or it was deferred: then for the next of the same body. Due is what is
//! ranked, has a paper or was deferred. A request without a paper misses its sitting once the earliest deadline
//! on the way is over: the sitting's own, or that of one that prepares it.
//!
//! ## Facts
//! `requests`, `request_steps`, `sittings`.
//!
//! ## Beware
//! Papers and resolutions are not recorded yet, so `paper` and `kind` are empty.

use std::collections::BTreeSet;

use leitstand_domain::{Day, cell::Code as _, pot::State, tables::Step};
use serde_json::{Map, Value, json};

use super::{
    money::{Request, stated},
    programme::Programme,
};
use crate::{
    Ask, Facts,
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
            "full: wie beantragt beschlossen; partial: gekürzt; rejected: abgelehnt; deferred: vertagt",
            &["amount"],
            &["requests", STEPS[0], STEPS[1], STEPS[2]],
        ),
        field(
            "amount",
            "beschlossener Betrag; ohne Angabe der beantragte",
            &[],
            &["requests", STEPS[0]],
        ),
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
            let place = format!("{:020}", it.step.root_position());
            in_order([&date, facts.names.text(row.request), &place])
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
    let sittings = Sittings::new(programme);
    let waiting = |of: fn(State) -> bool| {
        let mut waiting: Vec<(&str, &SittingFact)> = requests
            .iter()
            .filter(|it| of(it.state()))
            .filter_map(|it| Some((programme.text(it.fact.row().id), sittings.for_request(it)?)))
            .collect();
        waiting.sort_unstable_by_key(|(request, _)| *request);
        waiting
    };
    let deadline = |it: &SittingFact| sittings.earliest_deadline(it);
    let due_next = sittings.next(|it| it.prepares.is_none()).map(|next| {
        let here = waiting(is_due).into_iter();
        let here = here.filter(|(_, sitting)| sitting.id == next.id);
        json!({
            "sitting": programme.text(next.id),
            "date": next.date.to_string(),
            "paper_deadline": deadline(next).map(|it| it.to_string()),
            "requests": here.map(|(request, _)| request).collect::<Vec<_>>(),
        })
    });
    // Without a paper in time a request misses its sitting; while there is time it may.
    let (mut misses, mut at_risk) = (Vec::new(), Vec::new());
    for (request, sitting) in waiting(lacks_paper) {
        let Some(deadline) = deadline(sitting) else {
            continue;
        };
        let told = json!({
            "request": request,
            "sitting": programme.text(sitting.id),
            "paper_deadline": deadline.to_string(),
        });
        if deadline < programme.view.as_of {
            misses.push(told);
        } else {
            at_risk.push(told);
        }
    }
    fields([
        ("due_next", json!(due_next)),
        ("misses", json!(misses)),
        ("at_risk", json!(at_risk)),
    ])
}

/// Whether a sitting has a paper of it to decide.
fn is_due(state: State) -> bool {
    state == State::PaperFiled
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

/// The sittings as they are scheduled.
struct Sittings<'a> {
    programme: &'a Programme<'a>,
    all: Vec<&'a SittingFact>,
}

impl<'a> Sittings<'a> {
    fn new(programme: &'a Programme<'a>) -> Self {
        let sittings = &programme.facts.sittings;
        let all = sittings
            .holders()
            .into_iter()
            .filter_map(|id| Some(sittings.latest(id, programme.view)?.row()))
            .collect();
        Self { programme, all }
    }

    /// The first that fits, on or after the reporting date.
    fn next(&self, fits: impl Fn(&SittingFact) -> bool) -> Option<&'a SittingFact> {
        let to_come = self.all.iter().copied().filter(|it| self.is_to_come(it));
        to_come
            .filter(|it| fits(it))
            .min_by_key(|it| (it.date, self.programme.text(it.id)))
    }

    fn is_to_come(&self, sitting: &SittingFact) -> bool {
        sitting.date >= self.programme.view.as_of
    }

    /// The sitting a request waits for.
    fn for_request(&self, request: &Request<'_>) -> Option<&'a SittingFact> {
        let named = request.steps.iter().rev().find_map(|it| it.row().sitting);
        let named = named.and_then(|id| self.all.iter().copied().find(|it| it.id == id));
        match (request.state(), named) {
            (State::PaperFiled, Some(named)) => Some(named).filter(|it| self.is_to_come(it)),
            (State::Deferred, Some(named)) => {
                self.next(|it| it.body == named.body && it.id != named.id)
            }
            _ => self.next(|it| it.prepares.is_none()),
        }
    }

    /// The earliest deadline of a sitting and of all that prepare it, over any number of steps.
    fn earliest_deadline(&self, sitting: &SittingFact) -> Option<Day> {
        let mut on_the_way = BTreeSet::from([sitting.id]);
        loop {
            let before = on_the_way.len();
            for it in &self.all {
                if it.prepares.is_some_and(|it| on_the_way.contains(&it)) {
                    on_the_way.insert(it.id);
                }
            }
            if on_the_way.len() == before {
                break;
            }
        }
        self.all
            .iter()
            .filter(|it| on_the_way.contains(&it.id))
            .filter_map(|it| it.paper_deadline)
            .min()
    }
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
    let is_resolved = matches!(row.step, Step::Resolved | Step::ResolvedWithConditions);
    let resolved = is_resolved.then(|| stated(row.amount).unwrap_or(request.fold.requested));
    let outcome = match resolved {
        Some(resolved) if resolved < request.fold.requested => "partial",
        Some(_) => "full",
        None => row.step.word(),
    };
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
            ("outcome", json!(outcome)),
            ("amount", json!(resolved.map(present::amount))),
            ("conditions", json!(conditions)),
            ("state", json!(request.state())),
        ]),
        evidence,
    }
}
