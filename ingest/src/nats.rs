//! NATS: recorded events go out, rows come in.
//!
//! Subjects are those of `contract/commands.md` ([`Subjects`]). What is not here: a lease, a cursor of our
//! own, a second copy of the log, retries that could change the order of what goes out.

mod attribute;
mod envelope;
mod error;
mod intake;
mod letter;
mod post;
mod relay;
mod streams;
mod subject;
mod trial;

use crate::{Finding, json};

pub use error::NatsFailure;
pub use intake::Intake;
pub use post::{CONSUMER, Post};
pub use relay::{Relay, Standing, WINDOW};
pub use streams::{DEAD, EVENTS, FEED};
pub use subject::{Subjects, takes_replies};
pub use trial::{Found, look, try_everything};

/// The options of a question: a JSON object of texts, numbers, `true` and `false`, or nothing.
///
/// # Errors
/// It is no such object, or says something twice.
pub fn options(asked: &[u8]) -> Result<Vec<(String, String)>, Finding> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let (options, findings) = json::cells(asked)?;
    match findings.into_iter().next() {
        Some(finding) => Err(finding),
        None => Ok(options.into_iter().collect()),
    }
}
