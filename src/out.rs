//! Data goes to standard output; whoever stops reading ends the program without a fuss.

use std::io::{self, ErrorKind, Write as _};

use crate::exit::{Exit, Stop};

/// Writes data.
///
/// # Errors
/// Nobody reads any more (silent, status 0), or it cannot be written.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Stop::silent(Exit::Done),
            _ => Stop::new(
                Exit::Failure,
                format!("Die Ausgabe lässt sich nicht schreiben: {error}."),
            ),
        })
}

/// Talks; nobody has to listen.
pub(crate) fn say(text: &str) {
    let _nobody_listens = writeln!(io::stderr().lock(), "{text}");
}
