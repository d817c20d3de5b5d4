//! How the desk comes to know what is in the log.

use std::sync::Arc;

use leitstand_domain::{Event, Ledger};
use leitstand_store::{Position, Recorded};

use super::{Desk, book::Book};
use crate::Failure;

/// So many events are read at once.
const PAGE: usize = 4_096;

impl Desk {
    /// Folds the directory up to the store's head and says how far that was.
    ///
    /// # Errors
    /// The store failed, an event cannot be read, or the log belongs to another programme.
    pub async fn catch_up(&self) -> Result<Position, Failure> {
        let mut folded = self.folded.lock().await;
        loop {
            let page = self.store.page(*folded, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(*folded);
            };
            for recorded in &page {
                // What this desk recorded or read itself is in already.
                if self.directory().events(&recorded.stream) <= recorded.number {
                    self.see(recorded)?;
                }
            }
            *folded = last.position;
        }
    }

    /// Takes in an event somebody else has read. Twice is harmless, and so is any order.
    pub fn observe(&self, recorded: &Recorded, event: &Event) {
        self.directory_mut().apply(recorded, event);
    }

    /// Says that every event after `from` up to `to` was observed, so that the desk need not read
    /// them. If it has not yet read up to `from` itself, or is reading, this changes nothing.
    pub fn observed_to(&self, from: Position, to: Position) {
        if let Ok(mut folded) = self.folded.try_lock()
            && from <= *folded
            && *folded < to
        {
            *folded = to;
        }
    }

    /// Reads a stream from the store.
    pub(super) async fn read(&self, stream: &Arc<str>) -> Result<Book, Failure> {
        let recorded = self.store.read(stream).await?;
        let mut book = Book::new(stream);
        for recorded in &recorded {
            let event = self.see(recorded)?;
            book.take_in(event, recorded);
        }
        Ok(book)
    }

    /// The ledger of a stream whose events were read.
    pub(crate) fn ledger(
        &self,
        stream: &Arc<str>,
        recorded: &[Recorded],
    ) -> Result<Ledger, Failure> {
        let mut book = Book::new(stream);
        for recorded in recorded {
            book.take_in(self.see(recorded)?, recorded);
        }
        Ok(book.ledger)
    }

    /// Takes a stream out that may owe second halves of pairs.
    pub(crate) fn open_pair(&self) -> Option<Arc<str>> {
        self.directory_mut().open_pair()
    }

    /// Says that a stream still owes.
    pub(crate) fn keep_pair(&self, stream: &Arc<str>) {
        self.directory_mut().keep_pair(stream);
    }

    fn see(&self, recorded: &Recorded) -> Result<Event, Failure> {
        let event = decode(recorded)?;
        if let Event::Initialised(it) = &event
            && it.programme != self.programme
        {
            return Err(Failure::OtherProgramme {
                found: it.programme.to_string(),
                expected: self.programme.to_string(),
            });
        }
        self.directory_mut().apply(recorded, &event);
        Ok(event)
    }
}

/// Reads a recorded event.
pub(crate) fn decode(recorded: &Recorded) -> Result<Event, Failure> {
    Event::read(&recorded.name, recorded.version, &recorded.payload).map_err(|cause| {
        Failure::Unreadable {
            position: recorded.position,
            name: recorded.name.to_string(),
            cause,
        }
    })
}
