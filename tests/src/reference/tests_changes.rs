//! What differs between two looks, and the trail of one subject.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::tests::{agree, log, numbered};
use super::{COMPARED, Row, answer, between, trail};
use crate::generator::feed_of_all_tables;

/// The compared answers at one look.
fn look(rows: &[Row], as_of: Date, known_on: Option<Date>) -> BTreeMap<String, Value> {
    let one = |name: &str| (name.to_owned(), answer(rows, name, as_of, known_on, None));
    COMPARED.iter().map(|(name, _)| one(name)).collect()
}

fn rows() -> Vec<Row> {
    log(&[
        "risks id=R-1 subject=PROG category=Recht title=A response=accept identified_on=2024-01-10",
        "risk_assessments risk=R-1 date=2024-02-01 probability=2 impact=2",
        "corrections table=risk_assessments key=R-1/2024-02-01/current date=2024-02-01 impact=5 received_on=2024-06-01",
        "impediments id=HI-1 subject=DG-M-01 title=Zulieferung reported_on=2024-03-10 received_on=2024-06-02",
    ])
}

/// As reported on 30 April against as restated since.
#[test]
fn as_reported_against_restated() {
    let rows = rows();
    let day = date(2024, 4, 30);
    let changes = between(&look(&rows, day, Some(day)), &look(&rows, day, None));
    let fields: Vec<String> = changes["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {}", row["kind"], row["id"], row["field"]).replace('"', ""))
        .collect();
    assert_eq!(
        fields,
        [
            "impediments HI-1 age_days",
            "impediments HI-1 id",
            "impediments HI-1 reported_on",
            "impediments HI-1 state",
            "impediments HI-1 subject",
            "impediments HI-1 title",
            "risks R-1 impact",
            "risks R-1 level",
            "risks R-1 score",
        ]
    );
    agree(&json!({ "before": 4, "after": 10 }), &changes["rows"][8]);
    agree(
        &json!({ "field": "title", "before": null, "after": "Zulieferung" }),
        &changes["rows"][5],
    );
    agree(
        &json!({ "risks": 3, "impediments": 6, "status": 0, "goals": 0 }),
        &changes["summary"]["counts"],
    );
}

/// Between two sittings: a row that is gone has null after.
#[test]
fn a_row_that_is_gone_has_null_after() {
    let mut rows = rows();
    rows.extend(log(&[
        "risk_closures risk=R-1 date=2024-09-01 outcome=closed",
    ]));
    rows[4].position = 5;
    let changes = between(
        &look(&rows, date(2024, 8, 31), None),
        &look(&rows, date(2024, 9, 1), None),
    );
    let of = |field: &str| {
        let all = changes["rows"].as_array().unwrap();
        all.iter()
            .find(|row| row["kind"] == "risks" && row["field"] == field)
            .unwrap()
            .clone()
    };
    agree(
        &json!({ "id": "R-1", "before": 10, "after": null }),
        &of("score"),
    );
    // An age counts from V.
    agree(
        &json!({ "kind": "impediments", "field": "age_days", "before": 174, "after": 175 }),
        &changes["rows"][0],
    );
}

/// "events: positions in after not in before"; a goal's row is named by goal and indicator.
#[test]
fn events_are_those_that_came_on_top() {
    let side = |score: u32, events: &[u64]| {
        let goals = json!({ "rows": [
            { "id": "Z", "indicator": "Dauer", "actual": score, "events": events },
            { "id": "Z", "indicator": "Quote", "actual": 1, "events": [1] },
        ] });
        BTreeMap::from([("goals".to_owned(), goals)])
    };
    let changes = between(&side(1, &[2, 3]), &side(4, &[2, 7, 9]));
    assert_eq!(
        changes["rows"],
        json!([{ "kind": "goals", "id": "Z/Dauer", "field": "actual", "before": 1, "after": 4, "events": [7, 9] }])
    );
    assert_eq!(
        between(&side(1, &[2]), &side(1, &[2, 7]))["rows"],
        json!([])
    );
}

/// The same look twice changes nothing, and back is forth the other way round.
#[test]
fn changes_go_both_ways() {
    let rows = numbered(feed_of_all_tables(3, 400), date(2026, 11, 20));
    let (old, new) = (
        look(&rows, date(2025, 3, 31), None),
        look(&rows, date(2025, 9, 30), None),
    );
    assert_eq!(between(&old, &old)["rows"], json!([]));
    let (forth, back) = (between(&old, &new), between(&new, &old));
    let mut turned = back["rows"].clone();
    for row in turned.as_array_mut().unwrap() {
        let before = row["before"].take();
        row["before"] = row["after"].take();
        row["after"] = before;
    }
    assert_eq!(forth["rows"], turned);
    assert!(forth["rows"].as_array().unwrap().len() > 50);
}

/// Recorded and corrected: both stay in the trail, and one of them holds.
#[test]
fn a_trail_shows_what_was_recorded_and_what_holds() {
    let rows = log(&[
        "risks id=R-1 subject=DG-M-01 category=Recht title=A response=accept cause=geheim identified_on=2024-01-10",
        "status_reports report_date=2024-03-31 measure=DG-M-01 overall=G",
        "status_reports report_date=2024-03-31 measure=DG-M-02 overall=G",
        "corrections table=status_reports key=DG-M-01/2024-03-31 date=2024-03-31 overall=R reason=vertauscht received_on=2024-05-01",
        "links from=DG-M-02 kind=depends_on to=DG-M-01 set_on=2024-04-01",
        "status_reports report_date=2024-06-30 measure=DG-M-01 overall=A",
    ]);
    let at = |known_on| trail(&rows, "DG-M-01", date(2024, 5, 31), known_on, None);
    let expected = json!([
        { "position": 1, "table": "risks", "identity": "R-1", "effective": "2024-01-10", "known_on": "2024-01-10", "holds": true },
        { "position": 2, "table": "status_reports", "identity": "DG-M-01/2024-03-31", "holds": false, "cells": { "overall": "G" } },
        { "position": 4, "table": "corrections", "effective": "2024-03-31", "known_on": "2024-05-01", "holds": true, "cells": { "overall": "R" } },
        { "position": 5, "table": "links", "identity": "DG-M-02/depends_on/DG-M-01", "holds": true },
    ]);
    agree(&expected, &at(None)["rows"]);
    let cells = at(None)["rows"][0]["cells"].clone();
    assert!(
        cells.get("cause").is_none() && cells.get("title").is_some(),
        "{cells}"
    );
    let before = at(Some(date(2024, 4, 30)));
    agree(
        &json!([{ "position": 1 }, { "position": 2, "holds": true }, { "position": 5 }]),
        &before["rows"],
    );
}
