//! Overridden and computed colours, and the life of a measure, worked out by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

fn report(desk: &mut Desk, measure: &str, day: &str, overall: &str) {
    let cells = [
        ("report_date", day),
        ("measure", measure),
        ("overall", overall),
        ("received_on", day),
    ];
    desk.row("status_reports", &cells);
}

fn row<'a>(answer: &'a Value, field: &str, text: &str) -> &'a Value {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter().find(|it| it[field] == text).unwrap()
}

#[test]
fn an_override_counts_with_the_report_of_its_day_only() {
    let mut desk = Desk::new(date(2025, 3, 1));
    report(&mut desk, "DG-M-01", "2024-12-31", "R");
    report(&mut desk, "DG-M-01", "2025-01-31", "G");
    let mut overridden = |day: &str, known: &str| {
        let cells = [
            ("report_date", day),
            ("measure", "DG-M-01"),
            ("overall", "A"),
            ("reason", "Ersatztermin zugesagt"),
            ("reporter", "B-AGDD"),
            ("received_on", known),
        ];
        desk.row("status_overrides", &cells)
    };
    let position = overridden("2024-12-31", "2025-01-07");
    overridden("2024-11-30", "2024-12-02");
    let status = desk.at("status", date(2024, 12, 31));
    let it = row(&status, "measure", "DG-M-01");
    assert_eq!(it["reported"]["overall"], "red");
    assert_eq!(
        it["override"],
        json!({
            "overall": "amber", "reporter": "B-AGDD", "reason": "Ersatztermin zugesagt", "known_on": "2025-01-07",
        })
    );
    assert!(it["events"].as_array().unwrap().contains(&json!(position)));
    let dg = &status["summary"]["pillars"]["DG"];
    assert_eq!((&dg["amber"], &dg["red"]), (&json!(1), &json!(0)));
    // As known before the override, the report's own colour counts.
    let known = Some(date(2025, 1, 6));
    let before = desk
        .answer("status", date(2024, 12, 31), known, None)
        .to_json();
    assert_eq!(row(&before, "measure", "DG-M-01")["override"], Value::Null);
    assert_eq!(before["summary"]["pillars"]["DG"]["red"], 1);
    // The next report has nothing to do with it.
    let later = desk.at("status", date(2025, 1, 31));
    assert_eq!(row(&later, "measure", "DG-M-01")["override"], Value::Null);
    assert_eq!(later["summary"]["pillars"]["DG"]["green"], 1);
    // Both stay visible, also the one no report was ever there for.
    let exceptions = desk.at("exceptions", date(2025, 1, 31));
    assert_eq!(exceptions["summary"]["counts"]["overridden"], 2);
    let what: Vec<&Value> = exceptions["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["kind"] == "overridden")
        .map(|it| &it["what"])
        .collect();
    assert_eq!(
        what,
        [&json!("DG-M-01 2024-12-31"), &json!("DG-M-01 2024-11-30")]
    );
}

#[test]
fn a_measure_owes_the_reports_of_the_days_on_which_it_is_active_for_ever() {
    let mut desk = Desk::new(date(2025, 3, 1));
    for stichtag in ["2024-03-31", "2024-06-30", "2024-09-30"] {
        let id = format!("RC-{stichtag}");
        let call = [
            ("id", id.as_str()),
            ("stichtag", stichtag),
            ("due", "2024-10-08"),
        ];
        desk.row("report_calls", &call);
    }
    let states = [
        ("2024-05-01", "paused"),
        ("2024-07-01", "active"),
        ("2024-09-15", "finished"),
    ];
    for (day, state) in states {
        let cells = [
            ("id", "DG-M-02"),
            ("kind", "measure"),
            ("title", "Reifegradmodell"),
            ("pillar", "DG"),
            ("set_on", "2023-11-03"),
            ("valid_from", day),
            ("state", state),
        ];
        desk.row("catalogue", &cells);
    }
    let owes = |day| {
        let reporting = desk.at("reporting", day);
        let rows = reporting["rows"].as_array().unwrap().clone();
        let own = rows.into_iter().filter(|it| it["measure"] == "DG-M-02");
        own.map(|it| it["call"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Active on the first Stichtag, paused on the second, finished on the third; what it was in between or
    // became later changes nothing.
    assert_eq!(owes(date(2024, 3, 30)), [""; 0]);
    for day in [
        date(2024, 4, 30),
        date(2024, 6, 30),
        date(2024, 9, 14),
        date(2024, 12, 31),
    ] {
        assert_eq!(owes(day), ["RC-2024-03-31"], "{day}");
    }
    let none = |day| desk.at("status", day)["summary"]["pillars"]["DG"]["none"].clone();
    assert_eq!(
        (none(date(2024, 4, 30)), none(date(2024, 6, 30))),
        (json!(3), json!(2))
    );
    // A finished measure that reported still counts with its colour.
    report(&mut desk, "DG-M-02", "2024-09-30", "G");
    let finished = desk.at("status", date(2024, 9, 30));
    let dg = &finished["summary"]["pillars"]["DG"];
    assert_eq!((&dg["green"], &dg["none"]), (&json!(1), &json!(2)));
}

/// A measure with a plan of 300.00, of which 100.00 are earned at a cost of `cost`, and a grant of 300.00.
fn earning(cost: &str) -> Desk {
    let mut desk = Desk::new(date(2026, 3, 1));
    let plan = [
        ("measure", "DG-M-01"),
        ("baseline", "1"),
        ("planned_value", "300.00"),
        ("baselined_on", "2024-01-02"),
    ];
    desk.row("plans", &plan);
    let pot = [
        ("id", "T-1"),
        ("fiscal_year", "2024"),
        ("amount", "1000.00"),
        ("mode", "direct"),
        ("resolved_on", "2024-01-02"),
    ];
    desk.row("pots", &pot);
    let request = [
        ("id", "A-1"),
        ("subject", "DG-M-01"),
        ("applicant", "B-KT-DG"),
        ("pot", "T-1"),
        ("kind", "first"),
        ("amount", "300.00"),
        ("submitted_on", "2024-01-08"),
    ];
    desk.row("requests", &request);
    let steps = [
        ("2024-01-09", "formal_check_started", ""),
        ("2024-01-10", "formally_cleared", ""),
        ("2024-01-11", "assessed", ""),
        ("2024-01-12", "paper_filed", ""),
        ("2024-01-20", "resolved", "300.00"),
        ("2024-01-21", "granted", ""),
    ];
    for (day, step, amount) in steps {
        let cells = [
            ("request", "A-1"),
            ("date", day),
            ("step", step),
            ("amount", amount),
        ];
        desk.row("request_steps", &cells);
    }
    let bookings = [
        ("BU-1", "2024-02-01", "allocation", "300.00"),
        ("BU-2", "2024-03-01", "expense", "115.00"),
        ("BU-3", "2024-03-15", "refund", "10.00"),
        ("BU-4", "2024-05-01", "expense", "100.00"),
    ];
    for (reference, day, kind, amount) in bookings {
        let cells = [
            ("reference", reference),
            ("date", day),
            ("request", "A-1"),
            ("kind", kind),
            ("amount", amount),
            ("fiscal_year", "2024"),
        ];
        desk.row("bookings", &cells);
    }
    let progress = [
        ("report_date", "2024-03-31"),
        ("measure", "DG-M-01"),
        ("earned_value", "100.00"),
        ("actual_cost", cost),
    ];
    desk.row("progress", &progress);
    desk
}

#[test]
fn the_budget_is_computed_from_earned_value_cost_and_grant() {
    let budget = |desk: &Desk, day| {
        let status = desk.at("status", day);
        let it = row(&status, "measure", "DG-M-01");
        (
            it["computed"]["budget"].clone(),
            it["computed_reason"]["budget"].as_str().unwrap().to_owned(),
        )
    };
    let day = date(2024, 12, 31);
    // 300 · 105 / 100 = 315: 5 % over the grant is green still. What is spent later does not count.
    let (colour, reason) = budget(&earning(""), day);
    assert_eq!(colour, "green");
    assert_eq!(
        reason,
        "BAC 300.00 · Istkosten 105.00 / Fertigstellungswert 100.00 gegen Bewilligung 300.00"
    );
    assert_eq!(budget(&earning("105.01"), day).0, "amber");
    assert_eq!(budget(&earning("110.00"), day).0, "amber");
    assert_eq!(budget(&earning("110.01"), day).0, "red");
    assert_eq!(budget(&earning("0.00"), day).0, "none");
    assert_eq!(budget(&earning(""), date(2024, 3, 30)).0, "none");
    let desk = earning("110.01");
    let status = desk.at("status", day);
    assert_eq!(
        row(&status, "measure", "DG-M-01")["computed"]["overall"],
        "red"
    );
    // A threshold that is set holds from its day on.
    let mut desk = earning("110.01");
    let threshold = [
        ("name", "over_percent"),
        ("dimension", "budget"),
        ("amber", "15"),
        ("red", "20"),
        ("valid_from", "2025-01-01"),
    ];
    desk.row("thresholds", &threshold);
    assert_eq!(budget(&desk, day).0, "red");
    assert_eq!(budget(&desk, date(2025, 1, 1)).0, "green");
}

/// Granted 300.00 from a pot of 1,000.00 of which 600.00 were to have flowed out: 60 %. 205.00 of the 300.00 are spent.
#[test]
fn under_spending_is_computed_where_an_outflow_is_planned() {
    let budget = |desk: &Desk| {
        let status = desk.at("status", date(2024, 12, 31));
        let it = row(&status, "measure", "DG-M-01");
        (
            it["computed"]["budget"].clone(),
            it["computed_reason"]["budget"].as_str().unwrap().to_owned(),
        )
    };
    let planned = |refunds: &[&str]| {
        let mut desk = earning("0.00");
        let point = [
            ("pot", "T-1"),
            ("period_end", "2024-12-31"),
            ("planned", "600.00"),
            ("baselined_on", "2024-01-05"),
        ];
        desk.row("outflow_plans", &point);
        for (number, amount) in refunds.iter().enumerate() {
            let reference = format!("BU-R{number}");
            let refund = [
                ("reference", &*reference),
                ("date", "2024-06-01"),
                ("request", "A-1"),
                ("kind", "refund"),
                ("amount", amount),
                ("fiscal_year", "2024"),
            ];
            desk.row("bookings", &refund);
        }
        desk
    };
    let told = "Soll-Abfluss 60.00 %, Mittelabfluss";
    assert_eq!(
        budget(&planned(&[])),
        (json!("green"), format!("{told} 68.33 % von 300.00"))
    );
    // 150.00 are 50 %: ten points are green still.
    assert_eq!(budget(&planned(&["55.00"])).0, "green");
    assert_eq!(budget(&planned(&["55.03"])).0, "amber");
    // 105.00 are 35 %: 25 points are amber still.
    assert_eq!(budget(&planned(&["100.00"])).0, "amber");
    assert_eq!(budget(&planned(&["100.03"])).0, "red");
    // Without a plan nothing is said.
    assert_eq!(budget(&earning("0.00")).0, "none");
}
