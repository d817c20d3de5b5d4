//! Projections against the naive reference: scenario and random feeds.
#![expect(clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod desk;
mod reference;
mod scenario;
mod time_machine;
