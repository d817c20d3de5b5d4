//! Refusals are logged: who, what, why; never the token, never a cell.

use serde_json::json;

use super::access::{guarded, impediment, sent};

#[test]
fn a_refusal_is_logged_without_the_token() {
    let (_place, server) = guarded();
    sent(
        &server,
        "token-read-1",
        "impediments",
        &impediment("H-1", "PROG"),
    );
    sent(
        &server,
        "token-unbekannt-77",
        "impediments",
        &impediment("H-1", "PROG"),
    );
    server.get_as("token-unbekannt-78", "/api/v1/status");
    let said = server.said();
    let refusals: Vec<&str> = said
        .lines()
        .filter(|it| it.contains("not allowed") || it.contains("refused"))
        .collect();
    assert!(refusals.len() >= 3, "{said}");
    assert!(
        refusals.iter().any(|it| it.contains("leser-1")),
        "who was refused is told by the pseudonym: {said}"
    );
    assert!(
        !said.contains("token-"),
        "a token stands in the log: {said}"
    );
}

#[test]
fn a_refusal_is_logged_without_any_cell() {
    let (_place, server) = guarded();
    let rows = [
        (
            "token-kt-1",
            "impediments",
            json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-10", "reporter": "MARKE Frau Muster" }),
        ),
        (
            "token-dg-1",
            "impediments",
            impediment("MARKE-1", "MARKE-2"),
        ),
        (
            "token-dg-1",
            "milestone_reports",
            json!({ "report_date": "2025-01-31", "milestone": "MARKE-3", "forecast": "2025-12-31" }),
        ),
        (
            "token-dg-1",
            "corrections",
            json!({ "table": "milestones", "key": "MARKE-4", "date": "2025-01-31", "reason": "MARKE-5", "title": "MARKE-6" }),
        ),
        (
            "token-feed-1",
            "bookings",
            json!({ "reference": "MARKE-7" }),
        ),
    ];
    for (token, table, row) in rows {
        assert_eq!(sent(&server, token, table, &row).0, 403, "{row}");
    }
    let line = server
        .said()
        .lines()
        .find(|it| it.contains("MARKE"))
        .map(str::to_owned);
    assert_eq!(line, None, "a cell stands in the log");
}
