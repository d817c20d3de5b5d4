//! Who is credited what of a pot in which money of another year is left, worked out by hand.

use jiff::civil::date;
use leitstand_projections::Filter;
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
    let request = [
        ("id", "A"),
        ("subject", "DG-M-01"),
        ("applicant", "B-FITKO"),
        ("pot", "T24"),
        ("kind", "first"),
        ("amount", "600.00"),
        ("submitted_on", "2024-01-08"),
    ];
    desk.row("requests", &request);
    for (day, step, amount) in [
        ("2024-01-09", "formal_check_started", ""),
        ("2024-01-10", "formally_cleared", ""),
        ("2024-01-11", "assessed", ""),
        ("2024-01-12", "paper_filed", ""),
        ("2024-01-20", "resolved", "600.00"),
        ("2024-01-21", "granted", ""),
    ] {
        let cells = [
            ("date", day),
            ("request", "A"),
            ("step", step),
            ("amount", amount),
        ];
        desk.row("request_steps", &cells);
    }
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
