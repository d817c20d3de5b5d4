//! The streams of a programme: how they must be, and whether they are.
//!
//! A server accepts settings it does not know and drops them in silence, and a stream may be there
//! already. So what counts is what it says afterwards.

use std::{fmt::Debug, time::Duration};

use async_nats::jetstream::{
    Context,
    context::GetStreamErrorKind,
    stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType, Stream},
};

use super::{NatsFailure, Subjects, letter::LARGEST};

/// Recorded events, for ever.
pub const EVENTS: &str = "LEITSTAND_EVENTS";
/// Rows on their way to be recorded.
pub const FEED: &str = "LEITSTAND_FEED";
/// Rows that could not be recorded.
pub const DEAD: &str = "LEITSTAND_DEAD";

/// So many bytes of rows may wait; more are refused, and whoever posts is told.
const WAITING: i64 = 256 << 20;
/// How long a row that could not be recorded is kept: its texts are not sealed.
const KEPT: Duration = Duration::from_hours(24 * 90);
/// What a dead letter says beside the row, in bytes.
const REASON: usize = 16 << 10;
/// No limit.
const NONE: i64 = -1;

/// The stream of events, made if it is not there.
///
/// # Errors
/// The server failed, or the stream could lose an event.
pub(super) async fn events(
    context: &Context,
    subjects: &Subjects,
    replicas: usize,
) -> Result<Stream, NatsFailure> {
    let wanted = Config {
        deny_delete: true,
        deny_purge: true,
        description: Some("Leitstand: every recorded event, in the order of the log".to_owned()),
        ..stream(EVENTS, subjects.events(), replicas)
    };
    let stream = ensured(context, EVENTS, &wanted).await?;
    let found = &stream.cached_info().config;
    keeps_everything(EVENTS, found)?;
    same(EVENTS, "deny_delete", &found.deny_delete, &true)?;
    same(EVENTS, "deny_purge", &found.deny_purge, &true)?;
    same(EVENTS, "max_age", &found.max_age, &Duration::ZERO)?;
    same(EVENTS, "max_msgs", &found.max_messages, &NONE)?;
    same(EVENTS, "max_bytes", &found.max_bytes, &NONE)?;
    let per_subject = found.max_messages_per_subject;
    same(EVENTS, "max_msgs_per_subject", &per_subject, &NONE)?;
    same(EVENTS, "retention", &found.retention, &wanted.retention)?;
    same(EVENTS, "allow_rollup_hdrs", &found.allow_rollup, &false)?;
    Ok(stream)
}

/// The stream of rows on their way, made if it is not there.
///
/// # Errors
/// The server failed, or the stream could lose a row or grow for ever.
pub(super) async fn feed(
    context: &Context,
    subjects: &Subjects,
    replicas: usize,
) -> Result<Stream, NatsFailure> {
    let largest = context
        .client()
        .max_payload()
        .min(LARGEST)
        .saturating_sub(REASON);
    let wanted = Config {
        retention: RetentionPolicy::WorkQueue,
        max_bytes: WAITING,
        // A row that does not fit into a dead letter is refused at once.
        max_message_size: i32::try_from(largest).unwrap_or(i32::MAX),
        description: Some("Leitstand: rows that wait to be recorded".to_owned()),
        ..stream(FEED, subjects.post(), replicas)
    };
    let stream = ensured(context, FEED, &wanted).await?;
    let found = &stream.cached_info().config;
    keeps_everything(FEED, found)?;
    same(FEED, "retention", &found.retention, &wanted.retention)?;
    same(FEED, "max_age", &found.max_age, &Duration::ZERO)?;
    Ok(stream)
}

/// The stream of rows that could not be recorded, made if it is not there. How long they are kept is for
/// the operator to change.
///
/// # Errors
/// The server failed, or the stream is not on disk.
pub(super) async fn dead(
    context: &Context,
    subjects: &Subjects,
    replicas: usize,
) -> Result<Stream, NatsFailure> {
    let wanted = Config {
        max_age: KEPT,
        description: Some("Leitstand: rows that could not be recorded, and why".to_owned()),
        ..stream(DEAD, subjects.dead(), replicas)
    };
    let stream = ensured(context, DEAD, &wanted).await?;
    keeps_everything(DEAD, &stream.cached_info().config)?;
    Ok(stream)
}

/// A stream on disk without limits that says so when it is full.
fn stream(name: &str, subject: String, replicas: usize) -> Config {
    Config {
        name: name.to_owned(),
        subjects: vec![subject],
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: replicas,
        max_messages: NONE,
        max_bytes: NONE,
        max_messages_per_subject: NONE,
        ..Config::default()
    }
}

async fn ensured(
    context: &Context,
    name: &'static str,
    wanted: &Config,
) -> Result<Stream, NatsFailure> {
    use async_nats::jetstream::ErrorCode;
    let stream = match context.get_stream(name).await {
        Ok(stream) => stream,
        Err(error) => match error.kind() {
            GetStreamErrorKind::JetStream(said)
                if said.error_code() == ErrorCode::STREAM_NOT_FOUND =>
            {
                context
                    .create_stream(wanted)
                    .await
                    .map_err(NatsFailure::while_doing("making a stream"))?
            }
            _ => return Err(NatsFailure::while_doing("looking at a stream")(error)),
        },
    };
    let found = &stream.cached_info().config;
    same(name, "subjects", &found.subjects, &wanted.subjects)?;
    same(
        name,
        "num_replicas",
        &found.num_replicas,
        &wanted.num_replicas,
    )?;
    Ok(stream)
}

/// What no stream of ours may be.
fn keeps_everything(name: &'static str, found: &Config) -> Result<(), NatsFailure> {
    same(name, "storage", &found.storage, &StorageType::File)?;
    same(name, "discard", &found.discard, &DiscardPolicy::New)?;
    same(name, "no_ack", &found.no_ack, &false)?;
    same(name, "sealed", &found.sealed, &false)?;
    let is_hasty = found.persist_mode == Some(PersistenceMode::Async);
    same(name, "persist_mode=async", &is_hasty, &false)?;
    same(name, "mirror", &found.mirror.is_some(), &false)?;
    same(name, "sources", &found.sources.is_some(), &false)?;
    let transformed = found.subject_transform.is_some();
    same(name, "subject_transform", &transformed, &false)
}

pub(super) fn same<T: PartialEq + Debug>(
    stream: &'static str,
    setting: &'static str,
    found: &T,
    wanted: &T,
) -> Result<(), NatsFailure> {
    if found == wanted {
        return Ok(());
    }
    Err(NatsFailure::Settings {
        stream,
        setting,
        found: format!("{found:?}"),
        wanted: format!("{wanted:?}"),
    })
}
