//! How money rows are judged: by their dates, with the rule, the row they would break, and the steps allowed.

use serde_json::{Value, json};

use super::{Case, case, check};
use crate::support::{Place, ndjson};

const DAY: &str = "2025-03-01";

#[expect(clippy::needless_pass_by_value, reason = "so that callers need no `&`")]
fn step(request: &str, date: &str, step: &str, amount: Value) -> Value {
    json!({ "date": date, "request": request, "step": step, "amount": amount })
}

fn booking(request: &str, kind: &str, amount: &str, reference: &str) -> Value {
    json!({ "date": DAY, "request": request, "kind": kind, "amount": amount, "fiscal_year": 2025, "reference": reference })
}

/// The steps of a request up to its resolution.
fn resolved(request: &str, amount: &str) -> Vec<Value> {
    let steps = [
        step(request, "2025-01-10", "formal_check_started", Value::Null),
        step(request, "2025-01-11", "formally_cleared", Value::Null),
        step(request, "2025-01-12", "assessed", Value::Null),
        step(request, "2025-01-13", "paper_filed", Value::Null),
        step(request, "2025-01-14", "resolved", json!(amount)),
    ];
    steps.to_vec()
}

fn granted(request: &str, amount: &str) -> Vec<Value> {
    [
        resolved(request, amount),
        vec![step(request, "2025-01-15", "granted", Value::Null)],
    ]
    .concat()
}

/// 500 granted of a pot of 1,000 with a reserve of 100, 50 of it blocked, 400 allocated, 300 called,
/// 200 spent. R-2: resolved. R-3: on a pot nobody resolved. R-4: paid directly. R-5: submitted.
fn desk() -> Place {
    let place = Place::begun();
    let pot = |id: &str, mode: &str, reserve: &str| json!({ "id": id, "fiscal_year": 2025, "amount": "1000.00", "mode": mode, "reserve": reserve, "resolved_on": "2025-01-02" });
    let request = |id: &str, pot: &str, amount: &str| json!({ "id": id, "subject": "DG-M-01", "applicant": "B-KT-DG", "pot": pot, "kind": "first", "amount": amount, "submitted_on": "2025-01-05" });
    let requests = [
        request("R-1", "P-1", "600.00"),
        request("R-2", "P-1", "500.00"),
        request("R-3", "P-NIE", "10.00"),
        request("R-4", "P-2", "300.00"),
        request("R-5", "P-1", "10.00"),
    ];
    let mut steps = granted("R-1", "500.00");
    steps.push(step("R-1", "2025-01-20", "blocked", json!("50.00")));
    steps.extend(resolved("R-2", "450.00"));
    steps.extend(resolved("R-3", "10.00"));
    steps.extend(granted("R-4", "300.00"));
    let bookings = [
        booking("R-1", "allocation", "400.00", "B-1"),
        booking("R-1", "call", "300.00", "B-2"),
        booking("R-1", "expense", "200.00", "B-3"),
        booking("R-4", "allocation", "200.00", "B-4"),
    ];
    let tables = [
        (
            "pots",
            vec![pot("P-1", "call", "100.00"), pot("P-2", "direct", "0.00")],
        ),
        ("requests", requests.to_vec()),
        ("request_steps", steps),
        ("bookings", bookings.to_vec()),
    ];
    for (table, rows) in tables {
        let report = place.feed_rows(table, &rows);
        assert_eq!(report["rejected"], 0, "{report}");
    }
    place
}

fn one(file: &'static str, row: Value, column: &'static str, code: &'static str) -> Case {
    case(file, ndjson(&[row]), 1, column, code)
}

#[test]
fn every_guard_of_the_contract_refuses() {
    let steps = |request, date, name, amount| step(request, date, name, amount);
    let of_year = |mut row: Value, year: u32| {
        row["fiscal_year"] = json!(year);
        row
    };
    let cases = [
        one(
            "request_steps.ndjson",
            steps("R-2", DAY, "granted", Value::Null),
            "amount",
            "pot_exceeded",
        ),
        one(
            "request_steps.ndjson",
            steps("R-2", DAY, "granted", json!("449.00")),
            "amount",
            "granted_differs",
        ),
        one(
            "request_steps.ndjson",
            steps("R-3", DAY, "granted", Value::Null),
            "request",
            "pot_not_resolved",
        ),
        one(
            "request_steps.ndjson",
            steps("R-5", DAY, "paper_filed", Value::Null),
            "step",
            "step_not_allowed",
        ),
        one(
            "request_steps.ndjson",
            steps("R-5", "2025-01-04", "formal_check_started", Value::Null),
            "date",
            "request_not_submitted",
        ),
        one(
            "request_steps.ndjson",
            steps("R-1", DAY, "withdrawn", Value::Null),
            "step",
            "step_not_allowed",
        ),
        one(
            "request_steps.ndjson",
            steps("R-9", DAY, "granted", Value::Null),
            "request",
            "unknown_reference",
        ),
        one(
            "request_steps.ndjson",
            steps("R-2", DAY, "resolved", Value::Null),
            "amount",
            "missing_cell",
        ),
        one(
            "bookings.ndjson",
            booking("R-1", "allocation", "50.01", "X-1"),
            "amount",
            "allocation_exceeds_grant",
        ),
        one(
            "bookings.ndjson",
            booking("R-1", "call", "100.01", "X-2"),
            "amount",
            "call_exceeds_allocation",
        ),
        one(
            "bookings.ndjson",
            booking("R-1", "expense", "100.01", "X-3"),
            "amount",
            "expense_exceeds_calls",
        ),
        one(
            "bookings.ndjson",
            booking("R-4", "expense", "200.01", "X-4"),
            "amount",
            "expense_exceeds_allocation",
        ),
        one(
            "bookings.ndjson",
            of_year(booking("R-1", "commitment", "0.01", "X-5"), 2026),
            "amount",
            "commitment_exceeds_authority",
        ),
        one(
            "bookings.ndjson",
            of_year(booking("R-1", "call", "1.00", "X-6"), 2026),
            "fiscal_year",
            "wrong_fiscal_year",
        ),
        one(
            "bookings.ndjson",
            of_year(booking("R-1", "call", "1.00", "X-7"), 20),
            "fiscal_year",
            "bad_year",
        ),
        one(
            "bookings.ndjson",
            booking("R-2", "allocation", "1.00", "X-8"),
            "kind",
            "step_not_allowed",
        ),
        one(
            "bookings.ndjson",
            booking("R-9", "call", "1.00", "X-9"),
            "request",
            "unknown_reference",
        ),
        one(
            "bookings.ndjson",
            json!({ "date": DAY, "request": "R-1", "kind": "call", "amount": "1", "fiscal_year": 2025, "reference": "X-10", "settles": "B-1" }),
            "settles",
            "settles_nothing",
        ),
        one(
            "bookings.ndjson",
            json!({ "date": DAY, "request": "R-1", "kind": "call", "amount": "1", "fiscal_year": 2025, "reference": "B-2", "corrects": "B-2" }),
            "corrects",
            "corrects_itself",
        ),
        one(
            "bookings.ndjson",
            json!({ "date": DAY, "request": "R-1", "kind": "call", "amount": "401", "fiscal_year": 2025, "reference": "X-12", "corrects": "B-2" }),
            "amount",
            "call_exceeds_allocation",
        ),
        one(
            "pots.ndjson",
            json!({ "id": "P-1", "fiscal_year": 2025, "amount": "599.99", "reserve": "100", "resolved_on": "2025-01-02", "valid_from": "2025-06-01" }),
            "amount",
            "pot_below_granted",
        ),
        one(
            "pots.ndjson",
            json!({ "id": "P-1", "fiscal_year": 2026, "amount": "1000.00", "resolved_on": "2025-01-02", "valid_from": "2025-06-01" }),
            "fiscal_year",
            "one_fiscal_year",
        ),
        one(
            "pots.ndjson",
            json!({ "id": "P-9", "fiscal_year": 1989, "amount": "1", "resolved_on": "2025-01-02" }),
            "fiscal_year",
            "bad_year",
        ),
        one(
            "requests.ndjson",
            json!({ "id": "R-6", "subject": "DG-M-01", "applicant": "B-NIE", "pot": "P-1", "kind": "first", "amount": "1", "submitted_on": DAY }),
            "applicant",
            "unknown_reference",
        ),
        one(
            "requests.ndjson",
            json!({ "id": "R-6", "subject": "DG-M-01", "applicant": "B-KT-DG", "pot": "P-1", "kind": "additional", "supplements": "R-99", "amount": "1", "submitted_on": DAY }),
            "supplements",
            "unknown_reference",
        ),
    ];
    check(&desk(), &cases);
}

#[test]
fn what_is_exactly_allowed_is_taken() {
    let place = desk();
    let rows = [
        booking("R-1", "allocation", "50.00", "Y-1"),
        booking("R-1", "call", "150.00", "Y-2"),
        booking("R-1", "expense", "250.00", "Y-3"),
        booking("R-4", "expense", "200.00", "Y-4"),
    ];
    let report = place.feed_rows("bookings", &rows);
    assert_eq!(report["accepted"], 4, "{report}");
    place.accept("pots", json!({ "id": "P-1", "fiscal_year": 2025, "amount": "600.00", "reserve": "100", "resolved_on": "2025-01-02", "valid_from": "2025-06-01" }));
}

#[test]
fn more_than_requested_is_not_resolved() {
    let place = desk();
    let mut steps = resolved("R-5", "10.01");
    let last = steps.pop().unwrap();
    assert_eq!(place.feed_rows("request_steps", &steps)["accepted"], 4);
    let refused = place.refuse("request_steps", last);
    assert_eq!(
        (&refused["code"], &refused["column"]),
        (&json!("resolved_exceeds_requested"), &json!("amount"))
    );
}

#[test]
fn a_refused_step_says_which_are_allowed() {
    let refused = desk().refuse("request_steps", step("R-5", DAY, "granted", Value::Null));
    let message = refused["message_en"].as_str().unwrap();
    for allowed in ["formal_check_started", "withdrawn"] {
        assert!(message.contains(allowed), "{message}");
    }
    assert!(!message.contains("paper_filed"), "{message}");
}

#[test]
fn a_row_of_an_earlier_day_is_judged_by_what_came_later_and_names_the_row_it_would_break() {
    let place = desk();
    // Blocking 101 on an earlier day leaves 399 of 500: the allocation of 400 would no longer hold.
    let refused = place.refuse(
        "request_steps",
        step("R-1", "2025-01-21", "blocked", json!("51.00")),
    );
    assert_eq!(refused["code"], "allocation_exceeds_grant");
    let message = refused["message_en"].as_str().unwrap();
    assert!(
        message.contains("B-1") && message.contains(DAY),
        "{message}"
    );
    // An earlier step that makes a later one impossible.
    let refused = place.refuse(
        "request_steps",
        step("R-1", "2025-01-09", "formally_rejected", Value::Null),
    );
    assert_eq!(refused["code"], "step_not_allowed", "{refused}");
    let refused = place.refuse(
        "request_steps",
        step("R-2", "2025-01-12", "withdrawn", Value::Null),
    );
    assert_eq!(refused["code"], "step_not_allowed");
    assert!(
        refused["message_en"]
            .as_str()
            .unwrap()
            .contains("2025-01-13"),
        "{refused}"
    );
}

#[test]
fn a_correction_is_judged_like_the_row_it_makes() {
    let place = desk();
    let correction = |amount: &str| json!({ "table": "bookings", "key": "B-1", "date": DAY, "reason": "verschrieben", "amount": amount });
    let refused = place.refuse("corrections", correction("299.99"));
    assert_eq!(refused["code"], "call_exceeds_allocation", "{refused}");
    let refused = place.refuse("corrections", json!({ "table": "bookings", "key": "B-1", "date": DAY, "reason": "doppelt", "void": "yes" }));
    // Without an allocation nothing may be called: the row it would break is named.
    assert_eq!(refused["code"], "step_not_allowed", "{refused}");
    assert!(
        refused["message_en"].as_str().unwrap().contains("B-2"),
        "{refused}"
    );
    place.accept("corrections", correction("300.00"));
    let refused = place.refuse("corrections", json!({ "table": "requests", "key": "R-1", "date": "2025-01-05", "reason": "anderer Topf", "pot": "P-2" }));
    assert_eq!(refused["code"], "identity_fixed", "{refused}");
}

/// A cost share is two percentages that sum to 100, or a scheme that is recorded.
#[test]
fn a_pot_names_a_cost_share_that_there_is() {
    let place = Place::begun();
    let pot = |share: &str| {
        json!({
            "id": "T-1", "fiscal_year": 2025, "amount": "1.00", "cost_share": share, "key_year": 2019,
            "resolved_on": "2025-01-01",
        })
    };
    for share in ["25/74", "EfA", "viel"] {
        let refused = place.refuse("pots", pot(share));
        assert_eq!(
            (&refused["code"], &refused["column"]),
            (&json!("unknown_reference"), &json!("cost_share")),
            "{refused}"
        );
    }
    let scheme = [("BUND", "60"), ("HH", "40")].map(|(group, percent)| {
        json!({ "id": "EfA", "partner_group": group, "percent": percent, "valid_from": "2024-01-01" })
    });
    assert_eq!(place.feed_rows("cost_schemes", &scheme)["accepted"], 2);
    place.accept("pots", pot("EfA"));
    let fix = |share: &str| {
        json!({
            "table": "pots", "key": "T-1", "date": "2025-01-01", "reason": "falsch", "cost_share": share,
        })
    };
    let refused = place.refuse("corrections", fix("25/74"));
    assert_eq!(refused["code"], "unknown_reference", "{refused}");
    place.accept("corrections", fix("25/75"));
}
