//! What a pot states beside its amount: authorities for later years, and how its money is planned to go out.

use std::collections::BTreeMap;

use leitstand_domain::Count;
use serde_json::Value;

use super::programme::Programme;
use crate::{
    Name,
    answer::Evidence,
    facts::{AuthorityFact, Fact, OutflowFact, cents},
    present,
};

/// Σ of the authorities that hold, one per later year; a pot without any says so.
pub(super) fn authority(programme: &Programme<'_>, pot: Name, evidence: &mut Evidence) -> Value {
    let years = authorities(programme, pot);
    if years.is_empty() {
        return present::undefined("no commitment authority is stated");
    }
    for it in years.values() {
        evidence.add("commitment_authorities", it.positions(programme.view));
    }
    present::amount(years.values().map(|it| cents(it.row().amount)).sum())
}

/// The authorities of a pot that hold, by later year.
pub(super) fn authorities<'a>(
    programme: &Programme<'a>,
    pot: Name,
) -> BTreeMap<Count, Fact<'a, AuthorityFact>> {
    let mut years: BTreeMap<Count, Fact<'a, AuthorityFact>> = BTreeMap::new();
    for fact in programme.facts.authorities.of(pot, programme.view) {
        let latest = years.entry(fact.row().for_year).or_insert(fact);
        if latest.order() < fact.order() {
            *latest = fact;
        }
    }
    years
}

/// What is planned to have left the pot by the reporting date; a pot without a plan says so.
pub(super) fn outflow(programme: &Programme<'_>, pot: Name, evidence: &mut Evidence) -> Value {
    planned(programme, pot, evidence).map_or_else(
        || present::undefined("no outflow is planned"),
        present::amount,
    )
}

/// The same in cents, by the plan made last; a baseline holds as a whole. `None` without a plan.
pub(super) fn planned(
    programme: &Programme<'_>,
    pot: Name,
    evidence: &mut Evidence,
) -> Option<i128> {
    let view = programme.view;
    let all: Vec<Fact<'_, OutflowFact>> = programme.facts.outflows.of(pot, view).collect();
    let baseline = all.iter().map(|it| it.row().baselined_on).max()?;
    let holding = all
        .iter()
        .filter(|it| it.row().baselined_on == baseline)
        .inspect(|it| evidence.add("outflow_plans", it.positions(view)));
    let by_now: Vec<_> = holding
        .filter(|it| it.row().period_end <= view.as_of)
        .collect();
    let last = by_now.iter().max_by_key(|it| it.row().period_end);
    Some(last.map_or(0, |it| cents(it.row().planned)))
}
