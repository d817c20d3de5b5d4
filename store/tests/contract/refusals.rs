//! What the file and its opening refuse, and what a handle says about itself.

use std::{path::Path, time::Duration};

use leitstand_store::{
    EventStore, Expected, OpenError, Position, Sqlite, SqliteKeys, TextKeys, contract::event,
    keys_path, refuse_old_sqlite,
};
use rusqlite::Connection;

use crate::{Test, block_on, fresh, tests};

pub(crate) const TESTS: &[Test] = tests![
    the_database_refuses_to_change_or_delete,
    the_database_refuses_to_replace_or_insert_between,
    an_old_sqlite_is_refused,
    a_newer_format_is_refused,
    another_programme_is_refused,
    another_database_is_refused,
    auditors_read_dates_and_hexadecimal_digits,
    the_idle_log_is_brought_home,
    what_was_handed_over_is_committed_before_closing,
    a_huge_payload_comes_back,
    many_appends_share_a_commit,
    a_closed_key_file_keeps_what_was_taken_and_nothing_else,
    a_destroyed_key_leaves_no_trace_in_the_files,
];

/// A log with two events in one stream and one in another.
pub(crate) fn small_log() -> std::path::PathBuf {
    let path = fresh("log.db");
    let store = Sqlite::open_for(&path, "test").unwrap();
    block_on(async {
        store
            .append("milestone-1", Expected::Empty, vec![event(1), event(2)])
            .await
            .unwrap();
        store
            .append("milestone-2", Expected::Empty, vec![event(3)])
            .await
            .unwrap();
    });
    path
}

fn the_database_refuses_to_change_or_delete() {
    let raw = Connection::open(small_log()).unwrap();
    for (sql, reason) in [
        (
            "UPDATE events SET payload = '{}'",
            "an event is never changed",
        ),
        (
            "UPDATE events SET position = position + 10",
            "an event is never changed",
        ),
        (
            "DELETE FROM events WHERE position = 3",
            "an event is never deleted",
        ),
        ("DELETE FROM events", "an event is never deleted"),
        (
            "UPDATE streams SET name = 'x' WHERE id = 1",
            "a stream is never changed",
        ),
        ("DELETE FROM streams", "a stream is never deleted"),
    ] {
        let refused = raw.execute(sql, []).expect_err(sql).to_string();
        assert!(refused.contains(reason), "{sql}: {refused}");
    }
}

fn the_database_refuses_to_replace_or_insert_between() {
    let raw = Connection::open(small_log()).unwrap();
    let copy = |position: &str, number: &str| {
        format!(
            "INSERT OR REPLACE INTO events SELECT {position}, stream, {number}, event_id, name, version, effective_on,
             known_on, recorded_at, actor, correlation, causation, previous, hash, '{{}}' FROM events WHERE position = 1"
        )
    };
    for (position, number) in [
        ("1", "0"),
        ("4", "0"),
        ("4", "3"),
        ("5", "2"),
        ("0", "2"),
        ("-1", "2"),
    ] {
        let refused = raw
            .execute(&copy(position, number), [])
            .expect_err(position)
            .to_string();
        assert!(
            refused.contains("at the end"),
            "{position}, {number}: {refused}"
        );
    }
    assert_eq!(raw.execute(&copy("4", "2"), []).unwrap(), 1);
    for sql in [
        "INSERT OR REPLACE INTO streams VALUES (1, 'x')",
        "REPLACE INTO streams (name) VALUES ('milestone-1')",
    ] {
        let refused = raw.execute(sql, []).expect_err(sql).to_string();
        assert!(refused.contains("begins only once"), "{sql}: {refused}");
    }
}

fn an_old_sqlite_is_refused() {
    for number in [3_040_001, 3_051_002] {
        assert!(
            matches!(refuse_old_sqlite(number), Err(OpenError::OldSqlite { .. })),
            "{number}"
        );
    }
    assert!(refuse_old_sqlite(3_051_003).is_ok());
    assert!(refuse_old_sqlite(rusqlite::version_number()).is_ok());
    let message = refuse_old_sqlite(3_040_001).unwrap_err().to_string();
    assert!(message.contains("3.40.1"), "{message}");
}

fn a_newer_format_is_refused() {
    let path = small_log();
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE meta SET value = '2' WHERE name = 'format'", [])
        .unwrap();
    let refused = Sqlite::open(&path);
    assert!(
        matches!(&refused, Err(OpenError::NewerFormat { found }) if found == "2"),
        "{refused:?}"
    );
}

fn another_programme_is_refused() {
    let path = small_log();
    assert_eq!(Sqlite::open(&path).unwrap().programme(), "test");
    assert!(Sqlite::open_for(&path, "test").is_ok());
    let refused = Sqlite::open_for(&path, "another");
    assert!(
        matches!(refused, Err(OpenError::OtherProgramme { .. })),
        "{refused:?}"
    );
}

fn another_database_is_refused() {
    let path = fresh("other.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE events (a)")
        .unwrap();
    let refused = Sqlite::open(&path);
    assert!(
        matches!(refused, Err(OpenError::SomethingElse { .. })),
        "{refused:?}"
    );
    let text = fresh("text.db");
    std::fs::write(&text, "a".repeat(5_000)).unwrap();
    assert!(Sqlite::open(&text).is_err());
    assert!(Sqlite::open(Path::new("/does/not/exist/log.db")).is_err());
}

fn auditors_read_dates_and_hexadecimal_digits() {
    let path = small_log();
    let log = block_on(Sqlite::open(&path).unwrap().page(Position::START, 10)).unwrap();
    let raw = Connection::open(&path).unwrap();
    let mut select = raw
        .prepare("SELECT stream, effective_on, known_on, recorded_at, hash, previous, correlation FROM readable_events")
        .unwrap();
    let rows = select.query_map([], |row| {
        (0..7)
            .map(|column| row.get(column))
            .collect::<Result<Vec<String>, _>>()
    });
    let rows = rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(rows.len(), log.len());
    for (row, event) in rows.iter().zip(&log) {
        assert_eq!(row[0], *event.stream);
        assert_eq!(row[1], event.effective_on.to_string());
        assert_eq!(row[2], event.known_on.to_string());
        assert_eq!(row[3], format!("{:.6}", event.recorded_at));
        assert_eq!(
            (&row[4], &row[5]),
            (&event.hash.to_string(), &event.previous.to_string())
        );
        assert_eq!(row[6], event.correlation.simple().to_string());
    }
}

fn the_idle_log_is_brought_home() {
    let path = fresh("log.db");
    let store = Sqlite::open(&path).unwrap();
    let append = |expected, n| {
        let events = vec![event(n)];
        let recorded = block_on(store.append("milestone-1", expected, events)).unwrap();
        Expected::At(recorded[0].revision)
    };
    let next = append(Expected::Empty, 1);
    let length = || path.with_file_name("log.db-wal").metadata().unwrap().len();
    let before = length();
    assert!(0 < before);
    // The file itself, without what lies beside it.
    let copy = fresh("copy.db");
    let is_home = || {
        std::fs::copy(&path, &copy).unwrap();
        let raw = Connection::open(&copy).unwrap();
        let events = raw.query_one("SELECT count(*) FROM events", [], |row| {
            row.get::<_, u32>(0)
        });
        events.unwrap_or_default() == 1
    };
    assert!(!is_home());
    let home = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        is_home()
    });
    assert!(home, "the event is in the write-ahead log only");
    // What comes next is written over it.
    append(next, 2);
    assert_eq!(length(), before);
}

fn what_was_handed_over_is_committed_before_closing() {
    let path = fresh("log.db");
    let store = Sqlite::open(&path).unwrap();
    block_on(async {
        for n in 0..50 {
            let stream = format!("milestone-{n}");
            let append = store.append(&stream, Expected::Empty, vec![event(n)]);
            // Asked once, then dropped: nobody waits for the answer.
            let _unknown = tokio::time::timeout(Duration::ZERO, append).await;
        }
    });
    drop(store);
    let log = block_on(Sqlite::open(&path).unwrap().page(Position::START, 100)).unwrap();
    assert_eq!(log.len(), 50);
}

fn a_huge_payload_comes_back() {
    let store = Sqlite::open(fresh("log.db")).unwrap();
    let mut huge = event(1);
    huge.payload = format!(r#"{{"text":"{}"}}"#, "ü🚧".repeat(700_000));
    block_on(store.append("milestone-1", Expected::Empty, vec![huge.clone()])).unwrap();
    let read = block_on(store.read("milestone-1")).unwrap();
    assert!(*read[0].payload == *huge.payload);
}

fn many_appends_share_a_commit() {
    let store = std::sync::Arc::new(Sqlite::open(fresh("log.db")).unwrap());
    block_on(async {
        let appends = (0..200).map(|n| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move {
                store
                    .append(&format!("milestone-{n}"), Expected::Empty, vec![event(n)])
                    .await
                    .unwrap();
            })
        });
        for append in appends.collect::<Vec<_>>() {
            append.await.unwrap();
        }
        let _refused = store
            .append("milestone-1", Expected::Empty, vec![event(1)])
            .await
            .unwrap_err();
    });
    let counters = store.counters();
    assert_eq!(
        (
            counters.appends,
            counters.events,
            counters.refused,
            counters.failed
        ),
        (200, 200, 1, 0)
    );
    assert!(counters.commits < 100, "{counters:?}");
    assert!(1 < counters.largest_commit, "{counters:?}");
}

fn a_closed_key_file_keeps_what_was_taken_and_nothing_else() {
    let log = fresh("log.db");
    let keys = SqliteKeys::open(&log).unwrap();
    let taken = block_on(async { [keys.take().await.unwrap(), keys.take().await.unwrap()] });
    drop(keys);
    let keys = SqliteKeys::open(&log).unwrap();
    let kept = block_on(keys.all()).unwrap();
    assert_eq!(kept.len(), 2);
    assert!(taken.iter().all(|(id, key)| kept.get(id) == Some(key)));
    let (again, _) = block_on(keys.take()).unwrap();
    assert!(taken.iter().all(|(id, _)| *id != again));
}

fn a_destroyed_key_leaves_no_trace_in_the_files() {
    let log = fresh("log.db");
    let keys = SqliteKeys::open(&log).unwrap();
    let (id, key) = block_on(keys.take()).unwrap();
    let traces = || {
        let folder = std::fs::read_dir(log.parent().unwrap()).unwrap();
        let files = folder.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        files
            .map(|bytes| bytes.windows(32).filter(|it| it == key.as_bytes()).count())
            .sum::<usize>()
    };
    assert!(keys_path(&log).exists());
    assert!(0 < traces(), "the search finds nothing");
    assert!(block_on(keys.destroy(&id)).unwrap());
    assert_eq!(traces(), 0);
}
