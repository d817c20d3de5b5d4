//! A stream: what was recorded of one thing, and whether the next row may be.
//!
//! Every stream is a [`Ledger`] of rows with their versions; what differs between kinds are the rules
//! asked before a row is recorded. [`decide()`] may refuse, [`Ledger::apply`] never does.

mod correct;
mod decide;
mod index;
mod ledger;
mod network;
mod whole;

use crate::{Day, Refusal, Row, pot};

pub(crate) use index::Index;

pub use decide::{Command, Companion, Decision, Wanted, decide};
pub use ledger::{Change, Envelope, Ledger, Root, Version};
pub use whole::Whole;

/// A kind of stream; the first half of the stream's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// Catalogue entries and links.
    Catalogue,
    /// Thresholds, cost keys, needs, report calls, releases.
    Settings,
    /// A body's seats, sittings and mandates.
    Body,
    /// A measure's or governance entry's reports, overrides, plans, progress.
    Measure,
    /// A milestone.
    Milestone,
    /// All activities; cycles are refused here.
    Network,
    /// A risk.
    Risk,
    /// An impediment.
    Impediment,
    /// A goal.
    Goal,
    /// A sitting's papers, votes and resolutions.
    Sitting,
    /// A pot, and everything drawn on it in its fiscal year.
    Pot,
    /// What the partners were called on for and paid in one fiscal year.
    Contributions,
    /// The log about itself: initialisation, seals, erasures.
    Log,
}

impl StreamKind {
    const ALL: [(Self, &'static str); 13] = [
        (Self::Catalogue, "catalogue"),
        (Self::Settings, "settings"),
        (Self::Body, "body"),
        (Self::Measure, "measure"),
        (Self::Milestone, "milestone"),
        (Self::Network, "network"),
        (Self::Risk, "risk"),
        (Self::Impediment, "impediment"),
        (Self::Goal, "goal"),
        (Self::Sitting, "sitting"),
        (Self::Pot, "pot"),
        (Self::Contributions, "contributions"),
        (Self::Log, "log"),
    ];

    /// The word of the kind.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("log", |(_, word)| word)
    }

    /// The stream's name: the kind alone, or with an id as in `milestone-MS-01`.
    #[must_use]
    pub fn name(self, id: Option<&str>) -> String {
        match id {
            Some(id) => format!("{}-{id}", self.word()),
            None => self.word().to_owned(),
        }
    }

    /// The kind of a stream by its name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let word = name.split_once('-').map_or(name, |(word, _)| word);
        Self::ALL
            .iter()
            .find(|(_, it)| *it == word)
            .map(|(kind, _)| *kind)
    }
}

/// The rules of the stream's kind, for a row as it would stand; `None` annuls the one it replaces.
fn judge(
    ledger: &Ledger,
    row: Option<&Row>,
    date: Day,
    replaces: Option<usize>,
) -> Result<(), Refusal> {
    match ledger.kind() {
        StreamKind::Pot => ledger.book.judge(
            ledger.rows(),
            &pot::Candidate {
                row,
                date,
                replaces,
            },
        ),
        StreamKind::Network => {
            let as_it_was = replaces.map(|at| &ledger.roots()[at].newest().row);
            match row.or(as_it_was) {
                Some(Row::ActivityPlanned(activity)) => ledger.network.judge(network::Planned {
                    activity,
                    from: row.map(|_| date),
                    replaces,
                }),
                _ => Ok(()),
            }
        }
        StreamKind::Settings => whole::stays(ledger, replaces),
        StreamKind::Catalogue
        | StreamKind::Body
        | StreamKind::Measure
        | StreamKind::Milestone
        | StreamKind::Risk
        | StreamKind::Impediment
        | StreamKind::Goal
        | StreamKind::Sitting
        | StreamKind::Contributions
        | StreamKind::Log => Ok(()),
    }
}
