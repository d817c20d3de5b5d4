//! The time machine: what was known when, corrections, replacing bookings, new states.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde_json::json;

use super::tests::{numbered, scenario_rows};
use super::{ALL_ANSWERS, Row, answer};
use crate::compare::differences;
use crate::generator::{feed, feed_of_all_tables};

/// A row from "column=cell" texts, recorded in January 2026.
fn row(table: &str, position: u64, cells: &[(&str, &str)]) -> Row {
    let cells: BTreeMap<String, String> = cells
        .iter()
        .map(|(column, cell)| ((*column).to_owned(), (*cell).to_owned()))
        .collect();
    Row {
        table: table.to_owned(),
        cells,
        position,
        recorded_on: date(2026, 1, 15),
    }
}

/// The colour of a corrected report before and after the correction was known.
#[test]
fn a_correction_shows_from_its_known_date() {
    let rows = scenario_rows();
    for (known_on, colour) in [(date(2024, 10, 20), "amber"), (date(2024, 10, 21), "red")] {
        let status = answer(&rows, "status", date(2024, 9, 30), Some(known_on), None);
        let rows = status["rows"].as_array().unwrap();
        let measure = rows.iter().find(|row| row["measure"] == "DS-M-04").unwrap();
        assert_eq!(measure["reported"]["schedule"], colour);
    }
}

/// The scenario was recorded in 2026: for an earlier K every known row was recorded later.
#[test]
fn backfilled_rows_are_counted() {
    let rows = scenario_rows();
    let known_on = date(2024, 12, 31);
    let known = rows.iter().filter(|row| row.known() <= known_on).count();
    let at = |known_on| answer(&rows, "funds", date(2024, 12, 31), known_on, None);
    assert_eq!(at(Some(known_on))["backfilled"], known);
    assert_eq!(at(None)["backfilled"], 0);
    assert_eq!(at(Some(date(2026, 1, 15)))["backfilled"], 0);
}

fn risk() -> Vec<Row> {
    vec![
        row(
            "risks",
            1,
            &[
                ("id", "R"),
                ("identified_on", "2024-01-01"),
                ("owner", "B-PMO"),
                ("cost_impact", "10.00"),
                ("received_on", "2024-01-02"),
            ],
        ),
        row(
            "risk_assessments",
            2,
            &[
                ("date", "2024-02-01"),
                ("risk", "R"),
                ("probability", "2"),
                ("impact", "2"),
                ("received_on", "2024-02-01"),
            ],
        ),
    ]
}

fn correction(position: u64, known: &str, cells: &[(&str, &str)]) -> Row {
    let mut all = vec![
        ("table", "risk_assessments"),
        ("key", "R/2024-02-01/current"),
        ("date", "2024-02-01"),
        ("received_on", known),
    ];
    all.extend_from_slice(cells);
    row("corrections", position, &all)
}

fn score(
    rows: &[Row],
    as_of: Date,
    known_on: Option<Date>,
    at_position: Option<u64>,
) -> serde_json::Value {
    answer(rows, "risks", as_of, known_on, at_position)["rows"][0]["score"].clone()
}

/// A correction recorded later but known earlier goes in before the other one.
#[test]
fn versions_follow_the_known_date() {
    let mut rows = risk();
    rows.push(correction(3, "2024-06-01", &[("impact", "5")]));
    rows.push(correction(
        4,
        "2024-05-01",
        &[("probability", "4"), ("impact", "3")],
    ));
    let as_of = date(2024, 12, 31);
    assert_eq!(score(&rows, as_of, Some(date(2024, 5, 31)), None), 12);
    assert_eq!(score(&rows, as_of, None, None), 20);
    assert_eq!(score(&rows, as_of, None, Some(3)), 10);
}

/// An annulled version is not there; what is known later lets the row hold again.
#[test]
fn an_annulled_row_may_hold_again() {
    let mut rows = risk();
    rows.push(correction(3, "2024-03-01", &[("void", "yes")]));
    rows.push(correction(
        4,
        "2024-05-01",
        &[("impact", "5"), ("to_date", "2024-04-01")],
    ));
    let as_of = date(2024, 12, 31);
    assert!(score(&rows, as_of, Some(date(2024, 3, 1)), None)["undefined"].is_string());
    assert_eq!(score(&rows, as_of, None, None), 10);
    assert!(score(&rows, date(2024, 3, 31), None, None)["undefined"].is_string());
}

/// A replacing booking is a version of the one it names, and may be corrected itself.
#[test]
fn a_booking_is_replaced_in_full() {
    let booking = |position, reference, corrects, amount, known| {
        row(
            "bookings",
            position,
            &[
                ("date", "2024-03-01"),
                ("request", "A"),
                ("kind", "expense"),
                ("amount", amount),
                ("fiscal_year", "2024"),
                ("reference", reference),
                ("corrects", corrects),
                ("received_on", known),
            ],
        )
    };
    let rows = vec![
        row(
            "pots",
            1,
            &[
                ("id", "T"),
                ("fiscal_year", "2024"),
                ("amount", "100.00"),
                ("resolved_on", "2024-01-01"),
                ("received_on", "2024-01-01"),
            ],
        ),
        row(
            "requests",
            2,
            &[
                ("id", "A"),
                ("subject", "PMO"),
                ("pot", "T"),
                ("amount", "90.00"),
                ("submitted_on", "2024-01-02"),
                ("received_on", "2024-01-02"),
            ],
        ),
        booking(3, "B1", "", "10.00", "2024-03-02"),
        booking(4, "B2", "B1", "20.00", "2024-03-05"),
        booking(5, "B3", "B2", "30.00", "2024-03-04"),
        row(
            "corrections",
            6,
            &[
                ("table", "bookings"),
                ("key", "B2"),
                ("date", "2024-03-01"),
                ("amount", "25.00"),
                ("received_on", "2024-03-09"),
            ],
        ),
    ];
    let spent = |known_on| {
        answer(&rows, "funds", date(2024, 12, 31), Some(known_on), None)["summary"]["spent"].clone()
    };
    assert_eq!(spent(date(2024, 3, 2)), "10.00");
    assert_eq!(spent(date(2024, 3, 4)), "30.00");
    assert_eq!(spent(date(2024, 3, 5)), "20.00");
    assert_eq!(spent(date(2024, 3, 9)), "25.00");
}

/// A new state holds from its `valid_from`, and is corrected by its own date.
#[test]
fn a_new_state_holds_from_its_day() {
    let mut rows = risk();
    rows.push(row(
        "risks",
        3,
        &[
            ("id", "R"),
            ("identified_on", "2024-01-01"),
            ("owner", "B-ALR"),
            ("cost_impact", "10.00"),
            ("valid_from", "2024-04-01"),
            ("received_on", "2024-04-01"),
        ],
    ));
    rows.push(row(
        "corrections",
        4,
        &[
            ("table", "risks"),
            ("key", "R/2024-04-01"),
            ("date", "2024-04-01"),
            ("cost_impact", "-"),
            ("received_on", "2024-04-02"),
        ],
    ));
    let at = |as_of| answer(&rows, "risks", as_of, None, None)["rows"][0].clone();
    let expected = json!({ "owner": "B-PMO", "cost_impact": "10.00", "expected_value": "2.00" });
    assert_eq!(
        differences(&expected, &at(date(2024, 3, 31))),
        Vec::<String>::new()
    );
    let expected = json!({ "owner": "B-ALR", "cost_impact": { "undefined": "" } });
    assert_eq!(
        differences(&expected, &at(date(2024, 4, 1))),
        Vec::<String>::new()
    );
}

/// "an answer for an earlier K changes only through a row recorded later whose known date is not
/// after K": rows known after K never matter.
#[test]
fn what_is_known_later_changes_nothing_before() {
    for seed in 0..4 {
        let rows = numbered(feed_of_all_tables(seed, 500), date(2026, 11, 20));
        let known_on = date(2025, 6, 30);
        let known: Vec<Row> = rows
            .iter()
            .filter(|row| row.known() <= known_on)
            .cloned()
            .collect();
        for name in ALL_ANSWERS {
            let all = answer(&rows, name, date(2025, 6, 30), Some(known_on), None);
            assert_eq!(
                all,
                answer(&known, name, date(2025, 6, 30), Some(known_on), None),
                "{name}, seed {seed}"
            );
        }
    }
}

/// Invariants 3 and 4 of dossier 3.5 hold whatever is fed.
#[test]
fn money_adds_up_on_random_feeds() {
    let cents = |value: &serde_json::Value| super::numbers::cents(value.as_str().unwrap()).unwrap();
    for seed in 0..8 {
        let rows = numbered(feed(seed, 600), date(2026, 11, 20));
        for as_of in [date(2023, 12, 31), date(2024, 12, 31), date(2026, 10, 31)] {
            let funds = answer(&rows, "funds", as_of, None, None);
            for row in funds["rows"].as_array().unwrap() {
                let of = |field: &str| cents(&row[field]);
                assert_eq!(
                    of("bound_rest") + of("unbound_rest") + of("spent"),
                    of("granted") - of("freed")
                );
                assert_eq!(
                    of("budget"),
                    of("bound_rest") + of("unbound_rest") + of("spent") + of("free")
                );
                assert!(of("spent") <= of("committed"), "seed {seed}: {row}");
            }
        }
    }
}

/// After a `to_date` the row goes by its old and by its new date.
#[test]
fn a_moved_row_is_named_by_either_date() {
    for day in ["2024-02-01", "2024-03-01"] {
        let mut rows = risk();
        rows.push(correction(3, "2024-05-01", &[("to_date", "2024-03-01")]));
        rows.push(correction(
            4,
            "2024-06-01",
            &[("date", day), ("impact", "5")],
        ));
        assert_eq!(score(&rows, date(2024, 12, 31), None, None), 10, "{day}");
        assert!(score(&rows, date(2024, 2, 28), None, None)["undefined"].is_string());
    }
}
