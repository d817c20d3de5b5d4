//! Two desks on one log, and many rows at once.

use std::sync::Arc;

use leitstand_ingest::{Outcome, Submission};
use leitstand_store::verify;

use crate::support::{Office, actor, pot, report, request, row};

#[tokio::test(flavor = "multi_thread")]
async fn two_desks_on_one_stream_lose_no_row() {
    let office = Office::begun().await;
    let other = Arc::new(office.another().await);
    let mut tasks = tokio::task::JoinSet::new();
    for day in 1..=30 {
        let (one, two) = (Arc::clone(&office.desk), Arc::clone(&other));
        tasks.spawn(async move { one.record(report("DG-M-01", day)).await });
        // The same rows again, and others of the same stream.
        tasks.spawn(async move {
            two.record(report("DG-M-01", day)).await?;
            two.record(report("DG-M-02", day)).await
        });
    }
    while let Some(done) = tasks.join_next().await {
        let outcome = done.expect("no panic").expect("a working store");
        assert_ne!(outcome.word(), "rejected", "{outcome:?}");
    }
    let stream = office
        .store
        .read("measure-DG-M-01")
        .await
        .expect("a working store");
    assert_eq!(stream.len(), 30);
    assert_eq!(
        verify(&*office.store, None)
            .await
            .expect("a working store")
            .flaw,
        None
    );
}

#[tokio::test]
async fn two_desks_on_one_id_agree_on_the_first() {
    let office = Office::begun().await;
    let other = office.another().await;
    let first = office
        .desk
        .record(request("A-1", "T-1"))
        .await
        .expect("a working store");
    let second = other
        .record(request("A-1", "T-2"))
        .await
        .expect("a working store");
    // Nothing was missing, so the other desk did not look: two processes may record one id, and the
    // lower position holds.
    assert_eq!((first.word(), second.word()), ("accepted", "accepted"));
    for desk in [&*office.desk, &other] {
        desk.catch_up().await.expect("a working store");
        let step = [
            ("date", "2026-01-02"),
            ("request", "A-1"),
            ("step", "formal_check_started"),
        ];
        desk.record(Submission::new("request_steps", row(&step), actor()))
            .await
            .expect("a working store");
    }
    assert_eq!(
        office.store.read("pot-T-1").await.expect("a store").len(),
        2
    );
    assert_eq!(
        office.store.read("pot-T-2").await.expect("a store").len(),
        1
    );
}

#[tokio::test]
async fn what_another_desk_recorded_is_found_when_it_is_missing() {
    let office = Office::begun().await;
    let other = office.another().await;
    office
        .desk
        .record(request("A-1", "T-1"))
        .await
        .expect("a working store");
    let step = [
        ("date", "2026-01-02"),
        ("request", "A-1"),
        ("step", "formal_check_started"),
    ];
    let outcome = other
        .record(Submission::new("request_steps", row(&step), actor()))
        .await;
    assert_eq!(outcome.expect("a working store").word(), "accepted");
    // And a no is said only on what the log says now: here it knows more than the first desk's shelf.
    let step = [
        ("date", "2026-01-03"),
        ("request", "A-1"),
        ("step", "formally_cleared"),
    ];
    let outcome = office
        .desk
        .record(Submission::new("request_steps", row(&step), actor()))
        .await;
    assert_eq!(outcome.expect("a working store").word(), "accepted");
}

#[tokio::test]
async fn many_rows_conflict_and_are_decided_again() {
    let office = Office::begun().await;
    let other = office.another().await;
    let rows: Vec<Submission> = (1..=20).map(|day| report("DG-M-01", day)).collect();
    office
        .desk
        .record_many(&rows[..1])
        .await
        .expect("a working store");
    // The other desk's directory is behind while the first goes on.
    other
        .record_many(&rows[1..10])
        .await
        .expect("a working store");
    let outcomes = office
        .desk
        .record_many(&rows)
        .await
        .expect("a working store");
    let words: Vec<&str> = outcomes.iter().map(Outcome::word).collect();
    assert_eq!(words[..10], ["known"; 10]);
    assert_eq!(words[10..], ["accepted"; 10]);
}

#[tokio::test]
async fn a_row_twice_in_one_window_is_known_at_the_position_of_the_first() {
    let office = Office::begun().await;
    let rows = [pot("T-1", "1"), pot("T-1", "1.00"), pot("T-1", "2")];
    let outcomes = office
        .desk
        .record_many(&rows)
        .await
        .expect("a working store");
    let position = outcomes[0].position().expect("recorded");
    assert_eq!(outcomes[0], Outcome::Accepted { position });
    assert_eq!(outcomes[1], Outcome::Known { position });
    assert_eq!(outcomes[2].word(), "rejected");
}

#[tokio::test]
async fn what_is_referred_to_is_recorded_before_what_refers_to_it() {
    let office = Office::begun().await;
    let risk = [
        ("id", "RI-1"),
        ("subject", "DG"),
        ("category", "K"),
        ("title", "T"),
        ("response", "accept"),
        ("identified_on", "2026-01-01"),
    ];
    let activity = [
        ("id", "DA-1"),
        ("measure", "DG-M-01"),
        ("optimistic", "1"),
        ("likely", "2"),
        ("pessimistic", "3"),
        ("planned_on", "2026-01-01"),
    ];
    let driver = [
        ("risk", "RI-1"),
        ("activity", "DA-1"),
        ("set_on", "2026-01-02"),
    ];
    let rows = [
        ("risks", row(&risk)),
        ("activities", row(&activity)),
        ("risk_drivers", row(&driver)),
    ];
    let rows = rows.map(|(table, cells)| Submission::new(table, cells, actor()));
    let outcomes = office
        .desk
        .record_many(&rows)
        .await
        .expect("a working store");
    assert!(
        outcomes.iter().all(|it| it.word() == "accepted"),
        "{outcomes:?}"
    );
    let log = office.log().await;
    let place = |name: &str| log.iter().position(|it| &*it.name == name);
    assert!(place("network.activity_planned") < place("risk.driver_set"));
}
