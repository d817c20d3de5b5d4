//! Rows that `JetStream` keeps until they are recorded.
//!
//! What is accepted or known is acknowledged once it is durable in the log; what is rejected is written
//! to the dead letters first and then terminated; after a failure everything is given back and comes
//! again. A row that comes twice is *known* the second time. As much is taken as is decided on
//! together, so a store that is slow slows what is taken.
//!
//! Rows are decided on in the order of the stream, over all processes and failures: what is delivered is not. Those
//! that a killed process had come again after a minute, behind others that would miss what they build on. What is decided
//! on is gone from the stream, so a row waits while the stream has one before it that is not decided on here.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{
    AckKind, Context, Message,
    consumer::{AckPolicy, Consumer, pull},
    stream::Stream,
};
use futures_util::{StreamExt as _, TryStreamExt as _, future::join_all};
use tokio::sync::{oneshot, watch};

use super::{
    NatsFailure, Subjects,
    error::WRITING_A_DEAD_LETTER,
    intake::BATCH,
    letter::{LARGEST, Letter, broke},
    streams,
    turn::{in_turn, kept, sequence},
};
use crate::{Desk, Failure, Finding, Outcome, desk::Asked};

/// The durable consumer; several processes on one log share it.
pub const CONSUMER: &str = "leitstand";
/// So many bytes are to be taken at once. The server is not asked to count them: a cluster then says that a
/// batch is complete before its messages come (2.15.1), and they would wait until they are given up.
const BYTES: usize = 16 << 20;
/// So many rows are taken at once at least.
const FEW: usize = 8;
/// How long it takes until what was taken and not answered comes again: longer than any commit.
const ACK_WAIT: Duration = Duration::from_mins(1);
/// How long what was given back because it was not its turn stays away; twice as long each time it does not help.
const AWAY: Duration = Duration::from_millis(500);
/// The longest of that, and how long a row stays away whose letter could not be kept: less than [`IDLE`], so where nothing
/// comes nothing waits.
const AWAY_AT_MOST: Duration = Duration::from_secs(4);
/// After so many times in a row, more than a minute, it is said that rows wait for one before them.
const MANY_WAITS: u32 = 15;
/// What is said then.
const WAITS: &str = "Eine Zeile vor ihnen ist seit mehr als einer Minute nicht entschieden. Hat sie ein anderer Leitstand, sagt dessen „/readyz“, warum; sonst bitte „nats consumer info LEITSTAND_FEED leitstand“ ansehen.";
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

/// Where rows come from.
struct Source {
    stream: Stream,
    consumer: Consumer<pull::Config>,
}

/// How far this process has decided on the rows of the stream.
#[derive(Default)]
struct Decided {
    /// When the stream was made, in nanoseconds since 1970: another one counts from 1 again.
    made_at: Option<i128>,
    /// All up to this sequence are decided on.
    up_to: u64,
    /// Whether the letter of a rejected row could not be kept, so that nothing behind it is decided on.
    is_stuck: bool,
    /// How often in a row the store failed.
    failures: u32,
    /// How often in a row it was not the turn of what was taken.
    waits: u32,
}

impl Decided {
    fn is_well(&self) -> bool {
        !self.is_stuck && self.waits < MANY_WAITS
    }
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
        let mut source = None;
        let mut decided = Decided::default();
        let mut largest = LARGEST;
        loop {
            let taking = async {
                let source = match source.take() {
                    Some(source) => source,
                    None => self.source(&mut decided).await?,
                };
                let is_well = decided.is_well();
                let taken = self.take(&source.consumer, at_once(largest), is_well);
                let messages = taken.await?;
                Ok::<_, NatsFailure>((source, messages))
            };
            let taken = tokio::select! {
                _ = &mut end => return,
                taken = taking => taken,
            };
            let done = match taken {
                Ok((Source { stream, consumer }, messages)) => {
                    let sizes = messages.iter().map(|it| it.length);
                    largest = sizes.max().unwrap_or(largest);
                    let done = self.decide(&stream, &mut decided, messages).await;
                    source = Some(Source { stream, consumer });
                    done
                }
                Err(failure) => Err(failure),
            };
            match done {
                Ok(()) if decided.is_well() => self.says(None),
                // Why not was said.
                Ok(()) => {}
                Err(failure) => {
                    tracing::error!(
                        error = failure.chain(),
                        "rows could not be taken from the stream; trying again"
                    );
                    source = None;
                    tokio::time::sleep(AFTER_FAILURE).await;
                    self.says(Some(failure.message_de()));
                }
            }
        }
    }

    fn says(&self, why: Option<String>) {
        self.fails.send_if_modified(|it| {
            let is_new = *it != why;
            *it = why;
            is_new
        });
    }

    async fn source(&self, decided: &mut Decided) -> Result<Source, NatsFailure> {
        streams::dead(&self.context, &self.subjects, self.replicas).await?;
        let stream = streams::feed(&self.context, &self.subjects, self.replicas).await?;
        let info = stream.cached_info();
        let made_at = Some(info.created.unix_timestamp_nanos());
        if decided.made_at != made_at {
            *decided = Decided {
                made_at,
                ..Decided::default()
            };
        }
        // It may have lost its end.
        decided.up_to = decided.up_to.min(info.state.last_sequence);
        let consumer = streams::consumer(&stream, settings()).await?;
        Ok(Source { stream, consumer })
    }

    /// What waits, up to a batch; if nothing does, the first row that comes.
    async fn take(
        &self,
        consumer: &Consumer<pull::Config>,
        most: usize,
        is_well: bool,
    ) -> Result<Vec<Message>, NatsFailure> {
        let doing = "taking rows";
        let waiting = consumer.fetch().max_messages(most).messages().await;
        let messages =
            collected(waiting.map_err(NatsFailure::while_doing(doing))?, ARRIVAL).await?;
        if !messages.is_empty() {
            return Ok(messages);
        }
        if is_well {
            // Although nothing may come for long.
            self.says(None);
        }
        let first = consumer.batch().max_messages(1).expires(IDLE);
        let first = first.messages().await;
        collected(
            first.map_err(NatsFailure::while_doing(doing))?,
            IDLE + ARRIVAL,
        )
        .await
    }

    /// Decides on rows in their order and answers the stream.
    async fn decide(
        &self,
        stream: &Stream,
        decided: &mut Decided,
        mut messages: Vec<Message>,
    ) -> Result<(), NatsFailure> {
        if messages.is_empty() {
            // What was given back would have come again.
            (decided.is_stuck, decided.waits) = (false, 0);
            return Ok(());
        }
        let mut done = Ok(());
        messages.sort_by_key(sequence);
        while done.is_ok() {
            let count = match in_turn(stream, decided.up_to, &messages).await {
                Ok(0) => break,
                // Nothing is recorded together with a row whose letter may again not be kept.
                Ok(_) if decided.is_stuck => 1,
                Ok(count) => count,
                Err(failure) => {
                    done = Err(failure);
                    break;
                }
            };
            let later = messages.split_off(count);
            let up_to = messages.last().map_or(0, sequence);
            let (taken, rows) = self.read(messages);
            match self.record(rows).await {
                Ok(outcomes) => {
                    let open;
                    (open, done) = self.answer(taken, outcomes).await;
                    decided.is_stuck = open.is_some();
                    (decided.failures, decided.waits) = (0, 0);
                    let up_to = open.map_or(up_to, |it| it.saturating_sub(1));
                    decided.up_to = up_to.max(decided.up_to);
                }
                Err(failure) => {
                    broke(&failure);
                    decided.failures += 1;
                    let wait = wait(decided.failures);
                    let taken = taken.into_iter().map(|it| it.message);
                    let all: Vec<Message> = taken.chain(later).collect();
                    give_back(&all, wait).await?;
                    // The store may need as long.
                    tokio::time::sleep(wait).await;
                    return Ok(());
                }
            }
            messages = later;
        }
        if messages.is_empty() {
            return done;
        }
        // Those before them may have to come here, or somebody else's turn may be over.
        let wait = (AWAY * (1 << decided.waits.min(3))).min(AWAY_AT_MOST);
        decided.waits += 1;
        if decided.waits == MANY_WAITS {
            self.says(Some(WAITS.to_owned()));
        }
        done.and(give_back(&messages, wait).await)
    }

    /// What the rows ask for.
    fn read(&self, messages: Vec<Message>) -> (Vec<Taken>, Vec<Asked>) {
        let names_actors = self.context.client().server_info().auth_required;
        let read = |message: Message| {
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
            let taken = Taken {
                message,
                letter,
                table,
            };
            (taken, row)
        };
        messages.into_iter().map(read).unzip()
    }

    async fn record(&self, rows: Vec<Asked>) -> Result<Vec<Outcome>, Failure> {
        let mut recording = self.desk.recording();
        let mut outcomes = recording.next(rows).await?;
        outcomes.extend(recording.end().await?);
        Ok(outcomes)
    }

    /// Says what became of rows, of each whatever becomes of the others; and where the first one is that is rejected and
    /// not put aside.
    async fn answer(
        &self,
        taken: Vec<Taken>,
        outcomes: Vec<Outcome>,
    ) -> (Option<u64>, Result<(), NatsFailure>) {
        let (mut open, mut done) = (None::<u64>, Ok(()));
        let mut rejected = Vec::new();
        for (taken, outcome) in taken.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Accepted { .. } | Outcome::Known { .. } => {
                    done = done.and(told(taken.message.ack().await));
                }
                Outcome::Rejected(findings) => {
                    let at = sequence(&taken.message);
                    rejected.push(async move { (at, self.give_up(taken, findings).await) });
                }
            }
        }
        for (at, given_up) in join_all(rejected).await {
            if given_up.is_err() {
                open = Some(open.map_or(at, |it| it.min(at)));
            }
            done = done.and(given_up);
        }
        (open, done)
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
            give_back(&[taken.message], AWAY_AT_MOST).await?;
            return Err(failure);
        }
        // Known to be over, or it might be decided on again after others.
        told(taken.message.double_ack_with(AckKind::Term).await)
    }
}

/// Lets rows come again after a while.
async fn give_back(messages: &[Message], wait: Duration) -> Result<(), NatsFailure> {
    let mut done = Ok(());
    for it in messages {
        done = done.and(told(it.ack_with(AckKind::Nak(Some(wait))).await));
    }
    done
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

/// How long rows wait after the store failed so often in a row: 1 s, 2 s, 4 s … 30 s.
fn wait(failures: u32) -> Duration {
    Duration::from_secs(1 << (failures.clamp(1, 6) - 1)).min(LONGEST)
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
