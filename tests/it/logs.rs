//! What the program says about its own running.
//!
//! The rule tested: no cell of a row ever stands in a log line, whether the row is accepted, known, refused or
//! unreadable. Two exceptions: the stream's name, which is made of a subject's id (`milestone-MS-01`), and the
//! table's own name. Ids that name no stream, titles, amounts, dates, codes and free texts do not appear.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Place, Server, ndjson};

/// What marks a cell whatever its type.
const MARK: &str = "MARKE";

fn lines(said: &str) -> Vec<Value> {
    said.lines()
        .map(|it| serde_json::from_str(it).unwrap_or_else(|error| panic!("{error}: {it}")))
        .collect()
}

#[test]
fn a_row_is_logged_with_command_stream_outcome_and_duration() {
    let place = Place::begun();
    let server = Server::start(&place);
    let row = json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" });
    server.post("impediments", &row).with_status(200);
    server.post("impediments", &row).with_status(200);
    let mut other = row;
    other["title"] = json!("anders");
    server.post("impediments", &other).with_status(422);
    let lines = lines(&server.said());
    let rows: Vec<&Value> = lines
        .iter()
        .filter(|it| it["table"] == "impediments")
        .collect();
    let outcomes: Vec<&Value> = rows.iter().map(|it| &it["outcome"]).collect();
    assert_eq!(outcomes, ["accepted", "known", "rejected"]);
    for row in &rows {
        assert_eq!(row["stream"], "impediment-H-1", "{row}");
        assert_eq!(row["command"].as_str().unwrap().len(), 36, "{row}");
        assert!(row["duration_us"].is_u64(), "{row}");
    }
    assert_eq!(rows[0]["command"], rows[1]["command"]);
    assert_eq!(rows[2]["code"], "use_correction");
    for line in &lines {
        assert!(
            line["timestamp"].is_string()
                && line["level"].is_string()
                && line["target"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn many_rows_are_logged_with_what_became_of_them() {
    let place = Place::begun();
    let server = Server::start(&place);
    let row = |id: &str| {
        format!(
            "{{\"id\":\"{id}\",\"subject\":\"PROG\",\"title\":\"T\",\"reported_on\":\"2025-01-01\"}}\n"
        )
    };
    let rows = [row("H-1"), row("H-2"), row("H-1"), "{}\n".to_owned()].concat();
    let kind = [("content-type", "application/x-ndjson")];
    let path = "/api/v1/feed/impediments";
    server.send(&reqwest::Method::POST, path, &kind, Some(rows.into()));
    let lines = lines(&server.said());
    let told = lines.iter().find(|it| it["message"] == "rows").unwrap();
    let counts = ["rows", "accepted", "known", "rejected"].map(|it| told[it].as_u64());
    assert_eq!(counts, [Some(4), Some(2), Some(1), Some(1)], "{told}");
    assert!(told["duration_us"].is_u64(), "{told}");
}

/// Rows in which every cell that may be anything is marked; most are refused in some way.
fn marked_rows() -> Vec<(&'static str, Value)> {
    let mark = |n: u32| format!("{MARK}{n}");
    vec![
        (
            "milestones",
            json!({ "id": "M-1", "subject": "DG-M-01", "title": mark(1), "baseline": "2031-07-13", "planned_on": "2031-07-14", "resolution": mark(2), "note": mark(3), "file_ref": mark(4) }),
        ),
        (
            "milestones",
            json!({ "id": "M-2", "subject": mark(5), "title": mark(6), "baseline": "2031-07-13", "planned_on": "2031-07-14" }),
        ),
        (
            "milestones",
            json!({ "id": "M-3", "subject": "DG-M-01", "title": format!("={MARK}"), "baseline": mark(7), "planned_on": mark(8) }),
        ),
        (
            "impediments",
            json!({ "id": "H-1", "subject": "PROG", "title": mark(9), "reported_on": "2031-07-13", "note": mark(10), "received_on": "2099-07-13" }),
        ),
        (
            "risks",
            json!({ "id": "R-1", "subject": "DG", "category": mark(11), "title": mark(12), "cause": mark(13), "event": mark(14), "effect": mark(15), "response": "accept", "cost_impact": "7777777.77", "identified_on": "2031-07-13" }),
        ),
        (
            "risks",
            json!({ "id": "R-2", "subject": "DG", "category": mark(11), "title": mark(12), "cause": format!("={MARK}"), "response": mark(16), "cost_impact": "-7777777.77", "identified_on": "2031-07-13" }),
        ),
        (
            "pots",
            json!({ "id": "P-1", "fiscal_year": 2031, "amount": "7777777.77", "title": mark(17), "line": mark(18), "resolved_on": "2031-07-13" }),
        ),
        (
            "requests",
            json!({ "id": "A-1", "subject": "DG-M-01", "applicant": "B-KT-DG", "pot": "P-1", "kind": "first", "amount": "7777777.78", "title": mark(19), "submitted_on": "2031-07-13" }),
        ),
        (
            "request_steps",
            json!({ "date": "2031-07-13", "request": "A-1", "step": "formal_check_started", "reason": mark(20) }),
        ),
        (
            "request_steps",
            json!({ "date": "2031-07-13", "request": "A-1", "step": "granted", "amount": "7777777.79", "reason": mark(21) }),
        ),
        (
            "bookings",
            json!({ "date": "2031-07-13", "request": "A-1", "kind": "call", "amount": "7777777.76", "fiscal_year": 2031, "reference": mark(22) }),
        ),
        (
            "status_reports",
            json!({ "report_date": "2031-07-13", "measure": "DG-M-01", "overall": "G", "original": mark(23), "comment": mark(24), "done": mark(25) }),
        ),
        (
            "corrections",
            json!({ "table": "pots", "key": "P-1", "date": "2031-07-13", "reason": mark(26), "title": mark(27), "amount": "7777777.75" }),
        ),
        (
            "corrections",
            json!({ "table": mark(28), "key": mark(29), "date": "2031-07-13", "reason": mark(30) }),
        ),
        ("impediments", json!({ mark(31): mark(32), "id": "H-2" })),
        (
            "impediments",
            json!({ "id": "H-3", "reporter": mark(33), "key": mark(34), "subject": "PROG", "title": "T", "reported_on": "2031-07-13" }),
        ),
        (
            "impediments",
            json!({ "id": [mark(35)], "subject": { "a": mark(36) } }),
        ),
    ]
}

#[test]
fn no_cell_stands_in_a_log_of_the_server_at_any_level() {
    let place = Place::begun();
    let server = Server::start_with(&place, &["--log", "trace"]);
    for (table, row) in marked_rows() {
        server.post(table, &row);
        server.post_lines(table, ndjson(&[row]));
    }
    server.post(&format!("{MARK}-table"), &json!({}));
    server.send(
        &reqwest::Method::POST,
        "/api/v1/feed/milestones",
        &[("content-type", "application/json")],
        Some(format!("{{\"id\": \"{MARK}").into()),
    );
    server.get(&format!("/api/v1/status?pillar={MARK}&as_of={MARK}"));
    server.get(&format!(
        "/api/v1/explain?answer=funds&row={MARK}&field={MARK}"
    ));
    server.is_well();
    assert!(server.said().lines().count() > 20, "{}", server.said());
    no_cell_in(&server.said());
}

#[test]
fn no_cell_stands_in_a_log_of_the_command_at_any_level() {
    let place = Place::begun();
    let store = place.store();
    let mut said = String::new();
    for (table, row) in marked_rows() {
        let ran = place.run_with_input(
            &[
                "feed", "--store", &store, "--log", "trace", "--format", "json", "--table", table,
                "-",
            ],
            ndjson(&[row]),
        );
        assert!([0, 3].contains(&ran.code), "{ran:?}");
        let _ = write!(said, "{}", ran.err);
    }
    for answer in ["requests", "milestones", "risks", "exceptions"] {
        said += &place.on_store(&[answer, "--log", "trace"]).ended(0).err;
    }
    no_cell_in(&said);
}

#[track_caller]
fn no_cell_in(said: &str) {
    for cell in [
        MARK,
        "77777",
        "7.777",
        "2031-07",
        "2099-07",
        "B-KT-DG",
        "formal_check",
    ] {
        let line = said.lines().find(|it| it.contains(cell));
        assert_eq!(line, None, "{cell} stands in the log");
    }
}

#[test]
fn what_is_logged_of_the_command_does_not_mix_with_data() {
    let place = Place::with_scenario();
    let ran = place
        .on_store(&["status", "--format", "json", "--log", "debug"])
        .ended(0);
    assert!(ran.json()["rows"].is_array());
    for line in ran.err.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}
