//! A CSV row kept in little memory, and what kind of file it may come from.

use std::path::Path;

use super::csv::Record;

/// A CSV row in two pieces of memory, for there may be many.
#[derive(Debug)]
pub(super) struct Packed {
    bytes: Box<[u8]>,
    ends: Box<[u32]>,
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
            unclosed: record.unclosed,
        }
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
        }
    }
}

/// What a file is, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    Json,
    Workbook,
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
            Some("xlsx" | "xlsm" | "xls" | "ods") => Self::Workbook,
            _ => Self::Other,
        }
    }
}
