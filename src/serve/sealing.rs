//! Seals the log while the server runs, and when it ends.

use std::{sync::Arc, time::Duration};

use leitstand_ingest::{SealState, Sealer};
use tokio::sync::oneshot;

use super::Shared;
use crate::clock;

/// So often it is looked whether a seal is due: often enough for one per thousand events.
const LOOK: Duration = Duration::from_mins(1);
/// How long the last seal may take.
const LAST: Duration = Duration::from_secs(10);

/// A sealer at work.
pub(super) struct Sealing {
    end: oneshot::Sender<()>,
    working: tokio::task::JoinHandle<()>,
}

impl Sealing {
    /// Seals once more if a seal is due.
    pub(super) async fn end(self) {
        // It may be gone already; then there is nothing to end.
        let _gone = self.end.send(());
        if tokio::time::timeout(LAST, self.working).await.is_err() {
            tracing::warn!("the last seal did not come in time");
        }
    }
}

/// Begins to seal.
pub(super) fn begin(shared: Arc<Shared>) -> Sealing {
    let (end, mut ended) = oneshot::channel();
    let working = tokio::spawn(async move {
        // Goes on where folding has come to, so that the log is read once.
        let mut sealer: Option<Sealer> = None;
        loop {
            let is_last = tokio::select! {
                _ = &mut ended => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let state = shared.follower.sealing();
            if shared.follower.progress.is_caught_up() && is_due(state) {
                let store = Arc::clone(&shared.opened.store);
                let sealer =
                    sealer.get_or_insert_with(|| Sealer::resume(store, clock::clock(), state));
                match sealer.seal_if_due().await {
                    Ok(Some(position)) => tracing::info!(position = position.as_json(), "sealed"),
                    Ok(None) => {}
                    Err(error) => tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the log could not be sealed"
                    ),
                }
            }
            if is_last {
                return;
            }
        }
    });
    Sealing { end, working }
}

fn is_due(state: SealState) -> bool {
    state.is_due((clock::clock())())
}
