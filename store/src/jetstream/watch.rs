//! Whether the log on the server is still the one this process knows.
//!
//! A log that went back (a power cut without `sync_interval: always`, a folder put back) or was made anew has other
//! events at positions this process has told others about. What is in memory then speaks of events that are nowhere,
//! so nothing is read or written any more until the process begins anew.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    message,
    server::{Server, error_of},
    settings::NOT_FOUND,
    shared::{Seen, Shared},
};
use crate::StoreError;

/// So often it is looked at, whoever reads or writes.
const LOOK: Duration = Duration::from_secs(2);
/// So long who asks in vain is kept waiting.
const PAUSE: Duration = Duration::from_millis(100);
/// For so long every answer must say the same where several servers keep the log: one that was cut off believes for up
/// to 20 seconds that it leads, and knows less than was acknowledged.
const CERTAIN: Duration = Duration::from_secs(25);

/// The log on the server is not the one this process knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LostLog {
    /// The server has no such log.
    #[error("the server has no log any more")]
    Gone,
    /// Another log has its name.
    #[error(
        "the log on the server is another one: it was made at {found}, this process knows one made at {known}"
    )]
    Other {
        /// When it was made, in the server's words.
        found: String,
        /// When the one was made that this process knows.
        known: String,
    },
    /// It ends before what was acknowledged.
    #[error(
        "the log on the server ends at message {found}; this process has seen message {seen}: acknowledged events are missing"
    )]
    Shorter {
        /// Its last sequence.
        found: u64,
        /// The greatest sequence this process has seen.
        seen: u64,
    },
    /// Where an acknowledged event was there is another one, or none.
    #[error(
        "message {sequence} of the log on the server is not the one this process has seen: acknowledged events are missing"
    )]
    Changed {
        /// Where.
        sequence: u64,
    },
}

#[derive(Debug)]
enum State {
    Same,
    /// The server says so since then; it may be one that does not lead any more, or not yet.
    Doubtful(Instant, LostLog),
    Lost(LostLog),
}

/// Looks at the log and remembers what it saw.
#[derive(Debug)]
pub(super) struct Watch {
    server: Server,
    shared: Arc<Shared>,
    created: String,
    state: Mutex<State>,
    /// Looked at since this connection was made, counting them.
    connection: AtomicU64,
    /// Held by whoever looks.
    looking: tokio::sync::Mutex<()>,
    /// How often somebody looked.
    looks: AtomicU64,
}

impl Watch {
    /// Of a log that was made then.
    pub(super) fn of(server: Server, shared: Arc<Shared>, created: String) -> Self {
        let connection = AtomicU64::new(connection(&server));
        Self {
            server,
            shared,
            created,
            state: Mutex::new(State::Same),
            connection,
            looking: tokio::sync::Mutex::default(),
            looks: AtomicU64::default(),
        }
    }

    /// Looks again and again.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let State::Lost(_) = *self.state() {
                return;
            }
            self.look().await;
        }
    }

    /// Whether the log is known to be the same; looks first if the connection is a new one.
    ///
    /// # Errors
    /// It is not, or may not be.
    pub(super) async fn sure(&self) -> Result<(), StoreError> {
        if self.is_new() {
            let before = self.looks.load(Relaxed);
            let alone = self.looking.lock().await;
            // One looks for all that wait, also where nobody answered.
            if self.is_new() && self.looks.load(Relaxed) == before {
                self.look_alone().await;
            }
            drop(alone);
        }
        let said = self.said();
        if said.is_err() {
            // Whoever tries again at once shall not keep those from working who would find it well again.
            tokio::time::sleep(PAUSE).await;
        }
        said
    }

    /// Whether nobody has looked since this connection was made.
    fn is_new(&self) -> bool {
        self.connection.load(Relaxed) != connection(&self.server)
    }

    /// Looks now.
    ///
    /// # Errors
    /// As [`sure`](Self::sure).
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        self.look().await;
        self.said()
    }

    /// What was seen last.
    pub(super) fn said(&self) -> Result<(), StoreError> {
        match &*self.state() {
            State::Same => Ok(()),
            State::Doubtful(_, why) | State::Lost(why) => Err(StoreError::new(
                "comparing the log with what it was",
                why.clone(),
            )),
        }
    }

    /// While nobody answers, what was seen last counts.
    async fn look(&self) {
        let _alone = self.looking.lock().await;
        self.look_alone().await;
    }

    async fn look_alone(&self) {
        self.ask().await;
        self.looks.fetch_add(1, Relaxed);
    }

    async fn ask(&self) {
        let now = connection(&self.server);
        let is_new = self.connection.load(Relaxed) != now;
        // What is seen from here on may be newer than the answer.
        let seen = self.shared.seen();
        let Some(info) = self.server.info().await else {
            return;
        };
        let mut found = self.differs(&info, seen);
        if found.is_none() && (is_new || !matches!(*self.state(), State::Same)) {
            match self.is_there(seen).await {
                Ok(true) => {}
                Ok(false) => {
                    found = seen.map(|it| LostLog::Changed {
                        sequence: it.sequence,
                    });
                }
                Err(_) => return,
            }
        }
        let is_alone = info["config"]["num_replicas"] == 1;
        self.saw(found, is_alone);
        self.connection.store(now, Relaxed);
    }

    fn differs(&self, info: &Value, seen: Option<Seen>) -> Option<LostLog> {
        if error_of(info).is_some() {
            return Some(LostLog::Gone);
        }
        let created = info["created"].as_str().unwrap_or_default();
        if created != self.created {
            return Some(LostLog::Other {
                found: created.to_owned(),
                known: self.created.clone(),
            });
        }
        let found = info["state"]["last_seq"].as_u64()?;
        let seen = seen?.sequence;
        (found < seen).then_some(LostLog::Shorter { found, seen })
    }

    /// Whether the newest event that was seen is where it was.
    async fn is_there(&self, seen: Option<Seen>) -> Result<bool, StoreError> {
        let Some(seen) = seen else { return Ok(true) };
        let Some(it) = self.server.at(seen.sequence).await? else {
            return Ok(false);
        };
        let events = message::decode(&self.shared.names, &it.subject, it.sequence, &it.payload)?;
        Ok(events.last().is_some_and(|it| it.hash == seen.hash))
    }

    fn saw(&self, found: Option<LostLog>, is_alone: bool) {
        let mut state = self.state();
        let since = match &*state {
            State::Lost(_) => return,
            State::Doubtful(since, _) => *since,
            State::Same => Instant::now(),
        };
        *state = match found {
            None => State::Same,
            // It may be put back as it was.
            Some(LostLog::Gone) => State::Doubtful(since, LostLog::Gone),
            Some(why) if is_alone || CERTAIN <= since.elapsed() => {
                tracing::error!(error = &why as &dyn std::error::Error, "the log is lost");
                State::Lost(why)
            }
            Some(why) => State::Doubtful(since, why),
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // It is whole even if somebody panicked while holding the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many connections were made.
fn connection(server: &Server) -> u64 {
    server.client.statistics().connects.load(Relaxed)
}

/// Whether an answer says that there is no such stream.
pub(super) fn is_gone(answer: &Value) -> bool {
    matches!(error_of(answer), Some((NOT_FOUND, _)))
}
