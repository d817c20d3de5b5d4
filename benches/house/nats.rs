//! NATS: rows in, events out, against what store and server do alone. One server that syncs every write.

use std::{
    collections::VecDeque,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::{
    Client,
    jetstream::{self, Context, message::PublishMessage, stream},
};
use leitstand_ingest::{
    cloud_event,
    nats::{EVENTS, Relay, Standing, Subjects, WINDOW},
};
use leitstand_store::{EventStore, Expected, NewEvent, Position, Recorded, Sqlite};
use leitstand_tests::nats::NatsServer;

use crate::{http::Server, millis, running, timed, told};

/// Requests or appends at the same time.
const AT_ONCE: u32 = 256;
/// How many rows or events are measured.
const MANY: u32 = 20_000;
/// How many are measured one by one.
const ONE_BY_ONE: u32 = 1_000;

/// Measures and tells.
pub async fn run(folder: &Path) {
    let nats = NatsServer::start(folder);
    let client = async_nats::connect(nats.url()).await.expect("connected");
    let path = folder.join("nats.db");
    running::init(&path);
    let alone = alone(&folder.join("alone.db")).await;
    let fed = {
        let server = Server::start_with(&path, &["--nats", &nats.url()]).await;
        let fed = intake(&client).await;
        drop(server);
        fed
    };
    told(
        &format!("intake over NATS into SQLite, {AT_ONCE} in flight"),
        &format!(
            "{:.0}/s = {:.2} of the store's own {:.0}/s",
            fed.rate,
            fed.rate / alone.rate,
            alone.rate
        ),
    );
    told(
        "request and reply, one by one: p99 against the durable commit",
        &format!(
            "{} = {:.2} of {} (median of one commit; p99 {})",
            millis(fed.slowest),
            fed.slowest.as_secs_f64() / alone.median.as_secs_f64(),
            millis(alone.median),
            millis(alone.slowest)
        ),
    );
    relay(&client, &path).await;
}

/// What was measured of one way to write.
struct Measured {
    /// Rows a second, many at once.
    rate: f64,
    /// One by one.
    median: Duration,
    /// 99 of 100 are faster.
    slowest: Duration,
}

fn measured(rate: f64, mut times: Vec<Duration>) -> Measured {
    times.sort();
    Measured {
        rate,
        median: times[times.len() / 2],
        slowest: times[times.len() * 99 / 100],
    }
}

/// The store by itself: one event for each of many streams.
async fn alone(path: &Path) -> Measured {
    let store = {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || Sqlite::open(&path));
        Arc::new(opening.await.expect("no panic").expect("a store"))
    };
    let append = |number: u32| {
        let store = Arc::clone(&store);
        async move {
            let now = jiff::Timestamp::now();
            let event = NewEvent {
                id: uuid::Uuid::from_u128(number.into()),
                name: "impediment.reported".into(),
                version: 1,
                effective_on: jiff::civil::date(2026, 1, 5),
                known_on: None,
                recorded_at: now,
                actor: "local".into(),
                correlation: uuid::Uuid::from_u128(number.into()),
                causation: None,
                payload: format!("{{\"row\":{}}}", row(number)),
            };
            let stream = format!("impediment-I-{number}");
            let recorded = store.append(&stream, Expected::Empty, vec![event]).await;
            recorded.expect("recorded");
        }
    };
    let mut times = Vec::new();
    for number in 0..ONE_BY_ONE {
        times.push(timed(append(number)).await.1);
    }
    let rate = rate(|it| append(ONE_BY_ONE + it)).await;
    measured(rate, times)
}

/// The same rows over NATS.
async fn intake(client: &Client) -> Measured {
    let send = |number: u32| {
        let client = client.clone();
        async move {
            let reply = client
                .request("leitstand.spt-dd.feed.impediments", row(number).into())
                .await
                .expect("a reply");
            assert!(reply.payload.starts_with(b"{\"outcome\":\"accepted\""));
        }
    };
    let mut times = Vec::new();
    for number in 0..ONE_BY_ONE {
        times.push(timed(send(number)).await.1);
    }
    let rate = rate(|it| send(ONE_BY_ONE + it)).await;
    measured(rate, times)
}

fn row(number: u32) -> String {
    format!(
        "{{\"id\":\"I-{number}\",\"subject\":\"PROG\",\"title\":\"Hindernis {number}\",\"reported_on\":\"2026-01-05\"}}"
    )
}

/// How many a second, so many at once.
async fn rate<W>(work: impl Fn(u32) -> W) -> f64
where
    W: Future<Output = ()> + Send + 'static,
{
    let started = Instant::now();
    let mut working = tokio::task::JoinSet::new();
    for number in 0..MANY {
        if working.len() == AT_ONCE as usize {
            working.join_next().await.expect("one").expect("no panic");
        }
        working.spawn(work(number));
    }
    while let Some(done) = working.join_next().await {
        done.expect("no panic");
    }
    f64::from(MANY) / started.elapsed().as_secs_f64()
}

/// The relay against a publisher that does nothing else, with the same messages and the same window.
async fn relay(client: &Client, path: &Path) {
    let store = {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || Sqlite::open(&path));
        Arc::new(opening.await.expect("no panic").expect("a store"))
    };
    let context = jetstream::new(client.clone());
    let all = store.page(Position::START, usize::MAX).await.expect("read");
    context.delete_stream(EVENTS).await.expect("deleted");
    let bare = {
        let config = stream::Config {
            name: EVENTS.to_owned(),
            subjects: vec![Subjects::new("spt-dd").events()],
            ..stream::Config::default()
        };
        context.create_stream(config).await.expect("a stream");
        let bare = timed(publish(&context, &all)).await.1;
        context.delete_stream(EVENTS).await.expect("deleted");
        bare
    };
    let last = all.last().expect("an event").position;
    let relay = Relay::new(store, context, "spt-dd", 1);
    let mut standing = relay.standing();
    let started = Instant::now();
    let relaying = tokio::spawn(relay.run());
    let is_out = |it: &Standing| matches!(it, Standing::Active(position) if *position == last);
    standing.wait_for(is_out).await.expect("it runs");
    let relayed = started.elapsed();
    relaying.abort();
    let rate = |time: Duration| {
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        f64::from(count) / time.as_secs_f64()
    };
    told(
        &format!("relay of {} events, window {WINDOW}", all.len()),
        &format!(
            "{:.0}/s = {:.2} of a bare publisher's {:.0}/s",
            rate(relayed),
            rate(relayed) / rate(bare),
            rate(bare)
        ),
    );
}

async fn publish(context: &Context, all: &[Recorded]) {
    let subjects = Subjects::new("spt-dd");
    let mut window = VecDeque::new();
    for (before, recorded) in (0..).zip(all) {
        let message = PublishMessage::build()
            .message_id(recorded.id.to_string())
            .expected_stream(EVENTS)
            .expected_last_sequence(before)
            .header("Content-Type", "application/cloudevents+json")
            .payload(cloud_event::json(recorded, "spt-dd").into());
        let subject = subjects.event(&recorded.stream, &recorded.name);
        let sent = context.send_publish(subject, message).await.expect("sent");
        window.push_back(sent);
        if window.len() == WINDOW
            && let Some(first) = window.pop_front()
        {
            first.await.expect("stored");
        }
    }
    for sent in window {
        sent.await.expect("stored");
    }
}
