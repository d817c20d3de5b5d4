//! A request's money as it is seen from somewhere: its acts in order, folded by the domain.

use leitstand_domain::{
    Amount,
    pot::{Fold, State},
    tables::{BookingKind, PotMode, Step},
};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::programme::Programme;
use crate::{
    Facts, Name, View,
    answer::Evidence,
    facts::{Fact, PotFact, RequestFact, StepFact},
};

/// A request as it stands.
pub(super) struct Request<'a> {
    pub fact: Fact<'a, RequestFact>,
    pub pillar: &'a str,
    pub pot: Option<Fact<'a, PotFact>>,
    /// In the order of (date, position).
    pub steps: Vec<Fact<'a, StepFact>>,
    pub fold: Fold,
    /// What its bookings are. There are far more of them than of anything else, so they are looked at
    /// once.
    bookings: Evidence,
}

impl<'a> Request<'a> {
    /// A request and everything done with it; `None` if it is not visible.
    pub(super) fn new(programme: &Programme<'a>, id: Name) -> Option<Self> {
        let (facts, view): (&'a Facts, &'a View) = (programme.facts, programme.view);
        let request = facts.requests.latest(id, view)?;
        let pot = facts.pots.latest(request.row().pot, view);
        let steps: Vec<_> = facts.steps.of(id, view).collect();
        let bookings = facts.bookings.of(id, view);
        let mut rest_on = Evidence::with_room(bookings.size_hint().1.unwrap_or_default());
        let mut fold = Fold::default();
        fold.submitted_for(request.row().amount);
        // On one day steps stand before bookings: that is the contract's table order.
        let mut next = steps.iter().peekable();
        for booking in bookings {
            while let Some(step) = next.next_if(|it| it.effective() <= booking.effective()) {
                fold.stepped(step.row().step, step.row().amount);
            }
            let row = booking.row();
            fold.booked(row.kind, row.amount, row.fiscal_year.get(), row.basis);
            rest_on.add(booking_kind(row.kind), booking.positions(view));
        }
        for step in next {
            fold.stepped(step.row().step, step.row().amount);
        }
        let pillar = programme.pillar(request.row().subject);
        Some(Self {
            fact: request,
            pillar,
            pot,
            steps,
            fold,
            bookings: rest_on,
        })
    }

    /// Every visible request that passes the filter.
    pub(super) fn all(programme: &Programme<'a>, filter: &crate::Filter) -> Vec<Self> {
        let facts = programme.facts;
        facts
            .requests
            .holders()
            .into_par_iter()
            .filter_map(|id| Self::new(programme, id))
            .filter(|it| programme.passes(it.fact.row().subject, filter))
            .filter(|it| {
                filter
                    .pot
                    .as_deref()
                    .is_none_or(|pot| pot == programme.text(it.fact.row().pot))
            })
            .collect()
    }

    /// The fiscal year its money belongs to; 0 while its pot is not resolved.
    pub(super) fn year(&self) -> u32 {
        self.pot.map_or(0, |it| it.row().fiscal_year.get())
    }

    pub(super) fn state(&self) -> State {
        self.fold.state.unwrap_or(State::Submitted)
    }

    pub(super) fn committed(&self) -> i128 {
        self.fold.committed(self.year())
    }

    pub(super) fn freed(&self) -> i128 {
        self.fold.freed(self.year())
    }

    pub(super) fn paid_out(&self) -> i128 {
        if self
            .pot
            .is_some_and(|it| it.row().mode == Some(PotMode::Direct))
        {
            self.fold.expenses
        } else {
            self.fold.called
        }
    }

    /// Authority to commit later years.
    pub(super) fn authority(&self) -> i128 {
        self.fold.authority.values().sum()
    }

    /// Resolved, or rejected by the deciding body, for the first time.
    pub(super) fn decision(&self) -> Option<&Fact<'a, StepFact>> {
        self.steps.iter().find(|it| {
            matches!(
                it.row().step,
                Step::Resolved | Step::ResolvedWithConditions | Step::Rejected
            )
        })
    }

    /// `full`, `partial`, `rejected`, `withdrawn`, `formally_rejected`, `open`.
    pub(super) fn outcome(&self) -> &'static str {
        match (self.state(), self.fold.resolved) {
            (State::Withdrawn, _) => "withdrawn",
            (State::FormallyRejected, _) => "formally_rejected",
            (State::Rejected, _) => "rejected",
            (_, Some(resolved)) if resolved >= self.fold.requested => "full",
            (_, Some(_)) => "partial",
            (_, None) => "open",
        }
    }

    pub(super) fn evidence(&self, view: &View) -> Evidence {
        let mut evidence = Evidence::with_room(self.acts());
        self.add_evidence(view, &mut evidence);
        if let Some(pot) = self.pot {
            evidence.add("pots", pot.positions(view));
        }
        evidence
    }

    /// How many rows it is made of.
    pub(super) fn acts(&self) -> usize {
        1 + self.steps.len() + self.bookings.len()
    }

    /// What its state rests on.
    pub(super) fn add_steps(&self, view: &View, evidence: &mut Evidence) {
        evidence.add("requests", self.fact.positions(view));
        for step in &self.steps {
            evidence.add(step_kind(step.row().step), step.positions(view));
        }
    }

    /// What the request itself rests on.
    pub(super) fn add_evidence(&self, view: &View, evidence: &mut Evidence) {
        self.add_steps(view, evidence);
        evidence.extend(&self.bookings);
    }
}

/// How a step is found again by `explain`.
fn step_kind(step: Step) -> &'static str {
    match step {
        Step::Resolved | Step::ResolvedWithConditions => "request_steps.resolved",
        Step::Granted => "request_steps.granted",
        Step::Rejected => "request_steps.rejected",
        Step::Deferred => "request_steps.deferred",
        Step::Blocked | Step::Unblocked => "request_steps.blocked",
        Step::Waived | Step::Revoked => "request_steps.ended",
        Step::ConditionMet => "request_steps.condition_met",
        Step::PurposeFulfilled => "request_steps.purpose_fulfilled",
        _ => "request_steps.other",
    }
}

/// How a booking is found again by `explain`.
fn booking_kind(kind: BookingKind) -> &'static str {
    match kind {
        BookingKind::Allocation => "bookings.allocation",
        BookingKind::Call => "bookings.call",
        BookingKind::Commitment | BookingKind::CommitmentRelease => "bookings.commitment",
        BookingKind::Expense => "bookings.expense",
        BookingKind::Refund => "bookings.refund",
        BookingKind::CommitmentAuthority => "bookings.authority",
    }
}

/// Cents of an amount that may be absent.
pub(super) fn stated(amount: Option<Amount>) -> Option<i128> {
    amount.map(|it| i128::from(it.cents()))
}
