//! What Leitstand needs on a server, tried without leaving a trace: for `doctor`.

use std::time::Duration;

use async_nats::{
    Client,
    jetstream::{Context, ContextBuilder, context::GetStreamErrorKind, stream::Stream},
};
use leitstand_store::{EventStore, NO_REQUEST, try_subjects};
use serde_json::json;

use super::{CONSUMER, DEAD, EVENTS, FEED, NatsFailure, Subjects, post, relay, streams};

/// How long one question may take: who may not ask is not answered.
const PATIENCE: Duration = Duration::from_secs(2);

/// A stream as it was found.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub stream: &'static str,
    /// On how many servers it is kept if it is as it must be; `None` if it is not there yet.
    pub is: Result<Option<usize>, NatsFailure>,
    /// How many messages at its end are no events of ours, if it should hold nothing else.
    pub foreign: u64,
    /// How much of the room it has is taken, in percent; 0 if its room is not bounded.
    pub percent: u64,
}

/// Looks at the streams of a programme; makes none. If the log is there, the events must be its own.
pub async fn look(
    client: &Client,
    programme: &str,
    replicas: usize,
    log: Option<&dyn EventStore>,
) -> Vec<Found> {
    let context = hasty(client);
    let subjects = Subjects::new(programme);
    let mut found = Vec::new();
    for stream in [EVENTS, FEED, DEAD] {
        let (mut foreign, mut percent) = (0, 0);
        let is = match is_there(&context, stream).await {
            Ok(false) => Ok(None),
            Ok(true) => match stream {
                EVENTS => match streams::events(&context, &subjects, replicas).await {
                    Ok(stream) => foreign_in(&stream, log, &mut foreign)
                        .await
                        .map(|()| stream),
                    failed => failed,
                },
                FEED => match streams::feed(&context, &subjects, replicas).await {
                    Ok(stream) => streams::look_at_consumer(&stream, post::settings())
                        .await
                        .map(|()| stream),
                    failed => failed,
                },
                _ => streams::dead(&context, &subjects, replicas).await,
            }
            .map(|it| {
                percent = taken(&it);
                Some(it.cached_info().config.num_replicas)
            }),
            Err(failure) => Err(failure),
        };
        found.push(Found {
            stream,
            is,
            foreign,
            percent,
        });
    }
    found
}

/// Whether rows and questions of a programme reach nobody but Leitstand; `false` if the server does not say.
///
/// # Errors
/// A stream takes them.
pub async fn are_ours_to_answer(client: &Client, programme: &str) -> Result<bool, NatsFailure> {
    streams::are_ours_to_answer(client, &Subjects::new(programme)).await
}

/// Counts what is no event at the end of the stream, and looks whether the last event is one of the log.
async fn foreign_in(
    stream: &Stream,
    log: Option<&dyn EventStore>,
    count: &mut u64,
) -> Result<(), NatsFailure> {
    let sequence = stream.cached_info().state.last_sequence;
    let (own, last) = relay::last_event(stream, sequence).await?;
    *count = sequence - own;
    if let (Some(last), Some(log)) = (last, log) {
        last.position_in(log).await?;
    }
    Ok(())
}

fn taken(stream: &Stream) -> u64 {
    let info = stream.cached_info();
    let room = u64::try_from(info.config.max_bytes).unwrap_or(0);
    let percent = info.state.bytes.saturating_mul(100).checked_div(room);
    percent.unwrap_or(0)
}

/// A reply to somebody in another account, and to somebody in ours, as the server names where they go.
pub const REPLIES: [&str; 2] = ["_R_.doctor", "_INBOX.doctor"];

/// Asks for everything Leitstand asks for, in a form that changes nothing: messages that no stream takes,
/// requests without sense and subjects nobody uses. What is not allowed the server objects to; whoever made the
/// connection hears it. Of the [`REPLIES`] one must be allowed.
///
/// # Errors
/// The connection is gone.
pub async fn try_everything(client: &Client, programme: &str) -> Result<(), NatsFailure> {
    let subjects = Subjects::new(programme);
    let queue = Some("leitstand");
    // Below all that is listened to, so that no row and no question comes here.
    let mut heard = vec![
        (subjects.feed().replace('>', "doctor.>"), queue),
        (format!("{}.doctor", subjects.ask()), queue),
    ];
    for verb in ["PING", "INFO", "STATS"] {
        for whom in ["", ".leitstand", ".leitstand.doctor"] {
            heard.push((format!("$SRV.{verb}{whom}"), None));
        }
    }
    let last = json!({ "seq": 1 }).to_string();
    let mut asked = vec![
        (subjects.events().replace('>', "doctor.doctor.doctor"), ""),
        (subjects.dead().replace('>', "doctor"), ""),
        (format!("$JS.API.STREAM.MSG.GET.{EVENTS}"), last.as_str()),
        (format!("$JS.API.STREAM.MSG.GET.{FEED}"), last.as_str()),
        (format!("$JS.API.CONSUMER.INFO.{FEED}.{CONSUMER}"), ""),
        (
            format!("$JS.API.CONSUMER.CREATE.{FEED}.{CONSUMER}"),
            NO_REQUEST,
        ),
        (
            format!("$JS.API.CONSUMER.MSG.NEXT.{FEED}.{CONSUMER}"),
            NO_REQUEST,
        ),
        // Of a message that never was.
        (format!("$JS.ACK.{FEED}.{CONSUMER}.1.0.0.0.0"), "+WPI"),
    ];
    asked.push(("$JS.API.STREAM.NAMES".to_owned(), NO_REQUEST));
    for stream in [EVENTS, FEED, DEAD] {
        asked.push((format!("$JS.API.STREAM.INFO.{stream}"), ""));
        asked.push((format!("$JS.API.STREAM.CREATE.{stream}"), NO_REQUEST));
    }
    for reply in REPLIES {
        asked.push((reply.to_owned(), ""));
    }
    Ok(try_subjects(client, &heard, &asked).await?)
}

/// Asks, and does not wait long for an answer.
pub(super) fn hasty(client: &Client) -> Context {
    ContextBuilder::new()
        .timeout(PATIENCE)
        .build(client.clone())
}

async fn is_there(context: &Context, stream: &str) -> Result<bool, NatsFailure> {
    use async_nats::jetstream::ErrorCode;
    match context.get_stream(stream).await {
        Ok(_) => Ok(true),
        Err(error) => match error.kind() {
            GetStreamErrorKind::JetStream(said)
                if said.error_code() == ErrorCode::STREAM_NOT_FOUND =>
            {
                Ok(false)
            }
            _ => Err(NatsFailure::while_doing("looking at a stream")(error)),
        },
    }
}
