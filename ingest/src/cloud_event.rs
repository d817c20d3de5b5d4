//! A recorded event as a `CloudEvent` 1.0 in JSON. Texts stay sealed as they are stored.

use std::fmt::Write as _;

use leitstand_store::Recorded;
use serde::Serialize;
use serde_json::value::RawValue;

/// Attributes in the order of the specification, extensions after them, all names in lower case.
///
/// `position` is a JSON integer below 2⁵³, as everywhere in Leitstand; `CloudEvents` would have it below
/// 2³¹.
#[derive(Debug, Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    position: u64,
    effectiveon: String,
    knownon: String,
    actor: &'a str,
    correlationid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<String>,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Data<'a> {
    /// The payload, byte for byte.
    Json(&'a RawValue),
    /// What should be JSON and is not, so that nothing is left out.
    Text(&'a str),
}

/// One event as a line of JSON, without the line's end.
#[must_use]
pub fn json(recorded: &Recorded, programme: &str) -> String {
    let data = match serde_json::from_str(&recorded.payload) {
        Ok(raw) => Data::Json(raw),
        Err(_) => Data::Text(&recorded.payload),
    };
    written(recorded, programme, Some(data), None)
}

/// One event without its data, for where they do not fit; `dataref` says where they are.
pub(crate) fn without_data(recorded: &Recorded, programme: &str, dataref: &str) -> String {
    written(recorded, programme, None, Some(dataref))
}

fn written(
    recorded: &Recorded,
    programme: &str,
    data: Option<Data<'_>>,
    dataref: Option<&str>,
) -> String {
    let event = CloudEvent {
        specversion: "1.0",
        id: recorded.id.to_string(),
        source: format!("/leitstand/{}", segment(programme)),
        kind: format!("de.leitstand.{}.v{}", recorded.name, recorded.version),
        subject: &recorded.stream,
        time: recorded.recorded_at.to_string(),
        datacontenttype: "application/json",
        position: recorded.position.as_json(),
        effectiveon: recorded.effective_on.to_string(),
        knownon: recorded.known_on.to_string(),
        actor: &recorded.actor,
        correlationid: recorded.correlation.to_string(),
        causationid: recorded.causation.map(|it| it.to_string()),
        hash: recorded.hash.to_string(),
        dataref,
        data,
    };
    serde_json::to_string(&event).unwrap_or_default()
}

/// A text as one segment of a path in a URI (RFC 3986).
fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut segment, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            // A text takes whatever is written into it.
            let _ = write!(segment, "%{byte:02X}");
        }
        segment
    })
}

#[cfg(test)]
mod tests {
    use leitstand_store::{EventStore as _, Expected, Memory, NewEvent};
    use serde_json::Value;

    use super::*;

    async fn recorded(payload: &str) -> Recorded {
        let event = NewEvent {
            id: uuid::Uuid::from_u128(7),
            name: "milestone.planned".into(),
            version: 2,
            effective_on: jiff::civil::date(2024, 1, 31),
            known_on: Some(jiff::civil::date(2024, 2, 1)),
            recorded_at: "2024-02-01T10:00:00Z".parse().expect("a time"),
            actor: "pmo-1".into(),
            correlation: uuid::Uuid::from_u128(8),
            causation: None,
            payload: payload.to_owned(),
        };
        let store = Memory::default();
        let mut recorded = store
            .append("milestone-MS-01", Expected::Empty, vec![event])
            .await
            .expect("recorded");
        recorded.remove(0)
    }

    #[tokio::test]
    async fn an_event_has_the_attributes_of_cloud_events_and_its_payload_as_stored() {
        let recorded = recorded(r#"{"row":{"b":1.10,"a":"ä"}}"#).await;
        let json = json(&recorded, "spt-dd");
        assert!(
            json.ends_with(r#""data":{"row":{"b":1.10,"a":"ä"}}}"#),
            "{json}"
        );
        let value: Value = serde_json::from_str(&json).expect("JSON");
        for (name, expected) in [
            ("specversion", "1.0"),
            ("id", "00000000-0000-0000-0000-000000000007"),
            ("source", "/leitstand/spt-dd"),
            ("type", "de.leitstand.milestone.planned.v2"),
            ("subject", "milestone-MS-01"),
            ("time", "2024-02-01T10:00:00Z"),
            ("datacontenttype", "application/json"),
            ("effectiveon", "2024-01-31"),
            ("knownon", "2024-02-01"),
            ("actor", "pmo-1"),
            ("correlationid", "00000000-0000-0000-0000-000000000008"),
        ] {
            assert_eq!(value[name], expected, "{name}");
        }
        assert_eq!(value["position"], recorded.position.as_json());
        assert_eq!(value["hash"], recorded.hash.to_string());
        let attributes = value.as_object().expect("an object");
        let is_plain = |name: &String| {
            name.bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        };
        assert!(attributes.keys().all(is_plain));
        assert!(!attributes.contains_key("causationid"));
    }

    #[tokio::test]
    async fn the_source_is_a_reference_whatever_the_programme_is_called() {
        let recorded = recorded("{}").await;
        for (programme, source) in [
            ("Köln 2030", "/leitstand/K%C3%B6ln%202030"),
            ("a/b?c#\"%", "/leitstand/a%2Fb%3Fc%23%22%25"),
            ("..", "/leitstand/.."),
        ] {
            let value: Value = serde_json::from_str(&json(&recorded, programme)).expect("JSON");
            assert_eq!(value["source"], source);
            assert!(crate::nats::is_reference(source), "{source}");
        }
    }

    #[tokio::test]
    async fn a_payload_that_is_no_json_is_shown_all_the_same() {
        let json = json(&recorded("{broken").await, "spt-dd");
        let value: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(value["data"], "{broken");
    }

    #[tokio::test]
    async fn data_that_do_not_fit_are_left_out_and_it_is_said_where_they_are() {
        let json = without_data(
            &recorded("{}").await,
            "spt-dd",
            "/api/v1/events?after=0&limit=1",
        );
        let value: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(value["dataref"], "/api/v1/events?after=0&limit=1");
        assert_eq!(value.get("data"), None);
        assert_eq!(value["id"], "00000000-0000-0000-0000-000000000007");
    }
}
