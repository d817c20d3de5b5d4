//! Public money: what a request may do next, and what a pot may bear.
//!
//! `transitions` is the dossier's table 3.3; [`Fold`] is one request's history in the order of
//! (date, table order, position); [`Book`] judges a row by putting it into that history at its date.

mod authorities;
mod book;
mod carried;
mod closing;
mod fold;
mod guards;
mod history;
mod sums;
mod transitions;

pub use book::{Book, Candidate};
pub use carried::{Carried, Origin};
pub use closing::{Closing, close};
pub use fold::{Around, Broken, Ended, Fold, PotView};
pub(crate) use history::Rows;
pub use transitions::{State, allowed_steps};
