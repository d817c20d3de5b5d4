//! Why there is no answer, as RFC 9457 says it over HTTP.

use std::borrow::Cow;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use leitstand_projections::NoAnswer;
use serde_json::{Value, json};

use crate::BadOption;

/// A problem with its stable code.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The status of the response.
    pub status: StatusCode,
    /// Stable code, as in `unknown_parameter`.
    pub code: Cow<'static, str>,
    /// What is wrong and what would be right, in German.
    pub detail: String,
    /// The same in English.
    pub detail_en: String,
    /// Further members.
    pub more: Vec<(String, Value)>,
}

impl Problem {
    /// A problem without further members.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        [detail, detail_en]: [&str; 2],
    ) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.to_owned(),
            detail_en: detail_en.to_owned(),
            more: Vec::new(),
        }
    }

    /// With a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.push((name.to_owned(), value.into()));
        self
    }

    /// Something went wrong inside; the log knows more.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            [
                "Im Programm ist ein Fehler aufgetreten; das Betriebsprotokoll sagt mehr. Der Dienst läuft weiter.",
                "Something went wrong in the program; the log says more. The service goes on.",
            ],
        )
    }

    /// Nothing is at this address.
    #[must_use]
    pub fn no_such_page() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            [
                "Unter dieser Adresse gibt es nichts; was es gibt, beschreibt /api/openapi.json.",
                "There is nothing at this address; /api/openapi.json describes what there is.",
            ],
        )
    }
}

impl From<BadOption> for Problem {
    fn from(bad: BadOption) -> Self {
        let said = [bad.message.as_str(), bad.message_en.as_str()];
        Self::new(StatusCode::BAD_REQUEST, bad.code, said).with("parameter", bad.name)
    }
}

impl From<NoAnswer> for Problem {
    fn from(no: NoAnswer) -> Self {
        let (de, en) = (as_members(&no.to_string()), as_members(&no.in_english()));
        let said = [de.as_str(), en.as_str()];
        match no {
            NoAnswer::Unknown(_) => Self::new(StatusCode::NOT_FOUND, "unknown_answer", said),
            NoAnswer::BadQuestion(_) => Self::new(StatusCode::BAD_REQUEST, "bad_question", said),
            NoAnswer::NotReached { end, .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "position_not_reached",
                said,
            )
            .with("position", end),
            NoAnswer::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not_found", said),
            NoAnswer::Columns(cause) => {
                tracing::error!(
                    error = &cause as &dyn std::error::Error,
                    "an answer could not be computed"
                );
                Self::internal()
            }
        }
    }
}

/// A sentence for the command line, with its options called as everywhere else: `--key-year` is `key_year`.
fn as_members(said: &str) -> String {
    let mut parts = said.split("--");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_in_name = |it: char| it.is_ascii_lowercase() || it == '-';
        let end = part.find(|it| !is_in_name(it)).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        all.push_str(&name.replace('-', "_"));
        all.push_str(rest);
    }
    all
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("urn:leitstand:problem:{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Problem"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "detail_en": self.detail_en,
            "code": self.code,
        });
        if let Value::Object(members) = &mut body {
            members.extend(self.more);
        }
        let content_type = HeaderValue::from_static("application/problem+json");
        let no_store = HeaderValue::from_static("no-store");
        let headers = [
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, no_store),
        ];
        (self.status, headers, body.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_called_as_where_they_are_asked_for() {
        let said = "Zu --yes gehört das Jahr (--key-year), --before-as-of oder --id.";
        let members = "Zu yes gehört das Jahr (key_year), before_as_of oder id.";
        assert_eq!(as_members(said), members);
        assert_eq!(as_members("Nichts – gar nichts."), "Nichts – gar nichts.");
    }
}
