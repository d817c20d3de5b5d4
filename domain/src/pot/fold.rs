//! One request's history, folded act by act.

use std::collections::BTreeMap;

use super::{
    carried::{Carried, Origin},
    transitions::{self, State},
};
use crate::{
    Amount,
    tables::{Basis, Booked, BookingKind, PotMode, RequestStepped, RequestSubmitted, Step},
};

/// A request as it stands after some of its acts. Amounts are cents.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    /// Where it stands; `None` before it is submitted.
    pub state: Option<State>,
    /// Asked for.
    pub requested: i128,
    /// Resolved, once it is.
    pub resolved: Option<i128>,
    /// Granted; 0 before the `granted` step.
    pub granted: i128,
    /// Blocked, wholly or partly.
    pub blocked: i128,
    /// Allocated.
    pub allocated: i128,
    /// Called.
    pub called: i128,
    /// Expenses, before refunds.
    pub expenses: i128,
    /// Of them, what settles commitments for later years, and so none of the pot's own year; by that year.
    pub for_later: BTreeMap<u32, i128>,
    /// Refunded while the pot's year is open.
    pub refunded: i128,
    /// Refunded afterwards, which no longer lowers what was spent.
    pub repaid: i128,
    /// Refunds that undo what was spent, as far as that can be told.
    pub(super) undone: i128,
    /// What the acts themselves do not say, as it is when the next of them happens.
    pub around: Around,
    /// What went on to other pots, in the order of the resolutions.
    pub carried: Vec<Carried>,
    /// The pot it was granted from, once something went on.
    pub(super) origin: Option<Origin>,
    /// Σ commitments − Σ releases, by the fiscal year they count for.
    pub bound: BTreeMap<u32, i128>,
    /// Authority to commit, by later year.
    pub authority: BTreeMap<u32, i128>,
    /// Committed on basis `authority`, by later year.
    pub on_authority: BTreeMap<u32, i128>,
    /// Waived or revoked, where it was.
    pub ended: Option<Ended>,
}

/// What the pot a request was granted from says on the day of an act.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Around {
    /// Whether its fiscal year is closed by then, provisionally at least.
    pub closed: bool,
    /// Whether it pays directly.
    pub direct: bool,
    /// Whether nothing is known of the closings of other pots, as in the stream of the request's own. What was
    /// refunded of money carried there may then be spent still, and a proof of it is not refused (ADR 0017).
    pub alone: bool,
}

/// How a grant ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By the recipient.
    Waived,
    /// By the grantor.
    Revoked,
}

/// What a pot says on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PotView {
    /// Its fiscal year.
    pub year: u32,
    /// How money leaves it.
    pub mode: PotMode,
    /// Budget less reserve in cents.
    pub available: i128,
}

/// The rule an act breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Stable code.
    pub code: &'static str,
    /// The column concerned.
    pub field: &'static str,
    /// In German.
    pub de: String,
    /// In English.
    pub en: String,
}

impl Fold {
    /// Takes the request itself in.
    pub fn submitted(&mut self, request: &RequestSubmitted) {
        self.submitted_for(request.amount);
    }

    /// The same, of the only column that counts.
    pub fn submitted_for(&mut self, amount: Amount) {
        self.state = Some(State::Submitted);
        self.requested = i128::from(amount.cents());
    }

    /// Takes a step in, whether or not it is allowed: answers never judge, and the steps before may
    /// not be visible to them.
    pub fn step(&mut self, row: &RequestStepped) {
        self.stepped(row.step, row.amount);
    }

    /// The same, of the columns that count.
    pub fn stepped(&mut self, step: Step, amount: Option<Amount>) {
        let part = amount.is_some();
        let amount = amount.map(|it| i128::from(it.cents()));
        let Some(from) = self.state else { return };
        match step {
            Step::Resolved | Step::ResolvedWithConditions => self.resolved = amount,
            Step::Granted => self.granted = self.resolved.or(amount).unwrap_or_default(),
            Step::Blocked => {
                self.blocked = if part {
                    self.blocked + amount.unwrap_or_default()
                } else {
                    self.granted
                }
            }
            Step::Unblocked => {
                self.blocked = amount.map_or(0, |part| (self.blocked - part).max(0));
            }
            Step::Waived => self.ended = Some(Ended::Waived),
            Step::Revoked => self.ended = Some(Ended::Revoked),
            Step::FormalCheckStarted
            | Step::DocumentsRequested
            | Step::DocumentsSupplied
            | Step::FormallyRejected
            | Step::FormallyCleared
            | Step::Assessed
            | Step::Reprioritised
            | Step::PaperFiled
            | Step::ConditionMet
            | Step::Deferred
            | Step::Resubmitted
            | Step::Rejected
            | Step::PurposeFulfilled
            | Step::ProofSubmitted
            | Step::ProofQueried
            | Step::ProofAmended
            | Step::ProofAccepted
            | Step::ClawbackSet
            | Step::RepaymentBooked
            | Step::Withdrawn => {}
        }
        let to = transitions::step(from, step, part);
        let to = to.unwrap_or_else(|| transitions::landing(from, step, part));
        self.state = Some(self.onward(to));
    }

    /// Waived and revoked requests go on by themselves (dossier 3.3, last paragraph): whether money was spent, or paid
    /// out.
    fn onward(&self, to: State) -> State {
        // Of a direct pot only expenses are paid out. What was spent was, where the call is not visible, too.
        let calls = if self.around.direct { 0 } else { self.called };
        match to {
            State::Waived if self.expenses > self.undone => State::ProofDue,
            State::Waived => State::Closed,
            State::Revoked if calls.max(self.expenses) == 0 => State::Closed,
            other => other,
        }
    }

    /// Takes a booking in, whether or not it is allowed.
    pub fn booking(&mut self, row: &Booked) {
        self.booked(row.kind, row.amount, row.fiscal_year.get(), row.basis);
    }

    /// The same, of the columns that count.
    pub fn booked(&mut self, kind: BookingKind, amount: Amount, year: u32, basis: Option<Basis>) {
        let amount = i128::from(amount.cents());
        match kind {
            BookingKind::Allocation => self.allocated += amount,
            BookingKind::Call => self.called += amount,
            BookingKind::Commitment => {
                *self.bound.entry(year).or_default() += amount;
                if on_authority(basis) {
                    *self.on_authority.entry(year).or_default() += amount;
                }
            }
            BookingKind::CommitmentRelease => {
                *self.bound.entry(year).or_default() -= amount;
                if on_authority(basis) {
                    // A release gives back at most the authority that is used.
                    let used = self.on_authority.entry(year).or_default();
                    *used = (*used - amount).max(0);
                }
            }
            BookingKind::Expense => self.expenses += amount,
            BookingKind::Refund => self.refund(amount, year),
            BookingKind::CommitmentAuthority => *self.authority.entry(year).or_default() += amount,
        }
        self.hit_carried(kind, amount, year);
        self.state = self.state.map(|from| {
            transitions::booking(from, kind).unwrap_or_else(|| transitions::booked(from, kind))
        });
    }

    /// Notes of an expense taken in that it names a commitment for a later year than the pot's.
    pub fn settled_later(&mut self, amount: Amount, year: u32) {
        *self.for_later.entry(year).or_default() += i128::from(amount.cents());
    }

    /// Expenses that settle commitments for later years.
    #[must_use]
    pub fn paid_for_later(&self) -> i128 {
        self.for_later.values().sum()
    }

    /// Bound for a later year and not settled yet.
    #[must_use]
    pub fn open_for(&self, year: u32) -> i128 {
        let of = |sums: &BTreeMap<u32, i128>| sums.get(&year).copied().unwrap_or_default();
        (of(&self.bound) - of(&self.for_later)).max(0)
    }

    /// Spent: expenses less refunds.
    #[must_use]
    pub fn spent(&self) -> i128 {
        self.expenses - self.refunded
    }

    /// Committed for the fiscal year of the pot; commitments for later years are not in it.
    ///
    /// An expense settles what it names, else the open commitments, oldest first. Of the sum it makes no
    /// difference which of one year, nor whether the commitment or its invoice was booked first, nor whether it is
    /// paid in a later year after a carry-over: what expenses exceed the bound sum by settles none. What settles a
    /// commitment for a later year settles none of this one. So it never is less than what was spent (ADR 0010).
    #[must_use]
    pub fn committed(&self, year: u32) -> i128 {
        let bound: i128 = self.bound.range(..=year).map(|it| it.1).sum();
        let for_later = self.paid_for_later();
        bound.max(self.expenses - for_later) + for_later
    }

    /// Given back to the pot of a fiscal year: granted − committed of waived and revoked requests.
    #[must_use]
    pub fn freed(&self, year: u32) -> i128 {
        if self.ended.is_some() {
            self.granted - self.committed(year)
        } else {
            0
        }
    }
}

/// Cents as they stand in a sentence.
pub(crate) fn euro(cents: i128) -> String {
    crate::cell::decimal(cents)
}

/// Whether a commitment or its release counts against the commitment authority.
fn on_authority(basis: Option<Basis>) -> bool {
    basis.is_none_or(|it| it == Basis::Authority)
}
