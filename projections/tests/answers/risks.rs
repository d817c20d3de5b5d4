//! What is done about risks and how they end, worked out by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

fn risk(desk: &mut Desk, id: &str, probability: &str) {
    let risk = [
        ("id", id),
        ("subject", "RM-M-08"),
        ("category", "Technik"),
        ("title", "Testdaten fehlen"),
        ("response", "mitigate"),
        ("owner", "B-RM-LG"),
        ("cost_impact", "1000.00"),
        ("identified_on", "2024-01-15"),
        ("received_on", "2024-01-16"),
    ];
    desk.row("risks", &risk);
    let assessment = [
        ("risk", id),
        ("date", "2024-01-15"),
        ("probability", probability),
        ("impact", "5"),
    ];
    desk.row("risk_assessments", &assessment);
}

fn ids(answer: &Value) -> Vec<&str> {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[test]
fn a_closed_risk_leaves_rows_and_sums_and_the_computed_colour() {
    let mut desk = Desk::new(date(2025, 3, 1));
    risk(&mut desk, "RI-1", "5");
    risk(&mut desk, "RI-2", "1");
    let impediment = [
        ("id", "HI-1"),
        ("subject", "RM-M-08"),
        ("title", "Testdaten nicht freigegeben"),
        ("reported_on", "2024-09-16"),
    ];
    desk.row("impediments", &impediment);
    let closure = [
        ("risk", "RI-1"),
        ("date", "2024-09-16"),
        ("outcome", "occurred"),
        ("impediment", "HI-1"),
        ("received_on", "2024-10-01"),
    ];
    let position = desk.row("risk_closures", &closure);

    let before = desk.at("risks", date(2024, 9, 15));
    assert_eq!(ids(&before), ["RI-1", "RI-2"]);
    // 90 % and 5 % of 1,000.00.
    assert_eq!(before["summary"]["exposure"], "950.00");
    assert_eq!(before["summary"]["occurred"], json!([]));
    let after = desk.at("risks", date(2024, 9, 16));
    assert_eq!(ids(&after), ["RI-2"]);
    assert_eq!(
        (&after["summary"]["exposure"], &after["summary"]["levels"]),
        (
            &json!("50.00"),
            &json!({ "critical": 0, "high": 0, "medium": 1, "low": 0 })
        )
    );
    assert_eq!(after["summary"]["top"], json!(["RI-2"]));
    assert_eq!(after["rows"][0]["rank"], 1);
    assert_eq!(
        after["summary"]["occurred"],
        json!([{ "risk": "RI-1", "impediment": "HI-1", "date": "2024-09-16" }])
    );
    let then = desk.answer("risks", date(2024, 9, 16), Some(date(2024, 9, 30)), None);
    assert_eq!(ids(&then.to_json()).len(), 2);

    let impediments = desk.at("impediments", date(2024, 9, 16));
    assert_eq!(impediments["rows"][0]["risk"], "RI-1");
    let events = impediments["rows"][0]["events"].as_array().unwrap().clone();
    assert!(events.contains(&json!(position)));

    let colour = |day| {
        let status = desk.at("status", day);
        let rows = status["rows"].as_array().unwrap().clone();
        let it = rows.into_iter().find(|it| it["measure"] == "RM-M-08");
        it.unwrap()["computed"]["risks"].clone()
    };
    assert_eq!(colour(date(2024, 9, 15)), "red");
    assert_eq!(colour(date(2024, 9, 16)), "green");
}

#[test]
fn a_wrong_closure_is_annulled_and_the_risk_is_back() {
    let mut desk = Desk::new(date(2025, 3, 1));
    risk(&mut desk, "RI-1", "3");
    let closure = [
        ("risk", "RI-1"),
        ("date", "2024-09-16"),
        ("outcome", "closed"),
    ];
    desk.row("risk_closures", &closure);
    assert_eq!(desk.at("risks", date(2024, 12, 31))["rows"], json!([]));
    let void = [
        ("table", "risk_closures"),
        ("key", "RI-1"),
        ("date", "2024-09-16"),
        ("reason", "verwechselt"),
        ("void", "yes"),
    ];
    desk.row("corrections", &void);
    assert_eq!(ids(&desk.at("risks", date(2024, 12, 31))), ["RI-1"]);
}

#[test]
fn actions_stand_as_their_last_state_says() {
    let mut desk = Desk::new(date(2025, 3, 1));
    risk(&mut desk, "RI-1", "3");
    let action = |state: &'static str, day: &'static str, valid_from: &'static str| {
        [
            ("id", "RA-2"),
            ("risk", "RI-1"),
            ("action", "Synthetische Testdaten beschaffen"),
            ("owner", "B-RM-LG"),
            ("due", day),
            ("state", state),
            ("cost", "12500.00"),
            ("date", "2024-02-01"),
            ("valid_from", valid_from),
        ]
    };
    desk.row("risk_actions", &action("planned", "2024-06-30", ""));
    desk.row(
        "risk_actions",
        &action("running", "2024-09-30", "2024-05-02"),
    );
    let other = [
        ("id", "RA-1"),
        ("risk", "RI-1"),
        ("action", "Freigabe eskalieren"),
        ("date", "2024-03-01"),
    ];
    desk.row("risk_actions", &other);
    let actions = |day| desk.at("risks", day)["rows"][0]["actions"].clone();
    let second = |state: &str, due: &str| json!({ "id": "RA-2", "action": "Synthetische Testdaten beschaffen", "state": state, "due": due, "owner": "B-RM-LG", "cost": "12500.00" });
    assert_eq!(actions(date(2024, 1, 31)), json!([]));
    assert_eq!(
        actions(date(2024, 2, 29)),
        json!([second("planned", "2024-06-30")])
    );
    let first = json!({ "id": "RA-1", "action": "Freigabe eskalieren", "state": null, "due": null, "owner": null, "cost": null });
    assert_eq!(
        actions(date(2024, 5, 2)),
        json!([first, second("running", "2024-09-30")])
    );
}

/// Ten risks of 0.505 each are 5.05 and not ten times 0.51.
#[test]
fn sums_and_ranks_are_of_what_is_not_rounded_yet() {
    let mut desk = Desk::new(date(2025, 3, 1));
    for at in 0..10 {
        let id = format!("RI-{at}");
        let cost = if at == 9 { "10.11" } else { "10.10" };
        let risk = [
            ("id", id.as_str()),
            ("subject", "DG"),
            ("category", "Technik"),
            ("title", "Testdaten fehlen"),
            ("response", "accept"),
            ("cost_impact", cost),
            ("identified_on", "2024-01-15"),
        ];
        desk.row("risks", &risk);
        let assessment = [
            ("risk", id.as_str()),
            ("date", "2024-01-15"),
            ("probability", "1"),
            ("impact", "5"),
        ];
        desk.row("risk_assessments", &assessment);
    }
    let risks = desk.at("risks", date(2024, 12, 31));
    for row in risks["rows"].as_array().unwrap() {
        assert_eq!(row["expected_value"], "0.51", "{row}");
    }
    // 9 × 0.505 + 0.5055 = 5.0505.
    assert_eq!(risks["summary"]["exposure"], "5.05");
    // Shown alike, and yet the greater comes first.
    assert_eq!(risks["summary"]["top"][0], "RI-9");
}
