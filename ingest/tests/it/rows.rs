//! One row at a time: known, refused, new states, corrections, times.

use leitstand_domain::Event;
use leitstand_ingest::Outcome;

use crate::support::{Office, pair};

const MILESTONE: &[(&str, &str)] = &[
    ("id", "MS-1"),
    ("subject", "DG-M-01"),
    ("title", "Pilot"),
    ("baseline", "2026-06-30"),
    ("planned_on", "2026-01-10"),
];

fn with<'a>(cells: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = cells
        .iter()
        .filter(|(name, _)| !more.iter().any(|(it, _)| it == name));
    kept.chain(more).copied().collect()
}

#[tokio::test]
async fn the_same_row_is_known_and_other_content_needs_a_correction() {
    let office = Office::begun().await;
    let position = office.accept("milestones", MILESTONE).await;
    assert_eq!(
        office.record("milestones", MILESTONE).await,
        Outcome::Known { position }
    );
    // The same content in another form, received on another day, with a remark.
    let same = with(
        MILESTONE,
        &[
            ("baseline", "30.06.2026"),
            ("received_on", "2026-02-01"),
            ("note", "x"),
            ("reporter", "B-PMO"),
        ],
    );
    assert_eq!(
        office.record("milestones", &same).await,
        Outcome::Known { position }
    );
    for other in [("title", "Pilotbetrieb"), ("file_ref", "AZ 1")] {
        let refused = office
            .refused("milestones", &with(MILESTONE, &[other]))
            .await;
        assert_eq!(refused, [pair("use_correction", "")], "{other:?}");
    }
}

#[tokio::test]
async fn a_later_state_is_new_and_an_earlier_one_is_not() {
    let office = Office::begun().await;
    office.accept("milestones", MILESTONE).await;
    let later = with(
        MILESTONE,
        &[("title", "Pilot läuft"), ("valid_from", "2026-02-01")],
    );
    office.accept("milestones", &later).await;
    assert!(matches!(
        office.record("milestones", &later).await,
        Outcome::Known { .. }
    ));
    let earlier = with(
        MILESTONE,
        &[("title", "Probe"), ("valid_from", "2026-01-15")],
    );
    assert_eq!(
        office.refused("milestones", &earlier).await,
        [pair("use_correction", "")]
    );
    let moved = with(
        MILESTONE,
        &[("baseline", "2026-07-31"), ("valid_from", "2026-02-20")],
    );
    assert_eq!(
        office.refused("milestones", &moved).await,
        [pair("use_rebaseline", "baseline")]
    );
}

#[tokio::test]
async fn the_day_it_is_valid_from_is_content_only_where_it_says_another_day() {
    let office = Office::begun().await;
    let position = office.accept("milestones", MILESTONE).await;
    let same = with(MILESTONE, &[("valid_from", "2026-01-10")]);
    assert_eq!(
        office.record("milestones", &same).await,
        Outcome::Known { position }
    );
}

#[tokio::test]
async fn seats_have_states_by_from_and_no_valid_from() {
    let office = Office::begun().await;
    let seat = [
        ("id", "MB-01"),
        ("body", "B-AGDD"),
        ("role", "Vorsitz"),
        ("level", "Land"),
        ("state", "vacant"),
    ];
    let at = |from| with(&seat, &[("from", from)]);
    office.accept("seats", &at("2024-01-01")).await;
    assert_eq!(
        office.refused("seats", &at("2023-11-03")).await,
        [pair("use_correction", "")]
    );
    let valid = with(&at("2025-01-01"), &[("valid_from", "2025-01-01")]);
    assert_eq!(
        office.refused("seats", &valid).await,
        [pair("unknown_column", "valid_from")]
    );
    let elsewhere = with(&at("2025-01-01"), &[("body", "B-ITPLR")]);
    assert_eq!(
        office.refused("seats", &elsewhere).await,
        [pair("use_correction", "")]
    );
}

#[tokio::test]
async fn an_unstated_kind_of_assessment_is_the_current_one() {
    let office = Office::begun().await;
    let risk = [
        ("id", "RI-1"),
        ("subject", "DG"),
        ("category", "Technik"),
        ("title", "T"),
        ("response", "accept"),
        ("identified_on", "2026-01-01"),
    ];
    office.accept("risks", &risk).await;
    let assessment = [
        ("date", "2026-02-01"),
        ("risk", "RI-1"),
        ("probability", "3"),
        ("impact", "4"),
    ];
    let position = office.accept("risk_assessments", &assessment).await;
    let stated = with(&assessment, &[("kind", "current")]);
    assert_eq!(
        office.record("risk_assessments", &stated).await,
        Outcome::Known { position }
    );
    office
        .accept(
            "risk_assessments",
            &with(&assessment, &[("kind", "inherent")]),
        )
        .await;
    let correction = [
        ("table", "risk_assessments"),
        ("key", "RI-1/2026-02-01/current"),
        ("date", "2026-02-01"),
        ("reason", "verlesen"),
        ("impact", "5"),
    ];
    office.accept("corrections", &correction).await;
}

#[tokio::test]
async fn known_dates_lie_before_the_day_of_recording_and_may_be_long_ago() {
    let office = Office::begun().await;
    let future = with(MILESTONE, &[("received_on", "2026-03-03")]);
    assert_eq!(
        office.refused("milestones", &future).await,
        [pair("known_in_future", "received_on")]
    );
    let backfilled = with(MILESTONE, &[("received_on", "2026-01-12")]);
    office.accept("milestones", &backfilled).await;
    let sitting = [("id", "S-1"), ("body", "B-ITPLR"), ("date", "2026-09-01")];
    office.accept("sittings", &sitting).await;
    let log = office.log().await;
    let [.., milestone, sitting] = &*log else {
        panic!("two events")
    };
    assert_eq!(milestone.known_on.to_string(), "2026-01-12");
    assert_eq!(milestone.effective_on.to_string(), "2026-01-10");
    assert_eq!(milestone.recorded_at.to_string(), "2026-03-02T11:00:00Z");
    // A sitting is effective from when it is known.
    assert_eq!(sitting.effective_on.to_string(), "2026-03-02");
    assert_eq!(sitting.known_on.to_string(), "2026-03-02");
    assert_eq!(&*milestone.actor, "pmo");
}

#[tokio::test]
async fn corrections_are_known_by_their_whole_content() {
    let office = Office::begun().await;
    let early = with(MILESTONE, &[("received_on", "2026-01-12")]);
    office.accept("milestones", &early).await;
    let correction = [
        ("table", "milestones"),
        ("key", "MS-1"),
        ("date", "2026-01-10"),
        ("reason", "Tippfehler"),
        ("Gewicht", "2,50"),
    ];
    let position = office.accept("corrections", &correction).await;
    let same = with(&correction, &[("Gewicht", "2.5")]);
    assert_eq!(
        office.record("corrections", &same).await,
        Outcome::Known { position }
    );
    office
        .accept(
            "corrections",
            &with(&correction, &[("received_on", "2026-03-01")]),
        )
        .await;
    office
        .accept(
            "corrections",
            &with(&correction, &[("reason", "doch nicht"), ("Gewicht", "-")]),
        )
        .await;
    let log = office.log().await;
    let last = log.last().expect("an event");
    assert_eq!(&*last.stream, "milestone-MS-1");
    let Ok(Event::Corrected(correction, meta)) =
        Event::read(&last.name, last.version, &last.payload)
    else {
        panic!("{last:?}")
    };
    assert_eq!(correction.changes["weight"], "-");
    assert_eq!(meta.sealed.expect("a reason").columns, ["reason"]);
}

#[tokio::test]
async fn free_text_is_corrected_inside_the_box() {
    let office = Office::begun().await;
    let report = [
        ("report_date", "2026-01-31"),
        ("measure", "DG-M-01"),
        ("overall", "G"),
        ("comment", "alt"),
    ];
    office.accept("status_reports", &report).await;
    let correction = [
        ("table", "status_reports"),
        ("key", "DG-M-01/2026-01-31"),
        ("date", "2026-01-31"),
        ("reason", "falsch"),
        ("Kommentar", "geheim"),
    ];
    office.accept("corrections", &correction).await;
    let log = office.log().await;
    let last = log.last().expect("an event");
    assert!(!last.payload.contains("geheim") && !last.payload.contains("falsch"));
    let Ok(Event::Corrected(correction, meta)) =
        Event::read(&last.name, last.version, &last.payload)
    else {
        panic!("{last:?}")
    };
    assert!(correction.changes.is_empty());
    assert_eq!(meta.sealed.expect("texts").columns, ["comment", "reason"]);
}

#[tokio::test]
async fn corrections_that_cannot_be_are_refused() {
    let office = Office::begun().await;
    office.accept("milestones", MILESTONE).await;
    let base = [
        ("table", "milestones"),
        ("key", "MS-1"),
        ("date", "2026-01-10"),
        ("reason", "x"),
    ];
    for (change, code, column) in [
        (("title", "=1"), "formula_cell", "title"),
        (("subject", "NIX"), "unknown_reference", "subject"),
        (("baseline", "-"), "missing_cell", "baseline"),
        (("id", "MS-2"), "identity_fixed", "id"),
        (("planned_on", "2026-01-11"), "identity_fixed", "planned_on"),
        (("schedule", "R"), "unknown_column", "schedule"),
        (("key", "MS-9"), "no_such_row", "key"),
        (("date", "2026-01-11"), "no_such_row", "date"),
        (("table", "nix"), "unknown_table", "table"),
        (("void", "no"), "nothing_corrected", ""),
        (("void", "vielleicht"), "bad_code", "void"),
        (("received_on", "2026-03-01"), "nothing_corrected", ""),
    ] {
        let mut correction = with(&base, &[change]);
        if ["key", "date"].contains(&change.0) {
            correction.push(("weight", "2"));
        }
        assert_eq!(
            office.refused("corrections", &correction).await,
            [pair(code, column)],
            "{change:?}"
        );
    }
    let before = with(&base, &[("weight", "2"), ("received_on", "2026-02-01")]);
    let refused = office.refused("corrections", &before).await;
    assert_eq!(refused, [pair("correction_before_row", "received_on")]);
    office
        .accept("corrections", &with(&base, &[("void", "ja")]))
        .await;
}

const REQUEST: &[(&str, &str)] = &[
    ("id", "A-1"),
    ("subject", "PMO"),
    ("applicant", "B-PMO"),
    ("pot", "T-1"),
    ("kind", "first"),
    ("amount", "100.00"),
    ("submitted_on", "2026-01-05"),
];

#[tokio::test]
async fn a_row_is_in_one_stream_and_is_not_moved_by_a_correction() {
    let office = Office::begun().await;
    office.accept("requests", REQUEST).await;
    let other_pot = with(REQUEST, &[("pot", "T-2")]);
    assert_eq!(
        office.refused("requests", &other_pot).await,
        [pair("use_correction", "")]
    );
    let keyed = with(&other_pot, &[("key", "K-1")]);
    assert_eq!(
        office.refused("requests", &keyed).await,
        [pair("use_correction", "")]
    );
    let same_pot = with(REQUEST, &[("key", "K-1")]);
    assert_eq!(
        office.refused("requests", &same_pot).await,
        [pair("use_correction", "")]
    );
    let sitting = [("id", "S-1"), ("body", "B-ITPLR"), ("date", "2026-09-01")];
    office.accept("sittings", &sitting).await;
    let moving = [
        ("table", "sittings"),
        ("key", "S-1"),
        ("date", "2026-03-02"),
        ("reason", "x"),
        ("Gremium", "B-ALR"),
    ];
    let refused = office.refused("corrections", &moving).await;
    assert_eq!(refused, [pair("other_stream", "")]);
}

#[tokio::test]
async fn steps_and_bookings_find_the_pot_of_their_request() {
    let office = Office::begun().await;
    office.accept("requests", REQUEST).await;
    let step = [
        ("date", "2026-01-06"),
        ("request", "A-1"),
        ("step", "formal_check_started"),
    ];
    office.accept("request_steps", &step).await;
    let log = office.log().await;
    assert_eq!(log.last().map(|it| &*it.stream), Some("pot-T-1"));
    let early = with(&step, &[("step", "granted")]);
    assert_eq!(
        office.refused("request_steps", &early).await,
        [pair("step_not_allowed", "step")]
    );
    let unknown = with(&step, &[("request", "A-9")]);
    assert_eq!(
        office.refused("request_steps", &unknown).await,
        [pair("unknown_reference", "request")]
    );
}

#[tokio::test]
async fn an_actor_is_a_short_name() {
    assert!(leitstand_ingest::Actor::new("pmo-hamburg").is_ok());
    for name in ["", "a\nb", &"x".repeat(201)] {
        assert!(leitstand_ingest::Actor::new(name).is_err());
    }
}
