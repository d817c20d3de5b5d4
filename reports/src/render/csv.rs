//! CSV for programs, and CSV as a German spreadsheet opens it.

use leitstand_projections::{
    Answer,
    answers::{self, Form},
};
use serde_json::Value;

use super::{
    flat::{Cell, Flat},
    german,
};

/// How CSV is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// RFC 4180: `,` between cells, decimal point, ISO dates, no byte order mark.
    Standard,
    /// `;` between cells, decimal comma, `TT.MM.JJJJ`, with a byte order mark.
    German,
}

impl Dialect {
    fn separator(self) -> char {
        match self {
            Self::Standard => ',',
            Self::German => ';',
        }
    }
}

/// The rows of an answer as CSV; lines end with CRLF in both dialects.
#[must_use]
pub fn csv(answer: &Answer, dialect: Dialect) -> String {
    let flat = Flat::of(answer);
    let mut out = String::new();
    if dialect == Dialect::German {
        out.push('\u{feff}');
    }
    line(&mut out, dialect, flat.columns.iter().map(String::as_str));
    for cells in &flat.lines {
        let cells = cells.iter().zip(&flat.columns);
        let texts: Vec<String> = cells
            .map(|(it, column)| match (it, dialect) {
                (Cell::List(it), Dialect::German) => {
                    let in_german = it.iter().map(|it| in_german(answer.name, column, it));
                    Value::Array(in_german.collect()).to_string()
                }
                _ => text(it, dialect),
            })
            .collect();
        line(&mut out, dialect, texts.iter().map(String::as_str));
    }
    out
}

fn line<'a>(out: &mut String, dialect: Dialect, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(dialect.separator());
        }
        if cell.contains([dialect.separator(), '"', '\r', '\n']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

fn text(cell: &Cell, dialect: Dialect) -> String {
    match (cell, dialect) {
        (Cell::Empty | Cell::Undefined(_), _) => String::new(),
        (Cell::Text(it), _) => harmless(it),
        (Cell::Whole(it), _) | (Cell::Decimal(it) | Cell::Date(it), Dialect::Standard) => {
            it.clone()
        }
        (Cell::Decimal(it), Dialect::German) => german::decimal_comma(it),
        (Cell::Date(it), Dialect::German) => german::date(it).unwrap_or_else(|| it.clone()),
        (Cell::YesNo(it), Dialect::Standard) => it.to_string(),
        (Cell::YesNo(it), Dialect::German) => if *it { "ja" } else { "nein" }.to_owned(),
        (Cell::List(it), _) => Value::Array(it.clone()).to_string(),
    }
}

/// A part of a list as people read it: figures with a decimal comma, days as `TT.MM.JJJJ`. The list stays JSON.
fn in_german(answer: &str, path: &str, value: &Value) -> Value {
    match value {
        Value::String(it) => match answers::form(answer, path) {
            Form::Number => german::decimal_comma(it).into(),
            Form::Day => german::date(it).unwrap_or_else(|| it.clone()).into(),
            Form::Words => value.clone(),
        },
        Value::Array(it) => it.iter().map(|it| in_german(answer, path, it)).collect(),
        Value::Object(it) if it.contains_key("undefined") => value.clone(),
        Value::Object(it) => {
            let parts = it.iter().map(|(name, it)| {
                let path = format!("{path}.{name}");
                (name.clone(), in_german(answer, &path, it))
            });
            Value::Object(parts.collect())
        }
        _ => value.clone(),
    }
}

/// A text no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use leitstand_projections::{Day, View};
    use serde_json::{Map, json};

    use super::*;

    fn answer(fields: Value) -> Answer {
        let Value::Object(fields) = fields else {
            return answer(json!({}));
        };
        let row = leitstand_projections::AnswerRow {
            id: String::new(),
            fields,
            evidence: <_>::default(),
        };
        Answer {
            name: "shares",
            view: View {
                as_of: Day::FIRST,
                known_on: None,
                at_position: None,
            },
            position: 0,
            backfilled: 0,
            rows: vec![row],
            summary: Map::new(),
            grounds: <_>::default(),
            cursor: None,
            stands_since: None,
        }
    }

    fn cells(fields: Value, dialect: Dialect) -> String {
        let csv = csv(&answer(fields), dialect);
        csv.lines().skip(1).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_dialect_for_programs_is_rfc_4180() {
        let fields =
            json!({"partner": "a,\"b\"", "share_percent": {"undefined": "x"}, "amount": "1234.50"});
        let csv = csv(&answer(fields), Dialect::Standard);
        assert_eq!(
            csv,
            "partner,share_percent,amount,key_year,key_verified,events\r\n\"a,\"\"b\"\"\",,1234.50,,,[]\r\n"
        );
    }

    #[test]
    fn the_dialect_for_people_opens_in_a_german_spreadsheet() {
        let fields = json!({"partner": "10.50", "share_percent": true, "amount": "-1234.50"});
        let csv = csv(&answer(fields), Dialect::German);
        assert!(
            csv.starts_with(
                "\u{feff}partner;share_percent;amount;key_year;key_verified;events\r\n"
            ),
            "{csv}"
        );
        assert!(csv.ends_with("\r\n10.50;ja;-1234,50;;;[]\r\n"), "{csv}");
    }

    #[test]
    fn text_that_looks_like_a_formula_is_defused_and_numbers_are_not() {
        for text in ["=1+1", "+49", "-1+1", "@SUM(A1)", "\tx"] {
            let cells = cells(json!({ "partner": text }), Dialect::Standard);
            assert!(cells.starts_with(&format!("'{text}")), "{cells}");
        }
        let amount = cells(json!({ "amount": "-1.00" }), Dialect::Standard);
        assert!(amount.starts_with(",,-1.00,"), "{amount}");
    }

    #[test]
    fn nested_fields_have_a_dot_and_lists_are_json() {
        let fields = json!({"partner": "BW", "x": {"a": 1, "b": [{"c": "d"}]}});
        let csv = csv(&answer(fields), Dialect::Standard);
        assert_eq!(
            csv,
            "partner,share_percent,amount,key_year,key_verified,x.a,x.b,events\r\nBW,,,,,1,\"[{\"\"c\"\":\"\"d\"\"}]\",[]\r\n"
        );
    }

    /// By what the field is, not by how the text looks; in lists, too.
    #[test]
    fn the_number_of_a_resolution_is_no_amount_and_a_title_no_day() {
        let fields = json!({
            "number": "10.50", "resolution": "2024-12-31", "date": "2024-12-31", "amount": "10.50",
            "conditions": [{ "text": "1.50", "due": "2024-12-31" }],
        });
        let mut of_decisions = answer(fields);
        of_decisions.name = "decisions";
        let csv = csv(&of_decisions, Dialect::German);
        let table: Vec<&str> = csv.lines().collect();
        let cells: Vec<(&str, &str)> = table[0].split(';').zip(table[1].split(';')).collect();
        for cell in [
            ("number", "10.50"),
            ("resolution", "2024-12-31"),
            ("date", "31.12.2024"),
            ("amount", "10,50"),
            (
                "conditions",
                r#""[{""text"":""1.50"",""due"":""31.12.2024""}]""#,
            ),
        ] {
            assert!(cells.contains(&cell), "{cell:?} in {csv}");
        }
    }
}
