//! Erasing a free text: its key goes, the log stays.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Place, Server, YEAR_END, eventually, row};

/// The position of the condition of A-24-05.
fn condition(place: &Place) -> u64 {
    let events = place
        .on_store(&["events", "--format", "json", "--stream", "pot-T-PRJ"])
        .ended(0)
        .out;
    let events = events
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap());
    let is_it = |it: &Value| it["data"]["row"]["step"] == "resolved_with_conditions";
    events
        .filter(is_it)
        .map(|it| it["position"].as_u64().unwrap())
        .next()
        .unwrap()
}

fn text_of(requests: &Value) -> Value {
    row(requests, "id", "A-24-05")["conditions"][0]["text"].clone()
}

#[test]
fn qp_25_what_happens_when_a_text_must_be_erased() {
    let place = Place::with_scenario();
    let head = place.head();
    let position = condition(&place);
    let at = |place: &Place| {
        place.ask(
            "requests",
            &["--as-of", YEAR_END, "--at-position", &position.to_string()],
        )
    };
    assert_eq!(text_of(&at(&place)), "Metadaten nach DCAT-AP.de");
    let reason = [
        "--event",
        &position.to_string(),
        "--reason",
        "Löschverlangen Art. 17 DSGVO",
    ];
    let ran = place.on_store(&[&["erase"], &reason[..]].concat()).ended(0);
    assert!(ran.out.contains(&position.to_string()), "{ran:?}");
    // Whoever reads, also at the position before: "erased". Everything else is as it was.
    assert_eq!(text_of(&at(&place)), "erased");
    let requests = place.at_year_end("requests");
    assert_eq!(text_of(&requests), "erased");
    assert_eq!(row(&requests, "id", "A-24-05")["granted"], "400000.00");
    // Every hash still holds, and that it was done is recorded.
    place
        .on_store(&["audit", "verify", "--expect", &head])
        .ended(0);
    let log = place
        .on_store(&["events", "--format", "json", "--stream", "log"])
        .ended(0)
        .out;
    let last: Value = log
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap())
        .rfind(|it| it["type"].as_str().unwrap().contains("text_erased"))
        .unwrap();
    assert_eq!(last["data"]["position"], json!(position));
    // The key is gone from the disk, not only from the table.
    let key = place
        .on_store(&["events", "--format", "json", "--stream", "pot-T-PRJ"])
        .out;
    let key = key
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap())
        .find(|it| it["position"] == position)
        .unwrap();
    let key = key["data"]["meta"]["sealed"]["key"]
        .as_str()
        .unwrap()
        .replace('-', "");
    let key: Vec<u8> = (0..16)
        .map(|it| u8::from_str_radix(&key[2 * it..2 * it + 2], 16).unwrap())
        .collect();
    for name in ["log.db-keys", "log.db-keys-wal"] {
        let bytes = fs::read(place.path(name)).unwrap_or_default();
        assert!(
            !bytes.windows(16).any(|it| it == key),
            "the key's id still stands in {name}"
        );
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
    place
        .on_store(&["erase", "--event", &position, "--reason", "Löschverlangen"])
        .ended(0);
    eventually("the server no longer knows the text", || ask() == "erased");
    assert_eq!(
        text_of(&server.ask(
            "requests",
            &format!("as_of={YEAR_END}&at_position={position}")
        )),
        "erased"
    );
    let why = server
        .get(&format!(
            "/api/v1/explain?answer=requests&row=A-24-05&field=conditions&as_of={YEAR_END}"
        ))
        .with_status(200);
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
        let ran = place.on_store(&[&["erase", "--reason", "Probe"], &events[..]].concat());
        let ran = ran.ended(3);
        assert!(ran.err.contains("[no_sealed_text]"), "{ran:?}");
    }
    for position in [
        "18446744073709551615",
        "9223372036854775808",
        "9007199254740993",
    ] {
        let ran = place.on_store(&["erase", "--event", position, "--reason", "Probe"]);
        assert!([2, 3].contains(&ran.code), "{position}: {ran:?}");
    }
    place.on_store(&["erase", "--event", "1"]).ended(2);
    assert_eq!(place.head(), head);
    assert_eq!(
        text_of(&place.at_year_end("requests")),
        "Metadaten nach DCAT-AP.de"
    );
}

#[test]
fn a_copy_that_is_refused_brings_no_erased_text_back() {
    let (first, copy) = (Place::with_scenario(), Place::empty());
    let copied = || first.run(&["copy", "--from", &first.store(), "--to", &copy.store()]);
    copied().ended(0);
    let position = condition(&copy).to_string();
    let erase = ["erase", "--event", &position, "--reason", "Art. 17 DSGVO"];
    copy.on_store(&erase).ended(0);
    let refused = copied().ended(2);
    let words = "dasselbe Protokoll, und es geht weiter";
    assert!(refused.err.contains(words), "{refused:?}");
    assert_eq!(text_of(&copy.at_year_end("requests")), "erased");
    assert_eq!(
        text_of(&first.at_year_end("requests")),
        "Metadaten nach DCAT-AP.de"
    );
}
