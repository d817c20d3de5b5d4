//! # Changes
//!
//! ## What it says
//! What differs between two (V, K, P): as reported against restated, or between two sittings. One row per
//! field of a row of another answer that is not the same before and after.
//!
//! ## Formula
//! Both answers are computed in full and compared row by row, field by field; fields inside an object count by
//! themselves (`reported.schedule`). A row that is there only once has `null` on the other side.
//!
//! ## Facts
//! Those of the compared answers.
//!
//! ## Beware
//! Time alone changes figures, such as an age in days: then `events` is empty. `catalogue` here has pillars,
//! topic areas, visions and the like too; bodies are in `bodies`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    bodies, catalogue, decisions, dependencies, funds, goals, impediments, milestones, narrowing,
    obligations, plans, requests, risks, seats, status,
};
use crate::{
    Ask, Facts, View,
    answer::{AnswerRow, Before, Evidence, Filter, Kind, NoAnswer, Output, Page, field, fields},
};

pub(super) const KIND: Kind = Kind {
    name: "changes",
    title: "Veränderungen",
    id: "kind/id/field",
    fields: &[
        field(
            "kind",
            "die Auskunft, in der sich etwas unterscheidet",
            &[],
            &[],
        ),
        field("id", "die Kennung der Zeile dort", &[], &[]),
        field("field", "das Feld dort", &[], &[]),
        field(
            "before",
            "der Wert zum Vergleichsstand; null, wenn es die Zeile nicht gab",
            &[],
            &[""],
        ),
        field(
            "after",
            "der Wert zum gefragten Stand; null, wenn es die Zeile nicht mehr gibt",
            &[],
            &[""],
        ),
    ],
    ask,
};

/// The answers compared: those about states and money, which a sitting looks at.
const COMPARED: &[Kind] = &[
    bodies::KIND,
    catalogue::WHOLE,
    decisions::KIND,
    dependencies::KIND,
    funds::KIND,
    goals::KIND,
    impediments::KIND,
    milestones::KIND,
    obligations::KIND,
    plans::KIND,
    requests::KIND,
    risks::KIND,
    seats::KIND,
    status::KIND,
];

/// One difference.
struct Change {
    kind: &'static str,
    id: String,
    field: String,
    before: Value,
    after: Value,
    evidence: Evidence,
}

impl Change {
    /// Names the difference among all of them.
    fn key(&self) -> String {
        format!("{}/{}/{}", self.kind, self.id, self.field)
    }
}

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let earlier = before(ask)?;
    let mut rows = Vec::new();
    let mut counts = Map::new();
    // What cannot be narrowed down like this would be told in whole.
    let whole = Filter {
        before: Before::default(),
        ..ask.filter.clone()
    };
    let narrowed = |it: &&Kind| narrowing::idle(it.name, &whole).is_none();
    for kind in COMPARED.iter().filter(narrowed) {
        let known = rows.len();
        compare(kind, facts, [earlier, ask.view], &whole, &mut rows)?;
        counts.insert(kind.name.to_owned(), json!(rows.len() - known));
    }
    let summary = fields([
        (
            "before",
            json!({
                "as_of": earlier.as_of,
                "known_on": earlier.known_on,
                "position": facts.position_seen(&earlier),
            }),
        ),
        ("counts", Value::Object(counts)),
    ]);
    Ok(Output::new(rows, Change::key, write, summary))
}

/// The view compared with: what it does not state is as in the question.
fn before(ask: &Ask) -> Result<View, NoAnswer> {
    let stated = ask.filter.before;
    if stated == Before::default() {
        return Err(NoAnswer::bad(
            "Womit soll verglichen werden? Bitte den früheren Stand angeben: --before-as-of, --before-known-on oder --before-position.",
            "Compare with what? State the earlier view: --before-as-of, --before-known-on or --before-position.",
        ));
    }
    Ok(View {
        as_of: stated.as_of.unwrap_or(ask.view.as_of),
        known_on: stated.known_on.or(ask.view.known_on),
        at_position: stated.position.or(ask.view.at_position),
    })
}

fn compare(
    kind: &'static Kind,
    facts: &Facts,
    views: [View; 2],
    filter: &Filter,
    found: &mut Vec<Change>,
) -> Result<(), NoAnswer> {
    let mut both = Vec::new();
    for view in views {
        let whole = Ask {
            view,
            filter: filter.clone(),
            page: Page::default(),
        };
        let rows = kind.answer(facts, &whole)?.rows;
        both.push(
            rows.into_iter()
                .map(|it| (it.id.clone(), it))
                .collect::<BTreeMap<_, _>>(),
        );
    }
    let [Some(after), Some(before)] = [both.pop(), both.pop()] else {
        return Ok(());
    };
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for id in ids {
        let rows = [before.get(id), after.get(id)];
        let [then, now] = rows.map(|it| it.map(|it| flat(&it.fields)).unwrap_or_default());
        let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        for name in names {
            let [was, is] = [&then, &now].map(|it| it.get(name).cloned().unwrap_or_default());
            if was != is {
                found.push(Change {
                    kind: kind.name,
                    id: id.clone(),
                    evidence: between(kind, name, rows),
                    field: name.clone(),
                    before: was,
                    after: is,
                });
            }
        }
    }
    Ok(())
}

/// The fields of a row, those inside objects with a dot; a number that is undefined stays whole.
fn flat(row: &Map<String, Value>) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (name, value) in row {
        match value {
            Value::Object(inner) if !inner.contains_key("undefined") => {
                let inner = inner.iter();
                all.extend(inner.map(|(part, value)| (format!("{name}.{part}"), value.clone())));
            }
            _ => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
    all
}

/// The events behind a difference: those the field rests on after and not before; where a row or an event
/// is gone, those before and not after; where nothing was recorded and only days went by, all it rests on.
fn between(kind: &Kind, name: &str, [before, after]: [Option<&AnswerRow>; 2]) -> Evidence {
    let of = |row: Option<&AnswerRow>| -> BTreeSet<u64> {
        let whole = name.split('.').next().unwrap_or_default();
        let known = kind.fields.iter();
        let mut kinds: Vec<&str> = known
            .clone()
            .filter(|it| it.name == name || it.name == whole)
            .flat_map(|it| it.facts.iter().copied())
            .collect();
        let inputs = known
            .clone()
            .filter(|it| it.name == name || it.name == whole)
            .flat_map(|it| it.inputs.iter().copied());
        for input in inputs {
            let rests = known.clone().filter(|it| it.name == input);
            kinds.extend(rests.flat_map(|it| it.facts.iter().copied()));
        }
        row.map(|it| it.evidence.of(&kinds).into_iter().collect())
            .unwrap_or_default()
    };
    let (before, after) = (of(before), of(after));
    let mut events: Vec<u64> = after.difference(&before).copied().collect();
    if events.is_empty() {
        events = before.difference(&after).copied().collect();
    }
    if events.is_empty() {
        events = after.into_iter().collect();
    }
    let mut evidence = Evidence::default();
    evidence.add("changes", events);
    evidence
}

fn write(it: &Change) -> AnswerRow {
    AnswerRow {
        id: it.key(),
        fields: fields([
            ("kind", json!(it.kind)),
            ("id", json!(it.id)),
            ("field", json!(it.field)),
            ("before", it.before.clone()),
            ("after", it.after.clone()),
        ]),
        evidence: it.evidence.clone(),
    }
}
