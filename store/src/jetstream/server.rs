//! Questions to the server about one of its streams.

use std::time::{Duration, Instant};

use async_nats::{
    Client, HeaderMap, Message, StatusCode,
    connection::State,
    jetstream::{
        Context, ContextBuilder, ErrorCode,
        context::RequestErrorKind,
        stream::{LastRawMessageErrorKind, RawMessageError, Stream},
    },
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::{message, watch::is_gone};
use crate::StoreError;

/// How long one question may take.
pub(super) const QUESTION: Duration = Duration::from_secs(4);
/// How long a question is asked again and again: a cluster that loses its leader needs seconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(100);
/// So often a server is asked that says it has a message and that it has none.
const TIMES: u32 = 5;
/// What is being done.
const NEWEST: &str = "reading the newest message";
/// So many messages and bytes are asked for at once: all of it may be on its way to us.
const MOST_MESSAGES: usize = 1_000;
const MOST_BYTES: usize = 16 << 20;

/// A stored message.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) subject: String,
    pub(super) sequence: u64,
    pub(super) headers: HeaderMap,
    pub(super) payload: Bytes,
}

/// One stream of the server.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) client: Client,
    pub(super) context: Context,
    stream: Stream<()>,
    name: String,
}

/// What became of a question that could not be answered.
enum Unanswered {
    /// It may be answered later.
    Later(Cause),
    /// It will not.
    Never(Cause),
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Server {
    /// The stream of that name, which need not be there.
    pub(super) async fn of(client: Client, name: &str) -> Result<Self, StoreError> {
        let context = ContextBuilder::new()
            .timeout(QUESTION)
            .build(client.clone());
        let stream = context.get_stream_no_info(name).await;
        Ok(Self {
            client,
            stream: stream.map_err(StoreError::while_doing("naming the stream"))?,
            context,
            name: name.to_owned(),
        })
    }

    /// Whether a server is there just now.
    pub(super) fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// The newest message on a subject, from the leader: nobody knows a newer one.
    pub(super) async fn last(&self, subject: &str) -> Result<Option<Stored>, StoreError> {
        patiently(NEWEST, || async {
            raw(self.stream.get_last_raw_message_by_subject(subject).await)
        })
        .await
    }

    /// The newest message of all, from the leader, of a stream that was said to have so many.
    ///
    /// # Errors
    /// As above; or the newest cannot be read: the server then says that there is none.
    pub(super) async fn newest(&self, reaches: u64) -> Result<Option<Stored>, StoreError> {
        let sequence = |it: &Option<Stored>| it.as_ref().map_or(0, |it| it.sequence);
        let mut promised = reaches;
        for _ in 0..TIMES {
            let last = self.last(">").await?;
            if promised <= sequence(&last) {
                return Ok(last);
            }
            tokio::time::sleep(PAUSE).await;
            // Another leader may know less for a moment; so it is he who is asked how many there are.
            let info = patiently(NEWEST, || async {
                let info = self.info().await;
                info.ok_or_else(|| Unanswered::Later("the server does not answer".into()))
            });
            promised = reaches_of(&info.await?);
        }
        let what = format!(
            "the server has {promised} messages and says of the last that there is none: it cannot be read"
        );
        Err(StoreError::unreadable(message::position(promised, 0), what))
    }

    /// The first message on a subject from a sequence on, from the leader.
    pub(super) async fn next(
        &self,
        subject: &str,
        from: u64,
    ) -> Result<Option<Stored>, StoreError> {
        patiently("reading the next message", || async {
            raw(self
                .stream
                .raw_message_builder()
                .sequence(from)
                .next_by_subject(subject)
                .send()
                .await)
        })
        .await
    }

    /// The message with this sequence, from the leader.
    pub(super) async fn at(&self, sequence: u64) -> Result<Option<Stored>, StoreError> {
        patiently("reading a message", || async {
            raw(self.stream.get_raw_message(sequence).await)
        })
        .await
    }

    /// Messages on a subject from a sequence on, in order, at most `count`. Any replica may answer, but
    /// where the answer ends is asked of the leader, so that nothing acknowledged is missing at the end.
    pub(super) async fn from(
        &self,
        subject: &str,
        mut from: u64,
        count: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let mut found = Vec::new();
        while found.len() < count {
            let wanted = json!({
                "seq": from.max(1),
                "next_by_subj": subject,
                "batch": (count - found.len()).min(MOST_MESSAGES),
                "max_bytes": MOST_BYTES,
            });
            let (more, is_end) = patiently("reading messages", || self.several(&wanted)).await?;
            let is_end = is_end || more.is_empty();
            for it in more {
                if it.sequence < from {
                    return Err(StoreError::new(
                        "reading messages",
                        "the server answers out of order",
                    ));
                }
                from = it.sequence + 1;
                found.push(it);
            }
            if is_end && found.len() < count {
                let Some(next) = self.next(subject, from).await? else {
                    break;
                };
                from = next.sequence + 1;
                found.push(next);
            }
        }
        Ok(found)
    }

    /// The newest message of each of these subjects that has one; any replica may answer.
    pub(super) async fn last_of(&self, subjects: &[String]) -> Result<Vec<Stored>, StoreError> {
        let mut found = Vec::new();
        for subjects in subjects.chunks(MOST_MESSAGES) {
            let wanted = json!({ "multi_last": subjects });
            found.extend(
                patiently("reading messages", || self.several(&wanted))
                    .await?
                    .0,
            );
        }
        Ok(found)
    }

    /// Asks for several messages at once; says also whether those were all.
    async fn several(&self, wanted: &Value) -> Result<(Vec<Stored>, bool), Unanswered> {
        let later = |cause: &str| Unanswered::Later(cause.into());
        let inbox = self.client.new_inbox();
        let mut answers = self
            .client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| Unanswered::Later(error.into()))?;
        let subject = format!("$JS.API.DIRECT.GET.{}", self.name);
        self.client
            .publish_with_reply(subject, inbox, wanted.to_string().into())
            .await
            .map_err(|error| Unanswered::Later(error.into()))?;
        let mut found = Vec::new();
        loop {
            let next = tokio::time::timeout(QUESTION, answers.next()).await;
            let Ok(Some(message)) = next else {
                // What came so far came in order; the rest is asked for again.
                return if found.is_empty() {
                    Err(later("the server does not answer"))
                } else {
                    Ok((found, false))
                };
            };
            match message.status.map(|it| it.as_u16()) {
                None => found.push(stored(message)?),
                Some(204) => {
                    let pending = number(message.headers.as_ref(), "Nats-Num-Pending");
                    return Ok((found, pending == Some(0)));
                }
                Some(404) => return Ok((found, true)),
                Some(_) if !found.is_empty() => return Ok((found, false)),
                Some(_) => {
                    let what = message.description.unwrap_or_else(|| "no answer".into());
                    return Err(if message.status == Some(StatusCode::NO_RESPONDERS) {
                        later("no server answers for this stream")
                    } else {
                        Unanswered::Never(what.into())
                    });
                }
            }
        }
    }

    /// Overwrites a message with random bytes; says whether it was there.
    pub(super) async fn destroy(&self, sequence: u64) -> Result<bool, StoreError> {
        let wanted = json!({ "seq": sequence, "no_erase": false });
        let answer = self.api("STREAM.MSG.DELETE", &wanted).await?;
        match error_of(&answer) {
            None => Ok(true),
            Some((NOT_FOUND | NO_MESSAGE, _)) => Ok(false),
            Some((_, what)) => Err(StoreError::new("destroying a message", what)),
        }
    }

    /// How the leader describes the stream, or that it is not there; `None` if nobody can say just now.
    pub(super) async fn info(&self) -> Option<Value> {
        let subject = format!("STREAM.INFO.{}", self.name);
        let answer: Value = self.context.request(subject, &json!({})).await.ok()?;
        (error_of(&answer).is_none() || is_gone(&answer)).then_some(answer)
    }

    /// A request about the stream to the server's API. Its answer may be an error.
    pub(super) async fn api(&self, verb: &str, wanted: &Value) -> Result<Value, StoreError> {
        let subject = format!("{verb}.{}", self.name);
        patiently("asking the server", || async {
            let asked = self.context.request(subject.clone(), wanted).await;
            let answer: Value = asked.map_err(|error| match error.kind() {
                RequestErrorKind::NoResponders => Unanswered::Never(NoJetStream.into()),
                _ => Unanswered::Later(error.into()),
            })?;
            match error_of(&answer) {
                Some((_, what)) if answer["error"]["code"] == 503 && !is_off(&answer) => {
                    Err(Unanswered::Later(what.into()))
                }
                _ => Ok(answer),
            }
        })
        .await
    }
}

/// Nobody answers the server's API.
#[derive(Debug, thiserror::Error)]
#[error("JetStream is not enabled on this server or for this account")]
pub(super) struct NoJetStream;

/// Whether the answer is that there is no JetStream here.
pub(super) fn is_off(answer: &Value) -> bool {
    matches!(error_of(answer), Some((10_039 | 10_076, _)))
}

/// „sequence not found“.
const NOT_FOUND: u64 = 10_043;
/// „no message found“.
const NO_MESSAGE: u64 = 10_037;

/// The error of an answer, if it is one: its code and its words.
pub(super) fn error_of(answer: &Value) -> Option<(u64, String)> {
    let error = answer.get("error")?;
    let code = error["err_code"].as_u64().unwrap_or_default();
    let words = error["description"]
        .as_str()
        .unwrap_or("an error without words");
    Some((code, format!("{words} ({code})")))
}

fn stored(message: Message) -> Result<Stored, Unanswered> {
    let headers = message.headers.unwrap_or_default();
    let strange = || Unanswered::Never("an answer without subject or sequence".into());
    Ok(Stored {
        subject: headers
            .get("Nats-Subject")
            .ok_or_else(strange)?
            .as_str()
            .to_owned(),
        sequence: number(Some(&headers), "Nats-Sequence").ok_or_else(strange)?,
        headers,
        payload: message.payload,
    })
}

/// So many messages a stream has, as it is described.
pub(super) fn reaches_of(info: &Value) -> u64 {
    info["state"]["last_seq"].as_u64().unwrap_or_default()
}

/// A header that is a number.
pub(super) fn number(headers: Option<&HeaderMap>, name: &str) -> Option<u64> {
    headers?.get(name)?.as_str().parse().ok()
}

fn raw(
    answer: Result<async_nats::jetstream::message::StreamMessage, RawMessageError>,
) -> Result<Option<Stored>, Unanswered> {
    match answer {
        Ok(it) => Ok(Some(Stored {
            subject: it.subject.to_string(),
            sequence: it.sequence,
            headers: it.headers,
            payload: it.payload,
        })),
        Err(error) => match error.kind() {
            LastRawMessageErrorKind::NoMessageFound => Ok(None),
            LastRawMessageErrorKind::JetStream(it)
                if it.error_code() == ErrorCode::NO_MESSAGE_FOUND =>
            {
                Ok(None)
            }
            LastRawMessageErrorKind::JetStream(it) if it.code() != 503 => {
                Err(Unanswered::Never(error.into()))
            }
            LastRawMessageErrorKind::JetStream(_) | LastRawMessageErrorKind::Other => {
                Err(Unanswered::Later(error.into()))
            }
            LastRawMessageErrorKind::InvalidSubject => Err(Unanswered::Never(error.into())),
        },
    }
}

/// Asks until there is an answer, or it is certain that there will be none, or patience is at its end.
async fn patiently<T, F: Future<Output = Result<T, Unanswered>>>(
    doing: &'static str,
    ask: impl Fn() -> F,
) -> Result<T, StoreError> {
    let begun = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(Unanswered::Later(_)) if begun.elapsed() < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(Unanswered::Later(cause) | Unanswered::Never(cause)) => {
                return Err(StoreError::new(doing, cause));
            }
        }
    }
}
