//! Cost keys and schemes as they hold: the built-in keys, and what was handed in.
//!
//! The year of a key and the day of its application are two things. A key or scheme is applied on the day the
//! money belongs to; what begins later changes no split of before.

use std::collections::BTreeMap;

use leitstand_domain::{
    Code as _, Day, Refusal,
    partner::Partner,
    shares::{CostKey, CostShare, is_whole},
};

use crate::{Facts, View};

/// The cost key of a year, as it is applied on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The year of the key.
    pub year: u32,
    /// From when it is applied.
    pub valid_from: Day,
    /// Whether its numbers were checked against the published table: for a key handed in, whether every
    /// row names the publication (`file_ref`).
    pub verified: bool,
    /// Each Land's part; they sum to 100 percent.
    pub shares: CostKey,
    /// The events it rests on.
    pub positions: Vec<u64>,
}

/// The key of a year that holds on a day, seen from a view: the one that began last.
#[must_use]
pub fn key_of(facts: &Facts, view: &View, year: u32, on: Day) -> Option<Key> {
    keys(facts, view, on)
        .into_iter()
        .filter(|it| it.year == year)
        .max_by_key(|it| it.valid_from)
}

/// The key in force on a day: of the greatest key year not after that day's.
#[must_use]
pub fn key_in_force(facts: &Facts, view: &View, on: Day) -> Option<Key> {
    keys(facts, view, on)
        .into_iter()
        .filter(|it| i64::from(it.year) <= i64::from(on.year()))
        .max_by_key(|it| (it.year, it.valid_from))
}

/// Every key that began by a day, whole.
fn keys(facts: &Facts, view: &View, on: Day) -> Vec<Key> {
    let view = View {
        as_of: view.as_of.min(on),
        ..*view
    };
    let built_in = facts
        .keys
        .iter()
        .filter(|it| it.valid_from <= view.as_of && view.sees(it.known, it.position));
    let built_in = built_in.map(|it| Key {
        year: it.key_year,
        valid_from: it.valid_from,
        verified: it.verified,
        shares: it.shares.clone(),
        positions: vec![it.position],
    });
    let mut handed_in: BTreeMap<(u32, Day), Key> = BTreeMap::new();
    for partner in Partner::laender() {
        let Some(land) = facts.names.find(partner.word()) else {
            continue;
        };
        for part in facts.key_parts.of(land, &view) {
            let (year, from) = (part.row().key_year.get(), part.row().valid_from);
            let key = handed_in.entry((year, from)).or_insert_with(|| Key {
                year,
                valid_from: from,
                verified: true,
                shares: CostKey::new(),
                positions: Vec::new(),
            });
            key.shares.insert(*partner, part.row().percent.units());
            for position in part.positions(&view) {
                let logged = facts.logged(position);
                key.verified &= logged.is_some_and(|it| it.file_ref.is_some());
                key.positions.push(position);
            }
        }
    }
    // What is recorded, or known, in part only does not hold.
    let handed_in = handed_in.into_values();
    built_in
        .chain(handed_in.filter(|it| is_whole(&it.shares).is_ok()))
        .collect()
}

/// A cost-sharing scheme, and the events it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// Who bears which part.
    pub share: CostShare,
    /// The events; none for a plain `25/75`.
    pub positions: Vec<u64>,
}

/// The scheme of an id that holds on a day: the recorded one that began last, else what `25/75` says by itself.
///
/// # Errors
/// The sentence that says that there is none.
pub fn scheme_of(facts: &Facts, view: &View, id: &str, on: Day) -> Result<Scheme, Refusal> {
    let view = View {
        as_of: view.as_of.min(on),
        ..*view
    };
    let mut states: BTreeMap<Day, (Vec<_>, Vec<u64>)> = BTreeMap::new();
    let parts = facts.names.find(id).into_iter();
    for part in parts.flat_map(|it| facts.scheme_parts.of(it, &view)) {
        let row = part.row();
        let (parts, positions) = states.entry(row.valid_from).or_default();
        parts.push((row.partner_group, row.percent));
        positions.extend(part.positions(&view));
    }
    let whole = states.into_values().rev().find_map(|(parts, positions)| {
        let share = CostShare::of(parts).ok()?;
        Some(Scheme { share, positions })
    });
    if let Some(scheme) = whole {
        return Ok(scheme);
    }
    let share = CostShare::parse(id)?;
    Ok(Scheme {
        share,
        positions: Vec::new(),
    })
}

/// The last day of a year, on which the money of that fiscal year is shared.
#[must_use]
pub fn end_of_year(year: u32) -> Option<Day> {
    let year = i16::try_from(year).ok()?;
    Day::of(jiff::civil::Date::new(year, 12, 31).ok()?)
}
