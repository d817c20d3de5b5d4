//! What breaks on NATS: the server is killed or stands still, Leitstand is killed, two work at once. More
//! rounds: `LEITSTAND_NATS_ROUNDS`; more events: `LEITSTAND_NATS_EVENTS`, `LEITSTAND_NATS_RESTARTS`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{
    Place, Server, block_on, chance, eventually,
    nats::{EVENTS, PROGRAMME, nats_in, printed, relayed, said, serving, spawned, streams_of},
    ran, setting, signal,
};

const CLIENTS: u64 = 16;

/// A row of its own every time.
pub(super) fn row(number: u64) -> (String, Value) {
    let id = format!("K-{number}");
    let row = json!({
        "id": id, "subject": "PROG", "title": "Belastung", "reported_on": "2026-01-05",
        "note": "ein Freitext, der versiegelt wird",
    });
    (id, row)
}

/// The servers of a URL, which are separated by commas.
pub(super) fn addresses(url: &str) -> Vec<async_nats::ServerAddr> {
    url.split(',').map(|it| it.parse().unwrap()).collect()
}

/// Sends a row until its outcome is told; its position. `None` if it is over before.
async fn insist(client: &async_nats::Client, row: &Value, over: &AtomicBool) -> Option<u64> {
    loop {
        let request = async_nats::Request::new()
            .payload(row.to_string().into())
            .timeout(Some(Duration::from_secs(2)));
        let subject = format!("leitstand.{PROGRAMME}.feed.impediments");
        match client.send_request(subject, request).await {
            Ok(reply) => {
                let reply: Value = serde_json::from_slice(&reply.payload).unwrap();
                match reply["position"].as_u64() {
                    Some(position) => return Some(position),
                    // The store may be gone for a moment, the row may not be refused.
                    None => assert_eq!(reply["outcome"], Value::Null, "{row}: {reply}"),
                }
            }
            Err(_) if over.load(Ordering::Relaxed) => return None,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// A client that soon notices when its server is gone.
pub(super) async fn impatient(url: &str) -> async_nats::Client {
    let options = async_nats::ConnectOptions::new().ping_interval(Duration::from_secs(1));
    options.connect(addresses(url)).await.unwrap()
}

/// Feeds with all clients until it is over, each with this pause between two rows; where each row is said
/// to be.
pub(super) fn feed(
    url: String,
    over: &Arc<AtomicBool>,
    pause: Duration,
) -> thread::JoinHandle<BTreeMap<String, u64>> {
    let (over, numbers) = (Arc::clone(over), Arc::new(AtomicU64::new(0)));
    thread::spawn(move || {
        block_on(async {
            let client = impatient(&url).await;
            let feeding = (0..CLIENTS).map(|_| {
                let (client, over, numbers) =
                    (client.clone(), Arc::clone(&over), Arc::clone(&numbers));
                tokio::spawn(async move {
                    let mut told = Vec::new();
                    while !over.load(Ordering::Relaxed) {
                        let (id, row) = row(numbers.fetch_add(1, Ordering::Relaxed));
                        told.extend(insist(&client, &row, &over).await.map(|it| (id, it)));
                        tokio::time::sleep(pause).await;
                    }
                    told
                })
            });
            let feeding: Vec<_> = feeding.collect();
            let mut told = BTreeMap::new();
            for it in feeding {
                told.extend(it.await.unwrap());
            }
            told
        })
    })
}

/// The log holds what was told, once, and the stream holds the log.
#[track_caller]
pub(super) fn nothing_is_lost_or_doubled(place: &Place, url: &str, told: &BTreeMap<String, u64>) {
    let out = relayed(place, url);
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let bodies: Vec<&str> = out.iter().filter_map(|it| it["body"].as_str()).collect();
    assert_eq!(bodies, recorded.lines().collect::<Vec<_>>());
    let mut positions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for line in recorded.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if let Some(id) = event["data"]["row"]["id"]
            .as_str()
            .filter(|it| it.starts_with("K-"))
        {
            let position = event["position"].as_u64().unwrap();
            positions.entry(id.to_owned()).or_default().push(position);
        }
    }
    for (id, position) in told {
        assert_eq!(
            positions.get(id).map(Vec::as_slice),
            Some(&[*position][..]),
            "{id}"
        );
    }
    assert!(positions.values().all(|it| it.len() == 1), "{positions:?}");
    place.head();
}

#[test]
fn no_acknowledged_row_is_lost_or_doubled_whatever_is_killed() {
    let (rounds, mut dice) = (
        setting("LEITSTAND_NATS_ROUNDS", 4),
        setting("LEITSTAND_KILL_SEED", 1),
    );
    let place = Place::begun();
    let mut nats = nats_in(&place);
    let mut server = serving(&place, &nats);
    let over = Arc::new(AtomicBool::new(false));
    let feeding = feed(nats.url(), &over, Duration::ZERO);
    for round in 0..rounds {
        thread::sleep(Duration::from_millis(200 + chance(&mut dice) % 500));
        match round % 4 {
            0 => {
                nats.kill();
                thread::sleep(Duration::from_millis(chance(&mut dice) % 1_000));
                nats.restart();
            }
            1 => {
                server.kill();
                server = serving(&place, &nats);
            }
            2 => {
                signal(nats.pid(), "STOP");
                thread::sleep(Duration::from_secs(setting("LEITSTAND_NATS_PAUSE", 3)));
                signal(nats.pid(), "CONT");
            }
            _ => {
                server.kill();
                nats.kill();
                nats.restart();
                server = serving(&place, &nats);
            }
        }
    }
    eventually("it goes on", || server.get("/readyz").status == 200);
    thread::sleep(Duration::from_millis(500));
    over.store(true, Ordering::Relaxed);
    let told = feeding.join().unwrap();
    assert!(
        told.len() > 50,
        "too little was acknowledged: {}",
        told.len()
    );
    println!("{} rows were acknowledged in {rounds} rounds", told.len());
    all_is_out(&server);
    server.is_well();
    assert!(server.stop().success());
    nothing_is_lost_or_doubled(&place, &nats.url(), &told);
}

/// Waits until every event is out: on a slow disk a server that syncs each message takes some hundred in a second.
#[track_caller]
fn all_is_out(server: &Server) {
    let begun = Instant::now();
    loop {
        let recorded = server.get("/readyz").json()["position"].as_u64();
        let metrics = server.get("/metrics").body;
        let gauge = metrics
            .lines()
            .find_map(|it| it.strip_prefix("leitstand_relay_position "));
        let out = gauge.and_then(|it| it.parse::<f64>().ok());
        if recorded
            .is_some_and(|it| out.is_some_and(|out| f64::from(u32::try_from(it).unwrap()) <= out))
        {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(10),
            "{out:?} of {recorded:?} are out"
        );
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn posted_rows_are_recorded_once_whatever_is_killed() {
    let (rounds, mut dice) = (
        setting("LEITSTAND_NATS_ROUNDS", 4),
        setting("LEITSTAND_KILL_SEED", 2),
    );
    let place = Place::begun();
    let mut nats = nats_in(&place);
    let mut server = serving(&place, &nats);
    let all: Vec<Value> = (0..400)
        .map(|it| json!({ "table": "impediments", "row": row(it).1 }))
        .collect();
    for part in all.chunks(400 / usize::try_from(rounds.min(8)).unwrap()) {
        said(&["post", &nats.url(), PROGRAMME], part);
        thread::sleep(Duration::from_millis(chance(&mut dice) % 50));
        server.kill();
        if chance(&mut dice).is_multiple_of(2) {
            nats.kill();
            nats.restart();
        }
        server = serving(&place, &nats);
    }
    let count = || {
        server.ask("impediments", "as_of=2026-12-31")["rows"]
            .as_array()
            .unwrap()
            .len()
    };
    // What was taken when Leitstand was killed comes again a minute later.
    let begun = Instant::now();
    while count() < 400 {
        assert!(begun.elapsed() < Duration::from_mins(2), "{}", count());
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(count(), 400);
    assert_eq!(
        said(&["stream", &nats.url(), "LEITSTAND_DEAD"], &[]),
        [] as [Value; 0]
    );
    assert!(server.stop().success());
    nothing_is_lost_or_doubled(&place, &nats.url(), &BTreeMap::new());
}

#[test]
fn a_consumer_that_remembers_ids_sees_each_event_once() {
    let events = setting("LEITSTAND_NATS_EVENTS", 4_000);
    let restarts = setting("LEITSTAND_NATS_RESTARTS", 4);
    let mut dice = setting("LEITSTAND_KILL_SEED", 3);
    let place = Place::begun();
    let nats = nats_in(&place);
    let mut server = serving(&place, &nats);
    let url = nats.url();
    // Seals and what `init` recorded come on top.
    let following = spawned(&["follow", &url, &events.to_string()], &[]);
    let following = thread::spawn(move || following.wait_with_output().unwrap());
    let part = events / restarts;
    for round in 0..restarts {
        let rows: Vec<Value> = (round * part..(round + 1) * part)
            .map(|it| row(it).1)
            .collect();
        server = thread::scope(|scope| {
            let feeding = scope.spawn(|| place.feed_rows("impediments", &rows));
            thread::sleep(Duration::from_millis(chance(&mut dice) % 400));
            server.kill();
            let again = serving(&place, &nats);
            let fed = feeding.join().unwrap();
            assert_eq!(fed["accepted"], part, "{fed}");
            again
        });
    }
    let output = following.join().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert!(
        said["seen"].as_u64().is_some_and(|it| it >= events),
        "{said}"
    );
    assert_eq!(said["in_order"], true, "{said}");
    // The stream holds each event once, so there was nothing to remember.
    assert_eq!(said["doubled"], 0, "{said}");
    assert!(server.stop().success());
    nothing_is_lost_or_doubled(&place, &nats.url(), &BTreeMap::new());
}

#[test]
fn of_two_relays_one_stands_by_and_takes_over() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let servers = [serving(&place, &nats), serving(&place, &nats)];
    for number in 0..200 {
        servers[number % 2]
            .post("impediments", &row(number as u64).1)
            .with_status(200);
    }
    let all = relayed(&place, &nats.url()).len();
    assert!(all > 200);
    let [first, second] = servers;
    let is_active = |it: &Server| it.get("/metrics").body.contains("leitstand_relay_position");
    let (active, standby) = if is_active(&first) {
        (first, second)
    } else {
        (second, first)
    };
    active.kill();
    for number in 200..300 {
        standby.post("impediments", &row(number).1).with_status(200);
    }
    nothing_is_lost_or_doubled(&place, &nats.url(), &BTreeMap::new());
    standby.is_well();
}

#[test]
fn without_nats_the_server_says_so_and_goes_on_when_it_is_back() {
    let place = Place::begun();
    let mut nats = nats_in(&place);
    let server = serving(&place, &nats);
    nats.kill();
    eventually("it says so", || server.get("/readyz").status == 503);
    assert!(
        server
            .get("/readyz")
            .body
            .contains("NATS ist nicht erreichbar")
    );
    // HTTP does not need it.
    server.post("impediments", &row(1).1).with_status(200);
    nats.restart();
    eventually("it goes on", || server.get("/readyz").status == 200);
    assert!(
        relayed(&place, &nats.url())
            .iter()
            .any(|it| it["body"].as_str().unwrap().contains("K-1"))
    );
    let reply = said(
        &["feed", &nats.url(), PROGRAMME],
        &[json!({ "table": "impediments", "row": row(2).1 })],
    );
    assert_eq!(reply[0]["outcome"], "accepted");
    nats.kill();
    assert!(server.stop().success(), "it ends without NATS, too");
    // A server that is not there when it is named is status 6.
    let url = nats.url();
    let refused = place.on_store(&["serve", "--listen", "127.0.0.1:0", "--nats", &url]);
    assert_eq!(refused.code, 6, "{refused:?}");
}

#[test]
fn a_stream_that_could_lose_events_or_is_anothers_is_refused() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let refused = |why: &str| {
        let ran = place.on_store(&["serve", "--listen", "127.0.0.1:0", "--nats", &url]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.err.contains(EVENTS) && ran.err.contains(why), "{ran:?}");
    };
    let context = streams_of(&url);
    let config = |subject: &str| async_nats::jetstream::stream::Config {
        name: EVENTS.to_owned(),
        subjects: vec![subject.to_owned()],
        deny_delete: true,
        deny_purge: true,
        discard: async_nats::jetstream::stream::DiscardPolicy::New,
        ..Default::default()
    };
    let mut cases = vec![(config("leitstand.anders.evt.>"), "subjects")];
    let ours = || config("leitstand.spt-dd.evt.>");
    cases.push((
        async_nats::jetstream::stream::Config {
            deny_delete: false,
            ..ours()
        },
        "deny_delete",
    ));
    let age = Duration::from_hours(1);
    cases.push((
        async_nats::jetstream::stream::Config {
            max_age: age,
            ..ours()
        },
        "max_age",
    ));
    cases.push((
        async_nats::jetstream::stream::Config {
            max_messages: 9,
            ..ours()
        },
        "max_msgs",
    ));
    for (config, why) in cases {
        // The server may still be clearing away the stream before.
        eventually("the stream is made", || {
            block_on(context.create_stream(config.clone())).is_ok()
        });
        refused(why);
        block_on(context.delete_stream(EVENTS)).unwrap();
    }
    // Another log's events: its relay says so and adds nothing.
    let server = serving(&place, &nats);
    relayed(&place, &nats.url());
    assert!(server.stop().success());
    let before = said(&["stream", &url, EVENTS], &[]);
    let other = Place::begun();
    let store = other.store();
    let server = Server::spawn(
        &other,
        &[
            "serve",
            "--store",
            &store,
            "--listen",
            "127.0.0.1:0",
            "--nats",
            &url,
        ],
    );
    eventually("it says so", || {
        server.get("/readyz").body.contains("anderen Protokoll")
    });
    assert_eq!(said(&["stream", &url, EVENTS], &[]), before);
}

/// The client ends as it should also when what it follows does not come.
#[test]
fn the_client_of_the_tests_fails_when_nobody_answers() {
    let place = Place::empty();
    let nats = nats_in(&place);
    let child = spawned(&["feed", &nats.url(), PROGRAMME], &[]);
    let ran = ran(child, b"{\"table\":\"pots\",\"row\":{}}\n".to_vec());
    assert_ne!(ran.code, 0);
    assert_eq!(printed(&ran), [] as [Value; 0]);
}
