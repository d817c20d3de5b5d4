//! `catalogue`: the built-in entries and what was fed on top.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::tables::effective_column;
use super::versions::Fact;
use super::{Row, World, numbers};

/// The 118 entries, made from `domain/catalogue.yaml` by a script.
const BUILT_IN: &str = include_str!("catalogue.json");

/// The bodies, topic areas, links and seats of the same file, each with its table.
const PROGRAMME: &str = include_str!("programme.json");

/// "the built-in catalogue is effective and known from 2023-11-03".
const SINCE: Date = date(2023, 11, 3);

/// The built-in entries as if they were fed before everything else.
#[must_use]
pub fn built_in() -> Vec<Row> {
    read(BUILT_IN)
}

/// What the built-in catalogue says beside its 118 entries: bodies and topic areas, links, seats.
#[must_use]
pub fn programme() -> Vec<Row> {
    read(PROGRAMME)
}

fn read(file: &str) -> Vec<Row> {
    let entries: Vec<BTreeMap<String, Value>> = serde_json::from_str(file).unwrap_or_default();
    entries.into_iter().map(row).collect()
}

fn row(entry: BTreeMap<String, Value>) -> Row {
    let mut cells: BTreeMap<String, String> = entry
        .into_iter()
        .filter_map(|(column, value)| match value {
            Value::String(text) => Some((column, text)),
            Value::Bool(yes) => Some((column, if yes { "yes" } else { "no" }.to_owned())),
            _ => None,
        })
        .collect();
    let table = cells
        .remove("table")
        .unwrap_or_else(|| "catalogue".to_owned());
    let from = effective_column(&table, &cells);
    cells.insert(from.to_owned(), SINCE.to_string());
    cells.insert("received_on".to_owned(), SINCE.to_string());
    Row {
        table,
        cells,
        position: 0,
        recorded_on: SINCE,
    }
}

impl World {
    /// The pillar of a subject: "Subjects are catalogue ids, pillars, `PROG` (the programme) or
    /// `PMO`". `None` where the catalogue says nothing at (V, K).
    pub(super) fn pillar(&self, subject: &str) -> Option<String> {
        if ["DG", "DS", "RM", "KI", "PROG", "PMO"].contains(&subject) {
            return Some(subject.to_owned());
        }
        let entries = self.states("catalogue", "id");
        entries
            .into_iter()
            .find(|entry| entry.text("id") == subject)?
            .get("pillar")
            .map(str::to_owned)
    }

    /// "Rows list every measure in scope, sub-measures too".
    pub(super) fn measures(&self) -> Vec<&Fact> {
        let mut entries = self.states("catalogue", "id");
        entries.retain(|entry| entry.text("kind") == "measure" && in_scope(entry));
        entries
    }
}

/// In scope unless the entry says otherwise.
pub(crate) fn in_scope(entry: &Fact) -> bool {
    !matches!(entry.get("in_scope"), Some("no" | "false"))
}

/// "state (…; default active)"; "Only `active` measures owe reports."
pub(crate) fn state(entry: &Fact) -> &str {
    entry.get("state").unwrap_or("active")
}

/// id, kind, parent, pillar, dimension, title, in_scope, state; counts of goals, measures and
/// governance entries per pillar and in total.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut rows = Vec::new();
    let mut counts: BTreeMap<String, [u32; 3]> = BTreeMap::new();
    counts.insert("total".to_owned(), [0; 3]);
    for entry in world.states("catalogue", "id") {
        let Some(place) = ["goal", "measure", "governance"]
            .iter()
            .position(|kind| *kind == entry.text("kind"))
        else {
            continue;
        };
        for key in [entry.text("pillar"), "total"] {
            counts.entry(key.to_owned()).or_default()[place] += 1;
        }
        rows.push(json!({
            "id": entry.text("id"),
            "kind": entry.text("kind"),
            "parent": numbers::text(entry.get("parent")),
            "pillar": numbers::text(entry.get("pillar")),
            "dimension": numbers::text(entry.get("dimension")),
            "title": entry.text("title"),
            "in_scope": in_scope(entry),
            "state": state(entry),
        }));
    }
    let counts: BTreeMap<String, Value> = counts
        .into_iter()
        .map(|(pillar, [goals, measures, governance])| {
            (
                pillar,
                json!({ "goals": goals, "measures": measures, "governance": governance }),
            )
        })
        .collect();
    (Value::Array(rows), json!({ "counts": counts }))
}
