//! What the dossier's table of transitions (3.3) asks for beside its guards: never refused, but told of.

use leitstand_domain::{Day, tables::Step};

use super::{duties::wording, four_eyes::Seen, money::Request, programme::Programme};
use crate::facts::{Fact, StepFact, cents};

/// Each step that lacks what its line of the table asks for: `A-24-05 2024-03-04 documents_supplied: after_due`.
pub(super) fn of(programme: &Programme<'_>, request: &Request<'_>) -> Vec<Seen> {
    let id = programme.text(request.fact.row().id);
    let (mut due, mut claimed) = (None, None);
    let mut seen: Vec<Seen> = of_items(programme, request).into_iter().collect();
    seen.extend(of_money(programme, request));
    for step in &request.steps {
        let lacks = lacks(programme, request, *step, due, claimed);
        seen.extend(lacks.map(|lack| Seen {
            what: format!("{id} {} {}: {lack}", step.effective(), step.row().step),
            positions: step.positions(programme.view).collect(),
        }));
        match step.row().step {
            Step::DocumentsRequested => due = step.row().due,
            Step::ClawbackSet => claimed = step.row().amount.map(cents),
            _ => {}
        }
    }
    seen
}

/// T01: a request says how its amount splits by fiscal year and kind of cost, to the cent.
fn of_items(programme: &Programme<'_>, request: &Request<'_>) -> Option<Seen> {
    let view = programme.view;
    let row = request.fact.row();
    let split: i128 = request.items.iter().map(|it| cents(it.row().amount)).sum();
    let lack = if request.items.is_empty() {
        "no_items"
    } else if split == cents(row.amount) {
        return None;
    } else {
        "items_differ"
    };
    let items = request.items.iter().flat_map(|it| it.positions(view));
    let id = programme.text(row.id);
    Some(Seen {
        what: format!("{id} {} submitted: {lack}", row.submitted_on),
        positions: request.fact.positions(view).chain(items).collect(),
    })
}

/// Invariants 3 and 4 (dossier 3.5), as far as no guard keeps them: no more is bound than granted, and only what was
/// spent or bound is given back. Neither refuses a row, but a typing error here spoils every sum of the pot.
fn of_money<'a>(
    programme: &'a Programme<'_>,
    request: &'a Request<'_>,
) -> impl Iterator<Item = Seen> + 'a {
    const BOUND: &[&str] = &["bookings.commitment", "bookings.expense"];
    let fold = &request.fold;
    let given_back = fold.refunded + fold.repaid;
    let released_more = fold.bound.values().any(|it| *it < 0);
    let broken = [
        (
            fold.granted < request.committed(),
            "committed_exceeds_granted",
            BOUND,
        ),
        (released_more, "released_exceeds_committed", BOUND),
        (
            fold.expenses < given_back,
            "refunded_exceeds_spent",
            &["bookings.expense", "bookings.refund"],
        ),
    ];
    let broken = broken.into_iter().filter(|it| it.0);
    broken.map(|(_, rule, kinds)| Seen {
        what: format!("{}: {rule}", programme.text(request.fact.row().id)),
        positions: request.evidence(programme.view).of(kinds),
    })
}

/// What a step lacks, by the line of the table it follows.
fn lacks(
    programme: &Programme<'_>,
    request: &Request<'_>,
    step: Fact<'_, StepFact>,
    due: Option<Day>,
    claimed: Option<i128>,
) -> Option<&'static str> {
    let row = step.row();
    let amount = row.amount.map(cents);
    let has_reason = || wording(programme, step).is_some();
    match row.step {
        // T03, T08: a deadline is set; T04: and kept.
        Step::DocumentsRequested => row.due.is_none().then_some("no_due"),
        Step::DocumentsSupplied => due
            .is_some_and(|it| step.effective() > it)
            .then_some("after_due"),
        // T05, T10, T14, T16, T29: and why.
        Step::FormallyRejected
        | Step::Reprioritised
        | Step::Rejected
        | Step::Blocked
        | Step::Revoked => (!has_reason()).then_some("no_reason"),
        // T09, T12: for which sitting.
        Step::PaperFiled | Step::Deferred => row.sitting.is_none().then_some("no_sitting"),
        // T11, T17, and invariant 7: by whom, and on which conditions.
        Step::Resolved | Step::ResolvedWithConditions | Step::Unblocked
            if row.sitting.is_none() && row.body.is_none() =>
        {
            Some("no_body")
        }
        Step::ResolvedWithConditions => (!has_reason()).then_some("no_conditions"),
        // T24: what is recognised was spent, and all that was paid out was.
        Step::ProofAccepted => {
            let spent = request.fold.spent();
            if amount.is_some_and(|it| it != spent) {
                Some("recognised_differs")
            } else {
                (request.paid_out() != spent).then_some("unspent_called")
            }
        }
        // T25: there is something to claim, and no more than was paid out.
        Step::ClawbackSet => match amount {
            None | Some(0) => Some("nothing_claimed"),
            Some(claimed) => (claimed > request.paid_out()).then_some("more_than_paid_out"),
        },
        // T26: all that is claimed is paid back; where no amount is stated, it is.
        Step::RepaymentBooked => {
            let less = amount.zip(claimed).is_some_and(|(paid, it)| paid < it);
            less.then_some("less_than_claimed")
        }
        Step::FormalCheckStarted
        | Step::FormallyCleared
        | Step::Assessed
        | Step::Resolved
        | Step::ConditionMet
        | Step::Resubmitted
        | Step::Granted
        | Step::Unblocked
        | Step::PurposeFulfilled
        | Step::ProofSubmitted
        | Step::ProofQueried
        | Step::ProofAmended
        | Step::Withdrawn
        | Step::Waived => None,
    }
}
