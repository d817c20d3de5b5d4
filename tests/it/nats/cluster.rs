//! Three NATS servers under load, and Leitstand on them: any one is killed, cut off (network namespaces) or
//! stands still, also the one that leads, and Leitstand itself is killed. Rows that are answered, rows that are
//! kept by `JetStream`, the events that go out and, in the second test, the log itself are on these servers.
//! More rounds: `LEITSTAND_CLUSTER_ROUNDS`; longer: `LEITSTAND_CLUSTER_PAUSE` (seconds); other moments:
//! `LEITSTAND_KILL_SEED`.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use async_nats::jetstream;
use leitstand_tests::nats::NatsServer;
use serde_json::{Value, json};

use super::faults::{addresses, feed, impatient, nothing_is_lost_or_doubled, row};
use crate::support::{
    Place, Server, block_on, chance, eventually, folder,
    nats::{EVENTS, PROGRAMME},
    setting,
};

/// A cluster needs so long at most to be whole again.
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn a_cluster_that_loses_any_server_loses_no_row_and_no_event() {
    let place = Place::begun();
    let files = folder();
    let servers = NatsServer::cluster(files.path());
    disturbed(&place, servers, &[EVENTS, "LEITSTAND_FEED"], 2);
}

#[test]
fn a_cluster_that_keeps_the_log_loses_no_row_and_no_event() {
    let files = folder();
    let servers = NatsServer::cluster(files.path());
    let hosts = url_of(&servers).replace("nats://", "");
    let place = Place::of(format!("nats://{hosts}/{PROGRAMME}?replicas=3"));
    eventually("the cluster takes the log", || {
        place.run(&["init", "--store", &place.store()]).code == 0
    });
    let streams = [
        "LEITSTAND_LOG_spt-dd",
        EVENTS,
        "LEITSTAND_FEED",
        "KV_LEITSTAND_KEYS_spt-dd",
    ];
    disturbed(&place, servers, &streams, 4);
}

fn url_of(servers: &[NatsServer]) -> String {
    let urls: Vec<String> = servers.iter().map(NatsServer::url).collect();
    urls.join(",")
}

/// Disturbs the servers and Leitstand in turn while many send; then everything is counted.
fn disturbed(place: &Place, mut servers: Vec<NatsServer>, streams: &[&str], rounds: u64) {
    let rounds = setting("LEITSTAND_CLUSTER_ROUNDS", rounds);
    let pause = Duration::from_secs(setting("LEITSTAND_CLUSTER_PAUSE", 6));
    let mut dice = setting("LEITSTAND_KILL_SEED", 4);
    let url = url_of(&servers);
    let arguments = ["--nats", &url, "--nats-replicas", "3"];
    healed(&url, &[]);
    let mut leitstand = Server::start_with(place, &arguments);
    let over = Arc::new(AtomicBool::new(false));
    // Not faster than a cluster relays, or it would go on for minutes.
    let feeding = feed(url.clone(), &over, Duration::from_millis(100));
    let posting = post(url.clone(), &over);
    for round in 0..rounds {
        healed(&url, streams);
        thread::sleep(Duration::from_millis(200 + chance(&mut dice) % 800));
        let chosen = usize::try_from(chance(&mut dice) % streams.len() as u64).unwrap();
        let leader = leader_of(&url, streams[chosen]);
        let any = usize::try_from(chance(&mut dice) % 3).unwrap();
        // Five and four have no common divisor: every fault meets the leader and others.
        let victim = if round % 5 == 4 { any } else { leader };
        let victim = &mut servers[victim];
        println!("round {round}: fault {} of {}", round % 4, victim.url());
        match round % 4 {
            0 => {
                victim.kill();
                thread::sleep(Duration::from_millis(chance(&mut dice) % 3_000));
                victim.restart();
            }
            1 => {
                victim.cut();
                thread::sleep(pause);
                victim.mend();
            }
            2 => {
                leitstand.kill();
                leitstand = started(place, &arguments);
            }
            _ => {
                victim.pause();
                thread::sleep(pause);
                victim.resume();
            }
        }
    }
    healed(&url, streams);
    ready(&leitstand);
    thread::sleep(Duration::from_secs(1));
    over.store(true, Ordering::Relaxed);
    let (told, kept) = (feeding.join().unwrap(), posting.join().unwrap());
    println!(
        "{} rows were answered and {} kept in {rounds} rounds",
        told.len(),
        kept.len()
    );
    assert!(
        told.len() > 50 && kept.len() > 20,
        "too little came through"
    );
    // What was taken when Leitstand was killed comes again a minute later.
    let begun = Instant::now();
    loop {
        let recorded = recorded(&leitstand);
        let open: Vec<_> = kept.difference(&recorded).take(5).collect();
        if open.is_empty() {
            break;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "kept and not recorded: {open:?}; {:?}; {}",
            info(&url, "LEITSTAND_FEED"),
            leitstand.said()
        );
        thread::sleep(Duration::from_millis(200));
    }
    // How far behind the relay may be after all that is not the question here, and it has five seconds at the end.
    let begun = Instant::now();
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let recorded = recorded.lines().count() as u64;
    loop {
        let out = info(&url, EVENTS).and_then(|it| it["state"]["messages"].as_u64());
        if out.is_some_and(|it| recorded <= it) {
            break;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{out:?} of {recorded} events are out; {}",
            leitstand.said()
        );
        thread::sleep(Duration::from_millis(200));
    }
    leitstand.is_well();
    assert!(leitstand.stop().success());
    nothing_is_lost_or_doubled(place, &url, &told);
}

/// A server that has begun; while the cluster heals it may say that it is not ready.
fn started(place: &Place, arguments: &[&str]) -> Server {
    let store = place.store();
    let serve = ["serve", "--store", &store, "--listen", "127.0.0.1:0"];
    let server = Server::spawn(place, &[&serve[..], arguments].concat());
    ready(&server);
    server
}

#[track_caller]
fn ready(server: &Server) {
    let begun = Instant::now();
    while server.get("/readyz").status != 200 {
        let said = server.said();
        assert!(
            begun.elapsed() < PATIENCE,
            "{}: {}",
            server.get("/readyz").body,
            said.lines()
                .filter(|it| it.contains("ERROR") || it.contains("WARN"))
                .collect::<Vec<_>>()
                .join("\n")
        );
        thread::sleep(Duration::from_millis(100));
    }
}

/// Posts rows one after the other until it is over; those that were acknowledged.
fn post(url: String, over: &Arc<AtomicBool>) -> thread::JoinHandle<BTreeSet<String>> {
    let over = Arc::clone(over);
    thread::spawn(move || {
        block_on(async {
            let client = impatient(&url).await;
            let context = jetstream::ContextBuilder::new()
                .timeout(Duration::from_secs(2))
                .build(client);
            let mut kept = BTreeSet::new();
            // Numbers nobody else uses.
            for number in 1_000_000.. {
                let (id, row) = row(number);
                let subject = format!("leitstand.{PROGRAMME}.post.impediments");
                let message = || serde_json::to_vec(&row).unwrap().into();
                let is_kept = async || {
                    let sent = context.publish(subject.clone(), message()).await;
                    match sent {
                        Ok(acknowledged) => acknowledged.await.is_ok(),
                        Err(_) => false,
                    }
                };
                while !is_kept().await {
                    if over.load(Ordering::Relaxed) {
                        return kept;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                kept.insert(id);
                if over.load(Ordering::Relaxed) {
                    return kept;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            kept
        })
    })
}

/// The impediments Leitstand knows.
fn recorded(leitstand: &Server) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let rows = leitstand.ask("impediments", "as_of=2026-12-31")["rows"].clone();
    for row in rows.as_array().unwrap() {
        all.insert(row["id"].as_str().unwrap().to_owned());
    }
    all
}

/// What the servers say of a stream.
fn info(url: &str, stream: &str) -> Option<Value> {
    block_on(async {
        let client = async_nats::connect(addresses(url)).await.ok()?;
        let context = jetstream::ContextBuilder::new()
            .timeout(Duration::from_secs(2))
            .build(client);
        let subject = format!("STREAM.INFO.{stream}");
        context.request(subject, &json!({})).await.ok()
    })
}

/// Which server leads a stream, counted from 0.
fn leader_of(url: &str, stream: &str) -> usize {
    let leader = info(url, stream).and_then(|it| {
        let name = it["cluster"]["leader"].as_str()?.to_owned();
        name.strip_prefix('n')?.parse::<usize>().ok()
    });
    leader.map_or(0, |it| it - 1)
}

/// Waits until all three servers have everything, so that the next that goes is not one too many.
#[track_caller]
fn healed(url: &str, streams: &[&str]) {
    let begun = Instant::now();
    let is_whole = |stream: &str| {
        info(url, stream).is_some_and(|it| {
            let replicas = it["cluster"]["replicas"].as_array().cloned();
            let current = replicas.unwrap_or_default();
            let current = current.iter().filter(|it| it["current"] == true).count();
            current == 2 && it["cluster"]["leader"].is_string()
        })
    };
    // Of a stream that is not there the servers say so as soon as they have a leader.
    let is_led = || info(url, "none").is_some_and(|it| it["error"]["code"] == 404);
    while !is_led() || !streams.iter().all(|it| is_whole(it)) {
        assert!(begun.elapsed() < PATIENCE, "the cluster is not whole");
        thread::sleep(Duration::from_millis(200));
    }
}
