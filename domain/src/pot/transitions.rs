//! The state machine of a request: the dossier's tables 3.2 and 3.3, to be read beside them.

use crate::{
    cell::{Code as _, codes},
    tables::{BookingKind, Step},
};

codes! {
    /// Where a request stands.
    pub enum State {
        /// Q1 gestellt.
        Submitted = "submitted",
        /// Q2 formale Prüfung.
        FormalCheck = "formal_check",
        /// Q2a Nachforderung.
        CompletionRequested = "completion_requested",
        /// Q2x formal abgelehnt; terminal.
        FormallyRejected = "formally_rejected",
        /// Q3 Fachprüfung.
        SubstantiveCheck = "substantive_check",
        /// Q4 priorisiert.
        Ranked = "ranked",
        /// Q5 Beschlussvorlage.
        PaperFiled = "paper_filed",
        /// Q6 vertagt.
        Deferred = "deferred",
        /// Q7 beschlossen.
        Resolved = "resolved",
        /// Q7x abgelehnt; terminal.
        Rejected = "rejected",
        /// Q8 bewilligt.
        Granted = "granted",
        /// Q8s gesperrt.
        Blocked = "blocked",
        /// Q9 zugewiesen.
        Allocated = "allocated",
        /// Q10 in Verausgabung.
        Spending = "spending",
        /// Q11 Nachweis fällig.
        ProofDue = "proof_due",
        /// Q12 Nachweis eingereicht.
        ProofSubmitted = "proof_submitted",
        /// Q13 Nachweis beanstandet.
        ProofQueried = "proof_queried",
        /// Q14 Rückforderung.
        Clawback = "clawback",
        /// Q15 abgeschlossen; terminal.
        Closed = "closed",
        /// QW zurückgezogen; terminal.
        Withdrawn = "withdrawn",
        /// QV verzichtet; goes on by itself to Q11 if money was spent, else to Q15.
        Waived = "waived",
        /// QR widerrufen; waits for a clawback if money was paid out, else goes on by itself to Q15.
        Revoked = "revoked",
    }
}

use State as Q;

/// Where a step leads from a state; `None` where it is not allowed.
/// `part`: the step has an amount (only a partial block cares).
#[must_use]
#[expect(
    clippy::match_same_arms,
    reason = "one arm per line of the dossier's table"
)]
pub(crate) fn step(from: State, step: Step, part: bool) -> Option<State> {
    let to = match (step, from) {
        // T02
        (Step::FormalCheckStarted, Q::Submitted) => Q::FormalCheck,
        // T03, T08
        (Step::DocumentsRequested, Q::FormalCheck | Q::SubstantiveCheck) => Q::CompletionRequested,
        // T04
        (Step::DocumentsSupplied, Q::CompletionRequested) => Q::FormalCheck,
        // T05
        (Step::FormallyRejected, Q::FormalCheck | Q::CompletionRequested) => Q::FormallyRejected,
        // T06
        (Step::FormallyCleared, Q::FormalCheck) => Q::SubstantiveCheck,
        // T07
        (Step::Assessed, Q::SubstantiveCheck) => Q::Ranked,
        // T10
        (Step::Reprioritised, Q::Ranked) => Q::Ranked,
        // T09
        (Step::PaperFiled, Q::Ranked) => Q::PaperFiled,
        // T11
        (Step::Resolved | Step::ResolvedWithConditions, Q::PaperFiled) => Q::Resolved,
        // T12
        (Step::Deferred, Q::PaperFiled) => Q::Deferred,
        // T13
        (Step::Resubmitted, Q::Deferred) => Q::PaperFiled,
        // T14
        (Step::Rejected, Q::PaperFiled) => Q::Rejected,
        // Q7…Q12: leaves the state
        (
            Step::ConditionMet,
            Q::Resolved
            | Q::Granted
            | Q::Blocked
            | Q::Allocated
            | Q::Spending
            | Q::ProofDue
            | Q::ProofSubmitted,
        ) => from,
        // T15
        (Step::Granted, Q::Resolved) => Q::Granted,
        // T16; partly in Q8…Q10: leaves the state
        (Step::Blocked, Q::Granted) if !part => Q::Blocked,
        (Step::Blocked, Q::Granted | Q::Allocated | Q::Spending) if part => from,
        // T17; lifting a partial block leaves the state
        (Step::Unblocked, Q::Blocked) => Q::Granted,
        (Step::Unblocked, Q::Granted | Q::Allocated | Q::Spending) => from,
        // T21
        (Step::PurposeFulfilled, Q::Spending) => Q::ProofDue,
        // T22
        (Step::ProofSubmitted, Q::ProofDue) => Q::ProofSubmitted,
        // T23
        (Step::ProofQueried, Q::ProofSubmitted) => Q::ProofQueried,
        (Step::ProofAmended, Q::ProofQueried) => Q::ProofSubmitted,
        // T24
        (Step::ProofAccepted, Q::ProofSubmitted) => Q::Closed,
        // T25; and out of QR
        (Step::ClawbackSet, Q::ProofSubmitted | Q::Revoked) => Q::Clawback,
        // T26
        (Step::RepaymentBooked, Q::Clawback) => Q::Closed,
        // T27
        (
            Step::Withdrawn,
            Q::Submitted
            | Q::FormalCheck
            | Q::CompletionRequested
            | Q::SubstantiveCheck
            | Q::Ranked
            | Q::PaperFiled
            | Q::Deferred,
        ) => Q::Withdrawn,
        // T28
        (Step::Waived, Q::Resolved | Q::Granted | Q::Blocked | Q::Allocated | Q::Spending) => {
            Q::Waived
        }
        // T29
        (
            Step::Revoked,
            Q::Granted | Q::Blocked | Q::Allocated | Q::Spending | Q::ProofDue | Q::ProofSubmitted,
        ) => Q::Revoked,
        _ => return None,
    };
    Some(to)
}

/// Where a step leads when the steps that lead to it are not visible: the state an answer shows is the
/// one after the last visible step, allowed or not.
#[must_use]
pub(crate) fn landing(from: State, step: Step, part: bool) -> State {
    match step {
        Step::FormalCheckStarted | Step::DocumentsSupplied => Q::FormalCheck,
        Step::DocumentsRequested => Q::CompletionRequested,
        Step::FormallyRejected => Q::FormallyRejected,
        Step::FormallyCleared => Q::SubstantiveCheck,
        Step::Assessed | Step::Reprioritised => Q::Ranked,
        Step::PaperFiled | Step::Resubmitted => Q::PaperFiled,
        Step::Resolved | Step::ResolvedWithConditions => Q::Resolved,
        Step::Deferred => Q::Deferred,
        Step::Rejected => Q::Rejected,
        Step::Granted => Q::Granted,
        Step::Blocked if !part => Q::Blocked,
        // Nothing is unblocked before it is granted.
        Step::Unblocked => from.max(Q::Granted),
        Step::Blocked | Step::ConditionMet => from,
        Step::PurposeFulfilled => Q::ProofDue,
        Step::ProofSubmitted | Step::ProofAmended => Q::ProofSubmitted,
        Step::ProofQueried => Q::ProofQueried,
        Step::ProofAccepted | Step::RepaymentBooked => Q::Closed,
        Step::ClawbackSet => Q::Clawback,
        Step::Withdrawn => Q::Withdrawn,
        Step::Waived => Q::Waived,
        Step::Revoked => Q::Revoked,
    }
}

/// Where a booking leads when the acts before it are not visible: at least to where it belongs.
#[must_use]
pub(crate) fn booked(from: State, kind: BookingKind) -> State {
    let least = match kind {
        BookingKind::Allocation => Q::Allocated,
        BookingKind::Call
        | BookingKind::Commitment
        | BookingKind::Expense
        | BookingKind::CommitmentAuthority => Q::Spending,
        BookingKind::CommitmentRelease | BookingKind::Refund => from,
    };
    from.max(least) // the states stand in the dossier's order
}

/// Where a booking leads from a state; `None` where it is not allowed.
#[must_use]
#[expect(
    clippy::match_same_arms,
    reason = "one arm per line of the dossier's table"
)]
pub(crate) fn booking(from: State, kind: BookingKind) -> Option<State> {
    let to = match (kind, from) {
        // T18
        (BookingKind::Allocation, Q::Granted) => Q::Allocated,
        (BookingKind::Allocation, Q::Allocated | Q::Spending) => from,
        // T19
        (BookingKind::Call | BookingKind::Commitment | BookingKind::Expense, Q::Allocated) => {
            Q::Spending
        }
        // T20
        (
            BookingKind::Call
            | BookingKind::Commitment
            | BookingKind::Expense
            | BookingKind::CommitmentAuthority,
            Q::Spending,
        ) => from,
        // a late invoice
        (BookingKind::Expense, Q::ProofDue) => from,
        // Q10…Q14
        (
            BookingKind::CommitmentRelease | BookingKind::Refund,
            Q::Spending | Q::ProofDue | Q::ProofSubmitted | Q::ProofQueried | Q::Clawback,
        ) => from,
        _ => return None,
    };
    Some(to)
}

/// The steps and booking kinds a state allows, in the contract's words (`unblocked` only where
/// something is blocked).
#[must_use]
pub fn allowed_steps(state: State) -> Vec<&'static str> {
    let steps = Step::ALL.iter().filter(|it| {
        step(state, **it, false)
            .or(step(state, **it, true))
            .is_some()
    });
    let kinds = BookingKind::ALL
        .iter()
        .filter(|it| booking(state, **it).is_some());
    steps
        .map(|it| it.word())
        .chain(kinds.map(|it| it.word()))
        .collect()
}
