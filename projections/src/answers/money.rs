//! A request's money as it is seen from somewhere: its acts in order, folded by the domain.

use std::{iter::Peekable, sync::Arc};

use leitstand_domain::{
    Amount, Day,
    cell::Code as _,
    pot::{Fold, Origin, State},
    tables::{BookingKind, PotMode, Step},
};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::{four_eyes::Seen, programme::Programme};
use crate::{
    Facts, Filter, Name, View,
    answer::Evidence,
    facts::{CarryOverFact, Fact, Folded, ItemFact, PotFact, RequestFact, StepFact, cents},
};

/// The tables the money of a pot rests on.
pub(super) const MONEY: &[&str] = &[
    "pots",
    "requests",
    "request_steps",
    "bookings",
    "carry_overs",
    YEAR_CLOSED,
];

/// The closings of the pots a request's money is in: from the first on a refund is repaid and lowers `spent` no more.
pub(super) const YEAR_CLOSED: &str = "year_closed";

/// Money that went on to another pot.
pub(super) struct Carry<'a> {
    /// The first half.
    pub fact: Fact<'a, CarryOverFact>,
    /// What went on, in cents: as resolved, as far as it was there.
    pub amount: i128,
    /// What of that has come to the other pot, in cents.
    pub received: i128,
    /// The second half that says so.
    pub event: Option<u64>,
}

/// A request as it stands.
pub(super) struct Request<'a> {
    pub fact: Fact<'a, RequestFact>,
    pub pillar: &'a str,
    pub pot: Option<Fact<'a, PotFact>>,
    /// In the order of (date, position).
    pub steps: Vec<Fact<'a, StepFact>>,
    /// By fiscal year and kind of cost.
    pub items: Vec<Fact<'a, ItemFact>>,
    /// Carry-overs of money that was there, in the order of `fold.carried`.
    pub carries: Vec<Carry<'a>>,
    /// Carry-overs of more than was bound to be carried; what was not there changes no figure.
    pub over_carried: Vec<Fact<'a, CarryOverFact>>,
    pub fold: Arc<Fold>,
    /// How many bookings it has. There are far more of them than of anything else, so they are not kept.
    bookings: usize,
    facts: &'a Facts,
}

/// Folds every request once, so that the first to ask does not wait for it.
pub fn prepare(facts: &Facts) {
    let all = View {
        as_of: Day::LATEST,
        known_on: None,
        at_position: None,
    };
    Request::all(&Programme::new(facts, &all), &Filter::default());
}

impl<'a> Request<'a> {
    /// A request and everything done with it; `None` if it is not visible.
    pub(super) fn new(programme: &Programme<'a>, id: Name) -> Option<Self> {
        let (facts, view): (&'a Facts, &'a View) = (programme.facts, programme.view);
        let request = facts.requests.latest(id, view)?;
        let mut items: Vec<_> = facts.items.of(id, view).collect();
        items.sort_by_key(|it| (it.row().fiscal_year, it.row().cost_type));
        let mut it = Self {
            fact: request,
            pillar: programme.pillar(request.row().subject),
            pot: facts.pots.latest(request.row().pot, view),
            steps: facts.steps.of(id, view).collect(),
            items,
            carries: Vec::new(),
            over_carried: Vec::new(),
            fold: Arc::default(),
            bookings: 0,
            facts,
        };
        if let Some(Folded { fold, bookings }) = facts.folded(id, view) {
            (it.fold, it.bookings) = (fold, bookings);
        } else {
            it.fold_acts(programme, id);
        }
        Some(it)
    }

    /// Folds everything that was done with it, in order.
    fn fold_acts(&mut self, programme: &Programme<'a>, id: Name) {
        let (facts, view): (&'a Facts, &'a View) = (programme.facts, programme.view);
        let steps = std::mem::take(&mut self.steps);
        let sent: Vec<_> = facts.carry_overs.of(id, view).collect();
        let closings = facts.closings_of(self.fact.row().pot, view);
        let closed_on = closings.first().map(|it| it.effective);
        let amount = self.fact.row().amount;
        self.fold().submitted_for(amount);
        // On one day steps stand before bookings and these before carry-overs: that is the contract's
        // table order.
        let (mut next, mut then) = (steps.iter().peekable(), sent.iter().peekable());
        // Expenses that name a commitment; few do, and whether that is for a later year seldom needs to be asked.
        let mut naming: Vec<(Name, Amount)> = Vec::new();
        // Whether nothing beside the request, its steps and its bookings made a difference.
        let mut alone = steps.iter().all(|it| it.row().step != Step::Revoked);
        for booking in facts.bookings.of(id, view) {
            let day = booking.effective();
            while let Some(carry) = then.next_if(|it| it.effective() < day) {
                self.step_until(programme, &mut next, carry.effective());
                self.settle(programme, &mut naming);
                self.carry(programme, *carry);
            }
            self.step_until(programme, &mut next, day);
            let row = booking.row();
            self.fold().around.closed = closed_on.is_some_and(|it| it <= day);
            if row.kind == BookingKind::Refund {
                alone = false;
                self.note_closings(programme, day);
            }
            self.bookings += 1;
            self.fold()
                .booked(row.kind, row.amount, row.fiscal_year.get(), row.basis);
            let named = row.settles.filter(|_| row.kind == BookingKind::Expense);
            alone &= named.is_none();
            naming.extend(named.map(|it| (it, row.amount)));
        }
        for carry in then {
            self.step_until(programme, &mut next, carry.effective());
            self.settle(programme, &mut naming);
            self.carry(programme, *carry);
        }
        self.step_until(programme, &mut next, view.as_of);
        self.settle(programme, &mut naming);
        self.steps = steps;
        if alone {
            let folded = Folded {
                fold: Arc::clone(&self.fold),
                bookings: self.bookings,
            };
            facts.keep_folded(id, view, folded);
        }
    }

    /// The fold while it is made and nobody else has it.
    fn fold(&mut self) -> &mut Fold {
        Arc::make_mut(&mut self.fold)
    }

    /// Notes which pots money was carried to are closed by a day: of them a refund is repaid.
    fn note_closings(&mut self, programme: &Programme<'_>, day: Day) {
        let (facts, view) = (programme.facts, programme.view);
        for (carry, part) in self
            .carries
            .iter()
            .zip(&mut Arc::make_mut(&mut self.fold).carried)
        {
            let closings = facts.closings_of(carry.fact.row().to_pot, view);
            part.closed = closings.first().is_some_and(|it| it.effective <= day);
        }
    }

    /// Tells the fold which expenses name a commitment for a later year.
    fn settle(&mut self, programme: &Programme<'_>, naming: &mut Vec<(Name, Amount)>) {
        let year = self.year();
        if self.fold.bound.range(year + 1..).next().is_none() {
            return;
        }
        for (reference, amount) in naming.drain(..) {
            let named = programme.facts.booking(reference, programme.view);
            let named = named.filter(|it| it.kind == BookingKind::Commitment);
            let later = named.map(|it| it.fiscal_year.get());
            if let Some(later) = later.filter(|it| *it > year) {
                self.fold().settled_later(amount, later);
            }
        }
    }

    /// Takes the steps up to a day in.
    fn step_until<'s>(
        &mut self,
        programme: &Programme<'a>,
        next: &mut Peekable<impl Iterator<Item = &'s Fact<'a, StepFact>>>,
        day: Day,
    ) where
        'a: 's,
    {
        while let Some(step) = next.next_if(|it| it.effective() <= day) {
            let row = step.row();
            if row.step == Step::Revoked {
                // What was paid out is told by how the pot pays on that day, as it was judged.
                let view = View {
                    as_of: step.effective(),
                    ..*programme.view
                };
                let pot = programme.facts.pots.latest(self.fact.row().pot, &view);
                self.fold().around.direct = pot.is_some_and(is_direct);
            }
            self.fold().stepped(row.step, row.amount);
        }
    }

    /// Takes a carry-over in, if the money was where it is said to come from.
    fn carry(&mut self, programme: &Programme<'a>, fact: Fact<'a, CarryOverFact>) {
        let row = fact.row();
        let before = self.carries.iter().enumerate();
        let from = before.filter(|it| it.1.fact.row().to_pot == row.pot);
        let mut from: Vec<usize> = from.map(|it| it.0).collect();
        let is_home = row.pot == self.fact.row().pot;
        let stands = |pot: Name| programme.facts.pots.latest(pot, programme.view).is_some();
        let is_there = is_home || !from.is_empty() && stands(row.pot);
        let Some(pot) = self.pot.filter(|_| is_there) else {
            self.over_carried.push(fact);
            return;
        };
        let origin = Origin {
            year: pot.row().fiscal_year.get(),
            direct: is_direct(pot),
        };
        if is_home {
            from.clear();
        }
        let there = self.fold().carry(cents(row.amount), &from, origin);
        let amount = cents(row.amount).min(there);
        if amount < cents(row.amount) {
            self.over_carried.push(fact);
        }
        let (facts, view) = (programme.facts, programme.view);
        // What has come to a pot that is not resolved yet is still on its way.
        let received = facts
            .received_of(row.pot, row.to_pot, row.request, view)
            .filter(|_| stands(row.to_pot));
        self.carries.push(Carry {
            fact,
            amount,
            received: received.map_or(0, |it| cents(it.amount).min(there)),
            event: received.map(|it| it.position),
        });
    }

    /// Every visible request that passes the filter. They are large, and are sorted and shared.
    pub(super) fn all(programme: &Programme<'a>, filter: &Filter) -> Vec<Arc<Self>> {
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
            .map(Arc::new)
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

    pub(super) fn pays_directly(&self) -> bool {
        self.pot.is_some_and(is_direct)
    }

    pub(super) fn paid_out(&self) -> i128 {
        if self.pays_directly() {
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

    /// What was carried over though it was not bound to be.
    pub(super) fn over_carried(&self, programme: &Programme<'_>) -> Vec<Seen> {
        let told = self.over_carried.iter();
        told.map(|it| carry_over(programme, it)).collect()
    }

    /// What was carried over into a fiscal year that is not a later one: no guard refuses it (dossier 3.4).
    pub(super) fn carried_back(&self, programme: &Programme<'_>) -> Vec<Seen> {
        let (facts, view) = (programme.facts, programme.view);
        let year = |pot: Name| facts.pots.latest(pot, view).map(|it| it.row().fiscal_year);
        let all = facts.carry_overs.of(self.fact.row().id, view);
        let back = all.filter(|it| {
            let years = year(it.row().pot).zip(year(it.row().to_pot));
            years.is_some_and(|(from, to)| to <= from)
        });
        back.map(|it| carry_over(programme, &it)).collect()
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
        1 + self.items.len() + self.steps.len() + self.bookings + 2 * self.carries.len()
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
        for item in &self.items {
            evidence.add("request_items", item.positions(view));
        }
        let of_kind = BookingKind::ALL.iter().map(|it| booking_kind(*it));
        let mut bookings = evidence.marked(of_kind);
        let facts = &self.facts.bookings;
        facts.each_position(self.fact.row().id, view, |mark, it| bookings.add(mark, it));
        for carry in &self.carries {
            evidence.add("carry_overs", carry.fact.positions(view));
            evidence.add("carry_overs", carry.event);
        }
        let went_to = self.carries.iter().map(|it| it.fact.row().to_pot);
        for pot in went_to.chain([self.fact.row().pot]) {
            let closings = self.facts.closings_of(pot, view);
            evidence.add(YEAR_CLOSED, closings.first().map(|it| it.position));
        }
    }
}

/// A carry-over, as exceptions tell of it.
fn carry_over(programme: &Programme<'_>, fact: &Fact<'_, CarryOverFact>) -> Seen {
    let row = fact.row();
    let [pot, to_pot, request] = [row.pot, row.to_pot, row.request].map(|it| programme.text(it));
    Seen {
        what: format!("{request}: {pot} → {to_pot}"),
        positions: fact.positions(programme.view).collect(),
    }
}

/// Whether a pot pays directly.
fn is_direct(pot: Fact<'_, PotFact>) -> bool {
    pot.row().mode == Some(PotMode::Direct)
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
