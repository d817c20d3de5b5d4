//! Sealed texts whose key is gone although nobody erased them.

use std::collections::{BTreeMap, HashSet};

use leitstand_domain::Event;
use leitstand_store::{KeyId, Position};

use crate::{exit::Stop, stores::Opened};

const PAGE: usize = 4_096;

/// Texts that can no longer be read, without a recorded erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost {
    /// How many events.
    pub(crate) count: usize,
    /// The first of them.
    pub(crate) first: Position,
}

impl Lost {
    /// What is wrong and what to do.
    pub(crate) fn told(self) -> String {
        format!(
            "zu {} Ereignissen (zuerst Position {}) fehlt der Schlüssel der Freitexte, ohne dass eine Löschung aufgezeichnet ist; bitte die Schlüsseldatei aus der Sicherung holen („leitstand restore“).",
            self.count,
            self.first.as_json()
        )
    }
}

/// Walks the log and looks for the key of every sealed text; `None` if none is missing.
///
/// # Errors
/// The store failed.
pub(crate) async fn lost(opened: &Opened) -> Result<Option<Lost>, Stop> {
    let (mut missing, mut erased) = (BTreeMap::new(), HashSet::new());
    let mut after = Position::START;
    loop {
        let page = opened.store.page(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.position;
        let mut sealed: Vec<(Position, KeyId)> = Vec::new();
        for recorded in &page {
            // What this program cannot read, verification and the facts tell of.
            match Event::read(&recorded.name, recorded.version, &recorded.payload) {
                Ok(Event::TextErased(it)) => {
                    // Its position is that of the store it was recorded in; the key is the same everywhere.
                    erased.insert(it.key);
                }
                Ok(event) => {
                    if let Some(sealed_box) = event.meta().and_then(|it| it.sealed.as_ref()) {
                        sealed.push((recorded.position, sealed_box.key));
                    }
                }
                Err(_) => {}
            }
        }
        let ids: Vec<KeyId> = sealed.iter().map(|(_, key)| *key).collect();
        let keys = opened.keys.get_many(&ids).await?;
        for ((position, id), key) in sealed.into_iter().zip(keys) {
            if key.is_none() {
                missing.insert(position, id);
            }
        }
    }
    missing.retain(|_, id| !erased.contains(id));
    let first = missing.first_key_value().map(|(position, _)| *position);
    Ok(first.map(|first| Lost {
        count: missing.len(),
        first,
    }))
}
