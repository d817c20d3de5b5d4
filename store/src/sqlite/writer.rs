//! The one thread that writes.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::{
    batch::{self, Answer},
    file::{OpenError, Options, open_log},
    recent::Recent,
};
use crate::{
    Append, Position, Recorded, StoreError,
    tally::{Counters, Tally},
};

/// So many callers may wait; more wait for room.
const QUEUE: usize = 4_096;
/// So many events are committed together at most: a commit should not take much longer than a sync.
const BATCH_EVENTS: usize = 8_192;
/// So many bytes of payload are committed together at most.
const BATCH_BYTES: usize = 16 << 20;
/// How often another process's events are looked for while nothing is written.
const TICK: Duration = Duration::from_millis(100);
/// After so long without a commit the write-ahead log is brought home.
const IDLE: Duration = Duration::from_secs(1);

/// Appends of one caller, waiting together.
pub(super) struct Command {
    pub(super) appends: Vec<Append>,
    /// Whether none is made after one that fails.
    pub(super) is_in_order: bool,
    answer: oneshot::Sender<Vec<Answer>>,
    // Gives its place in the queue back when it is answered.
    _room: OwnedSemaphorePermit,
}

/// The way to the writing thread.
pub(super) struct Writer {
    queue: Option<Sender<Command>>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
    tally: Arc<Tally>,
    fails: Arc<AtomicBool>,
    recent: Arc<Mutex<Recent>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the thread; the receiver sees the end of the log move.
    pub(super) fn start(
        connection: Connection,
        path: PathBuf,
        options: Options,
    ) -> Result<(Self, watch::Receiver<Position>), OpenError> {
        let at = batch::end_of_log(&connection)
            .map_err(OpenError::while_doing("reading the log's end"))?;
        let (queue, waiting) = channel();
        let (end, seen) = watch::channel(at.position);
        let tally = Arc::new(Tally::default());
        let fails = Arc::<AtomicBool>::default();
        let recent = Arc::<Mutex<Recent>>::default();
        let cause_path = path.clone();
        let thread = Thread {
            connection: Some(connection),
            path,
            options,
            waiting,
            end,
            tally: Arc::clone(&tally),
            unsettled: None,
            fails: Arc::clone(&fails),
            recent: Arc::clone(&recent),
            tried: Instant::now(),
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run())
            .map_err(|cause| OpenError::Io {
                path: cause_path,
                cause,
            })?;
        let room = Arc::new(Semaphore::new(QUEUE));
        Ok((
            Self {
                queue: Some(queue),
                room,
                thread: Some(thread),
                tally,
                fails,
                recent,
            },
            seen,
        ))
    }

    /// Hands appends to the thread, which commits them together; answers each in its place. If they are in order, none
    /// is made after one that fails.
    pub(super) async fn append(&self, appends: Vec<Append>, is_in_order: bool) -> Vec<Answer> {
        let count = appends.len();
        self.asked(appends, is_in_order).await.unwrap_or_else(|| {
            let gone = || StoreError::new("asking the writer", "the writing thread has ended");
            (0..count).map(|_| Err(gone().into())).collect()
        })
    }

    /// `None` if the thread is gone.
    async fn asked(&self, appends: Vec<Append>, is_in_order: bool) -> Option<Vec<Answer>> {
        let room = Arc::clone(&self.room).acquire_owned().await.ok()?;
        let (answer, answered) = oneshot::channel();
        let command = Command {
            appends,
            is_in_order,
            answer,
            _room: room,
        };
        self.queue.as_ref()?.send(command).ok()?;
        answered.await.ok()
    }

    /// At most `limit` events after a position, if this process wrote them and still has them.
    pub(super) fn recent(&self, after: Position, limit: usize) -> Option<Vec<Recorded>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.page(after, limit)
    }

    pub(super) fn counters(&self) -> Counters {
        self.tally.counters()
    }

    /// Whether nothing could be written when it was last tried.
    pub(super) fn fails(&self) -> bool {
        self.fails.load(Ordering::Acquire)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The thread commits what still waits, then finds the queue closed.
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writing thread of the store had panicked");
        }
    }
}

struct Thread {
    connection: Option<Connection>,
    path: PathBuf,
    options: Options,
    waiting: Receiver<Command>,
    end: watch::Sender<Position>,
    tally: Arc<Tally>,
    /// Since when the write-ahead log holds something that is not in the database.
    unsettled: Option<Instant>,
    /// Whether nothing could be written when it was last tried, as on a full disk.
    fails: Arc<AtomicBool>,
    /// When that was.
    tried: Instant,
    /// What was written last, for those who follow.
    recent: Arc<Mutex<Recent>>,
}

impl Thread {
    fn run(mut self) {
        loop {
            match self.waiting.recv_timeout(TICK) {
                Ok(first) => self.commit(first),
                Err(RecvTimeoutError::Timeout) => self.idle(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if self.unsettled.is_some() {
            self.settle();
        }
    }

    /// Commits the first command and whatever waits behind it.
    fn commit(&mut self, first: Command) {
        let mut batch = vec![first];
        let (mut events, mut bytes) = size(&batch[0]);
        while events < BATCH_EVENTS
            && bytes < BATCH_BYTES
            && let Ok(next) = self.waiting.try_recv()
        {
            let (more_events, more_bytes) = size(&next);
            (events, bytes) = (events + more_events, bytes + more_bytes);
            batch.push(next);
        }
        match self
            .connected()
            .and_then(|connection| Ok(batch::commit(connection, &mut batch)?))
        {
            Ok((answers, before, end)) => {
                self.fails.store(false, Ordering::Release);
                self.count(&answers);
                self.recent
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .keep(
                        before.position,
                        answers.iter().flatten().flatten().flatten(),
                    );
                // Who asked goes on before those who only follow: all of them want the processor now.
                for (command, answers) in batch.into_iter().zip(answers) {
                    // Nobody waits any more: it is recorded all the same.
                    let _gone = command.answer.send(answers);
                }
                self.show(end.position);
            }
            Err(cause) => self.fail(batch, cause),
        }
    }

    /// The outcome is unknown. The connection is replaced and the log's end read again before anybody
    /// is answered, so that whoever reads the stream next reads the truth.
    fn fail(&mut self, batch: Vec<Command>, cause: Broken) {
        tracing::error!(
            error = &cause as &dyn std::error::Error,
            "the store failed while committing"
        );
        self.tally.failed();
        self.fails.store(true, Ordering::Release);
        self.tried = Instant::now();
        self.connection = None;
        self.look();
        let cause = Arc::new(cause);
        for command in batch {
            let error = || StoreError::new("committing events", Arc::clone(&cause));
            let unknown = command.appends.iter().map(|_| Err(error().into()));
            let _gone = command.answer.send(unknown.collect());
        }
    }

    /// The connection, opened again if it was given up.
    fn connected(&mut self) -> Result<&mut Connection, Broken> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open_log(&self.path, &self.options)?.0,
        };
        Ok(self.connection.insert(connection))
    }

    fn count(&mut self, answers: &[Vec<Answer>]) {
        let all = answers.iter().flatten();
        let counted = all.clone().flatten();
        let events = counted.clone().map(|recorded| recorded.len() as u64).sum();
        let appends = counted.count() as u64;
        self.tally.refused(all.count() as u64 - appends);
        if events > 0 {
            self.unsettled = Some(Instant::now());
            self.tally.committed(appends, events);
        }
    }

    fn idle(&mut self) {
        // One receiver is the store's own; more are waiting readers.
        if 1 < self.end.receiver_count() {
            self.look();
        }
        if self.unsettled.is_some_and(|since| IDLE <= since.elapsed()) {
            self.settle();
        }
        if self.fails.load(Ordering::Acquire) && IDLE <= self.tried.elapsed() {
            self.try_again();
        }
    }

    /// Writes what is there already, to find out whether anything can be written again: whoever was told
    /// that nothing can may wait for that before sending more.
    fn try_again(&mut self) {
        let tried = self.connected().and_then(|connection| {
            connection.execute("UPDATE meta SET value = value WHERE name = 'format'", [])?;
            Ok(())
        });
        match tried {
            Ok(()) => self.fails.store(false, Ordering::Release),
            // Why was said when it failed first.
            Err(_) => self.connection = None,
        }
        self.tried = Instant::now();
    }

    /// Looks for events another process wrote.
    fn look(&mut self) {
        match self
            .connected()
            .and_then(|connection| Ok(batch::end_of_log(connection)?))
        {
            Ok(end) => self.show(end.position),
            Err(error) => {
                self.connection = None;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the end of the log cannot be read"
                );
            }
        }
    }

    fn show(&self, position: Position) {
        self.end.send_if_modified(|end| {
            let moved = *end < position;
            *end = position.max(*end);
            moved
        });
    }

    /// Writes the write-ahead log into the database and lets it begin anew, unless a reader is in the way;
    /// then it is tried again later rather than making appends wait. The file keeps its length: a sync
    /// of what was there before costs half of one that makes a file longer.
    fn settle(&mut self) {
        let settled = self.connected().and_then(|connection| {
            let patience: i64 =
                connection.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
            connection.busy_timeout(Duration::ZERO)?;
            let busy = connection.query_one("PRAGMA wal_checkpoint(RESTART)", [], |row| {
                row.get::<_, bool>(0)
            });
            connection.busy_timeout(Duration::from_millis(patience.unsigned_abs()))?;
            Ok(!busy?)
        });
        match settled {
            Ok(true) => self.unsettled = None,
            Ok(false) => self.unsettled = Some(Instant::now()),
            Err(error) => {
                self.unsettled = Some(Instant::now());
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the write-ahead log could not be settled"
                );
            }
        }
    }
}

/// Why nothing could be written.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

fn size(command: &Command) -> (usize, usize) {
    let events = command.appends.iter().flat_map(|it| &it.events);
    (
        events.clone().count(),
        events.map(|it| it.payload.len()).sum(),
    )
}
