//! From a row of a feed to a row for the desk.

use leitstand_domain::table::Cells;

use super::{
    Admit,
    open::{Body, Entry, Feed, Form, Source},
};
use crate::{
    Finding,
    columns::Sheet,
    desk::Asked,
    json,
    wish::{Wish, unknown_table},
};

/// A row as far as it can be read without the log.
pub(super) struct RowRead {
    /// Its place in the feed.
    pub(super) at: usize,
    /// The table it is counted under.
    pub(super) table: String,
    /// From 1.
    pub(super) number: u64,
    /// `None` if something is wrong with it before its cells are read.
    wanted: Option<(String, Cells, Result<Wish, Vec<Finding>>)>,
    pub(super) findings: Vec<Finding>,
}

impl RowRead {
    /// Asks whether the row may be handed in; `None` if not, and then the findings say why.
    pub(super) fn admitted(&mut self, admit: Admit<'_>) -> Option<Asked> {
        let (table, cells, wish) = self.wanted.take()?;
        match admit(&table, &cells) {
            Ok(actor) => Some(Asked::new(table, wish, actor)),
            Err(finding) => {
                self.findings.push(finding.in_table(table));
                None
            }
        }
    }
}

impl Feed {
    /// Reads a row.
    pub(super) fn read(&self, at: usize) -> RowRead {
        let Some((entry, source)) = self.entry(at) else {
            let table = String::new();
            return RowRead {
                at,
                table,
                number: 0,
                wanted: None,
                findings: Vec::new(),
            };
        };
        let (table, cells, mut findings) = cells(entry, source);
        let wish = Wish::read(&table, &cells);
        let shown = crate::finding::shortened(&table);
        let mut wanted = None;
        if findings.is_empty() {
            wanted = Some((table, cells, wish));
        } else if let Err(more) = wish
            && Sheet::of(&table).is_some()
            // Whoever mends a foreign row knows its columns, and they are named already.
            && !matches!(entry.body, Body::Mapped { .. })
        {
            // Whoever mends the row wants to know everything at once; nothing is said twice.
            let said = |it: &Finding| findings.iter().any(|other| other.column == it.column);
            let more: Vec<Finding> = more.into_iter().filter(|it| !said(it)).collect();
            let shape = findings.iter().any(|it| it.column.is_none());
            findings.extend(more.into_iter().filter(|_| !shape));
        }
        RowRead {
            at,
            table: shown,
            number: entry.place.number,
            wanted,
            findings,
        }
    }
}

fn cells(entry: &Entry, source: &Source) -> (String, Cells, Vec<Finding>) {
    let named = source.table.clone().unwrap_or_default();
    match (&entry.body, &source.form) {
        (Body::Line(_) | Body::Csv(_), Form::Csv { header, .. }) => {
            if let (Some(sheet), Some(record)) = (source.sheet, entry.record(source)) {
                let (cells, findings) = header.cells(sheet, &record);
                return (named, cells, findings);
            }
            let finding = unknown_table(&named);
            (named, Cells::new(), vec![finding])
        }
        (Body::Json(line), _) => json_cells(line, source),
        (Body::Mapped { line, row }, _) => {
            let (table, cells, mut findings) = json_cells(line, source);
            findings.extend(row.findings.iter().cloned());
            (table, cells, findings)
        }
        // A CSV row comes from a CSV source.
        (Body::Line(_) | Body::Csv(_), Form::Json) => (named, Cells::new(), Vec::new()),
    }
}

fn json_cells(line: &[u8], source: &Source) -> (String, Cells, Vec<Finding>) {
    let named = source.table.clone();
    let (mut cells, mut findings) = match json::cells(line) {
        Ok(read) => read,
        Err(finding) => {
            let table = named.unwrap_or_default();
            let finding = match source.sheet {
                Some(sheet) => finding.in_table(sheet.name()),
                None => finding,
            };
            return (table, Cells::new(), vec![finding]);
        }
    };
    let table = match named {
        Some(table) => table,
        None => cells
            .remove("table")
            .map(|it| it.trim().to_owned())
            .unwrap_or_default(),
    };
    match Sheet::of(&table) {
        Some(sheet) => {
            let own =
                |header: &str| sheet.column(header).is_none() && sheet.is_reject_column(header);
            cells.retain(|header, _| !own(header));
            findings.retain(|it| !it.column.as_deref().is_some_and(own));
            findings = findings
                .into_iter()
                .map(|it| it.in_table(sheet.name()))
                .collect();
        }
        None if table.is_empty() => findings.push(no_table()),
        None => findings.push(unknown_table(&table).at("table")),
    }
    (table, cells, findings)
}

/// `unknown_table`.
fn no_table() -> Finding {
    Finding::new(
        "unknown_table",
        "Die Zeile sagt nicht, in welche Tabelle sie gehört; bitte „table“ in die Zeile schreiben oder „--table“ angeben",
        "The row does not say which table it belongs to; write `table` into the row or state `--table`",
    )
    .at("table")
}
