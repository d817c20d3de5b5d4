//! "How money rows are judged", each guard at the cent.

use crate::support::{Stream, all, booking, correct, filed, given, granted, pot, pot_of, step};

/// One request of 1,000.00, granted on 1 February, allocated 600.00, on a pot of 5,000.00.
pub(crate) fn running(mode: &str) -> Stream {
    given(all([
        vec![pot_of("5000.00", "", mode)],
        granted("A-1", "1000.00", "2024-02-01"),
        vec![booking("BU-1", "A-1", "allocation", "600.00", "2024-02-02")],
    ]))
}

#[test]
fn resolved_is_at_most_requested() {
    for word in ["resolved", "resolved_with_conditions"] {
        let stream = given(filed("A-1", "100.00"));
        stream
            .clone()
            .when(step("A-1", word, "100.00", "2024-01-31"))
            .accepted();
        stream
            .when(step("A-1", word, "100.01", "2024-01-31"))
            .refused("resolved_exceeds_requested", "amount")
            .naming(["100.01", "100.00"]);
    }
}

#[test]
fn granted_is_what_was_resolved() {
    let stream = given(all([
        vec![pot("1000.00")],
        filed("A-1", "100.00"),
        vec![step("A-1", "resolved", "80.00", "2024-01-31")],
    ]));
    stream
        .clone()
        .when(step("A-1", "granted", "", "2024-02-01"))
        .accepted();
    stream
        .clone()
        .when(step("A-1", "granted", "80.00", "2024-02-01"))
        .accepted();
    for amount in ["79.99", "80.01"] {
        stream
            .clone()
            .when(step("A-1", "granted", amount, "2024-02-01"))
            .refused("granted_differs", "amount");
    }
}

#[test]
fn allocations_are_at_most_what_is_granted_and_not_blocked() {
    let stream = running("call");
    stream
        .clone()
        .when(booking("BU-2", "A-1", "allocation", "400.00", "2024-02-03"))
        .accepted();
    stream
        .clone()
        .when(booking("BU-2", "A-1", "allocation", "400.01", "2024-02-03"))
        .refused("allocation_exceeds_grant", "amount")
        .naming(["1000.01", "1000.00"]);
    // A part is blocked: the rest may be allocated.
    let blocked = stream
        .when(step("A-1", "blocked", "150.00", "2024-02-03"))
        .accepted();
    blocked
        .clone()
        .when(booking("BU-2", "A-1", "allocation", "250.00", "2024-02-04"))
        .accepted();
    blocked
        .clone()
        .when(booking("BU-2", "A-1", "allocation", "250.01", "2024-02-04"))
        .refused("allocation_exceeds_grant", "amount");
    // What is allocated cannot be blocked.
    blocked
        .clone()
        .when(step("A-1", "blocked", "250.00", "2024-02-04"))
        .accepted();
    blocked
        .clone()
        .when(step("A-1", "blocked", "250.01", "2024-02-04"))
        .refused("allocation_exceeds_grant", "amount");
    // Lifted in part, then wholly.
    let lifted = blocked
        .when(step("A-1", "unblocked", "100.00", "2024-02-05"))
        .accepted();
    lifted
        .clone()
        .when(booking("BU-2", "A-1", "allocation", "350.00", "2024-02-06"))
        .accepted();
    lifted
        .clone()
        .when(booking("BU-2", "A-1", "allocation", "350.01", "2024-02-06"))
        .refused("allocation_exceeds_grant", "amount");
    let lifted = lifted
        .when(step("A-1", "unblocked", "", "2024-02-06"))
        .accepted();
    lifted
        .when(booking("BU-2", "A-1", "allocation", "400.00", "2024-02-07"))
        .accepted();
}

#[test]
fn lifting_part_of_a_full_block_leaves_the_rest_blocked() {
    let stream = given(all([
        vec![pot("5000.00")],
        granted("A-1", "1000.00", "2024-02-01"),
    ]))
    .when(step("A-1", "blocked", "", "2024-02-02"))
    .accepted()
    .when(step("A-1", "unblocked", "300.00", "2024-02-03"))
    .accepted();
    stream
        .clone()
        .when(booking("BU-1", "A-1", "allocation", "300.00", "2024-02-04"))
        .accepted();
    stream
        .when(booking("BU-1", "A-1", "allocation", "300.01", "2024-02-04"))
        .refused("allocation_exceeds_grant", "amount");
}

#[test]
fn a_block_before_the_grant_is_refused() {
    let stream = given(all([
        filed("A-1", "100.00"),
        vec![step("A-1", "resolved", "80.00", "2024-01-31")],
    ]));
    for amount in ["", "10.00"] {
        stream
            .clone()
            .when(step("A-1", "blocked", amount, "2024-02-01"))
            .refused("step_not_allowed", "step");
    }
}

#[test]
fn calls_are_at_most_the_allocations() {
    for mode in ["call", "direct"] {
        running(mode)
            .when(booking("BU-2", "A-1", "call", "600.00", "2024-02-03"))
            .accepted();
        running(mode)
            .when(booking("BU-2", "A-1", "call", "600.01", "2024-02-03"))
            .refused("call_exceeds_allocation", "amount");
    }
}

#[test]
fn expenses_are_at_most_the_calls_or_directly_paid_the_allocations() {
    let called = running("call")
        .when(booking("BU-2", "A-1", "call", "300.00", "2024-02-03"))
        .accepted();
    called
        .clone()
        .when(booking("BU-3", "A-1", "expense", "300.00", "2024-02-04"))
        .accepted();
    called
        .clone()
        .when(booking("BU-3", "A-1", "expense", "300.01", "2024-02-04"))
        .refused("expense_exceeds_calls", "amount");
    running("call")
        .when(booking("BU-3", "A-1", "expense", "0.01", "2024-02-04"))
        .refused("expense_exceeds_calls", "amount");
    running("direct")
        .when(booking("BU-3", "A-1", "expense", "600.00", "2024-02-04"))
        .accepted();
    running("direct")
        .when(booking("BU-3", "A-1", "expense", "600.01", "2024-02-04"))
        .refused("expense_exceeds_allocation", "amount");
    // Money that came back may be spent again.
    let back = called
        .when(booking("BU-3", "A-1", "expense", "300.00", "2024-02-04"))
        .accepted()
        .when(booking("BU-4", "A-1", "refund", "20.00", "2024-02-05"))
        .accepted();
    back.clone()
        .when(booking("BU-5", "A-1", "expense", "20.00", "2024-02-06"))
        .accepted();
    back.when(booking("BU-5", "A-1", "expense", "20.01", "2024-02-06"))
        .refused("expense_exceeds_calls", "amount");
}

/// The scenario's request A-24-11: spending, with an authority of 800,000.00 for 2025.
fn with_authority() -> Stream {
    given(all([
        vec![pot("4500000.00")],
        granted("A-24-11", "2400000.00", "2024-04-08"),
        vec![
            booking(
                "BU-2411-01",
                "A-24-11",
                "allocation",
                "2400000.00",
                "2024-04-15",
            ),
            booking(
                "BU-2411-02",
                "A-24-11",
                "commitment",
                "1155000.00",
                "2024-04-26",
            ),
            booking(
                "BU-2411-09",
                "A-24-11",
                "commitment_authority@2025",
                "800000.00",
                "2024-10-15",
            ),
        ],
    ]))
}

#[test]
fn commitments_for_later_years_are_at_most_the_authority() {
    let commit =
        |amount: &str, kind: &str, date: &str| booking("BU-9", "A-24-11", kind, amount, date);
    with_authority()
        .when(commit("800000.00", "commitment@2025", "2024-11-02"))
        .accepted();
    with_authority()
        .when(commit(
            "800000.00",
            "commitment@2025#authority",
            "2024-11-02",
        ))
        .accepted();
    for kind in ["commitment@2025", "commitment@2025#authority"] {
        with_authority()
            .when(commit("800000.01", kind, "2024-11-02"))
            .refused("commitment_exceeds_authority", "amount")
            .naming(["800000.01", "800000.00"]);
    }
    // The authority holds from its own day, for its own year, and only that basis needs it.
    with_authority()
        .when(commit("0.01", "commitment@2025", "2024-10-14"))
        .refused("commitment_exceeds_authority", "amount");
    with_authority()
        .when(commit("0.01", "commitment@2026", "2024-11-02"))
        .refused("commitment_exceeds_authority", "amount");
    with_authority()
        .when(commit(
            "900000.00",
            "commitment@2025#transferable",
            "2024-11-02",
        ))
        .accepted();
    with_authority()
        .when(commit("900000.00", "commitment@2025#ongoing", "2024-11-02"))
        .accepted();
    // The pot's own year needs none, whatever is committed.
    with_authority()
        .when(commit("9000000.00", "commitment", "2024-11-02"))
        .accepted();
}

#[test]
fn what_is_released_may_be_committed_again_but_no_more() {
    let released = |amount: &str| {
        with_authority()
            .when(booking(
                "BU-3",
                "A-24-11",
                "commitment@2025",
                "800000.00",
                "2024-11-02",
            ))
            .accepted()
            .when(booking(
                "BU-4",
                "A-24-11",
                "commitment_release@2025",
                amount,
                "2024-11-03",
            ))
            .accepted()
    };
    let again = |amount: &str| booking("BU-5", "A-24-11", "commitment@2025", amount, "2024-11-04");
    released("100.00").when(again("100.00")).accepted();
    released("100.00")
        .when(again("100.01"))
        .refused("commitment_exceeds_authority", "amount");
    // A release of more than was committed gives no authority that was never assigned.
    released("900000.00").when(again("800000.00")).accepted();
    released("900000.00")
        .when(again("800000.01"))
        .refused("commitment_exceeds_authority", "amount");
}

#[test]
fn an_authority_is_not_corrected_below_what_rests_on_it() {
    let committed = with_authority()
        .when(booking(
            "BU-3",
            "A-24-11",
            "commitment@2025",
            "800000.00",
            "2024-11-02",
        ))
        .accepted();
    let lower = |amount: &str| {
        correct(
            "bookings",
            "BU-2411-09",
            "2024-10-15",
            &[("amount", amount)],
        )
    };
    committed
        .clone()
        .when(lower("799999.99"))
        .refused("commitment_exceeds_authority", "amount")
        .naming(["A-24-11 commitment BU-3", "2024-11-02"]);
    committed.when(lower("800000.00")).accepted();
}

#[test]
fn allocation_call_and_expense_carry_the_year_of_the_pot() {
    for kind in ["allocation", "call", "expense"] {
        running("direct")
            .when(booking("BU-2", "A-1", kind, "1.00", "2024-02-03"))
            .accepted();
        for year in ["2023", "2025"] {
            running("direct")
                .when(booking(
                    "BU-2",
                    "A-1",
                    &format!("{kind}@{year}"),
                    "1.00",
                    "2024-02-03",
                ))
                .refused("wrong_fiscal_year", "fiscal_year")
                .naming(["2024"]);
        }
    }
    running("direct")
        .when(booking("BU-2", "A-1", "expense@1989", "1.00", "2024-02-03"))
        .refused("bad_year", "fiscal_year");
}
