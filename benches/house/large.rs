//! A million events: reading, cold start, answers, memory.

use std::{path::Path, time::Instant};

use leitstand_domain::{Event, Id, cell::Cell as _};
use leitstand_ingest::Submission;
use leitstand_store::{EventStore as _, Position, Sqlite};

use crate::{
    http::{Client, Server},
    median, millis, timed, told, workload, writing,
};

const ANSWERS: [&str; 19] = [
    "catalogue",
    "status",
    "reporting",
    "milestones",
    "risks",
    "impediments",
    "requests",
    "funds",
    "exceptions",
    "goals",
    "plans",
    "bodies",
    "seats",
    "dependencies",
    "obligations",
    "decisions",
    "votes",
    "year-end",
    "outlook",
];

pub async fn run(folder: &Path) {
    let path = folder.join("large.db");
    let rows = build(&path).await;
    read(&path).await;
    serve(&path, rows).await;
}

async fn build(path: &Path) -> usize {
    let desk = writing::desk(path).await;
    let euro = Id::parse("EUR").expect("a currency");
    leitstand_ingest::init(&desk, None, &euro)
        .await
        .expect("a programme");
    let mut rows: Vec<Submission> = workload::catalogue()
        .into_iter()
        .map(writing::submission)
        .collect();
    let started = Instant::now();
    let mut recorded = 0;
    for line in workload::years() {
        rows.push(writing::submission(line));
        if rows.len() >= 10_000 {
            let outcomes = desk.record_many(&rows).await.expect("recorded");
            recorded += outcomes.iter().filter(|it| it.word() == "accepted").count();
            rows.clear();
        }
    }
    recorded += desk.record_many(&rows).await.expect("recorded").len();
    let rate = f64::from(u32::try_from(recorded).expect("fits")) / started.elapsed().as_secs_f64();
    told(
        "events recorded for the large store",
        &format!("{recorded} at {rate:.0}/s"),
    );
    recorded
}

async fn read(path: &Path) {
    let store = {
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || Sqlite::open(&path).expect("a store"))
            .await
            .expect("opened")
    };
    let started = Instant::now();
    let (mut after, mut count) = (Position::START, 0);
    let mut decoding = tokio::spawn(async { 0 });
    loop {
        let page = store.page(after, 8_192).await.expect("a page");
        let Some(last) = page.last() else { break };
        after = last.position;
        // The next page is read while this one is decoded, as the follow loop does.
        count += decoding.await.expect("decoded");
        decoding = tokio::task::spawn_blocking(move || {
            let read = page
                .iter()
                .filter(|it| Event::read(&it.name, it.version, &it.payload).is_ok());
            u32::try_from(read.count()).expect("fits")
        });
    }
    count += decoding.await.expect("decoded");
    told(
        "log read and decoded",
        &format!(
            "{:.0} events/s",
            f64::from(count) / started.elapsed().as_secs_f64()
        ),
    );
}

/// The real binary on the large store.
async fn serve(path: &Path, rows: usize) {
    let started = Instant::now();
    let server = Server::start(path).await;
    let mut client = Client::connect(&server.address).await.expect("connected");
    let (status, _) = client
        .get("/api/v1/status?as_of=2024-12-31&limit=500")
        .await;
    assert_eq!(status, 200);
    told(
        &format!("cold start to the first answer at {rows} events"),
        &format!("{:.2} s", started.elapsed().as_secs_f64()),
    );
    for answer in ANSWERS {
        let mut times = Vec::new();
        for (as_of, known_on) in [
            ("2024-12-31", None),
            ("2015-06-30", None),
            ("2024-12-31", Some("2020-03-31")),
            ("2012-12-31", Some("2013-01-15")),
            ("2023-01-31", Some("2024-01-31")),
        ] {
            let known = known_on.map_or_else(String::new, |it| format!("&known_on={it}"));
            let path = format!("/api/v1/{answer}?limit=500&as_of={as_of}{known}");
            let ((status, body), time) = timed(client.get(&path)).await;
            assert_eq!(status, 200, "{answer}");
            assert!(body.len() > 100);
            times.push(time);
        }
        let worst = times.iter().max().copied().unwrap_or_default();
        told(
            &format!("`{answer}`, summary and first 500 rows, five (V, K)"),
            &format!("median {}, worst {}", millis(median(times)), millis(worst)),
        );
    }
    told("memory of the server, at most", &server.memory());
}
