//! Everything the contract of the feeds calls a finding, fed through the binary: file, row, column and code.

mod cells;
mod corrections;
mod files;
mod money;
mod rows;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Place;

/// A file and the one thing that is wrong with it.
struct Case {
    file: &'static str,
    content: Vec<u8>,
    row: Option<u64>,
    column: Option<&'static str>,
    code: &'static str,
}

/// A file whose given row has that finding in that column.
fn case(
    file: &'static str,
    content: impl Into<Vec<u8>>,
    row: impl Into<Option<u64>>,
    column: impl Into<Option<&'static str>>,
    code: &'static str,
) -> Case {
    Case {
        file,
        content: content.into(),
        row: row.into(),
        column: column.into(),
        code,
    }
}

/// Feeds every case as a file of its own, all in one call, and compares what is found.
#[track_caller]
fn check(place: &Place, cases: &[Case]) {
    let paths: Vec<PathBuf> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| place.write(&format!("{number:03}/{}", case.file), &case.content))
        .collect();
    let head = place.head();
    let report = place.feed(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    let findings = report["findings"].as_array().unwrap();
    let mut wrong = Vec::new();
    for (case, path) in cases.iter().zip(&paths) {
        let of_file: Vec<&Value> = findings
            .iter()
            .filter(|it| it["file"] == path.to_str().unwrap())
            .collect();
        let is_it = |it: &&&Value| {
            it["code"] == case.code
                && it["row"] == json!(case.row)
                && it["column"] == json!(case.column)
        };
        if of_file.iter().find(is_it).is_none() {
            let (row, column, code) = (case.row, case.column, case.code);
            wrong.push(format!(
                "{}: expected {code} in {row:?} {column:?}, found {of_file:?}",
                path.display()
            ));
        }
        for finding in of_file {
            shows_its_cell(case, finding);
            for language in ["message", "message_en"] {
                assert!(
                    finding[language].as_str().is_some_and(|it| it.len() > 10),
                    "{finding}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if report["accepted"] == 0 {
        assert_eq!(place.head(), head, "a refused row changes nothing");
    }
}

/// A finding shows the cell it names, as it is written; free text is never shown.
#[track_caller]
fn shows_its_cell(case: &Case, finding: &Value) {
    let Some(cell) = cell_of(case, finding).filter(|it| !it.is_empty() && it.len() < 80) else {
        return;
    };
    let column = finding["column"].as_str().unwrap();
    let table = case.file.split('.').next().unwrap_or_default();
    let table = leitstand_domain::tables::by_name(table);
    let is_sealed = ["note", "reason"].contains(&column)
        || table.is_some_and(|it| it.columns.iter().any(|it| it.name == column && it.sealed));
    // Its column stands there twice, so no one cell is meant.
    if finding["code"] == "duplicate_column" {
        return;
    }
    let expected = if is_sealed { Value::Null } else { json!(cell) };
    assert_eq!(finding["value"], expected, "{finding}");
}

/// The cell a finding names, where that is plain to see: in a JSON row, or in CSV without quotes.
fn cell_of(case: &Case, finding: &Value) -> Option<String> {
    let text = str::from_utf8(&case.content).ok()?;
    let (row, column) = (finding["row"].as_u64()?, finding["column"].as_str()?);
    let row = usize::try_from(row).ok()?;
    if text.contains('\0') {
        return None;
    }
    if case.file.ends_with(".ndjson") {
        let row: Value = serde_json::from_str(text.lines().nth(row - 1)?).ok()?;
        return match &row[column] {
            Value::String(it) => Some(it.trim().to_owned()),
            it @ (Value::Number(_) | Value::Bool(_)) => Some(it.to_string()),
            _ => None,
        };
    }
    if text.contains('"') || text.contains(';') {
        return None;
    }
    let mut lines = text.lines();
    let at = lines
        .next()?
        .split(',')
        .position(|it| it.trim() == column)?;
    let cell = lines.nth(row - 1)?.split(',').nth(at)?;
    Some(cell.trim().to_owned())
}
