//! What can happen to a public programme, what is allowed, and what is so now.
//!
//! Pure: no input or output, no clock, no chance, no waiting. A row handed in is a [`Row`]; what it
//! causes is an [`Event`]; whether it may is decided by [`decide`](stream::decide) over the
//! [`Ledger`] of one stream.

pub mod cell;
pub mod event;
pub mod majority;
pub mod partner;
pub mod pot;
pub mod refusal;
pub mod shares;
pub mod stream;
pub mod table;
pub mod tables;

pub use cell::{Amount, Code, Count, Day, Id, Number, Percent, SignedAmount, Text};
pub use event::{Event, Meta, Stored, Unreadable};
pub use refusal::Refusal;
pub use stream::{Command, Ledger, StreamKind};
pub use table::{Cells, Referable, Reference, TableRow};
pub use tables::Row;
