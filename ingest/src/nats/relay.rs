//! The relay: every recorded event goes out on NATS, once, in the order of the log.
//!
//! The stream [`EVENTS`](super::streams::EVENTS) is its own cursor: its last message says where to go on, so
//! nothing else is stored that could disagree. Each message states the sequence it must come after. So a
//! message whose forerunner was not stored is refused, and of two relays at work one is refused and
//! stands by: neither can leave a gap, and they cannot interleave. A message that is no event of ours is
//! stepped over.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::jetstream::{
    Context,
    context::{PublishAckFuture, PublishError, PublishErrorKind},
    message::{PublishMessage, StreamMessage},
    publish::PublishAck,
    stream::Stream,
};
use leitstand_store::{EventStore, Position, Recorded};
use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::{NatsFailure, Subjects, streams};
use crate::cloud_event;

/// So many messages may be on their way without an acknowledgement.
pub const WINDOW: usize = 256;
/// So many events are read at once.
const PAGE: usize = 1_024;
/// So often the log is looked at even if nobody says that it moved.
const POLL: Duration = Duration::from_millis(500);
/// So long events gather before they go out: a reader and the connection are woken once for all of them, and the disk
/// the server syncs to is left to the rows in between.
const GATHERS: Duration = Duration::from_millis(10);
/// How long to wait after NATS or the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// So often a relay that stands by looks whether the other one still works.
const STANDBY: Duration = Duration::from_secs(2);
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
    Failed(NatsFailure),
}

impl From<NatsFailure> for Pause {
    fn from(failure: NatsFailure) -> Self {
        Self::Failed(failure)
    }
}

/// A message on its way.
struct Sent {
    position: Position,
    sequence: u64,
    answer: PublishAckFuture,
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
        loop {
            match self.publish().await {
                Err(Pause::Other) => match self.end().await {
                    // Nobody else relays: somebody put a message there that is no event.
                    Ok(end) if 0 < end.foreign => {}
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

    async fn publish(&self) -> Result<Infallible, Pause> {
        let End {
            mut sequence,
            position: mut after,
            ..
        } = self.end().await?;
        let mut window: VecDeque<Sent> = VecDeque::with_capacity(WINDOW);
        loop {
            let page = self.store.page(after, PAGE).await;
            let page = page.map_err(NatsFailure::from)?;
            for recorded in &page {
                if window.len() == WINDOW
                    && let Some(sent) = window.pop_front()
                {
                    self.confirm(sent).await?;
                }
                let answer = self.send(recorded, after, sequence).await?;
                (sequence, after) = (sequence + 1, recorded.position);
                window.push_back(Sent {
                    position: after,
                    sequence,
                    answer,
                });
            }
            if page.len() == PAGE {
                continue;
            }
            for sent in window.drain(..) {
                self.confirm(sent).await?;
            }
            if page.is_empty() {
                // Everything is out. Before, only what the server acknowledged is.
                self.stands(Standing::Active(after));
                tokio::select! {
                    () = self.store.moved(after) => tokio::time::sleep(GATHERS).await,
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        }
    }

    async fn send(
        &self,
        recorded: &Recorded,
        before: Position,
        sequence: u64,
    ) -> Result<PublishAckFuture, Pause> {
        let mut event = cloud_event::json(recorded, &self.programme);
        if event.len() + HEADERS > self.context.client().max_payload() {
            let place = format!("/api/v1/events?after={}&limit=1", before.as_json());
            event = cloud_event::without_data(recorded, &self.programme, &place);
        }
        let message = PublishMessage::build()
            .message_id(recorded.id.to_string())
            .expected_stream(streams::EVENTS)
            .expected_last_sequence(sequence)
            .header("Content-Type", "application/cloudevents+json")
            .payload(event.into());
        let subject = self.subjects.event(&recorded.stream, &recorded.name);
        let sent = self.context.send_publish(subject, message).await;
        sent.map_err(refused)
    }

    /// Waits for the answer to a message.
    async fn confirm(&self, sent: Sent) -> Result<(), Pause> {
        let PublishAck {
            sequence,
            duplicate,
            ..
        } = sent.answer.await.map_err(refused)?;
        if duplicate || sequence != sent.sequence {
            return Err(Pause::Other);
        }
        metrics::counter!("leitstand_relay_events_total").increment(1);
        self.stands(Standing::Active(sent.position));
        Ok(())
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
        let sequence = stream.cached_info().state.last_sequence;
        let (own, last) = last_event(&stream, sequence).await?;
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
        // By its id: after a copy to another store the same event has another position.
        let recorded = self.store.read(&last.subject).await?;
        let known = recorded.iter().find(|it| it.id == last.id);
        known
            .map(|it| End {
                sequence,
                position: it.position,
                foreign,
            })
            .ok_or_else(|| NatsFailure::OtherLog {
                id: last.id.to_string(),
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
                Ok(now) => before = now,
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

fn refused(error: PublishError) -> Pause {
    if error.kind() == PublishErrorKind::WrongLastSequence {
        return Pause::Other;
    }
    NatsFailure::while_doing("publishing an event")(error).into()
}
