//! Taking posted rows: so many at once as are decided on together, and no more than memory is meant for.

use std::time::{Duration, Instant, SystemTime};

use async_nats::jetstream::{
    Message,
    consumer::{Consumer, pull},
};
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::{NatsFailure, intake::BATCH};

/// When so many bytes are taken no more are asked for. The server is not asked to count them: a cluster then says that
/// a batch is complete before its messages come (2.15.1), and they would wait until they are given up.
const BYTES: usize = 16 << 20;
/// How long the first row is waited for.
const IDLE: Duration = Duration::from_secs(20);
/// How long what waits may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// So long after it was taken a row is surely not somebody else's: it comes again after a minute.
const OURS: Duration = Duration::from_secs(45);
/// What is done here.
const TAKING: &str = "taking rows";

/// When rows were taken, by two clocks: only that of the day goes on while a machine sleeps.
pub(super) struct Taken(Instant, SystemTime);

impl Taken {
    pub(super) fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    /// Whether somebody else may have them by now, so that they are not to be decided on here.
    pub(super) fn is_long_ago(&self) -> bool {
        OURS < self.0.elapsed() || self.1.elapsed().is_ok_and(|it| OURS < it)
    }
}

/// What waits, up to a batch, where no message is larger than `largest`.
///
/// # Errors
/// The server does not answer or says no.
pub(super) async fn waiting(
    consumer: &Consumer<pull::Config>,
    largest: usize,
) -> Result<Vec<Message>, NatsFailure> {
    let begun = Instant::now();
    let (mut taken, mut bytes) = (Vec::new(), 0);
    // What comes slowly is not waited for until the first of it are somebody else's.
    while taken.len() < BATCH && bytes < BYTES && begun.elapsed() < ARRIVAL {
        let most = at_once(largest).min(BATCH - taken.len());
        let more = async {
            let fetched = consumer.fetch().max_messages(most).messages().await;
            collected(fetched.map_err(NatsFailure::while_doing(TAKING))?, ARRIVAL).await
        };
        let more = match more.await {
            // What was delivered before is ours to answer.
            Err(_) if !taken.is_empty() => break,
            more => more?,
        };
        let is_all = more.len() < most;
        bytes += more.iter().map(|it| it.length).sum::<usize>();
        taken.extend(more);
        if is_all {
            break;
        }
    }
    Ok(taken)
}

/// The first row that comes, if one comes before long.
///
/// # Errors
/// The server does not answer or says no.
pub(super) async fn first(consumer: &Consumer<pull::Config>) -> Result<Vec<Message>, NatsFailure> {
    let first = consumer.batch().max_messages(1).expires(IDLE);
    let first = first.messages().await;
    let first = first.map_err(NatsFailure::while_doing(TAKING))?;
    collected(first, IDLE + ARRIVAL).await
}

/// How many rows are asked for at once where none is larger than this, so that twice [`BYTES`] are taken at most, or
/// one row more.
fn at_once(largest: usize) -> usize {
    (BYTES / largest.max(1)).clamp(1, BATCH)
}

/// What arrives in time. A server that is gone says nothing, so what has come by then is enough.
async fn collected(batch: pull::Batch, time: Duration) -> Result<Vec<Message>, NatsFailure> {
    let mut messages = Vec::new();
    let mut batch = batch.take_until(Box::pin(tokio::time::sleep(time)));
    loop {
        match batch.try_next().await {
            Ok(Some(message)) => messages.push(message),
            Err(error) if messages.is_empty() => {
                return Err(NatsFailure::while_doing(TAKING)(error));
            }
            // What was delivered before an error is ours to answer.
            Ok(None) | Err(_) => return Ok(messages),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_large_rows_few_are_asked_for_at_once() {
        for (largest, most) in [
            (0, 256),
            (300, 256),
            (1 << 20, 16),
            (8 << 20, 2),
            (1 << 30, 1),
        ] {
            assert_eq!(at_once(largest), most, "{largest}");
        }
    }
}
