//! `POST /api/v1/close-year/{pot}`: closes a pot's fiscal year as `leitstand close-year` does, in the name of whoever
//! sends it.
//!
//! The body is JSON, so that no page of another site can send it: `{"closing": "provisional" | "final", "as_of": day}`,
//! both optional.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use leitstand_domain::{Day, Id, cell::Cell as _, pot::Closing};
use leitstand_ingest::{Desk, Finding, close_year, complete_pairs};
use leitstand_reports::Problem;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Gate;
use crate::clock;

/// The route.
pub(super) fn router(desk: Arc<Desk>, gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/api/v1/close-year/{pot}", post(close))
        .with_state((desk, gate))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    closing: Option<String>,
    as_of: Option<String>,
}

async fn close(
    State((desk, gate)): State<(Arc<Desk>, Arc<Gate>)>,
    Path(pot): Path<String>,
    headers: HeaderMap,
    wish: Result<Json<Wish>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(wish) = wish.map_err(|it| {
        let said = [
            "Erwartet wird JSON (Content-Type: application/json) mit höchstens „closing“ und „as_of“.",
            "JSON is expected (Content-Type: application/json) with at most `closing` and `as_of`.",
        ];
        Problem::new(it.status(), "bad_json", said)
    })?;
    let closing = match wish.closing.as_deref() {
        None => None,
        Some("provisional") => Some(Closing::Provisional),
        Some("final") => Some(Closing::Final),
        Some(_) => {
            let said = [
                "„closing“ ist provisional oder final.",
                "`closing` is provisional or final.",
            ];
            return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_closing", said));
        }
    };
    let bad = |code: &'static str| {
        move |it: leitstand_domain::cell::BadCell| {
            Problem::new(StatusCode::BAD_REQUEST, code, [&it.de, &it.en])
        }
    };
    let pot = Id::parse(&pot).map_err(bad("bad_id"))?;
    let on = wish.as_of.as_deref().map(Day::parse).transpose();
    let on = on.map_err(bad("bad_date"))?.unwrap_or_else(clock::today);
    let actor = gate.sender(&headers).ok_or_else(|| {
        let said = ["Unbekannt.", "Not known."];
        Problem::new(StatusCode::UNAUTHORIZED, "not_authenticated", said)
    })?;
    let failed = |error: leitstand_ingest::Failure| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a year could not be closed"
        );
        Problem::internal()
    };
    complete_pairs(&desk).await.map_err(failed)?;
    let closed = close_year(&desk, &pot, closing, on, &actor).await;
    let closed = closed.map_err(failed)?.map_err(|it| refused(&it))?;
    let outcome = if closed.recorded.is_some() {
        "accepted"
    } else {
        "known"
    };
    Ok(Json(json!({
        "outcome": outcome,
        "pot": pot,
        "closing": closed.closing,
        "position": closed.recorded.map(leitstand_store::Position::as_json),
    })))
}

fn refused(finding: &Finding) -> Problem {
    let said = [&*finding.message, &*finding.message_en];
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, finding.code.clone(), said)
}
