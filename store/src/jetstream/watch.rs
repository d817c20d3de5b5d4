//! Whether the log on the server is still the one this process knows.
//!
//! A log that went back (a power cut without `sync_interval: always`, a folder put back) or was made anew has other
//! events at positions this process has told others about. What is in memory then speaks of events that are nowhere,
//! so nothing is read or written any more until the process begins anew.
//!
//! On every new connection, and after a look that nobody answered, the log is looked at before anything that comes
//! counts; and every two seconds anyway, for the server with the log may be another one than that of the connection.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    message,
    server::{Server, error_of, reaches_of},
    settings::{self, NOT_FOUND},
    shared::{Seen, Shared, connection},
};
use crate::StoreError;

/// So often it is looked at, whoever reads or writes.
const LOOK: Duration = Duration::from_secs(2);
/// So long who asks in vain is kept waiting.
const PAUSE: Duration = Duration::from_millis(100);
/// So long a connection on which the log can be looked at is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// For so long every answer must say the same where several servers keep the log: one that was cut off believes for up
/// to 20 seconds that it leads, and knows less than was acknowledged.
const CERTAIN: Duration = Duration::from_secs(25);
/// What was said longer ago is no longer being said.
const SILENCE: Duration = Duration::from_secs(15);
/// So long after a server said something else it is asked again before that counts: one that was paused gives old answers
/// for a moment.
const AGAIN: Duration = Duration::from_millis(500);
/// After so long without an answer it is said that there is none: a change of leader takes seconds.
const QUIET: Duration = Duration::from_secs(10);
/// What is being done.
const COMPARING: &str = "comparing the log with what it was";

/// The log on the server is not the one this process knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LostLog {
    /// The server has no such log.
    #[error("the server has no log any more")]
    Gone,
    /// It is kept in a way in which events could be lost.
    #[error("the log on the server has {setting} = {found}; it must be {wanted}")]
    Settings {
        /// Which setting.
        setting: String,
        /// As the server says.
        found: String,
        /// As it must be.
        wanted: String,
    },
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
    /// Messages were removed from it.
    #[error("the log on the server begins with message {first}, and {removed} are missing in it")]
    Removed {
        /// Its first sequence.
        first: u64,
        /// How many are missing behind that.
        removed: u64,
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
    /// An acknowledged event cannot be read: the server says that there is none, and that it has them all.
    #[error("message {sequence} of the log on the server cannot be read")]
    Unreadable {
        /// Where.
        sequence: u64,
    },
    /// Where an acknowledged event was there is another one.
    #[error(
        "message {sequence} of the log on the server is not the one this process has seen: acknowledged events are missing"
    )]
    Changed {
        /// Where.
        sequence: u64,
    },
}

/// The log may not be the one this process knows; it may turn out to be.
#[derive(Debug, thiserror::Error)]
#[error("nothing is read or written until it is certain")]
pub(crate) struct Doubt(#[source] LostLog);

impl LostLog {
    /// Whether the log may be again what it was without this process beginning anew.
    fn can_be_mended(&self) -> bool {
        matches!(
            self,
            Self::Gone | Self::Settings { .. } | Self::Unreadable { .. }
        )
    }

    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

#[derive(Debug)]
enum State {
    Same,
    /// It has been said since the one time, last at the other; by one that does not lead any more, or not yet.
    Doubtful {
        since: Instant,
        last: Instant,
        why: LostLog,
    },
    Lost(LostLog),
}

/// Looks at the log and remembers what it saw.
#[derive(Debug)]
pub(super) struct Watch {
    server: Server,
    shared: Arc<Shared>,
    wanted: Value,
    /// When the log was made, in the server's words. One that was restored, or another server that has it, may say
    /// another time.
    created: Mutex<String>,
    /// Who led at the last look, and since when, as far as the server says.
    leader: Mutex<Value>,
    /// What had been seen by the last look: of what was seen since, something may be of another log.
    anchor: Mutex<Option<Seen>>,
    state: Mutex<State>,
    /// Since when no look was answered.
    silent: Mutex<Option<Instant>>,
    /// Held by whoever looks.
    looking: tokio::sync::Mutex<()>,
    /// How often somebody looked.
    looks: AtomicU64,
}

/// What was found, and whether one server alone keeps the log.
struct Look {
    found: Option<LostLog>,
    is_alone: bool,
}

impl Watch {
    /// Of a log that was made then and must be kept like this.
    pub(super) fn of(server: Server, shared: Arc<Shared>, created: String, wanted: Value) -> Self {
        Self {
            server,
            shared,
            wanted,
            created: Mutex::new(created),
            leader: Mutex::default(),
            anchor: Mutex::default(),
            state: Mutex::new(State::Same),
            silent: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
            looks: AtomicU64::default(),
        }
    }

    /// Looks again and again.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let State::Lost(_) = *locked(&self.state) {
                return;
            }
            let alone = self.looking.lock().await;
            self.look().await;
            drop(alone);
        }
    }

    /// Whether the log is known to be the same, on the connection there is: waits for one, and looks first if it is new or
    /// the last look was in vain. Asked before something is sent, and after something came before it counts.
    ///
    /// # Errors
    /// It is not, or may not be, or nobody answers.
    pub(super) async fn sure(&self) -> Result<(), StoreError> {
        let begun = Instant::now();
        loop {
            let said = self.said();
            if said.is_err() {
                // Whoever tries again at once shall not keep those from working who would find it well again.
                tokio::time::sleep(PAUSE).await;
                return said;
            }
            if self.shared.is_sure() {
                return Ok(());
            }
            if PATIENCE < begun.elapsed() {
                return Err(StoreError::new(COMPARING, "the server does not answer"));
            }
            if self.server.is_connected() {
                let before = self.looks.load(Relaxed);
                let patience = PATIENCE.saturating_sub(begun.elapsed());
                let Ok(alone) = tokio::time::timeout(patience, self.looking.lock()).await else {
                    continue;
                };
                // One looks for all that wait, also where nobody answered.
                if self.looks.load(Relaxed) == before {
                    self.look().await;
                }
                drop(alone);
            }
            if !self.shared.is_sure() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Reads on a connection on which the log is known to be the same, before and after: what comes on two may be of two
    /// logs, and is read again.
    ///
    /// # Errors
    /// As [`sure`](Self::sure), or the reading failed, or no connection holds.
    pub(super) async fn surely<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        read: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        loop {
            self.sure().await?;
            let on = connection(&self.server.client);
            let found = read().await;
            self.sure().await?;
            if on == connection(&self.server.client) {
                return found;
            }
            if PATIENCE < begun.elapsed() {
                return Err(StoreError::new(COMPARING, "no connection holds"));
            }
        }
    }

    /// Looks now.
    ///
    /// # Errors
    /// As [`sure`](Self::sure).
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        let alone = self.looking.lock().await;
        // What was seen last is compared, too; under the lock, or a look under way would make it sure again.
        self.shared.found(None);
        self.look().await;
        drop(alone);
        self.sure().await
    }

    /// What was seen last.
    pub(super) fn said(&self) -> Result<(), StoreError> {
        match &*locked(&self.state) {
            State::Same => Ok(()),
            State::Doubtful { why, .. } => Err(StoreError::new(COMPARING, Doubt(why.clone()))),
            State::Lost(why) => Err(StoreError::new(COMPARING, why.clone())),
        }
    }

    /// Whether nobody has said for a while how the log is.
    pub(super) fn is_silent(&self) -> bool {
        locked(&self.silent).is_some_and(|since| QUIET <= since.elapsed())
    }

    /// While nobody answers it is not sure that the log is the same.
    async fn look(&self) {
        let mut looked = self.compared().await;
        if let Some((_, look)) = &looked
            && let Some(why) = &look.found
            && (!look.is_alone || matches!(why, LostLog::Unreadable { .. }))
        {
            // Nothing counts meanwhile.
            self.shared.found(None);
            tokio::time::sleep(AGAIN).await;
            looked = self.compared().await;
        }
        let mut silent = locked(&self.silent);
        if let Some((connection, look)) = looked {
            *silent = None;
            self.saw(connection, look);
        } else {
            silent.get_or_insert_with(Instant::now);
            self.shared.found(None);
        }
        drop(silent);
        self.looks.fetch_add(1, Relaxed);
    }

    /// Compares the log with what it was, on the connection of this number; `None` while nobody can say.
    async fn compared(&self) -> Option<(u64, Look)> {
        let connection = connection(&self.server.client);
        // What is seen from here on may be newer than the answer.
        let seen = self.shared.seen();
        let info = self.server.info().await?;
        let replicas = info["config"]["num_replicas"].as_u64().unwrap_or(1);
        let leads = info["cluster"]["leader"].as_str().unwrap_or_default();
        if error_of(&info).is_none() && 1 < replicas && leads.is_empty() {
            return None;
        }
        let created = info["created"].as_str().unwrap_or_default();
        let known = locked(&self.created).clone();
        let leader = json!([
            info["cluster"]["leader"],
            info["cluster"]["leader_since"],
            info["cluster"]["raft_group"]
        ]);
        let is_led_alike = *locked(&self.leader) == leader;
        let mut found = self.differs(&info, seen);
        if created != known || !is_led_alike {
            self.shared.found(None);
        }
        let is_known = self.shared.is_sure();
        let anchor = *locked(&self.anchor);
        let newest = seen.filter(|_| !is_known);
        for seen in anchor.into_iter().chain(newest) {
            if found.is_none() {
                found = self.missing(seen).await?;
            }
        }
        match &found {
            None => {
                self.shared.told(reaches_of(&info));
                created.clone_into(&mut *locked(&self.created));
                *locked(&self.leader) = leader;
                *locked(&self.anchor) = seen;
            }
            Some(LostLog::Shorter { .. } | LostLog::Changed { .. }) if created != known => {
                found = Some(LostLog::Other {
                    found: created.to_owned(),
                    known,
                });
            }
            Some(_) => {}
        }
        let is_alone = replicas == 1;
        Some((connection, Look { found, is_alone }))
    }

    /// What of the server's description does not fit.
    fn differs(&self, info: &Value, seen: Option<Seen>) -> Option<LostLog> {
        if error_of(info).is_some() {
            return Some(LostLog::Gone);
        }
        if let Some((first, removed)) = settings::removed(info) {
            return Some(LostLog::Removed { first, removed });
        }
        let found = reaches_of(info);
        let seen = seen.map_or(0, |it| it.sequence);
        if found < seen {
            return Some(LostLog::Shorter { found, seen });
        }
        settings::changed(&self.wanted, &info["config"])
    }

    /// What became of an event that was seen, if it is not where it was; `None` while nobody can say.
    async fn missing(&self, seen: Seen) -> Option<Option<LostLog>> {
        let sequence = seen.sequence;
        let Some(it) = self.server.at(sequence).await.ok()? else {
            return Some(Some(LostLog::Unreadable { sequence }));
        };
        let events = message::decode(&self.shared.names, &it.subject, it.sequence, &it.payload);
        let hash = events.ok().and_then(|it| Some(it.last()?.hash));
        Some((hash != Some(seen.hash)).then_some(LostLog::Changed { sequence }))
    }

    fn saw(&self, connection: u64, Look { found, is_alone }: Look) {
        let now = Instant::now();
        let mut state = locked(&self.state);
        let Some(why) = found else {
            if !matches!(*state, State::Lost(_)) {
                *state = State::Same;
                self.shared.found(Some(connection));
            }
            return;
        };
        self.shared.found(None);
        let since = match &*state {
            State::Lost(_) => return,
            State::Doubtful {
                since,
                last,
                why: before,
            } if before.is_like(&why) && last.elapsed() < SILENCE => *since,
            State::Doubtful { .. } | State::Same => now,
        };
        let is_certain = is_alone || CERTAIN <= since.elapsed();
        *state = if is_certain && !why.can_be_mended() {
            tracing::error!(error = &why as &dyn std::error::Error, "the log is lost");
            State::Lost(why)
        } else {
            if since == now {
                tracing::warn!(
                    error = &why as &dyn std::error::Error,
                    "the log is not what it was"
                );
            }
            State::Doubtful {
                since,
                last: now,
                why,
            }
        };
    }
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    // It is whole even if somebody panicked while holding the lock.
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an answer says that there is no such stream.
pub(super) fn is_gone(answer: &Value) -> bool {
    matches!(error_of(answer), Some((NOT_FOUND, _)))
}
