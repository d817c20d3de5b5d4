use std::sync::Arc;

use axum::{body::Body, http::Request};
use leitstand_projections::Day;
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::*;
use crate::SharedFacts;

/// A library of a log without events, or of one that is not read yet.
fn library(is_read: bool) -> Router {
    let (folded, is_read) = (watch::channel(0).1, watch::channel(is_read).1);
    let (facts, today) = (SharedFacts::default(), Arc::new(|| Day::FIRST));
    router(Library::new(facts, folded, is_read, today))
}

async fn ask(address: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::builder().uri(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = library(true).oneshot(request).await.expect("a response");
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    (
        head.status,
        head.headers,
        String::from_utf8(bytes.to_vec()).expect("text"),
    )
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn every_answer_of_the_registry_has_its_address() {
    for kind in answers::ALL {
        let (status, headers, body) =
            ask(&format!("/api/v1/{}?as_of=2024-12-31", kind.name), &[]).await;
        // These need to be told of what.
        if ["shares", "changes", "trail"].contains(&kind.name) {
            assert_eq!(
                (status, header(&headers, "content-type").as_str()),
                (StatusCode::BAD_REQUEST, "application/problem+json")
            );
            continue;
        }
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(
            (status, &answer["as_of"]),
            (StatusCode::OK, &"2024-12-31".into())
        );
        // The outlook has its three years, also of nothing.
        let years = if kind.name == "outlook" { 3 } else { 0 };
        assert_eq!(answer["rows"].as_array().map(Vec::len), Some(years));
    }
}

#[tokio::test]
async fn what_is_wrong_is_a_problem_with_a_stable_code() {
    for (address, status, code) in [
        ("/api/v1/status?asof=2024-12-31", 400, "unknown_parameter"),
        ("/api/v1/status?as_of=gestern", 400, "bad_date"),
        ("/api/v1/status?limit=0", 400, "bad_number"),
        ("/api/v1/status?format=xml", 400, "bad_format"),
        (
            "/api/v1/explain?answer=status&row=x",
            400,
            "missing_parameter",
        ),
        ("/api/v1/explain/nothing/x/y", 404, "unknown_answer"),
        ("/api/v1/explain/status/x%2Fy/stale", 404, "not_found"),
        (
            "/api/v1/explain?answer=status&row=x/y&field=stale",
            404,
            "not_found",
        ),
    ] {
        let (found, headers, body) = ask(address, &[]).await;
        let problem: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(
            (found.as_u16(), &problem["code"]),
            (status, &code.into()),
            "{address}"
        );
        assert_eq!(problem["status"], status);
        assert_eq!(header(&headers, "content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn a_position_that_does_not_come_is_waited_for_and_then_said() {
    let (status, _, body) = ask("/api/v1/status?min_position=7", &[]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("position_not_reached"), "{body}");
    assert_eq!(
        ask("/api/v1/status?min_position=0", &[]).await.0,
        StatusCode::OK
    );
}

/// An empty programme is no answer of a log that was not read.
#[tokio::test]
async fn nobody_is_answered_from_a_log_that_is_not_read() {
    for address in ["/", "/api/v1/status", "/api/v1/explain/status/x/stale"] {
        let request = Request::builder().uri(address).body(Body::empty());
        let response = library(false).oneshot(request.expect("a request")).await;
        let status = response.expect("a response").status();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{address}");
    }
}

#[tokio::test]
async fn whoever_has_the_text_is_not_sent_it_again() {
    for address in ["/api/v1/status", "/"] {
        let etag = header(&ask(address, &[]).await.1, "etag");
        let (status, headers, body) =
            ask(address, &[("if-none-match", &format!("\"x\", W/{etag}"))]).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(header(&headers, "etag"), etag);
        let (status, _, _) = ask(
            &format!("{address}?as_of=2024-12-31"),
            &[("if-none-match", &etag)],
        )
        .await;
        assert_eq!(status, StatusCode::OK, "another question is another text");
    }
}

#[tokio::test]
async fn csv_comes_by_option_or_by_accept() {
    for (address, accept, kind) in [
        (
            "/api/v1/status",
            "text/csv",
            "text/csv; charset=utf-8; header=present",
        ),
        (
            "/api/v1/status",
            "application/json, text/csv",
            "application/json",
        ),
        ("/api/v1/status", "*/*", "application/json"),
        (
            "/api/v1/status?format=csv-de",
            "application/json",
            "text/csv; charset=utf-8; header=present",
        ),
    ] {
        let (_, headers, _) = ask(address, &[("accept", accept)]).await;
        assert_eq!(header(&headers, "content-type"), kind, "{address} {accept}");
    }
    let (_, headers, _) = ask("/api/v1/status?format=csv&as_of=2024-12-31", &[]).await;
    assert_eq!(
        header(&headers, "content-disposition"),
        "attachment; filename=\"2024-12-31_status.csv\""
    );
}

#[tokio::test]
async fn the_first_page_says_what_is_there_and_runs_nothing() {
    let (status, headers, body) = ask("/?as_of=2024-12-31", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(header(&headers, "content-security-policy").starts_with("default-src 'none'"));
    assert!(
        body.contains("lang=\"de\"") && body.contains("noch keine Säule erfasst"),
        "{body}"
    );
    assert!(
        !body.contains("<script") && !body.contains("style="),
        "{body}"
    );
    let (status, _, body) = ask("/?as_of=%3Cscript%3E", &[]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        body.contains("role=\"alert\"") && !body.contains("<script"),
        "{body}"
    );
}

#[test]
fn the_address_of_the_next_rows_keeps_the_question() {
    let uri: Uri = "/api/v1/status?as_of=2024-12-31&cursor=a&limit=1"
        .parse()
        .expect("an address");
    assert_eq!(
        next(&uri, "b/ä"),
        "</api/v1/status?as_of=2024-12-31&limit=1&cursor=b%2F%C3%A4>; rel=\"next\""
    );
}
