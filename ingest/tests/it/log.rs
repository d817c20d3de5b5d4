//! What is in the log, and what happens when the world breaks.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use leitstand_domain::Event;
use leitstand_ingest::{
    Desk, Failure, Outcome, Sealer, Submission, Unsealer, WINDOW, erase, programme,
};
use leitstand_store::{
    AppendError, EventStore, Expected, Memory, MemoryKeys, NewEvent, Position, Recorded,
    StoreError, verify,
};

use crate::support::{Office, actor, id, pot, report, request, row};

/// A store that breaks when it is told to: before it records, or after.
struct Fragile {
    inner: Memory,
    before: AtomicUsize,
    after: AtomicUsize,
    /// Bytes of payload it takes in one piece; 0: any number.
    most: AtomicUsize,
}

impl Fragile {
    fn breaks(counter: &AtomicUsize) -> Result<(), StoreError> {
        let broke =
            counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1));
        broke.map_or(Ok(()), |_| {
            Err(StoreError::new("appending", "the line broke"))
        })
    }
}

#[async_trait::async_trait]
impl EventStore for Fragile {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Recorded>, AppendError> {
        Self::breaks(&self.before)?;
        let bytes = events.iter().map(|it| it.payload.len()).sum();
        let most = self.most.load(Ordering::SeqCst);
        if most > 0 && bytes > most {
            return Err(AppendError::TooLarge {
                stream: stream.to_owned(),
                events: events.len(),
                bytes,
                limit: "a test's",
            });
        }
        let recorded = self.inner.append(stream, expected, events).await?;
        Self::breaks(&self.after)?;
        Ok(recorded)
    }

    async fn read(&self, stream: &str) -> Result<Vec<Recorded>, StoreError> {
        self.inner.read(stream).await
    }

    async fn page(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        self.inner.page(after, limit).await
    }

    async fn moved(&self, position: Position) {
        self.inner.moved(position).await;
    }
}

async fn fragile() -> (Office, Arc<Fragile>) {
    let store = Arc::new(Fragile {
        inner: Memory::default(),
        before: AtomicUsize::new(0),
        after: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    });
    let office = Office::at(store.clone(), Arc::new(MemoryKeys::default())).await;
    leitstand_ingest::init(&office.desk, None, &id("EUR"))
        .await
        .expect("a working store");
    (office, store)
}

#[tokio::test]
async fn after_an_unknown_outcome_the_stream_is_read_and_nothing_is_recorded_twice() {
    let (office, store) = fragile().await;
    store.after.store(1, Ordering::SeqCst);
    let outcome = office
        .desk
        .record(pot("T-1", "1"))
        .await
        .expect("read again");
    assert_eq!(outcome.word(), "known");
    store.before.store(1, Ordering::SeqCst);
    let outcome = office
        .desk
        .record(pot("T-2", "1"))
        .await
        .expect("tried again");
    assert_eq!(outcome.word(), "accepted");
    store.after.store(2, Ordering::SeqCst);
    let rows: Vec<Submission> = (1..=3)
        .flat_map(|day| [report("DG-M-01", day), report("DG-M-02", day)])
        .collect();
    let outcomes = office.desk.record_many(&rows).await.expect("read again");
    assert!(
        outcomes.iter().all(|it| it.position().is_some()),
        "{outcomes:?}"
    );
    for stream in ["measure-DG-M-01", "measure-DG-M-02"] {
        assert_eq!(
            office.store.read(stream).await.expect("a store").len(),
            3,
            "{stream}"
        );
    }
}

#[tokio::test]
async fn what_no_store_takes_in_one_piece_is_a_finding_and_the_rest_goes_on() {
    let (office, store) = fragile().await;
    store.most.store(2_000, Ordering::SeqCst);
    let long = |comment: String| {
        let cells = [
            ("report_date", "2024-03-31"),
            ("measure", "DG-M-01"),
            ("overall", "G"),
            ("comment", comment.as_str()),
        ];
        Submission::new("status_reports", row(&cells), actor())
    };
    let outcome = office.desk.record(long("x".repeat(4_000))).await;
    let Ok(Outcome::Rejected(findings)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(findings[0].code, "row_too_large");
    let rows = [
        long("x".repeat(4_000)),
        report("DG-M-02", 1),
        long("y".into()),
    ];
    let outcomes = office.desk.record_many(&rows).await.expect("a store");
    let words: Vec<&str> = outcomes.iter().map(Outcome::word).collect();
    assert_eq!(words, ["rejected", "accepted", "accepted"]);
}

/// While the first window is with the store, the second is decided on as if it were recorded.
#[tokio::test]
async fn what_was_decided_on_a_broken_append_is_decided_anew() {
    for (before, after) in [(3, 0), (0, 3), (2, 2)] {
        let (office, store) = fragile().await;
        let measures: Vec<String> = (1..=9).map(|it| format!("DS-M-{it:02}")).collect();
        let first = jiff::civil::date(2000, 1, 1);
        let days = 2_000;
        let rows: Vec<Submission> = (0..days)
            .flat_map(|day| measures.iter().map(move |it| (it, day)))
            .map(|(measure, day)| {
                let date = (first + jiff::Span::new().days(day)).to_string();
                let cells = [
                    ("report_date", date.as_str()),
                    ("measure", measure),
                    ("overall", "G"),
                ];
                Submission::new("status_reports", row(&cells), actor())
            })
            .collect();
        assert!(2 * WINDOW < rows.len());
        store.before.store(before, Ordering::SeqCst);
        store.after.store(after, Ordering::SeqCst);
        let outcomes = office.desk.record_many(&rows).await.expect("read again");
        let known = outcomes.iter().filter(|it| it.word() == "known").count();
        assert_eq!(known > 0, after > 0, "{known} of {before}, {after}");
        let log = office.log().await;
        for (row, outcome) in rows.iter().zip(&outcomes) {
            let position = outcome.position().expect("recorded");
            let recorded = log.iter().find(|it| it.position == position);
            let recorded = recorded.expect("in the log");
            assert_eq!(
                *recorded.stream,
                *format!("measure-{}", row.cells["measure"])
            );
            assert_eq!(recorded.effective_on.to_string(), row.cells["report_date"]);
        }
        for measure in &measures {
            let stream = office.store.read(&format!("measure-{measure}")).await;
            let recorded = i64::try_from(stream.expect("a store").len());
            assert_eq!(recorded, Ok(days), "{measure}");
        }
        let verified = verify(&*office.store, None).await.expect("a store");
        assert_eq!(verified.flaw, None);
    }
}

#[tokio::test]
async fn a_store_that_stays_broken_is_a_failure_and_not_a_no() {
    let (office, store) = fragile().await;
    store.before.store(100, Ordering::SeqCst);
    let failed = office.desk.record(pot("T-1", "1")).await;
    assert!(matches!(failed, Err(Failure::Store(_))), "{failed:?}");
    store.before.store(0, Ordering::SeqCst);
    assert_eq!(
        office
            .desk
            .record(pot("T-1", "1"))
            .await
            .expect("mended")
            .word(),
        "accepted"
    );
}

#[tokio::test]
async fn erased_text_is_gone_and_the_erasure_is_recorded_once() {
    let office = Office::begun().await;
    let position = office
        .desk
        .record(report("DG-M-01", 1))
        .await
        .expect("a store")
        .position()
        .expect("recorded");
    let reason = id("Löschantrag nach Art. 17 DSGVO");
    let none = erase(
        &office.desk,
        &[position, Position::from_json(1)],
        &reason,
        &actor(),
    )
    .await
    .expect("a store");
    assert_eq!(none.expect_err("no text")[0].code, "no_sealed_text");
    let unsealer = Unsealer::new(Arc::clone(&office.keys));
    let read = async || {
        let log = office.log().await;
        let recorded = log
            .iter()
            .find(|it| it.position == position)
            .expect("the event")
            .clone();
        let event =
            Event::read(&recorded.name, recorded.version, &recorded.payload).expect("readable");
        let sealed = event
            .meta()
            .and_then(|it| it.sealed.clone())
            .expect("sealed");
        let many = unsealer.many(&[(&recorded, &sealed)]).await.expect("keys");
        assert_eq!(
            many[0],
            unsealer.get(&recorded, &sealed).await.expect("keys")
        );
        many[0].clone()
    };
    assert_eq!(read().await.expect("not erased")["comment"], "gut");
    for again in [false, true] {
        let erased = erase(&office.desk, &[position], &reason, &actor())
            .await
            .expect("a store");
        let erased = erased.expect("a text");
        assert_eq!(
            (erased[0].was_erased, erased[0].position),
            (again, position)
        );
        assert_eq!(read().await, None);
    }
    let log = office.log().await;
    assert_eq!(
        log.iter()
            .filter(|it| &*it.name == "log.text_erased")
            .count(),
        1
    );
    assert_eq!(
        verify(&*office.store, None).await.expect("a store").flaw,
        None
    );
}

#[tokio::test]
async fn the_log_is_sealed_after_a_thousand_events_or_a_day() {
    let office = Office::begun().await;
    let mut sealer = Sealer::new(Arc::clone(&office.store), office.hand.clock());
    assert!(
        sealer.seal_if_due().await.expect("a store").is_some(),
        "never sealed before"
    );
    assert_eq!(
        sealer.seal_if_due().await.expect("a store"),
        None,
        "nothing happened since"
    );
    office.desk.record(pot("T-1", "1")).await.expect("a store");
    assert_eq!(
        sealer.seal_if_due().await.expect("a store"),
        None,
        "one event, and today"
    );
    office.hand.forward(25);
    assert!(
        sealer.seal_if_due().await.expect("a store").is_some(),
        "one event, and yesterday"
    );
    office.hand.forward(48);
    assert_eq!(
        sealer.seal_if_due().await.expect("a store"),
        None,
        "nothing happened since"
    );
    let rows: Vec<Submission> = (0..1_000).map(|it| pot(&format!("T-x{it}"), "1")).collect();
    office.desk.record_many(&rows).await.expect("a store");
    // A second sealer that has read nothing yet comes first; the other finds its work done.
    let mut other = Sealer::new(Arc::clone(&office.store), office.hand.clock());
    assert!(
        other.seal_if_due().await.expect("a store").is_some(),
        "a thousand events"
    );
    assert_eq!(sealer.seal_if_due().await.expect("a store"), None);
    assert_eq!(sealer.state(), {
        other.catch_up().await.expect("a store");
        other.state()
    });
    let verified = verify(&*office.store, None).await.expect("a store");
    assert_eq!(verified.flaw, None);
    assert_eq!(
        verified.sealed.map(|it| it.count + 1),
        Some(verified.head.count)
    );
}

#[tokio::test]
async fn a_log_of_another_programme_is_not_written_to() {
    let office = Office::begun().await;
    let (store, keys) = (Arc::clone(&office.store), Arc::clone(&office.keys));
    let opened = Desk::open(store, keys, id("andere"), office.hand.clock()).await;
    assert!(matches!(opened, Err(Failure::OtherProgramme { .. })));
    let said = programme(&*office.store)
        .await
        .expect("a store")
        .expect("initialised");
    assert_eq!((&*said.programme, &*said.currency), ("spt-dd", "EUR"));
}

#[tokio::test]
async fn a_log_with_an_event_of_tomorrow_is_not_written_to() {
    let office = Office::begun().await;
    let log = office.log().await;
    let last = log
        .iter()
        .rfind(|it| &*it.stream == "catalogue")
        .expect("an event");
    let new = NewEvent {
        id: uuid(7),
        name: "catalogue.entry_set".into(),
        version: 9,
        effective_on: last.effective_on,
        known_on: None,
        recorded_at: last.recorded_at,
        actor: "x".into(),
        correlation: uuid(8),
        causation: None,
        payload: "{}".into(),
    };
    office
        .store
        .append("catalogue", Expected::At(last.revision), vec![new])
        .await
        .expect("a store");
    let failed = office.desk.catch_up().await;
    assert!(
        matches!(failed, Err(Failure::Unreadable { .. })),
        "{failed:?}"
    );
    assert!(failed.is_err_and(|it| it.message_de().contains("neueste Programm")));
}

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

#[tokio::test]
async fn a_desk_that_is_told_what_the_log_says_need_not_read_it() {
    let office = Office::begun().await;
    office
        .desk
        .record(request("A-1", "T-1"))
        .await
        .expect("a store");
    let (store, keys) = (Arc::clone(&office.store), Arc::clone(&office.keys));
    let desk = Desk::unfolded(store, keys, id("spt-dd"), office.hand.clock());
    let log = office.log().await;
    for recorded in log.iter().chain(&log) {
        let event =
            Event::read(&recorded.name, recorded.version, &recorded.payload).expect("readable");
        desk.observe(recorded, &event);
    }
    let head = log.last().expect("an event").position;
    desk.observed_to(Position::START, head);
    assert_eq!(desk.catch_up().await.expect("a store"), head);
    assert_eq!(
        desk.record(request("A-1", "T-1"))
            .await
            .expect("a store")
            .word(),
        "known"
    );
}
