//! Splitting an amount among partners to the cent.
//!
//! Largest remainder in cents over Bund and Länder (Hare–Niemeyer), ties by larger exact share, then
//! by code (`contract/answers.md`, Money).

use std::collections::BTreeMap;

use crate::{Refusal, cell::Code as _, partner::Partner};

/// Units of a cost key: 10⁻⁵ percent, so that 100 percent are 10,000,000.
pub const WHOLE: u32 = 10_000_000;

/// A cost share as percent: the Bund's part, the rest by key among the Länder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostShare {
    /// Percent borne by the Bund, 0 to 100.
    pub bund_percent: u32,
}

impl CostShare {
    /// Reads `25/75`.
    ///
    /// # Errors
    /// `bad_cost_share` if it is no pair of whole percents that sums to 100.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        text.split_once('/')
            .and_then(|(bund, rest)| Some((bund.trim().parse::<u32>().ok()?, rest.trim().parse::<u32>().ok()?)))
            .filter(|(bund, rest)| *bund <= 100 && *rest <= 100 && bund + rest == 100)
            .map(|(bund_percent, _)| Self { bund_percent })
            .ok_or_else(|| {
                Refusal::new(
                    "bad_cost_share",
                    "cost_share",
                    "Die Kostenteilung nennt Bund und Länder in Prozent und ergibt 100, z. B. 25/75",
                    "The cost share states Bund and Länder in percent and sums to 100, as in 25/75",
                )
            })
    }
}

/// Each partner's part of an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The partner.
    pub partner: Partner,
    /// Its exact part in units of 10⁻⁷ percent.
    pub units: u64,
    /// Its part in cents.
    pub cents: i64,
}

/// Splits cents among the Bund and the Länder of a key (units of 10⁻⁵ percent, sum 10,000,000).
///
/// Every split sums to the amount, and no part is off its exact share by a cent or more.
///
/// # Errors
/// `key_sum` if the Länder of the key do not sum to exactly 100.
pub fn split(
    cents: i64,
    share: CostShare,
    key: &BTreeMap<Partner, u32>,
) -> Result<Vec<Share>, Refusal> {
    let laender = key.iter().filter(|(partner, _)| **partner != Partner::Bund);
    let sum: u64 = laender.map(|(_, units)| u64::from(*units)).sum();
    if sum != u64::from(WHOLE) {
        return Err(key_sum(sum));
    }
    // Exact parts in units of 10⁻⁷ percent: 1,000,000,000 are the whole.
    let bund = u64::from(share.bund_percent.min(100));
    let laender = 100 - bund;
    let units = |partner: Partner| match partner {
        Partner::Bund => bund * u64::from(WHOLE),
        land => laender * u64::from(key.get(&land).copied().unwrap_or_default()),
    };
    let whole = i128::from(WHOLE) * 100;
    let mut shares: Vec<(Share, i128)> = Partner::ALL
        .iter()
        .map(|partner| {
            let units = units(*partner);
            let exact = i128::from(cents) * i128::from(units);
            let floor = exact.div_euclid(whole);
            let cents = i64::try_from(floor).unwrap_or_default();
            (
                Share {
                    partner: *partner,
                    units,
                    cents,
                },
                exact.rem_euclid(whole),
            )
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

fn key_sum(sum: u64) -> Refusal {
    let percent = format!("{}.{:05}", sum / 100_000, sum % 100_000);
    Refusal::new(
        "key_sum",
        "percent",
        format!("Der Schlüssel ergibt {percent} statt 100.00000 Prozent"),
        format!("The key sums to {percent} instead of 100.00000 percent"),
    )
}

/// Reads a percentage with at most five decimals into units of 10⁻⁵ percent.
#[must_use]
pub fn key_units(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 3
        || fraction.len() > 5
        || !digits(whole)
        || !digits(fraction)
    {
        return None;
    }
    let units: u32 = format!("{whole}{fraction:0<5}").parse().ok()?;
    (units <= WHOLE).then_some(units)
}
