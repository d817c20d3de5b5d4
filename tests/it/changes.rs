//! What differs between two views: between two sittings, and as reported against restated.

use serde_json::{Value, json};

use crate::support::{Place, scenario};

fn rows(answer: &Value) -> &Vec<Value> {
    answer["rows"].as_array().unwrap()
}

fn of_field<'a>(answer: &'a Value, kind: &str, id: &str, field: &str) -> Option<&'a Value> {
    rows(answer)
        .iter()
        .find(|it| it["kind"] == kind && it["id"] == id && it["field"] == field)
}

/// QS-03: what changed since the sitting of 13 November, each with its events.
#[test]
fn between_two_sittings_only_what_changed_is_told() {
    let place = scenario();
    let ask = |name: &str, as_of: &str| {
        place
            .on_store(&[
                name,
                "--as-of",
                as_of,
                "--known-on",
                as_of,
                "--format",
                "json",
            ])
            .ended(0)
            .json()
    };
    let changes = place
        .on_store(&[
            "changes",
            "--as-of",
            "2024-12-31",
            "--known-on",
            "2024-12-31",
            "--before-as-of",
            "2024-11-13",
            "--before-known-on",
            "2024-11-13",
            "--format",
            "json",
        ])
        .ended(0)
        .json();
    let counts: u64 = changes["summary"]["counts"]
        .as_object()
        .unwrap()
        .values()
        .map(|it| it.as_u64().unwrap())
        .sum();
    assert_eq!(counts, rows(&changes).len() as u64);
    assert!(counts > 50);
    // Each score of each risk is told if, and only if, it is not the same in the two answers.
    let (before, after) = (ask("risks", "2024-11-13"), ask("risks", "2024-12-31"));
    let mut scores = 0;
    for now in rows(&after) {
        let id = now["id"].as_str().unwrap();
        let then = rows(&before).iter().find(|it| it["id"] == id);
        let was = then.map_or(Value::Null, |it| it["score"].clone());
        let told = of_field(&changes, "risks", id, "score");
        assert_eq!(told.is_some(), was != now["score"], "{id}");
        if let Some(told) = told {
            assert_eq!((&told["before"], &told["after"]), (&was, &now["score"]));
            assert!(!told["events"].as_array().unwrap().is_empty(), "{told}");
            scores += 1;
        }
    }
    assert!(scores > 0);
    // The same view twice differs in nothing.
    let none = place
        .on_store(&[
            "changes",
            "--as-of",
            "2024-12-31",
            "--before-as-of",
            "2024-12-31",
            "--format",
            "json",
        ])
        .ended(0)
        .json();
    assert_eq!(none["rows"], json!([]));
}

#[test]
fn as_reported_against_restated_shows_the_correction_and_its_event() {
    let place = Place::with_scenario();
    let report = json!({ "report_date": "2025-03-31", "measure": "DG-M-01", "overall": "G", "received_on": "2025-04-02" });
    place.accept("status_reports", report);
    let position = place.accept(
        "corrections",
        json!({ "table": "status_reports", "key": "DG-M-01/2025-03-31", "date": "2025-03-31", "reason": "falsch abgelesen", "overall": "R", "received_on": "2025-05-05" }),
    );
    let changes = place
        .on_store(&[
            "changes",
            "--as-of",
            "2025-04-10",
            "--before-known-on",
            "2025-04-10",
            "--format",
            "json",
        ])
        .ended(0)
        .json();
    let told = of_field(&changes, "status", "DG-M-01", "reported.overall").unwrap();
    assert_eq!(
        (&told["before"], &told["after"]),
        (&json!("green"), &json!("red"))
    );
    assert_eq!(told["events"], json!([position]));
    let row = "status/DG-M-01/reported.overall";
    let explained = place
        .on_store(&[
            "explain",
            "changes",
            row,
            "after",
            "--as-of",
            "2025-04-10",
            "--before-known-on",
            "2025-04-10",
            "--format",
            "json",
        ])
        .ended(0)
        .json();
    assert!(
        explained.to_string().contains("status.corrected")
            || explained.to_string().contains("corrected"),
        "{explained}"
    );
}

#[test]
fn without_an_earlier_view_it_asks_for_one() {
    let told = scenario()
        .on_store(&["changes", "--as-of", "2024-12-31"])
        .ended(2);
    assert!(told.err.contains("--before-as-of"), "{told:?}");
}

#[test]
fn a_position_the_log_has_not_reached_is_no_question_yet() {
    let place = Place::with_scenario();
    place
        .on_store(&["funds", "--as-of", "2024-12-31", "--at-position", "1000000"])
        .ended(2);
    place.on_store(&["status", "--pillar", "XX"]).ended(2);
}

/// A field that is a list, as the trend of a milestone, hides no other from whoever reads the table.
#[test]
fn a_table_tells_before_and_after_also_where_lists_changed() {
    let place = scenario();
    let (now, then) = ("2024-12-31", "2024-11-13");
    let asked = ["changes", "--as-of", now, "--before-as-of", then];
    let lists = place
        .on_store(&[&asked[..], &["--format", "json"]].concat())
        .json();
    let is_list = |it: &Value| it["after"].is_array();
    assert!(rows(&lists).iter().any(is_list), "a trend changed");
    let table = place.on_store(&[&asked[..], &["--format", "table"]].concat());
    let table = table.ended(0).out;
    let head = table.lines().find(|it| it.contains("kind")).unwrap();
    assert!(head.contains("before") && head.contains("after"), "{table}");
}
