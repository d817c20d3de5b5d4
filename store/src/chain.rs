//! The hash chain: an event that was changed, dropped or moved shows.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use crate::{Recorded, time::days_since_epoch};

/// A SHA-256, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Hash(pub(crate) [u8; 32]);

impl Hash {
    /// What stands before the first event of a stream.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
            pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
        }
        f.write_str(str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        if text.len() != 64 {
            return Err(NotAHash);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

fn digit(letter: u8) -> Result<u8, NotAHash> {
    match letter {
        b'0'..=b'9' => Ok(letter - b'0'),
        b'a'..=b'f' => Ok(letter - b'a' + 10),
        b'A'..=b'F' => Ok(letter - b'A' + 10),
        _ => Err(NotAHash),
    }
}

impl Recorded {
    /// What its hash should be: the SHA-256 over these fields, each preceded by its length in bytes as
    /// an unsigned 64-bit big-endian integer; all integers are big-endian.
    ///
    /// | # | field | bytes |
    /// |---|---|---|
    /// | 1 | stream | UTF-8 |
    /// | 2 | number in its stream | 8, unsigned, from 0 |
    /// | 3 | event id | 16 |
    /// | 4 | name | UTF-8 |
    /// | 5 | version | 2, unsigned |
    /// | 6 | effective on | 4, signed, days since 1970-01-01 |
    /// | 7 | known on | 4, signed, days since 1970-01-01 |
    /// | 8 | recorded at | 8, signed, microseconds since 1970-01-01T00:00:00Z |
    /// | 9 | actor | UTF-8 |
    /// | 10 | correlation | 16 |
    /// | 11 | causation | 16, or 0 if there is none |
    /// | 12 | payload | exactly as stored |
    /// | 13 | hash of the event before it in its stream | 32, all zero for the first |
    ///
    /// The position is not in it, so the chain survives a copy into another store.
    #[must_use]
    pub fn computed_hash(&self) -> Hash {
        let mut bytes = Vec::with_capacity(320 + self.payload.len());
        let mut add = |field: &[u8]| {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field);
        };
        add(self.stream.as_bytes());
        add(&self.number.to_be_bytes());
        add(self.id.as_bytes());
        add(self.name.as_bytes());
        add(&self.version.to_be_bytes());
        add(&days_since_epoch(self.effective_on).to_be_bytes());
        add(&days_since_epoch(self.known_on).to_be_bytes());
        add(&self.recorded_at.as_microsecond().to_be_bytes());
        add(self.actor.as_bytes());
        add(self.correlation.as_bytes());
        add(self.causation.as_ref().map_or(&[], |it| it.as_bytes()));
        add(self.payload.as_bytes());
        add(&self.previous.0);
        Hash(Sha256::digest(&bytes).into())
    }
}

/// How many events, and one hash over all of them in position order; written `COUNT:HEX`.
///
/// Starts as 32 zero bytes; every event makes it SHA-256(head ‖ event hash). Two logs with the same
/// head hold the same events in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// How many events.
    pub count: u64,
    /// The rolling hash over their hashes.
    pub hash: Hash,
}

impl Head {
    /// The head of an empty log.
    pub const START: Self = Self {
        count: 0,
        hash: Hash::ZERO,
    };

    /// The head with one more event.
    #[must_use]
    pub fn after(self, event: Hash) -> Self {
        let mut both = [0; 64];
        both[..32].copy_from_slice(&self.hash.0);
        both[32..].copy_from_slice(&event.0);
        Self {
            count: self.count + 1,
            hash: Hash(Sha256::digest(both).into()),
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.count, self.hash)
    }
}

/// Not of the form `COUNT:HEX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a head is written COUNT:HASH, the hash as 64 hexadecimal digits")]
pub struct NotAHead;

impl FromStr for Head {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let (count, hash) = text.trim().split_once(':').ok_or(NotAHead)?;
        Ok(Self {
            count: count.parse().map_err(|_| NotAHead)?,
            hash: hash.parse().map_err(|_| NotAHead)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, civil::date};
    use uuid::Uuid;

    use super::*;
    use crate::{Position, Revision};

    /// Computed apart from this program (Python's hashlib, from the table above). If it changes,
    /// every log ever written stops verifying.
    #[test]
    fn the_hash_of_an_event_never_changes() {
        assert_eq!(
            sample().computed_hash().to_string(),
            "430eca1dc63e10ce4e5e990f7f7c8c555ea79d542d837a27e40029958ffe1ec0"
        );
        let caused = Recorded {
            causation: Some(Uuid::from_u128(3)),
            previous: Hash([7; 32]),
            number: 1,
            ..sample()
        };
        assert_eq!(
            caused.computed_hash().to_string(),
            "6796e659173bebbb6e8bd69369c8577f714f4ec2b934b1fd65d0ad2ad52a8a1b"
        );
        let head = Head::START.after(Hash([1; 32])).after(Hash([2; 32]));
        assert_eq!(
            head.to_string(),
            "2:a7f2fad943905535b10ccf63c832802ed84eaffb15e4fb6bee86a817c35eb833"
        );
    }

    #[test]
    fn every_field_but_the_position_counts() {
        let hash = sample().computed_hash();
        let changed = |change: fn(&mut Recorded)| {
            let mut event = sample();
            change(&mut event);
            event.computed_hash() != hash
        };
        assert!(changed(|it| it.stream = "milestone-2".into()));
        assert!(changed(|it| it.number = 1));
        assert!(changed(|it| it.id = Uuid::from_u128(9)));
        assert!(changed(|it| it.name = "milestone.planneD".into()));
        assert!(changed(|it| it.version = 2));
        assert!(changed(|it| it.effective_on = date(2026, 7, 2)));
        assert!(changed(|it| it.known_on = date(2026, 7, 2)));
        assert!(changed(|it| it.recorded_at = Timestamp::UNIX_EPOCH));
        assert!(changed(|it| it.actor = "finance".into()));
        assert!(changed(|it| it.correlation = Uuid::from_u128(9)));
        assert!(changed(|it| it.causation = Some(Uuid::nil())));
        assert!(changed(|it| it.payload = "{}".into()));
        assert!(changed(|it| it.previous = Hash([1; 32])));
        assert!(!changed(|it| it.position = Position(9)));
        // Lengths are in it: a letter cannot move from one field to the next.
        assert!(changed(
            |it| (it.name, it.version) = ("milestone.planne".into(), 1)
        ));
    }

    #[test]
    fn a_head_is_read_as_it_is_written() {
        let head = Head::START.after(Hash([1; 32]));
        assert_eq!(head.to_string().parse(), Ok(head));
        assert_eq!("12".parse::<Head>(), Err(NotAHead));
        assert_eq!("x:00".parse::<Head>(), Err(NotAHead));
        assert_eq!("00".parse::<Hash>(), Err(NotAHash));
        assert_eq!("g".repeat(64).parse::<Hash>(), Err(NotAHash));
    }

    fn sample() -> Recorded {
        Recorded {
            position: Position(1),
            stream: "milestone-ä".into(),
            number: 0,
            revision: Revision(0),
            id: Uuid::from_u128(1),
            name: "milestone.planned".into(),
            version: 1,
            effective_on: date(2026, 7, 1),
            known_on: date(1969, 12, 31),
            recorded_at: "2026-07-01T08:00:00.000001Z".parse().expect("a timestamp"),
            actor: "pmo".into(),
            correlation: Uuid::from_u128(2),
            causation: None,
            payload: r#"{"day":1}"#.into(),
            previous: Hash::ZERO,
            hash: Hash::ZERO,
        }
    }
}
