//! The state machine of a request, walked without judging.

/// "Request states: … (the dossier's states in order)".
const STATES: [&str; 22] = [
    "submitted",
    "formal_check",
    "completion_requested",
    "formally_rejected",
    "substantive_check",
    "ranked",
    "paper_filed",
    "deferred",
    "resolved",
    "rejected",
    "granted",
    "blocked",
    "allocated",
    "spending",
    "proof_due",
    "proof_submitted",
    "proof_queried",
    "clawback",
    "closed",
    "withdrawn",
    "waived",
    "revoked",
];

/// The place of a state in the dossier's order.
fn place(state: &str) -> usize {
    STATES.iter().position(|name| *name == state).unwrap_or(0)
}

/// "Answers never judge: the state at (V, K) is the one after the last visible step." Where a
/// step goes does not depend on where it comes from, except: `condition_met` and a partial block
/// leave the state; `unblocked` ends a block.
#[expect(clippy::match_same_arms, reason = "one line per step of the contract")]
pub(crate) fn after_step(
    state: &'static str,
    step: &str,
    partly: bool,
    spent: i64,
    paid_out: i64,
) -> &'static str {
    match step {
        "formal_check_started" | "documents_supplied" => "formal_check",
        "documents_requested" => "completion_requested",
        "formally_rejected" => "formally_rejected",
        "formally_cleared" => "substantive_check",
        "assessed" | "reprioritised" => "ranked",
        "paper_filed" | "resubmitted" => "paper_filed",
        "resolved" | "resolved_with_conditions" => "resolved",
        "deferred" => "deferred",
        "rejected" => "rejected",
        "granted" => "granted",
        "blocked" if !partly => "blocked",
        "unblocked" if place(state) <= place("blocked") => "granted",
        "purpose_fulfilled" => "proof_due",
        "proof_submitted" | "proof_amended" => "proof_submitted",
        "proof_queried" => "proof_queried",
        "proof_accepted" | "repayment_booked" => "closed",
        "clawback_set" => "clawback",
        "withdrawn" => "withdrawn",
        // "QV goes on by itself to Q11 if money was spent, else to Q15".
        "waived" if spent > 0 => "proof_due",
        "waived" => "closed",
        // "from QR, `clawback_set` leads to Q14 if money was paid out, else the request ends in
        // Q15 by itself".
        "revoked" if paid_out > 0 => "revoked",
        "revoked" => "closed",
        _ => state,
    }
}

/// "T18 Q8→Q9, Q9→Q9, Q10→Q10: `allocation`"; "T19 Q9→Q10: `call`, `commitment` or `expense`";
/// releases, refunds and a late invoice leave the state as it is.
pub(crate) fn after_booking(state: &'static str, kind: &str) -> &'static str {
    let target = match kind {
        "allocation" => "allocated",
        "call" | "commitment" | "expense" | "commitment_authority" => "spending",
        _ => return state,
    };
    if place(state) < place(target) {
        target
    } else {
        state
    }
}
