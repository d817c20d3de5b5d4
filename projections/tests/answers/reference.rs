//! Every answer agrees with the naive reference, wherever one stands.

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use leitstand_projections::Answer;
use leitstand_tests::{compare, generator, reference};
use serde_json::Value;

use crate::desk::Desk;

/// Seeds tried; more with `LEITSTAND_SEEDS`.
fn seeds() -> u64 {
    std::env::var("LEITSTAND_SEEDS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(12)
}

#[test]
fn random_feeds_are_answered_as_the_reference_answers_them() {
    let (mut recorded, mut carried) = (0, 0);
    let mut wrong = Vec::new();
    for seed in 0..seeds() {
        let mut desk = Desk::with_bodies(date(2026, 11, 1));
        let rows = generator::feed_of_all_tables(seed, 600);
        desk.come_together(&rows);
        for row in rows {
            let is_recorded = desk.record(&row.table, &row.cells, false);
            recorded += usize::from(is_recorded);
            carried += u64::from(is_recorded && row.table == "carry_overs");
            // The server completes a pair at once, or a little later.
            if seed % 2 == 0 || row.table == "bookings" {
                desk.complete_pairs();
            }
        }
        desk.complete_pairs();
        for (as_of, known_on, position) in views(&desk, seed) {
            for name in reference::ALL_ANSWERS {
                let expected = reference::answer(&desk.accepted, name, as_of, known_on, position);
                let answer = desk.answer(name, as_of, known_on, position);
                let differences = differ(name, &expected, &answer);
                if !differences.is_empty() {
                    let at =
                        format!("seed {seed}, {name}, V {as_of}, K {known_on:?}, P {position:?}");
                    wrong.push(format!("{at}:\n{}", differences.join("\n")));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} answers differ, the first:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    assert!(
        recorded > 300,
        "the feeds must mostly be recorded: {recorded}"
    );
    assert!(carried > seeds(), "too few carry-overs: {carried}");
}

/// Where to stand: some V, K, P all over the years.
fn views(desk: &Desk, seed: u64) -> Vec<(Date, Option<Date>, Option<u64>)> {
    let day = |n: u64| date(2021, 1, 1).saturating_add(i64::try_from(n % 2130).unwrap().days());
    let mut views = vec![(date(2026, 12, 31), None, None)];
    for n in 1..8_u64 {
        let as_of = day(seed * 977 + n * 311);
        let known_on = (n % 3 != 0).then(|| day(seed * 613 + n * 433));
        let position = (n % 2 == 0)
            .then(|| desk.base + (seed * 7919 + n * 104_729) % (desk.position() - desk.base + 1));
        views.push((as_of, known_on, position));
    }
    views
}

/// What differs; of `exceptions` the kinds the reference knows, by their events.
fn differ(name: &str, expected: &Value, actual: &Answer) -> Vec<String> {
    let actual = actual.to_json();
    let mut expected = expected.clone();
    if let Some(pillars) = expected
        .pointer_mut("/summary/pillars")
        .and_then(Value::as_object_mut)
    {
        // The reference lists its four pillars even before the catalogue holds.
        pillars.retain(|_, it| it["reported"] != "0 of 0");
    }
    let expected = &expected;
    if name != "exceptions" {
        return compare::differences(expected, &actual);
    }
    ["late", "backfilled"]
        .into_iter()
        .filter_map(|kind| {
            let events = |answer: &Value| {
                let mut events: Vec<String> = compare::only_kinds(answer, &[kind])
                    .iter()
                    .map(|it| it["events"].to_string())
                    .collect();
                events.sort();
                events
            };
            let (left, right) = (events(expected).len(), events(&actual).len());
            (left != right).then(|| format!("{kind}: expected {left}, got {right}"))
        })
        .collect()
}
