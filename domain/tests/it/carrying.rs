//! Carry-overs, authorities and the closing of a year: what a pot's stream takes and what it refuses.

use leitstand_domain::{
    Amount, Event,
    event::YearClosed,
    pot::{Carried, Closing, Fold, Origin, State, close},
    tables::{Basis, BookingKind, Step},
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

/// Refunded before the year is closed nothing was spent, refunded afterwards it was, and proof is due.
#[test]
fn what_is_refunded_after_the_closing_was_spent() {
    let request = crate::support::id("A-1");
    let spent = || {
        let expense = booking("B-4", "A-1", "expense", "20.00", "2024-05-05");
        given(all([bound(), vec![expense]]))
    };
    let refund = || booking("B-5", "A-1", "refund", "20.00", "2025-02-05");
    let waived = || crate::support::step("A-1", "waived", "", "2025-03-01");
    let open = spent().when(refund()).accepted().when(waived()).accepted();
    assert_eq!(open.ledger.state(&request), Some(State::Closed));
    let stream = closed(spent(), Closing::Provisional, "2025-01-31");
    let late = stream.when(refund()).accepted().when(waived()).accepted();
    assert_eq!(late.ledger.state(&request), Some(State::ProofDue));
    late.when(crate::support::step(
        "A-1",
        "proof_submitted",
        "",
        "2025-04-01",
    ))
    .accepted();
    // A closing told of later changes where it stands, as it changes the answers.
    let told_later = closed(open, Closing::Provisional, "2025-01-31");
    assert_eq!(told_later.ledger.state(&request), Some(State::ProofDue));
}

/// Commitments of an earlier year are the pot's, too; those of a later one, and what settles them, are not.
#[test]
fn a_commitment_counts_by_its_year_and_an_expense_by_what_it_settles() {
    let cents = |cents| Amount::from_cents(cents).expect("an amount");
    let mut fold = Fold::default();
    let commit = BookingKind::Commitment;
    for (amount, year) in [(15_000, 2024), (5_000, 2023), (8_000, 2025)] {
        fold.booked(commit, cents(amount), year, Some(Basis::Ongoing));
    }
    assert_eq!(fold.committed(2024), 20_000);
    fold.booked(BookingKind::Expense, cents(3_000), 2025, None);
    assert_eq!(fold.committed(2024), 20_000, "it settles the oldest");
    fold.booked(BookingKind::Expense, cents(8_000), 2025, None);
    fold.settled_later(cents(8_000), 2025);
    assert_eq!((fold.paid_for_later(), fold.open_for(2025)), (8_000, 0));
    assert_eq!(fold.committed(2024), 28_000, "it settles none of 2024");
}

/// 100.00 bound and 100.00 spent for another year: waived, nothing is free; the guard knows what an expense names.
#[test]
fn what_settles_a_commitment_of_another_year_is_not_free_to_grant() {
    let start = || {
        all([
            vec![pot("200.00")],
            granted("A-1", "200.00", "2024-02-01"),
            vec![
                booking("B-1", "A-1", "allocation", "200.00", "2024-02-02"),
                booking("B-2", "A-1", "commitment", "100.00", "2024-02-03"),
                row(
                    "bookings",
                    &[
                        ("reference", "C-25"),
                        ("request", "A-1"),
                        ("kind", "commitment"),
                        ("amount", "100.00"),
                        ("fiscal_year", "2025"),
                        ("basis", "ongoing"),
                        ("date", "2024-02-04"),
                    ],
                ),
                booking("B-3", "A-1", "call", "100.00", "2024-02-05"),
            ],
        ])
    };
    let expense = |settles: &str| {
        row(
            "bookings",
            &[
                ("reference", "B-4"),
                ("request", "A-1"),
                ("kind", "expense"),
                ("amount", "100.00"),
                ("fiscal_year", "2024"),
                ("settles", settles),
                ("date", "2024-02-06"),
            ],
        )
    };
    let waived = || crate::support::step("A-1", "waived", "", "2024-02-07");
    let others = granted("A-2", "100.00", "2024-03-01");
    let (grant, before) = others.split_last().expect("a grant");
    let stream = |settles| {
        let acts = all([start(), vec![expense(settles), waived()], before.to_vec()]);
        given(acts)
    };
    stream("").when(grant.clone()).accepted();
    stream("B-2").when(grant.clone()).accepted();
    let refused = stream("C-25").when(grant.clone());
    let stream = refused.refused("pot_exceeded", "amount").stream;
    // Put right that it was a commitment of 2024 all the time, there is still nothing free; annulled there is.
    let of_this_year = correct("bookings", "C-25", "2024-02-04", &[("fiscal_year", "2024")]);
    let put_right = stream.clone().when(of_this_year).accepted();
    put_right
        .when(grant.clone())
        .refused("pot_exceeded", "amount");
    let annulled = correct("bookings", "C-25", "2024-02-04", &[]).void();
    stream
        .when(annulled)
        .accepted()
        .when(grant.clone())
        .accepted();
}

/// A refund lowers what was spent where it was spent: late invoices of the year of origin are paid of carried money.
#[test]
fn a_refund_is_of_the_money_its_invoice_was_paid_from() {
    let cents = |cents| Amount::from_cents(cents).expect("an amount");
    let mut fold = Fold::default();
    let book = |fold: &mut Fold, kind, amount: i64, year| {
        fold.booked(kind, cents(amount), year, None);
    };
    let origin = Origin {
        year: 2024,
        direct: true,
    };
    book(&mut fold, BookingKind::Commitment, 10_000, 2024);
    book(&mut fold, BookingKind::Expense, 2_000, 2024);
    fold.carry(8_000, &[], origin);
    book(&mut fold, BookingKind::Expense, 3_000, 2024);
    book(&mut fold, BookingKind::Expense, 1_000, 2025);
    fold.around.closed = true;
    let told = |fold: &Fold| (fold.spent(), fold.repaid, fold.carried[0].spent());
    assert_eq!(told(&fold), (6_000, 0, 4_000));
    // Of the late invoices of 2024 first, of those alone, then of what was spent in 2024 itself.
    book(&mut fold, BookingKind::Refund, 2_500, 2024);
    assert_eq!(told(&fold), (3_500, 0, 1_500));
    book(&mut fold, BookingKind::Refund, 1_000, 2024);
    assert_eq!(told(&fold), (3_000, 500, 1_000));
    fold.carried[0].closed = true;
    book(&mut fold, BookingKind::Refund, 400, 2025);
    assert_eq!(told(&fold), (3_000, 900, 1_000));
}

fn closed(mut stream: Stream, closing: Closing, on: &str) -> Stream {
    let event = close(&stream.ledger, Some(closing), day(on), day(on))
        .expect("it may be closed")
        .expect("it is not yet");
    stream.happened(Event::YearClosed(event), day(on));
    stream
}

#[test]
fn a_year_is_closed_provisionally_then_finally_and_each_once() {
    let stream = given(bound());
    let next = |stream: &Stream, wanted, on: &str| {
        let closed = close(&stream.ledger, wanted, day(on), day("2026-01-01"));
        closed
            .map(|it| it.map(|it: YearClosed| it.closing))
            .map_err(|it| it.code)
    };
    assert_eq!(next(&stream, None, "2024-12-30"), Err("year_not_over"));
    assert_eq!(next(&stream, None, "2023-12-31"), Err("pot_not_resolved"));
    assert_eq!(next(&stream, None, "2026-01-02"), Err("closes_in_future"));
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
