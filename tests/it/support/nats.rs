//! A place with a NATS server, and an independent client for it (`tests/python/nats_client.py`).

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use async_nats::jetstream::{self, Context};
use leitstand_tests::{
    FeedRow,
    nats::{NatsServer, python},
};
use serde_json::{Value, json};

use super::{Place, Ran, Server, ran};

/// The programme of the tests.
pub(crate) const PROGRAMME: &str = "spt-dd";
/// The stream of events.
pub(crate) const EVENTS: &str = "LEITSTAND_EVENTS";
/// The stream of posted rows.
pub(crate) const FEED: &str = "LEITSTAND_FEED";
/// The stream of dead letters.
pub(crate) const DEAD: &str = "LEITSTAND_DEAD";

/// Begins the client with these arguments.
pub(crate) fn spawned(arguments: &[&str], access: &[(&str, &str)]) -> Child {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/nats_client.py");
    Command::new(python())
        .arg(script)
        .args(arguments)
        .envs(access.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs the client; the lines it prints.
#[track_caller]
pub(crate) fn said(arguments: &[&str], lines: &[Value]) -> Vec<Value> {
    said_as(&[], arguments, lines)
}

/// Runs the client with a name and password.
#[track_caller]
pub(crate) fn said_as(access: &[(&str, &str)], arguments: &[&str], lines: &[Value]) -> Vec<Value> {
    printed(&called_as(access, arguments, lines).ended(0))
}

/// Runs the client, however it ends.
#[track_caller]
pub(crate) fn called_as(access: &[(&str, &str)], arguments: &[&str], lines: &[Value]) -> Ran {
    ran(spawned(arguments, access), super::ndjson(lines))
}

/// What it printed.
pub(crate) fn printed(ran: &Ran) -> Vec<Value> {
    let lines = ran.out.lines();
    lines.map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// Rows as the client takes them.
pub(crate) fn rows(rows: &[FeedRow]) -> Vec<Value> {
    let of = |it: &FeedRow| json!({ "table": it.table, "row": it.cells });
    rows.iter().map(of).collect()
}

/// A NATS server in a place.
pub(crate) fn nats_in(place: &Place) -> NatsServer {
    NatsServer::start(nats_folder(place))
}

/// Where its files are.
pub(crate) fn nats_folder(place: &Place) -> &Path {
    place.folder.path()
}

/// Leitstand on a NATS server.
pub(crate) fn serving(place: &Place, nats: &NatsServer) -> Server {
    Server::start_with(place, &["--nats", &nats.url()])
}

/// What is asked of a server's streams.
pub(crate) fn streams_of(url: &str) -> Context {
    super::block_on(async { jetstream::new(async_nats::connect(url).await.unwrap()) })
}

/// How many messages are in a stream; none if it is not there.
pub(crate) fn count_in(context: &Context, stream: &str) -> u64 {
    super::block_on(async {
        let stream = context.get_stream(stream).await;
        stream.map_or(0, |it| it.cached_info().state.messages)
    })
}

/// The events of the stream, once everything recorded is there.
#[track_caller]
pub(crate) fn relayed(place: &Place, url: &str) -> Vec<Value> {
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let wanted = recorded.lines().count();
    let mut all = Vec::new();
    super::eventually("all events are relayed", || {
        all = said(&["stream", url, EVENTS], &[]);
        all.len() >= wanted
    });
    all
}
