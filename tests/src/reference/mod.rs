//! A naive reference of Leitstand's answers, written from `contract/answers.md` and
//! `contract/feeds.md` alone: loops over vectors, no indexes, every rule where it is used.
//!
//! A field that the contract leaves open for a row is left out of that row, so that a
//! comparison ([`crate::compare::differences`]) does not look at it.

mod bodies;
mod catalogue;
mod changes;
mod decisions;
mod dependencies;
mod exceptions;
mod funds;
mod goals;
mod impediments;
mod keys;
mod links;
mod milestones;
mod money;
mod numbers;
mod obligations;
mod outlook;
mod plans;
mod portions;
mod reporting;
mod requests;
mod risks;
mod seats;
mod shares;
mod states;
mod status;
pub mod tables;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_changes;
#[cfg(test)]
mod tests_measures;
#[cfg(test)]
mod tests_money;
#[cfg(test)]
mod tests_programme;
#[cfg(test)]
mod tests_steering;
#[cfg(test)]
mod tests_time;
mod trail;
mod versions;
mod votes;
mod year_end;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

pub use catalogue::{built_in as built_in_catalogue, programme as built_in_programme};
pub use changes::{COMPARED, between};
pub use exceptions::KINDS as EXCEPTION_KINDS;
pub use keys::built_in_keys;
pub use shares::shares;
pub use trail::trail;

use tables::cell;
use versions::Fact;

/// A row the product accepted, in ISO form, as it was fed.
#[derive(Clone, Debug)]
pub struct Row {
    /// The feed table.
    pub table: String,
    /// Column → cell; an absent or empty cell is "not stated".
    pub cells: BTreeMap<String, String>,
    /// Position of its event in the log.
    pub position: u64,
    /// The day of recording (Europe/Berlin).
    pub recorded_on: Date,
}

impl Row {
    /// "Known date = `received_on`, else the day of recording".
    #[must_use]
    pub fn known(&self) -> Date {
        cell(&self.cells, "received_on")
            .and_then(|text| text.parse().ok())
            .unwrap_or(self.recorded_on)
    }
}

/// The second half of a carry-over, which follows from the first and is no row of a feed: what has come to the
/// other pot. Its cells are `pot`, `to_pot`, `request`, `amount`, `resolved_on` and `received_on`, `amount` 0.00
/// where the first half is annulled.
pub const RECEIVED: &str = "carry_overs.received";

/// The answers of this reference that the product gives.
pub const ANSWERS: &[&str] = &[
    "catalogue",
    "status",
    "reporting",
    "milestones",
    "risks",
    "impediments",
    "requests",
    "funds",
    "exceptions",
];

/// Every answer of this reference that needs no id; beside them [`trail()`] and [`between`].
pub const ALL_ANSWERS: &[&str] = &[
    "catalogue",
    "status",
    "reporting",
    "milestones",
    "risks",
    "impediments",
    "requests",
    "funds",
    "exceptions",
    "plans",
    "goals",
    "bodies",
    "seats",
    "dependencies",
    "obligations",
    "decisions",
    "votes",
    "outlook",
    "year-end",
];

/// The answer `name` at (V, K, P): `{"as_of", "known_on", "backfilled", "rows", "summary"}`.
/// An unknown name gives `{"undefined": …}`.
#[must_use]
pub fn answer(
    rows: &[Row],
    name: &str,
    as_of: Date,
    known_on: Option<Date>,
    at_position: Option<u64>,
) -> Value {
    let world = World::new(rows, as_of, known_on, at_position);
    let (rows, summary) = match name {
        "catalogue" => catalogue::answer(&world),
        "status" => status::answer(&world),
        "reporting" => reporting::answer(&world),
        "milestones" => milestones::answer(&world),
        "risks" => risks::answer(&world),
        "impediments" => impediments::answer(&world),
        "requests" => requests::answer(&world),
        "funds" => funds::answer(&world),
        "exceptions" => exceptions::answer(&world),
        "plans" => plans::answer(&world),
        "goals" => goals::answer(&world),
        "bodies" => bodies::answer(&world),
        "seats" => seats::answer(&world),
        "dependencies" => dependencies::answer(&world),
        "obligations" => obligations::answer(&world),
        "decisions" => decisions::answer(&world),
        "votes" => votes::answer(&world),
        "outlook" => outlook::answer(&world),
        "year-end" => year_end::answer(&world),
        _ => return numbers::undefined("no such answer in the reference"),
    };
    json!({
        "as_of": as_of.to_string(),
        "known_on": numbers::date(known_on),
        "backfilled": world.backfilled(),
        "rows": rows,
        "summary": summary,
    })
}

/// What is visible at (K, P), looked at from V.
struct World {
    /// The built-in catalogue with its bodies, links and seats, then the log.
    log: Vec<Row>,
    as_of: Date,
    known_on: Option<Date>,
    at_position: Option<u64>,
    /// The visible rows, effective or not, without annulled ones.
    visible: Vec<Fact>,
    /// Second halves of carry-overs.
    received: Vec<Row>,
}

impl World {
    fn new(rows: &[Row], as_of: Date, known_on: Option<Date>, at_position: Option<u64>) -> Self {
        let mut log = catalogue::built_in();
        log.extend(catalogue::programme());
        let second = |row: &&Row| row.table == RECEIVED;
        let received = rows.iter().filter(second).cloned().collect();
        log.extend(rows.iter().filter(|row| !second(row)).cloned());
        let mut visible = versions::versions(&log, known_on, at_position);
        visible.retain(|fact| !fact.annulled);
        World {
            log,
            as_of,
            known_on,
            at_position,
            visible,
            received,
        }
    }

    /// What has come to the other pot of a carry-over by V: "of the versions known by K, the greatest (known date,
    /// position) is visible".
    fn received(&self, from: &str, to: &str, request: &str) -> i64 {
        let is = |row: &Row, column: &str, text: &str| cell(&row.cells, column) == Some(text);
        let known = self.received.iter().filter(|row| {
            is(row, "pot", from)
                && is(row, "to_pot", to)
                && is(row, "request", request)
                && self.at_position.is_none_or(|p| row.position <= p)
                && self.known_on.is_none_or(|k| row.known() <= k)
        });
        let last = known.max_by_key(|row| (row.known(), row.position));
        let by_now = last.filter(|row| {
            let day: Option<Date> =
                cell(&row.cells, "resolved_on").and_then(|text| text.parse().ok());
            day.is_some_and(|day| day <= self.as_of)
        });
        let amount = by_now.and_then(|row| cell(&row.cells, "amount"));
        amount.and_then(numbers::cents).unwrap_or(0)
    }

    /// Rows of the log that are known by K and up to P.
    fn known_rows(&self) -> impl Iterator<Item = &Row> {
        self.log.iter().filter(|row| {
            self.at_position.is_none_or(|p| row.position <= p)
                && self.known_on.is_none_or(|k| row.known() <= k)
        })
    }

    /// "With P open, an answer for an earlier K changes only through a row recorded later whose
    /// known date is not after K; `backfilled` counts such rows".
    fn backfilled(&self) -> usize {
        match self.known_on {
            None => 0,
            Some(k) => self.known_rows().filter(|row| row.recorded_on > k).count(),
        }
    }

    /// "Of the visible rows effective by V, sums take all".
    fn all(&self, table: &str) -> Vec<&Fact> {
        self.visible
            .iter()
            .filter(|fact| fact.table == table && fact.effective <= self.as_of)
            .collect()
    }

    /// "… and states take per holder the greatest (effective date, known date, position)". The
    /// holder is what the columns say; sorted by it.
    fn states(&self, table: &str, holder: &str) -> Vec<&Fact> {
        self.states_of(table, &[holder])
    }

    /// States whose holder is named by several columns.
    fn states_of(&self, table: &str, holder: &[&str]) -> Vec<&Fact> {
        let mut states: BTreeMap<Vec<&str>, &Fact> = BTreeMap::new();
        for fact in self.all(table) {
            let names = holder.iter().map(|column| fact.text(column)).collect();
            let have = states.entry(names).or_insert(fact);
            if have.rank() < fact.rank() {
                *have = fact;
            }
        }
        states.into_values().collect()
    }

    /// All rows of a table whose column names this holder, in (effective, known, position) order.
    fn of(&self, table: &str, column: &str, holder: &str) -> Vec<&Fact> {
        let mut facts = self.all(table);
        facts.retain(|fact| fact.text(column) == holder);
        facts.sort_by_key(|fact| fact.rank());
        facts
    }
}
