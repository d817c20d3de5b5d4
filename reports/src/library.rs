//! Facts that others fold, and the answers asked of them.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use axum::http::StatusCode;
use leitstand_projections::{Ask, Day, Explanation, Facts, answer::Kind, explain};
use tokio::sync::{Semaphore, watch};

use crate::{Format, Problem, cache::Cache};

/// Facts folded by one and asked by many.
pub type SharedFacts = Arc<RwLock<Facts>>;
/// Which day it is, in Europe/Berlin.
pub type Today = Arc<dyn Fn() -> Day + Send + Sync>;

/// How long a question waits for `min_position`.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many answers are computed at the same time.
const AT_ONCE: usize = 8;

/// Answers questions; cheap to clone.
#[derive(Clone)]
pub struct Library {
    facts: SharedFacts,
    folded: watch::Receiver<u64>,
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
    /// The text.
    pub text: Arc<str>,
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
}

impl Library {
    /// Answers from these facts; `folded` tells the position they have reached.
    #[must_use]
    pub fn new(facts: SharedFacts, folded: watch::Receiver<u64>, today: Today) -> Self {
        Self {
            facts,
            folded,
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

    /// Waits until the facts have reached a position.
    ///
    /// # Errors
    /// `position_not_reached` after ten seconds.
    pub async fn reached(&self, position: Option<u64>) -> Result<(), Problem> {
        let Some(position) = position else {
            return Ok(());
        };
        let mut folded = self.folded.clone();
        let reached = tokio::time::timeout(PATIENCE, folded.wait_for(|it| *it >= position)).await;
        if matches!(reached, Ok(Ok(_))) {
            return Ok(());
        }
        let at = *self.folded.borrow();
        let detail = format!(
            "Die Auskünfte reichen bis Position {at}, verlangt ist {position}; bitte später fragen."
        );
        Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "position_not_reached",
            detail,
        )
        .with("position", at))
    }

    /// An answer in a form.
    ///
    /// # Errors
    /// The question is not complete, or the answer could not be computed.
    pub async fn answer(
        &self,
        kind: &'static Kind,
        ask: Ask,
        format: Format,
    ) -> Result<Rendered, Problem> {
        let form = match format {
            Format::Table => "table",
            Format::Json => "json",
            Format::Csv(crate::Dialect::Standard) => "csv",
            Format::Csv(crate::Dialect::German) => "csv-de",
        };
        self.render(
            Wanted {
                name: kind.name,
                form,
                ask,
            },
            move |facts, ask| {
                let answer = kind.answer(facts, ask)?;
                Ok((format.render(&answer), answer.cursor))
            },
        )
        .await
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

    /// What the question would be answered with now has this name; computed without answering it.
    pub(crate) fn etag(&self, wanted: &Wanted) -> String {
        etag(&key(wanted, &self.facts()))
    }

    /// Renders something of the facts, or takes it from the cache.
    pub(crate) async fn render(
        &self,
        wanted: Wanted,
        write: impl FnOnce(&Facts, &Ask) -> Result<(String, Option<String>), Problem> + Send + 'static,
    ) -> Result<Rendered, Problem> {
        let cache = Arc::clone(&self.cache);
        self.with_facts(move |facts| {
            let key = key(&wanted, facts);
            let etag = etag(&key);
            let kept = cache
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&key);
            if let Some((text, cursor)) = kept {
                return Ok(Rendered { text, etag, cursor });
            }
            let (text, cursor) = write(facts, &wanted.ask)?;
            let text: Arc<str> = text.into();
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.put(key, Arc::clone(&text), cursor.clone());
            Ok(Rendered { text, etag, cursor })
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
        working.await.unwrap_or_else(|panicked| {
            tracing::error!(
                error = &panicked as &dyn std::error::Error,
                "an answer panicked"
            );
            Err(Problem::internal())
        })
    }

    fn facts(&self) -> RwLockReadGuard<'_, Facts> {
        read(&self.facts)
    }
}

fn read(facts: &RwLock<Facts>) -> RwLockReadGuard<'_, Facts> {
    // Whoever folds marks facts that were left half-changed as standing still.
    facts.read().unwrap_or_else(PoisonError::into_inner)
}

/// V, K, P, what is asked, and everything the answer rests on: the position and whether it stands.
fn key(wanted: &Wanted, facts: &Facts) -> String {
    let Wanted { name, form, ask } = wanted;
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
