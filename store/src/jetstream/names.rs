//! What things are called on the server.

use std::fmt::Write as _;

/// A name on the server is at most so long; a longer subject would cost us the connection.
pub(super) const LONGEST: usize = 1_000;

/// The names of one programme's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    programme: String,
    /// The server's stream with the events.
    pub(super) log: String,
    /// The server's stream with the keys: a key-value bucket.
    pub(super) keys: String,
}

impl Names {
    pub(super) fn of(programme: &str) -> Self {
        // A bucket may not have `=` in its name. Should two programmes come to share a name, the
        // programme that the stream itself states tells them apart.
        let plain = token(programme).replace('=', "_");
        Self {
            programme: token(programme),
            log: format!("LEITSTAND_LOG_{plain}"),
            keys: format!("KV_LEITSTAND_KEYS_{plain}"),
        }
    }

    /// Where appends to a stream are published.
    pub(super) fn subject(&self, stream: &str) -> String {
        format!("leitstand.{}.log.{}", self.programme, token(stream))
    }

    /// All of these.
    pub(super) fn subjects(&self) -> String {
        format!("leitstand.{}.log.*", self.programme)
    }

    /// Where the server says that the log has grown.
    pub(super) fn grown(&self) -> String {
        format!("leitstand.{}.grown", self.programme)
    }

    /// Where a key is.
    pub(super) fn key(&self, id: &uuid::Uuid) -> String {
        format!("{}.{id}", self.bucket())
    }

    /// All of these.
    pub(super) fn all_keys(&self) -> String {
        format!("{}.>", self.bucket())
    }

    fn bucket(&self) -> String {
        format!("$KV.{}", self.keys.trim_start_matches("KV_"))
    }
}

/// Any text as one token of a subject: bytes outside `A–Z a–z 0–9 - _` become `=XX`, and no text at all
/// `=`, as a subject has no empty tokens.
#[must_use]
pub fn token(text: &str) -> String {
    if text.is_empty() {
        return "=".to_owned();
    }
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            token.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(token, "={byte:02X}");
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_anything_is_one_token() {
        let names = Names::of("spt-dd");
        assert_eq!(
            names.subject("milestone-M_1"),
            "leitstand.spt-dd.log.milestone-M_1"
        );
        assert_eq!(
            names.subject("a.b *>=ä"),
            "leitstand.spt-dd.log.a=2Eb=20=2A=3E=3D=C3=A4"
        );
        assert_eq!(names.subject(""), "leitstand.spt-dd.log.=");
        assert_eq!(Names::of("a.b").log, "LEITSTAND_LOG_a_2Eb");
    }
}
