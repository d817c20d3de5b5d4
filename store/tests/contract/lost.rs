//! A log on a NATS server that is not the one a process knows any more.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use leitstand_store::{
    AppendError, EventStore, Expected, JetStream, LostLog, Position, contract::event,
};
use leitstand_tests::nats::NatsServer;
use serde_json::json;

use crate::{
    Test, block_on,
    jetstream::{api, open, programme, server},
    tests,
};

pub(crate) const TESTS: &[Test] = tests![
    a_log_that_went_back_is_refused,
    a_log_that_went_back_and_grew_again_is_refused,
    a_log_that_was_made_anew_is_refused,
];

async fn append(store: &JetStream, numbers: std::ops::Range<u32>) {
    for n in numbers {
        let stream = format!("s-{n}");
        let appended = store.append(&stream, Expected::Empty, vec![event(n)]);
        appended.await.unwrap();
    }
}

/// Nothing is read or written, and each says why.
async fn lost(store: &JetStream) -> LostLog {
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

fn copied(from: &Path, to: &Path) {
    let _none = std::fs::remove_dir_all(to);
    let copy = std::process::Command::new("cp")
        .arg("-r")
        .args([from, to])
        .status();
    assert!(copy.unwrap().success());
}

/// Three messages are kept, four more are acknowledged, and then only the three are there.
fn a_log_that_went_back_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (files, kept) = (folder.path().join("jetstream"), folder.path().join("kept"));
    let mut server = NatsServer::start(folder.path());
    block_on(async {
        let store = open(&server.url(), "test").await;
        append(&store, 0..3).await;
        server.kill();
        copied(&files, &kept);
        // A server that comes back with everything is the same.
        server.restart();
        append(&store, 3..7).await;
        assert_eq!(store.page(Position::START, 9).await.unwrap().len(), 7);
        server.kill();
        copied(&kept, &files);
        server.restart();
        // Whoever comes first is refused, before anybody has looked at a leisure.
        let first = store.append("s-8", Expected::Empty, vec![event(8)]).await;
        assert!(
            matches!(&first, Err(AppendError::Store(error)) if error.lost().is_some()),
            "{first:?}"
        );
        assert_eq!(lost(&store).await, LostLog::Shorter { found: 3, seen: 7 });
        // It stays so, whoever writes; a process that begins now takes the log as it is.
        let other = open(&server.url(), "test").await;
        append(&other, 20..30).await;
        assert_eq!(lost(&store).await, LostLog::Shorter { found: 3, seen: 7 });
        assert_eq!(other.page(Position::START, 99).await.unwrap().len(), 13);
    });
}

/// Others wrote to it before this process came back to it.
fn a_log_that_went_back_and_grew_again_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let files = folder.path().join("jetstream");
    let kept = elsewhere.path().join("jetstream");
    let mut server = NatsServer::start(folder.path());
    block_on(async {
        let store = open(&server.url(), "test").await;
        append(&store, 0..3).await;
        server.kill();
        copied(&files, &kept);
        server.restart();
        append(&store, 3..7).await;
        server.kill();
        let mut second = NatsServer::start(elsewhere.path());
        append(&*open(&second.url(), "test").await, 20..30).await;
        second.kill();
        copied(&kept, &files);
        server.restart();
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
        let until = async |wanted: fn(&LostLog) -> bool| {
            let begun = Instant::now();
            // Nobody reads or writes: it is looked at all the same.
            while !store
                .is_same()
                .is_err_and(|it| it.lost().is_some_and(wanted))
            {
                assert!(begun.elapsed() < Duration::from_secs(10), "nobody noticed");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        until(|it| *it == LostLog::Gone).await;
        let anew = open(&url, &programme).await;
        append(&anew, 0..9).await;
        until(|it| matches!(it, LostLog::Other { .. })).await;
        assert!(matches!(lost(&store).await, LostLog::Other { .. }));
        assert_eq!(anew.page(Position::START, 99).await.unwrap().len(), 9);
    });
}
