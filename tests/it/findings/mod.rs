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
