//! Free text of one event, encrypted with a key of its own that is kept beside the log.
//!
//! AES-256-GCM; random nonce of 12 bytes; additional data: the stream's name, then the 16 bytes of the
//! event's id, so that a box cannot be moved to another event. Plaintext: a JSON object, column to
//! text. See ADR 0015.

use std::{collections::BTreeMap, sync::Arc};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use leitstand_domain::event::SealedBox;
use leitstand_store::{Key, Recorded, TextKeys};
use uuid::Uuid;

use crate::{
    Failure,
    ident::{hex, unhex},
};

/// Free texts by column.
pub type Texts = BTreeMap<String, String>;

/// Length of a nonce in bytes.
const NONCE: usize = 12;
/// Length of what proves that nothing was changed, in bytes.
const TAG: usize = 16;

/// Encrypts the free texts of one event; `None` if there are none.
///
/// # Errors
/// There was no key, or the texts could not be encrypted.
pub(crate) async fn seal(
    keys: &dyn TextKeys,
    texts: &Texts,
    stream: &str,
    event: Uuid,
) -> Result<Option<SealedBox>, Failure> {
    if texts.is_empty() {
        return Ok(None);
    }
    let (id, key) = keys.take().await?;
    let mut bytes = serde_json::to_vec(texts).map_err(|_| Failure::Sealing)?;
    let cipher =
        RandomizedNonceKey::new(&AES_256_GCM, key.as_bytes()).map_err(|_| Failure::Sealing)?;
    let nonce = cipher
        .seal_in_place_append_tag(Aad::from(bound_to(stream, event)), &mut bytes)
        .map_err(|_| Failure::Sealing)?;
    let columns = texts.keys().cloned().collect();
    let data = hex(nonce.as_ref()) + &hex(&bytes);
    Ok(Some(SealedBox {
        key: id,
        columns,
        data,
    }))
}

/// How many bytes the sealed texts of an event take in its payload.
pub(crate) fn sealed_length(texts: &Texts) -> usize {
    if texts.is_empty() {
        return 0;
    }
    // Columns and texts are strings: there is nothing that could not be written.
    let plain = serde_json::to_vec(texts).map_or(0, |it| it.len());
    2 * (NONCE + plain + TAG)
}

/// Decrypts the free texts of one event with its key.
///
/// # Errors
/// [`Failure::Sealing`] if the box was changed, moved, or sealed with another key.
pub fn unseal(key: &Key, stream: &str, event: Uuid, sealed: &SealedBox) -> Result<Texts, Failure> {
    let mut bytes = unhex(&sealed.data).ok_or(Failure::Sealing)?;
    let (nonce, rest) = bytes.split_at_mut_checked(NONCE).ok_or(Failure::Sealing)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Failure::Sealing)?;
    let cipher =
        RandomizedNonceKey::new(&AES_256_GCM, key.as_bytes()).map_err(|_| Failure::Sealing)?;
    let plain = cipher
        .open_in_place(nonce, Aad::from(bound_to(stream, event)), rest)
        .map_err(|_| Failure::Sealing)?;
    serde_json::from_slice(plain).map_err(|_| Failure::Sealing)
}

fn bound_to(stream: &str, event: Uuid) -> Vec<u8> {
    [stream.as_bytes(), event.as_bytes()].concat()
}

/// Reads sealed texts, for whoever may.
#[derive(Clone)]
pub struct Unsealer {
    keys: Arc<dyn TextKeys>,
}

impl Unsealer {
    /// Reads with these keys.
    #[must_use]
    pub fn new(keys: Arc<dyn TextKeys>) -> Self {
        Self { keys }
    }

    /// The texts of an event; `None` if they are erased.
    ///
    /// # Errors
    /// The keys could not be read, or the box was changed.
    pub async fn get(
        &self,
        recorded: &Recorded,
        sealed: &SealedBox,
    ) -> Result<Option<Texts>, Failure> {
        let key = self.keys.get(&sealed.key).await?;
        key.map(|key| unseal(&key, &recorded.stream, recorded.id, sealed))
            .transpose()
    }

    /// The texts of many events, in their order.
    ///
    /// # Errors
    /// The keys could not be read, or a box was changed.
    pub async fn many(
        &self,
        events: &[(&Recorded, &SealedBox)],
    ) -> Result<Vec<Option<Texts>>, Failure> {
        let ids: Vec<_> = events.iter().map(|(_, sealed)| sealed.key).collect();
        let keys = self.keys.get_many(&ids).await?;
        let open = |((recorded, sealed), key): (&(&Recorded, &SealedBox), Option<Key>)| {
            key.map(|key| unseal(&key, &recorded.stream, recorded.id, sealed))
                .transpose()
        };
        events.iter().zip(keys).map(open).collect()
    }
}

#[cfg(test)]
mod tests {
    use leitstand_store::MemoryKeys;

    use super::*;

    fn texts() -> Texts {
        [("comment".to_owned(), "vertraulich".to_owned())].into()
    }

    #[tokio::test]
    async fn a_box_opens_only_with_its_key_at_its_place() -> Result<(), Failure> {
        let (keys, event) = (MemoryKeys::default(), Uuid::from_u128(7));
        let sealed = seal(&keys, &texts(), "measure-M", event)
            .await?
            .ok_or(Failure::Sealing)?;
        assert!(!sealed.data.contains(&hex(b"vertraulich")));
        let key = keys.get(&sealed.key).await?.ok_or(Failure::Sealing)?;
        assert_eq!(unseal(&key, "measure-M", event, &sealed)?, texts());
        assert!(unseal(&key, "measure-N", event, &sealed).is_err());
        assert!(unseal(&key, "measure-M", Uuid::from_u128(8), &sealed).is_err());
        assert!(unseal(&Key::from_bytes([0; 32]), "measure-M", event, &sealed).is_err());
        for data in ["", "zz", "00", &sealed.data[2..]] {
            let broken = SealedBox {
                data: data.to_owned(),
                ..sealed.clone()
            };
            assert!(unseal(&key, "measure-M", event, &broken).is_err());
        }
        Ok(())
    }

    #[tokio::test]
    async fn without_texts_no_key_is_taken() -> Result<(), Failure> {
        let keys = MemoryKeys::default();
        assert_eq!(
            seal(&keys, &Texts::new(), "measure-M", Uuid::nil()).await?,
            None
        );
        assert!(keys.all().await?.is_empty());
        Ok(())
    }
}
