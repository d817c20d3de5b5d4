//! Whether the log can be trusted: verification, damage, backups, erasure.

use std::{fs, path::Path};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Place, Server, YEAR_END};

/// Changes the file behind the program's back, as somebody with the file could.
fn tampered(place: &Place, sql: &str) {
    let log = Connection::open(place.log()).unwrap();
    let triggers: Vec<String> = log
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(
        log.execute_batch(sql).is_err(),
        "the database itself refuses: {sql}"
    );
    for trigger in triggers {
        log.execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    log.execute_batch(sql).unwrap();
}

#[test]
fn a_whole_log_verifies_and_says_count_and_head() {
    let place = Place::with_scenario();
    let ran = place
        .on_store(&["audit", "verify", "--format", "json"])
        .ended(0)
        .json();
    assert_eq!((&ran["ok"], &ran["flaw"]), (&json!(true), &Value::Null));
    let head = place.head();
    assert_eq!(
        head,
        format!("{}:{}", ran["count"], ran["head"].as_str().unwrap())
    );
    place
        .on_store(&["audit", "verify", "--expect", &head])
        .ended(0);
    assert!(
        ran["sealed"]["count"].as_u64().is_some_and(|it| it > 0),
        "the feed was long enough for a seal: {ran}"
    );
    // The head of an earlier moment still holds after more was recorded.
    place.accept(
        "impediments",
        json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" }),
    );
    place
        .on_store(&["audit", "verify", "--expect", &head])
        .ended(0);
}

#[test]
fn every_change_of_the_file_is_found_where_it_is() {
    let original = Place::with_scenario();
    let head = original.head();
    original
        .run(&["backup", "--store", &original.store(), "-o", "sicherung"])
        .ended(0);
    for (sql, position) in [
        (
            "UPDATE events SET payload = replace(payload, '2', '3') WHERE position = 400",
            400,
        ),
        (
            "UPDATE events SET effective_on = effective_on + 1 WHERE position = 401",
            401,
        ),
        (
            "UPDATE events SET known_on = known_on - 1 WHERE position = 402",
            402,
        ),
        (
            "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 403",
            403,
        ),
        (
            "UPDATE events SET actor = 'jemand' WHERE position = 404",
            404,
        ),
        (
            "UPDATE events SET name = 'risk.closed' WHERE position = 405",
            405,
        ),
        ("UPDATE events SET version = 9 WHERE position = 406", 406),
        (
            "UPDATE events SET hash = zeroblob(32) WHERE position = 407",
            407,
        ),
        (
            "UPDATE events SET event_id = zeroblob(16) WHERE position = 408",
            408,
        ),
        (
            "UPDATE events SET correlation = zeroblob(16) WHERE position = 409",
            409,
        ),
        // No values of their kind at all.
        (
            "UPDATE events SET version = version + 1000000 WHERE position = 410",
            410,
        ),
        (
            "UPDATE events SET recorded_at = 9223372036854775807 WHERE position = 411",
            411,
        ),
        (
            "UPDATE events SET effective_on = 9223372036854775807 WHERE position = 412",
            412,
        ),
        (
            "UPDATE events SET name = CAST(x'ff' AS TEXT) WHERE position = 413",
            413,
        ),
        (
            "PRAGMA foreign_keys = OFF; UPDATE events SET stream = stream + 1000000 WHERE position = 414",
            414,
        ),
        (
            "UPDATE events SET actor = 'x' WHERE position = 415; UPDATE events SET version = -1 WHERE position = 416",
            415,
        ),
    ] {
        let place = Place::empty();
        fs::copy(original.path("sicherung/log.db"), place.log()).unwrap();
        tampered(&place, sql);
        let ran = place
            .on_store(&["audit", "verify", "--format", "json"])
            .ended(7)
            .json();
        assert_eq!(
            (&ran["ok"], &ran["flaw"]["position"]),
            (&json!(false), &json!(position)),
            "{sql}: {ran}"
        );
        let told = place.on_store(&["audit", "verify"]).ended(7);
        assert!(told.out.contains(&position.to_string()), "{told:?}");
    }
    for sql in [
        "DELETE FROM events WHERE position = 400",
        "UPDATE streams SET name = 'risk-XX' WHERE name = 'risk-RI-01'",
    ] {
        let place = Place::empty();
        fs::copy(original.path("sicherung/log.db"), place.log()).unwrap();
        tampered(&place, sql);
        place.on_store(&["audit", "verify"]).ended(7);
    }
    // A tail cut off, with everything else in order, shows only against a head kept elsewhere.
    let place = Place::empty();
    fs::copy(original.path("sicherung/log.db"), place.log()).unwrap();
    tampered(
        &place,
        "DELETE FROM events WHERE position > (SELECT max(position) - 3 FROM events)",
    );
    let ran = place
        .on_store(&["audit", "verify", "--expect", &head, "--format", "json"])
        .ended(7)
        .json();
    assert!(
        ran["flaw"]["message_en"].as_str().unwrap().contains("cut"),
        "{ran}"
    );
}

#[test]
fn another_logs_head_is_not_this_logs_head() {
    let place = Place::begun();
    let head = place.head();
    let (count, hash) = head.split_once(':').unwrap();
    let more = format!("{}:{hash}", count.parse::<u64>().unwrap() + 1);
    place
        .on_store(&["audit", "verify", "--expect", &more])
        .ended(7);
    let other = format!("{count}:{}", "0".repeat(64));
    place
        .on_store(&["audit", "verify", "--expect", &other])
        .ended(7);
    for nonsense in [
        "",
        "x",
        "1:2",
        &format!("-1:{hash}"),
        &format!("{count}:{hash}0"),
    ] {
        place
            .on_store(&["audit", "verify", &format!("--expect={nonsense}")])
            .ended(2);
    }
}

#[test]
fn what_is_damaged_is_not_backed_up() {
    let place = Place::with_scenario();
    tampered(
        &place,
        "UPDATE events SET actor = 'jemand' WHERE position = 404",
    );
    let ran = place
        .run(&["backup", "--store", &place.store(), "-o", "sicherung"])
        .ended(7);
    assert!(!place.path("sicherung/manifest.json").exists(), "{ran:?}");
}

#[test]
fn a_backup_comes_back_with_every_answer_and_the_head() {
    let place = Place::with_scenario();
    let head = place.head();
    let ran = place
        .run(&["backup", "--store", &place.store(), "-o", "sicherung"])
        .ended(0);
    assert!(ran.out.contains(&head), "{ran:?}");
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(place.path("sicherung/manifest.json")).unwrap())
            .unwrap();
    assert_eq!(
        format!(
            "{}:{}",
            manifest["count"],
            manifest["head"].as_str().unwrap()
        ),
        head
    );
    let ran = place
        .run(&["restore", "--from", "sicherung", "--store", "sqlite:neu.db"])
        .ended(0);
    assert!(ran.out.contains(&head), "{ran:?}");
    place
        .run(&[
            "audit",
            "verify",
            "--store",
            "sqlite:neu.db",
            "--expect",
            &head,
        ])
        .ended(0);
    for name in [
        "catalogue",
        "status",
        "milestones",
        "risks",
        "requests",
        "funds",
        "exceptions",
    ] {
        let of = |store: &str| {
            place
                .run(&[
                    name, "--store", store, "--format", "json", "--as-of", YEAR_END,
                ])
                .ended(0)
                .out
        };
        assert_eq!(of(&place.store()), of("sqlite:neu.db"), "{name}");
    }
    // Nothing is overwritten.
    place
        .run(&["backup", "--store", &place.store(), "-o", "sicherung"])
        .ended(2);
    place
        .run(&["restore", "--from", "sicherung", "--store", &place.store()])
        .ended(2);
    assert_eq!(place.head(), head);
    // And it goes on where it was.
    let store = place.store().replace("log.db", "neu.db");
    let year = leitstand_tests::scenario::folder();
    let ran = place
        .run(&[
            "feed",
            "--store",
            &store,
            "--format",
            "json",
            year.to_str().unwrap(),
        ])
        .ended(0);
    assert_eq!(ran.json()["known"], 700);
}

#[test]
fn a_backup_can_be_taken_while_the_server_is_fed() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    let feeding = std::thread::scope(|scope| {
        let feeding = scope.spawn(|| {
            for number in 0..300 {
                let row = json!({ "id": format!("H-{number}"), "subject": "PROG", "title": "T", "reported_on": "2025-01-01", "note": "Text" });
                server.post("impediments", &row).with_status(200);
            }
        });
        for number in 0..3 {
            place
                .run(&[
                    "backup",
                    "--store",
                    &place.store(),
                    "-o",
                    &format!("s-{number}"),
                ])
                .ended(0);
        }
        feeding.join()
    });
    feeding.unwrap();
    for number in 0..3 {
        let store = format!("sqlite:neu-{number}.db");
        place
            .run(&[
                "restore",
                "--from",
                &format!("s-{number}"),
                "--store",
                &store,
            ])
            .ended(0);
        place.run(&["audit", "verify", "--store", &store]).ended(0);
    }
}

/// Damages a backup.
type Spoil<'a> = &'a dyn Fn(&Path);

#[test]
fn a_damaged_backup_is_refused_and_nothing_is_left() {
    let place = Place::with_scenario();
    place
        .run(&["backup", "--store", &place.store(), "-o", "gut"])
        .ended(0);
    let removed = |folder: &Path, name: &str| fs::remove_file(folder.join(name)).unwrap();
    let damage: [(&str, Spoil); 5] = [
        ("one byte of the log", &|it| flip(&it.join("log.db"))),
        ("one byte of the keys", &|it| flip(&it.join("log.db-keys"))),
        ("no manifest", &|it| removed(it, "manifest.json")),
        ("no log", &|it| removed(it, "log.db")),
        ("another head", &|it| {
            let path = it.join("manifest.json");
            let text = fs::read_to_string(&path).unwrap();
            let mut manifest: Value = serde_json::from_str(&text).unwrap();
            manifest["head"] = json!("0".repeat(64));
            fs::write(path, manifest.to_string()).unwrap();
        }),
    ];
    for (number, (what, spoil)) in damage.iter().enumerate() {
        let folder = place.path(&format!("schlecht-{number}"));
        fs::create_dir(&folder).unwrap();
        for file in ["log.db", "log.db-keys", "manifest.json"] {
            fs::copy(place.path("gut").join(file), folder.join(file)).unwrap();
        }
        spoil(&folder);
        let ran = place.run(&[
            "restore",
            "--from",
            folder.to_str().unwrap(),
            "--store",
            "sqlite:neu.db",
        ]);
        let expected = if what.starts_with("no ") {
            &[1, 7][..]
        } else {
            &[7]
        };
        assert!(expected.contains(&ran.code), "{what}: {ran:?}");
        let left: Vec<_> = fs::read_dir(place.path("."))
            .unwrap()
            .flatten()
            .map(|it| it.file_name())
            .filter(|it| it.to_string_lossy().starts_with("neu.db"))
            .collect();
        assert!(left.is_empty(), "{what}: {left:?}");
    }
}

/// Flips one bit in the middle of a file.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn only_the_owner_can_read_the_keys() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::with_scenario();
    place
        .run(&["backup", "--store", &place.store(), "-o", "sicherung"])
        .ended(0);
    for name in ["log.db-keys", "sicherung/log.db-keys"] {
        let mode = fs::metadata(place.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} has the mode {mode:o}");
    }
}

#[test]
fn lost_keys_are_told_from_erased_texts() {
    let place = Place::with_scenario();
    place.on_store(&["doctor"]).ended(0);
    place.on_store(&["erase", "--event", "600", "--reason", "Art. 17"]);
    place.on_store(&["doctor"]).ended(0);
    for suffix in ["-keys", "-keys-wal", "-keys-shm"] {
        let mut path = place.log().into_os_string();
        path.push(suffix);
        let _absent = fs::remove_file(path);
    }
    let told = place.on_store(&["doctor"]).ended(1);
    assert!(told.out.contains("fehlt der Schlüssel"), "{told:?}");
    // The chain holds all the same.
    let ran = place
        .on_store(&["audit", "verify", "--format", "json"])
        .ended(0)
        .json();
    assert!(
        ran["texts_lost"]["count"].as_u64().is_some_and(|it| it > 0),
        "{ran}"
    );
}

/// A damaged page of a file is no store that cannot be reached: exit code 7 for whoever asks, and nobody waits for ever.
#[test]
fn a_damaged_page_is_told_as_damage() {
    for (suffix, command) in [
        ("", &["audit", "verify"][..]),
        ("", &["trail", "--id", "A-24-12"]),
        ("-keys", &["trail", "--id", "A-24-12"]),
    ] {
        let place = Place::with_scenario();
        let path = format!("{}{suffix}", place.log().display());
        let file = Connection::open(&path).unwrap();
        file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        drop(file);
        let mut bytes = fs::read(&path).unwrap();
        // Every page but the first loses the head that says what it is.
        for page in bytes.chunks_mut(4096).skip(1) {
            page[..8].fill(0xff);
        }
        fs::write(&path, bytes).unwrap();
        let ran = place.on_store(command).ended(7);
        assert!(ran.err.contains("beschädigt"), "{path}: {}", ran.err);
    }
}
