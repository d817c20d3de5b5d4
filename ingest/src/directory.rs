//! Where things are: identity → stream, folded from the log.
//!
//! Two questions are answered: is there something of this kind with this id, and in which stream is
//! the row with this identity. Folding is a merge that keeps the lower position, so the order in which
//! events come does not matter and seeing one twice changes nothing. Nothing is ever removed.

use std::{collections::HashMap, sync::Arc};

use leitstand_domain::{Event, Id, Referable, Row, tables::by_name};
use leitstand_store::{Position, Recorded};

use crate::ident::row_key;

/// A subject that is no catalogue entry: the programme management office.
pub(crate) const PMO: &str = "PMO";

/// Bookings are many, so their references are kept as hashes, like the identities of rows.
const REFERENCE: &str = "bookings.reference";

/// Identity → stream.
#[derive(Debug, Default)]
pub struct Directory {
    streams: Vec<Stream>,
    by_name: HashMap<Arc<str>, u32>,
    things: HashMap<Referable, HashMap<Id, Place>>,
    rows: HashMap<u128, Place>,
    /// Ids of catalogue rows that are identified by a key of their own.
    keyed: HashMap<Id, Id>,
}

#[derive(Debug)]
struct Stream {
    name: Arc<str>,
    /// How many of its events are in, from the first without gaps.
    events: u64,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    stream: u32,
    position: Position,
}

impl Directory {
    /// Takes an event in. What lies at a lower position holds, whatever comes first.
    pub fn apply(&mut self, recorded: &Recorded, event: &Event) {
        let place = self.place(&recorded.stream, recorded.position);
        if let Some(stream) = self.streams.get_mut(place.stream as usize) {
            // Counted only without gaps: what is counted is in.
            stream.events += u64::from(stream.events == recorded.number);
        }
        self.note(event, place);
    }

    /// Takes in what is decided and not yet recorded.
    pub(crate) fn provide(&mut self, stream: &Arc<str>, event: &Event) {
        let place = self.place(stream, Position::from_json(u64::MAX));
        self.note(event, place);
    }

    /// Forgets everything provided; only for directories that hold nothing else.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The stream of something other rows may refer to.
    #[must_use]
    pub fn refers(&self, what: Referable, id: &str) -> Option<&Arc<str>> {
        if what == Referable::Booking {
            return self.row(REFERENCE, id);
        }
        self.name(self.things.get(&what)?.get(id)?)
    }

    /// Whether a row may refer to it.
    #[must_use]
    pub fn knows(&self, what: Referable, id: &str) -> bool {
        (what == Referable::Subject && id == PMO) || self.refers(what, id).is_some()
    }

    /// The stream in which a row with this identity is recorded.
    #[must_use]
    pub fn row(&self, table: &str, identity: &str) -> Option<&Arc<str>> {
        self.name(self.rows.get(&row_key(table, identity))?)
    }

    /// How many events of a stream are in, from its first without gaps.
    #[must_use]
    pub fn events(&self, stream: &str) -> u64 {
        let at = self.by_name.get(stream).copied();
        at.and_then(|at| self.streams.get(at as usize))
            .map_or(0, |it| it.events)
    }

    fn name(&self, place: &Place) -> Option<&Arc<str>> {
        self.streams.get(place.stream as usize).map(|it| &it.name)
    }

    fn place(&mut self, stream: &Arc<str>, position: Position) -> Place {
        if let Some(known) = self.by_name.get(stream) {
            return Place {
                stream: *known,
                position,
            };
        }
        // A log of four thousand million streams does not fit a machine anyway.
        let next = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        self.streams.push(Stream {
            name: Arc::clone(stream),
            events: 0,
        });
        self.by_name.insert(Arc::clone(stream), next);
        Place {
            stream: next,
            position,
        }
    }

    fn note(&mut self, event: &Event, place: Place) {
        match event {
            Event::Row(row, meta) => {
                let table = row.table().name;
                let own = row.identity();
                let identity = meta.key.as_deref().unwrap_or(&own);
                keep(self.rows.entry(row_key(table, identity)), place);
                let Some((what, id)) = row.defines() else {
                    return;
                };
                if let Row::EntrySet(_) = row {
                    if let Some(key) = &meta.key {
                        self.keyed.insert(key.clone(), id.clone());
                    }
                    self.thing(Referable::Subject, id.clone(), place);
                }
                self.thing(what, id, place);
            }
            Event::Corrected(correction, _) if &*correction.table == "catalogue" => {
                // An entry that was given the wrong kind may be referred to as the right one.
                let id = self
                    .keyed
                    .get(&correction.key)
                    .unwrap_or(&correction.key)
                    .clone();
                if let Some(what) = correction.changes.get("kind").and_then(|it| entry_kind(it)) {
                    self.thing(what, id, place);
                }
            }
            Event::Corrected(..)
            | Event::CostKeySet(..)
            | Event::Initialised(_)
            | Event::Sealed(_)
            | Event::TextErased(_) => {}
        }
    }

    fn thing(&mut self, what: Referable, id: Id, place: Place) {
        if what == Referable::Booking {
            return keep(self.rows.entry(row_key(REFERENCE, &id)), place);
        }
        keep(self.things.entry(what).or_default().entry(id), place);
    }
}

/// What an entry of this kind is referred to as.
fn entry_kind(kind: &str) -> Option<Referable> {
    let cells = [
        ("id", "X"),
        ("kind", kind),
        ("title", "X"),
        ("set_on", "1990-01-01"),
    ];
    let cells = cells.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let row = Row::parse(by_name("catalogue")?.name, &cells.into())?.ok()?;
    row.defines().map(|(what, _)| what)
}

fn keep<K>(entry: std::collections::hash_map::Entry<'_, K, Place>, place: Place) {
    entry
        .and_modify(|old| {
            if place.position < old.position {
                *old = place;
            }
        })
        .or_insert(place);
}
