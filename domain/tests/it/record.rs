//! The tables of the programme's record that have no rules but their own: mandates, releases, overrides,
//! actions, closures, and the life of a measure.

use leitstand_domain::{Row, StreamKind, stream::Root, table::Cells, tables};

use crate::support::{Act, correct, given, row};

fn mandate(body: &str, due: &str) -> Act {
    row(
        "mandates",
        &[
            ("id", "AA-1"),
            ("body", body),
            ("title", "Blaupause vorlegen"),
            ("due", due),
            ("given_on", "2024-06-03"),
        ],
    )
}

fn ended(step: &str, day: &str) -> Act {
    row(
        "mandate_steps",
        &[("mandate", "AA-1"), ("step", step), ("date", day)],
    )
}

#[test]
fn a_mandate_has_states_and_a_step_is_recorded_once() {
    let stream = given([mandate("B-KT-DG", "2024-12-31")]);
    stream
        .clone()
        .when(mandate("B-KT-DG", "2025-03-31"))
        .refused("use_correction", None)
        .naming(["AA-1", "mandates", "valid_from"]);
    let stream = stream
        .when(mandate("B-KT-DG", "2025-03-31").valid_from("2024-11-04"))
        .accepted();
    let stream = stream.when(ended("done", "2025-02-03")).accepted();
    stream
        .clone()
        .when(ended("done", "2025-02-04"))
        .refused("use_correction", None)
        .naming(["AA-1/done", "mandate_steps"]);
    // The contract knows no order of the two: what contradicts is seen, not refused.
    let stream = stream.when(ended("withdrawn", "2025-02-05")).accepted();
    stream
        .when(correct("mandate_steps", "AA-1/withdrawn", "2025-02-05", &[]).void())
        .accepted();
}

#[test]
fn a_release_is_a_row_of_its_own_on_every_day() {
    let release = |classification: &str, day: &str| {
        row(
            "releases",
            &[
                ("kind", "request"),
                ("id", "A-24-12"),
                ("classification", classification),
                ("date", day),
            ],
        )
    };
    let stream = given([release("body", "2024-07-01")]);
    stream
        .clone()
        .when(release("public", "2024-07-01"))
        .refused("use_correction", None)
        .naming(["request/A-24-12/2024-07-01"]);
    stream.when(release("public", "2024-07-02")).accepted();
}

fn overridden(overall: &str) -> Act {
    row(
        "status_overrides",
        &[
            ("report_date", "2024-09-30"),
            ("measure", "DS-M-04"),
            ("overall", overall),
            ("reason", "Ersatztermin zugesagt"),
            ("reporter", "B-AGDD"),
        ],
    )
}

#[test]
fn an_override_needs_no_report_and_is_corrected_like_any_row() {
    let stream = given([overridden("A")]);
    stream
        .clone()
        .when(overridden("G"))
        .refused("use_correction", None)
        .naming(["DS-M-04/2024-09-30", "status_overrides"]);
    let fix = |changes: &[(&str, &str)]| {
        correct(
            "status_overrides",
            "DS-M-04/2024-09-30",
            "2024-09-30",
            changes,
        )
    };
    stream
        .clone()
        .when(fix(&[("measure", "DS-M-05")]))
        .refused("identity_fixed", "measure");
    stream
        .clone()
        .when(fix(&[("overall", "-")]))
        .refused("missing_cell", "overall");
    let stream = stream.when(fix(&[("overall", "G")])).accepted();
    let corrected = &stream.ledger.roots()[0].newest().row;
    assert!(
        matches!(corrected, Row::StatusOverridden(it) if it.overall == tables::Colour::Green),
        "{corrected:?}"
    );
}

fn action(state: &str) -> Act {
    row(
        "risk_actions",
        &[
            ("id", "RA-1"),
            ("risk", "RI-03"),
            ("action", "Testdaten beschaffen"),
            ("state", state),
            ("date", "2024-02-01"),
        ],
    )
}

fn closure(outcome: &str, day: &str) -> Act {
    row(
        "risk_closures",
        &[("risk", "RI-03"), ("outcome", outcome), ("date", day)],
    )
}

#[test]
fn an_action_has_states_and_a_risk_is_closed_once() {
    let stream = given([
        action("planned"),
        action("running").valid_from("2024-05-02"),
    ]);
    stream
        .clone()
        .when(action("done").valid_from("2024-05-02"))
        .refused("use_correction", None)
        .naming(["RA-1", "2024-05-02"]);
    let stream = stream.when(closure("closed", "2024-09-16")).accepted();
    stream
        .clone()
        .when(closure("occurred", "2024-10-01"))
        .refused("use_correction", None)
        .naming(["RI-03", "risk_closures", "corrections"]);
    let stream = stream
        .when(correct(
            "risk_closures",
            "RI-03",
            "2024-09-16",
            &[("outcome", "occurred"), ("impediment", "HI-03")],
        ))
        .accepted();
    // An action may still end after its risk did.
    stream
        .when(action("dropped").valid_from("2024-10-01"))
        .accepted();
}

#[test]
fn the_life_of_a_measure_is_told_by_its_states() {
    let measure = |state: &str| {
        row(
            "catalogue",
            &[
                ("id", "DG-M-01"),
                ("kind", "measure"),
                ("title", "Blaupausen"),
                ("state", state),
                ("set_on", "2023-11-03"),
            ],
        )
    };
    let mut stream = given([measure("planned")]);
    for (day, state) in [
        ("2024-01-01", "active"),
        ("2024-05-01", "paused"),
        ("2024-07-01", "active"),
        ("2025-06-30", "finished"),
    ] {
        stream = stream.when(measure(state).valid_from(day)).accepted();
    }
    stream
        .clone()
        .when(measure("stopped").valid_from("2024-06-01"))
        .refused("use_correction", None)
        .naming(["DG-M-01", "valid_from", "2025-06-30"]);
    let states = stream.ledger.roots().iter().map(Root::newest);
    let states: Vec<String> = states
        .map(|it| match &it.row {
            Row::EntrySet(entry) => {
                let state = entry.state.map(|it| it.to_string()).unwrap_or_default();
                format!("{} {state}", it.effective)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        "2023-11-03 planned",
        "2024-01-01 active",
        "2024-05-01 paused",
        "2024-07-01 active",
        "2025-06-30 finished",
    ];
    assert_eq!(states, expected);
}

/// Columns with what is written there, or with what is wrong there.
type Pairs = &'static [(&'static str, &'static str)];

#[test]
fn what_cannot_be_read_names_column_and_what_would_be_right() {
    let wrong: [(&str, Pairs, Pairs); 6] = [
        (
            "mandates",
            &[("id", "AA-1"), ("body", "B-1"), ("given_on", "2024-13-01")],
            &[("title", "missing_cell"), ("given_on", "bad_date")],
        ),
        (
            "mandate_steps",
            &[
                ("date", "2024-06-03"),
                ("mandate", "AA-1"),
                ("step", "fertig"),
            ],
            &[("step", "bad_code")],
        ),
        (
            "releases",
            &[
                ("kind", "request"),
                ("classification", "offen"),
                ("date", "2024-06-03"),
            ],
            &[("id", "missing_cell"), ("classification", "bad_code")],
        ),
        (
            "status_overrides",
            &[
                ("report_date", "2024-09-30"),
                ("measure", "DS-M-04"),
                ("overall", "gelb"),
            ],
            &[
                ("overall", "bad_code"),
                ("reason", "missing_cell"),
                ("reporter", "missing_cell"),
            ],
        ),
        (
            "risk_actions",
            &[
                ("id", "RA-1"),
                ("risk", "RI-03"),
                ("cost", "1.234"),
                ("date", "2024-02-01"),
            ],
            &[("action", "missing_cell"), ("cost", "ambiguous_amount")],
        ),
        (
            "risk_closures",
            &[("date", "2024-02-01"), ("outcome", "weg")],
            &[("risk", "missing_cell"), ("outcome", "bad_code")],
        ),
    ];
    for (table, cells, expected) in wrong {
        let cells: Cells = cells
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let bad = Row::parse(table, &cells).expect("a table");
        let bad = bad.expect_err("a bad row");
        let found: Vec<(&str, &str)> = bad.iter().map(|it| (it.column, it.bad.code)).collect();
        assert_eq!(found, expected, "{table}");
        assert!(
            bad.iter()
                .all(|it| !it.bad.de.is_empty() && !it.bad.en.is_empty()),
            "{table}"
        );
    }
}

#[test]
fn each_row_is_recorded_where_its_thing_is() {
    use leitstand_domain::{Referable, table::Home};
    let home = |act: &str, cells: &[(&str, &str)]| crate::support::parsed(act, cells).home();
    let id = crate::support::id;
    assert_eq!(
        home(
            "mandate_steps",
            &[
                ("mandate", "AA-1"),
                ("step", "done"),
                ("date", "2024-06-03")
            ]
        ),
        Home::Of(Referable::Mandate, id("AA-1"))
    );
    assert_eq!(
        home(
            "risk_closures",
            &[
                ("risk", "RI-03"),
                ("outcome", "closed"),
                ("date", "2024-06-03")
            ]
        ),
        Home::Named(StreamKind::Risk, Some(id("RI-03")))
    );
}
