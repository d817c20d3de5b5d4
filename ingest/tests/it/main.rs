//! The intake from outside: rows in, outcomes and events out.

#![expect(
    unreachable_pub,
    clippy::print_stdout,
    reason = "tests: modules share helpers, and times are told"
)]

mod book;
mod feeds;
mod findings;
mod hostile_workbooks;
mod http;
mod log;
mod merged;
mod pairs;
mod plan_facts;
mod plans;
mod profiles;
mod record;
mod rows;
mod scenario;
mod secrecy;
mod shown;
mod support;
mod together;
mod whatever;
mod wholes;
mod workbooks;
