//! Who did what to a request: nobody checks, grants or corrects what they did themselves (dossier 3.5).

use std::collections::{BTreeMap, BTreeSet};

use leitstand_domain::tables::Step;

use super::programme::Programme;
use crate::{
    Name,
    facts::{Fact, FactRow, Table},
};

/// The actor of whoever works on the machine itself: nobody has authenticated them.
const LOCAL: &str = "local";

/// A part in a request's way. Those from submitting to correcting are played by different people; who
/// records a row may play any, but does not correct that row.
const SUBMITTED: &str = "submitted";
const CHECKED: &str = "formal check";
const GRANTED: &str = "granted";
const CORRECTED: &str = "corrected";
const RECORDED: &str = "recorded";

/// Something to be said of who acted on a request.
pub(super) struct Seen {
    pub what: String,
    /// The events.
    pub positions: Vec<u64>,
}

impl Seen {
    /// Where it begins.
    pub(super) fn first(&self) -> u64 {
        self.positions.first().copied().unwrap_or_default()
    }
}

/// Everybody who played a part in a request.
#[derive(Default)]
struct Parts {
    /// By actor: the parts, with their events.
    played: BTreeMap<Name, BTreeMap<&'static str, Vec<u64>>>,
    /// Rows somebody recorded and corrected, with both events.
    own: BTreeMap<Name, Vec<u64>>,
}

/// What one person did in two parts, and what was done by nobody who authenticated.
pub(super) fn of(programme: &Programme<'_>, request: Name) -> (Option<Seen>, Option<Seen>) {
    let parts = Parts::of(programme, request);
    let is_local = |actor: &Name| programme.text(*actor) == LOCAL;
    let (mut words, mut both) = (BTreeSet::new(), BTreeSet::new());
    for (actor, played) in parts.played.iter().filter(|it| !is_local(it.0)) {
        if played.len() > 1 {
            words.extend(played.keys());
            both.extend(played.values().flatten());
        }
        if let Some(own) = parts.own.get(actor) {
            words.extend([CORRECTED, RECORDED]);
            both.extend(own);
        }
    }
    let id = programme.text(request);
    let words: Vec<&str> = words.into_iter().collect();
    let broken = seen(format!("{id}: {}", words.join(", ")), both);
    // A request that was only submitted is nobody's to check yet.
    let played = parts.played.values().flat_map(BTreeMap::keys);
    let is_under_way = played.clone().any(|it| *it != SUBMITTED);
    let local = parts.played.iter().filter(|it| is_local(it.0));
    let local = local.flat_map(|it| it.1.values()).flatten().copied();
    let unchecked = seen(id.to_owned(), local.filter(|_| is_under_way).collect());
    (broken, unchecked)
}

/// What is to be said, if there is an event to it.
fn seen(what: String, positions: BTreeSet<u64>) -> Option<Seen> {
    let positions: Vec<u64> = positions.into_iter().collect();
    (!positions.is_empty()).then_some(Seen { what, positions })
}

impl Parts {
    /// Annulled rows are looked at, too: whoever annuls what they did themselves has corrected it.
    fn of(programme: &Programme<'_>, request: Name) -> Self {
        let (facts, view) = (programme.facts, programme.view);
        let mut it = Self::default();
        for submitted in facts.requests.said_of(request, view) {
            it.row(programme, submitted, Some(SUBMITTED));
        }
        for step in facts.steps.said_of(request, view) {
            let part = match step.row().step {
                Step::FormallyCleared | Step::FormallyRejected => Some(CHECKED),
                Step::Granted => Some(GRANTED),
                _ => None,
            };
            it.row(programme, step, part);
        }
        it.corrections(programme, &facts.items, request);
        it.corrections(programme, &facts.bookings, request);
        it.corrections(programme, &facts.carry_overs, request);
        it
    }

    /// The corrections of rows that are no part in a request's way. There are far more bookings than anything else,
    /// and few were ever corrected.
    fn corrections<R: FactRow>(
        &mut self,
        programme: &Programme<'_>,
        table: &Table<R>,
        request: Name,
    ) {
        if table.is_corrected(request) {
            for fact in table.said_of(request, programme.view) {
                self.row(programme, fact, None);
            }
        }
    }

    /// A row in its part, and its corrections.
    fn row<R: FactRow>(
        &mut self,
        programme: &Programme<'_>,
        fact: Fact<'_, R>,
        part: Option<&'static str>,
    ) {
        if part.is_none() && !fact.is_corrected() {
            return;
        }
        let actor = |position: u64| programme.facts.logged(position).map(|it| it.actor);
        let first = fact.root_position();
        let Some(recorder) = actor(first) else { return };
        let mut is_own = false;
        for position in fact.positions(programme.view).filter(|it| *it != first) {
            let Some(corrector) = actor(position) else {
                continue;
            };
            self.play(corrector, CORRECTED, position);
            if corrector == recorder {
                is_own = true;
                let own = self.own.entry(recorder).or_default();
                own.extend([first, position]);
            }
        }
        // What is annulled was no part in its way, but for whoever corrected it themselves.
        if let Some(part) = part.filter(|_| is_own || !fact.is_annulled()) {
            self.play(recorder, part, first);
        }
    }

    fn play(&mut self, actor: Name, part: &'static str, position: u64) {
        let played = self.played.entry(actor).or_default();
        played.entry(part).or_default().push(position);
    }
}
