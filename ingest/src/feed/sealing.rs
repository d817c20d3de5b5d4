//! Sealing beside recording: neither waits for the other.

use leitstand_store::StoreError;
use tokio::task::JoinHandle;

use crate::{Failure, Sealer};

/// Seals the log while a feed records.
pub(super) struct Sealing<'a> {
    sealer: &'a mut Sealer,
    at_work: Option<JoinHandle<Result<Sealer, Failure>>>,
}

impl<'a> Sealing<'a> {
    pub(super) fn by(sealer: &'a mut Sealer) -> Self {
        Self {
            sealer,
            at_work: None,
        }
    }

    /// Begins to seal what is recorded by now if that is due, unless the seal before is still being made.
    ///
    /// # Errors
    /// The store failed while the seal before was made.
    pub(super) async fn go_on(&mut self) -> Result<(), Failure> {
        if self.at_work.as_ref().is_some_and(|it| !it.is_finished()) {
            return Ok(());
        }
        self.end().await?;
        let mut sealer = self.sealer.clone();
        self.at_work = Some(tokio::spawn(async move {
            sealer.seal_if_due().await?;
            Ok(sealer)
        }));
        Ok(())
    }

    /// Waits for the seal that is being made.
    ///
    /// # Errors
    /// The store failed.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        if let Some(at_work) = self.at_work.take() {
            let sealed = at_work.await;
            *self.sealer = sealed.map_err(|error| StoreError::new("sealing the log", error))??;
        }
        Ok(())
    }
}
