//! What Leitstand is tested against: a naive in-memory reference for its answers, written from
//! the public contract alone, a generator of random feeds, and a comparison of answers.
//!
//! Nothing in here uses the product's code, so that an error in the product cannot hide in its
//! own test.

#![expect(clippy::doc_markdown, reason = "the contract is quoted as it stands")]
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "tests"))]

pub mod compare;
pub mod explained;
pub mod generator;
pub mod nats;
pub mod net;
pub mod reference;
pub mod scenario;

use std::collections::BTreeMap;

/// One row as it is handed in: the table and its cells in ISO form. An absent or an empty cell
/// means "not stated".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    /// The feed table.
    pub table: String,
    /// Column → cell.
    pub cells: BTreeMap<String, String>,
}
