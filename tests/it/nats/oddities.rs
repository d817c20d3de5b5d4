//! Ids, tables and rows of any size, and messages that are none of ours: everything goes on.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use async_nats::jetstream::{self, stream::DiscardPolicy};
use leitstand_tests::nats::NatsServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Place, Server, block_on, eventually, folder,
    nats::{
        EVENTS, FEED, PROGRAMME, called_as, count_in, nats_in, relayed, said, serving, streams_of,
    },
};

fn impediment(id: &str) -> Value {
    json!({ "id": id, "subject": "PROG", "title": "T", "reported_on": "2025-01-01" })
}

#[test]
fn an_event_goes_out_whatever_its_id() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let server = serving(&place, &nats);
    let (long, wide) = ("x".repeat(4_100), "ä".repeat(2_000));
    let ids = [&*long, &*wide, "H-1"];
    let rows: Vec<Value> = ids.iter().map(|it| impediment(it)).collect();
    for row in &rows {
        server.post("impediments", row).with_status(200);
    }
    let out = relayed(&place, &nats.url());
    let subjects: Vec<&str> = out.iter().filter_map(|it| it["subject"].as_str()).collect();
    let of = |begin: &str| {
        let begin = format!("leitstand.{PROGRAMME}.evt.impediment.{begin}");
        let mut found = subjects.iter().filter(|it| it.starts_with(&begin));
        let one = found
            .next()
            .unwrap_or_else(|| panic!("{begin}: {subjects:?}"));
        assert_eq!(found.next(), None);
        one.split('.').nth(4).unwrap()
    };
    assert_eq!(of("H-1."), "H-1");
    assert_eq!(of("xxxx").len(), 130);
    assert!(of("=C3=A4").contains("=="));
    server.is_well();
    let said = server.said();
    assert!(!said.contains("could not be relayed"), "{said}");
}

/// Also where the log is on the server.
#[test]
fn a_log_on_a_server_takes_an_id_of_any_length() {
    let files = folder();
    let nats = NatsServer::start(files.path());
    let place = Place::of(format!("{}/{PROGRAMME}", nats.url()));
    place.run(&["init", "--store", &place.store()]).ended(0);
    let rows = ["x".repeat(1_200), "x".repeat(1_201), "ä".repeat(2_000)].map(|it| impediment(&it));
    for known in [0, 3] {
        let report = place.feed_rows("impediments", &rows);
        assert_eq!(
            (&report["accepted"], &report["known"]),
            (&json!(3 - known), &json!(known))
        );
    }
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let count = recorded
        .lines()
        .filter(|it| it.contains("impediment.reported"))
        .count();
    assert_eq!(count, 3);
    place.head();
}

#[test]
fn a_table_of_any_name_is_refused_and_put_aside() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let tables = ["x".repeat(3_900), "=C3=A9".repeat(600), "é".repeat(700)];
    block_on(async {
        let client = async_nats::connect(&url).await.unwrap();
        let context = jetstream::new(client.clone());
        for (table, code) in tables
            .iter()
            .zip(["unknown_table", "unknown_table", "bad_subject"])
        {
            let row = || impediment("H-1").to_string().into();
            let feed = format!("leitstand.{PROGRAMME}.feed.{table}");
            let reply = client.request(feed, row()).await.unwrap();
            let reply: Value = serde_json::from_slice(&reply.payload).unwrap();
            assert_eq!(reply["code"], code, "{reply}");
            let post = format!("leitstand.{PROGRAMME}.post.{table}");
            context.publish(post, row()).await.unwrap().await.unwrap();
        }
    });
    let mut dead = Vec::new();
    eventually("all are put aside", || {
        dead = said(&["stream", &url, "LEITSTAND_DEAD"], &[]);
        dead.len() == 6
    });
    for letter in &dead {
        let subject = letter["subject"].as_str().unwrap();
        assert!(subject.len() < 1_000, "{subject}");
        let whole = letter["headers"]["Leitstand-Subject"].as_str().unwrap();
        assert!(1_400 < whole.len(), "{whole}");
    }
    let context = streams_of(&url);
    eventually("none waits", || count_in(&context, FEED) == 0);
    server.is_well();
}

#[test]
fn a_row_with_thousands_of_findings_is_answered() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let _server = serving(&place, &nats);
    let mut row = impediment("H-1");
    for number in 0..20_000 {
        row[format!("u{number}")] = json!("x");
    }
    let lines = [json!({ "table": "impediments", "row": row })];
    let reply = &said(&["feed", &nats.url(), PROGRAMME], &lines)[0];
    assert_eq!(reply["outcome"], "rejected");
    // Sixteen are told one by one, the others by their count.
    let shown = reply["findings"].as_array().unwrap();
    assert_eq!(shown.len(), 17);
    let last = shown[16].to_string();
    assert!(last.contains("19.984") || last.contains("19984"), "{last}");
}

fn bodies(url: &str) -> Vec<Value> {
    let all = said(&["stream", url, EVENTS], &[]);
    all.into_iter().map(|it| it["body"].clone()).collect()
}

/// Whoever may ask a server anything can have its answer put into a stream.
#[test]
fn the_relay_steps_over_what_is_no_event() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let divert = || {
        for asked in ["$SRV.PING", "$SRV.INFO", "$SRV.STATS", "$JS.API.INFO"] {
            let reply = format!("leitstand.{PROGRAMME}.evt.x.y.z");
            called_as(&[], &["divert", &url, asked, &reply], &[]).ended(0);
        }
    };
    let all_are_out = |server: &Server, foreign: usize| {
        let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
        let mut out = Vec::new();
        eventually("all events are out", || {
            out = bodies(&url);
            out.len() == recorded.lines().count() + foreign
        });
        let events: Vec<&str> = out
            .iter()
            .filter_map(Value::as_str)
            .filter(|it| it.contains("\"specversion\""))
            .collect();
        assert_eq!(events, recorded.lines().collect::<Vec<_>>());
        server.is_well();
    };
    all_are_out(&server, 0);
    divert();
    let doctor = place.on_store(&["doctor", "--nats", &url]).ended(0).out;
    let line = doctor.lines().find(|it| it.contains(EVENTS)).unwrap();
    assert!(
        line.starts_with("Achtung") && line.contains("letzten 4 "),
        "{line}"
    );
    let feed = |number: usize| {
        let row = impediment(&format!("H-{number}"));
        let lines = [json!({ "table": "impediments", "row": row })];
        assert_eq!(
            said(&["feed", &url, PROGRAMME], &lines)[0]["outcome"],
            "accepted"
        );
    };
    feed(1);
    all_are_out(&server, 4);
    let metrics = server.get("/metrics").with_status(200).body;
    assert!(
        metrics
            .lines()
            .any(|it| it == "leitstand_relay_foreign_total 4"),
        "{metrics}"
    );
    // Also where they are found at the start.
    divert();
    assert!(server.stop().success());
    let server = serving(&place, &nats);
    feed(2);
    all_are_out(&server, 8);
}

/// A message between two events on their way takes the place of neither.
#[test]
fn foreign_messages_in_a_burst_leave_no_gap() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let is_over = AtomicBool::new(false);
    let foreign = thread::scope(|scope| {
        let foreign = scope.spawn(|| {
            block_on(async {
                let client = async_nats::connect(&url).await.unwrap();
                let mut sent = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let subject = format!("leitstand.{PROGRAMME}.evt.x.y.z");
                    client.publish(subject, "?".into()).await.unwrap();
                    client.flush().await.unwrap();
                    sent += 1;
                    tokio::time::sleep(Duration::from_millis(7)).await;
                }
                sent
            })
        });
        for burst in 0..6 {
            let row = |it: usize| impediment(&format!("H-{burst}-{it}")).to_string();
            let rows = (0..400).map(row).collect::<Vec<_>>().join("\n");
            let path = "/api/v1/feed/impediments";
            let kind = [("content-type", "application/x-ndjson")];
            let reply = server.send(&Method::POST, path, &kind, Some(rows.into()));
            assert_eq!(reply.with_status(200).json()["accepted"], 400);
            thread::sleep(Duration::from_millis(300));
        }
        is_over.store(true, Ordering::Relaxed);
        foreign.join().unwrap()
    });
    assert!(foreign > 50, "{foreign}");
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let recorded: Vec<&str> = recorded.lines().collect();
    let mut out = Vec::new();
    eventually("all events are out", || {
        out = bodies(&url);
        out.len() >= recorded.len() + foreign
    });
    let is_event = |it: &&str| it.contains("\"specversion\"");
    let events: Vec<&str> = out
        .iter()
        .filter_map(Value::as_str)
        .filter(is_event)
        .collect();
    assert!(events == recorded, "{} of {}", events.len(), recorded.len());
    server.is_well();
}

/// A stream that goes or loses its beginning while nothing happens is seen all the same.
#[test]
fn a_stream_that_goes_is_made_and_filled_again_and_one_that_forgot_is_told() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let count = recorded.lines().count();
    eventually("all events are out", || bodies(&url).len() == count);
    let context = streams_of(&url);
    block_on(async { context.delete_stream(EVENTS).await.unwrap() });
    eventually("all events are out again", || {
        server.get("/readyz").status == 200 && count_in(&context, EVENTS) == count as u64
    });
    block_on(async {
        let mut stream = context.get_stream(EVENTS).await.unwrap();
        let mut config = stream.info().await.unwrap().config.clone();
        config.discard = DiscardPolicy::Old;
        config.max_messages = 5;
        context.update_stream(&config).await.unwrap();
        config.discard = DiscardPolicy::New;
        config.max_messages = -1;
        context.update_stream(&config).await.unwrap();
    });
    let mut said = String::new();
    eventually("it is told", || {
        let reply = server.get("/readyz");
        said = reply.body;
        reply.status == 503
    });
    assert!(
        said.contains("LEITSTAND_EVENTS") && said.contains("löschen"),
        "{said}"
    );
    let told = place.on_store(&["doctor", "--nats", &url]).ended(1).out;
    assert!(told.contains("verloren"), "{told}");
}

/// A letter of a stream made anew has the sequence of another, and is written all the same.
#[test]
fn a_dead_letter_is_written_though_its_sequence_was_there_before() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let post = |id: &str| {
        let bad = json!({ "table": "impediments", "row": { "id": id } });
        said(&["post", &url, PROGRAMME], &[bad]);
    };
    let dead = || said(&["stream", &url, "LEITSTAND_DEAD"], &[]);
    post("H-1");
    eventually("the first is put aside", || dead().len() == 1);
    let context = streams_of(&url);
    block_on(async { context.delete_stream(FEED).await.unwrap() });
    eventually("the stream is there again", || {
        block_on(async { context.get_stream(FEED).await.is_ok() })
    });
    post("H-2");
    eventually("the second is put aside", || dead().len() == 2);
    let sequences: Vec<Value> = dead()
        .iter()
        .map(|it| it["headers"]["Leitstand-Sequence"].clone())
        .collect();
    assert_eq!(sequences, ["1", "1"]);
    server.is_well();
}
