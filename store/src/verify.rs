//! Is the log what was written? Walks it from the first event to the last, in any store.

use std::{collections::HashMap, collections::VecDeque, sync::Arc};

use jiff::Timestamp;
use serde::Deserialize;

use crate::{EventStore, Hash, Head, Position, Recorded, StoreError};

/// The event that records a head; its payload has the fields `count` and `head`.
const SEAL: &str = "log.sealed";

const PAGE: usize = 4_096;

/// What a walk over the whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many events there are, and the rolling hash over them.
    pub head: Head,
    /// The last seal that holds, if there is one: everything it covers is as it was then.
    pub sealed: Option<Sealed>,
    /// The first thing that is wrong, if anything is. What comes after it was read, but proves nothing.
    pub flaw: Option<Flaw>,
}

/// A recorded head that is also the computed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// It covers the first so many events.
    pub count: u64,
    /// Where the seal itself is.
    pub position: Position,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("position {}: {wrong}", position.as_json())]
pub struct Flaw {
    /// The event that is not as it was written. If an expectation failed, the last event the log has
    /// or the one it was expected to end with.
    pub position: Position,
    /// In which way.
    pub wrong: Wrong,
}

/// In which way a log is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Positions do not grow.
    #[error("it comes after a later position")]
    Order,
    /// It was recorded before the event before it.
    #[error("it was recorded before the event before it")]
    Time,
    /// Its stream has a gap or a repeat.
    #[error("it is number {found} of stream `{stream}`, where number {expected} belongs")]
    Number {
        /// The stream.
        stream: Arc<str>,
        /// The next number of that stream.
        expected: u64,
        /// The event's number.
        found: u64,
    },
    /// It does not follow the event before it in its stream.
    #[error("it does not follow the event before it in stream `{stream}`")]
    Previous {
        /// The stream.
        stream: Arc<str>,
    },
    /// Its content was changed, or its hash.
    #[error("its content does not have its hash")]
    Content,
    /// Something in it is no value of its kind.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It is a seal nobody can read.
    #[error("the seal has no readable `count` and `head`")]
    SealUnreadable,
    /// It is a seal over events that are not before it, or that an earlier seal covers.
    #[error("the seal covers {count} events; it can only cover from {least} to {most}")]
    SealRange {
        /// What it says.
        count: u64,
        /// What the seal before it covers.
        least: u64,
        /// How many events are before it.
        most: u64,
    },
    /// It is a seal, and the events before it are not those that were sealed.
    #[error("the first {count} events were sealed as {sealed}, but are {computed}")]
    SealBroken {
        /// How many events it covers.
        count: u64,
        /// The head it records.
        sealed: Hash,
        /// The head they have.
        computed: Hash,
    },
    /// The log is shorter than it is known to have been.
    #[error("the log ends after {found} events, but had {expected}: its tail was cut")]
    TailCut {
        /// How many events it had.
        expected: u64,
        /// How many it has.
        found: u64,
    },
    /// The log's beginning is not the one that was expected.
    #[error("the first {count} events should have the head {expected}, but have {found}")]
    Unexpected {
        /// How many events the expectation covers.
        count: u64,
        /// The head they should have.
        expected: Hash,
        /// The head they have.
        found: Hash,
    },
}

/// Walks the whole log: every stream's numbers and chain, the rolling head, every seal, and, if given,
/// a head kept elsewhere. Only that one shows a tail cut after the last seal.
///
/// # Errors
/// The store failed. A log that is wrong is no error but a [`Verified::flaw`].
pub async fn verify(store: &dyn EventStore, expect: Option<Head>) -> Result<Verified, StoreError> {
    let mut walk = Walk::new(expect);
    let (mut after, mut limit) = (Position::START, PAGE);
    loop {
        let page = match store.page(after, limit).await {
            Ok(page) => page,
            Err(error) => match error.unreadable {
                None => return Err(error),
                // One by one up to it, so that an earlier flaw is found first.
                Some(_) if limit > 1 => {
                    limit = 1;
                    continue;
                }
                Some(position) => {
                    walk.found(position, Wrong::Unreadable(error.cause.to_string()));
                    return Ok(walk.finish());
                }
            },
        };
        let Some(last) = page.last() else {
            return Ok(walk.finish());
        };
        walk.see(&page);
        if last.position <= after {
            // By now a flaw; a store that does not advance would be read forever.
            return Ok(walk.finish());
        }
        after = last.position;
    }
}

/// A walk under way; fed with all events in order.
#[derive(Debug)]
pub(crate) struct Walk {
    head: Head,
    /// The heads at `sealed.count` events and after each event since: what the next seal may cover.
    unsealed: VecDeque<Hash>,
    sealed: Option<Sealed>,
    streams: HashMap<Arc<str>, (u64, Hash)>,
    last: Option<(Position, Timestamp)>,
    expect: Option<Head>,
    flaw: Option<Flaw>,
}

impl Walk {
    pub(crate) fn new(expect: Option<Head>) -> Self {
        let mut walk = Self {
            head: Head::START,
            unsealed: VecDeque::from([Hash::ZERO]),
            sealed: None,
            streams: HashMap::new(),
            last: None,
            expect,
            flaw: None,
        };
        walk.compare(Position::START);
        walk
    }

    /// The first thing that is wrong so far.
    pub(crate) fn flaw(&self) -> Option<&Flaw> {
        self.flaw.as_ref()
    }

    pub(crate) fn see(&mut self, events: &[Recorded]) {
        for event in events {
            if let Some(wrong) = self.check(event) {
                self.found(event.position, wrong);
            }
            self.head = self.head.after(event.hash);
            self.unsealed.push_back(self.head.hash);
            self.streams
                .insert(Arc::clone(&event.stream), (event.number + 1, event.hash));
            self.last = Some((event.position, event.recorded_at));
            self.compare(event.position);
        }
    }

    pub(crate) fn finish(mut self) -> Verified {
        if let Some(expect) = self.expect.filter(|expect| self.head.count < expect.count) {
            let wrong = Wrong::TailCut {
                expected: expect.count,
                found: self.head.count,
            };
            self.found(
                self.last.map_or(Position::START, |(position, _)| position),
                wrong,
            );
        }
        Verified {
            head: self.head,
            sealed: self.sealed,
            flaw: self.flaw,
        }
    }

    fn found(&mut self, position: Position, wrong: Wrong) {
        self.flaw.get_or_insert(Flaw { position, wrong });
    }

    fn compare(&mut self, position: Position) {
        if let Some(expect) = self.expect
            && expect.count == self.head.count
            && expect.hash != self.head.hash
        {
            let (count, expected, found) = (expect.count, expect.hash, self.head.hash);
            self.found(
                position,
                Wrong::Unexpected {
                    count,
                    expected,
                    found,
                },
            );
        }
    }

    fn check(&mut self, event: &Recorded) -> Option<Wrong> {
        let (number, previous) = self.streams.get(&event.stream).copied().unwrap_or_default();
        let stream = || Arc::clone(&event.stream);
        let (before, _) = self.last.unwrap_or_default();
        if event.position <= before {
            return Some(Wrong::Order);
        }
        if self.last.is_some_and(|(_, time)| event.recorded_at < time) {
            return Some(Wrong::Time);
        }
        if event.number != number {
            return Some(Wrong::Number {
                stream: stream(),
                expected: number,
                found: event.number,
            });
        }
        if event.previous != previous {
            return Some(Wrong::Previous { stream: stream() });
        }
        if event.computed_hash() != event.hash {
            return Some(Wrong::Content);
        }
        if &*event.name == SEAL {
            self.check_seal(event)
        } else {
            None
        }
    }

    fn check_seal(&mut self, event: &Recorded) -> Option<Wrong> {
        let Ok(seal) = serde_json::from_str::<Seal>(&event.payload) else {
            return Some(Wrong::SealUnreadable);
        };
        let Ok(sealed) = seal.head.parse::<Hash>() else {
            return Some(Wrong::SealUnreadable);
        };
        let count = seal.count;
        let (least, most) = (self.sealed.map_or(0, |it| it.count), self.head.count);
        let known = count
            .checked_sub(least)
            .and_then(|it| usize::try_from(it).ok());
        let Some(&computed) = known.and_then(|it| self.unsealed.get(it)) else {
            return Some(Wrong::SealRange { count, least, most });
        };
        if computed != sealed {
            return Some(Wrong::SealBroken {
                count,
                sealed,
                computed,
            });
        }
        self.unsealed.drain(..known.unwrap_or_default());
        // Behind a flaw a seal proves nothing any more: whoever changed the log could have written it.
        if self.flaw.is_none() {
            self.sealed = Some(Sealed {
                count,
                position: event.position,
            });
        }
        None
    }
}

#[derive(Deserialize)]
struct Seal {
    count: u64,
    head: String,
}
