//! Rows written down as a feed takes them.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use leitstand_tests::FeedRow;
use serde_json::Value;

/// One JSON object per line.
pub(crate) fn ndjson(rows: &[Value]) -> Vec<u8> {
    rows.iter()
        .flat_map(|it| format!("{it}\n").into_bytes())
        .collect()
}

/// Rows of one table as CSV.
pub(crate) fn csv(rows: &[&FeedRow]) -> String {
    let columns: BTreeSet<&str> = rows
        .iter()
        .flat_map(|it| it.cells.keys())
        .map(String::as_str)
        .collect();
    let columns: Vec<&str> = columns.into_iter().collect();
    let mut out = columns.join(",") + "\n";
    for row in rows {
        let cells = columns
            .iter()
            .map(|it| row.cells.get(*it).map_or("", String::as_str));
        let cells: Vec<String> = cells
            .map(|it| format!("\"{}\"", it.replace('"', "\"\"")))
            .collect();
        let _ = writeln!(out, "{}", cells.join(","));
    }
    out
}

/// A folder with one CSV file per table.
pub(crate) fn folder_of(folder: &Path, rows: &[FeedRow]) {
    fs::create_dir_all(folder).unwrap();
    let tables: BTreeSet<&str> = rows.iter().map(|it| it.table.as_str()).collect();
    for table in tables {
        let of_table: Vec<&FeedRow> = rows.iter().filter(|it| it.table == table).collect();
        fs::write(folder.join(format!("{table}.csv")), csv(&of_table)).unwrap();
    }
}
