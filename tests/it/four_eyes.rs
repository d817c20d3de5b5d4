//! Nobody checks, grants or corrects what they did themselves; what nobody authenticated for is told of.

use serde_json::{Value, json};

use crate::{
    access::{guarded, sent},
    support::{Server, eventually, texts},
};

/// Takes a request to its grant; each step by the token named for it.
fn granted(server: &Server, id: &str, [submits, checks, grants]: [&str; 3]) {
    let request = json!({
        "id": id, "subject": "DG-M-01", "applicant": "B-KT-DG", "pot": "T-PRJ", "kind": "first",
        "amount": "100.00", "submitted_on": "2024-12-01",
    });
    assert_eq!(sent(server, submits, "requests", &request).1, "accepted");
    for (day, step, token) in [
        (2, "formal_check_started", checks),
        (3, "formally_cleared", checks),
        (4, "assessed", submits),
        (5, "paper_filed", submits),
        (6, "resolved", submits),
        (7, "granted", grants),
    ] {
        let mut row = json!({ "date": format!("2024-12-{day:02}"), "request": id, "step": step });
        if step == "resolved" {
            row["amount"] = json!("100.00");
        }
        assert_eq!(
            sent(server, token, "request_steps", &row).1,
            "accepted",
            "{step}"
        );
    }
}

fn told(server: &Server, kind: &str) -> Vec<String> {
    let reply = server.get_as("token-read-1", "/api/v1/exceptions?as_of=2024-12-31");
    let exceptions: Value = reply.with_status(200).json();
    texts(&exceptions, "what", |it| it["kind"] == kind)
}

#[test]
fn who_did_two_parts_of_a_request_is_told_by_the_authenticated_actor() {
    let (_place, server) = guarded();
    let [one, two, three, four] = [
        "token-money-1",
        "token-money-2",
        "token-money-3",
        "token-money-4",
    ];
    granted(&server, "A-1", [one, two, three]);
    granted(&server, "A-2", [one, two, one]);
    granted(&server, "A-3", [one, one, three]);
    granted(&server, "A-4", [one, two, three]);
    let correction = |id: &str, reason: &str, amount: &str| {
        json!({
            "table": "requests", "key": id, "date": "2024-12-01", "reason": reason, "amount": amount,
        })
    };
    // Corrected by a fourth person, and by the one who granted.
    let fix = correction("A-1", "Zahlendreher", "101.00");
    assert_eq!(sent(&server, four, "corrections", &fix).1, "accepted");
    let fix = correction("A-4", "Zahlendreher", "102.00");
    assert_eq!(sent(&server, three, "corrections", &fix).1, "accepted");
    let expected = [
        "A-2: granted, submitted",
        "A-3: formal check, submitted",
        "A-4: corrected, granted",
    ];
    eventually("all three are told of", || {
        told(&server, "four_eyes") == expected
    });
    // A booking may be corrected by anybody but whoever recorded it.
    let booking = |reference: &str, corrects: &str| {
        json!({
            "date": "2024-12-10", "request": "A-1", "kind": "allocation", "amount": "50.00",
            "fiscal_year": 2024, "reference": reference, "corrects": corrects,
        })
    };
    assert_eq!(
        sent(&server, four, "bookings", &booking("B-1", "")).1,
        "accepted"
    );
    assert_eq!(told(&server, "four_eyes").len(), 3);
    assert_eq!(
        sent(&server, four, "bookings", &booking("B-2", "B-1")).1,
        "accepted"
    );
    eventually("the booking is told of", || {
        told(&server, "four_eyes").contains(&"A-1: corrected, recorded".to_owned())
    });
}

#[test]
fn what_came_without_an_authenticated_actor_is_listed_as_not_checked() {
    let (_place, server) = guarded();
    granted(
        &server,
        "A-1",
        ["token-money-1", "token-money-2", "token-money-3"],
    );
    let unchecked = told(&server, "not_checked");
    // The scenario was fed on this machine.
    assert!(unchecked.contains(&"A-24-12".to_owned()), "{unchecked:?}");
    assert!(!unchecked.contains(&"A-1".to_owned()), "{unchecked:?}");
    // Nobody authenticated: nothing can be said of one person in two parts.
    assert_eq!(told(&server, "four_eyes"), Vec::<String>::new());
}

/// An annulment is a correction, and items are rows of a request like any other. A grant that somebody else annulled
/// was no part in its way.
#[test]
fn who_annuls_or_corrects_what_they_did_themselves_is_told() {
    let (_place, server) = guarded();
    let [one, two, three, four] = [
        "token-money-1",
        "token-money-2",
        "token-money-3",
        "token-money-4",
    ];
    let accepted = |token: &str, table: &str, row: &Value| {
        let (_, outcome) = sent(&server, token, table, row);
        assert_eq!(outcome, "accepted", "{table} {row}");
    };
    let annul = |token: &str, table: &str, key: &str, date: &str| {
        let row = json!({
            "table": table, "key": key, "date": date, "reason": "verschrieben", "void": "yes",
        });
        accepted(token, "corrections", &row);
    };
    for id in ["A-1", "A-2", "A-3", "A-5"] {
        granted(&server, id, [one, two, three]);
    }
    granted(&server, "A-4", [one, two, one]);
    let item = json!({
        "request": "A-1", "fiscal_year": 2024, "cost_type": "external", "amount": "90.00",
    });
    accepted(four, "request_items", &item);
    let fix = json!({
        "table": "request_items", "key": "A-1/2024/external", "date": "2024-12-01", "reason": "verschrieben",
        "amount": "100.00",
    });
    accepted(three, "corrections", &fix);
    let booking = json!({
        "date": "2024-12-10", "request": "A-2", "kind": "allocation", "amount": "50.00", "fiscal_year": 2024,
        "reference": "B-1",
    });
    accepted(four, "bookings", &booking);
    annul(four, "bookings", "B-1", "2024-12-10");
    annul(
        three,
        "request_steps",
        "A-3/2024-12-07/granted",
        "2024-12-07",
    );
    annul(
        four,
        "request_steps",
        "A-4/2024-12-07/granted",
        "2024-12-07",
    );
    let anew = json!({ "date": "2024-12-08", "request": "A-4", "step": "granted" });
    accepted(three, "request_steps", &anew);
    let submitted = json!({
        "id": "A-6", "subject": "DG-M-01", "applicant": "B-KT-DG", "pot": "T-PRJ", "kind": "first",
        "amount": "100.00", "submitted_on": "2024-12-01",
    });
    accepted(one, "requests", &submitted);
    annul(one, "requests", "A-6", "2024-12-01");
    let expected = [
        "A-1: corrected, granted",
        "A-2: corrected, recorded",
        "A-3: corrected, granted, recorded",
        "A-6: corrected, recorded, submitted",
    ];
    eventually("all of them are told of, and nobody else", || {
        let mut told = told(&server, "four_eyes");
        told.sort();
        told == expected
    });
}
