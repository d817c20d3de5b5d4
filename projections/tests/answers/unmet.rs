//! Conditions of the dossier's table of transitions that refuse nothing are told of by `exceptions`.

use jiff::civil::date;

use crate::desk::Desk;

/// A day, a step or the voucher of a booking, and further cells.
type Act<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// A request and its steps, each `day step` with further cells.
fn told(steps: &[Act<'_>]) -> Vec<String> {
    split("100.00", steps)
}

/// A request of 100.00 of which so much is split by year and kind of cost, and its steps.
fn split(of_it: &str, steps: &[Act<'_>]) -> Vec<String> {
    let mut desk = Desk::with_bodies(date(2025, 12, 31));
    desk.row(
        "pots",
        &[
            ("id", "T"),
            ("fiscal_year", "2024"),
            ("amount", "900.00"),
            ("resolved_on", "2024-01-01"),
        ],
    );
    desk.row(
        "requests",
        &[
            ("id", "A"),
            ("subject", "DG-M-01"),
            ("applicant", "B-KT-DG"),
            ("pot", "T"),
            ("kind", "first"),
            ("amount", "100.00"),
            ("submitted_on", "2024-01-02"),
        ],
    );
    if of_it != "0.00" {
        let item = [
            ("request", "A"),
            ("fiscal_year", "2024"),
            ("cost_type", "external"),
            ("amount", of_it),
        ];
        desk.row("request_items", &item);
    }
    for (day, step, more) in steps {
        let day = format!("2024-{day}");
        if let [("kind", kind), ("amount", amount)] = more {
            let cells = [
                ("date", &*day),
                ("request", "A"),
                ("kind", *kind),
                ("amount", *amount),
                ("fiscal_year", "2024"),
                ("reference", *step),
            ];
            desk.row("bookings", &cells);
            continue;
        }
        let mut cells = vec![("date", &*day), ("request", "A"), ("step", *step)];
        cells.extend_from_slice(more);
        desk.row("request_steps", &cells);
    }
    let exceptions = desk.at("exceptions", date(2025, 12, 31));
    let rows = exceptions["rows"].as_array().unwrap().iter();
    let unmet = rows.filter(|it| it["kind"] == "unmet_condition");
    let unmet: Vec<String> = unmet
        .map(|it| it["what"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        exceptions["summary"]["counts"]["unmet_condition"],
        unmet.len()
    );
    unmet
}

const SITTING: (&str, &str) = ("sitting", "S-1");
const BODY: (&str, &str) = ("body", "B-ALR");
const REASON: (&str, &str) = ("reason", "Zweck verfehlt");

#[test]
fn a_request_that_does_everything_as_it_should_is_not_told_of() {
    let steps: [Act<'_>; 16] = [
        ("01-03", "formal_check_started", &[]),
        ("01-04", "documents_requested", &[("due", "2024-01-10")]),
        ("01-10", "documents_supplied", &[]),
        ("01-11", "formally_cleared", &[]),
        ("01-12", "assessed", &[]),
        ("01-13", "paper_filed", &[SITTING]),
        ("01-14", "deferred", &[SITTING]),
        ("01-15", "resubmitted", &[]),
        (
            "01-20",
            "resolved_with_conditions",
            &[("amount", "90.00"), BODY, REASON],
        ),
        ("01-21", "granted", &[]),
        (
            "02-01",
            "B-1",
            &[("kind", "allocation"), ("amount", "90.00")],
        ),
        ("02-02", "B-2", &[("kind", "call"), ("amount", "80.00")]),
        ("02-03", "B-3", &[("kind", "expense"), ("amount", "80.00")]),
        ("03-01", "purpose_fulfilled", &[]),
        ("03-02", "proof_submitted", &[]),
        ("03-03", "proof_accepted", &[("amount", "80.00")]),
    ];
    assert_eq!(told(&steps), Vec::<String>::new());
}

#[test]
fn what_a_step_lacks_is_named() {
    let steps: [Act<'_>; 15] = [
        ("01-03", "formal_check_started", &[]),
        ("01-04", "documents_requested", &[("due", "2024-01-10")]),
        ("01-11", "documents_supplied", &[]),
        ("01-12", "documents_requested", &[]),
        ("01-13", "documents_supplied", &[]),
        ("01-14", "formally_cleared", &[]),
        ("01-15", "assessed", &[]),
        ("01-16", "paper_filed", &[]),
        (
            "01-20",
            "resolved_with_conditions",
            &[("amount", "90.00"), BODY],
        ),
        ("01-21", "granted", &[]),
        (
            "02-01",
            "B-1",
            &[("kind", "allocation"), ("amount", "90.00")],
        ),
        ("02-02", "B-2", &[("kind", "call"), ("amount", "80.00")]),
        ("02-03", "B-3", &[("kind", "expense"), ("amount", "70.00")]),
        ("03-01", "revoked", &[]),
        ("03-02", "clawback_set", &[("amount", "80.01")]),
    ];
    let expected = [
        "A 2024-01-11 documents_supplied: after_due",
        "A 2024-01-12 documents_requested: no_due",
        "A 2024-01-16 paper_filed: no_sitting",
        "A 2024-01-20 resolved_with_conditions: no_conditions",
        "A 2024-03-01 revoked: no_reason",
        "A 2024-03-02 clawback_set: more_than_paid_out",
    ];
    assert_eq!(told(&steps), expected);
}

/// T01: fiscal years and amounts per kind of cost are mandatory, and come to what is asked for.
#[test]
fn a_request_that_does_not_say_how_it_splits_is_named() {
    for (of_it, expected) in [
        ("0.00", &["A 2024-01-02 submitted: no_items"][..]),
        ("99.99", &["A 2024-01-02 submitted: items_differ"]),
        ("100.00", &[]),
    ] {
        assert_eq!(split(of_it, &[]), expected, "{of_it}");
    }
}

/// T10, T16, T17 and T26.
#[test]
fn reasons_of_ranks_and_blocks_who_lifts_them_and_what_is_paid_back_are_asked_for() {
    let way = |reason: &[(&'static str, &'static str)], body, paid: &'static str| {
        let steps: [Act<'_>; 16] = [
            ("01-03", "formal_check_started", &[]),
            ("01-04", "formally_cleared", &[]),
            ("01-05", "assessed", &[]),
            ("01-06", "reprioritised", reason),
            ("01-07", "paper_filed", &[SITTING]),
            ("01-08", "resolved", &[("amount", "90.00"), BODY]),
            ("01-09", "granted", &[]),
            ("01-10", "blocked", reason),
            ("01-11", "unblocked", body),
            (
                "02-01",
                "B-1",
                &[("kind", "allocation"), ("amount", "90.00")],
            ),
            ("02-02", "B-2", &[("kind", "call"), ("amount", "80.00")]),
            ("02-03", "B-3", &[("kind", "expense"), ("amount", "60.00")]),
            ("03-01", "purpose_fulfilled", &[]),
            ("03-02", "proof_submitted", &[]),
            ("03-03", "clawback_set", &[("amount", "20.00")]),
            ("03-04", "repayment_booked", &[("amount", paid)]),
        ];
        told(&steps)
    };
    let none: [&str; 0] = [];
    assert_eq!(way(&[REASON], &[BODY], "20.00"), none);
    assert_eq!(way(&[REASON], &[SITTING], "20.00"), none);
    let expected = [
        "A 2024-01-06 reprioritised: no_reason",
        "A 2024-01-10 blocked: no_reason",
        "A 2024-01-11 unblocked: no_body",
        "A 2024-03-04 repayment_booked: less_than_claimed",
    ];
    assert_eq!(way(&[], &[], "19.99"), expected);
}

/// No row is refused for it (contract, "How money rows are judged"), so it is told of: the cent decides.
#[test]
fn more_bound_than_granted_or_given_back_than_was_there_is_told_of() {
    let booked = |acts: &[Act<'_>]| {
        let mut steps: Vec<Act<'_>> = vec![
            ("01-03", "formal_check_started", &[]),
            ("01-11", "formally_cleared", &[]),
            ("01-12", "assessed", &[]),
            ("01-13", "paper_filed", &[SITTING]),
            ("01-20", "resolved", &[("amount", "90.00"), BODY]),
            ("01-21", "granted", &[]),
            (
                "02-01",
                "B-1",
                &[("kind", "allocation"), ("amount", "90.00")],
            ),
            ("02-02", "B-2", &[("kind", "call"), ("amount", "80.00")]),
            ("02-03", "B-3", &[("kind", "expense"), ("amount", "70.00")]),
        ];
        steps.extend_from_slice(acts);
        told(&steps)
    };
    for (kind, within, beyond, rule) in [
        ("commitment", "90.00", "90.01", "committed_exceeds_granted"),
        (
            "commitment_release",
            "50.00",
            "50.01",
            "released_exceeds_committed",
        ),
        ("refund", "70.00", "70.01", "refunded_exceeds_spent"),
    ] {
        let bound = [("kind", "commitment"), ("amount", "50.00")];
        for (amount, expected) in [(within, None), (beyond, Some(format!("A: {rule}")))] {
            let last = [("kind", kind), ("amount", amount)];
            let mut acts: Vec<Act<'_>> = Vec::new();
            if kind == "commitment_release" {
                acts.push(("02-04", "B-4", &bound));
            }
            acts.push(("02-05", "B-5", &last));
            assert_eq!(booked(&acts), Vec::from_iter(expected), "{kind} {amount}");
        }
    }
}
