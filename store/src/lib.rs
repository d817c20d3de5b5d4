//! The event store: what happened, once and for good.
//!
//! The [port](EventStore) has four methods and knows no types: an event is a name, a version and JSON
//! text. Every backend keeps the same promises, written down as tests in [`contract`]; [`Memory`] is
//! the shortest specification of them, [`Sqlite`] the embedded default, [`JetStream`] for more than one
//! machine.
//!
//! What is not here: `Any`, deleting, changing, publishing, locks, appends over several streams,
//! snapshots, subscriptions with acknowledgements, filters by event type. Each would cost a promise
//! that the rest of the house rests on (see `docs/adr`).

mod backup;
mod chain;
pub mod contract;
mod copy;
mod error;
mod jetstream;
mod keys;
mod link;
mod memory;
mod nats;
mod port;
mod sqlite;
mod tally;
mod time;
mod verify;

pub use backup::{BackupError, Manifest, backup, restore};
pub use chain::{Hash, Head, NotAHash, NotAHead};
pub use copy::{Copied, CopyError, copy, is_beginning};
pub use error::{AppendError, StoreError, is_damage};
pub(crate) use jetstream::Doubt;
pub use jetstream::{
    JetStream, JetStreamError, JetStreamKeys, JetStreamOptions, LostLog, NO_LEADER, NO_REQUEST,
    keepers, log_streams, short_token, synced, token, try_log, try_subjects,
};
pub use keys::{Key, KeyId, MemoryKeys, TextKeys};
pub use memory::Memory;
pub use nats::{NatsError, NatsOptions, OLDEST_SERVER, check_version, connect, connect_heard};
pub use port::{
    Append, EventStore, Expected, MOST_PAYLOAD, NewEvent, Position, Recorded, Revision,
};
pub use sqlite::{
    FORMAT, OLDEST_SQLITE, OpenError, Options, Sqlite, SqliteKeys, Synchronous, keys_path,
    network_file_system, refuse_old_sqlite,
};
pub use tally::Counters;
pub use time::{CLOCK_TOLERANCE, day_in_berlin, recorded_time};
pub use verify::{Flaw, Sealed, Verified, Wrong, verify};
