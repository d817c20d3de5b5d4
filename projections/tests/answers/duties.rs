//! What is owed and what was decided, worked out by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

/// The ids of a kind of obligation, with their days overdue.
fn owed(answer: &Value, kind: &str) -> Vec<(String, Value)> {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter()
        .filter(|it| it["kind"] == kind)
        .map(|it| {
            let id = it["id"].as_str().unwrap().to_owned();
            (id, it["overdue_days"].clone())
        })
        .collect()
}

fn mandate(desk: &mut Desk, id: &str, due: &str) {
    let cells = [
        ("id", id),
        ("body", "B-KT-DG"),
        ("title", "Blaupause vorlegen"),
        ("due", due),
        ("given_on", "2024-06-03"),
        ("received_on", "2024-06-03"),
    ];
    desk.row("mandates", &cells);
}

#[test]
fn a_mandate_is_open_from_its_day_until_its_step() {
    let mut desk = Desk::new(date(2025, 3, 1));
    mandate(&mut desk, "AA-1", "2024-12-31");
    mandate(&mut desk, "AA-2", "");
    let step = [
        ("mandate", "AA-1"),
        ("step", "done"),
        ("date", "2025-01-15"),
        ("received_on", "2025-02-01"),
    ];
    let done = desk.row("mandate_steps", &step);
    let none = json!({ "undefined": "no due date stated" });

    assert_eq!(desk.at("obligations", date(2024, 6, 2))["rows"], json!([]));
    let before = desk.at("obligations", date(2025, 1, 10));
    assert_eq!(
        owed(&before, "mandate"),
        [
            ("AA-1".to_owned(), json!(10)),
            ("AA-2".to_owned(), none.clone())
        ]
    );
    assert_eq!(
        before["summary"]["counts"]["mandate"],
        json!({ "open": 2, "overdue": 1 })
    );
    let row = &before["rows"][0];
    assert_eq!(
        (&row["subject"], &row["title"], &row["due"], &row["state"]),
        (
            &json!("B-KT-DG"),
            &json!("Blaupause vorlegen"),
            &json!("2024-12-31"),
            &json!("open")
        )
    );
    let after = desk.at("obligations", date(2025, 1, 15));
    assert_eq!(owed(&after, "mandate"), [("AA-2".to_owned(), none)]);
    // What was known in January: nobody had said that it is done.
    let then = desk
        .answer(
            "obligations",
            date(2025, 1, 15),
            Some(date(2025, 1, 31)),
            None,
        )
        .to_json();
    assert_eq!(owed(&then, "mandate")[0], ("AA-1".to_owned(), json!(15)));
    // A step that was wrong from the start is annulled.
    let void = [
        ("table", "mandate_steps"),
        ("key", "AA-1/done"),
        ("date", "2025-01-15"),
        ("reason", "verwechselt"),
        ("void", "yes"),
        ("received_on", "2025-02-20"),
    ];
    desk.row("corrections", &void);
    let again = desk.at("obligations", date(2025, 1, 15));
    assert_eq!(owed(&again, "mandate").len(), 2);
    let as_it_was = desk.answer("obligations", date(2025, 1, 15), None, Some(done));
    assert_eq!(as_it_was.to_json(), after);
}

#[test]
fn a_mandate_has_states_and_a_corrected_wording() {
    let mut desk = Desk::new(date(2025, 3, 1));
    mandate(&mut desk, "AA-1", "2024-12-31");
    let later = [
        ("id", "AA-1"),
        ("body", "B-KT-DG"),
        ("title", "Blaupause vorlegen, mit Reifegradmodell"),
        ("due", "2025-06-30"),
        ("given_on", "2024-06-03"),
        ("valid_from", "2024-12-01"),
    ];
    desk.row("mandates", &later);
    let due = |desk: &Desk, month| {
        desk.at("obligations", date(2024, month, 30))["rows"][0]["due"].clone()
    };
    assert_eq!(
        (due(&desk, 11), due(&desk, 12)),
        (json!("2024-12-31"), json!("2025-06-30"))
    );
    let correction = [
        ("table", "mandates"),
        ("key", "AA-1"),
        ("date", "2024-06-03"),
        ("reason", "falscher Wortlaut"),
        ("due", "2024-11-15"),
    ];
    desk.row("corrections", &correction);
    let row = desk.at("obligations", date(2024, 11, 30))["rows"][0].clone();
    // The correction's reason is not the mandate's wording.
    assert_eq!(
        (&row["title"], &row["overdue_days"]),
        (&json!("Blaupause vorlegen"), &json!(15))
    );
}

/// A pot with one request that was submitted; further steps by the test.
fn request(desk: &mut Desk) {
    let pot = [
        ("id", "T-1"),
        ("fiscal_year", "2024"),
        ("amount", "1000.00"),
        ("resolved_on", "2024-01-02"),
    ];
    desk.row("pots", &pot);
    let request = [
        ("id", "A-1"),
        ("subject", "DG-M-01"),
        ("applicant", "B-KT-DG"),
        ("pot", "T-1"),
        ("kind", "first"),
        ("amount", "900.00"),
        ("title", "Blaupausen"),
        ("submitted_on", "2024-01-08"),
    ];
    desk.row("requests", &request);
}

fn step(desk: &mut Desk, day: &str, step: &str, more: &[(&str, &str)]) {
    let own = [("request", "A-1"), ("date", day), ("step", step)];
    desk.row("request_steps", &[&own[..], more].concat());
}

#[test]
fn conditions_and_proofs_are_owed_until_they_are_met() {
    let mut desk = Desk::new(date(2026, 3, 1));
    request(&mut desk);
    step(&mut desk, "2024-01-09", "formal_check_started", &[]);
    step(&mut desk, "2024-01-10", "formally_cleared", &[]);
    step(&mut desk, "2024-01-11", "assessed", &[]);
    step(&mut desk, "2024-01-12", "paper_filed", &[]);
    let terms = [
        ("amount", "800.00"),
        ("reason", "Metadaten liefern"),
        ("due", "2024-06-30"),
    ];
    step(&mut desk, "2024-03-20", "resolved_with_conditions", &terms);
    // What was wrong with the day the condition is due, not with its wording.
    let correction = [
        ("table", "request_steps"),
        ("key", "A-1/2024-03-20/resolved_with_conditions"),
        ("date", "2024-03-20"),
        ("reason", "Frist verlesen"),
        ("due", "2024-07-31"),
    ];
    desk.row("corrections", &correction);
    let owing = desk.at("obligations", date(2024, 8, 10));
    let row = &owing["rows"][0];
    assert_eq!(row["kind"], "condition");
    assert_eq!(
        (
            &row["id"],
            &row["subject"],
            &row["title"],
            &row["overdue_days"]
        ),
        (
            &json!("A-1"),
            &json!("DG-M-01"),
            &json!("Metadaten liefern"),
            &json!(10)
        )
    );
    let requests = desk.at("requests", date(2024, 8, 10));
    assert_eq!(
        requests["rows"][0]["conditions"],
        json!([{ "text": "Metadaten liefern", "due": "2024-07-31", "state": "open" }])
    );
    step(&mut desk, "2024-08-12", "condition_met", &[]);
    step(&mut desk, "2024-08-12", "granted", &[]);
    for (kind, amount) in [
        ("allocation", "800.00"),
        ("call", "800.00"),
        ("expense", "800.00"),
    ] {
        let cells = [
            ("reference", kind),
            ("date", "2024-09-02"),
            ("request", "A-1"),
            ("kind", kind),
            ("amount", amount),
            ("fiscal_year", "2024"),
        ];
        desk.row("bookings", &cells);
    }
    step(&mut desk, "2024-12-01", "purpose_fulfilled", &[]);
    let fulfilled = desk.at("obligations", date(2024, 12, 1));
    let row = &fulfilled["rows"][0];
    assert_eq!(fulfilled["rows"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&row["kind"], &row["title"], &row["due"], &row["state"]),
        (
            &json!("proof"),
            &json!("Blaupausen"),
            &json!("2025-06-01"),
            &json!("proof_due")
        )
    );
    let late = desk.at("obligations", date(2025, 6, 3));
    assert_eq!(owed(&late, "proof"), [("A-1".to_owned(), json!(2))]);
    step(&mut desk, "2025-06-04", "proof_submitted", &[]);
    // It lies with whoever checks it, not with whoever owes it.
    let submitted = desk.at("obligations", date(2025, 9, 1));
    assert_eq!(owed(&submitted, "proof"), [("A-1".to_owned(), json!(0))]);
    assert_eq!(
        submitted["summary"]["counts"]["proof"],
        json!({ "open": 1, "overdue": 0 })
    );
    step(
        &mut desk,
        "2025-09-02",
        "proof_accepted",
        &[("amount", "800.00")],
    );
    assert_eq!(desk.at("obligations", date(2025, 9, 2))["rows"], json!([]));
}

#[test]
fn a_call_is_owed_until_the_last_measure_reported() {
    let mut desk = Desk::new(date(2025, 3, 1));
    let call = [
        ("id", "RC-1"),
        ("stichtag", "2024-12-31"),
        ("due", "2025-01-08"),
        ("scope", "DG"),
    ];
    desk.row("report_calls", &call);
    for (measure, day) in [
        ("DG-M-01", "2025-01-02"),
        ("DG-M-02", "2025-01-03"),
        ("DG-M-03", "2025-01-20"),
    ] {
        let report = [
            ("report_date", day),
            ("measure", measure),
            ("overall", "G"),
            ("received_on", day),
        ];
        desk.row("status_reports", &report);
    }
    let open = desk.at("obligations", date(2025, 1, 10));
    assert_eq!(owed(&open, "call"), [("RC-1".to_owned(), json!(2))]);
    assert_eq!(open["rows"][0]["subject"], "DG");
    assert_eq!(desk.at("obligations", date(2025, 1, 20))["rows"], json!([]));
}

/// A state of a measure of DG from a day on.
fn measure(desk: &mut Desk, id: &str, state: &str, from: &str) {
    let cells = [
        ("id", id),
        ("kind", "measure"),
        ("title", "Maßnahme"),
        ("pillar", "DG"),
        ("state", state),
        ("set_on", from),
        ("valid_from", from),
        ("received_on", from),
    ];
    desk.row("catalogue", &cells);
}

#[test]
fn who_owed_a_call_is_told_by_its_stichtag_whatever_happens_later() {
    let mut desk = Desk::new(date(2025, 3, 1));
    let call = [
        ("id", "RC-1"),
        ("stichtag", "2024-03-31"),
        ("due", "2024-04-10"),
        ("scope", "DG"),
        ("received_on", "2024-01-02"),
    ];
    desk.row("report_calls", &call);
    measure(&mut desk, "DG-M-88", "active", "2024-03-31");
    measure(&mut desk, "DG-M-99", "active", "2024-04-01");
    let report = [
        ("report_date", "2024-03-31"),
        ("measure", "DG-M-01"),
        ("overall", "G"),
        ("received_on", "2024-05-31"),
    ];
    let late = desk.row("status_reports", &report);
    // The measure that reported late is finished, one that never did is paused, and another was begun.
    measure(&mut desk, "DG-M-01", "finished", "2024-06-01");
    measure(&mut desk, "DG-M-02", "paused", "2024-06-01");
    let told = |day| {
        let reporting = desk.at("reporting", day);
        let rows = reporting["rows"].as_array().unwrap().clone();
        rows.into_iter()
            .map(|it| {
                let events = it["events"].as_array().unwrap().len();
                json!([it["measure"], it["received"], it["open"], events])
            })
            .collect::<Vec<_>>()
    };
    // Measure and call, with the report where one came: nothing the measure became later.
    let debts = [
        json!(["DG-M-01", "2024-05-31", false, 3]),
        json!(["DG-M-02", null, true, 2]),
        json!(["DG-M-03", null, true, 2]),
        json!(["DG-M-88", null, true, 2]),
    ];
    for day in [date(2024, 5, 31), date(2024, 6, 30), date(2025, 2, 28)] {
        assert_eq!(told(day), debts, "{day}");
        let exceptions = desk.at("exceptions", day);
        assert_eq!(exceptions["summary"]["counts"]["late"], 1, "{day}");
        let rows = exceptions["rows"].as_array().unwrap().clone();
        let found = rows.iter().find(|it| it["kind"] == "late").unwrap();
        assert_eq!(found["events"], json!([late]));
    }
    for id in ["DG-M-03", "DG-M-88"] {
        let report = [
            ("report_date", "2024-03-31"),
            ("measure", id),
            ("overall", "G"),
            ("received_on", "2024-07-01"),
        ];
        desk.row("status_reports", &report);
    }
    // It waits for the one that was active on its day.
    let open = desk.at("obligations", date(2024, 7, 1));
    assert_eq!(owed(&open, "call"), [("RC-1".to_owned(), json!(82))]);
    let report = [
        ("report_date", "2024-03-31"),
        ("measure", "DG-M-02"),
        ("overall", "G"),
        ("received_on", "2024-07-02"),
    ];
    desk.row("status_reports", &report);
    assert_eq!(owed(&desk.at("obligations", date(2024, 7, 2)), "call"), []);
}

#[test]
fn decisions_name_what_is_due_next_and_what_misses_it() {
    let mut desk = Desk::new(date(2026, 3, 1));
    request(&mut desk);
    let sittings = [
        ("S-AL", "B-ALR", "2024-03-01", "2024-02-16", "S-1"),
        ("S-1", "B-ITPLR", "2024-03-20", "2024-02-28", ""),
        ("S-2", "B-ITPLR", "2024-06-19", "2024-05-29", ""),
    ];
    for (id, body, day, deadline, prepares) in sittings {
        let cells = [
            ("id", id),
            ("body", body),
            ("date", day),
            ("paper_deadline", deadline),
            ("prepares", prepares),
            ("received_on", "2023-12-01"),
        ];
        desk.row("sittings", &cells);
    }
    let summary = |desk: &Desk, day| desk.at("decisions", day)["summary"].clone();
    let next = |sitting: &str, day: &str, deadline: &str, requests: Value| json!({ "sitting": sitting, "date": day, "paper_deadline": deadline, "requests": requests });
    // The deadline on the way is that of the round that prepares the sitting.
    let in_time = summary(&desk, date(2024, 2, 16));
    assert_eq!(
        in_time,
        json!({
            "due_next": next("S-1", "2024-03-20", "2024-02-16", json!([])),
            "misses": [],
            "at_risk": [{ "request": "A-1", "sitting": "S-1", "paper_deadline": "2024-02-16" }],
        })
    );
    let late = summary(&desk, date(2024, 2, 17));
    assert_eq!(
        late["misses"],
        json!([{ "request": "A-1", "sitting": "S-1", "paper_deadline": "2024-02-16" }])
    );
    step(&mut desk, "2024-01-09", "formal_check_started", &[]);
    step(&mut desk, "2024-01-10", "formally_cleared", &[]);
    step(&mut desk, "2024-01-11", "assessed", &[]);
    step(
        &mut desk,
        "2024-01-12",
        "paper_filed",
        &[("sitting", "S-1")],
    );
    step(&mut desk, "2024-03-20", "deferred", &[("sitting", "S-1")]);
    step(&mut desk, "2024-05-20", "resubmitted", &[]);
    let filed = summary(&desk, date(2024, 2, 17));
    assert_eq!(
        (&filed["due_next"]["requests"], &filed["misses"]),
        (&json!(["A-1"]), &json!([]))
    );
    let deferred = summary(&desk, date(2024, 3, 21));
    assert_eq!(
        deferred["due_next"],
        next("S-2", "2024-06-19", "2024-05-29", json!([]))
    );
    assert_eq!(
        deferred["at_risk"],
        json!([{ "request": "A-1", "sitting": "S-2", "paper_deadline": "2024-05-29" }])
    );
    // No sitting is known after the last: whichever comes, nothing is filed for it.
    let unknown = json!({ "undefined": "no sitting known" });
    assert_eq!(
        summary(&desk, date(2024, 6, 20)),
        json!({
            "due_next": null,
            "misses": [{ "request": "A-1", "sitting": unknown, "paper_deadline": unknown }],
            "at_risk": [],
        })
    );
    let rows = desk.at("decisions", date(2024, 3, 20))["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    let row = &rows[0];
    assert_eq!(
        (&row["sitting"], &row["date"], &row["body"], &row["outcome"]),
        (
            &json!("S-1"),
            &json!("2024-03-20"),
            &json!("B-ITPLR"),
            &json!("deferred")
        )
    );
    assert_eq!(
        (&row["amount"], &row["conditions"], &row["state"]),
        (&Value::Null, &json!([]), &json!("deferred"))
    );
}
