//! The keys of sealed texts on a NATS server, when somebody deletes them; and what `copy` says of a server.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use super::Nats;
use crate::support::{Place, Server, block_on};

/// A text sealed with a key that is nowhere could never be read.
#[test]
fn keys_that_are_gone_are_told_and_no_text_is_taken() {
    let nats = Nats::start();
    let place = nats.begun();
    let server = Server::start(&place);
    let row = |id: &str, note: Value| json!({ "id": id, "subject": "PROG", "title": "T", "reported_on": "2025-01-01", "note": note });
    server
        .post("impediments", &row("H-1", json!("erste Notiz")))
        .with_status(200);
    let copy = Place::empty();
    copy.run(&["copy", "--from", &place.store(), "--to", &copy.store()])
        .ended(0);
    let lose_the_keys = || {
        block_on(async {
            let client = async_nats::connect(nats.server.url()).await.unwrap();
            let context = async_nats::jetstream::new(client);
            let bucket = "KV_LEITSTAND_KEYS_spt-dd";
            context.delete_stream(bucket).await.unwrap();
        });
        thread::sleep(Duration::from_millis(200));
    };
    lose_the_keys();
    let second = row("H-2", json!("zweite Notiz"));
    let refused = server.post("impediments", &second);
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (503, &json!("store_unreachable"))
    );
    for said in [
        server.get("/readyz").with_status(503).body,
        place.on_store(&["doctor"]).ended(1).out,
        place.on_store(&["milestones"]).ended(7).err,
    ] {
        assert!(
            said.contains("Schlüssel") && said.contains("leitstand copy"),
            "{said}"
        );
    }
    // A copy that reaches as far brings them back. The bucket is another one: what was made for the first is not used.
    place
        .run(&["copy", "--from", &copy.store(), "--to", &place.store()])
        .ended(0);
    server.post("impediments", &second).with_status(200);
    server.get("/readyz").with_status(200);
    place.on_store(&["doctor"]).ended(0);
    // A row without a text needs no key.
    lose_the_keys();
    server
        .post("impediments", &row("H-3", Value::Null))
        .with_status(200);
    let said = place.on_store(&["init"]).ended(7).err;
    assert!(said.contains("Zu 2 Ereignissen"), "{said}");
    server
        .post("impediments", &row("H-4", json!("vierte Notiz")))
        .with_status(200);
    assert!(server.stop().success());
    let texts = place.on_store(&["doctor"]).ended(1).out;
    assert!(texts.contains("zu 2 Ereignissen"), "{texts}");
}

#[test]
fn a_copy_names_what_was_named() {
    let nats = Nats::start();
    let place = Place::begun();
    let other = format!("{}/zzz", nats.server.url());
    let said = place.run(&["copy", "--from", &place.store(), "--to", &other]);
    let said = said.ended(2).err;
    assert!(
        said.contains("zzz") && said.contains("spt-dd") && !said.contains("--programme"),
        "{said}"
    );
}
