//! Who counts as having taken part.

use std::collections::BTreeMap;

use leitstand_domain::{
    Code as _,
    partner::Partner,
    tables::{Channel, Vote},
};

use crate::facts::{Fact, SittingFact, VoteFact};

/// The votes on a paper, by partner. In a written procedure (Umlaufverfahren) everybody takes part, and silence is an
/// abstention (dossier, section 4); in a sitting those are present of whom a vote is recorded.
pub(super) fn counted(
    said: &[Fact<'_, VoteFact>],
    sitting: Option<Fact<'_, SittingFact>>,
) -> BTreeMap<Partner, Vote> {
    let is_written = sitting.is_some_and(|it| it.row().channel == Some(Channel::Written));
    let silent = Partner::ALL
        .iter()
        .filter(|_| is_written && !said.is_empty());
    let silent = silent.map(|it| (*it, Vote::Abstain));
    let votes = said.iter().map(|it| (it.row().partner, it.row().vote));
    silent.chain(votes).collect()
}
