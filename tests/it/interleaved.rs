//! Eight clients on one pot at once, in its year and the next, with bookings of every kind, carry-overs, and late, moved,
//! annulled and replaced rows: what the log then holds is allowed row by row, keeps the guards and the dossier's
//! invariants on every day, and comes to what the naive reference makes of it. More rounds:
//! `LEITSTAND_INTERLEAVED_ROUNDS`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use jiff::civil::Date;
use leitstand_tests::{compare, reference};
use serde_json::{Value, json};

use crate::{
    support::{Place, Server, block_on, chance, client, setting},
    time_machine::{second_halves, today},
};

const CLIENTS: u64 = 8;
const ROWS: u64 = 140;
const REQUESTS: u64 = 6;

type Cells = BTreeMap<String, String>;

fn cells(pairs: &[(&str, &str)]) -> Cells {
    let stated = pairs.iter().filter(|it| !it.1.is_empty());
    stated
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// A pot of 1,000.00 that may commit 150.00 of the next year, one of 500.00 of that year, and six requests of 300.00,
/// resolved with 280.00: three of them can be granted.
fn begun(server: &Server) -> Vec<reference::Row> {
    let pot = |id, year, amount, reserve, share| {
        let first = format!("{year}-01-01");
        cells(&[
            ("id", id),
            ("fiscal_year", year),
            ("amount", amount),
            ("reserve", reserve),
            ("cost_share", share),
            ("key_year", "2016"),
            ("resolved_on", &first),
        ])
    };
    let authority = cells(&[
        ("pot", "T-1"),
        ("for_year", "2025"),
        ("amount", "150.00"),
        ("resolved_on", "2024-01-01"),
    ]);
    let mut rows = vec![
        ("pots", pot("T-1", "2024", "1000.00", "40.00", "25/75")),
        ("pots", pot("T-2", "2025", "500.00", "", "35/65")),
        ("commitment_authorities", authority),
    ];
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
        recorded_on: today(),
    }
}

/// Rows all clients may correct: table, key and day.
type Known = Arc<Mutex<Vec<[String; 3]>>>;

const KINDS: [&str; 11] = [
    "allocation",
    "allocation",
    "call",
    "call",
    "commitment",
    "commitment",
    "expense",
    "expense",
    "commitment_release",
    "refund",
    "commitment_authority",
];

/// Whatever comes to a client's mind.
fn next(dice: &mut u64, name: &str, known: &Known) -> (&'static str, Cells) {
    let mut roll = |sides: u64| usize::try_from(chance(dice) % sides).unwrap();
    let request = format!("A-{}", roll(REQUESTS));
    let paid_in = ["2024", "2024", "2025"][roll(3)];
    let date = format!("{paid_in}-{:02}-{:02}", 2 + roll(11), 1 + roll(28));
    let amount = format!("{}.{:02}", roll(110), roll(100));
    let target = {
        let known = known.lock().unwrap();
        known.get(roll(known.len().max(1) as u64)).cloned()
    };
    let kind = KINDS[roll(11)];
    let year = match kind {
        "commitment_authority" => "2025",
        "commitment" | "commitment_release" => ["2024", "2024", "2025"][roll(3)],
        _ => ["2024", paid_in, paid_in][roll(3)],
    };
    let is_later = year == "2025" && kind.starts_with("commitment") && !kind.ends_with("authority");
    let basis = ["", "authority", "transferable", "ongoing"][roll(4)];
    // Some expenses name what they settle; mostly that is none of their request.
    let settled = target.as_ref().filter(|_| kind == "expense");
    let settled = settled.filter(|it| it[0] == "bookings" && roll(4) == 0);
    let settles = settled.map_or("", |it| &*it[1]);
    let booking = |corrects: &str| {
        cells(&[
            ("date", &date),
            ("request", &request),
            ("kind", kind),
            ("amount", &amount),
            ("fiscal_year", year),
            ("reference", name),
            ("corrects", corrects),
            ("settles", settles),
            ("basis", if is_later { basis } else { "" }),
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
    match (roll(22), &target) {
        // Early, so that all of them fight for the pot.
        (0..=2, _) => {
            let granted = step("granted", "");
            let mut cells = granted.1;
            cells.insert("date".to_owned(), format!("2024-01-{:02}", 8 + roll(20)));
            (granted.0, cells)
        }
        (4, _) => step("blocked", &amount),
        (5, _) => step(["waived", "revoked", "unblocked"][roll(3)], ""),
        (6..=8, Some([table, key, day])) => {
            let mut fix = cells(&[
                ("table", table),
                ("key", key),
                ("date", day),
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
        (9, Some([table, key, _])) if table == "bookings" => ("bookings", booking(key)),
        (20..=21, _) => {
            let carry = cells(&[
                ("pot", "T-1"),
                ("to_pot", "T-2"),
                ("request", &request),
                ("amount", &amount),
                ("resolved_on", &format!("2025-01-{}", &date[8..])),
                ("resolution", "IT-PLR 46"),
            ]);
            ("carry_overs", carry)
        }
        _ => ("bookings", booking("")),
    }
}

/// What identifies a row that may be corrected, and its day.
fn correctable(table: &str, cells: &Cells) -> Option<[String; 3]> {
    let text = |column: &str| cells[column].clone();
    let (key, day) = match table {
        "bookings" => (text("reference"), text("date")),
        "carry_overs" => (
            ["pot", "to_pot", "request"].map(text).join("/"),
            text("resolved_on"),
        ),
        _ => return None,
    };
    Some([table.to_owned(), key, day])
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
                            known.lock().unwrap().extend(correctable(table, &cells));
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
    let pots = funds["rows"].as_array().unwrap();
    for (pot, reserve) in pots.iter().zip([4_000, 0]) {
        let of = |field: &str| cents(&pot[field]);
        // 2, and 4: bound + unbound + spent + free = budget.
        assert!(
            of("granted") - of("freed") <= of("budget") - reserve,
            "{day}: {funds}"
        );
        let parts = ["bound_rest", "unbound_rest", "spent", "free"].map(of);
        assert_eq!(parts.iter().sum::<i64>(), of("budget"), "{day}: {funds}");
    }
    let sum = |rows: &Value, field: &str| -> i64 {
        let rows = rows["rows"].as_array().unwrap().iter();
        rows.map(|it| cents(&it[field])).sum()
    };
    let requests = reference::answer(rows, "requests", day, None, None);
    // Carrying over neither makes nor loses money; what was sent to a pot not resolved yet is on its way.
    let closing = reference::answer(rows, "year-end", day, None, None);
    let in_transit = cents(&closing["summary"]["in_transit"]);
    let budgets = [100_000, 50_000].iter().take(pots.len()).sum::<i64>();
    assert_eq!(
        sum(&funds, "budget") + in_transit,
        budgets,
        "{day}: {funds}"
    );
    for (field, in_transit) in [
        ("granted", in_transit),
        ("committed", in_transit),
        ("freed", 0),
        ("spent", 0),
        ("paid_out", 0),
    ] {
        let [here, all] = [&funds, &requests].map(|it| sum(it, field));
        assert_eq!(here + in_transit, all, "{day} {field}: {funds}");
    }
    // Σ authority assigned ≤ the pot's.
    assert!(
        sum(&requests, "commitment_authority") <= 15_000,
        "{day}: {requests}"
    );
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
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for seed in 0..setting("LEITSTAND_INTERLEAVED_ROUNDS", 2) {
        let place = Place::begun();
        let server = Server::start(&place);
        let mut rows = begun(&server);
        let (accepted, refused) = all_at_once(&server, seed);
        let count = accepted.len();
        for row in &accepted {
            let words = ["kind", "fiscal_year", "step"].map(|it| row.cells.get(it));
            let words = words.into_iter().flatten().map(String::as_str);
            seen.insert(
                [&*row.table]
                    .into_iter()
                    .chain(words)
                    .collect::<Vec<_>>()
                    .join(" "),
            );
        }
        seen.extend(refused.keys().cloned());
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
        let own = rows.last().unwrap().position;
        let days: BTreeSet<Date> = rows
            .iter()
            .flat_map(|row| {
                ["date", "to_date", "resolved_on"].map(|it| row.cells.get(it)?.parse().ok())
            })
            .flatten()
            .collect();
        for (server, last) in [(&alone, last), (&server, own)] {
            let halves = second_halves(server, &rows);
            let last = halves.iter().map(|it| it.position).fold(last, u64::max);
            server.ask("catalogue", &format!("min_position={last}"));
            rows.retain(|it| it.table != reference::RECEIVED);
            rows.extend(halves);
        }
        for day in &days {
            hold_on(*day, &rows);
        }
        for day in days.iter().step_by(20).chain(days.last()) {
            for name in ["funds", "requests", "year-end", "outlook"] {
                let expected = reference::answer(&rows, name, *day, None, None);
                let options = format!("as_of={day}");
                for server in [&server, &alone] {
                    let actual = server.ask(name, &options);
                    let differences = compare::differences(&expected, &actual);
                    // Which rows met how is seen once: chance makes the order.
                    let rows = || rows.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>();
                    assert!(
                        differences.is_empty(),
                        "round {seed}, {name} {day}: {differences:?}\n{}",
                        rows().join("\n")
                    );
                }
            }
        }
        place.head();
    }
    // Everything was tried: each kind, what is paid in the next year, and the guards between them.
    for wanted in [
        "bookings allocation 2024",
        "bookings call 2024",
        "bookings commitment 2024",
        "bookings commitment 2025",
        "bookings commitment_authority 2025",
        "bookings commitment_release 2024",
        "bookings expense 2024",
        "bookings refund 2024",
        "carry_overs",
        "corrections",
        "commitment_exceeds_authority",
        "wrong_fiscal_year",
        "call_exceeds_allocation",
        "expense_exceeds_calls",
    ] {
        assert!(seen.contains(wanted), "no {wanted} in {seen:?}");
    }
    let later = ["allocation", "call", "expense"];
    let mut later = later.iter().map(|it| format!("bookings {it} 2025"));
    assert!(later.any(|it| seen.contains(&it)), "{seen:?}");
}
