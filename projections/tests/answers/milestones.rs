//! Milestones, worked out by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

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
    let milestone = [
        ("id", "MS-1"),
        ("subject", "DG-M-02"),
        ("title", "Pilot"),
        ("baseline", "2025-06-30"),
        ("planned_on", "2025-01-01"),
        ("received_on", "2025-01-01"),
    ];
    desk.row("milestones", &milestone);
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
