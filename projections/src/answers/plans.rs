//! # Plans
//!
//! ## What it says
//! The plan each measure is held against on the reporting date: its baseline, budget at completion and end.
//!
//! ## Formula
//! The baseline that holds, as a whole, is that of the row with the greatest (effective date, known date,
//! position). `bac` = its planned value at the greatest period end, or its total without one.
//!
//! ## Facts
//! `plans`.
//!
//! ## Beware
//! A plan that states only its total has no `finish`. Plans of sub-measures have rows of their own and are in
//! the sum.

use serde_json::{Map, Value, json};

use super::programme::Programme;
use crate::{
    Ask, Facts, Name, View,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{Fact, PlanFact, cents},
    frame, present,
};

pub(super) const KIND: Kind = Kind {
    name: "plans",
    title: "Pläne der Maßnahmen",
    id: "measure",
    fields: &[
        field("measure", "Kennung der Maßnahme", &[], &["plans"]),
        field("pillar", "Säule der Maßnahme", &["measure"], &["plans"]),
        field(
            "baseline",
            "Nummer des Basisplans, der am Stichtag gilt: der zuletzt gesetzte",
            &[],
            &["plans"],
        ),
        field("baselined_on", "wann er gesetzt wurde", &[], &["plans"]),
        field("resolution", "Beschluss dahinter", &[], &["plans"]),
        field(
            "bac",
            "bac = Planwert zum letzten Periodenende; ohne Perioden die angegebene Summe",
            &[],
            &["plans"],
        ),
        field("finish", "letztes Periodenende", &[], &["plans"]),
    ],
    ask,
};

/// The plan of a measure that holds.
pub(super) struct Plan<'a> {
    /// The points of its baseline.
    points: Vec<Fact<'a, PlanFact>>,
    /// The point stated last.
    newest: Fact<'a, PlanFact>,
    /// The last point, or the total without one.
    last: Fact<'a, PlanFact>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(facts: &'a Facts, view: &'a View, measure: Name) -> Option<Self> {
        let mut points: Vec<_> = facts.plans.of(measure, view).collect();
        let newest = *points.iter().max_by_key(|it| it.order())?;
        points.retain(|it| it.row().baseline == newest.row().baseline);
        let last = *points
            .iter()
            .max_by_key(|it| (it.row().period_end, it.order()))?;
        Some(Self {
            points,
            newest,
            last,
        })
    }

    /// Budget at completion, in cents.
    pub(super) fn bac(&self) -> i128 {
        cents(self.last.row().planned_value)
    }

    pub(super) fn evidence(&self, view: &View) -> Evidence {
        let mut evidence = Evidence::default();
        for point in &self.points {
            evidence.add("plans", point.positions(view));
        }
        evidence
    }
}

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let rows: Vec<Plan<'a>> = facts
        .plans
        .holders()
        .into_iter()
        .filter(|it| programme.passes(*it, &ask.filter))
        .filter_map(|it| Plan::of(facts, &ask.view, it))
        .collect();
    let summary = summary(&rows)?;
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.newest.row().measure).to_owned(),
        move |it| write(&programme, it),
        summary,
    ))
}

fn summary(rows: &[Plan<'_>]) -> Result<Map<String, Value>, NoAnswer> {
    let bacs = rows.iter().map(Plan::bac).collect();
    let sums = frame::sums(rows.iter().map(|_| ()), &[bacs])?;
    Ok(fields([
        ("bac", present::amount(sums.get(&()).map_or(0, |it| it[0]))),
        ("measures", json!(rows.len())),
    ]))
}

fn write(programme: &Programme<'_>, it: &Plan<'_>) -> AnswerRow {
    let newest = it.newest.row();
    let finish = it.last.row().period_end.map_or_else(
        || present::undefined("the plan states its total only"),
        |it| json!(it.to_string()),
    );
    AnswerRow {
        id: programme.text(newest.measure).to_owned(),
        fields: fields([
            ("measure", json!(programme.text(newest.measure))),
            ("pillar", json!(programme.known_pillar(newest.measure))),
            ("baseline", json!(newest.baseline)),
            ("baselined_on", json!(newest.baselined_on.to_string())),
            (
                "resolution",
                json!(newest.resolution.map(|it| programme.text(it))),
            ),
            ("bac", present::amount(it.bac())),
            ("finish", finish),
        ]),
        evidence: it.evidence(programme.view),
    }
}
