//! Plans and goals, worked out by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

fn point(desk: &mut Desk, baseline: &str, period_end: &str, value: &str, day: &str) -> u64 {
    let cells = [
        ("measure", "RM-M-08"),
        ("baseline", baseline),
        ("period_end", period_end),
        ("planned_value", value),
        ("baselined_on", day),
        ("resolution", "LK 3"),
        ("received_on", day),
    ];
    desk.row("plans", &cells)
}

#[test]
fn a_baseline_holds_as_a_whole() {
    let mut desk = Desk::new(date(2025, 3, 1));
    let first = [
        point(&mut desk, "1", "2024-06-30", "100.00", "2024-01-10"),
        point(&mut desk, "1", "2024-12-31", "400.00", "2024-01-10"),
        // A later day that plans no more, and a plan that was lowered at its end.
        point(&mut desk, "1", "2025-03-31", "380.00", "2024-01-10"),
    ];
    let second = [
        point(&mut desk, "2", "2024-12-31", "250.00", "2024-10-08"),
        point(&mut desk, "2", "2025-01-31", "450.00", "2024-10-08"),
    ];
    let total = [
        ("measure", "DG-M-01"),
        ("baseline", "1"),
        ("planned_value", "50.25"),
        ("baselined_on", "2024-02-01"),
    ];
    let alone = desk.row("plans", &total);
    assert_eq!(desk.at("plans", date(2024, 1, 9))["rows"], json!([]));
    let before = desk.at("plans", date(2024, 10, 7));
    assert_eq!(
        before["rows"],
        json!([
            { "measure": "DG-M-01", "pillar": "DG", "baseline": 1, "baselined_on": "2024-02-01", "resolution": null,
              "bac": "50.25", "finish": { "undefined": "the plan states its total only" }, "events": [alone] },
            { "measure": "RM-M-08", "pillar": "RM", "baseline": 1, "baselined_on": "2024-01-10", "resolution": "LK 3",
              "bac": "380.00", "finish": "2025-03-31", "events": first },
        ])
    );
    assert_eq!(before["summary"], json!({ "bac": "430.25", "measures": 2 }));
    let after = desk.at("plans", date(2024, 10, 8));
    let it = &after["rows"][1];
    assert_eq!(
        (&it["baseline"], &it["bac"], &it["finish"], &it["events"]),
        (
            &json!(2),
            &json!("450.00"),
            &json!("2025-01-31"),
            &json!(second)
        )
    );
    // As it was known the day before the second plan came in.
    let known = Some(date(2024, 10, 7));
    let then = desk.answer("plans", date(2024, 12, 31), known, None);
    assert_eq!(then.to_json()["rows"][0]["bac"], "380.00");
}

fn goal<'a>(answer: &'a Value, id: &str) -> Vec<&'a Value> {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter().filter(|it| it["id"] == id).collect()
}

#[test]
fn attainment_is_the_way_gone_of_the_way_to_go() {
    let mut desk = Desk::new(date(2025, 3, 1));
    let mut indicator = |name: &str, base: &str, target: &str, valid_from: &str| {
        let cells = [
            ("goal", "DG-Z-01"),
            ("indicator", name),
            ("unit", "Anzahl"),
            ("base", base),
            ("target", target),
            ("due", "2025-12-31"),
            ("set_on", "2024-01-15"),
            ("valid_from", valid_from),
        ];
        desk.row("goal_indicators", &cells);
    };
    indicator("Datensätze", "1200", "3000", "");
    indicator("Datensätze", "1200", "2400", "2024-10-01");
    indicator("Beschwerden", "40.5", "10", "");
    for (name, day, value) in [
        ("Datensätze", "2024-03-31", "1240"),
        ("Datensätze", "2024-09-30", "1801"),
        ("Beschwerden", "2024-09-30", "41"),
    ] {
        let cells = [
            ("goal", "DG-Z-01"),
            ("indicator", name),
            ("date", day),
            ("value", value),
        ];
        desk.row("goal_measurements", &cells);
    }
    let told = |day| {
        let goals = desk.at("goals", day);
        let rows = goal(&goals, "DG-Z-01");
        let pick = |it: &&Value| {
            (
                it["indicator"].clone(),
                it["actual"].clone(),
                it["attainment"].clone(),
            )
        };
        rows.iter().map(pick).collect::<Vec<_>>()
    };
    let unknown = json!({ "undefined": "not measured" });
    // 40 of 1,800 are 2.222… %.
    assert_eq!(
        told(date(2024, 3, 31)),
        [
            (json!("Beschwerden"), unknown.clone(), unknown),
            (json!("Datensätze"), json!("1240"), json!("2.22"))
        ]
    );
    // 0.5 in the wrong direction is no way gone; 601 of 1,800.
    let autumn = told(date(2024, 9, 30));
    assert_eq!(autumn[0].2, "0.00");
    assert_eq!(autumn[1].2, "33.39");
    // The target was lowered: 601 of 1,200 are 50.0833… %.
    assert_eq!(told(date(2024, 10, 1))[1].2, "50.08");
    let goals = desk.at("goals", date(2024, 12, 31));
    assert_eq!(
        goals["summary"]["pillars"]["DG"],
        json!({ "goals": 7, "with_indicator": 1, "measured": 1, "attainment": "25.04" })
    );
    let silent = goal(&goals, "DG-Z-02")[0];
    assert_eq!(
        (&silent["indicator"], &silent["attainment"]),
        (&Value::Null, &json!({ "undefined": "no indicator" }))
    );
    let without = goals["summary"]["without_indicator"].as_array().unwrap();
    assert!(without.contains(&json!("DG-Z-02")) && !without.contains(&json!("DG-Z-01")));
}

#[test]
fn a_goal_is_served_by_measures_in_scope() {
    let mut desk = Desk::new(date(2025, 3, 1));
    let mut serves = |from: &str, to: &str, until: &str| {
        let cells = [
            ("from", from),
            ("kind", "serves"),
            ("to", to),
            ("set_on", "2024-01-01"),
            ("until", until),
        ];
        desk.row("links", &cells);
    };
    serves("DG-M-01", "DG-Z-01", "");
    serves("DG-M-01", "DG-Z-02", "2024-06-30");
    serves("DG-M-02", "DG-Z-03", "");
    serves("DG-G-01", "DG-Z-04", "");
    let out = [
        ("id", "DG-M-02"),
        ("kind", "measure"),
        ("title", "Reifegradmodell"),
        ("pillar", "DG"),
        ("in_scope", "no"),
        ("set_on", "2023-11-03"),
        ("valid_from", "2024-05-01"),
    ];
    desk.row("catalogue", &out);
    let of = |day, field: &str| {
        let goals = desk.at("goals", day);
        let ids = goals["summary"][field].as_array().unwrap().clone();
        let ids = ids.into_iter().map(|it| it.as_str().unwrap().to_owned());
        ids.filter(|it| it.starts_with("DG")).collect::<Vec<_>>()
    };
    // A governance action that serves a goal is no measure.
    assert_eq!(
        of(date(2024, 4, 30), "without_measure"),
        ["DG-Z-04", "DG-Z-05", "DG-Z-06", "DG-Z-07"]
    );
    assert!(of(date(2024, 4, 30), "only_out_of_scope").is_empty());
    assert_eq!(of(date(2024, 5, 1), "only_out_of_scope"), ["DG-Z-03"]);
    // The last day of a link is one on which it holds.
    assert!(!of(date(2024, 6, 30), "without_measure").contains(&"DG-Z-02".to_owned()));
    assert!(of(date(2024, 7, 1), "without_measure").contains(&"DG-Z-02".to_owned()));
}
