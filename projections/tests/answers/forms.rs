//! What a field's texts are is declared, and holds for whatever is fed.

use std::collections::BTreeSet;

use jiff::civil::date;
use leitstand_projections::{
    Before, Day, Filter,
    answers::{self, Form},
};
use leitstand_tests::{generator, reference};
use serde_json::{Map, Value};

use crate::desk::Desk;

/// Whether a text looks like an amount, rate or share.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.split_once('.').is_some_and(|(whole, places)| {
        let all = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        all(whole) && all(places) && places.len() >= 2
    })
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// Looks at every text below a value.
fn look(
    answer: &str,
    path: &str,
    row: &Map<String, Value>,
    value: &Value,
    seen: &mut BTreeSet<String>,
) {
    match value {
        Value::String(text) => {
            let form = answers::form_in(answer, path, row);
            let expected = match text.as_str() {
                text if is_decimal(text) => Form::Number,
                text if is_day(text) => Form::Day,
                // A number without decimals may be one, too.
                text if form == Form::Number && text.parse::<i64>().is_ok() => Form::Number,
                text if form == Form::Number && text.parse::<rust_decimal::Decimal>().is_ok() => {
                    Form::Number
                }
                _ => Form::Words,
            };
            // An id may look like anything; of those fed here none does.
            if form != expected {
                seen.insert(format!("WRONG: {answer} {path} is {form:?}: {text}"));
            } else if form != Form::Words {
                seen.insert(format!("{answer} {path}"));
            }
        }
        Value::Array(all) => all.iter().for_each(|it| look(answer, path, row, it, seen)),
        Value::Object(parts) if parts.contains_key("undefined") => {}
        Value::Object(parts) => {
            for (name, it) in parts {
                look(answer, &format!("{path}.{name}"), row, it, seen);
            }
        }
        _ => {}
    }
}

fn look_at(name: &str, answer: &Value, seen: &mut BTreeSet<String>) {
    for row in answer["rows"].as_array().unwrap() {
        let fields = row.as_object().unwrap();
        for (field, value) in fields {
            look(name, field, fields, value, seen);
        }
    }
}

#[test]
fn what_is_declared_a_figure_a_day_or_words_is_that_in_every_answer() {
    let mut seen = BTreeSet::new();
    for seed in 0..3 {
        let mut desk = Desk::with_bodies(date(2026, 11, 1));
        let rows = generator::feed_of_all_tables(seed, 600);
        desk.come_together(&rows);
        for row in rows {
            desk.record(&row.table, &row.cells, false);
        }
        desk.complete_pairs();
        for name in reference::ALL_ANSWERS {
            let answer = desk.at(name, date(2025, 6, 30));
            look_at(name, &answer, &mut seen);
        }
        let earlier = Filter {
            before: Before {
                as_of: Day::of(date(2024, 6, 30)),
                ..Before::default()
            },
            ..Filter::default()
        };
        let changes = desk.asked("changes", date(2025, 6, 30), earlier).unwrap();
        look_at("changes", &changes, &mut seen);
        let requests = desk.at("requests", date(2025, 6, 30));
        for request in requests["rows"].as_array().unwrap() {
            let of_it = Filter {
                id: request["id"].as_str().map(str::to_owned),
                ..Filter::default()
            };
            let trail = desk.asked("trail", date(2025, 6, 30), of_it).unwrap();
            look_at("trail", &trail, &mut seen);
        }
    }
    let wrong: Vec<&String> = seen.iter().filter(|it| it.starts_with("WRONG")).collect();
    assert!(wrong.is_empty(), "{} fields: {wrong:#?}", wrong.len());
    assert!(seen.len() > 90, "{} fields: {seen:?}", seen.len());
}
