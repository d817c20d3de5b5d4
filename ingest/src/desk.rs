//! The desk: where a row is decided on and recorded.
//!
//! A row's stream is found by the directory, its history by reading the stream (or from the shelf of
//! ledgers, checked by the revision the append expects), the answer by the domain. On a conflict the
//! stream is read and decided on again; after an unknown outcome it is read before anything else.

mod book;
mod claims;
mod held;
mod judge;
mod locate;
mod observe;
mod recording;
mod shelf;
mod single;
mod window;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::{Timestamp, civil::Date};
use leitstand_domain::{Day, Id, stream::Whole, table::Cells};
use leitstand_store::{EventStore, Position, TextKeys, day_in_berlin};

pub use self::window::{Rehearsal, WINDOW};
use self::{claims::Claims, shelf::Shelf};
pub(crate) use self::{observe::decode, recording::Recording, single::Settled};
use crate::{Directory, Failure, Finding, wish::Wish};

/// Tells the time; the only clock of this crate.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A role or pseudonym, never a person's name: one line of at most 200 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor(Arc<str>);

impl Actor {
    /// An actor of that name.
    ///
    /// # Errors
    /// `bad_actor` if it is empty, longer than 200 bytes or has control characters.
    pub fn new(name: &str) -> Result<Self, Finding> {
        let fits = !name.is_empty() && name.len() <= 200 && !name.chars().any(char::is_control);
        fits.then(|| Self(name.into())).ok_or_else(|| {
            Finding::new(
                "bad_actor",
                "Der Handelnde ist eine Rolle oder ein Pseudonym in einer Zeile mit höchstens 200 Byte",
                "The actor is a role or pseudonym on one line of at most 200 bytes",
            )
        })
    }

    /// Whoever works on this machine.
    #[must_use]
    pub fn local() -> Self {
        Self("local".into())
    }

    /// The program itself.
    #[must_use]
    pub fn program() -> Self {
        Self("leitstand".into())
    }

    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A row somebody hands in.
#[derive(Clone)]
pub struct Submission {
    /// The table's public name.
    pub table: String,
    /// The cells by column; German headers are columns too, empty cells are not stated.
    pub cells: Cells,
    /// Who hands it in.
    pub actor: Actor,
    pub(crate) built_in: bool,
}

impl Submission {
    /// A row of a table, handed in by somebody.
    #[must_use]
    pub fn new(table: impl Into<String>, cells: Cells, actor: Actor) -> Self {
        Self {
            table: table.into(),
            cells,
            actor,
            built_in: false,
        }
    }
}

impl fmt::Debug for Submission {
    /// Without the cells: they may be free text, and a debug form ends in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

/// A whole has at most eighteen parts; rows that are many more make none, and are not compared with each other.
const MOST_PARTS: usize = 64;

/// A row that was read, on its way to be decided on.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) table: String,
    pub(crate) wish: Result<Wish, Vec<Finding>>,
    pub(crate) actor: Actor,
    pub(crate) built_in: bool,
    /// The rows handed in together that make one whole with it: the parts of its cost key.
    pub(crate) with: Arc<[Wish]>,
}

impl Asked {
    /// A row by itself.
    pub(crate) fn new(table: String, wish: Result<Wish, Vec<Finding>>, actor: Actor) -> Self {
        Self {
            table,
            wish,
            actor,
            built_in: false,
            with: Arc::default(),
        }
    }

    fn read(row: &Submission) -> Self {
        let wish = Wish::read(&row.table, &row.cells);
        Self {
            built_in: row.built_in,
            ..Self::new(row.table.clone(), wish, row.actor.clone())
        }
    }

    /// Lets each row of a whole know the others.
    fn join(rows: &mut [Self]) {
        let mut wholes: Vec<(Whole, Vec<usize>)> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let Some(whole) = row.wish.as_ref().ok().and_then(Wish::whole) else {
                continue;
            };
            match wholes.iter_mut().find(|(it, _)| *it == whole) {
                Some((_, places)) => places.push(at),
                None => wholes.push((whole, vec![at])),
            }
        }
        for (_, places) in wholes {
            let mut with: Vec<Wish> = Vec::new();
            for at in &places {
                if let Ok(wish) = &rows[*at].wish
                    && !with.iter().any(|it| it.says_the_same(wish))
                {
                    with.push(wish.clone());
                }
                if with.len() > MOST_PARTS {
                    with.clear();
                    break;
                }
            }
            let with: Arc<[Wish]> = with.into();
            for at in places {
                rows[at].with = Arc::clone(&with);
            }
        }
    }
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Recorded at this position, durably.
    Accepted {
        /// Where.
        position: Position,
    },
    /// Nothing happened: it is recorded since this position.
    Known {
        /// Where.
        position: Position,
    },
    /// Nothing happened: this is wrong with it.
    Rejected(Vec<Finding>),
}

impl Outcome {
    /// `accepted`, `known` or `rejected`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Known { .. } => "known",
            Self::Rejected(_) => "rejected",
        }
    }

    /// Where it is recorded.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Accepted { position } | Self::Known { position } => Some(*position),
            Self::Rejected(_) => None,
        }
    }
}

/// Decides on rows and records them.
pub struct Desk {
    store: Arc<dyn EventStore>,
    keys: Arc<dyn TextKeys>,
    programme: Id,
    clock: Clock,
    directory: RwLock<Directory>,
    /// Everything up to here is in the directory. Held while folding on.
    folded: tokio::sync::Mutex<Position>,
    shelf: Shelf,
    claims: Claims,
    /// Held by a window, which holds many streams at once: two of them could wait for each other.
    windows: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("programme", &self.programme)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Opens the desk of a programme and folds the directory from the whole log.
    ///
    /// # Errors
    /// The store failed, the log cannot be read, or it belongs to another programme.
    pub async fn open(
        store: Arc<dyn EventStore>,
        keys: Arc<dyn TextKeys>,
        programme: Id,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let desk = Self::unfolded(store, keys, programme, clock);
        desk.catch_up().await?;
        Ok(desk)
    }

    /// Opens the desk without reading the log: for whoever reads it anyway and pushes what it reads
    /// ([`Desk::observe`], [`Desk::observed_to`]). What is missing is read when it is needed.
    #[must_use]
    pub fn unfolded(
        store: Arc<dyn EventStore>,
        keys: Arc<dyn TextKeys>,
        programme: Id,
        clock: Clock,
    ) -> Self {
        Self {
            store,
            keys,
            programme,
            clock,
            directory: RwLock::default(),
            folded: tokio::sync::Mutex::default(),
            shelf: Shelf::default(),
            claims: Claims::default(),
            windows: tokio::sync::Mutex::default(),
        }
    }

    /// The programme.
    #[must_use]
    pub fn programme(&self) -> &Id {
        &self.programme
    }

    /// The store behind the desk.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// Where the keys of sealed texts are.
    #[must_use]
    pub fn keys(&self) -> &Arc<dyn TextKeys> {
        &self.keys
    }

    /// The desk's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The day of recording, in Europe/Berlin.
    pub(crate) fn today(&self) -> Day {
        day(day_in_berlin((self.clock)()))
    }

    pub(crate) fn directory(&self) -> RwLockReadGuard<'_, Directory> {
        // Merging in is done entry by entry; a panic in between loses none that was there.
        self.directory
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn directory_mut(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A date as a day, also outside the years cells may state.
pub(crate) fn day(date: Date) -> Day {
    const EPOCH: Date = Date::constant(1970, 1, 1);
    Day::of(date).unwrap_or_else(|| Day::from_number((date - EPOCH).get_days()))
}
