//! What every store promises, as tests every store runs.
//!
//! Each case gets a fresh, empty store. Nothing here skips. To enrol a
//! backend, run every case against it (see `tests/contract`).

mod events;
mod keys;
mod race;
mod record;

use std::{pin::Pin, sync::Arc};

use jiff::{Timestamp, civil::date};
use uuid::Uuid;

use crate::{EventStore, NewEvent, Position, Recorded, TextKeys};

/// A store to be tested.
pub type Store = Arc<dyn EventStore>;

/// A keeper of keys to be tested.
pub type Keeper = Arc<dyn TextKeys>;

/// One promise about a `T`.
#[derive(Debug)]
pub struct Case<T> {
    /// The promise, in words.
    pub name: &'static str,
    /// Panics if it is broken.
    pub run: fn(T) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Every promise of a store: adding and reading, what is recorded, many at once.
pub fn stores() -> impl Iterator<Item = &'static Case<Store>> {
    [events::CASES, record::CASES, race::CASES]
        .into_iter()
        .flatten()
}

/// Every promise of a keeper of keys.
pub fn keepers() -> impl Iterator<Item = &'static Case<Keeper>> {
    keys::CASES.iter()
}

/// Makes each function a case, named after it.
macro_rules! cases {
    ($list:ident of $type:ty: $($(#[$doc:meta])* async fn $name:ident($subject:ident) $body:block)+) => {
        /// The promises of this file.
        pub(super) const $list: &[$crate::contract::Case<$type>] = &[
            $($crate::contract::Case { name: stringify!($name), run: |it| Box::pin($name(it)) }),+
        ];
        $($(#[$doc])* async fn $name($subject: $type) $body)+
    };
}
use cases;

/// An event to add; different for every `n`.
#[must_use]
pub fn event(n: u32) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(u128::from(n) + 1),
        name: "milestone.planned".into(),
        version: 1,
        effective_on: date(2026, 7, 1),
        known_on: Some(date(2026, 7, 2)),
        recorded_at: noon(),
        actor: "pmo".into(),
        correlation: Uuid::from_u128(7),
        causation: (n % 2 == 1).then(|| Uuid::from_u128(8)),
        payload: format!(r#"{{"day":{n}}}"#),
    }
}

/// 2026-07-03, 12:00 UTC.
fn noon() -> Timestamp {
    Timestamp::constant(1_783_080_000, 0)
}

/// What was added, taken from what was recorded: recorded events with these fields hold `event(n)`.
fn added(recorded: Recorded) -> NewEvent {
    NewEvent {
        id: recorded.id,
        name: recorded.name,
        version: recorded.version,
        effective_on: recorded.effective_on,
        known_on: Some(recorded.known_on),
        recorded_at: recorded.recorded_at,
        actor: recorded.actor,
        correlation: recorded.correlation,
        causation: recorded.causation,
        payload: recorded.payload.into(),
    }
}

/// The whole log, in one page.
async fn log(store: &Store) -> Vec<Recorded> {
    store.page(Position::START, usize::MAX).await.expect("page")
}
