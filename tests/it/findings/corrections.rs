//! Corrections of rows that were wrong from the start.

use serde_json::{Value, json};

use super::{case, check, rows::prepared};

const CORRECTIONS: &str =
    "table,key,date,reason,to_date,void,title,baseline,forecast,received_on,subject";

#[test]
fn corrections_name_a_row_a_date_and_what_may_change() {
    let place = prepared();
    place.accept("milestone_reports", json!({ "report_date": "2025-01-31", "milestone": "M-1", "forecast": "2025-07-31", "received_on": "2025-02-10" }));
    let correction = |cells: &str| format!("{CORRECTIONS}\n{cells}\n");
    let cases = [
        case(
            "corrections.csv",
            correction("milestones,M-9,2025-01-01,Grund,,,Neu,,,,"),
            1,
            "key",
            "no_such_row",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-02,Grund,,,Neu,,,,"),
            1,
            "date",
            "no_such_row",
        ),
        case(
            "corrections.csv",
            correction("milestone,M-1,2025-01-01,Grund,,,Neu,,,,"),
            1,
            "table",
            "unknown_table",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,,,,Neu,,,,"),
            1,
            "reason",
            "missing_cell",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,Grund,,,,,,,"),
            1,
            None,
            "nothing_corrected",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,Grund,,,-,,,,"),
            1,
            "title",
            "missing_cell",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,Grund,,,,30.02.2025,,,"),
            1,
            "baseline",
            "bad_date",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,Grund,,,,,2025-01-01,,"),
            1,
            "forecast",
            "unknown_column",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,Grund,,,,,,,XX-M-01"),
            1,
            "subject",
            "unknown_reference",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,Grund,,vielleicht,,,,,"),
            1,
            "void",
            "bad_code",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,Grund,,yes,Neu,,,,"),
            1,
            "title",
            "void_alone",
        ),
        case(
            "corrections.csv",
            correction("milestones,M-1,2025-01-01,Grund,2025-01-02,ja,,,,,"),
            1,
            "to_date",
            "void_alone",
        ),
        case(
            "corrections.csv",
            correction("corrections,M-1,2025-01-01,Grund,,,Neu,,,,"),
            1,
            "table",
            "correction_of_correction",
        ),
        case(
            "corrections.csv",
            correction(
                "milestone_reports,M-1/2025-01-31,2025-01-31,Grund,,,,,2025-08-31,2025-02-09,",
            ),
            1,
            "received_on",
            "correction_before_row",
        ),
        case(
            "corrections.csv",
            correction("milestone_reports,M-1/2025-01-31,2025-01-31,Grund,,,,,-,,"),
            1,
            "forecast",
            "forecast_or_reached",
        ),
        case(
            "corrections.csv",
            "table,key,date,reason,id\nmilestones,M-1,2025-01-01,Grund,M-2\n",
            1,
            "id",
            "identity_fixed",
        ),
        case(
            "corrections.csv",
            "table,key,date,reason,planned_on\nmilestones,M-1,2025-01-01,Grund,2025-01-02\n",
            1,
            "planned_on",
            "identity_fixed",
        ),
    ];
    check(&place, &cases);
}

#[test]
fn a_correction_leaves_a_row_in_its_stream_and_two_states_apart() {
    let place = prepared();
    let sitting = |date: &str, from: &str| {
        json!({
            "id": "S-X", "body": "B-ITPLR", "date": date, "valid_from": from, "received_on": from,
        })
    };
    place.accept("sittings", sitting("2025-06-01", "2025-01-10"));
    place.accept("sittings", sitting("2025-07-01", "2025-02-10"));
    let cases = [
        case(
            "corrections.csv",
            "table,key,date,reason,body\nsittings,S-X,2025-01-10,Grund,B-ALR\n",
            1,
            None,
            "other_stream",
        ),
        case(
            "corrections.csv",
            "table,key,date,reason,to_date\nsittings,S-X,2025-01-10,Grund,2025-02-10\n",
            1,
            "to_date",
            "state_exists",
        ),
    ];
    check(&place, &cases);
    // A German sentence writes its dates in German, an English one does not.
    let refused = place.refuse(
        "corrections",
        json!({ "table": "sittings", "key": "S-X", "date": "2025-01-10", "reason": "Grund", "to_date": "2025-02-10" }),
    );
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("ab 10.02.2025;"),
        "{refused}"
    );
    assert!(
        refused["message_en"]
            .as_str()
            .unwrap()
            .contains("from 2025-02-10;"),
        "{refused}"
    );
}

#[test]
fn a_correction_may_change_move_and_annul_and_be_corrected_again() {
    let place = prepared();
    let correct = |cells: Value| {
        let mut row = json!({ "table": "milestones", "key": "M-1", "reason": "falsch erfasst" });
        row.as_object_mut()
            .unwrap()
            .extend(cells.as_object().unwrap().clone());
        place.feed_rows("corrections", &[row])
    };
    let milestone = |day: &str| place.ask("milestones", &["--as-of", day])["rows"][0].clone();
    assert_eq!(
        correct(json!({ "date": "2025-01-01", "title": "Neu" }))["accepted"],
        1
    );
    assert_eq!(milestone("2025-12-31")["title"], "Neu");
    // Identified by its whole content: the same correction is known.
    assert_eq!(
        correct(json!({ "date": "2025-01-01", "title": "Neu" }))["known"],
        1
    );
    assert_eq!(
        correct(json!({ "date": "2025-01-01", "title": "Neuer" }))["accepted"],
        1
    );
    assert_eq!(milestone("2025-12-31")["title"], "Neuer");
    assert_eq!(
        correct(json!({ "date": "2025-01-01", "to_date": "2025-02-01" }))["accepted"],
        1
    );
    assert_eq!(milestone("2025-01-31"), Value::Null);
    assert_eq!(milestone("2025-02-01")["title"], "Neuer");
    assert_eq!(
        correct(json!({ "date": "2025-02-01", "void": "yes" }))["accepted"],
        1
    );
    assert_eq!(milestone("2025-12-31"), Value::Null);
}
