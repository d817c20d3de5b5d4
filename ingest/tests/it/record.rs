//! Mandates, overrides, actions and closures at the desk: what they refer to, and what stays sealed.

use leitstand_domain::Event;
use leitstand_ingest::Outcome;

use crate::support::{Office, pair};

const MANDATE: &[(&str, &str)] = &[
    ("id", "AA-1"),
    ("body", "B-KT-DG"),
    ("title", "GEHEIM"),
    ("given_on", "2026-01-12"),
];

#[tokio::test]
async fn a_step_goes_to_the_body_of_its_mandate() {
    let office = Office::begun().await;
    let step = [
        ("mandate", "AA-1"),
        ("step", "done"),
        ("date", "2026-02-02"),
    ];
    let refused = office.refused("mandate_steps", &step).await;
    assert_eq!(refused, [pair("unknown_reference", "mandate")]);
    office.accept("mandates", MANDATE).await;
    office.accept("mandate_steps", &step).await;
    let log = office.log().await;
    let [.., given, ended] = &*log else {
        panic!("two events")
    };
    assert_eq!(&*given.stream, "body-B-KT-DG");
    assert_eq!(
        (&*ended.stream, &*ended.name),
        ("body-B-KT-DG", "body.mandate_stepped")
    );
    assert!(!given.payload.contains("GEHEIM"), "{}", given.payload);
    // The same id in another body would be another mandate.
    let elsewhere = [MANDATE, &[("body", "B-AGDD"), ("valid_from", "2026-02-03")]].concat();
    let refused = office.refused("mandates", &last_of_each(&elsewhere)).await;
    assert_eq!(refused, [pair("use_correction", "")]);
}

/// Of cells stated twice the last.
fn last_of_each<'a>(cells: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut kept: Vec<(&str, &str)> = Vec::new();
    for cell in cells {
        kept.retain(|it| it.0 != cell.0);
        kept.push(*cell);
    }
    kept
}

#[tokio::test]
async fn an_override_names_the_body_that_answers_for_it() {
    let office = Office::begun().await;
    let row = |reporter| {
        [
            ("Stichtag", "31.01.2026"),
            ("Maßnahme", "DG-M-01"),
            ("Gesamt", "A"),
            ("Begründung", "Ersatztermin zugesagt"),
            ("Übersteuert von", reporter),
        ]
    };
    let refused = office.refused("status_overrides", &row("B-NIEMAND")).await;
    assert_eq!(refused, [pair("unknown_reference", "reporter")]);
    let refused = office.refused("status_overrides", &row("")).await;
    assert_eq!(refused, [pair("missing_cell", "reporter")]);
    // No report of that day is needed: it may follow.
    office.accept("status_overrides", &row("B-AGDD")).await;
    let log = office.log().await;
    let last = log.last().expect("an event");
    let Ok(Event::Row(row, meta)) = Event::read(&last.name, last.version, &last.payload) else {
        panic!("{last:?}")
    };
    assert!(!last.payload.contains("Ersatztermin"), "{}", last.payload);
    assert_eq!(row.table().name, "status_overrides");
    assert_eq!(meta.sealed.expect("a reason").columns, ["reason"]);
}

#[tokio::test]
async fn a_risk_ends_as_an_impediment_that_is_there() {
    let office = Office::begun().await;
    let risk = [
        ("id", "RI-1"),
        ("subject", "RM"),
        ("category", "Technik"),
        ("title", "Testdaten"),
        ("response", "mitigate"),
        ("identified_on", "2026-01-12"),
    ];
    let action = [
        ("id", "RA-1"),
        ("risk", "RI-1"),
        ("action", "Testdaten beschaffen"),
        ("owner", "B-RM-LG"),
        ("date", "2026-01-13"),
    ];
    assert_eq!(
        office.refused("risk_actions", &action).await,
        [pair("unknown_reference", "risk")]
    );
    office.accept("risks", &risk).await;
    office.accept("risk_actions", &action).await;
    let closure = [
        ("risk", "RI-1"),
        ("date", "2026-02-02"),
        ("outcome", "occurred"),
        ("impediment", "HI-1"),
    ];
    assert_eq!(
        office.refused("risk_closures", &closure).await,
        [pair("unknown_reference", "impediment")]
    );
    let impediment = [
        ("id", "HI-1"),
        ("subject", "RM"),
        ("title", "Testdaten fehlen"),
        ("reported_on", "2026-02-02"),
    ];
    office.accept("impediments", &impediment).await;
    let position = office.accept("risk_closures", &closure).await;
    assert_eq!(
        office.record("risk_closures", &closure).await,
        Outcome::Known { position }
    );
}
