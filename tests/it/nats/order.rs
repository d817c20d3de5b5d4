//! Posted rows are decided on in the order in which they were kept, whoever takes them and whatever happens.

use std::{
    thread,
    time::{Duration, Instant},
};

use async_nats::jetstream::{AckKind, Context, Message, consumer::PullConsumer};
use futures_util::TryStreamExt as _;
use leitstand_tests::{nats::NatsServer, scenario as year};
use serde_json::Value;

use super::answers_the_year;
use crate::support::{
    Place, Server, block_on, chance, eventually, folder,
    nats::{DEAD, FEED, PROGRAMME, count_in, nats_in, rows, said, serving, streams_of},
    setting,
};

/// The year, row by row in the contract's order: most rows build on others.
fn the_year() -> Vec<Value> {
    rows(&year::rows().unwrap())
}

async fn consumer(context: &Context) -> PullConsumer {
    let stream = context.get_stream(FEED).await.unwrap();
    stream.get_consumer("leitstand").await.unwrap()
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
    let place = Place::begun();
    let nats = nats_in(&place);
    // Once, so that the streams are there.
    assert!(serving(&place, &nats).stop().success());
    said(&["post", &nats.url(), PROGRAMME], &the_year());
    let context = streams_of(&nats.url());
    let held: Vec<Message> = block_on(async {
        let consumer = consumer(&context).await;
        let taken = consumer.fetch().max_messages(10).messages();
        taken.await.unwrap().try_collect().await.unwrap()
    });
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
    let place = Place::begun();
    let nats = nats_in(&place);
    assert!(serving(&place, &nats).stop().success());
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
