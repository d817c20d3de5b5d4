//! `GET /api/v1/events`: the log over HTTP, as a batch of `CloudEvents`.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use leitstand_ingest::cloud_event;
use leitstand_reports::Problem;
use leitstand_store::Position;

use super::Shared;

/// So many events if nobody says how many.
const USUAL: usize = 1_000;
/// So many at most.
const MOST: usize = 10_000;

/// The route.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/v1/events", get(events))
        .with_state(shared)
}

async fn events(
    State(shared): State<Arc<Shared>>,
    options: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, Problem> {
    let wrong = |code: &'static str, de, en| Problem::new(StatusCode::BAD_REQUEST, code, [de, en]);
    let Query(options) = options.map_err(|_| {
        wrong(
            "bad_query",
            "Die Angaben hinter dem „?“ sind nicht lesbar.",
            "What stands after the `?` cannot be read.",
        )
    })?;
    let (mut after, mut limit) = (0, USUAL);
    for (name, value) in &options {
        let number = value.parse::<u64>().map_err(|_| {
            wrong(
                "bad_number",
                "after und limit sind ganze Zahlen.",
                "after and limit are whole numbers.",
            )
        });
        match name.as_str() {
            "after" => after = number?,
            "limit" => limit = usize::try_from(number?).unwrap_or(MOST).clamp(1, MOST),
            _ => {
                return Err(wrong(
                    "unknown_parameter",
                    "Möglich sind: after, limit.",
                    "Possible are: after, limit.",
                ));
            }
        }
    }
    let page = shared
        .opened
        .store
        .page(Position::from_json(after), limit)
        .await
        .map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the log could not be read"
            );
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "store_unreachable",
                [
                    "Der Speicher ist nicht erreichbar; bitte später fragen.",
                    "The store cannot be reached; ask again later.",
                ],
            )
        })?;
    let events: Vec<String> = page
        .iter()
        .map(|it| cloud_event::json(it, &shared.programme))
        .collect();
    let body = format!("[{}]\n", events.join(",\n"));
    let headers = [
        (header::CONTENT_TYPE, "application/cloudevents-batch+json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let mut response = (headers, body).into_response();
    if let Some(last) = page.last().filter(|_| page.len() == limit) {
        let next = format!(
            "</api/v1/events?after={}&limit={limit}>; rel=\"next\"",
            last.position.as_json()
        );
        if let Ok(next) = next.parse() {
            response.headers_mut().insert(header::LINK, next);
        }
    }
    Ok(response)
}
