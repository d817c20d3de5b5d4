//! What may be named before it is there and is not there: whoever named it still has to feed it.

use std::collections::BTreeSet;

use leitstand_domain::tables::predecessors;
use serde_json::{Value, json};

use super::programme::Programme;
use crate::{
    Filter, Name,
    facts::{Fact, FactRow, Table},
};

/// Names in rows that hold on the reporting date, of rows that do not: table, id, column, what is named.
pub(super) fn open_references(programme: &Programme<'_>, filter: &Filter) -> Vec<Value> {
    let (facts, view) = (programme.facts, programme.view);
    let mut open: BTreeSet<(&str, &str, &str, String)> = BTreeSet::new();
    let mut note = |table, id: Name, column, named: &str| {
        open.insert((table, programme.text(id), column, named.to_owned()));
    };
    for entry in programme.entries().map(Fact::row) {
        if !programme.passes(entry.id, filter) {
            continue;
        }
        for (column, named) in [("parent", entry.parent), ("pillar", entry.pillar)] {
            if let Some(named) = named.filter(|it| programme.entry(*it).is_none()) {
                note("catalogue", entry.id, column, programme.text(named));
            }
        }
    }
    for sitting in holding(&facts.sittings, programme) {
        let named = sitting.prepares;
        let missing = named.filter(|it| facts.sittings.latest(*it, view).is_none());
        if let Some(named) = missing.filter(|_| programme.passes(sitting.body, filter)) {
            note("sittings", sitting.id, "prepares", programme.text(named));
        }
    }
    for activity in holding(&facts.activities, programme) {
        if !programme.passes(activity.measure, filter) {
            continue;
        }
        let text = activity.predecessors.map_or("", |it| programme.text(it));
        // What cannot be read was refused.
        for link in predecessors(text).unwrap_or_default() {
            let known = facts.names.find(&link.activity);
            if known.is_none_or(|it| facts.activities.latest(it, view).is_none()) {
                note("activities", activity.id, "predecessors", &link.activity);
            }
        }
    }
    for request in holding(&facts.requests, programme) {
        let is_there = facts.pots.latest(request.pot, view).is_some();
        if !is_there && programme.passes(request.subject, filter) {
            note("requests", request.id, "pot", programme.text(request.pot));
        }
    }
    for paper in holding(&facts.papers, programme) {
        let missing = paper
            .request
            .filter(|it| facts.requests.latest(*it, view).is_none());
        let sitting = facts.sittings.latest(paper.sitting, view);
        let is_wanted = sitting.is_none_or(|it| programme.passes(it.row().body, filter));
        if let Some(request) = missing.filter(|_| is_wanted) {
            note("papers", paper.id, "request", programme.text(request));
        }
    }
    let open = open.into_iter();
    open.map(|(table, id, column, names)| {
        json!({ "table": table, "id": id, "column": column, "names": names })
    })
    .collect()
}

/// The row of each holder that holds.
fn holding<'a, R: FactRow>(
    table: &'a Table<R>,
    programme: &Programme<'a>,
) -> impl Iterator<Item = &'a R> {
    let holders = table.holders().into_iter();
    holders.filter_map(move |it| Some(table.latest(it, programme.view)?.row()))
}
