//! The stream of posted rows and its consumer, as somebody else made them: what could lose a row that was
//! acknowledged, or leave it lying, is refused with the setting and what to do.

use std::time::Duration;

use async_nats::jetstream::{self, Context};
use serde_json::{Value, json};

use crate::support::{
    Place, Server, block_on, eventually,
    nats::{nats_in, said, serving},
};

const FEED: &str = "LEITSTAND_FEED";

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
    let context = block_on(async { jetstream::new(async_nats::connect(&url).await.unwrap()) });
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
