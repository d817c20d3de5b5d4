//! An answer's nested rows as a flat table with stable columns.

use leitstand_projections::{
    Answer,
    answers::{self, Form},
};
use serde_json::{Map, Value};

/// Column names in the contract's order, and one line of cells per row.
pub(super) struct Flat {
    pub(super) columns: Vec<String>,
    /// Whether the registry names the column itself.
    pub(super) declared: Vec<bool>,
    pub(super) lines: Vec<Vec<Cell>>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Nothing is stated.
    Empty,
    /// It cannot be computed, for this reason.
    Undefined(String),
    /// Words.
    Text(String),
    /// A whole number.
    Whole(String),
    /// A number with decimals.
    Decimal(String),
    /// A day, in ISO form.
    Date(String),
    /// Yes or no.
    YesNo(bool),
    /// A list, as JSON.
    List(Vec<Value>),
}

impl Cell {
    /// What stands in a field whose texts have this form.
    pub(super) fn of(value: &Value, form: Form) -> Self {
        match (value, form) {
            (Value::String(it), Form::Number) => Self::Decimal(it.clone()),
            (Value::String(it), Form::Day) => Self::Date(it.clone()),
            (Value::String(it), Form::Words) => Self::Text(it.clone()),
            _ => Self::guessed(value),
        }
    }

    /// What a value seems to be, where no field tells: in a summary on a terminal.
    pub(super) fn guessed(value: &Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Bool(it) => Self::YesNo(*it),
            Value::Number(it) => Self::Whole(it.to_string()),
            Value::String(it) if super::german::is_decimal(it) => Self::Decimal(it.clone()),
            Value::String(it) if super::german::date(it).is_some() => Self::Date(it.clone()),
            Value::String(it) => Self::Text(it.clone()),
            Value::Array(it) => Self::List(it.clone()),
            Value::Object(it) => match it.get("undefined").and_then(Value::as_str) {
                Some(reason) => Self::Undefined(reason.to_owned()),
                None => Self::List(vec![value.clone()]),
            },
        }
    }
}

impl Flat {
    /// Flattens an answer. The columns are those the registry names, nested ones with a dot, then
    /// `events`; fields the registry does not name one by one follow their parent.
    pub(super) fn of(answer: &Answer) -> Self {
        let rows: Vec<Map<String, Value>> = answer
            .rows
            .iter()
            .map(|row| {
                let mut fields = row.fields.clone();
                fields.insert("events".to_owned(), row.evidence.positions().into());
                fields
            })
            .collect();
        let declared = answers::by_name(answer.name).map_or(&[][..], |kind| kind.fields);
        let mut columns: Vec<String> = Vec::new();
        let mut tops: Vec<&str> = Vec::new();
        let of_rows = rows.iter().flat_map(Map::keys).map(String::as_str);
        for name in declared.iter().map(|it| it.name).chain(of_rows) {
            let top = name.split('.').next().unwrap_or(name);
            if !tops.contains(&top) && top != "events" {
                tops.push(top);
            }
        }
        for top in tops {
            let nested = format!("{top}.");
            let mut here: Vec<String> = declared
                .iter()
                .map(|it| it.name)
                .filter(|it| it.starts_with(&nested))
                .map(str::to_owned)
                .collect();
            for row in &rows {
                if let Some(value) = row.get(top) {
                    collect(top, value, &mut here);
                }
            }
            // An object in one row and nothing in another: the parts stand for the whole.
            if here.len() > 1 {
                here.retain(|it| it != top);
            }
            if here.is_empty() {
                here.push(top.to_owned());
            }
            columns.extend(here);
        }
        columns.push("events".to_owned());
        let is_declared = |column: &String| declared.iter().any(|it| it.name == column);
        let names = columns.iter().map(is_declared).collect();
        let forms: Vec<Form> = columns
            .iter()
            .map(|it| answers::form(answer.name, it))
            .collect();
        let line = |row: &Map<String, Value>| {
            let cells = columns.iter().zip(&forms).map(|(column, form)| {
                let of_row = answers::depends_on_row(answer.name, column);
                let of_row = of_row.then(|| answers::form_in(answer.name, column, row));
                cell(row, column, of_row.unwrap_or(*form))
            });
            cells.collect()
        };
        let lines = rows.iter().map(line).collect();
        Self {
            columns,
            declared: names,
            lines,
        }
    }
}

fn collect(path: &str, value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(parts) if !parts.contains_key("undefined") => {
            for (name, part) in parts {
                collect(&format!("{path}.{name}"), part, into);
            }
        }
        _ => {
            if !into.iter().any(|it| it == path) {
                into.push(path.to_owned());
            }
        }
    }
}

fn cell(row: &Map<String, Value>, path: &str, form: Form) -> Cell {
    let mut parts = path.split('.');
    let first = parts.next().and_then(|it| row.get(it));
    let value = parts.try_fold(first, |value, part| match value {
        // What is undefined as a whole is so in each part.
        Some(whole) if whole.get("undefined").is_some() => Err(whole),
        Some(whole) => Ok(whole.get(part)),
        None => Ok(None),
    });
    match value {
        Ok(value) => value.map_or(Cell::Empty, |it| Cell::of(it, form)),
        Err(undefined) => Cell::of(undefined, form),
    }
}
