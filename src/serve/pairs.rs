//! Completes pairs of acts while the server runs: also what another process, or this one before it was
//! killed, has left half done.

use std::{sync::Arc, time::Duration};

use leitstand_ingest::{Desk, complete_pairs};

use super::Shared;

/// So long until what failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Begins; ends when the handle is aborted, and whatever is open then is completed by the next.
pub(super) fn begin(shared: Arc<Shared>, desk: Arc<Desk>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut folded = shared.follower.folded.clone();
        while folded.changed().await.is_ok() {
            // Before the log's end is reached, the second half may be the next event.
            if !shared.follower.progress.is_caught_up() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                folded.mark_changed();
                continue;
            }
            match complete_pairs(&desk).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "pairs completed"),
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a pair of acts could not be completed; trying again"
                    );
                    tokio::time::sleep(AGAIN).await;
                    folded.mark_changed();
                }
            }
        }
    })
}
