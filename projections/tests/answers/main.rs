//! Projections against the naive reference: scenario and random feeds.
#![expect(clippy::unwrap_used, unreachable_pub, reason = "tests")]

mod bodies;
mod carrying;
mod colours;
mod credited;
mod desk;
mod duties;
mod ended;
mod explained;
mod forms;
mod histories;
mod majorities;
mod milestones;
mod over_carried;
mod pillars;
mod plans;
mod reference;
mod risks;
mod scenario;
mod shares;
mod sittings;
mod time_machine;
mod unmet;
mod votes;
mod year_end;
