//! What is kept of the acts on pots that come from no table.

use std::collections::HashSet;

use leitstand_domain::{
    Amount, Cells, Count, Day, Id, TableRow as _,
    event::{CarryOverReceived, YearClosed},
    pot::Closing,
    tables::{Booked, CarryOverSent},
};

use super::{
    BookingFact, Entry, FactRow as _, hashed,
    table::{Act, Change},
};
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
        let seen =
            |it: &&ClosingFact| it.effective <= view.as_of && view.sees(it.known, it.position);
        let of_pot = self.closings.get(&pot).into_iter().flatten();
        let mut closings: Vec<&ClosingFact> = of_pot.filter(seen).collect();
        closings.sort_by_key(|it| (it.effective, it.position));
        closings
    }

    /// The second halves of carry-overs that name one of these ids, seen from `view` and effective by V: what has
    /// come to the other pot.
    pub(super) fn receipts(&self, ids: &HashSet<Name>, view: &View, acts: &mut Vec<Act>) {
        let about = |it: &&ReceivedFact| {
            [it.pot, it.to_pot, it.request]
                .iter()
                .any(|name| ids.contains(name))
                && it.effective <= view.as_of
                && view.sees(it.known, it.position)
        };
        for it in self.received.iter().filter(about) {
            let last = self.received_of(it.pot, it.to_pot, it.request, view);
            let holds = last.is_some_and(|last| last.position == it.position);
            let text = |name: Name| self.names.text(name).to_owned();
            let cells = |it: &ReceivedFact| -> Cells {
                [
                    ("pot".to_owned(), text(it.pot)),
                    ("to_pot".to_owned(), text(it.to_pot)),
                    ("request".to_owned(), text(it.request)),
                    ("received".to_owned(), it.amount.to_string()),
                ]
                .into()
            };
            acts.push(Act {
                table: CarryOverSent::TABLE,
                position: it.position,
                known: it.known,
                effective: it.effective,
                said: cells(it),
                holds,
                stands: last.map(cells),
            });
        }
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

impl Facts {
    /// The booking a reference belongs to, whatever its key, if it holds as seen from `view`.
    pub(crate) fn booking(&self, reference: Name, view: &View) -> Option<&BookingFact> {
        let bookings = leitstand_domain::tables::by_name("bookings")?.order;
        let identity = hashed(bookings, self.names.text(reference));
        let root = self.identities.get(&identity)?.root;
        self.bookings.holding(root, view)
    }

    /// A booking: a row of its own, or one that replaces another in full.
    pub(super) fn booked(&mut self, entry: &Entry<'_>, booking: &Booked, same: Option<u32>) -> u32 {
        let row = BookingFact::take(booking, &mut self.names);
        let bookings = leitstand_domain::tables::by_name("bookings").map_or(0, |it| it.order);
        let replaced = booking
            .corrects
            .as_ref()
            .and_then(|it| self.identities.get(&hashed(bookings, it)));
        if let Some(place) = replaced {
            let root = place.root;
            self.bookings.version(
                root,
                entry.position,
                entry.known,
                Change::Whole(row, entry.effective),
                &mut self.names,
            );
            return root;
        }
        self.bookings
            .add(row, entry.position, entry.known, entry.effective, same)
    }
}

/// Cents of an amount, wide enough for any sum.
#[must_use]
pub fn cents(amount: Amount) -> i128 {
    i128::from(amount.cents())
}

/// A fiscal year as a number.
#[must_use]
pub fn year(count: Count) -> u32 {
    count.get()
}
