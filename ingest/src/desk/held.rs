//! What a window holds of a stream while it decides on it.

use leitstand_store::{Append, NewEvent};
use tokio::sync::OwnedMutexGuard;

use super::{
    Desk, Outcome,
    book::{Book, Name},
    single::Settled,
    window::WINDOW,
};
use crate::{CommandId, directory::Noted};

/// One append takes at most about so many bytes (`JetStream` takes 900 KiB).
const BYTES: usize = 512 * 1024;

/// A stream held by a window.
pub(super) struct Held {
    /// Keeps everybody else in this process from deciding on the stream; a rehearsal holds nobody up.
    pub(super) guard: Option<OwnedMutexGuard<Option<Book>>>,
    pub(super) book: Book,
    /// Events decided on and not yet sent: as they will be appended, and what is noted of them.
    pub(super) new: Vec<NewEvent>,
    pub(super) noted: Vec<Noted>,
    /// Every row decided on this stream since the last append, refused ones too.
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

/// What waits for the answer to one append.
pub(super) struct Sent {
    pub(super) stream: Name,
    pub(super) noted: Vec<Noted>,
    pub(super) rows: Vec<usize>,
}

impl Held {
    /// A stream nothing was decided on yet.
    pub(super) fn new(guard: Option<OwnedMutexGuard<Option<Book>>>, book: Book) -> Self {
        Self {
            guard,
            book,
            new: Vec::new(),
            noted: Vec::new(),
            rows: Vec::new(),
            bytes: 0,
        }
    }

    /// Whether the next append would be too large.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BYTES || self.new.len() >= WINDOW
    }

    /// Whether nothing was decided since the last append.
    pub(super) fn is_idle(&self) -> bool {
        self.rows.is_empty()
    }

    /// The append of what was decided, and what waits for its answer.
    pub(super) fn send(&mut self, stream: &Name) -> (Append, Sent) {
        self.bytes = 0;
        let append = Append {
            stream: Name::clone(stream),
            expected: self.book.expected(),
            events: std::mem::take(&mut self.new),
        };
        let sent = Sent {
            stream: Name::clone(stream),
            noted: std::mem::take(&mut self.noted),
            rows: std::mem::take(&mut self.rows),
        };
        (append, sent)
    }

    /// Settles rows whose event is recorded by now.
    pub(super) fn settle(&self, rows: &[usize], stands: &mut [Option<Stands>]) {
        for at in rows {
            let Some(place) = stands.get_mut(*at) else {
                continue;
            };
            if let Some(Stands::Expected {
                stream,
                number,
                command,
                first,
            }) = place
                && let Some(position) = self.book.position(*number)
            {
                let outcome = if *first {
                    Outcome::Accepted { position }
                } else {
                    Outcome::Known { position }
                };
                *place = Some(Stands::Settled(Settled {
                    outcome,
                    command: Some(*command),
                    stream: Some(Name::clone(stream)),
                }));
            }
        }
    }

    /// Gives the stream back with what is recorded of it.
    pub(super) fn put_back(self, desk: &Desk, stream: &Name) {
        if let Some(mut guard) = self.guard {
            desk.put_back(&mut guard, stream, self.book);
        }
    }
}
