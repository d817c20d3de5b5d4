//! Whether a row may be recorded, and what that records.

use uuid::Uuid;

use super::{Ledger, Root, correct, judge, whole};
use crate::{
    Day, Event, Id, Meta, Refusal, Row,
    event::Correction,
    tables::{Booked, BookingKind, Table, by_name},
};

/// What somebody wants recorded, with everything deciding needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Made of programme, table, identity and content: the same row is the same command.
    pub id: Uuid,
    /// What is wanted.
    pub wanted: Wanted,
    /// What the row states beside its columns; not yet sealed.
    pub meta: Meta,
    /// When the programme came to know it, where the row says so.
    pub received_on: Option<Day>,
    /// The day of recording.
    pub today: Day,
    /// The rows handed in with it that make one whole with it: the other parts of its cost key.
    pub with: Vec<Companion>,
}

/// A row that stands or falls with another.
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// The row.
    pub row: Row,
    /// The row's own key.
    pub key: Option<Id>,
}

/// A row, or a correction of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A row of a feed table.
    Row(Row),
    /// A correction of a row.
    Correction(Correction),
}

/// The domain's yes.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "decisions live one at a time")]
pub enum Decision {
    /// Nothing happened: it is already so since this position.
    Known(u64),
    /// This happened.
    Happened {
        /// The event.
        event: Event,
        /// When it is so.
        effective: Day,
        /// When it became known; `None`: the day of recording.
        known: Option<Day>,
    },
}

/// Decides a command over everything recorded in its stream.
///
/// # Errors
/// The rule that refuses it. Nothing is remembered of a refusal.
pub fn decide(ledger: &Ledger, command: Command) -> Result<Decision, Refusal> {
    if let Some(position) = ledger.known(command.id) {
        return Ok(Decision::Known(position));
    }
    if let Some(received) = command.received_on
        && received > command.today
    {
        return Err(Refusal::new(
            "known_in_future",
            "received_on",
            format!(
                "„received_on“ {received} liegt nach dem Tag der Erfassung {}",
                command.today
            ),
            format!(
                "`received_on` {received} is after the day of recording {}",
                command.today
            ),
        ));
    }
    let known = command.received_on.unwrap_or(command.today);
    let (event, effective) = match command.wanted {
        Wanted::Row(row) => {
            let effective = row_may_be(ledger, &row, &command.meta, known)?;
            whole::may_be(ledger, &row, &command.with)?;
            (Event::Row(row, command.meta), effective)
        }
        Wanted::Correction(correction) => {
            let effective = correct::may_be(ledger, &correction, known)?;
            (Event::Corrected(correction, command.meta), effective)
        }
    };
    Ok(Decision::Happened {
        event,
        effective,
        known: command.received_on,
    })
}

/// The effective date of a row, if it may be recorded.
fn row_may_be(ledger: &Ledger, row: &Row, meta: &Meta, known: Day) -> Result<Day, Refusal> {
    row.check()?;
    let table = row.table();
    let valid_from = meta.valid_from.filter(|_| table.states);
    let stated = valid_from.or_else(|| row.effective());
    let effective = stated.or_else(|| of_request(ledger, row)).unwrap_or(known);
    if let Some(day) = valid_from {
        correct::holds_from(row, day)?;
    }
    let own = row.identity();
    let identity = meta.key.as_deref().unwrap_or(&own);
    // What has an id has it whatever its key; other rows are identified by their key alone.
    let others: Vec<&Root> = ledger
        .identified(table.order, identity)
        .chain(ledger.states(table.order, &own))
        .collect();
    let new_state = table.states && (valid_from.is_some() || table.effective == Some("from"));
    is_new(table, identity, &others, new_state.then_some(effective))?;
    let before = others
        .iter()
        .filter(|it| !it.newest().void)
        .max_by_key(|it| it.newest().effective);
    if let Some(before) = before {
        keeps_baseline(row, &before.newest().row)?;
    }
    if let Row::Booked(booking) = row {
        settles_a_commitment(ledger, booking)?;
    }
    if let Row::Booked(booking) = row
        && let Some(reference) = &booking.corrects
    {
        correct::replacement_may_be(ledger, row, reference, effective, known)?;
    } else {
        judge(ledger, Some(row), effective, None)?;
    }
    Ok(effective)
}

/// An item without a date is as old as its request.
fn of_request(ledger: &Ledger, row: &Row) -> Option<Day> {
    let Row::RequestItemised(item) = row else {
        return None;
    };
    let requests = by_name("requests")?.order;
    let request = ledger.states(requests, &item.request).next()?;
    Some(request.newest().effective)
}

/// What an expense settles is a commitment of the same request.
fn settles_a_commitment(ledger: &Ledger, booking: &Booked) -> Result<(), Refusal> {
    let Some(settled) = &booking.settles else {
        return Ok(());
    };
    let found = ledger
        .booking(settled)
        .and_then(|at| ledger.roots().get(at));
    let is_one = found.is_some_and(|it| {
        matches!(&it.newest().row, Row::Booked(it)
            if it.kind == BookingKind::Commitment && it.request == booking.request)
    });
    if is_one {
        return Ok(());
    }
    Err(Refusal::new(
        "no_commitment",
        "settles",
        format!(
            "„{settled}“ ist keine Bindung dieses Antrags; eine Ausgabe erfüllt nur eine Bindung (commitment)"
        ),
        format!(
            "`{settled}` is no commitment of this request; an expense settles a commitment only"
        ),
    ))
}

/// Refuses what is recorded with other content, unless it is a later state of the same thing.
fn is_new(
    table: &Table,
    identity: &str,
    others: &[&Root],
    state: Option<Day>,
) -> Result<(), Refusal> {
    let Some(latest) = others.iter().max_by_key(|it| it.newest().effective) else {
        return Ok(());
    };
    // An annulled state keeps its own day, but later ones may come before it.
    let taken = |day: Day| {
        others
            .iter()
            .map(|it| it.newest())
            .any(|it| it.effective == day || !it.void && it.effective > day)
    };
    match state {
        Some(day) if !taken(day) => Ok(()),
        _ => Err(use_correction(table, identity, latest)),
    }
}

/// A milestone's baseline never changes by a new state.
fn keeps_baseline(row: &Row, before: &Row) -> Result<(), Refusal> {
    match (row, before) {
        (Row::MilestonePlanned(new), Row::MilestonePlanned(old))
            if new.baseline != old.baseline =>
        {
            Err(Refusal::new(
                "use_rebaseline",
                "baseline",
                "Ein Basistermin ändert sich nur durch Beschluss; bitte die Tabelle „rebaselines“ benutzen",
                "A baseline changes only by resolution; use the table `rebaselines`",
            ))
        }
        _ => Ok(()),
    }
}

fn use_correction(table: &Table, identity: &str, other: &Root) -> Refusal {
    let since = other.newest().effective;
    let (de, en) = if table.states {
        (
            format!("; ein neuer Stand braucht „valid_from“ nach dem {since} (in „seats“: „from“)"),
            format!("; a new state needs `valid_from` after {since} (in `seats`: `from`)"),
        )
    } else {
        (String::new(), String::new())
    };
    Refusal::new(
        "use_correction",
        None,
        format!(
            "„{identity}“ ist in „{}“ mit anderem Inhalt erfasst; was von Anfang an falsch war, berichtigt die Tabelle „corrections“{de}",
            table.name
        ),
        format!(
            "`{identity}` is recorded in `{}` with other content; what was wrong from the start is put right by the table `corrections`{en}",
            table.name
        ),
    )
}
