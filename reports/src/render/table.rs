//! An answer as a table for a terminal.

use std::{borrow::Cow, fmt::Write as _};

use comfy_table::{
    Cell as Field, CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED,
};
use leitstand_projections::{Answer, answers};
use serde_json::{Map, Value};

use super::{
    flat::{Cell, Flat},
    german,
};

/// An answer as a table as wide as the terminal.
#[must_use]
pub fn table(answer: &Answer) -> String {
    let flat = Flat::of(&worded(answer));
    let mut out = heading(answer);
    let mut reasons: Vec<String> = Vec::new();
    if flat.lines.is_empty() {
        out.push_str("Keine Zeilen.\n");
    } else {
        let shown: Vec<usize> = (0..flat.columns.len())
            .filter(|at| worth_showing(&flat, *at))
            .collect();
        let rows = flat.lines.iter().map(|line| {
            shown
                .iter()
                .map(|at| field(&line[*at], &flat.columns[*at], &mut reasons))
                .collect::<Vec<_>>()
        });
        let rows: Vec<Vec<Field>> = rows.collect();
        let columns: Vec<&str> = shown.iter().map(|at| flat.columns[*at].as_str()).collect();
        out.push_str(&wide_table(&columns, rows));
    }
    summary(&mut out, "", &answer.summary);
    for reason in &reasons {
        let _ = writeln!(out, "–  {reason}");
    }
    if let Some(cursor) = &answer.cursor {
        let _ = writeln!(out, "Weitere Zeilen mit --cursor {cursor}");
    }
    out
}

/// A table with a header, as wide as the terminal.
#[must_use]
pub fn wide_table(columns: &[&str], rows: Vec<Vec<Field>>) -> String {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.to_vec());
    for row in rows {
        table.add_row(row);
    }
    table.to_string() + "\n"
}

/// The answer with objects in words, where no field of it is a part of another: of a trail, what an event said.
/// What was said just before is not said again.
fn worded(answer: &Answer) -> Cow<'_, Answer> {
    let fields = answers::by_name(answer.name).map_or(&[][..], |kind| kind.fields);
    if fields.iter().any(|it| it.name.contains('.')) {
        return Cow::Borrowed(answer);
    }
    let mut worded = answer.clone();
    for row in &mut worded.rows {
        let mut before = Value::Null;
        for value in row.fields.values_mut() {
            if let Value::Object(parts) = &value
                && !parts.contains_key("undefined")
            {
                let words = Value::from(words(parts));
                *value = if words == before {
                    Value::Null
                } else {
                    words.clone()
                };
                before = words;
            }
        }
    }
    Cow::Owned(worded)
}

fn heading(answer: &Answer) -> String {
    let date = |text: String| german::date(&text).unwrap_or(text);
    let known = answer
        .view
        .known_on
        .map_or_else(|| "heute".to_owned(), |it| date(it.to_string()));
    let mut out = format!(
        "Stand am {} · bekannt am {known} · Protokollposition {}",
        date(answer.view.as_of.to_string()),
        answer.position
    );
    if answer.backfilled > 0 {
        let _ = write!(out, " · nacherfasst: {}", answer.backfilled);
    }
    out.push('\n');
    if let Some(since) = &answer.stands_since {
        let _ = writeln!(out, "Achtung: Die Auskünfte stehen seit Position {since}.");
    }
    out
}

/// A column somebody can read in a terminal: lists are not, nor what no row states, nor the parts of
/// an object that only the other forms spell out. Where only some rows have a list, as in `changes`, the
/// others are to be read.
fn worth_showing(flat: &Flat, at: usize) -> bool {
    let mut cells = flat.lines.iter().map(|line| &line[at]);
    flat.declared[at] && cells.any(|it| !matches!(it, Cell::List(_) | Cell::Empty))
}

fn field(cell: &Cell, column: &str, reasons: &mut Vec<String>) -> Field {
    let right = |text: String| Field::new(text).set_alignment(CellAlignment::Right);
    match cell {
        Cell::Empty => Field::new(""),
        Cell::List(_) => Field::new("…"),
        Cell::Undefined(reason) => {
            let reason = format!("{column}: {}", german::reason(reason));
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
            right("–".to_owned())
        }
        Cell::Text(it) => {
            let moment = german::moment(it);
            Field::new(german::mark(it).unwrap_or(moment.as_deref().unwrap_or(it)))
        }
        Cell::Whole(it) => right(it.clone()),
        // The parts of an object in words are no number, though each of them is.
        Cell::Decimal(it) if !german::is_decimal(it) => Field::new(it),
        Cell::Decimal(it) => right(german::grouped(it)),
        Cell::Date(it) => Field::new(german::date(it).unwrap_or_else(|| it.clone())),
        Cell::YesNo(it) => Field::new(if *it { "ja" } else { "nein" }),
    }
}

/// The summary, one line per figure; a group of figures in one line.
fn summary(out: &mut String, path: &str, figures: &Map<String, Value>) {
    for (name, value) in figures {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match value {
            Value::Object(parts) if parts.contains_key("undefined") => {
                let _ = writeln!(
                    out,
                    "{path}: – ({})",
                    german::reason(parts["undefined"].as_str().unwrap_or_default())
                );
            }
            Value::Object(parts) if parts.values().all(|it| !it.is_object()) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|(name, it)| format!("{name} {}", figure(it)))
                    .collect();
                let _ = writeln!(out, "{path}: {}", parts.join(" · "));
            }
            Value::Object(parts) => summary(out, &path, parts),
            _ => {
                let _ = writeln!(out, "{path}: {}", figure(value));
            }
        }
    }
}

fn figure(value: &Value) -> String {
    if let Value::Object(parts) = value
        && !parts.contains_key("undefined")
    {
        return words(parts);
    }
    match Cell::guessed(value) {
        Cell::Empty => "–".to_owned(),
        Cell::Undefined(reason) => format!("– ({})", german::reason(&reason)),
        Cell::Text(it) => german::mark(&it).map_or(it, str::to_owned),
        Cell::Whole(it) => it,
        Cell::Decimal(it) => german::grouped(&it),
        Cell::Date(it) => german::date(&it).unwrap_or(it),
        Cell::YesNo(it) => if it { "ja" } else { "nein" }.to_owned(),
        Cell::List(it) => it.iter().map(figure).collect::<Vec<_>>().join(", "),
    }
}

/// The parts of an object in words.
fn words(parts: &Map<String, Value>) -> String {
    let parts = parts.iter();
    let parts = parts.map(|(name, it)| format!("{name}: {}", figure(it)));
    parts.collect::<Vec<_>>().join(" · ")
}
