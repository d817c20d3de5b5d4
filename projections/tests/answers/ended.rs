//! What is still owed of a request that was given up or has ended, worked out by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

/// A day, a step and its further cells.
type Act<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// A request resolved on a condition, granted, its money allocated; its expense if there is one; then `ends`.
fn given_up(spent: bool, ends: &[Act<'_>]) -> Desk {
    let mut desk = Desk::with_bodies(date(2026, 3, 1));
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
        ("applicant", "B-FITKO"),
        ("pot", "T-1"),
        ("kind", "first"),
        ("amount", "900.00"),
        ("submitted_on", "2024-01-08"),
    ];
    desk.row("requests", &request);
    let condition = [
        ("amount", "900.00"),
        ("reason", "Metadaten"),
        ("due", "2024-06-30"),
    ];
    for (day, step, more) in [
        ("2024-01-09", "formal_check_started", &[][..]),
        ("2024-01-10", "formally_cleared", &[]),
        ("2024-01-11", "assessed", &[]),
        ("2024-01-12", "paper_filed", &[]),
        ("2024-01-20", "resolved_with_conditions", &condition),
        ("2024-01-21", "granted", &[]),
    ] {
        stepped(&mut desk, day, step, more);
    }
    for kind in ["allocation", "expense"] {
        let cells = [
            ("date", "2024-02-01"),
            ("request", "A-1"),
            ("kind", kind),
            ("amount", "100.00"),
            ("fiscal_year", "2024"),
            ("reference", kind),
        ];
        if spent || kind == "allocation" {
            desk.row("bookings", &cells);
        }
    }
    for (day, step, more) in ends {
        stepped(&mut desk, day, step, more);
    }
    desk
}

fn stepped(desk: &mut Desk, day: &str, step: &str, more: &[(&str, &str)]) {
    let own = [("request", "A-1"), ("date", day), ("step", step)];
    desk.row("request_steps", &[&own[..], more].concat());
}

/// What is owed at the end of the year: kind, due, days overdue; and when the request says its proof is due.
fn owed(desk: &Desk) -> (Value, Value) {
    let obligations = desk.at("obligations", date(2024, 12, 31));
    let rows = obligations["rows"].as_array().unwrap().iter();
    let rows = rows.map(|it| json!([it["kind"], it["due"], it["overdue_days"]]));
    let requests = desk.at("requests", date(2024, 12, 31));
    (rows.collect(), requests["rows"][0]["proof_due"].clone())
}

/// Nobody can meet a condition of a request that is over.
#[test]
fn a_condition_is_not_owed_once_its_request_has_ended() {
    let open = json!([["condition", "2024-06-30", 184]]);
    assert_eq!(owed(&given_up(false, &[])), (open, Value::Null));
    let reason: &[(&str, &str)] = &[("reason", "Zweck verfehlt")];
    for (spent, step) in [(false, "waived"), (false, "revoked"), (true, "revoked")] {
        let (rows, _) = owed(&given_up(spent, &[("2024-03-01", step, reason)]));
        assert_eq!(rows, json!([]), "{step}");
    }
    let proved: [Act<'_>; 3] = [
        ("2024-03-01", "purpose_fulfilled", &[]),
        ("2024-03-02", "proof_submitted", &[]),
        ("2024-03-03", "proof_accepted", &[("amount", "100.00")]),
    ];
    assert_eq!(owed(&given_up(true, &proved)).0, json!([]));
    // While its proof is checked, it can.
    let (rows, _) = owed(&given_up(true, &proved[..2]));
    assert_eq!(rows[0][0], "condition");
}

/// Who gives up after money was spent has to prove it: by the stated date, else six months after that day.
#[test]
fn a_waiver_ends_the_purpose_and_the_proof_is_due_from_its_day() {
    let waived = |due: &'static [(&'static str, &'static str)]| {
        let (rows, due) = owed(&given_up(true, &[("2024-03-01", "waived", due)]));
        (rows[1].clone(), due)
    };
    assert_eq!(
        waived(&[]),
        (json!(["proof", "2024-09-01", 121]), json!("2024-09-01"))
    );
    assert_eq!(
        waived(&[("due", "2024-12-01")]),
        (json!(["proof", "2024-12-01", 30]), json!("2024-12-01"))
    );
    // Where nothing was spent, there is nothing to prove.
    let (rows, due) = owed(&given_up(false, &[("2024-03-01", "waived", &[])]));
    assert_eq!((rows, due), (json!([]), Value::Null));
    // A revocation ends it too; what had ended before had ended before.
    let revoked: [Act<'_>; 2] = [
        ("2024-03-01", "revoked", &[("reason", "Zweck verfehlt")]),
        ("2024-03-02", "clawback_set", &[("amount", "100.00")]),
    ];
    let (rows, due) = owed(&given_up(true, &revoked));
    assert_eq!(due, "2024-09-01");
    assert!(
        rows.as_array()
            .unwrap()
            .contains(&json!(["proof", "2024-09-01", 0]))
    );
    let fulfilled: [Act<'_>; 2] = [("2024-02-15", "purpose_fulfilled", &[]), revoked[0]];
    assert_eq!(owed(&given_up(true, &fulfilled)).1, "2024-08-15");
}
