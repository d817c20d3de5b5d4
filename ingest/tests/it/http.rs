//! The intake over HTTP.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode},
};
use http_body_util::{BodyExt, channel::Channel};
use leitstand_domain::table::Cells;
use leitstand_ingest::{
    Actor,
    http::{Denied, Limits, router},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::Office;

fn access(headers: &HeaderMap, _table: &str, cells: &Cells) -> Result<Actor, Denied> {
    if !headers.contains_key("authorization") {
        return Err(Denied::Unknown);
    }
    if cells.get("id").is_some_and(|it| it == "T-VERBOTEN") {
        return Err(Denied::Forbidden {
            de: "Nicht dieser Topf".into(),
            en: "Not this pot".into(),
        });
    }
    Actor::new("fitko").map_err(|_| Denied::Unknown)
}

fn limits() -> Limits {
    Limits {
        row: 10_000,
        rows: 50_000,
        body: Duration::from_millis(200),
    }
}

async fn service() -> (Office, Router) {
    let office = Office::begun().await;
    let router = router(Arc::clone(&office.desk), Arc::new(access), limits());
    (office, router)
}

async fn post(
    router: &Router,
    table: &str,
    kind: &str,
    body: impl Into<Body>,
) -> (StatusCode, Value, HeaderMap) {
    let request = Request::post(format!("/api/v1/feed/{table}"))
        .header("content-type", kind)
        .header("authorization", "Bearer x")
        .body(body.into())
        .expect("a request");
    send(router, request).await
}

async fn send(router: &Router, request: Request<Body>) -> (StatusCode, Value, HeaderMap) {
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    (
        status,
        serde_json::from_slice(&bytes).expect("JSON"),
        headers,
    )
}

const POT: &str = r#"{"id": "T-1", "fiscal_year": 2026, "amount": 1234567.50, "resolved_on": "01.02.2026", "title": null}"#;

#[tokio::test]
async fn a_row_is_accepted_then_known_then_refused() {
    let (office, router) = service().await;
    let (status, answer, _) = post(&router, "pots", "application/json; charset=utf-8", POT).await;
    assert_eq!(status, StatusCode::OK);
    let position = office
        .log()
        .await
        .last()
        .expect("an event")
        .position
        .as_json();
    assert_eq!(answer, json!({"outcome": "accepted", "position": position}));
    let (_, answer, _) = post(&router, "pots", "application/json", POT).await;
    assert_eq!(answer, json!({"outcome": "known", "position": position}));
    let other = POT.replace("1234567.50", "1.234");
    let (status, answer, headers) = post(&router, "pots", "application/json", other).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(answer["type"], "urn:leitstand:problem:ambiguous_amount");
    assert_eq!(
        (&answer["status"], &answer["code"], &answer["field"]),
        (&json!(422), &json!("ambiguous_amount"), &json!("amount"))
    );
    assert_eq!(answer["findings"][0]["value"], "1.234");
    let log = office.log().await;
    assert_eq!(log.last().map(|it| &*it.actor), Some("fitko"));
    assert!(
        log.last()
            .is_some_and(|it| it.payload.contains("\"1234567.50\""))
    );
}

#[tokio::test]
async fn a_row_that_is_no_flat_object_is_refused() {
    let (_office, router) = service().await;
    for (body, code) in [
        ("[]", "bad_json"),
        ("{\"id\": {}}", "nested_value"),
        ("{\"id\": 1, \"id\": 2}", "duplicate_column"),
    ] {
        let (status, answer, _) = post(&router, "pots", "application/json", body).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(code))
        );
    }
}

#[tokio::test]
async fn lines_are_answered_with_the_feed_report() {
    let (_office, router) = service().await;
    let lines = format!(
        "{POT}\n{}\n{}\n",
        POT.replace("T-1", "T-VERBOTEN"),
        POT.replace("2026,", "26,")
    );
    let (status, answer, _) = post(&router, "pots", "application/x-ndjson", lines).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["accepted"], 1);
    assert_eq!(answer["rejected"], 2);
    assert_eq!(answer["findings"][0]["code"], "not_allowed");
    assert_eq!(answer["findings"][1]["code"], "bad_year");
    assert_eq!(answer["findings"][1]["row"], 3);
}

#[tokio::test]
async fn whoever_may_not_is_told_so_before_the_body_is_read() {
    let (office, router) = service().await;
    let before = office.log().await.len();
    let (_sender, never) = never();
    let request = Request::post("/api/v1/feed/pots")
        .header("content-type", "application/json")
        .body(never);
    let (status, answer, headers) = send(&router, request.expect("a request")).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::UNAUTHORIZED, &json!("not_authenticated"))
    );
    assert!(headers.contains_key("www-authenticate"));
    let body = POT.replace("T-1", "T-VERBOTEN");
    let (status, answer, _) = post(&router, "pots", "application/json", body).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::FORBIDDEN, &json!("not_allowed"))
    );
    assert_eq!(office.log().await.len(), before);
}

#[tokio::test]
async fn requests_of_the_wrong_form_are_refused_as_such() {
    let (_office, router) = service().await;
    let code = async |table: &str, kind: &str, body: Body| {
        let (status, answer, _) = post(&router, table, kind, body).await;
        assert_eq!(answer["status"], status.as_u16());
        (
            status.as_u16(),
            answer["code"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let big = |size: usize| Body::from("x".repeat(size));
    assert_eq!(
        code("topfe", "application/json", big(1)).await,
        (404, "unknown_table".into())
    );
    assert_eq!(
        code("pots", "text/csv", big(1)).await,
        (415, "unsupported_media_type".into())
    );
    assert_eq!(
        code("pots", "application/json", big(10_001)).await,
        (413, "body_too_large".into())
    );
    assert_eq!(
        code("pots", "application/x-ndjson", big(50_001)).await,
        (413, "body_too_large".into())
    );
    let (_sender, slow) = never();
    assert_eq!(
        code("pots", "application/json", slow).await,
        (408, "request_timeout".into())
    );
}

/// A body that never comes, as long as what it waits for is kept.
fn never() -> (impl Sized, Body) {
    let (sender, body) = Channel::<Bytes>::new(1);
    (sender, Body::new(body))
}
