//! The binary tried from outside: as a command, over HTTP, and by people who mean it no good.
//!
//! Every test has a folder of its own (only what asks the scenario shares one), serves on a free port and
//! is seeded. More rounds: `LEITSTAND_KILL_ROUNDS`, `LEITSTAND_SEEDS`, `PROPTEST_CASES`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "tests: what fails shall say where, and tables of cases are long"
)]

mod access;
mod access_log;
mod architecture;
mod beginning;
mod changes;
mod commands;
mod demo;
mod describing;
mod erasure;
mod events;
mod findings;
mod four_eyes;
mod full_disk;
mod hostile_clients;
mod hostile_rows;
mod house_rules;
mod interleaved;
mod interrupted;
mod jetstream;
mod killed;
mod lands;
mod logs;
mod nats;
mod portfolio;
mod questions;
mod real;
mod scenario;
mod serving;
mod succession;
mod support;
mod time_machine;
mod trail;
mod trust;
mod two_processes;
mod workbooks;
