//! `trail`: everything that happened to one request, measure or the like, as it was recorded.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::tables::{effective, identity};
use super::versions::{self, Fact};
use super::{Row, World};

/// Columns by which a row names what it is about.
const NAMES: &[&str] = &[
    "id",
    "subject",
    "measure",
    "request",
    "from",
    "to",
    "goal",
    "risk",
    "milestone",
    "impediment",
    "mandate",
];

/// Columns that are common to all rows, or free text, and no cells of a trail.
const NO_CELLS: &[&str] = &[
    "key",
    "received_on",
    "reporter",
    "file_ref",
    "note",
    "reason",
    "cause",
    "event",
    "effect",
    "action",
    "text",
    "comment",
    "done",
    "next",
    "decision_needed",
    "schedule_reason",
    "budget_reason",
    "scope_reason",
    "resources_reason",
    "risks_reason",
];

/// The trail of one subject at (V, K, P): `{"as_of", "known_on", "backfilled", "rows"}`, a row per
/// event that names it and is effective by V, in the order of positions. Rows of the built-in
/// catalogue have no position here and are left out.
#[must_use]
pub fn trail(
    rows: &[Row],
    id: &str,
    as_of: Date,
    known_on: Option<Date>,
    at_position: Option<u64>,
) -> Value {
    let world = World::new(rows, as_of, known_on, at_position);
    let by_position: BTreeMap<u64, &Row> = rows.iter().map(|row| (row.position, row)).collect();
    let mut found: BTreeMap<u64, Value> = BTreeMap::new();
    for fact in versions::versions(&world.log, known_on, at_position) {
        let own = fact.events.iter().filter_map(|it| by_position.get(it));
        let own: Vec<&Row> = own.copied().collect();
        if own.iter().any(|row| names(row, id)) || NAMES.iter().any(|it| fact.get(it) == Some(id)) {
            let effective = own.into_iter().filter(|row| day(row) <= as_of);
            found.extend(effective.map(|row| (row.position, line(row, &fact))));
        }
    }
    json!({
        "as_of": as_of.to_string(),
        "known_on": super::numbers::date(known_on),
        "backfilled": world.backfilled(),
        "rows": found.into_values().collect::<Vec<Value>>(),
    })
}

fn names(row: &Row, id: &str) -> bool {
    row.table != "corrections"
        && NAMES
            .iter()
            .any(|column| row.cells.get(*column).is_some_and(|cell| cell == id))
}

/// When the row is so; of a correction its `date`.
fn day(row: &Row) -> Date {
    effective(&row.table, &row.cells, row.known())
}

/// position, table, identity, effective, known_on as recorded; whether the row holds as this
/// event says; the cells that are not text. What a correction is identified by is no reading
/// matter and left out.
fn line(row: &Row, fact: &Fact) -> Value {
    let cells: BTreeMap<&String, &String> = row
        .cells
        .iter()
        .filter(|(column, cell)| !NO_CELLS.contains(&column.as_str()) && !cell.is_empty())
        // Of the tables of this reference only a mandate's title is free text.
        .filter(|(column, _)| row.table != "mandates" || *column != "title")
        .collect();
    let mut line = json!({
        "position": row.position,
        "table": row.table,
        "effective": day(row).to_string(),
        "known_on": row.known().to_string(),
        "holds": fact.version == row.position && !fact.annulled,
        "cells": cells,
    });
    if row.table != "corrections" {
        line["identity"] = json!(identity(&row.table, &row.cells));
    }
    line
}
