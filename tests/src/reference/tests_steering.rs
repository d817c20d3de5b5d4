//! Obligations and decisions by hand-made histories.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::tests::{agree, log, scenario_rows};
use super::{Row, answer};

fn at(rows: &[Row], name: &str, as_of: Date) -> Value {
    answer(rows, name, as_of, None, None)
}

#[test]
fn a_mandate_is_open_until_its_step() {
    let rows = log(&[
        "mandates id=AU-2 body=B-KT-DG title=Leitfaden resolution=R given_on=2024-01-10 due=2024-03-31",
        "mandates id=AU-1 body=B-KT-KI title=Register given_on=2024-02-01",
        "mandates id=AU-3 body=B-KT-KI title=Pilot given_on=2024-02-01 due=2024-02-15",
        "mandate_steps mandate=AU-3 date=2024-02-20 step=withdrawn",
        "mandates id=AU-2 body=B-KT-DG title=Leitfaden resolution=R given_on=2024-01-10 valid_from=2024-05-01 due=2024-06-30",
    ]);
    let february = at(&rows, "obligations", date(2024, 2, 19));
    let expected = json!({
        "rows": [
            { "kind": "mandate", "id": "AU-1", "subject": "B-KT-KI", "title": "Register", "due": null, "state": "open", "overdue_days": { "undefined": "" } },
            { "kind": "mandate", "id": "AU-2", "due": "2024-03-31", "overdue_days": 0 },
            { "kind": "mandate", "id": "AU-3", "due": "2024-02-15", "overdue_days": 4 },
        ],
        "summary": { "counts": { "mandate": { "open": 3, "overdue": 1 }, "proof": { "open": 0, "overdue": 0 }, "condition": { "open": 0 }, "call": { "open": 0 } } },
    });
    agree(&expected, &february);
    let april = at(&rows, "obligations", date(2024, 4, 10));
    agree(
        &json!([{ "id": "AU-1" }, { "id": "AU-2", "overdue_days": 10 }]),
        &april["rows"],
    );
    // Given anew with another date.
    let june = at(&rows, "obligations", date(2024, 6, 10));
    agree(
        &json!({ "due": "2024-06-30", "overdue_days": 0 }),
        &june["rows"][1],
    );
}

fn request() -> Vec<Row> {
    log(&[
        "pots id=T fiscal_year=2024 amount=1000.00 resolved_on=2024-01-01",
        "sittings id=S-ALR body=B-ALR date=2024-02-20 paper_deadline=2024-02-06 prepares=S-1 received_on=2023-12-01",
        "sittings id=S-1 body=B-ITPLR date=2024-03-20 paper_deadline=2024-02-28 received_on=2023-12-01",
        "sittings id=S-2 body=B-ITPLR date=2024-06-19 paper_deadline=2024-05-29 received_on=2023-12-01",
        "requests id=A subject=DG-M-03 applicant=B-FITKO pot=T kind=first amount=600.00 title=Karte submitted_on=2024-01-10",
        "request_steps request=A date=2024-01-12 step=formal_check_started",
        "request_steps request=A date=2024-01-14 step=formally_cleared",
        "request_steps request=A date=2024-01-20 step=assessed",
        "request_steps request=A date=2024-02-05 step=paper_filed sitting=S-1",
        "request_steps request=A date=2024-03-20 step=deferred sitting=S-1 body=B-ALR",
        "request_steps request=A date=2024-05-20 step=resubmitted sitting=S-2",
        "request_steps request=A date=2024-06-19 step=resolved_with_conditions amount=500.00 sitting=S-2 reason=Metadaten due=2024-09-30",
        "request_steps request=A date=2024-07-01 step=granted",
        "bookings request=A date=2024-07-10 kind=allocation amount=500.00 fiscal_year=2024 reference=B-1",
        "bookings request=A date=2024-07-11 kind=call amount=100.00 fiscal_year=2024 reference=B-2",
        "request_steps request=A date=2024-10-01 step=purpose_fulfilled",
        "request_steps request=A date=2024-10-15 step=condition_met",
        "request_steps request=A date=2024-11-01 step=proof_submitted",
        "request_steps request=A date=2024-11-20 step=proof_accepted amount=100.00",
    ])
}

/// "`proof_due` = the stated date, else six months after the purpose ends"; a condition is open
/// until it is met.
#[test]
fn conditions_and_proofs_are_owed() {
    let rows = request();
    let august = at(&rows, "obligations", date(2024, 8, 1));
    let condition = json!({ "kind": "condition", "id": "A", "subject": "DG-M-03", "title": "Metadaten", "due": "2024-09-30", "state": "open", "overdue_days": 0 });
    agree(&json!([condition]), &august["rows"]);
    let october = at(&rows, "obligations", date(2024, 10, 10));
    let proof = json!({ "kind": "proof", "id": "A", "subject": "DG-M-03", "title": "Karte", "due": "2025-04-01", "state": "proof_due", "overdue_days": 0 });
    agree(
        &json!([{ "kind": "condition", "overdue_days": 10 }, proof]),
        &october["rows"],
    );
    agree(
        &json!({ "condition": { "open": 1, "overdue": 1 }, "proof": { "open": 1, "overdue": 0 } }),
        &october["summary"]["counts"],
    );
    let november = at(&rows, "obligations", date(2024, 11, 10));
    agree(
        &json!([{ "kind": "proof", "state": "proof_submitted" }]),
        &november["rows"],
    );
    assert_eq!(
        at(&rows, "obligations", date(2024, 11, 20))["rows"],
        json!([])
    );
    // Handed in, it is not overdue, however long the check takes.
    let handed_in = at(&rows[..18], "obligations", date(2025, 5, 1));
    agree(
        &json!([{ "kind": "proof", "due": "2025-04-01", "overdue_days": 0 }]),
        &handed_in["rows"],
    );
    assert_eq!(
        handed_in["summary"]["counts"]["proof"],
        json!({ "open": 1, "overdue": 0 })
    );
    let owed = at(&rows[..17], "obligations", date(2025, 5, 1));
    agree(
        &json!([{ "kind": "proof", "state": "proof_due", "overdue_days": 30 }]),
        &owed["rows"],
    );
}

/// A call is owed until all 35 have answered.
#[test]
fn a_call_is_owed_until_all_have_reported() {
    let mut rows =
        log(&["report_calls id=RC stichtag=2024-03-31 due=2024-04-08 received_on=2024-01-01"]);
    assert_eq!(
        at(&rows, "obligations", date(2024, 3, 30))["rows"],
        json!([])
    );
    let april = at(&rows, "obligations", date(2024, 4, 10));
    agree(
        &json!([{ "kind": "call", "id": "RC", "due": "2024-04-08", "overdue_days": 2 }]),
        &april["rows"],
    );
    let reporting = at(&rows, "reporting", date(2024, 4, 10));
    for (place, row) in reporting["rows"].as_array().unwrap().iter().enumerate() {
        let measure = row["measure"].as_str().unwrap();
        let report = format!("status_reports report_date=2024-03-31 measure={measure} overall=G");
        rows.extend(log(&[&report]));
        rows[place + 1].position = 100 + u64::try_from(place).unwrap();
    }
    assert_eq!(
        at(&rows, "obligations", date(2024, 4, 10))["rows"],
        json!([])
    );
}

#[test]
fn decisions_name_sitting_outcome_and_condition() {
    let rows = request();
    let decisions = at(&rows, "decisions", date(2024, 8, 1));
    let expected = json!([
        { "sitting": "S-1", "date": "2024-03-20", "body": "B-ALR", "paper": null, "request": "A", "kind": null, "outcome": "deferred", "amount": null, "conditions": [], "state": "granted" },
        { "sitting": "S-2", "date": "2024-06-19", "body": "B-ITPLR", "outcome": "partial", "amount": "500.00", "conditions": [{ "text": "Metadaten", "due": "2024-09-30", "state": "open" }] },
    ]);
    // From 2024-07-10 it is allocated and called.
    let mut expected = expected;
    expected[0]["state"] = json!("spending");
    agree(&expected, &decisions["rows"]);
    let october = at(&rows, "decisions", date(2024, 10, 31));
    assert_eq!(october["rows"][1]["conditions"][0]["state"], "met");
}

/// "will miss which sitting (the earliest deadline on the way to it)".
#[test]
fn the_next_sitting_and_who_misses_it() {
    let rows = request();
    let summary = |as_of| at(&rows, "decisions", as_of)["summary"].clone();
    // Ranked, no paper: nothing to decide at the next sitting, the one that prepares no other. The
    // deadline on the way to it is that of the sitting which does prepare it.
    let next = |requests: Value| json!({ "sitting": "S-1", "date": "2024-03-20", "paper_deadline": "2024-02-06", "requests": requests });
    assert_eq!(
        summary(date(2024, 2, 1)),
        json!({ "due_next": next(json!([])), "misses": [] })
    );
    // Filed in time, it misses nothing.
    assert_eq!(
        summary(date(2024, 3, 1)),
        json!({ "due_next": next(json!(["A"])), "misses": [] })
    );
    // Deferred by S-1 to S-2, whose deadline passes before it is filed again.
    let deferred = summary(date(2024, 3, 20));
    agree(
        &json!({ "sitting": "S-1", "requests": [] }),
        &deferred["due_next"],
    );
    assert_eq!(
        summary(date(2024, 3, 21))["due_next"]["requests"],
        json!([])
    );
    let mut without: Vec<Row> = rows.clone();
    without.truncate(10);
    let late = at(&without, "decisions", date(2024, 5, 30))["summary"].clone();
    assert_eq!(
        late["misses"],
        json!([{ "request": "A", "sitting": "S-2", "paper_deadline": "2024-05-29" }])
    );
    // No sitting is to come that it could be filed for.
    let none = at(&without, "decisions", date(2024, 7, 1))["summary"].clone();
    let unknown = json!({ "undefined": "no sitting" });
    assert_eq!(
        none["misses"],
        json!([{ "request": "A", "sitting": unknown, "paper_deadline": unknown }])
    );
    // Ranked and never filed: the deadline of the sitting that prepares S-1 is the earliest.
    let mut ranked: Vec<Row> = without;
    ranked.truncate(8);
    ranked.retain(|row| row.cells.get("id").is_none_or(|id| id != "S-2"));
    let late = at(&ranked, "decisions", date(2024, 2, 21))["summary"].clone();
    assert_eq!(
        late["misses"],
        json!([{ "request": "A", "sitting": "S-1", "paper_deadline": "2024-02-06" }])
    );
    // Not even ranked, it misses the same sitting, and is not due at it.
    let checked = at(&rows[..7], "decisions", date(2024, 2, 10))["summary"].clone();
    agree(
        &json!({ "due_next": { "sitting": "S-1", "requests": [] }, "misses": [{ "request": "A", "sitting": "S-1" }] }),
        &checked,
    );
    // Filed for a sitting that has passed, it is due at none until it is filed anew.
    let passed = at(&rows[..9], "decisions", date(2024, 4, 1))["summary"].clone();
    agree(
        &json!({ "due_next": { "sitting": "S-2", "requests": [] }, "misses": [] }),
        &passed,
    );
    assert_eq!(
        summary(date(2024, 7, 1)),
        json!({ "due_next": null, "misses": [] })
    );
}

/// QS-07 and QS-08 on the scenario, and what is owed at the end of its year.
#[test]
fn decisions_and_obligations_of_the_scenario() {
    let rows = scenario_rows();
    let decisions = at(&rows, "decisions", date(2024, 12, 31));
    let all = decisions["rows"].as_array().unwrap();
    assert_eq!(all.len(), 13);
    let of = |request: &str| -> Vec<Value> {
        all.iter()
            .filter(|row| row["request"] == request)
            .cloned()
            .collect()
    };
    agree(
        &json!([{ "sitting": "S-ITPLR-44", "body": "B-ITPLR", "outcome": "partial", "amount": "400000.00", "conditions": [{ "due": "2025-03-31", "state": "open" }] }]),
        &json!(of("A-24-05")),
    );
    agree(
        &json!([{ "sitting": "S-ITPLR-44", "outcome": "deferred" }, { "sitting": "S-ITPLR-45", "outcome": "full" }]),
        &json!(of("A-24-08")),
    );
    agree(
        &json!([{ "date": "2024-11-13", "outcome": "rejected", "state": "rejected" }]),
        &json!(of("A-24-09")),
    );
    agree(
        &json!({ "due_next": { "sitting": "S-ITPLR-46", "date": "2025-03-26", "paper_deadline": "2025-03-05", "requests": [] }, "misses": [] }),
        &decisions["summary"],
    );
    let obligations = at(&rows, "obligations", date(2024, 12, 31));
    let expected = json!({ "call": { "open": 4, "overdue": 3 }, "condition": { "open": 1, "overdue": 0 }, "proof": { "open": 1, "overdue": 0 }, "mandate": { "open": 0 } });
    agree(&expected, &obligations["summary"]["counts"]);
}
