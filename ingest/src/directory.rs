//! Where things are: identity → stream, folded from the log.
//!
//! Two questions are answered: is there something of this kind with this id, and in which stream is
//! the row with this identity. Folding is a merge that keeps the lower position, so the order in which
//! events come does not matter and seeing one twice changes nothing. Nothing is ever removed.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use leitstand_domain::{
    Event, Id, Referable, Row, TableRow as _,
    event::CORRECTED,
    tables::{CarryOverSent, by_name},
};
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
    /// Streams with first halves of pairs; those whose second halves may be missing.
    pairs: HashSet<Arc<str>>,
    open_pairs: BTreeSet<Arc<str>>,
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

/// What the directory notes of an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted {
    /// Table and identity of its row, hashed.
    row: Option<u128>,
    /// What other rows may refer to from then on.
    things: Vec<(Referable, Id)>,
    /// The key of a catalogue row that is identified by one, and its id.
    keyed: Option<(Id, Id)>,
    /// The identity of a catalogue row that was given another kind: it may be referred to as that too.
    corrected: Option<(Id, Referable)>,
}

impl Noted {
    /// What is noted of an event.
    pub(crate) fn of(event: &Event) -> Self {
        match event {
            Event::Row(row, meta) => {
                let own = row.identity();
                let identity = meta.key.as_deref().unwrap_or(&own);
                Self::of_row(event, row_key(row.table().name, identity))
            }
            Event::Corrected(correction, _) if &*correction.table == "catalogue" => {
                let kind = correction.changes.get("kind").and_then(|it| entry_kind(it));
                Self {
                    corrected: kind.map(|it| (correction.key.clone(), it)),
                    ..Self::default()
                }
            }
            Event::Corrected(..)
            | Event::CostKeySet(..)
            | Event::Initialised(_)
            | Event::CarryOverReceived(_)
            | Event::YearClosed(_)
            | Event::Sealed(_)
            | Event::TextErased(_) => Self::default(),
        }
    }

    /// What is noted of a row whose table and identity are hashed already.
    pub(crate) fn of_row(event: &Event, key: u128) -> Self {
        let mut noted = Self {
            row: Some(key),
            ..Self::default()
        };
        let Event::Row(row, meta) = event else {
            return noted;
        };
        let Some((what, id)) = row.defines() else {
            return noted;
        };
        if let Row::EntrySet(_) = row {
            noted.keyed = meta.key.clone().map(|key| (key, id.clone()));
            noted.things.push((Referable::Subject, id.clone()));
        }
        noted.things.push((what, id));
        noted
    }
}

impl Directory {
    /// Takes an event in. What lies at a lower position holds, whatever comes first.
    pub fn apply(&mut self, recorded: &Recorded, event: &Event) {
        self.note(recorded, Noted::of(event));
    }

    /// Takes in what is noted of an event that is recorded.
    pub(crate) fn note(&mut self, recorded: &Recorded, noted: Noted) {
        self.pair(&recorded.stream, &recorded.name);
        let place = self.place(&recorded.stream, recorded.position);
        if let Some(stream) = self.streams.get_mut(place.stream as usize) {
            // Counted only without gaps: what is counted is in.
            stream.events += u64::from(stream.events == recorded.number);
        }
        self.keep(noted, place);
    }

    /// Takes in what is noted of an event that is decided on and not yet recorded.
    pub(crate) fn provide(&mut self, stream: &Arc<str>, noted: &Noted) {
        let place = self.place(stream, Position::from_json(u64::MAX));
        self.keep(noted.clone(), place);
    }

    /// Forgets everything provided; only for directories that hold nothing else.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes a stream out that may owe second halves of pairs.
    pub(crate) fn open_pair(&mut self) -> Option<Arc<str>> {
        self.open_pairs.pop_first()
    }

    /// Says that a stream still owes.
    pub(crate) fn keep_pair(&mut self, stream: &Arc<str>) {
        self.open_pairs.insert(Arc::clone(stream));
    }

    /// Notes a first half, and a correction that may be one of it.
    fn pair(&mut self, stream: &Arc<str>, event: &str) {
        let sent = event == CarryOverSent::EVENT;
        if sent {
            self.pairs.insert(Arc::clone(stream));
        }
        if sent || event == CORRECTED && self.pairs.contains(stream) {
            self.open_pairs.insert(Arc::clone(stream));
        }
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
        self.row_at(row_key(table, identity))
    }

    /// The same, of table and identity already hashed.
    pub(crate) fn row_at(&self, key: u128) -> Option<&Arc<str>> {
        self.name(self.rows.get(&key)?)
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

    fn keep(&mut self, noted: Noted, place: Place) {
        if let Some(key) = noted.row {
            keep(self.rows.entry(key), place);
        }
        if let Some((key, id)) = noted.keyed {
            self.keyed.insert(key, id);
        }
        for (what, id) in noted.things {
            self.thing(what, id, place);
        }
        if let Some((key, what)) = noted.corrected {
            let id = self.keyed.get(&key).unwrap_or(&key).clone();
            self.thing(what, id, place);
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
