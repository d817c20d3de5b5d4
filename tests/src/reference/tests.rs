//! The reference gives the expected answers of the 2024 scenario.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::tables::effective;
use super::{Row, answer, shares};
use crate::compare::differences;
use crate::scenario;

/// The scenario as if it was recorded on one day, one position a row.
pub(crate) fn scenario_rows() -> Vec<Row> {
    let feed = scenario::rows().unwrap();
    assert_eq!(feed.len(), 700);
    numbered(feed, date(2026, 1, 15))
}

/// Feed rows as the log would hold them.
pub(crate) fn numbered(feed: Vec<crate::FeedRow>, recorded_on: Date) -> Vec<Row> {
    let positions = 1..;
    positions
        .zip(feed)
        .map(|(position, row)| Row {
            table: row.table,
            cells: row.cells,
            position,
            recorded_on,
        })
        .collect()
}

/// Rows from texts such as `links from=A kind=led_by to=B set_on=2024-01-10`, at positions from 1;
/// known from the day they take effect unless `received_on` says otherwise.
pub(crate) fn log(texts: &[&str]) -> Vec<Row> {
    let row = |text: &&str| {
        let mut parts = text.split_whitespace();
        let table = parts.next().unwrap().to_owned();
        let cell = |part: &str| {
            let (column, cell) = part.split_once('=').unwrap();
            (column.to_owned(), cell.to_owned())
        };
        let mut cells: BTreeMap<String, String> = parts.map(cell).collect();
        let day = effective(&table, &cells, date(2024, 1, 1));
        cells
            .entry("received_on".to_owned())
            .or_insert_with(|| day.to_string());
        crate::FeedRow { table, cells }
    };
    numbered(texts.iter().map(row).collect(), date(2026, 1, 15))
}

/// The row of that id; null where there is none.
pub(crate) fn row_of(answer: &Value, id: &str) -> Value {
    let mut rows = answer["rows"].as_array().unwrap().iter();
    rows.find(|row| row["id"] == id)
        .cloned()
        .unwrap_or(Value::Null)
}

/// What is expected is so, whatever else is there.
#[track_caller]
pub(crate) fn agree(expected: &Value, actual: &Value) {
    assert_eq!(differences(expected, actual), Vec::<String>::new());
}

fn agrees(name: &str) {
    let actual = answer(&scenario_rows(), name, date(2024, 12, 31), None, None);
    let expected = scenario::expected(name).unwrap();
    assert_eq!(differences(&expected, &actual), Vec::<String>::new());
}

#[test]
fn scenario_status() {
    agrees("status");
}

#[test]
fn scenario_milestones() {
    agrees("milestones");
}

#[test]
fn scenario_risks() {
    agrees("risks");
}

#[test]
fn scenario_requests() {
    agrees("requests");
}

#[test]
fn scenario_funds() {
    agrees("funds");
    let actual = answer(&scenario_rows(), "funds", date(2024, 12, 31), None, None);
    // expected/README.md: what came later than the files.
    assert_eq!(actual["summary"]["with_recipients"], "367150.00");
    assert_eq!(actual["summary"]["bound_to_carry"], "909000.00");
}

#[test]
fn catalogue_counts_are_those_of_the_dossier() {
    let actual = answer(&[], "catalogue", date(2023, 11, 3), None, None);
    let expected = json!({
        "DG": { "goals": 7, "measures": 8, "governance": 6 },
        "DS": { "goals": 7, "measures": 9, "governance": 9 },
        "RM": { "goals": 11, "measures": 11, "governance": 12 },
        "KI": { "goals": 10, "measures": 16, "governance": 12 },
        "total": { "goals": 35, "measures": 44, "governance": 39 },
    });
    assert_eq!(
        differences(&expected, &actual["summary"]["counts"]),
        Vec::<String>::new()
    );
    assert_eq!(actual["rows"].as_array().unwrap().len(), 118);
    let before = answer(&[], "catalogue", date(2023, 11, 2), None, None);
    assert_eq!(before["rows"], json!([]));
}

#[test]
fn scenario_impediments_at_the_end_of_2024() {
    let actual = answer(
        &scenario_rows(),
        "impediments",
        date(2024, 12, 31),
        None,
        None,
    );
    let expected = json!({
        "rows": [
            { "id": "HI-01", "escalated_to": "B-ALR", "state": "escalated", "age_days": 239 },
            { "id": "HI-02", "state": "resolved" },
            { "id": "HI-03", "escalated_to": "B-RM-LK", "age_days": 106 },
            { "id": "HI-04", "state": "resolved" },
            { "id": "HI-05", "state": "open", "age_days": 71 },
            { "id": "HI-06", "state": "open", "age_days": 36 },
        ],
        "summary": { "open": 4, "median_age_days": "88.50", "older_than_30_days": 4 },
    });
    assert_eq!(differences(&expected, &actual), Vec::<String>::new());
}

/// QP-01 of the acceptance questions: who has not reported by the Stichtag.
#[test]
fn scenario_reporting_names_who_has_not_reported() {
    let actual = answer(
        &scenario_rows(),
        "reporting",
        date(2024, 12, 31),
        None,
        None,
    );
    let open: Vec<&str> = actual["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["call"] == "RC-2024-4" && row["open"] == true)
        .map(|row| row["measure"].as_str().unwrap())
        .collect();
    assert_eq!(
        open,
        ["DS-M-07", "KI-M-04", "KI-M-07", "KI-M-09", "KI-M-12"]
    );
    assert_eq!(actual["summary"]["calls"]["RC-2024-4"]["due"], 35);
}

/// The golden vectors of dossier section 4.
#[test]
fn shares_of_the_dossier() {
    let key_2016 = [
        ("BW", 1_296_662),
        ("BY", 1_553_327),
        ("BE", 508_324),
        ("BB", 303_655),
        ("HB", 95_331),
        ("HH", 255_752),
        ("HE", 739_885),
        ("MV", 201_240),
        ("NI", 933_138),
        ("NW", 2_114_424),
        ("RP", 483_089),
        ("SL", 121_111),
        ("SN", 505_577),
        ("ST", 279_941),
        ("SH", 339_074),
        ("TH", 269_470),
    ];
    let actual = shares(
        110_000_000,
        &[("BUND", 2_500), ("LAENDER", 7_500)],
        &key_2016,
    );
    assert_eq!(actual["summary"]["total"], "1100000.00");
    let part = |partner: &str| {
        let rows = actual["rows"].as_array().unwrap();
        rows.iter()
            .find(|row| row["partner"] == partner)
            .unwrap()
            .clone()
    };
    for (partner, amount) in [
        ("BUND", "275000.00"),
        ("BW", "106974.62"),
        ("BY", "128149.48"),
        ("BE", "41936.73"),
        ("HE", "61040.51"),
        ("HH", "21099.54"),
        ("NW", "174439.98"),
        ("SL", "9991.66"),
        ("TH", "22231.27"),
    ] {
        assert_eq!(part(partner)["amount"], amount, "{partner}");
    }
    assert_eq!(part("BW")["share_percent"], "9.7249650");
    assert_eq!(part("BUND")["share_percent"], "25.0000000");
}
