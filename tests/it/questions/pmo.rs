//! QP: officers of the programme management office.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Place, YEAR_END, row, scenario, texts};

#[test]
fn qp_01_who_has_not_reported() {
    let status = scenario().at_year_end("status");
    let silent = |it: &Value| {
        it["reported"]["overall"] == "none" && !it["measure"].as_str().unwrap().contains('.')
    };
    let expected = ["DS-M-07", "KI-M-04", "KI-M-07", "KI-M-09", "KI-M-12"];
    assert_eq!(texts(&status, "measure", silent), expected);
    assert_eq!(status["summary"]["report_rate"], "85.71");
    assert_eq!(status["summary"]["programme"]["reported"], "30 of 35");
    let reporting = scenario().ask("reporting", &["--as-of", "2025-01-31"]);
    let owing = texts(&reporting, "measure", |it| {
        it["call"] == "RC-2024-4" && it["open"] == true
    });
    assert_eq!(owing, expected);
    assert_eq!(reporting["summary"]["calls"]["RC-2024-4"]["due"], 35);
    assert_eq!(reporting["summary"]["calls"]["RC-2024-4"]["open"], 5);
}

#[test]
fn qp_02_which_reports_are_stale() {
    let status = scenario().at_year_end("status");
    let stale = texts(&status, "measure", |it| it["stale"] == true);
    assert_eq!(stale, ["DS-M-07", "KI-M-07", "KI-M-12"]);
    for measure in stale {
        assert_eq!(
            row(&status, "measure", &measure)["reported"]["overall"],
            "none"
        );
    }
}

#[test]
fn qp_03_where_the_report_is_better_than_the_figures() {
    let status = scenario().at_year_end("status");
    let it = row(&status, "measure", "KI-M-13");
    assert_eq!(
        (&it["reported"]["schedule"], &it["computed"]["schedule"]),
        (&json!("amber"), &json!("red"))
    );
    assert_eq!(it["gap"], "reported_better");
}

#[test]
fn qp_04_which_milestones_are_overdue() {
    let milestones = scenario().at_year_end("milestones");
    let overdue = texts(&milestones, "id", |it| it["state"] == "overdue");
    assert_eq!(overdue, ["MS-03", "MS-07", "MS-08", "MS-12", "MS-16"]);
}

#[test]
fn qp_05_which_milestones_come_in_the_next_60_days() {
    let milestones = scenario().at_year_end("milestones");
    let soon = |it: &Value| {
        let forecast = it["forecast"].as_str().unwrap_or_default();
        it["reached"].is_null() && ("2025-01-01"..="2025-03-01").contains(&forecast)
    };
    assert_eq!(texts(&milestones, "id", soon), ["MS-08", "MS-16"]);
}

#[test]
fn qp_06_the_trend_of_the_data_map() {
    let milestones = scenario().ask("milestones", &["--as-of", YEAR_END, "--measure", "DG-M-03"]);
    let trend = |id: &str| {
        let points = row(&milestones, "id", id)["trend"]
            .as_array()
            .unwrap()
            .clone();
        points
            .iter()
            .map(|it| it["forecast"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        trend("MS-02"),
        ["2024-06-28", "2024-08-30", "2024-10-11", "2024-10-18"]
    );
    assert_eq!(
        trend("MS-03"),
        ["2024-12-13", "2025-01-31", "2025-02-28", "2025-03-31"]
    );
    assert_eq!(milestones["rows"].as_array().unwrap().len(), 2);
}

#[test]
fn qp_07_the_mean_slip() {
    let summary = &scenario().at_year_end("milestones")["summary"];
    assert_eq!(
        (&summary["mean_slip_days"], &summary["median_slip_days"]),
        (&json!("77.25"), &json!("63.00"))
    );
}

#[test]
fn qp_08_a_wrong_report_is_corrected_and_both_stay_visible() {
    let place = Place::with_scenario();
    let before = place.ask("status", &["--as-of", YEAR_END, "--known-on", "2025-01-31"]);
    let past = |place: &Place| {
        let position = before["position"].to_string();
        let options = [
            "--as-of",
            YEAR_END,
            "--known-on",
            "2025-01-31",
            "--at-position",
            &position,
        ];
        place.ask("status", &options)
    };
    let key = "SR-2024-12-31-DG-M-01";
    let correction = json!({
        "table": "status_reports", "key": key, "date": YEAR_END, "reason": "Farbe verwechselt",
        "budget": "R", "received_on": "2025-02-10",
    });
    let position = place.accept("corrections", correction);
    let now = place.at_year_end("status");
    assert_eq!(row(&now, "measure", "DG-M-01")["reported"]["budget"], "red");
    assert_eq!(
        row(&past(&place), "measure", "DG-M-01")["reported"]["budget"],
        "green"
    );
    assert_eq!(before, past(&place));
    let behind = row(&now, "measure", "DG-M-01")["events"]
        .as_array()
        .unwrap()
        .clone();
    assert!(behind.contains(&json!(position)), "{behind:?}");
    let corrected = place.ask("exceptions", &["--as-of", YEAR_END]);
    let listed = corrected["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["kind"] == "corrected");
    assert!(
        listed
            .clone()
            .any(|it| it["events"].as_array().unwrap().contains(&json!(position))),
        "{corrected}"
    );
    assert_eq!(listed.count(), 3);
}

#[test]
fn qp_09_the_same_report_twice_is_known() {
    let place = Place::begun();
    let report = json!({ "report_date": "2025-01-31", "measure": "DG-M-01", "overall": "G" });
    let first = place.feed_rows("status_reports", std::slice::from_ref(&report));
    let again = place.feed_rows("status_reports", &[report]);
    assert_eq!(
        (&first["accepted"], &again["known"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(first["position"], again["position"]);
}

#[test]
fn qp_10_a_report_that_comes_late_leaves_the_report_of_the_day_alone() {
    let place = Place::with_scenario();
    let known = ["--as-of", YEAR_END, "--known-on", "2025-01-31"];
    let then = place
        .on_store(&[&["status", "--format", "json"], &known[..]].concat())
        .out;
    let late = json!({
        "report_date": YEAR_END, "measure": "KI-M-09", "overall": "A", "received_on": "2025-03-03",
    });
    place.accept("status_reports", late);
    assert_eq!(
        then,
        place
            .on_store(&[&["status", "--format", "json"], &known[..]].concat())
            .out
    );
    let now = place.at_year_end("status");
    assert_eq!(
        row(&now, "measure", "KI-M-09")["reported"]["overall"],
        "amber"
    );
    let late = place.at_year_end("exceptions");
    assert!(
        texts(&late, "what", |it| it["kind"] == "late").contains(&"KI-M-09 RC-2024-4".to_owned()),
        "{late}"
    );
}

#[test]
fn qp_11_a_measure_is_added_and_another_renamed() {
    let place = Place::with_scenario();
    let new = json!({
        "id": "KI-M-14", "kind": "measure", "title": "KI-Labor", "pillar": "KI", "dimension": "TEC",
        "set_on": "2025-02-01", "received_on": "2025-02-01",
    });
    place.accept("catalogue", new);
    let renamed = json!({
        "id": "DG-M-03", "kind": "measure", "title": "Datenatlas", "pillar": "DG",
        "set_on": "2023-11-03", "valid_from": "2025-02-01", "received_on": "2025-02-01",
    });
    place.accept("catalogue", renamed);
    let title = |day: &str| {
        row(&place.ask("catalogue", &["--as-of", day]), "id", "DG-M-03")["title"].clone()
    };
    assert_eq!(
        (title("2025-01-31"), title("2025-02-01")),
        (json!("Datenlandkarte"), json!("Datenatlas"))
    );
    let measures = |day: &str| {
        place.ask("catalogue", &["--as-of", day])["summary"]["counts"]["KI"]["measures"].clone()
    };
    assert_eq!(
        (measures("2025-01-31"), measures("2025-02-01")),
        (json!(16), json!(17))
    );
}

#[test]
fn qp_12_whether_every_entry_of_the_catalogue_is_there() {
    let counts = &scenario().at_year_end("catalogue")["summary"]["counts"];
    let of = |pillar: &str| {
        ["goals", "measures", "governance"].map(|it| counts[pillar][it].as_u64().unwrap())
    };
    assert_eq!(of("total"), [35, 44, 39]);
    let sums = ["DG", "DS", "RM", "KI"].map(|it| of(it).iter().sum::<u64>());
    assert_eq!(sums, [21, 25, 34, 38]);
    assert_eq!(of("DG"), [7, 8, 6]);
}

#[test]
fn qp_13_which_measures_have_no_milestone() {
    let catalogue = scenario().at_year_end("catalogue");
    let milestones = scenario().at_year_end("milestones");
    let measures: BTreeSet<String> = texts(&catalogue, "id", |it| it["kind"] == "measure")
        .into_iter()
        .collect();
    let with: BTreeSet<String> = texts(&milestones, "subject", |_| true)
        .into_iter()
        .collect();
    assert_eq!(measures.len(), 44);
    let without: Vec<&String> = measures.difference(&with).collect();
    assert_eq!(without.len(), 44 - 13, "{without:?}");
    assert!(without.contains(&&"RM-M-09".to_owned()) && !without.contains(&&"KI-M-13".to_owned()));
}

#[test]
fn qp_13_which_measures_have_no_owner() {
    let dependencies = scenario().at_year_end("dependencies");
    let of = |field: &str| dependencies["summary"][field].as_array().unwrap().clone();
    // 43 in scope; 13 of them have a milestone, and the catalogue names no lead of any.
    assert_eq!(of("without_milestone").len(), 30);
    assert!(!of("without_milestone").contains(&json!("KI-M-13")));
    assert_eq!(of("without_owner").len(), 43);
}

#[test]
fn qp_14_which_dependencies_there_are_between_measures() {
    let dependencies = scenario().at_year_end("dependencies");
    let before = texts(&dependencies, "to", |it| it["kind"] == "depends_on");
    assert_eq!(before, ["KI-M-02"]);
    let it = row(&dependencies, "kind", "depends_on");
    assert_eq!(
        (&it["from"], &it["from_title"]),
        (&json!("KI-M-03"), &json!("KI-Transparenzregister"))
    );
    assert_eq!(dependencies["summary"]["cycles"], json!([]));
    let place = Place::with_scenario();
    let link =
        json!({ "from": "KI-M-02", "kind": "depends_on", "to": "KI-M-03", "set_on": "2024-12-01" });
    place.accept("links", link);
    let cycles =
        |day: &str| place.ask("dependencies", &["--as-of", day])["summary"]["cycles"].clone();
    assert_eq!(cycles("2024-11-30"), json!([]));
    assert_eq!(cycles(YEAR_END), json!([["KI-M-02", "KI-M-03"]]));
}

#[test]
fn qp_15_which_risks_were_not_assessed_this_quarter() {
    assert!(
        texts(
            &scenario().at_year_end("risks"),
            "id",
            |it| it["review_overdue"] == true
        )
        .is_empty()
    );
    let later = scenario().ask("risks", &["--as-of", "2025-06-30"]);
    assert_eq!(
        texts(&later, "id", |it| it["review_overdue"] == true).len(),
        12
    );
}

#[test]
fn qp_16_which_risks_have_risen() {
    let risks = scenario().at_year_end("risks");
    assert_eq!(
        texts(&risks, "id", |it| it["movement"] == "rising"),
        ["RI-01", "RI-12"]
    );
}

#[test]
fn qp_17_which_risk_became_an_impediment() {
    let place = Place::with_scenario();
    let closure = json!({ "risk": "RI-06", "date": "2024-12-02", "outcome": "occurred", "impediment": "HI-03" });
    place.accept("risk_closures", closure);
    let risks = place.at_year_end("risks");
    assert_eq!(
        risks["summary"]["occurred"],
        json!([{ "risk": "RI-06", "impediment": "HI-03", "date": "2024-12-02" }])
    );
    assert!(!texts(&risks, "id", |_| true).contains(&"RI-06".to_owned()));
    let impediments = place.at_year_end("impediments");
    assert_eq!(row(&impediments, "id", "HI-03")["risk"], "RI-06");
    let why = place.ask(
        "explain",
        &["impediments", "HI-03", "risk", "--as-of", YEAR_END],
    );
    assert_eq!(why["events"][0]["name"], "risk.closed");
}

#[test]
fn qp_18_how_many_risks_lie_in_which_field() {
    let expected = json!({
        "P1I3": 1, "P2I2": 1, "P2I3": 2, "P2I5": 1, "P3I3": 1, "P3I4": 2, "P4I3": 1, "P4I4": 2, "P5I5": 1,
    });
    assert_eq!(
        scenario().at_year_end("risks")["summary"]["matrix"],
        expected
    );
}

#[test]
fn qp_21_which_mandates_are_open() {
    let place = Place::with_scenario();
    let mandate = |id: &str, due: &str| {
        let row = json!({
            "id": id, "body": "B-KT-DG", "title": "Arbeitsauftrag definieren", "due": due, "given_on": "2024-02-01",
        });
        place.accept("mandates", row);
    };
    mandate("AA-01", "2024-12-15");
    mandate("AA-02", "2024-06-30");
    place.accept(
        "mandate_steps",
        json!({ "mandate": "AA-02", "step": "done", "date": "2024-06-24" }),
    );
    let open = |day: &str| {
        let obligations = place.ask("obligations", &["--as-of", day]);
        texts(&obligations, "id", |it| it["kind"] == "mandate")
    };
    assert_eq!(open("2024-06-23"), ["AA-01", "AA-02"]);
    assert_eq!(open(YEAR_END), ["AA-01"]);
    let obligations = place.at_year_end("obligations");
    let it = row(&obligations, "id", "AA-01");
    assert_eq!(
        (&it["subject"], &it["title"], &it["overdue_days"]),
        (
            &json!("B-KT-DG"),
            &json!("Arbeitsauftrag definieren"),
            &json!(16)
        )
    );
    let log = place.on_store(&["events", "--format", "json"]).ended(0).out;
    assert!(
        !log.contains("Arbeitsauftrag definieren"),
        "a sealed text stands in the log"
    );
}

#[test]
fn qp_22_which_conditions_are_due_when() {
    let requests = scenario().at_year_end("requests");
    let conditions: Vec<&Value> = requests["rows"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|it| it["conditions"].as_array().unwrap())
        .collect();
    assert_eq!(conditions.len(), 1);
    assert_eq!(
        (&conditions[0]["due"], &conditions[0]["state"]),
        (&json!("2025-03-31"), &json!("open"))
    );
}

#[test]
fn qp_22_which_conditions_are_still_owed() {
    let obligations = scenario().ask("obligations", &["--as-of", "2025-04-10"]);
    let it = row(&obligations, "kind", "condition");
    assert_eq!(
        (&it["id"], &it["title"], &it["due"], &it["overdue_days"]),
        (
            &json!("A-24-05"),
            &json!("Metadaten nach DCAT-AP.de"),
            &json!("2025-03-31"),
            &json!(10)
        )
    );
    assert_eq!(
        obligations["summary"]["counts"]["condition"],
        json!({ "open": 1, "overdue": 1 })
    );
}

#[test]
fn qp_23_who_overrode_this_colour_and_why() {
    let place = Place::with_scenario();
    let overriding = json!({
        "report_date": YEAR_END, "measure": "KI-M-13", "overall": "R", "reason": "Termin nicht mehr zu halten",
        "reporter": "B-AGDD", "received_on": "2025-01-10",
    });
    let position = place.accept("status_overrides", overriding);
    let status = place.at_year_end("status");
    let it = row(&status, "measure", "KI-M-13");
    assert_eq!(
        it["override"],
        json!({ "overall": "red", "reporter": "B-AGDD", "reason": "Termin nicht mehr zu halten", "known_on": "2025-01-10" })
    );
    assert_eq!(
        (&it["reported"]["overall"], &it["computed"]["overall"]),
        (&json!("amber"), &json!("red"))
    );
    let counts = |answer: &Value| answer["summary"]["programme"]["red"].clone();
    assert_eq!(
        (counts(&status), counts(&scenario().at_year_end("status"))),
        (json!(8), json!(7))
    );
    let why = place.ask(
        "explain",
        &["status", "KI-M-13", "override", "--as-of", YEAR_END],
    );
    let events = why["events"].as_array().unwrap();
    let event = events.iter().find(|it| it["position"] == position).unwrap();
    assert_eq!(
        (&event["body"], &event["known_on"]),
        (&json!("B-AGDD"), &json!("2025-01-10"))
    );
    assert!(event["recorded_at"].is_string());
    assert_eq!(
        place.at_year_end("exceptions")["summary"]["counts"]["overridden"],
        1
    );
}
