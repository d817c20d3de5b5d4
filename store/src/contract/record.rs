//! What is recorded: payload, times, hashes.

use jiff::{SignedDuration, Timestamp, civil::date};

use super::{Store, cases, event, log, noon};
use crate::{AppendError, Expected, Head, NewEvent, verify};

cases! { CASES of Store:
    async fn payloads_come_back_byte_for_byte(store) {
        let payloads = [
            r#"{"b":1,  "a":1.0, "a":1e2}"#.to_owned(),
            "{ \"Begründung\": \"Straße – 道 🚧 \\u0041 \\/ \" }\r\n\t".to_owned(),
            // The smallest limit of any backend is 900 KiB for one append.
            format!(r#"{{"text":"{}"}}"#, "größer ".repeat(100_000)),
            String::new(),
        ];
        for (n, payload) in (0..).zip(&payloads) {
            let event = NewEvent { payload: payload.clone(), ..event(n) };
            store.append(&format!("milestone-{n}"), Expected::Empty, vec![event]).await.expect("append");
        }
        let log = log(&store).await;
        for (payload, recorded) in payloads.iter().zip(&log) {
            assert!(*payload == *recorded.payload, "payload of {} bytes", payload.len());
        }
    }

    async fn hashes_chain_within_a_stream(store) {
        let mut newest = Expected::Empty;
        for n in 0..5 {
            let events = vec![event(2 * n), event(2 * n + 1)];
            let answer = store.append("milestone-1", newest, events).await.expect("append");
            newest = Expected::At(answer[1].revision);
            store.append(&format!("risk-{n}"), Expected::Empty, vec![event(n)]).await.expect("append");
        }
        let mut previous = crate::Hash::ZERO;
        for event in store.read("milestone-1").await.expect("read") {
            assert_eq!(event.previous, previous, "number {}", event.number);
            assert_eq!(event.hash, event.computed_hash(), "number {}", event.number);
            previous = event.hash;
        }
        assert_eq!(store.read("risk-1").await.expect("read")[0].previous, crate::Hash::ZERO);
    }

    async fn a_log_as_written_verifies(store) {
        for n in 0..9 {
            store.append(&format!("milestone-{n}"), Expected::Empty, vec![event(n), event(n + 9)]).await.expect("append");
        }
        let head = log(&store).await.iter().fold(Head::START, |head, it| head.after(it.hash));
        let verified = verify(&*store, Some(head)).await.expect("walk");
        assert_eq!((verified.head, verified.flaw), (head, None));
        assert_eq!(head.count, 18);
    }

    async fn recorded_times_have_microseconds(store) {
        let fine = noon() + SignedDuration::from_nanos(123_456_789);
        let event = NewEvent { recorded_at: fine, ..event(1) };
        store.append("milestone-1", Expected::Empty, vec![event]).await.expect("append");
        let recorded = log(&store).await.remove(0).recorded_at;
        assert_eq!(recorded, noon() + SignedDuration::from_micros(123_456));
    }

    async fn recorded_times_never_go_backwards(store) {
        let ahead = at(SignedDuration::from_secs(30));
        store.append("milestone-1", Expected::Empty, vec![ahead]).await.expect("append");
        // Another stream, another writer, half a minute behind.
        store.append("milestone-2", Expected::Empty, vec![event(2), event(3)]).await.expect("append");
        let later = at(SignedDuration::from_secs(31));
        store.append("milestone-3", Expected::Empty, vec![later]).await.expect("append");
        let times = log(&store).await.into_iter().map(|it| it.recorded_at.duration_since(noon()).as_secs());
        assert_eq!(times.collect::<Vec<_>>(), [30, 30, 30, 31]);
    }

    async fn a_log_over_a_minute_ahead_of_the_clock_is_not_written_to(store) {
        let ahead = at(SignedDuration::from_millis(60_001));
        store.append("milestone-1", Expected::Empty, vec![ahead]).await.expect("append");
        let refused = store.append("milestone-2", Expected::Empty, vec![event(2)]).await;
        assert!(matches!(refused, Err(AppendError::ClockAhead { .. })), "{refused:?}");
        assert_eq!(log(&store).await.len(), 1);
        let right = at(SignedDuration::from_millis(1));
        store.append("milestone-2", Expected::Empty, vec![right]).await.expect("append");
    }

    async fn known_on_is_the_day_of_recording_in_berlin_unless_given(store) {
        let night: Timestamp = "2026-07-03T22:30:00Z".parse().expect("a time");
        let unsaid = NewEvent { known_on: None, recorded_at: night, ..event(1) };
        let said = NewEvent { recorded_at: night, ..event(2) };
        store.append("milestone-1", Expected::Empty, vec![unsaid, said]).await.expect("append");
        // Behind the log, so that the log's time counts, not this clock's.
        let behind = night - SignedDuration::from_mins(1) + SignedDuration::from_secs(1);
        let unsaid = NewEvent { known_on: None, recorded_at: behind, ..event(3) };
        store.append("milestone-2", Expected::Empty, vec![unsaid]).await.expect("append");
        let days = log(&store).await.into_iter().map(|it| it.known_on).collect::<Vec<_>>();
        assert_eq!(days, [date(2026, 7, 4), date(2026, 7, 2), date(2026, 7, 4)]);
    }

    async fn days_may_be_long_ago_or_far_ahead(store) {
        let days = [date(1, 1, 1), date(1969, 12, 31), date(2000, 2, 29), date(9999, 12, 31)];
        for (n, day) in (0..).zip(days) {
            let event = NewEvent { effective_on: day, known_on: Some(day), ..event(n) };
            store.append(&format!("milestone-{n}"), Expected::Empty, vec![event]).await.expect("append");
        }
        let read = log(&store).await;
        assert_eq!(read.iter().map(|it| it.effective_on).collect::<Vec<_>>(), days);
        assert_eq!(read.iter().map(|it| it.known_on).collect::<Vec<_>>(), days);
    }
}

/// An event recorded by a clock that is so far ahead of noon.
fn at(ahead: SignedDuration) -> NewEvent {
    NewEvent {
        recorded_at: noon() + ahead,
        ..event(1)
    }
}
