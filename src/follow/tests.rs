use leitstand_ingest::{feed, init};
use leitstand_store::{Expected, NewEvent};

use super::*;
use crate::clock;

async fn programme() -> (Opened, Arc<Desk>) {
    let opened = crate::stores::in_memory();
    let id = crate::stores::id("Programm", "test").expect("an id");
    let (store, keys) = (Arc::clone(&opened.store), Arc::clone(&opened.keys));
    let desk = Desk::open(store, keys, id, clock::clock())
        .await
        .expect("an empty log");
    let currency = crate::stores::id("Währung", "EUR").expect("an id");
    init(&desk, None, &currency).await.expect("a memory store");
    (opened, Arc::new(desk))
}

async fn append(opened: &Opened, name: &str, payload: &str) {
    let now = jiff::Timestamp::now();
    let event = NewEvent {
        id: uuid::Uuid::from_u128(7),
        name: name.into(),
        version: 1,
        effective_on: jiff::civil::date(2024, 1, 1),
        known_on: None,
        recorded_at: now,
        actor: "test".into(),
        correlation: uuid::Uuid::from_u128(8),
        causation: None,
        payload: payload.to_owned(),
    };
    opened
        .store
        .append("strange", Expected::Empty, vec![event])
        .await
        .expect("a memory store");
}

#[tokio::test]
async fn a_whole_log_is_folded() {
    let (opened, _) = programme().await;
    let facts = fold_all(&opened).await.expect("a memory store");
    let last = opened
        .store
        .page(Position::START, 10_000)
        .await
        .expect("a memory store");
    assert_eq!(
        Some(facts.position()),
        last.last().map(|it| it.position.as_json())
    );
    assert_eq!(facts.stopped, None);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_stops_the_facts_and_nothing_else() {
    let (opened, desk) = programme().await;
    append(&opened, "strange.happened", "{}").await;
    let follower = Follower::begin(&opened, Arc::clone(&desk));
    while !follower.progress.is_caught_up() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stopped = follower.stopped().expect("facts stand still");
    assert_eq!(stopped.name, "strange.happened");
    assert!(*follower.folded.borrow() < stopped.position);
    assert_eq!(follower.progress.lag(), 1);
    assert!(!follower.progress.store_fails());
}

#[tokio::test]
async fn what_is_recorded_later_is_folded_soon() {
    let (opened, desk) = programme().await;
    let follower = Follower::begin(&opened, Arc::clone(&desk));
    let csv =
        b"id,kind,title,parent,set_on,received_on\nX-1,measure,Titel,DG,2024-01-01,2024-01-01\n";
    let rows = feed::Feed::csv("test", csv, "catalogue").expect("small");
    let admit = |_: &str, _: &_| Ok(leitstand_ingest::Actor::local());
    let report = leitstand_ingest::feed(&desk, rows, &admit, <_>::default())
        .await
        .expect("a memory store");
    assert!(report.is_clean(), "{:?}", report.findings);
    let mut folded = follower.folded.clone();
    let waiting = tokio::time::timeout(
        Duration::from_secs(5),
        folded.wait_for(|it| *it >= report.position),
    );
    assert!(waiting.await.is_ok());
    assert_eq!(follower.progress.lag(), 0);
}
