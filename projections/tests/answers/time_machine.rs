//! The time machine's promises.

use jiff::civil::date;
use leitstand_tests::generator;

use crate::desk::Desk;

const ANSWERS: [&str; 16] = [
    "catalogue",
    "status",
    "reporting",
    "milestones",
    "risks",
    "impediments",
    "requests",
    "funds",
    "decisions",
    "obligations",
    "plans",
    "goals",
    "bodies",
    "seats",
    "dependencies",
    "exceptions",
];

/// Same (V, K, P), same bytes, whatever is recorded later.
#[test]
fn an_answer_at_a_position_never_changes() {
    let rows = generator::feed_of_all_tables(77, 800);
    let (first, later) = rows.split_at(rows.len() / 2);
    let mut desk = Desk::with_bodies(date(2026, 11, 1));
    desk.come_together(&rows);
    for row in first {
        desk.record(&row.table, &row.cells, false);
    }
    let position = desk.position();
    let places = [
        (date(2024, 6, 30), None),
        (date(2025, 3, 31), Some(date(2025, 4, 15))),
        (date(2026, 12, 31), Some(date(2023, 12, 31))),
    ];
    let ask = |desk: &Desk| -> Vec<String> {
        places
            .iter()
            .flat_map(|(v, k)| {
                ANSWERS.map(|name| {
                    desk.answer(name, *v, *k, Some(position))
                        .to_json()
                        .to_string()
                })
            })
            .collect()
    };
    let before = ask(&desk);
    let mut recorded = 0;
    for row in later {
        recorded += usize::from(desk.record(&row.table, &row.cells, false));
    }
    assert!(recorded > 50, "something must come later: {recorded}");
    assert_eq!(before, ask(&desk));
}

/// With P open, only rows known by K change an answer for K, and `backfilled` counts them.
#[test]
fn only_rows_known_by_k_change_an_answer_for_k() {
    let known_on = date(2024, 9, 30);
    let (v, k) = (date(2024, 12, 31), Some(known_on));
    let mut desk = Desk::with_bodies(date(2026, 11, 1));
    let mut before: Vec<String> = Vec::new();
    let (mut changed, mut unchanged) = (0, 0);
    for row in generator::feed_of_all_tables(5, 400) {
        let known = row
            .cells
            .get("received_on")
            .and_then(|it| it.parse().ok())
            .unwrap_or(date(2026, 11, 1));
        let backfilled = desk.answer("catalogue", v, k, None).backfilled;
        if !desk.record(&row.table, &row.cells, false) {
            continue;
        }
        let after: Vec<String> = ANSWERS
            .iter()
            .map(|name| desk.answer(name, v, k, None).to_json().to_string())
            .collect();
        let now = desk.answer("catalogue", v, k, None).backfilled;
        if known > known_on {
            assert_eq!(now, backfilled, "{row:?}");
            assert!(
                before.is_empty() || before == after,
                "{row:?} is known after {known_on} and changed an answer for it"
            );
            unchanged += 1;
        } else {
            assert_eq!(now, backfilled + 1, "{row:?}");
            changed += 1;
        }
        before = after;
    }
    assert!(changed > 20 && unchanged > 20, "{changed} {unchanged}");
}
