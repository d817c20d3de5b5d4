//! The rows of the tests.

use leitstand_domain::{
    Day, Id, Meta, Row, cell::Cell as _, event::Correction, stream::Wanted, table::Cells,
};

use super::{Act, TODAY};

#[track_caller]
pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

#[track_caller]
pub(crate) fn id(text: &str) -> Id {
    Id::parse(text).expect("an id")
}

/// Cells of `("column", "text")`; empty texts state nothing.
pub(crate) fn cells(of: &[(&str, &str)]) -> Cells {
    of.iter()
        .filter(|it| !it.1.is_empty())
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// A row of a table.
#[track_caller]
pub(crate) fn parsed(table: &str, of: &[(&str, &str)]) -> Row {
    match Row::parse(table, &cells(of)) {
        Some(Ok(row)) => row,
        other => panic!("not a row of {table}: {other:?}"),
    }
}

/// Hands a row of a table in.
#[track_caller]
pub(crate) fn row(table: &str, of: &[(&str, &str)]) -> Act {
    act(Wanted::Row(parsed(table, of)))
}

/// Corrects some columns of a row.
#[track_caller]
pub(crate) fn correct(table: &str, key: &str, date: &str, changes: &[(&str, &str)]) -> Act {
    act(Wanted::Correction(Correction {
        table: id(table),
        key: id(key),
        date: day(date),
        to_date: None,
        void: false,
        changes: cells(changes),
    }))
}

fn act(wanted: Wanted) -> Act {
    Act {
        wanted,
        meta: Meta::default(),
        received_on: None,
        today: day(TODAY),
        with: Vec::new(),
    }
}

#[track_caller]
pub(crate) fn pot(amount: &str) -> Act {
    pot_of(amount, "", "call")
}

#[track_caller]
pub(crate) fn pot_of(amount: &str, reserve: &str, mode: &str) -> Act {
    row(
        "pots",
        &[
            ("id", "T-1"),
            ("fiscal_year", "2024"),
            ("amount", amount),
            ("reserve", reserve),
            ("mode", mode),
            ("resolved_on", "2024-01-01"),
        ],
    )
}

#[track_caller]
pub(crate) fn request(id: &str, amount: &str, date: &str) -> Act {
    row(
        "requests",
        &[
            ("id", id),
            ("subject", "DG-M-01"),
            ("applicant", "B-KT-DG"),
            ("pot", "T-1"),
            ("kind", "first"),
            ("amount", amount),
            ("submitted_on", date),
        ],
    )
}

#[track_caller]
pub(crate) fn step(request: &str, step: &str, amount: &str, date: &str) -> Act {
    row(
        "request_steps",
        &[
            ("request", request),
            ("step", step),
            ("amount", amount),
            ("date", date),
        ],
    )
}

/// A booking; `kind` may be followed by `@year` and `#basis`.
#[track_caller]
pub(crate) fn booking(reference: &str, request: &str, kind: &str, amount: &str, date: &str) -> Act {
    let (kind, basis) = kind.split_once('#').unwrap_or((kind, ""));
    let (kind, year) = kind.split_once('@').unwrap_or((kind, "2024"));
    row(
        "bookings",
        &[
            ("reference", reference),
            ("request", request),
            ("kind", kind),
            ("amount", amount),
            ("fiscal_year", year),
            ("basis", basis),
            ("date", date),
        ],
    )
}

/// A booking that replaces another in full.
#[track_caller]
pub(crate) fn replacing(
    corrects: &str,
    reference: &str,
    request: &str,
    kind: &str,
    amount: &str,
    date: &str,
) -> Act {
    row(
        "bookings",
        &[
            ("reference", reference),
            ("corrects", corrects),
            ("request", request),
            ("kind", kind),
            ("amount", amount),
            ("fiscal_year", "2024"),
            ("date", date),
        ],
    )
}

/// A request on its way to the resolution: everything but `resolved`, in January 2024.
#[track_caller]
pub(crate) fn filed(request_id: &str, amount: &str) -> Vec<Act> {
    vec![
        request(request_id, amount, "2024-01-02"),
        step(request_id, "formal_check_started", "", "2024-01-03"),
        step(request_id, "formally_cleared", "", "2024-01-04"),
        step(request_id, "assessed", "", "2024-01-05"),
        step(request_id, "paper_filed", "", "2024-01-08"),
    ]
}

/// A request that is granted on a day.
#[track_caller]
pub(crate) fn granted(request: &str, amount: &str, date: &str) -> Vec<Act> {
    let mut acts = filed(request, amount);
    acts.push(step(request, "resolved", amount, "2024-01-31"));
    acts.push(step(request, "granted", "", date));
    acts
}

/// One after the other.
pub(crate) fn all<const N: usize>(parts: [Vec<Act>; N]) -> Vec<Act> {
    parts.into_iter().flatten().collect()
}
