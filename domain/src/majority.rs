//! Whether a paper is adopted: the Bund says yes, at least eleven Länder do, and these hold at least two
//! thirds of the cost key (dossier, section 4). All three hold at once.
//!
//! An abstention is no yes, and silence is an abstention; eleven and two thirds are absolute, they do not
//! shrink with the votes that are missing. The heads of division decide by the same rule. A recommendation needs a
//! simple majority of those present.

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

/// What the votes on a paper come to by heads; no key is needed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// What the Bund said; silence is an abstention.
    pub bund: Vote,
    /// How many Länder said yes.
    pub laender_yes: usize,
    /// Whether all seventeen said yes.
    pub unanimous: bool,
    /// Whether more than half of those present said yes. Present is of whom a vote is recorded, an abstention too.
    pub simple_majority: bool,
}

impl Heads {
    /// Counts the votes.
    #[must_use]
    pub fn of(votes: &BTreeMap<Partner, Vote>) -> Self {
        let bund = votes.get(&Partner::Bund).copied();
        let bund = bund.unwrap_or(Vote::Abstain);
        let laender_yes = yes(votes).count();
        let heads = laender_yes + usize::from(bund == Vote::Yes);
        Self {
            bund,
            laender_yes,
            unanimous: heads == Partner::ALL.len(),
            simple_majority: heads * 2 > votes.len(),
        }
    }

    /// What is lacking whatever the key.
    fn lacks(&self, what: Lacking) -> bool {
        match what {
            Lacking::Bund => self.bund != Vote::Yes,
            Lacking::Laender => self.laender_yes < LAENDER,
            Lacking::KeyShare => false,
        }
    }

    /// Whether it is not adopted, whatever the key.
    #[must_use]
    pub fn fails(&self) -> bool {
        Lacking::ALL.iter().any(|it| self.lacks(*it))
    }
}

/// The Länder that said yes.
fn yes(votes: &BTreeMap<Partner, Vote>) -> impl Iterator<Item = &Partner> {
    let said_yes = |it: &&Partner| votes.get(it) == Some(&Vote::Yes);
    Partner::laender().iter().filter(said_yes)
}

/// What the votes on a paper come to by heads and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// By heads.
    pub heads: Heads,
    /// What the Länder with yes hold of the key, in units of 10⁻⁵ percent.
    pub key_share_yes: u32,
    /// What is lacking.
    pub missing: Vec<Lacking>,
}

impl Tally {
    /// Counts the votes.
    ///
    /// # Errors
    /// `key_sum` if the key does not sum to exactly 100.
    pub fn of(votes: &BTreeMap<Partner, Vote>, key: &CostKey) -> Result<Self, Refusal> {
        is_whole(key)?;
        let heads = Heads::of(votes);
        let held = yes(votes).map(|it| key.get(it).copied().unwrap_or_default());
        let key_share_yes: u32 = held.sum();
        let holds_too_little = u64::from(key_share_yes) * 3 < u64::from(Percent::WHOLE) * 2;
        let lacks = |what: &Lacking| match what {
            Lacking::KeyShare => holds_too_little,
            other => heads.lacks(*other),
        };
        let missing = Lacking::ALL.iter().copied().filter(lacks).collect();
        Ok(Self {
            heads,
            key_share_yes,
            missing,
        })
    }

    /// Whether nothing is lacking.
    #[must_use]
    pub fn adopted(&self) -> bool {
        self.missing.is_empty()
    }
}
