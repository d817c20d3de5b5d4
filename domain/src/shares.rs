//! Splitting an amount among partners to the cent.
//!
//! Largest remainder in cents over Bund and Länder (Hare–Niemeyer), ties by larger exact share, then
//! by code (`contract/answers.md`, Money).

use std::collections::BTreeMap;

use crate::{
    Percent, Refusal,
    cell::Code as _,
    partner::{Group, Partner},
};

/// A cost key: each Land's part in units of 10⁻⁵ percent. One that is applied sums to 100 percent.
pub type CostKey = BTreeMap<Partner, u32>;

/// An exact share of the whole: a part of a scheme times a part of a key, 10⁻¹⁰ percent each.
pub const EXACT: u64 = Percent::WHOLE as u64 * Percent::WHOLE as u64;

/// Who bears which part of an amount: the Bund, all Länder by the cost key, or single partners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostShare {
    /// In units of 10⁻⁵ percent; they sum to 100 percent.
    parts: BTreeMap<Group, u32>,
}

impl CostShare {
    /// A scheme of these parts.
    ///
    /// # Errors
    /// `scheme_sum` if they do not sum to exactly 100 percent.
    pub fn of(parts: impl IntoIterator<Item = (Group, Percent)>) -> Result<Self, Refusal> {
        let mut sum = 0;
        let mut all = BTreeMap::new();
        for (group, percent) in parts {
            sum += u64::from(percent.units());
            let part: &mut u32 = all.entry(group).or_default();
            *part = part.saturating_add(percent.units());
        }
        if sum == u64::from(Percent::WHOLE) {
            return Ok(Self { parts: all });
        }
        let percent = Percent::text(sum);
        Err(Refusal::new(
            "scheme_sum",
            "percent",
            format!("Die Kostenteilung ergibt {percent} statt 100.00000 Prozent"),
            format!("The scheme sums to {percent} instead of 100.00000 percent"),
        ))
    }

    /// Reads `25/75`: the Bund's percent, and that of the Länder by the cost key.
    ///
    /// # Errors
    /// `bad_cost_share` if it is no pair of whole percents that sums to 100.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let percents = text
            .split_once('/')
            .and_then(|(bund, rest)| {
                Some((
                    bund.trim().parse::<u32>().ok()?,
                    rest.trim().parse::<u32>().ok()?,
                ))
            })
            .filter(|(bund, rest)| *bund <= 100 && *rest <= 100 && bund + rest == 100);
        let Some((bund, laender)) = percents else {
            return Err(Refusal::new(
                "bad_cost_share",
                "cost_share",
                "Die Kostenteilung nennt Bund und Länder in Prozent und ergibt 100, z. B. 25/75, oder ist die Kennung einer erfassten",
                "The cost share states Bund and Länder in percent and sums to 100, as in 25/75, or is the id of a recorded scheme",
            ));
        };
        let units = |percent: u32| percent * (Percent::WHOLE / 100);
        Ok(Self {
            parts: BTreeMap::from([
                (Group::One(Partner::Bund), units(bund)),
                (Group::Laender, units(laender)),
            ]),
        })
    }

    fn part(&self, group: Group) -> u64 {
        self.parts.get(&group).copied().unwrap_or_default().into()
    }

    /// A partner's exact share in units of [`EXACT`]: what it bears alone, and as one of the Länder.
    fn exact(&self, partner: Partner, key: &CostKey) -> u64 {
        let alone = self.part(Group::One(partner)) * u64::from(Percent::WHOLE);
        let in_key = match partner {
            Partner::Bund => 0,
            land => key.get(&land).copied().unwrap_or_default(),
        };
        alone + self.part(Group::Laender) * u64::from(in_key)
    }
}

/// Each partner's part of an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The partner.
    pub partner: Partner,
    /// Its exact part, of [`EXACT`].
    pub units: u64,
    /// Its part in cents.
    pub cents: i64,
}

/// Splits cents among the Bund and the Länder of a key.
///
/// Every split sums to the amount, and no part is off its exact share by a cent or more.
///
/// # Errors
/// `key_sum` if the scheme shares by the key and its Länder do not sum to exactly 100.
pub fn split(cents: i64, share: &CostShare, key: &CostKey) -> Result<Vec<Share>, Refusal> {
    if share.part(Group::Laender) > 0 {
        is_whole(key)?;
    }
    let whole = i128::from(EXACT);
    let mut shares: Vec<(Share, i128)> = Partner::ALL
        .iter()
        .map(|partner| {
            let units = share.exact(*partner, key);
            let exact = i128::from(cents) * i128::from(units);
            let floor = exact.div_euclid(whole);
            let share = Share {
                partner: *partner,
                units,
                // A part is never more than the whole amount.
                cents: i64::try_from(floor).unwrap_or_default(),
            };
            (share, exact.rem_euclid(whole))
        })
        .collect();
    let given: i128 = shares.iter().map(|(it, _)| i128::from(it.cents)).sum();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| {
        let (left, right) = (&shares[*a], &shares[*b]);
        right
            .1
            .cmp(&left.1)
            .then(right.0.units.cmp(&left.0.units))
            .then(left.0.partner.word().cmp(right.0.partner.word()))
    });
    let rest = usize::try_from(i128::from(cents) - given).unwrap_or_default();
    for at in order.into_iter().take(rest) {
        shares[at].0.cents += 1;
    }
    Ok(shares.into_iter().map(|(it, _)| it).collect())
}

/// Refuses a key whose Länder do not sum to exactly 100 percent.
///
/// # Errors
/// `key_sum`.
pub fn is_whole(key: &CostKey) -> Result<(), Refusal> {
    let laender = key.iter().filter(|(partner, _)| **partner != Partner::Bund);
    let sum: u64 = laender.map(|(_, units)| u64::from(*units)).sum();
    if sum == u64::from(Percent::WHOLE) {
        return Ok(());
    }
    let percent = Percent::text(sum);
    Err(Refusal::new(
        "key_sum",
        "percent",
        format!("Der Schlüssel ergibt {percent} statt 100.00000 Prozent"),
        format!("The key sums to {percent} instead of 100.00000 percent"),
    ))
}
