//! What may be named before it is there and is not there: whoever named it still has to feed it.

use std::collections::BTreeSet;

use leitstand_domain::{shares::CostShare, tables::predecessors};
use serde_json::{Value, json};

use super::programme::Programme;
use crate::{
    Filter, Name,
    facts::{Fact, FactRow, Table},
};

/// The thresholds there are, by name and dimension: the built-in ones. Any other changes nothing, so whoever set it
/// should know.
const THRESHOLDS: [(&str, &str); 10] = [
    ("slip_days", "schedule"),
    ("over_percent", "budget"),
    ("under_points", "budget"),
    ("acceptance_percent", "scope"),
    ("filled_percent", "resources"),
    ("score", "risks"),
    ("age_days", "impediments"),
    ("stale_days", "status"),
    ("reported_percent", "status"),
    ("red_percent", "pillar"),
];

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
    if filter.pillar.is_none() && filter.measure.is_none() {
        of_all(programme, |table, id, column, named| {
            open.insert((table, programme.text(id), column, named));
        });
    }
    let open = open.into_iter();
    open.map(|(table, id, column, names)| {
        json!({ "table": table, "id": id, "column": column, "names": names })
    })
    .collect()
}

/// The same of rows that belong to no pillar: the scheme of a pot, what is released, a threshold of that name.
fn of_all(
    programme: &Programme<'_>,
    mut note: impl FnMut(&'static str, Name, &'static str, String),
) {
    let (facts, view) = (programme.facts, programme.view);
    for pot in holding(&facts.pots, programme) {
        // `25/75` is no name, and what only looks like it was refused.
        let scheme = pot.cost_share.filter(|it| {
            let is_pair = CostShare::parse(programme.text(*it)).is_ok();
            !is_pair && facts.scheme_parts.latest(*it, view).is_none()
        });
        if let Some(scheme) = scheme {
            let named = programme.text(scheme).to_owned();
            note("pots", pot.id, "cost_share", named);
        }
    }
    let is_there = |id: Name| {
        programme.entry(id).is_some()
            || facts.requests.latest(id, view).is_some()
            || facts.pots.latest(id, view).is_some()
            || facts.milestones.latest(id, view).is_some()
            || facts.risks.latest(id, view).is_some()
            || facts.impediments.latest(id, view).is_some()
            || facts.sittings.latest(id, view).is_some()
            || facts.mandates.latest(id, view).is_some()
            || facts.papers.latest(id, view).is_some()
            || facts.seats.latest(id, view).is_some()
            || facts.resolutions.all(view).any(|it| it.row().id == id)
    };
    for release in facts.releases.all(view).map(|it| it.row()) {
        if !is_there(release.id) {
            let named = programme.text(release.id).to_owned();
            note("releases", release.kind, "id", named);
        }
    }
    for threshold in facts.thresholds.all(view).map(|it| it.row()) {
        let (name, dimension) = (
            programme.text(threshold.name),
            programme.text(threshold.dimension),
        );
        if !THRESHOLDS.contains(&(name, dimension)) {
            let named = format!("{name}/{dimension}");
            note("thresholds", threshold.name, "name", named);
        }
    }
}

/// The row of each holder that holds.
fn holding<'a, R: FactRow>(
    table: &'a Table<R>,
    programme: &Programme<'a>,
) -> impl Iterator<Item = &'a R> {
    let holders = table.holders().into_iter();
    holders.filter_map(move |it| Some(table.latest(it, programme.view)?.row()))
}
