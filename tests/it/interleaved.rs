//! Eight clients on one pot at once, with late, moved, annulled and replaced rows: what the log then holds is allowed
//! row by row, keeps the guards and the dossier's invariants on every day, and comes to what the naive reference
//! makes of it. More rounds: `LEITSTAND_INTERLEAVED_ROUNDS`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use jiff::civil::Date;
use leitstand_tests::{compare, reference};
use serde_json::{Value, json};

use crate::support::{Place, Server, block_on, chance, client, setting};

const CLIENTS: u64 = 8;
const ROWS: u64 = 80;
const REQUESTS: u64 = 6;

type Cells = BTreeMap<String, String>;

fn cells(pairs: &[(&str, &str)]) -> Cells {
    let stated = pairs.iter().filter(|it| !it.1.is_empty());
    stated
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// A pot of 1,000.00, and six requests of 300.00, resolved with 280.00: three of them can be granted.
fn begun(server: &Server) -> Vec<reference::Row> {
    let mut rows = vec![(
        "pots",
        cells(&[
            ("id", "T-1"),
            ("fiscal_year", "2024"),
            ("amount", "1000.00"),
            ("reserve", "40.00"),
            ("resolved_on", "2024-01-01"),
        ]),
    )];
    for number in 0..REQUESTS {
        let id = format!("A-{number}");
        rows.push((
            "requests",
            cells(&[
                ("id", &id),
                ("subject", "DG-M-01"),
                ("applicant", "B-KT-DG"),
                ("pot", "T-1"),
                ("kind", "first"),
                ("amount", "300.00"),
                ("submitted_on", "2024-01-02"),
            ]),
        ));
        for (day, step) in [
            (3, "formal_check_started"),
            (4, "formally_cleared"),
            (5, "assessed"),
            (6, "paper_filed"),
            (7, "resolved"),
        ] {
            let amount = if step == "resolved" { "280.00" } else { "" };
            let date = format!("2024-01-{day:02}");
            let step = [
                ("date", &*date),
                ("request", &id),
                ("step", step),
                ("amount", amount),
            ];
            rows.push(("request_steps", cells(&step)));
        }
    }
    let accepted = rows.into_iter().map(|(table, cells)| {
        let reply = server.post(table, &json!(cells)).with_status(200).json();
        recorded(table, cells, &reply)
    });
    accepted.collect()
}

fn recorded(table: &str, cells: Cells, reply: &Value) -> reference::Row {
    reference::Row {
        table: table.to_owned(),
        cells,
        position: reply["position"].as_u64().unwrap(),
        recorded_on: jiff::Timestamp::now()
            .in_tz("Europe/Berlin")
            .unwrap()
            .date(),
    }
}

/// Bookings all clients may correct: reference and day.
type Known = Arc<Mutex<Vec<(String, String)>>>;

/// Whatever comes to a client's mind.
fn next(dice: &mut u64, name: &str, known: &Known) -> (&'static str, Cells) {
    let mut roll = |sides: u64| chance(dice) % sides;
    let request = format!("A-{}", roll(REQUESTS));
    let date = format!("2024-{:02}-{:02}", 2 + roll(11), 1 + roll(28));
    let amount = format!("{}.{:02}", roll(160), roll(100));
    let target = {
        let known = known.lock().unwrap();
        let at = usize::try_from(roll(known.len().max(1) as u64)).unwrap();
        known.get(at).cloned()
    };
    let kinds = [
        "allocation",
        "allocation",
        "call",
        "call",
        "commitment",
        "expense",
        "expense",
        "commitment_release",
        "refund",
    ];
    let kind = kinds[usize::try_from(roll(9)).unwrap()];
    let booking = |corrects: &str| {
        cells(&[
            ("date", &date),
            ("request", &request),
            ("kind", kind),
            ("amount", &amount),
            ("fiscal_year", "2024"),
            ("reference", name),
            ("corrects", corrects),
        ])
    };
    let step = |step: &str, amount: &str| {
        let step = [
            ("date", &*date),
            ("request", &request),
            ("step", step),
            ("amount", amount),
        ];
        ("request_steps", cells(&step))
    };
    match (roll(20), target) {
        // Early, so that all of them fight for the pot.
        (0..=2, _) => {
            let granted = step("granted", "");
            let mut cells = granted.1;
            cells.insert("date".to_owned(), format!("2024-01-{:02}", 8 + roll(20)));
            (granted.0, cells)
        }
        (4, _) => step("blocked", &amount),
        (5, _) => step(
            ["waived", "revoked", "unblocked"][usize::try_from(roll(3)).unwrap()],
            "",
        ),
        (6..=8, Some((key, day))) => {
            let mut fix = cells(&[
                ("table", "bookings"),
                ("key", &key),
                ("date", &day),
                ("reason", "falsch erfasst"),
            ]);
            let (column, text) = match roll(3) {
                0 => ("amount", amount),
                1 => ("to_date", date),
                _ => ("void", "yes".to_owned()),
            };
            fix.insert(column.to_owned(), text);
            ("corrections", fix)
        }
        (9, Some((key, _))) => ("bookings", booking(&key)),
        _ => ("bookings", booking("")),
    }
}

/// All clients at once; what was recorded, in the order of the log, and how many rows were refused.
fn all_at_once(server: &Server, seed: u64) -> (Vec<reference::Row>, BTreeMap<String, u64>) {
    let http = client();
    let known = Known::default();
    let base = server.url("/api/v1/feed/");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (http, base, known) = (http.clone(), base.clone(), Arc::clone(&known));
            let mut dice = seed * 1_000 + number;
            async move {
                let (mut accepted, mut refused) = (Vec::new(), Vec::new());
                for row in 0..ROWS {
                    let name = format!("B-{number}-{row}");
                    let (table, cells) = next(&mut dice, &name, &known);
                    let sent = http.post(format!("{base}{table}")).json(&cells).send();
                    let response = sent.await.unwrap();
                    let status = response.status().as_u16();
                    let reply: Value = response.json().await.unwrap();
                    match status {
                        200 if reply["outcome"] == "accepted" => {
                            if table == "bookings" {
                                let day = cells["date"].clone();
                                known.lock().unwrap().push((name, day));
                            }
                            accepted.push(recorded(table, cells, &reply));
                        }
                        200 => assert_eq!(reply["outcome"], "known", "{cells:?}: {reply}"),
                        422 => refused.push(reply["code"].as_str().unwrap().to_owned()),
                        _ => panic!("{status}: {cells:?}: {reply}"),
                    }
                }
                (accepted, refused)
            }
        })
        .collect();
    let (mut accepted, mut refused) = (Vec::new(), BTreeMap::new());
    let done = block_on(async {
        let clients: Vec<_> = clients.into_iter().map(tokio::spawn).collect();
        let mut done = Vec::new();
        for client in clients {
            done.push(client.await.unwrap());
        }
        done
    });
    for (own, codes) in done {
        accepted.extend(own);
        for code in codes {
            *refused.entry(code).or_insert(0) += 1;
        }
    }
    accepted.sort_by_key(|it| it.position);
    (accepted, refused)
}

fn cents(amount: &Value) -> i64 {
    let text = amount
        .as_str()
        .unwrap_or_else(|| panic!("no amount: {amount}"));
    text.replace('.', "").parse().unwrap()
}

/// The guards of the contract and the dossier's invariants (3.5), as the naive reference sees a day.
fn hold_on(day: Date, rows: &[reference::Row]) {
    let funds = reference::answer(rows, "funds", day, None, None);
    let of = |field: &str| cents(&funds["rows"][0][field]);
    // 2, and 4: bound + unbound + spent + free = budget.
    assert!(
        of("granted") - of("freed") <= of("budget") - 4_000,
        "{day}: {funds}"
    );
    let parts = ["bound_rest", "unbound_rest", "spent", "free"].map(of);
    assert_eq!(parts.iter().sum::<i64>(), of("budget"), "{day}: {funds}");
    let requests = reference::answer(rows, "requests", day, None, None);
    for it in requests["rows"].as_array().unwrap() {
        let of = |field: &str| cents(&it[field]);
        let granted = of("granted");
        assert!(
            granted == 0 || granted + cents(&it["cut"]) == of("requested"),
            "{day}: {it}"
        );
        assert!(of("allocated") <= granted - of("blocked"), "{day}: {it}");
        assert!(of("called") <= of("allocated"), "{day}: {it}");
        assert!(
            of("spent") <= of("called") && of("spent") <= of("committed"),
            "{day}: {it}"
        );
    }
}

#[test]
fn eight_clients_on_one_pot_keep_every_guard_on_every_day() {
    for seed in 0..setting("LEITSTAND_INTERLEAVED_ROUNDS", 2) {
        let place = Place::begun();
        let server = Server::start(&place);
        let mut rows = begun(&server);
        let (accepted, refused) = all_at_once(&server, seed);
        let count = accepted.len();
        rows.extend(accepted);
        assert!(
            count > 60,
            "round {seed}: too little was recorded: {count}, {refused:?}"
        );
        assert!(
            refused.contains_key("pot_exceeded") && refused.contains_key("step_not_allowed"),
            "round {seed}: {refused:?}"
        );
        // One after the other, in the order of the log, every row is allowed.
        let again = Place::begun();
        let alone = Server::start(&again);
        let mut last = 0;
        for row in &rows {
            let reply = alone.post(&row.table, &json!(row.cells));
            assert_eq!(reply.status, 200, "round {seed}: {row:?}: {reply:?}");
            last = reply.json()["position"].as_u64().unwrap();
        }
        alone.ask("catalogue", &format!("min_position={last}"));
        let days: BTreeSet<Date> = rows
            .iter()
            .flat_map(|row| ["date", "to_date"].map(|it| row.cells.get(it)?.parse().ok()))
            .flatten()
            .collect();
        for day in &days {
            hold_on(*day, &rows);
        }
        let last = rows.last().unwrap().position;
        server.ask("catalogue", &format!("min_position={last}"));
        for day in days.iter().step_by(20).chain(days.last()) {
            for name in ["funds", "requests", "year-end"] {
                let expected = reference::answer(&rows, name, *day, None, None);
                let options = format!("as_of={day}");
                for server in [&server, &alone] {
                    let actual = server.ask(name, &options);
                    let differences = compare::differences(&expected, &actual);
                    assert!(
                        differences.is_empty(),
                        "round {seed}, {name} {day}: {differences:?}"
                    );
                }
            }
        }
        place.head();
    }
}
