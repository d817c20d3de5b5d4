//! Whether a paper is adopted: the Bund says yes, at least eleven Länder do, and these hold at least two
//! thirds of the cost key (dossier, section 4). All three hold at once.
//!
//! An abstention is no yes, and silence is an abstention; eleven and two thirds are absolute, they do not
//! shrink with the votes that are missing. The heads of division decide by the same rule.

use std::collections::BTreeMap;

use crate::{
    Code as _, Percent, Refusal,
    cell::codes,
    partner::Partner,
    shares::{CostKey, is_whole},
    tables::Vote,
};

/// So many Länder must say yes.
const LAENDER: usize = 11;

codes! {
    /// What an adoption lacks.
    pub enum Lacking {
        /// The Bund's yes.
        Bund = "bund",
        /// Eleven Länder.
        Laender = "laender",
        /// Two thirds of the key.
        KeyShare = "key_share",
    }
}

/// What the votes on a paper come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What the Bund said; silence is an abstention.
    pub bund: Vote,
    /// How many Länder said yes.
    pub laender_yes: usize,
    /// What these hold of the key, in units of 10⁻⁵ percent.
    pub key_share_yes: u32,
    /// What is lacking.
    pub missing: Vec<Lacking>,
    /// Whether all seventeen said yes.
    pub unanimous: bool,
}

impl Tally {
    /// Counts the votes.
    ///
    /// # Errors
    /// `key_sum` if the key does not sum to exactly 100.
    pub fn of(votes: &BTreeMap<Partner, Vote>, key: &CostKey) -> Result<Self, Refusal> {
        is_whole(key)?;
        let said = |partner: &Partner| votes.get(partner).copied().unwrap_or(Vote::Abstain);
        let bund = said(&Partner::Bund);
        let yes = || {
            let laender = Partner::laender().iter();
            laender.filter(|it| said(it) == Vote::Yes)
        };
        let laender_yes = yes().count();
        let held = yes().map(|it| key.get(it).copied().unwrap_or_default());
        let key_share_yes: u32 = held.sum();
        let lacks = |what: &Lacking| match what {
            Lacking::Bund => bund != Vote::Yes,
            Lacking::Laender => laender_yes < LAENDER,
            Lacking::KeyShare => u64::from(key_share_yes) * 3 < u64::from(Percent::WHOLE) * 2,
        };
        Ok(Self {
            bund,
            laender_yes,
            key_share_yes,
            missing: Lacking::ALL.iter().copied().filter(lacks).collect(),
            unanimous: bund == Vote::Yes && laender_yes == Partner::laender().len(),
        })
    }

    /// Whether nothing is lacking.
    #[must_use]
    pub fn adopted(&self) -> bool {
        self.missing.is_empty()
    }
}
