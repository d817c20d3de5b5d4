//! One cell of an ODS. The file holds the value and the text people see; where the two say different
//! things, the cell is doubtful.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use super::paragraph::of_cell;
use crate::{
    Finding,
    grid::GridCell,
    workbook::{
        Currency, date, doubt,
        number::{self, Digits, Plain},
        xml::{Xml, attribute},
    },
};

/// What a cell's tag says.
pub(super) struct Head {
    kind: String,
    value: Option<String>,
    /// Of an amount, where the file says it.
    currency: Option<String>,
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
            currency: get("office:currency")?,
            has_formula: get("table:formula")?.is_some(),
            is_error: get("calcext:value-type")?.is_some_and(|it| it == "error"),
            kind,
        })
    }

    /// The rest of the cell; nothing if it is empty.
    pub(super) fn cell(
        self,
        xml: &mut Xml<'_>,
        own: &Currency,
    ) -> Result<Option<GridCell>, Finding> {
        let seen = of_cell(xml)?;
        let shown = seen.as_deref().unwrap_or_default();
        let is_error = self.has_formula && (shown.starts_with('#') || shown.starts_with("Err:"));
        if self.is_error || is_error {
            return Ok(Some(doubt::cell(shown, doubt::ERROR)));
        }
        let value = self.value.as_deref().unwrap_or_default();
        let other = self.currency.as_deref().filter(|_| self.kind == "currency");
        let is_foreign = other.is_some_and(|it| !it.is_empty() && !own.is(it));
        let checked = |cell: GridCell, of: fn(Plain) -> Plain, sign: &str| match cell {
            GridCell::Number(_)
            | GridCell::Doubtful {
                code: doubt::NOISE, ..
            } if is_foreign || shows_else((shown, own), value, of, sign) => {
                doubt::cell(shown, doubt::FORMATTED)
            }
            cell => cell,
        };
        Ok(match self.kind.as_str() {
            "" if self.has_formula && shown.is_empty() => Some(doubt::cell("", doubt::NO_RESULT)),
            "" | "void" | "string" => {
                let text = self.value.filter(|_| self.kind == "string").or(seen);
                text.map(GridCell::Text)
            }
            "float" | "currency" => Some(checked(number::number(value, Digits::All), |it| it, "")),
            "percentage" => {
                let cell = number::percent(value, Digits::All);
                Some(checked(cell, Plain::percent, "%"))
            }
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

/// Whether the text says something else than the number: zeros in front, words, another currency,
/// thousands or decimals left out. `of` is what the format makes of it, `sign` what is beside.
fn shows_else(
    (shown, own): (&str, &Currency),
    value: &str,
    of: fn(Plain) -> Plain,
    sign: &str,
) -> bool {
    let Some(plain) = Plain::parse(value).map(of) else {
        return false;
    };
    if shown.trim().is_empty() {
        return false;
    }
    let rest = own.taken_off(shown).replace(sign, "");
    let mark = |it: char| it.is_whitespace() || "+-−(),.'’Ee/".contains(it);
    if !rest.chars().all(|it| it.is_ascii_digit() || mark(it)) {
        return true;
    }
    let (whole, fraction) = plain.without_noise().unwrap_or(plain).parts();
    let (mantissa, is_scientific) = match rest.split_once(['E', 'e']) {
        Some((mantissa, _)) => (mantissa, true),
        None => (&*rest, false),
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if is_scientific {
        let figures = format!("{whole}{fraction}");
        return digits.trim_matches('0') != figures.trim_matches('0');
    }
    // A 0 before the point need not be shown, nor the zeros at the end.
    let bare = if whole == "0" { "" } else { &whole };
    let behind = digits
        .strip_prefix(&*whole)
        .or_else(|| digits.strip_prefix(bare));
    behind.is_none_or(|it| it.trim_end_matches('0') != fraction)
}

/// A day, if the text shows its day and its year.
fn day(value: &str, shown: &str) -> GridCell {
    let cell = date::iso(value);
    let GridCell::Date(iso) = &cell else {
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
        let own = Currency::default();
        for (shown, value, more) in [
            ("1.234,50 €", "1234.5", false),
            ("1,235", "1234.56", true),
            ("100,0", "99.99", true),
            ("1,23E+05", "123000", false),
            ("1.23E+06", "1234567.89", true),
            ("$100.00", "100", true),
            ("100,00 CHF", "100", true),
            ("£100", "100", true),
            ("100,00 EUR", "100", false),
            ("0,30", "0.30000000000000004", false),
            (",50 €", "0.5", false),
            ("- €", "0", false),
            ("-5", "-5", false),
            ("", "5", false),
            ("0,5", "0.5", false),
            ("0100", "100", true),
            ("5 Tage", "5", true),
            ("1235", "1234567", true),
        ] {
            let shown = (shown, &own);
            assert_eq!(shows_else(shown, value, |it| it, ""), more, "{shown:?}");
        }
        for (shown, more) in [("12,5 %", false), ("13%", true), ("12,50%", false)] {
            let is_else = shows_else((shown, &own), "0.125", Plain::percent, "%");
            assert_eq!(is_else, more, "{shown}");
        }
        assert_eq!(
            day("2024-12-31", "31.12.24"),
            GridCell::Date("2024-12-31".to_owned())
        );
        let part = doubt::cell("Dez 24", doubt::PART_OF_DATE);
        assert_eq!(day("2024-12-31", "Dez 24"), part);
    }
}
