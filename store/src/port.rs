//! The port: what the rest of the house may ask of a store.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use crate::{AppendError, Hash, StoreError};

/// A log of events, divided into streams.
///
/// What every store promises is written down as tests in [`contract`](crate::contract).
#[async_trait::async_trait]
pub trait EventStore: Send + Sync {
    /// Adds events to one stream: all of them or none, and only if the stream is as `expected`.
    ///
    /// Returns what was recorded, in the order given; it is durable by then. No events, no question:
    /// an empty list is answered with an empty list, whatever was expected. If the future is dropped
    /// or fails with [`AppendError::Store`], the outcome is unknown: read the stream before deciding
    /// again.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] if somebody else was first, [`AppendError::ClockAhead`] if the log is
    /// ahead of the writer's clock, [`AppendError::TooLarge`] if the backend cannot hold the append in
    /// one piece, [`AppendError::Store`] if the store failed.
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Recorded>, AppendError>;

    /// Makes several appends, in their order and each as [`append`](Self::append) would: what becomes of
    /// one changes nothing for the others. A store that commits many together commits these together.
    ///
    /// Returns the answer of each. If the future is dropped, every outcome is unknown.
    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Vec<Recorded>, AppendError>> {
        let mut answers = Vec::with_capacity(appends.len());
        for it in appends {
            answers.push(self.append(&it.stream, it.expected, it.events).await);
        }
        answers
    }

    /// Makes several appends in their order until one fails: none after it is made, so the log has a beginning of
    /// them whatever happens. A store that commits many together commits these together.
    ///
    /// # Errors
    /// That of the first that failed.
    async fn append_in_order(&self, appends: Vec<Append>) -> Result<Vec<Recorded>, AppendError> {
        let mut recorded = Vec::new();
        for it in appends {
            recorded.extend(self.append(&it.stream, it.expected, it.events).await?);
        }
        Ok(recorded)
    }

    /// Whether the log is still the one that was read and written here: whoever answers from memory asks first.
    ///
    /// # Errors
    /// It is not: nothing that is remembered of it counts.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Reads one stream, oldest first. A stream nobody wrote to is empty.
    ///
    /// # Errors
    /// The store failed or holds something that cannot be read.
    async fn read(&self, stream: &str) -> Result<Vec<Recorded>, StoreError>;

    /// Reads on in the log, oldest first, at most `limit` events.
    ///
    /// # Errors
    /// The store failed or holds something that cannot be read.
    async fn page(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError>;

    /// Returns when there may be something after `position`; early returns are harmless.
    async fn moved(&self, position: Position);
}

/// One of several appends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The stream.
    pub stream: Arc<str>,
    /// How it must be.
    pub expected: Expected,
    /// What is added to it.
    pub events: Vec<NewEvent>,
}

/// How a stream must be for an append to count. There is no `Any`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nobody has written to it.
    Empty,
    /// Its newest event is this one.
    At(Revision),
}

/// A stream's newest event, as the store that returned it counts. Compare, never compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision(pub(crate) u64);

/// A place in the log. Later events have greater positions; there may be gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub(crate) u64);

impl Position {
    /// Before everything.
    pub const START: Self = Self(0);

    /// The position a number in public JSON (or a checkpoint) stands for.
    #[must_use]
    pub fn from_json(number: u64) -> Self {
        Self(number)
    }

    /// The position as it is written in public JSON: an integer below 2^53.
    #[must_use]
    pub fn as_json(self) -> u64 {
        self.0
    }
}

/// So many bytes an event's payload may have: every store takes that in one piece, so that a log can be
/// copied into any of them. A NATS server takes 1 MiB, all around it included, unless it is told otherwise.
pub const MOST_PAYLOAD: usize = 840 << 10;

/// An event not yet stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its identity; a repeat of the same command makes the same id.
    pub id: Uuid,
    /// What kind of event, for instance `milestone.reforecast`.
    pub name: Arc<str>,
    /// In which shape.
    pub version: u16,
    /// Since when it is so.
    pub effective_on: Date,
    /// When the programme came to know it; `None` is the day of recording in Europe/Berlin.
    pub known_on: Option<Date>,
    /// The writer's clock. The store records the later of this and the last recorded time.
    pub recorded_at: Timestamp,
    /// In which role or under which pseudonym; never a person's name.
    pub actor: Arc<str>,
    /// What it belongs to, usually the command that started it all.
    pub correlation: Uuid,
    /// The event or command that made it happen, if another one did.
    pub causation: Option<Uuid>,
    /// The event as JSON text; stored byte for byte and never looked into.
    pub payload: String,
}

/// An event the store has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the log.
    pub position: Position,
    /// The stream it was added to.
    pub stream: Arc<str>,
    /// Its number in that stream: 0, 1, 2 … on every backend.
    pub number: u64,
    /// What an append must expect that comes right after it: [`Expected::At`] this.
    pub revision: Revision,
    /// Its identity.
    pub id: Uuid,
    /// What kind of event.
    pub name: Arc<str>,
    /// In which shape.
    pub version: u16,
    /// Since when it is so.
    pub effective_on: Date,
    /// When the programme came to know it.
    pub known_on: Date,
    /// When the log took it, in whole microseconds; never earlier than any event before it.
    pub recorded_at: Timestamp,
    /// In which role or under which pseudonym.
    pub actor: Arc<str>,
    /// What it belongs to.
    pub correlation: Uuid,
    /// The event or command that made it happen.
    pub causation: Option<Uuid>,
    /// The event as JSON text, byte for byte as it was given.
    pub payload: Box<str>,
    /// The hash of the event before it in its stream; [`Hash::ZERO`] for the first.
    pub previous: Hash,
    /// Its own hash, as the store keeps it; [`Recorded::computed_hash`] says what it should be.
    pub hash: Hash,
}
