//! Trails and changes over random feeds, against the naive reference.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use leitstand_projections::{Before, Filter};
use leitstand_tests::{generator, reference};
use serde_json::Value;

use crate::desk::Desk;

fn fed(seed: u64) -> Desk {
    let mut desk = Desk::with_bodies(date(2026, 11, 1));
    let rows = generator::feed_of_all_tables(seed, 500);
    desk.come_together(&rows);
    for row in rows {
        desk.record(&row.table, &row.cells, false);
    }
    desk
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["rows"].as_array().unwrap()
}

/// Every request, and some measures.
fn subjects(desk: &Desk) -> BTreeSet<String> {
    let named = |column: &str| {
        let cells = desk
            .accepted
            .iter()
            .filter_map(move |it| it.cells.get(column).cloned());
        cells.collect::<BTreeSet<String>>()
    };
    let mut all = named("request");
    all.extend(named("measure").into_iter().take(4));
    all
}

#[test]
fn a_trail_tells_every_event_that_names_its_subject_and_whether_it_holds() {
    let views: [(Date, Option<Date>); 3] = [
        (date(2026, 12, 31), None),
        (date(2024, 6, 30), None),
        (date(2025, 12, 31), Some(date(2024, 3, 31))),
    ];
    let mut told = 0;
    for seed in 0..4 {
        let desk = fed(seed);
        for id in subjects(&desk) {
            for (as_of, known_on) in views {
                let filter = Filter {
                    id: Some(id.clone()),
                    ..Filter::default()
                };
                let trail = desk
                    .narrowed("trail", as_of, known_on, None, filter)
                    .to_json();
                let by_position: BTreeMap<u64, &Value> = rows(&trail)
                    .iter()
                    .map(|it| (it["position"].as_u64().unwrap(), it))
                    .collect();
                assert!(by_position.keys().is_sorted());
                let expected = reference::trail(&desk.accepted, &id, as_of, known_on, None);
                for wanted in rows(&expected) {
                    let at = wanted["position"].as_u64().unwrap();
                    let found = by_position.get(&at);
                    let found = found.unwrap_or_else(|| {
                        panic!("seed {seed} {id} V {as_of} K {known_on:?}: {wanted}")
                    });
                    assert_eq!(
                        found["holds"], wanted["holds"],
                        "seed {seed} {id} V {as_of} K {known_on:?}: {wanted} {found}"
                    );
                    assert_eq!(found["known_on"], wanted["known_on"], "{wanted} {found}");
                    if wanted["table"] != "corrections" {
                        assert_eq!(found["table"], wanted["table"], "{wanted} {found}");
                        told += 1;
                    }
                }
            }
        }
    }
    assert!(told > 500, "{told}");
}

#[test]
fn changes_are_what_the_answers_differ_in() {
    let pairs = [
        ((date(2024, 3, 31), None), (date(2024, 12, 31), None)),
        (
            (date(2025, 6, 30), Some(date(2025, 6, 30))),
            (date(2025, 6, 30), None),
        ),
    ];
    let mut told = 0;
    for seed in 0..4 {
        let desk = fed(seed);
        for (before, after) in pairs {
            let all = |(as_of, known_on): (Date, Option<Date>)| -> BTreeMap<String, Value> {
                let one = |name: &str| {
                    (
                        name.to_owned(),
                        desk.answer(name, as_of, known_on, None).to_json(),
                    )
                };
                reference::COMPARED
                    .iter()
                    .map(|(name, _)| one(name))
                    .collect()
            };
            let filter = Filter {
                before: Before {
                    as_of: leitstand_projections::Day::of(before.0),
                    known_on: before.1.and_then(leitstand_projections::Day::of),
                    position: None,
                },
                ..Filter::default()
            };
            let changes = desk
                .narrowed("changes", after.0, after.1, None, filter)
                .to_json();
            let compared = |kind: &str| reference::COMPARED.iter().any(|(name, _)| *name == kind);
            // The product tells the parts of an object one by one, the reference the object.
            let key = |it: &Value| {
                let field = it["field"]
                    .as_str()
                    .unwrap()
                    .split('.')
                    .next()
                    .unwrap()
                    .to_owned();
                let text = |name: &str| it[name].as_str().unwrap().to_owned();
                (text("kind"), text("id"), field)
            };
            let found: BTreeSet<_> = rows(&changes)
                .iter()
                .filter(|it| compared(it["kind"].as_str().unwrap()))
                .map(key)
                .collect();
            let wanted = reference::between(&all(before), &all(after));
            let wanted: BTreeSet<_> = rows(&wanted).iter().map(key).collect();
            assert_eq!(found, wanted, "seed {seed} {before:?} {after:?}");
            told += found.len();
        }
    }
    assert!(told > 200, "{told}");
}
