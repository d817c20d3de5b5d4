//! NATS: recorded events go out, rows come in.
//!
//! Subjects are those of `contract/commands.md` ([`Subjects`]). What is not here: a lease, a cursor of our
//! own, a second copy of the log, retries that could change the order of what goes out.

mod attribute;
mod envelope;
mod error;
mod inspection;
mod intake;
mod letter;
mod post;
mod relay;
mod streams;
mod subject;
mod taking;
mod trial;
mod turn;
mod uri;

use std::borrow::Cow;

use crate::{Finding, json};

#[cfg(test)]
pub(crate) use uri::is_reference;

pub use error::NatsFailure;
pub use inspection::Inspection;
pub use intake::Intake;
pub use post::{CONSUMER, Post};
pub use relay::{Relay, Standing, WINDOW};
pub use streams::{DEAD, EVENTS, FEED};
pub use subject::{Subjects, takes_replies};
pub use trial::{Found, REPLIES, are_ours_to_answer, look, try_everything};

/// Begins everything that is counted here at nothing, so that it is measured from the start.
pub fn count_from_nothing() {
    metrics::describe_counter!(
        relay::FOREIGN,
        "Messages in the event stream that are no events, as this process found them"
    );
    for way in ["feed", "post"] {
        metrics::counter!("leitstand_nats_rows_total", "way" => way).increment(0);
    }
    for name in [
        "leitstand_nats_busy_total",
        "leitstand_nats_redelivered_total",
        "leitstand_relay_events_total",
        letter::LETTERS,
        relay::FOREIGN,
    ] {
        metrics::counter!(name).increment(0);
    }
}

/// The options of a question: a JSON object of texts, numbers, `true` and `false`, or nothing.
///
/// # Errors
/// It is no such object, or says something twice.
pub fn options(asked: &[u8]) -> Result<Vec<(String, String)>, Finding> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let (options, findings) = json::cells(asked).map_err(|it| no_options(it.code))?;
    match findings.into_iter().next() {
        Some(finding) => Err(no_options(finding.code)),
        None => Ok(options.into_iter().collect()),
    }
}

fn no_options(code: Cow<'static, str>) -> Finding {
    Finding::new(
        code,
        "Die Frage ist kein JSON-Objekt in UTF-8 aus Angaben, die Text, Zahl, true oder false sind und je einmal vorkommen; richtig ist z. B. {\"as_of\": \"2024-12-31\"}, oder nichts",
        "The question is no JSON object in UTF-8 of options that are text, number, true or false and come once each; write for instance {\"as_of\": \"2024-12-31\"}, or nothing",
    )
}
