//! The only clock.

use std::sync::Arc;

use jiff::Timestamp;
use leitstand_domain::Day;
use leitstand_ingest::Clock;
use leitstand_store::day_in_berlin;

/// Tells the time.
pub(crate) fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// The day it is in Europe/Berlin.
pub(crate) fn today() -> Day {
    // A clock outside 1990 to 2100 is wrong; `doctor` says so.
    Day::of(day_in_berlin(Timestamp::now())).unwrap_or(Day::FIRST)
}
