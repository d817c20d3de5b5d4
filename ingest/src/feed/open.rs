//! Opening what is fed: folders, files, lines; and putting the rows in the contract's order.

use std::{
    collections::HashMap,
    io::Read,
    path::{Path, PathBuf},
};

use leitstand_domain::table::Cells;

use super::{
    csv::{Record, Records},
    header::{Header, separator},
    order::{Place, csv_place, json_place},
    packed::{self, Kind, Packed},
    sheets::no_tables,
};
use crate::{Account, Failure, Finding, columns::Sheet, profile::Mapped, workbook::Currency};

/// One feed takes at most so many bytes: all rows must be looked at before the first is recorded.
const MOST: u64 = 1 << 30;

/// Everything handed in, in the order it will be recorded.
#[derive(Debug, Default)]
pub struct Feed {
    /// The programme's: an amount in another one is doubtful.
    pub(super) currency: Currency,
    pub(super) sources: Vec<Source>,
    pub(super) entries: Vec<Entry>,
    order: Vec<usize>,
    /// By row, the one that is wanted in its place if it is refused.
    stand_ins: HashMap<usize, usize>,
    pub(super) findings: Vec<Finding>,
    pub(super) rejects: Option<PathBuf>,
    /// What becomes of foreign cells, where a profile is used.
    pub(super) account: Option<Account>,
    bytes: u64,
}

/// A file, or lines from elsewhere.
#[derive(Debug)]
pub(super) struct Source {
    /// As it was named.
    pub(super) label: String,
    pub(super) path: Option<PathBuf>,
    /// As it was named; lines may name it row by row.
    pub(super) table: Option<String>,
    pub(super) sheet: Option<Sheet>,
    pub(super) form: Form,
    /// Of a CSV file, what its rows are read from.
    pub(super) text: Box<[u8]>,
}

#[derive(Debug)]
pub(super) enum Form {
    Csv { separator: u8, header: Header },
    Json,
}

/// One row.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) body: Body,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum Body {
    /// A row of a CSV file: where it begins in the source's text.
    Line(usize),
    /// A row of a sheet.
    Csv(Box<Packed>),
    Json(Box<[u8]>),
    /// Made by a profile; its cells are in the line, as JSON.
    Mapped {
        line: Box<[u8]>,
        row: Box<Mapped>,
    },
}

impl Entry {
    /// The row as it stands in its file, if that is a table with a header.
    pub(super) fn record(&self, source: &Source) -> Option<Record> {
        match (&self.body, &source.form) {
            (Body::Line(at), Form::Csv { separator, .. }) => {
                Records::new(source.text.get(*at..)?, *separator).next()
            }
            (Body::Csv(packed), _) => Some(packed.record()),
            (Body::Line(_) | Body::Json(_) | Body::Mapped { .. }, _) => None,
        }
    }
}

impl Feed {
    pub(super) fn counting_in(currency: Currency) -> Self {
        Self {
            currency,
            ..Self::default()
        }
    }

    /// Opens folders and files. A folder's tables are its `.csv`, `.ndjson` and `.jsonl` files, each
    /// named after its table, and the sheets of its workbooks (`.xlsx`, `.ods`); its `.xml` files are
    /// plans of Microsoft Project; other files in it are left alone. A file named by itself may be of
    /// any `table`. An amount that a workbook shows in another `currency` is refused.
    ///
    /// # Errors
    /// A file cannot be read, or there is too much.
    pub fn open(
        paths: &[PathBuf],
        table: Option<&str>,
        currency: &Currency,
    ) -> Result<Self, Failure> {
        let mut feed = Self::counting_in(currency.clone());
        for path in paths {
            if path.is_dir() {
                feed.folder(path)?;
            } else {
                // What is not there is a mistake in the command, not in a file.
                std::fs::metadata(path).map_err(file_failed(&path.display().to_string()))?;
                feed.file(path, table)?;
            }
        }
        feed.rejects = paths.first().map(|path| beside(path));
        Ok(feed.sorted())
    }

    /// Opens NDJSON from a reader, as from standard input. Without `table` every row names its own in
    /// the member `table`; rows of `corrections` cannot, for it has a column of that name.
    ///
    /// # Errors
    /// It cannot be read, or is too much.
    pub fn lines(label: &str, reader: impl Read, table: Option<&str>) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        reader
            .take(MOST + 1)
            .read_to_end(&mut bytes)
            .map_err(file_failed(label))?;
        let mut feed = Self::default();
        feed.json(label, None, &bytes, table)?;
        feed.rejects = Some(PathBuf::from("stdin.rejects"));
        Ok(feed.sorted())
    }

    /// Opens one table's CSV that is already in memory.
    ///
    /// # Errors
    /// It is too much.
    pub fn csv(label: &str, bytes: &[u8], table: &str) -> Result<Self, Failure> {
        let mut feed = Self::default();
        feed.table(label, None, bytes.to_vec(), table)?;
        Ok(feed.sorted())
    }

    /// How many rows there are, without empty ones.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.order.len()
    }

    /// What is wrong with files as a whole.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The rows of a window of so many rows, by its number; none after the last.
    pub(super) fn window(&self, number: usize, size: usize) -> &[usize] {
        let (first, end) = (
            number.saturating_mul(size),
            (number + 1).saturating_mul(size),
        );
        let window = self.boundary(first, size)..self.boundary(end, size);
        self.order.get(window).unwrap_or_default()
    }

    /// Where a window may begin: not among the parts of a whole, unless these alone fill a window.
    fn boundary(&self, at: usize, size: usize) -> usize {
        let at = at.min(self.order.len());
        if at == 0 {
            return at;
        }
        let place = |at: usize| Some(self.entries.get(*self.order.get(at)?)?.place);
        let is_inside = |at: &usize| {
            let before = place(at - 1);
            before.is_some_and(|before| place(*at).is_some_and(|it| it.stays_with(before)))
        };
        (at..at + size).find(|it| !is_inside(it)).unwrap_or(at)
    }

    pub(super) fn entry(&self, at: usize) -> Option<(&Entry, &Source)> {
        let entry = self.entries.get(at)?;
        Some((entry, self.sources.get(entry.place.source)?))
    }

    pub(super) fn label(&self, at: usize) -> &str {
        self.entry(at)
            .map_or("", |(_, source)| source.label.as_str())
    }

    /// Where rejects go if nobody says where.
    pub(super) fn default_rejects(&self) -> Option<&Path> {
        self.rejects.as_deref()
    }

    pub(super) fn found(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(super) fn sorted(mut self) -> Self {
        let mut order = Vec::with_capacity(self.entries.len());
        for (at, entry) in self.entries.iter().enumerate() {
            let stands_in_for = match &entry.body {
                Body::Mapped { row, .. } => row.stands_in_for,
                Body::Line(_) | Body::Csv(_) | Body::Json(_) => None,
            };
            match stands_in_for {
                Some(other) => {
                    self.stand_ins.insert(other, at);
                }
                None => order.push(at),
            }
        }
        self.put_in_order(&mut order);
        self.order = order;
        self
    }

    /// Puts rows in the contract's order.
    pub(super) fn put_in_order(&self, rows: &mut [usize]) {
        rows.sort_by_key(|at| self.entries.get(*at).map(|it| it.place));
    }

    /// The row that is wanted now that this one is refused.
    pub(super) fn stand_in(&self, refused: usize) -> Option<usize> {
        self.stand_ins.get(&refused).copied()
    }

    fn folder(&mut self, folder: &Path) -> Result<(), Failure> {
        let label = folder.display().to_string();
        let listed = std::fs::read_dir(folder).map_err(file_failed(&label))?;
        let mut files = Vec::new();
        for entry in listed {
            let path = entry.map_err(file_failed(&label))?.path();
            let hidden = name_of(&path).starts_with(['.', '~']);
            if path.is_file() && !hidden && Kind::of(&path) != Kind::Other {
                files.push(path);
            }
        }
        files.sort();
        if files.is_empty() {
            self.findings.push(no_tables(&label));
        }
        for path in files {
            self.file(&path, None)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, table: Option<&str>) -> Result<(), Failure> {
        let label = path.display().to_string();
        let name = name_of(path);
        // `bookings.2.csv` holds bookings too: a rejects file whose columns differ.
        let stem = name.split('.').next().unwrap_or_default();
        match Kind::of(path) {
            Kind::Csv => {
                let bytes = self.read_file(path, &label)?;
                self.table(&label, Some(path), bytes, table.unwrap_or(stem))
            }
            Kind::Json => {
                let bytes = self.read_file(path, &label)?;
                let stem = Sheet::of(stem).map(Sheet::name);
                self.json(&label, Some(path), &bytes, table.or(stem))
            }
            Kind::Workbook => {
                let bytes = self.read_file(path, &label)?;
                self.workbook(&label, path, &bytes, table)
            }
            Kind::Plan => {
                let bytes = self.read_file(path, &label)?;
                self.plan(&label, path, &bytes, table)
            }
            Kind::Other => {
                let finding = packed::unsupported_file();
                self.findings.push(finding.in_row(Some(&label), None));
                Ok(())
            }
        }
    }

    pub(super) fn read_file(&self, path: &Path, label: &str) -> Result<Vec<u8>, Failure> {
        let size = std::fs::metadata(path).map_err(file_failed(label))?.len();
        if self.bytes.saturating_add(size) > MOST {
            return Err(too_much());
        }
        std::fs::read(path).map_err(file_failed(label))
    }

    /// Counts what is kept, in bytes.
    pub(super) fn weigh(&mut self, bytes: u64) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MOST {
            Err(too_much())
        } else {
            Ok(())
        }
    }

    fn table(
        &mut self,
        label: &str,
        path: Option<&Path>,
        bytes: Vec<u8>,
        table: &str,
    ) -> Result<(), Failure> {
        self.weigh(bytes.len() as u64)?;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let sheet = Sheet::of(table);
        let separator = separator(text, sheet);
        let mut records = Records::new(text, separator);
        let header = Header::read(&records.next().unwrap_or_default(), sheet);
        let form = Form::Csv { separator, header };
        let mut source = Source {
            label: label.to_owned(),
            path: path.map(Path::to_owned),
            table: Some(table.to_owned()),
            sheet,
            form,
            text: Box::default(),
        };
        let mut number = 0;
        let rows = std::iter::from_fn(|| {
            let at = bytes.len() - records.rest().len();
            number += 1;
            Some((records.next()?, number, Body::Line(at)))
        });
        self.records(&source, rows);
        source.text = bytes.into();
        self.sources.push(source);
        Ok(())
    }

    /// Takes the rows of a table with a header, each with its number and what is kept of it. They are
    /// rows of the source that is pushed next.
    pub(super) fn records(
        &mut self,
        from: &Source,
        records: impl Iterator<Item = (Record, u64, Body)>,
    ) {
        let Form::Csv { header, .. } = &from.form else {
            return;
        };
        let sheet = from.sheet;
        let source = self.sources.len();
        let rows = self.entries.len();
        let unknown = sheet.filter(|it| !header.unknown(*it).is_empty());
        let mut shown = false;
        for (record, number, body) in records {
            if record.is_blank() {
                continue;
            }
            shown = shown
                || unknown.is_some_and(|it| {
                    let (_, findings) = header.cells(it, &record);
                    findings.iter().any(|it| it.code == "unknown_column")
                });
            let place = csv_place(sheet, header, &record).of(source, number);
            self.entries.push(Entry { body, place });
        }
        let has_rows = self.entries.len() > rows;
        let findings = header_findings(from, header, has_rows, shown);
        self.findings.extend(findings);
    }

    fn json(
        &mut self,
        label: &str,
        path: Option<&Path>,
        bytes: &[u8],
        table: Option<&str>,
    ) -> Result<(), Failure> {
        self.weigh(bytes.len() as u64)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let source = self.sources.len();
        let sheet = table.and_then(Sheet::of);
        for (line, number) in bytes.split(|it| *it == b'\n').zip(1..) {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let place = json_place(sheet, table.is_some(), line).of(source, number);
            let body = Body::Json(line.into());
            self.entries.push(Entry { body, place });
        }
        let (label, path) = (label.to_owned(), path.map(Path::to_owned));
        let table = table.map(str::to_owned);
        self.sources.push(Source {
            label,
            path,
            table,
            sheet,
            form: Form::Json,
            text: Box::default(),
        });
        Ok(())
    }
}

/// What no row says: of a file without rows everything, of others a column nobody wrote into.
fn header_findings(from: &Source, header: &Header, has_rows: bool, shown: bool) -> Vec<Finding> {
    let mut findings = match from.sheet {
        None if has_rows => Vec::new(),
        None => {
            let table = from.table.as_deref().unwrap_or_default();
            vec![crate::wish::unknown_table(table)]
        }
        Some(sheet) if !shown => header.unknown(sheet),
        Some(_) => Vec::new(),
    };
    if !has_rows {
        findings.extend(header.wrong.iter().cloned());
    }
    findings
        .into_iter()
        .map(|it| it.in_row(Some(&from.label), None))
        .collect()
}

/// The rows of a CSV text, by its headers as they are written.
pub(super) fn plain(text: &str) -> Vec<Cells> {
    let text = text.trim_start_matches('\u{feff}').as_bytes();
    let separator = separator(text, Sheet::of("catalogue"));
    let words = |it: Record| -> Vec<String> {
        it.cells
            .iter()
            .map(|it| String::from_utf8_lossy(it).trim().to_owned())
            .collect()
    };
    let mut records = Records::new(text, separator);
    let header = words(records.next().unwrap_or_default());
    let rows = records.filter(|it| !it.is_blank());
    rows.map(|it| header.iter().cloned().zip(words(it)).collect())
        .collect()
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|it| it.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// `scenario.rejects` beside `scenario`; of `.` and `..`, which have no name to add to, `rejects` in it: a
/// name that begins with a dot is hidden.
pub(super) fn beside(path: &Path) -> PathBuf {
    if path.file_name().is_none() {
        return path.join("rejects");
    }
    let path: PathBuf = path.components().collect(); // without a trailing separator
    let mut name = path.into_os_string();
    name.push(".rejects");
    name.into()
}

pub(super) fn file_failed(label: &str) -> impl Fn(std::io::Error) -> Failure {
    let path = label.to_owned();
    move |cause| Failure::File {
        path: path.clone(),
        cause,
    }
}

fn too_much() -> Failure {
    Failure::TooMuch { limit: "1 GiB" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_stand_beside_what_is_fed_and_are_never_hidden() {
        for (input, folder) in [
            ("scenario", "scenario.rejects"),
            ("a/scenario/", "a/scenario.rejects"),
            ("milestones.csv", "milestones.csv.rejects"),
            (".", "./rejects"),
            ("./", "./rejects"),
            ("..", "../rejects"),
            ("a/..", "a/../rejects"),
        ] {
            assert_eq!(beside(Path::new(input)), Path::new(folder), "{input}");
        }
    }
}
