//! A row of CSV or of a sheet kept in little memory, and what kind of file it may come from.

use std::path::Path;

use super::csv::Record;
use crate::Finding;

/// A row of cells in two pieces of memory, for there may be many.
#[derive(Debug)]
pub(super) struct Packed {
    bytes: Box<[u8]>,
    ends: Box<[u32]>,
    doubts: Box<[(usize, &'static str)]>,
    unclosed: bool,
}

impl Packed {
    pub(super) fn new(record: &Record) -> Self {
        let mut end = 0_u32;
        let ends = record.cells.iter().map(|cell| {
            // A feed is smaller than what this counts to.
            end = end.saturating_add(u32::try_from(cell.len()).unwrap_or(u32::MAX));
            end
        });
        let ends = ends.collect();
        Self {
            bytes: record.cells.concat().into(),
            ends,
            doubts: record.doubts.as_slice().into(),
            unclosed: record.unclosed,
        }
    }

    /// About how many bytes of memory a row takes.
    pub(super) fn weight(record: &Record) -> u64 {
        let cells = record.cells.iter().map(|it| it.len() + size_of::<u32>());
        (cells.sum::<usize>() + size_of::<Self>()) as u64
    }

    pub(super) fn record(&self) -> Record {
        let mut start = 0;
        let cells = self.ends.iter().map(|end| {
            let end = *end as usize;
            let cell = self.bytes.get(start..end).unwrap_or_default().to_vec();
            start = end;
            cell
        });
        Record {
            cells: cells.collect(),
            unclosed: self.unclosed,
            doubts: self.doubts.to_vec(),
        }
    }
}

/// What a file is, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    Json,
    Workbook,
    /// A plan of Microsoft Project.
    Plan,
    Other,
}

impl Kind {
    pub(super) fn of(path: &Path) -> Self {
        let end = path
            .extension()
            .map(|it| it.to_string_lossy().to_lowercase());
        match end.as_deref() {
            Some("csv") => Self::Csv,
            Some("ndjson" | "jsonl") => Self::Json,
            Some("xlsx" | "xlsm" | "xlsb" | "xls" | "ods") => Self::Workbook,
            Some("xml" | "mpp") => Self::Plan,
            _ => Self::Other,
        }
    }
}

/// The finding of a file of a kind nobody reads.
pub(super) fn unsupported_file() -> Finding {
    Finding::new(
        "unsupported_file",
        "Diese Art von Datei wird nicht gelesen; bitte CSV (UTF-8) oder NDJSON je Tabelle, eine Arbeitsmappe (XLSX, ODS) oder einen Plan aus MS Project (XML) einspielen",
        "This kind of file is not read; feed CSV (UTF-8) or NDJSON per table, a workbook (XLSX, ODS) or a plan of MS Project (XML)",
    )
}
