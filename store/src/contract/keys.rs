//! What every keeper of keys promises.

use std::{collections::HashSet, sync::Arc};

use uuid::Uuid;

use super::{Keeper, cases};

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
