//! The 2024 scenario from the copy in `fixtures/`, as feed rows in the contract's order.

use std::path::PathBuf;
use std::{fs, io};

use serde_json::Value;

use crate::FeedRow;
use crate::generator::sorted;
use crate::reference::tables::TABLES;

/// The folder with the CSV files and `expected/`.
#[must_use]
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join("scenario-2024")
}

/// All rows of the scenario in the order of a feed.
///
/// # Errors
/// Where a file of the fixture cannot be read.
pub fn rows() -> io::Result<Vec<FeedRow>> {
    let mut rows = Vec::new();
    for table in TABLES {
        let path = folder().join(format!("{}.csv", table.name));
        if path.exists() {
            rows.extend(parse(table.name, &fs::read_to_string(path)?));
        }
    }
    Ok(sorted(rows))
}

/// The expected answer of that name at 2024-12-31.
///
/// # Errors
/// Where the file is missing or no JSON.
pub fn expected(answer: &str) -> io::Result<Value> {
    let path = folder().join("expected").join(format!("{answer}.json"));
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

/// The rows of one CSV file with a header line; quoted cells may hold commas, quotes and lines.
#[must_use]
pub fn parse(table: &str, text: &str) -> Vec<FeedRow> {
    let mut lines = records(text.trim_start_matches('\u{feff}')).into_iter();
    let header = lines.next().unwrap_or_default();
    lines
        .map(|cells| FeedRow {
            table: table.to_owned(),
            cells: header
                .iter()
                .cloned()
                .zip(cells)
                .filter(|(_, cell)| !cell.is_empty())
                .collect(),
        })
        .collect()
}

fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut letters = text.chars().filter(|letter| *letter != '\r').peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        records.push(record);
    }
    records
}
