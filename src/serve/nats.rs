//! NATS beside HTTP: rows come in, events go out, questions are answered.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use async_nats::{Client, connection::State, jetstream};
use leitstand_ingest::Desk;
use leitstand_ingest::nats::{
    Inspection, Intake, NatsFailure, Post, Relay, Standing, Subjects, count_from_nothing,
};
use leitstand_reports::Library;
use leitstand_store::EventStore;
use tokio::{
    sync::{Notify, oneshot, watch},
    task::JoinHandle,
};

use super::questions::Questions;
use crate::{
    exit::{Exit, Stop, chain},
    nats::Objections,
};

/// How long rows under way may take to be answered at the end.
const LAST_ROWS: Duration = Duration::from_secs(20);
/// How long the last events may take to go out.
const LAST_EVENTS: Duration = Duration::from_secs(5);

/// A connection, and what the server is told of us.
pub(crate) struct Connected {
    /// The connection.
    pub(crate) client: Client,
    /// On how many servers of a cluster each stream is kept.
    pub(crate) replicas: usize,
    /// What the server objects to.
    pub(crate) objections: Arc<Objections>,
}

/// So long until it is tried again to begin.
const AGAIN: Duration = Duration::from_secs(1);

/// How NATS is, for `/readyz` and `/metrics`.
pub(super) struct Health {
    client: Client,
    objections: Arc<Objections>,
    begun: OnceLock<Begun>,
    /// Why it has not begun, if it has not.
    waits: Mutex<String>,
    /// Told when something that works on NATS ended and nothing begins it anew.
    over: Arc<Notify>,
}

/// Tells when it is dropped, unless it was told to end: a task that ended, by whatever, would look as if nothing
/// were the matter.
struct Alarm {
    over: Arc<Notify>,
    ends: Arc<AtomicBool>,
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if !self.ends.load(Relaxed) {
            self.over.notify_one();
        }
    }
}

/// How what has begun is.
struct Begun {
    relay: watch::Receiver<Standing>,
    post: watch::Receiver<Option<String>>,
    wrong: watch::Receiver<Option<String>>,
}

/// Everything that works on NATS, or is tried until it does.
pub(super) struct Beside {
    health: Arc<Health>,
    working: Ending<Option<Working>>,
}

impl Beside {
    /// Begins; where the servers do not answer just now, as a cluster without a leader, it goes on trying
    /// while everything else works.
    ///
    /// # Errors
    /// What is there is not as it must be, or is refused.
    pub(super) async fn begin(
        connected: Connected,
        desk: &Arc<Desk>,
        library: &Library,
    ) -> Result<Self, Stop> {
        let health = Arc::new(Health {
            client: connected.client.clone(),
            objections: Arc::clone(&connected.objections),
            begun: OnceLock::new(),
            waits: Mutex::default(),
            over: Arc::default(),
        });
        let first = match Working::begin(&connected, desk, library, &health.over).await {
            Ok(working) => Some(health.sees(working)),
            Err(Unready::Passing(failure)) => {
                health.waits_for(chain(&failure));
                None
            }
            Err(Unready::Stop(stop)) => return Err(stop),
        };
        let (desk, library, seen) = (Arc::clone(desk), library.clone(), Arc::clone(&health));
        let working = Ending::begin(|mut end| async move {
            let mut begun = first;
            let working = loop {
                if let Some(working) = begun {
                    break working;
                }
                tokio::select! {
                    _ = &mut end => return None,
                    () = tokio::time::sleep(AGAIN) => {}
                }
                begun = match Working::begin(&connected, &desk, &library, &seen.over).await {
                    Ok(working) => Some(seen.sees(working)),
                    Err(Unready::Passing(failure)) => {
                        seen.waits_for(chain(&failure));
                        None
                    }
                    Err(Unready::Stop(stop)) => {
                        seen.waits_for(stop.to_string());
                        None
                    }
                };
            };
            tokio::select! {
                _ = &mut end => Some(working),
                () = lost(&**desk.store()) => {
                    tracing::error!("nothing is taken or answered over NATS any more");
                    working.end_intake().await.relay.abort();
                    None
                }
            }
        });
        Ok(Self { health, working })
    }

    /// How it is.
    pub(super) fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// Returns when what works on NATS ended for good, which no server and no network can bring about: the connection's
    /// client connects again and again.
    pub(super) fn over(&self) -> impl Future<Output = Stop> + use<> {
        let over = Arc::clone(&self.health.over);
        async move {
            over.notified().await;
            let words = "Was auf NATS arbeitet, ist zu Ende und beginnt nicht von selbst wieder; bitte „leitstand serve“ neu starten. Was bestätigt wurde, ist aufgezeichnet.";
            Stop::new(Exit::Unreachable, words)
        }
    }

    /// Takes no more rows and questions, and answers those that came.
    pub(super) async fn end_intake(self) -> Option<Leaving> {
        let working = self.working.end("what begins on NATS").await.flatten();
        Some(working?.end_intake().await)
    }
}

/// Returns when the log is not the one this process knows: others that share rows and questions are to have them alone.
async fn lost(store: &dyn EventStore) {
    loop {
        tokio::time::sleep(AGAIN).await;
        if store.check().await.is_err_and(|it| it.is_lost()) {
            return;
        }
    }
}

/// Why it has not begun.
enum Unready {
    /// It may begin if it is tried again.
    Passing(NatsFailure),
    /// It will not.
    Stop(Stop),
}

impl From<NatsFailure> for Unready {
    fn from(failure: NatsFailure) -> Self {
        if failure.passes() {
            Self::Passing(failure)
        } else {
            Self::Stop(failure.into())
        }
    }
}

/// Everything that works on NATS.
struct Working {
    intake: Ending<Result<(), NatsFailure>>,
    /// Whether everything is told to end.
    ends: Arc<AtomicBool>,
    post: Ending<()>,
    relay: JoinHandle<()>,
    standing: watch::Receiver<Standing>,
    fails: watch::Receiver<Option<String>>,
    inspection: JoinHandle<()>,
    wrong: watch::Receiver<Option<String>>,
    questions: Questions,
    client: Client,
    desk: Arc<Desk>,
}

/// Something that ends when it is told to.
struct Ending<T> {
    end: oneshot::Sender<()>,
    working: JoinHandle<T>,
}

impl<T: Send + 'static> Ending<T> {
    fn begin<W>(work: impl FnOnce(oneshot::Receiver<()>) -> W) -> Self
    where
        W: Future<Output = T> + Send + 'static,
    {
        let (end, ended) = oneshot::channel();
        let working = tokio::spawn(work(ended));
        Self { end, working }
    }

    /// What it came to, if it ended in time.
    async fn end(self, what: &str) -> Option<T> {
        // It may be gone already; then there is nothing to end.
        let _gone = self.end.send(());
        let ended = tokio::time::timeout(LAST_ROWS, self.working).await;
        if ended.is_err() {
            tracing::warn!(what, "did not end in time");
        }
        ended.ok()?.ok()
    }
}

impl Working {
    /// Looks after the streams, then begins.
    async fn begin(
        connected: &Connected,
        desk: &Arc<Desk>,
        library: &Library,
        over: &Arc<Notify>,
    ) -> Result<Self, Unready> {
        let Connected {
            client, replicas, ..
        } = connected;
        let context = jetstream::new(client.clone());
        let subjects = Subjects::new(desk.programme());
        let (store, programme) = (Arc::clone(desk.store()), desk.programme());
        let relay = Relay::new(store, context.clone(), programme, *replicas);
        let post = Post::new(Arc::clone(desk), context.clone(), *replicas);
        let mut inspection = Inspection::new(context.clone(), programme, *replicas);
        count_from_nothing();
        relay.prepare().await?;
        inspection.look().await?;
        let questions = Questions::begin(client, &subjects, library);
        let questions = questions.await.map_err(|error| {
            let words = "Auf NATS können keine Fragen beantwortet werden.";
            Unready::Stop(Stop::new(Exit::Unreachable, words).because(&*error))
        })?;
        if !client.server_info().auth_required {
            tracing::warn!("NATS lets in everybody: whoever reaches it feeds and asks as `local`");
        }
        let (standing, fails) = (relay.standing(), post.fails());
        let wrong = inspection.wrong();
        let intake = Intake::new(Arc::clone(desk), context);
        let rows = intake.listen().await?;
        let ends = Arc::<AtomicBool>::default();
        let [one, two, three, four] = [(); 4].map(|()| Alarm {
            over: Arc::clone(over),
            ends: Arc::clone(&ends),
        });
        Ok(Self {
            intake: Ending::begin(|end| kept(one, intake.run(rows, end))),
            ends,
            post: Ending::begin(|end| kept(two, post.run(end))),
            relay: tokio::spawn(kept(three, relay.run())),
            standing,
            fails,
            inspection: tokio::spawn(kept(four, inspection.run())),
            wrong,
            questions,
            client: client.clone(),
            desk: Arc::clone(desk),
        })
    }

    /// Takes no more rows and questions, and answers those that came.
    async fn end_intake(self) -> Leaving {
        self.ends.store(true, Relaxed);
        self.inspection.abort();
        tokio::join!(
            self.questions.end(LAST_ROWS),
            self.intake.end("the intake over NATS"),
            self.post.end("the intake of posted rows")
        );
        Leaving {
            relay: self.relay,
            standing: self.standing,
            client: self.client,
            desk: self.desk,
        }
    }
}

/// Does this, and tells when it is over.
async fn kept<T>(alarm: Alarm, work: impl Future<Output = T>) -> T {
    let done = work.await;
    drop(alarm);
    done
}

/// What is left when no more rows are taken.
pub(super) struct Leaving {
    relay: JoinHandle<()>,
    standing: watch::Receiver<Standing>,
    client: Client,
    desk: Arc<Desk>,
}

impl Leaving {
    /// Lets the last events go out.
    pub(super) async fn end(mut self) {
        let out = async {
            loop {
                let standing = self.standing.borrow_and_update().clone();
                // What is not out now is sent by whoever relays next.
                match standing {
                    Standing::Begins => {}
                    Standing::Active(position) => match self.desk.store().page(position, 1).await {
                        Ok(rest) if !rest.is_empty() => {}
                        _ => return,
                    },
                    Standing::Standby | Standing::Fails(_) => return,
                }
                if self.standing.changed().await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(LAST_EVENTS, out).await.is_err() {
            tracing::warn!("the last events did not go out in time");
        }
        self.relay.abort();
        let flushed = tokio::time::timeout(LAST_EVENTS, self.client.flush()).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("the last answers did not go out in time");
        }
    }
}

impl Health {
    /// Shows how something is that has begun.
    fn sees(&self, working: Working) -> Working {
        self.begun.get_or_init(|| Begun {
            relay: working.standing.clone(),
            post: working.fails.clone(),
            wrong: working.wrong.clone(),
        });
        working
    }

    fn waits_for(&self, why: String) {
        tracing::warn!(why, "NATS is not ready; trying again");
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Why NATS does not do what it should.
    pub(super) fn reasons(&self) -> Vec<String> {
        if !self.is_connected() {
            let gone = || "NATS ist nicht erreichbar.".to_owned();
            return vec![self.objections.denied().unwrap_or_else(gone)];
        }
        let Some(begun) = self.begun.get() else {
            let why = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
            return vec![format!("NATS ist noch nicht bereit: {why}")];
        };
        let relay = match &*begun.relay.borrow() {
            Standing::Fails(why) => Some(format!("Ereignisse gehen nicht hinaus: {why}")),
            Standing::Begins | Standing::Active(_) | Standing::Standby => None,
        };
        let post = begun.post.borrow().clone();
        let post = post.map(|why| format!("Wartende Zeilen werden nicht geholt: {why}"));
        let wrong = begun.wrong.borrow().clone();
        // Who takes rows may have come upon it, too.
        let wrong = wrong.filter(|it| post.as_ref().is_none_or(|post| !post.contains(it)));
        let deaf = self.objections.deaf();
        relay
            .into_iter()
            .chain(post)
            .chain(wrong)
            .chain(deaf)
            .collect()
    }

    /// Whether there is a connection.
    pub(super) fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// How often a connection was made.
    pub(super) fn connections(&self) -> u64 {
        self.client.statistics().connects.load(Relaxed)
    }

    /// Up to where events are out, if this process relays them.
    pub(super) fn relayed(&self) -> Option<u64> {
        match &*self.begun.get()?.relay.borrow() {
            Standing::Active(position) => Some(position.as_json()),
            Standing::Begins | Standing::Standby | Standing::Fails(_) => None,
        }
    }
}

impl From<NatsFailure> for Stop {
    fn from(failure: NatsFailure) -> Self {
        let exit = match &failure {
            NatsFailure::Server { .. } | NatsFailure::Store(_) => Exit::Unreachable,
            NatsFailure::Settings { .. }
            | NatsFailure::SmallMessages { .. }
            | NatsFailure::Consumer { .. }
            | NatsFailure::Captured { .. }
            | NatsFailure::Beginning { .. }
            | NatsFailure::OtherLog { .. } => Exit::Failure,
        };
        Self::new(exit, failure.message_de()).because(&failure)
    }
}

#[cfg(test)]
mod tests {
    use leitstand_tests::nats::NatsServer;

    use super::*;
    use crate::{clock, follow::Follower, stores};

    /// A client whose connection is over takes no rows and cannot be woken again: whoever runs the program is told.
    #[tokio::test]
    async fn a_connection_that_is_over_ends_the_server() {
        let place = tempfile::tempdir().expect("a folder");
        let server = NatsServer::start(place.path());
        let client = async_nats::connect(server.url()).await.expect("connected");
        let opened = stores::in_memory();
        let programme = stores::id("Programm", "test").expect("an id");
        let (store, keys) = (Arc::clone(&opened.store), Arc::clone(&opened.keys));
        let desk = Desk::open(store, keys, programme, clock::clock()).await;
        let desk = Arc::new(desk.expect("an empty log"));
        let follower = Follower::begin(&opened, Arc::clone(&desk));
        let (facts, folded) = (Arc::clone(&follower.facts), follower.folded.clone());
        let today = Arc::new(clock::today);
        let library = Library::new(facts, folded, follower.is_read.clone(), today);
        let connected = Connected {
            client: client.clone(),
            replicas: 1,
            objections: Arc::default(),
        };
        let Ok(beside) = Beside::begin(connected, &desk, &library).await else {
            panic!("it does not begin");
        };
        let over = beside.over();
        client.drain().await.expect("drained");
        let stop = tokio::time::timeout(Duration::from_secs(20), over).await;
        let said = stop.expect("it is told").to_string();
        assert!(said.contains("neu starten"), "{said}");
    }
}
