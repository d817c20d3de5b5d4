//! A few read connections, used by whoever needs one.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Semaphore;

use super::reader::Reader;
use crate::StoreError;

/// Read connections, opened when first needed and used again.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    // The one returned last is used next: it remembers the most names.
    idle: Mutex<Vec<Reader>>,
    room: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, count: usize) -> Self {
        Self {
            path,
            idle: Mutex::default(),
            room: Arc::new(Semaphore::new(count.max(1))),
        }
    }

    /// Runs `work` with a reader, on a thread that may block.
    pub(super) async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let doing = StoreError::while_doing("waiting for a reader");
        let room = Arc::clone(&self.room)
            .acquire_owned()
            .await
            .map_err(&doing)?;
        let readers = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let _room = room;
            let idle = readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            let mut reader = match idle {
                Some(reader) => reader,
                None => Reader::open(&readers.path)
                    .map_err(StoreError::while_doing("opening a reader"))?,
            };
            let result = work(&mut reader)?;
            // After an error the connection is not used again.
            readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(reader);
            Ok(result)
        });
        reading.await.map_err(StoreError::while_doing("reading"))?
    }
}
