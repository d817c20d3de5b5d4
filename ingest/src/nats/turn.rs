//! Whose turn it is: posted rows are decided on in the order of the stream.

use std::time::{Duration, Instant};

use async_nats::jetstream::{
    ErrorCode, Message,
    stream::{LastRawMessageErrorKind, Stream},
};

use super::{NatsFailure, letter::Kept};

/// How long rows are kept that are not to be decided on yet; then they are given back, for those before them may come
/// here.
const HOLD: Duration = Duration::from_secs(2);
/// How often it is asked whether their turn has come.
const TURN: Duration = Duration::from_millis(50);
/// What is done then.
const ASKING: &str = "asking whose turn it is";

/// After so long it is said that rows wait for one before them: those a killed process had come again sooner.
const LONG: Duration = Duration::from_secs(75);

/// Rows wait for others.
pub(super) struct Waits {
    since: Instant,
    /// How often in a row they were given back.
    pub(super) times: u32,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            times: 0,
        }
    }
}

impl Waits {
    pub(super) fn are_long(&self) -> bool {
        LONG < self.since.elapsed()
    }
}

/// What is to be done with rows that were taken.
pub(super) enum Turn {
    /// So many of the first are to be decided on: the stream has no other before them.
    Now(usize),
    /// So many of the first are not in the stream any more: somebody else decided on them, or removed them.
    Gone(usize),
    /// The stream has one before them that is not decided on.
    Later,
}

/// Whose turn it is if everything up to `decided` was decided on. Waits for that of the first row, but not for long.
///
/// # Errors
/// Nobody said, or the stream is another one than that of which was decided on.
pub(super) async fn turn(
    stream: &Stream,
    decided: &mut u64,
    rows: &[Message],
) -> Result<Turn, NatsFailure> {
    let begun = Instant::now();
    loop {
        match look(stream, decided, rows).await {
            // As long as a cluster has no leader nobody knows.
            Ok(Turn::Later) | Err(_) if begun.elapsed() < HOLD => {
                tokio::time::sleep(TURN).await;
            }
            found => return found,
        }
    }
}

/// Whose turn it is just now, as whoever leads the stream says.
async fn look(stream: &Stream, decided: &mut u64, rows: &[Message]) -> Result<Turn, NatsFailure> {
    let info = stream.get_info().await;
    let info = info.map_err(NatsFailure::while_doing(ASKING))?;
    if info.created != stream.cached_info().created {
        // It counts from 1 again.
        let anew = "the stream was removed and made anew";
        return Err(NatsFailure::while_doing(ASKING)(anew));
    }
    let state = info.state;
    // It may have lost its end.
    *decided = state.last_sequence.min(*decided);
    let gone = |it: &&Message| sequence(it) < state.first_sequence;
    let gone = rows.iter().take_while(gone).count();
    if 0 < gone {
        return Ok(Turn::Gone(gone));
    }
    // Of what is before it nothing waits.
    let mut next = state.first_sequence.max(*decided + 1);
    if let Some(first) = rows.first().map(sequence)
        && next < first
    {
        // Behind a row that waits there are holes, as behind one whose letter is not kept.
        next = first_from(stream, next, state.last_sequence).await?;
        if next < first {
            return Ok(Turn::Later);
        }
        if first < next {
            return Ok(Turn::Gone(1));
        }
    }
    let mut count = 0;
    for sequence in rows.iter().map(sequence) {
        if next < sequence {
            break;
        }
        next = next.max(sequence + 1);
        count += 1;
    }
    Ok(Turn::Now(count))
}

/// The first row in the stream from a sequence on; one that will come if there is none.
async fn first_from(stream: &Stream, from: u64, last: u64) -> Result<u64, NatsFailure> {
    let next = stream.raw_message_builder().sequence(from);
    match next.next_by_subject(">").send().await {
        Ok(next) => Ok(next.sequence),
        Err(error) if is_none(&error.kind()) => Ok(last + 1),
        Err(error) => Err(NatsFailure::while_doing(ASKING)(error)),
    }
}

fn is_none(kind: &LastRawMessageErrorKind) -> bool {
    match kind {
        LastRawMessageErrorKind::NoMessageFound => true,
        LastRawMessageErrorKind::JetStream(it) => it.error_code() == ErrorCode::NO_MESSAGE_FOUND,
        _ => false,
    }
}

/// Where a row is in the stream; 0 if it is in none.
pub(super) fn sequence(message: &Message) -> u64 {
    kept(message).map_or(0, |it| it.sequence)
}

/// What the stream says of a row; `None` if the message is none of it.
pub(super) fn kept(message: &Message) -> Option<Kept> {
    let info = message.info().ok()?;
    Some(Kept {
        sequence: info.stream_sequence,
        at: info.published.unix_timestamp_nanos(),
        deliveries: info.delivered,
    })
}
