//! The server is killed at random moments while 64 clients feed it. More rounds: `LEITSTAND_KILL_ROUNDS`,
//! other moments: `LEITSTAND_KILL_SEED`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Place, Server, block_on, chance, client, setting};

const CLIENTS: u64 = 64;

/// What a client was told: the row's name, and where it is recorded.
type Told = (String, u64);

/// A row of its own every time, in one of three streams' kinds.
fn next_row(number: u64) -> (&'static str, String, Value) {
    let id = format!("K-{number}");
    let day = "2026-01-05";
    let milestone = json!({
        "id": id, "subject": "DG-M-01", "title": "Belastung", "baseline": "2026-06-30", "planned_on": day,
        "note": "ein Freitext, der versiegelt wird",
    });
    let threshold =
        json!({ "name": id, "dimension": "schedule", "amber": "1", "red": "2", "valid_from": day });
    let impediment =
        json!({ "id": id, "subject": "PROG", "title": "Belastung", "reported_on": day });
    match number % 3 {
        0 => ("milestones", id, milestone),
        1 => ("thresholds", id, threshold),
        _ => ("impediments", id, impediment),
    }
}

/// Feeds with all clients until the server is gone; everything acknowledged.
fn feed_until_killed(server: Server, numbers: &Arc<AtomicU64>, after: Duration) -> Vec<Told> {
    let over = Arc::new(AtomicBool::new(false));
    let http = client();
    let base = server.url("/api/v1/feed/");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (numbers, over, http, base) = (
                Arc::clone(numbers),
                Arc::clone(&over),
                http.clone(),
                base.clone(),
            );
            async move {
                let mut told = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let (table, id, row) = next_row(numbers.fetch_add(1, Ordering::Relaxed));
                    let Ok(response) = http.post(format!("{base}{table}")).json(&row).send().await
                    else {
                        break;
                    };
                    assert_eq!(response.status(), 200, "{row}");
                    // An answer that broke off was not heard.
                    let Ok(answer) = response.json::<Value>().await else {
                        break;
                    };
                    assert_eq!(answer["outcome"], "accepted", "{row}: {answer}");
                    told.push((id, answer["position"].as_u64().unwrap()));
                }
                told
            }
        })
        .collect();
    let killer = thread::spawn(move || {
        thread::sleep(after);
        server.kill();
        over.store(true, Ordering::Relaxed);
    });
    let told = block_on(async {
        let clients: Vec<_> = clients.into_iter().map(tokio::spawn).collect();
        let mut told = Vec::new();
        for client in clients {
            told.extend(client.await.unwrap());
        }
        told
    });
    killer.join().unwrap();
    told
}

/// Where each row is recorded, from the log itself.
fn recorded(place: &Place) -> BTreeMap<String, Vec<u64>> {
    let events = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let mut rows: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let row = &event["data"]["row"];
        if let Some(id) = [&row["id"], &row["name"]]
            .iter()
            .filter_map(|it| it.as_str())
            .find(|it| it.starts_with("K-"))
        {
            rows.entry(id.to_owned())
                .or_default()
                .push(event["position"].as_u64().unwrap());
        }
    }
    rows
}

/// Every text that was sealed can be opened: its key is beside the log.
fn keys_are_there(place: &Place) {
    let keys = rusqlite::Connection::open(place.path("log.db-keys")).unwrap();
    let mut is_there = keys
        .prepare("SELECT EXISTS (SELECT 1 FROM keys WHERE lower(hex(id)) = ?1)")
        .unwrap();
    let events = place.on_store(&["events", "--format", "json"]).ended(0).out;
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if let Some(key) = event["data"]["meta"]["sealed"]["key"].as_str() {
            let there: bool = is_there
                .query_row([key.replace('-', "")], |row| row.get(0))
                .unwrap();
            assert!(
                there,
                "the key of the text at {} is lost",
                event["position"]
            );
        }
    }
}

#[test]
fn no_acknowledged_row_is_lost_or_doubled_when_the_server_is_killed() {
    let rounds = setting("LEITSTAND_KILL_ROUNDS", 10);
    let mut dice = setting("LEITSTAND_KILL_SEED", 1);
    let numbers = Arc::new(AtomicU64::new(0));
    let mut place = Place::begun();
    let mut told: BTreeMap<String, u64> = BTreeMap::new();
    let mut all = 0;
    for round in 0..rounds {
        // A new log now and then: the checks read all of it.
        if round % 25 == 24 {
            place = Place::begun();
            told.clear();
        }
        let after = Duration::from_micros(chance(&mut dice) % 400_000);
        let heard = feed_until_killed(Server::start(&place), &numbers, after);
        all += heard.len();
        told.extend(heard);
        place.head();
        let recorded = recorded(&place);
        for (id, position) in &told {
            assert_eq!(
                recorded.get(id).map(Vec::as_slice),
                Some(&[*position][..]),
                "round {round}: {id}"
            );
        }
        let doubled: Vec<_> = recorded
            .iter()
            .filter(|(_, positions)| positions.len() != 1)
            .collect();
        assert!(doubled.is_empty(), "round {round}: {doubled:?}");
        if round % 25 == 9 {
            keys_are_there(&place);
        }
    }
    println!("{all} rows were acknowledged in {rounds} rounds");
    assert!(
        all > usize::try_from(rounds).unwrap(),
        "too little was acknowledged: {all}"
    );
}
