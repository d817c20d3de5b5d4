//! What things are called on the server.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// A name on the server is at most so long; a longer subject would cost us the connection.
pub(super) const LONGEST: usize = 1_000;

/// The server's streams with a programme's events and with the keys of its texts.
#[must_use]
pub fn log_streams(programme: &str) -> [String; 2] {
    let Names { log, keys, .. } = Names::of(programme);
    [log, keys]
}

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
        let root = format!("leitstand.{}.log.", self.programme);
        let most = LONGEST.saturating_sub(root.len());
        root + &short_token(stream, most)
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

/// So much of a [`token`] is left in a short one, in bytes.
const BEGINNING: usize = 64;

/// Any text as one [`token`] of at most `most` bytes, or of 130 if `most` is less. One that would be longer is
/// its beginning, `==` and the SHA-256 of the text in hexadecimal digits; `==` is in no other token, so no text
/// has the token of another.
#[must_use]
pub fn short_token(text: &str, most: usize) -> String {
    let mut token = token(text);
    if token.len() <= most {
        return token;
    }
    token.truncate(BEGINNING);
    // A byte is not cut in its middle.
    let cut = token
        .char_indices()
        .rev()
        .take(2)
        .find(|(_, it)| *it == '=');
    if let Some((at, _)) = cut {
        token.truncate(at);
    }
    token.push_str("==");
    for byte in Sha256::digest(text) {
        let _ = write!(token, "{byte:02x}");
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

    #[test]
    fn a_name_of_any_length_is_a_subject_and_no_other_name_has_it() {
        let names = Names::of("spt-dd");
        let root = "leitstand.spt-dd.log.".len();
        let longest = "x".repeat(LONGEST - root);
        assert!(names.subject(&longest).ends_with(&longest), "as before");
        let (long, other) = (longest.clone() + "y", longest + "z");
        let (subject, of_other) = (names.subject(&long), names.subject(&other));
        assert_ne!(subject, of_other);
        assert_eq!(subject.len(), root + 130);
        for (text, beginning) in [
            ("a".repeat(200), "a".repeat(64)),
            ("ä".repeat(40), "=C3=A4".repeat(10) + "=C3"),
            (
                "a".to_owned() + &"ä".repeat(40),
                "a".to_owned() + &"=C3=A4".repeat(10) + "=C3",
            ),
            (
                "ab".to_owned() + &"ä".repeat(40),
                "ab".to_owned() + &"=C3=A4".repeat(10),
            ),
        ] {
            let short = short_token(&text, 100);
            let (begun, hash) = short.split_once("==").expect("a short one");
            assert_eq!((begun, hash.len()), (&*beginning, 64), "{short}");
        }
    }
}
