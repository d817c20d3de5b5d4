//! Bodies, seats and links on a handful of rows on top of the built-in catalogue.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::tests::{agree, log, row_of, scenario_rows};
use super::{Row, answer};

fn at(rows: &[Row], name: &str, as_of: Date) -> Value {
    answer(rows, name, as_of, None, None)
}

/// QS-22: "seed state: 3 named of 9 rows; scenario Q4 8/9 = 88,9 %".
#[test]
fn seats_of_the_seed_and_of_the_scenario() {
    let seed = at(&[], "seats", date(2023, 12, 31));
    let expected = json!({ "seats": 9, "filled": 3, "placeholder": 3, "vacant": 3, "filled_percent": "33.33" });
    agree(&expected, &seed["summary"]);
    let scenario = at(&scenario_rows(), "seats", date(2024, 12, 31));
    let expected = json!({ "seats": 9, "filled": 8, "filled_percent": "88.89" });
    agree(&expected, &scenario["summary"]);
}

/// A seat is gone on the day after its last one; no seats are no percentage.
#[test]
fn a_seat_ends() {
    let rows = log(&[
        "seats id=S-1 body=B-ALR role=Mitglied from=2024-02-01 until=2024-03-31 state=placeholder",
        "seats id=S-2 body=B-ALR role=Mitglied level=Land from=2024-02-01 state=vacant",
        "seats id=S-2 body=B-ALR role=Mitglied level=Land from=2024-04-01 state=named",
    ]);
    let march = at(&rows, "seats", date(2024, 3, 31));
    let expected = json!({ "seats": 11, "filled": 3, "placeholder": 4, "vacant": 4 });
    agree(&expected, &march["summary"]);
    let expected = json!({ "body": "B-ALR", "role": "Mitglied", "level": null, "state": "placeholder", "from": "2024-02-01", "until": "2024-03-31" });
    agree(&expected, &row_of(&march, "S-1"));
    let april = at(&rows, "seats", date(2024, 4, 1));
    agree(
        &json!({ "seats": 10, "filled": 4, "vacant": 3, "filled_percent": "40.00" }),
        &april["summary"],
    );
    assert_eq!(row_of(&april, "S-1"), Value::Null);
    agree(
        &json!({ "state": "named", "from": "2024-04-01" }),
        &row_of(&april, "S-2"),
    );
    let before = at(&[], "seats", date(2023, 11, 2));
    agree(
        &json!({ "seats": 0, "filled_percent": { "undefined": "" } }),
        &before["summary"],
    );
}

/// Who leads what; until the last day of a link there are two leads, then one.
#[test]
fn leads_hold_until_their_last_day() {
    let rows = log(&[
        "links from=DG-M-01 kind=led_by to=B-PMO set_on=2024-01-10 until=2024-06-30",
        "links from=DG-M-01 kind=led_by to=B-FITKO set_on=2024-02-01",
        "links from=DG-M-02 kind=co_led_by to=B-FITKO set_on=2024-02-01",
        "catalogue id=DS-M-01 kind=measure pillar=DS title=EfA state=paused set_on=2024-01-05 valid_from=2024-01-05",
    ]);
    let june = at(&rows, "bodies", date(2024, 6, 30));
    assert_eq!(june["summary"]["count"], 27);
    assert_eq!(june["summary"]["several_leads"], json!(["DG-M-01"]));
    agree(
        &json!({ "kind": "body", "title": "FITKO", "parent": null, "state": "active", "leads": ["DG-M-01"], "co_leads": ["DG-M-02"], "succeeded_by": [] }),
        &row_of(&june, "B-FITKO"),
    );
    agree(
        &json!({ "parent": "B-AGDD", "leads": ["DG-M-01"] }),
        &row_of(&june, "B-PMO"),
    );
    // The topic areas are led from the start.
    agree(
        &json!({ "leads": ["RM-TB-NOOTS"], "co_leads": ["RM-TB-RECHT"] }),
        &row_of(&june, "B-BMI"),
    );
    let without: Vec<&str> = june["summary"]["without_lead"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    // 43 measures in scope less one led, one led jointly and one paused; every area is led.
    assert_eq!(without.len(), 40);
    assert!(without.contains(&"DG-M-03"));
    for id in [
        "DG-M-01",
        "DG-M-02",
        "DS-M-01",
        "RM-M-09",
        "RM-TB-NOOTS",
        "RM-TB-RECHT",
    ] {
        assert!(!without.contains(&id), "{id}");
    }
    let july = at(&rows, "bodies", date(2024, 7, 1));
    assert_eq!(july["summary"]["several_leads"], json!([]));
    agree(&json!({ "leads": [] }), &row_of(&july, "B-PMO"));
}

/// Renamed, dissolved and succeeded: an earlier day reads under the old name.
#[test]
fn structures_change_and_history_keeps_its_names() {
    let rows = log(&[
        "catalogue id=B-NEU kind=body title=NOOTS-Steuerungsgruppe set_on=2025-07-01",
        "catalogue id=B-RM-LK kind=body title=Lenkungskreis(alt) state=dissolved parent=B-ITPLR set_on=2025-07-01 valid_from=2025-07-01",
        "links from=B-NEU kind=succeeds to=B-RM-LK set_on=2025-07-01",
    ]);
    let before = at(&rows, "bodies", date(2025, 6, 30));
    agree(
        &json!({ "title": "Lenkungskreis Registermodernisierung", "state": "active", "succeeded_by": [] }),
        &row_of(&before, "B-RM-LK"),
    );
    assert_eq!(row_of(&before, "B-NEU"), Value::Null);
    let after = at(&rows, "bodies", date(2025, 7, 1));
    agree(
        &json!({ "title": "Lenkungskreis(alt)", "state": "dissolved", "succeeded_by": ["B-NEU"] }),
        &row_of(&after, "B-RM-LK"),
    );
    assert_eq!(after["summary"]["count"], 28);
    let succession = &at(&rows, "dependencies", date(2025, 7, 1))["rows"][0];
    agree(
        &json!({ "from": "B-NEU", "kind": "succeeds", "to": "B-RM-LK", "from_title": "NOOTS-Steuerungsgruppe", "to_title": "Lenkungskreis(alt)", "set_on": "2025-07-01", "until": null }),
        succession,
    );
}

/// A circle of three, and what only leads into it is not in it; it ends with one of its links.
#[test]
fn who_waits_in_a_circle_is_named() {
    // The catalogue says that KI-M-03 builds on KI-M-02.
    let rows = log(&[
        "links from=KI-M-02 kind=depends_on to=DG-M-03 set_on=2024-02-01",
        "links from=DG-M-03 kind=depends_on to=KI-M-03 set_on=2024-03-01",
        "links from=KI-M-05 kind=depends_on to=KI-M-03 set_on=2024-03-01",
        "links from=DS-M-02 kind=depends_on to=DS-M-01 set_on=2024-03-01",
        "links from=DS-M-01 kind=depends_on to=DS-M-02 set_on=2024-03-05",
        "links from=DG-M-03 kind=depends_on to=KI-M-03 set_on=2024-05-01 valid_from=2024-05-01 until=2024-05-31",
        "milestones id=MS-1 subject=DG-M-03 title=Karte baseline=2024-12-01 planned_on=2024-04-01",
    ]);
    let summary = |as_of| at(&rows, "dependencies", as_of)["summary"].clone();
    assert_eq!(summary(date(2024, 2, 28))["cycles"], json!([]));
    let both = json!([["DG-M-03", "KI-M-02", "KI-M-03"], ["DS-M-01", "DS-M-02"]]);
    assert_eq!(summary(date(2024, 4, 30))["cycles"], both);
    assert_eq!(summary(date(2024, 5, 31))["cycles"], both);
    assert_eq!(
        summary(date(2024, 6, 1))["cycles"],
        json!([["DS-M-01", "DS-M-02"]])
    );
    let april = at(&rows, "dependencies", date(2024, 4, 30));
    let ways: Vec<String> = april["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {}", row["from"], row["kind"], row["to"]).replace('"', ""))
        .collect();
    assert_eq!(
        ways[..3],
        [
            "DG-M-03 depends_on KI-M-03",
            "DS-G-03 related DS-M-09",
            "DS-M-01 depends_on DS-M-02"
        ]
    );
    // 5 fed, 1 built in; 7 twins.
    assert_eq!(ways.len(), 13);
    let without = april["summary"]["without_milestone"].as_array().unwrap();
    assert_eq!(without.len(), 42);
    assert!(!without.contains(&json!("DG-M-03")));
    assert_eq!(
        april["summary"]["without_owner"].as_array().unwrap().len(),
        43
    );
}
