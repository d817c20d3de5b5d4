//! Putting cells where they stand, within what all sheets together may take.

use std::collections::BTreeMap;

use super::{
    doubt,
    wrong::{damaged, too_large},
};
use crate::{
    Finding,
    grid::{Grid, GridCell, GridRow},
};

/// Columns that may hold something; programs allow 16,384.
pub(super) const COLUMNS: usize = 1_024;
/// No program has more rows in a sheet.
const LAST_ROW: u64 = 1 << 24;
/// Cells of all sheets, with the empty ones before the last of each row.
const CELLS: usize = 4_000_000;
/// Rows of all sheets that hold something.
const ROWS: usize = 1 << 20;
/// Bytes of text of all cells.
const TEXT: usize = 128 << 20;

/// What is left for the sheets still to come.
pub(super) struct Room {
    cells: usize,
    rows: usize,
    text: usize,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            cells: CELLS,
            rows: ROWS,
            text: TEXT,
        }
    }

    fn take(&mut self, rows: usize, cells: usize, text: usize) -> Result<(), Finding> {
        let left = |it: usize, taken: usize| {
            it.checked_sub(taken).ok_or_else(|| {
                too_large(
                    "mehr als 4 Millionen Zellen, 1 Million Zeilen oder 128 MiB Text",
                    "more than 4 million cells, 1 million rows or 128 MiB of text",
                )
            })
        };
        self.cells = left(self.cells, cells)?;
        self.rows = left(self.rows, rows)?;
        self.text = left(self.text, text)?;
        Ok(())
    }
}

/// A merged area; rows from 1, columns from 0, both ends inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) rows: (u64, u64),
    pub(super) columns: (usize, usize),
}

impl Area {
    /// Whether it is more than one cell.
    fn has_many(self) -> bool {
        self.rows.0 < self.rows.1 || self.columns.0 < self.columns.1
    }
}

/// A sheet while it is read, row by row.
pub(super) struct Builder<'r> {
    grid: Grid,
    room: &'r mut Room,
    row: GridRow,
    areas: Vec<Area>,
}

impl<'r> Builder<'r> {
    pub(super) fn new(sheet: &str, room: &'r mut Room) -> Self {
        Self {
            grid: Grid {
                sheet: Some(sheet.to_owned()),
                rows: Vec::new(),
            },
            room,
            row: GridRow::default(),
            areas: Vec::new(),
        }
    }

    /// Begins a row; rows come in order.
    pub(super) fn row(&mut self, number: u64) -> Result<(), Finding> {
        if number > LAST_ROW {
            return Err(too_large(
                "eine Zeile jenseits der 16-millionsten",
                "a row beyond the 16 millionth",
            ));
        }
        self.end_row();
        if self.grid.rows.last().is_some_and(|it| it.number >= number) {
            return Err(damaged(self.grid.sheet.as_deref().unwrap_or_default()));
        }
        self.row.number = number;
        Ok(())
    }

    /// Puts a cell into the row, at a column from 0; columns come in order, empty cells need not come.
    pub(super) fn cell(&mut self, column: usize, cell: GridCell) -> Result<(), Finding> {
        if is_empty(&cell) {
            return Ok(());
        }
        let Some(gap) = column.checked_sub(self.row.cells.len()) else {
            return Err(damaged(self.grid.sheet.as_deref().unwrap_or_default()));
        };
        if column >= COLUMNS {
            return Err(too_wide());
        }
        let first = usize::from(self.row.cells.is_empty());
        self.room.take(first, gap + 1, cell.text().len())?;
        self.row.cells.resize_with(column, empty);
        self.row.cells.push(cell);
        Ok(())
    }

    /// Remembers a merged area.
    pub(super) fn merge(&mut self, area: Area) -> Result<(), Finding> {
        if area.rows.0 > area.rows.1 || area.columns.0 > area.columns.1 {
            return Err(damaged(self.grid.sheet.as_deref().unwrap_or_default()));
        }
        // What each costs is counted when it is filled; this only bounds how many there are.
        self.room.take(0, 1, 0)?;
        self.areas.push(area);
        Ok(())
    }

    /// The row at hand again, `times` more, in the rows below.
    pub(super) fn repeat(&mut self, times: u64) -> Result<(), Finding> {
        if self.row.cells.is_empty() {
            return Ok(());
        }
        let row = self.row.clone();
        let text = row.cells.iter().map(|it| it.text().len()).sum();
        for further in 1..=times {
            self.room.take(1, row.cells.len(), text)?;
            self.row(row.number + further)?;
            self.row.cells.clone_from(&row.cells);
        }
        Ok(())
    }

    /// Doubts every cell of the row at hand.
    pub(super) fn doubt_row(&mut self, code: &'static str) {
        for cell in &mut self.row.cells {
            if !is_empty(cell) {
                *cell = doubt::cell(cell.text(), code);
            }
        }
    }

    fn end_row(&mut self) {
        let mut row = std::mem::take(&mut self.row);
        if !row.cells.is_empty() {
            row.cells.shrink_to_fit();
            self.grid.rows.push(row);
        }
    }

    /// Ends the sheet: merged areas show their first cell everywhere.
    pub(super) fn finish(mut self) -> Result<Grid, Finding> {
        self.end_row();
        let mut new = BTreeMap::new();
        for area in std::mem::take(&mut self.areas) {
            self.fill(area, &mut new)?;
        }
        if !new.is_empty() {
            self.grid.rows.extend(new.into_values());
            self.grid.rows.sort_by_key(|it| it.number);
        }
        Ok(self.grid)
    }

    fn row_at(&mut self, number: u64) -> Option<&mut GridRow> {
        let rows = &mut self.grid.rows;
        let at = rows.binary_search_by_key(&number, |it| it.number).ok()?;
        rows.get_mut(at)
    }

    /// Puts the first cell of an area into all of it; rows that were empty go to `new`.
    fn fill(&mut self, area: Area, new: &mut BTreeMap<u64, GridRow>) -> Result<(), Finding> {
        let (left, right) = area.columns;
        let first = match self.row_at(area.rows.0).and_then(|it| it.cells.get(left)) {
            Some(GridCell::Number(number) | GridCell::Worded(number)) if area.has_many() => {
                doubt::cell(number, doubt::MERGED)
            }
            Some(first) if !is_empty(first) => first.clone(),
            _ => return Ok(()),
        };
        if right >= COLUMNS {
            return Err(too_wide());
        }
        let text = (right - left + 1) * first.text().len();
        for number in area.rows.0..=area.rows.1 {
            let row = match self.row_at(number) {
                Some(row) => row,
                None => new.entry(number).or_default(),
            };
            row.number = number;
            let (is_new, had) = (row.cells.is_empty(), row.cells.len());
            if had <= right {
                row.cells.resize_with(right + 1, empty);
            }
            let is_hidden = |it: &GridCell| matches!(it, GridCell::Doubtful { code, .. } if *code == doubt::HIDDEN_ROW);
            let cell = if row.cells.iter().any(is_hidden) {
                doubt::cell(first.text(), doubt::HIDDEN_ROW)
            } else {
                first.clone()
            };
            for place in row.cells.iter_mut().take(right + 1).skip(left) {
                place.clone_from(&cell);
            }
            let wider = (right + 1).saturating_sub(had);
            self.room.take(usize::from(is_new), wider, text)?;
        }
        Ok(())
    }
}

fn empty() -> GridCell {
    GridCell::Text(String::new())
}

fn is_empty(cell: &GridCell) -> bool {
    matches!(cell, GridCell::Text(text) if text.trim().is_empty())
}

/// `workbook_too_large`, for a cell far to the right.
fn too_wide() -> Finding {
    too_large(
        "eine Zelle steht rechts der 1024. Spalte",
        "a cell stands to the right of column 1024",
    )
}
