//! Questions over NATS: every answer is an endpoint of the micro service `leitstand`.
//!
//! The body is a JSON object of the options HTTP takes in its query string, or empty; the answer has the
//! same bytes. A no is in the headers, as `nats micro` expects it: the code and the sentence in
//! `Nats-Service-Error`, the status as over HTTP in `Nats-Service-Error-Code`.

use std::sync::Arc;

use async_nats::{
    Client,
    service::{Service, ServiceExt as _, endpoint::Endpoint, error::Error},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use leitstand_ingest::nats::{Subjects, options, takes_replies};
use leitstand_projections::answers;
use leitstand_reports::{Library, Problem, api};
use tokio::sync::Semaphore;

/// The name of the service.
const NAME: &str = "leitstand";
/// So many questions may be under way; more wait.
const AT_ONCE: usize = 256;

/// Begins to answer.
pub(super) async fn begin(
    client: &Client,
    subjects: &Subjects,
    library: &Library,
) -> Result<Service, async_nats::Error> {
    let service = client
        .service_builder()
        .description("Answers of the programme, for any day, as known on any day")
        .queue_group(NAME)
        .start(NAME, env!("CARGO_PKG_VERSION"))
        .await?;
    let group = service.group(subjects.ask());
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let names = answers::ALL.iter().map(|it| it.name).chain([api::EXPLAIN]);
    for name in names {
        let endpoint = group.endpoint_builder().name(name).add(name).await?;
        let (client, library, places) = (client.clone(), library.clone(), Arc::clone(&places));
        tokio::spawn(answer_all(name, endpoint, client, library, places));
    }
    Ok(service)
}

/// Answers every question of one kind until the service ends.
async fn answer_all(
    name: &'static str,
    mut endpoint: Endpoint,
    client: Client,
    library: Library,
    places: Arc<Semaphore>,
) {
    while let Some(request) = endpoint.next().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let reply = request.message.reply.as_deref();
        if !reply.is_some_and(takes_replies) {
            // Nobody asks, or somebody to whom the answer would not be a reply.
            continue;
        }
        let (library, most) = (library.clone(), client.max_payload());
        tokio::spawn(async move {
            let answer = answer(name, &library, &request.message.payload, most).await;
            if let Err(error) = request.respond(answer).await {
                tracing::warn!(name, %error, "an answer could not be told");
            }
            drop(place);
        });
    }
}

async fn answer(name: &str, library: &Library, asked: &[u8], most: usize) -> Result<Bytes, Error> {
    let options = options(asked).map_err(|finding| Error {
        code: 400,
        status: format!("{}: {}", finding.code, finding.message),
    })?;
    let answer = api::ask(library, name, &options)
        .await
        .map_err(|it| told(&it))?;
    if answer.len() > most {
        return Err(Error {
            code: 413,
            status: format!(
                "answer_too_large: Die Antwort hat {} Byte, dieser NATS-Server überträgt höchstens {most}; bitte mit limit und cursor in Teilen fragen.",
                answer.len()
            ),
        });
    }
    Ok(answer)
}

/// On one line: it goes into a header.
fn told(problem: &Problem) -> Error {
    let mut status = format!("{}: {}", problem.code, problem.detail);
    status.retain(|it| !it.is_control());
    Error {
        code: problem.status.as_u16().into(),
        status,
    }
}
