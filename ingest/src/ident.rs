//! The identity of rows, commands and events. The bytes are laid down in ADR 0014: if they change,
//! every row ever recorded is taken for a new one.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A command's id.
pub type CommandId = Uuid;

/// `UUIDv5(NAMESPACE_URL, "urn:leitstand:command")`: no other program makes the same ids by chance.
static NAMESPACE: LazyLock<Uuid> =
    LazyLock::new(|| Uuid::new_v5(&Uuid::NAMESPACE_URL, b"urn:leitstand:command"));

/// The columns of a row that are its content, in normal form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Content(BTreeMap<Cow<'static, str>, String>);

impl Content {
    pub(crate) fn state(&mut self, column: impl Into<Cow<'static, str>>, text: impl Into<String>) {
        self.0.insert(column.into(), text.into());
    }

    /// `SHA-256` over name and text of every stated column, sorted by name, each preceded by its length
    /// in bytes as an unsigned 64-bit big-endian integer.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (column, text) in &self.0 {
            field(&mut hash, column.as_bytes());
            field(&mut hash, text.as_bytes());
        }
        hash.finalize().into()
    }
}

fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// `UUIDv5` over programme, table, identity and content hash, each preceded by its length in bytes as an
/// unsigned 64-bit big-endian integer.
#[must_use]
pub fn command_id(programme: &str, table: &str, identity: &str, content: &[u8; 32]) -> CommandId {
    let mut name = Vec::with_capacity(96 + table.len() + identity.len());
    for part in [
        programme.as_bytes(),
        table.as_bytes(),
        identity.as_bytes(),
        content,
    ] {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part);
    }
    Uuid::new_v5(&NAMESPACE, &name)
}

/// `UUIDv5` over the index in decimal digits, with the command id as namespace.
#[must_use]
pub fn event_id(command: CommandId, index: usize) -> Uuid {
    Uuid::new_v5(&command, index.to_string().as_bytes())
}

/// The first 16 bytes of SHA-256 over table and identity, each preceded by its length.
pub(crate) fn row_key(table: &str, identity: &str) -> u128 {
    let mut hash = Sha256::new();
    field(&mut hash, table.as_bytes());
    field(&mut hash, identity.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(first)
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The bytes of hexadecimal digits; `None` if they are none.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |it: u8| {
        char::from(it)
            .to_digit(16)
            .and_then(|it| u8::try_from(it).ok())
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart from this program (Python's hashlib and uuid, from ADR 0014).
    #[test]
    fn the_ids_of_a_row_never_change() {
        let mut content = Content::default();
        content.state("id", "MS-01");
        content.state("title", "Pilot läuft");
        assert_eq!(
            hex(&content.hash()),
            "a32dc392afdac891fbef5bf6dd96ba0618e135924614e0140ab86e9398ecfb24"
        );
        let command = command_id("spt-dd", "milestones", "MS-01", &content.hash());
        assert_eq!(command.to_string(), "09c87481-3bbf-5dba-bc3f-e391511d7d18");
        assert_eq!(
            event_id(command, 0).to_string(),
            "ce8f7435-baf1-5c3c-8e97-babb68bf6933"
        );
    }

    #[test]
    fn hexadecimal_digits_are_read_as_they_are_written() {
        assert_eq!(unhex(&hex(&[0, 9, 255])), Some(vec![0, 9, 255]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }
}
