//! One cell of an ODS. The file holds the value and the text people see; where the two say different
//! things, the cell is doubtful.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use super::{paragraph::of_cell, shown};
use crate::{
    Finding,
    grid::GridCell,
    workbook::{
        Currency, date, doubt,
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
        let foreign = other.filter(|it| !it.is_empty() && !own.is(it));
        Ok(match self.kind.as_str() {
            "" if self.has_formula && shown.is_empty() => Some(doubt::cell("", doubt::NO_RESULT)),
            "" | "void" | "string" => {
                let text = self.value.filter(|_| self.kind == "string").or(seen);
                text.map(GridCell::Text)
            }
            "float" | "currency" => Some(shown::number(value, shown, own, foreign)),
            "percentage" => Some(shown::percent(value, shown, own)),
            "date" => Some(shown::day(date::iso(value), shown)),
            "time" => Some(doubt::cell(shown, doubt::TIME_OF_DAY)),
            "boolean" => match value {
                "true" | "false" => Some(GridCell::Text(value.to_owned())),
                _ => Some(doubt::cell(shown, doubt::ERROR)),
            },
            _ => Some(doubt::cell(shown, doubt::BAD_NUMBER)),
        })
    }
}
