//! Every amount of every money answer: for a spreadsheet in both dialects, and explained.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    cents,
    year_end::{BOUND, carry, with_next_year},
};
use crate::support::Place;

/// The money answers, each with the options it needs.
const MONEY: [(&str, &[&str]); 7] = [
    ("funds", &[]),
    ("requests", &[]),
    ("year-end", &[]),
    ("outlook", &[]),
    ("decisions", &[]),
    ("obligations", &[]),
    ("shares", &["--pot", "T-RM"]),
];

/// Whether a text is an amount: digits with two places.
fn is_amount(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let (whole, places) = text
        .trim_start_matches('-')
        .split_once('.')
        .unwrap_or_default();
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    digits(whole) && digits(places) && places.len() == 2
}

/// The fields of a row that hold an amount, nested ones with a dot.
fn amounts(row: &Value, under: &str, found: &mut BTreeSet<String>) {
    for (name, value) in row.as_object().into_iter().flatten() {
        let path = format!("{under}{name}");
        if is_amount(value) {
            found.insert(path);
        } else {
            amounts(value, &format!("{path}."), found);
        }
    }
}

fn at<'a>(row: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(row, |value, part| &value[part])
}

/// With money carried over, called contributions, a need and a mandate: every money answer says something.
fn rich() -> Place {
    let place = with_next_year();
    for it in BOUND {
        place.accept("carry_overs", carry(it));
    }
    let called = json!({
        "date": "2024-02-01", "partner": "BUND", "fiscal_year": 2024, "kind": "called", "amount": "1400000.00",
        "reference": "ZB-1",
    });
    place.accept("contributions", called);
    let need = json!({
        "subject": "RM", "fiscal_year": 2025, "amount": "4000000.00", "set_on": "2025-02-01",
        "received_on": "2025-02-01",
    });
    place.accept("needs", need);
    place
}

/// Both dialects carry the figures of the answer: every column that has an amount sums to the same cents.
#[test]
fn qf_25_the_money_views_as_csv_sum_to_the_answers() {
    let place = rich();
    let mut columns = 0;
    for (answer, narrowed) in MONEY {
        let options = [&["--as-of", "2025-04-30"], narrowed].concat();
        let json = place.ask(answer, &options);
        let rows = json["rows"].as_array().unwrap();
        let mut fields = BTreeSet::new();
        for row in rows {
            amounts(row, "", &mut fields);
        }
        for (format, separator, point) in [("csv", ',', '.'), ("csv-de", ';', ',')] {
            let command = [&[answer, "--format", format], &options[..]].concat();
            let text = place.on_store(&command).ended(0).out;
            assert_eq!(text.starts_with('\u{feff}'), format == "csv-de", "{answer}");
            let table = table(text.trim_start_matches('\u{feff}'), separator);
            let (header, lines) = table.split_first().unwrap();
            assert_eq!(lines.len(), rows.len(), "{answer} {format}");
            for field in &fields {
                let place = header.iter().position(|it| it == field);
                let place = place.unwrap_or_else(|| panic!("{answer}: no {field} in {header:?}"));
                let cells = lines.iter().map(|it| it[place].as_str());
                let written: i64 = cells
                    .filter(|it| !it.is_empty() && !it.starts_with('{'))
                    .map(|it| it.replace(point, "").parse::<i64>().unwrap())
                    .sum();
                let of_rows = rows.iter().map(|row| at(row, field));
                let answered: i64 = of_rows.filter(|it| is_amount(it)).map(cents).sum();
                assert_eq!(written, answered, "{answer} {field} {format}");
                columns += 1;
            }
        }
    }
    assert!(columns > 100, "only {columns} columns of amounts");
}

/// The cells of a table in which some are quoted, and may hold the separator or the end of a line.
fn table(text: &str, separator: char) -> Vec<Vec<String>> {
    let (mut lines, mut is_quoted) = (vec![vec![String::new()]], false);
    for it in text.chars() {
        let line = lines.last_mut().unwrap();
        match it {
            '"' => is_quoted = !is_quoted,
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => lines.push(vec![String::new()]),
            _ if it == separator && !is_quoted => line.push(String::new()),
            _ => line.last_mut().unwrap().push(it),
        }
    }
    lines.retain(|it| it.len() > 1);
    lines
}

#[test]
fn every_amount_of_every_money_answer_is_explained() {
    let place = rich();
    let mut explained = 0;
    for (answer, narrowed) in MONEY {
        let options = [&["--as-of", "2025-04-30"], narrowed].concat();
        let json = place.ask(answer, &options);
        let id = match answer {
            "funds" => "pot",
            "outlook" => "fiscal_year",
            "shares" => "partner",
            _ => "id",
        };
        let rows = json["rows"].as_array().unwrap();
        let with_ids = rows.iter().map(|row| {
            let id = &row[id];
            (
                id.as_str().map_or_else(|| id.to_string(), str::to_owned),
                row,
            )
        });
        for (id, row) in with_ids.chain([("summary".to_owned(), &json["summary"])]) {
            let mut fields = BTreeSet::new();
            amounts(row, "", &mut fields);
            if fields.is_empty() {
                continue;
            }
            let names: Vec<&str> = fields.iter().map(String::as_str).collect();
            let command = [
                &["explain", "--format", "json"],
                &options[..],
                &[answer, &id],
                &names[..],
            ]
            .concat();
            let told = place.on_store(&command).ended(0).json();
            let all = told.as_array().cloned().unwrap_or_else(|| vec![told]);
            assert_eq!(all.len(), fields.len(), "{answer} {id}");
            for (field, it) in fields.iter().zip(&all) {
                let value = at(row, field);
                assert_eq!((&it["field"], &it["value"]), (&json!(field), value), "{it}");
                assert!(
                    it["formula"].as_str().is_some_and(|it| it.len() > 3),
                    "{answer} {id} {field}: {it}"
                );
                // What is not nothing rests on something.
                let events = it["events"].as_array().unwrap();
                assert!(
                    cents(value) == 0 || !events.is_empty(),
                    "{answer} {id} {field}: {it}"
                );
                explained += 1;
            }
        }
    }
    assert!(explained > 400, "only {explained} amounts");
}
