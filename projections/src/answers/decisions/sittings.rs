//! The sittings as they are scheduled, and the way of a request to its own.

use std::collections::{BTreeMap, BTreeSet};

use leitstand_domain::{Day, pot::State, tables::Step};

use super::super::{money::Request, programme::Programme};
use crate::{
    Name,
    facts::{Fact, PaperFact, SittingFact},
};

/// More sittings than prepare one another in a row.
const LONGEST_WAY: usize = 8;

/// Who decides on a request (dossier 3.3, T11): the council, the heads of division, ordinary or not, the steering
/// committee of its own programme, and FITKO by delegation. Every other body prepares.
const DECIDING: [&str; 5] = ["B-ITPLR", "B-ALR", "B-RM-AOAL", "B-RM-LK", "B-FITKO"];

/// The sittings as they are scheduled.
pub(super) struct Sittings<'a> {
    programme: &'a Programme<'a>,
    all: BTreeMap<Name, &'a SittingFact>,
    /// The bodies of [`DECIDING`], if any of them sits; empty in a programme of other bodies: there each decides.
    deciding: BTreeSet<Name>,
}

impl<'a> Sittings<'a> {
    pub(super) fn new(programme: &'a Programme<'a>) -> Self {
        let (facts, view) = (programme.facts, programme.view);
        let holders = facts.sittings.holders().into_iter();
        let all: BTreeMap<Name, &SittingFact> = holders
            .filter_map(|id| Some((id, facts.sittings.latest(id, view)?.row())))
            .collect();
        let deciding = DECIDING.iter().filter_map(|it| facts.names.find(it));
        let sits = |body: &Name| all.values().any(|it| it.body == *body);
        let deciding = deciding.filter(sits).collect();
        Self {
            programme,
            all,
            deciding,
        }
    }

    /// The next sitting that decides.
    pub(super) fn next_deciding(&self) -> Option<&'a SittingFact> {
        self.next(|it| self.decides(it))
    }

    /// The first that fits, on or after the reporting date.
    fn next(&self, fits: impl Fn(&SittingFact) -> bool) -> Option<&'a SittingFact> {
        let to_come = self.all.values().copied().filter(|it| self.is_to_come(it));
        to_come
            .filter(|it| fits(it))
            .min_by_key(|it| (it.date, self.programme.text(it.id)))
    }

    fn is_to_come(&self, sitting: &SittingFact) -> bool {
        sitting.date >= self.programme.view.as_of
    }

    /// Whether it prepares no other, and is of a body that decides.
    fn decides(&self, sitting: &SittingFact) -> bool {
        let is_body = self.deciding.is_empty() || self.deciding.contains(&sitting.body);
        sitting.prepares.is_none() && is_body
    }

    fn of(&self, id: Name) -> Option<&'a SittingFact> {
        self.all.get(&id).copied()
    }

    /// The sitting a request waits for, and whether a paper was filed for it in time.
    pub(super) fn for_request(
        &self,
        request: &Request<'_>,
        papers: &[Fact<'_, PaperFact>],
    ) -> Option<(&'a SittingFact, bool)> {
        let steps = || request.steps.iter().rev();
        let deferral = steps().find(|it| it.row().step == Step::Deferred);
        let deferred_by = deferral.and_then(|it| self.of(it.row().sitting?));
        // What was deferred needs a paper anew.
        let is_used_up = |end: &SittingFact, filed: Day| {
            deferral.is_some_and(|it| {
                let deferred = deferred_by.map(|by| self.prepared_by(by).id == end.id);
                filed <= it.effective() && deferred.unwrap_or(end.date <= it.effective())
            })
        };
        let is_filing = |step: Step| matches!(step, Step::PaperFiled | Step::Resubmitted);
        let filings = || steps().filter(|it| is_filing(it.row().step));
        let by_step = filings().filter_map(|it| Some((it.row().sitting?, it.effective())));
        let by_paper = papers
            .iter()
            .map(|it| (it.row().sitting, it.row().filed_on));
        let filed: Vec<(&SittingFact, Day)> = by_paper
            .chain(by_step)
            .filter_map(|(id, day)| Some((self.prepared_by(self.of(id)?), day)))
            // At the end of the way stands who decides, or one whose sitting is not scheduled yet.
            .filter(|(end, _)| self.decides(end) || end.prepares.is_some())
            .filter(|(end, day)| !is_used_up(end, *day))
            .collect();
        let is_in_time = |end: &SittingFact, filed: Day| {
            let deadline = self.earliest_deadline(end);
            deadline.is_none_or(|it| filed <= it)
        };
        let to_come = filed.iter().filter(|it| self.is_to_come(it.0));
        let in_time = to_come.map(|(end, day)| (*end, is_in_time(end, *day)));
        let first = in_time.min_by_key(|(end, it)| (!it, end.date, self.programme.text(end.id)));
        if first.is_some() {
            return first;
        }
        let next = match deferred_by.filter(|it| self.decides(self.prepared_by(it))) {
            Some(by) => {
                let again = self.next(|it| it.body == by.body && it.id != by.id);
                again.map(|it| self.prepared_by(it))
            }
            None => self.next_deciding(),
        };
        // A paper of which nobody said for which sitting is one for the next.
        let last = filings().next().filter(|_| filed.is_empty());
        let last = last.filter(|it| it.row().sitting.and_then(|it| self.of(it)).is_none());
        let last = last.filter(|_| request.state() == State::PaperFiled);
        next.map(|next| {
            let in_time = last.is_some_and(|it| is_in_time(next, it.effective()));
            (next, in_time)
        })
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
    fn way(&self, sitting: &SittingFact) -> BTreeSet<Name> {
        let mut way = BTreeSet::from([sitting.id]);
        loop {
            let before = way.len();
            for it in self.all.values() {
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
        let on_the_way = way.iter().filter_map(|it| self.of(*it));
        on_the_way.filter_map(|it| it.paper_deadline).min()
    }
}
