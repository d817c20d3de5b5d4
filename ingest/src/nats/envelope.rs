//! A message with a row: a `CloudEvent` 1.0 (structured or binary mode), or the row alone.
//!
//! The header `Content-Type: application/cloudevents+json` says structured; a header `ce-…` says binary;
//! else the body is the row. Names of headers are taken in any case. An event that is none is refused
//! with the attribute that is wrong; what its attributes say changes nothing in the row.

use std::{borrow::Cow, collections::BTreeMap};

use async_nats::{HeaderMap, header::NATS_MALFORMED_HEADERS};
use serde_json::value::RawValue;

use super::attribute::{self, wrong};
use crate::{Finding, json};

/// An event that is one: its attributes were checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Envelope<'a> {
    /// What kind of data it has.
    content_type: Option<String>,
    /// What is sent in it: a JSON value as it is written, or bytes.
    data: Option<Cow<'a, [u8]>>,
}

/// The row in a message, as JSON.
///
/// # Errors
/// It is no event, or its data are no JSON.
pub(super) fn row<'a>(
    headers: Option<&HeaderMap>,
    payload: &'a [u8],
) -> Result<Cow<'a, [u8]>, Finding> {
    open(headers, payload)?.row()
}

/// A message as an event.
///
/// # Errors
/// It is none.
pub(super) fn open<'a>(
    headers: Option<&HeaderMap>,
    payload: &'a [u8],
) -> Result<Envelope<'a>, Finding> {
    let headers = lower(headers)?;
    let stated = headers.get("content-type").map(String::as_str);
    let essence = stated.map(essence).unwrap_or_default();
    if essence.starts_with("application/cloudevents") {
        return match essence.as_str() {
            "application/cloudevents+json" => structured(payload),
            _ => Err(unsupported(&essence)),
        };
    }
    if headers.keys().any(|it| it.starts_with("ce-")) {
        return binary(&headers, stated, payload);
    }
    Ok(Envelope {
        content_type: stated.map(str::to_owned),
        data: Some(payload.into()),
    })
}

impl<'a> Envelope<'a> {
    fn row(self) -> Result<Cow<'a, [u8]>, Finding> {
        let is_json = self.content_type.as_deref().is_none_or(is_json);
        match self.data {
            None => Err(Finding::new(
                "no_row",
                "Die Nachricht enthält keine Zeile; sie gehört als JSON-Objekt in „data“",
                "The message has no row; it belongs into `data` as a JSON object",
            )),
            Some(data) if is_json => Ok(data),
            Some(_) => Err(unsupported(
                self.content_type.as_deref().unwrap_or_default(),
            )),
        }
    }
}

/// Headers by their names in lower case. One that is there twice is not silently one of two.
fn lower(headers: Option<&HeaderMap>) -> Result<BTreeMap<String, String>, Finding> {
    if headers.is_some_and(|it| it.get(NATS_MALFORMED_HEADERS).is_some()) {
        return Err(Finding::new(
            "bad_headers",
            "Die Kopfzeilen der Nachricht sind nicht lesbar; richtig ist NATS/1.0 und je Zeile „Name: Wert“ in UTF-8, ohne Status",
            "The headers of the message cannot be read; write NATS/1.0 and `Name: value` per line in UTF-8, without a status",
        ));
    }
    let mut lower = BTreeMap::new();
    for (name, values) in headers.into_iter().flat_map(HeaderMap::iter) {
        let name = <_ as AsRef<str>>::as_ref(name).to_ascii_lowercase();
        if name != "content-type" && !name.starts_with("ce-") {
            continue;
        }
        for value in values {
            if lower
                .insert(name.clone(), value.as_str().to_owned())
                .is_some()
            {
                return Err(twice(&name));
            }
        }
    }
    Ok(lower)
}

fn structured<'a>(payload: &[u8]) -> Result<Envelope<'a>, Finding> {
    let mut attributes = BTreeMap::new();
    let (mut data, mut encoded) = (None, None);
    for (name, value) in json::members(payload)? {
        let is_second = match name.as_str() {
            "data" => data.replace(value).is_some(),
            "data_base64" => encoded.replace(value).is_some(),
            _ => attributes.insert(name.clone(), value).is_some(),
        };
        if is_second {
            return Err(twice(&name));
        }
    }
    let mut stated = BTreeMap::new();
    for (name, value) in &attributes {
        if let Some(text) = attribute::text(name, value)? {
            stated.insert(name.as_str(), text);
        }
    }
    attribute::check(&stated)?;
    let data = match (data, encoded) {
        (Some(json), Some(base64)) if !is_null(&json) && !is_null(&base64) => {
            return Err(wrong(
                "data_base64",
                "„data“ und „data_base64“ schließen einander aus",
                "`data` and `data_base64` exclude each other",
            ));
        }
        (Some(json), _) if !is_null(&json) => Some(json.get().as_bytes().to_vec().into()),
        (_, Some(encoded)) => decoded(&encoded)?.map(Cow::Owned),
        (_, None) => None,
    };
    Ok(Envelope {
        content_type: stated.remove("datacontenttype").map(Cow::into_owned),
        data,
    })
}

fn binary<'a>(
    headers: &BTreeMap<String, String>,
    content_type: Option<&str>,
    payload: &'a [u8],
) -> Result<Envelope<'a>, Finding> {
    let mut stated: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
    for (name, value) in headers {
        if let Some(name) = name.strip_prefix("ce-") {
            stated.insert(name, attribute::percent_decoded(name, value)?);
        }
    }
    if let Some(it) = content_type {
        // As over HTTP, where it has no prefix.
        stated
            .entry("datacontenttype")
            .or_insert_with(|| it.to_owned().into());
    }
    attribute::check(&stated)?;
    Ok(Envelope {
        content_type: stated.remove("datacontenttype").map(Cow::into_owned),
        data: (!payload.is_empty()).then_some(payload.into()),
    })
}

/// A member that is `null` states nothing.
fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// The bytes of `data_base64`; `None` if it is `null`.
fn decoded(value: &RawValue) -> Result<Option<Vec<u8>>, Finding> {
    let bad = || {
        wrong(
            "data_base64",
            "„data_base64“ ist kein Base64",
            "`data_base64` is no Base64",
        )
    };
    let text: Option<String> = serde_json::from_str(value.get()).map_err(|_| bad())?;
    text.map(|it| base64(it.as_bytes()).ok_or_else(bad))
        .transpose()
}

/// The bytes behind Base64 with the usual alphabet and padding (RFC 4648, section 4).
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (fours, rest) = text.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(fours.len() * 3);
    for (at, four) in fours.iter().enumerate() {
        let padding = four.iter().rev().take_while(|it| **it == b'=').count();
        if padding > 2 || (padding > 0 && at + 1 < fours.len()) {
            return None;
        }
        let mut bits = 0;
        for letter in &four[..4 - padding] {
            let value = ALPHABET.iter().position(|it| it == letter)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        bits <<= 6 * padding;
        bytes.extend(&bits.to_be_bytes()[1..4 - padding]);
    }
    Some(bytes)
}

/// A content type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

fn is_json(content_type: &str) -> bool {
    let essence = essence(content_type);
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

fn unsupported(found: &str) -> Finding {
    let found = crate::finding::shortened(found);
    Finding::new(
        "unsupported_media_type",
        format!(
            "„{found}“ wird nicht angenommen; eine Zeile ist JSON, ein CloudEvent application/cloudevents+json"
        ),
        format!("`{found}` is not taken; a row is JSON, a CloudEvent application/cloudevents+json"),
    )
    .at("datacontenttype")
}

fn twice(name: &str) -> Finding {
    let name = crate::finding::shortened(name);
    wrong(
        &name,
        format!("„{name}“ steht zweimal in der Nachricht"),
        format!("`{name}` is in the message twice"),
    )
}

#[cfg(test)]
mod tests;
