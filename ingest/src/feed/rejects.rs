//! Rejected rows, written down as they came and with the reason, so that they can be fed again.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use super::{
    csv::write_cell,
    open::{Body, Entry, Feed, Form, Source},
};
use crate::{Failure, Finding, columns::Sheet, json};

/// Where rejected rows are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Rejects {
    /// Into the folder `<input>.rejects`, made only if there are any.
    #[default]
    BesideInput,
    /// Into this file if its name ends with `.csv` or `.ndjson`, else into this folder. A file takes
    /// the rows of one table; those of others stand beside it, with the table's name in theirs.
    At(PathBuf),
    /// Nowhere.
    Nowhere,
}

/// The files of rejected rows, made when the first row needs one.
pub(super) struct RejectFiles {
    rejects: Rejects,
    folder: Option<PathBuf>,
    inputs: Vec<PathBuf>,
    /// By table and header line.
    open: HashMap<(String, Vec<u8>), usize>,
    files: Vec<(PathBuf, BufWriter<File>)>,
    /// What an earlier run left of the same tables; gone when this one ends, for all rows were judged anew.
    stale: Vec<PathBuf>,
}

impl RejectFiles {
    pub(super) fn new(rejects: Rejects, feed: &Feed) -> Self {
        let same = |it: &Source| it.path.as_ref().and_then(|it| it.canonicalize().ok());
        Self {
            folder: feed.default_rejects().map(Path::to_owned),
            inputs: feed.sources.iter().filter_map(same).collect(),
            stale: if rejects == Rejects::BesideInput {
                stale(feed)
            } else {
                Vec::new()
            },
            rejects,
            open: HashMap::new(),
            files: Vec::new(),
        }
    }

    /// Writes a row down. A row that is no row (a quote never closed, a line that is no object) cannot
    /// be fed again; its finding says where it is.
    pub(super) fn write(
        &mut self,
        feed: &Feed,
        at: usize,
        findings: &[Finding],
    ) -> Result<(), Failure> {
        let Some((entry, source)) = feed.entry(at) else {
            return Ok(());
        };
        if self.rejects == Rejects::Nowhere {
            return Ok(());
        }
        let reason = reason(findings, entry);
        let (header, row, end) = match &source.form {
            Form::Csv { .. } => match csv_row(entry, source, &reason) {
                Some((header, row)) => (header, row, "csv"),
                None => return Ok(()),
            },
            Form::Json => match json_row(entry, source, &reason) {
                Some(row) => (Vec::new(), row, "ndjson"),
                None => return Ok(()),
            },
        };
        let table = source
            .sheet
            .map_or_else(|| unnamed(source), |it| it.name().to_owned());
        let file = self.file(&table, header, end)?;
        let Some((path, writer)) = self.files.get_mut(file) else {
            return Ok(());
        };
        writer.write_all(&row).map_err(failed(path))
    }

    /// Ends all files and says which there are.
    pub(super) fn finish(self) -> Result<Vec<PathBuf>, Failure> {
        let mut paths = Vec::with_capacity(self.files.len());
        for (path, mut writer) in self.files {
            writer.flush().map_err(failed(&path))?;
            paths.push(path);
        }
        for path in self.stale.iter().filter(|it| !paths.contains(it)) {
            std::fs::remove_file(path).map_err(failed(path))?;
        }
        Ok(paths)
    }

    fn file(&mut self, table: &str, header: Vec<u8>, end: &str) -> Result<usize, Failure> {
        let key = (table.to_owned(), header);
        if let Some(file) = self.open.get(&key) {
            return Ok(*file);
        }
        let path = self.path(table, end)?;
        let exists = path
            .canonicalize()
            .is_ok_and(|it| self.inputs.contains(&it));
        if exists {
            let kind = std::io::ErrorKind::AlreadyExists;
            let cause = std::io::Error::new(
                kind,
                "it is one of the files being fed; choose another place for the rejects",
            );
            return Err(Failure::File {
                path: path.display().to_string(),
                cause,
            });
        }
        let mut writer = BufWriter::new(File::create(&path).map_err(failed(&path))?);
        writer.write_all(&key.1).map_err(failed(&path))?;
        let file = self.files.len();
        self.files.push((path, writer));
        self.open.insert(key, file);
        Ok(file)
    }

    fn path(&self, table: &str, end: &str) -> Result<PathBuf, Failure> {
        let taken = |path: &Path| self.files.iter().any(|(it, _)| it == path);
        let folder = match &self.rejects {
            Rejects::At(path) if is_file(path) => {
                if !taken(path) {
                    return Ok(path.clone());
                }
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                return Ok(free(
                    |n| path.with_file_name(format!("{stem}.{table}{n}.{end}")),
                    taken,
                ));
            }
            Rejects::At(path) => path.clone(),
            Rejects::BesideInput | Rejects::Nowhere => self
                .folder
                .clone()
                .unwrap_or_else(|| PathBuf::from("feed.rejects")),
        };
        std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
        Ok(free(|n| folder.join(format!("{table}{n}.{end}")), taken))
    }
}

/// The rejects of an earlier run beside the same input, of tables that are fed again.
fn stale(feed: &Feed) -> Vec<PathBuf> {
    let Some(folder) = feed.default_rejects() else {
        return Vec::new();
    };
    let tables: Vec<String> = feed
        .sources
        .iter()
        .map(|it| {
            it.sheet
                .map_or_else(|| unnamed(it), |it| it.name().to_owned())
        })
        .collect();
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let table = name.split('.').next().unwrap_or_default();
        is_file(path) && tables.iter().any(|it| it == table)
    };
    let listed = std::fs::read_dir(folder).into_iter().flatten().flatten();
    listed.map(|it| it.path()).filter(is_ours).collect()
}

/// The first name not taken: `bookings.csv`, `bookings.2.csv`, ….
fn free(name: impl Fn(&str) -> PathBuf, taken: impl Fn(&Path) -> bool) -> PathBuf {
    let mut path = name("");
    let mut number = 2_u32;
    while taken(&path) {
        path = name(&format!(".{number}"));
        number += 1;
    }
    path
}

fn is_file(path: &Path) -> bool {
    let end = path
        .extension()
        .map(|it| it.to_string_lossy().to_lowercase());
    !path.is_dir() && matches!(end.as_deref(), Some("csv" | "ndjson"))
}

/// A file's name for what names no table: without what no file name may hold.
fn unnamed(source: &Source) -> String {
    let name = source.table.as_deref().unwrap_or("rows");
    let safe = |it: char| {
        if it.is_alphanumeric() || matches!(it, '-' | '_') {
            it
        } else {
            '_'
        }
    };
    name.chars().take(60).map(safe).collect()
}

/// A foreign cell that cannot be read is not in the row, so its row, column and wording are told.
fn reason(findings: &[Finding], entry: &Entry) -> String {
    let words = |it: &Finding| {
        let column = it.column.as_deref();
        let place = match (column, &entry.body) {
            (Some(column), Body::Mapped { row, .. }) => {
                let value = it.value.as_ref().map(|it| format!(": {it}"));
                let value = value.unwrap_or_default();
                format!(" (Zeile {}, {column}{value})", row.number)
            }
            (Some(column), _) => format!(" ({column})"),
            (None, _) => String::new(),
        };
        format!("{}{place}: {}", it.code, it.message)
    };
    findings.iter().map(words).collect::<Vec<_>>().join(" · ")
}

/// Header line and row, each with the reason at its end. A row with a wrong number of cells keeps a
/// wrong number of cells.
fn csv_row(entry: &Entry, source: &Source, reason: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let Form::Csv { separator, header } = &source.form else {
        return None;
    };
    let mut record = entry.record(source)?;
    if record.unclosed {
        return None;
    }
    if header.has_short_rows && record.cells.len() < header.raw.len() {
        record.cells.resize_with(header.raw.len(), Vec::new);
    }
    let column = source.sheet.map_or("reason", Sheet::reject_column);
    let line = |cells: &[Vec<u8>], last: &str| {
        let kept = cells.iter().enumerate().filter(|(at, _)| header.keeps(*at));
        let mut out = Vec::new();
        for (_, cell) in kept {
            write_cell(&mut out, cell, *separator);
            out.push(*separator);
        }
        write_cell(&mut out, last.as_bytes(), *separator);
        out.push(b'\n');
        out
    };
    Some((line(&header.raw, column), line(&record.cells, reason)))
}

fn json_row(entry: &Entry, source: &Source, reason: &str) -> Option<Vec<u8>> {
    let (Body::Json(line) | Body::Mapped { line, .. }) = &entry.body else {
        return None;
    };
    let reject = |name: &str| match source.sheet {
        Some(sheet) => sheet.column(name).is_none() && sheet.is_reject_column(name),
        None => name == "reject_reason",
    };
    let column = source.sheet.map_or("reject_reason", Sheet::reject_column);
    // What is no object is kept as it is: there is no place for a reason in it.
    json::with_member(line, reject, column, reason).or_else(|| Some([line, &b"\n"[..]].concat()))
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |cause| Failure::File {
        path: path.clone(),
        cause,
    }
}
