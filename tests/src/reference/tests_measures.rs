//! Overrides, life cycle, plans, goals, and what is done about risks, on a handful of rows.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::tests::{agree, log, row_of, scenario_rows};
use super::{Row, answer};

fn at(rows: &[Row], name: &str, as_of: Date) -> Value {
    answer(rows, name, as_of, None, None)
}

/// "holds only with the report of that date", and "both values stay visible".
#[test]
fn an_override_counts_with_the_report_of_its_date() {
    let mut rows = log(&[
        "status_reports report_date=2024-12-31 measure=DG-M-01 overall=G",
        "status_overrides report_date=2024-12-31 measure=DG-M-01 overall=R reporter=B-AGDD reason=Lage",
        "status_overrides report_date=2024-12-30 measure=DG-M-02 overall=R reporter=B-AGDD",
        "status_reports report_date=2024-12-31 measure=DG-M-02 overall=A",
    ]);
    let status = at(&rows, "status", date(2025, 1, 10));
    let of = |status: &Value, measure: &str| {
        let all = status["rows"].as_array().unwrap();
        all.iter()
            .find(|row| row["measure"] == measure)
            .unwrap()
            .clone()
    };
    agree(
        &json!({ "override": { "overall": "red", "reporter": "B-AGDD", "reason": "Lage" }, "reported": { "overall": "green" } }),
        &of(&status, "DG-M-01"),
    );
    assert_eq!(of(&status, "DG-M-02").get("override"), None);
    agree(
        &json!({ "green": 0, "amber": 1, "red": 1, "colour": "red", "reported": "2 of 35" }),
        &status["summary"]["programme"],
    );
    let exceptions = at(&rows, "exceptions", date(2025, 1, 10));
    assert_eq!(exceptions["summary"]["counts"]["overridden"], 1);
    // A report that is older than 45 days counts no more, and nor does its override.
    let later = at(&rows, "status", date(2025, 2, 15));
    agree(
        &json!({ "red": 0, "none": 35 }),
        &later["summary"]["programme"],
    );
    // The report was of another day.
    rows.extend(log(&["corrections table=status_reports key=DG-M-01/2024-12-31 date=2024-12-31 to_date=2025-01-02 received_on=2025-01-05"]));
    rows[4].position = 5;
    let moved = at(&rows, "status", date(2025, 1, 10));
    agree(
        &json!({ "green": 1, "red": 0 }),
        &moved["summary"]["programme"],
    );
}

/// "Only `active` measures owe reports."
#[test]
fn who_is_paused_or_finished_owes_no_report() {
    let state = |state: &str, day: &str| {
        format!(
            "catalogue id=DG-M-01 kind=measure pillar=DG title=Wissen state={state} set_on={day} valid_from={day}"
        )
    };
    let rows = [
        state("paused", "2024-03-01"),
        state("active", "2024-05-01"),
        state("finished", "2024-08-01"),
    ];
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    rows.push("report_calls id=R1 stichtag=2024-01-31 due=2024-02-10");
    rows.push("report_calls id=R3 stichtag=2024-03-31 due=2024-04-10");
    let rows = log(&rows);
    for (month, owes) in [(2, 35), (4, 34), (6, 35), (9, 34)] {
        // Owed is what was so on the Stichtag of the call.
        let calls = &at(&rows, "reporting", date(2024, month, 15))["summary"]["calls"];
        assert_eq!(calls["R1"]["due"], 35, "month {month}");
        if month > 3 {
            assert_eq!(calls["R3"]["due"], 34, "month {month}");
        }
        let status = at(&rows, "status", date(2024, month, 15));
        assert_eq!(
            status["summary"]["programme"]["reported"],
            format!("0 of {owes}")
        );
        assert_eq!(status["rows"].as_array().unwrap().len(), 43);
    }
}

fn plans() -> Vec<Row> {
    log(&[
        "plans measure=DG-M-03 baseline=1 period_end=2024-12-31 planned_value=250.00 baselined_on=2024-01-10 resolution=R-1",
        "plans measure=DG-M-03 baseline=1 period_end=2024-06-30 planned_value=100.00 baselined_on=2024-01-10 resolution=R-1",
        "plans measure=DG-M-03 baseline=2 planned_value=400.00 baselined_on=2024-05-01",
        "plans measure=DG-M-03 baseline=3 period_end=2025-03-31 planned_value=300.50 baselined_on=2024-03-01 resolution=R-3",
        "plans measure=RM-M-06 baseline=1 period_end=2024-06-30 planned_value=7.00 baselined_on=2024-04-01",
    ])
}

/// The latest day decides and not the number; "without it the total is known".
#[test]
fn the_baseline_set_last_holds_as_a_whole() {
    let rows = plans();
    let first = at(&rows, "plans", date(2024, 2, 29));
    agree(
        &json!({ "rows": [{ "measure": "DG-M-03", "pillar": "DG", "baseline": 1, "baselined_on": "2024-01-10", "resolution": "R-1", "bac": "250.00", "finish": "2024-12-31" }], "summary": { "bac": "250.00", "measures": 1 } }),
        &first,
    );
    let third = at(&rows, "plans", date(2024, 4, 30));
    agree(
        &json!({ "rows": [{ "baseline": 3, "bac": "300.50", "finish": "2025-03-31" }, { "measure": "RM-M-06", "pillar": "RM", "resolution": null, "bac": "7.00" }], "summary": { "bac": "307.50", "measures": 2 } }),
        &third,
    );
    let second = at(&rows, "plans", date(2024, 5, 1));
    agree(
        &json!({ "baseline": 2, "resolution": null, "bac": "400.00", "finish": { "undefined": "" } }),
        &second["rows"][0],
    );
}

/// A baseline annulled gives way to the one before; of one day, the later known holds.
#[test]
fn baselines_are_corrected_like_all_rows() {
    let mut rows = plans();
    rows.extend(log(&[
        "corrections table=plans key=DG-M-03/2/ date=2024-05-01 void=yes received_on=2024-06-01",
    ]));
    rows[5].position = 6;
    let known = |day| {
        answer(&rows, "plans", date(2024, 12, 31), Some(day), None)["rows"][0]["baseline"].clone()
    };
    assert_eq!(known(date(2024, 5, 31)), 2);
    assert_eq!(known(date(2024, 6, 1)), 3);
    let mut rows = plans();
    rows.extend(log(&["corrections table=plans key=DG-M-03/1/2024-06-30 date=2024-01-10 to_date=2024-05-01 received_on=2024-06-01"]));
    rows[5].position = 6;
    // The moved row makes baseline 1 the latest; its other row was set before, and holds with it.
    let plans = at(&rows, "plans", date(2024, 12, 31));
    agree(
        &json!({ "baseline": 1, "baselined_on": "2024-05-01", "bac": "250.00" }),
        &plans["rows"][0],
    );
}

/// "per goal: (Ist − Basis)/(Ziel − Basis)", in percent, half up.
#[test]
fn attainment_by_hand() {
    let rows = log(&[
        "goal_indicators goal=DG-Z-01 indicator=Dauer unit=Tage base=120.25 target=80 due=2025-12-31 set_on=2024-01-10",
        "goal_measurements goal=DG-Z-01 indicator=Dauer date=2024-06-30 value=100",
        "goal_measurements goal=DG-Z-01 indicator=Dauer date=2024-03-31 value=80",
        "goal_indicators goal=DG-Z-01 indicator=Anzahl unit=Stück base=0 target=800 due=2025-12-31 set_on=2024-01-10",
        "goal_measurements goal=DG-Z-01 indicator=Anzahl date=2024-06-30 value=1",
        "goal_indicators goal=DS-Z-01 indicator=Quote unit=% base=0 target=37.50 due=2025-12-31 set_on=2024-01-10",
        "goal_measurements goal=DS-Z-01 indicator=Quote date=2024-06-30 value=-5",
        "goal_indicators goal=DS-Z-01 indicator=Quote unit=% base=0 target=50 due=2025-12-31 set_on=2024-09-01 valid_from=2024-09-01",
        "goal_indicators goal=DS-Z-02 indicator=Quote unit=% base=1 target=1 due=2025-12-31 set_on=2024-01-10",
        "goal_measurements goal=DS-Z-02 indicator=Quote date=2024-06-30 value=1",
        "goal_indicators goal=DS-Z-03 indicator=Quote unit=% base=1 target=2 due=2025-12-31 set_on=2024-01-10",
    ]);
    let goals = at(&rows, "goals", date(2024, 8, 31));
    let of = |goals: &Value, id: &str, indicator: &str| {
        let all = goals["rows"].as_array().unwrap();
        all.iter()
            .find(|row| row["id"] == id && row["indicator"] == indicator)
            .unwrap()
            .clone()
    };
    // 20.25/40.25 = 50.3105… %.
    agree(
        &json!({ "pillar": "DG", "title": "Mehr Datenverfügbarkeit und -nutzung", "unit": "Tage", "base": "120.25", "target": "80", "actual": "100", "attainment": "50.31", "due": "2025-12-31" }),
        &of(&goals, "DG-Z-01", "Dauer"),
    );
    // 1/800 = 0.125 %.
    assert_eq!(of(&goals, "DG-Z-01", "Anzahl")["attainment"], "0.13");
    agree(
        &json!({ "target": "37.5", "actual": "-5", "attainment": "0.00" }),
        &of(&goals, "DS-Z-01", "Quote"),
    );
    assert_eq!(
        of(&at(&rows, "goals", date(2024, 9, 1)), "DS-Z-01", "Quote")["attainment"],
        "0.00"
    );
    let undefined = json!({ "undefined": "" });
    agree(
        &json!({ "actual": "1", "attainment": undefined }),
        &of(&goals, "DS-Z-02", "Quote"),
    );
    agree(
        &json!({ "actual": undefined, "attainment": undefined }),
        &of(&goals, "DS-Z-03", "Quote"),
    );
    assert_eq!(goals["rows"].as_array().unwrap().len(), 36);
    agree(
        &json!({ "DG": { "goals": 7, "with_indicator": 1, "measured": 1 }, "DS": { "goals": 7, "with_indicator": 3, "measured": 2 }, "KI": { "goals": 10, "with_indicator": 0, "measured": 0 } }),
        &goals["summary"]["pillars"],
    );
    assert_eq!(
        goals["summary"]["without_indicator"]
            .as_array()
            .unwrap()
            .len(),
        31
    );
}

/// QS-18: "DG-Z-07, RM-Z-03, RM-Z-04, RM-Z-07; and RM-Z-05, whose only measure is out of scope".
#[test]
fn goals_without_measure_are_those_of_the_catalogue() {
    let seed = at(&[], "goals", date(2023, 12, 31));
    let expected = json!({ "without_measure": ["DG-Z-07", "RM-Z-03", "RM-Z-04", "RM-Z-07"], "only_out_of_scope": ["RM-Z-05"] });
    agree(&expected, &seed["summary"]);
    agree(
        &json!({ "indicator": null, "attainment": { "undefined": "" } }),
        &row_of(&seed, "DG-Z-07"),
    );
    let rows = log(&[
        "links from=DG-M-01 kind=serves to=DG-Z-07 set_on=2024-01-10",
        "links from=DG-M-01 kind=serves to=RM-Z-05 set_on=2024-01-10 until=2024-03-31",
        "links from=DG-M-02 kind=serves to=DG-Z-02 set_on=2024-03-01 valid_from=2024-03-01 until=2024-03-31",
    ]);
    let march = at(&rows, "goals", date(2024, 3, 31));
    agree(
        &json!({ "without_measure": ["RM-Z-03", "RM-Z-04", "RM-Z-07"], "only_out_of_scope": [] }),
        &march["summary"],
    );
    let april = at(&rows, "goals", date(2024, 4, 1));
    agree(
        &json!({ "without_measure": ["DG-Z-02", "RM-Z-03", "RM-Z-04", "RM-Z-07"], "only_out_of_scope": ["RM-Z-05"] }),
        &april["summary"],
    );
}

/// "Closed risks leave rows and sums"; what is known later closes nothing before.
#[test]
fn a_closed_risk_leaves_rows_and_sums() {
    let mut rows = log(&[
        "risks id=R-1 subject=DG category=Recht title=A response=accept cost_impact=100.00 identified_on=2024-01-10",
        "risk_assessments risk=R-1 date=2024-02-01 probability=5 impact=5",
        "risks id=R-2 subject=PROG category=Recht title=B response=mitigate cost_impact=50.00 identified_on=2024-01-10",
        "risk_assessments risk=R-2 date=2024-02-01 probability=4 impact=2",
        "risk_closures risk=R-1 date=2024-04-01 outcome=occurred impediment=HI-1 received_on=2024-04-10",
        "risk_actions id=MA-2 risk=R-2 action=x owner=B-PMO due=2024-06-30 state=planned cost=9.50 date=2024-02-01",
        "risk_actions id=MA-1 risk=R-2 action=y date=2024-03-01",
        "risk_actions id=MA-2 risk=R-2 action=x owner=B-PMO due=2024-06-30 state=done cost=9.50 date=2024-05-01 valid_from=2024-05-01",
    ]);
    let march = at(&rows, "risks", date(2024, 3, 31));
    agree(
        &json!({ "exposure": "122.50", "top": ["R-1", "R-2"], "matrix": { "P5I5": 1, "P4I2": 1 } }),
        &march["summary"],
    );
    let planned = json!({ "id": "MA-2", "owner": "B-PMO", "due": "2024-06-30", "state": "planned", "cost": "9.50" });
    agree(
        &json!([{ "id": "MA-1", "owner": null, "due": null }, planned]),
        &row_of(&march, "R-2")["actions"],
    );
    assert_eq!(row_of(&march, "R-1")["actions"], json!([]));
    let may = at(&rows, "risks", date(2024, 5, 1));
    agree(
        &json!({ "exposure": "32.50", "top": ["R-2"], "levels": { "critical": 0, "medium": 1 } }),
        &may["summary"],
    );
    assert_eq!(may["summary"]["matrix"], json!({ "P4I2": 1 }));
    agree(
        &json!({ "rank": 1, "actions": [{ "id": "MA-1" }, { "id": "MA-2", "state": "done" }] }),
        &row_of(&may, "R-2"),
    );
    let not_known = answer(
        &rows,
        "risks",
        date(2024, 5, 1),
        Some(date(2024, 4, 9)),
        None,
    );
    assert_eq!(not_known["rows"].as_array().unwrap().len(), 2);
    // The closure was wrong from the start.
    rows.extend(log(&[
        "corrections table=risk_closures key=R-1 date=2024-04-01 void=yes received_on=2024-05-01",
    ]));
    rows[8].position = 9;
    assert_eq!(
        at(&rows, "risks", date(2024, 5, 1))["rows"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

/// A second baseline of the scenario; the sum is that of the seven plans.
#[test]
fn plans_of_the_scenario() {
    let rows = scenario_rows();
    let plans = at(&rows, "plans", date(2024, 12, 31));
    agree(
        &json!({ "bac": "5050000.00", "measures": 7 }),
        &plans["summary"],
    );
    let pilots = |as_of| {
        at(&rows, "plans", as_of)["rows"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["measure"] == "RM-M-08")
            .unwrap()
            .clone()
    };
    agree(
        &json!({ "baseline": 1, "baselined_on": "2024-04-10", "bac": "2400000.00", "finish": "2024-12-31" }),
        &pilots(date(2024, 10, 7)),
    );
    agree(
        &json!({ "baseline": 2, "baselined_on": "2024-10-08", "bac": "2400000.00", "finish": "2025-06-30" }),
        &pilots(date(2024, 10, 8)),
    );
}

/// QS-19 on the scenario: eight goals have an indicator.
#[test]
fn goals_of_the_scenario() {
    let goals = at(&scenario_rows(), "goals", date(2024, 12, 31));
    for (id, actual, attainment) in [
        ("DG-Z-01", "1820", "34.44"),
        ("DG-Z-03", "410", "68.33"),
        ("DS-Z-03", "4", "50.00"),
        ("DS-Z-05", "0", "0.00"),
        ("RM-Z-09", "0", "0.00"),
        ("KI-Z-02", "165", "46.88"),
        ("KI-Z-05", "8.1", "23.23"),
    ] {
        agree(
            &json!({ "actual": actual, "attainment": attainment }),
            &row_of(&goals, id),
        );
    }
    assert_eq!(
        goals["summary"]["without_indicator"]
            .as_array()
            .unwrap()
            .len(),
        27
    );
    agree(
        &json!({ "RM": { "goals": 11, "with_indicator": 2, "measured": 2 } }),
        &goals["summary"]["pillars"],
    );
}
