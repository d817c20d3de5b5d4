//! Who did what to a request: nobody checks, grants or corrects what they did themselves (dossier 3.5).

use std::collections::{BTreeMap, BTreeSet};

use leitstand_domain::tables::Step;

use super::{money::Request, programme::Programme};
use crate::{
    Name,
    facts::{Fact, FactRow},
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
pub(super) fn of(programme: &Programme<'_>, request: &Request<'_>) -> (Option<Seen>, Option<Seen>) {
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
    let id = programme.text(request.fact.row().id);
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
    fn of(programme: &Programme<'_>, request: &Request<'_>) -> Self {
        let mut it = Self::default();
        it.row(programme, request.fact, Some(SUBMITTED));
        for step in &request.steps {
            let part = match step.row().step {
                Step::FormallyCleared | Step::FormallyRejected => Some(CHECKED),
                Step::Granted => Some(GRANTED),
                _ => None,
            };
            it.row(programme, *step, part);
        }
        let id = request.fact.row().id;
        // There are far more bookings than anything else, and few were ever corrected.
        if programme.facts.bookings.is_corrected(id) {
            for booking in programme.facts.bookings.of(id, programme.view) {
                it.row(programme, booking, None);
            }
        }
        for carry in &request.carries {
            it.row(programme, carry.fact, None);
        }
        it
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
        if let Some(part) = part {
            self.play(recorder, part, first);
        }
        for position in fact.positions(programme.view).filter(|it| *it != first) {
            let Some(corrector) = actor(position) else {
                continue;
            };
            self.play(corrector, CORRECTED, position);
            if corrector == recorder {
                let own = self.own.entry(recorder).or_default();
                own.extend([first, position]);
            }
        }
    }

    fn play(&mut self, actor: Name, part: &'static str, position: u64) {
        let played = self.played.entry(actor).or_default();
        played.entry(part).or_default().push(position);
    }
}
