//! Seals: the log's own state, recorded in the log, so that a cut or changed log shows.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use leitstand_domain::{Event, event};
use leitstand_store::{
    AppendError, EventStore, Expected, Head, NewEvent, Position, Recorded, Revision, day_in_berlin,
};

use crate::{Actor, Clock, Failure, command_id, event_id};

/// A seal is due after so many events.
const EVENTS: u64 = 1_000;
/// Or when the last one is so old and something happened since.
const AGE: SignedDuration = SignedDuration::from_hours(24);
/// The stream of what the log says about itself.
pub(crate) const LOG: &str = "log";
const PAGE: usize = 4_096;
/// So often another sealer may be first before this one leaves it to them.
const ATTEMPTS: usize = 8;

/// What sealing needs to know of the log; folded event by event, in position order, from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SealState {
    /// Everything folded so far.
    pub head: Head,
    /// The last position folded.
    pub position: Position,
    /// Events since the last seal that are no seals.
    pub unsealed: u64,
    /// When the log was last sealed.
    pub sealed_at: Option<Timestamp>,
    /// The newest event of the stream `log`.
    log: Option<Revision>,
}

impl SealState {
    /// Takes the next event in.
    pub fn see(&mut self, recorded: &Recorded) {
        self.head = self.head.after(recorded.hash);
        self.position = recorded.position;
        if &*recorded.stream == LOG {
            self.log = Some(recorded.revision);
        }
        if &*recorded.name == event::SEALED {
            self.unsealed = 0;
            self.sealed_at = Some(recorded.recorded_at);
        } else {
            self.unsealed += 1;
        }
    }

    /// Whether a seal is due: after 1,000 events, or if something happened and no seal is younger than
    /// a day. Where nothing happened there is nothing to seal.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let old = self
            .sealed_at
            .is_none_or(|at| now.duration_since(at) >= AGE);
        self.unsealed >= EVENTS || (self.unsealed > 0 && old)
    }
}

/// Seals the log. One per log is enough; a second one does no harm.
#[derive(Clone)]
pub struct Sealer {
    store: Arc<dyn EventStore>,
    clock: Clock,
    state: SealState,
}

impl Sealer {
    /// A sealer that has read nothing yet.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>, clock: Clock) -> Self {
        Self::resume(store, clock, SealState::default())
    }

    /// A sealer that goes on where somebody else has folded to.
    #[must_use]
    pub fn resume(store: Arc<dyn EventStore>, clock: Clock, state: SealState) -> Self {
        Self {
            store,
            clock,
            state,
        }
    }

    /// What it has read.
    #[must_use]
    pub fn state(&self) -> &SealState {
        &self.state
    }

    /// Reads on to the log's end.
    ///
    /// # Errors
    /// The store failed.
    pub async fn catch_up(&mut self) -> Result<(), Failure> {
        loop {
            let page = self.store.page(self.state.position, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            for recorded in &page {
                self.state.see(recorded);
            }
        }
    }

    /// Seals the log if a seal is due; says where the seal is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn seal_if_due(&mut self) -> Result<Option<Position>, Failure> {
        self.seal_where(SealState::is_due).await
    }

    /// Seals whatever is not sealed yet, as at the end of a feed: a tail cut off then shows.
    ///
    /// # Errors
    /// The store failed.
    pub async fn seal_now(&mut self) -> Result<Option<Position>, Failure> {
        self.seal_where(|state, _| state.unsealed > 0).await
    }

    async fn seal_where(
        &mut self,
        due: impl Fn(&SealState, Timestamp) -> bool,
    ) -> Result<Option<Position>, Failure> {
        for _ in 0..ATTEMPTS {
            self.catch_up().await?;
            let now = (self.clock)();
            if !due(&self.state, now) {
                return Ok(None);
            }
            let expected = self.state.log.map_or(Expected::Empty, Expected::At);
            match self
                .store
                .append(LOG, expected, vec![self.seal(now)?])
                .await
            {
                Ok(recorded) => return Ok(recorded.first().map(|it| it.position)),
                // Somebody else wrote about the log, perhaps a seal: look again.
                Err(AppendError::Conflict { .. } | AppendError::TooLarge { .. }) => {}
                Err(AppendError::Store(error)) => return Err(error.into()),
                Err(error @ AppendError::ClockAhead { .. }) => return Err(Failure::Clock(error)),
            }
        }
        Ok(None)
    }

    fn seal(&self, now: Timestamp) -> Result<NewEvent, Failure> {
        let Head { count, hash } = self.state.head;
        let sealed = Event::Sealed(event::Sealed {
            count,
            head: hash.to_string(),
        });
        let stored = sealed.write().map_err(Failure::Unwritable)?;
        let command = command_id("", stored.name, &count.to_string(), hash.as_bytes());
        Ok(NewEvent {
            id: event_id(command, 0),
            name: stored.name.into(),
            version: stored.version,
            effective_on: day_in_berlin(now),
            known_on: None,
            recorded_at: now,
            actor: Actor::program().name(),
            correlation: command,
            causation: None,
            payload: stored.payload,
        })
    }
}
