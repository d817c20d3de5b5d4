//! Bookings that replace others, and what else they mention.

use crate::{
    dates::spent,
    support::{all, booking, correct, filed, given, granted, pot, replacing, row},
};

#[test]
fn a_booking_replaces_another_in_full() {
    let stream = spent();
    stream
        .clone()
        .when(replacing(
            "BU-3",
            "BU-3a",
            "A-1",
            "expense",
            "500.01",
            "2024-03-01",
        ))
        .refused("expense_exceeds_calls", "amount");
    let stream = stream
        .when(replacing(
            "BU-3",
            "BU-3a",
            "A-1",
            "expense",
            "500.00",
            "2024-03-05",
        ))
        .accepted();
    // The replaced booking no longer counts; the replacing one does, from its own day.
    stream
        .clone()
        .when(booking("BU-4", "A-1", "expense", "0.01", "2024-03-06"))
        .refused("expense_exceeds_calls", "amount");
    stream
        .clone()
        .when(booking("BU-4", "A-1", "expense", "0.01", "2024-03-04"))
        .refused("expense_exceeds_calls", "amount")
        .naming(["A-1 expense BU-3a", "2024-03-05"]);
    // Both references mean the one row from now on.
    let again = |of: &str| replacing(of, "BU-3b", "A-1", "expense", "10.00", "2024-03-05");
    for of in ["BU-3", "BU-3a"] {
        stream
            .clone()
            .when(again(of))
            .accepted()
            .when(booking("BU-4", "A-1", "expense", "490.00", "2024-03-06"))
            .accepted();
    }
    stream
        .clone()
        .when(correct(
            "bookings",
            "BU-3a",
            "2024-03-05",
            &[("amount", "1.00")],
        ))
        .accepted()
        .when(booking("BU-4", "A-1", "expense", "499.00", "2024-03-06"))
        .accepted();
    stream
        .when(replacing(
            "BU-X",
            "BU-Y",
            "A-1",
            "expense",
            "1.00",
            "2024-03-06",
        ))
        .refused("no_such_row", "corrects")
        .naming(["BU-X"]);
}

#[test]
fn a_booking_with_a_key_of_its_own_is_still_found_by_its_reference() {
    let stream = spent()
        .when(booking("BU-4", "A-1", "expense", "100.00", "2024-03-02").key("K-77"))
        .accepted();
    let stream = stream
        .when(replacing(
            "BU-4",
            "BU-4a",
            "A-1",
            "expense",
            "50.00",
            "2024-03-02",
        ))
        .accepted();
    stream
        .clone()
        .when(booking("BU-5", "A-1", "expense", "50.00", "2024-03-03"))
        .accepted();
    // A reference belongs to one booking, whatever keys they carry.
    stream
        .when(booking("BU-4", "A-1", "expense", "1.00", "2024-03-03").key("K-78"))
        .refused("use_correction", None);
}

#[test]
fn a_booking_may_be_replaced_by_one_of_another_request_on_the_pot() {
    let stream = spent();
    let stream = all([filed("A-2", "10.00")])
        .into_iter()
        .fold(stream, |stream, act| stream.when(act).accepted());
    stream
        .clone()
        .when(replacing(
            "BU-3",
            "BU-3a",
            "A-2",
            "expense",
            "10.00",
            "2024-03-01",
        ))
        .refused("step_not_allowed", "kind");
    stream
        .when(correct(
            "bookings",
            "BU-3",
            "2024-03-01",
            &[("request", "A-2")],
        ))
        .refused("step_not_allowed", "kind");
}

#[test]
fn what_a_booking_is_judged_by_is_no_matter_of_correction() {
    spent()
        .when(correct("requests", "A-1", "2024-01-02", &[("pot", "T-2")]))
        .refused("identity_fixed", "pot");
    spent()
        .when(correct(
            "bookings",
            "BU-3",
            "2024-03-01",
            &[("corrects", "BU-2")],
        ))
        .refused("identity_fixed", "corrects");
}

#[test]
fn an_expense_may_name_the_commitment_it_settles() {
    let bound = || {
        given(all([
            vec![pot("1000.00")],
            granted("A-1", "1000.00", "2024-02-01"),
            vec![
                booking("BU-1", "A-1", "allocation", "600.00", "2024-02-10"),
                booking("BU-2", "A-1", "call", "500.00", "2024-02-20"),
                booking("BU-3", "A-1", "commitment", "400.00", "2024-03-01"),
            ],
        ]))
    };
    let settling = |kind: &str| {
        row(
            "bookings",
            &[
                ("reference", "BU-4"),
                ("request", "A-1"),
                ("kind", kind),
                ("amount", "1.00"),
                ("fiscal_year", "2024"),
                ("settles", "BU-3"),
                ("date", "2024-03-02"),
            ],
        )
    };
    bound().when(settling("expense")).accepted();
    // In `spent()` BU-3 is an expense itself.
    spent()
        .when(settling("expense"))
        .refused("no_commitment", "settles");
    bound()
        .when(settling("call"))
        .refused("settles_nothing", "settles");
    spent()
        .when(replacing(
            "BU-4",
            "BU-4",
            "A-1",
            "expense",
            "1.00",
            "2024-03-02",
        ))
        .refused("corrects_itself", "corrects");
}
