//! What a window holds until it is flushed.

use leitstand_domain::Event;
use leitstand_store::{NewEvent, Position};
use tokio::sync::OwnedMutexGuard;

use super::{
    Desk, Outcome,
    book::{Book, Name},
    single::Settled,
    window::WINDOW,
};
use crate::CommandId;

/// One append takes at most about so many bytes of payload (`JetStream` takes 900 KiB).
const BYTES: usize = 512 * 1024;

/// A stream held by a window.
pub(super) struct Held {
    /// Keeps everybody else in this process from deciding on the stream; a rehearsal holds nobody up.
    pub(super) guard: Option<OwnedMutexGuard<Option<Book>>>,
    pub(super) book: Book,
    /// Events decided on and not yet recorded: as they will be appended, and as they will be read.
    pub(super) new: Vec<NewEvent>,
    pub(super) events: Vec<Event>,
    /// Every row decided on this stream since the last flush, refused ones too.
    pub(super) rows: Vec<usize>,
    pub(super) bytes: usize,
}

/// What is known of a row so far.
pub(super) enum Stands {
    Settled(Settled),
    /// It will be event `number` of that stream; `first` if it is this row that makes it so.
    Expected {
        stream: Name,
        number: u64,
        command: CommandId,
        first: bool,
    },
}

impl Held {
    /// Whether the next append would be too large.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BYTES || self.new.len() >= WINDOW
    }

    /// Gives the stream back with what is recorded of it.
    pub(super) fn put_back(self, desk: &Desk, stream: &Name) {
        if let Some(mut guard) = self.guard {
            desk.put_back(&mut guard, stream, self.book);
        }
    }
}

/// What a row came to; in a rehearsal what it would have come to.
pub(super) fn settle(stands: Option<Stands>) -> Settled {
    match stands {
        Some(Stands::Settled(settled)) => settled,
        Some(Stands::Expected {
            stream,
            command,
            first,
            ..
        }) => {
            let position = Position::START;
            let outcome = if first {
                Outcome::Accepted { position }
            } else {
                Outcome::Known { position }
            };
            Settled {
                outcome,
                command: Some(command),
                stream: Some(stream),
            }
        }
        // Every row was put somewhere; if one was not, it was not recorded.
        None => Settled::rejected(Vec::new()),
    }
}
