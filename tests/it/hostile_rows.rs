//! Rows nobody would write: whatever comes in, the binary says 0 or 3 and never panics.

use proptest::{prelude::*, test_runner::Config};
use serde_json::{Map, Value, json};

use crate::support::{self, Place, csv};
use leitstand_tests::FeedRow;

/// Every table with its columns.
fn tables() -> Vec<(String, Vec<String>)> {
    let feeds = Place::empty().run(&["schema", "feeds"]).ended(0).json();
    let names = |of: &Value| -> Vec<String> {
        of.as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let common = names(&feeds["common"]);
    let of_table = |it: &Value| {
        let columns = [names(&it["columns"]), common.clone()].concat();
        (it["name"].as_str().unwrap().to_owned(), columns)
    };
    feeds["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(of_table)
        .collect()
}

/// Cells that are right somewhere, or nearly.
const LIKELY: &[&str] = &[
    "DG-M-01",
    "DG",
    "PROG",
    "PMO",
    "B-FITKO",
    "DG-Z-01",
    "MS-1",
    "RI-1",
    "HI-1",
    "T-1",
    "A-1",
    "BU-1",
    "S-1",
    "V-1",
    "2024-12-31",
    "31.12.2024",
    "2024-02-29",
    "1990-01-01",
    "2100-12-31",
    "2023-02-29",
    "1",
    "5",
    "2024",
    "0",
    "1234.56",
    "1.234,56",
    "1.234",
    "-1",
    "99999999999.99",
    "9223372036854775807",
    "0.005",
    "25/75",
    "101/-1",
    "yes",
    "no",
    "-",
    "G",
    "R",
    "active",
    "measure",
    "body",
    "mitigate",
    "first",
    "call",
    "granted",
    "resolved",
    "named",
    "escalated",
    "milestones",
    "bookings",
    "",
    " ",
    "=1",
    "+1",
    "NULL",
    "NaN",
    "\u{feff}",
    "a/b",
    "é",
    "ß",
    "V-1:FS+99999",
    "V-1:SS-1 V-2",
    "\u{202e}",
    "%s%n",
    "'; DROP TABLE events; --",
    "../..",
    "\\",
    "\"",
];

/// A cell that is right somewhere, nearly right, or meant to break something.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(LIKELY).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[0-9.,-]{0,24}",
        1 => (0_usize..600).prop_map(|it| "ä".repeat(it)),
    ]
}

/// A row of a table: a choice of its columns, a cell in each.
fn row(tables: Vec<(String, Vec<String>)>) -> impl Strategy<Value = FeedRow> {
    prop::sample::select(tables).prop_flat_map(|(table, columns)| {
        let most = columns.len();
        let chosen = prop::sample::subsequence(columns, most / 2..=most);
        chosen.prop_flat_map(move |columns| {
            let table = table.clone();
            prop::collection::vec(cell(), columns.len()).prop_map(move |cells| FeedRow {
                table: table.clone(),
                cells: columns.iter().cloned().zip(cells).collect(),
            })
        })
    })
}

#[track_caller]
fn bears(place: &Place, arguments: &[&str], input: Vec<u8>) {
    let store = place.store();
    let ran = place.run_with_input(
        &[&["feed", "--store", &store, "--format", "json"], arguments].concat(),
        input,
    );
    assert!([0, 3].contains(&ran.code), "{ran:?}");
    assert!(!ran.err.contains("panicked"), "{ran:?}");
    let report = ran.json();
    let sum = ["accepted", "known", "rejected"].map(|it| report[it].as_u64().unwrap());
    assert!(
        sum.iter().sum::<u64>() > 0 || report["findings"] != Value::Array(Vec::new()),
        "{report}"
    );
}

/// A few cases, each of many rows: starting the binary costs more than a row.
fn config() -> Config {
    let cases = crate::support::setting("PROPTEST_CASES", 8);
    Config {
        cases: u32::try_from(cases).unwrap_or(8),
        max_shrink_iters: 40,
        failure_persistence: None,
        ..Config::default()
    }
}

#[test]
fn rows_of_every_table_as_lines_of_json_and_as_csv() {
    let place = Place::with_scenario();
    let rows = prop::collection::vec(row(tables()), 60..150);
    proptest!(config(), |(rows in rows)| {
        let mut lines = Vec::new();
        for row in &rows {
            let mut object: Map<String, Value> = row.cells.iter().map(|(name, cell)| (name.clone(), Value::from(cell.clone()))).collect();
            if row.table != "corrections" {
                object.insert("table".to_owned(), Value::from(row.table.clone()));
            }
            lines.extend_from_slice(Value::Object(object).to_string().as_bytes());
            lines.push(b'\n');
        }
        bears(&place, &["-"], lines);
        let folder = place.path("csv");
        drop(std::fs::remove_dir_all(&folder));
        crate::support::folder_of(&folder, &rows);
        let folder = folder.to_str().unwrap().to_owned();
        bears(&place, &["--dry-run", &folder], Vec::new());
        bears(&place, &[&folder], Vec::new());
    });
    place.head();
    for answer in [
        "catalogue",
        "status",
        "reporting",
        "milestones",
        "risks",
        "impediments",
        "requests",
        "funds",
        "exceptions",
    ] {
        for day in ["1990-01-01", "2024-12-31", "2100-12-31"] {
            place.ask(answer, &["--as-of", day]);
        }
    }
}

#[test]
fn any_bytes_as_lines_and_as_csv() {
    let place = Place::begun();
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..2_000),
        "[ \\[\\]{}\",:0-9a-z\\\\\n]{1,800}".prop_map(String::into_bytes),
        "(id|subject|title|baseline|planned_on|[,;\"\n\r\t =A-Z0-9-]){1,300}"
            .prop_map(String::into_bytes),
    ];
    proptest!(config(), |(bytes in prop::collection::vec(bytes, 12))| {
        let paths: Vec<String> = bytes.iter().enumerate().map(|(number, bytes)| {
            let end = if number % 2 == 0 { "csv" } else { "ndjson" };
            place.write(&format!("{number}/milestones.{end}"), bytes).to_str().unwrap().to_owned()
        }).collect();
        let mut arguments: Vec<&str> = paths.iter().map(String::as_str).collect();
        arguments.insert(0, "--dry-run");
        let store = place.store();
        let ran = place.run(&[&["feed", "--store", &store, "--format", "json"], &arguments[..]].concat());
        prop_assert!([0, 3].contains(&ran.code), "{:?}", ran);
        prop_assert!(!ran.err.contains("panicked"), "{:?}", ran);
    });
    place.head();
}

#[test]
fn files_of_uncommon_shape() {
    let place = Place::begun();
    let wide = (0..10_000)
        .map(|it| format!("c{it}"))
        .collect::<Vec<_>>()
        .join(",");
    let header = "id,subject,title,baseline,planned_on";
    let rows = |count: usize, row: &str| format!("{header}\n{}", row.repeat(count));
    let nested = format!(
        "{{\"id\":{}1{}}}\n",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let shapes: Vec<(&str, Vec<u8>)> = vec![
        ("milestones.csv", format!("{wide}\n{wide}\n").into_bytes()),
        (
            "milestones.csv",
            format!("{header},{wide}\n1,2,3,4,5,{wide}\n").into_bytes(),
        ),
        ("milestones.csv", Vec::new()),
        ("milestones.csv", b"\n\n\n".to_vec()),
        ("milestones.csv", b"\xef\xbb\xbf".to_vec()),
        ("milestones.csv", b"\xff\xfei\0d\0".to_vec()),
        ("milestones.csv", format!("{header}\n\"").into_bytes()),
        (
            "milestones.csv",
            format!("{header}\n{}", "\"".repeat(100_001)).into_bytes(),
        ),
        (
            "milestones.csv",
            format!("{header}\n{}", ",".repeat(1_000_000)).into_bytes(),
        ),
        ("milestones.csv", rows(20_000, "\n").into_bytes()),
        ("milestones.csv", rows(5_000, "a,b,c,d,e\n").into_bytes()),
        (
            "milestones.csv",
            format!(
                "{header}\nX,DG-M-01,{},2025-01-01,2025-01-01\n",
                "x".repeat(5 << 20)
            )
            .into_bytes(),
        ),
        ("milestones.ndjson", nested.into_bytes()),
        ("milestones.ndjson", b"{\"id\":\"\\u0000\"}\n".to_vec()),
        ("milestones.ndjson", vec![b'{'; 1_000_000]),
        ("milestones.ndjson", b"\0\0\0\n\0".to_vec()),
        (
            "corrections.csv",
            b"table,key,date,reason,id,Betrag,amount\npots,P,2025-01-01,x,y,1,2\n".to_vec(),
        ),
    ];
    for (number, (name, content)) in shapes.into_iter().enumerate() {
        let path = place.write(&format!("{number}/{name}"), content);
        let ran = place.on_store(&["feed", "--format", "json", path.to_str().unwrap()]);
        assert!(
            [0, 3].contains(&ran.code),
            "{number}: {} {}",
            ran.code,
            ran.err
        );
        assert!(!ran.err.contains("panicked"), "{number}: {}", ran.err);
    }
    let mut tables = std::collections::BTreeMap::new();
    tables.insert("id".to_owned(), "a\"b,c\nd".to_owned());
    let odd = FeedRow {
        table: "milestones".to_owned(),
        cells: tables,
    };
    place.write("odd/milestones.csv", csv(&[&odd]));
    place
        .on_store(&["feed", place.path("odd").to_str().unwrap()])
        .ended(3);
    place.head();
}

#[test]
fn a_title_and_an_id_may_be_as_long_as_a_cell() {
    let place = Place::begun();
    let long = "ä".repeat(32 * 1024);
    for (id, title) in [("H-LONG", long.as_str()), (long.as_str(), "T")] {
        place.accept(
            "impediments",
            json!({ "id": id, "subject": "PROG", "title": title, "reported_on": "2024-06-01" }),
        );
    }
    let answer = place.ask("impediments", &["--as-of", "2024-12-31"]);
    assert_eq!(
        support::row(&answer, "id", "H-LONG")["title"],
        long.as_str()
    );
    assert_eq!(support::row(&answer, "id", &long)["title"], "T");
    let told = place.refuse(
        "impediments",
        json!({ "id": "H-2", "subject": "PROG", "title": format!("{long}x"), "reported_on": "2024-06-01" }),
    );
    assert_eq!(told["code"], "cell_too_long");
    place.on_store(&["audit", "verify"]).ended(0);
}

/// What is recorded in one store can be copied into any other, so what one cannot take none takes.
#[test]
fn a_row_that_is_too_large_for_some_store_is_refused_by_all_also_when_nothing_is_recorded() {
    let place = Place::begun();
    let row = |letters: usize| {
        let mut row = json!({ "measure": "DG-M-01", "report_date": "2024-03-31", "overall": "G", "received_on": "2024-04-01" });
        for column in [
            "schedule_reason",
            "budget_reason",
            "scope_reason",
            "resources_reason",
            "risks_reason",
            "comment",
            "done",
            "next",
            "decision_needed",
        ] {
            row[column] = "ä".repeat(letters / 2).into();
        }
        row
    };
    let dry = |row: &Value| {
        let arguments = [
            "feed",
            "--store",
            &place.store(),
            "--format",
            "json",
            "--dry-run",
            "--table",
            "status_reports",
            "-",
        ];
        place
            .run_with_input(&arguments, support::ndjson(std::slice::from_ref(row)))
            .json()
    };
    let large = row(60_000);
    let codes = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().clone();
        let codes: Vec<String> = findings
            .iter()
            .map(|it| it["code"].as_str().unwrap().to_owned())
            .collect();
        codes
    };
    assert_eq!(codes(&dry(&large)), ["row_too_large"]);
    let fed = place.feed_rows("status_reports", &[large, row(20_000)]);
    assert_eq!(codes(&fed), ["row_too_large"]);
    assert_eq!(fed["accepted"], 1, "{fed}");
    let server = support::Server::start(&place);
    let mut other = row(60_000);
    other["report_date"] = "2024-06-30".into();
    let posted = server.post("status_reports", &other).with_status(422);
    assert_eq!(posted.problem(), "row_too_large");
}
