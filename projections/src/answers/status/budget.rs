//! The budget's computed colour: what a measure is expected to cost, against what was granted for it; and what has
//! flowed out, where that is planned.

use std::collections::HashMap;

use leitstand_domain::{cell::decimal, tables::BookingKind};
use rust_decimal::Decimal;

use super::{
    super::{money::Request, plans::Plan, programme::Programme},
    computed::{Computed, against},
    outflow,
};
use crate::{
    Name,
    answer::{
        Evidence,
        ground::{Terms, input},
    },
    facts::{Fact, ProgressFact, cents},
    present,
};

/// The requests for each measure that has a progress, by subject; of others those whose pot plans its outflow.
pub(super) struct Grants {
    by_subject: HashMap<Name, Vec<Name>>,
}

impl Grants {
    pub(super) fn new(programme: &Programme<'_>) -> Self {
        let (facts, view) = (programme.facts, programme.view);
        let mut by_subject: HashMap<Name, Vec<Name>> = facts
            .progress
            .holders()
            .into_iter()
            .map(|it| (it, Vec::new()))
            .collect();
        let is_planned = !facts.outflows.holders().is_empty();
        // Without any progress or planned outflow no request is looked at.
        let requests = if by_subject.is_empty() && !is_planned {
            Vec::new()
        } else {
            facts.requests.holders()
        };
        for id in requests {
            let Some(request) = facts.requests.latest(id, view).map(|it| it.row()) else {
                continue;
            };
            if facts.outflows.has(request.pot) {
                by_subject.entry(request.subject).or_default().push(id);
            } else if let Some(of) = by_subject.get_mut(&request.subject) {
                of.push(id);
            }
        }
        Self { by_subject }
    }

    /// The worse of what is expected and of what has flowed out.
    pub(super) fn budget(&self, programme: &Programme<'_>, measure: Name) -> Computed {
        let ids = self.by_subject.get(&measure).into_iter().flatten();
        let requests: Vec<Request<'_>> =
            ids.filter_map(|it| Request::new(programme, *it)).collect();
        let mut over = Self::over(programme, measure, &requests);
        let Some(under) = outflow::under(programme, &requests) else {
            return over;
        };
        over.evidence.extend(&under.evidence);
        over.inputs.extend(under.inputs);
        over.thresholds.extend(under.thresholds);
        let reasons = over.colour.map(|_| over.reason).into_iter();
        Computed {
            colour: over.colour.max(under.colour),
            reason: reasons.chain([under.reason]).collect::<Vec<_>>().join("; "),
            ..over
        }
    }

    /// From earned value, actual cost and grant.
    fn over(programme: &Programme<'_>, measure: Name, requests: &[Request<'_>]) -> Computed {
        let (facts, view) = (programme.facts, programme.view);
        let mut evidence = Evidence::default();
        let none = |reason: &str, evidence, inputs| Computed {
            reason: reason.to_owned(),
            evidence,
            inputs,
            ..Computed::default()
        };
        let Some(progress) = facts.progress.latest(measure, view) else {
            return none(
                "kein Fertigstellungswert und kein geplanter Mittelabfluss",
                evidence,
                Terms::new(),
            );
        };
        evidence.add("progress", progress.positions(view));
        let Some(plan) = Plan::of(facts, view, measure) else {
            let reason = "kein Plan, also keine erwarteten Gesamtkosten";
            return none(reason, evidence, Terms::new());
        };
        evidence.extend(&plan.evidence(view));
        for request in requests {
            evidence.extend(&request.evidence(view));
        }
        let granted: i128 = requests.iter().map(|it| it.fold.granted - it.freed()).sum();
        let cost = actual_cost(programme, progress, requests);
        let earned = cents(progress.row().earned_value);
        let mut inputs = vec![
            input("bac", present::amount(plan.bac())),
            input("actual_cost", present::amount(cost)),
            input("earned_value", present::amount(earned)),
            input("granted", present::amount(granted)),
        ];
        let Some(expected) = expected(plan.bac(), earned, cost) else {
            return none(
                "ohne Fertigstellungswert oder Istkosten ist der CPI nicht berechenbar",
                evidence,
                inputs,
            );
        };
        let Some(over) = percent_over(expected, granted) else {
            return none("keine Bewilligung, an der zu messen wäre", evidence, inputs);
        };
        let threshold = programme.threshold("over_percent", "budget", (5, 10));
        inputs.push(input("over_percent", over.normalize().to_string()));
        Computed {
            colour: Some(against(over, &threshold)),
            reason: format!(
                "BAC {} · Istkosten {} / Fertigstellungswert {} gegen Bewilligung {}",
                decimal(plan.bac()),
                decimal(cost),
                decimal(earned),
                decimal(granted)
            ),
            evidence,
            inputs,
            thresholds: vec![threshold],
        }
    }
}

/// The stated cost, else what was spent by the day of the progress; in cents.
fn actual_cost(
    programme: &Programme<'_>,
    progress: Fact<'_, ProgressFact>,
    requests: &[Request<'_>],
) -> i128 {
    let row = progress.row();
    row.actual_cost.map_or_else(
        || {
            let bookings = &programme.facts.bookings;
            let ids = requests.iter().map(|it| it.fact.row().id);
            ids.flat_map(|id| bookings.of(id, programme.view))
                .filter(|it| it.effective() <= row.report_date)
                .map(|it| match it.row().kind {
                    BookingKind::Expense => cents(it.row().amount),
                    BookingKind::Refund => -cents(it.row().amount),
                    BookingKind::Allocation
                    | BookingKind::Call
                    | BookingKind::Commitment
                    | BookingKind::CommitmentRelease
                    | BookingKind::CommitmentAuthority => 0,
                })
                .sum()
        },
        cents,
    )
}

/// BAC / CPI in cents; `None` where nothing is earned or spent, so that there is no CPI.
fn expected(bac: i128, earned: i128, cost: i128) -> Option<Decimal> {
    let whole = |cents: i128| Decimal::try_from_i128_with_scale(cents, 0).ok();
    if earned <= 0 || cost <= 0 {
        return None;
    }
    let cost_of_earned = whole(cost)?.checked_div(whole(earned)?)?;
    whole(bac)?.checked_mul(cost_of_earned)
}

/// By how many per cent more is expected than granted; `None` where nothing is granted.
fn percent_over(expected: Decimal, granted: i128) -> Option<Decimal> {
    let granted = Decimal::try_from_i128_with_scale(granted, 0).ok()?;
    if granted <= Decimal::ZERO {
        return None;
    }
    let percent = expected
        .checked_div(granted)?
        .checked_mul(Decimal::ONE_HUNDRED)?;
    // What was divided above is whole again: a threshold met exactly is not passed.
    Some((percent - Decimal::ONE_HUNDRED).round_dp(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_costs_are_measured_against_the_grant() {
        // BAC 300, earned 100 at a cost of 110: 330 are expected; 10 % over 300, 5 % over about 314.29.
        let of = |granted| percent_over(expected(30_000, 10_000, 11_000)?, granted);
        assert_eq!(of(30_000), Some(Decimal::from(10)));
        assert_eq!(of(33_000), Some(Decimal::ZERO));
        assert_eq!(of(0), None);
        // A third does not leave a crumb behind.
        assert_eq!(
            percent_over(expected(30_000, 9_000, 6_300).expect("a CPI"), 20_000),
            Some(Decimal::from(5))
        );
        assert_eq!(expected(30_000, 0, 11_000), None);
        assert_eq!(expected(30_000, 10_000, 0), None);
    }
}
