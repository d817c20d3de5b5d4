//! `exceptions`: what came late, was filled in afterwards, was corrected or overridden.
//!
//! Only these four kinds; the product knows more, so compare rows of these kinds
//! ([`crate::compare::only_kinds`]) and the counts given here.

use serde_json::{Value, json};

use super::tables::{effective, identity};
use super::{World, reporting, versions};

/// The kinds this reference finds.
pub const KINDS: [&str; 4] = ["late", "backfilled", "corrected", "overridden"];

/// kind, what, events; counts. About the rows effective by V, sorted by (kind, events).
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut found: Vec<(&str, Vec<u64>, String)> = Vec::new();
    // "`received_on` after … one before it [the day of recording] makes the row *backfilled*,
    // which answers count and `exceptions` lists".
    for row in world
        .known_rows()
        .filter(|row| row.known() < row.recorded_on)
    {
        if effective(&row.table, &row.cells, row.known()) <= world.as_of {
            found.push((
                "backfilled",
                vec![row.position],
                name(&row.table, &identity(&row.table, &row.cells)),
            ));
        }
    }
    // "Original and correction both stay visible": every row with more than one known version.
    for fact in versions::versions(&world.log, world.known_on, world.at_position) {
        if fact.events.len() > 1 && fact.effective <= world.as_of {
            found.push((
                "corrected",
                sorted(fact.events),
                name(&fact.table, &fact.identity),
            ));
        }
    }
    for debt in reporting::debts(world).iter().filter(|debt| debt.is_late()) {
        if let Some(report) = debt.report {
            found.push((
                "late",
                vec![report.position],
                name(&report.table, &report.identity),
            ));
        }
    }
    // An override "holds only with the report of that date".
    for fact in world.all("status_overrides") {
        let reports = world.of("status_reports", "measure", fact.text("measure"));
        if reports
            .iter()
            .any(|report| report.effective == fact.effective)
        {
            found.push((
                "overridden",
                vec![fact.position],
                name(&fact.table, &fact.identity),
            ));
        }
    }
    found.sort();
    let rows: Vec<Value> = found
        .iter()
        .map(|(kind, events, what)| json!({ "kind": kind, "what": what, "events": events }))
        .collect();
    let count = |kind: &str| found.iter().filter(|entry| entry.0 == kind).count();
    let counts: serde_json::Map<String, Value> = KINDS
        .iter()
        .map(|kind| ((*kind).to_owned(), json!(count(kind))))
        .collect();
    (Value::Array(rows), json!({ "counts": counts }))
}

fn sorted(mut events: Vec<u64>) -> Vec<u64> {
    events.sort_unstable();
    events
}

/// The row as a text: table and identity.
fn name(table: &str, identity: &str) -> String {
    format!("{table}/{identity}")
}
