//! Questions over NATS: every answer is an endpoint of the micro service `leitstand`.
//!
//! The body is a JSON object of the options HTTP takes in its query string, or empty; the answer has the
//! same bytes. A no is in the headers, as `nats micro` expects it: the code and the English sentence in
//! `Nats-Service-Error`, the status as over HTTP in `Nats-Service-Error-Code`; and both sentences as a dead letter
//! has them.

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_nats::{
    Client, HeaderMap,
    service::{Request, Service, ServiceExt as _, endpoint::Endpoint, error::Error},
};
use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::StreamExt as _;
use leitstand_ingest::nats::{Subjects, options, takes_replies};
use leitstand_projections::answers;
use leitstand_reports::{Library, Problem, api};
use tokio::sync::{Semaphore, mpsc};

/// The name of the service.
const NAME: &str = "leitstand";
/// So many questions may be under way; more wait.
const AT_ONCE: usize = 256;
/// So many questions may wait for a position that is not reached; more are told to come again, so that those
/// who need not wait never do.
const WAITING: usize = 256;

/// So many bytes of questions may be here; whoever sends more is told to come again.
const BYTES: usize = 16 << 20;
/// What a question takes beside its bytes.
const QUESTION: usize = 1 << 10;

/// So many bytes of a sentence stand in a header: whoever asks may name what has no end.
const SENTENCE: usize = 2 << 10;

/// Places of questions.
#[derive(Clone)]
struct Places {
    /// Kept as long as something is to be answered.
    answers: mpsc::Sender<Infallible>,
    under_way: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

/// The service that answers.
pub(super) struct Questions {
    service: Service,
    /// Ends when everything was answered.
    answering: mpsc::Receiver<Infallible>,
}

impl Questions {
    /// Begins to answer.
    pub(super) async fn begin(
        client: &Client,
        subjects: &Subjects,
        library: &Library,
    ) -> Result<Self, async_nats::Error> {
        let service = client
            .service_builder()
            .description("Answers of the programme, for any day, as known on any day")
            .queue_group(NAME)
            .start(NAME, env!("CARGO_PKG_VERSION"))
            .await?;
        let group = service.group(subjects.ask());
        let (answers, answering) = mpsc::channel(1);
        let places = Places {
            answers,
            under_way: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            bytes: Arc::new(Semaphore::new(BYTES)),
        };
        let names = answers::ALL.iter().map(|it| it.name).chain([api::EXPLAIN]);
        for name in names {
            let endpoint = group.endpoint_builder().name(name).add(name).await?;
            let (client, library, places) = (client.clone(), library.clone(), places.clone());
            tokio::spawn(answer_all(name, endpoint, client, library, places));
        }
        Ok(Self { service, answering })
    }

    /// Takes no more questions and answers those that came, as far as that can be done in so long.
    pub(super) async fn end(mut self, patience: Duration) {
        let _stopped = self.service.stop().await;
        let answered = tokio::time::timeout(patience, self.answering.recv()).await;
        if answered.is_err() {
            tracing::warn!("the last questions were not answered in time");
        }
    }
}

/// Answers every question of one kind until the service ends.
async fn answer_all(
    name: &'static str,
    mut endpoint: Endpoint,
    client: Client,
    library: Library,
    places: Places,
) {
    while let Some(request) = endpoint.next().await {
        let reply = request.message.reply.as_deref();
        if !reply.is_some_and(takes_replies) {
            // Nobody asks, or somebody to whom the answer would not be a reply.
            continue;
        }
        let needed = (request.message.length + QUESTION).min(BYTES);
        let room = u32::try_from(needed).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&places.bytes).try_acquire_many_owned(room) else {
            // Taken off at once: what waited further up nobody would count.
            tell(name, &request, Err(busy(TOO_MANY))).await;
            continue;
        };
        let (client, library, places) = (client.clone(), library.clone(), places.clone());
        tokio::spawn(async move {
            let answers = places.answers;
            let options = options(&request.message.payload);
            let reaches = options.as_ref().ok();
            let reaches = reaches.and_then(|it| api::reaches(&library, name, it));
            let place = if reaches.is_some_and(|it| library.position() < it) {
                Arc::clone(&places.waiting).try_acquire_owned().ok()
            } else {
                places.under_way.acquire_owned().await.ok()
            };
            let answer = match (&place, options) {
                (None, _) => Err(busy(TOO_MANY_WAIT)),
                (_, Err(finding)) => {
                    let said = [finding.message.as_str(), finding.message_en.as_str()];
                    Err(Problem::new(StatusCode::BAD_REQUEST, finding.code, said))
                }
                (Some(_), Ok(options)) => {
                    answer(name, &library, &options, client.max_payload()).await
                }
            };
            tell(name, &request, answer).await;
            drop((place, room, answers));
        });
    }
}

async fn tell(name: &str, request: &Request, answer: Result<Bytes, Problem>) {
    let headers = answer.as_ref().err().map_or_else(HeaderMap::new, sentences);
    let answer = answer.map_err(|it| told(&it));
    if let Err(error) = request.respond_with_headers(answer, headers).await {
        tracing::warn!(name, %error, "an answer could not be told");
    }
}

async fn answer(
    name: &str,
    library: &Library,
    options: &[(String, String)],
    most: usize,
) -> Result<Bytes, Problem> {
    let answer = api::ask(library, name, options).await?;
    if answer.len() > most {
        let bytes = answer.len();
        let said = [
            format!(
                "Die Antwort hat {bytes} Byte, dieser NATS-Server überträgt höchstens {most}; bitte mit limit und cursor in Teilen fragen."
            ),
            format!(
                "The answer has {bytes} bytes, this NATS server takes {most} at most; ask in parts, with limit and cursor."
            ),
        ];
        let said = said.each_ref().map(String::as_str);
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "answer_too_large",
            said,
        ));
    }
    Ok(answer)
}

/// More is asked than is kept.
const TOO_MANY: [&str; 2] = [
    "Es warten schon zu viele Fragen; bitte die Antworten abwarten und noch einmal fragen.",
    "Too many questions wait already; wait for their answers and ask again.",
];
const TOO_MANY_WAIT: [&str; 2] = [
    "Zu viele Fragen warten auf eine Position, die noch nicht erreicht ist; bitte später fragen.",
    "Too many questions wait for a position that is not reached yet; ask later.",
];

fn busy(said: [&str; 2]) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", said)
}

fn told(problem: &Problem) -> Error {
    Error {
        code: problem.status.as_u16().into(),
        status: line(&format!("{}: {}", problem.code, problem.detail_en)),
    }
}

/// What is wrong in both languages.
fn sentences(problem: &Problem) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Leitstand-Message", line(&problem.detail));
    headers.insert("Leitstand-Message-En", line(&problem.detail_en));
    headers
}

/// On one line that is not too long: it goes into a header.
fn line(text: &str) -> String {
    let mut line = text.replace(char::is_control, "");
    if SENTENCE < line.len() {
        line.truncate(line.floor_char_boundary(SENTENCE));
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_one_line_that_ends() {
        assert_eq!(line("ein\r\nSatz"), "einSatz");
        let long = line(&"ü".repeat(1_000_000));
        assert!(long.len() <= SENTENCE + 3 && long.ends_with("ü…"));
    }
}
