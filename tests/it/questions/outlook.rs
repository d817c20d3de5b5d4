//! QF, QS-20: what is ahead, and what a new key changes.

use serde_json::{Value, json};

use super::{
    cents,
    year_end::{BOUND, carry, with_next_year},
};
use crate::support::{row, scenario};

/// QS-20: how safely the financing of Registermodernisierung stands, absolute (`gap`) and in percent
/// (`coverage_rate`).
#[test]
fn qs_20_the_outlook_sets_needs_against_secured_money() {
    let place = with_next_year();
    for it in BOUND {
        place.accept("carry_overs", carry(it));
    }
    for (subject, year, amount) in [
        ("RM", 2025, "4000000.00"),
        ("PROG", 2025, "1000000.00"),
        ("RM", 2026, "2500000.00"),
        ("DG", 2027, "100.00"),
    ] {
        let need = json!({
            "subject": subject, "fiscal_year": year, "amount": amount, "set_on": "2025-02-01",
            "received_on": "2025-02-01",
        });
        place.accept("needs", need);
    }
    let later = json!({
        "subject": "RM", "fiscal_year": 2026, "amount": "3000000.00", "set_on": "2025-02-01",
        "valid_from": "2025-04-01", "received_on": "2025-04-01",
    });
    place.accept("needs", later);
    let outlook = place.ask("outlook", &["--as-of", "2025-04-30"]);
    let rows: Vec<[Value; 5]> = outlook["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| ["need", "secured", "committed", "carried", "gap"].map(|field| it[field].clone()))
        .collect();
    // 2025: 500,000 + 600,000 + 700,000 resolved and 909,000 carried over.
    assert_eq!(
        rows[0],
        [
            "5000000.00",
            "2709000.00",
            "909000.00",
            "909000.00",
            "2291000.00"
        ]
    );
    assert_eq!(
        rows[1],
        ["3000000.00", "0.00", "0.00", "0.00", "3000000.00"]
    );
    assert_eq!(rows[2], ["100.00", "0.00", "0.00", "0.00", "100.00"]);
    // 2,709,000.00 of 8,000,100.00
    assert_eq!(outlook["summary"]["coverage_rate"], "33.86");
    let of_rm = place.ask("outlook", &["--as-of", "2025-04-30", "--pillar", "RM"]);
    // Of RM 525,000.00 are secured, what was carried over for it.
    let first = ["need", "secured", "gap"].map(|it| of_rm["rows"][0][it].clone());
    assert_eq!(first, ["4000000.00", "525000.00", "3475000.00"]);
}

/// A commitment for 2025 on the 800,000.00 of authority is an obligation of 2025.
#[test]
fn qf_15_which_obligations_exist_for_2025() {
    let place = with_next_year();
    for it in BOUND {
        place.accept("carry_overs", carry(it));
    }
    let commitment = json!({
        "date": "2024-12-20", "request": "A-24-11", "kind": "commitment", "amount": "650000.00",
        "fiscal_year": 2025, "reference": "BU-X1", "received_on": "2024-12-20",
    });
    place.accept("bookings", commitment);
    let outlook = place.ask("outlook", &["--as-of", "2025-04-30"]);
    // 650,000.00 on the authority and 909,000.00 carried over.
    assert_eq!(outlook["rows"][0]["committed"], "1559000.00");
    let requests = place.ask("requests", &["--as-of", "2025-04-30"]);
    assert_eq!(
        row(&requests, "id", "A-24-11")["commitment_authority"],
        "800000.00"
    );
}

/// Key 2019 from 2025 on: what was split by key 2016 before stays, what is split later differs.
#[test]
fn qf_22_what_a_new_key_changes() {
    let of = |year: &str| {
        let options = [
            "--amount",
            "1100000.00",
            "--cost-share",
            "25/75",
            "--key-year",
            year,
        ];
        scenario().ask("shares", &options)
    };
    let (old, new) = (of("2016"), of("2019"));
    let change = |partner: &str| {
        cents(&row(&new, "partner", partner)["amount"])
            - cents(&row(&old, "partner", partner)["amount"])
    };
    // Dossier, section 4: Hamburg 21,478.30 − 21,099.54, Sachsen-Anhalt 22,242.99 − 23,095.13.
    assert_eq!(
        (change("HH"), change("ST"), change("BUND")),
        (37_876, -85_214, 0)
    );
    let rows = new["rows"].as_array().unwrap().iter();
    let all: i64 = rows.map(|it| change(it["partner"].as_str().unwrap())).sum();
    assert_eq!(all, 0, "what one Land bears more, others bear less");
}
