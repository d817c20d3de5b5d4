//! A log from one store in another: the same events in the same order, with the same hashes and head.

use std::{collections::HashMap, collections::HashSet, sync::Arc};

use crate::{
    Append, AppendError, EventStore, Expected, Head, NewEvent, Position, Recorded, Revision,
    StoreError,
    verify::{Flaw, Walk},
};

const PAGE: usize = 4_096;
/// One append takes at most about so many bytes of payload and so many events: every store takes that.
const BYTES: usize = 512 << 10;
const EVENTS: usize = 500;

/// What a copy came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The head of both logs, as far as the first went when it was read.
    pub head: Head,
    /// How many events were there already.
    pub before: u64,
}

/// Why a log was not copied, or not all of it. What was copied is a beginning of it: do it again, and it
/// goes on.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The log is not what was written.
    #[error("the log is not what was written")]
    Flawed(#[source] Flaw),
    /// The other store holds something else.
    #[error("the other store holds something else from position {} on", at.as_json())]
    SomethingElse {
        /// Where, in the other store.
        at: Position,
    },
    /// The other store holds all of it, and more.
    #[error("the other store holds the log and more, from position {} on", at.as_json())]
    Longer {
        /// Where what is more begins, in the other store.
        at: Position,
    },
    /// Somebody writes to the other store.
    #[error("somebody else writes to the other store")]
    Busy,
    /// The other store cannot take an append.
    #[error(transparent)]
    Append(AppendError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies the events of a log into a store that is empty or holds a beginning of it. Positions are the
/// other store's own; everything else is the same.
///
/// # Errors
/// See [`CopyError`].
pub async fn copy(from: &dyn EventStore, to: &dyn EventStore) -> Result<Copied, CopyError> {
    let mut copying = Copying {
        to,
        walk: Walk::new(None),
        there: Some(Position::START),
        newest: HashMap::new(),
        before: 0,
    };
    let mut after = Position::START;
    loop {
        let page = from.page(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.position;
        copying.page(&page).await?;
    }
    if let Some(end) = copying.there
        && let Some(more) = to.page(end, 1).await?.first()
    {
        let at = more.position;
        return Err(CopyError::Longer { at });
    }
    Ok(Copied {
        head: copying.walk.finish().head,
        before: copying.before,
    })
}

/// Whether the other store holds a beginning of the log, or nothing. Changes nothing.
///
/// # Errors
/// [`CopyError::SomethingElse`] or [`CopyError::Longer`], or a store failed.
pub async fn is_beginning(from: &dyn EventStore, to: &dyn EventStore) -> Result<(), CopyError> {
    let mut both = [Position::START; 2];
    loop {
        let there = to.page(both[1], PAGE).await?;
        let Some(last) = there.last() else {
            return Ok(());
        };
        both[1] = last.position;
        let here = from.page(both[0], there.len()).await?;
        if let Some(last) = here.last() {
            both[0] = last.position;
        }
        for (n, there) in there.iter().enumerate() {
            let at = there.position;
            match here.get(n) {
                Some(it) if it.hash == there.hash => {}
                Some(_) => return Err(CopyError::SomethingElse { at }),
                None => return Err(CopyError::Longer { at }),
            }
        }
    }
}

struct Copying<'s> {
    to: &'s dyn EventStore,
    walk: Walk,
    /// Up to here the other store was compared; `None` once its end was reached.
    there: Option<Position>,
    /// What an append to a stream of the other store must expect.
    newest: HashMap<Arc<str>, Revision>,
    before: u64,
}

impl Copying<'_> {
    async fn page(&mut self, page: &[Recorded]) -> Result<(), CopyError> {
        self.walk.see(page);
        if let Some(flaw) = self.walk.flaw() {
            return Err(CopyError::Flawed(flaw.clone()));
        }
        let known = self.compare(page).await?;
        let mut rest = &page[known..];
        while !rest.is_empty() {
            let (appends, taken) = self.gather(rest);
            let sent = &rest[..taken];
            let recorded = self.to.append_in_order(appends).await;
            let recorded = recorded.map_err(|error| match error {
                AppendError::Conflict { .. } => CopyError::Busy,
                AppendError::Store(error) => CopyError::Store(error),
                error @ (AppendError::ClockAhead { .. } | AppendError::TooLarge { .. }) => {
                    CopyError::Append(error)
                }
            })?;
            self.is_same(sent, &recorded)?;
            rest = &rest[taken..];
        }
        Ok(())
    }

    /// How many of these events the other store has.
    async fn compare(&mut self, page: &[Recorded]) -> Result<usize, CopyError> {
        let Some(after) = self.there else {
            return Ok(0);
        };
        let there = self.to.page(after, page.len()).await?;
        self.is_same(page, &there)?;
        self.before += there.len() as u64;
        self.there = there
            .last()
            .map(|it| it.position)
            .filter(|_| there.len() == page.len());
        Ok(there.len())
    }

    /// Whether events of the other store are these, or the first of them.
    fn is_same(&mut self, events: &[Recorded], there: &[Recorded]) -> Result<(), CopyError> {
        for (event, there) in events.iter().zip(there) {
            if event.hash != there.hash {
                let at = there.position;
                return Err(CopyError::SomethingElse { at });
            }
            self.newest
                .insert(Arc::clone(&there.stream), there.revision);
        }
        Ok(())
    }

    /// Appends for the first of these events, each stream once; says for how many.
    fn gather(&self, events: &[Recorded]) -> (Vec<Append>, usize) {
        let (mut appends, mut streams) = (Vec::<Append>::new(), HashSet::new());
        let (mut bytes, mut taken) = (0, 0);
        for event in events {
            let more = bytes + event.payload.len();
            let open = appends.last_mut().filter(|it| {
                it.stream == event.stream && it.events.len() < EVENTS && more <= BYTES
            });
            if let Some(open) = open {
                open.events.push(again(event));
            } else if streams.insert(&event.stream) {
                bytes = 0;
                let newest = self.newest.get(&event.stream);
                appends.push(Append {
                    stream: Arc::clone(&event.stream),
                    expected: newest.map_or(Expected::Empty, |it| Expected::At(*it)),
                    events: vec![again(event)],
                });
            } else {
                break;
            }
            bytes += event.payload.len();
            taken += 1;
        }
        (appends, taken)
    }
}

/// The event as if it were new. Times and content are the same, and so is the hash.
fn again(event: &Recorded) -> NewEvent {
    NewEvent {
        id: event.id,
        name: Arc::clone(&event.name),
        version: event.version,
        effective_on: event.effective_on,
        known_on: Some(event.known_on),
        recorded_at: event.recorded_at,
        actor: Arc::clone(&event.actor),
        correlation: event.correlation,
        causation: event.causation,
        payload: event.payload.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Memory, contract::event};

    async fn log(count: u32) -> Memory {
        let store = Memory::default();
        let mut newest = Expected::Empty;
        for n in 0..count {
            let both = vec![event(2 * n), event(2 * n + 1)];
            let recorded = store.append("milestone-1", newest, both).await;
            newest = Expected::At(recorded.expect("append").pop().expect("two").revision);
            let stream = format!("risk-{n}");
            let one = store.append(&stream, Expected::Empty, vec![event(n)]).await;
            one.expect("append");
        }
        store
    }

    #[tokio::test]
    async fn a_copy_has_the_same_head_and_goes_on_where_it_ended() {
        let (from, to) = (log(40).await, Memory::default());
        let first = copy(&from, &to).await.expect("copied");
        assert_eq!((first.head.count, first.before), (120, 0));
        let again = copy(&from, &to).await.expect("copied");
        assert_eq!((again.head, again.before), (first.head, 120));
        let to = log(7).await;
        is_beginning(&from, &to).await.expect("a beginning");
        let rest = copy(&from, &to).await.expect("copied");
        assert_eq!((rest.head, rest.before), (first.head, 21));
        let verified = crate::verify(&to, Some(first.head)).await.expect("walk");
        assert_eq!((verified.head, verified.flaw), (first.head, None));
    }

    #[tokio::test]
    async fn small_events_and_large_ones_of_a_stream_go_in_appends_that_every_store_takes() {
        let from = Memory::default();
        let sizes = [BYTES - 100, crate::MOST_PAYLOAD, 10, crate::MOST_PAYLOAD];
        let events = (0_u32..).zip(sizes).map(|(n, size)| NewEvent {
            payload: "x".repeat(size),
            ..event(n)
        });
        let appended = from.append("a", Expected::Empty, events.collect()).await;
        appended.expect("append");
        let page = from.page(Position::START, 9).await.expect("page");
        let copying = Copying {
            to: &Memory::default(),
            walk: Walk::new(None),
            there: None,
            newest: HashMap::new(),
            before: 0,
        };
        let mut rest = &page[..];
        while !rest.is_empty() {
            let (appends, taken) = copying.gather(rest);
            for append in appends {
                let bytes: usize = append.events.iter().map(|it| it.payload.len()).sum();
                assert!(append.events.len() == 1 || bytes <= BYTES, "{bytes}");
            }
            rest = &rest[taken..];
        }
        let copied = copy(&from, &Memory::default()).await.expect("copied");
        assert_eq!(copied.head.count, 4);
    }

    #[tokio::test]
    async fn what_holds_something_else_or_more_is_refused() {
        let from = log(3).await;
        let other = Memory::default();
        let strange = other.append("x", Expected::Empty, vec![event(99)]).await;
        strange.expect("append");
        for (to, is_longer) in [(other, false), (log(4).await, true)] {
            let before = to.page(Position::START, 99).await.expect("page");
            let refused = copy(&from, &to).await.expect_err("refused");
            let asked = is_beginning(&from, &to).await.expect_err("refused");
            for it in [refused, asked] {
                let is_right = match it {
                    CopyError::Longer { .. } => is_longer,
                    CopyError::SomethingElse { .. } => !is_longer,
                    _ => false,
                };
                assert!(is_right, "{it:?}");
            }
            assert_eq!(to.page(Position::START, 99).await.expect("page"), before);
        }
    }
}
