//! The streams of a programme: how they must be, and whether they are.
//!
//! A server accepts settings it does not know and drops them in silence, and a stream may be there
//! already. So what counts is what it says afterwards.

use std::{fmt::Debug, time::Duration};

use async_nats::{
    Client,
    jetstream::{
        Context,
        consumer::{self, Consumer, Info, IntoConsumerConfig as _, pull},
        context::{ConsumerInfoErrorKind, GetStreamByNameErrorKind, GetStreamErrorKind},
        stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType, Stream},
    },
};
use serde_json::{Map, Value, json};

use super::{CONSUMER, NatsFailure, Subjects, letter::LARGEST, trial};

/// Recorded events, for ever.
pub const EVENTS: &str = "LEITSTAND_EVENTS";
/// Rows on their way to be recorded.
pub const FEED: &str = "LEITSTAND_FEED";
/// Rows that could not be recorded.
pub const DEAD: &str = "LEITSTAND_DEAD";

/// So many bytes of rows may wait; more are refused, and whoever posts is told.
const WAITING: i64 = 256 << 20;
/// So many bytes must have room to wait at least.
const FEWEST_BYTES: i64 = 16 << 20;
/// A row of so many bytes must be taken.
const LEAST_ROW: i32 = 64 << 10;
/// For so long a server recognises the id of a message at least.
const SHORTEST_WINDOW: Duration = Duration::from_millis(100);
/// For so long it may recognise the id of a row.
const LONGEST_WINDOW: Duration = Duration::from_secs(1);
/// How long a row that could not be recorded is kept: its texts are not sealed.
const KEPT: Duration = Duration::from_hours(24 * 90);
/// So many bytes of rows that could not be recorded are kept; when there is no room for another, the row stays where
/// it waits, and nothing is forgotten.
const PUT_ASIDE: i64 = 256 << 20;
/// For so long a server may recognise the id of such a row: its own default.
const LONGEST_WINDOW_OF_DEAD: Duration = Duration::from_mins(2);
/// What a dead letter says beside the row, in bytes.
const REASON: usize = 16 << 10;
/// Messages of so many bytes a server must take: a small row with its reason.
const LEAST_PAYLOAD: usize = 2 * REASON;
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
        // Older servers drop it, and events go one by one.
        allow_atomic_publish: true,
        description: Some("Leitstand: every recorded event, in the order of the log".to_owned()),
        ..stream(EVENTS, subjects.events(), replicas)
    };
    let stream = ensured(context, EVENTS, &wanted).await?;
    let found = &stream.cached_info().config;
    keeps_everything(EVENTS, found)?;
    is_unlimited(EVENTS, found)?;
    same(EVENTS, "max_msg_size", &found.max_message_size, &-1)?;
    same(EVENTS, "deny_delete", &found.deny_delete, &true)?;
    same(EVENTS, "deny_purge", &found.deny_purge, &true)?;
    same(EVENTS, "max_bytes", &found.max_bytes, &NONE)?;
    same(EVENTS, "retention", &found.retention, &wanted.retention)?;
    let first = stream.cached_info().state.first_sequence;
    if 1 < first {
        return Err(NatsFailure::Beginning { first });
    }
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
    let largest = largest(context)?.saturating_sub(REASON);
    let wanted = Config {
        retention: RetentionPolicy::WorkQueue,
        max_bytes: WAITING,
        // A row that does not fit into a dead letter is refused at once.
        max_message_size: i32::try_from(largest).unwrap_or(i32::MAX),
        // What is new is decided by content. A longer window would acknowledge a second row that has the id of
        // a first, and not keep it.
        duplicate_window: SHORTEST_WINDOW,
        description: Some("Leitstand: rows that wait to be recorded".to_owned()),
        ..stream(FEED, subjects.post(), replicas)
    };
    let stream = ensured(context, FEED, &wanted).await?;
    let found = &stream.cached_info().config;
    keeps_everything(FEED, found)?;
    is_unlimited(FEED, found)?;
    same(FEED, "retention", &found.retention, &wanted.retention)?;
    let (bytes, size) = (found.max_bytes, found.max_message_size);
    let is_wide = FEWEST_BYTES <= bytes;
    fits(FEED, "max_bytes", &bytes, is_wide, || {
        format!("≥ {FEWEST_BYTES}")
    })?;
    let (least, most) = (
        LEAST_ROW.min(wanted.max_message_size),
        wanted.max_message_size,
    );
    let is_right = (least..=most).contains(&size);
    fits(FEED, "max_msg_size", &size, is_right, || {
        format!("{least} – {most}")
    })?;
    let window = found.duplicate_window;
    fits(
        FEED,
        "duplicate_window",
        &window,
        window <= LONGEST_WINDOW,
        || format!("{SHORTEST_WINDOW:?} – {LONGEST_WINDOW:?}"),
    )?;
    Ok(stream)
}

/// The consumer of rows on their way, made if it is not there.
///
/// # Errors
/// The server failed, or rows could be left lying.
pub(super) async fn consumer(
    stream: &Stream,
    wanted: pull::Config,
) -> Result<Consumer<pull::Config>, NatsFailure> {
    let consumer = stream
        .get_or_create_consumer(CONSUMER, wanted.clone())
        .await
        .map_err(NatsFailure::while_doing("making a consumer"))?;
    takes_everything(consumer.cached_info(), wanted)?;
    Ok(consumer)
}

/// Whether the consumer of rows on their way is as it must be; it need not be there.
///
/// # Errors
/// As [`consumer()`].
pub(super) async fn look_at_consumer(
    stream: &Stream,
    wanted: pull::Config,
) -> Result<(), NatsFailure> {
    match stream.consumer_info(CONSUMER).await {
        Ok(found) => takes_everything(&found, wanted),
        Err(error) if error.kind() == ConsumerInfoErrorKind::NotFound => Ok(()),
        Err(error) => Err(NatsFailure::while_doing("looking at a consumer")(error)),
    }
}

/// Whether rows and questions reach only us, so that nothing is answered in our place and no row with its texts lies in
/// somebody's stream. `false` if the server does not say: it is gone, or we may not ask.
///
/// # Errors
/// A stream takes them.
pub(super) async fn are_ours_to_answer(
    client: &Client,
    subjects: &Subjects,
) -> Result<bool, NatsFailure> {
    let hasty = trial::hasty(client);
    for subject in [subjects.feed(), format!("{}.>", subjects.ask())] {
        match hasty.stream_by_subject(&subject).await {
            Ok(stream) => return Err(NatsFailure::Captured { stream, subject }),
            Err(error) if error.kind() == GetStreamByNameErrorKind::NotFound => {}
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

/// Every setting is as wanted, but for those that change nothing in what is delivered.
fn takes_everything(found: &Info, wanted: pull::Config) -> Result<(), NatsFailure> {
    const FREE: [&str; 7] = [
        "name",
        "durable_name",
        "description",
        "metadata",
        "max_waiting",
        "sample_freq",
        // In the past it means nothing; whether it pauses now is said beside.
        "pause_until",
    ];
    let differs = |setting: &str, found: &Value, wanted: &Value| NatsFailure::Consumer {
        setting: setting.to_owned(),
        found: found.to_string(),
        wanted: wanted.to_string(),
    };
    if found.paused {
        return Err(differs("paused", &json!(true), &json!(false)));
    }
    let written = |config: &consumer::Config| serde_json::to_value(config).unwrap_or_default();
    let (found, wanted) = (
        written(&found.config),
        written(&wanted.into_consumer_config()),
    );
    let names = [&found, &wanted].into_iter().filter_map(Value::as_object);
    for name in names.flat_map(Map::keys) {
        if !FREE.contains(&name.as_str()) && found[name] != wanted[name] {
            return Err(differs(name, &found[name], &wanted[name]));
        }
    }
    Ok(())
}

/// The stream of rows that could not be recorded, made if it is not there. How long they are kept and how much room
/// they have is for the operator to change.
///
/// # Errors
/// The server failed, or the stream could refuse such a row, or forget one before its time.
pub(super) async fn dead(
    context: &Context,
    subjects: &Subjects,
    replicas: usize,
) -> Result<Stream, NatsFailure> {
    let wanted = Config {
        max_age: KEPT,
        max_bytes: PUT_ASIDE,
        duplicate_window: LONGEST_WINDOW_OF_DEAD,
        description: Some("Leitstand: rows that could not be recorded, and why".to_owned()),
        ..stream(DEAD, subjects.dead(), replicas)
    };
    let stream = ensured(context, DEAD, &wanted).await?;
    let found = &stream.cached_info().config;
    keeps_everything(DEAD, found)?;
    same(DEAD, "retention", &found.retention, &wanted.retention)?;
    has_any_number(DEAD, found)?;
    let bytes = found.max_bytes;
    let is_wide = bytes == NONE || FEWEST_BYTES <= bytes;
    fits(DEAD, "max_bytes", &bytes, is_wide, || {
        format!("≥ {FEWEST_BYTES}")
    })?;
    let (size, largest) = (found.max_message_size, largest(context)?);
    let is_right = size == -1 || usize::try_from(size).is_ok_and(|it| largest <= it);
    fits(DEAD, "max_msg_size", &size, is_right, || {
        format!("≥ {largest}")
    })?;
    let window = found.duplicate_window;
    let is_short = window <= LONGEST_WINDOW_OF_DEAD;
    fits(DEAD, "duplicate_window", &window, is_short, || {
        format!("≤ {LONGEST_WINDOW_OF_DEAD:?}")
    })?;
    Ok(stream)
}

/// The largest message with a row, in bytes.
///
/// # Errors
/// The server does not take a small row with its reason.
fn largest(context: &Context) -> Result<usize, NatsFailure> {
    let found = context.client().max_payload();
    if found < LEAST_PAYLOAD {
        return Err(NatsFailure::SmallMessages {
            found,
            needed: LEAST_PAYLOAD,
        });
    }
    Ok(found.min(LARGEST))
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

/// Nothing is pushed out or refused for what else is there.
fn is_unlimited(name: &'static str, found: &Config) -> Result<(), NatsFailure> {
    same(name, "max_age", &found.max_age, &Duration::ZERO)?;
    has_any_number(name, found)
}

/// So many messages may be there as come.
fn has_any_number(name: &'static str, found: &Config) -> Result<(), NatsFailure> {
    same(name, "max_msgs", &found.max_messages, &NONE)?;
    let per_subject = found.max_messages_per_subject;
    same(name, "max_msgs_per_subject", &per_subject, &NONE)
}

/// What no stream of ours may be.
fn keeps_everything(name: &'static str, found: &Config) -> Result<(), NatsFailure> {
    same(name, "storage", &found.storage, &StorageType::File)?;
    same(name, "discard", &found.discard, &DiscardPolicy::New)?;
    same(name, "no_ack", &found.no_ack, &false)?;
    same(name, "sealed", &found.sealed, &false)?;
    same(name, "allow_rollup_hdrs", &found.allow_rollup, &false)?;
    same(name, "allow_msg_ttl", &found.allow_message_ttl, &false)?;
    let is_counter = found.allow_message_counter;
    same(name, "allow_msg_counter", &is_counter, &false)?;
    let is_scheduled = found.allow_message_schedules;
    same(name, "allow_msg_schedules", &is_scheduled, &false)?;
    let is_hasty = found.persist_mode == Some(PersistenceMode::Async);
    same(name, "persist_mode=async", &is_hasty, &false)?;
    same(name, "mirror", &found.mirror.is_some(), &false)?;
    same(name, "sources", &found.sources.is_some(), &false)?;
    let transformed = found.subject_transform.is_some();
    same(name, "subject_transform", &transformed, &false)
}

fn same<T: PartialEq + Debug>(
    stream: &'static str,
    setting: &'static str,
    found: &T,
    wanted: &T,
) -> Result<(), NatsFailure> {
    fits(stream, setting, found, found == wanted, || {
        format!("{wanted:?}")
    })
}

fn fits(
    stream: &'static str,
    setting: &'static str,
    found: &impl Debug,
    is_so: bool,
    wanted: impl Fn() -> String,
) -> Result<(), NatsFailure> {
    if is_so {
        return Ok(());
    }
    Err(NatsFailure::Settings {
        stream,
        setting,
        found: format!("{found:?}"),
        wanted: wanted(),
    })
}
