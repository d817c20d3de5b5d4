//! Everything that can be wrong with what is handed in, said with file, row, column and code.

use leitstand_ingest::{Feed, FeedReport, Finding, Mode};

use crate::support::{Office, codes};

/// Feeds one file and returns its findings as `row column code value`.
async fn found(name: &str, text: &str) -> Vec<String> {
    let office = Office::begun().await;
    let (report, _folder) = office.feed(&[(name, text)], Mode::Record).await;
    for finding in &report.findings {
        assert!(
            finding.file.as_deref().is_some_and(|it| it.ends_with(name)),
            "{finding:?}"
        );
        assert!(
            finding.message.ends_with('.') && finding.message_en.ends_with('.'),
            "{finding:?}"
        );
    }
    report.findings.iter().map(short).collect()
}

fn short(it: &Finding) -> String {
    let row = it.row.map_or("-".to_owned(), |it| it.to_string());
    let column = it.column.as_deref().unwrap_or("-");
    format!(
        "{row} {column} {} {}",
        it.code,
        it.value.as_deref().unwrap_or("-")
    )
}

const POTS: &str = "id,fiscal_year,amount,resolved_on\n";

#[tokio::test]
async fn an_unknown_table_is_found_in_every_row_of_it() {
    assert_eq!(
        found("topfe.csv", "id\nA\nB\n").await,
        ["1 - unknown_table -", "2 - unknown_table -"]
    );
    assert_eq!(found("topfe.csv", "").await, ["- - unknown_table -"]);
}

/// A finding for each of thousands of cells in thousands of rows would fill the memory.
#[tokio::test]
async fn of_very_many_unknown_columns_a_row_tells_some_and_how_many_more() {
    let names: Vec<String> = (1..=1_000).map(|it| format!("x{it}")).collect();
    let header = format!("id,fiscal_year,amount,resolved_on,{}\n", names.join(","));
    let row = format!("T-1,2024,1,2024-01-01{}\n", ",1".repeat(1_000));
    let told = found("pots.csv", &format!("{header}{row}")).await;
    let wanted = (1..=16).map(|it| format!("1 x{it} unknown_column 1"));
    let wanted = wanted.chain(["1 x17 unknown_column -".to_owned()]);
    assert_eq!(told, wanted.collect::<Vec<_>>());
    let unused = found("pots.csv", &header).await;
    assert_eq!(unused.len(), 17, "{unused:?}");
    let cells: Vec<String> = names.iter().map(|it| format!("\"{it}\":\"1\"")).collect();
    let line = format!("{{\"amount\":\"x\",{}}}\n", cells.join(","));
    let told = found("pots.ndjson", &line).await;
    let unknown = told.iter().filter(|it| it.contains("unknown_column"));
    assert_eq!(unknown.count(), 17, "{told:?}");
    assert!(
        told.contains(&"1 amount bad_amount x".to_owned()),
        "{told:?}"
    );
    // Twice the same column is one thing to mend, however often.
    let twice = format!(
        "id,fiscal_year,resolved_on{}\nT-1,2024,2024-01-01{}\n",
        ",amount".repeat(9),
        ",1".repeat(9)
    );
    assert_eq!(
        found("pots.csv", &twice).await,
        ["1 amount duplicate_column -"]
    );
}

#[tokio::test]
async fn columns_are_found_where_they_are_wrong() {
    let header = "id,fiscal_year,amount,resolved_on,farbe\n";
    let rows = "T-1,2024,1,2024-01-01,rot\nT-2,2024,1,2024-01-01,\n";
    assert_eq!(
        found("pots.csv", &format!("{header}{rows}")).await,
        ["1 farbe unknown_column rot"]
    );
    let unused = found("pots.csv", &format!("{header}T-2,2024,1,2024-01-01,\n")).await;
    assert_eq!(unused, ["- farbe unknown_column -"]);
    let twice = "id,fiscal_year,amount,Betrag,resolved_on\nT-1,2024,1,1,2024-01-01\n";
    assert_eq!(
        found("pots.csv", twice).await,
        ["1 amount duplicate_column -"]
    );
    let missing = "id,amount,resolved_on\nT-1,x,2024-01-01\n";
    assert_eq!(
        found("pots.csv", missing).await,
        ["1 fiscal_year missing_column -", "1 amount bad_amount x"]
    );
    assert_eq!(
        found("pots.csv", "id,amount,resolved_on\n").await,
        ["- fiscal_year missing_column -"]
    );
    // A trailing separator makes a column without a name; it says nothing while it is empty.
    let trailing = "id;fiscal_year;amount;resolved_on;\nT-1;2024;1;2024-01-01;\n";
    assert_eq!(found("pots.csv", trailing).await, Vec::<String>::new());
}

#[tokio::test]
async fn bad_cells_are_found_all_at_once() {
    let rows = "T-1,24x,1.234,32.13.2024\n,2024,1,2024-01-01\n=T,2024,-5,2024-01-01\nT-4,2024,1.2345,1889-01-01\n";
    assert_eq!(
        found("pots.csv", &format!("{POTS}{rows}")).await,
        [
            "1 fiscal_year bad_number 24x",
            "1 amount ambiguous_amount 1.234",
            "1 resolved_on bad_date 32.13.2024",
            "2 id missing_cell -",
            "3 id formula_cell =T",
            "3 amount negative_amount -5",
            "4 amount too_many_decimals 1.2345",
            "4 resolved_on bad_date 1889-01-01",
        ]
    );
    let long = format!(
        "{POTS}T-1,2024,1,2024-01-01\n{},2024,1,2024-01-01\n",
        "x".repeat(70_000)
    );
    let report = found("pots.csv", &long).await;
    assert_eq!(report.len(), 1);
    assert!(
        report[0].starts_with("2 id cell_too_long xxx"),
        "{report:?}"
    );
    assert!(report[0].len() < 150, "the value is shortened");
    let nul = format!("{POTS}T\u{0}1,2024,1,2024-01-01\n");
    assert_eq!(found("pots.csv", &nul).await, ["1 id nul_character T1"]);
}

#[tokio::test]
async fn the_value_of_a_free_text_is_never_shown() {
    let text =
        "report_date,measure,overall,comment,note\n2024-01-31,DG-M-01,G,=geheim,=vertraulich\n";
    assert_eq!(
        found("status_reports.csv", text).await,
        ["1 note formula_cell -", "1 comment formula_cell -"]
    );
}

#[tokio::test]
async fn the_shape_of_a_row_is_found() {
    let text = format!(
        "{POTS}T-1,2024,1\nT-2,2024,1,2024-01-01,x\n,,,\n\nT-5,2024,1,2024-01-01\nT-6,\"2024,1,2024-01-01\n"
    );
    assert_eq!(
        found("pots.csv", &text).await,
        [
            "1 - wrong_cell_count 3",
            "2 - wrong_cell_count 5",
            // Empty rows 3 and 4 are counted and ignored; row 5 is recorded.
            "6 - unclosed_quote -",
            "6 - wrong_cell_count 2",
        ]
    );
}

#[tokio::test]
async fn what_is_not_utf8_is_found_in_its_row_only() {
    let office = Office::begun().await;
    let mut text = POTS.as_bytes().to_vec();
    text.extend_from_slice(b"T-\xe4,2024,1,2024-01-01\nT-2,2024,1,2024-01-01\n");
    let report = office
        .feed_opened(
            Feed::csv("pots.csv", &text, "pots").expect("small"),
            Mode::Record,
        )
        .await;
    assert_eq!((report.accepted, report.rejected), (1, 1));
    assert_eq!(short(&report.findings[0]), "1 id not_utf8 -");
    // Not even the header: UTF-16 as some programs save it.
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(POTS.bytes().flat_map(|it| [it, 0]))
        .collect();
    let report = office
        .feed_opened(
            Feed::csv("pots.csv", &wide, "pots").expect("small"),
            Mode::Record,
        )
        .await;
    assert!(
        codes(&report.findings).contains_key("not_utf8"),
        "{:?}",
        report.findings
    );
}

#[tokio::test]
async fn what_a_row_refers_to_must_be_there() {
    let text = "id,subject,applicant,pot,kind,amount,submitted_on,supplements,reporter\n\
        A-1,DG-M-01,B-KT-DG,T-later,first,1,2024-01-31,,B-PMO\n\
        A-2,PMO,B-NIX,T-later,first,1,2024-01-31,A-0,P-001\n\
        A-3,NIX,RM-TB-REG,T-later,first,1,2024-01-31,A-1,RM-TB-REG\n\
        A-4,DG,RM-TB-REG,T-later,first,1,2024-01-31,A-1,RM-TB-REG\n";
    assert_eq!(
        found("requests.csv", text).await,
        [
            "2 applicant unknown_reference B-NIX",
            "2 supplements unknown_reference A-0",
            "2 reporter unknown_reference P-001",
            "3 subject unknown_reference NIX",
        ]
    );
}

#[tokio::test]
async fn rules_are_refused_with_the_column_they_name() {
    let text = "report_date,milestone,forecast,reached,received_on\n";
    assert_eq!(
        found(
            "status_reports.csv",
            "report_date,measure,schedule\n2024-01-31,DG-M-01,G\n"
        )
        .await,
        ["1 overall incomplete_colours -"]
    );
    assert_eq!(
        found(
            "milestone_reports.csv",
            &format!("{text}2024-01-31,MS-9,2024-05-01,,\n")
        )
        .await,
        ["1 milestone unknown_reference MS-9"]
    );
    let future =
        "id,fiscal_year,amount,resolved_on,received_on\nT-1,2024,1,2024-01-01,2099-01-01\n";
    assert_eq!(
        found("pots.csv", future).await,
        ["1 received_on known_in_future 2099-01-01"]
    );
}

#[tokio::test]
async fn a_workbook_and_an_empty_folder_are_found() {
    let office = Office::begun().await;
    let (report, _folder) = office.feed(&[("zahlen.xlsx", "PK")], Mode::Record).await;
    assert_eq!(short(&report.findings[0]), "- - wrong_file_type -");
    let (report, _folder) = office.feed(&[("zahlen.xls", "")], Mode::Record).await;
    assert_eq!(short(&report.findings[0]), "- - unsupported_file -");
    let (report, _folder) = office.feed(&[("README.md", "…")], Mode::Record).await;
    assert_eq!(short(&report.findings[0]), "- - no_tables -");
    assert_eq!(report.rejected, 0);
}

#[tokio::test]
async fn lines_name_what_is_wrong_with_them() {
    let office = Office::begun().await;
    let lines = "\u{feff}{\"table\": \"pots\", \"id\": \"T-1\", \"fiscal_year\": 2024, \"amount\": 12.50, \"resolved_on\": \"2024-01-01\"}\n\
        \n\
        {\"table\": \"pots\", \"id\": [1], \"fiscal_year\": 2024, \"amount\": 1e3, \"resolved_on\": null}\n\
        {\"table\": \"topfe\", \"id\": 1}\n\
        {\"id\": 1}\n\
        {\"table\": \"pots\", \"id\": \"T-2\", \"id\": \"T-3\"}\n\
        no json\n";
    let feed = Feed::lines("-", lines.as_bytes(), None).expect("small");
    let report: FeedReport = office.feed_opened_without_rejects(feed).await;
    assert_eq!((report.accepted, report.rejected), (1, 5));
    let found: Vec<String> = report.findings.iter().map(short).collect();
    assert_eq!(
        found,
        [
            "3 id nested_value -",
            "3 amount bad_amount 1e3",
            "3 resolved_on missing_cell -",
            "6 id duplicate_column -",
            "6 fiscal_year missing_cell -",
            "6 amount missing_cell -",
            "6 resolved_on missing_cell -",
            "4 table unknown_table -",
            "5 table unknown_table -",
            "7 - bad_json -",
        ]
    );
}

#[tokio::test]
async fn a_report_is_written_as_the_contract_says() {
    let office = Office::begun().await;
    let text = format!("{POTS}T-1,2024,1,2024-01-01\nT-2,x,1,2024-01-01\n");
    let (report, _folder) = office.feed(&[("pots.csv", &text)], Mode::Record).await;
    let json = serde_json::to_value(&report).expect("JSON");
    let keys = |it: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<String> = it.as_object().expect("an object").keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(
        keys(&json),
        [
            "accepted", "findings", "known", "position", "rejected", "tables"
        ]
    );
    assert_eq!(
        json["tables"]["pots"],
        serde_json::json!({"accepted": 1, "known": 0, "rejected": 1})
    );
    let columns = [
        "code",
        "column",
        "file",
        "message",
        "message_en",
        "row",
        "table",
        "value",
    ];
    assert_eq!(keys(&json["findings"][0]), columns);
    assert_eq!(json["findings"][0]["row"], 2);
    assert!(json["position"].as_u64().is_some_and(|it| it > 0));
}
