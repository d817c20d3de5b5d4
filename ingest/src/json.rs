//! Rows as JSON objects. A number, `true` or `false` is taken by its literal text; no float is ever
//! made of it.

use std::fmt;

use leitstand_domain::table::Cells;
use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::Finding;

/// The members of one object in their order, a name given twice twice.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The cells of a row, and what is wrong with its form.
///
/// # Errors
/// It is no JSON object at all.
pub(crate) fn cells(json: &[u8]) -> Result<(Cells, Vec<Finding>), Finding> {
    let (mut cells, mut findings) = (Cells::new(), Vec::new());
    for (name, value) in members(json)? {
        match literal(&value).map_err(|error| bad_json(&error))? {
            Some(text) => {
                if cells.insert(name.clone(), text).is_some() {
                    findings.push(duplicate_member(&name));
                }
            }
            None => findings.push(nested_value(&name)),
        }
    }
    if cells.contains_key("specversion")
        && let Some(nested) = findings
            .iter_mut()
            .find(|it| it.column.as_deref() == Some("data"))
    {
        *nested = wrapped();
    }
    Ok((cells, findings))
}

/// The members of an object in their order, each as it is written; a name given twice twice.
///
/// # Errors
/// It is no JSON object.
pub(crate) fn members(json: &[u8]) -> Result<Vec<(String, Box<RawValue>)>, Finding> {
    let text = str::from_utf8(json).map_err(|_| not_utf8())?;
    let Members(members) = serde_json::from_str(text).map_err(|error| bad_json(&error))?;
    Ok(members)
}

/// The same row as a line, with one member at its end instead of those it had by such names before.
/// `None` if it is no object.
pub(crate) fn with_member(
    json: &[u8],
    instead: impl Fn(&str) -> bool,
    name: &str,
    text: &str,
) -> Option<Vec<u8>> {
    let Members(members) = serde_json::from_slice(json).ok()?;
    let mut out = b"{".to_vec();
    for (name, value) in members.iter().filter(|(name, _)| !instead(name)) {
        serde_json::to_writer(&mut out, name).ok()?;
        out.push(b':');
        out.extend_from_slice(value.get().as_bytes());
        out.push(b',');
    }
    serde_json::to_writer(&mut out, name).ok()?;
    out.push(b':');
    serde_json::to_writer(&mut out, text).ok()?;
    out.extend_from_slice(b"}\n");
    Some(out)
}

/// A value as a cell; `None` if it is an array or object.
fn literal(value: &RawValue) -> Result<Option<String>, serde_json::Error> {
    let text = value.get();
    Ok(match text.as_bytes().first() {
        Some(b'{' | b'[') => None,
        // A string may still be none: half of a surrogate pair is no character.
        Some(b'"') => Some(serde_json::from_str(text)?),
        _ if text == "null" => Some(String::new()),
        _ => Some(text.to_owned()),
    })
}

/// `not_utf8`.
pub(crate) fn not_utf8() -> Finding {
    Finding::new(
        "not_utf8",
        "Die Zeile ist nicht in UTF-8 kodiert; bitte als „CSV UTF-8“ oder UTF-8 speichern",
        "The row is not encoded as UTF-8; save it as `CSV UTF-8` or UTF-8",
    )
}

fn bad_json(error: &serde_json::Error) -> Finding {
    // The error's own words would quote the row; line and column say enough.
    let (line, column) = (error.line(), error.column());
    Finding::new(
        "bad_json",
        format!(
            "Kein JSON-Objekt (Zeile {line}, Zeichen {column}); richtig ist {{\"Spalte\": \"Wert\", …}}"
        ),
        format!(
            "Not a JSON object (line {line}, column {column}); write {{\"column\": \"value\", …}}"
        ),
    )
}

fn duplicate_member(name: &str) -> Finding {
    let name = crate::finding::shortened(name);
    Finding::new(
        "duplicate_column",
        format!("„{name}“ steht zweimal im JSON-Objekt; bitte eines entfernen"),
        format!("`{name}` is in the JSON object twice; remove one"),
    )
    .at(name)
}

fn nested_value(name: &str) -> Finding {
    let name = crate::finding::shortened(name);
    Finding::new(
        "nested_value",
        format!(
            "„{name}“ ist eine Liste oder ein Objekt; Zellen sind Text, Zahl, true, false oder null"
        ),
        format!("`{name}` is a list or an object; cells are text, number, true, false or null"),
    )
    .at(name)
}

/// A row that is still in its envelope.
fn wrapped() -> Finding {
    Finding::new(
        "nested_value",
        "Das ist ein CloudEvent und keine Zeile; bitte über NATS mit dem Kopf „Content-Type: application/cloudevents+json“ senden, sonst nur das, was unter „data“ steht",
        "This is a CloudEvent, not a row; send it over NATS with the header `Content-Type: application/cloudevents+json`, or send what `data` holds",
    )
    .at("data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_event_without_its_header_is_named() {
        let event = b"{\"specversion\": \"1.0\", \"data\": {\"id\": \"P-1\"}}";
        let (_, findings) = cells(event).expect("an object");
        assert!(findings[0].message.contains("Content-Type"), "{findings:?}");
    }

    #[test]
    fn values_are_taken_by_their_literal_text() {
        let json = br#"{"amount": 1234567.10, "void": true, "year": 2024, "due": null, "title": "A \u00e4"}"#;
        let (cells, findings) = cells(json).expect("an object");
        assert!(findings.is_empty());
        let cell = |name: &str| cells.get(name).map(String::as_str);
        assert_eq!(cell("amount"), Some("1234567.10"));
        assert_eq!(cell("void"), Some("true"));
        assert_eq!(cell("year"), Some("2024"));
        assert_eq!(cell("due"), Some(""));
        assert_eq!(cell("title"), Some("A ä"));
    }

    #[test]
    fn what_is_no_flat_object_is_found() {
        let code = |json: &[u8]| match cells(json) {
            Ok((_, findings)) => findings.first().map(|it| it.code.to_string()),
            Err(finding) => Some(finding.code.to_string()),
        };
        for (json, expected) in [
            (&b"{\"a\": {}}"[..], "nested_value"),
            (b"{\"a\": [1]}", "nested_value"),
            (b"{\"a\": 1, \"a\": 1}", "duplicate_column"),
            (b"[]", "bad_json"),
            (b"{} {}", "bad_json"),
            (b"", "bad_json"),
            (b"{\"a\": \"\xff\"}", "not_utf8"),
        ] {
            assert_eq!(code(json).as_deref(), Some(expected));
        }
    }
}
