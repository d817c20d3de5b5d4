//! Requests and funds by hand-made histories.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::{Row, answer};
use crate::compare::differences;

/// A desk that writes down a pot, one request and its history.
struct Book(Vec<Row>);

impl Book {
    fn new(mode: &str) -> Self {
        let mut book = Book(Vec::new());
        let pot = [
            ("id", "T"),
            ("fiscal_year", "2024"),
            ("amount", "1000.00"),
            ("mode", mode),
        ];
        book.add("pots", &pot, "resolved_on", "2024-01-01");
        let request = [
            ("id", "A"),
            ("subject", "DG-M-03"),
            ("pot", "T"),
            ("amount", "600.00"),
            ("kind", "first"),
        ];
        book.add("requests", &request, "submitted_on", "2024-01-10");
        book
    }

    fn add(&mut self, table: &str, cells: &[(&str, &str)], column: &str, day: &str) {
        let position = u64::try_from(self.0.len()).unwrap() + 1;
        let mut all: BTreeMap<String, String> = cells
            .iter()
            .map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned()))
            .collect();
        all.insert(column.to_owned(), day.to_owned());
        all.insert("received_on".to_owned(), day.to_owned());
        self.0.push(Row {
            table: table.to_owned(),
            cells: all,
            position,
            recorded_on: date(2026, 1, 1),
        });
    }

    fn step(&mut self, day: &str, step: &str, more: &[(&str, &str)]) {
        let mut cells = vec![("request", "A"), ("step", step)];
        cells.extend_from_slice(more);
        self.add("request_steps", &cells, "date", day);
    }

    fn book(&mut self, day: &str, kind: &str, amount: &str, year: &str) {
        let reference = format!("B{}", self.0.len());
        let cells = [
            ("request", "A"),
            ("kind", kind),
            ("amount", amount),
            ("fiscal_year", year),
            ("reference", &reference),
        ];
        self.add("bookings", &cells, "date", day);
    }

    /// Resolved with a condition and granted, 500.00 of 600.00.
    fn granted(mode: &str) -> Self {
        let mut book = Book::new(mode);
        book.step("2024-01-11", "formal_check_started", &[]);
        book.step("2024-01-12", "formally_cleared", &[]);
        book.step("2024-01-13", "assessed", &[]);
        book.step("2024-01-14", "paper_filed", &[]);
        let condition = [
            ("amount", "500.00"),
            ("reason", "Metadaten"),
            ("due", "2024-12-31"),
        ];
        book.step("2024-01-20", "resolved_with_conditions", &condition);
        book.step("2024-01-25", "granted", &[]);
        book
    }

    fn request(&self, as_of: Date) -> Value {
        answer(&self.0, "requests", as_of, None, None)["rows"][0].clone()
    }

    fn check(&self, as_of: Date, expected: &Value) {
        assert_eq!(
            differences(expected, &self.request(as_of)),
            Vec::<String>::new()
        );
    }
}

#[test]
fn states_follow_the_last_step_and_booking() {
    let mut book = Book::granted("call");
    book.step("2024-02-01", "blocked", &[]);
    book.step("2024-02-05", "unblocked", &[]);
    book.book("2024-02-10", "allocation", "300.00", "2024");
    book.step("2024-02-12", "blocked", &[("amount", "50.00")]);
    book.step("2024-02-15", "condition_met", &[]);
    book.book("2024-02-20", "commitment", "100.00", "2024");
    book.step("2024-08-31", "purpose_fulfilled", &[]);
    let at = |month, day, state: &str, more: &Value| {
        let mut expected = more.clone();
        expected["state"] = json!(state);
        book.check(date(2024, month, day), &expected);
    };
    let open =
        json!({ "conditions": [{ "text": "Metadaten", "due": "2024-12-31", "state": "open" }] });
    at(
        1,
        10,
        "submitted",
        &json!({ "cut": { "undefined": "" }, "granted": "0.00", "decided_on": null }),
    );
    at(
        1,
        20,
        "resolved",
        &json!({ "cut": "100.00", "granted": "0.00", "days_to_decision": 10 }),
    );
    at(
        1,
        25,
        "granted",
        &json!({ "granted": "500.00", "blocked": "0.00", "conditions": open["conditions"] }),
    );
    at(2, 1, "blocked", &json!({ "blocked": "500.00" }));
    at(2, 5, "granted", &json!({ "blocked": "0.00" }));
    at(2, 10, "allocated", &json!({ "allocated": "300.00" }));
    at(2, 12, "allocated", &json!({ "blocked": "50.00" }));
    at(
        2,
        15,
        "allocated",
        &json!({ "conditions": [{ "state": "met" }] }),
    );
    at(
        2,
        20,
        "spending",
        &json!({ "committed": "100.00", "proof_due": null }),
    );
    at(8, 31, "proof_due", &json!({ "proof_due": "2025-02-28" }));
}

#[test]
fn committed_is_the_greater_sum_without_releases() {
    let mut book = Book::granted("call");
    book.book("2024-02-01", "allocation", "500.00", "2024");
    book.book("2024-02-02", "call", "400.00", "2024");
    book.book("2024-02-03", "expense", "80.00", "2024");
    book.check(
        date(2024, 2, 3),
        &json!({ "committed": "80.00", "spent": "80.00", "unspent_called": "320.00" }),
    );
    book.book("2024-02-04", "commitment", "100.00", "2024");
    book.check(date(2024, 2, 4), &json!({ "committed": "100.00" }));
    book.book("2024-02-05", "commitment_release", "20.00", "2024");
    book.book("2024-02-06", "expense", "30.00", "2024");
    book.check(
        date(2024, 2, 6),
        &json!({ "committed": "110.00", "spent": "110.00" }),
    );
    book.book("2024-02-07", "refund", "10.00", "2024");
    book.book("2024-02-08", "commitment_authority", "70.00", "2025");
    book.book("2024-02-09", "commitment", "60.00", "2025");
    let expected = json!({
        "committed": "110.00",
        "spent": "100.00",
        "paid_out": "400.00",
        "with_recipients": "300.00",
        "commitment_authority": "70.00",
        "freed": "0.00",
    });
    book.check(date(2024, 2, 9), &expected);
}

#[test]
fn a_waived_request_frees_what_is_not_committed() {
    let mut book = Book::granted("direct");
    book.book("2024-02-01", "allocation", "500.00", "2024");
    book.book("2024-02-02", "commitment", "150.00", "2024");
    book.book("2024-02-03", "expense", "90.00", "2024");
    book.step("2024-03-01", "waived", &[]);
    book.check(
        date(2024, 3, 1),
        &json!({ "state": "proof_due", "freed": "350.00", "paid_out": "90.00" }),
    );
    let funds = answer(&book.0, "funds", date(2024, 3, 1), None, None);
    let expected = json!({
        "rows": [{
            "pot": "T", "budget": "1000.00", "granted": "500.00", "freed": "350.00", "free": "850.00",
            "bound_rest": "60.00", "bound_to_carry": "60.00", "unbound_rest": "0.00", "to_credit": "850.00",
            "outflow_rate": "18.00", "outflow_rate_budget": "9.00", "commitment_rate": "30.00", "closing": "open",
        }],
        "summary": { "by_pillar": { "DG": { "requested": "600.00", "spent": "90.00" } } },
    });
    assert_eq!(differences(&expected, &funds), Vec::<String>::new());
}

#[test]
fn revoked_without_money_is_closed() {
    let mut book = Book::granted("call");
    book.step("2024-03-01", "revoked", &[]);
    book.check(
        date(2024, 3, 1),
        &json!({ "state": "closed", "freed": "500.00" }),
    );
    let mut book = Book::granted("call");
    book.book("2024-02-01", "allocation", "500.00", "2024");
    book.book("2024-02-02", "call", "50.00", "2024");
    book.step("2024-03-01", "revoked", &[]);
    book.check(
        date(2024, 3, 1),
        &json!({ "state": "revoked", "freed": "500.00" }),
    );
    book.step("2024-03-02", "clawback_set", &[("amount", "50.00")]);
    book.check(date(2024, 3, 2), &json!({ "state": "clawback" }));
    // What was spent was paid out, also where its call is not known yet, and though it came back.
    for mode in ["direct", "call"] {
        let mut book = Book::granted(mode);
        book.book("2024-02-01", "expense", "50.00", "2024");
        book.book("2024-02-02", "refund", "50.00", "2024");
        book.step("2024-03-01", "revoked", &[]);
        book.check(date(2024, 3, 1), &json!({ "state": "revoked" }));
    }
}

#[test]
fn nothing_to_divide_by_is_undefined() {
    let book = Book::new("call");
    let requests = answer(&book.0, "requests", date(2024, 1, 10), None, None);
    let expected = json!({
        "approval_rate_amount": { "undefined": "" },
        "approval_rate_count": { "undefined": "" },
        "median_days_to_decision": { "undefined": "" },
        "by_outcome": { "open": 1, "full": 0 },
    });
    assert_eq!(
        differences(&expected, &requests["summary"]),
        Vec::<String>::new()
    );
    let funds = answer(&book.0, "funds", date(2024, 1, 10), None, None);
    assert!(funds["summary"]["outflow_rate"]["undefined"].is_string());
    assert_eq!(funds["summary"]["outflow_rate_budget"], "0.00");
}
