//! A Land's report of a form never seen before needs a profile and nothing else.

use serde_json::{Value, json};

use crate::{
    portfolio::{column, fed, file_of, found, root},
    support::row,
};

#[test]
fn a_layout_never_seen_before_needs_only_a_profile() {
    let (place, report) = fed(
        &root("tests/fixtures/land/land.toml"),
        &root("tests/fixtures/land"),
    );
    let file = "bericht_2024.csv".to_owned();
    let expected = [
        // 31 June is no day; so the milestone is not there to be reported on.
        (
            file.clone(),
            10,
            "Termine / geplant".to_owned(),
            "bad_date".to_owned(),
        ),
        (
            file.clone(),
            10,
            "Vorhaben / Nr.".to_owned(),
            "unknown_reference".to_owned(),
        ),
    ];
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(found(&report), expected);
    let status = place.ask("status", &["--as-of", "2024-12-31"]);
    assert_eq!(
        status["summary"]["by_original"],
        json!({"ROT": 1, "gelb": 1, "grün": 2, "in Klärung": 1})
    );
    let second = row(&status, "measure", "V-02");
    assert_eq!(
        (&second["pillar"], &second["reported"]["overall"]),
        (&json!("netze"), &json!("amber"))
    );
    assert_eq!(
        row(&status, "measure", "V-04")["reported"]["overall"],
        "none"
    );
    let milestones = place.ask("milestones", &["--as-of", "2024-12-31"]);
    assert_eq!(row(&milestones, "id", "V-02-ENDE")["slip_days"], 274);
    let account = file_of(&report, "bericht_2024");
    assert_eq!(
        (&account["rows"], &account["rows_taken"]),
        (&json!(6), &json!(5))
    );
    assert_eq!(account["rows_not_taken"][0]["code"], "skipped");
    assert_eq!(column(account, "Kosten (T€) / Ist")["taken"], 0);
    assert_eq!(column(account, "Kosten (T€) / Soll")["taken"], 3);
}

#[test]
fn the_same_layout_as_a_workbook_needs_only_a_profile() {
    let (place, report) = fed(
        &root("tests/fixtures/land-workbook/land.toml"),
        &root("tests/fixtures/land-workbook"),
    );
    assert_eq!(found(&report), []);
    let status = place.ask("status", &["--as-of", "2024-12-31"]);
    assert_eq!(
        status["summary"]["by_original"],
        json!({"ROT": 1, "gelb": 1, "grün": 2, "in Klärung": 1})
    );
    // The merged cell counts for each of its rows.
    let second = row(&status, "measure", "V-02");
    assert_eq!(
        (&second["pillar"], &second["reported"]["overall"]),
        (&json!("netze"), &json!("amber"))
    );
    let milestones = place.ask("milestones", &["--as-of", "2024-12-31"]);
    assert_eq!(row(&milestones, "id", "V-02-ENDE")["slip_days"], 274);
    let plans = place.ask("plans", &["--as-of", "2024-12-31"]);
    assert_eq!(row(&plans, "measure", "V-01")["bac"], "1250500.00");
    // 0.1 + 0.2 in a spreadsheet: thousand euros, rounded because the profile asks for it, and listed.
    assert_eq!(row(&plans, "measure", "V-05")["bac"], "300.00");
    let account = file_of(&report, "bericht_2024");
    assert_eq!(
        (&account["rows"], &account["rows_taken"]),
        (&json!(6), &json!(5))
    );
    let rounded = report["account"]["rounded"].as_array().unwrap();
    assert_eq!(
        (rounded.len(), &rounded[0]["row"], &rounded[0]["why"]),
        (1, &json!(10), &json!("gerundet auf 300.00"))
    );
}

/// Turned, with signs for colours, quarters for days, footnotes in cells and narrow blanks in numbers.
#[test]
fn a_sheet_that_lies_across_needs_only_a_profile() {
    let (place, report) = fed(
        &root("tests/fixtures/land-quer/land.toml"),
        &root("tests/fixtures/land-quer"),
    );
    assert_eq!(found(&report), []);
    let status = place.ask("status", &["--as-of", "2024-12-31"]);
    for (id, colour, written) in [
        ("Q-1", "green", "🟢"),
        ("Q-2", "green", "gru\u{308}n"),
        ("Q-3", "amber", "🟡 ²"),
    ] {
        let it = row(&status, "measure", id);
        assert_eq!(
            (&it["reported"]["overall"], &it["original"]),
            (&json!(colour), &json!(written))
        );
    }
    let plans = place.ask("plans", &["--as-of", "2024-12-31"]);
    for (id, total, finish) in [
        ("Q-1", "1234500000.00", "2025-09-30"),
        ("Q-2", "12500000.00", "2026-03-31"),
    ] {
        let it = row(&plans, "measure", id);
        assert_eq!((&it["bac"], &it["finish"]), (&json!(total), &json!(finish)));
    }
    assert_eq!(plans["rows"].as_array().unwrap().len(), 2);
    let file = file_of(&report, "steckbriefe");
    assert_eq!((&file["rows"], &file["rows_taken"]), (&json!(4), &json!(3)));
}

/// One under the other, the second with a column per year; what stands in neither is told.
#[test]
fn two_tables_on_a_sheet_need_only_a_profile() {
    let (place, report) = fed(
        &root("tests/fixtures/land-zwei/land.toml"),
        &root("tests/fixtures/land-zwei"),
    );
    assert_eq!(found(&report), []);
    let status = place.ask("status", &["--as-of", "2024-12-31"]);
    let second = row(&status, "measure", "Z-2");
    assert_eq!(
        (&second["pillar"], &second["reported"]["overall"]),
        (&json!("aemter"), &json!("amber"))
    );
    let plans = place.ask("plans", &["--as-of", "2024-12-31"]);
    let first = row(&plans, "measure", "Z-1");
    assert_eq!(
        (&first["bac"], &first["finish"]),
        (&json!("250750.00"), &json!("2026-12-31"))
    );
    // A plan that falls is the plan it is: the contract refuses none.
    assert_eq!(row(&plans, "measure", "Z-2")["bac"], "200000.00");
    let rest = report["account"]["left_alone"].as_array().unwrap();
    let rest: Vec<&str> = rest.iter().filter_map(Value::as_str).collect();
    assert!(
        rest.iter().any(|it| it.ends_with("#Bericht (13–13)")),
        "{rest:?}"
    );
}
