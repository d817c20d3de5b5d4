//! # Catalogue
//!
//! ## What it says
//! Every entry of the programme's catalogue as it is called on the reporting date, and how many goals,
//! measures and governance actions each pillar has.
//!
//! ## Formula
//! Counts of entries that hold, by pillar and kind.
//!
//! ## Facts
//! `catalogue`.
//!
//! ## Beware
//! The built-in catalogue holds from 2023-11-03 on; before that day it is empty.

use leitstand_domain::{
    cell::Code as _,
    tables::{EntryKind, EntryState},
};
use serde_json::{Map, Value, json};

use super::programme::{Programme, in_scope};
use crate::{
    Ask, Facts,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{EntryFact, Fact},
    frame,
};

pub(super) const KIND: Kind = Kind {
    name: "catalogue",
    title: "Katalog",
    id: "id",
    fields: &[
        field("id", "Kennung des Eintrags", &[], &["catalogue"]),
        field("kind", "Art des Eintrags", &[], &["catalogue"]),
        field("parent", "übergeordneter Eintrag", &[], &["catalogue"]),
        field(
            "pillar",
            "eigene Säule, sonst die des übergeordneten Eintrags",
            &["parent"],
            &["catalogue"],
        ),
        field(
            "dimension",
            "Dimension, wo eine angegeben ist",
            &[],
            &["catalogue"],
        ),
        field("title", "Titel, der am Stichtag gilt", &[], &["catalogue"]),
        field(
            "in_scope",
            "nicht ausdrücklich außerhalb",
            &[],
            &["catalogue"],
        ),
        field(
            "state",
            "Zustand, der am Stichtag gilt; active, wenn keiner angegeben ist",
            &[],
            &["catalogue"],
        ),
    ],
    ask,
};

/// The same of every kind of entry but bodies, which have an answer of their own: what `changes` compares.
pub(super) const WHOLE: Kind = Kind {
    ask: ask_whole,
    ..KIND
};

/// The kinds that are catalogue entries in the sense of the dossier's count (1.1).
const COUNTED: [(EntryKind, &str); 3] = [
    (EntryKind::Goal, "goals"),
    (EntryKind::Measure, "measures"),
    (EntryKind::Governance, "governance"),
];

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    of_kinds(facts, ask, |kind| COUNTED.iter().any(|(it, _)| *it == kind))
}

fn ask_whole<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    of_kinds(facts, ask, |kind| kind != EntryKind::Body)
}

fn of_kinds<'a>(
    facts: &'a Facts,
    ask: &'a Ask,
    wanted: impl Fn(EntryKind) -> bool,
) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let rows: Vec<Fact<'a, EntryFact>> = programme
        .entries()
        .filter(|it| wanted(it.row().kind) && programme.passes(it.row().id, &ask.filter))
        .copied()
        .collect();
    let mut counts = Map::new();
    for pillar in programme.pillars() {
        let here = rows
            .iter()
            .filter(|it| programme.pillar(it.row().id) == pillar);
        counts.insert(pillar.to_owned(), count(here.map(|it| it.row().kind))?);
    }
    counts.insert(
        "total".to_owned(),
        count(rows.iter().map(|it| it.row().kind))?,
    );
    let summary = fields([("counts", Value::Object(counts))]);
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.row().id).to_owned(),
        move |it| write(&programme, it),
        summary,
    ))
}

fn count(kinds: impl Iterator<Item = EntryKind>) -> Result<Value, NoAnswer> {
    let counts = frame::counts(kinds.map(|it| it.to_string()).collect())?;
    let of = |kind: EntryKind| json!(counts.get(kind.word()).copied().unwrap_or_default());
    Ok(Value::Object(
        COUNTED
            .iter()
            .map(|(kind, word)| ((*word).to_owned(), of(*kind)))
            .collect(),
    ))
}

fn write(programme: &Programme<'_>, fact: &Fact<'_, EntryFact>) -> AnswerRow {
    let entry = fact.row();
    let mut evidence = Evidence::default();
    evidence.add("catalogue", fact.positions(programme.view));
    AnswerRow {
        id: programme.text(entry.id).to_owned(),
        fields: fields([
            ("id", json!(programme.text(entry.id))),
            ("kind", json!(entry.kind)),
            ("parent", json!(entry.parent.map(|it| programme.text(it)))),
            ("pillar", json!(programme.pillar(entry.id))),
            ("dimension", json!(entry.dimension)),
            ("title", json!(programme.text(entry.title))),
            ("in_scope", json!(in_scope(entry))),
            ("state", json!(entry.state.unwrap_or(EntryState::Active))),
        ]),
        evidence,
    }
}
