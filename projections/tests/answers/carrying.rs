//! Random bookings and carry-overs, late ones too, received at once or not yet: no cent is lost or doubled.

use jiff::civil::date;
use leitstand_domain::{cell::Code as _, pot::State};
use leitstand_projections::{Ask, Day, Filter, Page, View, answers, explain};
use leitstand_tests::explained::{is_amount, recomputed};
use proptest::prelude::*;
use serde_json::Value;

use crate::desk::Desk;

/// Pots and their years; money goes from an earlier one to a later.
const POTS: [(&str, &str); 4] = [
    ("T-24", "2024"),
    ("T-25", "2025"),
    ("T-26", "2026"),
    ("T-27", "2027"),
];
const REQUESTS: [&str; 2] = ["A-1", "A-2"];
/// Ways of money; to the last pot two of them lead.
const WAYS: [(&str, &str); 4] = [
    ("T-24", "T-25"),
    ("T-25", "T-26"),
    ("T-24", "T-26"),
    ("T-26", "T-27"),
];

/// Something somebody hands in; what it means depends on where it falls.
#[derive(Debug, Clone)]
struct Draw {
    what: u8,
    request: usize,
    day: u32,
    cents: i64,
    pots: usize,
    is_received: bool,
}

fn draw(kinds: u8) -> impl Strategy<Value = Draw> {
    (
        0..kinds,
        0..2_usize,
        0..1_000_u32,
        0..60_000_i64,
        0..4_usize,
        any::<bool>(),
    )
        .prop_map(|(what, request, day, cents, pots, is_received)| Draw {
            what,
            request,
            day,
            cents,
            pots,
            is_received,
        })
}

/// Two requests of 1,000.00 each on the first pot, granted, allocated and partly committed.
fn begun(direct: bool) -> Desk {
    let mut desk = Desk::with_bodies(date(2027, 1, 31));
    for (pot, year) in POTS {
        let first = format!("{year}-01-01");
        let mode = if direct { "direct" } else { "call" };
        let share = if year == "2024" { "35/65" } else { "25/75" };
        desk.row(
            "pots",
            &[
                ("id", pot),
                ("fiscal_year", year),
                ("amount", "5000.00"),
                ("mode", mode),
                ("cost_share", share),
                ("key_year", "2016"),
                ("resolved_on", &first),
            ],
        );
    }
    for request in REQUESTS {
        desk.row(
            "requests",
            &[
                ("id", request),
                ("subject", "DG-M-01"),
                ("applicant", "B-KT-DG"),
                ("pot", "T-24"),
                ("kind", "first"),
                ("amount", "1000.00"),
                ("submitted_on", "2024-01-02"),
            ],
        );
        for (day, step, amount) in [
            ("03", "formal_check_started", ""),
            ("04", "formally_cleared", ""),
            ("05", "assessed", ""),
            ("06", "paper_filed", ""),
            ("07", "resolved", "1000.00"),
            ("08", "granted", ""),
        ] {
            let day = format!("2024-01-{day}");
            let cells = [
                ("date", &*day),
                ("request", request),
                ("step", step),
                ("amount", amount),
            ];
            desk.row("request_steps", &cells);
        }
        for (kind, amount) in [("allocation", "900.00"), ("commitment", "800.00")] {
            let reference = format!("{request}-{kind}");
            let cells = booking(request, kind, amount, ("2024-01-09", "2024"), &reference);
            desk.row("bookings", &cells);
        }
    }
    desk
}

fn booking<'a>(
    request: &'a str,
    kind: &'a str,
    amount: &'a str,
    (day, year): (&'a str, &'a str),
    reference: &'a str,
) -> [(&'static str, &'a str); 6] {
    [
        ("date", day),
        ("request", request),
        ("kind", kind),
        ("amount", amount),
        ("fiscal_year", year),
        ("reference", reference),
    ]
}

/// Hands a draw in; what the domain refuses changes nothing.
fn play(desk: &mut Desk, number: usize, it: &Draw) {
    if it.what == 31 {
        let day = date(2024, 12, 31).saturating_add(jiff::Span::new().days(it.day / 2));
        desk.close_year(POTS[it.pots].0, day);
        return;
    }
    let day = date(2024, 2, 1).saturating_add(jiff::Span::new().days(it.day));
    let (day, year) = (day.to_string(), day.year().to_string());
    let amount = format!("{}.{:02}", it.cents / 100, it.cents % 100);
    let request = REQUESTS[it.request];
    if it.what == 30 {
        let step = ["waived", "revoked"][usize::from(it.is_received)];
        let cells = [("date", &*day), ("request", request), ("step", step)];
        let owned = cells.map(|(name, text)| (name.to_owned(), text.to_owned()));
        desk.record("request_steps", &owned.into(), false);
        return;
    }
    if it.what > 20 {
        let (from, to) = WAYS[it.pots];
        let cells = [
            ("pot", from),
            ("to_pot", to),
            ("request", request),
            ("amount", &*amount),
            ("resolved_on", &*day),
            ("resolution", "IT-PLR 46"),
        ];
        let owned = cells.map(|(name, text)| (name.to_owned(), text.to_owned()));
        if desk.record("carry_overs", &owned.into(), false) && it.is_received {
            desk.receive(&cells, &amount);
        }
        return;
    }
    let kinds = [
        "call",
        "expense",
        "commitment",
        "commitment_release",
        "refund",
        "call",
        "expense",
    ];
    let kind = kinds[usize::from(it.what) % kinds.len()];
    let year = if it.is_received { &year } else { "2024" };
    let reference = format!("B-{number}");
    let cells = booking(request, kind, &amount, (&day, year), &reference);
    let owned = cells.map(|(name, text)| (name.to_owned(), text.to_owned()));
    desk.record("bookings", &owned.into(), false);
}

pub(crate) fn cents(value: &Value) -> i64 {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("no amount: {value}"));
    text.replace('.', "").parse().unwrap()
}

/// What must be so on every day.
fn hold(desk: &Desk) {
    for as_of in [date(2024, 12, 31), date(2025, 7, 1), date(2027, 1, 1)] {
        let (funds, requests) = (desk.at("funds", as_of), desk.at("requests", as_of));
        let closing = desk.at("year-end", as_of);
        let in_transit = cents(&closing["summary"]["in_transit"]);
        let sum = |field: &str| -> i64 {
            let rows = funds["rows"].as_array().unwrap();
            rows.iter().map(|it| cents(&it[field])).sum()
        };
        let asked = |field: &str| -> i64 {
            let rows = requests["rows"].as_array().unwrap();
            rows.iter().map(|it| cents(&it[field])).sum()
        };
        for it in funds["rows"].as_array().unwrap() {
            let parts = ["paid_out", "bound_to_carry", "unbound_rest", "free"];
            let parts: i64 = parts.iter().map(|part| cents(&it[part])).sum();
            assert_eq!(parts, cents(&it["budget"]), "{as_of}: {it}");
            assert!(cents(&it["free"]) >= 0, "{as_of}: {it}");
            assert!(
                cents(&it["spent"]) <= cents(&it["paid_out"]),
                "{as_of}: {it}"
            );
        }
        // Nothing is to be carried that is not bound, however much was resolved to be.
        for request in requests["rows"].as_array().unwrap() {
            let rows = closing["rows"].as_array().unwrap().iter();
            let own = rows.filter(|it| it["request"] == request["id"]);
            let bound: i64 = own
                .map(|it| cents(&it["proposed"]) + cents(&it["lapsed"]))
                .sum();
            assert!(bound <= cents(&request["committed"]), "{as_of}: {closing}");
        }
        let pots = funds["rows"].as_array().unwrap().len();
        let budget = i64::try_from(pots).unwrap() * 500_000;
        assert_eq!(sum("budget") + in_transit, budget, "{as_of}");
        for field in ["granted", "committed"] {
            assert_eq!(sum(field) + in_transit, asked(field), "{as_of} {field}");
        }
        for field in [
            "allocated",
            "called",
            "spent",
            "paid_out",
            "freed",
            "blocked",
        ] {
            assert_eq!(sum(field), asked(field), "{as_of} {field}");
        }
    }
}

/// Judge and answers agree on where every request stands, and on every sum.
fn agree(desk: &Desk) {
    let (funds, requests) = (
        desk.at("funds", date(2027, 12, 31)),
        desk.at("requests", date(2027, 12, 31)),
    );
    for it in requests["rows"].as_array().unwrap() {
        let id = it["id"].as_str().unwrap();
        let judged = desk.judged(id).map(State::word);
        let (state, steps) = (it["state"].as_str(), it["trail"].as_array().unwrap());
        let is_waived = steps.iter().any(|it| it["step"] == "waived");
        // Whether what was refunded of carried money is spent still, the closings of other pots say: who judges does
        // not know them, and refuses no proof that may be owed.
        if is_waived && state == Some("closed") && judged == Some("proof_due") {
            let parts: Vec<&Value> = funds["rows"].as_array().unwrap().iter().collect();
            assert!(parts.iter().any(|it| it["carried_out"] != "0.00"), "{it}");
            continue;
        }
        assert_eq!(state, judged, "{it}");
    }
    for field in ["called", "spent", "repaid", "paid_out", "freed"] {
        let sum = |answer: &Value| -> i64 {
            let rows = answer["rows"].as_array().unwrap();
            rows.iter().map(|it| cents(&it[field])).sum()
        };
        assert_eq!(sum(&funds), sum(&requests), "{field}");
    }
}

/// The amounts of a row or summary with their values, nested ones with a dot, those in lists by their number.
fn amounts<'a>(row: &'a Value, under: &str, found: &mut Vec<(String, &'a Value)>) {
    let parts = row.as_object().into_iter().flatten();
    let parts = parts.map(|(name, value)| (name.clone(), value));
    let listed = row.as_array().into_iter().flatten().enumerate();
    for (name, value) in parts.chain(listed.map(|(at, value)| (at.to_string(), value))) {
        let path = format!("{under}{name}");
        if is_amount(value) {
            found.push((path, value));
        } else {
            amounts(value, &format!("{path}."), found);
        }
    }
}

/// Whether a path leads into a list, whose amounts are as they were handed in.
fn is_listed(path: &str) -> bool {
    path.split('.').any(|it| it.parse::<usize>().is_ok())
}

/// Every amount is what its formula comes to on the inputs that are told; says how many were no sums.
fn come_to(desk: &Desk) -> usize {
    let view = View {
        as_of: Day::of(date(2027, 1, 1)).unwrap(),
        known_on: None,
        at_position: None,
    };
    let (mut sums, mut as_they_are) = (0, 0);
    for (answer, pot, called) in [
        ("funds", "", "pot"),
        ("requests", "", "id"),
        ("year-end", "", "id"),
        ("outlook", "", "fiscal_year"),
        ("shares", "T-27", "partner"),
    ] {
        let ask = Ask {
            view,
            filter: Filter {
                pot: (!pot.is_empty()).then(|| pot.to_owned()),
                ..Filter::default()
            },
            page: Page::default(),
        };
        let Ok(told) = answers::by_name(answer).unwrap().answer(&desk.facts, &ask) else {
            continue; // nothing left that could be shared
        };
        let told = told.to_json();
        let rows = told["rows"].as_array().unwrap().iter().map(|row| {
            let id = &row[called];
            (
                id.as_str().map_or_else(|| id.to_string(), str::to_owned),
                row,
            )
        });
        for (id, row) in rows.chain([("summary".to_owned(), &told["summary"])]) {
            let mut fields = Vec::new();
            amounts(row, "", &mut fields);
            for (field, value) in fields {
                let it = explain(&desk.facts, &ask, answer, &id, &field)
                    .unwrap()
                    .to_json();
                assert_eq!(&it["value"], value, "{it}");
                if is_listed(&field) {
                    continue;
                }
                let Some((came, off)) = recomputed(&it) else {
                    as_they_are += 1;
                    continue;
                };
                let value = i128::from(cents(&it["value"]));
                assert!((came..=came + off).contains(&value), "{came}: {it}");
                sums += 1;
            }
        }
    }
    assert!(sums > 100, "{sums}");
    as_they_are
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_amount_is_what_its_inputs_come_to(
        draws in proptest::collection::vec(draw(32), 10..60),
        direct: bool,
    ) {
        let mut desk = begun(direct);
        for (number, it) in draws.iter().enumerate() {
            play(&mut desk, number, it);
        }
        // What each request asked for and what was resolved.
        assert_eq!(come_to(&desk), 4);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn carrying_over_moves_money_and_neither_makes_nor_loses_any(
        draws in proptest::collection::vec(draw(31), 10..40),
        direct: bool,
    ) {
        let mut desk = begun(direct);
        for (number, it) in draws.iter().enumerate() {
            play(&mut desk, number, it);
        }
        hold(&desk);
    }

    #[test]
    fn after_closings_the_judge_and_the_answers_agree_on_where_a_request_stands(
        draws in proptest::collection::vec(draw(32), 15..60),
        direct: bool,
    ) {
        let mut desk = begun(direct);
        for (number, it) in draws.iter().enumerate() {
            play(&mut desk, number, it);
        }
        agree(&desk);
    }
}
