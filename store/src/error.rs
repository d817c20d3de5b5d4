//! Why a store says no, and why it cannot say anything.

use std::error::Error;

use jiff::Timestamp;

use crate::{Doubt, LostLog, Position};

/// Why an append did not count.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else was first: read again, decide again.
    #[error("stream `{stream}` is not as expected: read it again, decide again")]
    Conflict {
        /// The stream.
        stream: String,
    },
    /// The log is more than [`CLOCK_TOLERANCE`](crate::CLOCK_TOLERANCE) ahead of the writer's clock,
    /// so one of two clocks is wrong. Nothing was recorded.
    #[error(
        "the last event was recorded at {last}, too far ahead of this writer's clock ({clock}): set the clocks right, then try again"
    )]
    ClockAhead {
        /// The writer's clock.
        clock: Timestamp,
        /// The last recorded time in the log.
        last: Timestamp,
    },
    /// This backend cannot hold the append in one piece. Nothing was recorded.
    #[error(
        "an append of {events} events and {bytes} bytes to stream `{stream}` is more than this store takes in one piece ({limit}): split it"
    )]
    TooLarge {
        /// The stream.
        stream: String,
        /// How many events it has.
        events: usize,
        /// How many bytes of payload it has.
        bytes: usize,
        /// The backend's limit, in words.
        limit: &'static str,
    },
    /// The store could not be asked, or did not answer; whether it counted is unknown.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store failed; the cause says how.
#[derive(Debug, thiserror::Error)]
#[error("the event store failed while {doing}")]
pub struct StoreError {
    /// What it was asked to do.
    pub doing: &'static str,
    /// What went wrong.
    #[source]
    pub cause: Box<dyn Error + Send + Sync>,
    /// The event that is there but cannot be read, if that is it: then the log is not what was written.
    pub unreadable: Option<Position>,
}

impl StoreError {
    /// A failure with its cause.
    pub fn new(doing: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            doing,
            cause: cause.into(),
            unreadable: None,
        }
    }

    /// An event that no store wrote like this.
    pub fn unreadable(position: Position, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            doing: "reading an event",
            cause: cause.into(),
            unreadable: Some(position),
        }
    }

    /// Why the log on a server is not the one this process knows, if that is it.
    #[must_use]
    pub fn lost(&self) -> Option<&LostLog> {
        self.causes().find_map(|it| it.downcast_ref())
    }

    /// Whether the log may yet be found to be the one this process knows.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        self.causes().any(<dyn Error>::is::<Doubt>)
    }

    /// Whether the log is for certain not the one this process knows.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost().is_some() && !self.is_doubted()
    }

    fn causes(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let first: &(dyn Error + 'static) = &*self.cause;
        std::iter::successors(Some(first), |&it| it.source())
    }

    /// Whether a file of the store is damaged, as `SQLite` sees it.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        is_damage(&*self.cause)
    }

    /// For `map_err`: keeps the cause and says what was being done.
    pub(crate) fn while_doing<E: Into<Box<dyn Error + Send + Sync>>>(
        doing: &'static str,
    ) -> impl Fn(E) -> Self {
        move |cause| Self::new(doing, cause)
    }
}

/// Whether an error, or one behind it, says that a file of `SQLite` is damaged.
#[must_use]
pub fn is_damage(error: &(dyn Error + 'static)) -> bool {
    // A file that is no database at all is another file, or none.
    use rusqlite::ErrorCode::DatabaseCorrupt;
    let code = error
        .downcast_ref()
        .and_then(rusqlite::Error::sqlite_error_code);
    matches!(code, Some(DatabaseCorrupt)) || error.source().is_some_and(is_damage)
}
