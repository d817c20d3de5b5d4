//! One pot with 60 requests and 1,500 bookings: read, folded and answered.

use std::{collections::BTreeMap, path::Path, time::Instant};

use leitstand_domain::{Day, Event, Id, Ledger, StreamKind, cell::Cell as _, stream::Envelope};
use leitstand_ingest::Submission;
use leitstand_projections::{Ask, Entry, Facts, Filter, Page, Unseal, View, answers};
use leitstand_store::{EventStore as _, Position, Recorded, Sqlite, day_in_berlin};

use crate::{median, millis, told, workload, writing};

const STREAM: &str = "pot-T-2005-00";
const ANSWERS: [&str; 3] = ["funds", "requests", "year-end"];

/// No text is asked for.
struct Nothing;

impl Unseal for Nothing {
    fn unseal(
        &self,
        _: &str,
        _: uuid::Uuid,
        _: &leitstand_domain::event::SealedBox,
    ) -> Option<BTreeMap<String, String>> {
        None
    }
}

pub async fn run(folder: &Path) {
    let path = folder.join("pot.db");
    build(&path).await;
    let store = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || Sqlite::open(&path).expect("a store"))
            .await
            .expect("opened")
    };
    let log = store
        .page(Position::START, usize::MAX)
        .await
        .expect("a log");
    let (own, others): (Vec<Recorded>, Vec<Recorded>) =
        log.into_iter().partition(|it| &*it.stream == STREAM);
    let (mut reads, mut ledgers, mut facts_times) = (Vec::new(), Vec::new(), Vec::new());
    let mut times: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    let mut sums = Vec::new();
    for _ in 0..20 {
        let started = Instant::now();
        let read = store.read(STREAM).await.expect("a stream");
        assert_eq!(read.len(), own.len());
        reads.push(started.elapsed());
        let started = Instant::now();
        let ledger = ledger(&own);
        ledgers.push(started.elapsed());
        drop(ledger);
        let mut facts = Facts::default();
        fold(&mut facts, &others, 0);
        let started = Instant::now();
        fold(&mut facts, &own, others.len());
        let taken = started.elapsed();
        facts_times.push(taken);
        let mut sum = taken;
        for name in ANSWERS {
            let started = Instant::now();
            let kind = answers::by_name(name).expect("an answer");
            let (pieces, _) = kind.json(&facts, &ask()).expect("answered");
            let answered = started.elapsed();
            let text = pieces.concat();
            assert!(text.len() > 300, "{text}");
            times.entry(name).or_default().push(answered);
            sum += answered;
        }
        sums.push(sum);
    }
    let pot = "a pot with 60 requests and 1,500 bookings";
    told(&format!("{pot}: its stream read"), &millis(median(reads)));
    told(
        &format!("{pot}: its ledger folded"),
        &millis(median(ledgers)),
    );
    told(
        &format!("{pot}: its facts folded"),
        &millis(median(facts_times)),
    );
    for (name, times) in times {
        let worst = times.iter().max().copied().unwrap_or_default();
        told(
            &format!("{pot}: `{name}`, whole, as JSON"),
            &format!("median {}, worst {}", millis(median(times)), millis(worst)),
        );
    }
    let worst = sums.iter().max().copied().unwrap_or_default();
    told(
        &format!("{pot}: facts folded and all three answered"),
        &format!("median {}, worst {}", millis(median(sums)), millis(worst)),
    );
}

/// The pot of the year 2005 with three times its requests, each with a quarter of its bookings.
async fn build(path: &Path) {
    let desk = writing::desk(path).await;
    let euro = Id::parse("EUR").expect("a currency");
    leitstand_ingest::init(&desk, None, &euro)
        .await
        .expect("a programme");
    let catalogue: Vec<Submission> = workload::catalogue()
        .into_iter()
        .map(writing::submission)
        .collect();
    desk.record_many(&catalogue).await.expect("a catalogue");
    let rows: Vec<Submission> = workload::one_pot(60, 25)
        .into_iter()
        .map(writing::submission)
        .collect();
    let outcomes = desk.record_many(&rows).await.expect("recorded");
    for (row, outcome) in rows.iter().zip(&outcomes) {
        assert_eq!(outcome.word(), "accepted", "{row:?}: {outcome:?}");
    }
}

fn read(recorded: &Recorded) -> Event {
    Event::read(&recorded.name, recorded.version, &recorded.payload).expect("a known event")
}

fn ledger(events: &[Recorded]) -> Ledger {
    let mut ledger = Ledger::new(StreamKind::Pot);
    for it in events {
        let envelope = Envelope {
            position: it.position.as_json(),
            effective: Day::of(it.effective_on).expect("a day"),
            known: Day::of(it.known_on).expect("a day"),
            command: it.id,
        };
        ledger.apply(read(it), envelope);
    }
    ledger
}

/// Takes events in, at the places they would have after so many others.
fn fold(facts: &mut Facts, events: &[Recorded], before: usize) {
    for (at, it) in events.iter().enumerate() {
        let entry = Entry {
            position: u64::try_from(before + at + 1).expect("few"),
            stream: &it.stream,
            id: it.id,
            name: &it.name,
            effective: Day::of(it.effective_on).expect("a day"),
            known: Day::of(it.known_on).expect("a day"),
            recorded_at: it.recorded_at,
            recorded_on: Day::of(day_in_berlin(it.recorded_at)).expect("a day"),
            actor: &it.actor,
        };
        facts.apply(entry, &read(it), &Nothing);
    }
}

fn ask() -> Ask {
    Ask {
        view: View {
            as_of: Day::parse("2005-12-31").expect("a day"),
            known_on: None,
            at_position: None,
        },
        filter: Filter {
            pot: Some("T-2005-00".to_owned()),
            ..Filter::default()
        },
        page: Page::default(),
    }
}
