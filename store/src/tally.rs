//! What a store has written since it was opened.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a store has written since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Transactions that committed at least one event, each cost one sync; on a NATS server, messages or
    /// groups of messages that were acknowledged.
    pub commits: u64,
    /// Appends that counted.
    pub appends: u64,
    /// Events in them.
    pub events: u64,
    /// The most events one commit had.
    pub largest_commit: u64,
    /// Appends refused, because somebody was first or the clock is wrong.
    pub refused: u64,
    /// Transactions whose outcome is unknown because `SQLite` failed or the NATS server did not answer.
    pub failed: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    commits: AtomicU64,
    appends: AtomicU64,
    events: AtomicU64,
    largest_commit: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    pub(crate) fn counters(&self) -> Counters {
        Counters {
            commits: self.commits.load(Relaxed),
            appends: self.appends.load(Relaxed),
            events: self.events.load(Relaxed),
            largest_commit: self.largest_commit.load(Relaxed),
            refused: self.refused.load(Relaxed),
            failed: self.failed.load(Relaxed),
        }
    }

    /// One commit with so many appends and events.
    pub(crate) fn committed(&self, appends: u64, events: u64) {
        self.commits.fetch_add(1, Relaxed);
        self.largest_commit.fetch_max(events, Relaxed);
        self.counted(appends, events);
    }

    /// Appends of a commit that was counted, or whose outcome became known late.
    pub(crate) fn counted(&self, appends: u64, events: u64) {
        self.appends.fetch_add(appends, Relaxed);
        self.events.fetch_add(events, Relaxed);
    }

    pub(crate) fn refused(&self, appends: u64) {
        self.refused.fetch_add(appends, Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }
}
