//! Corrections: what was wrong from the start, overlaid in the order of (known date, position).

use leitstand_domain::{Row, stream::Version, tables::Colour};

use crate::support::{Act, Stream, correct, day, given, row};

const KEY: &str = "DG-M-01/2024-03-31";

fn report() -> Act {
    row(
        "status_reports",
        &[
            ("report_date", "2024-03-31"),
            ("measure", "DG-M-01"),
            ("schedule", "G"),
            ("budget", "G"),
            ("scope", "G"),
            ("resources", "G"),
            ("risks", "G"),
            ("original", "alles gut"),
            ("comment", "vertraulich"),
        ],
    )
    .received("2024-04-05")
}

fn fix(changes: &[(&str, &str)], known: &str) -> Act {
    correct("status_reports", KEY, "2024-03-31", changes).received(known)
}

fn newest(stream: &Stream) -> &Version {
    stream.ledger.roots()[0].newest()
}

/// Schedule and budget of a version, and what was original.
fn colours(version: &Version) -> (Option<Colour>, Option<Colour>, Option<String>) {
    match &version.row {
        Row::StatusReported(it) => (
            it.schedule,
            it.budget,
            it.original.as_ref().map(ToString::to_string),
        ),
        other => panic!("a report, not {other:?}"),
    }
}

const GREEN: Option<Colour> = Some(Colour::Green);
const AMBER: Option<Colour> = Some(Colour::Amber);
const RED: Option<Colour> = Some(Colour::Red);

#[test]
fn a_correction_changes_the_named_columns_alone() {
    let stream = given([report(), fix(&[("schedule", "R")], "2024-05-01")]);
    assert_eq!(
        colours(newest(&stream)),
        (RED, GREEN, Some("alles gut".to_owned()))
    );
    assert_eq!(newest(&stream).effective, day("2024-03-31"));
    // Original and correction both stay.
    let versions = &stream.ledger.roots()[0].versions;
    assert_eq!(
        versions.iter().map(|it| colours(it).0).collect::<Vec<_>>(),
        [GREEN, RED]
    );
}

#[test]
fn a_dash_empties_a_column() {
    let stream = given([report(), fix(&[("original", "-")], "2024-05-01")]);
    assert_eq!(colours(newest(&stream)).2, None);
    given([report()])
        .when(fix(&[("budget", "-")], "2024-05-01"))
        .refused("incomplete_colours", "overall");
    given([report()])
        .when(fix(
            &[
                ("schedule", "-"),
                ("budget", "-"),
                ("scope", "-"),
                ("resources", "-"),
                ("risks", "-"),
            ],
            "2024-05-01",
        ))
        .accepted();
    let assessment = || {
        row(
            "risk_assessments",
            &[
                ("date", "2024-03-31"),
                ("risk", "RI-1"),
                ("probability", "3"),
                ("impact", "4"),
            ],
        )
    };
    given([assessment()])
        .when(correct(
            "risk_assessments",
            "RI-1/2024-03-31/current",
            "2024-03-31",
            &[("impact", "-")],
        ))
        .refused("missing_cell", "impact");
}

#[test]
fn corrections_overlay_in_the_order_they_became_known() {
    let first = || fix(&[("schedule", "A"), ("budget", "A")], "2024-05-01");
    let second = || fix(&[("schedule", "R")], "2024-06-01");
    let together = (RED, AMBER, Some("alles gut".to_owned()));
    assert_eq!(
        colours(newest(&given([report(), first(), second()]))),
        together
    );
    // Handed in the other way round, it is the same.
    let stream = given([report(), second(), first()]);
    assert_eq!(colours(newest(&stream)), together);
    let seen: Vec<_> = stream.ledger.roots()[0]
        .versions
        .iter()
        .map(|it| (it.known, colours(it).0, colours(it).1))
        .collect();
    assert_eq!(
        seen,
        [
            (day("2024-04-05"), GREEN, GREEN),
            (day("2024-05-01"), AMBER, AMBER),
            (day("2024-06-01"), RED, AMBER),
        ]
    );
    // Of one day, the later position is on top.
    let stream = given([
        report(),
        fix(&[("schedule", "R")], "2024-05-01"),
        fix(&[("schedule", "A")], "2024-05-01"),
    ]);
    assert_eq!(colours(newest(&stream)).0, AMBER);
}

#[test]
fn an_annulled_row_is_revived_by_a_correction_known_later() {
    let void = |known: &str| fix(&[], known).void();
    let stream = given([report(), void("2024-05-01")]);
    assert!(newest(&stream).void);
    // A correction known earlier stands below: the row stays annulled.
    let stream = stream
        .when(fix(&[("schedule", "A")], "2024-04-20"))
        .accepted();
    assert!(newest(&stream).void);
    // One known later revives it, with what was corrected below.
    let stream = stream
        .when(fix(&[("budget", "R")], "2024-06-01"))
        .accepted();
    assert!(!newest(&stream).void);
    assert_eq!(
        colours(newest(&stream)),
        (AMBER, RED, Some("alles gut".to_owned()))
    );
    // And it can be annulled again.
    assert!(newest(&stream.when(void("2024-07-01")).accepted()).void);
}

#[test]
fn an_annulled_row_keeps_its_identity() {
    let stream = given([report(), fix(&[], "2024-05-01").void()]);
    stream.clone().when(report()).known(1);
    let other = row(
        "status_reports",
        &[
            ("report_date", "2024-03-31"),
            ("measure", "DG-M-01"),
            ("overall", "R"),
        ],
    );
    stream.when(other).refused("use_correction", None);
}

#[test]
fn a_correction_may_move_a_row_to_another_day() {
    let stream = given([report(), fix(&[], "2024-05-01").moved_to("2024-03-30")]);
    assert_eq!(newest(&stream).effective, day("2024-03-30"));
    // It is found by the day it has and by the one it had.
    for date in ["2024-03-30", "2024-03-31"] {
        let act = correct("status_reports", KEY, date, &[("schedule", "R")]).received("2024-06-01");
        assert_eq!(colours(newest(&stream.clone().when(act).accepted())).0, RED);
    }
    // A later correction without `to_date` leaves the day.
    let stream = stream
        .when(fix(&[("schedule", "A")], "2024-06-01"))
        .accepted();
    assert_eq!(newest(&stream).effective, day("2024-03-30"));
    stream
        .when(correct(
            "status_reports",
            KEY,
            "2024-03-29",
            &[("schedule", "R")],
        ))
        .refused("no_such_row", "date")
        .naming(["2024-03-29", "2024-03-30"]);
}

#[test]
fn a_correction_known_before_its_row_is_refused() {
    let stream = given([report()]);
    stream
        .clone()
        .when(fix(&[("schedule", "R")], "2024-04-05"))
        .accepted();
    stream
        .when(fix(&[("schedule", "R")], "2024-04-04"))
        .refused("correction_before_row", "received_on")
        .naming(["2024-04-05"]);
}

#[test]
fn what_identifies_or_dates_a_row_is_fixed() {
    for column in ["measure", "report_date"] {
        given([report()])
            .when(fix(&[(column, "2024-01-01")], "2024-05-01"))
            .refused(
                "identity_fixed",
                if column == "measure" {
                    "measure"
                } else {
                    "report_date"
                },
            )
            .naming([column, "to_date", "void"]);
    }
    let risk = || {
        row(
            "risks",
            &[
                ("id", "RI-01"),
                ("subject", "RM"),
                ("category", "Technik"),
                ("title", "A"),
                ("response", "mitigate"),
                ("identified_on", "2024-01-15"),
            ],
        )
    };
    given([risk()])
        .when(correct(
            "risks",
            "RI-01",
            "2024-01-15",
            &[("valid_from", "2024-02-01")],
        ))
        .refused("identity_fixed", "valid_from");
    given([risk()])
        .when(correct(
            "risks",
            "RI-01",
            "2024-01-15",
            &[("identified_on", "-")],
        ))
        .refused("identity_fixed", "identified_on");
}

#[test]
fn a_column_the_table_does_not_have_is_refused() {
    given([report()])
        .when(fix(&[("shedule", "R")], "2024-05-01"))
        .refused("unknown_column", None)
        .naming(["shedule", "status_reports", "schedule"]);
    given([report()])
        .when(fix(&[("amount", "1.00")], "2024-05-01"))
        .refused("unknown_column", None);
    given([report()])
        .when(fix(&[("schedule", "X")], "2024-05-01"))
        .refused("bad_code", "schedule");
}

#[test]
fn a_correction_names_a_row_that_is_recorded() {
    let stream = given([report()]);
    stream
        .clone()
        .when(correct(
            "status_reports",
            "DG-M-02/2024-03-31",
            "2024-03-31",
            &[("schedule", "R")],
        ))
        .refused("no_such_row", "key")
        .naming(["DG-M-02/2024-03-31", "status_reports"]);
    stream
        .clone()
        .when(correct("reports", KEY, "2024-03-31", &[]))
        .refused("unknown_table", "table");
    stream
        .when(correct("progress", KEY, "2024-03-31", &[]))
        .refused("no_such_row", "key");
}

#[test]
fn a_correction_is_its_whole_content() {
    let stream = given([report(), fix(&[("schedule", "R")], "2024-05-01")]);
    stream
        .clone()
        .when(fix(&[("schedule", "R")], "2024-05-01"))
        .known(2);
    // The same, received on another day, is another correction.
    let stream = stream
        .when(fix(&[("schedule", "R")], "2024-05-02"))
        .accepted();
    assert_eq!(stream.ledger.roots()[0].versions.len(), 3);
}

#[test]
fn corrections_beneath_others_must_still_fit_them() {
    let reported = || {
        row(
            "milestone_reports",
            &[
                ("report_date", "2024-03-31"),
                ("milestone", "MS-1"),
                ("forecast", "2024-06-01"),
            ],
        )
        .received("2024-04-01")
    };
    let fix = |changes: &[(&str, &str)], known: &str| {
        correct(
            "milestone_reports",
            "MS-1/2024-03-31",
            "2024-03-31",
            changes,
        )
        .received(known)
    };
    let stream = given([
        reported(),
        fix(
            &[("forecast", "-"), ("reached", "2024-03-30")],
            "2024-06-01",
        ),
    ]);
    // Alone it fits the row, and the later correction goes on top of it.
    stream
        .clone()
        .when(fix(&[("forecast", "2024-07-01")], "2024-05-01"))
        .accepted();
    // By itself it would be a report of a reached milestone, and then none that says when it is reached …
    let below = fix(
        &[("forecast", "-"), ("reached", "2024-03-01")],
        "2024-05-01",
    );
    stream.clone().when(below).accepted();
    stream
        .when(fix(&[("reached", "2024-03-01")], "2024-05-01"))
        .refused("forecast_or_reached", "forecast");
    // … and one that fits the row as it was, but not under what came later.
    let stream = given([reported(), fix(&[("reached", "-")], "2024-06-01")]);
    stream
        .when(fix(
            &[("forecast", "-"), ("reached", "2024-03-30")],
            "2024-05-01",
        ))
        .refused("forecast_or_reached", "forecast");
}

/// What a row says of two days is checked by the day it is effective from then on, not by the one it was
/// recorded with.
#[test]
fn a_moved_row_is_checked_by_its_new_day() {
    let seat = || {
        row(
            "seats",
            &[
                ("id", "S-1"),
                ("body", "B-AGDD"),
                ("role", "Mitglied"),
                ("from", "2024-05-01"),
                ("until", "2024-12-31"),
            ],
        )
        .received("2024-05-01")
    };
    let fix = |date: &str, changes: &[(&str, &str)]| {
        correct("seats", "S-1", date, changes).received("2024-06-01")
    };
    // Beginning earlier, it may end before the day it was first said to begin; in one correction or two.
    let stream = given([seat(), fix("2024-05-01", &[]).moved_to("2023-12-01")]);
    let ends = [("until", "2024-04-01")];
    stream.clone().when(fix("2023-12-01", &ends)).accepted();
    given([seat()])
        .when(fix("2024-05-01", &ends).moved_to("2023-12-01"))
        .accepted();
    stream
        .when(fix("2023-12-01", &[("until", "2023-11-30")]))
        .refused("days_out_of_order", "until")
        .naming(["2023-11-30", "2023-12-01"]);
    // Beginning later, it must not have ended before.
    given([seat()])
        .when(fix("2024-05-01", &[]).moved_to("2025-06-01"))
        .refused("days_out_of_order", "until")
        .naming(["2024-12-31", "2025-06-01"]);
    // Known earlier and put beneath, it must still fit what lies above.
    let stream = given([
        seat(),
        correct("seats", "S-1", "2024-05-01", &[("until", "2024-06-30")]).received("2024-09-01"),
    ]);
    stream
        .when(fix("2024-05-01", &[]).moved_to("2024-08-01"))
        .refused("days_out_of_order", "until");
}
