//! What Leitstand needs on a server, tried without leaving a trace: for `doctor`.

use std::time::Duration;

use async_nats::{
    Client, HeaderMap, Request,
    jetstream::{Context, ContextBuilder, context::GetStreamErrorKind},
};
use serde_json::json;

use super::{CONSUMER, DEAD, EVENTS, FEED, NatsFailure, Subjects, streams};

/// How long one question may take: who may not ask is not answered.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the server may take to object.
const OBJECTION: Duration = Duration::from_millis(300);

/// A stream as it was found.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub stream: &'static str,
    /// On how many servers it is kept if it is as it must be; `None` if it is not there yet.
    pub is: Result<Option<usize>, NatsFailure>,
}

/// Looks at the streams of a programme; makes none.
pub async fn look(client: &Client, programme: &str, replicas: usize) -> Vec<Found> {
    let context = hasty(client);
    let subjects = Subjects::new(programme);
    let mut found = Vec::new();
    for stream in [EVENTS, FEED, DEAD] {
        let is = match is_there(&context, stream).await {
            Ok(false) => Ok(None),
            Ok(true) => match stream {
                EVENTS => streams::events(&context, &subjects, replicas).await,
                FEED => streams::feed(&context, &subjects, replicas).await,
                _ => streams::dead(&context, &subjects, replicas).await,
            }
            .map(|it| Some(it.cached_info().config.num_replicas)),
            Err(failure) => Err(failure),
        };
        found.push(Found { stream, is });
    }
    found
}

/// Asks for everything Leitstand asks for, in a form that changes nothing: messages that no stream takes,
/// and subjects nobody uses. What is not allowed the server objects to; whoever made the connection hears it.
///
/// # Errors
/// The connection is gone.
pub async fn try_everything(client: &Client, programme: &str) -> Result<(), NatsFailure> {
    let doing = "trying what is allowed";
    let subjects = Subjects::new(programme);
    let (queue, nobody) = (Some("leitstand"), None);
    for (subject, queue) in [
        (subjects.feed().replace('>', "doctor"), queue),
        (format!("{}.doctor", subjects.ask()), queue),
        ("$SRV.PING.leitstand.doctor".to_owned(), nobody),
    ] {
        let heard = match queue {
            Some(queue) => client.queue_subscribe(subject, queue.to_owned()).await,
            None => client.subscribe(subject).await,
        };
        drop(heard.map_err(NatsFailure::while_doing(doing))?);
    }
    let mut headers = HeaderMap::new();
    // No stream has this name, so none stores it.
    headers.insert("Nats-Expected-Stream", "-");
    let last = json!({ "seq": 1 }).to_string();
    let questions = [
        (subjects.events().replace('>', "doctor.doctor.doctor"), ""),
        (subjects.dead().replace('>', "doctor"), ""),
        (format!("$JS.API.STREAM.MSG.GET.{EVENTS}"), last.as_str()),
        (format!("$JS.API.CONSUMER.INFO.{FEED}.{CONSUMER}"), ""),
        // Of a message that never was.
        (format!("$JS.ACK.{FEED}.{CONSUMER}.1.0.0.0.0"), "+WPI"),
    ];
    let asked = questions.map(|(subject, body)| {
        let request = Request::new()
            .headers(headers.clone())
            .payload(body.to_owned().into())
            .timeout(Some(PATIENCE));
        client.send_request(subject, request)
    });
    // An answer of any kind, or none: what counts is whether the server objects.
    drop(futures_util::future::join_all(asked).await);
    client
        .flush()
        .await
        .map_err(NatsFailure::while_doing(doing))?;
    tokio::time::sleep(OBJECTION).await;
    Ok(())
}

fn hasty(client: &Client) -> Context {
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
