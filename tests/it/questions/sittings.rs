//! QS: what a sitting has to know and decide. QP-24: what if.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Place, YEAR_END, row, scenario};

/// The sitting before the reporting date.
const LAST_SITTING: &str = "2024-11-13";

/// What differs in one field of one kind of row: id → (before, after).
fn differing(changes: &Value, kind: &str, field: &str) -> BTreeMap<String, [Value; 2]> {
    let rows = changes["rows"].as_array().unwrap().iter();
    let here = rows.filter(|it| it["kind"] == kind && it["field"] == field);
    here.map(|it| {
        let events = it["events"].as_array().unwrap();
        assert!(!events.is_empty(), "{it}");
        let id = it["id"].as_str().unwrap().to_owned();
        (id, [it["before"].clone(), it["after"].clone()])
    })
    .collect()
}

fn expected<const N: usize>(pairs: [(&str, [Value; 2]); N]) -> BTreeMap<String, [Value; 2]> {
    pairs.map(|(id, both)| (id.to_owned(), both)).into()
}

#[test]
fn qs_03_what_has_changed_since_the_last_sitting() {
    let options = ["--as-of", YEAR_END, "--before-as-of", LAST_SITTING];
    let changes = scenario().ask("changes", &options);
    let told = |kind, field| differing(&changes, kind, field);
    // Colours.
    let colour = |was: &str, is: &str| [json!(was), json!(is)];
    assert_eq!(
        told("status", "reported.overall"),
        expected([
            ("DG-M-01.2", colour("amber", "red")),
            ("DG-M-03", colour("amber", "red")),
            ("DS-M-06", colour("green", "amber")),
            ("KI-M-03", colour("amber", "green")),
            ("KI-M-07", colour("red", "none")),
            ("KI-M-13", colour("green", "amber")),
        ])
    );
    // Forecasts.
    let day = |was: &str, is: &str| [json!(was), json!(is)];
    assert_eq!(
        told("milestones", "forecast"),
        expected([
            ("MS-03", day("2025-02-28", "2025-03-31")),
            ("MS-08", day("2024-12-02", "2025-01-20")),
            ("MS-12", day("2025-03-31", "2025-06-30")),
            ("MS-16", day("2024-12-06", "2025-01-24")),
        ])
    );
    // Risks.
    let score = |was: u32, is: u32| [json!(was), json!(is)];
    let at = |day: &str| scenario().ask("risks", &["--as-of", day]);
    let (before, after) = (at(LAST_SITTING), at(YEAR_END));
    let of = |answer: &Value, id: &str| row(answer, "id", id)["score"].clone();
    let scores = told("risks", "score");
    assert_eq!(scores["RI-01"], score(20, 25));
    for it in after["rows"].as_array().unwrap() {
        let id = it["id"].as_str().unwrap();
        let both = [of(&before, id), of(&after, id)];
        let differs = both[0] != both[1];
        assert_eq!(scores.get(id), differs.then_some(&both), "{id}");
    }
    // Decisions: none was made after the sitting; one request has its money since.
    assert_eq!(
        told("decisions", "state").keys().collect::<Vec<_>>(),
        [
            "A-24-06/2024-06-19/resolved",
            "A-24-08/2024-06-19/deferred",
            "A-24-08/2024-11-13/resolved"
        ]
    );
    assert_eq!(told("decisions", "outcome"), BTreeMap::new());
    let since_the_44th = ["--as-of", YEAR_END, "--before-as-of", "2024-11-12"];
    let changes = scenario().ask("changes", &since_the_44th);
    assert_eq!(
        differing(&changes, "decisions", "outcome"),
        expected([
            ("A-24-08/2024-11-13/resolved", [Value::Null, json!("full")]),
            (
                "A-24-09/2024-11-13/rejected",
                [Value::Null, json!("rejected")]
            ),
        ])
    );
}

/// A figure of the summary of the decisions.
fn of_decisions(place: &Place, day: &str, figure: &str) -> Value {
    place.ask("decisions", &["--as-of", day])["summary"][figure].clone()
}

#[test]
fn qs_04_which_decisions_are_wanted_of_us_today() {
    let wanted = |day: &str| {
        let due = of_decisions(scenario(), day, "due_next");
        (due["sitting"].clone(), due["requests"].clone())
    };
    // On the days of the sittings everything is decided; on the days before it waits with its papers.
    assert_eq!(
        wanted("2024-03-19"),
        (
            json!("S-ITPLR-43"),
            json!(["A-24-04", "A-24-11", "A-24-13"])
        )
    );
    assert_eq!(
        wanted("2024-06-18"),
        (
            json!("S-ITPLR-44"),
            json!([
                "A-24-01", "A-24-02", "A-24-03", "A-24-05", "A-24-06", "A-24-07", "A-24-08",
                "A-24-12"
            ])
        )
    );
    assert_eq!(
        wanted("2024-11-12"),
        (json!("S-ITPLR-45"), json!(["A-24-08", "A-24-09"]))
    );
    assert_eq!(wanted(YEAR_END), (json!("S-ITPLR-46"), json!([])));
}

#[test]
fn qs_05_which_request_misses_the_next_sitting_if_nothing_happens() {
    let place = Place::with_scenario();
    let of = |day: &str, figure: &str| of_decisions(&place, day, figure);
    let told = |deadline: &str| json!([{ "request": "A-24-14", "sitting": "S-ITPLR-46", "paper_deadline": deadline }]);
    // Its paper is due on 5 March: until then it is at risk, from the day after it misses the sitting.
    assert_eq!(of(YEAR_END, "at_risk"), told("2025-03-05"));
    assert_eq!(of(YEAR_END, "misses"), json!([]));
    assert_eq!(of("2025-03-05", "misses"), json!([]));
    assert_eq!(of("2025-03-06", "misses"), told("2025-03-05"));
    assert_eq!(of("2025-03-06", "at_risk"), json!([]));
    // A sitting that prepares it has an earlier deadline.
    place.accept(
        "sittings",
        json!({
            "id": "S-ALR-2025-1", "body": "B-ALR", "date": "2025-02-11", "paper_deadline": "2025-01-28",
            "prepares": "S-ITPLR-46", "received_on": "2024-12-02",
        }),
    );
    assert_eq!(of(YEAR_END, "at_risk"), told("2025-01-28"));
    assert_eq!(of("2025-01-29", "misses"), told("2025-01-28"));
    // With a paper it misses nothing.
    for (date, step) in [("2025-01-10", "assessed"), ("2025-01-20", "paper_filed")] {
        place.accept(
            "request_steps",
            json!({ "date": date, "request": "A-24-14", "step": step, "sitting": "S-ITPLR-46" }),
        );
    }
    assert_eq!(of("2025-01-29", "misses"), json!([]));
    assert_eq!(of("2025-01-29", "due_next")["requests"], json!(["A-24-14"]));
}

#[test]
fn qp_24_what_if_a_milestone_slips_by_three_more_months() {
    let place = Place::with_scenario();
    let head = place.head();
    place
        .on_store(&["backup", "-o", place.path("sicherung").to_str().unwrap()])
        .ended(0);
    let copy = Place::empty();
    let from = place.path("sicherung");
    copy.run(&[
        "restore",
        "--from",
        from.to_str().unwrap(),
        "--store",
        &copy.store(),
    ])
    .ended(0);
    let position = copy.ask("status", &["--as-of", YEAR_END])["position"].to_string();
    copy.accept(
        "milestone_reports",
        json!({ "report_date": "2025-01-31", "milestone": "MS-12", "forecast": "2025-09-30" }),
    );
    let if_so = copy.ask(
        "changes",
        &["--as-of", "2025-01-31", "--before-position", &position],
    );
    assert_eq!(
        differing(&if_so, "milestones", "slip_days"),
        expected([("MS-12", [json!(196), json!(288)])])
    );
    let reason = &differing(&if_so, "status", "computed_reason.schedule")["RM-M-08"];
    assert_ne!(reason[0], reason[1]);
    let colour = |place: &Place| {
        let status = place.ask("status", &["--as-of", "2025-01-31"]);
        row(&status, "measure", "RM-M-08")["computed"]["schedule"].clone()
    };
    assert_eq!(
        (colour(&place), colour(&copy)),
        (json!("red"), json!("red"))
    );
    // The log it was copied from is untouched.
    assert_eq!(place.head(), head);
}
