//! Whether a row that was wrong from the start may be put right.

use super::{Change, Ledger, Root, judge};
use crate::{
    Day, Id, Refusal, Row,
    event::Correction,
    table::{BadColumn, Cells},
    tables::{self, Table},
};

/// The effective date of a correction, if it may be.
///
/// # Errors
/// Why there is no such row, what cannot be corrected, or the rule the row would then break.
pub(super) fn may_be(ledger: &Ledger, correction: &Correction, known: Day) -> Result<Day, Refusal> {
    let at = place(ledger, correction)?;
    let root = &ledger.roots()[at];
    not_before_row(root, known)?;
    let before = root.known_by(known);
    let row = before.row.with(&correction.changes).map_err(unreadable)?;
    if !correction.void {
        holds_from(&row, correction.to_date.unwrap_or(before.effective))?;
    }
    day_is_free(ledger, at, correction.to_date)?;
    let changes = correction.changes.clone();
    changed(
        ledger,
        at,
        known,
        Change::Some {
            changes,
            to_date: correction.to_date,
            void: correction.void,
        },
    )?;
    // The correction's own effective date is its `date`, marked (E) in the contract; from when the row
    // is so is its version's.
    Ok(correction.date)
}

/// Asks the rules for a booking that replaces another in full.
///
/// # Errors
/// `no_such_row`, or the rule that refuses the replacement.
pub(super) fn replacement_may_be(
    ledger: &Ledger,
    row: &Row,
    reference: &Id,
    effective: Day,
    known: Day,
) -> Result<(), Refusal> {
    let at = ledger.booking(reference).ok_or_else(|| {
        Refusal::new(
            "no_such_row",
            "corrects",
            format!("In diesem Topf ist keine Buchung „{reference}“ erfasst; eine Buchung eines anderen Topfes bitte annullieren und neu buchen"),
            format!("No booking `{reference}` is recorded on this pot; annul a booking of another pot and book anew"),
        )
    })?;
    not_before_row(&ledger.roots()[at], known)?;
    changed(ledger, at, known, Change::Whole(row.clone(), effective))
}

/// Asks the rules for a row as it would stand when everything is known.
fn changed(ledger: &Ledger, at: usize, known: Day, change: Change) -> Result<(), Refusal> {
    let newest = ledger.roots()[at].newest_with(known, change);
    if newest.void {
        return judge(ledger, None, newest.effective, Some(at));
    }
    // A correction that came in late stands below later ones: they must still fit.
    holds_from(&newest.row, newest.effective)?;
    judge(ledger, Some(&newest.row), newest.effective, Some(at))
}

/// Checks a row as it reads from the day it is effective, which a correction may have moved: the row's own
/// column keeps the day it was recorded with.
///
/// # Errors
/// The rule broken.
pub(super) fn holds_from(row: &Row, day: Day) -> Result<(), Refusal> {
    let Some(column) = row.table().effective else {
        return row.check();
    };
    let day = Cells::from([(column.to_owned(), day.to_string())]);
    row.with(&day).map_err(unreadable)?.check()
}

fn not_before_row(root: &Root, known: Day) -> Result<(), Refusal> {
    let since = root.versions[0].known;
    if known >= since {
        return Ok(());
    }
    Err(Refusal::new(
        "correction_before_row",
        "received_on",
        format!(
            "Die Berichtigung wäre vor der Zeile bekannt geworden, die erst am {since} einging"
        ),
        format!("The correction would be known before its row, which came in on {since}"),
    ))
}

/// Two states of one thing never hold from the same day.
fn day_is_free(ledger: &Ledger, at: usize, to_date: Option<Day>) -> Result<(), Refusal> {
    let row = &ledger.roots()[at].newest().row;
    let table = row.table();
    let Some(day) = to_date.filter(|_| table.states) else {
        return Ok(());
    };
    let holder = row.identity();
    let mut others = ledger
        .states(table.order, &holder)
        .filter(|it| it.position != ledger.roots()[at].position);
    if others.any(|it| !it.newest().void && it.newest().effective == day) {
        return Err(Refusal::new(
            "state_exists",
            "to_date",
            format!(
                "„{holder}“ hat schon einen Stand ab {day}; bitte den einen annullieren oder berichtigen"
            ),
            format!("`{holder}` already has a state from {day}; annul or correct one of them"),
        ));
    }
    Ok(())
}

/// The place of the row a correction is about.
///
/// # Errors
/// `unknown_table`, `no_such_row`, `unknown_column`, `identity_fixed`.
fn place(ledger: &Ledger, correction: &Correction) -> Result<usize, Refusal> {
    let table = tables::by_name(&correction.table).ok_or_else(|| {
        Refusal::new(
            "unknown_table",
            "table",
            "Diese Tabelle gibt es nicht",
            "There is no such table",
        )
    })?;
    let at = ledger
        .find(table.order, &correction.key, correction.date)
        .ok_or_else(|| no_such_row(ledger, table, correction))?;
    for column in correction.changes.keys() {
        may_change(table, column)?;
    }
    Ok(at)
}

fn no_such_row(ledger: &Ledger, table: &Table, correction: &Correction) -> Refusal {
    let (key, date) = (&correction.key, correction.date);
    let dates: Vec<String> = ledger
        .identified(table.order, key)
        .map(|it| it.newest().effective.to_string())
        .collect();
    if dates.is_empty() {
        return Refusal::new(
            "no_such_row",
            "key",
            format!("In „{}“ ist keine Zeile „{key}“ erfasst", table.name),
            format!("No row `{key}` is recorded in `{}`", table.name),
        );
    }
    let dates = dates.join(", ");
    Refusal::new(
        "no_such_row",
        "date",
        format!("„{key}“ gilt nicht ab {date}, sondern ab {dates}"),
        format!("`{key}` is not effective on {date} but on {dates}"),
    )
}

/// What a row is found, dated and judged by is no matter of correction.
fn may_change(table: &Table, column: &str) -> Result<(), Refusal> {
    let dated = ["valid_from"].into_iter().filter(|_| table.states);
    let housed = match table.name {
        "requests" => Some("pot"),
        "contributions" => Some("fiscal_year"),
        "bookings" => Some("corrects"),
        _ => None,
    };
    let fixed = table
        .identity
        .iter()
        .copied()
        .chain(table.effective)
        .chain(dated)
        .chain(housed);
    if let Some(fixed) = fixed.into_iter().find(|it| *it == column) {
        return Err(Refusal::new(
            "identity_fixed",
            fixed,
            format!(
                "„{fixed}“ legt fest, wo die Zeile steht; bitte die Zeile annullieren (void = yes) und unter einer neuen Kennung erfassen, oder für das Datum „to_date“ benutzen"
            ),
            format!(
                "`{fixed}` says where the row belongs; annul the row (void = yes) and record it under a new id, or use `to_date` for its date"
            ),
        ));
    }
    if table.columns.iter().any(|it| it.name == column) {
        return Ok(());
    }
    let columns = table
        .columns
        .iter()
        .map(|it| it.name)
        .collect::<Vec<_>>()
        .join(", ");
    Err(Refusal::new(
        "unknown_column",
        None,
        format!(
            "„{}“ hat keine Spalte „{column}“; es gibt: {columns}",
            table.name
        ),
        format!(
            "`{}` has no column `{column}`; there are: {columns}",
            table.name
        ),
    ))
}

fn unreadable(bad: Vec<BadColumn>) -> Refusal {
    bad.into_iter().next().map_or_else(
        || {
            Refusal::new(
                "unknown_table",
                "table",
                "Diese Tabelle gibt es nicht",
                "There is no such table",
            )
        },
        |it| Refusal {
            code: it.bad.code,
            field: Some(it.column),
            de: it.bad.de,
            en: it.bad.en,
        },
    )
}

impl Ledger {
    /// How a row would read after a correction.
    ///
    /// # Errors
    /// Why there is no such row, or which cell cannot be read.
    pub fn corrected(&self, correction: &Correction) -> Result<Row, Refusal> {
        let at = place(self, correction)?;
        self.roots()[at]
            .newest()
            .row
            .with(&correction.changes)
            .map_err(unreadable)
    }
}
