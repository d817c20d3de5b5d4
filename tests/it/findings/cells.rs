//! What may stand in a cell.

use serde_json::json;

use super::{Case, case, check};
use crate::support::{Place, row};

fn milestone(cell: &str, is: &str) -> Vec<u8> {
    let column = |name: &str, otherwise: &str| {
        if name == cell {
            is.to_owned()
        } else {
            otherwise.to_owned()
        }
    };
    let cells = [
        column("id", "X-1"),
        column("subject", "DG-M-01"),
        column("title", "Titel"),
        column("baseline", "2025-06-30"),
        column("planned_on", "2025-01-01"),
        column("note", ""),
        column("weight", ""),
    ];
    format!(
        "id,subject,title,baseline,planned_on,note,weight\n{}\n",
        cells.join(",")
    )
    .into_bytes()
}

fn progress(amount: &str) -> String {
    format!("report_date;measure;earned_value\n2025-01-31;DG-M-01;{amount}\n")
}

#[test]
fn dates_are_days_of_the_calendar_from_1990_to_2100() {
    let wrong = [
        "2024-02-30",
        "30.02.2024",
        "1989-12-31",
        "2101-01-01",
        "2024-13-01",
        "24-01-01",
        "2024/01/01",
        "01.02.24",
        "heute",
        "20240101",
        "2024-1-1 ",
    ];
    let cases: Vec<Case> = wrong
        .into_iter()
        .filter(|it| *it != "2024-1-1 ")
        .map(|it| {
            case(
                "milestones.csv",
                milestone("baseline", it),
                1,
                "baseline",
                "bad_date",
            )
        })
        .collect();
    check(&Place::begun(), &cases);
}

#[test]
fn amounts_are_never_negative_ambiguous_or_rounded() {
    let cases: Vec<Case> = [
        ("-1", "negative_amount"),
        ("-0.01", "negative_amount"),
        ("1.234", "ambiguous_amount"),
        ("1,234", "ambiguous_amount"),
        ("12.345", "ambiguous_amount"),
        ("1.2345", "too_many_decimals"),
        ("1.234,567", "too_many_decimals"),
        ("1234567.891", "ambiguous_amount"),
        ("1e3", "bad_amount"),
        ("12 000", "bad_amount"),
        ("5 €", "bad_amount"),
        ("NaN", "bad_amount"),
        ("0x10", "bad_amount"),
        ("1,234,567.89", "bad_amount"),
        ("99999999999999999999", "amount_too_large"),
    ]
    .into_iter()
    .map(|(amount, code)| case("progress.csv", progress(amount), 1, "earned_value", code))
    .collect();
    check(&Place::begun(), &cases);
}

#[test]
fn amounts_and_dates_are_read_in_both_notations() {
    let place = Place::begun();
    let rows = [
        json!({ "id": "P-1", "fiscal_year": 2025, "amount": "1234567.89", "resolved_on": "2025-01-31" }),
        json!({ "id": "P-2", "fiscal_year": 2025, "amount": "1.234.567,89", "resolved_on": "31.01.2025" }),
        json!({ "id": "P-3", "fiscal_year": "2025", "amount": 1_234_567.89, "resolved_on": "2025-01-31" }),
    ];
    assert_eq!(place.feed_rows("pots", &rows)["accepted"], 3);
    let funds = place.ask("funds", &["--as-of", "2025-12-31"]);
    for pot in ["P-1", "P-2", "P-3"] {
        assert_eq!(row(&funds, "pot", pot)["budget"], "1234567.89");
    }
    // The same row in the other notation is the same row.
    let same = json!({ "id": "P-1", "fiscal_year": "2025", "amount": "1.234.567,89", "resolved_on": "31.01.2025" });
    assert_eq!(place.feed_rows("pots", &[same])["known"], 1);
}

#[test]
fn cells_hold_at_most_64_kib_no_nul_and_no_formula() {
    let long = "x".repeat(64 * 1024 + 1);
    let cases = [
        case(
            "milestones.csv",
            milestone("note", &long),
            1,
            "note",
            "cell_too_long",
        ),
        case(
            "milestones.csv",
            milestone("title", &long),
            1,
            "title",
            "cell_too_long",
        ),
        case(
            "milestones.csv",
            milestone("title", "a\0b"),
            1,
            "title",
            "nul_character",
        ),
        case(
            "milestones.csv",
            milestone("note", "a\0b"),
            1,
            "note",
            "nul_character",
        ),
        case(
            "milestones.csv",
            milestone("title", "=1+1"),
            1,
            "title",
            "formula_cell",
        ),
        case(
            "milestones.csv",
            milestone("id", "=A1"),
            1,
            "id",
            "formula_cell",
        ),
        case(
            "milestones.csv",
            milestone("note", "\"=HYPERLINK(1)\""),
            1,
            "note",
            "formula_cell",
        ),
        case(
            "milestones.csv",
            milestone("title", "\"zwei\nZeilen\""),
            1,
            "title",
            "bad_text",
        ),
        case(
            "milestones.csv",
            milestone("weight", "viel"),
            1,
            "weight",
            "bad_number",
        ),
    ];
    check(&Place::begun(), &cases);
}

#[test]
fn a_cell_of_exactly_64_kib_is_taken() {
    let place = Place::begun();
    let note = "ä".repeat(32 * 1024);
    place.accept("impediments", json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01", "note": note }));
}

#[test]
fn codes_are_the_words_of_the_contract() {
    let cases = [
        case(
            "status_reports.csv",
            "report_date,measure,overall\n2025-01-31,DG-M-01,grün\n",
            1,
            "overall",
            "bad_code",
        ),
        case(
            "status_reports.csv",
            "report_date,measure,overall\n2025-01-31,DG-M-01,g\n",
            1,
            "overall",
            "bad_code",
        ),
        case(
            "catalogue.csv",
            "id,kind,title,set_on\nX-1,thing,T,2025-01-01\n",
            1,
            "kind",
            "bad_code",
        ),
        case(
            "catalogue.csv",
            "id,kind,title,set_on,in_scope\nX-1,measure,T,2025-01-01,maybe\n",
            1,
            "in_scope",
            "bad_code",
        ),
        case(
            "request_steps.csv",
            "date,request,step\n2025-01-31,A-1,approved\n",
            1,
            "step",
            "bad_code",
        ),
        case(
            "bookings.csv",
            "date,request,kind,amount,fiscal_year,reference\n2025-01-31,A-1,payment,1,2025,B-1\n",
            1,
            "kind",
            "bad_code",
        ),
        case(
            "pots.csv",
            "id,fiscal_year,amount,resolved_on\nP-1,2025.5,1,2025-01-01\n",
            1,
            "fiscal_year",
            "bad_number",
        ),
    ];
    check(&Place::begun(), &cases);
}

#[test]
fn only_a_reserve_may_be_negative() {
    let place = Place::begun();
    place.accept("pots", json!({ "id": "P-1", "fiscal_year": 2025, "amount": "10", "reserve": "-5.00", "resolved_on": "2025-01-01" }));
    let refused = place.refuse(
        "pots",
        json!({ "id": "P-2", "fiscal_year": 2025, "amount": "-10", "resolved_on": "2025-01-01" }),
    );
    assert_eq!(
        (&refused["code"], &refused["column"]),
        (&json!("negative_amount"), &json!("amount"))
    );
}

#[test]
fn free_text_is_never_shown_in_a_finding() {
    let place = Place::begun();
    let refused = place.refuse("impediments", json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "x", "note": "=GEHEIM" }));
    assert!(!refused.to_string().contains("GEHEIM"), "{refused}");
}
