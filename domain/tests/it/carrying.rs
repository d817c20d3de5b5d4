//! Carry-overs, authorities and the closing of a year: what a pot's stream takes and what it refuses.

use leitstand_domain::{
    Amount, Event,
    event::YearClosed,
    pot::{Carried, Closing, Fold, Origin, close},
    stream::Envelope,
    tables::{BookingKind, Step},
};

use crate::support::{Act, Stream, all, booking, correct, day, given, granted, pot, request, row};

fn carry(amount: &str, on: &str) -> Act {
    row(
        "carry_overs",
        &[
            ("pot", "T-1"),
            ("to_pot", "T-2"),
            ("request", "A-1"),
            ("amount", amount),
            ("resolved_on", on),
            ("resolution", "IT-PLR 46"),
        ],
    )
}

fn authority(amount: &str, on: &str) -> Act {
    row(
        "commitment_authorities",
        &[
            ("pot", "T-1"),
            ("for_year", "2025"),
            ("amount", amount),
            ("resolved_on", on),
        ],
    )
}

/// 100.00 granted and allocated, 60.00 of it committed, 20.00 called.
fn bound() -> Vec<Act> {
    let bookings = vec![
        booking("B-1", "A-1", "allocation", "100.00", "2024-02-02"),
        booking("B-2", "A-1", "commitment", "60.00", "2024-02-03"),
        booking("B-3", "A-1", "call", "20.00", "2024-02-04"),
    ];
    all([
        vec![pot("100.00")],
        granted("A-1", "100.00", "2024-02-01"),
        bookings,
    ])
}

#[test]
fn after_a_carry_over_a_payment_may_carry_its_own_year_and_before_it_may_not() {
    let stream = given(bound());
    let call = |reference: &str, date: &str| booking(reference, "A-1", "call@2025", "10.00", date);
    stream
        .clone()
        .when(call("B-4", "2025-04-01"))
        .refused("wrong_fiscal_year", "fiscal_year");
    let carried = given(all([bound(), vec![carry("40.00", "2025-03-26")]]));
    // A day before the resolution it still may not.
    carried
        .clone()
        .when(call("B-4", "2025-03-25"))
        .refused("wrong_fiscal_year", "fiscal_year");
    let paid = carried.clone().when(call("B-4", "2025-04-01")).accepted();
    // The year is that of the payment, no other.
    carried
        .when(call("B-5", "2026-01-01"))
        .refused("wrong_fiscal_year", "fiscal_year");
    // What rests on the carry-over holds it: annulled, the call would not be allowed.
    paid.when(correct("carry_overs", "T-1/T-2/A-1", "2025-03-26", &[]).void())
        .refused("wrong_fiscal_year", "fiscal_year");
}

#[test]
fn a_carry_over_into_the_same_pot_is_none() {
    let same = row(
        "carry_overs",
        &[
            ("pot", "T-1"),
            ("to_pot", "T-1"),
            ("request", "A-1"),
            ("amount", "1.00"),
            ("resolved_on", "2025-03-26"),
            ("resolution", "IT-PLR 46"),
        ],
    );
    given(bound())
        .when(same)
        .refused("carries_nowhere", "to_pot");
}

#[test]
fn what_is_paid_after_a_carry_over_hits_the_carried_amount_first() {
    let mut fold = Fold::default();
    let cents = |cents| Amount::from_cents(cents).expect("an amount");
    let book = |fold: &mut Fold, kind, amount: i64, year| {
        fold.booked(kind, cents(amount), year, None);
    };
    fold.submitted_for(cents(10_000));
    fold.stepped(Step::Resolved, Some(cents(10_000)));
    fold.stepped(Step::Granted, None);
    book(&mut fold, BookingKind::Allocation, 10_000, 2024);
    book(&mut fold, BookingKind::Commitment, 6_000, 2024);
    book(&mut fold, BookingKind::Call, 2_000, 2024);
    let origin = Origin {
        year: 2024,
        direct: false,
    };
    // 60 bound, 20 paid out: 30 and 10 go on, in this order.
    fold.carry(3_000, &[], origin);
    fold.carry(1_000, &[], origin);
    // A late invoice of 2024 and a call of 2025: 35 in all.
    book(&mut fold, BookingKind::Call, 1_500, 2024);
    book(&mut fold, BookingKind::Call, 2_000, 2025);
    let called: Vec<i128> = fold.carried.iter().map(|it| it.called).collect();
    assert_eq!(called, [3_000, 500], "the oldest first");
    assert_eq!(fold.called, 5_500);
    // Recipients spend first what they called of the carried money; 3.00 more than that is of before.
    book(&mut fold, BookingKind::Expense, 3_800, 2025);
    let spent: Vec<i128> = fold.carried.iter().map(Carried::spent).collect();
    assert_eq!(spent, [3_000, 500]);
    // 5.00 are bound there and not paid out; of a release of 8.00 that much hits it.
    book(&mut fold, BookingKind::CommitmentRelease, 800, 2024);
    let bound: Vec<i128> = fold.carried.iter().map(Carried::committed).collect();
    assert_eq!(bound, [3_000, 500]);
    // What was allocated and not called went along.
    let allocated: Vec<i128> = fold.carried.iter().map(|it| it.allocated).collect();
    assert_eq!(allocated, [3_000, 1_000]);
}

#[test]
fn authority_is_assigned_up_to_what_the_pot_states() {
    let start = all([bound(), vec![authority("50.00", "2024-01-02")]]);
    let assign = |reference: &str, amount: &str, date: &str| {
        booking(reference, "A-1", "commitment_authority@2025", amount, date)
    };
    let stream = given(start);
    stream
        .clone()
        .when(assign("B-4", "50.01", "2024-03-01"))
        .refused("authority_exceeded", "amount");
    let assigned = stream.when(assign("B-4", "50.00", "2024-03-01")).accepted();
    // A later state may not fall below what is assigned, from its day on.
    let lower = authority("49.99", "2024-01-02").valid_from("2024-04-01");
    assigned
        .clone()
        .when(lower)
        .refused("authority_exceeded", "amount");
    let raised = assigned
        .when(authority("60.00", "2024-01-02").valid_from("2024-04-01"))
        .accepted();
    // Late rows count on their own day: before April there are 50.00.
    raised
        .clone()
        .when(assign("B-5", "10.00", "2024-03-31"))
        .refused("authority_exceeded", "amount");
    raised.when(assign("B-5", "10.00", "2024-04-01")).accepted();
}

#[test]
fn a_pot_that_states_no_authority_limits_none() {
    let assign = booking(
        "B-4",
        "A-1",
        "commitment_authority@2025",
        "999999.00",
        "2024-03-01",
    );
    given(bound()).when(assign).accepted();
}

#[test]
fn an_item_without_a_date_is_as_old_as_its_request() {
    let item = row(
        "request_items",
        &[
            ("request", "A-1"),
            ("fiscal_year", "2024"),
            ("cost_type", "external"),
            ("amount", "100.00"),
        ],
    );
    let stream = given([pot("100.00"), request("A-1", "100.00", "2024-01-02"), item]);
    let newest = stream.ledger.roots().last().expect("an item").newest();
    assert_eq!(newest.effective, day("2024-01-02"));
}

fn closed(mut stream: Stream, closing: Closing, on: &str) -> Stream {
    let event = close(&stream.ledger, Some(closing), day(on))
        .expect("it may be closed")
        .expect("it is not yet");
    stream.ledger.apply(
        Event::YearClosed(event),
        Envelope {
            position: 900,
            effective: day(on),
            known: day(on),
            command: uuid::Uuid::nil(),
        },
    );
    stream
}

#[test]
fn a_year_is_closed_provisionally_then_finally_and_each_once() {
    let stream = given(bound());
    let next = |stream: &Stream, wanted, on: &str| {
        let closed = close(&stream.ledger, wanted, day(on));
        closed
            .map(|it| it.map(|it: YearClosed| it.closing))
            .map_err(|it| it.code)
    };
    assert_eq!(next(&stream, None, "2024-12-30"), Err("year_not_over"));
    assert_eq!(next(&stream, None, "2023-12-31"), Err("pot_not_resolved"));
    assert_eq!(
        next(&stream, Some(Closing::Final), "2025-01-31"),
        Err("close_provisionally_first")
    );
    assert_eq!(
        next(&stream, None, "2024-12-31"),
        Ok(Some(Closing::Provisional))
    );
    let stream = closed(stream, Closing::Provisional, "2025-01-31");
    assert_eq!(
        next(&stream, Some(Closing::Provisional), "2025-02-01"),
        Ok(None)
    );
    assert_eq!(next(&stream, None, "2025-01-30"), Err("closed_later"));
    assert_eq!(next(&stream, None, "2025-03-31"), Ok(Some(Closing::Final)));
    let stream = closed(stream, Closing::Final, "2025-03-31");
    assert_eq!(next(&stream, None, "2025-04-01"), Ok(None));
}
