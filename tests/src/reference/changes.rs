//! `changes`: what differs between two (V, K, P): as reported against restated, or between two
//! sittings. It compares answers, whoever gave them, so the product's can be handed in too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The answers that are compared, and the fields that name a row of each.
pub const COMPARED: &[(&str, &[&str])] = &[
    ("status", &["measure"]),
    ("milestones", &["id"]),
    ("risks", &["id"]),
    ("impediments", &["id"]),
    ("requests", &["id"]),
    ("funds", &["pot"]),
    ("plans", &["measure"]),
    ("goals", &["id", "indicator"]),
];

/// The answer `changes` of what was answered before and after, both by the answer's name:
/// kind, id, field, before, after, events; counts per kind. A row that is not there has null in
/// every field; `events` are the positions the row rests on after and did not before.
#[must_use]
pub fn between(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Value {
    let mut found: Vec<(&str, String, String, Value)> = Vec::new();
    let mut counts = Map::new();
    for (kind, names) in COMPARED {
        let (old, new) = (
            rows(before.get(*kind), names),
            rows(after.get(*kind), names),
        );
        let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let place = found.len();
        for id in ids {
            found.extend(of_row(kind, id, old.get(id), new.get(id)));
        }
        counts.insert((*kind).to_owned(), json!(found.len() - place));
    }
    found.sort_by(|a, b| (a.0, &a.1, &a.2).cmp(&(b.0, &b.1, &b.2)));
    let rows: Vec<Value> = found.into_iter().map(|(.., row)| row).collect();
    json!({ "rows": rows, "summary": { "counts": counts } })
}

/// The rows of an answer by what names them, its parts joined by `/`.
fn rows(answer: Option<&Value>, names: &[&str]) -> BTreeMap<String, Map<String, Value>> {
    let rows = answer.and_then(|answer| answer["rows"].as_array());
    let by_name = |row: &Value| {
        let parts: Vec<&str> = names.iter().filter_map(|name| row[name].as_str()).collect();
        Some((parts.join("/"), row.as_object()?.clone()))
    };
    rows.into_iter().flatten().filter_map(by_name).collect()
}

/// Every field of a row that is not the same on both sides.
fn of_row(
    kind: &'static str,
    id: &str,
    old: Option<&Map<String, Value>>,
    new: Option<&Map<String, Value>>,
) -> Vec<(&'static str, String, String, Value)> {
    let fields: BTreeSet<&String> = old.into_iter().chain(new).flat_map(Map::keys).collect();
    let side = |row: Option<&Map<String, Value>>, field: &str| {
        row.and_then(|row| row.get(field))
            .cloned()
            .unwrap_or(Value::Null)
    };
    let known = positions(old);
    let events: Vec<u64> = positions(new)
        .into_iter()
        .filter(|it| !known.contains(it))
        .collect();
    let mut found = Vec::new();
    for field in fields.into_iter().filter(|field| *field != "events") {
        let (before, after) = (side(old, field), side(new, field));
        if before == after {
            continue;
        }
        let mut row = json!({
            "kind": kind, "id": id, "field": field, "before": before, "after": after,
        });
        // The answers of this reference do not name their positions.
        if old.or(new).is_some_and(|row| row.contains_key("events")) {
            row["events"] = json!(events);
        }
        found.push((kind, id.to_owned(), field.clone(), row));
    }
    found
}

/// The positions a row rests on.
fn positions(row: Option<&Map<String, Value>>) -> Vec<u64> {
    let events = row.and_then(|row| row.get("events")?.as_array());
    events
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect()
}
