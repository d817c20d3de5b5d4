//! Σ (granted − freed) ≤ pot − reserve, on every day.

use std::collections::BTreeMap;

use super::fold::{PotView, euro};
use crate::{
    Day, Refusal,
    tables::{PotMode, PotResolved},
};

/// What a request's history draws on its pot (granted − freed), from which day on.
pub(super) type Timeline = Vec<Drawn>;

/// One change of what a request draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawn {
    /// From this day on.
    pub(super) day: Day,
    /// So much.
    pub(super) cents: i128,
    /// The place of the row that changed it; `None`: the row being judged.
    pub(super) by: Option<usize>,
}

/// The states of a pot in the order of their dates.
#[derive(Debug, Default)]
pub(super) struct Pots {
    states: Vec<(Day, PotView)>,
    /// Since when its fiscal year is closed.
    closed: Option<Day>,
}

impl Pots {
    pub(super) fn new<'a>(
        pots: impl Iterator<Item = &'a (Day, PotResolved)>,
        closed: Option<Day>,
    ) -> Self {
        let mut views: Vec<(Day, PotView)> = pots
            .map(|(day, pot)| {
                let reserve = pot.reserve.map_or(0, |it| i128::from(it.cents()));
                let view = PotView {
                    year: pot.fiscal_year.get(),
                    mode: pot.mode.unwrap_or(PotMode::Call),
                    available: i128::from(pot.amount.cents()) - reserve,
                };
                (*day, view)
            })
            .collect();
        views.sort_by_key(|it| it.0);
        Self {
            states: views,
            closed,
        }
    }

    /// Whether its fiscal year is closed on a day, provisionally at least.
    pub(super) fn closed_on(&self, day: Day) -> bool {
        self.closed.is_some_and(|it| it <= day)
    }

    /// What the pot says on a day; `None` before it is resolved.
    pub(super) fn on(&self, day: Day) -> Option<PotView> {
        let mut newest_first = self.states.iter().rev();
        newest_first.find(|it| it.0 <= day).map(|it| it.1)
    }

    /// The days from `day` on at which the pot changes.
    pub(super) fn days_from(&self, day: Day) -> impl Iterator<Item = Day> {
        let days = self.states.iter().map(|it| it.0);
        days.filter(move |it| *it >= day)
    }
}

/// A pot id stands for one fiscal year.
pub(super) fn same_year<'a>(pots: impl Iterator<Item = &'a PotResolved>) -> Result<(), Refusal> {
    let mut years = pots.map(|pot| pot.fiscal_year);
    let first = years.next();
    if years.all(|it| Some(it) == first) {
        return Ok(());
    }
    Err(Refusal::new(
        "one_fiscal_year",
        "fiscal_year",
        "Eine Topf-Kennung steht für ein Haushaltsjahr; bitte für ein anderes Jahr eine eigene Kennung vergeben",
        "A pot id stands for one fiscal year; give another year an id of its own",
    ))
}

/// The first day on which more is drawn than the pot bears.
#[derive(Debug)]
pub(super) struct Overdrawn {
    pub(super) day: Day,
    drawn: i128,
    available: i128,
}

impl Overdrawn {
    /// The rule as German and English sentences.
    pub(super) fn words(&self) -> (String, String) {
        let (day, drawn, available) = (self.day, euro(self.drawn), euro(self.available));
        (
            format!(
                "Am {day} wären {drawn} bewilligt; der Topf trägt nach Abzug der Reserve {available}"
            ),
            format!(
                "On {day} {drawn} would be granted; the pot less its reserve bears {available}"
            ),
        )
    }
}

/// Whether the pot bears what is drawn, on every day from `from` on at which anything changes.
pub(super) fn hold<'a>(
    pots: &Pots,
    timelines: impl Iterator<Item = &'a Timeline>,
    from: Day,
) -> Result<(), Overdrawn> {
    for (day, drawn) in running(timelines, from, pots.days_from(from)) {
        let available = pots.on(day).map_or(0, |it| it.available);
        // A pot nobody draws on is not overdrawn, even where its reserve exceeds it.
        if drawn > available && drawn != 0 {
            return Err(Overdrawn {
                day,
                drawn,
                available,
            });
        }
    }
    Ok(())
}

/// What is drawn in all on the days from `from` on at which it changes, and on the days `turns`.
pub(super) fn running<'a>(
    timelines: impl Iterator<Item = &'a Timeline>,
    from: Day,
    turns: impl Iterator<Item = Day>,
) -> impl Iterator<Item = (Day, i128)> {
    let mut changes: BTreeMap<Day, i128> = turns.map(|day| (day, 0)).collect();
    for timeline in timelines {
        let mut before = 0;
        for change in timeline {
            // What was drawn before counts from the first day asked about.
            *changes.entry(change.day.max(from)).or_default() += change.cents - before;
            before = change.cents;
        }
    }
    let mut drawn = 0;
    changes.into_iter().map(move |(day, change)| {
        drawn += change;
        (day, drawn)
    })
}

/// The row that raises what is drawn on a day, if it is not the one being judged; the last, if several.
pub(super) fn raised_by<'a>(
    timelines: impl Iterator<Item = &'a Timeline>,
    day: Day,
) -> Option<usize> {
    let mut last = None;
    for timeline in timelines {
        let mut before = 0;
        for change in timeline {
            if change.day == day && change.cents > before {
                last = last.max(Some(change.by?));
            }
            before = change.cents;
        }
    }
    last
}
