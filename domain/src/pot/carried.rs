//! Money of a request that went on to another pot: what is done with it there.
//!
//! A carry-over moves what is granted and bound; it changes no sum over the pots. Whatever is allocated,
//! called, spent or released afterwards hits the carried amounts first, the oldest first, each as far as it
//! reaches; the rest stays with the pot the request was granted from.

use super::fold::Fold;
use crate::tables::BookingKind;

/// One carried amount of a request, and what became of it. Amounts are cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    /// So much came over.
    pub amount: i128,
    /// Of that, so much went on to a further pot.
    pub sent_on: i128,
    /// Allocated; what was allocated before and not paid out came with it.
    pub allocated: i128,
    /// Called.
    pub called: i128,
    /// Expenses, before refunds.
    pub expenses: i128,
    /// Refunded while the year was open.
    pub refunded: i128,
    /// Refunded afterwards.
    pub repaid: i128,
    /// Commitments given back.
    pub released: i128,
}

impl Carried {
    /// What is still there.
    #[must_use]
    pub fn granted(&self) -> i128 {
        self.amount - self.sent_on
    }

    /// What of it is still bound.
    #[must_use]
    pub fn committed(&self) -> i128 {
        self.granted() - self.released
    }

    /// Expenses less refunds.
    #[must_use]
    pub fn spent(&self) -> i128 {
        self.expenses - self.refunded
    }

    fn paid_out(&self, direct: bool) -> i128 {
        if direct { self.expenses } else { self.called }
    }

    /// How much of a booking this amount takes.
    fn room(&self, kind: BookingKind, direct: bool) -> i128 {
        match kind {
            BookingKind::Allocation => self.granted() - self.allocated,
            BookingKind::Call => self.committed() - self.called,
            BookingKind::Expense if direct => self.committed() - self.expenses,
            // Recipients spend what they called.
            BookingKind::Expense => self.called - self.spent(),
            BookingKind::CommitmentRelease => {
                self.committed() - self.paid_out(direct).max(self.spent())
            }
            BookingKind::Refund => self.spent() - self.repaid,
            BookingKind::Commitment | BookingKind::CommitmentAuthority => 0,
        }
    }

    fn take(&mut self, kind: BookingKind, part: i128, closed: bool) {
        match kind {
            BookingKind::Allocation => self.allocated += part,
            BookingKind::Call => self.called += part,
            BookingKind::Expense => self.expenses += part,
            BookingKind::CommitmentRelease => self.released += part,
            BookingKind::Refund if closed => self.repaid += part,
            BookingKind::Refund => self.refunded += part,
            BookingKind::Commitment | BookingKind::CommitmentAuthority => {}
        }
    }
}

/// The pot a request was granted from, as far as carrying over needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Its fiscal year.
    pub year: u32,
    /// Whether it pays directly.
    pub direct: bool,
}

impl Fold {
    /// Takes a carry-over in: of the carried amounts at `from`, or of the pot the request was granted from
    /// where there are none.
    pub fn carry(&mut self, cents: i128, from: &[usize], origin: Origin) {
        self.origin = Some(origin);
        let (mut rest, mut moved) = (cents, 0);
        for (nth, at) in from.iter().enumerate() {
            let Some(part) = self.carried.get_mut(*at) else {
                continue;
            };
            let paid = part.paid_out(origin.direct);
            // The oldest first, each as far as it reaches; the last bears what is more than there was.
            let is_last = nth + 1 == from.len();
            let there = (part.granted() - paid.max(part.spent())).max(0);
            let taken = if is_last { rest } else { rest.min(there) };
            let along = taken.min(part.allocated - paid).max(0);
            part.allocated -= along;
            part.sent_on += taken;
            moved += along;
            rest -= taken;
        }
        if from.is_empty() {
            let away = |field: fn(&Carried) -> i128| self.carried.iter().map(field).sum::<i128>();
            let allocated = self.allocated - away(|it| it.allocated);
            let paid = if origin.direct {
                self.expenses - away(|it| it.expenses)
            } else {
                self.called - away(|it| it.called)
            };
            moved = cents.min(allocated - paid).max(0);
        }
        self.carried.push(Carried {
            amount: cents,
            allocated: moved,
            ..Carried::default()
        });
    }

    /// Given back to the pot the request was granted from: what is freed, without what was released of
    /// carried money, which is free where it was carried to.
    #[must_use]
    pub(super) fn freed_at_home(&self, year: u32) -> i128 {
        let released: i128 = self.carried.iter().map(|it| it.released).sum();
        if self.ended.is_some() {
            self.freed(year) - released
        } else {
            0
        }
    }

    /// Lets a booking after a carry-over hit the carried amounts first.
    pub(super) fn hit_carried(&mut self, kind: BookingKind, cents: i128, year: u32) {
        let Some(origin) = self.origin else { return };
        let hits = match kind {
            // A commitment is released in the year it was made for, a refund lowers its own year.
            BookingKind::CommitmentRelease => year <= origin.year,
            BookingKind::Refund => year > origin.year,
            _ => true,
        };
        let mut rest = if hits { cents } else { 0 };
        for part in &mut self.carried {
            let taken = rest.min(part.room(kind, origin.direct)).max(0);
            part.take(kind, taken, self.closed);
            rest -= taken;
        }
    }
}
