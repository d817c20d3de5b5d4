//! Three NATS servers that keep everything three times, under load, while they are killed, cut off and
//! paused one after the other. More rounds: `LEITSTAND_CLUSTER_ROUNDS`; longer pauses: `LEITSTAND_CLUSTER_PAUSE`
//! (seconds); other moments: `LEITSTAND_CLUSTER_SEED`.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use leitstand_store::{
    EventStore, Expected, JetStream, JetStreamOptions, NewEvent, contract::event,
};
use leitstand_tests::nats::NatsServer;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Test, block_on,
    faults::{judge, load},
    jetstream::{api, client},
    tests,
};

pub(crate) const TESTS: &[Test] =
    tests![a_cluster_that_loses_any_server_loses_nothing_acknowledged];

/// A cluster needs so long at most to work again.
const PATIENCE: Duration = Duration::from_mins(1);

fn setting(name: &str, otherwise: u64) -> u64 {
    let stated = std::env::var(name).ok();
    stated.and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

/// Looks like chance, and is the same for the same seed.
fn chance(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// The log of a cluster.
pub(crate) async fn open(urls: &str) -> Arc<JetStream> {
    let options = JetStreamOptions {
        programme: "test".to_owned(),
        replicas: Some(3),
        begin: true,
    };
    let begun = Instant::now();
    loop {
        match JetStream::open(client(urls).await, &options).await {
            Ok(store) => return Arc::new(store),
            // A cluster that has just started has no leader.
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What the server says of the log's leader and followers.
async fn cluster(urls: &str) -> Value {
    let found = api(urls, "STREAM.INFO.LEITSTAND_LOG_test", &json!({})).await;
    found["cluster"].clone()
}

/// Waits until all three have everything, so that the next that goes is not one too many.
async fn healed(urls: &str, store: &JetStream, round: u64) {
    let begun = Instant::now();
    loop {
        let found = cluster(urls).await;
        let replicas = found["replicas"].as_array().cloned().unwrap_or_default();
        let all = replicas.iter().filter(|it| it["current"] == true).count() == 2;
        if all && found["leader"].is_string() {
            break;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "round {round}: not whole: {found}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let stream = format!("round-{round}");
    let now = NewEvent {
        id: Uuid::new_v4(),
        recorded_at: jiff::Timestamp::now(),
        ..event(1)
    };
    let appended = store.append(&stream, Expected::Empty, vec![now]).await;
    appended.expect("a whole cluster takes appends");
}

fn a_cluster_that_loses_any_server_loses_nothing_acknowledged() {
    let rounds = setting("LEITSTAND_CLUSTER_ROUNDS", 3);
    let pause = Duration::from_secs(setting("LEITSTAND_CLUSTER_PAUSE", 7));
    let seed = setting("LEITSTAND_CLUSTER_SEED", 1);
    let (mut dice, first_fault) = (seed, seed % 3);
    let folder = tempfile::tempdir().unwrap();
    let mut servers = NatsServer::cluster(folder.path());
    let urls: Vec<String> = servers.iter().map(NatsServer::url).collect();
    let urls = urls.join(",");
    block_on(async {
        let mut told = HashMap::new();
        let first = open(&urls).await;
        for round in 0..rounds {
            // Two processes, one of which is new every time.
            let stores = [Arc::clone(&first), open(&urls).await];
            healed(&urls, &first, round).await;
            let over = Arc::default();
            let loading: Vec<_> = (0..)
                .zip(&stores)
                .map(|(n, store)| {
                    tokio::spawn(load(
                        Arc::clone(store),
                        1_000 * n..1_000 * n + 8,
                        Arc::clone(&over),
                    ))
                })
                .collect();
            tokio::time::sleep(Duration::from_millis(chance(&mut dice) % 900)).await;
            // Every other time the leader, whatever the dice say.
            let leader = cluster(&urls).await["leader"]
                .as_str()
                .unwrap_or("n1")
                .to_owned();
            let of_leader = usize::from(leader.as_bytes()[1] - b'1');
            let any = usize::try_from(chance(&mut dice) % 3).unwrap();
            let victim = if round % 2 == 1 { any } else { of_leader };
            let victim = &mut servers[victim];
            match (round + first_fault) % 3 {
                0 => {
                    victim.kill();
                    let down = Duration::from_millis(500 + chance(&mut dice) % 4_000);
                    tokio::time::sleep(down).await;
                    victim.restart();
                }
                1 => {
                    victim.cut();
                    tokio::time::sleep(pause).await;
                    victim.mend();
                }
                _ => {
                    victim.pause();
                    tokio::time::sleep(pause).await;
                    victim.resume();
                }
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
            over.store(true, Relaxed);
            for it in loading {
                told.extend(it.await.unwrap());
            }
            healed(&urls, &first, rounds + round).await;
            judge(&first, &told).await;
        }
        assert!(
            usize::try_from(rounds).unwrap() * 50 < told.len(),
            "{}",
            told.len()
        );
    });
}
