//! One cell of an ODS. The file holds the value and the text people see; where the two say different
//! things, the cell is doubtful.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use super::paragraph::of_cell;
use crate::{
    Finding,
    grid::GridCell,
    workbook::{
        date, doubt,
        number::{self, Plain},
        xml::{Xml, attribute},
    },
};

/// What a cell's tag says.
pub(super) struct Head {
    kind: String,
    value: Option<String>,
    has_formula: bool,
    is_error: bool,
}

impl Head {
    pub(super) fn read(start: &BytesStart<'_>) -> Result<Self, Finding> {
        let get = |name| -> Result<Option<String>, Finding> {
            Ok(attribute(start, name)?.map(Cow::into_owned))
        };
        let kind = get("office:value-type")?.unwrap_or_default();
        let value = match kind.as_str() {
            "date" => "office:date-value",
            "time" => "office:time-value",
            "boolean" => "office:boolean-value",
            "string" => "office:string-value",
            _ => "office:value",
        };
        Ok(Self {
            value: get(value)?,
            has_formula: get("table:formula")?.is_some(),
            is_error: get("calcext:value-type")?.is_some_and(|it| it == "error"),
            kind,
        })
    }

    /// The rest of the cell; nothing if it is empty.
    pub(super) fn cell(self, xml: &mut Xml<'_>) -> Result<Option<GridCell>, Finding> {
        let seen = of_cell(xml)?;
        let shown = seen.as_deref().unwrap_or_default();
        let is_error = self.has_formula && (shown.starts_with('#') || shown.starts_with("Err:"));
        if self.is_error || is_error {
            return Ok(Some(doubt::cell(shown, doubt::ERROR)));
        }
        let value = self.value.as_deref().unwrap_or_default();
        let number = |cell: GridCell| {
            if shows_more(shown, value) {
                doubt::cell(shown, doubt::FORMATTED)
            } else {
                cell
            }
        };
        Ok(match self.kind.as_str() {
            "" if self.has_formula && shown.is_empty() => Some(doubt::cell("", doubt::NO_RESULT)),
            "" | "void" | "string" => {
                let text = self.value.filter(|_| self.kind == "string").or(seen);
                text.map(GridCell::Text)
            }
            "float" | "currency" => Some(number(number::number(value))),
            "percentage" => Some(number::percent(value)),
            "date" => Some(day(value, shown)),
            "time" => Some(doubt::cell(shown, doubt::TIME_OF_DAY)),
            "boolean" => match value {
                "true" | "false" => Some(GridCell::Text(value.to_owned())),
                _ => Some(doubt::cell(shown, doubt::ERROR)),
            },
            _ => Some(doubt::cell(shown, doubt::BAD_NUMBER)),
        })
    }
}

/// Whether the text says something else than the number: zeros in front, words, thousands left out.
fn shows_more(shown: &str, value: &str) -> bool {
    let Some(plain) = Plain::parse(value) else {
        return false;
    };
    if shown.trim().is_empty() {
        return false;
    }
    let mut rest = shown.to_owned();
    for currency in ["€", "EUR", "Euro", "$", "£", "CHF"] {
        rest = rest.replace(currency, "");
    }
    let is_scientific = rest.contains(['E', 'e']);
    let mark = |it: char| it.is_whitespace() || "+-−(),.'’Ee/".contains(it);
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let has_words = !rest.chars().all(|it| it.is_ascii_digit() || mark(it));
    let mut figures = rest.chars().skip_while(|it| !it.is_ascii_digit());
    let is_padded =
        figures.next() == Some('0') && figures.next().is_some_and(|it| it.is_ascii_digit());
    let is_scaled = !is_scientific && digits.len() < plain.whole_digits();
    has_words || is_padded || is_scaled
}

/// A day, if the text shows its day and its year.
fn day(value: &str, shown: &str) -> GridCell {
    let cell = date::iso(value);
    let GridCell::Text(iso) = &cell else {
        return cell;
    };
    let number = |it: &str| it.parse::<u32>().ok();
    let parts: Vec<u32> = iso.split('-').filter_map(number).collect();
    let [year, _, day] = parts.as_slice() else {
        return cell;
    };
    let numbers: Vec<u32> = shown
        .split(|it: char| !it.is_ascii_digit())
        .filter_map(number)
        .collect();
    let has = |wanted: u32| numbers.contains(&wanted);
    if shown.trim().is_empty() || has(*day) && (has(*year) || has(year % 100)) {
        cell
    } else {
        doubt::cell(shown, doubt::PART_OF_DATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_must_be_what_is_there() {
        for (shown, value, more) in [
            ("1.234,50 €", "1234.5", false),
            ("1,235", "1234.56", false),
            ("1,23E+05", "123000", false),
            ("-5", "-5", false),
            ("", "5", false),
            ("0,5", "0.5", false),
            ("0100", "100", true),
            ("5 Tage", "5", true),
            ("1235", "1234567", true),
        ] {
            assert_eq!(shows_more(shown, value), more, "{shown}");
        }
        assert_eq!(
            day("2024-12-31", "31.12.24"),
            GridCell::Text("2024-12-31".to_owned())
        );
        let part = doubt::cell("Dez 24", doubt::PART_OF_DATE);
        assert_eq!(day("2024-12-31", "Dez 24"), part);
    }
}
