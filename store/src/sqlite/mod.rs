//! Events in one `SQLite` file: the embedded default.
//!
//! One thread writes: whatever waits is committed together, and everybody is answered after the
//! commit. What an append rests on (the stream's newest event, the log's end) is read inside the
//! transaction and never remembered, so a second process on the same file is safe.

mod batch;
mod file;
mod keys;
mod network;
mod reader;
mod readers;
mod recent;
mod row;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::sync::watch;

pub(crate) use self::file::only_for_the_owner;
pub use self::{
    file::{FORMAT, OLDEST_SQLITE, OpenError, Options, Synchronous, refuse_old_sqlite},
    keys::{SqliteKeys, keys_path},
    network::network_file_system,
};
pub(crate) use self::{
    file::{connect_read_only, programme_of},
    reader::Reader,
};
use self::{readers::Readers, writer::Writer};
use crate::{
    Append, AppendError, Counters, EventStore, Expected, NewEvent, Position, Recorded, StoreError,
};

/// Keeps events in a file. Dropping it commits what still waits, and blocks until that is done.
#[derive(Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
    end: watch::Receiver<Position>,
    path: PathBuf,
    programme: String,
}

impl Sqlite {
    /// Opens the log at `path`, or begins one there. Blocks while the file is opened.
    ///
    /// # Errors
    /// The `SQLite` library is too old, the path is on a network file system, the file is something
    /// else, newer than this program, or cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, &Options::default())
    }

    /// Opens the log at `path` for one programme, or begins one there for it.
    ///
    /// # Errors
    /// As [`Sqlite::open`], and if the log belongs to another programme.
    pub fn open_for(path: impl AsRef<Path>, programme: &str) -> Result<Self, OpenError> {
        Self::open_with(
            path,
            &Options {
                programme: Some(programme.to_owned()),
                ..Options::default()
            },
        )
    }

    /// Opens the log in a way no operator should: for tests.
    ///
    /// # Errors
    /// As [`Sqlite::open_for`].
    #[doc(hidden)]
    pub fn open_with(path: impl AsRef<Path>, options: &Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let (connection, programme) = file::open_log(path, options)?;
        let (writer, end) = Writer::start(connection, path.to_owned(), options.clone())?;
        let readers = Arc::new(Readers::new(path.to_owned(), options.readers));
        Ok(Self {
            writer,
            readers,
            end,
            path: path.to_owned(),
            programme,
        })
    }

    /// Whose log it is.
    #[must_use]
    pub fn programme(&self) -> &str {
        &self.programme
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What this handle has written since it was opened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.writer.counters()
    }

    /// Whether nothing could be written when it was last tried, as on a full disk.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.writer.fails()
    }
}

#[async_trait::async_trait]
impl EventStore for Sqlite {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Recorded>, AppendError> {
        if events.is_empty() {
            return Ok(vec![]);
        }
        let stream = stream.into();
        let one = Append {
            stream,
            expected,
            events,
        };
        let mut answers = self.writer.append(vec![one], false).await;
        answers.pop().unwrap_or_else(|| Ok(vec![]))
    }

    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Vec<Recorded>, AppendError>> {
        self.writer.append(appends, false).await
    }

    async fn append_in_order(&self, appends: Vec<Append>) -> Result<Vec<Recorded>, AppendError> {
        let answers = self.writer.append(appends, true).await;
        let recorded: Result<Vec<_>, _> = answers.into_iter().collect();
        Ok(recorded?.concat())
    }

    async fn read(&self, stream: &str) -> Result<Vec<Recorded>, StoreError> {
        let stream = stream.to_owned();
        self.readers
            .with(move |reader| reader.stream(&stream))
            .await
    }

    async fn page(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        if let Some(page) = self.writer.recent(after, limit) {
            return Ok(page);
        }
        self.readers
            .with(move |reader| reader.page(after, limit))
            .await
    }

    async fn moved(&self, position: Position) {
        let mut end = self.end.clone();
        if end.wait_for(|end| position < *end).await.is_err() {
            // The writer is gone; whoever follows asks in vain, but shall not ask in a hot loop.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
