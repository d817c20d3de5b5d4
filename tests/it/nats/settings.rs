//! The streams of posted rows and of dead letters, as somebody else made them: what could lose a row that was
//! acknowledged, or leave it lying, is refused with the setting and what to do.

use std::time::Duration;

use async_nats::jetstream::{self, Context};
use leitstand_tests::nats::NatsServer;
use serde_json::{Value, json};

use crate::support::{
    Place, Server, block_on, eventually,
    nats::{
        EVENTS, FEED, PROGRAMME, count_in, nats_folder, nats_in, relayed, said, serving, streams_of,
    },
};

/// The stream as Leitstand makes it, with other settings.
fn stream(more: &Value) -> Value {
    let mut config = json!({
        "name": FEED, "subjects": ["leitstand.spt-dd.post.>"], "storage": "file", "discard": "new",
        "retention": "workqueue", "num_replicas": 1, "max_msgs": -1, "max_bytes": 256 << 20, "max_msgs_per_subject": -1,
        "max_msg_size": 1_000_000, "duplicate_window": 100_000_000,
    });
    let members = config.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    config
}

async fn ask(context: &Context, verb: &str, body: &Value) -> Value {
    let answer: Value = context.request(verb.to_owned(), body).await.unwrap();
    assert!(answer.get("error").is_none(), "{verb}: {answer}");
    answer
}

/// The stream and, if stated, its consumer anew.
fn made(context: &Context, settings: &Value, consumer: Option<&Value>) {
    block_on(async {
        let gone: Value = context
            .request(format!("STREAM.DELETE.{FEED}"), &json!({}))
            .await
            .unwrap();
        drop(gone);
        ask(context, &format!("STREAM.CREATE.{FEED}"), &stream(settings)).await;
        let Some(consumer) = consumer else {
            return;
        };
        let mut config = json!({
            "name": "leitstand", "durable_name": "leitstand", "ack_policy": "explicit", "max_deliver": -1,
            "deliver_policy": "all", "ack_wait": 60_000_000_000_u64, "max_ack_pending": 1_024,
        });
        let members = config.as_object_mut().unwrap();
        members.extend(consumer.as_object().unwrap().clone());
        let create = format!("CONSUMER.CREATE.{FEED}.leitstand");
        let wanted = json!({ "stream_name": FEED, "config": config });
        ask(context, &create, &wanted).await;
    });
}

#[test]
fn what_could_lose_a_posted_row_or_leave_it_lying_is_refused() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let context = streams_of(&url);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--nats", &url];
    let hour = 3_600_000_000_000_u64;
    let streams = [
        ("max_msgs_per_subject", json!({ "max_msgs_per_subject": 1 })),
        ("max_msgs", json!({ "max_msgs": 1 })),
        ("max_bytes", json!({ "max_bytes": 1_000 })),
        ("max_bytes", json!({ "max_bytes": -1 })),
        ("max_age", json!({ "max_age": hour })),
        ("max_msg_size", json!({ "max_msg_size": 50 })),
        ("max_msg_size", json!({ "max_msg_size": -1 })),
        ("discard", json!({ "discard": "old" })),
        ("retention", json!({ "retention": "limits" })),
        ("storage", json!({ "storage": "memory" })),
        ("no_ack", json!({ "no_ack": true })),
        ("allow_rollup_hdrs", json!({ "allow_rollup_hdrs": true })),
        ("allow_msg_ttl", json!({ "allow_msg_ttl": true })),
        ("duplicate_window", json!({ "duplicate_window": hour / 30 })),
    ];
    for (setting, settings) in streams {
        made(&context, &settings, None);
        let said = place.on_store(&serve).ended(1).err;
        let named = format!("{setting} = ");
        assert!(
            said.contains(FEED) && said.contains(&named) && said.contains("nats stream edit"),
            "{setting}: {said}"
        );
    }
    let only = json!([
        "leitstand.spt-dd.post.milestones",
        "leitstand.spt-dd.post.risks"
    ]);
    let consumers = [
        ("filter_subjects", json!({ "filter_subjects": only })),
        (
            "filter_subject",
            json!({ "filter_subject": "leitstand.spt-dd.post.risks" }),
        ),
        ("headers_only", json!({ "headers_only": true })),
        ("paused", json!({ "pause_until": "2100-01-01T00:00:00Z" })),
        ("max_deliver", json!({ "max_deliver": 3 })),
        ("ack_wait", json!({ "ack_wait": 1_000_000_000 })),
        ("max_ack_pending", json!({ "max_ack_pending": 1 })),
        ("max_batch", json!({ "max_batch": 1 })),
        ("max_bytes", json!({ "max_bytes": 1 })),
        ("max_expires", json!({ "max_expires": 1_000_000 })),
        ("mem_storage", json!({ "mem_storage": true })),
        ("replay_policy", json!({ "replay_policy": "original" })),
        ("inactive_threshold", json!({ "inactive_threshold": hour })),
        ("backoff", json!({ "backoff": [hour / 60] })),
    ];
    for (setting, settings) in consumers {
        made(&context, &json!({}), Some(&settings));
        let said = place.on_store(&serve).ended(1).err;
        let named = format!("{setting} = ");
        assert!(
            said.contains(&named) && said.contains("nats consumer rm LEITSTAND_FEED leitstand"),
            "{setting}: {said}"
        );
    }
    // `doctor` says the same.
    let said = place.on_store(&["doctor", "--nats", &url]).ended(1).out;
    let line = said.lines().find(|it| it.contains("nats consumer rm"));
    assert!(
        line.is_some_and(|it| it.starts_with("FEHLER") && it.contains("backoff")),
        "{said}"
    );
    // What is as it must be, or does not matter, is taken.
    let wider = json!({ "max_bytes": 1 << 30, "description": "unsere", "compression": "s2" });
    made(
        &context,
        &wider,
        Some(&json!({ "description": "unserer", "max_waiting": 100 })),
    );
    assert!(serving(&place, &nats).stop().success());
    let said = place.on_store(&["doctor", "--nats", &url]).ended(0).out;
    assert!(
        said.lines()
            .any(|it| it.starts_with("gut") && it.contains(FEED)),
        "{said}"
    );
}

/// What is new is decided by content, never by the id of a message.
#[test]
fn posted_rows_with_one_id_are_all_kept() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server: Server = serving(&place, &nats);
    block_on(async {
        let context = jetstream::new(async_nats::connect(&url).await.unwrap());
        for number in 0..2 {
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("Nats-Msg-Id", "immer dieselbe");
            let row = json!({
                "id": format!("H-{number}"), "subject": "PROG", "title": "T", "reported_on": "2025-01-01",
            });
            let subject = "leitstand.spt-dd.post.impediments";
            let sent = context.publish_with_headers(subject, headers, row.to_string().into());
            let ack = sent.await.unwrap().await.unwrap();
            assert!(!ack.duplicate, "{ack:?}");
            tokio::time::sleep(Duration::from_millis(1_200)).await;
        }
    });
    eventually("both are recorded", || {
        let rows = server.ask("impediments", "as_of=2026-12-31");
        rows["rows"].as_array().unwrap().len() == 2
    });
    assert_eq!(
        said(&["stream", &url, "LEITSTAND_DEAD"], &[]),
        [] as [Value; 0]
    );
}

const DEAD: &str = "LEITSTAND_DEAD";
const REFUSED: &str = "{\"kaputt\":1}";

/// The stream of dead letters with other settings.
async fn edited(context: &Context, more: &Value) {
    let info = ask(context, &format!("STREAM.INFO.{DEAD}"), &json!({})).await;
    let mut config = info["config"].clone();
    let members = config.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    ask(context, &format!("STREAM.UPDATE.{DEAD}"), &config).await;
}

#[test]
fn what_could_stop_a_dead_letter_or_forget_it_is_refused() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let context = streams_of(&url);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--nats", &url];
    let hour = 3_600_000_000_000_u64;
    for (setting, value) in [
        ("max_msg_size", json!(1_000)),
        ("max_bytes", json!(1_000)),
        ("max_msgs", json!(1)),
        ("max_msgs_per_subject", json!(1)),
        ("duplicate_window", json!(hour)),
        ("discard", json!("old")),
        ("retention", json!("interest")),
        ("storage", json!("memory")),
    ] {
        block_on(async {
            let delete = format!("STREAM.DELETE.{DEAD}");
            let gone: Value = context.request(delete, &json!({})).await.unwrap();
            drop(gone);
            let mut config = json!({
                "name": DEAD, "subjects": ["leitstand.spt-dd.dead.>"], "storage": "file", "discard": "new",
                "retention": "limits", "num_replicas": 1,
            });
            config[setting] = value;
            ask(&context, &format!("STREAM.CREATE.{DEAD}"), &config).await;
        });
        let said = place.on_store(&serve).ended(1).err;
        let named = format!("{setting} = ");
        assert!(
            said.contains(DEAD) && said.contains(&named) && said.contains("nats stream edit"),
            "{setting}: {said}"
        );
        let said = place.on_store(&["doctor", "--nats", &url]).ended(1).out;
        let line = said.lines().find(|it| it.contains(&named));
        assert!(line.is_some_and(|it| it.starts_with("FEHLER")), "{said}");
    }
}

/// A posted row is terminated only when its letter is written, whatever becomes of the stream meanwhile.
#[test]
fn a_row_whose_dead_letter_is_not_taken_waits_and_it_is_said_why() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let context = streams_of(&url);
    let post = || {
        block_on(async {
            let subject = "leitstand.spt-dd.post.impediments";
            let sent = context.publish(subject, REFUSED.into()).await.unwrap();
            sent.await.unwrap();
        });
    };
    let says = |words: &[&str]| {
        eventually("it is said why", || {
            let ready = server.get("/readyz");
            ready.status == 503 && words.iter().all(|it| ready.body.contains(it))
        });
        assert_eq!(count_in(&context, FEED), 1);
    };
    let comes = |count: usize| {
        eventually("the letter is written and the row is gone", || {
            let letters = said(&["stream", &url, DEAD], &[]);
            let letters = letters.iter().filter(|it| it["body"] == REFUSED);
            letters.count() == count && count_in(&context, FEED) == 0
        });
        eventually("all is well", || server.get("/readyz").status == 200);
    };
    block_on(edited(&context, &json!({ "max_msg_size": 10 })));
    post();
    says(&[DEAD, "max_msg_size"]);
    block_on(edited(&context, &json!({ "max_msg_size": -1 })));
    comes(1);
    // Full: nothing is forgotten for what comes.
    block_on(async {
        edited(&context, &json!({ "max_bytes": 16 << 20 })).await;
        let junk = vec![b'x'; 1_000_000];
        for size in [1_000_000, 1_000, 1] {
            let subject = "leitstand.spt-dd.dead.x";
            let sent = || context.publish(subject, junk[..size].to_vec().into());
            while sent().await.unwrap().await.is_ok() {}
        }
    });
    post();
    says(&[DEAD, "nats stream purge", "--max-bytes"]);
    let doctor = place.on_store(&["doctor", "--nats", &url]).ended(0).out;
    let line = doctor.lines().find(|it| it.contains(DEAD)).unwrap();
    assert!(
        line.starts_with("Achtung") && line.contains("% voll"),
        "{line}"
    );
    block_on(edited(&context, &json!({ "max_bytes": 32 << 20 })));
    comes(2);
}

/// Whose events these are is found out by `doctor`, too.
#[test]
fn a_stream_that_ends_with_an_event_of_another_log_is_told_with_what_to_do() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    relayed(&place, &url);
    let wrong = |place: &Place| {
        let said = place.on_store(&["doctor", "--nats", &url]).ended(1).out;
        let line = said.lines().find(|it| it.contains(EVENTS)).unwrap();
        assert!(
            line.starts_with("FEHLER") && line.contains("nats stream rm LEITSTAND_EVENTS"),
            "{said}"
        );
    };
    place.on_store(&["doctor", "--nats", &url]).ended(0);
    let other = Place::begun();
    wrong(&other);
    // And by whoever serves.
    let store = other.store();
    let serve = ["serve", "--store", &store, "--listen", "127.0.0.1:0"];
    // It may say so before it was ever ready.
    let stranger = Server::spawn(&other, &[&serve[..], &["--nats", &url]].concat());
    eventually("it says that it cannot relay, and what to do", || {
        let ready = stranger.get("/readyz");
        ready.status == 503 && ready.body.contains("nats stream rm LEITSTAND_EVENTS")
    });
    assert!(stranger.stop().success());
    assert!(server.stop().success());
    // An event that nobody recorded.
    let id = "11111111-2222-4333-8444-555555555555";
    block_on(async {
        let context = jetstream::new(async_nats::connect(&url).await.unwrap());
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Nats-Msg-Id", id);
        let body = json!({ "id": id, "subject": "catalogue" }).to_string();
        let subject = format!("leitstand.{PROGRAMME}.evt.catalogue._.x");
        let sent = context.publish_with_headers(subject, headers, body.into());
        sent.await.unwrap().await.unwrap();
    });
    wrong(&place);
}

/// What somebody changes while rows come is said, until it is as it must be again.
#[test]
fn what_is_changed_while_it_runs_is_told_and_forgotten_again() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let server = serving(&place, &nats);
    let context = streams_of(&nats.url());
    let told = |word: &str| {
        eventually("it is told", || {
            let reply = server.get("/readyz");
            reply.status == 503 && reply.body.contains(word)
        });
    };
    let is_ready = || eventually("it is ready again", || server.get("/readyz").status == 200);
    for (name, setting, wrong, right) in [
        (FEED, "discard", json!("old"), json!("new")),
        ("LEITSTAND_DEAD", "max_msgs", json!(1), json!(-1)),
    ] {
        let set = |value: Value| {
            block_on(async {
                let found = ask(&context, &format!("STREAM.INFO.{name}"), &json!({})).await;
                let mut config = found["config"].clone();
                config[setting] = value;
                ask(&context, &format!("STREAM.UPDATE.{name}"), &config).await;
            });
        };
        set(wrong);
        told(name);
        set(right);
        is_ready();
    }
    let pause = |until: &str| {
        let body = json!({ "pause_until": until });
        let verb = format!("CONSUMER.PAUSE.{FEED}.leitstand");
        block_on(ask(&context, &verb, &body));
    };
    pause("2099-01-01T00:00:00Z");
    told("paused");
    pause("2000-01-01T00:00:00Z");
    is_ready();
    let post = json!({ "table": "impediments", "row": {
        "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" } });
    said(
        &["post", &nats.url(), PROGRAMME],
        std::slice::from_ref(&post),
    );
    eventually("the row is recorded", || {
        place.feed_rows("impediments", &[post["row"].clone()])["known"] == 1
    });
}

/// A stream over rows or questions answers in our place: whoever sends takes its acknowledgement for the outcome.
#[test]
fn a_stream_that_takes_rows_or_questions_is_told_and_refused() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let context = streams_of(&url);
    for subject in ["leitstand.spt-dd.feed.risks", "leitstand.*.ask.>"] {
        let server = serving(&place, &nats);
        block_on(async {
            let archive = json!({ "name": "ARCHIV", "subjects": [subject], "storage": "file" });
            ask(&context, "STREAM.CREATE.ARCHIV", &archive).await;
        });
        eventually("it is told", || {
            let reply = server.get("/readyz");
            reply.status == 503 && reply.body.contains("nats stream rm ARCHIV")
        });
        let said = place.on_store(&["doctor", "--nats", &url]).ended(1).out;
        let line = said.lines().find(|it| it.contains("NATS-Subjects"));
        assert!(line.unwrap().contains("ARCHIV"), "{said}");
        assert!(server.stop().success());
        let serve = ["serve", "--listen", "127.0.0.1:0", "--nats", &url];
        let refused = place.on_store(&serve).ended(1).err;
        assert!(refused.contains("ARCHIV"), "{refused}");
        block_on(ask(&context, "STREAM.DELETE.ARCHIV", &json!({})));
    }
    // Elsewhere others may have streams.
    block_on(async {
        let archive =
            json!({ "name": "ARCHIV", "subjects": ["leitstand.andere.feed.>"], "storage": "file" });
        ask(&context, "STREAM.CREATE.ARCHIV", &archive).await;
    });
    serving(&place, &nats).is_well();
    place.on_store(&["doctor", "--nats", &url]).ended(0);
}

/// A server may take fewer messages together than we send at best.
#[test]
fn where_a_server_takes_small_batches_all_events_go_out() {
    let place = Place::begun();
    let settings =
        "jetstream { store_dir: STORE, sync_interval: always, limits { batch { max_msgs: 10 } } }";
    let nats = NatsServer::with(nats_folder(&place), settings);
    let server = serving(&place, &nats);
    let out = relayed(&place, &nats.url());
    assert!(out.len() > 200, "{}", out.len());
    server.is_well();
    let said = server.said();
    assert!(said.contains("smaller batches"), "{said}");
    assert!(!said.contains("could not be relayed"), "{said}");
}
