//! A log on a NATS server that went back, or was made anew, under a running Leitstand.

use std::process::Command;

use async_nats::RequestErrorKind;
use serde_json::{Value, json};

use super::Nats;
use crate::support::{
    Server, block_on, eventually,
    nats::{PROGRAMME, streams_of},
};

fn row(id: &str) -> Value {
    json!({ "id": id, "subject": "PROG", "title": "T", "reported_on": "2025-01-01" })
}

/// It says so, takes nothing and calls nothing known.
#[track_caller]
fn is_refused(server: &Server, words: &str, old: &str) {
    eventually("it is not ready", || {
        server.get("/readyz").body.contains(words)
    });
    server.get("/readyz").with_status(503);
    for id in [old, "H-NEU"] {
        let refused = server.post("impediments", &row(id)).with_status(503);
        assert_eq!(refused.json()["code"], json!("store_unreachable"));
        assert!(refused.body.contains(words), "{id}: {}", refused.body);
    }
}

#[test]
fn a_log_that_went_back_is_told_and_nothing_is_known_from_memory() {
    let mut nats = Nats::start();
    let place = nats.begun();
    let url = nats.server.url();
    let server = Server::start_with(&place, &["--nats", &url]);
    let (files, kept) = (
        nats.files.path().join("jetstream"),
        nats.files.path().join("kept"),
    );
    let copied = |from, to| {
        let _none = std::fs::remove_dir_all(to);
        assert!(
            Command::new("cp")
                .arg("-r")
                .args([from, to])
                .status()
                .unwrap()
                .success()
        );
    };
    server.post("impediments", &row("H-1")).with_status(200);
    nats.server.kill();
    copied(&files, &kept);
    nats.server.restart();
    server.post("impediments", &row("H-2")).with_status(200);
    nats.server.kill();
    copied(&kept, &files);
    nats.server.restart();
    is_refused(&server, "kürzer", "H-2");
    // Nor is anything answered of what was read, over HTTP or NATS, where another process may have rows and questions.
    let asked = server.get("/api/v1/impediments?as_of=2025-12-31");
    asked.with_status(503);
    let context = streams_of(&url);
    for subject in ["feed.impediments", "ask.impediments"] {
        eventually("nobody listens", || {
            let asked = format!("leitstand.{PROGRAMME}.{subject}");
            let reply = block_on(context.client().request(asked, "{}".into()));
            reply.is_err_and(|it| it.kind() == RequestErrorKind::NoResponders)
        });
    }
    assert!(server.stop().success());
    // What begins now takes the log as it is, and the row again.
    let again = Server::start(&place);
    let taken = again.post("impediments", &row("H-2")).with_status(200);
    assert_eq!(taken.json()["outcome"], json!("accepted"), "{}", taken.body);
    again.get("/readyz").with_status(200);
}

#[test]
fn a_log_that_was_made_anew_is_told_and_nothing_is_known_from_memory() {
    let nats = Nats::start();
    let place = nats.begun();
    let server = Server::start(&place);
    server.post("impediments", &row("H-1")).with_status(200);
    block_on(async {
        let client = async_nats::connect(nats.server.url()).await.unwrap();
        let context = async_nats::jetstream::new(client);
        context.delete_stream("LEITSTAND_LOG_spt-dd").await.unwrap();
    });
    is_refused(&server, "nicht mehr da", "H-1");
    place.on_store(&["init"]).ended(0);
    is_refused(&server, "ein anderes", "H-1");
}
