//! # Bodies
//!
//! ## What it says
//! Each body as it is called on the reporting date, what it leads alone or jointly, and who succeeded it.
//!
//! ## Formula
//! Links that hold on the reporting date: `led_by` and `co_led_by` to the body, `succeeds` of its successors.
//!
//! ## Facts
//! `catalogue`, `links`.
//!
//! ## Beware
//! `without_lead` is about active measures in scope and topic areas; a stated joint lead (`co_led_by`) is a
//! lead.

use leitstand_domain::tables::{EntryKind, EntryState, LinkKind};
use serde_json::{Map, Value, json};

use super::{
    links::{Links, has_no_lead, in_order_of_text, led},
    programme::Programme,
};
use crate::{
    Ask, Facts, Filter, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{EntryFact, Fact},
};

pub(super) const KIND: Kind = Kind {
    name: "bodies",
    title: "Gremien und Federführung",
    id: "id",
    fields: &[
        field("id", "Kennung des Gremiums", &[], &["catalogue"]),
        field("kind", "body: Gremium oder Stelle", &[], &["catalogue"]),
        field("title", "Titel, der am Stichtag gilt", &[], &["catalogue"]),
        field("parent", "übergeordneter Eintrag", &[], &["catalogue"]),
        field(
            "state",
            "Zustand, der am Stichtag gilt; active, wenn keiner angegeben ist",
            &[],
            &["catalogue"],
        ),
        field("leads", "was es allein führt", &[], &["links.led_by"]),
        field(
            "co_leads",
            "was es gemeinsam mit anderen führt",
            &[],
            &["links.co_led_by"],
        ),
        field(
            "succeeded_by",
            "was an seine Stelle getreten ist",
            &[],
            &["links.succeeds"],
        ),
    ],
    ask,
};

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let links = Links::new(facts, &ask.view);
    let rows: Vec<Fact<'a, EntryFact>> = programme
        .entries()
        .filter(|it| it.row().kind == EntryKind::Body && programme.passes(it.row().id, &ask.filter))
        .copied()
        .collect();
    let summary = summary(&programme, &links, rows.len(), &ask.filter);
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.row().id).to_owned(),
        move |it| write(&programme, &links, it),
        summary,
    ))
}

fn summary(
    programme: &Programme<'_>,
    links: &Links<'_>,
    count: usize,
    filter: &Filter,
) -> Map<String, Value> {
    let passes = |it: &Name| programme.passes(*it, filter);
    let without = led(programme)
        .map(|it| it.row().id)
        .filter(|it| has_no_lead(links, *it));
    let several = links
        .of(LinkKind::LedBy)
        .map(|it| it.row().from)
        .filter(|it| links.from(LinkKind::LedBy, *it).count() > 1);
    fields([
        ("count", json!(count)),
        (
            "without_lead",
            json!(in_order_of_text(programme, without.filter(passes))),
        ),
        (
            "several_leads",
            json!(in_order_of_text(programme, several.filter(passes))),
        ),
    ])
}

fn write(programme: &Programme<'_>, links: &Links<'_>, fact: &Fact<'_, EntryFact>) -> AnswerRow {
    let entry = fact.row();
    let mut evidence = Evidence::default();
    evidence.add("catalogue", fact.positions(programme.view));
    let mut from = |kind, word| {
        let to_it = || links.to(kind, entry.id);
        for link in to_it() {
            evidence.add(word, link.positions(programme.view));
        }
        json!(in_order_of_text(programme, to_it().map(|it| it.row().from)))
    };
    let leads = from(LinkKind::LedBy, "links.led_by");
    let co_leads = from(LinkKind::CoLedBy, "links.co_led_by");
    let succeeded_by = from(LinkKind::Succeeds, "links.succeeds");
    AnswerRow {
        id: programme.text(entry.id).to_owned(),
        fields: fields([
            ("id", json!(programme.text(entry.id))),
            ("kind", json!(entry.kind)),
            ("title", json!(programme.text(entry.title))),
            ("parent", json!(entry.parent.map(|it| programme.text(it)))),
            ("state", json!(entry.state.unwrap_or(EntryState::Active))),
            ("leads", leads),
            ("co_leads", co_leads),
            ("succeeded_by", succeeded_by),
        ]),
        evidence,
    }
}
