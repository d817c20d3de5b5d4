//! The one task that appends.
//!
//! An append says what the whole log must end with (`Nats-Expected-Last-Sequence`) and what its stream
//! must (`Nats-Expected-Last-Subject-Sequence`). So there is one order, the end of the log that an append
//! was linked to is the event before it, and recorded times never go backwards, however many processes
//! write. What waits together is stored together, all or none, where the server can.
//!
//! `Nats-Expected-Last-Msg-Id` would let many single messages be under way, each chained to the one
//! before. It is not used: in a cluster a mismatch stops the server's stream (2.15.1).

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use async_nats::{Request, RequestErrorKind};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    append::{Sent, Told, Waiting, is_named, told},
    message::{self, MOST_BYTES, MOST_EVENTS},
    server::{QUESTION, Server},
    shared::{Shared, connection},
    watch::Watch,
};
use crate::{
    AppendError, Expected, Position, Recorded, Revision, StoreError,
    link::{End, link},
};

/// The server stores so many messages together at most.
const MOST_GROUPED: usize = 1_000;
/// So many bytes are on their way at once at most.
const MOST_SENT: usize = 8 << 20;
/// So many questions about lost or doubtful appends are asked at once.
const QUESTIONS: usize = 64;
/// For so long an append is tried.
const PATIENCE: Duration = Duration::from_secs(30);
/// Headers, and what the server adds to a message of its own.
const HEADERS: usize = 4 << 10;
/// What is at most in one message, in words.
const LIMIT: &str = "4,096 events, and 900 KiB or what the server takes (max_payload)";

/// How the log ends, as far as this process knows.
#[derive(Debug, Clone, Copy)]
struct LogEnd {
    sequence: u64,
    recorded_at: Option<Timestamp>,
}

/// The writing task.
pub(super) struct Writer {
    server: Server,
    shared: Arc<Shared>,
    waiting: mpsc::Receiver<Vec<Waiting>>,
    watch: Arc<Watch>,
    end: Option<LogEnd>,
    /// Whether the server did not say what became of an append: the log may be another one since.
    is_unsure: bool,
    /// With so many waiting they are stored together, if the server can do that at all.
    pub(super) group: Option<usize>,
    /// Whether appends say what they expect; only tests do without.
    pub(super) has_expectations: bool,
    /// So many are sent one by one because a group of them failed for an unknown reason.
    alone: usize,
    /// How often in a row somebody else was first.
    lost: u32,
}

impl Writer {
    pub(super) fn new(
        server: Server,
        shared: Arc<Shared>,
        waiting: mpsc::Receiver<Vec<Waiting>>,
        watch: Arc<Watch>,
    ) -> Self {
        Self {
            server,
            shared,
            waiting,
            watch,
            end: None,
            is_unsure: false,
            group: None,
            has_expectations: true,
            alone: 0,
            lost: 0,
        }
    }

    /// Appends until nobody can ask for more and nothing waits.
    pub(super) async fn run(mut self) {
        let mut queue = VecDeque::new();
        loop {
            if queue.is_empty() {
                match self.waiting.recv().await {
                    Some(first) => queue.extend(first),
                    None => return,
                }
            }
            while queue.len() < MOST_GROUPED
                && let Ok(more) = self.waiting.try_recv()
            {
                queue.extend(more);
            }
            self.append(&mut queue).await;
        }
    }

    /// Appends what waits in front.
    async fn append(&mut self, queue: &mut VecDeque<Waiting>) {
        let end = match (self.watch.sure().await, self.end) {
            (Ok(()), Some(end)) => Ok(end),
            (Ok(()), None) => self.look().await,
            (Err(error), _) => Err(error),
        };
        let end = match end {
            Ok(end) => end,
            Err(error) => {
                let cause = Arc::new(error);
                for it in queue.drain(..) {
                    it.fail("reading the end of the log", Arc::clone(&cause));
                }
                return;
            }
        };
        let group = self.gather(queue, end);
        if group.is_empty() {
            return;
        }
        let on = connection(&self.server.client);
        let mut told = self.send(&group, end).await;
        // Sent on another connection, it may have come into another log.
        if let Err(error) = self.watch.sure().await {
            self.end = None;
            let cause = Arc::new(error);
            for it in group {
                it.waiting.fail("appending", Arc::clone(&cause));
            }
            return;
        }
        if matches!(told, Told::Stored(_)) && on != connection(&self.server.client) {
            // It was stored in the log of the connection before; whether this one has it nobody has looked.
            told = Told::Unknown("the connection was lost meanwhile".to_owned());
        }
        match told {
            Told::Stored(last) => {
                self.lost = 0;
                self.shared.takes(true);
                let events = group.iter().map(|it| it.recorded.len() as u64).sum();
                self.shared.tally.committed(group.len() as u64, events);
                let first = last + 1 - group.len() as u64;
                self.alone = self.alone.saturating_sub(group.len());
                for (sequence, sent) in (first..).zip(group) {
                    self.stored(sent, sequence);
                }
            }
            Told::Refused(ref what) | Told::Full(ref what) if group.len() == 1 => {
                self.end = None;
                tracing::error!(what, "an append was refused");
                if matches!(told, Told::Full(_)) {
                    self.shared.takes(false);
                }
                for it in group {
                    it.waiting.fail("appending", what.clone());
                }
            }
            told => {
                self.end = None;
                match &told {
                    Told::Refused(what) | Told::Full(what) | Told::Unknown(what) => {
                        self.shared.tally.failed();
                        tracing::warn!(what, appends = group.len(), "appends are tried again");
                        self.alone = group.len();
                    }
                    Told::Look | Told::Stored(_) => {}
                }
                let is_doubtful = matches!(told, Told::Unknown(_));
                self.is_unsure |= is_doubtful;
                self.settle(group, queue, is_doubtful).await;
            }
        }
    }

    /// Reads how the log ends.
    async fn look(&mut self) -> Result<LogEnd, StoreError> {
        let seen = self.shared.seen().map_or(0, |it| it.sequence);
        let newest = || self.server.newest(self.shared.reaches());
        let last = self.watch.surely(newest).await?;
        if self.is_unsure || last.as_ref().map_or(0, |it| it.sequence) < seen {
            self.watch.check().await?;
            self.is_unsure = false;
        }
        let end = match last {
            None => LogEnd {
                sequence: 0,
                recorded_at: None,
            },
            Some(last) => {
                let events = self.shared.decode(&last)?;
                self.shared.learn(&events);
                self.shared.grown(events.last().map(|it| it.position));
                LogEnd {
                    sequence: last.sequence,
                    recorded_at: events.last().map(|it| it.recorded_at),
                }
            }
        };
        self.end = Some(end);
        Ok(end)
    }

    /// Takes what can be sent at once out of the queue, linked to the end of the log. What cannot be
    /// appended is answered. Every stream comes once: the next append to it depends on this one.
    fn gather(&self, queue: &mut VecDeque<Waiting>, end: LogEnd) -> Vec<Sent> {
        let is_worth_it = self.group.is_some_and(|it| it <= queue.len());
        let most = if is_worth_it && self.alone == 0 {
            MOST_GROUPED
        } else {
            1
        };
        let (mut group, mut streams, mut bytes) = (Vec::<Sent>::new(), HashSet::new(), 0);
        let mut last = end.recorded_at;
        while group.len() < most && bytes < MOST_SENT {
            let Some(mut next) = queue.pop_front() else {
                break;
            };
            if streams.contains(&next.stream) {
                queue.push_front(next);
                break;
            }
            if next.is_over() {
                next.fail("appending", "one before it failed");
                continue;
            }
            if self.is_behind(&next) {
                next.conflict();
                continue;
            }
            let events = std::mem::take(&mut next.events);
            let end = End {
                position: Position::START,
                recorded_at: last,
            };
            let expected = next
                .newest
                .map_or(Expected::Empty, |it| Expected::At(Revision(it.number)));
            // Refused because of the time of another that may yet fail: it is asked again alone.
            let ahead = events
                .iter()
                .any(|it| crate::recorded_time(it.recorded_at, last).is_err() && !group.is_empty());
            if ahead {
                next.events = events;
                queue.push_front(next);
                break;
            }
            let recorded = match link(&next.stream, expected, next.newest, end, events.clone()) {
                Ok(recorded) => recorded,
                Err(error) => {
                    next.answer(Err(error));
                    continue;
                }
            };
            next.events = events;
            match self.body(&next, &recorded) {
                Ok(body) => {
                    last = recorded.last().map(|it| it.recorded_at);
                    bytes += body.len();
                    streams.insert(Arc::clone(&next.stream));
                    group.push(Sent {
                        waiting: next,
                        recorded,
                        body,
                    });
                }
                Err(error) => next.answer(Err(error)),
            }
        }
        group
    }

    /// Whether somebody is known to have been first.
    fn is_behind(&self, waiting: &Waiting) -> bool {
        if !self.has_expectations {
            return false;
        }
        let known = self.shared.known(&waiting.stream);
        match (waiting.expected, known) {
            (Expected::Empty, known) => known.is_some(),
            (Expected::At(Revision(expected)), Some(known)) => expected < known.revision,
            (Expected::At(_), None) => false,
        }
    }

    fn body(&self, waiting: &Waiting, recorded: &[Recorded]) -> Result<Bytes, AppendError> {
        let most = MOST_BYTES.min(self.server.client.max_payload().saturating_sub(HEADERS));
        let too_large = || AppendError::TooLarge {
            stream: waiting.stream.to_string(),
            events: recorded.len(),
            bytes: recorded.iter().map(|it| it.payload.len()).sum(),
            limit: LIMIT,
        };
        if MOST_EVENTS < recorded.len() {
            return Err(too_large());
        }
        let body = message::encode(recorded)
            .ok_or_else(|| StoreError::new("writing an append", "it has no form as a message"))?;
        if most < body.len() {
            return Err(too_large());
        }
        Ok(body)
    }

    async fn send(&self, group: &[Sent], end: LogEnd) -> Told {
        let client = &self.server.client;
        let batch = (1 < group.len()).then(Uuid::new_v4);
        for (n, sent) in (1..).zip(group) {
            let mut headers = sent.headers();
            if self.has_expectations {
                headers.insert(
                    "Nats-Expected-Last-Subject-Sequence",
                    sent.waiting.after().to_string(),
                );
            }
            if self.has_expectations && n == 1 {
                headers.insert("Nats-Expected-Last-Sequence", end.sequence.to_string());
            }
            if let Some(batch) = batch {
                headers.insert("Nats-Batch-Id", batch.simple().to_string());
                headers.insert("Nats-Batch-Sequence", n.to_string());
            }
            let subject = sent.waiting.subject.clone();
            if n < group.len() {
                let body = sent.body.clone();
                if let Err(error) = client.publish_with_headers(subject, headers, body).await {
                    return Told::Unknown(error.to_string());
                }
                continue;
            }
            if batch.is_some() {
                headers.insert("Nats-Batch-Commit", "1");
            }
            let request = Request::new()
                .headers(headers)
                .payload(sent.body.clone())
                .timeout(Some(QUESTION));
            let answer = match client.send_request(subject, request).await {
                Ok(message) => serde_json::from_slice::<Value>(&message.payload),
                Err(error) if error.kind() == RequestErrorKind::MaxPayloadExceeded => {
                    return Told::Refused(error.to_string());
                }
                Err(error) => return Told::Unknown(error.to_string()),
            };
            return match answer {
                Ok(answer) => told(&answer, end.sequence + group.len() as u64),
                Err(error) => Told::Unknown(error.to_string()),
            };
        }
        Told::Look
    }

    /// Learns what became of appends that were lost or doubtful; those that may still be made wait in
    /// front again.
    async fn settle(&mut self, group: Vec<Sent>, queue: &mut VecDeque<Waiting>, is_doubtful: bool) {
        let server = &self.server;
        let on = connection(&server.client);
        let outcomes: Vec<_> = stream::iter(group)
            .map(|sent| async move {
                let found = server
                    .next(&sent.waiting.subject, sent.waiting.after() + 1)
                    .await;
                (sent, found)
            })
            .buffered(QUESTIONS)
            .collect()
            .await;
        if let Err(error) = self.watch.sure().await {
            let cause = Arc::new(error);
            for (sent, _) in outcomes {
                sent.waiting.fail("appending", Arc::clone(&cause));
            }
            return;
        }
        let is_one_log = on == connection(&self.server.client);
        let mut again = Vec::new();
        for (sent, found) in outcomes {
            let mut waiting = sent.waiting;
            waiting.is_doubtful |= is_doubtful;
            let found = if is_one_log { found } else { Ok(None) };
            match found {
                Ok(Some(first)) if is_named(&first, waiting.id) => {
                    let read = self.shared.decode(&first);
                    if let Ok(events) = &read {
                        self.shared.learn(events);
                        self.shared.tally.counted(1, events.len() as u64);
                    }
                    waiting.answer(read.map_err(AppendError::Store));
                }
                Ok(Some(_)) => waiting.conflict(),
                Ok(None) if PATIENCE < waiting.since.elapsed() => {
                    if !is_one_log {
                        waiting.fail("appending", "no connection holds");
                    } else if waiting.is_doubtful {
                        // As a server whose disk is full, which says nothing.
                        self.shared.takes(false);
                        waiting.fail("appending", "the server does not say whether it counted");
                    } else {
                        waiting.conflict();
                    }
                }
                Ok(None) => again.push(waiting),
                Err(error) => waiting.answer(Err(error.into())),
            }
        }
        if !again.is_empty() {
            self.lost += 1;
            // Different for everybody, or the same would meet again and again.
            let chance = u64::from(Uuid::new_v4().as_bytes()[0]);
            let most = 8_u64 << self.lost.min(5);
            tokio::time::sleep(Duration::from_micros(chance * most)).await;
        }
        for it in again.into_iter().rev() {
            queue.push_front(it);
        }
    }

    fn stored(&mut self, sent: Sent, sequence: u64) {
        let Sent {
            waiting,
            mut recorded,
            ..
        } = sent;
        message::place(&mut recorded, sequence);
        self.end = Some(LogEnd {
            sequence,
            recorded_at: recorded.last().map(|it| it.recorded_at),
        });
        self.shared.learn(&recorded);
        self.shared.grown(recorded.last().map(|it| it.position));
        waiting.answer(Ok(recorded));
    }
}
