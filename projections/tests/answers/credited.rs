//! Who is credited what of a pot in which money of another year is left, worked out by hand.

use jiff::civil::date;
use leitstand_projections::{Ask, Day, Filter, Page, View, explain};
use serde_json::{Value, json};

use crate::desk::Desk;

/// Money of 2024 by 25/75 and the key of 2016 of which 100.00 is carried on to a pot of 2025 by 35/65 and `key`.
fn carried(key: &str) -> Desk {
    let mut desk = Desk::with_bodies(date(2026, 3, 1));
    for (id, year, amount, scheme, key) in [
        ("T24", "2024", "600.00", "25/75", "2016"),
        ("T25", "2025", "500.00", "35/65", key),
    ] {
        let first = format!("{year}-01-02");
        let cells = [
            ("id", id),
            ("fiscal_year", year),
            ("amount", amount),
            ("mode", "direct"),
            ("cost_share", scheme),
            ("key_year", key),
            ("resolved_on", &first),
        ];
        desk.row("pots", &cells);
    }
    granted(&mut desk, ["A", "T24", "2024"], "600.00");
    booked(&mut desk, "allocation", "600.00", "2024-02-01");
    booked(&mut desk, "commitment", "100.00", "2024-02-02");
    let carry = [
        ("pot", "T24"),
        ("to_pot", "T25"),
        ("request", "A"),
        ("amount", "100.00"),
        ("resolved_on", "2025-03-20"),
        ("resolution", "IT-PLR 46"),
    ];
    desk.row("carry_overs", &carry);
    desk.complete_pairs();
    desk
}

/// A request and what leads to its grant.
fn granted(desk: &mut Desk, [id, pot, year]: [&str; 3], amount: &str) {
    let submitted = format!("{year}-01-08");
    let request = [
        ("id", id),
        ("subject", "DG-M-01"),
        ("applicant", "B-FITKO"),
        ("pot", pot),
        ("kind", "first"),
        ("amount", amount),
        ("submitted_on", &submitted),
    ];
    desk.row("requests", &request);
    for (day, step, amount) in [
        ("09", "formal_check_started", ""),
        ("10", "formally_cleared", ""),
        ("11", "assessed", ""),
        ("12", "paper_filed", ""),
        ("20", "resolved", amount),
        ("21", "granted", ""),
    ] {
        let day = format!("{year}-01-{day}");
        let cells = [
            ("date", &*day),
            ("request", id),
            ("step", step),
            ("amount", amount),
        ];
        desk.row("request_steps", &cells);
    }
}

fn booked(desk: &mut Desk, kind: &str, amount: &str, day: &str) {
    let cells = [
        ("date", day),
        ("request", "A"),
        ("kind", kind),
        ("amount", amount),
        ("fiscal_year", "2024"),
        ("reference", kind),
    ];
    desk.row("bookings", &cells);
}

/// The pot's own row of `year-end`, and the answer `shares` to what is left of it.
fn told(desk: &Desk, pot: &str) -> (Value, Value) {
    let closing = desk.at("year-end", date(2025, 12, 31));
    let mut rows = closing["rows"].as_array().unwrap().iter();
    let own = rows.find(|it| it["id"] == pot).unwrap().clone();
    let filter = Filter {
        pot: Some(pot.to_owned()),
        ..Filter::default()
    };
    let shares = desk.asked("shares", date(2025, 12, 31), filter).unwrap();
    (own, shares)
}

/// Nothing is known of what was called, so all that is left is credited: 175.00 of the pot's own 500.00 to the Bund, and
/// of the 40.00 that were released 10.00, for they came from a year by 25/75.
#[test]
fn what_is_left_of_carried_money_is_shared_as_in_its_own_year() {
    let mut desk = carried("2019");
    let (before, shares) = told(&desk, "T25");
    assert_eq!(before["credits"]["BUND"], "175.00");
    assert_eq!(shares["summary"]["cost_share"], "35/65");
    let bund = crate::shares::row(&shares, "BUND");
    assert_eq!(bund["share_percent"], "35.0000000");
    booked(&mut desk, "commitment_release", "40.00", "2025-06-01");
    let (own, shares) = told(&desk, "T25");
    assert_eq!(own["credits"]["BUND"], "185.00");
    assert_eq!(
        (&own["remainder"], &shares["summary"]["total"]),
        (&json!("540.00"), &json!("540.00"))
    );
    let rows = shares["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 17);
    for row in rows {
        let partner = row["partner"].as_str().unwrap();
        assert_eq!(own["credits"][partner], row["amount"], "{partner}");
        assert!(row["share_percent"]["undefined"].is_string(), "{row}");
        assert!(row["events"].as_array().unwrap().len() > 10, "{row}");
    }
}

/// `shares` splits the whole remainder, whatever was called: its total equals the amount to the cent (contract). What of
/// that is credited, as far as it was called, `year-end` says.
#[test]
fn shares_of_a_remainder_are_of_all_of_it_and_credits_of_what_was_called() {
    let mut desk = carried("2016");
    let called = [
        ("date", "2025-02-01"),
        ("partner", "BUND"),
        ("fiscal_year", "2025"),
        ("kind", "called"),
        ("amount", "100.00"),
        ("reference", "ZB-1"),
    ];
    desk.row("contributions", &called);
    let (own, shares) = told(&desk, "T25");
    assert_eq!(own["credits"]["BUND"], "100.00");
    assert_eq!(own["credits"]["HH"], "0.00");
    assert_eq!(
        crate::shares::row(&shares, "BUND")["amount"],
        json!("175.00")
    );
    assert_eq!(own["remainder"], "500.00");
    assert_eq!(shares["summary"]["total"], "500.00");
}

/// Where a pot bears more grants than its amount, its reserve being less than nothing, and money of another year is
/// left in it, the shares still sum to what is left.
#[test]
fn shares_of_a_pot_that_granted_more_than_its_amount_sum_to_what_is_left() {
    let mut desk = Desk::with_bodies(date(2026, 3, 1));
    for (id, year, reserve) in [("T24", "2024", ""), ("T25", "2025", "-50.00")] {
        let first = format!("{year}-01-02");
        let cells = [
            ("id", id),
            ("fiscal_year", year),
            ("amount", "500.00"),
            ("reserve", reserve),
            ("mode", "direct"),
            ("cost_share", if id == "T24" { "25/75" } else { "35/65" }),
            ("key_year", "2016"),
            ("resolved_on", &first),
        ];
        desk.row("pots", &cells);
    }
    granted(&mut desk, ["A", "T24", "2024"], "500.00");
    booked(&mut desk, "allocation", "500.00", "2024-02-01");
    booked(&mut desk, "commitment", "100.00", "2024-02-02");
    let carry = [
        ("pot", "T24"),
        ("to_pot", "T25"),
        ("request", "A"),
        ("amount", "100.00"),
        ("resolved_on", "2025-03-20"),
        ("resolution", "IT-PLR 46"),
    ];
    desk.row("carry_overs", &carry);
    desk.complete_pairs();
    booked(&mut desk, "commitment_release", "100.00", "2025-06-01");
    granted(&mut desk, ["B", "T25", "2025"], "520.00");
    for (kind, day) in [("allocation", "2025-02-01"), ("commitment", "2025-02-02")] {
        let cells = [
            ("date", day),
            ("request", "B"),
            ("kind", kind),
            ("amount", "520.00"),
            ("fiscal_year", "2025"),
            ("reference", &format!("B-{kind}")),
        ];
        desk.row("bookings", &cells);
    }
    // 500.00 − 520.00 of its own and 100.00 of 2024; the Bund bears 35 percent of the one, 25 of the other.
    let (own, shares) = told(&desk, "T25");
    assert_eq!(own["remainder"], "80.00");
    assert_eq!(shares["summary"]["total"], "80.00");
    // No partner of 2024 pays for what 2025 granted too much: it is told beside what is credited.
    assert_eq!(own["uncovered"], "20.00");
    let credits = own["credits"].as_object().unwrap().values();
    assert_eq!(credits.map(crate::carrying::cents).sum::<i64>(), 10_000);
    assert_eq!(
        crate::shares::row(&shares, "BUND")["amount"],
        json!("18.00")
    );
}

/// The key of 2016 was compared with the published table, that of 2019 was not (dossier, section 4); a key handed in
/// is only checked if each part names its publication. What cannot be split says neither.
#[test]
fn credits_by_a_key_nobody_checked_are_marked() {
    let verified = |desk: &Desk, pot: &str| told(desk, pot).0["key_verified"].clone();
    for (key, of_25) in [("2016", true), ("2019", false)] {
        let desk = carried(key);
        assert_eq!(verified(&desk, "T24"), true, "{key}");
        assert_eq!(verified(&desk, "T25"), of_25, "{key}");
        let summary = desk.at("year-end", date(2025, 12, 31))["summary"].clone();
        assert_eq!(summary["key_verified"], of_25, "{key}");
    }
    for (file, checked) in [("BAnz", true), ("", false)] {
        let mut desk = Desk::with_bodies(date(2026, 3, 1));
        let common = [
            ("key_year", "2024"),
            ("valid_from", "2025-01-01"),
            ("received_on", "2025-01-01"),
            ("file_ref", file),
        ];
        desk.whole("cost_keys", &common, &[("HH", "50"), ("SH", "50")]);
        for (id, key) in [("T25", "2024"), ("T26", "")] {
            let cells = [
                ("id", id),
                ("fiscal_year", "2025"),
                ("amount", "500.00"),
                ("cost_share", "35/65"),
                ("key_year", key),
                ("resolved_on", "2025-01-02"),
            ];
            desk.row("pots", &cells);
        }
        assert_eq!(verified(&desk, "T25"), checked, "{file}");
        let closing = desk.at("year-end", date(2025, 12, 31));
        let without_key = &closing["rows"][1];
        assert_eq!(without_key["key_verified"], Value::Null);
        assert!(without_key["credits"]["undefined"].is_string());
    }
}

/// Whoever asks why a partner bears or is credited so much is told by which key, and whether anybody checked it.
#[test]
fn explanations_name_the_key_that_was_applied_and_whether_it_was_checked() {
    for (key, checked) in [(2016, true), (2019, false)] {
        let desk = carried(&key.to_string());
        let ask = Ask {
            view: View {
                as_of: Day::of(date(2025, 12, 31)).unwrap(),
                known_on: None,
                at_position: None,
            },
            filter: Filter {
                pot: Some("T25".to_owned()),
                ..Filter::default()
            },
            page: Page::default(),
        };
        let input = |answer: &str, row: &str, field: &str, name: &str| {
            let told = explain(&desk.facts, &ask, answer, row, field).unwrap();
            let input = told.inputs.into_iter().find(|it| it.0 == name);
            input
                .unwrap_or_else(|| panic!("{answer} {field}: no {name}"))
                .1
        };
        for (answer, row, field, of) in [
            ("shares", "HH", "amount", ""),
            ("shares", "HH", "share_percent", ""),
            ("year-end", "T25", "credits.HH", "T25/"),
        ] {
            let year = input(answer, row, field, &format!("{of}key_year"));
            assert_eq!(year, key, "{answer} {field}");
            let verified = input(answer, row, field, &format!("{of}key_verified"));
            assert_eq!(verified, checked, "{answer} {field}");
        }
        let summed = input("year-end", "summary", "credits.HH", "key_verified");
        assert_eq!(summed, checked);
    }
}
