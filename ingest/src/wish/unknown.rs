//! Columns a table does not have.

use crate::{columns::Sheet, finding::Finding};

/// `unknown_column`.
pub(crate) fn unknown_column(sheet: Sheet, header: &str, value: &str) -> Finding {
    let known: Vec<&str> = sheet.columns().iter().map(|it| it.name).collect();
    let shown = crate::finding::shortened(header);
    let (table, known) = (sheet.name(), known.join(", "));
    Finding::new(
        "unknown_column",
        format!("„{shown}“ ist keine Spalte von „{table}“; eigene Spalten sind {known}"),
        format!("`{shown}` is not a column of `{table}`; its own columns are {known}"),
    )
    .in_table(table)
    .at(shown)
    .showing(value)
}

/// Of a row, so many unknown columns are told one by one; a table with thousands of them would fill the
/// memory with findings.
const TOLD: usize = 16;

/// The unknown columns of a row.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    told: usize,
    left: usize,
    /// The names of those left, as far as they are shown.
    names: Vec<String>,
}

impl Unknown {
    /// Whether a finding of its own is wanted for one more.
    pub(crate) fn may_be_told(&mut self, header: &str) -> bool {
        if self.told < TOLD {
            self.told += 1;
            return true;
        }
        self.left += 1;
        if self.names.len() < TOLD {
            self.names.push(crate::finding::shortened(header));
        }
        false
    }

    /// What is said of all others together: `unknown_column` at the first of them.
    pub(crate) fn rest(self, sheet: Sheet) -> Option<Finding> {
        let first = self.names.first()?.clone();
        let (table, left) = (sheet.name(), self.left);
        let dots = if left > self.names.len() { ", …" } else { "" };
        let (de, en) = (self.names.join("“, „"), self.names.join("`, `"));
        let finding = Finding::new(
            "unknown_column",
            format!("Weitere {left} Spalten sind keine von „{table}“: „{de}“{dots}"),
            format!("Another {left} columns are none of `{table}`: `{en}`{dots}"),
        );
        Some(finding.in_table(table).at(first))
    }
}
