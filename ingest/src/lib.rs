//! From what people hand in to what is recorded.
//!
//! A row comes from a file or a sheet ([`feed()`], [`workbook`]), over HTTP ([`http::router`]) or NATS
//! ([`nats::Intake`]), or is built in ([`init()`]). The
//! [`Desk`] reads it, finds the stream it belongs to in its [`Directory`], folds that stream, asks the
//! domain, seals free text and appends; on a conflict it reads and decides again. What a row did is an
//! [`Outcome`]; why it did nothing is a [`Finding`]; when the world broke it is a [`Failure`]. What is
//! recorded goes out on NATS by the [`nats::Relay`].
//!
//! What is not here: rules (they are the domain's), figures, a second copy of the log, retries that
//! hide an unknown outcome.

mod closing;
pub mod cloud_event;
mod columns;
mod desk;
mod directory;
mod erase;
mod failure;
pub mod feed;
mod finding;
mod grid;
pub mod http;
mod ident;
pub mod init;
mod json;
mod metering;
pub mod nats;
mod nearest;
mod pairs;
mod profile;
mod seal;
mod seals;
mod wish;
pub mod workbook;

pub use closing::{Closed, close_year};
pub use desk::{Actor, Clock, Desk, Outcome, Rehearsal, Submission, WINDOW};
pub use directory::Directory;
pub use erase::{Erasure, erase};
pub use failure::Failure;
pub use feed::{Feed, FeedOptions, FeedReport, Mode, Rejects, Tally, feed};
pub use finding::Finding;
pub use grid::{Grid, GridCell, GridRow};
pub use ident::{CommandId, command_id, event_id};
pub use init::{InitReport, init, programme};
pub use nearest::nearest;
pub use pairs::complete_pairs;
pub use profile::{
    Account, BadProfile, ColumnAccount, FileAccount, Line, Past, Profile, ProfileProgramme, Reason,
    TableAccount,
};
pub use seal::{Texts, Unsealer, unseal};
pub use seals::{SealState, Sealer};
pub use workbook::Currency;
