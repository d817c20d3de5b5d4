//! Who follows an `SQLite` log sees every event once and as it is in the file, whoever wrote it and however far
//! behind it is.

use leitstand_store::{
    EventStore, Expected, NewEvent, Position, Recorded, Sqlite, contract::event,
};

use crate::{Test, block_on, fresh, tests};

pub(crate) const TESTS: &[Test] = tests![
    followers_of_two_processes_see_what_is_in_the_file,
    more_than_is_kept_in_memory_is_seen_too,
];

/// Reads on until nothing more comes.
async fn follow(store: &Sqlite, followed: &mut Vec<Recorded>, limit: usize) {
    loop {
        let after = followed.last().map_or(Position::START, |it| it.position);
        let page = store.page(after, limit).await.unwrap();
        if page.is_empty() {
            return;
        }
        assert!(page.len() <= limit);
        followed.extend(page);
    }
}

fn followers_of_two_processes_see_what_is_in_the_file() {
    block_on(async {
        let path = fresh("log.db");
        let stores = [(); 2].map(|()| Sqlite::open(&path).unwrap());
        // One follows at every turn, one now and then.
        let mut followed = [(); 4].map(|()| Vec::new());
        // Who writes: one several times, then the other, in no regular turns.
        for (turn, writer) in (0..).zip("aababbbaaaabbabaabbbbbaabab".bytes()) {
            for n in 0..5 {
                let stream = format!("milestone-{turn}-{n}");
                let events = vec![event(turn * 10 + n), event(turn * 10 + n + 5)];
                let writer = &stores[usize::from(writer - b'a')];
                writer
                    .append(&stream, Expected::Empty, events)
                    .await
                    .unwrap();
            }
            for (at, store) in stores.iter().enumerate() {
                follow(store, &mut followed[at], 3).await;
                if turn % 7 == 6 {
                    follow(store, &mut followed[at + 2], 4).await;
                }
            }
        }
        let in_file = Sqlite::open(&path).unwrap();
        let all = in_file.page(Position::START, usize::MAX).await.unwrap();
        assert_eq!(all.len(), 270);
        for (at, mut followed) in followed.into_iter().enumerate() {
            follow(&stores[at % 2], &mut followed, 100).await;
            assert_eq!(followed, all, "{at}");
        }
    });
}

fn more_than_is_kept_in_memory_is_seen_too() {
    block_on(async {
        let path = fresh("log.db");
        let store = Sqlite::open(&path).unwrap();
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for n in 0..30 {
            // 30 × 500 KiB are more bytes, and 30 × 400 small ones more events, than are kept.
            let large = NewEvent {
                payload: format!("\"{}\"", "x".repeat(500 << 10)),
                ..event(n * 1_000)
            };
            let small = (1..=400).map(|it| event(n * 1_000 + it));
            let events = std::iter::once(large).chain(small).collect();
            let stream = format!("milestone-{n}");
            store
                .append(&stream, Expected::Empty, events)
                .await
                .unwrap();
            follow(&store, &mut near, 1_000).await;
            if n == 3 {
                follow(&store, &mut far, 77).await;
            }
        }
        follow(&store, &mut far, 77).await;
        let in_file = Sqlite::open(&path).unwrap();
        let all = in_file.page(Position::START, usize::MAX).await.unwrap();
        assert_eq!(all.len(), 30 * 401);
        assert!(near == all && far == all);
    });
}
