//! The acceptance questions this release answers, each a test with its id. Figures: the right column of
//! `acceptance-questions.md` on the 2024 scenario.

mod decisions;
mod figures;
mod finance;
mod grants;
mod outlook;
mod pmo;
mod sittings;
mod steering;
pub(crate) mod year_end;

use serde_json::{Value, json};

/// The cost key of a column of the built-in table, as rows of another year's key from a day on.
fn key_rows(column: &str, key_year: u32, valid_from: &str) -> Vec<Value> {
    let table = include_str!("../../../ingest/data/koenigsteiner-schluessel.csv");
    let mut lines = table.lines().map(|it| it.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let place = header.iter().position(|it| *it == column).unwrap();
    let row = |line: Vec<&str>| {
        json!({
            "key_year": key_year, "partner": line[0], "percent": line[place], "valid_from": valid_from,
            "received_on": valid_from, "file_ref": "erfunden",
        })
    };
    lines.map(row).collect()
}

/// An amount in cents.
#[track_caller]
fn cents(amount: &Value) -> i64 {
    amount
        .as_str()
        .unwrap_or_else(|| panic!("no amount: {amount}"))
        .replace('.', "")
        .parse()
        .unwrap()
}
