//! One log, opened twice, as by two processes: together they must keep every promise.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use leitstand_store::{
    AppendError, EventStore, Expected, NewEvent, Position, Recorded, Sqlite, StoreError,
    contract::Store,
};

/// Uses one handle for one call and the other for the next.
pub(crate) struct Twice {
    handles: [Store; 2],
    calls: AtomicUsize,
}

impl Twice {
    pub(crate) fn of(handles: [Store; 2]) -> Self {
        let calls = AtomicUsize::new(0);
        Self { handles, calls }
    }

    pub(crate) fn open(path: &Path) -> Self {
        Self::of([(); 2].map(|()| Arc::new(Sqlite::open(path).unwrap()) as Store))
    }

    fn next(&self) -> &Store {
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
