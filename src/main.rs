//! `leitstand`: the one binary. It knows everybody, owns the only clock, and wires the house together:
//! command line, configuration, the follow loop, the server.

mod cli;
mod clock;
mod commands;
mod config;
mod exit;
mod follow;
mod jetstream;
mod logging;
mod nats;
mod out;
mod serve;
mod stores;
mod texts;

use std::process::ExitCode;

use cli::Called;
use exit::{Exit, Stop};

/// Feeds and answers are made of many small pieces (ADR 0024).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let stop = match run() {
        Ok(exit) => return exit.into(),
        Err(stop) => stop,
    };
    if !stop.message.is_empty() {
        out::say(&format!("leitstand: {stop}"));
    }
    stop.exit.into()
}

fn run() -> Result<Exit, Stop> {
    let (common, called) = cli::read(std::env::args_os())?;
    let flags = cli::flags(&common, &called);
    let config = config::Config::load(
        &flags,
        &|name| std::env::var(name).ok(),
        common.config.as_deref(),
    )?;
    let filter = config.get("log").unwrap_or(match &called {
        Called::Command(cli::Command::Serve(_)) => "info",
        _ => "warn",
    });
    logging::begin(filter).map_err(|error| {
        Stop::usage(format!(
            "„{filter}“ ist kein Filter für Meldungen ({error}); richtig ist z. B. info."
        ))
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        Stop::new(Exit::Failure, "Das Programm konnte nicht beginnen.").because(&error)
    })?;
    let result = runtime.block_on(commands::run(called, &config));
    // Nobody waits for what still runs beside: a closed pipe or a signal ends it.
    runtime.shutdown_background();
    result
}
