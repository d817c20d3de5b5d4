//! One file, opened twice, as by two processes: together they must keep every promise.

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use leitstand_store::{
    AppendError, EventStore, Expected, NewEvent, Position, Recorded, Sqlite, StoreError,
};

/// Uses one handle for one call and the other for the next.
pub(crate) struct Twice {
    handles: [Sqlite; 2],
    calls: AtomicUsize,
}

impl Twice {
    pub(crate) fn open(path: &Path) -> Self {
        let handles = [Sqlite::open(path).unwrap(), Sqlite::open(path).unwrap()];
        Self {
            handles,
            calls: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &Sqlite {
        &self.handles[self.calls.fetch_add(1, Relaxed) % 2]
    }
}

#[async_trait::async_trait]
impl EventStore for Twice {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Recorded>, AppendError> {
        self.next().append(stream, expected, events).await
    }

    async fn read(&self, stream: &str) -> Result<Vec<Recorded>, StoreError> {
        self.next().read(stream).await
    }

    async fn page(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        self.next().page(after, limit).await
    }

    async fn moved(&self, position: Position) {
        self.next().moved(position).await;
    }
}
