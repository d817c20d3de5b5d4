//! Rows that hold as a whole only: the parts of a cost key or of a cost-sharing scheme.
//!
//! A part is refused unless it sums to exactly 100 percent with the parts recorded and those handed in
//! with it. For the same reason no part is corrected alone: a new whole begins on a later day.

use std::collections::BTreeMap;

use super::{Companion, Ledger};
use crate::{Day, Percent, Refusal, Row, partner::Group};

/// What the parts of a whole have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whole {
    /// The key of a year from a day on.
    Key(u32, Day),
    /// A scheme from a day on.
    Scheme(crate::Id, Day),
}

impl Row {
    /// The whole this row is a part of, where it is one.
    #[must_use]
    pub fn whole(&self) -> Option<Whole> {
        self.part().map(|(whole, ..)| whole)
    }

    fn part(&self) -> Option<(Whole, Group, Percent)> {
        match self {
            Self::KeyPartSet(it) => {
                let whole = Whole::Key(it.key_year.get(), it.valid_from);
                Some((whole, Group::One(it.partner), it.percent))
            }
            Self::SchemePartSet(it) => {
                let whole = Whole::Scheme(it.id.clone(), it.valid_from);
                Some((whole, it.partner_group, it.percent))
            }
            _ => None,
        }
    }
}

/// Whether a new part makes a whole with those recorded and those that come with it.
pub(super) fn may_be(ledger: &Ledger, row: &Row, with: &[Companion]) -> Result<(), Refusal> {
    let Some((whole, group, percent)) = row.part() else {
        return Ok(());
    };
    if let Whole::Key(year, day) = whole
        && ledger.built_in_keys.contains(&(year, day))
    {
        return Err(built_in(year, day));
    }
    let mut parts = recorded(ledger, &whole);
    parts.insert(group, percent);
    for companion in with.iter().filter(|it| may_come(ledger, it)) {
        if let Some((its, group, percent)) = companion.row.part()
            && its == whole
            && *parts.entry(group).or_insert(percent) != percent
        {
            return Err(stated_twice(group));
        }
    }
    let sum: u64 = parts.values().map(|it| u64::from(it.units())).sum();
    if sum == u64::from(Percent::WHOLE) {
        return Ok(());
    }
    Err(not_whole(&whole, sum))
}

/// A part is never corrected, for then the others no longer make a whole with it.
pub(super) fn stays(ledger: &Ledger, replaces: Option<usize>) -> Result<(), Refusal> {
    let corrected = replaces.and_then(|at| ledger.roots().get(at));
    if corrected.is_none_or(|it| it.newest().row.part().is_none()) {
        return Ok(());
    }
    Err(Refusal::new(
        "holds_as_whole",
        "table",
        "Ein Schlüssel oder eine Kostenteilung gilt nur als Ganzes; bitte alle Teile zusammen mit einem späteren „valid_from“ neu vorlegen",
        "A cost key or a scheme holds as a whole only; hand in all its parts together with a later `valid_from`",
    ))
}

fn recorded(ledger: &Ledger, whole: &Whole) -> BTreeMap<Group, Percent> {
    let rows = ledger.roots().iter().map(|it| &it.newest().row);
    rows.filter_map(Row::part)
        .filter(|(its, ..)| its == whole)
        .map(|(_, group, percent)| (group, percent))
        .collect()
}

/// Whether a companion would be recorded by itself: it is no part if it breaks a rule of its own, or has
/// the key of another row.
fn may_come(ledger: &Ledger, it: &Companion) -> bool {
    let table = it.row.table().order;
    let own = it.row.identity();
    let key = it.key.as_deref().unwrap_or(&own);
    let mut same = ledger.identified(table, key);
    it.row.check().is_ok() && same.all(|root| root.newest().row.identity() == own)
}

fn stated_twice(group: Group) -> Refusal {
    Refusal::new(
        "use_correction",
        "percent",
        format!("„{group}“ steht in diesem Ganzen zweimal, mit verschiedenen Anteilen"),
        format!("`{group}` stands in this whole twice, with different parts"),
    )
}

fn built_in(year: u32, day: Day) -> Refusal {
    Refusal::new(
        "use_correction",
        "valid_from",
        format!(
            "Der Schlüssel {year} ist ab {day} eingebaut; ein neuer Stand braucht ein späteres „valid_from“"
        ),
        format!("The key of {year} is built in from {day}; a new state needs a later `valid_from`"),
    )
}

fn not_whole(whole: &Whole, sum: u64) -> Refusal {
    let sum = Percent::text(sum);
    match whole {
        Whole::Key(year, day) => Refusal::new(
            "key_sum",
            "percent",
            format!(
                "Der Schlüssel {year} ab {day} ergibt {sum} statt 100.00000 Prozent; bitte alle Länder zusammen vorlegen"
            ),
            format!(
                "The key of {year} from {day} sums to {sum} instead of 100.00000 percent; hand in all Länder together"
            ),
        ),
        Whole::Scheme(id, day) => Refusal::new(
            "scheme_sum",
            "percent",
            format!(
                "Die Kostenteilung „{id}“ ab {day} ergibt {sum} statt 100.00000 Prozent; bitte alle Teile zusammen vorlegen"
            ),
            format!(
                "The scheme `{id}` from {day} sums to {sum} instead of 100.00000 percent; hand in all its parts together"
            ),
        ),
    }
}
