//! # Impediments
//!
//! ## What it says
//! What hinders the programme, since when, and which body was asked to help.
//!
//! ## Formula
//! `age_days` = V − reported on (until the day it was resolved). Median and count over 30 days are over the
//! open ones.
//!
//! ## Facts
//! `impediments`, `impediment_steps`, `risk_closures`.
//!
//! ## Beware
//! Resolved impediments stay in the rows and leave the summary.

use std::{cmp::Reverse, collections::HashMap};

use leitstand_domain::{Day, tables::ImpedimentStep};
use serde_json::json;

use super::programme::Programme;
use crate::{
    Ask, Facts, Name, View,
    answer::{
        AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields,
        ground::{self, Summary},
    },
    facts::{ClosureFact, Fact, ImpedimentFact, ImpedimentStepFact},
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "impediments",
    title: "Hindernisse",
    id: "id",
    fields: &[
        field("id", "Kennung des Hindernisses", &[], &["impediments"]),
        field(
            "subject",
            "Maßnahme, Säule oder Programm",
            &[],
            &["impediments"],
        ),
        field("title", "Titel", &[], &["impediments"]),
        field("reported_on", "Tag der Meldung", &[], &["impediments"]),
        field(
            "age_days",
            "age_days = Stichtag (oder Tag der Behebung) − reported_on",
            &["reported_on", "state"],
            &["impediments", "impediment_steps"],
        ),
        field(
            "escalated_to",
            "Gremium der letzten Eskalation",
            &[],
            &["impediment_steps"],
        ),
        field(
            "state",
            "resolved: behoben; escalated: eskaliert und offen; sonst open",
            &["escalated_to"],
            &["impediments", "impediment_steps"],
        ),
        field(
            "risk",
            "Risiko, das eingetreten und zu diesem Hindernis geworden ist",
            &[],
            &["risk_closures"],
        ),
    ],
    ask,
};

struct Standing<'a> {
    fact: Fact<'a, ImpedimentFact>,
    steps: Vec<Fact<'a, ImpedimentStepFact>>,
    resolved: Option<Day>,
    age: i32,
    /// The closure of the risk it was before.
    risk: Option<Fact<'a, ClosureFact>>,
}

/// Closures by the impediment the risk became; of several the first by name.
fn by_impediment<'a>(facts: &'a Facts, view: &'a View) -> HashMap<Name, Fact<'a, ClosureFact>> {
    let mut closures: Vec<Fact<'a, ClosureFact>> = facts
        .closures
        .holders()
        .into_iter()
        .filter_map(|risk| facts.closures.latest(risk, view))
        .collect();
    closures.sort_by_key(|it| Reverse(facts.names.text(it.row().risk)));
    closures
        .into_iter()
        .filter_map(|it| Some((it.row().impediment?, it)))
        .collect()
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let view = &ask.view;
    let programme = Programme::new(facts, view);
    let were_risks = by_impediment(facts, view);
    let mut rows = Vec::new();
    for id in facts.impediments.holders() {
        let Some(impediment) = facts.impediments.latest(id, view) else {
            continue;
        };
        if !programme.passes(impediment.row().subject, &ask.filter) {
            continue;
        }
        let mut steps: Vec<_> = facts.impediment_steps.of(id, view).collect();
        steps.sort_by_key(Fact::order);
        let last = steps.last();
        let resolved = last
            .filter(|it| it.row().step == ImpedimentStep::Resolved)
            .map(Fact::effective);
        let age = resolved
            .unwrap_or(view.as_of)
            .since(impediment.row().reported_on);
        rows.push(Standing {
            fact: impediment,
            steps,
            resolved,
            age,
            risk: were_risks.get(&id).copied(),
        });
    }
    let summary = summary(&programme, &rows);
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.fact.row().id).to_owned(),
        move |it| write(&programme, it),
        summary,
    ))
}

fn summary(programme: &Programme<'_>, rows: &[Standing<'_>]) -> Summary {
    let open = rows.iter().filter(|it| it.resolved.is_none());
    let ages: Vec<(&str, i64)> = open
        .map(|it| (programme.text(it.fact.row().id), it.age.into()))
        .collect();
    let older: Vec<&str> = ages.iter().filter(|it| it.1 > 30).map(|it| it.0).collect();
    let mut grounds = Evidence::default();
    let which = ground::count("impediments", rows.len(), ages.iter().map(|it| it.0));
    grounds.ground("open", which, &[]);
    let which = ground::count("open", ages.len(), older.iter().copied());
    grounds.ground("older_than_30_days", which, &[]);
    let median_of = ground::values(ages.iter().copied());
    grounds.ground("median_age_days", median_of, &[]);
    let figures = fields([
        ("open", json!(ages.len())),
        ("older_than_30_days", json!(older.len())),
        (
            "median_age_days",
            present::median(
                ages.into_iter().map(|it| it.1).collect(),
                "no open impediment",
            ),
        ),
    ]);
    Summary { figures, grounds }
}

fn write(programme: &Programme<'_>, it: &Standing<'_>) -> AnswerRow {
    let row = it.fact.row();
    let escalated = it
        .steps
        .iter()
        .rev()
        .find(|it| it.row().step == ImpedimentStep::Escalated);
    let state = match (it.resolved, escalated) {
        (Some(_), _) => "resolved",
        (None, Some(_)) => "escalated",
        (None, None) => "open",
    };
    let mut evidence = Evidence::default();
    evidence.add("impediments", it.fact.positions(programme.view));
    for step in &it.steps {
        evidence.add("impediment_steps", step.positions(programme.view));
    }
    if let Some(closure) = it.risk {
        evidence.add("risk_closures", closure.positions(programme.view));
    }
    AnswerRow {
        id: programme.text(row.id).to_owned(),
        fields: fields([
            ("id", json!(programme.text(row.id))),
            ("subject", json!(programme.text(row.subject))),
            ("title", json!(programme.text(row.title))),
            ("reported_on", json!(row.reported_on.to_string())),
            ("age_days", json!(it.age)),
            (
                "escalated_to",
                json!(
                    escalated
                        .and_then(|it| it.row().to_body)
                        .map(|it| programme.text(it))
                ),
            ),
            ("state", json!(state)),
            (
                "risk",
                json!(it.risk.map(|it| programme.text(it.row().risk))),
            ),
        ]),
        evidence,
    }
}
