//! The read API: answers, explanations and the first page over HTTP.

use std::fmt::Write as _;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use leitstand_projections::{NoAnswer, answer::Kind, answers};

use crate::{Dialect, Format, Library, Problem, Question, Rendered, library::Wanted, page};

/// Options of a query string, decoded.
pub(crate) type Options = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// Routes for every answer of the registry, for `explain`, and for the first page.
pub fn router(library: Library) -> Router {
    let mut router = Router::new()
        .route("/", get(page::start))
        .route("/stand.css", get(page::style))
        .route("/api/v1/explain", get(explain_by_query))
        .route(
            "/api/v1/explain/{answer}/{row}/{field}",
            get(explain_by_path),
        );
    for kind in answers::ALL {
        let handle =
            move |State(library): State<Library>,
                  options: Options,
                  headers: HeaderMap,
                  uri: Uri| { answer(kind, library, options, headers, uri) };
        router = router.route(&format!("/api/v1/{}", kind.name), get(handle));
    }
    router.with_state(library)
}

async fn answer(
    kind: &'static Kind,
    library: Library,
    options: Options,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let question = read(&pairs(options)?, &library)?;
    let format = question.format.unwrap_or_else(|| negotiated(&headers));
    let view = question.ask.view;
    let rendered = rendered(kind, &library, question, format, has(&headers)).await?;
    let mut headers = common(&rendered.etag);
    let Some(text) = rendered.text else {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    };
    set(&mut headers, header::CONTENT_TYPE, format.content_type());
    if matches!(format, Format::Csv(_)) {
        let name = format!("attachment; filename=\"{}_{}.csv\"", view.as_of, kind.name);
        set(&mut headers, header::CONTENT_DISPOSITION, &name);
    }
    if let Some(cursor) = &rendered.cursor {
        set(&mut headers, header::LINK, &next(&uri, cursor));
    }
    // Also of a text in pieces whoever asks knows how long it is.
    set(
        &mut headers,
        header::CONTENT_LENGTH,
        &text.len().to_string(),
    );
    Ok((headers, Body::from(text)).into_response())
}

/// Why a figure is what it is: asked like an answer, with `answer`, `row` and `field` beside the options.
pub const EXPLAIN: &str = "explain";

/// An answer's text, or an explanation ([`EXPLAIN`]), without HTTP: for the same options the same bytes.
///
/// # Errors
/// No such answer, an option that is wrong, or a position that is not reached.
pub async fn ask(
    library: &Library,
    name: &str,
    options: &[(String, String)],
) -> Result<Bytes, Problem> {
    if name == EXPLAIN {
        let (asked, options) = explained(options.to_vec(), AS_JSON)?;
        return Ok(explanation(library, asked, &options).await?.into());
    }
    let kind = answers::by_name(name).ok_or_else(|| NoAnswer::Unknown(name.to_owned()))?;
    let question = read(options, library)?;
    let format = question.format.unwrap_or(Format::Json);
    let rendered = rendered(kind, library, question, format, String::new()).await?;
    Ok(rendered.text.unwrap_or_default().whole())
}

/// The position a question waits for, if it demands one; `None` also where it is not one that is answered.
#[must_use]
pub fn reaches(library: &Library, name: &str, options: &[(String, String)]) -> Option<u64> {
    let question = if name == EXPLAIN {
        let (_, options) = explained(options.to_vec(), AS_JSON).ok()?;
        read(&options, library)
    } else {
        read(options, library)
    };
    question.ok()?.reaches()
}

async fn rendered(
    kind: &'static Kind,
    library: &Library,
    question: Question,
    format: Format,
    has: String,
) -> Result<Rendered, Problem> {
    library.reached(question.reaches()).await?;
    let form = match format {
        Format::Csv(Dialect::Standard) => "csv",
        Format::Csv(Dialect::German) => "csv-de",
        Format::Json | Format::Table => "json",
    };
    let wanted = Wanted {
        name: kind.name,
        form,
        ask: question.ask,
        has,
    };
    library
        .render(wanted, move |facts, ask| {
            let (pieces, cursor) = format.answer(kind, facts, ask)?;
            Ok((pieces.into(), cursor))
        })
        .await
}

async fn explain_by_path(
    State(library): State<Library>,
    Path((answer, row, field)): Path<(String, String, String)>,
    options: Options,
) -> Result<Response, Problem> {
    explain(library, [answer, row, field], pairs(options)?).await
}

async fn explain_by_query(
    State(library): State<Library>,
    options: Options,
) -> Result<Response, Problem> {
    let (asked, options) = explained(pairs(options)?, IN_QUERY)?;
    explain(library, asked, options).await
}

/// What is to be explained, in a query string and as JSON.
const IN_QUERY: &str = "?answer=funds&row=T-ORG&field=free";
const AS_JSON: &str = r#"{"answer":"funds","row":"T-ORG","field":"free"}"#;

/// What is to be explained, and the other options; `example` shows how to ask.
fn explained(mut options: Vec<(String, String)>, example: &str) -> Result<Explained, Problem> {
    let mut take = |name: &str| {
        let at = options.iter().position(|(it, _)| it == name)?;
        Some(options.remove(at).1)
    };
    let asked = [take("answer"), take("row"), take("field")];
    let [Some(answer), Some(row), Some(field)] = asked else {
        let said = [
            format!("Bitte answer, row und field angeben, z. B. {example}."),
            format!("State answer, row and field, e.g. {example}."),
        ];
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "missing_parameter",
            said.each_ref().map(String::as_str),
        ));
    };
    Ok(([answer, row, field], options))
}

/// Answer, row and field, and the other options.
type Explained = ([String; 3], Vec<(String, String)>);

async fn explain(
    library: Library,
    asked: [String; 3],
    options: Vec<(String, String)>,
) -> Result<Response, Problem> {
    let text = explanation(&library, asked, &options).await?;
    let mut headers = HeaderMap::new();
    set(&mut headers, header::CONTENT_TYPE, "application/json");
    set(&mut headers, header::CACHE_CONTROL, "no-store");
    Ok((headers, text).into_response())
}

async fn explanation(
    library: &Library,
    [answer, row, field]: [String; 3],
    options: &[(String, String)],
) -> Result<String, Problem> {
    let question = read(options, library)?;
    library.reached(question.reaches()).await?;
    let explanation = library.explain(question.ask, answer, row, field).await?;
    Ok(explanation.to_json().to_string())
}

pub(crate) fn pairs(options: Options) -> Result<Vec<(String, String)>, Problem> {
    options.map(|Query(it)| it).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad_query",
            [
                "Die Angaben hinter dem „?“ sind nicht lesbar.",
                "What stands after the `?` cannot be read.",
            ],
        )
    })
}

pub(crate) fn read(options: &[(String, String)], library: &Library) -> Result<Question, Problem> {
    let options = options
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(Question::read(options, library.today())?)
}

/// CSV if it is asked for before JSON.
fn negotiated(headers: &HeaderMap) -> Format {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    let first = accept
        .split(',')
        .map(|it| it.split(';').next().unwrap_or_default().trim());
    let wanted = first
        .into_iter()
        .find(|it| matches!(*it, "text/csv" | "application/json" | "*/*" | "text/html"));
    if wanted == Some("text/csv") {
        Format::Csv(Dialect::Standard)
    } else {
        Format::Json
    }
}

/// The names of texts that whoever asks has already.
pub(crate) fn has(headers: &HeaderMap) -> String {
    let stated = headers.get(header::IF_NONE_MATCH);
    stated
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

/// Headers of everything that may be asked again.
pub(crate) fn common(etag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, header::ETAG, etag);
    set(&mut headers, header::CACHE_CONTROL, "private, no-cache");
    set(&mut headers, header::VARY, "accept, authorization");
    headers
}

pub(crate) fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The address of the next rows.
fn next(uri: &Uri, cursor: &str) -> String {
    let kept = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|it| !it.is_empty() && !it.starts_with("cursor="));
    let query: Vec<String> = kept
        .map(str::to_owned)
        .chain([format!("cursor={}", encoded(cursor))])
        .collect();
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))
}

/// Percent-encoded for a query string.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests;
