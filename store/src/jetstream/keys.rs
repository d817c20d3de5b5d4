//! Keys in a key-value bucket of a NATS server.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_nats::{Client, HeaderMap, Request};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::{
    error::JetStreamError,
    names::Names,
    server::{QUESTION, Server, Stored, error_of},
    settings::{self, JetStreamOptions},
    shared::connection,
};
use crate::{Key, KeyId, StoreError, TextKeys, keys::OtherKey};

/// So many keys are made at first, and twice as many each time, up to so many.
const FEW: usize = 16;
const MANY: usize = 512;
/// For so long whoever wants a key waits to hear whether the bucket is there.
const PATIENCE: Duration = Duration::from_secs(1);
/// For so long the bucket counts as seen. Whoever deletes it meanwhile takes the keys that are handed out then with it.
const FRESH: Duration = Duration::from_millis(100);
/// So many keys are written, and so many questions asked, at once.
const AT_ONCE: usize = 128;

/// Keeps keys in a bucket of their own, one message each.
///
/// Keys are made ahead; each is handed out once by the process that made it. What a process made and did
/// not hand out stays in the bucket and harms nobody. If the bucket is gone or another one, they are forgotten: a
/// text sealed with one of them could never be read. A destroyed key is overwritten with random bytes in
/// the files of every server that keeps it. What a server's disk, the log of its cluster or a backup of
/// either may still hold of it is beyond our reach: see `docs/jetstream.md`.
#[derive(Debug)]
pub struct JetStreamKeys {
    server: Server,
    names: Names,
    options: JetStreamOptions,
    is_new: bool,
    /// The bucket as it was seen last.
    seen: tokio::sync::Mutex<Seen>,
    /// Durable, and never handed out.
    pool: Mutex<Vec<(KeyId, Key)>>,
    /// Held by whoever makes keys; how many to make next.
    making: tokio::sync::Mutex<usize>,
}

/// What was seen of the bucket.
#[derive(Debug)]
struct Seen {
    /// When it was made.
    created: String,
    /// On which connection: behind another the bucket may have gone back and not have the newest keys.
    connection: u64,
    at: Instant,
}

impl JetStreamKeys {
    /// Opens the keys of a programme, or begins with none.
    ///
    /// # Errors
    /// As [`JetStream::open`](super::JetStream::open).
    pub async fn open(client: Client, options: &JetStreamOptions) -> Result<Self, JetStreamError> {
        let names = Names::of(&options.programme);
        let server = Server::of(client, &names.keys).await?;
        let wanted = settings::keys(&names, options);
        let on = connection(&server.client);
        let found = settings::open(&server, &wanted, options).await?;
        Ok(Self {
            server,
            names,
            options: JetStreamOptions {
                begin: false,
                ..options.clone()
            },
            is_new: found.is_new,
            seen: tokio::sync::Mutex::new(Seen {
                created: found.created,
                connection: on,
                at: Instant::now(),
            }),
            pool: Mutex::default(),
            making: tokio::sync::Mutex::new(FEW),
        })
    }

    /// Whether there was no bucket before it was opened here.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Looks whether the bucket is still there and as it must be, if nobody did a moment ago.
    ///
    /// # Errors
    /// It is not, or the server does not answer.
    pub async fn check(&self) -> Result<(), JetStreamError> {
        let mut seen = self.seen.lock().await;
        let on = connection(&self.server.client);
        let is_same = seen.connection == on;
        if is_same && seen.at.elapsed() < FRESH {
            return Ok(());
        }
        let wanted = settings::keys(&self.names, &self.options);
        match settings::open(&self.server, &wanted, &self.options).await {
            Ok(found) => {
                if !is_same || found.created != seen.created {
                    self.pool().clear();
                }
                *seen = Seen {
                    created: found.created,
                    connection: on,
                    at: Instant::now(),
                };
                Ok(())
            }
            Err(JetStreamError::NotThere { stream }) => {
                self.pool().clear();
                Err(JetStreamError::KeysGone { stream })
            }
            Err(error) => Err(error),
        }
    }

    fn pool(&self) -> MutexGuard<'_, Vec<(KeyId, Key)>> {
        // A list is whole even if somebody panicked while holding the lock.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes keys if there are none.
    async fn make(&self) -> Result<(), StoreError> {
        let mut count = self.making.lock().await;
        if !self.pool().is_empty() {
            return Ok(());
        }
        let keys = (0..*count)
            .map(|_| Key::random())
            .collect::<Result<Vec<_>, _>>()?;
        let on = connection(&self.server.client);
        self.put(keys.clone()).await?;
        if on == connection(&self.server.client) {
            self.pool().extend(keys);
        }
        *count = (*count * 2).min(MANY);
        Ok(())
    }

    async fn put_one(&self, id: KeyId, key: Key) -> Result<(), StoreError> {
        let mut headers = HeaderMap::new();
        // Sent twice it is there once; whoever is first keeps it. Not by the message's id: a server remembers
        // that for a while, also of a key that was destroyed, and then says yes and keeps nothing.
        headers.insert("Nats-Expected-Last-Subject-Sequence", "0");
        let doing = StoreError::while_doing("making keys");
        let subject = self.names.key(&id);
        let mut tries = 0;
        loop {
            let request = Request::new()
                .headers(headers.clone())
                .payload(key.as_bytes().to_vec().into())
                .timeout(Some(QUESTION));
            let failed = match self
                .server
                .client
                .send_request(subject.clone(), request)
                .await
            {
                Err(error) => StoreError::new("making keys", error),
                Ok(answer) => {
                    let answer: Value = serde_json::from_slice(&answer.payload).map_err(&doing)?;
                    match error_of(&answer) {
                        None => return Ok(()),
                        Some((_, what)) => StoreError::new("making keys", what),
                    }
                }
            };
            // It may have been written all the same, now or before.
            if let Some(found) = self.server.last(&subject).await? {
                let is_same = key_of(&found).is_some_and(|(_, it)| it == key);
                return if is_same {
                    Ok(())
                } else {
                    Err(StoreError::new("keeping keys", OtherKey(id)))
                };
            }
            tries += 1;
            if tries == TRIES {
                return Err(failed);
            }
        }
    }
}

/// So often a key is written before that counts as a failure.
const TRIES: usize = 5;

#[async_trait::async_trait]
impl TextKeys for JetStreamKeys {
    async fn take(&self) -> Result<(KeyId, Key), StoreError> {
        // While nobody knows whether they are there the append that follows waits longer, and says so.
        if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, self.check()).await
            && !matches!(error, JetStreamError::Store(_))
        {
            return Err(StoreError::new("looking for the keys", error));
        }
        loop {
            let taken = self.pool().pop();
            if let Some(taken) = taken {
                return Ok(taken);
            }
            self.make().await?;
        }
    }

    async fn get(&self, id: &KeyId) -> Result<Option<Key>, StoreError> {
        Ok(self.get_many(&[*id]).await?.pop().flatten())
    }

    async fn get_many(&self, ids: &[KeyId]) -> Result<Vec<Option<Key>>, StoreError> {
        let subjects: Vec<String> = ids.iter().map(|it| self.names.key(it)).collect();
        let found = self.server.last_of(&subjects).await?;
        let mut found: HashMap<KeyId, Key> = found.iter().filter_map(key_of).collect();
        // Any replica answered; that a key is gone only the leader may say.
        let missing = ids.iter().filter(|it| !found.contains_key(it));
        let missing: Vec<KeyId> = missing.copied().collect();
        let asked =
            stream::iter(missing).map(async |id| self.server.last(&self.names.key(&id)).await);
        let late: Vec<_> = asked.buffered(AT_ONCE).try_collect().await?;
        found.extend(late.iter().flatten().filter_map(key_of));
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    async fn all(&self) -> Result<HashMap<KeyId, Key>, StoreError> {
        let all = self.server.from(">", 0, usize::MAX).await?;
        Ok(all.iter().filter_map(key_of).collect())
    }

    async fn put(&self, keys: Vec<(KeyId, Key)>) -> Result<(), StoreError> {
        stream::iter(keys)
            .map(async |(id, key)| self.put_one(id, key).await)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn destroy(&self, id: &KeyId) -> Result<bool, StoreError> {
        match self.server.last(&self.names.key(id)).await? {
            Some(found) => self.server.destroy(found.sequence).await,
            None => Ok(false),
        }
    }
}

/// The key in a message, if it is one.
fn key_of(message: &Stored) -> Option<(KeyId, Key)> {
    let (_, id) = message.subject.rsplit_once('.')?;
    let bytes = <[u8; 32]>::try_from(&*message.payload).ok()?;
    Some((id.parse().ok()?, Key::from_bytes(bytes)))
}
