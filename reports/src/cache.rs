//! Rendered answers kept at hand; the least recently used leaves first.

use std::collections::HashMap;

use crate::Text;

/// At most so many answers are kept.
const ENTRIES: usize = 64;
/// They hold at most so many bytes together.
const BYTES: usize = 32 << 20;

/// Texts by what was asked.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: HashMap<String, Entry>,
    uses: u64,
    bytes: usize,
    /// The position everything kept was written at.
    position: u64,
}

#[derive(Debug)]
struct Entry {
    text: Text,
    cursor: Option<String>,
    used: u64,
}

impl Cache {
    /// The cache at a position. What was written at another is forgotten: it is not asked for again, and
    /// may hold a text erased since.
    pub(crate) fn at(&mut self, position: u64) -> &mut Self {
        if self.position != position {
            *self = Self {
                position,
                ..Self::default()
            };
        }
        self
    }

    /// The text of a question and where it goes on, if it was asked lately.
    pub(crate) fn get(&mut self, key: &str) -> Option<(Text, Option<String>)> {
        self.uses += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.uses;
        Some((entry.text.clone(), entry.cursor.clone()))
    }

    /// Keeps a text, unless it alone would fill half of the room.
    pub(crate) fn put(&mut self, key: String, text: Text, cursor: Option<String>) {
        if text.len() > BYTES / 2 {
            return;
        }
        self.uses += 1;
        self.bytes += text.len();
        let entry = Entry {
            text,
            cursor,
            used: self.uses,
        };
        if let Some(before) = self.entries.insert(key, entry) {
            self.bytes -= before.text.len();
        }
        while self.entries.len() > ENTRIES || self.bytes > BYTES {
            let oldest = self
                .entries
                .iter()
                .min_by_key(|(_, it)| it.used)
                .map(|(key, _)| key.clone());
            let Some(gone) = oldest.and_then(|it| self.entries.remove(&it)) else {
                return;
            };
            self.bytes -= gone.text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays() {
        let mut cache = Cache::default();
        for at in 0..ENTRIES {
            cache.put(at.to_string(), "text".to_owned().into(), None);
        }
        assert!(cache.get("0").is_some());
        cache.put("new".to_owned(), "text".to_owned().into(), None);
        assert!(cache.get("0").is_some() && cache.get("new").is_some() && cache.get("1").is_none());
        assert_eq!(cache.bytes, cache.entries.len() * 4);
    }

    #[test]
    fn what_was_written_at_another_position_is_forgotten() {
        let mut cache = Cache::default();
        cache
            .at(1)
            .put("key".to_owned(), "text".to_owned().into(), None);
        assert!(cache.at(1).get("key").is_some());
        assert!(cache.at(2).get("key").is_none() && cache.at(1).get("key").is_none());
    }

    #[test]
    fn a_text_too_large_is_not_kept() {
        let mut cache = Cache::default();
        cache.put("large".to_owned(), "x".repeat(BYTES).into(), None);
        assert!(cache.get("large").is_none());
        for at in 0..5 {
            cache.put(at.to_string(), "x".repeat(BYTES / 3).into(), None);
        }
        assert!(cache.bytes <= BYTES && cache.get("4").is_some() && cache.get("0").is_none());
    }
}
