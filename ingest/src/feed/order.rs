//! The contract's order of rows.

use leitstand_domain::{Day, cell::Cell as _, table::Cells, tables};

use super::{csv::Record, header::Header};
use crate::{columns::Sheet, json};

/// Tables that define first, in the contract's order; then by effective date, table, row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    later: bool,
    day: Option<Day>,
    table: usize,
    pub(super) source: usize,
    pub(super) number: u64,
}

impl Place {
    /// The place of that row of that source.
    pub(super) fn of(self, source: usize, number: u64) -> Self {
        Self {
            source,
            number,
            ..self
        }
    }

    /// Whether it is a part of the same kind of whole as the row before: such rows are decided together.
    pub(super) fn stays_with(self, before: Self) -> bool {
        let table = tables::ALL.get(self.table).map(|it| it.name);
        self.table == before.table && matches!(table, Some("cost_keys" | "cost_schemes"))
    }
}

/// Where a CSV row stands.
pub(super) fn csv_place(sheet: Option<Sheet>, header: &Header, record: &Record) -> Place {
    let cell = |column: &str| {
        let cell = record.cells.get(header.place(column)?)?;
        Day::parse(str::from_utf8(cell).ok()?.trim()).ok()
    };
    place(sheet, cell)
}

/// Where a JSON row stands; `given` if the table is not named by the row.
pub(super) fn json_place(sheet: Option<Sheet>, given: bool, line: &[u8]) -> Place {
    let cells = json::cells(line)
        .map(|(cells, _)| cells)
        .unwrap_or_default();
    let sheet = if given {
        sheet
    } else {
        cells.get("table").and_then(|it| Sheet::of(it.trim()))
    };
    place(sheet, |column| day_of(&cells, sheet, column))
}

fn day_of(cells: &Cells, sheet: Option<Sheet>, column: &str) -> Option<Day> {
    let named = |header: &str| sheet.and_then(|it| it.column(header)).as_deref() == Some(column);
    let (_, text) = cells.iter().find(|(header, _)| named(header))?;
    Day::parse(text.trim()).ok()
}

/// Where the rows of a table stand; which row of which source is said with [`Place::of`].
fn place(sheet: Option<Sheet>, day: impl Fn(&str) -> Option<Day>) -> Place {
    let none = Place {
        later: true,
        day: None,
        table: usize::MAX,
        source: 0,
        number: 0,
    };
    let Some(sheet) = sheet else { return none };
    let table = sheet.order();
    if sheet.defines() {
        return Place {
            later: false,
            table,
            ..none
        };
    }
    let effective = sheet
        .effective()
        .and_then(&day)
        .or_else(|| day("received_on"));
    Place {
        day: effective,
        table,
        ..none
    }
}
