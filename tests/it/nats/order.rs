//! Posted rows are decided on in the order in which they were kept, whoever takes them and whatever happens.

use std::{
    thread,
    time::{Duration, Instant},
};

use async_nats::jetstream::{AckKind, Context, Message, consumer::PullConsumer};
use futures_util::TryStreamExt as _;
use leitstand_tests::{nats::NatsServer, scenario as year};
use serde_json::{Value, json};

use super::answers_the_year;
use crate::support::{
    Place, Server, block_on, chance, eventually, folder,
    nats::{DEAD, FEED, PROGRAMME, count_in, nats_in, rows, said, serving, streams_of},
    setting, signal,
};

/// The year, row by row in the contract's order: most rows build on others.
fn the_year() -> Vec<Value> {
    rows(&year::rows().unwrap())
}

/// A log, and a server on which Leitstand made its streams and ended.
fn with_streams() -> (Place, NatsServer) {
    let place = Place::begun();
    let nats = nats_in(&place);
    assert!(serving(&place, &nats).stop().success());
    (place, nats)
}

async fn consumer(context: &Context) -> PullConsumer {
    let stream = context.get_stream(FEED).await.unwrap();
    stream.get_consumer("leitstand").await.unwrap()
}

/// The first rows, as somebody else takes them.
async fn taken(context: &Context, count: usize) -> Vec<Message> {
    let consumer = consumer(context).await;
    let taken = consumer.fetch().max_messages(count).messages();
    taken.await.unwrap().try_collect().await.unwrap()
}

/// All rows were recorded, none was put aside, and the answers are those of the year.
#[track_caller]
fn is_recorded(context: &Context, server: &Server, patience: Duration) {
    let begun = Instant::now();
    while 0 < count_in(context, FEED) {
        assert!(
            begun.elapsed() < patience,
            "{} rows wait, {} are put aside",
            count_in(context, FEED),
            count_in(context, DEAD)
        );
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(count_in(context, DEAD), 0);
    eventually("everything is folded", || {
        server.get("/readyz").with_status(200).json()["lag_events"] == 0
    });
    answers_the_year(server);
}

#[test]
fn a_row_waits_for_those_that_somebody_else_has() {
    let (place, nats) = with_streams();
    said(&["post", &nats.url(), PROGRAMME], &the_year());
    let context = streams_of(&nats.url());
    let held = block_on(taken(&context, 10));
    assert_eq!(held.len(), 10);
    let server = serving(&place, &nats);
    // Longer than a row is kept before it is given back.
    thread::sleep(Duration::from_secs(5));
    assert_eq!(count_in(&context, FEED), 700);
    let metrics = server.get("/metrics").with_status(200).body;
    assert!(
        metrics
            .lines()
            .any(|it| it == "leitstand_store_events_total 0"),
        "{metrics}"
    );
    server.is_well();
    block_on(async {
        // Nor does it matter in which order they come.
        for message in held.iter().rev() {
            message.ack_with(AckKind::Nak(None)).await.unwrap();
        }
    });
    is_recorded(&context, &server, Duration::from_secs(30));
    assert!(server.stop().success());
}

#[test]
fn what_a_killed_process_had_is_recorded_before_what_was_behind_it() {
    let rounds = usize::try_from(setting("LEITSTAND_NATS_ROUNDS", 4)).unwrap();
    let mut dice = setting("LEITSTAND_KILL_SEED", 4);
    let (place, nats) = with_streams();
    let context = streams_of(&nats.url());
    let mut with_some = 0;
    for part in the_year().chunks(700_usize.div_ceil(rounds)) {
        said(&["post", &nats.url(), PROGRAMME], part);
        let server = serving(&place, &nats);
        let begun = Instant::now();
        let (least, taken) = block_on(async {
            let mut consumer = consumer(&context).await;
            let least = chance(&mut dice) % 8 + 1;
            loop {
                let taken = consumer.info().await.unwrap().num_ack_pending as u64;
                if least <= taken || Duration::from_secs(2) < begun.elapsed() {
                    return (least, taken);
                }
            }
        });
        with_some += usize::from(least <= taken);
        server.kill();
    }
    assert!(0 < with_some, "no kill met rows that were taken");
    let server = serving(&place, &nats);
    // What was taken comes again a minute later.
    is_recorded(&context, &server, Duration::from_mins(4));
    assert!(server.stop().success());
}

#[test]
fn of_several_processes_none_decides_on_a_row_out_of_turn() {
    let files = folder();
    let nats = NatsServer::start(files.path());
    let place = Place::of(format!("{}/{PROGRAMME}", nats.url()));
    place.run(&["init", "--store", &place.store()]).ended(0);
    let servers = [serving(&place, &nats), serving(&place, &nats)];
    said(&["post", &nats.url(), PROGRAMME], &the_year());
    let context = streams_of(&nats.url());
    is_recorded(&context, &servers[0], Duration::from_mins(1));
    for server in servers {
        assert!(server.stop().success());
    }
}

fn impediment(id: &str) -> Value {
    let row = json!({ "id": id, "subject": "PROG", "title": "Last", "reported_on": "2026-01-05" });
    json!({ "table": "impediments", "row": row })
}

/// Rows that came out of order are given back; what is behind them is not taken instead, or it would never end.
#[test]
fn after_a_row_was_away_the_others_are_not_delivered_again_and_again() {
    const ROWS: usize = 4_000;
    let (place, nats) = with_streams();
    let all: Vec<Value> = (0..ROWS).map(|it| impediment(&format!("H-{it}"))).collect();
    said(&["post", &nats.url(), PROGRAMME], &all);
    let context = streams_of(&nats.url());
    let held = block_on(taken(&context, 1));
    let server = serving(&place, &nats);
    thread::sleep(Duration::from_secs(8));
    assert_eq!(usize::try_from(count_in(&context, FEED)).unwrap(), ROWS);
    block_on(held[0].ack_with(AckKind::Nak(None))).unwrap();
    let begun = Instant::now();
    while 0 < count_in(&context, FEED) {
        assert!(begun.elapsed() < Duration::from_mins(2), "rows still wait");
        thread::sleep(Duration::from_millis(100));
    }
    let delivered = block_on(async {
        let mut consumer = consumer(&context).await;
        consumer.info().await.unwrap().delivered.consumer_sequence
    });
    println!("{ROWS} rows, {delivered} deliveries, {:?}", begun.elapsed());
    // A batch each time it was looked whether the first is back, and once more what came meanwhile.
    assert!(delivered < ROWS as u64 + 2_500, "{delivered} deliveries");
    assert_eq!(count_in(&context, DEAD), 0);
    server.is_well();
    assert!(server.stop().success());
}

/// A process that was stopped wakes up with rows that another has decided on.
#[test]
fn who_wakes_up_late_decides_on_nothing_that_was_decided_on() {
    let (place, nats) = with_streams();
    let context = streams_of(&nats.url());
    let step = json!({ "impediment": "H-2", "date": "2026-01-06", "step": "resolved" });
    let rows = [
        impediment("H-1"),
        json!({ "table": "impediment_steps", "row": step }),
        impediment("H-2"),
    ];
    said(&["post", &nats.url(), PROGRAMME], &rows);
    let _held = block_on(taken(&context, 1));
    let late = serving(&place, &nats);
    eventually("it has the others", || {
        let pending = block_on(async {
            consumer(&context)
                .await
                .info()
                .await
                .unwrap()
                .num_ack_pending
        });
        pending == 3
    });
    signal(late.id(), "STOP");
    // Made anew, the consumer gives all of them to whoever comes.
    block_on(async {
        let stream = context.get_stream(FEED).await.unwrap();
        stream.delete_consumer("leitstand").await.unwrap();
    });
    let other = serving(&place, &nats);
    eventually("the other has decided", || count_in(&context, FEED) == 0);
    assert_eq!(count_in(&context, DEAD), 1);
    let recorded = || {
        let events = place.on_store(&["events", "--format", "json"]).ended(0).out;
        let names = events.lines().map(|it| {
            let event: Value = serde_json::from_str(it).unwrap();
            event["type"].as_str().unwrap().to_owned()
        });
        names.filter(|it| it.contains("impediment.")).count()
    };
    assert_eq!(recorded(), 2);
    signal(late.id(), "CONT");
    // Longer than rows are held.
    thread::sleep(Duration::from_secs(5));
    assert_eq!((recorded(), count_in(&context, DEAD)), (2, 1));
    late.is_well();
    for server in [late, other] {
        assert!(server.stop().success());
    }
}

/// Nothing can be recorded behind an event of the future: the rows wait, and somebody must be told.
#[test]
fn a_clock_that_is_behind_the_log_is_told() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let now = jiff::Timestamp::now();
    block_on(async {
        let store = leitstand_store::Sqlite::open(place.path("log.db")).unwrap();
        let event = leitstand_store::NewEvent {
            id: uuid::Uuid::from_u128(7),
            name: "impediment.reported".into(),
            version: 1,
            effective_on: jiff::civil::date(2026, 1, 5),
            known_on: None,
            recorded_at: now + jiff::SignedDuration::from_mins(10),
            actor: "local".into(),
            correlation: uuid::Uuid::from_u128(7),
            causation: None,
            payload: json!({ "row": impediment("H-0")["row"] }).to_string(),
        };
        let empty = leitstand_store::Expected::Empty;
        let recorded =
            leitstand_store::EventStore::append(&store, "impediment-H-0", empty, vec![event]);
        recorded.await.unwrap();
    });
    let server = serving(&place, &nats);
    said(&["post", &nats.url(), PROGRAMME], &[impediment("H-1")]);
    eventually("it is said", || {
        let ready = server.get("/readyz");
        ready.status == 503 && ready.body.contains("Uhren stellen")
    });
    thread::sleep(Duration::from_secs(3));
    assert_eq!(server.get("/readyz").status, 503);
    let context = streams_of(&nats.url());
    assert_eq!((count_in(&context, FEED), count_in(&context, DEAD)), (1, 0));
    assert!(server.stop().success());
}

/// The parts of a scheme hold as a whole only, also if a row between them is rejected.
#[test]
fn what_makes_one_whole_stays_together() {
    let (place, nats) = with_streams();
    let part = |group: &str, percent: &str| {
        let row = json!({ "id": "S-1", "partner_group": group, "percent": percent, "valid_from": "2025-01-01" });
        json!({ "table": "cost_schemes", "row": row })
    };
    let rejected = json!({ "table": "impediments", "row": { "id": "H-1" } });
    let rows = [part("BUND", "25"), rejected, part("LAENDER", "75")];
    said(&["post", &nats.url(), PROGRAMME], &rows);
    let context = streams_of(&nats.url());
    let server = serving(&place, &nats);
    eventually("all are decided on", || count_in(&context, FEED) == 0);
    assert_eq!(count_in(&context, DEAD), 1);
    let parts: Vec<Value> = rows
        .into_iter()
        .filter(|it| it["table"] == "cost_schemes")
        .collect();
    let parts: Vec<Value> = parts.iter().map(|it| it["row"].clone()).collect();
    assert_eq!(place.feed_rows("cost_schemes", &parts)["known"], 2);
    assert!(server.stop().success());
}
