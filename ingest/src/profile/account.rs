//! The account of a foreign file: what became of every row and every cell.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{sheet::Laid, words::letters};
use crate::{Finding, Outcome, feed::csv::write_cell};

/// So many lines of each listing are in the report; the file of the account has all.
const LISTED: usize = 10_000;

/// What became of every row and cell of the foreign files of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    sheets: Vec<SheetAccount>,
    words: Vec<Word>,
    left_alone: Vec<String>,
}

/// Where a row of ours comes from.
#[derive(Debug)]
pub(crate) struct Origin {
    sheet: usize,
    row: usize,
    /// The cells it is made of.
    uses: Box<[u32]>,
}

impl Origin {
    pub(super) fn new(sheet: usize, row: usize, uses: Vec<u32>) -> Self {
        let uses = uses.into();
        Self { sheet, row, uses }
    }
}

/// A reason not to take a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    code: String,
    why: String,
}

/// A reason of the account, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Why(u32);

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
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
pub(super) struct SheetAccount {
    file: String,
    sheet: Option<String>,
    /// Of a turned table: the number of the row each column was.
    turned: Option<Vec<u64>>,
    /// The columns' names for people.
    columns: Vec<String>,
    headings: u64,
    rows: Vec<RowAccount>,
    cells: Vec<Fate>,
    /// What stands in cells that were not taken, where it may be shown.
    shown: BTreeMap<u32, String>,
    /// Cell and the value taken instead.
    rounded: BTreeMap<u32, (String, String)>,
    tables: BTreeMap<&'static str, TableAccount>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct RowAccount {
    number: u64,
    start: u32,
    is_title: bool,
    taken: bool,
    why: Option<Why>,
}

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
    /// Notes a file that no part of the profile is about.
    pub(crate) fn leave_alone(&mut self, file: String) {
        self.left_alone.push(file);
    }

    pub(super) fn begin(&mut self, sheet: SheetAccount) -> usize {
        self.sheets.push(sheet);
        self.sheets.len() - 1
    }

    pub(super) fn why(&mut self, code: &str, why: &str) -> Why {
        let known = self
            .words
            .iter()
            .position(|it| it.code == code && it.why == why);
        let at = known.unwrap_or_else(|| {
            let (code, why) = (code.to_owned(), why.to_owned());
            self.words.push(Word { code, why });
            self.words.len() - 1
        });
        Why(u32::try_from(at).unwrap_or(u32::MAX))
    }

    pub(super) fn sheet(&mut self, at: usize) -> &mut SheetAccount {
        &mut self.sheets[at] // handed out by `begin`
    }

    /// Notes what became of a row made of foreign cells.
    pub(crate) fn count(&mut self, origin: &Origin, outcome: &Outcome) {
        let refused = match outcome {
            Outcome::Accepted { .. } | Outcome::Known { .. } => None,
            Outcome::Rejected(findings) => {
                let (code, why) = findings.first().map_or(("rejected", ""), |it: &Finding| {
                    (it.code.as_ref(), it.message.as_str())
                });
                // The words of a refusal may name the row; the code is enough to count by.
                let why = if code == "rejected" {
                    why
                } else {
                    "abgewiesen; siehe Befund"
                };
                Some(self.why(code, why))
            }
        };
        let Some(sheet) = self.sheets.get_mut(origin.sheet) else {
            return;
        };
        if let Some(row) = sheet.rows.get_mut(origin.row) {
            match refused {
                None => row.taken = true,
                Some(why) => row.why = row.why.or(Some(why)),
            }
        }
        for cell in &origin.uses {
            let Some(fate) = sheet.cells.get_mut(*cell as usize) else {
                continue;
            };
            match (refused, *fate) {
                (None, _) => *fate = Fate::Taken,
                // What made the row unreadable says more than that it was refused.
                (Some(_), Fate::Taken | Fate::Left(_)) => {}
                (Some(why), _) => *fate = Fate::Left(why),
            }
        }
    }

    /// All or nothing, and it was not all.
    pub(crate) fn nothing_was_recorded(&mut self) {
        let why = self.why(
            "nothing_recorded",
            "alles oder nichts, und nicht alles war richtig",
        );
        for sheet in &mut self.sheets {
            for row in sheet.rows.iter_mut().filter(|it| it.taken) {
                row.taken = false;
                row.why = Some(why);
            }
            for fate in sheet
                .cells
                .iter_mut()
                .filter(|it| matches!(it, Fate::Taken))
            {
                *fate = Fate::Left(why);
            }
        }
    }

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

    /// Every cell that was taken rounded: `why` says what was taken instead.
    pub fn rounded(&self) -> impl Iterator<Item = Line> {
        self.sheets.iter().flat_map(|sheet| {
            sheet.rounded.iter().map(|(cell, (written, taken))| {
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

impl SheetAccount {
    /// The account of a file or sheet with these columns, before any row.
    pub(super) fn new(file: &str, sheet: Option<String>, laid: &Laid, width: usize) -> Self {
        Self {
            file: file.to_owned(),
            sheet,
            turned: laid.turned.clone(),
            columns: (0..width).map(|it| laid.name(it)).collect(),
            headings: laid.headings,
            ..Self::default()
        }
    }

    /// Opens the account of a row of so many cells; its number and the first cell's.
    pub(super) fn row(&mut self, number: u64, cells: usize, is_title: bool) -> (usize, u32) {
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
    pub(super) fn set(&mut self, cell: u32, fate: Fate) {
        if let Some(it) = self.cells.get_mut(cell as usize) {
            *it = fate;
        }
    }

    /// Of cells that were not taken so far.
    pub(super) fn set_if_left(&mut self, cells: &[u32], fate: Fate) {
        for cell in cells {
            match self.cells.get(*cell as usize) {
                Some(Fate::Left(_)) => self.set(*cell, fate),
                Some(Fate::Unchanged) if fate == Fate::Offered => self.set(*cell, fate),
                _ => {}
            }
        }
    }

    /// Shows what stands in a cell that is not taken.
    pub(super) fn show(&mut self, cell: u32, text: &str) {
        if !text.is_empty() {
            self.shown.insert(cell, crate::finding::shortened(text));
        }
    }

    pub(super) fn is_rounded(&mut self, cell: u32, written: &str, taken: &str) {
        self.rounded
            .insert(cell, (crate::finding::shortened(written), taken.to_owned()));
    }

    /// Why a row is not taken, if it is not.
    pub(super) fn because(&mut self, row: usize, why: Why) {
        if let Some(row) = self.rows.get_mut(row) {
            row.why = row.why.or(Some(why));
        }
    }

    pub(super) fn made(&mut self, table: &'static str) {
        self.tables.entry(table).or_default().rows += 1;
    }

    pub(super) fn without(&mut self, table: &'static str, why: String) {
        *self
            .tables
            .entry(table)
            .or_default()
            .without
            .entry(why)
            .or_default() += 1;
    }

    /// The row of a cell and its place in it.
    fn place(&self, cell: u32) -> (u64, usize) {
        let after = self.rows.partition_point(|it| it.start <= cell);
        let row = after.checked_sub(1).and_then(|it| self.rows.get(it));
        row.map_or((0, 0), |it| (it.number, (cell - it.start) as usize))
    }

    fn column(&self, place: usize) -> String {
        let named = self.columns.get(place).cloned();
        named.unwrap_or_else(|| format!("@{}", letters(place)))
    }

    fn line(&self, cell: u32, code: &str, why: &str, value: Option<String>) -> Line {
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
