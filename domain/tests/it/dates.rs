//! Money is judged by the rows' dates, not by their arrival.

use crate::support::{
    Stream, all, booking, correct, filed, given, granted, pot, pot_of, request, step,
};

/// Allocated 600.00 on 10 February, called 500.00 on 20 February, spent 400.00 on 1 March.
pub(crate) fn spent() -> Stream {
    given(all([
        vec![pot("1000.00")],
        granted("A-1", "1000.00", "2024-02-01"),
        vec![
            booking("BU-1", "A-1", "allocation", "600.00", "2024-02-10"),
            booking("BU-2", "A-1", "call", "500.00", "2024-02-20"),
            booking("BU-3", "A-1", "expense", "400.00", "2024-03-01"),
        ],
    ]))
}

#[test]
fn a_late_row_is_judged_where_it_belongs() {
    // On 25 February 500.00 were called and nothing spent; the expense of 1 March follows.
    spent()
        .when(booking("BU-4", "A-1", "expense", "100.00", "2024-02-25").received("2024-08-01"))
        .accepted();
    spent()
        .when(booking("BU-4", "A-1", "expense", "100.01", "2024-02-25").received("2024-08-01"))
        .refused("expense_exceeds_calls", "amount")
        .naming(["A-1 expense BU-3", "2024-03-01", "500.01"]);
    // Before the call there is nothing to spend: it is the row itself that is refused, no other is named.
    let said = spent()
        .when(booking("BU-4", "A-1", "expense", "1.00", "2024-02-19").received("2024-08-01"))
        .refused("expense_exceeds_calls", "amount");
    assert!(!said.refusal.en.contains("no longer"), "{}", said.refusal);
}

#[test]
fn the_known_date_changes_no_judgement() {
    for known in ["2024-02-25", "2024-03-02", "2029-01-01"] {
        spent()
            .when(booking("BU-4", "A-1", "expense", "100.00", "2024-02-25").received(known))
            .accepted();
        spent()
            .when(booking("BU-4", "A-1", "expense", "100.01", "2024-02-25").received(known))
            .refused("expense_exceeds_calls", "amount");
    }
}

#[test]
fn a_late_step_must_fit_the_steps_after_it() {
    let stream = given(all([
        vec![pot("1000.00")],
        granted("A-1", "100.00", "2024-02-01"),
    ]));
    stream
        .clone()
        .when(step("A-1", "documents_requested", "", "2024-01-04"))
        .refused("step_not_allowed", "step"); // of one day, the earlier position comes first: it is ranked after being cleared
    stream
        .clone()
        .when(step("A-1", "documents_requested", "", "2024-01-03"))
        .refused("step_not_allowed", "step")
        .naming(["A-1 formally_cleared", "2024-01-04", "documents_supplied"]);
    stream
        .clone()
        .when(step("A-1", "withdrawn", "", "2024-01-09"))
        .refused("step_not_allowed", "step")
        .naming(["A-1 resolved", "2024-01-31"]);
    stream
        .when(step("A-1", "reprioritised", "", "2024-01-06"))
        .accepted();
}

#[test]
fn of_one_day_requests_come_before_steps_before_bookings_then_by_position() {
    // All on one day, handed in in table order.
    let day = "2024-02-01";
    let mut acts = vec![pot("1000.00"), request("A-1", "100.00", day)];
    for word in [
        "formal_check_started",
        "formally_cleared",
        "assessed",
        "paper_filed",
    ] {
        acts.push(step("A-1", word, "", day));
    }
    acts.push(step("A-1", "resolved", "100.00", day));
    acts.push(booking("BU-9", "A-1", "allocation", "1.00", "2024-03-01"));
    // Not yet granted: the later booking is refused.
    let without = given(acts[..acts.len() - 1].to_vec());
    without
        .clone()
        .when(booking("BU-9", "A-1", "allocation", "1.00", "2024-03-01"))
        .refused("step_not_allowed", "kind");
    // The grant may arrive after a booking of the same day was refused, and goes before it.
    let granted = without.when(step("A-1", "granted", "", day)).accepted();
    let booked = granted
        .when(booking("BU-1", "A-1", "allocation", "50.00", day))
        .accepted();
    // A step that arrives after the booking stands before it all the same.
    booked
        .clone()
        .when(step("A-1", "blocked", "50.00", day))
        .accepted();
    booked
        .when(step("A-1", "blocked", "50.01", day))
        .refused("allocation_exceeds_grant", "amount")
        .naming(["A-1 allocation BU-1"]);
}

#[test]
fn a_corrected_amount_is_judged_like_the_row() {
    let correction =
        |key: &str, date: &str, amount: &str| correct("bookings", key, date, &[("amount", amount)]);
    spent()
        .when(correction("BU-3", "2024-03-01", "500.00"))
        .accepted();
    spent()
        .when(correction("BU-3", "2024-03-01", "500.01"))
        .refused("expense_exceeds_calls", "amount");
    spent()
        .when(correction("BU-2", "2024-02-20", "400.00"))
        .accepted();
    spent()
        .when(correction("BU-2", "2024-02-20", "399.99"))
        .refused("expense_exceeds_calls", "amount")
        .naming(["A-1 expense BU-3"]);
    spent()
        .when(correct(
            "requests",
            "A-1",
            "2024-01-02",
            &[("amount", "999.99")],
        ))
        .refused("resolved_exceeds_requested", "amount")
        .naming(["A-1 resolved", "2024-01-31"]);
}

#[test]
fn moving_or_annulling_a_row_is_judged_too() {
    let move_call = |to: &str| correct("bookings", "BU-2", "2024-02-20", &[]).moved_to(to);
    spent().when(move_call("2024-02-29")).accepted();
    spent().when(move_call("2024-03-01")).accepted(); // of one day, it keeps its earlier position
    spent()
        .when(move_call("2024-03-02"))
        .refused("expense_exceeds_calls", "amount")
        .naming(["BU-3"]);
    spent()
        .when(move_call("2024-02-09"))
        .refused("step_not_allowed", "kind");
    spent()
        .when(correct("bookings", "BU-2", "2024-02-20", &[]).void())
        .refused("expense_exceeds_calls", "amount")
        .naming(["BU-3"]);
    spent()
        .when(correct("requests", "A-1", "2024-01-02", &[]).void())
        .refused("request_not_submitted", "date")
        .naming(["A-1 formal_check_started"]);
    // From the end, everything can be taken back.
    let stream = spent()
        .when(correct("bookings", "BU-3", "2024-03-01", &[]).void())
        .accepted();
    stream
        .when(correct("bookings", "BU-2", "2024-02-20", &[]).void())
        .accepted();
}

#[test]
fn a_correction_that_is_not_the_newest_changes_nothing_that_holds() {
    let amount = |amount: &str| correct("bookings", "BU-3", "2024-03-01", &[("amount", amount)]);
    let spent = |known: &str| {
        given(all([
            vec![pot("1000.00")],
            granted("A-1", "1000.00", "2024-02-01"),
            vec![
                booking("BU-1", "A-1", "allocation", "600.00", "2024-02-10"),
                booking("BU-2", "A-1", "call", "500.00", "2024-02-20"),
                booking("BU-3", "A-1", "expense", "400.00", "2024-03-01").received(known),
            ],
        ]))
    };
    let stream = spent("2024-03-02")
        .when(amount("300.00").received("2024-06-01"))
        .accepted();
    // Known earlier, so below the later one: 9,999.00 never hold when everything is known.
    let stream = stream
        .when(amount("9999.00").received("2024-05-01"))
        .accepted();
    stream
        .clone()
        .when(booking("BU-4", "A-1", "expense", "200.00", "2024-04-01"))
        .accepted();
    stream
        .when(booking("BU-4", "A-1", "expense", "200.01", "2024-04-01"))
        .refused("expense_exceeds_calls", "amount");
}

#[test]
fn by_itself_a_waived_or_revoked_request_goes_on_by_what_was_spent_on_its_day() {
    let direct = || {
        given(all([
            vec![pot_of("1000.00", "", "direct")],
            granted("A-1", "1000.00", "2024-02-01"),
            vec![booking("BU-1", "A-1", "allocation", "600.00", "2024-02-10")],
        ]))
    };
    // Nothing spent: closed, and no proof is due.
    let closed = direct()
        .when(step("A-1", "waived", "", "2024-04-01"))
        .accepted();
    closed
        .clone()
        .when(step("A-1", "proof_submitted", "", "2024-05-01"))
        .refused("step_not_allowed", "step");
    // A late expense from before the waiver changes that: the proof is due now.
    let proof = closed
        .when(booking("BU-2", "A-1", "expense", "1.00", "2024-03-01"))
        .accepted();
    let proof = proof
        .when(step("A-1", "proof_submitted", "", "2024-05-01"))
        .accepted();
    // And then it cannot be annulled without the proof.
    proof
        .when(correct("bookings", "BU-2", "2024-03-01", &[]).void())
        .refused("step_not_allowed", "step")
        .naming(["A-1 proof_submitted", "2024-05-01"]);
    // Revoked with money paid out: it waits for the clawback.
    let revoked = direct()
        .when(booking("BU-2", "A-1", "expense", "1.00", "2024-03-01"))
        .accepted()
        .when(step("A-1", "revoked", "", "2024-04-01"))
        .accepted();
    let clawback = revoked
        .when(step("A-1", "clawback_set", "1.00", "2024-05-01"))
        .accepted();
    clawback
        .when(step("A-1", "repayment_booked", "", "2024-06-01"))
        .accepted();
    direct()
        .when(step("A-1", "revoked", "", "2024-04-01"))
        .accepted()
        .when(step("A-1", "clawback_set", "1.00", "2024-05-01"))
        .refused("step_not_allowed", "step");
}

#[test]
fn one_request_knows_nothing_of_the_acts_of_another() {
    let stream = given(all([
        vec![pot("1000.00")],
        granted("A-1", "400.00", "2024-02-01"),
        granted("A-2", "400.00", "2024-02-01"),
        vec![
            booking("BU-1", "A-1", "allocation", "400.00", "2024-02-10"),
            booking("BU-2", "A-1", "call", "400.00", "2024-02-20"),
        ],
    ]));
    stream
        .clone()
        .when(booking("BU-3", "A-2", "expense", "1.00", "2024-03-01"))
        .refused("step_not_allowed", "kind");
    stream
        .when(booking("BU-3", "A-1", "expense", "400.00", "2024-03-01"))
        .accepted();
}

#[test]
fn of_several_requests_that_would_break_always_the_first_by_id_is_named() {
    let mut acts = vec![pot("9000.00")];
    for number in (1..=8).rev() {
        acts.extend(granted(&format!("A-{number}"), "1000.00", "2024-02-01"));
    }
    let stream = given(acts);
    for _ in 0..20 {
        stream
            .clone()
            .when(correct("pots", "T-1", "2024-01-01", &[]).void())
            .refused("pot_not_resolved", "request")
            .naming(["A-1 granted"]);
    }
}

#[test]
fn a_pot_is_judged_by_its_own_state_of_the_day() {
    let state = |amount: &str, day: &str| pot_of(amount, "", "call").valid_from(day);
    let stream = given(all([
        vec![
            pot("100.00"),
            state("300.00", "2024-03-01"),
            state("200.00", "2024-05-01"),
        ],
        granted("A-1", "100.00", "2024-02-01"),
    ]));
    let grant = |day: &str| {
        let mut acts = filed("A-2", "150.00");
        acts.push(step("A-2", "resolved", "101.00", "2024-01-31"));
        let stream = acts
            .into_iter()
            .fold(stream.clone(), |stream, act| stream.when(act).accepted());
        stream.when(step("A-2", "granted", "", day))
    };
    grant("2024-02-29")
        .refused("pot_exceeded", "amount")
        .naming(["2024-02-29"]);
    // It would hold on its own day, but not from May on.
    grant("2024-03-01")
        .refused("pot_exceeded", "amount")
        .naming(["2024-05-01", "201.00", "200.00"]);
    // An annulled state never was: March's holds on, and May's day is free for what is later.
    let stream = stream
        .when(correct("pots", "T-1", "2024-05-01", &[]).void())
        .accepted();
    let stream = stream.when(state("250.00", "2024-04-01")).accepted();
    stream
        .when(state("250.00", "2024-05-01"))
        .refused("use_correction", None);
}

#[test]
fn a_pot_nobody_draws_on_may_hold_back_more_than_it_has() {
    let stream = given([pot_of("100.00", "200.00", "call")]);
    let mut acts = filed("A-1", "1.00");
    acts.push(step("A-1", "resolved", "0.01", "2024-01-31"));
    let stream = acts
        .into_iter()
        .fold(stream, |stream, act| stream.when(act).accepted());
    stream
        .when(step("A-1", "granted", "", "2024-02-01"))
        .refused("pot_exceeded", "amount")
        .naming(["-100.00"]);
}
