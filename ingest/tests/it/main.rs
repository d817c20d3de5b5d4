//! The intake from outside: rows in, outcomes and events out.

#![expect(
    unreachable_pub,
    clippy::print_stdout,
    reason = "tests: modules share helpers, and times are told"
)]

mod feeds;
mod findings;
mod http;
mod log;
mod profiles;
mod rows;
mod scenario;
mod secrecy;
mod support;
mod together;
mod whatever;
