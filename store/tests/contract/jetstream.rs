//! What a log on a NATS server adds: settings, sizes, keys.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use leitstand_store::{
    AppendError, EventStore, Expected, JetStream, JetStreamError, JetStreamKeys, JetStreamOptions,
    NatsOptions, NewEvent, Position, TextKeys,
    contract::{Store, event},
};
use leitstand_tests::nats::NatsServer;
use serde_json::json;
use tempfile::TempDir;

use crate::{Test, block_on, tests, twice::Twice};

pub(crate) const TESTS: &[Test] = tests![
    events_can_neither_be_deleted_nor_purged,
    a_changed_setting_is_refused,
    a_log_that_is_not_there_is_not_begun_unasked,
    two_programmes_are_two_logs,
    an_append_too_large_for_one_message_is_refused_and_leaves_no_trace,
    a_stream_has_a_name_of_any_length,
    many_appends_are_stored_together,
    a_destroyed_key_leaves_no_trace_on_the_disk,
    keys_are_kept_for_the_next_process,
    of_keys_that_are_gone_none_is_handed_out,
    a_server_that_does_not_sync_every_write_is_found_out,
];

/// What must be caught of a store that does not say what it expects.
pub(crate) const CAUGHT: &[&str] = &[
    "a_refused_append_leaves_no_trace",
    "of_many_at_once_exactly_one_wins",
];

/// The server all tests share that do not harm it, and where its files are.
static SERVER: Mutex<Option<(NatsServer, TempDir)>> = Mutex::new(None);

/// Ends the shared server.
pub(crate) fn stop() {
    SERVER.lock().unwrap().take();
}

/// The shared server's address and folder.
pub(crate) fn server() -> (String, PathBuf) {
    let mut server = SERVER.lock().unwrap();
    let (server, folder) = server.get_or_insert_with(|| {
        let folder = tempfile::tempdir().unwrap();
        (NatsServer::start(folder.path()), folder)
    });
    (server.url(), folder.path().to_owned())
}

/// A programme nobody has.
pub(crate) fn programme() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("test-{}", NEXT.fetch_add(1, Relaxed))
}

pub(crate) fn options(programme: &str) -> JetStreamOptions {
    JetStreamOptions {
        programme: programme.to_owned(),
        replicas: None,
        begin: true,
    }
}

pub(crate) async fn client(url: &str) -> async_nats::Client {
    let options = NatsOptions {
        servers: url.to_owned(),
        ..NatsOptions::default()
    };
    leitstand_store::connect(&options, "test").await.unwrap()
}

pub(crate) async fn open(url: &str, programme: &str) -> Arc<JetStream> {
    let opened = JetStream::open(client(url).await, &options(programme)).await;
    Arc::new(opened.unwrap())
}

/// An empty log.
pub(crate) async fn fresh() -> Arc<JetStream> {
    open(&server().0, &programme()).await
}

/// An empty log opened by two processes, with or without saying what they expect.
pub(crate) async fn twice(has_expectations: bool) -> Twice {
    let (url, _) = server();
    let options = options(&programme());
    let handle = async || {
        let client = client(&url).await;
        let opened = JetStream::open_with(client, &options, has_expectations).await;
        Arc::new(opened.unwrap()) as Store
    };
    Twice::of([handle().await, handle().await])
}

/// No keys.
pub(crate) async fn fresh_keys() -> JetStreamKeys {
    let opened = JetStreamKeys::open(client(&server().0).await, &options(&programme())).await;
    opened.unwrap()
}

pub(crate) async fn api(url: &str, subject: &str, body: &serde_json::Value) -> serde_json::Value {
    let context = async_nats::jetstream::new(client(url).await);
    context.request(subject.to_owned(), body).await.unwrap()
}

fn events_can_neither_be_deleted_nor_purged() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let store = open(&url, &programme).await;
        for n in 0..3 {
            let stream = format!("milestone-{n}");
            store
                .append(&stream, Expected::Empty, vec![event(n)])
                .await
                .unwrap();
        }
        let name = format!("LEITSTAND_LOG_{programme}");
        for (verb, body) in [
            ("STREAM.MSG.DELETE", json!({ "seq": 2 })),
            ("STREAM.PURGE", json!({})),
            (
                "STREAM.PURGE",
                json!({ "filter": "leitstand.*.log.milestone-1" }),
            ),
        ] {
            let refused = api(&url, &format!("{verb}.{name}"), &body).await;
            assert!(refused["error"]["code"].is_number(), "{verb}: {refused}");
        }
        // Nor by a message that would roll up those before it.
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Nats-Rollup", "all");
        let subject = format!("leitstand.{programme}.log.milestone-1");
        let request = async_nats::Request::new().headers(headers);
        let refused = client(&url).await.send_request(subject, request).await;
        let refused = String::from_utf8(refused.unwrap().payload.to_vec()).unwrap();
        assert!(refused.contains("error"), "{refused}");
        assert_eq!(store.page(Position::START, 9).await.unwrap().len(), 3);
    });
}

fn a_changed_setting_is_refused() {
    block_on(async {
        let url = server().0;
        for (setting, value) in [
            ("max_age", json!(3_600_000_000_000_u64)),
            ("max_msgs", json!(5)),
            ("discard", json!("old")),
            ("duplicate_window", json!(1_000_000_000)),
            ("republish", json!(null)),
            ("allow_msg_ttl", json!(true)),
            ("no_ack", json!(true)),
        ] {
            let programme = programme();
            drop(open(&url, &programme).await);
            let name = format!("LEITSTAND_LOG_{programme}");
            let found = api(&url, &format!("STREAM.INFO.{name}"), &json!({})).await;
            let mut config = found["config"].clone();
            config[setting] = value;
            let changed = api(&url, &format!("STREAM.UPDATE.{name}"), &config).await;
            assert!(changed.get("error").is_none(), "{setting}: {changed}");
            let refused = JetStream::open(client(&url).await, &options(&programme)).await;
            assert!(
                matches!(&refused, Err(JetStreamError::Settings { setting: it, .. }) if it == setting),
                "{setting}: {refused:?}"
            );
        }
        // On one server there is one copy.
        let programme = programme();
        drop(open(&url, &programme).await);
        let wanted = JetStreamOptions {
            replicas: Some(3),
            ..options(&programme)
        };
        let refused = JetStream::open(client(&url).await, &wanted).await;
        assert!(
            matches!(&refused, Err(JetStreamError::Settings { setting, .. }) if setting == "num_replicas"),
            "{refused:?}"
        );
    });
}

fn a_log_that_is_not_there_is_not_begun_unasked() {
    block_on(async {
        let url = server().0;
        let unasked = JetStreamOptions {
            begin: false,
            ..options(&programme())
        };
        let refused = JetStream::open(client(&url).await, &unasked).await;
        assert!(
            matches!(refused, Err(JetStreamError::NotThere { .. })),
            "{refused:?}"
        );
        let refused = JetStreamKeys::open(client(&url).await, &unasked).await;
        assert!(
            matches!(refused, Err(JetStreamError::NotThere { .. })),
            "{refused:?}"
        );
        // A server without streams says so at once.
        let folder = tempfile::tempdir().unwrap();
        let without = NatsServer::with(folder.path(), "");
        let refused = JetStream::open(client(&without.url()).await, &options("test")).await;
        assert!(
            matches!(refused, Err(JetStreamError::NotEnabled)),
            "{refused:?}"
        );
    });
}

fn two_programmes_are_two_logs() {
    block_on(async {
        let url = server().0;
        let one = programme();
        let store = open(&url, &one).await;
        store
            .append("milestone-1", Expected::Empty, vec![event(1)])
            .await
            .unwrap();
        let other = open(&url, &programme()).await;
        assert_eq!(other.page(Position::START, 9).await.unwrap(), []);
        // Names on a server have fewer letters than those of programmes.
        let (dotted, plain) = (format!("{one}."), format!("{one}_2E"));
        drop(open(&url, &dotted).await);
        let refused = JetStream::open(client(&url).await, &options(&plain)).await;
        assert!(
            matches!(&refused, Err(JetStreamError::OtherProgramme { found, .. }) if *found == dotted),
            "{refused:?}"
        );
    });
}

fn an_append_too_large_for_one_message_is_refused_and_leaves_no_trace() {
    block_on(async {
        let store = fresh().await;
        let long = NewEvent {
            payload: "x".repeat(920 << 10),
            ..event(1)
        };
        for events in [vec![long.clone()], (0..4_097).map(event).collect()] {
            let refused = store.append("milestone-1", Expected::Empty, events).await;
            assert!(
                matches!(refused, Err(AppendError::TooLarge { .. })),
                "{refused:?}"
            );
        }
        assert_eq!(store.page(Position::START, 9).await.unwrap(), []);
        let most = (0..1_500).map(event).collect();
        let most = store.append("milestone-1", Expected::Empty, most).await;
        assert_eq!(most.unwrap().len(), 1_500);
    });
    // What the server takes counts, too.
    let folder = tempfile::tempdir().unwrap();
    let small = "max_payload: 64KB\njetstream { store_dir: STORE }";
    let small = NatsServer::with(folder.path(), small);
    block_on(async {
        let store = open(&small.url(), "test").await;
        let long = |length| NewEvent {
            payload: "x".repeat(length),
            ..event(1)
        };
        let refused = store
            .append("a", Expected::Empty, vec![long(63 << 10)])
            .await;
        assert!(
            matches!(refused, Err(AppendError::TooLarge { .. })),
            "{refused:?}"
        );
        store
            .append("a", Expected::Empty, vec![long(50 << 10)])
            .await
            .unwrap();
    });
}

/// A server takes no subject of more than some 4,000 bytes.
fn a_stream_has_a_name_of_any_length() {
    block_on(async {
        let store = fresh().await;
        let long = "x".repeat(5_000);
        let names = [long.clone() + "y", long + "z", "ä".repeat(1_000)];
        for (name, number) in names.iter().zip(1..) {
            assert_eq!(store.read(name).await.unwrap(), []);
            store
                .append(name, Expected::Empty, vec![event(number)])
                .await
                .unwrap();
            let again = store.append(name, Expected::Empty, vec![event(9)]).await;
            assert!(
                matches!(again, Err(AppendError::Conflict { .. })),
                "{again:?}"
            );
        }
        let page = store.page(Position::START, 9).await.unwrap();
        for (event, name) in page.iter().zip(&names) {
            assert_eq!(*event.stream, **name);
            assert_eq!(store.read(name).await.unwrap(), std::slice::from_ref(event));
        }
        assert_eq!(page.len(), 3);
    });
}

/// In the order they were handed over, and one that is behind does not keep the others.
fn many_appends_are_stored_together() {
    block_on(async {
        let store = fresh().await;
        let taken = store
            .append("milestone-50", Expected::Empty, vec![event(50)])
            .await
            .unwrap();
        // Another process was first in stream 150, and this one does not know.
        let appends = (0..300).map(|n| leitstand_store::Append {
            stream: format!("milestone-{n}").into(),
            expected: Expected::Empty,
            events: vec![event(n), event(n)],
        });
        let answers = store.append_many(appends.collect()).await;
        let mut recorded = taken;
        for (n, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(events) => recorded.extend(events),
                Err(AppendError::Conflict { .. }) => assert_eq!(n, 50),
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(store.page(Position::START, 1_000).await.unwrap(), recorded);
        assert_eq!(recorded.len(), 599);
    });
}

fn a_destroyed_key_leaves_no_trace_on_the_disk() {
    let (url, folder) = server();
    let programme = programme();
    block_on(async {
        let keys = JetStreamKeys::open(client(&url).await, &options(&programme)).await;
        let keys = keys.unwrap();
        let (id, key) = keys.take().await.unwrap();
        assert!(
            0 < traces(&folder, key.as_bytes()),
            "the search finds nothing"
        );
        assert!(keys.destroy(&id).await.unwrap());
        assert_eq!(traces(&folder, key.as_bytes()), 0);
    });
}

/// How often these bytes are in the files of a folder.
fn traces(folder: &Path, bytes: &[u8]) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found += traces(&path, bytes);
        } else if let Ok(content) = std::fs::read(&path) {
            found += content
                .windows(bytes.len())
                .filter(|it| *it == bytes)
                .count();
        }
    }
    found
}

fn keys_are_kept_for_the_next_process() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let open = async || JetStreamKeys::open(client(&url).await, &options(&programme)).await;
        let keys = open().await.unwrap();
        let taken = [keys.take().await.unwrap(), keys.take().await.unwrap()];
        drop(keys);
        let keys = open().await.unwrap();
        let kept = keys.all().await.unwrap();
        assert!(taken.iter().all(|(id, key)| kept.get(id) == Some(key)));
        let (again, _) = keys.take().await.unwrap();
        assert!(!kept.contains_key(&again));
    });
}

fn of_keys_that_are_gone_none_is_handed_out() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let open = async |begin| {
            let options = JetStreamOptions {
                begin,
                ..options(&programme)
            };
            JetStreamKeys::open(client(&url).await, &options).await
        };
        let keys = open(true).await.unwrap();
        assert!(keys.is_new() && !open(true).await.unwrap().is_new());
        keys.take().await.unwrap();
        let delete = format!("STREAM.DELETE.KV_LEITSTAND_KEYS_{programme}");
        api(&url, &delete, &json!({})).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(keys.take().await.is_err());
        assert!(matches!(
            keys.check().await,
            Err(JetStreamError::KeysGone { .. })
        ));
        assert!(matches!(
            open(false).await,
            Err(JetStreamError::NotThere { .. })
        ));
        let anew = open(true).await.unwrap();
        let (id, key) = keys.take().await.unwrap();
        assert_eq!(anew.get(&id).await.unwrap(), Some(key));
    });
}

fn a_server_that_does_not_sync_every_write_is_found_out() {
    let monitored = |folder: &Path, sync: &str| {
        let port = leitstand_tests::nats::free_port();
        let text = format!("http: \"127.0.0.1:{port}\"\njetstream {{ store_dir: STORE {sync} }}");
        (NatsServer::with(folder, &text), format!("127.0.0.1:{port}"))
    };
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (strict, strict_says) = monitored(folders[0].path(), ", sync_interval: always");
    let (lax, lax_says) = monitored(folders[1].path(), "");
    let nobody = format!("127.0.0.1:{}", leitstand_tests::nats::free_port());
    block_on(async {
        let synced = async |server: &NatsServer, monitors: &[&String]| {
            let monitors: Vec<String> = monitors.iter().copied().cloned().collect();
            leitstand_store::synced(&client(&server.url()).await, &monitors).await
        };
        // Named twice it is one server.
        let said = synced(&strict, &[&strict_says, &strict_says]).await;
        let said = said.unwrap();
        assert_eq!(said.len(), 1);
        assert!(synced(&strict, &[]).await.unwrap().is_empty());
        // It is the one that keeps the log.
        open(&strict.url(), "test").await;
        let [log, _] = leitstand_store::log_streams("test");
        let client_of = client(&strict.url()).await;
        let keepers = async |stream: &str| leitstand_store::keepers(&client_of, &[stream]).await;
        assert_eq!(keepers(&log).await, said);
        assert!(keepers("NONE").await.is_empty());
        let found = synced(&lax, &[&lax_says]).await;
        assert!(
            matches!(&found, Err(JetStreamError::NotSynced { found, .. }) if found == "every 120 s"),
            "{found:?}"
        );
        // What another server does says nothing of this one.
        let other = synced(&lax, &[&strict_says]).await;
        assert!(
            matches!(&other, Err(JetStreamError::OtherServer { monitor, .. }) if *monitor == strict_says),
            "{other:?}"
        );
        let silent = synced(&strict, &[&strict_says, &nobody]).await;
        assert!(
            matches!(&silent, Err(JetStreamError::Monitor { monitor, .. }) if *monitor == nobody),
            "{silent:?}"
        );
    });
}
