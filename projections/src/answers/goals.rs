//! # Goals
//!
//! ## What it says
//! How far each goal is attained by each of its indicators on the reporting date, and which goals nobody
//! works on or nobody measures.
//!
//! ## Formula
//! `attainment` = (actual − base) / (target − base), in percent, not below 0 nor above 100 (dossier 5.3). A
//! pillar's is the mean of its goals', a goal's the mean of its indicators'.
//!
//! ## Facts
//! `catalogue`, `links`, `goal_indicators`, `goal_measurements`.
//!
//! ## Beware
//! A goal without indicator or measurement is not at 0 %: nothing is known of it. Attainment may be below 0
//! and above 100.

use std::collections::{BTreeMap, BTreeSet};

use leitstand_domain::{
    Number,
    tables::{EntryKind, LinkKind},
};
use serde_json::{Map, Value, json};

use super::{
    links::{Links, in_order_of_text},
    programme::{Programme, in_scope},
};
use crate::{
    Ask, Facts, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields, in_order},
    facts::{EntryFact, Fact, IndicatorFact, MeasurementFact},
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "goals",
    title: "Ziele und Zielerreichung",
    id: "id/indicator",
    fields: &[
        field("id", "Kennung des Ziels", &[], &["catalogue"]),
        field("pillar", "Säule des Ziels", &[], &["catalogue"]),
        field("title", "Titel, der am Stichtag gilt", &[], &["catalogue"]),
        field(
            "indicator",
            "Indikator, der am Stichtag gilt",
            &[],
            &["goal_indicators"],
        ),
        field("unit", "Einheit", &[], &["goal_indicators"]),
        field("base", "Wert zu Beginn", &[], &["goal_indicators"]),
        field(
            "target",
            "Wert, der erreicht werden soll",
            &[],
            &["goal_indicators"],
        ),
        field(
            "actual",
            "letzte Messung bis zum Stichtag",
            &[],
            &["goal_measurements"],
        ),
        field(
            "attainment",
            "attainment = (actual − base) / (target − base), in Prozent, höchstens 100 und mindestens 0",
            &["actual", "base", "target"],
            &["goal_indicators", "goal_measurements"],
        ),
        field("due", "bis wann", &[], &["goal_indicators"]),
    ],
    ask,
};

/// A goal with one of its indicators, if it has any.
struct Standing<'a> {
    goal: Fact<'a, EntryFact>,
    indicator: Option<Fact<'a, IndicatorFact>>,
    measured: Option<Fact<'a, MeasurementFact>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let rows: Vec<Standing<'a>> = programme
        .entries()
        .filter(|it| it.row().kind == EntryKind::Goal && programme.passes(it.row().id, &ask.filter))
        .flat_map(|goal| standings(&programme, *goal))
        .collect();
    let summary = summary(&programme, &rows);
    Ok(Output::new(
        rows,
        |it| {
            let indicator = it.indicator.map(|it| it.row().indicator);
            in_order([
                facts.names.text(it.goal.row().id),
                indicator.map_or("", |it| facts.names.text(it)),
            ])
        },
        move |it| write(&programme, it),
        summary,
    ))
}

/// A goal once per indicator, or once without.
fn standings<'a>(programme: &Programme<'a>, goal: Fact<'a, EntryFact>) -> Vec<Standing<'a>> {
    let (facts, view, id) = (programme.facts, programme.view, goal.row().id);
    let mut latest: BTreeMap<Name, Fact<'a, IndicatorFact>> = BTreeMap::new();
    for indicator in facts.indicators.of(id, view) {
        let holds = latest.entry(indicator.row().indicator).or_insert(indicator);
        if holds.order() < indicator.order() {
            *holds = indicator;
        }
    }
    if latest.is_empty() {
        return vec![Standing {
            goal,
            indicator: None,
            measured: None,
        }];
    }
    latest
        .into_iter()
        .map(|(name, indicator)| Standing {
            goal,
            indicator: Some(indicator),
            measured: facts
                .measurements
                .of(id, view)
                .filter(|it| it.row().indicator == name)
                .max_by_key(Fact::order),
        })
        .collect()
}

/// Millionths, so that every number the feed allows is whole.
fn millionths(number: Number) -> i128 {
    let mut value = number.value();
    value.rescale(6);
    value.mantissa()
}

impl Standing<'_> {
    fn attainment(&self) -> Value {
        if self.indicator.is_none() {
            return present::undefined("no indicator");
        }
        if self.measured.is_none() {
            return present::undefined("not measured");
        }
        let (part, whole) = self.way().unwrap_or_default();
        present::percent(part, whole, "target and base are equal")
    }

    /// The way gone and the way to go, in millionths; never less than nothing nor more than all of it.
    /// `None` where nothing is measured, or there is no way.
    fn way(&self) -> Option<(i128, i128)> {
        let indicator = self.indicator?.row();
        let base = millionths(indicator.base);
        let gone = millionths(self.measured?.row().value) - base;
        let all = millionths(indicator.target) - base;
        let forward = if all < 0 { -gone } else { gone };
        (all != 0).then(|| (forward.clamp(0, all.abs()), all.abs()))
    }
}

fn summary(programme: &Programme<'_>, rows: &[Standing<'_>]) -> Map<String, Value> {
    // One entry per goal: whether it has an indicator, and whether any is measured.
    let mut goals: BTreeMap<Name, (bool, bool)> = BTreeMap::new();
    for row in rows {
        let (with_indicator, measured) = goals.entry(row.goal.row().id).or_default();
        *with_indicator |= row.indicator.is_some();
        *measured |= row.measured.is_some();
    }
    let mut pillars: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (goal, (with_indicator, measured)) in &goals {
        let [all, with, done] = pillars.entry(programme.pillar(*goal)).or_default();
        *all += 1;
        *with += usize::from(*with_indicator);
        *done += usize::from(*measured);
    }
    let pillars: Map<String, Value> = pillars
        .into_iter()
        .map(|(pillar, [goals, with_indicator, measured])| {
            let counts = json!({
                "goals": goals,
                "with_indicator": with_indicator,
                "measured": measured,
                "attainment": of_pillar(programme, pillar, rows),
            });
            (pillar.to_owned(), counts)
        })
        .collect();
    // Whether each measure that serves a goal is in scope.
    let mut served: BTreeMap<Name, Vec<bool>> = BTreeMap::new();
    for link in Links::new(programme.facts, programme.view).of(LinkKind::Serves) {
        let measure = programme.entry(link.row().from).map(Fact::row);
        if let Some(measure) = measure.filter(|it| it.kind == EntryKind::Measure) {
            served
                .entry(link.row().to)
                .or_default()
                .push(in_scope(measure));
        }
    }
    let names = |of: &dyn Fn(&Name) -> bool| {
        json!(in_order_of_text(
            programme,
            goals.keys().copied().filter(|it| of(it))
        ))
    };
    fields([
        ("pillars", Value::Object(pillars)),
        ("without_measure", names(&|it| !served.contains_key(it))),
        (
            "only_out_of_scope",
            names(&|it| served.get(it).is_some_and(|it| !it.contains(&true))),
        ),
        ("without_indicator", names(&|it| !goals[it].0)),
        (
            "measured_without_indicator",
            json!(measured_without_indicator(programme, rows)),
        ),
    ])
}

/// Measurements of the goals shown whose indicator never came: `goal/indicator`.
fn measured_without_indicator(
    programme: &Programme<'_>,
    rows: &[Standing<'_>],
) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    for row in rows {
        let goal = row.goal.row().id;
        let (facts, view) = (programme.facts, programme.view);
        let known = |name: Name| {
            let mut of_goal = facts.indicators.of(goal, view);
            of_goal.any(|it| it.row().indicator == name)
        };
        let measured = facts
            .measurements
            .of(goal, view)
            .map(|it| it.row().indicator);
        missing.extend(
            measured
                .filter(|it| !known(*it))
                .map(|it| format!("{}/{}", programme.text(goal), programme.text(it))),
        );
    }
    missing
}

/// The mean attainment of a pillar's goals.
fn of_pillar(programme: &Programme<'_>, pillar: &str, rows: &[Standing<'_>]) -> Value {
    let mut goals: BTreeMap<Name, Vec<(i128, i128)>> = BTreeMap::new();
    for row in rows {
        let goal = row.goal.row().id;
        if programme.pillar(goal) == pillar {
            goals.entry(goal).or_default().extend(row.way());
        }
    }
    goals.retain(|_, ways| !ways.is_empty());
    present::mean_of_means(&goals.into_values().collect::<Vec<_>>(), "nothing measured")
}

fn write(programme: &Programme<'_>, it: &Standing<'_>) -> AnswerRow {
    let view = programme.view;
    let goal = it.goal.row();
    let mut evidence = Evidence::default();
    evidence.add("catalogue", it.goal.positions(view));
    if let Some(indicator) = it.indicator {
        evidence.add("goal_indicators", indicator.positions(view));
    }
    if let Some(measured) = it.measured {
        evidence.add("goal_measurements", measured.positions(view));
    }
    let indicator = it.indicator.map(|it| it.row());
    let name = indicator.map(|it| programme.text(it.indicator));
    let id = programme.text(goal.id);
    let actual = match (indicator, it.measured) {
        (_, Some(measured)) => json!(measured.row().value),
        (Some(_), None) => present::undefined("not measured"),
        (None, None) => Value::Null,
    };
    AnswerRow {
        id: name.map_or_else(|| id.to_owned(), |name| format!("{id}/{name}")),
        fields: fields([
            ("id", json!(id)),
            ("pillar", json!(programme.pillar(goal.id))),
            ("title", json!(programme.text(goal.title))),
            ("indicator", json!(name)),
            ("unit", json!(indicator.map(|it| programme.text(it.unit)))),
            ("base", json!(indicator.map(|it| it.base))),
            ("target", json!(indicator.map(|it| it.target))),
            ("actual", actual),
            ("attainment", it.attainment()),
            ("due", json!(indicator.map(|it| it.due.to_string()))),
        ]),
        evidence,
    }
}
