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
use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};

use super::{
    NatsFailure, Subjects,
    error::WRITING_A_DEAD_LETTER,
    letter::{LETTERS, Letter, broke},
    streams,
    taking::{Taken, first, waiting},
    turn::{Turn, Waits, kept, sequence, turn},
};
use crate::{Desk, Failure, Finding, Outcome, desk::Asked, wish::Wish};

/// The durable consumer; several processes on one log share it.
pub const CONSUMER: &str = "leitstand";
/// How long it takes until what was taken and not answered comes again: longer than any commit.
const ACK_WAIT: Duration = Duration::from_mins(1);
/// How long what was given back because it was not its turn stays away; twice as long each time it does not help.
const AWAY: Duration = Duration::from_millis(500);
/// The longest of that, and how long a row stays away whose letter could not be kept: less than a row is waited for, so where
/// nothing comes nothing waits.
const AWAY_AT_MOST: Duration = Duration::from_secs(4);
/// What is said of rows that wait for long for others.
const WAITS: &str = "Eine Zeile vor ihnen ist seit mehr als einer Minute nicht entschieden. Hat sie ein anderer Leitstand, sagt dessen „/readyz“, warum; sonst bitte „nats consumer info LEITSTAND_FEED leitstand“ ansehen.";
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
struct Row {
    message: Message,
    letter: Letter,
    asked: Asked,
}

/// Why rows could not be decided on or answered.
enum Broken {
    Store(Failure),
    Nats(NatsFailure),
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
    /// If it was not the turn of what was taken last.
    waits: Option<Waits>,
}

impl Decided {
    fn is_well(&self) -> bool {
        let waits = self.waits.as_ref().is_some_and(Waits::are_long);
        !self.is_stuck && self.failures == 0 && !waits
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
        loop {
            let taking = async {
                let source = match source.take() {
                    Some(source) => source,
                    None => self.source(&mut decided).await?,
                };
                let most = self.context.client().max_payload();
                let since = Taken::now();
                let mut taken = waiting(&source.consumer, most).await?;
                if taken.is_empty() {
                    if decided.is_well() {
                        // Although nothing may come for long.
                        self.says(None);
                    }
                    taken = first(&source.consumer).await?;
                }
                Ok::<_, NatsFailure>((source, taken, since))
            };
            let taken = tokio::select! {
                _ = &mut end => return,
                taken = taking => taken,
            };
            let done = match taken {
                Ok((from, messages, since)) => {
                    let done = self.decide(&from.stream, &mut decided, messages, &since);
                    let done = done.await;
                    source = Some(from);
                    done
                }
                Err(failure) => Err(failure),
            };
            let pause = match done {
                Ok(pause) => {
                    if decided.is_well() {
                        self.says(None);
                    }
                    pause
                }
                Err(failure) => {
                    tracing::error!(
                        error = failure.chain(),
                        "rows could not be taken from the stream; trying again"
                    );
                    source = None;
                    self.says(Some(failure.message_de()));
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                _ = &mut end => return,
                () = tokio::time::sleep(pause) => {}
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
        let consumer = streams::consumer(&stream, settings()).await?;
        Ok(Source { stream, consumer })
    }

    /// Decides on rows in their order and answers the stream; says how long nothing more is to be taken.
    async fn decide(
        &self,
        stream: &Stream,
        decided: &mut Decided,
        mut messages: Vec<Message>,
        taken: &Taken,
    ) -> Result<Duration, NatsFailure> {
        if messages.is_empty() {
            // What was given back would have come again.
            (decided.is_stuck, decided.failures, decided.waits) = (false, 0, None);
            return Ok(Duration::ZERO);
        }
        let mut done = Ok(());
        messages.sort_by_key(sequence);
        while done.is_ok() && !messages.is_empty() {
            match turn(stream, &mut decided.up_to, &messages).await {
                _ if taken.is_long_ago() => return Ok(Duration::ZERO),
                Ok(Turn::Later) => break,
                Ok(Turn::Gone(count)) => {
                    // Somebody goes on.
                    decided.waits = None;
                    messages.drain(..count);
                }
                Ok(Turn::Now(count)) => {
                    let rows = self.read(messages.drain(..count));
                    let (left, answered) = self.decide_on(decided, rows, taken).await;
                    messages.splice(..0, left);
                    match answered {
                        Ok(()) => {}
                        Err(Broken::Nats(failure)) => done = Err(failure),
                        Err(Broken::Store(failure)) => {
                            broke(&failure);
                            self.says(Some(why(&failure)));
                            decided.failures += 1;
                            let wait = wait(decided.failures);
                            give_back(&messages, wait).await?;
                            // The store may need as long.
                            return Ok(wait);
                        }
                    }
                }
                Err(failure) => done = Err(failure),
            }
        }
        if messages.is_empty() {
            return done.map(|()| Duration::ZERO);
        }
        // Those before them may have to come here, or somebody else's turn may be over. What came instead meanwhile
        // would be still further behind.
        let waits = decided.waits.get_or_insert_default();
        let wait = (AWAY * (1 << waits.times.min(3))).min(AWAY_AT_MOST);
        waits.times += 1;
        if !decided.is_stuck && waits.are_long() {
            self.says(Some(WAITS.to_owned()));
        }
        done.and(give_back(&messages, wait).await).map(|()| wait)
    }

    /// Decides on rows whose turn it is. What follows a rejected row is recorded when that is over: if it came again,
    /// it would be decided on after them. Returns the rows that are to come again.
    async fn decide_on(
        &self,
        decided: &mut Decided,
        mut rows: Vec<Row>,
        taken: &Taken,
    ) -> (Vec<Message>, Result<(), Broken>) {
        let predicted = match self.rehearsed(&rows).await {
            Ok(predicted) => predicted,
            Err(failure) => return (messages(rows), Err(Broken::Store(failure))),
        };
        let mut predicted = &*predicted;
        while !rows.is_empty() && !taken.is_long_ago() {
            let count = until_rejected(predicted).clamp(1, rows.len());
            let count = with_their_whole(&rows, count);
            predicted = predicted.get(count..).unwrap_or_default();
            let later = rows.split_off(count);
            let up_to = rows.last().map_or(0, |it| sequence(&it.message));
            let asked = rows.iter().map(|it| it.asked.clone()).collect();
            let outcomes = match self.record(asked).await {
                Ok(outcomes) => outcomes,
                Err(failure) => {
                    rows.extend(later);
                    return (messages(rows), Err(Broken::Store(failure)));
                }
            };
            let (open, answered) = self.answer(rows, outcomes).await;
            decided.is_stuck = open.is_some();
            (decided.failures, decided.waits) = (0, None);
            let up_to = open.map_or(up_to, |it| it.saturating_sub(1));
            decided.up_to = up_to.max(decided.up_to);
            if let Err(failure) = answered {
                return (messages(later), Err(Broken::Nats(failure)));
            }
            rows = later;
        }
        (Vec::new(), Ok(()))
    }

    /// Which rows would be rejected if nobody else wrote meanwhile.
    async fn rehearsed(&self, rows: &[Row]) -> Result<Vec<bool>, Failure> {
        if rows.len() < 2 {
            return Ok(Vec::new());
        }
        let mut rehearsal = self.desk.rehearse().await?;
        let asked = rows.iter().map(|it| it.asked.clone()).collect();
        let outcomes = rehearsal.decide_read(asked).await?;
        let is_rejected = |it: &Outcome| matches!(it, Outcome::Rejected(_));
        Ok(outcomes.iter().map(is_rejected).collect())
    }

    /// What the rows ask for.
    fn read(&self, messages: impl Iterator<Item = Message>) -> Vec<Row> {
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
            let asked = letter.read(&self.subjects, names_actors);
            Row {
                message,
                letter,
                asked,
            }
        };
        messages.map(read).collect()
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
        rows: Vec<Row>,
        outcomes: Vec<Outcome>,
    ) -> (Option<u64>, Result<(), NatsFailure>) {
        let (mut open, mut done) = (None::<u64>, Ok(()));
        let mut rejected = Vec::new();
        for (row, outcome) in rows.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Accepted { .. } | Outcome::Known { .. } => {
                    done = done.and(told(row.message.ack().await));
                }
                Outcome::Rejected(findings) => {
                    let at = sequence(&row.message);
                    rejected.push(async move { (at, self.give_up(row, findings).await) });
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
    async fn give_up(&self, row: Row, findings: Vec<Finding>) -> Result<(), NatsFailure> {
        let kept = kept(&row.message);
        let letter = async {
            let (letter, table) = (row.letter, &row.asked.table);
            let (context, subjects) = (&self.context, &self.subjects);
            let answer = letter.give_up(context, subjects, table, &findings, kept, false);
            let answer = answer.await?.await;
            answer.map_err(NatsFailure::while_doing(WRITING_A_DEAD_LETTER))
        };
        if let Err(failure) = letter.await {
            give_back(&[row.message], AWAY_AT_MOST).await?;
            return Err(failure);
        }
        metrics::counter!(LETTERS).increment(1);
        // Known to be over, or it might be decided on again after others.
        told(row.message.double_ack_with(AckKind::Term).await)
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

fn messages(rows: Vec<Row>) -> Vec<Message> {
    rows.into_iter().map(|it| it.message).collect()
}

/// How many rows are recorded together: up to the rejected ones that come first, and these.
fn until_rejected(is_rejected: &[bool]) -> usize {
    let accepted = is_rejected.iter().take_while(|it| !**it).count();
    let rejected = is_rejected[accepted..].iter().take_while(|it| **it).count();
    accepted + rejected
}

/// How many rows are recorded together so that the parts of a whole that are here stay together: half of one would be
/// worse than a rejected row between them that is, should it come again, decided on after what was behind it.
fn with_their_whole(rows: &[Row], mut count: usize) -> usize {
    let whole = |it: &Row| it.asked.wish.as_ref().ok().and_then(Wish::whole);
    let mut at = 0;
    while at < count {
        if let Some(this) = whole(&rows[at]) {
            let last = rows
                .iter()
                .rposition(|it| whole(it).as_ref() == Some(&this));
            count = last.map_or(count, |it| count.max(it + 1));
        }
        at += 1;
    }
    count
}

/// Why rows are not decided on, in German: they need not be sent again.
fn why(failure: &Failure) -> String {
    match failure {
        Failure::Store(error) if error.unreadable.is_none() && error.lost().is_none() => {
            "Der Speicher antwortet nicht oder nimmt nichts an („leitstand doctor“). Die Zeilen bleiben im Stream und kommen von selbst wieder.".to_owned()
        }
        Failure::Clock(_) => {
            "Das Protokoll ist der Uhr dieses Rechners voraus; bitte die Uhren stellen. Die Zeilen bleiben im Stream und kommen von selbst wieder.".to_owned()
        }
        other => other.message_de(),
    }
}

fn told(answered: Result<(), async_nats::Error>) -> Result<(), NatsFailure> {
    answered.map_err(NatsFailure::while_doing("answering for a row"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_rejected_row_is_recorded_after_it() {
        let parts = |mut rows: &[bool]| {
            let mut parts = Vec::new();
            while !rows.is_empty() {
                parts.push(until_rejected(rows));
                rows = &rows[until_rejected(rows)..];
            }
            parts
        };
        assert_eq!(parts(&[false; 3]), [3]);
        assert_eq!(parts(&[true; 3]), [3]);
        assert_eq!(parts(&[false, true, true, false, true, false]), [3, 2, 1]);
    }
}
