//! The sittings as they are scheduled, and the way of a request to its own.

use std::collections::BTreeSet;

use leitstand_domain::{Day, pot::State};

use super::super::{money::Request, programme::Programme};
use crate::{Name, facts::SittingFact};

/// More sittings than prepare one another in a row.
const LONGEST_WAY: usize = 8;

/// The sittings as they are scheduled.
pub(super) struct Sittings<'a> {
    programme: &'a Programme<'a>,
    all: Vec<&'a SittingFact>,
}

impl<'a> Sittings<'a> {
    pub(super) fn new(programme: &'a Programme<'a>) -> Self {
        let sittings = &programme.facts.sittings;
        let all = sittings
            .holders()
            .into_iter()
            .filter_map(|id| Some(sittings.latest(id, programme.view)?.row()))
            .collect();
        Self { programme, all }
    }

    /// The first that fits, on or after the reporting date.
    pub(super) fn next(&self, fits: impl Fn(&SittingFact) -> bool) -> Option<&'a SittingFact> {
        let to_come = self.all.iter().copied().filter(|it| self.is_to_come(it));
        to_come
            .filter(|it| fits(it))
            .min_by_key(|it| (it.date, self.programme.text(it.id)))
    }

    fn is_to_come(&self, sitting: &SittingFact) -> bool {
        sitting.date >= self.programme.view.as_of
    }

    fn of(&self, id: Name) -> Option<&'a SittingFact> {
        self.all.iter().copied().find(|it| it.id == id)
    }

    /// The sitting a request waits for.
    pub(super) fn for_request(&self, request: &Request<'_>) -> Option<&'a SittingFact> {
        let named = request.steps.iter().rev().find_map(|it| it.row().sitting);
        match (request.state(), named.and_then(|id| self.of(id))) {
            (State::PaperFiled, Some(named)) => {
                Some(self.prepared_by(named)).filter(|it| self.is_to_come(it))
            }
            (State::Deferred, Some(named)) => {
                self.next(|it| it.body == named.body && it.id != named.id)
            }
            _ => self.next(|it| it.prepares.is_none()),
        }
    }

    /// The sitting at the end of what one prepares: it decides.
    fn prepared_by(&self, sitting: &'a SittingFact) -> &'a SittingFact {
        let mut at = sitting;
        for _ in 0..LONGEST_WAY {
            match at.prepares.and_then(|it| self.of(it)) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// A sitting and all that prepare it, over any number of steps.
    pub(super) fn way(&self, sitting: &SittingFact) -> BTreeSet<Name> {
        let mut way = BTreeSet::from([sitting.id]);
        loop {
            let before = way.len();
            for it in &self.all {
                if it.prepares.is_some_and(|it| way.contains(&it)) {
                    way.insert(it.id);
                }
            }
            if way.len() == before {
                return way;
            }
        }
    }

    /// The earliest deadline on the way to a sitting.
    pub(super) fn earliest_deadline(&self, sitting: &SittingFact) -> Option<Day> {
        let way = self.way(sitting);
        let on_the_way = self.all.iter().filter(|it| way.contains(&it.id));
        on_the_way.filter_map(|it| it.paper_deadline).min()
    }
}
