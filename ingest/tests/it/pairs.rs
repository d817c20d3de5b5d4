//! Carry-overs: the second half follows from the first, once, whoever was killed in between.

use std::sync::Arc;

use leitstand_domain::{Event, event::CarryOverReceived};
use leitstand_ingest::{Submission, complete_pairs};
use leitstand_store::Recorded;

use crate::support::{Office, actor, pot, request, row};

const CARRY: [(&str, &str); 6] = [
    ("pot", "T-1"),
    ("to_pot", "T-2"),
    ("request", "A-1"),
    ("amount", "40.00"),
    ("resolved_on", "2025-03-26"),
    ("resolution", "IT-PLR 46"),
];

/// Two pots, a request, and the first half.
async fn sent() -> Office {
    let office = Office::begun().await;
    for row in [
        pot("T-1", "100.00"),
        pot("T-2", "1.00"),
        request("A-1", "T-1"),
    ] {
        let outcome = office.desk.record(row).await.expect("a working store");
        assert_eq!(outcome.word(), "accepted");
    }
    office.accept("carry_overs", &CARRY).await;
    office
}

/// What was received, with the events.
async fn received(office: &Office) -> Vec<(Recorded, CarryOverReceived)> {
    let log = office.log().await;
    let events = log.into_iter().filter_map(|it| {
        let event = Event::read(&it.name, it.version, &it.payload).expect("a known event");
        match event {
            Event::CarryOverReceived(received) => Some((it, received)),
            _ => None,
        }
    });
    events.collect()
}

fn amounts(received: &[(Recorded, CarryOverReceived)]) -> Vec<String> {
    received.iter().map(|it| it.1.amount.to_string()).collect()
}

#[tokio::test]
async fn the_second_half_follows_from_the_first_and_only_once() {
    let office = sent().await;
    assert_eq!(
        received(&office).await.len(),
        0,
        "a row alone is the first half"
    );
    assert_eq!(complete_pairs(&office.desk).await.expect("a store"), 1);
    assert_eq!(complete_pairs(&office.desk).await.expect("a store"), 0);
    // Another process looks at everything and finds nothing to do.
    let other = office.another().await;
    assert_eq!(complete_pairs(&other).await.expect("a store"), 0);
    let received = received(&office).await;
    let (event, said) = &received[0];
    assert_eq!((received.len(), &*event.stream), (1, "pot-T-2"));
    assert_eq!(said.amount.to_string(), "40.00");
    assert_eq!(event.effective_on.to_string(), "2025-03-26");
    let log = office.log().await;
    let first = log.iter().find(|it| &*it.name == "pot.carry_over_sent");
    let first = first.expect("the first half");
    assert_eq!(event.causation, Some(first.id));
    assert_eq!(event.known_on, first.known_on, "known with the first half");
    assert_eq!(&*event.actor, "leitstand");
}

#[tokio::test]
async fn what_a_process_left_half_done_is_completed_by_the_next() {
    let office = sent().await;
    let next = office.another().await;
    // Two of them at once make one event.
    let again = office.another().await;
    let both = tokio::join!(complete_pairs(&next), complete_pairs(&again));
    let done = both.0.expect("a store") + both.1.expect("a store");
    assert_eq!(done, 1);
    assert_eq!(amounts(&received(&office).await), ["40.00"]);
}

#[tokio::test]
async fn a_correction_of_the_first_half_is_followed_by_the_second() {
    let office = sent().await;
    complete_pairs(&office.desk).await.expect("a store");
    let fix = |changes: &[(&str, &str)]| {
        let mut cells = vec![
            ("table", "carry_overs"),
            ("key", "T-1/T-2/A-1"),
            ("date", "2025-03-26"),
            ("reason", "Zahlendreher"),
        ];
        cells.extend(changes);
        Submission::new("corrections", row(&cells), actor())
    };
    let corrected = [fix(&[("amount", "30.00")]), fix(&[("void", "yes")])];
    for (fix, expected) in corrected.into_iter().zip(["30.00", "0.00"]) {
        let outcome = office.desk.record(fix).await.expect("a store");
        assert_eq!(outcome.word(), "accepted");
        assert_eq!(complete_pairs(&office.desk).await.expect("a store"), 1);
        let last = amounts(&received(&office).await).pop();
        assert_eq!(last.as_deref(), Some(expected));
    }
    let other = office.another().await;
    assert_eq!(complete_pairs(&other).await.expect("a store"), 0);
}

#[tokio::test]
async fn a_feed_completes_the_pairs_it_began_and_those_it_finds() {
    let office = sent().await;
    let rows =
        "pot,to_pot,request,amount,resolved_on,resolution\nT-1,T-3,A-1,5.00,2025-03-27,IT-PLR 46\n";
    let pots = "id,fiscal_year,amount,resolved_on\nT-3,2025,1.00,2025-01-01\n";
    let files = [("carry_overs.csv", rows), ("pots.csv", pots)];
    let (report, _folder) = office.feed(&files, leitstand_ingest::Mode::Record).await;
    assert_eq!(report.accepted, 2, "{report:?}");
    let mut amounts = amounts(&received(&office).await);
    amounts.sort();
    assert_eq!(amounts, ["40.00", "5.00"]);
    let sealed = Arc::clone(&office.desk);
    assert_eq!(complete_pairs(&sealed).await.expect("a store"), 0);
}
