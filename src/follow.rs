//! The follow loop: page → decode → facts → position, again and again.
//!
//! One task reads pages while threads decode, fold and tell the desk of the ones before, so that catching
//! up costs what the slowest of them costs. Pulled, never pushed: `moved` only shortens the wait. An event
//! that cannot be read, or at which folding panics, stops the facts, which then say so; reading, and
//! with it everything else, goes on.

mod fold;

use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use leitstand_ingest::{Desk, SealState};
use leitstand_projections::{Facts, Stopped};
use leitstand_reports::SharedFacts;
use leitstand_store::{EventStore, Key, KeyId, Position, Recorded, StoreError};
use tokio::sync::{mpsc, watch};

use crate::{
    exit::{Exit, Stop},
    stores::Opened,
};
use fold::Fold;

/// So many events are read at once at most.
const PAGE: usize = 4_096;
/// So many to begin with.
const FIRST_PAGE: usize = 256;
/// About so many bytes of payload are read at once: fewer events where they are large.
const BYTES: usize = 4 << 20;
/// So many pages are read ahead of folding.
const AHEAD: usize = 2;
/// So often the log is looked at even if nobody says that it moved: others may write to it.
const POLL: Duration = Duration::from_millis(500);
/// So long rows gather before they are read: four threads are woken for a page, and one row after the other would wake
/// them for each.
const GATHERS: Duration = Duration::from_millis(5);
/// How long to wait after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A page on its way from reading to folding.
struct Page {
    events: Vec<Recorded>,
    /// Whether this was the log's end when it was read.
    is_last: bool,
    /// Where the log cannot be read on, if it cannot.
    unreadable: Option<Position>,
}

/// Where reading stands.
struct Reading {
    after: Position,
    /// So many events are read next.
    size: usize,
}

impl Reading {
    fn begin() -> Self {
        Self {
            after: Position::START,
            size: FIRST_PAGE,
        }
    }

    /// Goes on behind these events, with as many as fit if the next are like them.
    fn pass(&mut self, events: &[Recorded]) {
        let Some(last) = events.last() else { return };
        self.after = last.position;
        let bytes: usize = events.iter().map(|it| it.payload.len()).sum();
        let fit = BYTES * events.len() / bytes.max(1);
        self.size = fit.min(self.size * 4).clamp(1, PAGE);
    }
}

/// How far reading and folding have come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    read: AtomicU64,
    folded: AtomicU64,
    caught_up: AtomicBool,
    store_fails: AtomicBool,
}

impl Progress {
    /// Events read that the facts do not contain.
    pub(crate) fn lag(&self) -> u64 {
        let folded = self.folded.load(Ordering::Acquire);
        self.read.load(Ordering::Acquire).saturating_sub(folded)
    }

    /// Whether the log's end was reached once.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.caught_up.load(Ordering::Acquire)
    }

    /// Whether the store failed when it was last asked.
    pub(crate) fn store_fails(&self) -> bool {
        self.store_fails.load(Ordering::Acquire)
    }
}

/// Facts that follow the log for as long as this is kept.
pub(crate) struct Follower {
    /// The facts.
    pub(crate) facts: SharedFacts,
    /// The position they have reached.
    pub(crate) folded: watch::Receiver<u64>,
    /// Whether they reached the end of the log once, or stand still.
    pub(crate) is_read: watch::Receiver<bool>,
    /// How far it has come.
    pub(crate) progress: Arc<Progress>,
    /// What a sealer goes on from.
    sealing: Arc<Mutex<SealState>>,
    reading: tokio::task::JoinHandle<()>,
}

impl Follower {
    /// Begins to follow a log; `desk` comes to know what is read.
    pub(crate) fn begin(opened: &Opened, desk: Arc<Desk>) -> Self {
        let facts = SharedFacts::default();
        let progress = Arc::<Progress>::default();
        let sealing = Arc::<Mutex<SealState>>::default();
        let (pages, to_fold) = mpsc::channel(AHEAD);
        let (reached, folded) = watch::channel(0);
        let (at_end, is_read) = watch::channel(false);
        let is_answered = at_end.clone();
        let fold = Fold {
            facts: Arc::clone(&facts),
            keys: Arc::clone(&opened.keys),
            desk: Some(desk),
            progress: Arc::clone(&progress),
            sealing: Arc::clone(&sealing),
            reached,
            at_end,
            runtime: tokio::runtime::Handle::current(),
        };
        // It ends with an error only where nobody follows.
        std::thread::spawn(move || drop(fold.run(to_fold)));
        let (store, shared) = (Arc::clone(&opened.store), Arc::clone(&progress));
        let reading =
            tokio::spawn(async move { follow(&*store, &pages, &shared, &is_answered).await });
        Self {
            facts,
            folded,
            is_read,
            progress,
            sealing,
            reading,
        }
    }

    /// What sealing needs to know of the log, as far as it was read.
    pub(crate) fn sealing(&self) -> SealState {
        *self.sealing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the facts stand still, if they do.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        self.facts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .stopped
            .clone()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // The thread that folds ends when nobody reads for it any more.
        self.reading.abort();
    }
}

/// Folds a whole log once.
///
/// # Errors
/// The store failed.
pub(crate) async fn fold_all(opened: &Opened) -> Result<Facts, Stop> {
    let facts = SharedFacts::default();
    let (pages, to_fold) = mpsc::channel(AHEAD);
    let fold = Fold {
        facts: Arc::clone(&facts),
        keys: Arc::clone(&opened.keys),
        desk: None,
        progress: Arc::default(),
        sealing: Arc::default(),
        reached: watch::channel(0).0,
        at_end: watch::channel(false).0,
        runtime: tokio::runtime::Handle::current(),
    };
    let progress = Arc::clone(&fold.progress);
    let folding = tokio::task::spawn_blocking(move || fold.run(to_fold));
    let mut reading = Reading::begin();
    while !read(&*opened.store, &mut reading, &pages, &progress).await? {}
    drop(pages);
    folding
        .await
        .map_err(|_| Stop::new(Exit::Failure, "Die Auskünfte ließen sich nicht berechnen."))??;
    let facts = Arc::try_unwrap(facts).map(RwLock::into_inner);
    let facts = facts
        .map_err(|_| Stop::new(Exit::Failure, "Die Auskünfte ließen sich nicht berechnen."))?;
    Ok(facts.unwrap_or_else(PoisonError::into_inner))
}

async fn follow(
    store: &dyn EventStore,
    pages: &mpsc::Sender<Page>,
    progress: &Progress,
    is_answered: &watch::Sender<bool>,
) {
    let mut reading = Reading::begin();
    let mut stopped_at = None;
    while !pages.is_closed() {
        match read(store, &mut reading, pages, progress).await {
            Ok(true) => {
                tokio::select! {
                    () = store.moved(reading.after) => tokio::time::sleep(GATHERS).await,
                    () = tokio::time::sleep(POLL) => {}
                }
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the log could not be read; trying again"
                );
                if error.is_lost() {
                    // What was read of a log that is not there any more answers nothing.
                    is_answered.send_replace(false);
                }
                if error.unreadable.is_some() && stopped_at != error.unreadable {
                    stopped_at = error.unreadable;
                    let page = Page {
                        events: Vec::new(),
                        is_last: false,
                        unreadable: stopped_at,
                    };
                    // As below: nobody folds any more when the process ends.
                    let _ = pages.send(page).await;
                }
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

/// Reads on by one page and hands it over; says whether that was the log's end.
async fn read(
    store: &dyn EventStore,
    reading: &mut Reading,
    pages: &mpsc::Sender<Page>,
    progress: &Progress,
) -> Result<bool, StoreError> {
    let mut size = reading.size;
    let events = loop {
        match store.page(reading.after, size).await {
            // What stands before it can be read.
            Err(error) if error.unreadable.is_some() && size > 1 => size /= 2,
            events => break events,
        }
    };
    let fails = |error: &StoreError| error.unreadable.is_none();
    progress
        .store_fails
        .store(events.as_ref().is_err_and(fails), Ordering::Release);
    let events = events?;
    let is_last = events.len() < size;
    reading.pass(&events);
    progress
        .read
        .fetch_add(events.len() as u64, Ordering::AcqRel);
    if !events.is_empty() || !progress.is_caught_up() {
        // Nobody folds any more when the process ends; whoever reads is told by the closed channel.
        let page = Page {
            events,
            is_last,
            unreadable: None,
        };
        let _ = pages.send(page).await;
    }
    Ok(is_last)
}

/// Keys of sealed texts by name; `None` for those destroyed.
type Keys = std::collections::HashMap<KeyId, Option<Key>>;

#[cfg(test)]
mod tests;
