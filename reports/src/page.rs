//! Pages: plain HTML without scripts.

mod start;

use askama::Template as _;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use leitstand_projections::{Ask, Facts};

use crate::{
    BadOption, Library, Problem, Question,
    api::{self, Options},
    library::Wanted,
};
use start::Start;

/// Nothing but our own style sheet is loaded, nothing is run, nobody may frame the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The first page: the programme in one sentence, and its pillars.
pub(crate) async fn start(
    State(library): State<Library>,
    options: Options,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (question, error) = match question(&api::pairs(options)?, &library) {
        Ok(question) => (question, None),
        Err(bad) => (Question::of_today(library.today()), Some(bad.message)),
    };
    library.reached(question.reaches()).await?;
    let write = |error: Option<String>| {
        move |facts: &Facts, ask: &Ask| {
            let mut start = Start::of(facts, ask)?;
            start.error = error;
            start.render().map_err(|cause| {
                tracing::error!(
                    error = &cause as &dyn std::error::Error,
                    "the first page could not be written"
                );
                Problem::internal()
            })
        }
    };
    if error.is_some() {
        let text = library.once(question.ask, write(error)).await?;
        return Ok(html(StatusCode::BAD_REQUEST, HeaderMap::new(), text));
    }
    let wanted = Wanted {
        name: "start",
        form: "html",
        ask: question.ask,
        has: api::has(&headers),
    };
    let write = write(None);
    let rendered = library
        .render(wanted, |facts, ask| Ok((write(facts, ask)?.into(), None)))
        .await?;
    let headers = api::common(&rendered.etag);
    Ok(match rendered.text {
        Some(text) => html(StatusCode::OK, headers, text),
        None => (StatusCode::NOT_MODIFIED, headers).into_response(),
    })
}

fn html(status: StatusCode, mut headers: HeaderMap, text: impl Into<Body>) -> Response {
    api::set(
        &mut headers,
        header::CONTENT_TYPE,
        "text/html; charset=utf-8",
    );
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        api::set(&mut headers, name, value);
    }
    (status, headers, text.into()).into_response()
}

/// The page's style sheet.
pub(crate) async fn style() -> Response {
    let mut headers = HeaderMap::new();
    api::set(
        &mut headers,
        header::CONTENT_TYPE,
        "text/css; charset=utf-8",
    );
    api::set(&mut headers, header::CACHE_CONTROL, "max-age=3600");
    api::set(&mut headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    (headers, include_str!("../templates/stand.css")).into_response()
}

fn question(options: &[(String, String)], library: &Library) -> Result<Question, BadOption> {
    Question::read(
        options
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
        library.today(),
    )
}
