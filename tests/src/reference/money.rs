//! The money of one request at (V, K, P).

use jiff::ToSpan;
use jiff::civil::Date;

use super::World;
use super::states::{after_booking, after_step};
use super::tables::order;
use super::versions::Fact;

/// What a request's steps and bookings come to.
#[derive(Default)]
pub(crate) struct Money {
    /// The state after the last visible step or booking.
    pub state: &'static str,
    /// The requested amount.
    pub requested: i64,
    /// The amount of the latest resolution.
    pub resolved: Option<i64>,
    /// A `granted` step is visible.
    pub is_granted: bool,
    /// "granted counts from the `granted` step, with the resolved amount; 0.00 before".
    pub granted: i64,
    /// First `resolved`, `resolved_with_conditions` or `rejected`.
    pub decided_on: Option<Date>,
    /// Number of `deferred` steps.
    pub deferrals: usize,
    /// Blocked in part or in full.
    pub blocked: i64,
    /// Σ allocations.
    pub allocated: i64,
    /// Σ calls.
    pub called: i64,
    /// Σ commitments − Σ releases + expenses that settle none.
    pub committed: i64,
    /// Σ expenses − Σ refunds.
    pub spent: i64,
    /// Calls paid (mode `call`) or expenses (`direct`).
    pub paid_out: i64,
    /// Σ commitment authority assigned.
    pub authority: i64,
    /// "freed = granted − committed of waived and revoked requests".
    pub freed: i64,
    /// When the proof is due, once the purpose has ended.
    pub proof_due: Option<Date>,
    /// A `purpose_fulfilled` step is visible.
    pub is_fulfilled: bool,
}

/// Steps and bookings of a request "at (date, table order, position)".
pub(crate) fn history<'a>(world: &'a World, request: &str) -> Vec<&'a Fact> {
    let mut history = world.of("request_steps", "request", request);
    history.extend(world.of("bookings", "request", request));
    history.sort_by_key(|fact| (fact.effective, order(&fact.table), fact.position));
    history
}

/// The pot a request names, as it is at V.
pub(crate) fn pot<'a>(world: &'a World, request: &Fact) -> Option<&'a Fact> {
    world
        .states("pots", "id")
        .into_iter()
        .find(|pot| pot.text("id") == request.text("pot"))
}

/// Walks through the history once.
pub(crate) fn money(world: &World, request: &Fact) -> Money {
    let pot = pot(world, request);
    let direct = pot.is_some_and(|pot| pot.get("mode") == Some("direct"));
    let year = pot.and_then(|pot| pot.whole("fiscal_year"));
    let mut sum = Money {
        state: "submitted",
        requested: request.amount("amount").unwrap_or(0),
        ..Money::default()
    };
    let (mut commitments, mut releases, mut expenses, mut refunds) = (0, 0, 0, 0);
    let mut for_later = 0;
    let mut given_up = false;
    let (mut ended, mut is_proved) = (None, false);
    for fact in history(world, request.text("id")) {
        if fact.table == "request_steps" {
            given_up |= matches!(fact.text("step"), "waived" | "revoked");
            step(&mut sum, fact);
            // What was spent was paid out, also where the call is not known yet, and though it came back.
            let paid_out = if direct { 0 } else { sum.called }.max(expenses);
            let partly = fact.amount("amount").is_some();
            sum.state = after_step(
                sum.state,
                fact.text("step"),
                partly,
                expenses - refunds,
                paid_out,
            );
            match fact.text("step") {
                "waived" | "revoked" => ended = Some(fact),
                "proof_submitted" | "proof_accepted" | "clawback_set" => is_proved = true,
                _ => {}
            }
            continue;
        }
        let amount = fact.amount("amount").unwrap_or(0);
        // "Commitments for later years are not in it; they stand against the authority."
        let later =
            matches!((fact.whole("fiscal_year"), year), (Some(own), Some(pot)) if own > pot);
        match fact.text("kind") {
            "allocation" => sum.allocated += amount,
            "call" => sum.called += amount,
            "commitment" if !later => commitments += amount,
            "commitment_release" if !later => releases += amount,
            "expense" => {
                expenses += amount;
                // "An expense settles what it names".
                if names_later(world, fact, year) {
                    for_later += amount;
                }
            }
            "refund" => refunds += amount,
            "commitment_authority" => sum.authority += amount,
            _ => {}
        }
        sum.state = after_booking(sum.state, fact.text("kind"));
    }
    // "An expense settles what it names, else the request's open commitments, oldest first; so
    // without releases it is the greater of Σ commitments and Σ expenses."
    let open = commitments - releases;
    // What was spent stays committed, also where more was released than is seen to be committed
    // (dossier 3.5, invariant 3).
    // What settles a commitment that is not in it "settles none" of those that are.
    sum.committed = open.max(expenses - for_later) + for_later;
    // "A `refund` lowers `spent` while the pot's year is open": no table here closes a year.
    sum.spent = expenses - refunds;
    sum.paid_out = if direct { expenses } else { sum.called };
    // "QV goes on by itself to Q11 if money was spent, else to Q15": who just ends owes no proof; who goes on, or gave
    // one, does, from the day the purpose was given up.
    if !sum.is_fulfilled && (sum.state != "closed" || is_proved) {
        sum.proof_due = ended.map(proof_due);
    }
    sum.freed = if given_up {
        sum.granted - sum.committed
    } else {
        0
    };
    sum
}

/// Whether an expense names a commitment of its request for a later year than the pot's.
fn names_later(world: &World, expense: &Fact, year: Option<i64>) -> bool {
    year.is_some_and(|year| names_one(world, expense, |it| it > year))
}

/// Whether an expense names a commitment of its request for such a year.
pub(super) fn names_one(world: &World, expense: &Fact, is_meant: impl Fn(i64) -> bool) -> bool {
    let Some(named) = expense.get("settles") else {
        return false;
    };
    let bookings = world.of("bookings", "request", expense.text("request"));
    bookings.iter().any(|it| {
        (it.text("reference") == named || it.identity == named)
            && it.text("kind") == "commitment"
            && it.whole("fiscal_year").is_some_and(&is_meant)
    })
}

/// What a step does to the figures.
fn step(sum: &mut Money, fact: &Fact) {
    match fact.text("step") {
        "resolved" | "resolved_with_conditions" => {
            // "`resolved` (with `amount`; less than requested = partial)".
            sum.resolved = Some(fact.amount("amount").unwrap_or(sum.requested));
            sum.decided_on = sum.decided_on.or(Some(fact.effective));
        }
        "rejected" => sum.decided_on = sum.decided_on.or(Some(fact.effective)),
        "granted" => sum.is_granted = true,
        "deferred" => sum.deferrals += 1,
        // "`blocked` (with `amount` = partly)": several parts add up, and a part may be lifted.
        "blocked" => {
            let part = fact.amount("amount").map(|part| sum.blocked + part);
            sum.blocked = part.unwrap_or(sum.granted);
        }
        "unblocked" => {
            let part = fact.amount("amount").map(|part| sum.blocked - part);
            sum.blocked = part.unwrap_or(0).max(0);
        }
        "purpose_fulfilled" => {
            sum.is_fulfilled = true;
            sum.proof_due = Some(proof_due(fact));
        }
        _ => {}
    }
    if sum.is_granted {
        sum.granted = sum.resolved.unwrap_or(0);
    }
}

/// "`proof_due` = the stated date, else six months after the purpose ends".
fn proof_due(end: &Fact) -> Date {
    let stated = end.date("due");
    stated.unwrap_or_else(|| end.effective.saturating_add(6.months()))
}
