//! The time machine over random feeds, through HTTP: what was asked once stays the same, and a naive
//! reference that shares no code with the product agrees. More seeds: `LEITSTAND_SEEDS`.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};
use leitstand_tests::{FeedRow, compare, generator, reference};
use serde_json::Value;

use crate::support::{Place, Server, eventually, setting};

/// Some V, K, P all over the years.
struct View {
    as_of: Date,
    known_on: Option<Date>,
    position: Option<u64>,
}

impl View {
    fn options(&self) -> String {
        let known_on = self
            .known_on
            .map(|it| format!("&known_on={it}"))
            .unwrap_or_default();
        let position = self
            .position
            .map(|it| format!("&at_position={it}"))
            .unwrap_or_default();
        format!("as_of={}{known_on}{position}", self.as_of)
    }
}

fn views(seed: u64, positions: &[u64]) -> Vec<View> {
    let day =
        |n: u64| Date::constant(2021, 1, 1).saturating_add(i64::try_from(n % 2130).unwrap().days());
    let mut views = vec![View {
        as_of: Date::constant(2026, 12, 31),
        known_on: None,
        position: None,
    }];
    for n in 1..6_u64 {
        let at = usize::try_from(seed * 7919 + n * 104_729).unwrap() % positions.len();
        views.push(View {
            as_of: day(seed * 977 + n * 311),
            known_on: (n % 3 != 0).then(|| day(seed * 613 + n * 433)),
            position: (n % 2 == 0).then(|| positions[at]),
        });
    }
    views
}

/// Sends rows one by one; those recorded, as the reference wants them.
fn send(server: &Server, rows: &[FeedRow]) -> Vec<reference::Row> {
    let mut accepted = Vec::new();
    for row in rows {
        let reply = server.post(&row.table, &serde_json::json!(row.cells));
        assert!([200, 422].contains(&reply.status), "{row:?}: {reply:?}");
        if reply.status == 422 {
            continue;
        }
        let answer = reply.json();
        if answer["outcome"] == "accepted" {
            accepted.push(reference::Row {
                table: row.table.clone(),
                cells: row.cells.clone(),
                position: answer["position"].as_u64().unwrap(),
                recorded_on: today(),
            });
        }
    }
    accepted
}

/// The second halves of the carry-overs among these rows, once they are all there: they follow from the first.
pub(crate) fn second_halves(server: &Server, accepted: &[reference::Row]) -> Vec<reference::Row> {
    let is_about_one = |row: &&reference::Row| {
        row.table == "carry_overs" || row.cells.get("table").is_some_and(|it| it == "carry_overs")
    };
    let owed = accepted.iter().filter(is_about_one).count();
    let mut halves = Vec::new();
    eventually("every pair is completed", || {
        let log = server.get("/api/v1/events?limit=10000").with_status(200);
        let events: Vec<Value> = log.json().as_array().unwrap().clone();
        let received = events.iter().filter(|it| {
            it["type"]
                .as_str()
                .is_some_and(|it| it.contains("carry_over_received"))
        });
        halves = received.map(half).collect();
        halves.len() >= owed
    });
    halves
}

fn half(event: &Value) -> reference::Row {
    let said = &event["data"];
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let named = ["pot", "to_pot", "request", "amount"];
    let mut cells: BTreeMap<String, String> = named
        .into_iter()
        .map(|name| (name.to_owned(), text(&said[name])))
        .collect();
    cells.insert("resolved_on".to_owned(), text(&event["effectiveon"]));
    cells.insert("received_on".to_owned(), text(&event["knownon"]));
    reference::Row {
        table: reference::RECEIVED.to_owned(),
        cells,
        position: event["position"].as_u64().unwrap(),
        recorded_on: today(),
    }
}

/// The day in Berlin, as the product records it.
pub(crate) fn today() -> Date {
    jiff::Timestamp::now()
        .in_tz("Europe/Berlin")
        .unwrap()
        .date()
}

/// Feeds in which the reference and the product once disagreed.
const SEEN: [u64; 2] = [110, 158];

#[test]
fn the_naive_reference_agrees_on_every_answer() {
    let seeds = 100..100 + setting("LEITSTAND_SEEDS", 3);
    for seed in seeds.chain(SEEN) {
        let place = Place::begun();
        let server = Server::start(&place);
        let mut accepted = send(&server, &generator::feed_of_all_tables(seed, 350));
        assert!(
            accepted.len() > 100,
            "seed {seed}: the feed must mostly be recorded: {}",
            accepted.len()
        );
        let positions: Vec<u64> = accepted.iter().map(|it| it.position).collect();
        let halves = second_halves(&server, &accepted);
        let later = halves.iter().map(|it| it.position);
        let last = positions.iter().copied().chain(later).max().unwrap();
        accepted.extend(halves);
        server.ask("catalogue", &format!("min_position={last}"));
        for view in views(seed, &positions) {
            for name in reference::ALL_ANSWERS {
                let expected =
                    reference::answer(&accepted, name, view.as_of, view.known_on, view.position);
                let actual = server.ask(name, &view.options());
                let differences = differ(name, expected, &actual);
                assert!(
                    differences.is_empty(),
                    "seed {seed}, {name}?{}:\n{}",
                    view.options(),
                    differences.join("\n")
                );
            }
        }
    }
}

/// What differs; of `exceptions` the kinds both know in the same way, by their events.
fn differ(name: &str, mut expected: Value, actual: &Value) -> Vec<String> {
    if let Some(pillars) = expected
        .pointer_mut("/summary/pillars")
        .and_then(Value::as_object_mut)
    {
        // The reference lists its four pillars even before the catalogue holds.
        pillars.retain(|_, it| it["reported"] != "0 of 0");
    }
    if name != "exceptions" {
        return compare::differences(&expected, actual);
    }
    let events = |answer: &Value, kind: &str| {
        let rows = compare::only_kinds(answer, &[kind]);
        let mut events: Vec<String> = rows.iter().map(|it| it["events"].to_string()).collect();
        events.sort();
        events
    };
    let kinds = ["late", "backfilled"].into_iter();
    let differ = kinds.filter(|kind| events(&expected, kind).len() != events(actual, kind).len());
    differ
        .map(|kind| {
            format!(
                "{kind}: {:?} and {:?}",
                events(&expected, kind),
                events(actual, kind)
            )
        })
        .collect()
}

#[test]
fn what_was_asked_once_is_answered_with_the_same_bytes_for_ever() {
    let rows = generator::feed_of_all_tables(7, 500);
    let (first, later) = rows.split_at(rows.len() / 2);
    let place = Place::begun();
    let mut server = Server::start(&place);
    let accepted = send(&server, first);
    let positions: Vec<u64> = accepted.iter().map(|it| it.position).collect();
    second_halves(&server, &accepted);
    let last = *positions.last().unwrap();
    server.ask("catalogue", &format!("min_position={last}"));
    let mut asked = Vec::new();
    for mut view in views(7, &positions) {
        view.position = Some(view.position.unwrap_or(last));
        for name in reference::ALL_ANSWERS {
            let path = format!("/api/v1/{name}?{}", view.options());
            let body = server.get(&path).with_status(200).body;
            asked.push((path, body));
        }
    }
    let recorded = send(&server, later);
    assert!(
        recorded.len() > 50,
        "something must come later: {}",
        recorded.len()
    );
    let newest = recorded.last().unwrap().position;
    server.ask("catalogue", &format!("min_position={newest}"));
    for (path, body) in &asked {
        assert_eq!(&server.get(path).body, body, "{path}");
    }
    // Also for a process that folds the whole log at once.
    server = Server::start(&place);
    for (path, body) in &asked {
        assert_eq!(&server.get(path).body, body, "{path}, another process");
    }
}

#[test]
fn with_the_position_open_only_rows_known_by_then_change_an_answer_and_are_counted() {
    let known_on = Date::constant(2024, 9, 30);
    let options = format!("as_of=2024-12-31&known_on={known_on}");
    let place = Place::begun();
    let server = Server::start(&place);
    let ask = |position: u64| -> (u64, Vec<Value>) {
        let of = |name: &&str| server.ask(name, &format!("{options}&min_position={position}"));
        let answers: Vec<Value> = reference::ALL_ANSWERS.iter().map(of).collect();
        (answers[0]["backfilled"].as_u64().unwrap(), answers)
    };
    let mut before = ask(0);
    let (mut changing, mut unchanging) = (0, 0);
    let mut accepted = Vec::new();
    for row in generator::feed_of_all_tables(5, 220) {
        let Some(recorded) = send(&server, &[row]).pop() else {
            continue;
        };
        accepted.push(recorded.clone());
        let halves = second_halves(&server, &accepted);
        let later = halves.iter().map(|it| it.position).max();
        let now = ask(recorded.position.max(later.unwrap_or(0)));
        if recorded.known() > known_on {
            assert_eq!(before, now, "{recorded:?} was not known by {known_on}");
            unchanging += 1;
        } else {
            assert_eq!(now.0, before.0 + 1, "{recorded:?}");
            changing += 1;
        }
        before = now;
    }
    assert!(changing > 20 && unchanging > 20, "{changing} {unchanging}");
}
