//! Pages: plain HTML without scripts.

mod start;

use askama::Template as _;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

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
    library.reached(question.min_position).await?;
    let status = if error.is_some() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let form = if error.is_some() {
        "html-error"
    } else {
        "html"
    };
    let wanted = Wanted {
        name: "start",
        form,
        ask: question.ask,
    };
    if error.is_none() && api::is_known(&headers, &library.etag(&wanted)) {
        return Ok((
            StatusCode::NOT_MODIFIED,
            api::common(&library.etag(&wanted)),
        )
            .into_response());
    }
    let write = move |facts: &_, ask: &_| {
        let mut start = Start::of(facts, ask)?;
        start.error = error;
        start.render().map_err(|cause| {
            tracing::error!(
                error = &cause as &dyn std::error::Error,
                "the first page could not be written"
            );
            Problem::internal()
        })
    };
    let (text, mut headers) = if status == StatusCode::OK {
        let rendered = library
            .render(wanted, move |facts, ask| Ok((write(facts, ask)?, None)))
            .await?;
        (rendered.text.to_string(), api::common(&rendered.etag))
    } else {
        (library.once(wanted.ask, write).await?, HeaderMap::new())
    };
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
    Ok((status, headers, text).into_response())
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
