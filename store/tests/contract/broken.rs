//! Stores broken on purpose: each must be caught by the promise it breaks.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use leitstand_store::{
    AppendError, EventStore, Expected, Hash, Memory, NewEvent, Position, Recorded, StoreError,
    contract::Store,
};

/// Each with a promise it must be caught by.
pub(crate) const STORES: &[(Fault, &str)] = &[
    (Fault::Noop, "what_goes_in_comes_out_in_order"),
    (Fault::Careless, "a_stale_revision_is_refused"),
    (Fault::Careless, "of_many_at_once_exactly_one_wins"),
    (Fault::Hasty, "nothing_ever_appears_behind_a_reader"),
    (Fault::Forgetful, "who_was_answered_reads_what_was_recorded"),
    (Fault::Forgetful, "pages_together_are_the_log"),
    (Fault::ChainBreaking, "hashes_chain_within_a_stream"),
    (Fault::ChainBreaking, "a_log_as_written_verifies"),
    (Fault::Halving, "an_append_counts_whole_or_not_at_all"),
    (Fault::Tidying, "payloads_come_back_byte_for_byte"),
    (Fault::Sleepy, "an_append_wakes_a_waiting_reader"),
];

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Does nothing, and says it did.
    Noop,
    /// Appends, whatever was expected.
    Careless,
    /// Shows followers a later event before an earlier one, as unguarded sequences do.
    Hasty,
    /// Acknowledges every append, and drops every fifth.
    Forgetful,
    /// Forgets what came before: every event's chain begins with it.
    ChainBreaking,
    /// Appends event by event, and so only the first ones if a later one is refused.
    Halving,
    /// Reads JSON and writes it again.
    Tidying,
    /// Wakes nobody.
    Sleepy,
}

impl Fault {
    /// An empty store with this fault.
    pub(crate) fn open(self) -> Store {
        Arc::new(Broken {
            fault: self,
            store: Memory::default(),
            appends: AtomicUsize::new(0),
        })
    }
}

struct Broken {
    fault: Fault,
    store: Memory,
    appends: AtomicUsize,
}

#[async_trait::async_trait]
impl EventStore for Broken {
    async fn append(
        &self,
        stream: &str,
        mut expected: Expected,
        mut events: Vec<NewEvent>,
    ) -> Result<Vec<Recorded>, AppendError> {
        match self.fault {
            Fault::Noop => return Ok(vec![]),
            Fault::Careless => {
                let newest = self.store.read(stream).await?.last().map(|it| it.revision);
                expected = newest.map_or(Expected::Empty, Expected::At);
            }
            Fault::Forgetful => {
                if self.appends.fetch_add(1, Relaxed) % 5 == 4 {
                    return Memory::default().append(stream, expected, events).await;
                }
            }
            Fault::Halving => {
                let mut recorded = vec![];
                for event in events {
                    recorded.extend(self.store.append(stream, expected, vec![event]).await?);
                    expected = recorded
                        .last()
                        .map_or(expected, |it: &Recorded| Expected::At(it.revision));
                }
                return Ok(recorded);
            }
            Fault::Tidying => {
                for event in &mut events {
                    if let Ok(value) = serde_json::from_str::<serde_json::Value>(&event.payload) {
                        event.payload = value.to_string();
                    }
                }
            }
            Fault::Hasty | Fault::ChainBreaking | Fault::Sleepy => {}
        }
        self.store.append(stream, expected, events).await
    }

    async fn read(&self, stream: &str) -> Result<Vec<Recorded>, StoreError> {
        Ok(self.shown(self.store.read(stream).await?))
    }

    async fn page(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let mut page = self.shown(self.store.page(after, limit).await?);
        if self.fault == Fault::Hasty && 1 < page.len() && page.len() < 100 {
            page.remove(0);
        }
        Ok(page)
    }

    async fn moved(&self, position: Position) {
        if self.fault == Fault::Sleepy {
            std::future::pending::<()>().await;
        }
        self.store.moved(position).await;
    }
}

impl Broken {
    fn shown(&self, mut events: Vec<Recorded>) -> Vec<Recorded> {
        if self.fault == Fault::ChainBreaking {
            for event in &mut events {
                event.previous = Hash::ZERO;
                event.hash = event.computed_hash();
            }
        }
        events
    }
}
