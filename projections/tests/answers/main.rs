//! Projections against the naive reference: scenario and random feeds.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod desk;
mod reference;
mod scenario;
mod time_machine;
