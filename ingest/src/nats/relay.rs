//! The relay: every recorded event goes out on NATS, once, in the order of the log.
//!
//! The stream [`EVENTS`](super::streams::EVENTS) is its own cursor: its last message says where to go on, so
//! nothing else is stored that could disagree. What is sent states the sequence it must come after, so of two
//! relays at work one is refused and stands by: they cannot interleave. Many events go as one batch that the
//! server stores whole or not at all; what is behind is sent when it is stored. Were single messages under
//! way together, one that somebody else puts between them would take the place of the first and let the
//! second in: a gap. A message that is no event of ours is stepped over.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_nats::{
    HeaderMap, Request,
    jetstream::{
        Context, ErrorCode, message::StreamMessage, publish::PublishAck, response::Response,
        stream::Stream,
    },
};
use bytes::Bytes;
use leitstand_store::{EventStore, Position, Recorded};
use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::{NatsFailure, Subjects, streams};
use crate::cloud_event;

/// So many events are sent together at most.
pub const WINDOW: usize = 512;
/// So many bytes of them, but for a single one.
const WINDOW_BYTES: usize = 8 << 20;
/// So many must wait to be sent together; fewer are sent one after the other. For a batch a server makes files of its
/// own and removes them again: that takes it as long as about seven single messages, all synced (3.2 ms and 0.45 ms).
const FEW: usize = 8;
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// So often it is looked whether the stream is still there and as it must be.
const LOOK: Duration = Duration::from_secs(10);
/// So many events are read at once.
const PAGE: usize = 1_024;
/// So often the log is looked at even if nobody says that it moved.
const POLL: Duration = Duration::from_millis(500);
/// So long events gather before they go out: a reader and the connection are woken once for all of them, and the disk
/// the server syncs to is left to the rows in between.
const GATHERS: Duration = Duration::from_millis(25);
/// How long to wait after NATS or the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// So often a relay that stands by looks whether the other one still works.
const STANDBY: Duration = Duration::from_secs(2);
/// What is done when an event goes out.
const PUBLISHING: &str = "publishing an event";
/// What is counted of messages that are no events.
pub(super) const FOREIGN: &str = "leitstand_relay_foreign_total";
/// What the headers and the subject of a message may take of its largest size, in bytes.
const HEADERS: usize = 4 << 10;

/// What a relay is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It has just begun; nothing was acknowledged yet.
    Begins,
    /// It publishes; everything up to this position is out.
    Active(Position),
    /// Another one publishes.
    Standby,
    /// It tries again and again: why it cannot, in German.
    Fails(String),
}

/// Publishes what the log holds.
pub struct Relay {
    store: Arc<dyn EventStore>,
    context: Context,
    programme: String,
    subjects: Subjects,
    replicas: usize,
    standing: watch::Sender<Standing>,
    /// The last sequence at which the stream was looked at for foreign messages.
    looked: AtomicU64,
}

/// Where the stream ends.
#[derive(Clone, Copy)]
struct End {
    /// Its last sequence.
    sequence: u64,
    /// The position in the log of the last event in it.
    position: Position,
    /// How many messages behind that event are none.
    foreign: u64,
}

/// Why publishing paused.
enum Pause {
    /// Another relay wrote to the stream.
    Other,
    /// The server does not take so many messages together.
    TooMany,
    Failed(NatsFailure),
}

impl From<NatsFailure> for Pause {
    fn from(failure: NatsFailure) -> Self {
        Self::Failed(failure)
    }
}

/// An event as it goes out.
struct Message {
    subject: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Relay {
    /// A relay of this log. `replicas` is how many servers keep the stream.
    #[must_use]
    pub fn new(
        store: Arc<dyn EventStore>,
        context: Context,
        programme: &str,
        replicas: usize,
    ) -> Self {
        Self {
            store,
            context,
            programme: programme.to_owned(),
            subjects: Subjects::new(programme),
            replicas,
            standing: watch::channel(Standing::Begins).0,
            looked: AtomicU64::new(0),
        }
    }

    /// What it is doing, for as long as it runs.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Makes the stream if it is not there, and looks whether it is as it must be.
    ///
    /// # Errors
    /// The server failed, or the stream is not.
    pub async fn prepare(&self) -> Result<(), NatsFailure> {
        self.stream().await.map(drop)
    }

    /// Publishes for ever: after a failure it goes on where the stream ends.
    pub async fn run(self) {
        // What the server takes together, and what goes well just now.
        let (mut largest, mut most) = (WINDOW, WINDOW);
        loop {
            match self.publish(largest, &mut most).await {
                Err(Pause::TooMany) => {
                    largest = (most / 2).max(1);
                    most = largest;
                    tracing::info!(largest, "the server takes smaller batches");
                }
                Err(Pause::Other) => match self.end().await {
                    // Nobody else relays: somebody put a message there that is no event. The less is sent together,
                    // the less often the next one is in the way.
                    Ok(end) if 0 < end.foreign => most = (most / 2).max(1),
                    _ => {
                        tracing::info!("another relay is active; standing by");
                        self.standing.send_replace(Standing::Standby);
                        self.stand_by().await;
                    }
                },
                Err(Pause::Failed(failure)) => {
                    self.fails(&failure);
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    fn fails(&self, failure: &NatsFailure) {
        tracing::error!(
            error = failure.chain(),
            "events could not be relayed; trying again"
        );
        self.standing
            .send_replace(Standing::Fails(failure.message_de()));
    }

    async fn stream(&self) -> Result<Stream, NatsFailure> {
        streams::events(&self.context, &self.subjects, self.replicas).await
    }

    /// Sends at most so many together; more again when that went well, up to the largest number.
    async fn publish(&self, largest: usize, most: &mut usize) -> Result<Infallible, Pause> {
        let stream = self.stream().await?;
        let can_batch = stream.cached_info().config.allow_atomic_publish
            && self.context.client().is_server_compatible(2, 12, 1);
        let End {
            mut sequence,
            position: mut after,
            ..
        } = self.end_of(&stream).await?;
        let mut looked = Instant::now();
        loop {
            let page = self.store.page(after, PAGE).await;
            let page = page.map_err(NatsFailure::from)?;
            let mut rest = &page[..];
            while !rest.is_empty() {
                let together = if can_batch && FEW <= rest.len() {
                    *most
                } else {
                    1
                };
                let batch = self.batch(rest, after, together);
                let (sent, left) = rest.split_at(batch.len());
                sequence = self.send(batch, sequence).await?;
                (after, rest) = (sent.last().map_or(after, |it| it.position), left);
                *most = (*most * 2).min(largest);
                metrics::counter!("leitstand_relay_events_total").increment(sent.len() as u64);
                self.stands(Standing::Active(after));
            }
            if LOOK <= looked.elapsed() {
                // Gone and made anew, or somebody wrote to it.
                if self.stream().await?.cached_info().state.last_sequence != sequence {
                    return Err(Pause::Other);
                }
                looked = Instant::now();
            }
            if page.len() < PAGE {
                // Everything is out. Before, only what the server acknowledged is.
                self.stands(Standing::Active(after));
                tokio::select! {
                    () = self.store.moved(after) => tokio::time::sleep(GATHERS).await,
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        }
    }

    /// The first events as they go out together: at least one, and at most so many.
    fn batch(&self, events: &[Recorded], mut before: Position, most: usize) -> Vec<Message> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for recorded in events.iter().take(most) {
            let message = self.message(recorded, before);
            bytes += message.body.len();
            if WINDOW_BYTES < bytes && !batch.is_empty() {
                break;
            }
            before = recorded.position;
            batch.push(message);
        }
        batch
    }

    fn message(&self, recorded: &Recorded, before: Position) -> Message {
        let mut event = cloud_event::json(recorded, &self.programme);
        if event.len() + HEADERS > self.context.client().max_payload() {
            let place = format!("/api/v1/events?after={}&limit=1", before.as_json());
            event = cloud_event::without_data(recorded, &self.programme, &place);
        }
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", recorded.id.to_string());
        headers.insert("Content-Type", "application/cloudevents+json");
        Message {
            subject: self.subjects.event(&recorded.stream, &recorded.name),
            headers,
            body: event.into(),
        }
    }

    /// Sends messages that must follow the sequence, all or none; returns that of the last one when they are
    /// stored.
    async fn send(&self, messages: Vec<Message>, after: u64) -> Result<u64, Pause> {
        let client = self.context.client();
        let count = messages.len();
        let batch = (1 < count).then(|| Uuid::new_v4().simple().to_string());
        for (n, message) in (1..).zip(messages) {
            let Message {
                subject,
                mut headers,
                body,
            } = message;
            if n == 1 {
                headers.insert("Nats-Expected-Stream", streams::EVENTS);
                headers.insert("Nats-Expected-Last-Sequence", after.to_string());
            }
            if let Some(batch) = &batch {
                headers.insert("Nats-Batch-Id", batch.as_str());
                headers.insert("Nats-Batch-Sequence", n.to_string());
            }
            if n < count {
                let sent = client.publish_with_headers(subject, headers, body).await;
                sent.map_err(NatsFailure::while_doing(PUBLISHING))?;
                continue;
            }
            if batch.is_some() {
                headers.insert("Nats-Batch-Commit", "1");
            }
            let request = Request::new().headers(headers).payload(body);
            let answer = client.send_request(subject, request.timeout(Some(ANSWER)));
            let answer = answer.await.map_err(NatsFailure::while_doing(PUBLISHING))?;
            return stored(&answer.payload, after + count as u64);
        }
        // There is no message without a last one.
        Ok(after)
    }

    fn stands(&self, now: Standing) {
        self.standing.send_if_modified(|it| {
            let is_new = *it != now;
            *it = now;
            is_new
        });
    }

    /// Where the stream ends, as whoever leads it says. Messages that are no events are stepped over: whoever may
    /// ask a server anything can have its answer put into a stream.
    async fn end(&self) -> Result<End, NatsFailure> {
        let stream = self.stream().await?;
        self.end_of(&stream).await
    }

    async fn end_of(&self, stream: &Stream) -> Result<End, NatsFailure> {
        let sequence = stream.cached_info().state.last_sequence;
        let (own, last) = last_event(stream, sequence).await?;
        let seen = self.looked.fetch_max(sequence, Ordering::Relaxed);
        let new = sequence.saturating_sub(own.max(seen));
        if 0 < new {
            tracing::warn!(
                new,
                "the event stream has messages that are no events of ours; stepped over"
            );
            metrics::counter!(FOREIGN).increment(new);
        }
        let foreign = sequence - own;
        let Some(last) = last else {
            return Ok(End {
                sequence,
                position: Position::START,
                foreign,
            });
        };
        Ok(End {
            sequence,
            position: last.position_in(&*self.store).await?,
            foreign,
        })
    }

    /// Returns when nobody else relays: something waits, and the stream did not move for a while.
    async fn stand_by(&self) {
        let mut before = None;
        loop {
            tokio::time::sleep(STANDBY).await;
            let seen = async {
                let end = self.end().await?;
                let waits = !self.store.page(end.position, 1).await?.is_empty();
                Ok(waits.then_some(end.sequence))
            };
            match seen.await {
                Ok(Some(sequence)) if before == Some(sequence) => return,
                Ok(now) => {
                    self.stands(Standing::Standby);
                    before = now;
                }
                Err(failure) => self.fails(&failure),
            }
        }
    }
}

/// What the last event says of itself.
#[derive(Deserialize)]
pub(super) struct Last {
    id: Uuid,
    /// The stream in the log.
    subject: String,
}

impl Last {
    /// A message of the stream as an event; `None` if no relay can have put it there.
    fn of(message: &StreamMessage) -> Option<Self> {
        let id = message.headers.get("Nats-Msg-Id")?.as_str();
        let last: Self = serde_json::from_slice(&message.payload).ok()?;
        (last.id.to_string() == id).then_some(last)
    }

    /// Where the event is in a log.
    ///
    /// # Errors
    /// It is not there, or the store failed.
    pub(super) async fn position_in(&self, log: &dyn EventStore) -> Result<Position, NatsFailure> {
        // By its id: after a copy to another store the same event has another position.
        let recorded = log.read(&self.subject).await?;
        let known = recorded.iter().find(|it| it.id == self.id);
        known
            .map(|it| it.position)
            .ok_or_else(|| NatsFailure::OtherLog {
                id: self.id.to_string(),
            })
    }
}

/// The last event up to a sequence of the stream, and where it is; 0 if there is none.
///
/// # Errors
/// The server failed.
pub(super) async fn last_event(
    stream: &Stream,
    mut sequence: u64,
) -> Result<(u64, Option<Last>), NatsFailure> {
    while 0 < sequence {
        let message = stream.get_raw_message(sequence).await;
        let message = message.map_err(NatsFailure::while_doing("reading the last event"))?;
        if let Some(last) = Last::of(&message) {
            return Ok((sequence, Some(last)));
        }
        sequence -= 1;
    }
    Ok((0, None))
}

/// Whether the messages were stored, and the last of them at this sequence.
fn stored(answer: &[u8], last: u64) -> Result<u64, Pause> {
    let answer: Response<PublishAck> =
        serde_json::from_slice(answer).map_err(NatsFailure::while_doing(PUBLISHING))?;
    match answer {
        Response::Ok(it) if !it.duplicate && it.sequence == last => Ok(last),
        // Somebody else was first, or the stream has it already.
        Response::Ok(_) => Err(Pause::Other),
        Response::Err { error }
            if [
                ErrorCode::STREAM_WRONG_LAST_SEQUENCE,
                ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT,
                ErrorCode::ATOMIC_PUBLISH_CONTAINS_DUPLICATE_MESSAGE,
            ]
            .contains(&error.error_code()) =>
        {
            Err(Pause::Other)
        }
        Response::Err { error }
            if error.error_code() == ErrorCode::ATOMIC_PUBLISH_TOO_LARGE_BATCH =>
        {
            Err(Pause::TooMany)
        }
        Response::Err { error } => Err(NatsFailure::while_doing(PUBLISHING)(error).into()),
    }
}
