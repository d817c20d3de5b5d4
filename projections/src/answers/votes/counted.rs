//! Who counts as having taken part.

use std::collections::BTreeMap;

use leitstand_domain::{
    Code as _,
    partner::Partner,
    tables::{Channel, Vote},
};

use super::super::{four_eyes::Seen, programme::Programme};
use crate::facts::{Fact, PaperFact, SittingFact, VoteFact};

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

/// The votes on a paper that name another sitting.
pub(super) fn of_another<'s, 'a>(
    said: &'s [Fact<'a, VoteFact>],
    paper: &PaperFact,
) -> impl Iterator<Item = &'s Fact<'a, VoteFact>> {
    let sitting = paper.sitting;
    said.iter().filter(move |it| it.row().sitting != sitting)
}

/// Every vote that names another sitting than its paper's: `V-1/HH: S-46 ≠ S-45`.
pub(in crate::answers) fn elsewhere(programme: &Programme<'_>) -> Vec<Seen> {
    let (facts, view) = (programme.facts, programme.view);
    let text = |name| programme.text(name);
    let mut seen = Vec::new();
    for id in facts.papers.holders() {
        let Some(paper) = facts.papers.latest(id, view) else {
            continue;
        };
        let paper = paper.row();
        let said: Vec<_> = facts.votes.of(id, view).collect();
        seen.extend(of_another(&said, paper).map(|it| {
            let row = it.row();
            let [named, own] = [row.sitting, paper.sitting].map(text);
            Seen {
                what: format!("{}/{}: {named} ≠ {own}", text(id), row.partner),
                positions: it.positions(view).collect(),
            }
        }));
    }
    seen
}
