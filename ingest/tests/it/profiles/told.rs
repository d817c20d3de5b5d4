//! What findings and the account say of cells of others: by their columns, in their words.

use super::{EMITS, Fed, HEADER, fed, form};

/// Column, code and value of each finding.
fn told(fed: &Fed) -> Vec<String> {
    let findings = fed.report.findings.iter();
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let line = |it: &leitstand_ingest::Finding| {
        format!("{}: {} {}", text(&it.column), it.code, text(&it.value))
    };
    let mut lines: Vec<String> = findings.map(line).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// Foreign headings may be called like columns of ours that are made of others.
#[tokio::test]
async fn a_heading_like_one_of_our_columns_stays_itself() {
    let profile = (form("") + EMITS).replace("\"Ende\"\n", "\"measure\"\n");
    let header = HEADER.replace("Ende", "measure");
    let fed = fed(&profile, &format!("{header}N-1;Haus;morgen;1,00;grün;\n")).await;
    assert_eq!(told(&fed), ["measure: bad_date morgen"]);
}

/// What is made of several cells is told by all of them.
#[tokio::test]
async fn a_cell_of_ours_made_of_two_is_told_by_both() {
    let profile = r#"
[[file]]
match = "*.csv"
constants = { date = "2024-12-31" }
[file.columns]
id = "Nr."
year = "Jahr"
month = "Monat"
cost = "Kosten"
[fields.cost]
kind = "amount"
decimal = ","
[[emit]]
table = "plans"
measure = "{id}"
baseline = "1"
period_end = "{year}-{month}-28"
planned_value = "{cost}"
baselined_on = "{date}"
"#;
    let csv = "Nr.;Jahr;Monat;Kosten\nN-1;2025;13;1,00\nN-2;2025;12;-0,50\n";
    let fed = fed(profile, csv).await;
    assert_eq!(
        told(&fed),
        [
            "Jahr + Monat: bad_date 2025 + 13",
            "Kosten: negative_amount -0,50"
        ]
    );
    assert_eq!(
        fed.found().iter().map(|it| it.0).collect::<Vec<_>>(),
        [2, 3]
    );
    // And in the account each cell for itself.
    let left: Vec<_> = fed.left().into_iter().map(|it| (it.0, it.1)).collect();
    let row = "row_not_taken";
    let expected = [
        [
            ("A2", row),
            ("B2", "bad_date"),
            ("C2", "bad_date"),
            ("D2", row),
        ],
        [
            ("A3", row),
            ("B3", row),
            ("C3", row),
            ("D3", "negative_amount"),
        ],
    ];
    let expected = expected.concat();
    let expected = expected
        .iter()
        .map(|(cell, code)| ((*cell).to_owned(), (*code).to_owned()));
    assert_eq!(left, expected.collect::<Vec<_>>());
    let why = fed.account().not_taken().map(|it| it.why).next();
    assert_eq!(
        why.as_deref(),
        Some("Zeile abgewiesen wegen bad_date; siehe ihre Befunde")
    );
}

/// A cell that is wrong in one row and only beside the wrong one in another is told to be wrong.
#[tokio::test]
async fn of_two_refused_rows_the_one_a_cell_is_wrong_in_counts() {
    let profile = r#"
[[file]]
match = "*.csv"
constants = { date = "2024-12-31" }
[file.columns]
id = "Nr."
end = "Ende"
cost = "Kosten"
[fields.cost]
kind = "amount"
decimal = ","
[fields.end]
kind = "date"
[[emit]]
table = "needs"
subject = "PROG"
fiscal_year = "2024"
amount = "{cost}"
set_on = "{end}"
[[emit]]
table = "progress"
measure = "{id}"
earned_value = "{cost}"
report_date = "{date}"
"#;
    let fed = fed(profile, "Nr.;Ende;Kosten\nN-1;morgen;-0,50\n").await;
    let left: Vec<_> = fed.left().into_iter().map(|it| (it.0, it.1)).collect();
    let expected = [
        ("A2", "row_not_taken"),
        ("B2", "bad_date"),
        ("C2", "negative_amount"),
    ];
    let expected = expected.map(|(cell, code)| (cell.to_owned(), code.to_owned()));
    assert_eq!(left, expected);
}

/// Nobody is told that a cell was rounded and taken whose row is refused.
#[tokio::test]
async fn a_rounded_cell_of_a_refused_row_is_not_taken() {
    let rounding = EMITS.replace("scale = \"1000\"", "round = \"half_up\"");
    let csv = format!("{HEADER}N-1;Haus;;-1,005;grün;\nN-2;Hof;;1,005;grün;\n");
    let fed = fed(&(form("") + &rounding), &csv).await;
    assert_eq!(told(&fed), ["Kosten: negative_amount -1,005"]);
    let rounded: Vec<_> = fed.account().rounded().map(|it| it.cell).collect();
    assert_eq!(rounded, ["D3"]);
    assert!(
        fed.left().iter().any(|(cell, code, text)| cell == "D2"
            && code == "negative_amount"
            && text == "-1,005"),
        "{:?}",
        fed.left()
    );
}

/// What means missing is missing, whatever lists say of the same word.
#[tokio::test]
async fn missing_comes_before_values() {
    let both = EMITS.replace("[missing]", "[missing]\n\"GELB*\" = \"nicht bewertet\"");
    let csv = format!("{HEADER}N-1;Haus;;1,00;gelb;\nN-2;Hof;;1,00;grün;\n");
    let fed = fed(&(form("") + &both), &csv).await;
    assert_eq!(told(&fed), Vec::<String>::new());
    let colours: Vec<_> = fed.rows("measure.status_reported").await;
    let overall = |measure: &str| {
        let row = colours.iter().find(|it| it["measure"] == measure);
        row.map(|it| it["overall"].as_str().map(str::to_owned))
    };
    assert_eq!(overall("N-2"), Some(Some("G".to_owned())));
    assert_ne!(overall("N-1"), Some(Some("A".to_owned())), "{colours:?}");
}

/// Lying on its side a table has its titles and its header beside the records.
#[tokio::test]
async fn title_rows_of_a_turned_table_are_columns() {
    let turned = "Anhang 3;Nr.;N-1;N-2\n;Name;Haus;Hof\n;Ende;31.12.2025;morgen\n;Kosten;;\n;Ampel;grün;gelb\n;Text;;\n";
    let fed = fed(
        &(form("transposed = true\ntitle_rows = 1\nseparator = \";\"") + EMITS),
        turned,
    )
    .await;
    assert_eq!(fed.found(), [(4, "Ende".to_owned(), "bad_date".to_owned())]);
    let left: Vec<_> = fed.left().into_iter().map(|it| (it.0, it.1)).collect();
    let expected = [("A1", "title_row"), ("D3", "bad_date")];
    assert_eq!(
        left,
        expected.map(|(cell, code)| (cell.to_owned(), code.to_owned()))
    );
    assert_eq!(fed.accepted("status_reports"), 2);
}
