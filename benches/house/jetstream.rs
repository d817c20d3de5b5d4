//! The log on a real nats-server with `sync_interval: always`, on this machine's disk.

use std::{path::Path, sync::Arc, time::Instant};

use leitstand_store::{
    Append, EventStore, Expected, JetStream, JetStreamOptions, NatsOptions, Position, Revision,
    connect, contract::event,
};
use leitstand_tests::nats::NatsServer;

use crate::{median, millis, timed, told};

const CLIENTS: u32 = 64;

pub async fn run(folder: &Path) {
    let one = NatsServer::start(folder);
    measure("one server", &[one], 1).await;
    let three = NatsServer::cluster(&folder.join("cluster"));
    measure("three servers", &three, 3).await;
}

async fn measure(name: &str, servers: &[NatsServer], replicas: usize) {
    let urls: Vec<String> = servers.iter().map(NatsServer::url).collect();
    let options = NatsOptions {
        servers: urls.join(","),
        ..NatsOptions::default()
    };
    let client = connect(&options, "bench").await.expect("a connection");
    let options = JetStreamOptions {
        programme: "bench".to_owned(),
        replicas: Some(replicas),
        begin: true,
    };
    let store = Arc::new(JetStream::open(client, &options).await.expect("a log"));
    let mut times = Vec::new();
    let mut newest = Expected::Empty;
    for n in 0..500 {
        let (answer, time) = timed(store.append("one", newest, vec![event(n)])).await;
        newest = Expected::At(last(&answer.expect("recorded")));
        times.push(time);
    }
    let total: std::time::Duration = times.iter().sum();
    told(
        &format!("JetStream, {name}: one client, one event at a time"),
        &format!(
            "{:.0}/s, median {}",
            500.0 / total.as_secs_f64(),
            millis(median(times))
        ),
    );
    let started = Instant::now();
    let writers: Vec<_> = (0..CLIENTS)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let (stream, mut newest) = (format!("writer-{writer}"), Expected::Empty);
                for n in 0..200 {
                    let answer = store.append(&stream, newest, vec![event(n)]).await;
                    newest = Expected::At(last(&answer.expect("recorded")));
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer");
    }
    told(
        &format!("JetStream, {name}: {CLIENTS} clients, each on a stream of its own"),
        &format!(
            "{:.0}/s",
            f64::from(CLIENTS) * 200.0 / started.elapsed().as_secs_f64()
        ),
    );
    let appends = (0..4_000).map(|n| Append {
        stream: format!("window-{n}").into(),
        expected: Expected::Empty,
        events: (0..5).map(event).collect(),
    });
    let (answers, time) = timed(store.append_many(appends.collect())).await;
    let recorded = answers.iter().flatten().count();
    assert_eq!(recorded, 4_000, "every append counts");
    told(
        &format!("JetStream, {name}: a window of 4,000 appends of 5 events"),
        &format!("{:.0} events/s", 20_000.0 / time.as_secs_f64()),
    );
    let (mut read, mut after, started) = (0_u32, Position::START, Instant::now());
    loop {
        let page = store.page(after, 4_096).await.expect("a page");
        let Some(last) = page.last() else { break };
        (after, read) = (
            last.position,
            read + u32::try_from(page.len()).expect("few"),
        );
    }
    told(
        &format!("JetStream, {name}: log read and decoded"),
        &format!(
            "{:.0} events/s",
            f64::from(read) / started.elapsed().as_secs_f64()
        ),
    );
}

fn last(recorded: &[leitstand_store::Recorded]) -> Revision {
    recorded.last().expect("an event").revision
}
