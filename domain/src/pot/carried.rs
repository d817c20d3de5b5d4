//! Money of a request that went on to another pot: what is done with it there.
//!
//! A carry-over moves what is granted and bound; it changes no sum over the pots. Whatever is allocated,
//! called, spent or released afterwards hits the carried amounts first, the oldest first, each as far as it
//! reaches; the rest stays with the pot the request was granted from.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::Fold;
use crate::tables::BookingKind;

/// One carried amount of a request, and what became of it. Amounts are cents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Whether the year of the pot it came to is closed by now; a pot's own stream does not know it of another.
    pub closed: bool,
    /// Spent and not given back, by the fiscal year of the invoice; late invoices under the year of origin.
    spent_for: BTreeMap<u32, i128>,
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

    /// Expenses less everything given back, whenever that was.
    fn kept(&self) -> i128 {
        self.spent() - self.repaid
    }

    /// What of it may go on: bound still, and not paid out.
    fn bound_to_carry(&self, direct: bool) -> i128 {
        (self.committed() - self.paid_out(direct).max(self.spent())).max(0)
    }

    /// How much of a booking this amount takes.
    ///
    /// No closing makes a difference here: a stream that knows none divides what is done as an answer does.
    fn room(&self, kind: BookingKind, direct: bool) -> i128 {
        match kind {
            BookingKind::Allocation => self.granted() - self.allocated,
            BookingKind::Call => self.committed() - self.called,
            BookingKind::Expense if direct => self.committed() - self.expenses,
            // Recipients spend what they called.
            BookingKind::Expense => self.called - self.kept(),
            BookingKind::CommitmentRelease => self.committed() - self.paid_out(direct),
            BookingKind::Refund | BookingKind::Commitment | BookingKind::CommitmentAuthority => 0,
        }
    }

    fn take(&mut self, kind: BookingKind, part: i128, year: u32) {
        match kind {
            BookingKind::Allocation => self.allocated += part,
            BookingKind::Call => self.called += part,
            BookingKind::Expense => {
                self.expenses += part;
                *self.spent_for.entry(year).or_default() += part;
            }
            BookingKind::CommitmentRelease => self.released += part,
            BookingKind::Refund | BookingKind::Commitment | BookingKind::CommitmentAuthority => {}
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
    /// where there are none. What was not there, bound and not paid out, cannot go on, however much was resolved.
    /// Tells how much was there.
    pub fn carry(&mut self, cents: i128, from: &[usize], origin: Origin) -> i128 {
        self.origin = Some(origin);
        let (there, along) = if from.is_empty() {
            let (there, unpaid) = self.at_home(origin);
            (there, unpaid.min(cents.min(there)).max(0))
        } else {
            self.send_on(cents, from, origin.direct)
        };
        self.carried.push(Carried {
            amount: cents.min(there),
            allocated: along,
            ..Carried::default()
        });
        there
    }

    /// What in the pot it was granted from is bound to be carried, and what is allocated there and not paid out.
    fn at_home(&self, origin: Origin) -> (i128, i128) {
        let direct = origin.direct;
        let away =
            |figure: &dyn Fn(&Carried) -> i128| -> i128 { self.carried.iter().map(figure).sum() };
        let paid = if direct { self.expenses } else { self.called };
        let paid = paid - away(&|it| it.paid_out(direct));
        let spent = self.spent() - away(&Carried::spent);
        let committed = self.committed(origin.year) - away(&Carried::committed);
        let allocated = self.allocated - away(&|it| it.allocated);
        ((committed - paid.max(spent)).max(0), allocated - paid)
    }

    /// Sends carried amounts on, the oldest first, each as far as it reaches. Tells what was there, and what of that is
    /// allocated and not paid out and goes along.
    fn send_on(&mut self, cents: i128, from: &[usize], direct: bool) -> (i128, i128) {
        let (mut there, mut along) = (0, 0);
        for at in from {
            let Some(part) = self.carried.get_mut(*at) else {
                continue;
            };
            let open = part.bound_to_carry(direct);
            let taken = open.min((cents - there).max(0));
            let allocated = taken.min(part.allocated - part.paid_out(direct)).max(0);
            part.allocated -= allocated;
            part.sent_on += taken;
            along += allocated;
            there += open;
        }
        (there, along)
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
        // A commitment is released in the year it was made for.
        let hits = kind != BookingKind::CommitmentRelease || year <= origin.year;
        let room = |it: &Carried| it.room(kind, origin.direct);
        let there: i128 = self.carried.iter().map(room).sum();
        let mut rest = if hits { cents.min(there) } else { 0 };
        for part in &mut self.carried {
            let taken = rest.min(part.room(kind, origin.direct)).max(0);
            part.take(kind, taken, year.max(origin.year));
            rest -= taken;
        }
    }

    /// Lets a refund lower what was spent where it was spent: of carried money first, as invoices hit that first,
    /// but of its own fiscal year before any other.
    pub(super) fn refund(&mut self, cents: i128, year: u32) {
        let own = self.origin.map_or(year, |it| year.max(it.year));
        let undone = |fold: &Self| fold.carried.iter().map(|it| it.refunded).sum::<i128>();
        let before = undone(self);
        let mut rest = cents - self.take_back(cents, own);
        let mut at_home = 0;
        if self.origin.is_none_or(|it| own == it.year) {
            let away: i128 = self.carried.iter().map(Carried::kept).sum();
            at_home = rest.min(self.spent() - self.repaid - away).max(0);
            rest -= at_home;
        }
        let years = self.carried.iter().flat_map(|it| it.spent_for.keys());
        for year in years.copied().collect::<BTreeSet<u32>>() {
            rest -= self.take_back(rest, year);
        }
        at_home += rest;
        if self.around.closed {
            self.repaid += at_home;
        } else {
            self.refunded += at_home;
            self.undone += at_home;
        }
        if !self.around.alone {
            self.undone += undone(self) - before;
        }
    }

    /// Takes back what was spent of carried money for a year, as far as it reaches; tells how far.
    fn take_back(&mut self, cents: i128, year: u32) -> i128 {
        let mut rest = cents;
        for part in &mut self.carried {
            let Some(spent) = part.spent_for.get_mut(&year) else {
                continue;
            };
            let taken = rest.min(*spent);
            *spent -= taken;
            rest -= taken;
            if part.closed {
                part.repaid += taken;
                self.repaid += taken;
            } else {
                part.refunded += taken;
                self.refunded += taken;
            }
        }
        cents - rest
    }
}
