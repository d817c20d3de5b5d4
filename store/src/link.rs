//! From events to be added to events recorded: the rules every backend shares.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    AppendError, Expected, Hash, NewEvent, Position, Recorded, Revision,
    time::{day_in_berlin, recorded_time},
};

/// The newest event of a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newest {
    /// Its number in the stream.
    pub(crate) number: u64,
    /// Its hash.
    pub(crate) hash: Hash,
}

/// The newest event of the log.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct End {
    /// Its position, [`Position::START`] in an empty log.
    pub(crate) position: Position,
    /// When it was recorded.
    pub(crate) recorded_at: Option<Timestamp>,
}

/// What is recorded if `events` are added to a stream that ends with `newest` in a log that ends with
/// `end`, in a backend that counts positions and revisions one by one. Pure; nothing is stored.
///
/// # Errors
/// [`AppendError::Conflict`] if the stream is not as `expected`, [`AppendError::ClockAhead`] by the
/// rule of [`recorded_time`].
pub(crate) fn link(
    stream: &Arc<str>,
    expected: Expected,
    newest: Option<Newest>,
    end: End,
    events: Vec<NewEvent>,
) -> Result<Vec<Recorded>, AppendError> {
    let (mut number, mut previous) = match (expected, newest) {
        (Expected::Empty, None) => (0, Hash::ZERO),
        (Expected::At(Revision(expected)), Some(newest)) if expected == newest.number => {
            (newest.number + 1, newest.hash)
        }
        (Expected::Empty, Some(_)) | (Expected::At(_), _) => {
            return Err(AppendError::Conflict {
                stream: stream.to_string(),
            });
        }
    };
    let (Position(mut position), mut last) = (end.position, end.recorded_at);
    let mut recorded = Vec::with_capacity(events.len());
    for event in events {
        let recorded_at = recorded_time(event.recorded_at, last)?;
        position += 1;
        let mut next = Recorded {
            position: Position(position),
            stream: Arc::clone(stream),
            number,
            revision: Revision(number),
            id: event.id,
            name: event.name,
            version: event.version,
            effective_on: event.effective_on,
            known_on: event.known_on.unwrap_or_else(|| day_in_berlin(recorded_at)),
            recorded_at,
            actor: event.actor,
            correlation: event.correlation,
            causation: event.causation,
            payload: event.payload.into_boxed_str(),
            previous,
            hash: Hash::ZERO,
        };
        next.hash = next.computed_hash();
        (number, previous, last) = (number + 1, next.hash, Some(recorded_at));
        recorded.push(next);
    }
    Ok(recorded)
}
