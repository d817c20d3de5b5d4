//! Rows over HTTP: `POST /api/v1/feed/{table}` takes one row as a JSON object, or many as NDJSON.
//!
//! | answer | when |
//! |---|---|
//! | 200 | recorded or known (one row), or the feed report (NDJSON) |
//! | 401, 403 | whoever asks is not known, or may not |
//! | 404 | there is no such table |
//! | 408, 413, 415 | the body came too slowly, is too large, or is compressed or neither of the two forms |
//! | 409 | the stream kept changing: send again |
//! | 422 | the row is refused; every finding is in the answer |
//! | 503 | the store cannot be asked, or a clock is wrong: send again later |

mod problem;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use leitstand_domain::table::Cells;

pub use self::problem::{Denied, Problem};
use crate::{
    Actor, Desk, Feed, FeedOptions, Finding, Mode, Outcome, Rejects, Submission, columns::Sheet,
    feed, json, wish::unknown_table,
};

/// Decides who hands in a row, and whether they may.
///
/// Asked once before a body is read, without cells; then only [`Denied::Unknown`] counts. Asked again
/// for every row.
pub trait Access: Send + Sync {
    /// The actor of a row.
    ///
    /// # Errors
    /// Nobody is known by these headers, or whoever is may not hand in this row.
    fn actor(&self, headers: &HeaderMap, table: &str, cells: &Cells) -> Result<Actor, Denied>;
}

impl<F> Access for F
where
    F: Fn(&HeaderMap, &str, &Cells) -> Result<Actor, Denied> + Send + Sync,
{
    fn actor(&self, headers: &HeaderMap, table: &str, cells: &Cells) -> Result<Actor, Denied> {
        self(headers, table, cells)
    }
}

/// How much a request may hold, and how long its body may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one row.
    pub row: usize,
    /// Bytes of many rows.
    pub rows: usize,
    /// How long the body may take to arrive.
    pub body: Duration,
}

impl Default for Limits {
    /// 2 MiB, 64 MiB, 60 seconds.
    fn default() -> Self {
        Self {
            row: 2 << 20,
            rows: 64 << 20,
            body: Duration::from_mins(1),
        }
    }
}

#[derive(Clone)]
struct Intake {
    desk: Arc<Desk>,
    access: Arc<dyn Access>,
    limits: Limits,
}

/// The routes of the intake.
pub fn router(desk: Arc<Desk>, access: Arc<dyn Access>, limits: Limits) -> Router {
    Router::new()
        .route("/api/v1/feed/{table}", post(take))
        .with_state(Intake {
            desk,
            access,
            limits,
        })
}

/// The two forms a body may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Row,
    Rows,
}

async fn take(
    State(intake): State<Intake>,
    Path(table): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = async {
        let Some(sheet) = Sheet::of(&table) else {
            return Err(Problem::of_finding(
                StatusCode::NOT_FOUND,
                unknown_table(&table),
            ));
        };
        let table = sheet.name();
        if let Err(denied @ Denied::Unknown) = intake.access.actor(&headers, table, &Cells::new()) {
            return Err(denied.into());
        }
        let form = form(&headers)?;
        let bytes = intake.read(body, form).await?;
        match form {
            Form::Row => intake.row(table, &headers, &bytes).await,
            Form::Rows => intake.rows(table, &headers, bytes).await,
        }
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

impl Intake {
    async fn read(&self, body: Body, form: Form) -> Result<Vec<u8>, Problem> {
        let most = if form == Form::Row {
            self.limits.row
        } else {
            self.limits.rows
        };
        let collected = Limited::new(body, most).collect();
        match tokio::time::timeout(self.limits.body, collected).await {
            Err(_) => Err(Problem::slow()),
            Ok(Ok(bytes)) => Ok(bytes.to_bytes().into()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::large(most)),
            Ok(Err(_)) => Err(Problem::broken()),
        }
    }

    async fn row(
        &self,
        table: &str,
        headers: &HeaderMap,
        bytes: &[u8],
    ) -> Result<Response, Problem> {
        let refused = |findings| Problem::refused(table, findings);
        let (cells, findings) = json::cells(bytes).map_err(|it| refused(vec![it]))?;
        if !findings.is_empty() {
            return Err(refused(findings));
        }
        let actor = self.access.actor(headers, table, &cells)?;
        let outcome = self
            .desk
            .record(Submission::new(table, cells, actor))
            .await?;
        let word = outcome.word();
        match outcome {
            Outcome::Rejected(findings) => Err(refused(findings)),
            Outcome::Accepted { position } | Outcome::Known { position } => {
                let position = position.as_json();
                let answer = serde_json::json!({ "outcome": word, "position": position });
                Ok(Json(answer).into_response())
            }
        }
    }

    async fn rows(
        &self,
        table: &'static str,
        headers: &HeaderMap,
        bytes: Vec<u8>,
    ) -> Result<Response, Problem> {
        // Looking at millions of lines is work for a thread of its own.
        let opened = tokio::task::spawn_blocking(move || Feed::lines("", &*bytes, Some(table)));
        let rows = opened.await.map_err(|_| Problem::broken())??;
        let admit = |table: &str, cells: &Cells| -> Result<Actor, Finding> {
            self.access
                .actor(headers, table, cells)
                .map_err(Finding::from)
        };
        let options = FeedOptions {
            mode: Mode::Record,
            rejects: Rejects::Nowhere,
            ..FeedOptions::default()
        };
        Ok(Json(feed(&self.desk, rows, &admit, options).await?).into_response())
    }
}

/// What the content type says the body is.
fn form(headers: &HeaderMap) -> Result<Form, Problem> {
    let encoded = headers.get(header::CONTENT_ENCODING);
    if encoded.is_some_and(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::encoded());
    }
    let stated = headers
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.to_str().ok());
    let essence = stated.map(|it| {
        it.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase()
    });
    match essence.as_deref() {
        Some("application/json") => Ok(Form::Row),
        Some("application/x-ndjson" | "application/ndjson" | "application/jsonl") => Ok(Form::Rows),
        _ => Err(Problem::unsupported()),
    }
}
