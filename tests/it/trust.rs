//! Whether the log can be trusted: verification, damage, backups, erasure.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Place, Server, YEAR_END, row};

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
    assert!(log.execute_batch(sql).is_err(), "the database itself refuses: {sql}");
    for trigger in triggers {
        log.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    log.execute_batch(sql).unwrap();
}

#[test]
fn a_whole_log_verifies_and_says_count_and_head() {
    let place = Place::with_scenario();
    let ran = place.on_store(&["audit", "verify", "--format", "json"]).ended(0).json();
    assert_eq!((&ran["ok"], &ran["flaw"]), (&json!(true), &Value::Null));
    let head = place.head();
    assert_eq!(head, format!("{}:{}", ran["count"], ran["head"].as_str().unwrap()));
    place.on_store(&["audit", "verify", "--expect", &head]).ended(0);
    assert!(ran["sealed"]["count"].as_u64().is_some_and(|it| it > 0), "the feed was long enough for a seal: {ran}");
    // The head of an earlier moment still holds after more was recorded.
    place.accept("impediments", json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" }));
    place.on_store(&["audit", "verify", "--expect", &head]).ended(0);
}

#[test]
fn every_change_of_the_file_is_found_where_it_is() {
    let original = Place::with_scenario();
    let head = original.head();
    original.run(&["backup", "--store", &original.store(), "-o", "sicherung"]).ended(0);
    for (sql, position) in [
        ("UPDATE events SET payload = replace(payload, '2', '3') WHERE position = 400", 400),
        ("UPDATE events SET effective_on = effective_on + 1 WHERE position = 401", 401),
        ("UPDATE events SET known_on = known_on - 1 WHERE position = 402", 402),
        ("UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 403", 403),
        ("UPDATE events SET actor = 'jemand' WHERE position = 404", 404),
        ("UPDATE events SET name = 'risk.closed' WHERE position = 405", 405),
        ("UPDATE events SET version = 9 WHERE position = 406", 406),
        ("UPDATE events SET hash = zeroblob(32) WHERE position = 407", 407),
        ("UPDATE events SET event_id = zeroblob(16) WHERE position = 408", 408),
        ("UPDATE events SET correlation = zeroblob(16) WHERE position = 409", 409),
    ] {
        let place = Place::empty();
        fs::copy(original.path("sicherung/log.db"), place.log()).unwrap();
        tampered(&place, sql);
        let ran = place.on_store(&["audit", "verify", "--format", "json"]).ended(7).json();
        assert_eq!((&ran["ok"], &ran["flaw"]["position"]), (&json!(false), &json!(position)), "{sql}: {ran}");
        let told = place.on_store(&["audit", "verify"]).ended(7);
        assert!(told.out.contains(&position.to_string()), "{told:?}");
    }
    for sql in ["DELETE FROM events WHERE position = 400", "UPDATE streams SET name = 'risk-XX' WHERE name = 'risk-RI-01'"] {
        let place = Place::empty();
        fs::copy(original.path("sicherung/log.db"), place.log()).unwrap();
        tampered(&place, sql);
        place.on_store(&["audit", "verify"]).ended(7);
    }
    // A tail cut off, with everything else in order, shows only against a head kept elsewhere.
    let place = Place::empty();
    fs::copy(original.path("sicherung/log.db"), place.log()).unwrap();
    tampered(&place, "DELETE FROM events WHERE position > (SELECT max(position) - 3 FROM events)");
    let ran = place.on_store(&["audit", "verify", "--expect", &head, "--format", "json"]).ended(7).json();
    assert!(ran["flaw"]["message_en"].as_str().unwrap().contains("cut"), "{ran}");
}

#[test]
fn another_logs_head_is_not_this_logs_head() {
    let place = Place::begun();
    let head = place.head();
    let (count, hash) = head.split_once(':').unwrap();
    let more = format!("{}:{hash}", count.parse::<u64>().unwrap() + 1);
    place.on_store(&["audit", "verify", "--expect", &more]).ended(7);
    let other = format!("{count}:{}", "0".repeat(64));
    place.on_store(&["audit", "verify", "--expect", &other]).ended(7);
    for nonsense in ["", "x", "1:2", &format!("-1:{hash}"), &format!("{count}:{hash}0")] {
        place.on_store(&["audit", "verify", &format!("--expect={nonsense}")]).ended(2);
    }
}

#[test]
fn what_is_damaged_is_not_backed_up() {
    let place = Place::with_scenario();
    tampered(&place, "UPDATE events SET actor = 'jemand' WHERE position = 404");
    let ran = place.run(&["backup", "--store", &place.store(), "-o", "sicherung"]).ended(7);
    assert!(!place.path("sicherung/manifest.json").exists(), "{ran:?}");
}

#[test]
fn a_backup_comes_back_with_every_answer_and_the_head() {
    let place = Place::with_scenario();
    let head = place.head();
    let ran = place.run(&["backup", "--store", &place.store(), "-o", "sicherung"]).ended(0);
    assert!(ran.out.contains(&head), "{ran:?}");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(place.path("sicherung/manifest.json")).unwrap()).unwrap();
    assert_eq!(format!("{}:{}", manifest["count"], manifest["head"].as_str().unwrap()), head);
    let ran = place.run(&["restore", "--from", "sicherung", "--store", "sqlite:neu.db"]).ended(0);
    assert!(ran.out.contains(&head), "{ran:?}");
    place.run(&["audit", "verify", "--store", "sqlite:neu.db", "--expect", &head]).ended(0);
    for name in ["catalogue", "status", "milestones", "risks", "requests", "funds", "exceptions"] {
        let of = |store: &str| place.run(&[name, "--store", store, "--format", "json", "--as-of", YEAR_END]).ended(0).out;
        assert_eq!(of(&place.store()), of("sqlite:neu.db"), "{name}");
    }
    // Nothing is overwritten.
    place.run(&["backup", "--store", &place.store(), "-o", "sicherung"]).ended(2);
    place.run(&["restore", "--from", "sicherung", "--store", &place.store()]).ended(2);
    assert_eq!(place.head(), head);
    // And it goes on where it was.
    let store = place.store().replace("log.db", "neu.db");
    let year = leitstand_tests::scenario::folder();
    let ran = place.run(&["feed", "--store", &store, "--format", "json", year.to_str().unwrap()]).ended(0);
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
            place.run(&["backup", "--store", &place.store(), "-o", &format!("s-{number}")]).ended(0);
        }
        feeding.join()
    });
    feeding.unwrap();
    for number in 0..3 {
        let store = format!("sqlite:neu-{number}.db");
        place.run(&["restore", "--from", &format!("s-{number}"), "--store", &store]).ended(0);
        place.run(&["audit", "verify", "--store", &store]).ended(0);
    }
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_is_left() {
    let place = Place::with_scenario();
    place.run(&["backup", "--store", &place.store(), "-o", "gut"]).ended(0);
    let damage: [(&str, &dyn Fn(&std::path::Path)); 5] = [
        ("one byte of the log", &|folder| flip(&folder.join("log.db"))),
        ("one byte of the keys", &|folder| flip(&folder.join("log.db-keys"))),
        ("no manifest", &|folder| fs::remove_file(folder.join("manifest.json")).unwrap()),
        ("no log", &|folder| fs::remove_file(folder.join("log.db")).unwrap()),
        ("another head", &|folder| {
            let path = folder.join("manifest.json");
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
        let ran = place.run(&["restore", "--from", folder.to_str().unwrap(), "--store", "sqlite:neu.db"]);
        let expected = if what.starts_with("no ") { &[1, 7][..] } else { &[7] };
        assert!(expected.contains(&ran.code), "{what}: {ran:?}");
        let left: Vec<_> = fs::read_dir(place.path(".")).unwrap().flatten().map(|it| it.file_name()).filter(|it| it.to_string_lossy().starts_with("neu.db")).collect();
        assert!(left.is_empty(), "{what}: {left:?}");
    }
}

/// Flips one bit in the middle of a file.
fn flip(path: &std::path::Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// The position of the condition of A-24-05.
fn condition(place: &Place) -> u64 {
    let events = place.on_store(&["events", "--format", "json", "--stream", "pot-T-PRJ"]).ended(0).out;
    let events = events.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let is_it = |it: &Value| it["data"]["row"]["step"] == "resolved_with_conditions";
    events.filter(is_it).map(|it| it["position"].as_u64().unwrap()).next().unwrap()
}

fn text_of(requests: &Value) -> Value {
    row(requests, "id", "A-24-05")["conditions"][0]["text"].clone()
}

#[test]
fn qp_25_what_happens_when_a_text_must_be_erased() {
    let place = Place::with_scenario();
    let head = place.head();
    let position = condition(&place);
    let at = |place: &Place| place.ask("requests", &["--as-of", YEAR_END, "--at-position", &position.to_string()]);
    assert_eq!(text_of(&at(&place)), "Metadaten nach DCAT-AP.de");
    let reason = ["--event", &position.to_string(), "--reason", "Löschverlangen Art. 17 DSGVO"];
    let ran = place.on_store(&[&["erase"], &reason[..]].concat()).ended(0);
    assert!(ran.out.contains(&position.to_string()), "{ran:?}");
    // Whoever reads, also at the position before: "erased". Everything else is as it was.
    assert_eq!(text_of(&at(&place)), "erased");
    let requests = place.at_year_end("requests");
    assert_eq!(text_of(&requests), "erased");
    assert_eq!(row(&requests, "id", "A-24-05")["granted"], "400000.00");
    // Every hash still holds, and that it was done is recorded.
    place.on_store(&["audit", "verify", "--expect", &head]).ended(0);
    let log = place.on_store(&["events", "--format", "json", "--stream", "log"]).ended(0).out;
    let last: Value = log.lines().map(|it| serde_json::from_str::<Value>(it).unwrap()).filter(|it| it["type"].as_str().unwrap().contains("text_erased")).next_back().unwrap();
    assert_eq!(last["data"]["position"], json!(position));
    // The key is gone from the disk, not only from the table.
    let key = place.on_store(&["events", "--format", "json", "--stream", "pot-T-PRJ"]).out;
    let key = key.lines().map(|it| serde_json::from_str::<Value>(it).unwrap()).find(|it| it["position"] == position).unwrap();
    let key = key["data"]["meta"]["sealed"]["key"].as_str().unwrap().replace('-', "");
    let key: Vec<u8> = (0..16).map(|it| u8::from_str_radix(&key[2 * it..2 * it + 2], 16).unwrap()).collect();
    for name in ["log.db-keys", "log.db-keys-wal"] {
        let bytes = fs::read(place.path(name)).unwrap_or_default();
        assert!(!bytes.windows(16).any(|it| it == key), "the key's id still stands in {name}");
    }
    // A second time changes nothing.
    let head = place.head();
    place.on_store(&[&["erase"], &reason[..]].concat()).ended(0);
    assert_eq!(place.head(), head);
}

#[test]
fn a_running_server_erases_too() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    let ask = || text_of(&server.ask("requests", &format!("as_of={YEAR_END}")));
    assert_eq!(ask(), "Metadaten nach DCAT-AP.de");
    let position = condition(&place).to_string();
    place.on_store(&["erase", "--event", &position, "--reason", "Löschverlangen"]).ended(0);
    crate::support::eventually("the server no longer knows the text", || ask() == "erased");
    assert_eq!(text_of(&server.ask("requests", &format!("as_of={YEAR_END}&at_position={position}"))), "erased");
    let why = server.get(&format!("/api/v1/explain?answer=requests&row=A-24-05&field=conditions&as_of={YEAR_END}")).with_status(200);
    assert!(!why.body.contains("DCAT-AP.de"), "{}", why.body);
    server.is_well();
}

#[test]
fn only_what_has_a_text_can_be_erased() {
    let place = Place::with_scenario();
    let head = place.head();
    let condition = condition(&place).to_string();
    for positions in [&["1"][..], &["999999"], &["0"], &[&condition, "1"]] {
        let events: Vec<&str> = positions.iter().flat_map(|it| ["--event", it]).collect();
        place.on_store(&[&["erase", "--reason", "Probe"], &events[..]].concat()).ended(3);
    }
    for position in ["18446744073709551615", "9223372036854775808", "9007199254740993"] {
        let ran = place.on_store(&["erase", "--event", position, "--reason", "Probe"]);
        assert!([2, 3].contains(&ran.code), "{position}: {ran:?}");
    }
    place.on_store(&["erase", "--event", "1"]).ended(2);
    assert_eq!(place.head(), head);
    assert_eq!(text_of(&place.at_year_end("requests")), "Metadaten nach DCAT-AP.de");
}
