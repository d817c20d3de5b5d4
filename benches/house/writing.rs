//! Recording: one client, many clients, one stream, long pots.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use leitstand_domain::{Id, cell::Cell as _};
use leitstand_ingest::{Actor, Clock, Desk, Outcome, Submission};
use leitstand_store::{Sqlite, SqliteKeys};

use crate::{
    http::{Client, Server},
    median, millis, timed, told, workload,
};

/// A desk on a fresh store.
pub async fn desk(path: &Path) -> Arc<Desk> {
    let (store, keys) = {
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || {
            (
                Sqlite::open(&path).expect("a store"),
                SqliteKeys::open(&path).expect("keys"),
            )
        })
        .await
        .expect("opened")
    };
    let clock: Clock = Arc::new(jiff::Timestamp::now);
    let programme = Id::parse("spt-dd").expect("an id");
    Arc::new(
        Desk::open(Arc::new(store), Arc::new(keys), programme, clock)
            .await
            .expect("a desk"),
    )
}

pub fn submission((table, cells): workload::Line) -> Submission {
    Submission::new(table, cells, Actor::local())
}

/// Median time of a 512-byte write with fdatasync.
fn sync_time(folder: &Path) -> Duration {
    let mut file = File::create(folder.join("sync")).expect("a file");
    let times = (0..300)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&[7; 512]).expect("written");
            file.sync_data().expect("synced");
            started.elapsed()
        })
        .collect();
    median(times)
}

fn status(measure: usize, day: usize) -> Submission {
    submission(("status_reports", cells(measure, day)))
}

fn cells(measure: usize, day: usize) -> BTreeMap<String, String> {
    let date = jiff::civil::date(1995, 1, 1)
        + jiff::Span::new().days(i64::try_from(day).unwrap_or_default());
    [
        ("report_date", date.to_string()),
        ("measure", format!("M-{measure:03}")),
        ("overall", "G".to_owned()),
        ("received_on", date.to_string()),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text))
    .collect()
}

async fn accepted(desk: &Desk, row: Submission) -> Duration {
    let (outcome, time) = timed(desk.record(row)).await;
    let outcome = outcome.expect("recorded");
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    time
}

/// So many clients, each recording `rows` rows; rows per second. `streams`: how many measures they write to.
async fn clients(
    server: &Server,
    count: usize,
    rows: usize,
    streams: usize,
    first_day: usize,
) -> f64 {
    let mut connected = Vec::new();
    for _ in 0..count {
        connected.push(Client::connect(&server.address).await.expect("connected"));
    }
    let started = Instant::now();
    let all: Vec<_> = connected
        .into_iter()
        .enumerate()
        .map(|(client, mut connection)| {
            tokio::spawn(async move {
                for n in 0..rows {
                    // Many clients on one stream need days of their own.
                    let day = first_day + if streams == 1 { n * count + client } else { n };
                    let row = serde_json::to_string(&cells(client % streams, day)).expect("JSON");
                    let (status, body) = connection.post("/api/v1/feed/status_reports", &row).await;
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
                }
            })
        })
        .collect();
    for client in all {
        client.await.expect("a client");
    }
    f64::from(u32::try_from(count * rows).expect("few")) / started.elapsed().as_secs_f64()
}

pub async fn run(folder: &Path) {
    let path = folder.join("writing.db");
    let desk = desk(&path).await;
    let euro = Id::parse("EUR").expect("a currency");
    leitstand_ingest::init(&desk, None, &euro)
        .await
        .expect("a programme");
    let catalogue: Vec<Submission> = workload::catalogue().into_iter().map(submission).collect();
    desk.record_many(&catalogue).await.expect("a catalogue");

    let f = sync_time(folder);
    let bulk: Vec<Submission> = (0..20_000).map(|n| status(n % 400, n / 400)).collect();
    let (_, time) = timed(desk.record_many(&bulk)).await;
    let r = time / 20_000;
    told("sync time f (512 B, fdatasync, median of 300)", &millis(f));
    told("row time r (20,000 rows in windows of 8,000)", &millis(r));

    one_by_one(
        &desk,
        f,
        "right after them, the write-ahead log growing",
        100,
    )
    .await;
    // A PMO's rows come after a while: by then the log began anew, and is written over.
    tokio::time::sleep(Duration::from_secs(3)).await;
    one_by_one(&desk, f, "after three idle seconds", 500).await;

    pots(&desk).await;
    drop(desk);
    over_http(&path, f.as_secs_f64(), r.as_secs_f64()).await;
}

/// One client, row by row.
async fn one_by_one(desk: &Desk, f: Duration, when: &str, first_day: usize) {
    let mut times = Vec::new();
    for n in 0..300 {
        times.push(accepted(desk, status(n % 400, first_day + n)).await);
    }
    let single = median(times);
    told(
        &format!("one client, one row (median of 300), {when}"),
        &format!(
            "{} = {:.2} f",
            millis(single),
            single.as_secs_f64() / f.as_secs_f64()
        ),
    );
}

/// The real binary, one client and many. By the law of group commit, `b / (f + b * r)`, one client makes
/// `1 / (f + r)` and 64 at most `64 / (f + 64 r)`: r is what a row costs on the same way apart from the sync. It
/// is measured with rows that are known already, which is all of the way but the writing of one row.
async fn over_http(path: &Path, f: f64, bulk: f64) {
    let server = Server::start(path).await;
    let one = clients(&server, 1, 500, 1, 1_500).await;
    let known = clients(&server, 1, 500, 1, 1_500).await;
    let many = clients(&server, 64, 150, 64, 2_500).await;
    let same = clients(&server, 64, 30, 1, 3_500).await;
    let r = 1.0 / known + bulk;
    told(
        "over HTTP: row time r (the same 500 rows again, and the writing of one)",
        &format!(
            "{:.3} ms; one client {:.3} ms = {:.2} (f + r)",
            r * 1e3,
            1e3 / one,
            1.0 / one / (f + r)
        ),
    );
    let share = |r: f64| many / one / (64.0 * (f + r) / (f + 64.0 * r));
    told(
        "over HTTP: 64 clients on 64 streams against one client's rate",
        &format!(
            "{many:.0}/s against {one:.0}/s = {:.1}; share of the bound 64(f+r)/(f+64r): {:.2}, with the r of windows {:.2}",
            many / one,
            share(r),
            share(bulk)
        ),
    );
    told(
        "over HTTP: 64 clients on one stream",
        &format!("{same:.0}/s = {:.1} of one client", same / one),
    );
}

/// Append latency on a pot that is long already.
async fn pots(desk: &Desk) {
    let rows = workload::year(2005);
    let wanted = |(table, cells): &&workload::Line| match *table {
        "pots" => cells["id"] == "T-2005-00",
        "requests" => cells["id"] == "A-2005-00-00",
        "request_steps" => cells["request"] == "A-2005-00-00",
        "bookings" => cells["request"] == "A-2005-00-00" && cells["kind"] == "allocation",
        _ => false,
    };
    let start: Vec<Submission> = rows
        .iter()
        .filter(wanted)
        .cloned()
        .map(submission)
        .collect();
    desk.record_many(&start).await.expect("a pot");
    let book = |n: usize| {
        let cells = [
            ("date", "2005-06-01".to_owned()),
            ("request", "A-2005-00-00".to_owned()),
            ("kind", "commitment".to_owned()),
            ("amount", "10.00".to_owned()),
            ("fiscal_year", "2005".to_owned()),
            ("reference", format!("LONG-{n}")),
            ("received_on", "2005-06-02".to_owned()),
        ];
        submission((
            "bookings",
            cells
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text))
                .collect(),
        ))
    };
    let mut at = 0;
    for length in [0, 2_000, 20_000] {
        let fill: Vec<Submission> = (at..length).map(book).collect();
        desk.record_many(&fill).await.expect("filled");
        at = at.max(length);
        // Each on a write-ahead log that began anew: what its growing costs has nothing to do with the pot.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let mut times = Vec::new();
        for _ in 0..100 {
            times.push(accepted(desk, book(at)).await);
            at += 1;
        }
        told(
            &format!("append to a pot with {length} bookings on one request (median of 100)"),
            &millis(median(times)),
        );
    }
}
