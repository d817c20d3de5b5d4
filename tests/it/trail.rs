//! Everything that happened to one request or measure.

use serde_json::json;

use crate::support::{Place, scenario};

#[test]
fn a_request_is_told_from_its_application_to_its_money() {
    let trail = scenario()
        .on_store(&[
            "trail",
            "--id",
            "A-24-05",
            "--as-of",
            "2024-12-31",
            "--format",
            "json",
        ])
        .ended(0)
        .json();
    let rows = trail["rows"].as_array().unwrap();
    assert_eq!(
        (&rows[0]["table"], &rows[0]["said"]["id"]),
        (&json!("requests"), &json!("A-24-05"))
    );
    let steps: Vec<&str> = rows
        .iter()
        .filter(|it| it["table"] == "request_steps")
        .map(|it| it["said"]["step"].as_str().unwrap())
        .collect();
    // The same steps as the answer `requests` tells.
    let requests = scenario().at_year_end("requests");
    let told: Vec<&str> = crate::support::row(&requests, "id", "A-24-05")["trail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["step"].as_str().unwrap())
        .collect();
    assert_eq!(steps, told);
    assert!(rows.iter().any(|it| it["table"] == "bookings"));
    // A free text is not told.
    assert!(rows.iter().all(|it| it["said"].get("reason").is_none()));
}

#[test]
fn a_corrected_row_is_told_as_recorded_and_as_it_holds() {
    let place = Place::with_scenario();
    let first = place.accept(
        "status_reports",
        json!({ "report_date": "2025-03-31", "measure": "DG-M-01", "overall": "G" }),
    );
    let second = place.accept(
        "corrections",
        json!({ "table": "status_reports", "key": "DG-M-01/2025-03-31", "date": "2025-03-31", "reason": "falsch", "overall": "R" }),
    );
    let trail = place
        .on_store(&[
            "trail",
            "--id",
            "DG-M-01",
            "--as-of",
            "2025-03-31",
            "--format",
            "json",
        ])
        .ended(0)
        .json();
    let at = |position: u64| {
        let rows = trail["rows"].as_array().unwrap().iter();
        rows.clone().find(|it| it["position"] == position).unwrap()
    };
    assert_eq!(
        (&at(first)["said"]["overall"], &at(first)["holds"]),
        (&json!("G"), &json!(false))
    );
    assert_eq!(
        (&at(second)["said"], &at(second)["holds"]),
        (&json!({"overall": "R"}), &json!(true))
    );
    for position in [first, second] {
        assert_eq!(at(position)["stands"]["overall"], "R");
    }
    // A measure's milestones belong to it.
    assert!(
        trail["rows"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["table"] == "milestones")
    );
    place
        .on_store(&["trail", "--id", "NEVER", "--as-of", "2025-03-31"])
        .ended(2);
    place.on_store(&["trail", "--as-of", "2025-03-31"]).ended(2);
}
