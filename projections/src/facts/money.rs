//! What is kept of the acts on pots that come from no table.

use leitstand_domain::{
    Amount, Day, Id,
    event::{CarryOverReceived, YearClosed},
    pot::Closing,
};

use super::Entry;
use crate::{Facts, Name, Names, View};

/// A carry-over as it was received: one version of it, in full.
#[derive(Debug, Clone)]
pub struct ReceivedFact {
    /// The event.
    pub position: u64,
    /// When it became known.
    pub known: Day,
    /// When it is so.
    pub effective: Day,
    /// The pot it left.
    pub pot: Name,
    /// The pot it has come to.
    pub to_pot: Name,
    /// The request it is bound for.
    pub request: Name,
    /// So much.
    pub amount: Amount,
}

impl ReceivedFact {
    pub(super) fn take(entry: &Entry<'_>, it: &CarryOverReceived, names: &mut Names) -> Self {
        let mut name = |id: &Id| names.intern(id);
        Self {
            position: entry.position,
            known: entry.known,
            effective: entry.effective,
            pot: name(&it.pot),
            to_pot: name(&it.to_pot),
            request: name(&it.request),
            amount: it.amount,
        }
    }
}

/// A closing of a pot's fiscal year.
#[derive(Debug, Clone)]
pub struct ClosingFact {
    /// The event.
    pub position: u64,
    /// When it became known.
    pub known: Day,
    /// From when on.
    pub effective: Day,
    /// The pot.
    pub pot: Name,
    /// How far.
    pub closing: Closing,
}

impl ClosingFact {
    pub(super) fn take(entry: &Entry<'_>, it: &YearClosed, names: &mut Names) -> Self {
        Self {
            position: entry.position,
            known: entry.known,
            effective: entry.effective,
            pot: names.intern(&it.pot),
            closing: it.closing,
        }
    }
}

impl Facts {
    /// The closings of a pot's year as seen from `view`, in the order of their dates.
    pub(crate) fn closings_of(&self, pot: Name, view: &View) -> Vec<&ClosingFact> {
        let seen = |it: &&ClosingFact| {
            it.pot == pot && it.effective <= view.as_of && view.sees(it.known, it.position)
        };
        let mut closings: Vec<&ClosingFact> = self.closings.iter().filter(seen).collect();
        closings.sort_by_key(|it| (it.effective, it.position));
        closings
    }

    /// What has been received of a carry-over as seen from `view`.
    pub(crate) fn received_of(
        &self,
        pot: Name,
        to_pot: Name,
        request: Name,
        view: &View,
    ) -> Option<&ReceivedFact> {
        let same = |it: &&ReceivedFact| (it.pot, it.to_pot, it.request) == (pot, to_pot, request);
        let versions = self.received.iter().filter(same);
        let known = versions.filter(|it| view.sees(it.known, it.position));
        known
            .max_by_key(|it| (it.known, it.position))
            .filter(|it| it.effective <= view.as_of)
    }
}
