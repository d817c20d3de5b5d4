//! One append as one message: a line of JSON that says what is in it, then the payloads, byte for byte.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::names::Names;
use crate::{Hash, Position, Recorded, Revision, StoreError};

/// At most so many events in one append: a position is a sequence and a place in the message.
pub(super) const MOST_EVENTS: usize = 4_096;
/// At most so many bytes in one message. A server takes 1 MiB unless it is told otherwise.
pub(super) const MOST_BYTES: usize = 900 << 10;

/// The first line of a message.
#[derive(Debug, Serialize, Deserialize)]
struct Heading<'m> {
    #[serde(borrow)]
    stream: Cow<'m, str>,
    /// The number of its first event in the stream.
    first: u64,
    /// The hash of the event before its first.
    #[serde(with = "hex")]
    previous: Hash,
    #[serde(borrow)]
    events: Vec<Line<'m>>,
}

/// What is said of an event beside its payload.
#[derive(Debug, Serialize, Deserialize)]
struct Line<'m> {
    id: Uuid,
    #[serde(borrow)]
    name: Cow<'m, str>,
    version: u16,
    effective_on: Date,
    known_on: Date,
    recorded_at: Timestamp,
    #[serde(borrow)]
    actor: Cow<'m, str>,
    correlation: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    causation: Option<Uuid>,
    #[serde(with = "hex")]
    hash: Hash,
    /// How long its payload is.
    bytes: usize,
}

mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::Hash;

    pub(super) fn serialize<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(hash)
    }

    pub(super) fn deserialize<'m, D: Deserializer<'m>>(from: D) -> Result<Hash, D::Error> {
        <&str>::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// The position of an event: the sequence of its message, and its place in it.
pub(super) fn position(sequence: u64, place: usize) -> Position {
    Position(sequence * MOST_EVENTS as u64 + place as u64)
}

/// The position of the last event of a message of so many, as somebody says who need not be right.
pub(super) fn end(sequence: u64, events: u64) -> Option<Position> {
    let is_possible = (1..=MOST_EVENTS as u64).contains(&events) && sequence < 1 << 41;
    is_possible.then(|| Position(sequence * MOST_EVENTS as u64 + events - 1))
}

/// The sequence of the message an event is in.
pub(super) fn sequence(position: Position) -> u64 {
    position.0 / MOST_EVENTS as u64
}

/// Puts events where the server stored them.
pub(super) fn place(events: &mut [Recorded], at: u64) {
    for (n, event) in events.iter_mut().enumerate() {
        event.position = position(at, n);
        event.revision = Revision(at);
    }
}

/// The body of the message for one append; `None` if it has no events, or one that is not JSON's to say.
pub(super) fn encode(events: &[Recorded]) -> Option<Bytes> {
    let first = events.first()?;
    let lines = events.iter().map(|it| Line {
        id: it.id,
        name: Cow::Borrowed(&it.name),
        version: it.version,
        effective_on: it.effective_on,
        known_on: it.known_on,
        recorded_at: it.recorded_at,
        actor: Cow::Borrowed(&it.actor),
        correlation: it.correlation,
        causation: it.causation,
        hash: it.hash,
        bytes: it.payload.len(),
    });
    let heading = Heading {
        stream: Cow::Borrowed(&first.stream),
        first: first.number,
        previous: first.previous,
        events: lines.collect(),
    };
    let mut body = serde_json::to_vec(&heading).ok()?;
    body.push(b'\n');
    for event in events {
        body.extend_from_slice(event.payload.as_bytes());
    }
    Some(body.into())
}

/// A message that no store wrote.
#[derive(Debug, thiserror::Error)]
#[error("message {sequence} on `{subject}`: {what}")]
struct Strange {
    sequence: u64,
    subject: String,
    what: String,
}

/// The events of a message.
///
/// # Errors
/// Nobody wrote it like this; [`StoreError::unreadable`] says where.
pub(super) fn decode(
    names: &Names,
    subject: &str,
    sequence: u64,
    body: &[u8],
) -> Result<Vec<Recorded>, StoreError> {
    events(names, subject, sequence, body).map_err(|what| {
        let subject = subject.to_owned();
        StoreError::unreadable(
            position(sequence, 0),
            Strange {
                sequence,
                subject,
                what,
            },
        )
    })
}

fn events(
    names: &Names,
    subject: &str,
    sequence: u64,
    body: &[u8],
) -> Result<Vec<Recorded>, String> {
    let body = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let (line, mut payloads) = body.split_once('\n').ok_or("it has no first line")?;
    let heading: Heading<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if names.subject(&heading.stream) != subject {
        return Err(format!("it is of stream `{}`", heading.stream));
    }
    if heading.events.is_empty() || MOST_EVENTS < heading.events.len() {
        return Err(format!("it has {} events", heading.events.len()));
    }
    let stream: Arc<str> = heading.stream.into();
    let mut previous = heading.previous;
    let mut events = Vec::with_capacity(heading.events.len());
    for (n, (number, line)) in (heading.first..).zip(heading.events).enumerate() {
        let (payload, rest) = payloads
            .split_at_checked(line.bytes)
            .ok_or_else(|| format!("the payload of event {n} does not end"))?;
        payloads = rest;
        events.push(Recorded {
            position: position(sequence, n),
            stream: Arc::clone(&stream),
            number,
            revision: Revision(sequence),
            id: line.id,
            name: line.name.into(),
            version: line.version,
            effective_on: line.effective_on,
            known_on: line.known_on,
            recorded_at: line.recorded_at,
            actor: line.actor.into(),
            correlation: line.correlation,
            causation: line.causation,
            payload: payload.into(),
            previous,
            hash: line.hash,
        });
        previous = line.hash;
    }
    if !payloads.is_empty() {
        return Err(format!("{} bytes are no payload", payloads.len()));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Expected,
        contract::event,
        link::{End, link},
    };

    fn linked(payloads: &[&str]) -> Vec<Recorded> {
        let events = (0..).zip(payloads).map(|(n, payload)| crate::NewEvent {
            payload: (*payload).to_owned(),
            name: "a\"b\\c".into(),
            ..event(n)
        });
        let stream: Arc<str> = "maßnahme \"1\"\n".into();
        let end = End::default();
        let mut events =
            link(&stream, Expected::Empty, None, end, events.collect()).expect("linked");
        place(&mut events, 7);
        events
    }

    #[test]
    fn what_is_written_is_read() {
        let names = Names::of("test");
        let events = linked(&["{\"a\":\n1}", "", "\n", "größer 🚧"]);
        let body = encode(&events).expect("a message");
        let subject = names.subject(&events[0].stream);
        assert_eq!(decode(&names, &subject, 7, &body).expect("read"), events);
        assert!(events[3].position < position(8, 0));
        assert_eq!(sequence(events[3].position), 7);
    }

    #[test]
    fn what_nobody_wrote_is_unreadable_and_says_where() {
        let names = Names::of("test");
        let events = linked(&["{}", "größer"]);
        let subject = names.subject(&events[0].stream);
        let body = encode(&events).expect("a message");
        let all: [(&str, &[u8]); 5] = [
            (&subject, &body[..body.len() - 1]),
            (&subject, &body[..100]),
            (&subject, b"{}\n"),
            (&subject, &[&body[..], b"x"].concat()),
            ("leitstand.test.log.other", &body),
        ];
        for (subject, body) in all {
            let error = decode(&names, subject, 7, body).expect_err("unreadable");
            assert_eq!(error.unreadable, Some(position(7, 0)), "{error}");
        }
    }
}
