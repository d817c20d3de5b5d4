//! The year 2024 as the contract gives it.

use std::{sync::Arc, time::Instant};

use leitstand_domain::Event;
use leitstand_ingest::{Desk, Mode, Unsealer, init};
use leitstand_store::{Sqlite, SqliteKeys, verify};

use crate::support::{Office, id, scenario};

#[tokio::test]
async fn the_scenario_is_accepted_without_a_finding_and_then_known() {
    let office = Office::begun().await;
    let before = office.log().await.len();
    let first = office.feed_path(scenario(), Mode::Record).await;
    assert_eq!(first.findings, []);
    assert_eq!((first.accepted, first.known, first.rejected), (700, 0, 0));
    assert_eq!(first.tables["status_reports"].accepted, 113);
    assert_eq!(office.log().await.len(), before + 700);
    let second = office.feed_path(scenario(), Mode::Record).await;
    assert_eq!(
        (second.accepted, second.known, second.rejected),
        (0, 700, 0)
    );
    assert_eq!(second.position, first.position);
    assert_eq!(office.log().await.len(), before + 700);
    assert_eq!(
        verify(&*office.store, None)
            .await
            .expect("a working store")
            .flaw,
        None
    );
}

#[tokio::test]
async fn a_desk_that_reads_the_log_anew_knows_the_same() {
    let office = Office::begun().await;
    office.feed_path(scenario(), Mode::Record).await;
    let other = Office::at(office.store.clone(), office.keys.clone()).await;
    let again = other.feed_path(scenario(), Mode::Record).await;
    assert_eq!((again.accepted, again.known, again.rejected), (0, 700, 0));
}

#[tokio::test]
async fn row_by_row_and_together_record_the_same_events() {
    let together = Office::begun().await;
    together.feed_path(scenario(), Mode::Record).await;
    let single = Office::begun().await;
    for recorded in together.log().await {
        let event = Event::read(&recorded.name, recorded.version, &recorded.payload);
        assert!(event.is_ok(), "{}", recorded.name);
    }
    // The same files, one window per file: other appends, the same events in every stream.
    for table in [
        "seats",
        "sittings",
        "report_calls",
        "milestones",
        "activities",
    ] {
        let report = single
            .feed_path(scenario().join(format!("{table}.csv")), Mode::Record)
            .await;
        assert_eq!(report.rejected, 0, "{table}");
    }
    let rest = single.feed_path(scenario(), Mode::Record).await;
    assert_eq!(rest.rejected, 0);
    let ids = |log: Vec<leitstand_store::Recorded>| {
        let mut ids: Vec<_> = log.into_iter().map(|it| (it.stream, it.id)).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(single.log().await), ids(together.log().await));
}

#[tokio::test]
async fn sealed_text_is_nowhere_in_the_log_and_can_be_read_with_its_key() {
    let office = Office::begun().await;
    office.feed_path(scenario(), Mode::Record).await;
    let unsealer = Unsealer::new(Arc::clone(&office.keys));
    let mut reasons = 0;
    for recorded in office.log().await {
        for secret in [
            "illustrativ",
            "Ziffern vertauscht",
            "Staatsvertrag noch offen",
            "Bedarf über der",
        ] {
            let titles = ["milestone.planned", "impediment.reported"].contains(&&*recorded.name);
            assert!(
                titles || !recorded.payload.contains(secret),
                "{}",
                recorded.payload
            );
        }
        let event = Event::read(&recorded.name, recorded.version, &recorded.payload);
        let event = event.expect("a readable event");
        let Some(sealed) = event.meta().and_then(|it| it.sealed.as_ref()) else {
            continue;
        };
        let texts = unsealer
            .get(&recorded, sealed)
            .await
            .expect("keys")
            .expect("not erased");
        assert_eq!(
            texts.keys().collect::<Vec<_>>(),
            sealed.columns.iter().collect::<Vec<_>>()
        );
        assert_eq!(texts["note"], "illustrativ");
        reasons += usize::from(
            texts
                .get("reason")
                .is_some_and(|it| it == "Ziffern vertauscht"),
        );
    }
    assert_eq!(reasons, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_file_the_scenario_takes_well_under_a_second() {
    let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("a folder");
    let path = folder.path().join("log.db");
    let store = Arc::new(Sqlite::open(&path).expect("a file"));
    let keys = Arc::new(SqliteKeys::open(&path).expect("a file"));
    let clock: leitstand_ingest::Clock = Arc::new(jiff::Timestamp::now);
    let desk = Arc::new(
        Desk::open(store.clone(), keys.clone(), id("spt-dd"), clock)
            .await
            .expect("a file"),
    );
    let begun = Instant::now();
    assert_eq!(
        init(&desk, None, &id("EUR"))
            .await
            .expect("a file")
            .findings,
        []
    );
    println!("init: {:?}", begun.elapsed());
    let hand = crate::support::Hand::new();
    let office = Office {
        desk,
        store: store.clone(),
        keys,
        hand,
    };
    let begun = Instant::now();
    let report = office.feed_path(scenario(), Mode::Record).await;
    let took = begun.elapsed();
    println!("scenario: {took:?}, {:?}", store.counters());
    assert_eq!((report.accepted, report.rejected), (700, 0));
    assert!(took.as_secs() < 5, "{took:?}"); // generous: machines that test are busy
}
