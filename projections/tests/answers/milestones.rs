//! Milestones, worked out by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

fn planned(desk: &mut Desk, id: &str, subject: &str) {
    let milestone = [
        ("id", id),
        ("subject", subject),
        ("title", "Pilot"),
        ("baseline", "2025-06-30"),
        ("planned_on", "2025-01-01"),
        ("received_on", "2025-01-01"),
    ];
    desk.row("milestones", &milestone);
}

fn reported(desk: &mut Desk, day: &str, column: &str, date: &str) {
    let report = [
        ("report_date", day),
        ("milestone", "MS-1"),
        (column, date),
        ("received_on", day),
    ];
    desk.row("milestone_reports", &report);
}

/// A report of May says that the milestone is reached in December: until then that is a forecast.
#[test]
fn what_is_reached_on_a_day_to_come_is_a_forecast_until_then() {
    let mut desk = Desk::new(date(2026, 3, 1));
    planned(&mut desk, "MS-1", "DG-M-02");
    reported(&mut desk, "2025-02-28", "forecast", "2025-06-30");
    reported(&mut desk, "2025-05-31", "reached", "2025-12-01");
    let told = |day| {
        let milestones = desk.at("milestones", day);
        let row = &milestones["rows"][0];
        let fields = [
            "forecast",
            "reached",
            "slip_days",
            "later_forecasts",
            "state",
        ];
        (
            fields.map(|it| row[it].clone()),
            row["trend"].as_array().unwrap().last().unwrap()["forecast"].clone(),
            milestones["summary"]["mean_slip_days"].clone(),
        )
    };
    let all = |fields: [Value; 5]| (fields, json!("2025-12-01"), json!("154.00"));
    assert_eq!(
        told(date(2025, 6, 30)),
        all([
            json!("2025-12-01"),
            json!(null),
            json!(154),
            json!(1),
            json!("overdue")
        ])
    );
    assert_eq!(
        told(date(2025, 12, 1)),
        all([
            json!("2025-06-30"),
            json!("2025-12-01"),
            json!(154),
            json!(1),
            json!("reached")
        ])
    );
}

/// Three reports each later than the one before, reached, and then forecast once more by somebody who did not know.
#[test]
fn once_it_is_reached_a_forecast_reported_later_changes_nothing() {
    let mut desk = Desk::new(date(2026, 3, 1));
    planned(&mut desk, "MS-1", "DG-M-02");
    reported(&mut desk, "2025-02-28", "forecast", "2025-07-31");
    reported(&mut desk, "2025-04-30", "reached", "2025-04-15");
    let before = desk.at("milestones", date(2025, 12, 31));
    for (day, forecast) in [
        ("2025-05-31", "2025-08-31"),
        ("2025-06-30", "2025-09-30"),
        ("2025-07-31", "2026-02-01"),
    ] {
        reported(&mut desk, day, "forecast", forecast);
    }
    let told = |answer: &Value| {
        let row = &answer["rows"][0];
        let fields = [
            "forecast",
            "reached",
            "slip_days",
            "later_forecasts",
            "treadmill",
            "trend",
        ];
        (
            fields.map(|it| row[it].clone()),
            answer["summary"]["steady_drifters"].clone(),
        )
    };
    let after = desk.at("milestones", date(2025, 12, 31));
    assert_eq!(told(&after), told(&before));
    let row = &after["rows"][0];
    assert_eq!(row["later_forecasts"], 1);
    assert_eq!(row["trend"][1]["forecast"], "2025-04-15");
    // Another reached date is a report of the reaching, not a forecast.
    reported(&mut desk, "2025-08-31", "reached", "2025-04-20");
    let row = desk.at("milestones", date(2025, 12, 31))["rows"][0].clone();
    assert_eq!(
        (&row["reached"], &row["trend"][2]["forecast"]),
        (&json!("2025-04-20"), &json!("2025-04-20"))
    );
    // Only a correction takes the reaching back; then the forecasts count.
    for day in ["2025-04-30", "2025-08-31"] {
        let key = format!("MS-1/{day}");
        let correction = [
            ("table", "milestone_reports"),
            ("key", key.as_str()),
            ("date", day),
            ("reason", "verwechselt"),
            ("void", "yes"),
        ];
        desk.row("corrections", &correction);
    }
    let row = desk.at("milestones", date(2025, 12, 31))["rows"][0].clone();
    assert_eq!(
        (&row["reached"], &row["forecast"], &row["later_forecasts"]),
        (&json!(null), &json!("2026-02-01"), &json!(4))
    );
}

#[test]
fn what_is_due_without_any_report_is_named_beside_the_mean_it_does_not_count_in() {
    let mut desk = Desk::new(date(2026, 3, 1));
    for id in ["MS-1", "MS-2"] {
        planned(&mut desk, id, "DG-M-02");
    }
    reported(&mut desk, "2025-02-28", "forecast", "2025-07-10");
    let summary = desk.at("milestones", date(2025, 12, 31))["summary"].clone();
    assert_eq!(
        (
            &summary["due"],
            &summary["mean_slip_days"],
            &summary["without_slip"]
        ),
        (&json!(2), &json!("10.00"), &json!(["MS-2"]))
    );
    for figure in ["mean_slip_days", "median_slip_days"] {
        let told = desk.explained(date(2025, 12, 31), ["milestones", "summary", figure]);
        let input = |name: &str| {
            let inputs = told["inputs"].as_array().unwrap();
            inputs.iter().find(|it| it["name"] == name).unwrap()["value"].clone()
        };
        assert_eq!(
            (input("counted"), input("not_counted")),
            (json!(1), json!(["MS-2"]))
        );
        assert!(told["formula"].as_str().unwrap().contains("without_slip"));
    }
    // Before it is due it is missed by nobody.
    let summary = desk.at("milestones", date(2025, 6, 29))["summary"].clone();
    assert_eq!(summary["without_slip"], json!([]));
}

#[test]
fn a_milestone_has_no_pillar_before_the_catalogue_knows_its_measure() {
    let mut desk = Desk::new(date(2026, 3, 1));
    planned(&mut desk, "MS-1", "DG-M-99");
    let entry = [
        ("id", "DG-M-99"),
        ("kind", "measure"),
        ("title", "Reallabor"),
        ("pillar", "DG"),
        ("set_on", "2025-03-01"),
        ("received_on", "2025-03-01"),
    ];
    desk.row("catalogue", &entry);
    let pillar = |day| desk.at("milestones", day)["rows"][0]["pillar"].clone();
    assert_eq!(
        (pillar(date(2025, 2, 28)), pillar(date(2025, 3, 1))),
        (json!(null), json!("DG"))
    );
}
