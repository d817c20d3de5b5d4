//! Keys of sealed texts. They live beside the log, not in it: destroying one erases its text wherever
//! the log was copied to, and every hash still holds.

use std::{collections::HashMap, fmt, sync::Mutex};

use uuid::Uuid;
use zeroize::Zeroize;

use crate::StoreError;

/// Names a key; stands in the event beside the sealed text.
pub type KeyId = Uuid;

/// 32 random bytes for AES-256-GCM, used for one event only. Never printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A fresh name and a fresh key.
    pub(crate) fn random() -> Result<(KeyId, Self), StoreError> {
        let (mut id, mut key) = ([0; 16], Self([0; 32]));
        let failed = StoreError::while_doing("asking the system for random bytes");
        getrandom::fill(&mut id).map_err(&failed)?;
        getrandom::fill(&mut key.0).map_err(&failed)?;
        Ok((uuid::Builder::from_random_bytes(id).into_uuid(), key))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Where keys are kept. What every keeper promises is written down as tests in
/// [`contract`](crate::contract).
#[async_trait::async_trait]
pub trait TextKeys: Send + Sync {
    /// A key nobody was given before and nobody will be given again; it is durable by then.
    ///
    /// # Errors
    /// The store failed.
    async fn take(&self) -> Result<(KeyId, Key), StoreError>;

    /// The key of that name; `None` if it was destroyed or never existed.
    ///
    /// # Errors
    /// The store failed.
    async fn get(&self, id: &KeyId) -> Result<Option<Key>, StoreError>;

    /// The keys of those names, in their order.
    ///
    /// # Errors
    /// The store failed.
    async fn get_many(&self, ids: &[KeyId]) -> Result<Vec<Option<Key>>, StoreError>;

    /// Every key there is: for folding a whole log. There may be keys among them no event uses.
    ///
    /// # Errors
    /// The store failed.
    async fn all(&self) -> Result<HashMap<KeyId, Key>, StoreError>;

    /// Keeps keys under names given elsewhere, to move a log with its texts. Keys that are there stay.
    ///
    /// # Errors
    /// The store failed, or has another key of that name.
    async fn put(&self, keys: Vec<(KeyId, Key)>) -> Result<(), StoreError>;

    /// Destroys a key for good; says whether it was still there. Repeat it after an error.
    ///
    /// # Errors
    /// The store failed; traces of the key may be left.
    async fn destroy(&self, id: &KeyId) -> Result<bool, StoreError>;
}

/// A name has two keys.
#[derive(Debug, thiserror::Error)]
#[error("there is another key of the name {0}")]
pub(crate) struct OtherKey(pub(crate) KeyId);

/// Keeps keys as long as the program runs.
#[derive(Debug, Default)]
pub struct MemoryKeys {
    keys: Mutex<HashMap<KeyId, Key>>,
}

impl MemoryKeys {
    fn keys(&self) -> std::sync::MutexGuard<'_, HashMap<KeyId, Key>> {
        // A map is whole even if somebody panicked while holding the lock.
        self.keys
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl TextKeys for MemoryKeys {
    async fn take(&self) -> Result<(KeyId, Key), StoreError> {
        let (id, key) = Key::random()?;
        self.keys().insert(id, key.clone());
        Ok((id, key))
    }

    async fn get(&self, id: &KeyId) -> Result<Option<Key>, StoreError> {
        Ok(self.keys().get(id).cloned())
    }

    async fn get_many(&self, ids: &[KeyId]) -> Result<Vec<Option<Key>>, StoreError> {
        let keys = self.keys();
        Ok(ids.iter().map(|id| keys.get(id).cloned()).collect())
    }

    async fn all(&self) -> Result<HashMap<KeyId, Key>, StoreError> {
        Ok(self.keys().clone())
    }

    async fn put(&self, keys: Vec<(KeyId, Key)>) -> Result<(), StoreError> {
        let mut kept = self.keys();
        for (id, key) in keys {
            if *kept.entry(id).or_insert_with(|| key.clone()) != key {
                return Err(StoreError::new("keeping keys", OtherKey(id)));
            }
        }
        Ok(())
    }

    async fn destroy(&self, id: &KeyId) -> Result<bool, StoreError> {
        Ok(self.keys().remove(id).is_some())
    }
}
