//! NATS from outside: an independent client feeds rows, follows the events and asks.

mod access;
mod cloud_events;
mod cluster;
mod faults;
mod guarded;
mod hostile;
mod oddities;
mod operator;
mod order;
mod pressure;
mod settings;
mod waiting;

use std::collections::BTreeSet;

use leitstand_tests::{compare::differences, nats::NatsServer, scenario as year};
use serde_json::{Value, json};

use crate::support::{
    Place, Server, YEAR_END, eventually, folder,
    nats::{EVENTS, PROGRAMME, nats_in, relayed, rows, said, serving},
    scenario,
};

const EXPECTED: [&str; 5] = ["status", "milestones", "risks", "requests", "funds"];

#[test]
fn the_year_row_by_row_over_nats_gives_the_same_answers_and_comes_out_as_events() {
    let place = Place::begun();
    the_year(&place, &nats_in(&place));
}

#[test]
fn the_year_row_by_row_over_nats_into_a_log_on_nats_gives_the_same_answers_and_events() {
    let files = folder();
    let nats = NatsServer::start(files.path());
    let place = Place::of(format!("{}/{PROGRAMME}", nats.url()));
    place.run(&["init", "--store", &place.store()]).ended(0);
    the_year(&place, &nats);
}

/// Feeds the year row by row, asks, and rebuilds the events.
fn the_year(place: &Place, nats: &NatsServer) {
    let url = nats.url();
    let server = serving(place, nats);
    let all = rows(&year::rows().unwrap());
    let replies = said(&["feed", &url, PROGRAMME], &all);
    assert_eq!(replies.len(), 700);
    for (reply, row) in replies.iter().zip(&all) {
        assert_eq!(reply["outcome"], "accepted", "{row}: {reply}");
        for member in ["code", "field", "message"] {
            assert_eq!(reply.get(member), Some(&Value::Null), "{reply}");
        }
    }
    let again = said(&["feed", &url, PROGRAMME], &all);
    for (again, reply) in again.iter().zip(&replies) {
        assert_eq!(again["outcome"], "known");
        assert_eq!(again["position"], reply["position"]);
    }
    let last = replies.last().unwrap()["position"].as_u64().unwrap();
    asked(&url, last, &server);
    // Everything recorded comes out, in order, as it is recorded.
    assert!(server.stop().success());
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let out = said(&["stream", &url, EVENTS], &[]);
    let bodies: Vec<&str> = out.iter().filter_map(|it| it["body"].as_str()).collect();
    assert_eq!(bodies, recorded.lines().collect::<Vec<_>>());
    for message in &out {
        events_say_no_more_than_they_may(message);
    }
    // They are the events that the files give, but for when they were recorded and what seals and hashes say.
    let of_files = scenario().on_store(&["events", "--format", "json"]);
    let of_files = of_files.ended(0).out;
    assert_eq!(same(bodies.iter().copied()), same(of_files.lines()));
    place.head();
}

/// What is the same of an event wherever it is recorded.
fn same<'a>(events: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let events = events.map(|it| serde_json::from_str::<Value>(it).unwrap());
    let events = events.filter(|it| it["subject"] != "log");
    let events = events.map(|it| {
        let names = ["id", "type", "subject", "effectiveon", "correlationid"];
        let said: Vec<String> = names.iter().map(|name| it[*name].to_string()).collect();
        said.join(" ")
    });
    let (all, different) = events.fold((0, BTreeSet::new()), |(all, mut different), it| {
        different.insert(it);
        (all + 1, different)
    });
    assert!(all >= 700, "{all}");
    assert_eq!(all, different.len(), "an event came twice");
    different
}

/// Answers over NATS are those of the year, and the bytes of HTTP.
fn asked(url: &str, last: u64, server: &crate::support::Server) {
    let names: Vec<&str> = EXPECTED
        .into_iter()
        .chain(["catalogue", "impediments"])
        .collect();
    let questions: Vec<Value> = names
        .iter()
        .map(|it| json!({ "answer": it, "options": { "as_of": YEAR_END, "min_position": last } }))
        .collect();
    let answers = said(&["ask", url, PROGRAMME], &questions);
    for (name, answer) in names.iter().zip(&answers) {
        assert_eq!(answer["headers"], json!({}), "{name}: {answer}");
        let body = answer["body"].as_str().unwrap();
        let http = server.get(&format!("/api/v1/{name}?as_of={YEAR_END}"));
        assert_eq!(body, http.with_status(200).body, "{name}");
        if EXPECTED.contains(name) {
            let actual = serde_json::from_str(body).unwrap();
            let differences = differences(&year::expected(name).unwrap(), &actual);
            assert!(
                differences.is_empty(),
                "{name}:\n{}",
                differences.join("\n")
            );
        }
    }
    assert_eq!(scenario().at_year_end("funds")["summary"], {
        let funds: Value = serde_json::from_str(answers[4]["body"].as_str().unwrap()).unwrap();
        funds["summary"].clone()
    });
}

/// The answers are those of the year.
#[track_caller]
fn answers_the_year(server: &Server) {
    for name in EXPECTED {
        let actual = server.ask(name, &format!("as_of={YEAR_END}"));
        let differences = differences(&year::expected(name).unwrap(), &actual);
        assert!(
            differences.is_empty(),
            "{name}:\n{}",
            differences.join("\n")
        );
    }
}

/// What a message says outside its body.
#[track_caller]
fn events_say_no_more_than_they_may(message: &Value) {
    let event: Value = serde_json::from_str(message["body"].as_str().unwrap()).unwrap();
    let subject = message["subject"].as_str().unwrap();
    let tokens: Vec<&str> = subject.split('.').collect();
    assert_eq!(tokens[..3], ["leitstand", PROGRAMME, "evt"], "{subject}");
    assert_eq!(tokens.len(), 6, "{subject}");
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_=".contains(it);
    assert!(
        tokens
            .iter()
            .all(|it| !it.is_empty() && it.chars().all(is_plain)),
        "{subject}"
    );
    let headers = message["headers"].as_object().unwrap();
    assert_eq!(headers["Nats-Msg-Id"], event["id"]);
    assert_eq!(headers["Content-Type"], "application/cloudevents+json");
    // What the server asks of a message on its way, and nothing else; of a batch only some.
    let known = [
        "Content-Type",
        "Nats-Msg-Id",
        "Nats-Expected-Last-Sequence",
        "Nats-Expected-Stream",
        "Nats-Batch-Id",
        "Nats-Batch-Sequence",
        "Nats-Batch-Commit",
    ];
    for name in headers.keys() {
        assert!(known.contains(&&**name), "{name}");
    }
    assert_eq!(
        event["data"]["meta"]["note"],
        Value::Null,
        "a free text is sealed"
    );
}

#[test]
fn what_is_no_row_is_rejected_with_a_reason_and_put_aside() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let bad = [
        json!({ "table": "milestones", "row": { "id": "M-1", "baseline": "31.02.2024", "geheim": "GEHEIM" } }),
        json!({ "table": "nirgends", "row": {} }),
        json!({ "table": "milestone_reports", "row": { "milestone": "M-9", "report_date": "2024-01-31", "forecast": "2024-12-31" } }),
    ];
    let replies = said(&["feed", &url, PROGRAMME], &bad);
    let codes: Vec<&Value> = replies.iter().map(|it| &it["code"]).collect();
    for reply in &replies {
        assert_eq!(reply["outcome"], "rejected", "{reply}");
        assert_eq!(reply["position"], Value::Null);
        assert!(
            reply["message"]
                .as_str()
                .is_some_and(|it| it.ends_with('.')),
            "{reply}"
        );
        assert!(!reply["findings"].as_array().unwrap().is_empty());
    }
    assert_eq!(codes[1], "unknown_table");
    let mut dead = Vec::new();
    eventually("both are put aside", || {
        dead = said(&["stream", &url, "LEITSTAND_DEAD"], &[]);
        dead.len() == 2
    });
    // The third may be accepted one day: it is an outcome, and whoever sent it was told.
    assert_eq!(dead[0]["subject"], "leitstand.spt-dd.dead.milestones");
    assert_eq!(dead[1]["subject"], "leitstand.spt-dd.dead.nirgends");
    assert_eq!(&dead[0]["headers"]["Leitstand-Code"], codes[0]);
    assert!(dead[0]["body"].as_str().unwrap().contains("31.02.2024"));
    assert!(!server.said().contains("GEHEIM"));
    server.is_well();
}

#[test]
fn posted_rows_are_kept_until_they_are_recorded() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    // Once, so that the streams are there; then nobody is.
    assert!(serving(&place, &nats).stop().success());
    let all = rows(&year::rows().unwrap());
    let acknowledged = said(&["post", &url, PROGRAMME], &all);
    assert_eq!(
        acknowledged.last().unwrap(),
        &json!({ "stream": "LEITSTAND_FEED", "seq": 700 })
    );
    let bad = json!({ "table": "milestones", "row": { "id": "M-1" } });
    said(&["post", &url, PROGRAMME], &[all[0].clone(), bad]);
    let server = serving(&place, &nats);
    let mut dead = Vec::new();
    eventually("the bad one is put aside", || {
        dead = said(&["stream", &url, "LEITSTAND_DEAD"], &[]);
        dead.len() == 1
    });
    assert_eq!(
        dead[0]["headers"]["Leitstand-Subject"],
        "leitstand.spt-dd.post.milestones"
    );
    assert_eq!(dead[0]["headers"]["Leitstand-Sequence"], "702");
    let name = dead[0]["headers"]["Nats-Msg-Id"].as_str().unwrap();
    assert!(name.starts_with("dead-702-"), "{name}");
    let last = server.ask("status", "as_of=2024-12-31")["position"].clone();
    assert!(last.as_u64().is_some());
    answers_the_year(&server);
    assert!(server.stop().success());
    assert_eq!(
        relayed(&place, &nats.url()).len(),
        place
            .head()
            .split(':')
            .next()
            .unwrap()
            .parse::<usize>()
            .unwrap()
    );
}

#[test]
fn the_service_is_one_that_tools_know() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let questions = [
        json!({ "answer": "status", "options": { "asof": "2024-12-31" } }),
        json!({ "answer": "status", "options": { "min_position": 9_000_000, "as_of": "2024-12-31" } }),
        json!({ "answer": "status", "body": "[]" }),
        json!({ "answer": "status", "body": "{\"as_of\":\"2024-12-31\",\"as_of\":\"2024-01-31\"}" }),
        json!({ "answer": "status", "body": "" }),
    ];
    let replies = said(&["ask", &url, PROGRAMME], &questions);
    for (reply, (status, code)) in replies.iter().zip([
        ("400", "unknown_parameter: "),
        ("503", "position_not_reached: "),
        ("400", "bad_json: "),
        ("400", "duplicate_column: "),
    ]) {
        assert_eq!(
            reply["headers"]["Nats-Service-Error-Code"], status,
            "{reply}"
        );
        let told = reply["headers"]["Nats-Service-Error"].as_str().unwrap();
        assert!(
            told.starts_with(code) && told.len() > code.len() + 10,
            "{told}"
        );
        // In English as for rows, and in both languages as for dead letters.
        let [german, english] = ["Leitstand-Message", "Leitstand-Message-En"]
            .map(|it| reply["headers"][it].as_str().unwrap());
        assert_eq!(told, format!("{code}{english}"));
        assert_ne!(german, english);
        assert_eq!(reply["body"], "");
    }
    let today: Value = serde_json::from_str(replies[4]["body"].as_str().unwrap()).unwrap();
    assert!(today["as_of"].is_string(), "{today}");
    let all = said(&["service", &url], &[]);
    // Asked by name, then without.
    assert_eq!(all.len(), 6);
    let (info, stats) = (&all[1], &all[2]);
    for (said, kind) in all.iter().zip(["ping", "info", "stats"].iter().cycle()) {
        assert_eq!(said["type"], format!("io.nats.micro.v1.{kind}_response"));
        assert_eq!(said["name"], "leitstand");
    }
    let endpoints = info["endpoints"].as_array().unwrap();
    let of_status = endpoints.iter().find(|it| it["name"] == "status").unwrap();
    assert_eq!(of_status["subject"], "leitstand.spt-dd.ask.status");
    let of_status = stats["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "status");
    let of_status = of_status.unwrap();
    assert_eq!(of_status["num_requests"], 5);
    assert_eq!(of_status["num_errors"], 4);
    server.is_well();
}
