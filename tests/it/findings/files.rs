//! Files, headers and lines.

use std::{fmt::Write as _, fs};

use serde_json::json;

use super::{case, check};
use crate::support::Place;

const HEADER: &str = "id,subject,title,baseline,planned_on";
const ROW: &str = "X-1,DG-M-01,Titel,2025-06-30,2025-01-01";

#[test]
fn what_is_no_table_no_column_or_no_row_is_named() {
    let not_utf8 = [
        HEADER.as_bytes(),
        b"\nX-1,DG-M-01,Pr\xfcfung,2025-06-30,2025-01-01\n",
    ]
    .concat();
    let cases = [
        case(
            "milestone.csv",
            format!("{HEADER}\n{ROW}\n"),
            1,
            None,
            "unknown_table",
        ),
        case(
            "milestones.csv",
            format!("{HEADER},colour\n{ROW},red\n"),
            1,
            "colour",
            "unknown_column",
        ),
        case(
            "milestones.csv",
            format!("{HEADER},colour\n{ROW},\n"),
            None,
            "colour",
            "unknown_column",
        ),
        case(
            "milestones.csv",
            "id,subject,title,planned_on\nX-1,DG-M-01,T,2025-01-01\n",
            1,
            "baseline",
            "missing_column",
        ),
        case(
            "milestones.csv",
            "id,subject,title,planned_on\n",
            None,
            "baseline",
            "missing_column",
        ),
        case(
            "milestones.csv",
            format!("{HEADER}\nX-1,DG-M-01,,2025-06-30,2025-01-01\n"),
            1,
            "title",
            "missing_cell",
        ),
        case(
            "milestones.csv",
            format!("{HEADER},title\n{ROW},Titel\n"),
            1,
            "title",
            "duplicate_column",
        ),
        case(
            "milestones.csv",
            format!("{HEADER},Titel\n{ROW},Titel\n"),
            1,
            "title",
            "duplicate_column",
        ),
        case(
            "milestones.csv",
            format!("{HEADER}\nX-1,DG-M-01\n"),
            1,
            None,
            "wrong_cell_count",
        ),
        case(
            "milestones.csv",
            format!("{HEADER}\n{ROW},mehr\n"),
            1,
            None,
            "wrong_cell_count",
        ),
        case(
            "milestones.csv",
            format!("{HEADER}\nX-1,DG-M-01,\"offen,2025-06-30,2025-01-01\n"),
            1,
            None,
            "unclosed_quote",
        ),
        case("milestones.csv", not_utf8, 1, "title", "not_utf8"),
        case(
            "milestones.csv",
            format!("{HEADER}\n\nX-1,,T,2025-06-30,2025-01-01\n"),
            2,
            "subject",
            "missing_cell",
        ),
        case(
            "milestones.ndjson",
            "{\"id\": \"X-1\"\n",
            1,
            None,
            "bad_json",
        ),
        case("milestones.ndjson", "[1, 2]\n", 1, None, "bad_json"),
        case(
            "milestones.ndjson",
            "{\"id\": {\"a\": 1}}\n",
            1,
            "id",
            "nested_value",
        ),
        case(
            "milestones.ndjson",
            "{\"id\": \"X\", \"id\": \"Y\"}\n",
            1,
            "id",
            "duplicate_column",
        ),
        case(
            "milestones.ndjson",
            b"{\"id\": \"\xff\"}\n".to_vec(),
            1,
            None,
            "not_utf8",
        ),
        case("milestones.xlsx", "PK", None, None, "wrong_file_type"),
        case("milestones.xls", "", None, None, "unsupported_file"),
    ];
    check(&Place::begun(), &cases);
}

#[test]
fn a_folder_without_tables_is_named() {
    let place = Place::begun();
    fs::create_dir(place.path("leer")).unwrap();
    let report = place.feed(&[&place.path("leer")]);
    assert_eq!(report["findings"][0]["code"], "no_tables", "{report}");
}

#[test]
fn semicolons_german_headers_a_bom_and_crlf_are_read() {
    let place = Place::begun();
    let text = "\u{feff}Kennung;Maßnahme;Titel;Basistermin;Geplant am;Eingegangen am;Bemerkung\r\nX-1;DG-M-01;\"Ein; Titel\";30.06.2025;01.01.2025;02.01.2025;erfunden\r\n";
    let path = place.write("milestones.csv", text);
    let report = place.feed(&[&path]);
    assert_eq!(
        (&report["accepted"], &report["findings"]),
        (&json!(1), &json!([])),
        "{report}"
    );
    let milestones = place.ask("milestones", &["--as-of", "2025-12-31"]);
    assert_eq!(
        (
            &milestones["rows"][0]["title"],
            &milestones["rows"][0]["baseline"]
        ),
        (&json!("Ein; Titel"), &json!("2025-06-30"))
    );
}

#[test]
fn rejected_rows_are_written_beside_and_can_be_fed_again() {
    let place = Place::begun();
    let path = place.write("milestones.csv", format!("{HEADER},note\n{ROW},\nX-2,NIRGENDS,\"ein \"\"Titel\"\", mit Komma\",2025-06-30,2025-01-01,\"zwei\nZeilen\"\n"));
    let report = place.feed(&[&path]);
    assert_eq!(
        (&report["accepted"], &report["rejected"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (
            &report["findings"][0]["code"],
            &report["findings"][0]["value"]
        ),
        (&json!("unknown_reference"), &json!("NIRGENDS"))
    );
    let rejects = place.path("milestones.csv.rejects/milestones.csv");
    let text = fs::read_to_string(&rejects).unwrap();
    assert!(text.lines().next().unwrap().ends_with(",reason"), "{text}");
    assert!(text.contains("unknown_reference"), "{text}");
    // Mended and fed again, the reason still in it.
    fs::write(&rejects, text.replace("NIRGENDS", "DG-M-02")).unwrap();
    let again = place.feed(&[&rejects]);
    assert_eq!(
        (&again["accepted"], &again["findings"]),
        (&json!(1), &json!([])),
        "{again}"
    );
    let milestones = place.ask("milestones", &["--as-of", "2025-12-31"]);
    assert_eq!(milestones["rows"][1]["title"], "ein \"Titel\", mit Komma");
}

#[test]
fn rejects_go_where_they_are_told() {
    let place = Place::begun();
    let path = place.write(
        "milestones.csv",
        format!("{HEADER}\nX-1,NIRGENDS,T,2025-06-30,2025-01-01\n"),
    );
    let to = place.path("abgewiesen.csv");
    let (path, to_text) = (path.to_str().unwrap(), to.to_str().unwrap());
    place
        .on_store(&["feed", "--rejects", to_text, path])
        .ended(3);
    assert!(fs::read_to_string(&to).unwrap().contains("NIRGENDS"));
}

#[test]
fn a_dry_run_records_nothing_and_says_the_same() {
    let place = Place::begun();
    let head = place.head();
    let path = place.write(
        "milestones.csv",
        format!("{HEADER}\n{ROW}\nX-2,NIRGENDS,T,2025-06-30,2025-01-01\n"),
    );
    let ran = place
        .on_store(&[
            "feed",
            "--format",
            "json",
            "--dry-run",
            path.to_str().unwrap(),
        ])
        .ended(3);
    let report = ran.json();
    assert_eq!(
        (&report["accepted"], &report["rejected"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(place.head(), head);
    assert!(!place.path("milestones.csv.rejects").exists());
    // Whoever asks for both wants nothing recorded either way.
    let both = ["feed", "--dry-run", "--all-or-nothing"];
    for (row, code) in [(ROW, 0), ("X-2,NIRGENDS,T,2025-06-30,2025-01-01", 3)] {
        let path = place.write("both/milestones.csv", format!("{HEADER}\n{row}\n"));
        let ran = place.on_store(&[&both[..], &[path.to_str().unwrap()]].concat());
        assert!(ran.ended(code).out.contains("nichts aufgezeichnet"));
        assert_eq!(place.head(), head);
    }
    // The whole year, each row seen over those before it.
    let year = leitstand_tests::scenario::folder();
    let ran = place
        .on_store(&[
            "feed",
            "--format",
            "json",
            "--dry-run",
            year.to_str().unwrap(),
        ])
        .ended(0);
    assert_eq!(ran.json()["accepted"], 700);
    assert_eq!(place.head(), head);
}

#[test]
fn all_or_nothing_records_all_or_nothing() {
    let place = Place::begun();
    let head = place.head();
    let mut text = format!("{HEADER}\n");
    for number in 0..50 {
        let _ = writeln!(text, "X-{number},DG-M-01,T,2025-06-30,2025-01-01");
    }
    let bad = place.write(
        "bad/milestones.csv",
        format!("{text}Y-1,NIRGENDS,T,2025-06-30,2025-01-01\n"),
    );
    let ran = place
        .on_store(&[
            "feed",
            "--format",
            "json",
            "--all-or-nothing",
            bad.to_str().unwrap(),
        ])
        .ended(3);
    assert_eq!(
        (&ran.json()["accepted"], &ran.json()["rejected"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(place.head(), head);
    let good = place.write("good/milestones.csv", text);
    let ran = place
        .on_store(&[
            "feed",
            "--format",
            "json",
            "--all-or-nothing",
            good.to_str().unwrap(),
        ])
        .ended(0);
    assert_eq!(ran.json()["accepted"], 50);
}

#[test]
fn rows_of_a_feed_are_put_in_the_contracts_order() {
    let place = Place::begun();
    // Last things first, and the definition in the last file.
    let reports = place.write("a/milestone_reports.csv", "report_date,milestone,forecast,reached\n2025-03-31,X-1,2025-08-31,\n2025-02-28,X-1,2025-07-31,\n");
    let milestones = place.write("b/milestones.csv", format!("{HEADER}\n{ROW}\n"));
    let report = place.feed(&[&reports, &milestones]);
    assert_eq!(
        (&report["accepted"], &report["findings"]),
        (&json!(3), &json!([])),
        "{report}"
    );
    let milestones = place.ask("milestones", &["--as-of", "2025-12-31"]);
    assert_eq!(milestones["rows"][0]["later_forecasts"], 2);
}

#[test]
fn rows_from_standard_input_may_name_their_table() {
    let place = Place::begun();
    let store = place.store();
    let lines = "{\"table\": \"impediments\", \"id\": \"H-1\", \"subject\": \"PROG\", \"title\": \"T\", \"reported_on\": \"2025-01-01\"}\n\n{\"table\": \"imps\", \"id\": 1}\n{\"id\": 1}\n";
    let ran = place
        .run_with_input(&["feed", "--store", &store, "--format", "json", "-"], lines)
        .ended(3);
    let report = ran.json();
    assert_eq!(
        (&report["accepted"], &report["rejected"]),
        (&json!(1), &json!(2))
    );
    let codes: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["row"].clone(), it["code"].clone()))
        .collect();
    assert_eq!(
        codes,
        [
            (json!(3), json!("unknown_table")),
            (json!(4), json!("unknown_table"))
        ]
    );
}

/// On a terminal a bar tells how far it is; `script` gives the command one.
#[test]
fn a_terminal_sees_how_far_it_is() {
    let place = Place::begun();
    let mut text = format!("{HEADER}\n");
    for number in 0..3_000 {
        let _ = writeln!(text, "X-{number},DG-M-01,T,2025-06-30,2025-01-01");
    }
    let path = place.write("milestones.csv", text);
    let call = format!(
        "{} feed --store {} {}",
        env!("CARGO_BIN_EXE_leitstand"),
        place.store(),
        path.display()
    );
    let script = |command: &str| {
        std::process::Command::new("script")
            .args(["-qec", command, "/dev/null"])
            .env("TERM", "xterm")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    };
    let ran = script(&call);
    let shown = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{shown}");
    assert!(shown.contains("/3000 Zeilen, "), "{shown}");
    // Where the talk goes to a file, no bar is in it.
    let ran = script(&format!("{call} 2>{}", place.path("talk").display()));
    let shown = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success() && !shown.contains("/3000 Zeilen"),
        "{shown}"
    );
    let talk = std::fs::read_to_string(place.path("talk")).unwrap();
    assert!(!talk.contains("/3000 Zeilen"), "{talk}");
}
