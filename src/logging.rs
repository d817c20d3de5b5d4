//! What the program says about its own running, to standard error: for people on a terminal, as JSON
//! otherwise. Never a cell's content: what is logged of a row is its table, command, stream and outcome.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, filter::ParseError};

/// Begins to log what passes `filter`.
///
/// # Errors
/// The filter cannot be read.
pub fn begin(filter: &str) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let begun = if io::stderr().is_terminal() {
        builder.compact().try_init()
    } else {
        builder.json().flatten_event(true).with_current_span(false).try_init()
    };
    // Only a second beginning fails, and then the first goes on.
    drop(begun);
    Ok(())
}
