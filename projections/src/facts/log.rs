//! What is kept of the log itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leitstand_domain::{Day, event::SealedBox, partner::Partner};
use uuid::Uuid;

use crate::Name;

/// What the log says around an event.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Place in the log.
    pub position: u64,
    /// The stream's name.
    pub stream: &'a str,
    /// The event's identity.
    pub id: Uuid,
    /// The event's stored name.
    pub name: &'a str,
    /// When it is so.
    pub effective: Day,
    /// When it became known.
    pub known: Day,
    /// When the log took it.
    pub recorded_at: Timestamp,
    /// The day the log took it, in Europe/Berlin.
    pub recorded_on: Day,
    /// Role or pseudonym of who recorded it.
    pub actor: &'a str,
}

/// Opens sealed texts, for as long as their keys exist.
pub trait Unseal {
    /// The texts of an event by column; `None` if they are erased.
    fn unseal(
        &self,
        stream: &str,
        event: Uuid,
        sealed: &SealedBox,
    ) -> Option<BTreeMap<String, String>>;
}

/// What is kept of every event, whatever it says.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Place in the log.
    pub position: u64,
    /// The event's stored name.
    pub name: Name,
    /// The stream.
    pub stream: Name,
    /// When it is so.
    pub effective: Day,
    /// When it became known.
    pub known: Day,
    /// When the log took it.
    pub recorded_at: Timestamp,
    /// The day the log took it.
    pub recorded_on: Day,
    /// Who recorded it.
    pub actor: Name,
    /// The body that reported it.
    pub reporter: Option<Name>,
    /// File number or voucher.
    pub file_ref: Option<Name>,
    /// What kind of event.
    pub kind: LoggedKind,
}

/// What an event is to those who only count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedKind {
    /// A row handed in.
    Row,
    /// A correction handed in; also a booking that replaces another.
    Correction,
    /// Built in, recorded by `init`.
    BuiltIn,
    /// The log about itself.
    Log,
}

/// A cost key, as set.
#[derive(Debug, Clone)]
pub struct KeyFact {
    /// The event.
    pub position: u64,
    /// When it became known.
    pub known: Day,
    /// From when it may be applied.
    pub valid_from: Day,
    /// The year of the key.
    pub key_year: u32,
    /// Whether its numbers were checked against the published table.
    pub verified: bool,
    /// Shares in 10⁻⁵ percent.
    pub shares: BTreeMap<Partner, u32>,
}

/// A row recorded a second time under the same identity by another process.
#[derive(Debug, Clone)]
pub struct Duplicate {
    /// The later event, which changes no figure.
    pub position: u64,
    /// What it was identified by: table and identity.
    pub what: String,
}

/// Why a table of facts stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The event that could not be read.
    pub position: u64,
    /// Its stored name.
    pub name: String,
    /// Why.
    pub cause: String,
}

impl super::Facts {
    /// What the log says of a position.
    #[must_use]
    pub fn logged(&self, position: u64) -> Option<&Logged> {
        // Most stores count without gaps, so it is nearly always just there.
        let at = usize::try_from(position).ok()?.checked_sub(1)?;
        let there = self.log.get(at).filter(|it| it.position == position);
        there.or_else(|| {
            let at = self.log.binary_search_by_key(&position, |it| it.position);
            self.log.get(at.ok()?)
        })
    }
}
