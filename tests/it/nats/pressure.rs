//! More than can be recorded at once, a store that stands still, dead letters that cannot be written, a relay
//! that wakes up late: nothing is forgotten, nothing is doubled, and memory does not grow.

use std::{
    collections::BTreeMap,
    fs, thread,
    time::{Duration, Instant},
};

use async_nats::jetstream;
use leitstand_tests::nats::NatsServer;
use serde_json::{Value, json};

use super::faults::{nothing_is_lost_or_doubled, row};
use crate::support::{
    Place, Server, block_on, eventually, folder,
    nats::{EVENTS, FEED, PROGRAMME, count_in, nats_in, said, serving, streams_of},
    signal,
};

/// What a process holds in memory, in MiB.
fn memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap();
    let number = line.split_whitespace().nth(1).unwrap();
    number.parse::<u64>().unwrap() >> 10
}

/// A row of some 60 KiB.
fn heavy(number: usize) -> Value {
    json!({
        "id": format!("K-{number}"), "subject": "PROG", "title": "Last", "reported_on": "2026-01-05",
        "note": "x".repeat(60 << 10),
    })
}

async fn info(context: &jetstream::Context, subject: &str) -> Value {
    context
        .request(subject.to_owned(), &json!({}))
        .await
        .unwrap()
}

#[test]
fn a_store_that_stands_still_slows_what_is_taken_and_fills_no_memory() {
    let (log, beside) = (folder(), folder());
    // The log is on one server, the rows come from another.
    let (store, nats) = (
        NatsServer::start(log.path()),
        NatsServer::start(beside.path()),
    );
    let place = Place::of(format!("{}/{PROGRAMME}", store.url()));
    place.run(&["init", "--store", &place.store()]).ended(0);
    let server = serving(&place, &nats);
    let before = memory(&server);
    store.pause();
    let begun = Instant::now();
    let (rows, asked) = (1_500, 2_000);
    let (kept, told) = block_on(async {
        let client = async_nats::connect(nats.url()).await.unwrap();
        let context = jetstream::new(client.clone());
        // 90 MB are posted and all kept; and 120 MB are asked for, of which some are not taken.
        let asking: Vec<_> = (0..asked)
            .map(|number| {
                let (client, row) = (client.clone(), heavy(1_000_000 + number));
                tokio::spawn(async move {
                    let subject = format!("leitstand.{PROGRAMME}.feed.impediments");
                    let request = async_nats::Request::new()
                        .payload(row.to_string().into())
                        .timeout(Some(Duration::from_secs(6)));
                    client.send_request(subject, request).await
                })
            })
            .collect();
        let subject = format!("leitstand.{PROGRAMME}.post.impediments");
        let mut kept = 0;
        for number in 0..rows {
            let sent = context.publish(subject.clone(), heavy(number).to_string().into());
            sent.await.unwrap().await.unwrap();
            kept += 1;
        }
        let mut told = BTreeMap::<String, usize>::new();
        for reply in asking {
            let code = match reply.await.unwrap() {
                Ok(reply) => {
                    let headers = reply.headers.unwrap();
                    let reply: Value = serde_json::from_slice(&reply.payload).unwrap();
                    // As a refused question says it, and as the description of what is said over NATS demands.
                    for (header, member) in [
                        ("Leitstand-Message", "message"),
                        ("Leitstand-Message-En", "message_en"),
                    ] {
                        assert_eq!(headers.get(header).unwrap().as_str(), reply[member]);
                    }
                    assert_eq!(reply["outcome"], Value::Null, "{reply}");
                    reply["code"].as_str().unwrap().to_owned()
                }
                Err(_) => "none".to_owned(),
            };
            *told.entry(code).or_default() += 1;
        }
        // What was taken and not answered is bounded, and everything is still kept.
        let stream = info(&context, "STREAM.INFO.LEITSTAND_FEED").await;
        assert_eq!(stream["state"]["messages"], rows, "{stream}");
        let consumer = info(&context, "CONSUMER.INFO.LEITSTAND_FEED.leitstand").await;
        let open = consumer["num_ack_pending"].as_u64().unwrap();
        assert!(open <= 1_024, "{consumer}");
        (kept, told)
    });
    let during = memory(&server);
    println!("{kept} kept, {told:?}; {before} MiB before, {during} MiB during");
    // 64 MiB may wait for an answer and 16 MiB are taken of what is posted; 210 MB came.
    assert!(told.get("busy").is_some_and(|it| 100 < *it), "{told:?}");
    assert!(
        during < before + 140,
        "{before} MiB before, {during} MiB during"
    );
    assert!(
        begun.elapsed() < Duration::from_mins(1),
        "the store stood still for too long"
    );
    store.resume();
    let url = nats.url();
    let context = streams_of(&url);
    let is_empty = || count_in(&context, FEED) == 0;
    let begun = Instant::now();
    while !is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(3), "rows still wait");
        thread::sleep(Duration::from_millis(200));
    }
    eventually("it is ready", || server.get("/readyz").status == 200);
    let dead = said(&["stream", &url, "LEITSTAND_DEAD"], &[]);
    assert_eq!(dead, [] as [Value; 0]);
    assert!(server.stop().success());
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let mut all = BTreeMap::<String, usize>::new();
    for line in recorded.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if let Some(id) = event["data"]["row"]["id"].as_str() {
            *all.entry(id.to_owned()).or_default() += 1;
        }
    }
    for number in 0..rows {
        assert_eq!(all.get(&format!("K-{number}")), Some(&1), "K-{number}");
    }
    place.head();
}

#[test]
fn a_row_is_given_up_only_after_its_dead_letter_is_kept() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let context = streams_of(&url);
    // No dead letter can be kept: the stream is full.
    let resize = |bytes: i64| {
        block_on(async {
            let mut config = info(&context, "STREAM.INFO.LEITSTAND_DEAD").await["config"].clone();
            config["max_bytes"] = json!(bytes);
            let update = "STREAM.UPDATE.LEITSTAND_DEAD".to_owned();
            let updated: Value = context.request(update, &config).await.unwrap();
            assert!(updated.get("error").is_none(), "{updated}");
        });
    };
    resize(16 << 20);
    block_on(async {
        let subject = format!("leitstand.{PROGRAMME}.dead.x");
        for size in [900_000, 50_000, 1_000, 100] {
            while let Ok(kept) = context.publish(subject.clone(), vec![0; size].into()).await
                && kept.await.is_ok()
            {}
        }
    });
    let bad = json!({ "table": "impediments", "row": { "id": "H-1" } });
    let good = |number| json!({ "table": "impediments", "row": row(number).1 });
    said(&["post", &url, PROGRAMME], &[bad.clone(), good(1), good(2)]);
    let waiting = || count_in(&context, FEED);
    eventually("it says so", || {
        server.get("/readyz").body.contains("Wartende Zeilen")
    });
    let recorded = |server: &Server| {
        let rows = server.ask("impediments", "as_of=2026-12-31");
        rows["rows"].as_array().unwrap().len()
    };
    // It comes again and again, and is kept.
    thread::sleep(Duration::from_secs(5));
    assert!(0 < waiting());
    assert_eq!(server.get("/readyz").status, 503);
    // What is behind it waits, for another process, too.
    assert!(server.stop().success());
    let more: Vec<Value> = (3..303).map(good).collect();
    said(&["post", &url, PROGRAMME], &more);
    let server = Server::begin_with(&place, &["--nats", &url]);
    eventually("it still says so", || {
        server.get("/readyz").body.contains("Wartende Zeilen")
    });
    thread::sleep(Duration::from_secs(5));
    assert_eq!((waiting(), recorded(&server)), (303, 0));
    // Neither a kill in between loses it.
    server.kill();
    assert_eq!(waiting(), 303);
    resize(-1);
    let server = serving(&place, &nats);
    // It comes again later each time, and what was taken when it was killed after a minute.
    let begun = Instant::now();
    while waiting() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(90), "it still waits");
        thread::sleep(Duration::from_millis(200));
    }
    let mut dead = said(&["stream", &url, "LEITSTAND_DEAD"], &[]);
    dead.retain(|it| it["headers"]["Leitstand-Code"].is_string());
    assert_eq!(dead.len(), 1, "once, however often it came: {dead:?}");
    assert_eq!(dead[0]["headers"]["Leitstand-Sequence"], "1");
    eventually("all good ones are recorded", || recorded(&server) == 302);
    assert!(server.stop().success());
    nothing_is_lost_or_doubled(&place, &url, &BTreeMap::new());
}

/// A relay that stood still in the middle of sending wakes up after another took over.
#[test]
fn a_relay_that_wakes_up_late_adds_nothing() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let servers = [serving(&place, &nats), serving(&place, &nats)];
    let mut fed = 0;
    for _ in 0..4 {
        let is_active = |it: &Server| it.get("/metrics").body.contains("leitstand_relay_position");
        let active = usize::from(!is_active(&servers[0]));
        let (active, standby) = (&servers[active], &servers[1 - active]);
        let rows: Vec<Value> = (fed..fed + 300).map(|it| row(it).1).collect();
        fed += 300;
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(place.feed_rows("impediments", &rows)["accepted"], 300));
            thread::sleep(Duration::from_millis(150));
            signal(active.id(), "STOP");
        });
        let out = || said(&["stream", &url, EVENTS], &[]).len() as u64;
        eventually("the other one takes over", || out() > fed);
        signal(active.id(), "CONT");
        active.is_well();
        standby.is_well();
    }
    nothing_is_lost_or_doubled(&place, &url, &BTreeMap::new());
}

#[test]
fn rows_that_come_together_are_recorded_together() {
    let (many, at_once) = (4_096, 256);
    let place = Place::begun();
    let nats = nats_in(&place);
    let server = serving(&place, &nats);
    block_on(async {
        let client = async_nats::connect(nats.url()).await.unwrap();
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..many {
            if asking.len() == at_once {
                asking.join_next().await.unwrap().unwrap();
            }
            let client = client.clone();
            asking.spawn(async move {
                let subject = format!("leitstand.{PROGRAMME}.feed.impediments");
                let row = row(number).1.to_string();
                let answer = client.request(subject, row.into()).await.unwrap();
                let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
                assert_eq!(answer["outcome"], "accepted", "{answer}");
            });
        }
        while let Some(asked) = asking.join_next().await {
            asked.unwrap();
        }
    });
    let metrics = server.get("/metrics").with_status(200).body;
    let commits = metrics.lines().find_map(|it| {
        let number = it.strip_prefix("leitstand_store_commits_total ")?;
        number.parse::<u64>().ok()
    });
    let most = many / 16;
    assert!(
        commits.is_some_and(|it| 0 < it && it <= most),
        "{commits:?}"
    );
}
