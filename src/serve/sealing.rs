//! Seals the log while the server runs, and when it ends.

use std::{sync::Arc, time::Duration};

use leitstand_ingest::{SealState, Sealer};
use tokio::sync::{oneshot, watch};

use super::Shared;
use crate::clock;

/// So often it is looked whether a seal is due even if nothing was folded: the last may be a day old.
const LOOK: Duration = Duration::from_secs(1);
/// How long the last seal may take.
const LAST: Duration = Duration::from_secs(10);

/// A sealer at work.
pub(super) struct Sealing {
    end: oneshot::Sender<()>,
    working: tokio::task::JoinHandle<()>,
}

impl Sealing {
    /// Seals what is not sealed yet.
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
        let mut folded = shared.follower.folded.clone();
        loop {
            let is_last = tokio::select! {
                _ = &mut ended => true,
                // Every page that is folded may make a seal due; without folding there is only time.
                () = moved(&mut folded) => false,
                () = tokio::time::sleep(LOOK) => false,
            };
            let state = shared.follower.sealing();
            // What a process before this one left when it was killed is sealed at once, and at the end
            // everything is.
            let at_once = is_last || sealer.is_none();
            let wanted = if at_once {
                state.unsealed > 0
            } else {
                is_due(state)
            };
            if shared.follower.progress.is_caught_up() && wanted {
                let store = Arc::clone(&shared.opened.store);
                let sealer =
                    sealer.get_or_insert_with(|| Sealer::resume(store, clock::clock(), state));
                let outcome = if at_once {
                    sealer.seal_now().await
                } else {
                    sealer.seal_if_due().await
                };
                match outcome {
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

/// Returns when more of the log is folded; never once nobody folds any more.
async fn moved(folded: &mut watch::Receiver<u64>) {
    if folded.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn is_due(state: SealState) -> bool {
    state.is_due((clock::clock())())
}
