//! The free texts of the log, for as long as their keys exist.

use std::collections::HashMap;

use leitstand_domain::{Event, Id, cell::Cell as _, event::SealedBox};

use uuid::Uuid;

use super::{Entry, Facts, Unseal};
use crate::{Name, Names};

/// The box with the free texts of an event; `None` where it has none.
#[must_use]
pub fn sealed_texts(event: &Event) -> Option<&SealedBox> {
    event.meta().and_then(|it| it.sealed.as_ref())
}

/// The column of an event whose free text answers show as the wording of the row. In a correction, `reason` is why
/// the row was wrong, and no wording of the row.
fn worded(event: &Event) -> Option<&'static str> {
    let of = |table: &str| match table {
        "request_steps" | "status_overrides" => Some("reason"),
        "mandates" => Some("title"),
        "resolutions" => Some("text"),
        "risk_actions" => Some("action"),
        _ => None,
    };
    match event {
        Event::Row(row, _) => of(row.table().name),
        Event::Corrected(it, _) => of(&it.table).filter(|it| *it != "reason"),
        _ => None, // no other event has a row of its own
    }
}

/// Free texts by position of their event.
#[derive(Debug, Default)]
pub(super) struct Wordings {
    texts: HashMap<u64, Box<[Text]>>,
    /// Where the texts of a key are.
    keys: HashMap<Uuid, u64>,
}

/// One free text of an event.
#[derive(Debug)]
struct Text {
    column: Name,
    /// Whether it is the wording of the row.
    is_wording: bool,
    /// `None` where it is erased.
    words: Option<Box<str>>,
}

impl Text {
    fn shown(&self) -> &str {
        self.words.as_deref().unwrap_or("erased")
    }
}

impl Wordings {
    /// Keeps the texts of an event.
    pub(super) fn keep(
        &mut self,
        entry: &Entry<'_>,
        event: &Event,
        names: &mut Names,
        unseal: &dyn Unseal,
    ) {
        let Some(sealed) = sealed_texts(event) else {
            return;
        };
        let wording = worded(event);
        let mut opened = unseal.unseal(entry.stream, entry.id, sealed);
        let texts = sealed.columns.iter().filter_map(|column| {
            let words = match &mut opened {
                // What the box does not hold was never said.
                Some(texts) => Some(texts.remove(column)?.into_boxed_str()),
                None => None,
            };
            Some(Text {
                column: names.intern(&Id::parse(column).ok()?),
                is_wording: wording == Some(column.as_str()),
                words,
            })
        });
        let texts: Box<[Text]> = texts.collect();
        if !texts.is_empty() {
            self.texts.insert(entry.position, texts);
            self.keys.insert(sealed.key, entry.position);
        }
    }

    /// Forgets the texts whose key is destroyed, and keeps that there were some. The position an erasure names
    /// is that of the store it was recorded in; in a copy the event is elsewhere.
    pub(super) fn erase(&mut self, key: Uuid) {
        let position = self.keys.get(&key);
        let texts = position.and_then(|it| self.texts.get_mut(it));
        for text in texts.into_iter().flatten() {
            text.words = None;
        }
    }
}

impl Facts {
    /// The wording of a step, mandate, override, action or resolution: `Some("erased")` where its key is gone, `None`
    /// where there was none.
    #[must_use]
    pub fn reason(&self, position: u64) -> Option<&str> {
        let mut texts = self.wordings.texts.get(&position)?.iter();
        texts.find(|it| it.is_wording).map(Text::shown)
    }

    /// Every free text of an event by its column; `erased` where its key is gone.
    pub(crate) fn texts(&self, position: u64) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.wordings.texts.get(&position).into_iter().flatten();
        texts.map(|it| (self.names.text(it.column), it.shown()))
    }
}
