//! Several processes on one log on a NATS server.

use std::sync::Arc;

use jiff::SignedDuration;
use leitstand_store::{
    AppendError, EventStore, Expected, JetStream, NewEvent, contract::event, verify,
};

use crate::{
    Test, block_on,
    jetstream::{open, programme, server},
    tests,
};

pub(crate) const TESTS: &[Test] = tests![
    processes_with_different_clocks_keep_one_order,
    of_many_processes_exactly_one_begins_a_stream,
    what_another_process_wrote_is_found_before_it_is_decided_on,
];

/// Appends to a stream of its own and to a shared one, by a clock that is off; says how many counted.
async fn write(store: Arc<JetStream>, writer: u32, count: u32, off: SignedDuration) -> usize {
    let mut counted = 0;
    for n in 0..count {
        let stream = if n % 3 == 0 {
            "shared".to_owned()
        } else {
            format!("writer-{writer}")
        };
        let newest = store.read(&stream).await.unwrap().pop();
        let expected = newest.map_or(Expected::Empty, |it| Expected::At(it.revision));
        let new = NewEvent {
            recorded_at: jiff::Timestamp::now() + off,
            ..event(writer * 1_000 + n)
        };
        match store.append(&stream, expected, vec![new]).await {
            Ok(_) => counted += 1,
            Err(AppendError::Conflict { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    counted
}

fn processes_with_different_clocks_keep_one_order() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let mut writers = vec![];
        for (writer, off) in (0..4).zip([0, 20, -20, 5]) {
            let store = open(&url, &programme).await;
            let off = SignedDuration::from_secs(off);
            writers.push(tokio::spawn(write(store, writer, 60, off)));
        }
        let mut counted = 0;
        for writer in writers {
            counted += writer.await.unwrap();
        }
        let store = open(&url, &programme).await;
        let verified = verify(&*store, None).await.unwrap();
        assert_eq!(verified.flaw, None);
        assert_eq!(verified.head.count, counted as u64);
        assert!(160 <= counted, "{counted}");
    });
}

fn of_many_processes_exactly_one_begins_a_stream() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let mut stores = vec![];
        for _ in 0..6 {
            stores.push(open(&url, &programme).await);
        }
        for round in 0..10 {
            let stream = format!("milestone-{round}");
            // The same event by everybody: the same row fed at several places.
            let race = stores.iter().map(|store| {
                let (store, stream) = (Arc::clone(store), stream.clone());
                tokio::spawn(async move {
                    store
                        .append(&stream, Expected::Empty, vec![event(round)])
                        .await
                })
            });
            let mut winners = 0;
            for contender in race.collect::<Vec<_>>() {
                match contender.await.unwrap() {
                    Ok(_) => winners += 1,
                    Err(lost) => {
                        assert!(matches!(lost, AppendError::Conflict { .. }), "{lost:?}");
                    }
                }
            }
            assert_eq!(winners, 1, "{stream}");
            assert_eq!(stores[0].read(&stream).await.unwrap().len(), 1);
        }
    });
}

fn what_another_process_wrote_is_found_before_it_is_decided_on() {
    block_on(async {
        let (url, programme) = (server().0, programme());
        let (one, other) = (open(&url, &programme).await, open(&url, &programme).await);
        let first = one
            .append("milestone-1", Expected::Empty, vec![event(1)])
            .await
            .unwrap();
        // Not read here: what the append rests on is looked up.
        let second = other
            .append(
                "milestone-1",
                Expected::At(first[0].revision),
                vec![event(2)],
            )
            .await
            .unwrap();
        assert_eq!((second[0].number, second[0].previous), (1, first[0].hash));
        let stale = one
            .append(
                "milestone-1",
                Expected::At(first[0].revision),
                vec![event(3)],
            )
            .await;
        assert!(
            matches!(stale, Err(AppendError::Conflict { .. })),
            "{stale:?}"
        );
        let waiting = {
            let (one, position) = (Arc::clone(&one), second[0].position);
            tokio::spawn(async move { one.moved(position).await })
        };
        other
            .append("milestone-2", Expected::Empty, vec![event(4)])
            .await
            .unwrap();
        waiting.await.unwrap();
        assert_eq!(one.page(second[0].position, 9).await.unwrap().len(), 1);
    });
}
