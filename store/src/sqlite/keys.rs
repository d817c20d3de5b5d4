//! Keys in a `SQLite` file beside the log.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use uuid::Uuid;

use super::file::{OpenError, open_keys};
use crate::{Key, KeyId, StoreError, TextKeys, keys::OtherKey};

/// So many keys are made at a time; one sync for all of them.
const POOL: usize = 4_096;
/// With fewer left, more are made in the background.
const LOW: usize = POOL / 2;

/// Where the keys of a log are: `<log>-keys`.
#[must_use]
pub fn keys_path(log: &Path) -> PathBuf {
    let mut path = log.as_os_str().to_owned();
    path.push("-keys");
    path.into()
}

/// Keeps keys in a file of their own.
///
/// Keys are made ahead and committed many at a time, so that sealing a text costs no sync. Each is
/// handed out once by the process that made it and by no other: keys found in the file at opening
/// cannot be told from used ones, so they are left alone. A clean close removes what it made and
/// never handed out.
#[derive(Debug)]
pub struct SqliteKeys {
    file: Arc<KeyFile>,
}

#[derive(Debug)]
struct KeyFile {
    connection: Mutex<Connection>,
    /// Durable, and never handed out.
    pool: Mutex<Vec<(KeyId, Key)>>,
    /// Held by whoever makes keys, so that only one does.
    making: tokio::sync::Mutex<()>,
}

impl SqliteKeys {
    /// Opens the keys of the log at `log`, or begins with none. Blocks while the file is opened.
    ///
    /// # Errors
    /// As [`Sqlite::open`](crate::Sqlite::open).
    pub fn open(log: impl AsRef<Path>) -> Result<Self, OpenError> {
        let connection = Mutex::new(open_keys(&keys_path(log.as_ref()))?);
        let file = KeyFile {
            connection,
            pool: Mutex::default(),
            making: tokio::sync::Mutex::default(),
        };
        Ok(Self {
            file: Arc::new(file),
        })
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let file = Arc::clone(&self.file);
        let working = tokio::task::spawn_blocking(move || work(&mut file.connection()));
        working
            .await
            .map_err(StoreError::while_doing("working on keys"))?
    }
}

#[async_trait::async_trait]
impl TextKeys for SqliteKeys {
    async fn take(&self) -> Result<(KeyId, Key), StoreError> {
        loop {
            let (taken, left) = {
                let mut pool = self.file.pool();
                (pool.pop(), pool.len())
            };
            let Some(taken) = taken else {
                KeyFile::make(Arc::clone(&self.file), 1).await?;
                continue;
            };
            if left < LOW && self.file.making.try_lock().is_ok() {
                let file = Arc::clone(&self.file);
                tokio::spawn(async move {
                    if let Err(error) = KeyFile::make(file, LOW).await {
                        // Whoever finds the pool empty meets the same error and reports it.
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "no keys could be made ahead"
                        );
                    }
                });
            }
            return Ok(taken);
        }
    }

    async fn get(&self, id: &KeyId) -> Result<Option<Key>, StoreError> {
        Ok(self.get_many(&[*id]).await?.pop().flatten())
    }

    async fn get_many(&self, ids: &[KeyId]) -> Result<Vec<Option<Key>>, StoreError> {
        let ids = ids.to_vec();
        self.with(move |connection| {
            find(connection, &ids).map_err(StoreError::while_doing("reading keys"))
        })
        .await
    }

    async fn all(&self) -> Result<HashMap<KeyId, Key>, StoreError> {
        self.with(|connection| {
            read_all(connection).map_err(StoreError::while_doing("reading all keys"))
        })
        .await
    }

    async fn put(&self, keys: Vec<(KeyId, Key)>) -> Result<(), StoreError> {
        self.with(move |connection| {
            let doing = StoreError::while_doing("keeping keys");
            let ids: Vec<KeyId> = keys.iter().map(|(id, _)| *id).collect();
            let there = find(connection, &ids).map_err(&doing)?;
            let mut new = Vec::new();
            for (given, there) in keys.into_iter().zip(there) {
                match there {
                    None => new.push(given),
                    Some(there) if there == given.1 => {}
                    Some(_) => return Err(StoreError::new("keeping keys", OtherKey(given.0))),
                }
            }
            insert(connection, &new).map_err(doing)
        })
        .await
    }

    async fn destroy(&self, id: &KeyId) -> Result<bool, StoreError> {
        let id = *id;
        self.with(move |connection| {
            let doing = StoreError::while_doing("destroying a key");
            let deleted = connection
                .execute("DELETE FROM keys WHERE id = ?1", [id.as_bytes()])
                .map_err(&doing)?;
            // Until the write-ahead log is emptied, the key still stands in it.
            let busy = connection
                .query_one("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                    row.get::<_, bool>(0)
                })
                .map_err(&doing)?;
            if busy {
                return Err(StoreError::new(
                    "destroying a key",
                    "another process is reading the keys, traces may be left: try again",
                ));
            }
            Ok(deleted == 1)
        })
        .await
    }
}

impl KeyFile {
    fn connection(&self) -> MutexGuard<'_, Connection> {
        // Every use is one statement or one transaction, which a panic rolls back.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn pool(&self) -> MutexGuard<'_, Vec<(KeyId, Key)>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes keys if there are fewer than `wanted`. They are durable before anybody can take one.
    async fn make(self: Arc<Self>, wanted: usize) -> Result<(), StoreError> {
        let _making = self.making.lock().await;
        if wanted <= self.pool().len() {
            return Ok(());
        }
        let file = Arc::clone(&self);
        let making = tokio::task::spawn_blocking(move || {
            let keys = (0..POOL)
                .map(|_| Key::random())
                .collect::<Result<Vec<_>, _>>()?;
            insert(&mut file.connection(), &keys)
                .map_err(StoreError::while_doing("making keys"))?;
            file.pool().extend(keys);
            Ok(())
        });
        making
            .await
            .map_err(StoreError::while_doing("making keys"))?
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        // Certainly never handed out: whatever is taken leaves the pool. If this fails, they stay
        // and harm nobody.
        let unused = std::mem::take(&mut *self.pool());
        if let Err(error) = remove(&mut self.connection(), &unused) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "unused keys were left in the file"
            );
        }
    }
}

fn insert(connection: &mut Connection, keys: &[(KeyId, Key)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut insert = transaction.prepare_cached("INSERT INTO keys VALUES (?1, ?2)")?;
    for (id, key) in keys {
        insert.execute((id.as_bytes(), key.as_bytes()))?;
    }
    drop(insert);
    transaction.commit()
}

fn remove(connection: &mut Connection, keys: &[(KeyId, Key)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut delete = transaction.prepare_cached("DELETE FROM keys WHERE id = ?1")?;
    for (id, _) in keys {
        delete.execute([id.as_bytes()])?;
    }
    drop(delete);
    transaction.commit()
}

fn find(connection: &Connection, ids: &[KeyId]) -> rusqlite::Result<Vec<Option<Key>>> {
    let mut select = connection.prepare_cached("SELECT key FROM keys WHERE id = ?1")?;
    ids.iter()
        .map(|id| {
            select
                .query_one([id.as_bytes()], |row| row.get(0).map(Key::from_bytes))
                .optional()
        })
        .collect()
}

fn read_all(connection: &Connection) -> rusqlite::Result<HashMap<KeyId, Key>> {
    let mut select = connection.prepare_cached("SELECT id, key FROM keys")?;
    let keys = select.query_map([], |row| {
        Ok((Uuid::from_bytes(row.get(0)?), Key::from_bytes(row.get(1)?)))
    })?;
    keys.collect()
}
