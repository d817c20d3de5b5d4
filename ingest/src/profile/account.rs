//! The account of a foreign file: what became of every row and every cell.

mod sheet;
mod told;

use std::collections::BTreeSet;

pub(super) use self::sheet::{Fate, SheetAccount};
pub use self::told::{ColumnAccount, FileAccount, Line, Reason, TableAccount};
use crate::{Finding, Outcome};

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

    /// Notes what became of a row made of foreign cells; findings name the foreign columns.
    pub(crate) fn count(&mut self, origin: &Origin, outcome: &Outcome) {
        match outcome {
            Outcome::Accepted { .. } | Outcome::Known { .. } => self.took(origin),
            Outcome::Rejected(findings) => self.refused(origin, findings),
        }
    }

    fn took(&mut self, origin: &Origin) {
        let Some(sheet) = self.sheets.get_mut(origin.sheet) else {
            return;
        };
        if let Some(row) = sheet.rows.get_mut(origin.row) {
            row.taken = true;
        }
        for cell in &origin.uses {
            sheet.set(*cell, Fate::Taken);
        }
    }

    /// Every cell has its own reason: what is wrong with it, else that its row was not taken.
    fn refused(&mut self, origin: &Origin, findings: &[Finding]) {
        // The words of a refusal may name the row; the code is enough to count by.
        let refused = "abgewiesen; siehe Befund";
        let row = match findings.first() {
            Some(first) => self.why(&first.code, refused),
            None => self.why("rejected", ""),
        };
        let codes: BTreeSet<&str> = findings.iter().map(|it| it.code.as_ref()).collect();
        let codes = Vec::from_iter(codes).join(", ");
        let others = format!("Zeile abgewiesen wegen {codes}; siehe ihre Befunde");
        let others = self.why("row_not_taken", &others);
        let Some(sheet) = self.sheets.get_mut(origin.sheet) else {
            return;
        };
        sheet.show_refused(&origin.uses, findings);
        if let Some(row_account) = sheet.rows.get_mut(origin.row) {
            row_account.why = row_account.why.or(Some(row));
        }
        let own: Vec<(u32, Option<&str>)> = origin
            .uses
            .iter()
            .map(|cell| {
                let own = findings.iter().find(|it| sheet.is_about(*cell, it));
                (*cell, own.map(|it| it.code.as_ref()))
            })
            .collect();
        for (cell, code) in own {
            let why = code.map_or(others, |code| self.why(code, refused));
            let words = &self.words;
            let is_of_row = |Why(at): Why| {
                let word = words.get(at as usize);
                word.is_some_and(|it| it.code == "row_not_taken")
            };
            let fate = self.sheets.get_mut(origin.sheet);
            let Some(fate) = fate.and_then(|it| it.cells.get_mut(cell as usize)) else {
                continue;
            };
            match *fate {
                // What made the row unreadable says more than that it was refused.
                Fate::Left(before) if !(code.is_some() && is_of_row(before)) => {}
                Fate::Taken => {}
                Fate::Left(_) | Fate::Empty | Fate::Unchanged | Fate::Offered => {
                    *fate = Fate::Left(why);
                }
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
}
