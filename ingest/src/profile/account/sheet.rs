//! The account of one file or sheet while rows are made of it.

use std::collections::BTreeMap;

use super::{Line, TableAccount, Why};
use crate::{Finding, profile::words::letters};

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::profile) enum Fate {
    /// Nothing is written in it.
    Empty,
    /// It was not taken.
    Left(Why),
    /// It says what was said before, so there is nothing new to record.
    Unchanged,
    /// A row is made of it; what becomes of that is not yet known.
    Offered,
    /// It is in a row that is recorded.
    Taken,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::profile) struct SheetAccount {
    pub(super) file: String,
    pub(super) sheet: Option<String>,
    /// Of a turned table: the number of the row each column was.
    turned: Option<Vec<u64>>,
    /// The columns' names for people.
    columns: Vec<String>,
    pub(super) headings: u64,
    pub(super) rows: Vec<RowAccount>,
    pub(super) cells: Vec<Fate>,
    /// What stands in cells that were not taken, where it may be shown.
    pub(super) shown: BTreeMap<u32, String>,
    /// Cell and the value taken instead.
    pub(super) rounded: BTreeMap<u32, (String, String)>,
    pub(super) tables: BTreeMap<&'static str, TableAccount>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowAccount {
    number: u64,
    start: u32,
    pub(super) is_title: bool,
    pub(super) taken: bool,
    pub(super) why: Option<Why>,
}

impl SheetAccount {
    /// The account of a file or sheet with these columns, before any row.
    pub(in crate::profile) fn new(
        file: &str,
        sheet: Option<String>,
        turned: Option<Vec<u64>>,
        columns: Vec<String>,
        headings: u64,
    ) -> Self {
        Self {
            file: file.to_owned(),
            sheet,
            turned,
            columns,
            headings,
            ..Self::default()
        }
    }

    /// Opens the account of a row of so many cells; its number and the first cell's.
    pub(in crate::profile) fn row(
        &mut self,
        number: u64,
        cells: usize,
        is_title: bool,
    ) -> (usize, u32) {
        let start = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        self.rows.push(RowAccount {
            number,
            start,
            is_title,
            taken: false,
            why: None,
        });
        self.cells.resize(self.cells.len() + cells, Fate::Empty);
        (self.rows.len() - 1, start)
    }

    /// Says what became of a cell so far.
    pub(in crate::profile) fn set(&mut self, cell: u32, fate: Fate) {
        if let Some(it) = self.cells.get_mut(cell as usize) {
            *it = fate;
        }
    }

    /// Of cells that were not taken so far.
    pub(in crate::profile) fn set_if_left(&mut self, cells: &[u32], fate: Fate) {
        for cell in cells {
            match self.cells.get(*cell as usize) {
                Some(Fate::Left(_)) => self.set(*cell, fate),
                Some(Fate::Unchanged) if fate == Fate::Offered => self.set(*cell, fate),
                _ => {}
            }
        }
    }

    /// Shows what stands in a cell that is not taken.
    pub(in crate::profile) fn show(&mut self, cell: u32, text: &str) {
        if !text.is_empty() {
            self.shown.insert(cell, crate::finding::shortened(text));
        }
    }

    /// Shows what stands in the cells a row was refused for.
    pub(super) fn show_refused(&mut self, cells: &[u32], findings: &[Finding]) {
        for finding in findings {
            let (Some(column), Some(value)) = (&finding.column, &finding.value) else {
                continue;
            };
            let stands = |cell: &&u32| self.column(self.place(**cell).1) == *column;
            if let Some(cell) = cells.iter().find(stands) {
                self.shown.entry(*cell).or_insert_with(|| value.clone());
            }
        }
    }

    /// Whether a finding is about a cell, alone or with others of its row.
    pub(super) fn is_about(&self, cell: u32, finding: &Finding) -> bool {
        let name = self.column(self.place(cell).1);
        let Some(column) = &finding.column else {
            return false;
        };
        let with_others = format!(" + {column} + ").contains(&format!(" + {name} + "));
        *column == name || with_others
    }

    pub(in crate::profile) fn is_rounded(&mut self, cell: u32, written: &str, taken: &str) {
        self.rounded
            .insert(cell, (crate::finding::shortened(written), taken.to_owned()));
    }

    /// Why a row is not taken, if it is not.
    pub(in crate::profile) fn because(&mut self, row: usize, why: Why) {
        if let Some(row) = self.rows.get_mut(row) {
            row.why = row.why.or(Some(why));
        }
    }

    pub(in crate::profile) fn made(&mut self, table: &'static str) {
        self.tables.entry(table).or_default().rows += 1;
    }

    pub(in crate::profile) fn without(&mut self, table: &'static str, why: String) {
        *self
            .tables
            .entry(table)
            .or_default()
            .without
            .entry(why)
            .or_default() += 1;
    }

    /// The row of a cell and its place in it.
    pub(super) fn place(&self, cell: u32) -> (u64, usize) {
        let after = self.rows.partition_point(|it| it.start <= cell);
        let row = after.checked_sub(1).and_then(|it| self.rows.get(it));
        row.map_or((0, 0), |it| (it.number, (cell - it.start) as usize))
    }

    pub(super) fn column(&self, place: usize) -> String {
        let named = self.columns.get(place).cloned();
        named.unwrap_or_else(|| format!("@{}", letters(place)))
    }

    pub(super) fn line(&self, cell: u32, code: &str, why: &str, value: Option<String>) -> Line {
        let (row, place) = self.place(cell);
        let name = match &self.turned {
            None => format!("{}{row}", letters(place)),
            Some(numbers) => {
                let column = usize::try_from(row).unwrap_or(1).saturating_sub(1);
                let row = numbers.get(place).copied().unwrap_or_default();
                format!("{}{row}", letters(column))
            }
        };
        Line {
            file: self.file.clone(),
            sheet: self.sheet.clone(),
            row,
            column: self.column(place),
            cell: name,
            code: code.to_owned(),
            why: why.to_owned(),
            value,
        }
    }
}
