//! A log on several NATS servers that is not the one a process knows any more.

use std::time::{Duration, Instant};

use leitstand_store::{
    AppendError, EventStore, Expected, JetStream, JetStreamOptions, LostLog, Position,
    contract::event,
};
use leitstand_tests::nats::NatsServer;
use serde_json::json;

use crate::{
    Test, block_on, cluster,
    jetstream::{api, client, open, options},
    lost::{append, copied, lost, until},
    tests,
};

pub(crate) const TESTS: &[Test] = tests![
    a_cluster_that_went_back_is_believed_after_a_while,
    a_log_that_went_back_behind_a_connection_that_stayed_is_refused,
];

/// One server may say what is no more so; all of them together, for half a minute, may not.
fn a_cluster_that_went_back_is_believed_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let mut servers = NatsServer::cluster(folder.path());
    let urls: Vec<String> = servers.iter().map(NatsServer::url).collect();
    let urls = urls.join(",");
    let files = [1, 2, 3].map(|it| {
        let files = folder.path().join(format!("n{it}/jetstream"));
        (files, folder.path().join(format!("kept-{it}")))
    });
    block_on(async {
        let store = cluster::open(&urls).await;
        append(&store, 0..3).await;
        servers.iter_mut().for_each(NatsServer::kill);
        for (files, kept) in &files {
            copied(files, kept);
        }
        servers.iter_mut().for_each(NatsServer::restart);
        // The same log: nothing is doubted for longer than it takes to choose a leader.
        until(&store, 60, |it| it.is_none()).await;
        append(&store, 3..7).await;
        assert_eq!(store.page(Position::START, 9).await.unwrap().len(), 7);
        servers.iter_mut().for_each(NatsServer::kill);
        for (files, kept) in &files {
            copied(kept, files);
        }
        servers.iter_mut().for_each(NatsServer::restart);
        until(&store, 90, |it| matches!(it, Some(LostLog::Shorter { .. }))).await;
        assert!(store.is_same().unwrap_err().is_doubted());
        let refused = store.append("s-9", Expected::Empty, vec![event(9)]).await;
        assert!(
            matches!(&refused, Err(AppendError::Store(error)) if error.is_doubted()),
            "{refused:?}"
        );
        let begun = Instant::now();
        while store.is_same().is_err_and(|it| it.is_doubted()) {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "it is never certain"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(lost(&store).await, LostLog::Shorter { found: 3, seen: 7 });
    });
}

/// The log is on one server of three, and the connection is to another one.
fn a_log_that_went_back_behind_a_connection_that_stayed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut servers = NatsServer::cluster(folder.path());
    block_on(async {
        let whole: Vec<String> = servers.iter().map(NatsServer::url).collect();
        let options = JetStreamOptions {
            replicas: Some(1),
            ..options("test")
        };
        let begun = Instant::now();
        while let Err(error) = JetStream::open(client(&whole.join(",")).await, &options).await {
            assert!(begun.elapsed() < Duration::from_mins(1), "{error:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let info = api(&whole[0], "STREAM.INFO.LEITSTAND_LOG_test", &json!({})).await;
        let keeper = info["cluster"]["leader"].as_str().unwrap().to_owned();
        let keeper: usize = keeper[1..].parse::<usize>().unwrap() - 1;
        let (near, far) = (&whole[(keeper + 1) % 3], &whole[(keeper + 2) % 3]);
        let store = open(near, "test").await;
        append(&store, 0..3).await;
        let files = folder.path().join(format!("n{}/jetstream", keeper + 1));
        let kept = folder.path().join("kept");
        servers[keeper].kill();
        copied(&files, &kept);
        servers[keeper].restart();
        append(&store, 3..7).await;
        assert_eq!(store.page(Position::START, 9).await.unwrap().len(), 7);
        // Until it was looked at once more.
        tokio::time::sleep(Duration::from_secs(3)).await;
        servers[keeper].kill();
        copied(&kept, &files);
        servers[keeper].restart();
        let other = open(far, "test").await;
        append(&other, 20..30).await;
        until(&store, 15, |it| {
            matches!(
                it,
                Some(LostLog::Changed { .. } | LostLog::Shorter { .. } | LostLog::Other { .. })
            )
        })
        .await;
        lost(&store).await;
        assert!(!store.is_same().unwrap_err().is_doubted());
    });
}
