//! Facts that others fold, and the answers asked of them.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use axum::http::StatusCode;
use leitstand_projections::{Ask, Day, Explanation, Facts, explain};
use tokio::sync::{Semaphore, watch};

use crate::{Problem, Text, cache::Cache};

/// Facts folded by one and asked by many.
pub type SharedFacts = Arc<RwLock<Facts>>;
/// Which day it is, in Europe/Berlin.
pub type Today = Arc<dyn Fn() -> Day + Send + Sync>;

/// How long a question waits for `min_position`.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 10_000 });
/// So many answers are computed at the same time.
const AT_ONCE: usize = 8;

/// Answers questions; cheap to clone.
#[derive(Clone)]
pub struct Library {
    facts: SharedFacts,
    folded: watch::Receiver<u64>,
    is_read: watch::Receiver<bool>,
    today: Today,
    cache: Arc<Mutex<Cache>>,
    places: Arc<Semaphore>,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library")
            .field("folded", &*self.folded.borrow())
            .finish_non_exhaustive()
    }
}

/// A rendered answer.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The text; `None` if whoever asks has it already.
    pub text: Option<Text>,
    /// Names exactly this text, quotes included.
    pub etag: String,
    /// Where the next rows begin, if there are more.
    pub cursor: Option<String>,
}

/// What to make of the facts; the words are part of the cache's key.
pub(crate) struct Wanted {
    pub(crate) name: &'static str,
    pub(crate) form: &'static str,
    pub(crate) ask: Ask,
    /// The names of texts that whoever asks has already, as in `If-None-Match`.
    pub(crate) has: String,
}

impl Library {
    /// Answers from these facts; `folded` tells the position they have reached, `is_read` whether they reached the
    /// end of the log once, or stand still and say so.
    #[must_use]
    pub fn new(
        facts: SharedFacts,
        folded: watch::Receiver<u64>,
        is_read: watch::Receiver<bool>,
        today: Today,
    ) -> Self {
        Self {
            facts,
            folded,
            is_read,
            today,
            cache: Arc::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Which day it is.
    #[must_use]
    pub fn today(&self) -> Day {
        (self.today)()
    }

    /// The position the facts have reached.
    #[must_use]
    pub fn position(&self) -> u64 {
        *self.folded.borrow()
    }

    /// Waits until the log was read, for an answer from its beginning alone is none, and until the facts have reached a
    /// position.
    ///
    /// # Errors
    /// `position_not_reached` after ten seconds.
    pub async fn reached(&self, position: Option<u64>) -> Result<(), Problem> {
        let mut is_read = self.is_read.clone();
        let read = tokio::time::timeout(PATIENCE, is_read.wait_for(|it| *it));
        if !read.await.is_ok_and(|it| it.is_ok()) {
            return Err(self.not_reached([
                "Das Protokoll wird noch eingelesen, oder es lässt sich nicht lesen („/readyz“ sagt mehr); bitte später fragen.",
                "The log is still being read, or cannot be read (`/readyz` says more); ask again later.",
            ]));
        }
        let Some(position) = position else {
            return Ok(());
        };
        let mut folded = self.folded.clone();
        let reached = tokio::time::timeout(PATIENCE, folded.wait_for(|it| *it >= position)).await;
        if matches!(reached, Ok(Ok(_))) {
            return Ok(());
        }
        let at = self.position();
        let [de, en] = [
            format!(
                "Die Auskünfte reichen bis Position {at}, verlangt ist {position}; bitte später fragen."
            ),
            format!("The answers reach to position {at}, {position} is demanded; ask again later."),
        ];
        Err(self.not_reached([&de, &en]))
    }

    fn not_reached(&self, words: [&str; 2]) -> Problem {
        let code = "position_not_reached";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, words).with("position", self.position())
    }

    /// Why a figure is what it is.
    ///
    /// # Errors
    /// No such answer, row or field.
    pub async fn explain(
        &self,
        ask: Ask,
        answer: String,
        row: String,
        field: String,
    ) -> Result<Explanation, Problem> {
        self.with_facts(move |facts| Ok(explain(facts, &ask, &answer, &row, &field)?))
            .await
    }

    /// Renders something of the facts, or takes it from the cache.
    pub(crate) async fn render(
        &self,
        wanted: Wanted,
        write: impl FnOnce(&Facts, &Ask) -> Result<(Text, Option<String>), Problem> + Send + 'static,
    ) -> Result<Rendered, Problem> {
        let cache = Arc::clone(&self.cache);
        self.with_facts(move |facts| {
            let cache = || cache.lock().unwrap_or_else(PoisonError::into_inner);
            let key = key(&wanted, facts);
            let etag = etag(&key);
            if names(&wanted.has, &etag) {
                return Ok(Rendered {
                    text: None,
                    etag,
                    cursor: None,
                });
            }
            let mut kept = cache().at(facts.position()).get(&key);
            if kept.is_none() {
                let (text, cursor) = write(facts, &wanted.ask)?;
                cache()
                    .at(facts.position())
                    .put(key, text.clone(), cursor.clone());
                kept = Some((text, cursor));
            }
            let (text, cursor) = kept.unzip();
            Ok(Rendered {
                text,
                etag,
                cursor: cursor.flatten(),
            })
        })
        .await
    }

    /// Writes something of the facts that is not worth keeping.
    pub(crate) async fn once(
        &self,
        ask: Ask,
        write: impl FnOnce(&Facts, &Ask) -> Result<String, Problem> + Send + 'static,
    ) -> Result<String, Problem> {
        self.with_facts(move |facts| write(facts, &ask)).await
    }

    /// Computes something beside the threads that serve, with the facts held still.
    async fn with_facts<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Facts) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let _place = self
            .places
            .acquire()
            .await
            .map_err(|_| Problem::internal())?;
        let facts = Arc::clone(&self.facts);
        let working = tokio::task::spawn_blocking(move || work(&read(&facts)));
        // The log says where it panicked; what a panic says may quote a cell.
        working.await.unwrap_or_else(|_| Err(Problem::internal()))
    }
}

fn read(facts: &RwLock<Facts>) -> RwLockReadGuard<'_, Facts> {
    // Whoever folds marks facts that were left half-changed as standing still.
    facts.read().unwrap_or_else(PoisonError::into_inner)
}

/// V, K, P, what is asked, and everything the answer rests on: the position and whether it stands.
fn key(wanted: &Wanted, facts: &Facts) -> String {
    let Wanted {
        name, form, ask, ..
    } = wanted;
    format!(
        "{name}|{form}|{ask:?}|{}|{}",
        facts.position(),
        facts.stopped.is_some()
    )
}

fn etag(key: &str) -> String {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether a list as in `If-None-Match` has a name.
fn names(has: &str, etag: &str) -> bool {
    has.split(',')
        .any(|it| it.trim().trim_start_matches("W/") == etag)
}
