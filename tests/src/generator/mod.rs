//! Random but referentially valid feeds, the same for the same seed.
//!
//! A feed is handed in as three batches, each in the contract's order, so that later batches
//! bring rows of earlier days: positions, known dates and effective dates go different ways.
//! Some rows are what a real desk would refuse (too much money, a step out of turn); a refused
//! row may make later ones refused too. What the contract leaves open is mostly avoided.

mod budget;
mod carrying;
mod catalogue;
mod corrections;
mod decisions;
mod dice;
mod measures;
mod money;
mod order;
mod programme;
mod register;
mod requests;
mod risks;
mod schedule;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::FeedRow;
use crate::reference::tables::effective;
use dice::Dice;

pub use order::sorted;

/// No row is received after this day.
pub const LAST_DAY: Date = date(2026, 11, 1);

/// The last day on which anything happens.
const LAST_EVENT: Date = date(2026, 10, 15);

/// Bodies that report and decide.
const BODIES: &[&str] = &[
    "B-FITKO", "B-PMO", "B-KT-DG", "B-KT-DS", "B-KT-KI", "B-RM-LG", "B-AGDD", "B-ALR",
];

/// Harmless texts.
const WORDS: &[&str] = &[
    "Abstimmung",
    "Konzept",
    "Pilot",
    "Prüfung",
    "Anschluss",
    "Freigabe",
    "Übergabe",
    "Test",
];

/// About `size` rows over the tables the product has, in an order that can be sent row by row.
#[must_use]
pub fn feed(seed: u64, size: usize) -> Vec<FeedRow> {
    let mut desk = Desk::new(seed, size);
    desk.tables_at_hand();
    desk.corrections();
    desk.batches()
}

/// About `size` rows over all tables of Programme, Measures and Risks, and the money: a [`feed`]
/// with life cycles, links, mandates, overrides, plans, goals, actions, closures, papers and votes on top.
#[must_use]
pub fn feed_of_all_tables(seed: u64, size: usize) -> Vec<FeedRow> {
    // A quarter is left for what comes on top.
    let mut desk = Desk::new(seed, size * 3 / 4);
    desk.tables_at_hand();
    desk.on_top = Some(desk.drafts.len());
    desk.programme();
    desk.budget();
    desk.carry_overs();
    desk.measures();
    desk.register();
    desk.decisions();
    desk.corrections();
    desk.batches()
}

/// Batches are 0, 1 and 2.
const LAST_BATCH: u8 = 2;

/// A row being made, and the batch it is handed in with.
#[derive(Clone)]
struct Draft {
    row: FeedRow,
    batch: u8,
}

impl Draft {
    fn new(table: &str) -> Self {
        Draft {
            row: FeedRow {
                table: table.to_owned(),
                cells: BTreeMap::new(),
            },
            batch: 0,
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "so that callers need no `&`")]
    fn set(mut self, column: &str, value: impl ToString) -> Self {
        self.row.cells.insert(column.to_owned(), value.to_string());
        self
    }

    fn batch(mut self, batch: u8) -> Self {
        self.batch = batch.min(LAST_BATCH);
        self
    }

    fn get(&self, column: &str) -> &str {
        self.row.cells.get(column).map_or("", String::as_str)
    }

    /// The date on which the row takes effect; `sittings` and the like from their known date.
    fn effective(&self) -> Date {
        effective(
            &self.row.table,
            &self.row.cells,
            self.known().unwrap_or(LAST_DAY),
        )
    }

    /// `received_on`; without it the row is known from its recording.
    fn known(&self) -> Option<Date> {
        self.get("received_on").parse().ok()
    }
}

/// The desk that makes the feed.
struct Desk {
    dice: Dice,
    size: usize,
    drafts: Vec<Draft>,
    references: u32,
    /// Where the rows begin that only [`feed_of_all_tables`] brings.
    on_top: Option<usize>,
}

impl Desk {
    fn new(seed: u64, size: usize) -> Self {
        Desk {
            dice: Dice::new(seed),
            size,
            drafts: Vec::new(),
            references: 0,
            on_top: None,
        }
    }

    /// Feeds the tables of a [`feed`].
    fn tables_at_hand(&mut self) {
        self.catalogue();
        self.schedule();
        self.status();
        self.risks();
        self.money();
    }

    /// The rows, batch after batch.
    fn batches(&self) -> Vec<FeedRow> {
        let mut rows = Vec::new();
        for batch in 0..=LAST_BATCH {
            let of_batch = self.drafts.iter().filter(|draft| draft.batch == batch);
            rows.extend(sorted(of_batch.map(|draft| draft.row.clone()).collect()));
        }
        rows
    }

    /// One in `share` of the rows, at least `least`.
    fn count(&self, share: usize, least: usize) -> usize {
        (self.size / share).max(least)
    }

    /// Takes a row in, received some days after it took effect: mostly soon, sometimes late or
    /// only known from its recording.
    fn take(&mut self, draft: Draft) {
        let draft = self.received(draft);
        self.drafts.push(draft);
    }

    /// Takes a row in that is known soon, because other rows rest on it.
    fn take_prompt(&mut self, draft: Draft) {
        let day = add_days(draft.effective(), self.dice.between(0, 3));
        self.drafts.push(
            draft
                .set("received_on", day.min(LAST_DAY))
                .set("note", "erfunden"),
        );
    }

    fn received(&mut self, draft: Draft) -> Draft {
        let wait = match self.dice.between(1, 100) {
            1..=5 => return draft,
            6..=16 => self.dice.between(25, 140),
            17..=40 => 0,
            _ => self.dice.between(1, 12),
        };
        let day = add_days(draft.effective(), wait).min(LAST_DAY);
        draft.set("received_on", day)
    }

    /// The batch of a row that nothing rests on.
    fn any_batch(&mut self) -> u8 {
        match self.dice.between(1, 100) {
            1..=78 => 0,
            79..=91 => 1,
            _ => 2,
        }
    }

    fn body(&mut self) -> &'static str {
        self.dice.pick(BODIES)
    }

    fn title(&mut self) -> String {
        format!("{} {}", self.dice.pick(WORDS), self.dice.between(1, 99))
    }
}

/// That many days later.
fn add_days(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// An amount in cents as a cell.
fn money_cell(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
