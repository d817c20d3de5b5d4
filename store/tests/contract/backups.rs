//! A backup comes back as it was, or not at all.

use std::{fs, sync::Arc};

use leitstand_store::{
    BackupError, EventStore, Expected, Position, Sqlite, SqliteKeys, TextKeys, backup,
    contract::event, keys_path, restore, verify,
};

use crate::{Test, block_on, damage::tamper, fresh, refusals::small_log, tests};

pub(crate) const TESTS: &[Test] = tests![
    what_was_backed_up_comes_back,
    a_backup_can_be_made_while_others_write,
    a_backup_overwrites_nothing,
    a_restore_overwrites_nothing,
    a_damaged_backup_is_refused,
    a_backup_with_another_head_is_refused,
    a_tampered_log_is_not_backed_up,
    a_backup_without_manifest_is_refused,
];

fn what_was_backed_up_comes_back() {
    let (log, folder, target) = (small_log(), fresh("backup"), fresh("restored.db"));
    let keys = SqliteKeys::open(&log).unwrap();
    let (id, key) = block_on(keys.take()).unwrap();
    let manifest = backup(&log, &folder).unwrap();
    assert_eq!((manifest.count, &*manifest.programme), (3, "test"));
    assert_eq!(restore(&folder, &target).unwrap(), manifest);
    let (before, after) = (
        Sqlite::open(&log).unwrap(),
        Sqlite::open_for(&target, "test").unwrap(),
    );
    block_on(async {
        let events = after.page(Position::START, 10).await.unwrap();
        assert_eq!(events, before.page(Position::START, 10).await.unwrap());
        let verified = verify(
            &after,
            Some(format!("3:{}", manifest.head).parse().unwrap()),
        )
        .await
        .unwrap();
        assert_eq!(verified.flaw, None);
        // Life goes on.
        after
            .append(
                "milestone-2",
                Expected::At(events[2].revision),
                vec![event(4)],
            )
            .await
            .unwrap();
        let restored = SqliteKeys::open(&target).unwrap();
        assert_eq!(restored.get(&id).await.unwrap(), Some(key));
    });
}

fn a_backup_can_be_made_while_others_write() {
    let log = small_log();
    let store = Arc::new(Sqlite::open(&log).unwrap());
    block_on(async {
        let writer = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 10..200 {
                    store
                        .append(&format!("milestone-{n}"), Expected::Empty, vec![event(n)])
                        .await
                        .unwrap();
                }
            })
        };
        let mut counts = vec![];
        while !writer.is_finished() {
            let (log, folder) = (log.clone(), fresh("backup"));
            let made = tokio::task::spawn_blocking(move || {
                let manifest = backup(&log, &folder).unwrap();
                assert_eq!(restore(&folder, &fresh("restored.db")).unwrap(), manifest);
                manifest
            });
            counts.push(made.await.unwrap().count);
        }
        writer.await.unwrap();
        assert!(counts.is_sorted() && counts[0] < 200, "{counts:?}");
    });
}

fn a_backup_overwrites_nothing() {
    let (log, folder) = (small_log(), fresh("backup"));
    backup(&log, &folder).unwrap();
    let again = backup(&log, &folder);
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
}

fn a_restore_overwrites_nothing() {
    let (log, folder, target) = (small_log(), fresh("backup"), fresh("restored.db"));
    backup(&log, &folder).unwrap();
    let refused = restore(&folder, &log);
    assert!(
        matches!(refused, Err(BackupError::Exists(_))),
        "{refused:?}"
    );
    fs::write(keys_path(&target), "keys of somebody else").unwrap();
    let refused = restore(&folder, &target);
    assert!(
        matches!(refused, Err(BackupError::Exists(_))),
        "{refused:?}"
    );
    assert!(!target.exists());
}

fn a_damaged_backup_is_refused() {
    for file in ["log.db", "log.db-keys"] {
        let (log, folder, target) = (small_log(), fresh("backup"), fresh("restored.db"));
        drop(SqliteKeys::open(&log).unwrap());
        backup(&log, &folder).unwrap();
        let mut bytes = fs::read(folder.join(file)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(folder.join(file), bytes).unwrap();
        let refused = restore(&folder, &target);
        assert!(
            matches!(&refused, Err(BackupError::Damaged { file: it, .. }) if it.ends_with(file)),
            "{refused:?}"
        );
        nothing_is_left(&target);
    }
}

fn a_backup_with_another_head_is_refused() {
    let (log, folder, target) = (small_log(), fresh("backup"), fresh("restored.db"));
    let manifest = backup(&log, &folder).unwrap();
    let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
    fs::write(
        folder.join("manifest.json"),
        text.replace(&manifest.head, &"0".repeat(64)),
    )
    .unwrap();
    let refused = restore(&folder, &target);
    assert!(
        matches!(refused, Err(BackupError::Damaged { .. })),
        "{refused:?}"
    );
    nothing_is_left(&target);
}

fn a_tampered_log_is_not_backed_up() {
    let (log, folder) = (small_log(), fresh("backup"));
    tamper(&log, "UPDATE events SET payload = '{}' WHERE position = 2");
    let refused = backup(&log, &folder);
    assert!(
        matches!(refused, Err(BackupError::Flawed(_))),
        "{refused:?}"
    );
    assert!(!folder.join("manifest.json").exists());
}

fn a_backup_without_manifest_is_refused() {
    let (log, folder, target) = (small_log(), fresh("backup"), fresh("restored.db"));
    backup(&log, &folder).unwrap();
    fs::remove_file(folder.join("manifest.json")).unwrap();
    assert!(restore(&folder, &target).is_err());
    nothing_is_left(&target);
}

fn nothing_is_left(target: &std::path::Path) {
    assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 0);
}
