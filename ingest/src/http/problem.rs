//! Answers that are a no, as `application/problem+json` (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{Failure, Finding};

/// Why a row may not be handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Nobody is known by the token, or there is none.
    Unknown,
    /// Whoever it is may not do this; why, in German and in English.
    Forbidden {
        /// In German.
        de: String,
        /// In English.
        en: String,
    },
}

impl From<Denied> for Finding {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown => Self::new(
                "not_authenticated",
                "Unbekannt; bitte ein gültiges Bearer-Token senden",
                "Not known; send a valid bearer token",
            ),
            Denied::Forbidden { de, en } => Self::new("not_allowed", de, en),
        }
    }
}

/// An answer that is a no.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// In German.
    detail: String,
    /// In English.
    detail_en: String,
    /// Stable.
    code: String,
    /// The column concerned, where it is one.
    field: Option<String>,
    findings: Vec<Finding>,
}

impl Problem {
    pub(super) fn of_finding(status: StatusCode, finding: Finding) -> Self {
        Self {
            kind: format!("urn:leitstand:problem:{}", finding.code),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: finding.message,
            detail_en: finding.message_en,
            code: finding.code.into_owned(),
            field: finding.column,
            findings: Vec::new(),
        }
    }

    /// A row that is refused, with everything that is wrong with it.
    pub(super) fn refused(table: &str, findings: Vec<Finding>) -> Self {
        let findings: Vec<Finding> = findings
            .into_iter()
            .map(|it| {
                if it.table.is_none() {
                    it.in_table(table)
                } else {
                    it
                }
            })
            .collect();
        let first = findings.first().cloned().unwrap_or_else(|| {
            Finding::new(
                "rejected",
                "Die Zeile wurde abgewiesen",
                "The row was rejected",
            )
        });
        Self {
            findings,
            ..Self::of_finding(StatusCode::UNPROCESSABLE_ENTITY, first)
        }
    }

    pub(super) fn slow() -> Self {
        Self::of_finding(
            StatusCode::REQUEST_TIMEOUT,
            Finding::new(
                "request_timeout",
                "Die Anfrage kam nicht rechtzeitig an; bitte noch einmal senden",
                "The request did not arrive in time; send it again",
            ),
        )
    }

    pub(super) fn large(most: usize) -> Self {
        Self::of_finding(
            StatusCode::PAYLOAD_TOO_LARGE,
            Finding::new(
                "body_too_large",
                format!("Die Anfrage ist größer als {most} Byte; bitte in Teilen senden"),
                format!("The request is larger than {most} bytes; send it in parts"),
            ),
        )
    }

    pub(super) fn unsupported() -> Self {
        Self::of_finding(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Finding::new(
                "unsupported_media_type",
                "Content-Type ist application/json (eine Zeile) oder application/x-ndjson (viele)",
                "Content-Type is application/json (one row) or application/x-ndjson (many)",
            ),
        )
    }

    pub(super) fn encoded() -> Self {
        Self::of_finding(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Finding::new(
                "unsupported_content_encoding",
                "Die Anfrage ist verdichtet (Content-Encoding); bitte unverdichtet senden",
                "The request is compressed (Content-Encoding); send it as it is",
            ),
        )
    }

    pub(super) fn broken() -> Self {
        Self::of_finding(
            StatusCode::BAD_REQUEST,
            Finding::new(
                "body_broken",
                "Die Anfrage brach ab; bitte noch einmal senden",
                "The request broke off; send it again",
            ),
        )
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let status = match denied {
            Denied::Unknown => StatusCode::UNAUTHORIZED,
            Denied::Forbidden { .. } => StatusCode::FORBIDDEN,
        };
        Self::of_finding(status, denied.into())
    }
}

impl From<Failure> for Problem {
    /// The cause is for the operator's log, not for whoever asks.
    fn from(failure: Failure) -> Self {
        let status = match &failure {
            Failure::Conflict { .. } => StatusCode::CONFLICT,
            Failure::Store(_) | Failure::Clock(_) => StatusCode::SERVICE_UNAVAILABLE,
            Failure::TooMuch { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::Unreadable { .. }
            | Failure::Unwritable(_)
            | Failure::Sealing
            | Failure::OtherProgramme { .. }
            | Failure::File { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        tracing::error!(
            code = failure.code(),
            error = &failure as &dyn std::error::Error,
            "a row could not be decided"
        );
        let english = match &failure {
            Failure::Store(_) | Failure::Clock(_) => {
                "The store cannot be asked right now; send again later".to_owned()
            }
            other => other.to_string(),
        };
        Self::of_finding(
            status,
            Finding::new(failure.code(), failure.message_de(), english),
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::CONFLICT => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
