//! The time machine: which version of which row is visible, and which rows hold.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Row;
use super::tables::{cell, effective, effective_column, identity};

/// The visible version of one row.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    /// The feed table.
    pub table: String,
    /// The identity of the row as first fed.
    pub identity: String,
    /// The content of the visible version.
    pub cells: BTreeMap<String, String>,
    /// Effective date of the visible version.
    pub effective: Date,
    /// Known date of the visible version.
    pub known: Date,
    /// Position of the visible version.
    pub version: u64,
    /// Position of the row itself, its place among rows of the same day.
    pub position: u64,
    /// Known date of the row itself: when it was received first.
    pub received: Date,
    /// Positions the visible version rests on: the row, and what corrected or replaced it.
    pub events: Vec<u64>,
    /// An annulled version: the row is not there.
    pub annulled: bool,
}

impl Fact {
    /// The cell of a column, if it is stated.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        cell(&self.cells, column)
    }

    /// The cell of a column, or the empty text.
    pub(crate) fn text(&self, column: &str) -> &str {
        self.get(column).unwrap_or("")
    }

    /// A date.
    pub(crate) fn date(&self, column: &str) -> Option<Date> {
        self.get(column)?.parse().ok()
    }

    /// A whole number.
    pub(crate) fn whole(&self, column: &str) -> Option<i64> {
        self.get(column)?.parse().ok()
    }

    /// An amount in cents.
    pub(crate) fn amount(&self, column: &str) -> Option<i64> {
        super::numbers::cents(self.get(column)?)
    }

    /// "states take per holder the greatest (effective date, known date, position)".
    pub(crate) fn rank(&self) -> (Date, Date, u64) {
        (self.effective, self.known, self.version)
    }
}

/// Cells of a correction that are about the correction and not about the corrected row.
const OWN: &[&str] = &[
    "table",
    "key",
    "date",
    "reason",
    "to_date",
    "void",
    "received_on",
    "reporter",
    "file_ref",
    "note",
];

/// Every row with the version visible at (K, P), annulled ones among them.
///
/// "Versions: of the versions of a row (itself, corrections, replacing bookings) known by K, the
/// greatest (known date, position) is visible; an annulled one is not."
pub(crate) fn versions(
    rows: &[Row],
    known_on: Option<Date>,
    at_position: Option<u64>,
) -> Vec<Fact> {
    let log: Vec<&Row> = rows
        .iter()
        .filter(|row| at_position.is_none_or(|p| row.position <= p))
        .collect();
    let corrections: Vec<&Row> = log
        .iter()
        .copied()
        .filter(|row| row.table == "corrections")
        .collect();
    let mut facts = Vec::new();
    for root in log
        .iter()
        .copied()
        .filter(|row| row.table != "corrections" && !replaces(row, &log))
    {
        let chain = chain(root, &log);
        let mut versions = chain.clone();
        versions.extend(
            corrections
                .iter()
                .copied()
                .filter(|row| corrects(row, root, &chain, &corrections)),
        );
        versions.sort_by_key(|row| (row.known(), row.position));
        if let Some(fact) = fold(root, &versions, known_on) {
            facts.push(fact);
        }
    }
    facts
}

/// A booking whose `corrects` names another booking is a version of that one.
fn replaces(row: &Row, log: &[&Row]) -> bool {
    row.table == "bookings"
        && cell(&row.cells, "corrects").is_some_and(|to| {
            log.iter()
                .any(|other| other.table == "bookings" && reference(other) == to)
        })
}

fn reference(row: &Row) -> &str {
    cell(&row.cells, "reference").unwrap_or("")
}

/// "A booking with `corrects` replaces the named one in full": the first booking and,
/// transitively, all that replace it.
fn chain<'a>(root: &'a Row, log: &[&'a Row]) -> Vec<&'a Row> {
    let mut chain = vec![root];
    if root.table != "bookings" {
        return chain;
    }
    loop {
        let next = log.iter().copied().find(|row| {
            row.table == "bookings"
                && !chain.iter().any(|have| have.position == row.position)
                && cell(&row.cells, "corrects")
                    .is_some_and(|to| chain.iter().any(|have| reference(have) == to))
        });
        match next {
            Some(row) => chain.push(row),
            None => return chain,
        }
    }
}

/// "A correction names `table` and `key` (the identity, its parts joined by `/`), `date` (the
/// effective date of the row it corrects)". The identity of a new state includes its date. After
/// a `to_date` the new date names the row as well as the old one.
fn corrects(correction: &Row, root: &Row, chain: &[&Row], corrections: &[&Row]) -> bool {
    let key = cell(&correction.cells, "key").unwrap_or("");
    let date = cell(&correction.cells, "date").unwrap_or("");
    cell(&correction.cells, "table") == Some(root.table.as_str())
        && chain.iter().any(|row| {
            let own = identity(&row.table, &row.cells);
            let from = effective(&row.table, &row.cells, row.known()).to_string();
            let named = key == own || key == format!("{own}/{from}");
            named
                && dates(&root.table, key, from, corrections)
                    .iter()
                    .any(|known| known == date)
        })
}

/// The dates under which the row of that key goes: its own, and those a `to_date` gave it.
fn dates(table: &str, key: &str, from: String, corrections: &[&Row]) -> Vec<String> {
    let mut dates = vec![from];
    let mut place = 0;
    while let Some(date) = dates.get(place).cloned() {
        for row in corrections {
            let names = |column: &str, text: &str| cell(&row.cells, column) == Some(text);
            if names("table", table) && names("key", key) && names("date", &date) {
                let given = cell(&row.cells, "to_date").map(str::to_owned);
                dates.extend(given.filter(|given| !dates.contains(given)));
            }
        }
        place += 1;
    }
    dates
}

/// Goes through the versions in (known date, position) order. The content of a correction is the
/// content of the version before it with the named columns replaced; a replacing booking is its
/// own row in full. The last one known by K is visible.
fn fold(root: &Row, versions: &[&Row], known_on: Option<Date>) -> Option<Fact> {
    let mut cells = root.cells.clone();
    let mut events = Vec::new();
    let mut visible = None;
    for version in versions
        .iter()
        .filter(|row| known_on.is_none_or(|k| row.known() <= k))
    {
        events.push(version.position);
        let mut annulled = false;
        if version.table == "corrections" {
            annulled = cell(&version.cells, "void") == Some("yes");
            replace(&root.table, &mut cells, version);
        } else {
            cells = version.cells.clone();
        }
        visible = Some(Fact {
            table: root.table.clone(),
            identity: identity(&root.table, &root.cells),
            effective: effective(&root.table, &cells, root.known()),
            cells: cells.clone(),
            known: version.known(),
            version: version.position,
            position: root.position,
            received: root.known(),
            events: events.clone(),
            annulled,
        });
    }
    visible
}

/// "then the corrected columns by name; `-` empties a cell, `to_date` corrects the date itself".
fn replace(table: &str, cells: &mut BTreeMap<String, String>, correction: &Row) {
    for (column, value) in &correction.cells {
        if OWN.contains(&column.as_str()) || value.is_empty() {
            continue;
        }
        if value == "-" {
            cells.remove(column);
        } else {
            cells.insert(column.clone(), value.clone());
        }
    }
    if let Some(date) = cell(&correction.cells, "to_date") {
        let column = effective_column(table, cells);
        if !column.is_empty() {
            cells.insert(column.to_owned(), date.to_owned());
        }
    }
}
