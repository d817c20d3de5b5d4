//! What is around every route: access, time limit, panics, metrics.

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use leitstand_reports::Problem;
use tower_http::catch_panic::CatchPanicLayer;

use super::access::{self, Gate};

/// How long a request may take.
const REQUEST: Duration = Duration::from_secs(30);
/// How long many rows may take to be recorded once they have arrived; the intake limits the arriving.
const FEED: Duration = Duration::from_mins(10);

/// Puts everything around the routes.
pub(super) fn around(routes: Router, gate: Arc<Gate>) -> Router {
    routes
        .fallback(async || Problem::no_such_page())
        .method_not_allowed_fallback(async || {
            let said = [
                "Das geht unter dieser Adresse nicht; was geht, beschreibt /api/openapi.json.",
                "That cannot be done at this address; /api/openapi.json describes what can.",
            ];
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", said)
        })
        .layer(from_fn(told_as_problem))
        .layer(from_fn_with_state(gate, access::admit))
        .layer(from_fn(in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(measured))
}

/// What the framework refuses in plain words (a path that cannot be decoded, say) is told in the one form.
async fn told_as_problem(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|it| it.as_bytes().starts_with(b"text/plain"));
    if plain && (status.is_client_error() || status.is_server_error()) {
        let said = [
            "Die Anfrage ist so nicht lesbar; wie sie aussieht, beschreibt /api/openapi.json.",
            "The request cannot be read as it is; /api/openapi.json describes what it looks like.",
        ];
        return Problem::new(status, "bad_request", said).into_response();
    }
    response
}

async fn in_time(request: Request, next: Next) -> Response {
    let limit = if request.method() == Method::POST {
        FEED
    } else {
        REQUEST
    };
    within(limit, next.run(request)).await
}

/// What is answered in time, or that it was not.
async fn within(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(limit, answer)
        .await
        .unwrap_or_else(|_| {
            let said = [
                "Die Anfrage hat zu lange gedauert; bitte später noch einmal fragen.",
                "The request took too long; ask again later.",
            ];
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "request_timeout", said).into_response()
        })
}

/// The log says where; what a panic says may quote a cell.
fn panicked(_what: Box<dyn Any + Send>) -> Response {
    Problem::internal().into_response()
}

async fn measured(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    };
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |it| it.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_str().to_owned();
    let took = begun.elapsed();
    let labels = [
        ("method", method.to_owned()),
        ("route", route.clone()),
        ("status", status.clone()),
    ];
    metrics::histogram!("leitstand_http_request_duration_seconds", &labels)
        .record(took.as_secs_f64());
    tracing::debug!(target: "leitstand::access", method, route, status, duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "request");
    response
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use axum::http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn what_takes_too_long_is_told_as_such() {
        let soon = Duration::from_millis(5);
        let answer = within(soon, pending()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await;
        let body = String::from_utf8(body.expect("a body").to_vec()).expect("UTF-8");
        assert!(body.contains("\"code\":\"request_timeout\""), "{body}");
        let well = within(soon, ready(StatusCode::OK.into_response())).await;
        assert_eq!(well.status(), StatusCode::OK);
    }
}
