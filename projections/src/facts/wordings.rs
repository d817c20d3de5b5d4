//! The free texts that answers show, for as long as their keys exist.

use std::collections::HashMap;

use leitstand_domain::{Event, event::SealedBox};

use super::{Entry, Unseal};

/// The free text of an event that answers show: its column, and the box it is in. In a correction, `reason`
/// is why the row was wrong, and no wording of the row.
#[must_use]
pub fn kept_text(event: &Event) -> Option<(&'static str, &SealedBox)> {
    let (column, meta) = match event {
        Event::Row(row, meta) => (worded(row.table().name)?, meta),
        Event::Corrected(it, meta) => (worded(&it.table).filter(|it| *it != "reason")?, meta),
        Event::CostKeySet(..)
        | Event::Initialised(_)
        | Event::CarryOverReceived(_)
        | Event::YearClosed(_)
        | Event::Sealed(_)
        | Event::TextErased(_) => return None,
    };
    let sealed = meta.sealed.as_ref()?;
    let has = sealed.columns.iter().any(|it| it == column);
    has.then_some((column, sealed))
}

/// The column of a table whose free text answers show.
fn worded(table: &str) -> Option<&'static str> {
    match table {
        "request_steps" | "status_overrides" => Some("reason"),
        "mandates" => Some("title"),
        "resolutions" => Some("text"),
        "risk_actions" => Some("action"),
        _ => None,
    }
}

/// Free texts by position of their event.
#[derive(Debug, Default)]
pub(super) struct Wordings(HashMap<u64, Wording>);

/// A free text, or that it is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wording {
    Text(Box<str>),
    Erased,
}

impl Wordings {
    /// Keeps the text of an event.
    pub(super) fn keep(
        &mut self,
        entry: &Entry<'_>,
        (column, sealed): (&str, &SealedBox),
        unseal: &dyn Unseal,
    ) {
        let wording = match unseal.unseal(entry.stream, entry.id, sealed) {
            Some(mut texts) => texts.remove(column).map(|it| Wording::Text(it.into())),
            None => Some(Wording::Erased),
        };
        if let Some(wording) = wording {
            self.0.insert(entry.position, wording);
        }
    }

    /// Forgets a text whose key is destroyed, and keeps that there was one.
    pub(super) fn erase(&mut self, position: u64) {
        if let Some(wording) = self.0.get_mut(&position) {
            *wording = Wording::Erased;
        }
    }

    /// The text of an event: `erased` where its key is gone, `None` where there was none.
    pub(super) fn get(&self, position: u64) -> Option<&str> {
        self.0.get(&position).map(|it| match it {
            Wording::Text(text) => &**text,
            Wording::Erased => "erased",
        })
    }
}
