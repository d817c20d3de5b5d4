//! What each bears: keys and schemes as they are applied, worked out by hand.

use jiff::civil::{Date, date};
use leitstand_projections::Filter;
use serde_json::{Value, json};

use crate::desk::Desk;

/// A key for easy reckoning: Hamburg a half, Schleswig-Holstein and Bremen a quarter each.
const NORTH: [(&str, &str); 3] = [("HH", "50"), ("SH", "25"), ("HB", "25")];

fn of(amount: &str, scheme: &str, key_year: u32) -> Filter {
    Filter {
        amount: Some(amount.to_owned()),
        cost_share: Some(scheme.to_owned()),
        key_year: Some(key_year),
        ..Filter::default()
    }
}

pub(crate) fn row<'a>(answer: &'a Value, partner: &str) -> &'a Value {
    let mut rows = answer["rows"].as_array().unwrap().iter();
    rows.find(|it| it["partner"] == partner).unwrap()
}

/// Who bears something, with the amounts.
fn borne(answer: &Value) -> Vec<(&str, &str)> {
    let rows = answer["rows"].as_array().unwrap();
    let all = rows.iter().map(|it| {
        let partner = it["partner"].as_str().unwrap();
        (partner, it["amount"].as_str().unwrap())
    });
    all.filter(|(_, amount)| *amount != "0.00").collect()
}

#[test]
fn a_new_key_changes_later_splits_only() {
    let mut desk = Desk::new(date(2026, 3, 1));
    let before = desk
        .asked("shares", date(2024, 12, 31), of("100.00", "25/75", 2019))
        .unwrap();
    let common = [
        ("key_year", "2019"),
        ("valid_from", "2025-01-01"),
        ("received_on", "2024-11-01"),
        ("file_ref", "BAnz"),
    ];
    desk.whole("cost_keys", &common, &NORTH);
    // The day before it begins, byte for byte the same.
    let after = desk
        .asked("shares", date(2024, 12, 31), of("100.00", "25/75", 2019))
        .unwrap();
    assert_eq!(before["rows"], after["rows"]);
    assert_eq!(before["summary"], after["summary"]);
    assert_eq!(after["summary"]["key_verified"], false);
    // 25 Bund; of 75: 37.50, 18.75, 18.75.
    let new = desk
        .asked("shares", date(2025, 1, 1), of("100.00", "25/75", 2019))
        .unwrap();
    assert_eq!(
        borne(&new),
        [
            ("BUND", "25.00"),
            ("HB", "18.75"),
            ("HH", "37.50"),
            ("SH", "18.75")
        ]
    );
    assert_eq!(
        new["summary"],
        json!({ "total": "100.00", "cost_share": "25/75", "key_year": 2019, "applied_in": 2025, "key_verified": true })
    );
    // It rests on the three rows.
    assert_eq!(new["rows"][0]["events"].as_array().unwrap().len(), 3);
}

#[test]
fn a_key_is_verified_only_where_every_part_names_the_publication() {
    let mut desk = Desk::new(date(2026, 3, 1));
    let common = [
        ("key_year", "2024"),
        ("valid_from", "2025-01-01"),
        ("received_on", "2024-11-01"),
    ];
    desk.whole("cost_keys", &common, &NORTH);
    let answer = desk
        .asked("shares", date(2025, 6, 1), of("1.00", "0/100", 2024))
        .unwrap();
    assert_eq!(answer["summary"]["key_verified"], false);
    // Before it began there is no key of that year.
    let none = desk
        .asked("shares", date(2024, 6, 1), of("1.00", "0/100", 2024))
        .unwrap_err();
    assert!(none.contains("2024"), "{none}");
}

#[test]
fn a_key_known_in_part_only_does_not_hold() {
    let mut desk = Desk::new(date(2026, 3, 1));
    let common = [
        ("key_year", "2024"),
        ("valid_from", "2025-01-01"),
        ("received_on", "2024-11-01"),
    ];
    let whole = desk.whole("cost_keys", &common, &NORTH);
    let at = |position: u64| {
        let rows = desk.narrowed(
            "shares",
            date(2025, 6, 1),
            None,
            Some(position),
            of("1.00", "0/100", 2019),
        );
        rows.to_json()["rows"].as_array().unwrap().len()
    };
    // Another key is there all the time.
    assert_eq!((at(whole - 3), at(whole)), (17, 17));
    let partly = std::panic::catch_unwind(|| {
        desk.narrowed(
            "shares",
            date(2025, 6, 1),
            None,
            Some(whole - 3),
            of("1.00", "0/100", 2024),
        )
    });
    assert!(partly.is_err(), "two of three parts are no key");
    desk.narrowed(
        "shares",
        date(2025, 6, 1),
        None,
        Some(whole),
        of("1.00", "0/100", 2024),
    );
}

#[test]
fn a_recorded_scheme_is_applied_by_its_id_as_it_holds_on_the_day() {
    let mut desk = Desk::new(date(2026, 3, 1));
    let of_scheme = |id: &'static str, from: &'static str| {
        [
            ("id", id),
            ("valid_from", from),
            ("received_on", "2023-12-01"),
        ]
    };
    let efa = [
        ("BUND", "25"),
        ("LAENDER", "25"),
        ("HH", "30"),
        ("SH", "20"),
    ];
    desk.whole("cost_schemes", &of_scheme("EfA", "2024-01-01"), &efa);
    desk.whole(
        "cost_schemes",
        &of_scheme("EfA", "2025-01-01"),
        &[("BUND", "60"), ("LAENDER", "40")],
    );
    let common = [
        ("key_year", "2023"),
        ("valid_from", "2024-01-01"),
        ("received_on", "2023-12-01"),
    ];
    desk.whole("cost_keys", &common, &NORTH);
    // 25 for all Länder: 12.50, 6.25, 6.25; the users bear 30 and 20 on top.
    let first = desk
        .asked("shares", date(2024, 6, 1), of("100.00", "EfA", 2023))
        .unwrap();
    assert_eq!(
        borne(&first),
        [
            ("BUND", "25.00"),
            ("HB", "6.25"),
            ("HH", "42.50"),
            ("SH", "26.25")
        ]
    );
    assert_eq!(row(&first, "HH")["share_percent"], "42.5000000");
    let second = desk
        .asked("shares", date(2025, 6, 1), of("100.00", "EfA", 2023))
        .unwrap();
    assert_eq!(
        borne(&second),
        [
            ("BUND", "60.00"),
            ("HB", "10.00"),
            ("HH", "20.00"),
            ("SH", "10.00")
        ]
    );
    for unknown in ["NOOTS", "25/76", "50/25/25"] {
        assert!(
            desk.asked("shares", date(2024, 6, 1), of("1.00", unknown, 2023))
                .is_err(),
            "{unknown}"
        );
    }
    // Under that very name it may be recorded.
    desk.whole(
        "cost_schemes",
        &of_scheme("50/25/25", "2024-01-01"),
        &[("HH", "50"), ("BUND", "25"), ("LAENDER", "25")],
    );
    assert!(
        desk.asked("shares", date(2024, 6, 1), of("1.00", "50/25/25", 2023))
            .is_ok()
    );
}

fn pot(desk: &mut Desk, scheme: &str) {
    let cells = [
        ("id", "T-1"),
        ("fiscal_year", "2024"),
        ("amount", "100.00"),
        ("cost_share", scheme),
        ("key_year", "2019"),
        ("resolved_on", "2024-01-01"),
        ("received_on", "2024-01-01"),
    ];
    desk.row("pots", &cells);
}

/// A pot's remainder is shared as in its own year, whenever it is asked for.
#[test]
fn the_remainder_of_a_pot_keeps_the_key_and_scheme_of_its_year() {
    let mut desk = Desk::new(date(2026, 3, 1));
    pot(&mut desk, "25/75");
    let filter = || Filter {
        pot: Some("T-1".to_owned()),
        ..Filter::default()
    };
    let ask = |desk: &Desk, day: Date| desk.asked("shares", day, filter()).unwrap();
    let then = ask(&desk, date(2024, 12, 31));
    assert_eq!(then["rows"].as_array().unwrap().len(), 17);
    // 75 × 2.60343 % = 1.9525725.
    assert_eq!(row(&then, "HH")["amount"], "1.95");
    let common = [
        ("key_year", "2019"),
        ("valid_from", "2025-01-01"),
        ("received_on", "2024-11-01"),
    ];
    desk.whole("cost_keys", &common, &NORTH);
    let scheme = [
        ("id", "25/75"),
        ("valid_from", "2025-01-01"),
        ("received_on", "2024-11-01"),
    ];
    desk.whole(
        "cost_schemes",
        &scheme,
        &[("BUND", "35"), ("LAENDER", "65")],
    );
    let later = ask(&desk, date(2026, 2, 1));
    assert_eq!(then["rows"], later["rows"]);
    assert_eq!(later["summary"]["applied_in"], 2024);
    assert_eq!(later["summary"]["key_year"], 2019);
    assert_eq!(later["summary"]["key_verified"], false);
}
