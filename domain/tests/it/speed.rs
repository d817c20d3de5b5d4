//! What a row costs at the end of a long history. Run with `--nocapture` to see the figures.

#![expect(
    clippy::disallowed_methods,
    reason = "the domain knows no clock, but its tests may"
)]

use std::time::{Duration, Instant};

use leitstand_domain::{Ledger, StreamKind};

use crate::support::{
    Act, Stream, all, booking, correct, filed, given, granted, pot, pot_of, row, step,
};

/// The mean of some runs of deciding and taking in, after all that was given.
fn mean(what: &str, stream: &mut Stream, acts: &[Act]) -> Duration {
    let begin = Instant::now();
    for act in acts {
        stream
            .hand_in(act)
            .unwrap_or_else(|it| panic!("{what}: {it}"));
    }
    let mean = begin.elapsed() / u32::try_from(acts.len()).expect("few");
    eprintln!("{what}: {mean:?} each");
    mean
}

fn date(number: usize) -> String {
    format!("2024-{:02}-{:02}", 3 + number / 28 % 9, 1 + number % 28)
}

/// Far above what is measured, far below what a wrong growth would need.
const MOST: Duration = Duration::from_millis(5);

#[test]
fn twenty_thousand_bookings_on_one_request() {
    let mut stream = given(all([
        vec![pot_of("1000000.00", "", "direct")],
        granted("A-1", "1000000.00", "2024-02-01"),
        vec![booking(
            "BU-0",
            "A-1",
            "allocation",
            "500000.00",
            "2024-02-02",
        )],
    ]));
    let begin = Instant::now();
    for number in 0..20_000 {
        let act = booking(
            &format!("BU-{}", number + 1),
            "A-1",
            "expense",
            "1.00",
            &date(number * 252 / 20_000),
        );
        stream.hand_in(&act).expect("accepted");
    }
    eprintln!(
        "20,000 bookings on one request, in order: {:?} in all",
        begin.elapsed()
    );
    let last: Vec<Act> = (0..500)
        .map(|it| booking(&format!("BU-E{it}"), "A-1", "expense", "1.00", "2024-12-01"))
        .collect();
    assert!(mean("the next booking", &mut stream, &last) < MOST);
    let late: Vec<Act> = (0..20)
        .map(|it| booking(&format!("BU-L{it}"), "A-1", "expense", "1.00", "2024-03-01"))
        .collect();
    assert!(mean("a late booking before them all", &mut stream, &late) < MOST * 20);
    let fixed: Vec<Act> = (0..20)
        .map(|it| {
            correct(
                "bookings",
                &format!("BU-{}", it + 1),
                "2024-03-01",
                &[("amount", "2.00")],
            )
        })
        .collect();
    assert!(mean("a correction of an early booking", &mut stream, &fixed) < MOST * 20);
    let pots: Vec<Act> = (1..6)
        .map(|it| pot_of("1100000.00", "", "direct").valid_from(&format!("2024-06-0{it}")))
        .collect();
    assert!(mean("a new state of the pot", &mut stream, &pots) < MOST * 20);
}

#[test]
fn two_thousand_requests_on_one_pot() {
    let mut stream = given([pot("99000000.00")]);
    let begin = Instant::now();
    for number in 0..2_000 {
        for act in granted(
            &format!("A-{number:04}"),
            "1000.00",
            &date(number * 252 / 2_000),
        ) {
            stream.hand_in(&act).expect("accepted");
        }
    }
    eprintln!(
        "2,000 requests granted on one pot (14,000 rows): {:?} in all",
        begin.elapsed()
    );
    let mut grants = Vec::new();
    for number in 0..100 {
        let id = format!("B-{number:04}");
        for act in filed(&id, "1000.00") {
            stream.hand_in(&act).expect("accepted");
        }
        stream
            .hand_in(&step(&id, "resolved", "1000.00", "2024-01-31"))
            .expect("accepted");
        grants.push(step(&id, "granted", "", "2024-12-01"));
    }
    assert!(mean("the next grant", &mut stream, &grants) < MOST);
    let bookings: Vec<Act> = (0..100)
        .map(|it| {
            booking(
                &format!("BU-{it}"),
                &format!("A-{it:04}"),
                "allocation",
                "10.00",
                "2024-12-02",
            )
        })
        .collect();
    assert!(mean("the next booking", &mut stream, &bookings) < MOST);
    let pots: Vec<Act> = (1..6)
        .map(|it| pot("98000000.00").valid_from(&format!("2024-12-0{it}")))
        .collect();
    assert!(mean("a new state of the pot", &mut stream, &pots) < MOST * 40);
}

#[test]
fn four_thousand_corrections_of_one_row() {
    let mut stream = given(all([
        vec![pot("1000000.00")],
        granted("A-1", "1000000.00", "2024-02-01"),
        vec![booking("BU-1", "A-1", "allocation", "1.00", "2024-02-02").received("2024-02-02")],
    ]));
    let fix = |number: usize| {
        correct(
            "bookings",
            "BU-1",
            "2024-02-02",
            &[("amount", &format!("{}.00", 1 + number % 1000))],
        )
        .received(&format!(
            "20{:02}-{:02}-{:02}",
            25 + number / 10_000,
            1 + number / 800 % 12,
            1 + number / 30 % 28
        ))
    };
    let acts: Vec<Act> = (0..4_000).map(fix).collect();
    assert!(mean("a correction of a row with thousands", &mut stream, &acts) < MOST);
}

fn activity(number: usize, predecessors: &str) -> Act {
    row(
        "activities",
        &[
            ("id", &format!("V-{number:05}")),
            ("measure", "DG-M-03"),
            ("optimistic", "1"),
            ("likely", "2"),
            ("pessimistic", "3"),
            ("predecessors", predecessors),
            ("planned_on", "2024-01-01"),
        ],
    )
}

#[test]
fn a_chain_of_ten_thousand_activities() {
    const LONG: usize = 10_000;
    let before = |number: usize| {
        number
            .checked_sub(1)
            .map(|it| format!("V-{it:05}"))
            .unwrap_or_default()
    };
    let orders: [(&str, Vec<usize>); 3] = [
        ("in order", (0..LONG).collect()),
        ("backwards", (0..LONG).rev().collect()),
        // 7,919 is prime, so every number comes once.
        ("scattered", (0..LONG).map(|it| it * 7_919 % LONG).collect()),
    ];
    for (what, order) in orders {
        let mut stream = Stream::empty(leitstand_domain::StreamKind::Network);
        let acts: Vec<Act> = order.iter().map(|it| activity(*it, &before(*it))).collect();
        assert!(
            mean(
                &format!("a chain of 10,000 activities, {what}"),
                &mut stream,
                &acts
            ) < MOST
        );
        let begin = Instant::now();
        let said = stream
            .clone()
            .when(activity(0, "V-09999").valid_from("2024-02-01"))
            .refused("cycle", "predecessors");
        eprintln!(
            "the cycle through all of them is found in {:?}",
            begin.elapsed()
        );
        assert!(said.refusal.en.len() < 1_000, "{}", said.refusal);
        said.naming(["V-00000 ← V-09999 ← V-09998", "V-00001 ← V-00000", "… ("]);
        // Estimated anew, with the same predecessors.
        let again: Vec<Act> = (0..LONG)
            .step_by(20)
            .map(|it| activity(it, &before(it)).valid_from("2024-03-01"))
            .collect();
        assert!(mean("estimated anew", &mut stream, &again) < MOST);
    }
}

/// The pot of the finance issue: 60 requests, 1,500 bookings.
#[test]
fn sixty_requests_and_fifteen_hundred_bookings_are_folded_in_no_time() {
    let mut acts = vec![pot("9000000.00")];
    for number in 0..60 {
        let id = format!("A-{number:02}");
        acts.extend(granted(&id, "100000.00", "2024-02-01"));
        let book = |at: usize, kind, amount| {
            booking(&format!("BU-{id}-{at}"), &id, kind, amount, &date(at * 10))
        };
        acts.push(book(0, "allocation", "100000.00"));
        acts.push(book(1, "commitment", "80000.00"));
        acts.extend((2..13).map(|at| book(at, "call", "5000.00")));
        acts.extend((13..25).map(|at| book(at, "expense", "4000.00")));
    }
    let bookings = acts.len() - 1 - 60 * 7;
    assert_eq!(bookings, 1_500);
    let events = crate::support::recorded(acts);
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let events = events.clone();
        let begin = Instant::now();
        let mut ledger = Ledger::new(StreamKind::Pot);
        for (event, envelope) in events {
            ledger.apply(event, envelope);
        }
        fastest = fastest.min(begin.elapsed());
        assert_eq!(ledger.roots().len(), 1 + 60 * 7 + 1_500);
    }
    eprintln!("60 requests, 1,500 bookings: folded in {fastest:?}");
    assert!(fastest < Duration::from_millis(20), "{fastest:?}");
}
