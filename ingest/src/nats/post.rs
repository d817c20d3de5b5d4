//! Rows that `JetStream` keeps until they are recorded.
//!
//! What is accepted or known is acknowledged once it is durable in the log; what is rejected is written
//! to the dead letters first and then terminated; after a failure everything is given back and comes
//! again. A row that comes twice is *known* the second time. As much is taken as is decided on
//! together, so a store that is slow slows what is taken.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{
    AckKind, Context, Message,
    consumer::{AckPolicy, Consumer, pull},
};
use futures_util::{StreamExt as _, TryStreamExt as _, future::join_all};
use tokio::sync::{oneshot, watch};

use super::{
    NatsFailure, Subjects,
    error::WRITING_A_DEAD_LETTER,
    intake::BATCH,
    letter::{Kept, LARGEST, Letter, broke},
    streams,
};
use crate::{Desk, Failure, Finding, Outcome};

/// The durable consumer; several processes on one log share it.
pub const CONSUMER: &str = "leitstand";
/// So many bytes are to be taken at once. The server is not asked to count them: a cluster then says that a
/// batch is complete before its messages come (2.15.1), and they would wait until they are given up.
const BYTES: usize = 16 << 20;
/// So many rows are taken at once at least.
const FEW: usize = 8;
/// How long it takes until what was taken and not answered comes again: longer than any commit.
const ACK_WAIT: Duration = Duration::from_mins(1);
/// How long the first row is waited for.
const IDLE: Duration = Duration::from_secs(20);
/// How long what waits may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// How long to wait after NATS failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// The longest wait before a row comes again after the store failed.
const LONGEST: Duration = Duration::from_secs(30);
/// Taken and not yet answered, over all processes.
const PENDING: i64 = 1_024;

/// Takes the rows that wait in the stream [`FEED`](super::FEED).
pub struct Post {
    desk: Arc<Desk>,
    context: Context,
    subjects: Subjects,
    replicas: usize,
    fails: watch::Sender<Option<String>>,
}

/// A row that was taken, and what it asks for.
struct Taken {
    message: Message,
    letter: Letter,
    table: String,
}

impl Post {
    /// Takes rows for this desk's programme. `replicas` is how many servers keep them.
    #[must_use]
    pub fn new(desk: Arc<Desk>, context: Context, replicas: usize) -> Self {
        let subjects = Subjects::new(desk.programme());
        Self {
            desk,
            context,
            subjects,
            replicas,
            fails: watch::channel(None).0,
        }
    }

    /// Why nothing can be taken just now, in German.
    #[must_use]
    pub fn fails(&self) -> watch::Receiver<Option<String>> {
        self.fails.subscribe()
    }

    /// Takes rows until `end`; what is being decided on then is answered first.
    pub async fn run(self, mut end: oneshot::Receiver<()>) {
        let mut consumer = None;
        let mut largest = LARGEST;
        loop {
            let taking = async {
                let consumer = match &mut consumer {
                    Some(consumer) => consumer,
                    none => none.insert(self.consumer().await?),
                };
                self.take(consumer, at_once(largest)).await
            };
            let taken = tokio::select! {
                _ = &mut end => return,
                taken = taking => taken,
            };
            if let Ok(messages) = &taken {
                let sizes = messages.iter().map(|it| it.length);
                largest = sizes.max().unwrap_or(largest);
            }
            let done = match taken {
                Ok(messages) if messages.is_empty() => Ok(()),
                Ok(messages) => self.decide(messages).await,
                Err(failure) => Err(failure),
            };
            let why = match done {
                Ok(()) => None,
                Err(failure) => {
                    tracing::error!(
                        error = failure.chain(),
                        "rows could not be taken from the stream; trying again"
                    );
                    consumer = None;
                    tokio::time::sleep(AFTER_FAILURE).await;
                    Some(failure.message_de())
                }
            };
            self.says(why);
        }
    }

    fn says(&self, why: Option<String>) {
        self.fails.send_if_modified(|it| {
            let is_new = *it != why;
            *it = why;
            is_new
        });
    }

    async fn consumer(&self) -> Result<Consumer<pull::Config>, NatsFailure> {
        streams::dead(&self.context, &self.subjects, self.replicas).await?;
        let stream = streams::feed(&self.context, &self.subjects, self.replicas).await?;
        streams::consumer(&stream, settings()).await
    }

    /// What waits, up to a batch; if nothing does, the first row that comes.
    async fn take(
        &self,
        consumer: &Consumer<pull::Config>,
        most: usize,
    ) -> Result<Vec<Message>, NatsFailure> {
        let doing = "taking rows";
        let waiting = consumer.fetch().max_messages(most).messages().await;
        let messages =
            collected(waiting.map_err(NatsFailure::while_doing(doing))?, ARRIVAL).await?;
        if !messages.is_empty() {
            return Ok(messages);
        }
        // All is well although nothing may come for long.
        self.says(None);
        let first = consumer.batch().max_messages(1).expires(IDLE);
        let first = first.messages().await;
        collected(
            first.map_err(NatsFailure::while_doing(doing))?,
            IDLE + ARRIVAL,
        )
        .await
    }

    /// Decides on rows and answers the stream.
    async fn decide(&self, messages: Vec<Message>) -> Result<(), NatsFailure> {
        let names_actors = self.context.client().server_info().auth_required;
        let (mut taken, mut rows) = (Vec::new(), Vec::new());
        for message in messages {
            metrics::counter!("leitstand_nats_rows_total", "way" => "post").increment(1);
            if kept(&message).is_some_and(|it| 1 < it.deliveries) {
                metrics::counter!("leitstand_nats_redelivered_total").increment(1);
            }
            let letter = Letter {
                subject: message.subject.to_string(),
                headers: message.headers.clone(),
                payload: message.payload.clone(),
            };
            let row = letter.read(&self.subjects, names_actors);
            let table = row.table.clone();
            taken.push(Taken {
                message,
                letter,
                table,
            });
            rows.push(row);
        }
        let mut recording = self.desk.recording();
        let outcomes = async {
            let mut outcomes = recording.next(rows).await?;
            outcomes.extend(recording.end().await?);
            Ok::<_, Failure>(outcomes)
        };
        let outcomes = match outcomes.await {
            Ok(outcomes) => outcomes,
            Err(failure) => {
                broke(&failure);
                self.give_back(&taken).await?;
                return Ok(());
            }
        };
        let mut rejected = Vec::new();
        for (taken, outcome) in taken.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Accepted { .. } | Outcome::Known { .. } => {
                    told(taken.message.ack().await)?;
                }
                Outcome::Rejected(findings) => rejected.push((taken, findings)),
            }
        }
        let given_up = rejected
            .into_iter()
            .map(|(taken, findings)| self.give_up(taken, findings));
        join_all(given_up).await.into_iter().collect()
    }

    /// The letter is kept with its reasons; only then it is terminated.
    async fn give_up(&self, taken: Taken, findings: Vec<Finding>) -> Result<(), NatsFailure> {
        let kept = kept(&taken.message);
        let letter = async {
            let answer = taken
                .letter
                .give_up(&self.context, &self.subjects, &taken.table, &findings, kept)
                .await?;
            answer
                .await
                .map_err(NatsFailure::while_doing(WRITING_A_DEAD_LETTER))
        };
        if let Err(failure) = letter.await {
            // It comes again, and is rejected again.
            let later = wait(kept.map_or(1, |it| it.deliveries));
            told(taken.message.ack_with(AckKind::Nak(Some(later))).await)?;
            return Err(failure);
        }
        told(taken.message.ack_with(AckKind::Term).await)
    }

    /// Everything comes again, in its order, and nothing that came later is taken before.
    async fn give_back(&self, taken: &[Taken]) -> Result<(), NatsFailure> {
        let deliveries = taken
            .iter()
            .filter_map(|it| kept(&it.message))
            .map(|it| it.deliveries)
            .min();
        let wait = wait(deliveries.unwrap_or(1));
        for it in taken {
            told(it.message.ack_with(AckKind::Nak(Some(wait))).await)?;
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// How the consumer must be.
pub(super) fn settings() -> pull::Config {
    pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        // The store may fail for long; no row is given up for that.
        max_deliver: -1,
        max_ack_pending: PENDING,
        ..pull::Config::default()
    }
}

/// How long a row waits that was delivered so often: 1 s, 2 s, 4 s … 30 s.
fn wait(deliveries: i64) -> Duration {
    let times = u32::try_from(deliveries.clamp(1, 6) - 1).unwrap_or(0);
    Duration::from_secs(1 << times).min(LONGEST)
}

fn kept(message: &Message) -> Option<Kept> {
    let info = message.info().ok()?;
    Some(Kept {
        sequence: info.stream_sequence,
        at: info.published.unix_timestamp_nanos(),
        deliveries: info.delivered,
    })
}

fn told(answered: Result<(), async_nats::Error>) -> Result<(), NatsFailure> {
    answered.map_err(NatsFailure::while_doing("answering for a row"))
}

/// How many rows are taken at once if the largest of the last ones had this size.
fn at_once(largest: usize) -> usize {
    (BYTES / largest.max(1)).clamp(FEW, BATCH)
}

/// What arrives in time. A server that is gone says nothing, so what has come by then is enough.
async fn collected(batch: pull::Batch, time: Duration) -> Result<Vec<Message>, NatsFailure> {
    let mut messages = Vec::new();
    let mut batch = batch.take_until(Box::pin(tokio::time::sleep(time)));
    loop {
        match batch.try_next().await {
            Ok(Some(message)) => messages.push(message),
            Err(error) if messages.is_empty() => {
                return Err(NatsFailure::while_doing("taking rows")(error));
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
    fn of_large_rows_few_are_taken_at_once() {
        for (largest, most) in [
            (0, 256),
            (300, 256),
            (1 << 20, 16),
            (LARGEST, 8),
            (1 << 30, 8),
        ] {
            assert_eq!(at_once(largest), most, "{largest}");
        }
    }
}
