//! States of one thing and the corrections that move them.

use leitstand_domain::Row;

use crate::support::{correct, given, row};

#[test]
fn two_states_never_hold_from_one_day() {
    let sitting = |date: &str| {
        row(
            "sittings",
            &[("id", "S-1"), ("body", "B-1"), ("date", date)],
        )
    };
    let stream = given([
        sitting("2024-06-19").received("2023-12-01"),
        sitting("2024-07-03")
            .received("2024-05-01")
            .valid_from("2024-05-01"),
    ]);
    let moved = |from: &str, to: &str| correct("sittings", "S-1", from, &[]).moved_to(to);
    stream
        .clone()
        .when(moved("2024-05-01", "2023-12-01"))
        .refused("state_exists", "to_date");
    let stream = stream.when(moved("2024-05-01", "2024-04-15")).accepted();
    stream.when(moved("2023-12-01", "2024-04-14")).accepted();
}

#[test]
fn of_two_states_the_one_that_has_the_day_is_corrected() {
    let sitting = |date: &str| {
        row(
            "sittings",
            &[("id", "S-1"), ("body", "B-1"), ("date", date)],
        )
    };
    let moved = |from: &str, to: &str| correct("sittings", "S-1", from, &[]).moved_to(to);
    // The first state leaves its day, the second takes it.
    let stream = given([
        sitting("2024-06-19").received("2023-12-01"),
        sitting("2024-07-03")
            .received("2024-05-01")
            .valid_from("2024-05-01"),
        moved("2023-12-01", "2023-11-01"),
        moved("2024-05-01", "2023-12-01"),
    ]);
    let stream = stream
        .when(correct(
            "sittings",
            "S-1",
            "2023-12-01",
            &[("number", "44")],
        ))
        .accepted();
    let numbers: Vec<bool> = stream
        .ledger
        .roots()
        .iter()
        .map(|it| matches!(&it.newest().row, Row::SittingScheduled(it) if it.number.is_some()))
        .collect();
    assert_eq!(numbers, [false, true]);
}
