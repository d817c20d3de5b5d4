//! Bodies, seats and dependencies, and how they change over the years, worked out by hand.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::desk::Desk;

fn entry(desk: &mut Desk, id: &str, kind: &str, title: &str, more: &[(&str, &str)]) -> u64 {
    let own = [
        ("id", id),
        ("kind", kind),
        ("title", title),
        ("set_on", "2024-01-01"),
    ];
    desk.row("catalogue", &[&own[..], more].concat())
}

fn link(desk: &mut Desk, from: &str, kind: &str, to: &str, set_on: &str, until: &str) -> u64 {
    let cells = [
        ("from", from),
        ("kind", kind),
        ("to", to),
        ("set_on", set_on),
        ("until", until),
    ];
    desk.row("links", &cells)
}

fn row(answer: &Value, id: &str) -> Value {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter().find(|it| it["id"] == id).unwrap().clone()
}

fn ids(answer: &Value) -> Vec<String> {
    let rows = answer["rows"].as_array().unwrap();
    let id = |it: &Value| {
        ["from", "kind", "to"]
            .map(|field| it[field].as_str().unwrap().to_owned())
            .join(" ")
    };
    rows.iter().map(id).collect()
}

#[test]
fn history_is_readable_under_the_old_names() {
    let mut desk = Desk::new(date(2026, 3, 1));
    entry(&mut desk, "B-OLD", "body", "Lenkungskreis", &[]);
    entry(
        &mut desk,
        "B-OLD",
        "body",
        "Lenkungskreis Register",
        &[("valid_from", "2024-07-01"), ("parent", "B-AGDD")],
    );
    entry(
        &mut desk,
        "B-OLD",
        "body",
        "Lenkungskreis Register",
        &[
            ("valid_from", "2025-06-30"),
            ("parent", "B-AGDD"),
            ("state", "dissolved"),
        ],
    );
    entry(
        &mut desk,
        "B-NEW",
        "body",
        "Steuerungsgruppe",
        &[("valid_from", "2025-06-01")],
    );
    let succession = link(&mut desk, "B-NEW", "succeeds", "B-OLD", "2025-06-30", "");
    let told = |day: Date| {
        let it = row(&desk.at("bodies", day), "B-OLD");
        ["title", "parent", "state", "succeeded_by"].map(|field| it[field].clone())
    };
    let none = json!([]);
    assert_eq!(
        told(date(2024, 6, 30)),
        [
            json!("Lenkungskreis"),
            Value::Null,
            json!("active"),
            none.clone()
        ]
    );
    assert_eq!(
        told(date(2025, 6, 29)),
        [
            json!("Lenkungskreis Register"),
            json!("B-AGDD"),
            json!("active"),
            none
        ]
    );
    assert_eq!(
        told(date(2025, 6, 30)),
        [
            json!("Lenkungskreis Register"),
            json!("B-AGDD"),
            json!("dissolved"),
            json!(["B-NEW"])
        ]
    );
    let events = row(&desk.at("bodies", date(2025, 6, 30)), "B-OLD")["events"].clone();
    assert!(events.as_array().unwrap().contains(&json!(succession)));
    // The successor is not there before its day, and the old one stays for who looks back.
    let bodies = |day| desk.at("bodies", day)["summary"]["count"].as_u64().unwrap();
    assert_eq!(bodies(date(2025, 5, 31)) + 1, bodies(date(2025, 6, 1)));
    let shown = desk.at("dependencies", date(2025, 6, 30));
    let titles = (
        &shown["rows"][0]["from_title"],
        &shown["rows"][0]["to_title"],
    );
    assert_eq!(
        titles,
        (&json!("Steuerungsgruppe"), &json!("Lenkungskreis Register"))
    );
}

#[test]
fn a_measure_has_one_lead_or_a_stated_joint_one() {
    let mut desk = Desk::new(date(2026, 3, 1));
    entry(
        &mut desk,
        "B-KT-DG",
        "body",
        "Kompetenzteam",
        &[("valid_from", "2023-11-03")],
    );
    entry(
        &mut desk,
        "B-FITKO",
        "body",
        "FITKO",
        &[("valid_from", "2023-11-03")],
    );
    link(
        &mut desk,
        "DG-M-01",
        "led_by",
        "B-KT-DG",
        "2024-01-01",
        "2024-12-31",
    );
    link(&mut desk, "DG-M-01", "led_by", "B-FITKO", "2025-01-01", "");
    link(
        &mut desk,
        "DG-M-02",
        "co_led_by",
        "B-KT-DG",
        "2024-01-01",
        "",
    );
    link(
        &mut desk,
        "DG-M-02",
        "co_led_by",
        "B-FITKO",
        "2024-01-01",
        "",
    );
    link(&mut desk, "DG-M-03", "led_by", "B-KT-DG", "2024-01-01", "");
    link(&mut desk, "DG-M-03", "led_by", "B-FITKO", "2024-06-01", "");
    let of = |day| {
        let bodies = desk.at("bodies", day);
        let leads = |id| {
            (
                row(&bodies, id)["leads"].clone(),
                row(&bodies, id)["co_leads"].clone(),
            )
        };
        (
            leads("B-KT-DG"),
            leads("B-FITKO"),
            bodies["summary"].clone(),
        )
    };
    let (team, agency, summary) = of(date(2024, 12, 31));
    assert_eq!(team, (json!(["DG-M-01", "DG-M-03"]), json!(["DG-M-02"])));
    assert_eq!(agency, (json!(["DG-M-03"]), json!(["DG-M-02"])));
    assert_eq!(summary["several_leads"], json!(["DG-M-03"]));
    let without = |summary: &Value| {
        let ids = summary["without_lead"].as_array().unwrap().clone();
        let ids = ids.into_iter().map(|it| it.as_str().unwrap().to_owned());
        ids.filter(|it| it.starts_with("DG-M") && !it.contains('.'))
            .collect::<Vec<_>>()
    };
    assert!(without(&summary).is_empty());
    let (team, agency, _) = of(date(2025, 1, 1));
    assert_eq!(team.0, json!(["DG-M-03"]));
    assert_eq!(agency.0, json!(["DG-M-01", "DG-M-03"]));
    let (_, _, before) = of(date(2023, 12, 31));
    assert_eq!(without(&before), ["DG-M-01", "DG-M-02", "DG-M-03"]);
}

#[test]
fn a_seat_is_gone_after_its_last_day() {
    let mut desk = Desk::new(date(2026, 3, 1));
    let mut seat = |id: &str, from: &str, until: &str, state: &str| {
        let cells = [
            ("id", id),
            ("body", "B-AGDD"),
            ("role", "Mitglied"),
            ("from", from),
            ("until", until),
            ("state", state),
        ];
        desk.row("seats", &cells);
    };
    seat("MB-1", "2024-01-01", "2024-09-15", "placeholder");
    seat("MB-1", "2024-09-16", "", "named");
    seat("MB-2", "2024-01-01", "2024-09-30", "");
    seat("MB-3", "2024-02-01", "", "vacant");
    let of = |day| {
        let seats = desk.at("seats", day);
        ["seats", "filled", "placeholder", "vacant", "filled_percent"]
            .map(|it| seats["summary"][it].clone())
    };
    assert_eq!(of(date(2023, 12, 31))[4], json!({ "undefined": "no seat" }));
    assert_eq!(
        of(date(2024, 9, 15)),
        [json!(3), json!(1), json!(1), json!(1), json!("33.33")]
    );
    assert_eq!(
        of(date(2024, 9, 30)),
        [json!(3), json!(2), json!(0), json!(1), json!("66.67")]
    );
    assert_eq!(
        of(date(2024, 10, 1)),
        [json!(2), json!(1), json!(0), json!(1), json!("50.00")]
    );
}

#[test]
fn dependencies_hold_from_day_to_day_and_name_their_cycles() {
    let mut desk = Desk::new(date(2026, 3, 1));
    link(
        &mut desk,
        "DG-M-01",
        "depends_on",
        "DG-M-02",
        "2024-01-01",
        "",
    );
    link(
        &mut desk,
        "DG-M-02",
        "depends_on",
        "DG-M-03",
        "2024-01-01",
        "2024-06-30",
    );
    link(
        &mut desk,
        "DG-M-03",
        "depends_on",
        "DG-M-01",
        "2024-03-01",
        "",
    );
    link(
        &mut desk,
        "DG-M-01.1",
        "related",
        "DG-G-01",
        "2024-01-01",
        "",
    );
    link(&mut desk, "DG-M-01", "serves", "DG-Z-01", "2024-01-01", "");
    let answer = |day| desk.at("dependencies", day);
    // By from, kind and to: `DG-M-01` with all its links before `DG-M-01.1`.
    assert_eq!(
        ids(&answer(date(2024, 3, 1))),
        [
            "DG-M-01 depends_on DG-M-02",
            "DG-M-01.1 related DG-G-01",
            "DG-M-02 depends_on DG-M-03",
            "DG-M-03 depends_on DG-M-01",
        ]
    );
    let cycles = |day| answer(day)["summary"]["cycles"].clone();
    assert_eq!(cycles(date(2024, 2, 29)), json!([]));
    assert_eq!(
        cycles(date(2024, 6, 30)),
        json!([["DG-M-01", "DG-M-02", "DG-M-03"]])
    );
    assert_eq!(cycles(date(2024, 7, 1)), json!([]));
    let milestone = [
        ("id", "MS-1"),
        ("subject", "DG-M-01"),
        ("title", "Konzept"),
        ("baseline", "2024-12-31"),
        ("planned_on", "2024-05-01"),
    ];
    desk.row("milestones", &milestone);
    link(&mut desk, "DG-M-02", "led_by", "B-KT-DG", "2024-01-01", "");
    let lacks = |field: &str, id: &str, day| {
        let summary = desk.at("dependencies", day)["summary"].clone();
        summary[field].as_array().unwrap().contains(&json!(id))
    };
    assert!(lacks("without_milestone", "DG-M-01", date(2024, 4, 30)));
    assert!(!lacks("without_milestone", "DG-M-01", date(2024, 5, 1)));
    assert!(lacks("without_milestone", "DG-M-02", date(2024, 5, 1)));
    assert!(lacks("without_owner", "DG-M-01", date(2024, 5, 1)));
    assert!(!lacks("without_owner", "DG-M-02", date(2024, 5, 1)));
}

#[test]
fn activities_wait_for_each_other_only_as_somebody_once_believed() {
    let mut desk = Desk::new(date(2026, 3, 1));
    let mut activity = |id: &str, predecessors: &str, valid_from: &str, received_on: &str| {
        let cells = [
            ("id", id),
            ("measure", "DG-M-03"),
            ("optimistic", "1"),
            ("likely", "2"),
            ("pessimistic", "3"),
            ("predecessors", predecessors),
            ("planned_on", "2024-01-01"),
            ("valid_from", valid_from),
            ("received_on", received_on),
        ];
        desk.row("activities", &cells);
    };
    activity("A", "", "", "2024-01-01");
    activity("B", "A", "", "2024-01-01");
    // That B no longer waits came in after A was said to wait for B.
    activity("B", "", "2024-05-01", "2024-08-01");
    activity("A", "B:SS+2", "2024-06-01", "2024-07-01");
    let cycles = |known| {
        let answer = desk.answer("dependencies", date(2024, 6, 1), known, None);
        answer.to_json()["summary"]["activity_cycles"].clone()
    };
    assert_eq!(cycles(None), json!([]));
    assert_eq!(cycles(Some(date(2024, 7, 31))), json!([["A", "B"]]));
}
