//! Whose turn it is: posted rows are decided on in the order of the stream.

use std::time::{Duration, Instant};

use async_nats::jetstream::{
    ErrorCode, Message,
    stream::{LastRawMessageErrorKind, Stream},
};

use super::{NatsFailure, letter::Kept};

/// How long a row is kept that is not to be decided on yet; then it is given back, for those before it may come here.
const HOLD: Duration = Duration::from_secs(2);
/// How often it is asked whether its turn has come.
const TURN: Duration = Duration::from_millis(50);

/// How many of these rows may be decided on now, if everything up to `decided` was: those before which the stream has no
/// other. Waits for the first one's turn, but not for long.
///
/// # Errors
/// Nobody said whether it has come.
pub(super) async fn in_turn(
    stream: &Stream,
    decided: u64,
    rows: &[Message],
) -> Result<usize, NatsFailure> {
    let begun = Instant::now();
    // Of what is before it nothing waits.
    let mut next = decided + 1;
    for (count, sequence) in rows.iter().map(sequence).enumerate() {
        while next < sequence {
            if 0 < count {
                return Ok(count);
            }
            let is_over = HOLD < begun.elapsed();
            match first_from(stream, next).await {
                Ok(first) => next = next.max(first),
                Err(failure) if is_over => return Err(failure),
                // As long as a cluster has no leader nobody knows.
                Err(_) => {}
            }
            if next < sequence {
                if is_over {
                    return Ok(0);
                }
                tokio::time::sleep(TURN).await;
            }
        }
        next = next.max(sequence + 1);
    }
    Ok(rows.len())
}

/// The first row in the stream from a sequence on, as whoever leads it says; one that will come if there is none.
async fn first_from(stream: &Stream, from: u64) -> Result<u64, NatsFailure> {
    let doing = "asking whose turn it is";
    let info = stream.get_info().await;
    let state = info.map_err(NatsFailure::while_doing(doing))?.state;
    if from <= state.first_sequence {
        return Ok(state.first_sequence);
    }
    // Behind a row that waits there are holes, as behind one whose letter is not kept.
    let next = stream.raw_message_builder().sequence(from);
    match next.next_by_subject(">").send().await {
        Ok(next) => Ok(next.sequence),
        Err(error) if is_none(&error.kind()) => Ok(state.last_sequence + 1),
        Err(error) => Err(NatsFailure::while_doing(doing)(error)),
    }
}

fn is_none(kind: &LastRawMessageErrorKind) -> bool {
    match kind {
        LastRawMessageErrorKind::NoMessageFound => true,
        LastRawMessageErrorKind::JetStream(it) => it.error_code() == ErrorCode::NO_MESSAGE_FOUND,
        _ => false,
    }
}

/// Where a row is in the stream.
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
