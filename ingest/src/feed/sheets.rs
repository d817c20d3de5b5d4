//! Tables that come as grids: the sheets of a workbook, the tables a plan holds.

use std::path::Path;

use super::{
    csv::Record,
    header::Header,
    open::{Body, Feed, Form, Source},
    packed::Packed,
};
use crate::{
    Failure, Finding,
    columns::Sheet,
    grid::{Grid, GridCell, GridRow, plain_number},
    workbook::{self, doubt},
};

/// So many cells of a sheet that were read with a remark are named one by one.
const NAMED: usize = 1_000;

impl Feed {
    /// Takes the sheets of a workbook; empty ones are left alone. With `table`, the one sheet there is
    /// holds that table, whatever its name.
    pub(super) fn workbook(
        &mut self,
        label: &str,
        path: &Path,
        bytes: &[u8],
        table: Option<&str>,
    ) -> Result<(), Failure> {
        self.weigh(bytes.len() as u64)?;
        let mut grids = match workbook::read(bytes, label, &self.currency) {
            Ok(grids) => grids,
            Err(finding) => {
                self.findings.push(finding.in_row(Some(label), None));
                return Ok(());
            }
        };
        grids.retain(|it| !it.rows.is_empty());
        let wrong = match grids.len() {
            0 => Some(empty_workbook()),
            1 => None,
            _ => table.map(many_sheets),
        };
        self.findings
            .extend(wrong.map(|it| it.in_row(Some(label), None)));
        let table = table.filter(|_| grids.len() == 1);
        for grid in grids {
            self.grid(label, path, grid, table)?;
        }
        Ok(())
    }

    /// Takes what a plan of Microsoft Project holds, and lists what it holds besides.
    pub(super) fn plan(
        &mut self,
        label: &str,
        path: &Path,
        bytes: &[u8],
        table: Option<&str>,
    ) -> Result<(), Failure> {
        self.weigh(bytes.len() as u64)?;
        let plan = match workbook::plan::read(bytes, label) {
            Ok(plan) => plan,
            Err(finding) => {
                self.findings.push(finding.in_row(Some(label), None));
                return Ok(());
            }
        };
        let several = table.map(many_sheets);
        self.findings
            .extend(several.map(|it| it.in_row(Some(label), None)));
        let in_file = |mut it: Finding| {
            it.file = Some(label.to_owned());
            it
        };
        self.findings.extend(plan.left_out.into_iter().map(in_file));
        for grid in plan.tables {
            self.grid(label, path, grid, None)?;
        }
        Ok(())
    }

    fn grid(
        &mut self,
        label: &str,
        path: &Path,
        grid: Grid,
        table: Option<&str>,
    ) -> Result<(), Failure> {
        let name = grid.sheet.unwrap_or_default();
        let label = format!("{label}#{name}");
        let table = table.map_or_else(|| table_name(&name), str::to_owned);
        let mut rows = grid.rows.into_iter();
        let Some(first) = rows.next() else {
            return Ok(());
        };
        let start = first.number;
        let first = record(first, &[]);
        if let Some((at, code)) = first.doubts.first() {
            let cell = first.cells.get(*at).map(|it| String::from_utf8_lossy(it));
            let finding = doubt::finding(code).showing(&cell.unwrap_or_default());
            self.findings.push(finding.in_row(Some(&label), None));
            return Ok(());
        }
        let sheet = Sheet::of(&table);
        let mut header = Header::read(&first, sheet);
        header.has_short_rows = true;
        let numeric = header.numeric(sheet);
        let source = Source {
            label,
            path: Some(path.to_owned()),
            table: Some(table),
            sheet,
            form: Form::Csv {
                separator: b',',
                header,
            },
            text: Box::default(),
        };
        let (mut remarks, mut weight) = (Remarks::default(), 0);
        let records = rows.map(|row| {
            let number = row.number.saturating_sub(start);
            let mut record = record(row, &numeric);
            remarks.take(&mut record, number);
            weight += Packed::weight(&record);
            let body = Body::Csv(Box::new(Packed::new(&record)));
            (record, number, body)
        });
        self.records(&source, records);
        self.findings.extend(remarks.said(&source));
        self.sources.push(source);
        self.weigh(weight)
    }
}

/// The table a sheet is named after; capitals and blanks do not matter.
fn table_name(sheet: &str) -> String {
    let name = sheet.trim();
    let plain = name.to_lowercase().replace(' ', "_");
    if Sheet::of(&plain).is_some() {
        plain
    } else {
        name.to_owned()
    }
}

/// A row as its columns take it, those of numbers and the others: what is written there is what is shown.
fn record(row: GridRow, numeric: &[bool]) -> Record {
    let mut record = Record::default();
    for (at, cell) in row.cells.into_iter().enumerate() {
        let is_numeric = numeric.get(at).is_some_and(|it| *it);
        let text = match cell {
            GridCell::Number(text) if is_numeric => plain_number(&text),
            GridCell::Text(text) | GridCell::Number(text) | GridCell::Date(text) => text,
            GridCell::Worded(text) => {
                if is_numeric {
                    record.doubts.push((at, doubt::FORMATTED));
                }
                text
            }
            GridCell::Doubtful { text, code } => {
                record.doubts.push((at, code));
                match code {
                    doubt::NOISE | doubt::MERGED if is_numeric => plain_number(&text),
                    _ => text,
                }
            }
        };
        record.cells.push(text.into_bytes());
    }
    record
}

/// Cells that were taken although there is something to say of them.
#[derive(Default)]
struct Remarks {
    /// Row, place and text of the first of them.
    cells: Vec<(u64, usize, String)>,
    count: usize,
}

impl Remarks {
    /// Takes what is beyond doubt out of a row's doubts.
    fn take(&mut self, record: &mut Record, row: u64) {
        let cells = &record.cells;
        record.doubts.retain(|(at, code)| {
            if *code != doubt::NOISE {
                return true;
            }
            self.count += 1;
            if self.cells.len() < NAMED {
                let text = cells.get(*at).map(|it| String::from_utf8_lossy(it));
                let text = text.unwrap_or_default().into_owned();
                self.cells.push((row, *at, text));
            }
            false
        });
    }

    /// The findings; none for a sheet that is no table, whose rows are found anyway.
    fn said(&self, source: &Source) -> Vec<Finding> {
        let (Form::Csv { header, .. }, Some(sheet)) = (&source.form, source.sheet) else {
            return Vec::new();
        };
        let named = self.cells.iter().map(|(row, at, text)| {
            let finding = header.doubt(sheet, *at, text, doubt::NOISE);
            finding.in_row(Some(&source.label), Some(*row))
        });
        let more = self.count - self.cells.len();
        let further = (more > 0).then(|| further(more).in_row(Some(&source.label), None));
        named.chain(further).collect()
    }
}

fn further(more: usize) -> Finding {
    Finding::new(
        doubt::NOISE,
        format!(
            "{more} weitere Zellen dieses Blatts tragen Rechenreste; gelesen wurde der gezeigte Wert"
        ),
        format!(
            "{more} further cells of this sheet carry remains of computing; they were read as the value shown"
        ),
    )
}

/// The finding of a folder without tables.
pub(super) fn no_tables(label: &str) -> Finding {
    Finding::new(
        "no_tables",
        "In diesem Ordner ist keine Tabelle; erwartet werden Dateien wie „bookings.csv“",
        "There is no table in this folder; files like `bookings.csv` are expected",
    )
    .in_row(Some(label), None)
}

fn empty_workbook() -> Finding {
    Finding::new(
        "no_tables",
        "In dieser Arbeitsmappe ist keine Tabelle; erwartet wird je Tabelle ein Blatt, benannt wie „bookings“",
        "There is no table in this workbook; one sheet per table is expected, named like `bookings`",
    )
}

fn many_sheets(table: &str) -> Finding {
    let table = crate::finding::shortened(table);
    Finding::new(
        "many_sheets",
        format!(
            "Die Datei hat mehrere Tabellen; „--table {table}“ gilt nur für eine, jede zählt nach ihrem Namen"
        ),
        format!(
            "The file has several tables; `--table {table}` is for one only, each counts by its name"
        ),
    )
}
