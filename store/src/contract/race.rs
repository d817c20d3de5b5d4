//! Many at once.

use std::{sync::Arc, time::Duration};

use super::{Store, cases, event, log};
use crate::{Append, AppendError, Expected, Position, verify};

cases! { CASES of Store:
    async fn of_many_at_once_exactly_one_wins(store) {
        let race = (0..16).map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.append("milestone-1", Expected::Empty, vec![event(n)]).await })
        });
        let mut winners = 0;
        for contender in race.collect::<Vec<_>>() {
            match contender.await.expect("contender") {
                Ok(_) => winners += 1,
                Err(lost) => assert!(matches!(lost, AppendError::Conflict { .. }), "{lost:?}"),
            }
        }
        assert_eq!(winners, 1);
        assert_eq!(log(&store).await.len(), 1);
    }

    async fn each_of_many_appends_is_answered_as_if_alone(store) {
        let taken = store.append("milestone-2", Expected::Empty, vec![event(0)]).await.expect("append");
        let append = |stream: &str, expected, events| Append { stream: stream.into(), expected, events };
        let mut answers = store.append_many(vec![
            append("milestone-1", Expected::Empty, vec![event(1), event(2)]),
            append("milestone-2", Expected::Empty, vec![event(3)]),
            append("milestone-1", Expected::Empty, vec![event(4)]),
            append("milestone-2", Expected::At(taken[0].revision), vec![event(5)]),
            append("milestone-3", Expected::Empty, vec![]),
            append("milestone-4", Expected::Empty, vec![event(6)]),
        ]).await.into_iter();
        let mut next = || answers.next().expect("an answer for each");
        let mut recorded = taken;
        recorded.extend(next().expect("the first of its stream"));
        for behind in [next(), next()] {
            assert!(matches!(behind, Err(AppendError::Conflict { .. })), "{behind:?}");
        }
        recorded.extend(next().expect("as expected"));
        assert_eq!(next().expect("no events, no question"), []);
        recorded.extend(next().expect("the first of its stream"));
        assert!(answers.next().is_none());
        assert_eq!(log(&store).await, recorded);
        assert_eq!(verify(&*store, None).await.expect("walk").flaw, None);
    }

    async fn of_appends_in_order_none_is_made_after_one_that_fails(store) {
        let taken = store.append("milestone-2", Expected::Empty, vec![event(0)]).await.expect("append");
        let append = |stream: &str, expected, n| Append { stream: stream.into(), expected, events: vec![event(n)] };
        let mut recorded = taken.clone();
        let all = store.append_in_order(vec![
            append("milestone-1", Expected::Empty, 1),
            append("milestone-2", Expected::At(taken[0].revision), 2),
        ]).await.expect("as expected");
        recorded.extend(all);
        let refused = store.append_in_order(vec![
            append("milestone-3", Expected::Empty, 3),
            append("milestone-2", Expected::At(taken[0].revision), 4),
            append("milestone-4", Expected::Empty, 5),
        ]).await;
        assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
        let there = log(&store).await;
        assert_eq!(there[..3], recorded);
        assert_eq!(there[3..].iter().map(|it| &*it.stream).collect::<Vec<_>>(), ["milestone-3"]);
        assert_eq!(verify(&*store, None).await.expect("walk").flaw, None);
    }

    async fn nothing_is_lost_between_writers_of_one_stream(store) {
        let writers = (0..4).map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 0..10 {
                    loop {
                        let newest = store.read("milestone-1").await.expect("read").pop();
                        let expected = newest.map_or(Expected::Empty, |it| Expected::At(it.revision));
                        match store.append("milestone-1", expected, vec![event(100 * writer + n)]).await {
                            Ok(_) => break,
                            Err(AppendError::Conflict { .. }) => {}
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.expect("writer");
        }
        let mut ids = log(&store).await.into_iter().map(|it| it.id).collect::<Vec<_>>();
        ids.sort_unstable();
        let all = (0..4).flat_map(|writer| (0..10).map(move |n| event(100 * writer + n).id)).collect::<Vec<_>>();
        assert_eq!(ids, all);
        assert_eq!(verify(&*store, None).await.expect("walk").flaw, None);
    }

    /// The promise projections live on: whoever has seen a position has seen all before it.
    async fn nothing_ever_appears_behind_a_reader(store) {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    for n in 0..25 {
                        let events = vec![event(n), event(n)];
                        store.append(&format!("milestone-{writer}-{n}"), Expected::Empty, events).await.expect("append");
                    }
                })
            })
            .collect();
        let (mut after, mut followed) = (Position::START, vec![]);
        while followed.len() < 400 {
            let page = store.page(after, 7).await.expect("page");
            if let Some(last) = page.last() {
                after = last.position;
            } else {
                let _slow = tokio::time::timeout(Duration::from_secs(5), store.moved(after)).await;
            }
            followed.extend(page);
            assert!(followed.len() <= 400, "an event came twice");
            if writers.iter().all(tokio::task::JoinHandle::is_finished)
                && store.page(after, 1).await.expect("page").is_empty()
            {
                break;
            }
        }
        for writer in writers {
            writer.await.expect("writer");
        }
        assert_eq!(followed, log(&store).await);
        assert_eq!(followed.len(), 400);
    }

    async fn who_was_answered_reads_what_was_recorded(store) {
        for n in 0..20 {
            let answer = store.append(&format!("milestone-{n}"), Expected::Empty, vec![event(n)]).await.expect("append");
            assert_eq!(store.read(&format!("milestone-{n}")).await.expect("read"), answer);
            assert_eq!(log(&store).await.last(), answer.last());
        }
    }

    async fn an_append_wakes_a_waiting_reader(store) {
        let before = store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        let waiting = {
            let (store, position) = (Arc::clone(&store), before[0].position);
            tokio::spawn(async move { store.moved(position).await })
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
        store.append("milestone-2", Expected::Empty, vec![event(2)]).await.expect("append");
        tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("woken").expect("reader");
    }

    async fn who_is_behind_need_not_wait(store) {
        store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        tokio::time::timeout(Duration::from_secs(5), store.moved(Position::START)).await.expect("at once");
    }
}
