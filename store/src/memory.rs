//! Events in memory: for tests, and the shortest answer to what a store must do.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::{Mutex, Notify};

use crate::{
    AppendError, EventStore, Expected, NewEvent, Position, Recorded, StoreError,
    link::{End, Newest, link},
};

/// Keeps events as long as the program runs.
#[derive(Debug, Default)]
pub struct Memory {
    log: Mutex<Log>,
    grown: Notify,
}

/// All events, and where each stream's are among them.
#[derive(Debug, Default)]
struct Log {
    events: Vec<Recorded>,
    streams: HashMap<Arc<str>, Vec<usize>>,
}

#[async_trait::async_trait]
impl EventStore for Memory {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Recorded>, AppendError> {
        if events.is_empty() {
            return Ok(vec![]);
        }
        let mut log = self.log.lock().await;
        let stream: Arc<str> = stream.into();
        let newest = log
            .streams
            .get(&stream)
            .and_then(|places| places.last())
            .map(|&place| &log.events[place]);
        let newest = newest.map(|it| Newest {
            number: it.number,
            hash: it.hash,
        });
        let end = log.events.last();
        let end = end.map(|it| End {
            position: it.position,
            recorded_at: Some(it.recorded_at),
        });
        let recorded = link(&stream, expected, newest, end.unwrap_or_default(), events)?;
        let places = log.events.len()..log.events.len() + recorded.len();
        log.streams.entry(stream).or_default().extend(places);
        log.events.extend(recorded.iter().cloned());
        self.grown.notify_waiters();
        Ok(recorded)
    }

    async fn read(&self, stream: &str) -> Result<Vec<Recorded>, StoreError> {
        let log = self.log.lock().await;
        let places = log.streams.get(stream).into_iter().flatten();
        Ok(places.map(|&place| log.events[place].clone()).collect())
    }

    async fn page(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let log = self.log.lock().await;
        let first = log.events.partition_point(|it| it.position <= after);
        Ok(log.events[first..].iter().take(limit).cloned().collect())
    }

    async fn moved(&self, position: Position) {
        let grown = self.grown.notified();
        if self
            .log
            .lock()
            .await
            .events
            .last()
            .is_some_and(|it| position < it.position)
        {
            return;
        }
        grown.await;
    }
}
