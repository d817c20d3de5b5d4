//! What is wrong with a row, said to whoever handed it in.

use std::borrow::Cow;

use leitstand_domain::{Refusal, cell::BadCell, table::BadColumn};
use serde::Serialize;

/// At most this many characters of a cell stand in a finding.
const SHOWN: usize = 80;

/// What is wrong, where, and what would be right.
///
/// Every key is always written; `null` is what does not apply. A value of a free-text column is never
/// shown: findings are printed, and free text must not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file it came in, as it was named.
    pub file: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The data row, from 1; `null` where it concerns the file as a whole.
    pub row: Option<u64>,
    /// The column.
    pub column: Option<String>,
    /// What was written there, shortened.
    pub value: Option<String>,
    /// Stable code, as in `bad_date`.
    pub code: Cow<'static, str>,
    /// What is wrong and what to do, in German.
    pub message: String,
    /// The same in English.
    pub message_en: String,
}

impl Finding {
    /// A finding that says nothing yet about where.
    #[must_use]
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        message_en: impl Into<String>,
    ) -> Self {
        Self {
            file: None,
            table: None,
            row: None,
            column: None,
            value: None,
            code: code.into(),
            message: sentence(message.into()),
            message_en: sentence(message_en.into()),
        }
    }

    /// Names the table.
    #[must_use]
    pub fn in_table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// Names the column.
    #[must_use]
    pub fn at(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Shows the cell, shortened.
    #[must_use]
    pub fn showing(mut self, value: &str) -> Self {
        self.value = (!value.is_empty()).then(|| shortened(value));
        self
    }

    /// Names file and row.
    #[must_use]
    pub fn in_row(mut self, file: Option<&str>, row: Option<u64>) -> Self {
        self.file = file.map(str::to_owned);
        self.row = row;
        self
    }

    pub(crate) fn of_cell(table: &str, column: &str, value: &str, bad: BadCell) -> Self {
        Self::new(bad.code, bad.de, bad.en)
            .in_table(table)
            .at(column)
            .showing(value)
    }

    /// A cell the domain could not read; the value of a sealed column stays unsaid.
    pub(crate) fn of_column(table: &str, bad: BadColumn, sealed: bool) -> Self {
        let value = if sealed { "" } else { bad.value.as_str() };
        Self::of_cell(table, bad.column, value, bad.bad)
    }

    pub(crate) fn of_refusal(table: &str, refusal: Refusal) -> Self {
        let mut finding = Self::new(refusal.code, refusal.de, refusal.en).in_table(table);
        finding.column = refusal.field.map(str::to_owned);
        finding
    }
}

/// The first characters of a value, with `…` where it goes on. Control characters are left out, so
/// that no terminal takes them for orders.
pub(crate) fn shortened(value: &str) -> String {
    let mut chars = value.chars().filter(|it| !it.is_control());
    let mut shown: String = chars.by_ref().take(SHOWN).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
