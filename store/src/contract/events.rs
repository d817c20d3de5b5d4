//! Adding and reading.

use super::{Store, added, cases, event, log};
use crate::{AppendError, Expected, NewEvent, Position};

cases! { CASES of Store:
    async fn an_untouched_stream_is_empty(store) {
        assert_eq!(store.read("milestone-1").await.expect("read"), []);
    }

    async fn an_untouched_log_is_empty(store) {
        assert_eq!(log(&store).await, []);
    }

    async fn what_goes_in_comes_out_in_order(store) {
        let events = || vec![event(1), event(2), event(3)];
        store.append("milestone-1", Expected::Empty, events()).await.expect("append");
        let read = store.read("milestone-1").await.expect("read");
        assert_eq!(read.into_iter().map(added).collect::<Vec<_>>(), events());
        assert_eq!(log(&store).await.into_iter().map(added).collect::<Vec<_>>(), events());
    }

    async fn an_append_answers_with_what_was_recorded(store) {
        let answer = store.append("milestone-1", Expected::Empty, vec![event(1), event(2)]).await.expect("append");
        assert_eq!(answer, store.read("milestone-1").await.expect("read"));
        assert_eq!(answer, log(&store).await);
    }

    async fn events_of_a_stream_are_numbered_from_0(store) {
        let first = store.append("milestone-1", Expected::Empty, vec![event(1), event(2)]).await.expect("append");
        store.append("milestone-2", Expected::Empty, vec![event(3)]).await.expect("append");
        store.append("milestone-1", Expected::At(first[1].revision), vec![event(4)]).await.expect("append");
        let numbers = log(&store).await.into_iter().map(|it| it.number).collect::<Vec<_>>();
        assert_eq!(numbers, [0, 1, 0, 2]);
    }

    async fn the_revision_of_an_append_admits_the_next(store) {
        let first = store.append("milestone-1", Expected::Empty, vec![event(1), event(2)]).await.expect("append");
        store.append("milestone-1", Expected::At(first[1].revision), vec![event(3)]).await.expect("append");
    }

    async fn the_revision_of_a_read_admits_the_next(store) {
        store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        let newest = store.read("milestone-1").await.expect("read").pop().expect("one event").revision;
        store.append("milestone-1", Expected::At(newest), vec![event(2)]).await.expect("append");
    }

    async fn the_revision_of_a_page_admits_the_next(store) {
        store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        let newest = log(&store).await.pop().expect("one event").revision;
        store.append("milestone-1", Expected::At(newest), vec![event(2)]).await.expect("append");
    }

    async fn a_stale_revision_is_refused(store) {
        let first = store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        let expected = Expected::At(first[0].revision);
        store.append("milestone-1", expected, vec![event(2)]).await.expect("append");
        let late = store.append("milestone-1", expected, vec![event(3)]).await;
        assert!(matches!(late, Err(AppendError::Conflict { ref stream }) if stream == "milestone-1"), "{late:?}");
    }

    async fn a_stream_begins_only_once(store) {
        store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        let again = store.append("milestone-1", Expected::Empty, vec![event(2)]).await;
        assert!(matches!(again, Err(AppendError::Conflict { .. })), "{again:?}");
    }

    async fn an_untouched_stream_has_no_revision(store) {
        let other = store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        let refused = store.append("milestone-2", Expected::At(other[0].revision), vec![event(2)]).await;
        assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
    }

    async fn a_refused_append_leaves_no_trace(store) {
        store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        let _refused = store.append("milestone-1", Expected::Empty, vec![event(2), event(3)]).await;
        assert_eq!(log(&store).await.len(), 1);
    }

    async fn an_append_of_nothing_is_no_question(store) {
        store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        assert_eq!(store.append("milestone-1", Expected::Empty, vec![]).await.expect("append"), []);
        assert_eq!(log(&store).await.len(), 1);
    }

    /// Also if it is refused in the middle: the second event's clock is far behind the first's.
    async fn an_append_counts_whole_or_not_at_all(store) {
        let behind = NewEvent { recorded_at: event(2).recorded_at - jiff::SignedDuration::from_hours(1), ..event(2) };
        let half = store.append("milestone-1", Expected::Empty, vec![event(1), behind]).await;
        assert!(matches!(half, Err(AppendError::ClockAhead { .. })), "{half:?}");
        assert_eq!(log(&store).await, []);
        let whole = store.append("milestone-1", Expected::Empty, (0..500).map(event).collect()).await.expect("append");
        assert_eq!(whole, log(&store).await);
    }

    async fn streams_do_not_mix(store) {
        store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        store.append("milestone-10", Expected::Empty, vec![event(2)]).await.expect("append");
        store.append("Milestone-1", Expected::Empty, vec![event(3)]).await.expect("append");
        let read = store.read("milestone-1").await.expect("read");
        assert_eq!(read.into_iter().map(added).collect::<Vec<_>>(), [event(1)]);
    }

    async fn a_stream_may_be_called_anything(store) {
        let names = ["maßnahme-Ü.1", "措置 1", "a.b.*.>", "a b", "🚧", "ä", "a\u{308}", "%20", "'; DROP TABLE events"];
        for (n, name) in (0..).zip(names) {
            store.append(name, Expected::Empty, vec![event(n)]).await.expect(name);
        }
        for (n, name) in (0..).zip(names) {
            let read = store.read(name).await.expect(name);
            assert_eq!(&*read[0].stream, name);
            assert_eq!(read.into_iter().map(added).collect::<Vec<_>>(), [event(n)]);
        }
        let streams = log(&store).await.into_iter().map(|it| it.stream.to_string()).collect::<Vec<_>>();
        assert_eq!(streams, names);
    }

    async fn pages_together_are_the_log(store) {
        for n in 0..23 {
            let events = vec![event(2 * n), event(2 * n + 1)];
            store.append(&format!("milestone-{n}"), Expected::Empty, events).await.expect("append");
        }
        let log = log(&store).await;
        assert_eq!(log.clone().into_iter().map(added).collect::<Vec<_>>(), (0..46).map(event).collect::<Vec<_>>());
        for limit in [1, 2, 3, 7, 45, 46, 47] {
            let (mut after, mut seen) = (Position::START, vec![]);
            loop {
                let page = store.page(after, limit).await.expect("page");
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                after = last.position;
                seen.extend(page);
            }
            assert_eq!(seen, log, "limit {limit}");
        }
    }

    async fn positions_grow(store) {
        for n in 0..5 {
            store.append(&format!("milestone-{n}"), Expected::Empty, vec![event(n), event(n + 9)]).await.expect("append");
        }
        let log = log(&store).await;
        assert!(Position::START < log[0].position);
        assert!(log.is_sorted_by(|before, after| before.position < after.position));
        assert!(log.iter().all(|it| it.position.as_json() < 1 << 53));
        assert!(log.iter().all(|it| Position::from_json(it.position.as_json()) == it.position));
    }

    async fn beyond_the_end_there_is_nothing(store) {
        let last = store.append("milestone-1", Expected::Empty, vec![event(1)]).await.expect("append");
        assert_eq!(store.page(last[0].position, 10).await.expect("page"), []);
        assert_eq!(store.page(Position::from_json(u64::MAX), 10).await.expect("page"), []);
        assert_eq!(store.page(Position::START, 0).await.expect("page"), []);
    }
}
