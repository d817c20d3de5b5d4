//! A NATS server that is killed or stands still while many append.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use leitstand_store::{
    EventStore, Expected, JetStream, NewEvent, Position, contract::event, verify,
};
use leitstand_tests::nats::NatsServer;
use uuid::Uuid;

use crate::{Test, block_on, jetstream::open, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_killed_server_loses_nothing_acknowledged,
    a_paused_server_makes_appends_wait,
];

/// Appends until told to stop; what was acknowledged, by position.
pub(crate) async fn load(
    store: Arc<JetStream>,
    writers: std::ops::Range<u32>,
    over: Arc<AtomicBool>,
) -> HashMap<Position, Uuid> {
    let writers: Vec<_> = writers
        .map(|writer| {
            let (store, over) = (Arc::clone(&store), Arc::clone(&over));
            tokio::spawn(async move {
                let mut told = HashMap::new();
                while !over.load(Relaxed) {
                    let stream = format!("writer-{writer}");
                    let newest = match store.read(&stream).await {
                        Ok(mut events) => events.pop(),
                        Err(_) => continue,
                    };
                    let expected = newest.map_or(Expected::Empty, |it| Expected::At(it.revision));
                    let new = (0..2).map(|_| NewEvent {
                        id: Uuid::new_v4(),
                        recorded_at: jiff::Timestamp::now(),
                        ..event(writer)
                    });
                    if let Ok(recorded) = store.append(&stream, expected, new.collect()).await {
                        told.extend(recorded.into_iter().map(|it| (it.position, it.id)));
                    }
                }
                told
            })
        })
        .collect();
    let mut told = HashMap::new();
    for writer in writers {
        told.extend(writer.await.unwrap());
    }
    told
}

/// Everything that was acknowledged is there, once, and the log is what was written.
pub(crate) async fn judge(store: &JetStream, told: &HashMap<Position, Uuid>) {
    let verified = verify(store, None).await.unwrap();
    assert_eq!(verified.flaw, None);
    let log = store.page(Position::START, usize::MAX).await.unwrap();
    let mut ids = HashMap::new();
    for event in &log {
        let before = ids.insert(event.id, event.position);
        assert_eq!(before, None, "an event was recorded twice");
    }
    let lost: Vec<_> = told
        .iter()
        .filter(|(at, id)| ids.get(id) != Some(at))
        .collect();
    assert!(lost.is_empty(), "acknowledged, and lost: {lost:?}");
}

fn a_killed_server_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = NatsServer::start(folder.path());
    block_on(async {
        let store = open(&server.url(), "test").await;
        let over = Arc::default();
        let loading = tokio::spawn(load(Arc::clone(&store), 0..48, Arc::clone(&over)));
        for life in [900, 300, 700] {
            tokio::time::sleep(Duration::from_millis(life)).await;
            server.kill();
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.restart();
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        over.store(true, Relaxed);
        let told = loading.await.unwrap();
        assert!(200 < told.len(), "{}", told.len());
        judge(&store, &told).await;
    });
}

fn a_paused_server_makes_appends_wait() {
    let folder = tempfile::tempdir().unwrap();
    let server = NatsServer::start(folder.path());
    block_on(async {
        let store = open(&server.url(), "test").await;
        let over = Arc::default();
        let loading = tokio::spawn(load(Arc::clone(&store), 0..8, Arc::clone(&over)));
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.pause();
        // Longer than anybody waits for one answer.
        tokio::time::sleep(Duration::from_secs(6)).await;
        server.resume();
        tokio::time::sleep(Duration::from_secs(2)).await;
        over.store(true, Relaxed);
        let told = loading.await.unwrap();
        judge(&store, &told).await;
    });
}
