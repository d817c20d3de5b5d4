//! What every keeper of keys promises.

use std::{collections::HashSet, sync::Arc};

use uuid::Uuid;

use super::{Keeper, cases};
use crate::Key;

cases! { CASES of Keeper:
    async fn a_taken_key_is_kept(keys) {
        let (id, key) = keys.take().await.expect("take");
        assert_eq!(keys.get(&id).await.expect("get"), Some(key.clone()));
        assert_eq!(keys.all().await.expect("all").get(&id), Some(&key));
    }

    async fn no_key_is_handed_out_twice(keys) {
        let takers = (0..4).map(|_| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move {
                let mut taken = vec![];
                for _ in 0..2_500 {
                    taken.push(keys.take().await.expect("take"));
                }
                taken
            })
        });
        let (mut ids, mut bytes) = (HashSet::new(), HashSet::new());
        for taker in takers.collect::<Vec<_>>() {
            for (id, key) in taker.await.expect("taker") {
                assert!(ids.insert(id), "{id} came twice");
                assert!(bytes.insert(*key.as_bytes()), "the key of {id} came twice");
            }
        }
        let all = keys.all().await.expect("all");
        assert!(ids.iter().all(|id| all.contains_key(id)));
    }

    async fn an_unknown_name_has_no_key(keys) {
        assert_eq!(keys.get(&Uuid::from_u128(1)).await.expect("get"), None);
        assert!(!keys.destroy(&Uuid::from_u128(1)).await.expect("destroy"));
    }

    async fn a_destroyed_key_is_gone_and_only_that_one(keys) {
        let (first, _) = keys.take().await.expect("take");
        let (second, kept) = keys.take().await.expect("take");
        assert!(keys.destroy(&first).await.expect("destroy"));
        assert!(!keys.destroy(&first).await.expect("destroy again"));
        assert_eq!(keys.get(&first).await.expect("get"), None);
        assert!(!keys.all().await.expect("all").contains_key(&first));
        assert_eq!(keys.get(&second).await.expect("get"), Some(kept));
    }

    async fn a_key_made_elsewhere_is_kept_under_its_name(keys) {
        let (taken, _) = keys.take().await.expect("take");
        let given = |id, byte| (Uuid::from_u128(id), Key::from_bytes([byte; 32]));
        keys.put(vec![given(5, 5), given(6, 6)]).await.expect("put");
        keys.put(vec![given(5, 5), given(7, 7)]).await.expect("what is there stays");
        for id in [5, 6, 7] {
            let (name, key) = given(id, u8::try_from(id).expect("small"));
            assert_eq!(keys.get(&name).await.expect("get"), Some(key));
        }
        keys.put(vec![given(5, 8)]).await.expect_err("another key of that name");
        assert_eq!(keys.get(&given(5, 5).0).await.expect("get"), Some(given(5, 5).1));
        assert!(keys.get(&taken).await.expect("get").is_some());
    }

    async fn many_keys_come_in_the_order_asked_for(keys) {
        let (one, two) = (keys.take().await.expect("take"), keys.take().await.expect("take"));
        let unknown = Uuid::from_u128(1);
        let many = keys.get_many(&[two.0, unknown, one.0, two.0]).await.expect("get");
        assert_eq!(many, [Some(two.1.clone()), None, Some(one.1), Some(two.1)]);
    }

    async fn a_key_is_never_printed(keys) {
        let (_, key) = keys.take().await.expect("take");
        assert_eq!(format!("{key:?}"), "Key(…)");
    }
}
