//! Σ commitment authority assigned ≤ the pot's for that year, on every day, where one is stated.

use std::collections::BTreeMap;

use super::{
    fold::{Broken, euro},
    sums::{Drawn, Timeline, raised_by, running},
};
use crate::{Day, tables::AuthorityResolved};

/// What the requests of a pot are assigned for later years, by year.
pub(super) type Assigned = BTreeMap<u32, Timeline>;

/// The authorities of a pot by later year, each in the order of its dates. In cents.
#[derive(Debug, Default)]
pub(super) struct Authorities(BTreeMap<u32, Vec<(Day, i128)>>);

/// The first day on which more is assigned than is stated.
pub(super) struct Exceeded {
    pub(super) day: Day,
    /// The place of the row of that day that raises it; `None`: the row being judged.
    pub(super) by: Option<usize>,
    year: u32,
    assigned: i128,
    stated: i128,
}

impl Authorities {
    pub(super) fn new<'a>(all: impl Iterator<Item = &'a (Day, AuthorityResolved)>) -> Self {
        let mut years: BTreeMap<u32, Vec<(Day, i128)>> = BTreeMap::new();
        for (day, it) in all {
            let cents = i128::from(it.amount.cents());
            let year = it.for_year.get();
            years.entry(year).or_default().push((*day, cents));
        }
        for states in years.values_mut() {
            states.sort_by_key(|it| it.0);
        }
        Self(years)
    }

    /// Whether what is stated covers what is assigned, on every day from `from` on.
    pub(super) fn hold<'a>(
        &self,
        assigned: &(impl Iterator<Item = &'a Assigned> + Clone),
        from: Day,
    ) -> Result<(), Exceeded> {
        for (year, states) in &self.0 {
            let timelines = || assigned.clone().filter_map(|it| it.get(year));
            let turns = states.iter().map(|it| it.0).filter(|it| *it >= from);
            for (day, drawn) in running(timelines(), from, turns) {
                let state = states.iter().rev().find(|it| it.0 <= day);
                if let Some((_, stated)) = state.filter(|it| drawn > it.1) {
                    return Err(Exceeded {
                        day,
                        by: raised_by(timelines(), day),
                        year: *year,
                        assigned: drawn,
                        stated: *stated,
                    });
                }
            }
        }
        Ok(())
    }
}

impl Exceeded {
    /// The rule as an answer.
    pub(super) fn broken(&self) -> Broken {
        let (day, year) = (self.day, self.year);
        let (assigned, stated) = (euro(self.assigned), euro(self.stated));
        Broken {
            code: "authority_exceeded",
            field: "amount",
            de: format!(
                "Am {day} wären für {year} Verpflichtungsermächtigungen von {assigned} zugewiesen; der Topf hat {stated}"
            ),
            en: format!(
                "On {day} commitment authority of {assigned} would be assigned for {year}; the pot has {stated}"
            ),
        }
    }
}

/// Notes what a request is assigned for each later year after one of its acts.
pub(super) fn note(
    assigned: &mut Assigned,
    authority: &BTreeMap<u32, i128>,
    day: Day,
    by: Option<usize>,
) {
    for (year, cents) in authority {
        let timeline = assigned.entry(*year).or_default();
        if timeline.last().map_or(0, |it| it.cents) != *cents {
            timeline.push(Drawn {
                day,
                cents: *cents,
                by,
            });
        }
    }
}
