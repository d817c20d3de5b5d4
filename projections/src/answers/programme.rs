//! The programme as it is seen from somewhere: entries, pillars, thresholds.

use std::collections::BTreeMap;

use leitstand_domain::{
    Day,
    cell::YesNo,
    tables::{EntryKind, EntryState},
};

use crate::{
    Facts, Filter, Name, View,
    answer::ground::Threshold,
    facts::{EntryFact, Fact},
};

/// The catalogue at a view: each entry's state that holds.
pub(super) struct Programme<'a> {
    pub facts: &'a Facts,
    pub view: &'a View,
    entries: BTreeMap<Name, Fact<'a, EntryFact>>,
}

impl<'a> Programme<'a> {
    pub(super) fn new(facts: &'a Facts, view: &'a View) -> Self {
        let entries = facts
            .entries
            .holders()
            .into_iter()
            .filter_map(|id| Some((id, facts.entries.latest(id, view)?)))
            .collect();
        Self {
            facts,
            view,
            entries,
        }
    }

    /// Every entry that holds.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Fact<'a, EntryFact>> {
        self.entries.values()
    }

    pub(super) fn entry(&self, id: Name) -> Option<&Fact<'a, EntryFact>> {
        self.entries.get(&id)
    }

    pub(super) fn text(&self, name: Name) -> &'a str {
        self.facts.names.text(name)
    }

    /// The pillar a subject belongs to: its own, else its parents'; pillars, the programme and `PMO`
    /// stand for themselves, and so does what the catalogue does not know, or knows no pillar of.
    pub(super) fn pillar(&self, subject: Name) -> &'a str {
        let known = self.known_pillar(subject);
        known.unwrap_or_else(|| self.text(subject))
    }

    /// The same as rows show it: none as long as the catalogue does not say it.
    pub(super) fn known_pillar(&self, subject: Name) -> Option<&'a str> {
        let mut at = subject;
        // Parents that run in a circle come back to one that was marked on the way.
        let (mut marked, mut steps, mut until) = (None, 0_u32, 1_u32);
        while marked != Some(at) {
            if steps == until {
                (marked, until) = (Some(at), until.saturating_mul(2));
            }
            steps = steps.saturating_add(1);
            let Some(entry) = self.entry(at).map(Fact::row) else {
                break;
            };
            match (entry.kind, entry.pillar, entry.parent) {
                (EntryKind::Pillar | EntryKind::Programme, _, _) => return Some(self.text(at)),
                (_, Some(pillar), _) => return Some(self.text(pillar)),
                (_, None, Some(parent)) => at = parent,
                (_, None, None) => break,
            }
        }
        Some(self.text(subject)).filter(|it| *it == PMO)
    }

    /// The pillars in the order of their ids.
    pub(super) fn pillars(&self) -> Vec<&'a str> {
        let mut pillars: Vec<&str> = self
            .entries()
            .filter(|it| it.row().kind == EntryKind::Pillar)
            .map(|it| self.text(it.row().id))
            .collect();
        pillars.sort_unstable();
        pillars
    }

    /// Whether a pillar no longer exists; what it was stays readable for earlier reporting dates.
    pub(super) fn is_dissolved(&self, pillar: &str) -> bool {
        let entry = self.facts.names.find(pillar).and_then(|it| self.entry(it));
        entry.is_some_and(|it| it.row().state == Some(EntryState::Dissolved))
    }

    /// Measures in scope.
    pub(super) fn measures(&self) -> impl Iterator<Item = &Fact<'a, EntryFact>> {
        self.entries()
            .filter(|it| it.row().kind == EntryKind::Measure && in_scope(it.row()))
    }

    /// Whether a measure stands by itself: it is no part of another measure. What stands above it
    /// otherwise, as its pillar, does not matter.
    pub(super) fn is_whole(&self, measure: &EntryFact) -> bool {
        let above = measure.parent.and_then(|it| self.entry(it));
        above.is_none_or(|it| it.row().kind != EntryKind::Measure)
    }

    /// Whether a subject passes the filter.
    pub(super) fn passes(&self, subject: Name, filter: &Filter) -> bool {
        filter
            .pillar
            .as_deref()
            .is_none_or(|it| it == self.pillar(subject))
            && filter
                .measure
                .as_deref()
                .is_none_or(|it| it == self.text(subject))
    }

    /// The threshold that holds: (amber, red), else the built-in default.
    pub(super) fn threshold(
        &self,
        name: &'static str,
        dimension: &'static str,
        default: (i64, i64),
    ) -> Threshold {
        let holds = self.facts.names.find(name).and_then(|name| {
            let facts = self.facts.thresholds.of(name, self.view);
            facts
                .filter(|it| self.text(it.row().dimension) == dimension)
                .max_by_key(Fact::order)
        });
        match holds {
            Some(fact) => Threshold {
                name,
                dimension,
                amber: fact.row().amber.value(),
                red: fact.row().red.value(),
                valid_from: fact.effective(),
                known_on: fact.known(),
                positions: fact.positions(self.view).collect(),
            },
            None => Threshold {
                name,
                dimension,
                valid_from: Day::FIRST,
                known_on: Day::FIRST,
                amber: default.0.into(),
                red: default.1.into(),
                positions: Vec::new(),
            },
        }
    }
}

/// The programme's office: a subject that is no entry of the catalogue.
const PMO: &str = "PMO";

/// Whether an entry is in scope.
pub(super) fn in_scope(entry: &EntryFact) -> bool {
    entry.in_scope != Some(YesNo::No)
}

/// Whether an entry is under way; only then it owes reports.
pub(super) fn is_active(entry: &EntryFact) -> bool {
    entry.state.is_none_or(|it| it == EntryState::Active)
}
