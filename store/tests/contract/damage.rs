//! A log that was tampered with shows, and where.

use leitstand_store::{
    EventStore, Expected, Flaw, Head, NewEvent, Position, Recorded, Sealed, Sqlite, Verified,
    Wrong, contract::event, verify,
};
use rusqlite::Connection;

use crate::{Test, block_on, fresh, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_log_nobody_touched_is_clean_as_far_as_its_last_seal,
    a_changed_payload_is_found,
    a_changed_payload_with_a_fitting_hash_is_found_by_the_next_event,
    a_rewritten_tail_of_a_stream_is_found_by_the_next_seal,
    a_dropped_event_is_found,
    swapped_events_are_found,
    a_cut_tail_is_found_only_against_a_head_kept_elsewhere,
    another_log_is_found_by_the_expected_head,
    a_wrong_seal_is_found,
    an_unreadable_seal_is_found,
    an_unreadable_row_is_an_error_that_names_its_position,
    an_event_hidden_before_the_log_is_an_error,
];

/// Ten events in three streams: 1–4 in turn, a seal over 4, then 6–9 in turn, another seal over 9.
fn sealed_log() -> (std::path::PathBuf, Vec<Head>) {
    let path = fresh("log.db");
    let store = Sqlite::open(&path).unwrap();
    let heads = block_on(async {
        let mut heads = vec![Head::START];
        for n in 0..10 {
            let stream = if n % 5 == 4 {
                "log".to_owned()
            } else {
                format!("milestone-{}", n % 2)
            };
            let event = if n % 5 == 4 {
                seal(&heads[heads.len() - 1], n)
            } else {
                event(n)
            };
            let newest = store.read(&stream).await.unwrap().pop();
            let expected = newest.map_or(Expected::Empty, |it| Expected::At(it.revision));
            let recorded = store.append(&stream, expected, vec![event]).await.unwrap();
            heads.push(heads[heads.len() - 1].after(recorded[0].hash));
        }
        heads
    });
    (path, heads)
}

fn seal(head: &Head, n: u32) -> NewEvent {
    let payload = format!(r#"{{"count":{},"head":"{}"}}"#, head.count, head.hash);
    NewEvent {
        name: "log.sealed".into(),
        payload,
        ..event(n)
    }
}

fn a_log_nobody_touched_is_clean_as_far_as_its_last_seal() {
    let (path, heads) = sealed_log();
    for expect in std::iter::once(None).chain(heads.iter().copied().map(Some)) {
        let verified = check(&path, expect);
        let sealed = Some(Sealed {
            count: 9,
            position: Position::from_json(10),
        });
        assert_eq!(
            verified,
            Verified {
                head: heads[10],
                sealed,
                flaw: None
            }
        );
    }
}

fn a_changed_payload_is_found() {
    let (path, _) = sealed_log();
    tamper(
        &path,
        "UPDATE events SET payload = '{\"day\":99}' WHERE position = 3",
    );
    assert_eq!(flaw(&path, None), (3, Wrong::Content));
    assert_eq!(check(&path, None).sealed, None);
}

fn a_changed_payload_with_a_fitting_hash_is_found_by_the_next_event() {
    let (path, _) = sealed_log();
    rewrite(&path, 2, |it| it.payload = "{}".into());
    assert_eq!(
        flaw(&path, None),
        (
            4,
            Wrong::Previous {
                stream: "milestone-1".into()
            }
        )
    );
}

fn a_rewritten_tail_of_a_stream_is_found_by_the_next_seal() {
    let (path, heads) = sealed_log();
    // The newest event of its stream: no other event follows it.
    let changed = rewrite(&path, 9, |it| it.payload = "{}".into());
    let Wrong::SealBroken {
        count,
        sealed,
        computed,
    } = flaw(&path, None).1
    else {
        panic!()
    };
    assert_eq!(
        (count, sealed, computed),
        (9, heads[9].hash, heads[8].after(changed.hash).hash)
    );
    assert_eq!(check(&path, None).sealed.unwrap().count, 4);
    assert_eq!(flaw(&path, Some(heads[9])).0, 9);
}

fn a_dropped_event_is_found() {
    let (path, _) = sealed_log();
    tamper(&path, "DELETE FROM events WHERE position = 3");
    let stream = "milestone-0".into();
    // A seal comes before the stream's next event, and covers more than there is.
    assert_eq!(
        flaw(&path, None),
        (
            5,
            Wrong::SealRange {
                count: 4,
                least: 0,
                most: 3
            }
        )
    );
    tamper(&path, "DELETE FROM events WHERE position IN (5, 10)");
    assert_eq!(
        flaw(&path, None),
        (
            7,
            Wrong::Number {
                stream,
                expected: 1,
                found: 2
            }
        )
    );
}

fn swapped_events_are_found() {
    let (path, _) = sealed_log();
    // In two streams: both chains hold, only the order is another.
    tamper(
        &path,
        "UPDATE events SET position = 100 WHERE position = 3; UPDATE events SET position = 3 WHERE position = 4;
         UPDATE events SET position = 4 WHERE position = 100",
    );
    let (position, wrong) = flaw(&path, None);
    assert!(
        matches!(wrong, Wrong::SealBroken { count: 4, .. }),
        "{wrong:?}"
    );
    assert_eq!(position, 5);
    let (path, _) = sealed_log();
    // In one stream.
    tamper(
        &path,
        "UPDATE events SET position = 100 WHERE position = 2; UPDATE events SET position = 2 WHERE position = 4;
         UPDATE events SET position = 4 WHERE position = 100",
    );
    assert_eq!(
        flaw(&path, None),
        (
            2,
            Wrong::Number {
                stream: "milestone-1".into(),
                expected: 0,
                found: 1
            }
        )
    );
}

fn a_cut_tail_is_found_only_against_a_head_kept_elsewhere() {
    let (path, heads) = sealed_log();
    tamper(&path, "DELETE FROM events WHERE position > 7");
    assert_eq!(check(&path, None).flaw, None);
    assert_eq!(check(&path, None).sealed.unwrap().count, 4);
    assert_eq!(
        flaw(&path, Some(heads[10])),
        (
            7,
            Wrong::TailCut {
                expected: 10,
                found: 7
            }
        )
    );
    assert_eq!(check(&path, Some(heads[7])).flaw, None);
}

fn another_log_is_found_by_the_expected_head() {
    let (path, heads) = sealed_log();
    let other = Head {
        count: 6,
        hash: heads[5].hash,
    };
    let (expected, found) = (heads[5].hash, heads[6].hash);
    assert_eq!(
        flaw(&path, Some(other)),
        (
            6,
            Wrong::Unexpected {
                count: 6,
                expected,
                found
            }
        )
    );
    let nothing = Head {
        count: 0,
        hash: heads[5].hash,
    };
    assert_eq!(flaw(&path, Some(nothing)).0, 0);
}

fn a_wrong_seal_is_found() {
    let path = fresh("log.db");
    block_on(async {
        let store = Sqlite::open(&path).unwrap();
        store
            .append("milestone-1", Expected::Empty, vec![event(1)])
            .await
            .unwrap();
        let wrong = seal(
            &Head {
                count: 2,
                hash: leitstand_store::Hash::ZERO,
            },
            2,
        );
        store
            .append("log", Expected::Empty, vec![wrong])
            .await
            .unwrap();
    });
    assert_eq!(
        flaw(&path, None),
        (
            2,
            Wrong::SealRange {
                count: 2,
                least: 0,
                most: 1
            }
        )
    );
}

fn an_unreadable_seal_is_found() {
    for payload in ["{}", r#"{"count":0,"head":"x"}"#, "no JSON"] {
        let path = fresh("log.db");
        let seal = NewEvent {
            payload: payload.to_owned(),
            ..seal(&Head::START, 1)
        };
        block_on(
            Sqlite::open(&path)
                .unwrap()
                .append("log", Expected::Empty, vec![seal]),
        )
        .unwrap();
        assert_eq!(flaw(&path, None), (1, Wrong::SealUnreadable), "{payload}");
    }
}

fn an_unreadable_row_is_an_error_that_names_its_position() {
    let (path, _) = sealed_log();
    tamper(&path, "UPDATE events SET version = -1 WHERE position = 3");
    let error = block_on(Sqlite::open(&path).unwrap().page(Position::START, 10)).unwrap_err();
    assert!(
        error
            .cause
            .to_string()
            .contains("event 3: column `version`"),
        "{:?}",
        error.cause
    );
}

fn an_event_hidden_before_the_log_is_an_error() {
    let (path, _) = sealed_log();
    tamper(&path, "UPDATE events SET position = 0 WHERE position = 9");
    let error = block_on(Sqlite::open(&path).unwrap().read("milestone-0")).unwrap_err();
    assert!(
        error
            .cause
            .to_string()
            .contains("event 0: column `position`"),
        "{:?}",
        error.cause
    );
}

fn check(path: &std::path::Path, expect: Option<Head>) -> Verified {
    block_on(verify(&Sqlite::open(path).unwrap(), expect)).unwrap()
}

/// The position and what is wrong there.
fn flaw(path: &std::path::Path, expect: Option<Head>) -> (u64, Wrong) {
    let Flaw { position, wrong } = check(path, expect).flaw.expect("a flaw");
    (position.as_json(), wrong)
}

/// Changes the file as somebody would who first removes what refuses it.
pub(crate) fn tamper(path: &std::path::Path, sql: &str) {
    let raw = Connection::open(path).unwrap();
    let triggers = raw
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    for trigger in triggers {
        raw.execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    raw.execute_batch(sql).unwrap();
}

/// Changes one event and gives it the hash it then should have.
fn rewrite(path: &std::path::Path, position: u64, change: impl FnOnce(&mut Recorded)) -> Recorded {
    let store = Sqlite::open(path).unwrap();
    let mut event = block_on(store.page(Position::from_json(position - 1), 1))
        .unwrap()
        .remove(0);
    drop(store);
    change(&mut event);
    event.hash = event.computed_hash();
    tamper(
        path,
        &format!(
            "UPDATE events SET payload = '{}', hash = x'{}' WHERE position = {position}",
            event.payload, event.hash
        ),
    );
    event
}
