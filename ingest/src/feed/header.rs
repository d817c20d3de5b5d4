//! The first line of a file or sheet: which column is which.

use leitstand_domain::table::{Cells, Column};

use super::csv::{Record, Records};
use crate::{
    Finding,
    columns::Sheet,
    json::not_utf8,
    wish::{Unknown, duplicate_column, unknown_column},
    workbook::doubt,
};

/// A file's columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    /// As they stand in the file.
    pub(super) raw: Vec<Vec<u8>>,
    names: Vec<Name>,
    /// Wrong with every row of the file.
    pub(super) wrong: Vec<Finding>,
    /// Rows end with their last cell that holds something, as in a sheet.
    pub(super) has_short_rows: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Column(String),
    /// No column of the table.
    Unknown(String),
    /// The reason a row was rejected for the last time.
    Reason,
}

impl Header {
    /// Reads the header of a table's file.
    pub(super) fn read(record: &Record, sheet: Option<Sheet>) -> Self {
        let mut header = Self {
            raw: record.cells.clone(),
            ..Self::default()
        };
        let Some(sheet) = sheet else { return header };
        for cell in &record.cells {
            let Ok(text) = str::from_utf8(cell) else {
                header.is_wrong(not_utf8().in_table(sheet.name()));
                header.names.push(Name::Unknown("?".to_owned()));
                continue;
            };
            let name = match sheet.column(text) {
                Some(column) => Name::Column(column.into_owned()),
                None if sheet.is_reject_column(text) => Name::Reason,
                None => Name::Unknown(text.trim().to_owned()),
            };
            if let Name::Column(column) = &name
                && header.names.contains(&name)
            {
                header.is_wrong(duplicate_column(sheet.name(), column));
            }
            header.names.push(name);
        }
        header.missing(sheet);
        header
    }

    /// Every row says it, so it is said once.
    fn is_wrong(&mut self, finding: Finding) {
        if !self.wrong.contains(&finding) {
            self.wrong.push(finding);
        }
    }

    fn missing(&mut self, sheet: Sheet) {
        for column in sheet.columns().iter().filter(|it| it.mandatory) {
            if !self.names.contains(&Name::Column(column.name.to_owned())) {
                self.wrong.push(missing_column(sheet.name(), column.name));
            }
        }
    }

    /// Columns no row can be read by, where no row shows it.
    pub(super) fn unknown(&self, sheet: Sheet) -> Vec<Finding> {
        let mut unknown = Unknown::default();
        let told = self.names.iter().filter_map(|it| match it {
            // A column without a name and without a cell is a trailing separator.
            Name::Unknown(name) if !name.is_empty() && unknown.may_be_told(name) => {
                Some(unknown_column(sheet, name, ""))
            }
            Name::Unknown(_) | Name::Column(_) | Name::Reason => None,
        });
        let mut told: Vec<Finding> = told.collect();
        told.extend(unknown.rest(sheet));
        told
    }

    /// The cells of a row by column; what stands in a column without a name is found.
    pub(super) fn cells(&self, sheet: Sheet, record: &Record) -> (Cells, Vec<Finding>) {
        let (mut cells, mut findings) = (Cells::new(), self.wrong.clone());
        if record.unclosed {
            findings.push(unclosed_quote(sheet.name()));
        }
        if record
            .doubts
            .iter()
            .any(|(_, code)| *code == doubt::HIDDEN_ROW)
        {
            findings.push(doubt::finding(doubt::HIDDEN_ROW).in_table(sheet.name()));
            return (cells, findings);
        }
        let is_short = self.has_short_rows && record.cells.len() < self.names.len();
        if record.cells.len() != self.names.len() && !is_short {
            findings.push(wrong_cell_count(
                sheet.name(),
                self.names.len(),
                record.cells.len(),
            ));
            return (cells, findings);
        }
        let mut unknown = Unknown::default();
        for (at, (name, cell)) in self.names.iter().zip(&record.cells).enumerate() {
            let column = match name {
                Name::Column(column) | Name::Unknown(column) => column,
                Name::Reason => continue,
            };
            let Ok(text) = str::from_utf8(cell) else {
                if matches!(name, Name::Column(_)) || unknown.may_be_told(column) {
                    findings.push(not_utf8().in_table(sheet.name()).at(column.as_str()));
                }
                continue;
            };
            let text = text.trim();
            let doubts = record.doubts.iter().find(|(place, _)| *place == at);
            if let (Name::Column(column), Some((_, code))) = (name, doubts)
                && (*code != doubt::MERGED || holds_amounts(sheet, column))
            {
                findings.push(self.doubt(sheet, at, text, code));
                continue;
            }
            match name {
                _ if text.is_empty() => {}
                Name::Unknown(column) if unknown.may_be_told(column) => {
                    findings.push(unknown_column(sheet, column, text));
                }
                Name::Unknown(_) => {}
                Name::Column(_) | Name::Reason => {
                    cells.insert(column.clone(), text.to_owned());
                }
            }
        }
        findings.extend(unknown.rest(sheet));
        (cells, findings)
    }

    /// What is said of a doubtful cell; the value of a sealed column stays unsaid.
    pub(super) fn doubt(&self, sheet: Sheet, at: usize, text: &str, code: &'static str) -> Finding {
        let finding = doubt::finding(code).in_table(sheet.name());
        let Some(Name::Column(name) | Name::Unknown(name)) = self.names.get(at) else {
            return finding;
        };
        let sealed = |it: &Column| it.name == name && it.sealed;
        let is_sealed = sheet.columns().iter().any(sealed) || name == "note";
        finding
            .at(name.as_str())
            .showing(if is_sealed { "" } else { text })
    }

    /// Of each column, whether it is no column of texts: a number in it is a number, however it is shown.
    pub(super) fn numeric(&self, sheet: Option<Sheet>) -> Vec<bool> {
        let is_numeric = |it: &Name| match (it, sheet) {
            (Name::Column(name), Some(sheet)) => !sheet.holds_text(name),
            _ => false,
        };
        self.names.iter().map(is_numeric).collect()
    }

    /// Which cells of a row are kept when it is written down again.
    pub(super) fn keeps(&self, at: usize) -> bool {
        self.names.get(at) != Some(&Name::Reason)
    }

    /// Where a column stands.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.names
            .iter()
            .position(|it| matches!(it, Name::Column(name) if name == column))
    }
}

/// Whether a column of a table is for amounts.
fn holds_amounts(sheet: Sheet, column: &str) -> bool {
    let column = sheet.columns().iter().find(|it| it.name == column);
    column.is_none_or(|it| it.kind.ends_with("amount"))
}

/// The separator with which more of the first line are columns of the table; of two as good, the one
/// that makes more cells.
pub(super) fn separator(bytes: &[u8], sheet: Option<Sheet>) -> u8 {
    let worth = |separator: u8| {
        let first = Records::new(bytes, separator).next().unwrap_or_default();
        let texts = first.cells.iter().filter_map(|it| str::from_utf8(it).ok());
        let known = texts.filter(|it| sheet.is_some_and(|sheet| sheet.column(it).is_some()));
        (known.count(), first.cells.len())
    };
    if worth(b';') > worth(b',') {
        b';'
    } else {
        b','
    }
}

fn missing_column(table: &str, column: &str) -> Finding {
    Finding::new(
        "missing_column",
        format!("Die Pflichtspalte „{column}“ fehlt in der Kopfzeile"),
        format!("The mandatory column `{column}` is missing in the header"),
    )
    .in_table(table)
    .at(column)
}

fn wrong_cell_count(table: &str, expected: usize, found: usize) -> Finding {
    Finding::new(
        "wrong_cell_count",
        format!("Die Zeile hat {found} Zellen, die Kopfzeile {expected}; in CSV steht Text mit Trennzeichen oder Umbruch in Anführungszeichen"),
        format!("The row has {found} cells, the header {expected}; in CSV, text with separators or line breaks stands in quotes"),
    )
    .in_table(table)
    .showing(&found.to_string())
}

fn unclosed_quote(table: &str) -> Finding {
    Finding::new(
        "unclosed_quote",
        "Ein Anführungszeichen wird nicht geschlossen; ab hier ist der Rest der Datei nicht lesbar",
        "A quote is never closed; from here the rest of the file cannot be read",
    )
    .in_table(table)
}
