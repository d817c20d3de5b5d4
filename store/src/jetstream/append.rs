//! One append on its way to the server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    EVENTS,
    server::{Stored, error_of},
};
use crate::{AppendError, Expected, NewEvent, Recorded, Revision, StoreError, link::Newest};

/// The answer to one append.
pub(super) type Answer = Result<Vec<Recorded>, AppendError>;

/// „wrong last sequence“, with and without the number.
const WRONG_LAST: [u64; 2] = [10_071, 10_164];

/// One append, waiting.
pub(super) struct Waiting {
    pub(super) stream: Arc<str>,
    pub(super) subject: String,
    pub(super) expected: Expected,
    /// The newest event of the stream as it is expected; `None` if it must have none.
    pub(super) newest: Option<Newest>,
    pub(super) events: Vec<NewEvent>,
    pub(super) answer: oneshot::Sender<Answer>,
    /// Names the message, every time it is sent.
    pub(super) id: Uuid,
    pub(super) since: Instant,
    /// Whether it was sent and nobody knows what became of it.
    pub(super) is_doubtful: bool,
    /// Of appends that are made in order until one fails: whether one failed.
    pub(super) has_failed: Option<Arc<AtomicBool>>,
}

/// An append on its way.
pub(super) struct Sent {
    pub(super) waiting: Waiting,
    pub(super) recorded: Vec<Recorded>,
    pub(super) body: Bytes,
}

/// What the server made of what was sent.
pub(super) enum Told {
    /// Stored; the last message has this sequence.
    Stored(u64),
    /// The server says it is stored since earlier, or that it is not.
    Look,
    /// Not stored: there is no room for it.
    Full(String),
    /// Not stored, for a reason that will not go away.
    Refused(String),
    /// Nobody knows.
    Unknown(String),
}

/// There is no room for it: „insufficient resources“, „insufficient storage“, „storage resources exceeded“, „resource limits
/// exceeded for account“. Trying again is for whoever sends it.
const FULL: [u64; 4] = [10_023, 10_047, 10_028, 10_002];

/// What an answer to a publication says; `last` is the sequence it must have.
pub(super) fn told(answer: &Value, last: u64) -> Told {
    match error_of(answer) {
        Some((code, _)) if WRONG_LAST.contains(&code) => Told::Look,
        Some((code, what)) if FULL.contains(&code) => Told::Full(what),
        // Nobody leads just now.
        Some((_, what)) if answer["error"]["code"] == 503 => Told::Unknown(what),
        Some((_, what)) => Told::Refused(what),
        None if answer["duplicate"] == true => Told::Look,
        None if answer["seq"] == last => Told::Stored(last),
        None => Told::Unknown(format!("an answer without the right sequence: {answer}")),
    }
}

/// Whether a message is the one of that name.
pub(super) fn is_named(message: &Stored, id: Uuid) -> bool {
    let name = message.headers.get("Nats-Msg-Id");
    name.is_some_and(|it| it.as_str() == id.simple().to_string())
}

impl Sent {
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", self.waiting.id.simple().to_string());
        headers.insert(EVENTS, self.recorded.len().to_string());
        headers
    }
}

impl Waiting {
    /// The sequence of the last message its stream must have.
    pub(super) fn after(&self) -> u64 {
        match self.expected {
            Expected::Empty => 0,
            Expected::At(Revision(it)) => it,
        }
    }

    /// Whether one failed after which it is not to be made.
    pub(super) fn is_over(&self) -> bool {
        self.has_failed.as_ref().is_some_and(|it| it.load(Relaxed))
    }

    pub(super) fn answer(self, answer: Answer) {
        if let (Err(_), Some(failed)) = (&answer, &self.has_failed) {
            failed.store(true, Relaxed);
        }
        // Nobody waits any more: it is recorded all the same.
        let _gone = self.answer.send(answer);
    }

    pub(super) fn conflict(self) {
        let stream = self.stream.to_string();
        self.answer(Err(AppendError::Conflict { stream }));
    }

    pub(super) fn fail(
        self,
        doing: &'static str,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) {
        self.answer(Err(StoreError::new(doing, cause).into()));
    }
}
