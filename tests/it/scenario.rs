//! The main job, end to end: the year 2024 goes in, its answers come out.

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
            "/api/v1/explain?answer={name}&row={row}&field={field}&as_of={YEAR_END}{}",
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
    for (name, id) in [
        ("catalogue", "id"),
        ("status", "measure"),
        ("reporting", "id"),
        ("milestones", "id"),
        ("risks", "id"),
        ("impediments", "id"),
        ("requests", "id"),
        ("funds", "pot"),
        ("shares", "partner"),
        ("decisions", ""),
        ("year-end", "id"),
        ("obligations", ""),
        ("plans", "measure"),
        ("goals", ""),
        ("bodies", "id"),
        ("seats", "id"),
        ("dependencies", ""),
        ("exceptions", "id"),
    ] {
        let answer = server.ask(name, &format!("as_of={YEAR_END}{}", options(name)));
        let rows = answer["rows"].as_array().unwrap();
        for row in rows {
            let events = row["events"].as_array().unwrap();
            assert!(!events.is_empty(), "{name}: {row}");
        }
        for (figure, value) in answer["summary"].as_object().unwrap() {
            explained(name, "summary", figure, value);
        }
        let Some(row) = rows.first().filter(|_| !id.is_empty()) else {
            continue;
        };
        for (field, value) in row.as_object().unwrap() {
            if field == "events" {
                continue;
            }
            explained(name, row[id].as_str().unwrap(), field, value);
            // What is inside an object is explained as well.
            for (part, value) in value.as_object().into_iter().flatten() {
                if part != "undefined" {
                    let path = format!("{field}.{part}");
                    explained(name, row[id].as_str().unwrap(), &path, value);
                }
            }
        }
    }
}

/// What some answers must be told.
fn options(name: &str) -> &'static str {
    match name {
        "shares" => "&pot=T-ORG",
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
