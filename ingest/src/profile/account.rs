//! The account of a foreign file: what became of every row and every cell.

mod sheet;
mod told;

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
        if let Outcome::Rejected(findings) = outcome {
            sheet.show_refused(&origin.uses, findings);
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
}
