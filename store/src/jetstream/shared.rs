//! What reading and writing share: how streams and the log end, as far as this process has seen.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_nats::{Client, connection::State};
use tokio::sync::watch;

use super::{message, names::Names, server::Stored};
use crate::{Hash, Position, Recorded, StoreError, link::Newest, tally::Tally};

/// Beyond so many streams what is known of them is forgotten; it is read again when it is needed.
const MANY: usize = 500_000;

/// For so long it is said that the server took nothing; whoever is not asked any more for that reason would never learn
/// that it does again.
const REMEMBERED: Duration = Duration::from_mins(3);
/// No connection has this number.
const NONE: u64 = u64::MAX;

/// The newest event of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The sequence of its message.
    pub(super) revision: u64,
    pub(super) newest: Newest,
}

/// The newest message this process has read, or was told is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) sequence: u64,
    /// Of its last event.
    pub(super) hash: Hash,
}

/// Seen by every task of a handle.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) names: Names,
    client: Client,
    /// On which connection the log was last found to be the one this process knows. What comes on another one may be
    /// of another log.
    found_on: AtomicU64,
    /// So many messages the log has, as the server said when it was found to be the one this process knows.
    reaches: AtomicU64,
    newest: Mutex<HashMap<Arc<str>, Known>>,
    seen: Mutex<Option<Seen>>,
    /// The end of the log.
    pub(super) end: watch::Sender<Position>,
    pub(super) tally: Tally,
    /// When the server took nothing, if that was the last append.
    refused: Mutex<Option<Instant>>,
}

impl Shared {
    /// Of a log that was opened on the connection of this number and reached so far.
    pub(super) fn new(names: Names, client: Client, connection: u64, reaches: u64) -> Self {
        Self {
            names,
            client,
            found_on: AtomicU64::new(connection),
            reaches: AtomicU64::new(reaches),
            newest: Mutex::default(),
            seen: Mutex::default(),
            end: watch::Sender::new(Position::START),
            tally: Tally::default(),
            refused: Mutex::default(),
        }
    }

    /// The events of a message.
    pub(super) fn decode(&self, message: &Stored) -> Result<Vec<Recorded>, StoreError> {
        let Stored {
            subject,
            sequence,
            payload,
            ..
        } = message;
        message::decode(&self.names, subject, *sequence, payload)
    }

    /// The log is the one this process knows, as was found on this connection; `None`: it may not be.
    pub(super) fn found(&self, on: Option<u64>) {
        self.found_on.store(on.unwrap_or(NONE), Ordering::Release);
    }

    /// Whether the log was found to be the one this process knows on the connection there is.
    pub(super) fn is_sure(&self) -> bool {
        self.client.connection_state() == State::Connected
            && self.found_on.load(Ordering::Acquire) == connection(&self.client)
    }

    /// The log has so many messages, says the server.
    pub(super) fn told(&self, reaches: u64) {
        self.reaches.fetch_max(reaches, Ordering::Relaxed);
    }

    /// How many messages the log was last said to have.
    pub(super) fn reaches(&self) -> u64 {
        self.reaches.load(Ordering::Relaxed)
    }

    /// Remembers how a stream ends if these, of one message, are its newest events. Of everything that this process was
    /// told or tells others: else nobody would notice if just that was lost.
    pub(super) fn learn(&self, events: &[Recorded]) {
        let Some(last) = events.last() else { return };
        let new = Known::from(last);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none_or(|it| it.sequence < new.revision) {
            *seen = Some(Seen {
                sequence: new.revision,
                hash: last.hash,
            });
        }
        drop(seen);
        let mut newest = self.newest();
        if MANY <= newest.len() {
            newest.clear();
        }
        let known = newest.entry(Arc::clone(&last.stream)).or_insert(new);
        if known.revision < new.revision {
            *known = new;
        }
    }

    /// The server took the last append, or had no room for it.
    pub(super) fn takes(&self, is_taken: bool) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused = (!is_taken).then(Instant::now);
    }

    /// Whether the last append was not taken, not long ago.
    pub(super) fn fails(&self) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.is_some_and(|it| it.elapsed() < REMEMBERED)
    }

    /// The newest message that was seen.
    pub(super) fn seen(&self) -> Option<Seen> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a stream ends, if that was seen.
    pub(super) fn known(&self, stream: &str) -> Option<Known> {
        self.newest().get(stream).copied()
    }

    /// The log is seen to reach this position.
    pub(super) fn grown(&self, to: Option<Position>) {
        let Some(to) = to else { return };
        self.end.send_if_modified(|end| {
            let moved = *end < to;
            *end = to.max(*end);
            moved
        });
    }

    /// The log was said to reach to `promised`, but a reading to its end came to `read`: whoever said so was wrong, and
    /// nobody is woken for it any more.
    pub(super) fn ends(&self, promised: Position, read: Position) {
        self.end.send_if_modified(|end| {
            if *end == promised {
                *end = read;
            }
            false
        });
    }

    fn newest(&self) -> MutexGuard<'_, HashMap<Arc<str>, Known>> {
        // A map is whole even if somebody panicked while holding the lock.
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of the connection there is: how many were made.
pub(super) fn connection(client: &Client) -> u64 {
    client.statistics().connects.load(Ordering::Acquire)
}

impl From<&Recorded> for Known {
    fn from(event: &Recorded) -> Self {
        Self {
            revision: event.revision.0,
            newest: Newest {
                number: event.number,
                hash: event.hash,
            },
        }
    }
}
