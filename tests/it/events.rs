//! The log as CloudEvents.

use std::{
    io::{BufRead as _, BufReader},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Place, Running, Server, scenario, signal};

fn events(place: &Place, options: &[&str]) -> Vec<Value> {
    let ran = place
        .on_store(&[&["events", "--format", "json"], options].concat())
        .ended(0);
    ran.out
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect()
}

#[test]
fn an_event_has_what_cloud_events_wants() {
    let all = events(scenario(), &[]);
    assert!(all.len() > 900, "{}", all.len());
    for event in &all {
        assert_eq!(
            (&event["specversion"], &event["datacontenttype"]),
            (&json!("1.0"), &json!("application/json"))
        );
        for attribute in ["id", "source", "type", "subject", "time"] {
            assert!(
                event[attribute].as_str().is_some_and(|it| !it.is_empty()),
                "{attribute}: {event}"
            );
        }
        assert!(
            event["time"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .is_ok(),
            "{event}"
        );
        assert!(event["data"].is_object(), "{event}");
        // Attribute names: lower-case letters and digits (CloudEvents 1.0).
        let is_name = |it: &String| {
            it.bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        };
        assert!(event.as_object().unwrap().keys().all(is_name), "{event}");
    }
    let positions: Vec<u64> = all
        .iter()
        .map(|it| it["position"].as_u64().unwrap())
        .collect();
    assert!(positions.is_sorted_by(|a, b| a < b), "positions grow");
    let ids: std::collections::BTreeSet<&str> =
        all.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len(), "an id is given once");
}

#[test]
fn the_log_can_be_read_on_and_by_stream() {
    let all = events(scenario(), &[]);
    let middle = all[500]["position"].to_string();
    assert_eq!(events(scenario(), &["--after", &middle]), all[501..]);
    let of_stream = events(scenario(), &["--stream", "milestone-MS-03"]);
    let expected: Vec<&Value> = all
        .iter()
        .filter(|it| it["subject"] == "milestone-MS-03")
        .collect();
    assert_eq!(of_stream.iter().collect::<Vec<_>>(), expected);
    assert_eq!(of_stream.len(), 5);
    assert!(events(scenario(), &["--stream", "milestone-NIE"]).is_empty());
    for far in [
        "9007199254740991",
        "9223372036854775807",
        "18446744073709551615",
    ] {
        assert!(events(scenario(), &["--after", far]).is_empty(), "{far}");
    }
    scenario().on_store(&["events", "--after", "-1"]).ended(2);
    scenario().on_store(&["events", "--after", "x"]).ended(2);
}

#[test]
fn no_free_text_stands_in_the_log() {
    let text = scenario()
        .on_store(&["events", "--format", "json"])
        .ended(0)
        .out;
    for sealed in [
        "illustrativ",
        "Ziffern vertauscht",
        "Metadaten nach DCAT",
        "Bedarf über der Finanzplanung",
        "Datenschutzfolgen nicht",
    ] {
        assert!(!text.contains(sealed), "{sealed}");
    }
    let file = std::fs::read(scenario().log()).unwrap();
    let secret = "Datenschutzfolgen nicht".as_bytes();
    assert!(
        !file.windows(secret.len()).any(|it| it == secret),
        "a free text stands in the file"
    );
}

#[test]
fn following_prints_what_is_new_until_it_is_told_to_stop() {
    let place = Place::begun();
    let server = Server::start(&place);
    let last = events(&place, &[]).last().unwrap()["position"].to_string();
    let store = place.store();
    let follow = [
        "events", "--store", &store, "--format", "json", "--follow", "--after", &last,
    ];
    let mut child = Running(place.command(&follow).spawn().unwrap());
    let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let (line, printed) = mpsc::channel();
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|it| line.send(it)));
    for number in 0..5 {
        let row = json!({ "id": format!("H-{number}"), "subject": "PROG", "title": "T", "reported_on": "2025-01-01" });
        let position = if number % 2 == 0 {
            server.post("impediments", &row).with_status(200).json()["position"]
                .as_u64()
                .unwrap()
        } else {
            place.accept("impediments", row)
        };
        // A command seals what it fed; that is an event, too.
        let event = loop {
            let line = printed.recv_timeout(Duration::from_secs(10));
            let event: Value = serde_json::from_str(&line.expect("it is printed")).unwrap();
            if event["subject"] != "log" {
                break event;
            }
        };
        assert_eq!(
            (&event["position"], &event["subject"]),
            (&json!(position), &json!(format!("impediment-H-{number}")))
        );
    }
    signal(child.0.id(), "INT");
    assert_eq!(child.ended(), 130);
}

#[test]
fn whoever_stops_reading_ends_it_without_a_fuss() {
    let store = scenario().store();
    for arguments in [
        &["events", "--store", &store, "--format", "json"][..],
        &["requests", "--store", &store, "--format", "json"],
        &["schema", "feeds"],
        &["--help"],
    ] {
        let mut child = scenario().command(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let ran = crate::support::ran(child, Vec::new());
        assert!([0, 141].contains(&ran.code), "{arguments:?}: {ran:?}");
        assert!(ran.err.is_empty(), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn the_log_over_http_is_the_same_log() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    let mut over_http: Vec<Value> = Vec::new();
    loop {
        let after = over_http
            .last()
            .map_or(0, |it| it["position"].as_u64().unwrap());
        let page = server
            .get(&format!("/api/v1/events?after={after}&limit=300"))
            .with_status(200);
        assert!(
            page.header("content-type")
                .starts_with("application/cloudevents-batch+json"),
            "{:?}",
            page.headers
        );
        let page: Vec<Value> = serde_json::from_str(&page.body).unwrap();
        if page.is_empty() {
            break;
        }
        over_http.extend(page);
    }
    assert_eq!(over_http, events(&place, &[]));
    for bad in ["after=-1", "after=x", "limit=x", "x=1"] {
        server
            .get(&format!("/api/v1/events?{bad}"))
            .with_status(400)
            .problem();
    }
    server
        .get("/api/v1/events?after=18446744073709551615")
        .with_status(200);
    server.get("/api/v1/events?limit=0").with_status(200);
}
