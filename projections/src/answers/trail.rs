//! # Trail
//!
//! ## What it says
//! Everything that happened to one request or measure, in order: each event as it was recorded, and the row
//! as it holds. Of a measure also what happened to its milestones, risks, impediments, activities and requests,
//! of a request the papers about it with votes and resolutions, of what succeeded something also what happened
//! to that.
//!
//! ## Formula
//! None: events known by K up to P whose rows are effective by V and name the subject; of one table, where one
//! is asked for.
//!
//! ## Facts
//! All tables.
//!
//! ## Beware
//! Free texts stand in `said` under their columns, of a correction also why the row was wrong (`reason`); `erased`
//! where their key is gone. `stands` has none: what holds of them is what was said last. In the order of the days
//! from which the rows are so, then of the log. `holds` is whether this very event is what the row says now;
//! `stands` is the row as it holds, null if it was annulled. A correction belongs to the table of its row. A
//! carry-over is told in both halves: as it was sent (`said.amount`) and as the other pot received it (`said.received`).

use std::collections::HashSet;

use leitstand_domain::{
    Cells,
    tables::{self, LinkKind},
};
use serde_json::{Value, json};

use crate::{
    Ask, Facts, Name, View,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::Act,
};

pub(super) const KIND: Kind = Kind {
    name: "trail",
    title: "Verlauf",
    id: "position",
    fields: &[
        field("position", "Stelle im Protokoll", &[], &[""]),
        field("table", "Tabelle der Zeile", &[], &[""]),
        field("date", "ab wann die Zeile gilt", &[], &[""]),
        field("known_on", "ab wann sie bekannt ist", &[], &[""]),
        field("recorded_at", "Zeitpunkt der Aufzeichnung", &[], &[""]),
        field("body", "meldende Stelle", &[], &[""]),
        field("file_ref", "Aktenzeichen oder Beleg", &[], &[""]),
        field(
            "said",
            "was das Ereignis sagt: alle Angaben der Zeile mit ihren Freitexten, oder die berichtigten",
            &[],
            &[""],
        ),
        field("holds", "ob dieses Ereignis bestimmt, was gilt", &[], &[""]),
        field(
            "stands",
            "die Zeile, wie sie gilt, ohne Freitexte; null, wenn sie annulliert ist",
            &[],
            &[""],
        ),
    ],
    ask,
};

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let asked = ask.filter.id.as_deref().or(ask.filter.measure.as_deref());
    let asked = asked.ok_or_else(|| {
        NoAnswer::bad(
            "Wessen Verlauf? Bitte einen Antrag oder eine Maßnahme angeben: --id.",
            "Whose trail? Name a request or a measure: --id.",
        )
    })?;
    let table = ask.filter.table.as_deref();
    if let Some(unknown) = table.filter(|it| tables::by_name(it).is_none()) {
        let shown: String = unknown.chars().take(60).collect();
        return Err(NoAnswer::bad(
            format!("Die Tabelle „{shown}“ gibt es nicht; „leitstand schema feeds“ nennt alle."),
            format!("There is no table `{shown}`; `leitstand schema feeds` lists all."),
        ));
    }
    let subject = facts.names.find(asked).ok_or_else(|| {
        let shown: String = asked.chars().take(60).collect();
        NoAnswer::bad(
            format!("„{shown}“ gibt es nicht; bitte die Kennung prüfen."),
            format!("There is no `{shown}`; check the id."),
        )
    })?;
    let mut acts = facts.acts(&all_of(facts, &ask.view, subject), &ask.view);
    acts.retain(|it| table.is_none_or(|table| it.table == table));
    acts.sort_by_key(|it| (it.effective, it.position));
    let summary = fields([("count", json!(acts.len()))]);
    Ok(Output::sorted(
        acts,
        id,
        move |it| write(facts, it),
        summary,
    ))
}

/// By the day it is so, then by its place in the log.
fn id(it: &Act) -> String {
    format!("{}/{:016}", it.effective, it.position)
}

/// The subject with what it succeeded, and what belongs to them.
fn all_of(facts: &Facts, view: &View, subject: Name) -> HashSet<Name> {
    let subjects = succession(facts, view, subject);
    let mut all = subjects.clone();
    macro_rules! below {
        ($($table:ident by $column:ident),+ $(,)?) => {
            $(all.extend(facts.$table.all(view).filter(|it| subjects.contains(&it.row().$column)).map(|it| it.row().id));)+
        };
    }
    below! {
        milestones by subject, risks by subject, impediments by subject, requests by subject, activities by measure,
    }
    let papers = facts.papers.all(view);
    let papers = papers.filter(|it| it.row().request == Some(subject));
    all.extend(papers.map(|it| it.row().id));
    all
}

/// The subject, what it succeeded, what that succeeded, and so on: history goes on under a new name.
fn succession(facts: &Facts, view: &View, subject: Name) -> HashSet<Name> {
    let mut all = HashSet::new();
    let mut open = vec![subject];
    while let Some(at) = open.pop() {
        if all.insert(at) {
            let links = facts.links.of(at, view).map(|it| it.row());
            open.extend(
                links
                    .filter(|it| it.kind == LinkKind::Succeeds)
                    .map(|it| it.to),
            );
        }
    }
    all
}

fn write(facts: &Facts, it: &Act) -> AnswerRow {
    let logged = facts.logged(it.position);
    let body = logged
        .and_then(|it| it.reporter)
        .map(|it| facts.names.text(it));
    let file_ref = logged
        .and_then(|it| it.file_ref)
        .map(|it| facts.names.text(it));
    let mut said = it.said.clone();
    let texts = facts.texts(it.position);
    said.extend(texts.map(|(column, text)| (column.to_owned(), text.to_owned())));
    let mut evidence = Evidence::default();
    evidence.add("trail", [it.position]);
    AnswerRow {
        id: id(it),
        fields: fields([
            ("position", json!(it.position)),
            ("table", json!(it.table)),
            ("date", json!(it.effective.to_string())),
            ("known_on", json!(it.known.to_string())),
            (
                "recorded_at",
                json!(logged.map(|it| it.recorded_at.to_string())),
            ),
            ("body", json!(body)),
            ("file_ref", json!(file_ref)),
            ("said", cells(&said)),
            ("holds", json!(it.holds)),
            ("stands", it.stands.as_ref().map_or(Value::Null, cells)),
        ]),
        evidence,
    }
}

fn cells(said: &Cells) -> Value {
    said.iter()
        .map(|(column, text)| (column.clone(), json!(text)))
        .collect()
}
