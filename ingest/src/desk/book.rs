//! One stream as the desk knows it.

use std::sync::Arc;

use leitstand_domain::{Day, Event, Ledger, StreamKind, stream::Envelope};
use leitstand_store::{Expected, Position, Recorded, Revision};
use uuid::Uuid;

use super::day;

/// A stream's ledger, where each of its events is in the log, and what an append must expect.
///
/// The ledger counts events by their number in the stream, so that several can be decided on before
/// the first is recorded; `positions` says where in the log a number is.
#[derive(Debug, Clone)]
pub(super) struct Book {
    pub(super) ledger: Ledger,
    positions: Vec<Position>,
    revision: Option<Revision>,
    /// Decided on, not yet recorded.
    pending: u64,
}

impl Book {
    /// A stream nobody wrote to.
    pub(super) fn new(stream: &str) -> Self {
        Self {
            ledger: Ledger::new(StreamKind::of(stream).unwrap_or(StreamKind::Log)),
            positions: Vec::new(),
            revision: None,
            pending: 0,
        }
    }

    /// How many events are recorded.
    pub(super) fn recorded(&self) -> u64 {
        self.positions.len() as u64
    }

    /// About how much memory the ledger takes, in rows of a plain stream (half a KiB each).
    pub(super) fn weight(&self) -> u64 {
        // A pot's rows stand in the histories of its requests as well.
        let each = if self.ledger.kind() == StreamKind::Pot {
            2
        } else {
            1
        };
        self.recorded() * each
    }

    /// What an append must expect.
    pub(super) fn expected(&self) -> Expected {
        self.revision.map_or(Expected::Empty, Expected::At)
    }

    /// Where an event is, once it is recorded.
    pub(super) fn position(&self, number: u64) -> Option<Position> {
        self.positions.get(usize::try_from(number).ok()?).copied()
    }

    /// Takes a recorded event in.
    pub(super) fn take_in(&mut self, event: Event, recorded: &Recorded) {
        self.ledger.apply(
            event,
            Envelope {
                position: recorded.number,
                effective: day(recorded.effective_on),
                known: day(recorded.known_on),
                command: recorded.correlation,
            },
        );
        self.positions.push(recorded.position);
        self.revision = Some(recorded.revision);
    }

    /// Takes in an event that is decided on and not yet recorded; says which number it will have.
    pub(super) fn expect(
        &mut self,
        event: Event,
        effective: Day,
        known: Day,
        command: Uuid,
    ) -> u64 {
        let position = self.recorded() + self.pending;
        self.ledger.apply(
            event,
            Envelope {
                position,
                effective,
                known,
                command,
            },
        );
        self.pending += 1;
        position
    }

    /// Says that an expected event is recorded now.
    pub(super) fn fulfil(&mut self, recorded: &Recorded) {
        self.positions.push(recorded.position);
        self.revision = Some(recorded.revision);
        self.pending = self.pending.saturating_sub(1);
    }
}

/// The name of a stream, shared.
pub(super) type Name = Arc<str>;
