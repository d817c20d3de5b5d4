//! # Dependencies
//!
//! ## What it says
//! What depends on what, what is about the same thing and what follows after, on the reporting date; where
//! dependencies run in circles; which measures have no milestone or nobody who leads them; what was named and
//! never came.
//!
//! ## Formula
//! A link holds from `set_on` until `until`. A cycle is a set of entries (or activities) each of which, over
//! others, waits for itself; a cycle of parents one each of which, over others, is above itself. Open is what a row
//! that holds names as its parent, pillar, predecessor, pot, prepared sitting, request, scheme or released id and what
//! does not hold itself; and a threshold of a name no answer knows.
//!
//! ## Facts
//! `links`, `catalogue`, `milestones`, `activities`, `sittings`, `papers`, `requests`, `pots`, `cost_schemes`,
//! `releases`, `thresholds`.
//!
//! ## Beware
//! `serves`, `led_by` and `co_led_by` are in `goals` and `bodies`.

use std::collections::BTreeSet;

use leitstand_domain::tables::{LinkKind, predecessors};
use serde_json::{Map, Value, json};

use super::{
    cycles::{Waits, cycles},
    links::{Links, active_measures, has_no_lead, in_order_of_text, named},
    open_references::open_references,
    programme::Programme,
};
use crate::{
    Ask, Facts, Filter, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields, in_order},
    facts::{Fact, LinkFact},
};

pub(super) const KIND: Kind = Kind {
    name: "dependencies",
    title: "Abhängigkeiten",
    id: "from/kind/to",
    fields: &[
        field(
            "from",
            "Eintrag, von dem die Verknüpfung ausgeht",
            &[],
            &["links"],
        ),
        field("to", "Eintrag, auf den sie zeigt", &[], &["links"]),
        field(
            "kind",
            "depends_on: hängt ab von; related: betrifft dasselbe; succeeds: folgt auf",
            &[],
            &["links"],
        ),
        field(
            "from_title",
            "Titel, der am Stichtag gilt",
            &["from"],
            &["catalogue.from"],
        ),
        field(
            "to_title",
            "Titel, der am Stichtag gilt",
            &["to"],
            &["catalogue.to"],
        ),
        field("set_on", "erster Tag, an dem sie gilt", &[], &["links"]),
        field(
            "until",
            "letzter Tag, wo einer angegeben ist",
            &[],
            &["links"],
        ),
    ],
    ask,
};

/// The kinds of links that have a row.
const SHOWN: [LinkKind; 3] = [LinkKind::DependsOn, LinkKind::Related, LinkKind::Succeeds];

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let links = Links::new(facts, &ask.view);
    let rows: Vec<Fact<'a, LinkFact>> = SHOWN
        .into_iter()
        .flat_map(|kind| links.of(kind))
        .filter(|it| programme.passes(it.row().from, &ask.filter))
        .copied()
        .collect();
    let summary = summary(&programme, &links, &rows, &ask.filter);
    Ok(Output::new(
        rows,
        |it| in_order(named(&facts.names, it.row())),
        move |it| write(&programme, it),
        summary,
    ))
}

fn summary(
    programme: &Programme<'_>,
    links: &Links<'_>,
    rows: &[Fact<'_, LinkFact>],
    filter: &Filter,
) -> Map<String, Value> {
    let mut waits = Waits::new();
    for link in rows.iter().map(Fact::row) {
        if link.kind == LinkKind::DependsOn {
            let from = waits.entry(programme.text(link.from)).or_default();
            from.push(programme.text(link.to));
        }
    }
    let with_milestone = with_milestone(programme);
    let measures = || {
        let all = active_measures(programme).map(|it| it.row().id);
        all.filter(|it| programme.passes(*it, filter))
    };
    let without_milestone = measures().filter(|it| !with_milestone.contains(it));
    let without_owner = measures().filter(|it| has_no_lead(links, *it));
    fields([
        ("cycles", json!(cycles(&waits))),
        ("parent_cycles", json!(parent_cycles(programme, filter))),
        ("activity_cycles", json!(activity_cycles(programme, filter))),
        (
            "without_milestone",
            json!(in_order_of_text(programme, without_milestone)),
        ),
        (
            "without_owner",
            json!(in_order_of_text(programme, without_owner)),
        ),
        ("open_references", json!(open_references(programme, filter))),
    ])
}

/// Entries each of which, over others, is above itself: none of them stands by itself, so no summary of
/// `status` counts them.
fn parent_cycles<'a>(programme: &Programme<'a>, filter: &Filter) -> Vec<Vec<&'a str>> {
    let mut above = Waits::new();
    for entry in programme.entries().map(Fact::row) {
        if let Some(parent) = entry.parent.filter(|_| programme.passes(entry.id, filter)) {
            above.insert(programme.text(entry.id), vec![programme.text(parent)]);
        }
    }
    cycles(&above)
}

/// Whatever has a milestone.
fn with_milestone(programme: &Programme<'_>) -> BTreeSet<Name> {
    let milestones = &programme.facts.milestones;
    milestones
        .holders()
        .into_iter()
        .filter_map(|id| Some(milestones.latest(id, programme.view)?.row().subject))
        .collect()
}

/// Activities that wait for each other. None of them was recorded so, but of what was known by an earlier
/// day there may be some.
fn activity_cycles<'a>(programme: &Programme<'a>, filter: &Filter) -> Vec<Vec<&'a str>> {
    let (facts, view) = (programme.facts, programme.view);
    let mut waits = Waits::new();
    for id in facts.activities.holders() {
        let Some(activity) = facts.activities.latest(id, view).map(|it| it.row()) else {
            continue;
        };
        if !programme.passes(activity.measure, filter) {
            continue;
        }
        let text = activity.predecessors.map_or("", |it| programme.text(it));
        // What cannot be read was refused.
        let before = predecessors(text).unwrap_or_default();
        let known = before
            .iter()
            .filter_map(|it| facts.names.find(&it.activity))
            .map(|it| programme.text(it));
        waits.insert(programme.text(id), known.collect());
    }
    cycles(&waits)
}

fn write(programme: &Programme<'_>, fact: &Fact<'_, LinkFact>) -> AnswerRow {
    let link = fact.row();
    let mut evidence = Evidence::default();
    evidence.add("links", fact.positions(programme.view));
    let mut title = |id, kind| {
        let entry = programme.entry(id)?;
        evidence.add(kind, entry.positions(programme.view));
        Some(programme.text(entry.row().title))
    };
    let from_title = title(link.from, "catalogue.from");
    let to_title = title(link.to, "catalogue.to");
    AnswerRow {
        id: named(&programme.facts.names, link).join("/"),
        fields: fields([
            ("from", json!(programme.text(link.from))),
            ("to", json!(programme.text(link.to))),
            ("kind", json!(link.kind)),
            ("from_title", json!(from_title)),
            ("to_title", json!(to_title)),
            ("set_on", json!(fact.effective().to_string())),
            ("until", json!(link.until.map(|it| it.to_string()))),
        ]),
        evidence,
    }
}
