//! What a feed came to.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;

use crate::{Account, Finding, Outcome};

/// So many findings are kept one by one; the rejects file has the reason of every row.
const KEPT: usize = 10_000;

/// Rows by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Recorded now.
    pub accepted: u64,
    /// Recorded before.
    pub known: u64,
    /// Not recorded.
    pub rejected: u64,
}

/// What `feed --format json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FeedReport {
    /// Rows recorded now; in a dry run, those that would be.
    pub accepted: u64,
    /// Rows recorded before.
    pub known: u64,
    /// Rows not recorded.
    pub rejected: u64,
    /// The greatest position at which a row of this feed is recorded; if none is, where the log ends.
    pub position: u64,
    /// The same numbers per table.
    pub tables: BTreeMap<String, Tally>,
    /// What is wrong, in the order rows were decided.
    pub findings: Vec<Finding>,
    /// What became of every row and cell of foreign files, where a profile is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// The rejects files written.
    #[serde(skip)]
    pub rejects: Vec<PathBuf>,
    #[serde(skip)]
    left_out: u64,
}

impl FeedReport {
    /// Whether everything handed in is recorded.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.rejected == 0 && self.findings.is_empty()
    }

    pub(super) fn count(&mut self, table: &str, file: &str, row: u64, outcome: Outcome) {
        if !self.tables.contains_key(table) {
            self.tables.insert(table.to_owned(), Tally::default());
        }
        let mut nowhere = Tally::default();
        let tally = self.tables.get_mut(table).unwrap_or(&mut nowhere);
        if let Some(position) = outcome.position() {
            self.position = self.position.max(position.as_json());
        }
        match outcome {
            Outcome::Accepted { .. } => {
                self.accepted += 1;
                tally.accepted += 1;
            }
            Outcome::Known { .. } => {
                self.known += 1;
                tally.known += 1;
            }
            Outcome::Rejected(findings) => {
                self.rejected += 1;
                tally.rejected += 1;
                // What came over HTTP has no file.
                let file = (!file.is_empty()).then_some(file);
                self.found(findings.into_iter().map(|it| it.in_row(file, Some(row))));
            }
        }
    }

    pub(super) fn found(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if self.findings.len() < KEPT {
                self.findings.push(finding);
                continue;
            }
            self.left_out += 1;
            let more = further(self.left_out);
            self.findings.truncate(KEPT);
            self.findings.push(more);
        }
    }

    /// All or nothing, and it was not all.
    pub(super) fn nothing_was_recorded(&mut self) {
        self.accepted = 0;
        for tally in self.tables.values_mut() {
            tally.accepted = 0;
        }
        if let Some(account) = &mut self.account {
            account.nothing_was_recorded();
        }
    }
}

fn further(count: u64) -> Finding {
    Finding::new(
        "further_findings",
        format!(
            "{count} weitere Befunde; die Zeilen stehen mit ihrem Grund in der Datei der Abgewiesenen"
        ),
        format!("{count} further findings; the rows are in the rejects file with their reasons"),
    )
}
