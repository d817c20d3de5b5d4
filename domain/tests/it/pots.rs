//! What a pot bears: grants, what is freed, and changes of the pot itself.

use crate::{
    guards::running,
    support::{
        Act, Stream, all, booking, correct, filed, given, granted, pot, pot_of, request, step,
    },
};

#[test]
fn the_pot_less_its_reserve_bears_the_grants_to_the_cent() {
    for (amount, reserve) in [
        ("1000.00", ""),
        ("1200.00", "200.00"),
        ("900.00", "-100.00"),
    ] {
        let stream = given(all([
            vec![pot_of(amount, reserve, "call")],
            granted("A-1", "999.99", "2024-02-01"),
        ]));
        let mut second = filed("A-2", "1.00");
        second.push(step("A-2", "resolved", "0.01", "2024-01-31"));
        let stream = second
            .into_iter()
            .fold(stream, |stream, act| stream.when(act).accepted());
        stream
            .when(step("A-2", "granted", "", "2024-02-02"))
            .accepted();

        let stream = given(all([
            vec![pot_of(amount, reserve, "call")],
            granted("A-1", "999.99", "2024-02-01"),
        ]));
        let mut second = filed("A-2", "1.00");
        second.push(step("A-2", "resolved", "0.02", "2024-01-31"));
        let stream = second
            .into_iter()
            .fold(stream, |stream, act| stream.when(act).accepted());
        stream
            .when(step("A-2", "granted", "", "2024-02-02"))
            .refused("pot_exceeded", "amount")
            .naming(["2024-02-02", "1000.01", "1000.00"]);
    }
}

#[test]
fn a_grant_needs_the_pot_on_its_day() {
    let mut acts = filed("A-1", "10.00");
    acts.push(step("A-1", "resolved", "10.00", "2024-01-31"));
    let stream = given(acts); // the pot of a request may be resolved later
    stream
        .clone()
        .when(step("A-1", "granted", "", "2024-02-01"))
        .refused("pot_not_resolved", "request");
    let late = stream
        .when(pot("100.00").valid_from("2024-02-02"))
        .accepted();
    late.clone()
        .when(step("A-1", "granted", "", "2024-02-01"))
        .refused("pot_not_resolved", "request");
    late.when(step("A-1", "granted", "", "2024-02-02"))
        .accepted();
}

#[test]
fn a_pot_does_not_turn_to_calls_where_more_is_spent_than_called() {
    let spent = running("direct")
        .when(booking("BU-2", "A-1", "expense", "200.00", "2024-02-04"))
        .accepted();
    let by_call = || pot_of("5000.00", "", "call").valid_from("2024-03-01");
    spent
        .clone()
        .when(by_call())
        .refused("expense_exceeds_calls", "amount")
        .naming(["A-1", "2024-03-01", "200.00"]);
    let turned = spent
        .when(booking("BU-3", "A-1", "call", "200.00", "2024-03-01"))
        .accepted()
        .when(by_call())
        .accepted();
    // Nor is more spent before that day than is called by then.
    turned
        .when(booking("BU-4", "A-1", "expense", "0.01", "2024-02-05"))
        .refused("expense_exceeds_calls", "amount")
        .naming(["A-1", "2024-03-01", "200.01"]);
}

#[test]
fn a_call_does_not_move_past_the_day_the_pot_turns_to_calls() {
    let turned = running("direct")
        .when(booking("BU-2", "A-1", "expense", "200.00", "2024-02-04"))
        .accepted()
        .when(booking("BU-3", "A-1", "call", "200.00", "2024-02-05"))
        .accepted()
        .when(pot_of("5000.00", "", "call").valid_from("2024-03-01"))
        .accepted();
    let moved = |to: &str| correct("bookings", "BU-3", "2024-02-05", &[]).moved_to(to);
    turned.clone().when(moved("2024-03-01")).accepted();
    turned
        .when(moved("2024-03-02"))
        .refused("expense_exceeds_calls", "amount")
        .naming(["A-1", "2024-03-01"]);
}

#[test]
fn a_pot_stays_above_what_is_granted() {
    let stream = given(all([
        vec![pot("5000.00")],
        granted("A-1", "1000.00", "2024-02-01"),
        granted("A-2", "500.00", "2024-06-01"),
    ]));
    let lowered =
        |amount: &str, reserve: &str, day: &str| pot_of(amount, reserve, "call").valid_from(day);
    stream
        .clone()
        .when(lowered("1500.00", "", "2024-03-01"))
        .accepted();
    stream
        .clone()
        .when(lowered("1499.99", "", "2024-06-01"))
        .refused("pot_below_granted", "amount");
    stream
        .clone()
        .when(lowered("1600.00", "100.01", "2024-06-02"))
        .refused("pot_below_granted", "amount");
    // Lowered before the second grant: that grant is the row it would break.
    stream
        .clone()
        .when(lowered("1499.99", "", "2024-03-01"))
        .refused("pot_below_granted", "amount")
        .naming(["A-2 granted", "2024-06-01", "1500.00", "1499.99"]);
    // The same by correcting the first state.
    let correction = |amount: &str| correct("pots", "T-1", "2024-01-01", &[("amount", amount)]);
    stream.clone().when(correction("1500.00")).accepted();
    stream
        .clone()
        .when(correction("1499.99"))
        .refused("pot_below_granted", "amount");
    stream
        .clone()
        .when(correct("pots", "T-1", "2024-01-01", &[]).moved_to("2024-02-02"))
        .refused("pot_not_resolved", "request");
    stream
        .when(correct("pots", "T-1", "2024-01-01", &[]).void())
        .refused("pot_not_resolved", "request");
}

#[test]
fn a_pot_id_stands_for_one_fiscal_year() {
    let next_year = row_of_year("2025").valid_from("2024-06-01");
    given([pot("100.00")])
        .when(next_year)
        .refused("one_fiscal_year", "fiscal_year");
    // Correcting the year of a pot nobody drew on is no matter of two years.
    given([pot("100.00")])
        .when(correct(
            "pots",
            "T-1",
            "2024-01-01",
            &[("fiscal_year", "2025")],
        ))
        .accepted();
    running("call")
        .when(correct(
            "pots",
            "T-1",
            "2024-01-01",
            &[("fiscal_year", "2025")],
        ))
        .refused("wrong_fiscal_year", "fiscal_year")
        .naming(["A-1 allocation BU-1", "2024-02-02"]);
}

fn row_of_year(year: &str) -> Act {
    crate::support::row(
        "pots",
        &[
            ("id", "T-1"),
            ("fiscal_year", year),
            ("amount", "100.00"),
            ("resolved_on", "2024-01-01"),
        ],
    )
}

/// A-1 has 1,000.00 of a pot of 1,000.00; A-2 waits for 400.00.
fn full_pot() -> Stream {
    let mut second = filed("A-2", "400.00");
    second.push(step("A-2", "resolved", "400.00", "2024-01-31"));
    given(all([
        vec![pot("1000.00")],
        granted("A-1", "1000.00", "2024-02-01"),
        vec![
            booking("BU-1", "A-1", "allocation", "600.00", "2024-02-02"),
            booking("BU-2", "A-1", "commitment", "600.00", "2024-02-03"),
        ],
        second,
    ]))
}

#[test]
fn a_waiver_frees_what_is_not_committed_from_its_day_on() {
    let grant = |day: &str| step("A-2", "granted", "", day);
    full_pot()
        .when(grant("2024-03-01"))
        .refused("pot_exceeded", "amount");
    for word in ["waived", "revoked"] {
        let ended = full_pot()
            .when(step("A-1", word, "", "2024-03-01"))
            .accepted();
        ended
            .clone()
            .when(grant("2024-02-29"))
            .refused("pot_exceeded", "amount")
            .naming(["2024-02-29", "1400.00"]);
        let granted = ended.when(grant("2024-03-01")).accepted();
        // What the grant rests on cannot be taken away again.
        granted
            .clone()
            .when(
                correct(
                    "request_steps",
                    &format!("A-1/2024-03-01/{word}"),
                    "2024-03-01",
                    &[],
                )
                .void(),
            )
            .refused("pot_exceeded", "amount")
            .naming(["A-2 granted", "2024-03-01"]);
        granted
            .when(
                correct(
                    "request_steps",
                    &format!("A-1/2024-03-01/{word}"),
                    "2024-03-01",
                    &[],
                )
                .moved_to("2024-03-02"),
            )
            .refused("pot_exceeded", "amount");
    }
    // One cent more committed, and it is not enough.
    full_pot()
        .when(booking("BU-3", "A-1", "commitment", "0.01", "2024-02-04"))
        .accepted()
        .when(step("A-1", "waived", "", "2024-03-01"))
        .accepted()
        .when(grant("2024-03-01"))
        .refused("pot_exceeded", "amount")
        .naming(["1000.01"]);
}

#[test]
fn expenses_settle_commitments_whichever_was_booked_first() {
    // committed = the greater of Σ commitments and Σ expenses: freed is the rest of the grant.
    let freed = |bookings: &[(&str, &str)]| {
        let mut acts = vec![booking("BU-0", "A-1", "allocation", "900.00", "2024-02-02")];
        for (number, (kind, amount)) in bookings.iter().enumerate() {
            let date = format!("2024-02-{:02}", 3 + number);
            acts.push(booking(
                &format!("BU-{}", number + 1),
                "A-1",
                kind,
                amount,
                &date,
            ));
        }
        let stream = given(all([
            vec![pot_of("1000.00", "", "direct")],
            granted("A-1", "1000.00", "2024-02-01"),
            acts,
            vec![step("A-1", "waived", "", "2024-03-01")],
        ]));
        // What a second request can be granted, to the cent, is what was freed.
        move |cents: &str| {
            let mut second = filed("A-2", "1000.00");
            second.push(step("A-2", "resolved", cents, "2024-01-31"));
            let stream = second
                .into_iter()
                .fold(stream.clone(), |stream, act| stream.when(act).accepted());
            stream.when(step("A-2", "granted", "", "2024-03-01"))
        }
    };
    for (bookings, most, too_much) in [
        (
            &[("commitment", "300.00"), ("expense", "200.00")][..],
            "700.00",
            "700.01",
        ),
        (
            &[("expense", "200.00"), ("commitment", "300.00")],
            "700.00",
            "700.01",
        ),
        (
            &[("commitment", "200.00"), ("expense", "300.00")],
            "700.00",
            "700.01",
        ),
        (
            &[("expense", "300.00"), ("commitment", "200.00")],
            "700.00",
            "700.01",
        ),
        (&[("expense", "300.00")], "700.00", "700.01"),
        (
            &[
                ("commitment", "300.00"),
                ("expense", "100.00"),
                ("commitment_release", "200.00"),
            ],
            "900.00",
            "900.01",
        ),
        // Released more than is open: what is spent stays committed.
        (
            &[
                ("commitment", "300.00"),
                ("expense", "100.00"),
                ("commitment_release", "300.00"),
            ],
            "900.00",
            "900.01",
        ),
        // A refund lowers what is spent, not what was committed.
        (
            &[("expense", "300.00"), ("refund", "100.00")],
            "700.00",
            "700.01",
        ),
    ] {
        let freed = freed(bookings);
        freed(most).accepted();
        freed(too_much).refused("pot_exceeded", "amount");
    }
}

#[test]
fn a_late_invoice_after_a_waiver_takes_back_what_was_freed() {
    let mut second = filed("A-2", "400.00");
    second.push(step("A-2", "resolved", "400.00", "2024-01-31"));
    let stream = given(all([
        vec![pot_of("1000.00", "", "direct")],
        granted("A-1", "1000.00", "2024-02-01"),
        vec![
            booking("BU-1", "A-1", "allocation", "900.00", "2024-02-02"),
            booking("BU-2", "A-1", "expense", "600.00", "2024-02-03"),
            step("A-1", "waived", "", "2024-03-01"),
        ],
        second,
    ]))
    .when(step("A-2", "granted", "", "2024-03-02"))
    .accepted();
    stream
        .clone()
        .when(booking("BU-3", "A-1", "expense", "0.01", "2024-03-03"))
        .refused("pot_exceeded", "amount");
    // Dated before the second grant, it is that grant it would break.
    stream
        .when(booking("BU-3", "A-1", "expense", "0.01", "2024-03-01"))
        .refused("pot_exceeded", "amount")
        .naming(["A-2 granted", "2024-03-02"]);
}

#[test]
fn withdrawn_and_rejected_requests_draw_nothing() {
    let mut acts = vec![pot("100.00")];
    acts.extend(filed("A-1", "100.00"));
    acts.push(step("A-1", "rejected", "", "2024-01-31"));
    acts.push(request("A-2", "100.00", "2024-01-02"));
    acts.push(step("A-2", "withdrawn", "", "2024-01-03"));
    acts.extend(granted("A-3", "100.00", "2024-02-01"));
    given(acts);
}
