//! A million events: reading, cold start, answers, memory.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use leitstand_domain::{Event, Id, cell::Cell as _};
use leitstand_ingest::Submission;
use leitstand_store::{EventStore as _, Position, Sqlite};

use crate::{median, millis, timed, told, workload, writing};

const ANSWERS: [&str; 9] = [
    "catalogue",
    "status",
    "reporting",
    "milestones",
    "risks",
    "impediments",
    "requests",
    "funds",
    "exceptions",
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
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let started = Instant::now();
    let mut server = Server(
        Command::new(env!("CARGO_BIN_EXE_leitstand"))
            .args([
                "serve",
                "--store",
                &format!("sqlite:{}", path.display()),
                "--listen",
                &address.to_string(),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started"),
    );
    let client = reqwest::Client::new();
    let url =
        |answer: &str, rest: &str| format!("http://{address}/api/v1/{answer}?limit=500&{rest}");
    while !client
        .get(format!("http://{address}/readyz"))
        .send()
        .await
        .is_ok_and(|it| it.status().is_success())
    {
        assert!(
            server.0.try_wait().expect("asked").is_none(),
            "the server ended"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let first = client
        .get(url("status", "as_of=2024-12-31"))
        .send()
        .await
        .expect("an answer");
    assert!(first.status().is_success(), "{first:?}");
    first.bytes().await.expect("a body");
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
            let (body, time) = timed(async {
                let answered = client
                    .get(url(answer, &format!("as_of={as_of}{known}")))
                    .send()
                    .await
                    .expect("an answer");
                assert!(answered.status().is_success(), "{answer}: {answered:?}");
                answered.bytes().await.expect("a body")
            })
            .await;
            assert!(body.len() > 100);
            times.push(time);
        }
        let worst = times.iter().max().copied().unwrap_or_default();
        told(
            &format!("`{answer}`, summary and first 500 rows, five (V, K)"),
            &format!("median {}, worst {}", millis(median(times)), millis(worst)),
        );
    }
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", server.0.id())).unwrap_or_default();
    let memory = status
        .lines()
        .find(|it| it.starts_with("VmHWM"))
        .unwrap_or("unknown")
        .to_owned();
    told(
        "memory of the server, at most",
        memory.trim_start_matches("VmHWM:").trim(),
    );
}

/// Ended with the benchmark.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _gone = self.0.wait();
    }
}
