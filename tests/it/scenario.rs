//! The main job, end to end: the year 2024 goes in, its answers come out.

use std::collections::BTreeSet;

use leitstand_projections::answers;
use leitstand_tests::{compare::differences, scenario as year};
use serde_json::{Value, json};

use crate::support::{Place, Server, YEAR_END, row, scenario};

const EXPECTED: [&str; 5] = ["status", "milestones", "risks", "requests", "funds"];

#[test]
fn feeding_the_year_gives_no_finding_and_a_second_time_only_known() {
    let place = Place::begun();
    let first = place.feed(&[&year::folder()]);
    assert_eq!(
        (&first["findings"], &first["accepted"]),
        (&json!([]), &json!(700))
    );
    assert_eq!(
        (&first["known"], &first["rejected"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(first["tables"].as_object().unwrap().len(), 21);
    let head = place.head();
    let second = place.feed(&[&year::folder()]);
    assert_eq!(
        (&second["findings"], &second["known"]),
        (&json!([]), &json!(700))
    );
    assert_eq!(
        (&second["accepted"], &second["rejected"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(second["position"], first["position"]);
    assert_eq!(place.head(), head);
}

#[test]
fn the_year_gives_exactly_its_expected_answers() {
    for name in EXPECTED {
        let differences = differences(
            &year::expected(name).unwrap(),
            &scenario().at_year_end(name),
        );
        assert!(
            differences.is_empty(),
            "{name}:\n{}",
            differences.join("\n")
        );
    }
}

#[test]
fn what_is_undefined_says_why_in_the_words_expected() {
    let (wanted, actual) = (
        year::expected("requests").unwrap(),
        scenario().at_year_end("requests"),
    );
    let mut seen = 0;
    for wanted in wanted["rows"].as_array().unwrap() {
        let actual = row(&actual, "id", wanted["id"].as_str().unwrap());
        for (field, value) in wanted.as_object().unwrap() {
            if value.get("undefined").is_some() {
                assert_eq!(&actual[field], value, "{} {field}", wanted["id"]);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 7);
}

#[test]
fn row_by_row_over_http_gives_the_same_answers() {
    let place = Place::begun();
    let server = Server::start(&place);
    let mut last = 0;
    for row in year::rows().unwrap() {
        last = server.accept(&row);
    }
    for name in EXPECTED {
        let actual = server.ask(name, &format!("as_of={YEAR_END}&min_position={last}"));
        let differences = differences(&year::expected(name).unwrap(), &actual);
        assert!(
            differences.is_empty(),
            "{name}:\n{}",
            differences.join("\n")
        );
    }
    for name in ["catalogue", "reporting", "impediments"] {
        let over_http = rows_without_events(server.ask(name, &format!("as_of={YEAR_END}")));
        assert_eq!(
            over_http,
            rows_without_events(scenario().at_year_end(name)),
            "{name}"
        );
    }
    for row in year::rows().unwrap() {
        let reply = server
            .post(&row.table, &json!(row.cells))
            .with_status(200)
            .json();
        assert_eq!(reply["outcome"], "known", "{row:?}");
    }
    assert!(server.stop().success());
    place.head();
}

/// Rows and summary, without the positions a log happens to have.
fn rows_without_events(mut answer: Value) -> Value {
    for row in answer["rows"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("events");
    }
    json!([answer["rows"], answer["summary"]])
}

#[test]
fn a_command_and_the_server_give_the_same_bytes() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    let names = [
        "catalogue",
        "status",
        "reporting",
        "milestones",
        "risks",
        "impediments",
        "requests",
        "funds",
        "exceptions",
    ];
    for name in names {
        let command = place
            .on_store(&[name, "--format", "json", "--as-of", YEAR_END])
            .ended(0)
            .out;
        let http = server
            .get(&format!("/api/v1/{name}?as_of={YEAR_END}"))
            .with_status(200);
        assert_eq!(command.trim_end(), http.body.trim_end(), "{name}");
        assert_eq!(http.header("content-type"), "application/json");
        for format in ["csv", "csv-de"] {
            let command = place
                .on_store(&[name, "--format", format, "--as-of", YEAR_END])
                .ended(0)
                .out;
            let http = server
                .get(&format!("/api/v1/{name}?as_of={YEAR_END}&format={format}"))
                .with_status(200);
            assert_eq!(command, http.body, "{name} {format}");
        }
    }
    let command = place.on_store(&[
        "explain", "--format", "json", "funds", "T-ORG", "free", "--as-of", YEAR_END,
    ]);
    let http = server.get(&format!(
        "/api/v1/explain?answer=funds&row=T-ORG&field=free&as_of={YEAR_END}"
    ));
    assert_eq!(command.ended(0).json(), http.with_status(200).json());
}

#[test]
fn every_row_of_every_answer_rests_on_events_and_explains_each_field() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    let explained = |name: &str, row: &str, field: &str, value: &Value| {
        let path = format!(
            "/api/v1/explain?answer={name}&row={}&field={field}&as_of={YEAR_END}{}",
            encoded(row),
            options(name)
        );
        let why = server.get(&path).with_status(200).json();
        assert_eq!(&why["value"], value, "{path}");
        for member in ["formula", "inputs", "events"] {
            assert!(!why[member].is_null(), "{member} of {path}");
        }
        for event in why["events"].as_array().unwrap() {
            for member in [
                "position",
                "name",
                "recorded_at",
                "known_on",
                "effective_on",
            ] {
                assert!(!event[member].is_null(), "{member} of {path}: {event}");
            }
        }
    };
    for kind in answers::ALL {
        let name = kind.name;
        let answer = server.ask(name, &format!("as_of={YEAR_END}{}", options(name)));
        let rows = answer["rows"].as_array().unwrap();
        assert!(!rows.is_empty(), "{name}");
        for row in rows {
            let events = row["events"].as_array().unwrap();
            // Of a coming year nobody has said anything yet.
            let is_blank = name == "outlook" && row["need"] == "0.00" && row["secured"] == "0.00";
            assert!(is_blank || !events.is_empty(), "{name}: {row}");
        }
        for (figure, value) in answer["summary"].as_object().unwrap() {
            explained(name, "summary", figure, value);
        }
        // What a row shows names it, and no other.
        let called: Vec<String> = rows.iter().map(|it| called(kind.id, it)).collect();
        let once: BTreeSet<&String> = called.iter().collect();
        assert_eq!(once.len(), rows.len(), "{name}: {called:?}");
        let last = rows.len() - 1;
        for at in BTreeSet::from([0, last / 3, last / 2, last]) {
            let fields = rows[at].as_object().unwrap();
            for (field, value) in fields.iter().filter(|(field, _)| *field != "events") {
                explained(name, &called[at], field, value);
                // What is inside an object is explained as well.
                for (part, value) in value.as_object().into_iter().flatten() {
                    if part != "undefined" {
                        explained(name, &called[at], &format!("{field}.{part}"), value);
                    }
                }
            }
        }
    }
}

/// What a row is called by the fields that name it.
fn called(fields: &str, row: &Value) -> String {
    let parts: Vec<String> = fields
        .split('/')
        .filter(|it| !row[it].is_null())
        .map(|it| row[it].as_str().map_or(row[it].to_string(), str::to_owned))
        .collect();
    // Only the poll nobody held shows no name.
    if parts.is_empty() {
        return "yes".to_owned();
    }
    parts.join("/")
}

/// A text as it may stand in a query.
fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|it| match it {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'/' => {
            char::from(it).to_string()
        }
        _ => format!("%{it:02X}"),
    });
    bytes.collect()
}

#[test]
fn a_row_that_is_not_there_is_refused_with_those_that_are() {
    let place = scenario();
    let asked = |answer: &str, row: &str, field: &str| {
        place.on_store(&["explain", answer, row, field, "--as-of", YEAR_END])
    };
    for kind in answers::ALL.iter().filter(|it| options(it.name).is_empty()) {
        let none = asked(kind.name, "gibt es nicht", kind.fields[0].name).ended(1);
        let rows = place.at_year_end(kind.name);
        let first = called(kind.id, &rows["rows"][0]);
        assert!(none.err.contains(&first), "{first}: {none:?}");
        // The help says the same.
        let help = place.run(&["explain", "--help"]).ended(0).out;
        let mut lines = help.lines();
        let told =
            |it: &str| it.split_whitespace().next() == Some(kind.id) && it.contains(kind.name);
        assert!(
            kind.id == "id" || lines.any(told),
            "{} {}: {help}",
            kind.name,
            kind.id
        );
    }
    // An id that only one row has is enough; one that several have is not.
    let obligations = place.at_year_end("obligations");
    let ids: Vec<&str> = obligations["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    let of = |id: &str| ids.iter().filter(|it| **it == id).count();
    let once = ids.iter().find(|it| of(it) == 1).unwrap();
    asked("obligations", once, "due").ended(0);
    let goals = Place::begun();
    for indicator in ["Quote", "Anzahl"] {
        goals.accept(
            "goal_indicators",
            json!({ "goal": "DG-Z-01", "indicator": indicator, "unit": "%", "base": "0", "target": "10", "due": "2026-12-31", "set_on": "2024-01-02" }),
        );
    }
    let of_goal =
        |row: &str| goals.on_store(&["explain", "goals", row, "target", "--as-of", "2025-12-31"]);
    let several = of_goal("DG-Z-01").ended(1);
    assert!(
        several.err.contains("DG-Z-01/Anzahl, DG-Z-01/Quote"),
        "{several:?}"
    );
    of_goal("DG-Z-01/Quote").ended(0);
    of_goal("DG-Z-02").ended(0);
}

/// What some answers must be told.
fn options(name: &str) -> &'static str {
    match name {
        "shares" => "&pot=T-ORG",
        "votes" => "&yes=BUND,BW,BY&key_year=2019",
        "changes" => "&before_as_of=2024-11-13",
        "trail" => "&id=A-24-12",
        _ => "",
    }
}

#[test]
fn long_answers_come_in_pages() {
    let all: Vec<Value> = scenario().at_year_end("status")["rows"]
        .as_array()
        .unwrap()
        .clone();
    let place = scenario();
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let options = ["--as-of", YEAR_END, "--limit", "10", "--cursor", &cursor];
        let page = place.ask("status", &options);
        let of_page = page["rows"].as_array().unwrap();
        assert!(of_page.len() <= 10);
        assert_eq!(page["summary"], place.at_year_end("status")["summary"]);
        rows.extend(of_page.iter().cloned());
        match page["cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(rows, all);
}
