//! The attributes of a `CloudEvent` 1.0, checked by the specification's own words, also where a JSON schema
//! would let them through.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::uri;
use crate::{Finding, finding::shortened};

/// What an event must have.
const REQUIRED: [&str; 4] = ["specversion", "id", "source", "type"];
/// What it may have beside extensions.
const OPTIONAL: [&str; 4] = ["datacontenttype", "dataschema", "subject", "time"];

/// `bad_cloud_event`, with the attribute that is wrong.
pub(super) fn wrong(name: &str, de: impl Into<String>, en: impl Into<String>) -> Finding {
    let (de, en): (String, String) = (de.into(), en.into());
    Finding::new(
        "bad_cloud_event",
        format!("Kein gültiges CloudEvent: {de}"),
        format!("Not a valid CloudEvent: {en}"),
    )
    .at(name)
}

/// Checks everything that is stated.
///
/// # Errors
/// The first attribute that is missing or wrong.
pub(super) fn check(stated: &BTreeMap<&str, Cow<'_, str>>) -> Result<(), Finding> {
    for name in REQUIRED {
        if !stated.contains_key(name) {
            return Err(wrong(
                name,
                format!("„{name}“ fehlt"),
                format!("`{name}` is missing"),
            ));
        }
    }
    // First: in another version the others would mean something else.
    let version = stated.get("specversion").map_or("", |it| &**it);
    if version != "1.0" {
        let version = shortened(version);
        return Err(wrong(
            "specversion",
            format!("die Fassung „{version}“ gibt es hier nicht, nur 1.0"),
            format!("there is no version `{version}` here, only 1.0"),
        ));
    }
    stated.iter().try_for_each(|(name, text)| one(name, text))
}

fn one(name: &str, text: &str) -> Result<(), Finding> {
    let shown = shortened(name);
    if !is_name(name) {
        return Err(wrong(
            &shown,
            format!("der Name „{shown}“ darf nur aus a–z und 0–9 bestehen"),
            format!("the name `{shown}` may consist of a–z and 0–9 only"),
        ));
    }
    if name == "data" {
        return Err(wrong(
            name,
            "„data“ ist der Name des Inhalts und keiner für ein Attribut",
            "`data` is the name of the content and none for an attribute",
        ));
    }
    if text.chars().any(is_forbidden) {
        return Err(wrong(
            &shown,
            format!("„{shown}“ enthält Zeichen, die ein Text nicht enthalten darf"),
            format!("`{shown}` has characters a text must not have"),
        ));
    }
    if text.is_empty() && (REQUIRED.contains(&name) || OPTIONAL.contains(&name)) {
        return Err(wrong(
            name,
            format!("„{name}“ ist leer"),
            format!("`{name}` is empty"),
        ));
    }
    let (fits, de, en) = match name {
        "source" => (
            uri::is_reference(text),
            "ein URI-Verweis (Umlaute und Leerzeichen darin als %XX)",
            "a URI reference (with umlauts and blanks in it as %XX)",
        ),
        "dataschema" => (uri::is_uri(text), "ein absoluter URI", "an absolute URI"),
        "time" => (
            is_time(text),
            "ein Zeitpunkt nach RFC 3339",
            "an RFC 3339 timestamp",
        ),
        "datacontenttype" => (
            is_media_type(text),
            "ein Medientyp nach RFC 2046",
            "an RFC 2046 media type",
        ),
        _ => (true, "", ""),
    };
    if fits {
        return Ok(());
    }
    Err(wrong(
        name,
        format!("„{name}“ ist nicht {de}"),
        format!("`{name}` is not {en}"),
    ))
}

/// A member of a structured event as text; `None` if it is `null`, which states nothing.
///
/// # Errors
/// It is not of a type an attribute may have.
pub(super) fn text<'a>(name: &str, value: &'a RawValue) -> Result<Option<Cow<'a, str>>, Finding> {
    let written = value.get();
    let shown = shortened(name);
    let is_core = REQUIRED.contains(&name) || OPTIONAL.contains(&name);
    match written.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(written).map_err(|_| {
                wrong(
                    &shown,
                    format!("„{shown}“ ist kein lesbarer Text"),
                    format!("`{shown}` is no readable text"),
                )
            })?;
            Ok(Some(text.into()))
        }
        Some(b'n') => Ok(None),
        Some(b't' | b'f') if !is_core => Ok(Some(written.into())),
        Some(b'-' | b'0'..=b'9') if !is_core && written.parse::<i32>().is_ok() => {
            Ok(Some(written.into()))
        }
        _ if is_core => Err(wrong(
            name,
            format!("„{name}“ ist kein Text"),
            format!("`{name}` is no text"),
        )),
        _ => Err(wrong(
            &shown,
            format!("„{shown}“ ist weder Text noch true, false oder ganze Zahl unter 2³¹"),
            format!("`{shown}` is neither text nor true, false or an integer below 2³¹"),
        )),
    }
}

/// The text of a header (NATS protocol binding): `%XX` stands for a byte of UTF-8.
///
/// # Errors
/// A `%` without two digits, or bytes that are no UTF-8.
pub(super) fn percent_decoded<'a>(name: &str, text: &'a str) -> Result<Cow<'a, str>, Finding> {
    if !text.contains('%') {
        return Ok(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    let decoded = loop {
        match rest.next() {
            None => break String::from_utf8(bytes).ok(),
            Some(b'%') => match hex(rest.next()).zip(hex(rest.next())) {
                Some((high, low)) => bytes.push(high << 4 | low),
                None => break None,
            },
            Some(byte) => bytes.push(byte),
        }
    };
    let shown = shortened(name);
    decoded.map(Cow::Owned).ok_or_else(|| {
        wrong(
            &shown,
            format!("„{shown}“ ist nicht richtig kodiert: % steht vor zwei hexadezimalen Ziffern eines Bytes in UTF-8"),
            format!("`{shown}` is not encoded rightly: % stands before two hexadecimal digits of a byte of UTF-8"),
        )
    })
}

fn hex(digit: Option<u8>) -> Option<u8> {
    u8::try_from(char::from(digit?).to_digit(16)?).ok()
}

fn is_name(name: &str) -> bool {
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    !name.is_empty() && name.bytes().all(is_plain)
}

/// Control characters and what Unicode says is no character.
fn is_forbidden(it: char) -> bool {
    it.is_control() || matches!(it, '\u{fdd0}'..='\u{fdef}') || u32::from(it) & 0xfffe == 0xfffe
}

/// RFC 3339, which is stricter than what parsers of dates take (seconds and an offset in full) and wider (any
/// number of digits behind the point, a leap second, the last day of the year 9999).
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let is_number = digits.bytes().all(|it| it.is_ascii_digit());
        is_number.then(|| digits.parse::<i16>().ok()).flatten()
    };
    let below = |from: usize, limit: i16| number(from, from + 2).is_some_and(|it| it < limit);
    let has = |at: usize, one_of: &[u8]| bytes.get(at).is_some_and(|it| one_of.contains(it));
    let day = (|| {
        let short = |from: usize| i8::try_from(number(from, from + 2)?).ok();
        Date::new(number(0, 4)?, short(5)?, short(8)?).ok()
    })();
    let is_begun = day.is_some()
        && has(4, b"-")
        && has(7, b"-")
        && has(10, b"Tt")
        && below(11, 24)
        && has(13, b":")
        && below(14, 60)
        && has(16, b":")
        && below(17, 61);
    let mut at = 19;
    if has(at, b".") {
        at += 1;
        let begun = at;
        while has(at, b"0123456789") {
            at += 1;
        }
        if at == begun {
            return false;
        }
    }
    let is_utc = has(at, b"Zz") && at + 1 == bytes.len();
    let is_offset = has(at, b"+-")
        && below(at + 1, 24)
        && has(at + 3, b":")
        && below(at + 4, 60)
        && at + 6 == bytes.len();
    is_begun && (is_utc || is_offset)
}

/// `type/subtype`, with parameters behind it.
fn is_media_type(text: &str) -> bool {
    let (essence, mut rest) = text.split_at(text.find(';').unwrap_or(text.len()));
    let is_essence = essence
        .trim()
        .split_once('/')
        .is_some_and(|(kind, sub)| is_token(kind) && is_token(sub));
    if !is_essence {
        return false;
    }
    while !rest.is_empty() {
        match after_parameter(rest) {
            Some(after) => rest = after.trim_start(),
            None => return false,
        }
    }
    true
}

/// What is behind `; name=value`, where the value is a token or quoted; `None` if that is not there.
fn after_parameter(text: &str) -> Option<&str> {
    let (name, value) = text.strip_prefix(';')?.trim_start().split_once('=')?;
    if !is_token(name) {
        return None;
    }
    let Some(quoted) = value.strip_prefix('"') else {
        let end = value.find([';', ' ']).unwrap_or(value.len());
        let (value, after) = value.split_at(end);
        return is_token(value).then_some(after);
    };
    let mut all = quoted.char_indices();
    while let Some((at, it)) = all.next() {
        match it {
            '"' => return quoted.get(at + 1..),
            // The next one stands for itself.
            '\\' => drop(all.next()),
            _ => {}
        }
    }
    None
}

/// A token of RFC 2045.
fn is_token(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&it);
    !text.is_empty() && text.bytes().all(fits)
}
