//! What is credited to the partners of what is left of a year.

use std::collections::{BTreeMap, BTreeSet};

use leitstand_domain::{cell::Code as _, partner::Partner, tables::ContributionKind};
use serde_json::{Map, Value, json};

use super::{programme::Programme, shares};
use crate::{
    Name,
    answer::Evidence,
    facts::{Fact, PotFact, cents},
    present,
};

/// Cents by partner.
pub(super) type Parts = BTreeMap<Partner, i128>;

/// A pot's money as crediting needs it, in cents.
pub(super) struct Money<'a> {
    pub fact: Fact<'a, PotFact>,
    /// The pot's amount as resolved.
    pub budget: i128,
    /// What is to be credited, by the pot it came from.
    pub by_origin: BTreeMap<Name, i128>,
}

/// Money of one pot that is credited.
pub(super) struct OfOrigin {
    pub pot: Name,
    pub parts: Parts,
    /// What of each part is credited.
    pub taken: Parts,
    /// Whether the numbers of the pot's key were checked.
    pub key_verified: bool,
}

/// What is credited of a pot.
pub(super) struct Credited {
    /// By partner, or why it cannot be told.
    parts: Result<Parts, String>,
    /// Whether the numbers of every key applied were checked against the published table.
    pub key_verified: bool,
    pub evidence: Evidence,
    /// By the pot the money came from: what of it was granted beyond what was there, in cents. No partner is charged
    /// with it, so what is credited is more than what is left by so much.
    pub uncovered: Vec<(Name, i128)>,
    /// By the pot the money came from.
    pub of_pots: Vec<OfOrigin>,
}

impl Credited {
    /// Everything granted beyond what was there, in cents.
    pub(super) fn uncovered(&self) -> i128 {
        self.uncovered.iter().map(|it| it.1).sum()
    }

    /// `{"BUND": "…", …}`.
    pub(super) fn to_json(&self) -> Value {
        match &self.parts {
            Ok(parts) => told(parts),
            Err(reason) => present::undefined(reason),
        }
    }

    /// `false` where a key was applied whose numbers nobody checked; null where nothing could be split.
    pub(super) fn verified_json(&self) -> Value {
        json!(self.parts.is_ok().then_some(self.key_verified))
    }
}

/// What is credited, by pot.
pub(super) fn of(programme: &Programme<'_>, money: &[Money<'_>]) -> BTreeMap<Name, Credited> {
    let mut pots: Vec<&Money<'_>> = money.iter().collect();
    pots.sort_by_key(|it| programme.text(it.fact.row().id));
    let mut left = Left::new(programme, &pots);
    let credited = |it: &Money<'_>| {
        let mut credited = Credited {
            parts: Ok(Partner::ALL.iter().map(|it| (*it, 0)).collect()),
            key_verified: true,
            evidence: Evidence::default(),
            uncovered: Vec::new(),
            of_pots: Vec::new(),
        };
        // In the order of the pots' ids: the first takes what is left of a year.
        for pot in &pots {
            let Some(cents) = it.by_origin.get(&pot.fact.row().id) else {
                continue;
            };
            if *cents < 0 {
                credited.uncovered.push((pot.fact.row().id, -cents));
            }
            let parts = split(programme, pot, *cents, &mut credited.evidence);
            let parts = parts.and_then(|(parts, verified)| {
                credited.key_verified &= verified;
                let taken = left.take(year(pot), parts.clone())?;
                credited.of_pots.push(OfOrigin {
                    pot: pot.fact.row().id,
                    parts,
                    taken: taken.clone(),
                    key_verified: verified,
                });
                Ok(taken)
            });
            credited.parts = credited.parts.and_then(|sum| Ok(plus(sum, &parts?, 1)));
            let positions = left.positions.get(&year(pot));
            let positions = positions.into_iter().flatten().copied();
            credited.evidence.add("contributions", positions);
        }
        (it.fact.row().id, credited)
    };
    pots.iter().copied().map(credited).collect()
}

/// What was called of a year and is neither used nor credited yet.
struct Left {
    by_year: BTreeMap<u32, Result<Parts, String>>,
    /// The calls it rests on.
    positions: BTreeMap<u32, Vec<u64>>,
}

impl Left {
    fn new(programme: &Programme<'_>, pots: &[&Money<'_>]) -> Self {
        let mut it = Self {
            by_year: BTreeMap::new(),
            positions: BTreeMap::new(),
        };
        let calls = programme.facts.contributions.all(programme.view);
        for call in calls.filter(|it| it.row().kind == ContributionKind::Called) {
            let year = call.row().fiscal_year.get();
            let called = it.by_year.entry(year).or_insert_with(|| Ok(Parts::new()));
            if let Ok(called) = called {
                *called.entry(call.row().partner).or_default() += cents(call.row().amount);
            }
            let positions = it.positions.entry(year).or_default();
            positions.extend(call.positions(programme.view));
        }
        let mut evidence = Evidence::default();
        for (year_of, left) in &mut it.by_year {
            for pot in pots.iter().filter(|it| year(it) == *year_of) {
                let id = pot.fact.row().id;
                let origins = pots.iter().filter_map(|it| it.by_origin.get(&id));
                let parts = split(programme, pot, pot.budget, &mut evidence);
                let mut used = parts.map(|it| plus(Parts::new(), &it.0, 1));
                for cents in origins {
                    let parts = split(programme, pot, *cents, &mut evidence);
                    used = used.and_then(|sum| Ok(plus(sum, &parts?.0, -1)));
                }
                let before = std::mem::replace(left, Ok(Parts::new()));
                *left = before.and_then(|called| Ok(plus(called, &used?, -1)));
            }
        }
        it
    }

    /// As much of each part as is left of its year.
    fn take(&mut self, year: u32, mut parts: Parts) -> Result<Parts, String> {
        let Some(left) = self.by_year.get_mut(&year) else {
            return Ok(parts); // nothing is known of what was called
        };
        let left = left.as_mut().map_err(|it| it.clone())?;
        for (partner, cents) in &mut parts {
            let left = left.entry(*partner).or_default();
            *cents = (*cents).min(*left).max(0);
            *left -= *cents;
        }
        Ok(parts)
    }
}

fn year(pot: &Money<'_>) -> u32 {
    pot.fact.row().fiscal_year.get()
}

/// An amount by the pot's own cost share and key, and whether the key's numbers were checked; nothing is credited
/// of less than nothing.
fn split(
    programme: &Programme<'_>,
    pot: &Money<'_>,
    cents: i128,
    evidence: &mut Evidence,
) -> Result<(Parts, bool), String> {
    let cents = i64::try_from(cents.max(0)).map_err(|_| "the amount is too large".to_owned())?;
    let (parts, verified) = shares::of_pot(programme, pot.fact.row(), cents, evidence)?;
    let parts = parts.into_iter();
    let parts = parts.map(|it| (it.partner, i128::from(it.cents)));
    Ok((parts.collect(), verified))
}

fn plus(mut sum: Parts, parts: &Parts, times: i128) -> Parts {
    for (partner, cents) in parts {
        *sum.entry(*partner).or_default() += times * cents;
    }
    sum
}

fn told(parts: &Parts) -> Value {
    let parts = parts
        .iter()
        .map(|(partner, cents)| (partner.word().to_owned(), present::amount(*cents)));
    Value::Object(parts.collect())
}

/// Everything credited, by partner.
pub(super) fn summed<'a>(credited: impl Iterator<Item = &'a Credited>) -> Value {
    let mut sum = Parts::new();
    for it in credited {
        match &it.parts {
            Ok(parts) => sum = plus(sum, parts, 1),
            Err(reason) => return present::undefined(reason),
        }
    }
    told(&sum)
}

/// Whether every key applied was checked; null where something could not be split.
pub(super) fn all_verified<'a>(mut credited: impl Iterator<Item = &'a Credited>) -> Value {
    let verified = credited.try_fold(true, |all, it| {
        it.parts.is_ok().then_some(all && it.key_verified)
    });
    json!(verified)
}

/// What was called and paid for some years, by partner.
pub(super) fn contributions(programme: &Programme<'_>, years: &BTreeSet<u32>) -> Value {
    let mut sums: BTreeMap<Partner, [i128; 2]> = BTreeMap::new();
    let all = programme.facts.contributions.all(programme.view);
    for it in all.filter(|it| years.contains(&it.row().fiscal_year.get())) {
        let row = it.row();
        let [called, paid] = sums.entry(row.partner).or_default();
        match row.kind {
            ContributionKind::Called => *called += cents(row.amount),
            ContributionKind::Paid => *paid += cents(row.amount),
        }
    }
    let told = sums.into_iter().map(|(partner, [called, paid])| {
        let sums = json!({ "called": present::amount(called), "paid": present::amount(paid) });
        (partner.word().to_owned(), sums)
    });
    Value::Object(told.collect::<Map<String, Value>>())
}
