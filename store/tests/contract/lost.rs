//! A log on a NATS server that is not the one a process knows any more.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use leitstand_store::{
    Append, AppendError, EventStore, Expected, JetStream, JetStreamError, LostLog, NewEvent,
    Position, contract::event,
};
use leitstand_tests::nats::NatsServer;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    Test, block_on,
    jetstream::{api, client, open, options, programme, server},
    tests,
};

/// Where a server keeps its files in its folder.
const FILES: &str = "jetstream";

pub(crate) const TESTS: &[Test] = tests![
    a_log_that_went_back_is_refused,
    a_log_that_went_back_and_grew_again_is_refused,
    a_log_that_grew_again_is_never_read_by_whoever_followed_the_old_one,
    an_append_under_way_does_not_come_into_a_log_fed_again_alike,
    a_log_that_was_made_anew_is_refused,
    a_log_that_was_put_back_whole_is_the_same,
    a_log_from_which_messages_were_removed_is_refused,
    a_log_whose_settings_were_changed_takes_nothing_until_they_are_right,
    a_server_that_is_full_says_so_at_once,
    an_account_that_is_full_says_so_at_once_and_takes_none_out_of_order,
    whoever_says_the_log_grew_is_not_believed_for_long,
];

pub(crate) async fn append(store: &JetStream, numbers: std::ops::Range<u32>) {
    for n in numbers {
        let stream = format!("s-{n}");
        let appended = store.append(&stream, Expected::Empty, vec![event(n)]);
        appended.await.unwrap();
    }
}

/// Nothing is read or written, and each says why.
pub(crate) async fn lost(store: &JetStream) -> LostLog {
    let refused = [
        store.page(Position::START, 9).await.unwrap_err(),
        store.read("s-1").await.unwrap_err(),
        store.check().await.unwrap_err(),
        store.is_same().unwrap_err(),
        match store.append("new", Expected::Empty, vec![event(99)]).await {
            Err(AppendError::Store(error)) => error,
            other => panic!("{other:?}"),
        },
    ];
    let why = refused[0].lost().expect("it says why").clone();
    for it in &refused {
        assert_eq!(it.lost(), Some(&why));
    }
    why
}

pub(crate) fn copied(from: &Path, to: &Path) {
    let _none = std::fs::remove_dir_all(to);
    let copy = std::process::Command::new("cp")
        .arg("-r")
        .args([from, to])
        .status();
    assert!(copy.unwrap().success());
}

/// A server whose log had three messages when its files were kept elsewhere.
pub(crate) struct Kept {
    pub(crate) server: NatsServer,
    folder: TempDir,
    elsewhere: TempDir,
}

impl Kept {
    /// It runs, and this is the log.
    pub(crate) async fn begun() -> (Self, Arc<JetStream>) {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let server = NatsServer::start(folder.path());
        let store = open(&server.url(), "test").await;
        append(&store, 0..3).await;
        let mut it = Self {
            server,
            folder,
            elsewhere,
        };
        it.server.kill();
        it.keep();
        it.server.restart();
        (it, store)
    }

    /// Keeps its files as they are. It must not run.
    pub(crate) fn keep(&self) {
        copied(
            &self.folder.path().join(FILES),
            &self.elsewhere.path().join(FILES),
        );
    }

    /// Its files are what was kept, and what another server made of that meanwhile. It must not run.
    pub(crate) fn is_put_back(&self) {
        copied(
            &self.elsewhere.path().join(FILES),
            &self.folder.path().join(FILES),
        );
    }
}

/// Three messages are kept, four more are acknowledged, and then only the three are there.
fn a_log_that_went_back_is_refused() {
    block_on(async {
        let (mut kept, store) = Kept::begun().await;
        // A server that comes back with everything is the same.
        append(&store, 3..7).await;
        assert_eq!(store.page(Position::START, 9).await.unwrap().len(), 7);
        kept.server.kill();
        kept.is_put_back();
        kept.server.restart();
        // Whoever comes first is refused, before anybody has looked at a leisure.
        let first = store.append("s-8", Expected::Empty, vec![event(8)]).await;
        assert!(
            matches!(&first, Err(AppendError::Store(error)) if error.lost().is_some()),
            "{first:?}"
        );
        assert_eq!(lost(&store).await, LostLog::Shorter { found: 3, seen: 7 });
        // It stays so, whoever writes; a process that begins now takes the log as it is.
        let other = open(&kept.server.url(), "test").await;
        append(&other, 20..30).await;
        assert_eq!(lost(&store).await, LostLog::Shorter { found: 3, seen: 7 });
        assert_eq!(other.page(Position::START, 99).await.unwrap().len(), 13);
    });
}

/// Others wrote to it before this process came back to it.
fn a_log_that_went_back_and_grew_again_is_refused() {
    block_on(async {
        let (mut kept, store) = Kept::begun().await;
        append(&store, 3..7).await;
        kept.server.kill();
        let mut second = NatsServer::start(kept.elsewhere.path());
        append(&*open(&second.url(), "test").await, 20..30).await;
        second.kill();
        kept.is_put_back();
        kept.server.restart();
        let first = store.append("s-8", Expected::Empty, vec![event(8)]).await;
        assert!(
            matches!(&first, Err(AppendError::Store(error)) if error.lost().is_some()),
            "{first:?}"
        );
        assert_eq!(lost(&store).await, LostLog::Changed { sequence: 7 });
    });
}

fn a_log_that_was_made_anew_is_refused() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let store = open(&url, &programme).await;
        append(&store, 0..3).await;
        let delete = format!("STREAM.DELETE.LEITSTAND_LOG_{programme}");
        api(&url, &delete, &json!({})).await;
        // Nobody reads or writes: it is looked at all the same.
        until(&store, 10, |it| it == Some(&LostLog::Gone)).await;
        let anew = open(&url, &programme).await;
        append(&anew, 20..29).await;
        until(&store, 10, |it| matches!(it, Some(LostLog::Other { .. }))).await;
        assert!(matches!(lost(&store).await, LostLog::Other { .. }));
        assert_eq!(anew.page(Position::START, 99).await.unwrap().len(), 9);
    });
}

/// An event like the one of this number, recorded now.
fn now(n: u32) -> NewEvent {
    NewEvent {
        recorded_at: jiff::Timestamp::now(),
        ..event(n)
    }
}

/// While nobody serves it, the log loses what was acknowledged and gets more than that from somebody else.
fn a_log_that_grew_again_is_never_read_by_whoever_followed_the_old_one() {
    for round in 0..3 {
        block_on(async {
            let (mut kept, store) = Kept::begun().await;
            append(&store, 3..7).await;
            let follow = async |after: Position| {
                let mut after = after;
                loop {
                    match store.page(after, 9).await {
                        Ok(page) => {
                            for it in &page {
                                let number: u32 = it.stream[2..].parse().unwrap();
                                assert!(number < 7, "round {round}: read {}", it.stream);
                                after = it.position;
                            }
                        }
                        Err(error) if error.lost().is_some() => return,
                        Err(_) => {}
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            let known = store.page(Position::START, 9).await.unwrap();
            assert_eq!(known.len(), 7);
            kept.server.kill();
            let mut second = NatsServer::start(kept.elsewhere.path());
            append(&*open(&second.url(), "test").await, 20..40).await;
            second.kill();
            kept.is_put_back();
            let back = async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                kept.server.restart();
            };
            let followers = [Position::START, known[6].position].map(follow);
            let [first, last] = followers;
            let all = async { tokio::join!(first, last, back) };
            let all = tokio::time::timeout(Duration::from_secs(30), all).await;
            all.expect("it is noticed");
            assert_eq!(lost(&store).await, LostLog::Changed { sequence: 7 });
        });
    }
}

/// The same appends are made again, so that all that an append expects is there; but they have other times and hashes,
/// and it would break the chain.
fn an_append_under_way_does_not_come_into_a_log_fed_again_alike() {
    block_on(async {
        let (mut kept, store) = Kept::begun().await;
        let mut revision = None;
        for n in 3..7 {
            let stream = format!("s-{n}");
            let appended = store.append(&stream, Expected::Empty, vec![now(n)]);
            revision = appended.await.unwrap().pop().map(|it| it.revision);
        }
        kept.server.kill();
        let mut second = NatsServer::start(kept.elsewhere.path());
        let other = open(&second.url(), "test").await;
        for n in 3..7 {
            let stream = format!("s-{n}");
            let appended = other.append(&stream, Expected::Empty, vec![now(n)]);
            appended.await.unwrap();
        }
        second.kill();
        kept.is_put_back();
        let next = Expected::At(revision.unwrap());
        let under_way = store.append("s-6", next, vec![now(8)]);
        let back = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            kept.server.restart();
        };
        let (refused, ()) = tokio::join!(under_way, back);
        assert!(
            matches!(&refused, Err(AppendError::Store(error)) if error.lost().is_some()),
            "{refused:?}"
        );
        let log = open(&kept.server.url(), "test").await;
        assert_eq!(log.page(Position::START, 99).await.unwrap().len(), 7);
        assert_eq!(lost(&store).await, LostLog::Changed { sequence: 7 });
    });
}

/// As `nats stream restore` does: the same messages, in a stream that was made at another time.
fn a_log_that_was_put_back_whole_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut server = NatsServer::start(folder.path());
    let mut second = NatsServer::start(elsewhere.path());
    block_on(async {
        let store = open(&server.url(), "test").await;
        append(&store, 0..7).await;
        assert_eq!(store.page(Position::START, 9).await.unwrap().len(), 7);
        let log = "LEITSTAND_LOG_test";
        let info = api(&server.url(), &format!("STREAM.INFO.{log}"), &json!({})).await;
        let create = format!("STREAM.CREATE.{log}");
        let made = api(&second.url(), &create, &info["config"]).await;
        assert!(made.get("error").is_none(), "{made}");
        assert_ne!(made["created"], info["created"]);
        let (from, to) = (client(&server.url()).await, client(&second.url()).await);
        let (from, to) = (
            async_nats::jetstream::new(from),
            async_nats::jetstream::new(to),
        );
        let stream = from.get_stream(log).await.unwrap();
        for sequence in 1..=7 {
            let it = stream.get_raw_message(sequence).await.unwrap();
            let sent = to.publish_with_headers(it.subject, it.headers, it.payload);
            assert_eq!(sent.await.unwrap().await.unwrap().sequence, sequence);
        }
        server.kill();
        second.kill();
        copied(
            &elsewhere.path().join("jetstream"),
            &folder.path().join("jetstream"),
        );
        server.restart();
        append(&store, 7..9).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        store.is_same().unwrap();
        assert_eq!(store.page(Position::START, 99).await.unwrap().len(), 9);
    });
}

async fn update(url: &str, programme: &str, more: &serde_json::Value) {
    let log = format!("LEITSTAND_LOG_{programme}");
    let info = api(url, &format!("STREAM.INFO.{log}"), &json!({})).await;
    let mut config = info["config"].clone();
    let members = config.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    let updated = api(url, &format!("STREAM.UPDATE.{log}"), &config).await;
    assert!(updated.get("error").is_none(), "{updated}");
}

pub(crate) async fn until(
    store: &JetStream,
    patience: u64,
    is_so: impl Fn(Option<&LostLog>) -> bool,
) {
    let begun = Instant::now();
    loop {
        let said = store.is_same();
        if is_so(said.as_ref().err().and_then(|it| it.lost())) {
            return;
        }
        let patience = Duration::from_secs(patience);
        assert!(begun.elapsed() < patience, "nobody noticed: {said:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn a_log_from_which_messages_were_removed_is_refused() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let store = open(&url, &programme).await;
        let first = store.append("s-1", Expected::Empty, vec![event(1)]);
        let revision = first.await.unwrap()[0].revision;
        let second = store.append("s-1", Expected::At(revision), vec![event(2)]);
        second.await.unwrap();
        update(&url, &programme, &json!({ "max_msgs_per_subject": 1 })).await;
        let removed = |it: Option<&LostLog>| matches!(it, Some(LostLog::Removed { .. }));
        until(&store, 10, removed).await;
        update(&url, &programme, &json!({ "max_msgs_per_subject": -1 })).await;
        // Nor does anybody begin to work with it.
        let opened = JetStream::open(client(&url).await, &options(&programme)).await;
        assert!(
            matches!(&opened, Err(JetStreamError::Store(error)) if removed(error.lost())),
            "{:?}",
            opened.err()
        );
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(removed(Some(&lost(&store).await)));
    });
}

fn a_log_whose_settings_were_changed_takes_nothing_until_they_are_right() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let store = open(&url, &programme).await;
        append(&store, 0..3).await;
        let year = 365 * 24 * 3_600_000_000_000_u64;
        update(&url, &programme, &json!({ "max_age": year })).await;
        let named = |it: Option<&LostLog>| matches!(it, Some(LostLog::Settings { setting, .. }) if setting == "max_age");
        until(&store, 10, named).await;
        assert!(named(Some(&lost(&store).await)));
        update(&url, &programme, &json!({ "max_age": 0 })).await;
        until(&store, 10, |it| it.is_none()).await;
        append(&store, 3..4).await;
    });
}

fn a_server_that_is_full_says_so_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "jetstream { store_dir: STORE, sync_interval: always, max_file_store: 1200KB }";
    let server = NatsServer::with(folder.path(), settings);
    block_on(async {
        let store = open(&server.url(), "test").await;
        filled(&store, "insufficient").await;
    });
}

/// What is smaller than the first that does not fit would still fit: a copy would go on behind a gap.
fn an_account_that_is_full_says_so_at_once_and_takes_none_out_of_order() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "jetstream { store_dir: STORE, sync_interval: always }
        accounts { A { jetstream { max_file: 1200KB, max_mem: 1MB }, users: [{ user: a, password: b }] } }
        no_auth_user: a";
    let server = NatsServer::with(folder.path(), settings);
    block_on(async {
        let store = open(&server.url(), "test").await;
        let n = filled(&store, "limits exceeded").await;
        let one = |n, event| Append {
            stream: format!("s-{n}").into(),
            expected: Expected::Empty,
            events: vec![event],
        };
        // One by one, and so many that they are sent together.
        for many in [1, 20] {
            let small = (1..=many).map(|it| one(n + it, event(n + it)));
            let all = std::iter::once(one(n, large(n))).chain(small);
            let refused = store.append_in_order(all.collect()).await.unwrap_err();
            let refused = format!("{refused:?}");
            assert!(refused.contains("limits exceeded"), "{refused}");
        }
        let all = store.page(Position::START, 99).await.unwrap();
        assert_eq!(u32::try_from(all.len()).unwrap(), n - 1);
        append(&store, n + 1..n + 2).await;
        assert!(!store.fails());
    });
}

fn large(n: u32) -> NewEvent {
    NewEvent {
        payload: format!("\"{}\"", "x".repeat(200 << 10)),
        ..event(n)
    }
}

/// Appends until nothing more is taken, which is told at once; says what was not taken.
async fn filled(store: &JetStream, why: &str) -> u32 {
    let mut n = 0;
    let refused = loop {
        n += 1;
        assert!(n < 20, "it is never full");
        let (begun, stream) = (Instant::now(), format!("s-{n}"));
        let appended = store.append(&stream, Expected::Empty, vec![large(n)]);
        if let Err(error) = appended.await {
            assert!(begun.elapsed() < Duration::from_secs(10), "{error}");
            break error;
        }
        assert!(!store.fails());
    };
    assert!(
        matches!(&refused, AppendError::Store(error) if error.cause.to_string().contains(why)),
        "{refused:?}"
    );
    assert!(store.fails());
    // It was not stored, and what is there can be read.
    let all = store.page(Position::START, 99).await.unwrap();
    assert_eq!(u32::try_from(all.len()).unwrap(), n - 1);
    n
}

fn whoever_says_the_log_grew_is_not_believed_for_long() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let store = open(&url, &programme).await;
        append(&store, 0..3).await;
        let liar = client(&url).await;
        for (sequence, events) in [(1_u64 << 63, 1), (u64::MAX, u64::MAX), (1_000_000, 1)] {
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("Nats-Sequence", sequence.to_string());
            headers.insert("Leitstand-Events", events.to_string());
            let grown = format!("leitstand.{programme}.grown");
            let sent = liar.publish_with_headers(grown, headers, "".into());
            sent.await.unwrap();
        }
        liar.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let last = store.page(Position::START, 9).await.unwrap();
        let last = last.last().unwrap().position;
        assert!(store.page(last, 9).await.unwrap().is_empty());
        let begun = Instant::now();
        store.moved(last).await;
        assert!(Duration::from_millis(400) < begun.elapsed());
        // Who tells the truth is still heard.
        let other = open(&url, &programme).await;
        let begun = Instant::now();
        let (grown, ()) = tokio::join!(
            async {
                store.moved(last).await;
                begun.elapsed()
            },
            append(&other, 3..4)
        );
        assert!(grown < Duration::from_millis(400), "{grown:?}");
    });
}
