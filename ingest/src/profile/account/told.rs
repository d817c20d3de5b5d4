//! The account as it is told: per file, per column, cell by cell.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Account, Fate, SheetAccount, Why, Word};
use crate::feed::csv::write_cell;

/// So many lines of each listing are in the report; the file of the account has all.
const LISTED: usize = 10_000;

/// Rows of one feed table that a foreign file is made into.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableAccount {
    /// Rows made.
    pub rows: u64,
    /// Foreign rows without one, by the value that is missing and why.
    pub without: BTreeMap<String, u64>,
}

/// The account of one file or sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileAccount {
    /// The file, as it was named.
    pub file: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// Its records, without titles, headers and empty rows.
    pub rows: u64,
    /// Records of which at least one row is recorded (in a dry run: would be).
    pub rows_taken: u64,
    /// The others, by reason.
    pub rows_not_taken: Vec<Reason>,
    /// All cells, headings among them.
    pub cells: u64,
    /// Cells of the header.
    pub headings: u64,
    /// The columns in their order.
    pub columns: Vec<ColumnAccount>,
    /// The rows made of it, by feed table.
    pub tables: BTreeMap<&'static str, TableAccount>,
}

/// The account of one column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ColumnAccount {
    /// Its name.
    pub column: String,
    /// Its cells.
    pub cells: u64,
    /// Cells that are in a recorded row.
    pub taken: u64,
    /// Cells that say what was said before.
    pub unchanged: u64,
    /// Cells in which nothing is written.
    pub empty: u64,
    /// The others, by reason.
    pub not_taken: Vec<Reason>,
}

/// How often something was not taken for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable code, as in `missing`.
    pub code: String,
    /// The reason in words.
    pub why: String,
    /// How often.
    pub count: u64,
}

/// One cell that was not taken, or not as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The file, as it was named.
    pub file: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The row as the file counts it, from 1; of a turned table the record.
    pub row: u64,
    /// The column's name.
    pub column: String,
    /// The cell as spreadsheets name it, as in `C7`.
    pub cell: String,
    /// Stable code, as in `missing`.
    pub code: String,
    /// The reason in words.
    pub why: String,
    /// What stands there, shortened; not of free text.
    pub value: Option<String>,
}

impl Account {
    /// Files in the folder that no part of the profile is about.
    #[must_use]
    pub fn left_alone(&self) -> &[String] {
        &self.left_alone
    }

    /// The account per file and sheet.
    #[must_use]
    pub fn files(&self) -> Vec<FileAccount> {
        self.sheets.iter().map(|it| self.of(it)).collect()
    }

    /// Every cell that was not taken, without those in which nothing is written.
    pub fn not_taken(&self) -> impl Iterator<Item = Line> {
        let cells = |sheet: &SheetAccount| u32::try_from(sheet.cells.len()).unwrap_or(u32::MAX);
        self.sheets.iter().flat_map(move |sheet| {
            (0..cells(sheet)).filter_map(move |cell| {
                let why = self.left(sheet.cells[cell as usize])?;
                Some(sheet.line(cell, &why.code, &why.why, sheet.shown.get(&cell).cloned()))
            })
        })
    }

    /// Every cell that was taken rounded: `why` says what was taken instead. Those of rows that were refused
    /// are among the cells not taken.
    pub fn rounded(&self) -> impl Iterator<Item = Line> {
        self.sheets.iter().flat_map(|sheet| {
            let is_left = |cell: u32| {
                let fate = sheet.cells.get(cell as usize);
                fate.is_none_or(|it| matches!(it, Fate::Left(_)))
            };
            let rounded = sheet.rounded.iter();
            let taken = rounded.filter(move |(cell, _)| !is_left(**cell));
            taken.map(|(cell, (written, taken))| {
                let why = format!("gerundet auf {taken}");
                sheet.line(*cell, "rounded", &why, Some(written.clone()))
            })
        })
    }

    /// Every cell that was not taken, or not as it stands, as CSV.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut out = b"file,sheet,row,column,cell,code,why,value\n".to_vec();
        for line in self.not_taken().chain(self.rounded()) {
            let row = line.row.to_string();
            let (sheet, value) = (line.sheet.as_deref(), line.value.as_deref());
            let cells = [
                &line.file,
                sheet.unwrap_or_default(),
                &row,
                &line.column,
                &line.cell,
                &line.code,
                &line.why,
                value.unwrap_or_default(),
            ];
            for (at, cell) in cells.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_cell(&mut out, cell.as_bytes(), b',');
            }
            out.push(b'\n');
        }
        out
    }

    fn left(&self, fate: Fate) -> Option<&Word> {
        match fate {
            Fate::Empty | Fate::Unchanged | Fate::Offered | Fate::Taken => None,
            Fate::Left(Why(at)) => self.words.get(at as usize),
        }
    }

    fn reasons(&self, whys: impl Iterator<Item = Why>) -> Vec<Reason> {
        let mut counts: BTreeMap<Why, u64> = BTreeMap::new();
        for why in whys {
            *counts.entry(why).or_default() += 1;
        }
        let reasons = counts.into_iter().filter_map(|(Why(at), count)| {
            let Word { code, why } = self.words.get(at as usize)?.clone();
            Some(Reason { code, why, count })
        });
        reasons.collect()
    }

    fn of(&self, sheet: &SheetAccount) -> FileAccount {
        let records = || sheet.rows.iter().filter(|it| !it.is_title);
        let mut columns: Vec<(ColumnAccount, Vec<Why>)> = Vec::new();
        for (cell, fate) in sheet.cells.iter().enumerate() {
            let place = u32::try_from(cell).map_or(0, |it| sheet.place(it).1);
            while columns.len() <= place {
                let column = sheet.column(columns.len());
                columns.push((
                    ColumnAccount {
                        column,
                        ..ColumnAccount::default()
                    },
                    Vec::new(),
                ));
            }
            let (column, left) = &mut columns[place];
            column.cells += 1;
            match fate {
                Fate::Empty => column.empty += 1,
                Fate::Unchanged => column.unchanged += 1,
                Fate::Taken => column.taken += 1,
                Fate::Left(why) => left.push(*why),
                Fate::Offered => {}
            }
        }
        let columns = columns.into_iter().map(|(mut column, left)| {
            column.not_taken = self.reasons(left.into_iter());
            column
        });
        FileAccount {
            file: sheet.file.clone(),
            sheet: sheet.sheet.clone(),
            rows: records().count() as u64,
            rows_taken: records().filter(|it| it.taken).count() as u64,
            rows_not_taken: self.reasons(records().filter(|it| !it.taken).filter_map(|it| it.why)),
            cells: sheet.cells.len() as u64 + sheet.headings,
            headings: sheet.headings,
            columns: columns.collect(),
            tables: sheet.tables.clone(),
        }
    }
}

impl Serialize for Account {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            files: Vec<FileAccount>,
            left_alone: &'a [String],
            not_taken: Vec<Line>,
            rounded: Vec<Line>,
            /// Lines that are only in the file of the account.
            further_lines: usize,
        }
        let further = |count: usize| count.saturating_sub(LISTED);
        Whole {
            files: self.files(),
            left_alone: &self.left_alone,
            not_taken: self.not_taken().take(LISTED).collect(),
            rounded: self.rounded().take(LISTED).collect(),
            further_lines: further(self.not_taken().count()) + further(self.rounded().count()),
        }
        .serialize(serializer)
    }
}
