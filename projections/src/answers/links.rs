//! Links between entries as they hold on the reporting date, and who leads what.

use std::collections::BTreeMap;

use leitstand_domain::{
    cell::Code as _,
    tables::{EntryKind, LinkKind},
};

use super::programme::{Programme, is_active};
use crate::{
    Facts, Name, Names, View,
    facts::{EntryFact, Fact, LinkFact},
};

/// Every link that holds.
pub(super) struct Links<'a> {
    all: Vec<Fact<'a, LinkFact>>,
}

impl<'a> Links<'a> {
    pub(super) fn new(facts: &'a Facts, view: &'a View) -> Self {
        let mut all = Vec::new();
        for from in facts.links.holders() {
            let mut latest: BTreeMap<(LinkKind, Name), Fact<'a, LinkFact>> = BTreeMap::new();
            for link in facts.links.of(from, view) {
                let holder = (link.row().kind, link.row().to);
                let holds = latest.entry(holder).or_insert(link);
                if holds.order() < link.order() {
                    *holds = link;
                }
            }
            let ended = |it: &Fact<'_, LinkFact>| it.row().until.is_some_and(|it| it < view.as_of);
            all.extend(latest.into_values().filter(|it| !ended(it)));
        }
        Self { all }
    }

    pub(super) fn of(&self, kind: LinkKind) -> impl Iterator<Item = &Fact<'a, LinkFact>> {
        self.all.iter().filter(move |it| it.row().kind == kind)
    }

    /// Links of a kind from an entry.
    pub(super) fn from(
        &self,
        kind: LinkKind,
        from: Name,
    ) -> impl Iterator<Item = &Fact<'a, LinkFact>> {
        self.of(kind).filter(move |it| it.row().from == from)
    }

    /// Links of a kind to an entry.
    pub(super) fn to(&self, kind: LinkKind, to: Name) -> impl Iterator<Item = &Fact<'a, LinkFact>> {
        self.of(kind).filter(move |it| it.row().to == to)
    }
}

/// A link as an answer names it: `DG-M-01/depends_on/DG-M-02`.
pub(super) fn named<'a>(names: &'a Names, link: &LinkFact) -> [&'a str; 3] {
    [names.text(link.from), link.kind.word(), names.text(link.to)]
}

/// Active measures in scope, sub-measures too.
pub(super) fn active_measures<'b, 'a: 'b>(
    programme: &'b Programme<'a>,
) -> impl Iterator<Item = &'b Fact<'a, EntryFact>> {
    programme.measures().filter(|it| is_active(it.row()))
}

/// What must have exactly one lead, or a stated joint one: active measures in scope, and topic areas.
pub(super) fn led<'b, 'a: 'b>(
    programme: &'b Programme<'a>,
) -> impl Iterator<Item = &'b Fact<'a, EntryFact>> {
    let areas = programme
        .entries()
        .filter(|it| it.row().kind == EntryKind::TopicArea);
    active_measures(programme).chain(areas)
}

/// Whether nobody leads it, neither alone nor jointly.
pub(super) fn has_no_lead(links: &Links<'_>, entry: Name) -> bool {
    let of = |kind| links.from(kind, entry).next();
    of(LinkKind::LedBy)
        .or_else(|| of(LinkKind::CoLedBy))
        .is_none()
}

/// Texts in order.
pub(super) fn in_order_of_text<'a>(
    programme: &Programme<'a>,
    names: impl Iterator<Item = Name>,
) -> Vec<&'a str> {
    let mut texts: Vec<&str> = names.map(|it| programme.text(it)).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}
