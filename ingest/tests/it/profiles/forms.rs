//! How tables are laid out, and how things are recognised from one to the next.

use leitstand_ingest::{Feed, Mode, Past, Profile};

use super::{EMITS, HEADER, fed, fed_as, files, form};

#[tokio::test]
async fn titles_two_header_lines_merged_cells_sums_and_turned_tables_are_read() {
    let profile = r#"
[[file]]
match = "*.csv"
title_rows = 2
header_rows = 2
fill_down = ["area"]
constants = { date = "2024-12-31" }
[file.columns]
area = "Handlungsfeld"
name = "Vorhaben / Name"
number = "Vorhaben / Nr."
end = "Termine / Ende"
colour = "Stand / Ampel"
[file.left_out]
"Termine / Beginn" = "braucht niemand"
[[file.skip]]
column = "Vorhaben / Name"
texts = ["Summe*", "Quelle:*"]
why = "Summenzeile"

[fields.end]
kind = "date"
[fields.colour]
kind = "list"
list = "colours"
[values.colours]
"grün" = "G"
"gelb" = "A"
[[emit]]
table = "catalogue"
id = "{number}"
kind = "measure"
title = "{name}"
pillar = "{area}"
set_on = "{date}"
[[emit]]
table = "milestones"
id = "{number}-END"
subject = "{number}"
title = "Ende"
baseline = "{end}"
planned_on = "{date}"
[[emit]]
table = "status_reports"
report_date = "{date}"
measure = "{number}"
overall = "{colour}"
"#;
    let csv = "Bericht;;;;;;\n;;Stand 31.12.2024;;;;\n\
        Handlungsfeld;Vorhaben;;Termine;;Stand;\n;Nr.;Name;Beginn;Ende;Ampel;Rest\n\
        Netze;1;Nord;01.01.2024;31.12.2025;grün;x\n;2;Süd;;31.12.2026;gelb;\n;;Summe;;;;\n";
    let fed = fed(profile, csv).await;
    assert_eq!(fed.found(), []);
    assert_eq!(fed.accepted("catalogue"), 2);
    let file = &fed.account().files()[0];
    assert_eq!((file.rows, file.rows_taken, file.headings), (3, 2, 14));
    assert_eq!(file.rows_not_taken[0].code, "skipped");
    let left: Vec<(String, String)> = fed
        .left()
        .into_iter()
        .map(|(cell, code, _)| (cell, code))
        .collect();
    let expected = [
        ("A1", "title_row"),
        ("C2", "title_row"),
        ("D5", "left_out"),
        ("G5", "not_mapped"),
        ("C7", "skipped"),
    ];
    assert_eq!(
        left,
        expected.map(|(cell, code)| (cell.to_owned(), code.to_owned()))
    );

    // The same lying on its side: records are columns.
    let turned =
        "Nr.;N-1;N-2\nName;Haus;Hof\nEnde;31.12.2025;morgen\nKosten;;\nAmpel;grün;gelb\nText;;\n";
    let fed = self::fed(&(form("transposed = true") + EMITS), turned).await;
    assert_eq!(fed.found(), [(3, "Ende".to_owned(), "bad_date".to_owned())]);
    assert_eq!(
        (fed.accepted("catalogue"), fed.accepted("status_reports")),
        (2, 2)
    );
    assert_eq!(
        fed.left(),
        [("C3".to_owned(), "bad_date".to_owned(), "morgen".to_owned())]
    );
}

#[tokio::test]
async fn wide_columns_are_a_row_each() {
    let profile = r#"
[[file]]
match = "*.csv"
[file.columns]
id = "Nr."
[file.wide]
columns = ["Plan 20*"]
name = "year"
value = "amount"
[fields.year]
kind = "list"
list = "years"
[values.years]
"Plan 2024" = "2024-12-31"
"Plan 2025" = "2025-12-31"
[fields.amount]
kind = "amount"
[[emit]]
table = "catalogue"
id = "{id}"
kind = "measure"
title = "{id}"
set_on = "2024-01-01"
[[emit]]
table = "plans"
measure = "{id}"
baseline = "1"
period_end = "{year}"
planned_value = "{amount}"
baselined_on = "2024-01-01"
"#;
    let csv = "Nr.;Plan 2024;Plan 2025;Plan 2026\nA;10;20,5;\nB;;7.50;3\n";
    let fed = fed(profile, csv).await;
    let unknown = (3, "Plan 2026".to_owned(), "unknown_value".to_owned());
    let wrong = (2, "Plan 2025".to_owned(), "bad_amount".to_owned());
    assert_eq!(fed.found(), [wrong, unknown]);
    assert_eq!((fed.accepted("catalogue"), fed.accepted("plans")), (2, 2));
    assert_eq!(fed.column("Plan 2024").empty, 1);
}

#[tokio::test]
async fn years_are_linked_by_number_by_name_and_by_alias() {
    let year = |name: &str, date: &str, number: &str| {
        format!(
            "[[file]]\nmatch = \"{name}\"\nconstants = {{ date = \"{date}\" }}\n[file.columns]\n{number}name = \"Name\"\nend = \"Ende\"\ncost = \"Kosten\"\ncolour = \"Ampel\"\ntext = \"Text\"\n"
        )
    };
    let forms = year("2019.csv", "2019-12-31", "")
        + &year("2021.csv", "2021-12-31", "number = \"Nr.\"\n")
        + &year("2022.csv", "2022-12-31", "number = \"Nr.\"\n");
    let first = "Name;Ende;Kosten;Ampel;Text\nHaus am See ;31.12.2025;1,00;grün;a\nAlter Name;;2,00;gelb;b\n";
    let second = format!(
        "{HEADER}N-1;HAUS  am see;31.12.2026;1,50;gelb-rot;c\nN-2;Neuer Name;;2,50;gelb;d\n"
    );
    let third = format!("{HEADER}N-1;Haus (neu);31.12.2027;k. A.;gelb;e\nN-3;Hof;;1,00;grün;f\n");
    let given = [
        ("2022.csv", third.as_bytes()),
        ("2021.csv", second.as_bytes()),
        ("2019.csv", first.as_bytes()),
    ];
    let fed = fed_as(Mode::Record, &(forms.clone() + EMITS), &given).await;
    assert_eq!(fed.found(), []);
    // Haus, spelt otherwise, then renamed; the alias and its new name; Hof.
    assert_eq!(fed.accepted("catalogue"), 3 + 2 + 1);
    assert_eq!(
        (
            fed.accepted("milestones"),
            fed.accepted("milestone_reports")
        ),
        (1, 2)
    );
    assert_eq!(fed.accepted("plans"), 2 + 2 + 1);
    let name = fed.column("Name");
    assert_eq!(name.taken, 2, "{name:?}");

    // Number and name of different things.
    let crossed = format!("{HEADER}N-1;Alter Name;;;;\n");
    let given = [
        ("2019.csv", first.as_bytes()),
        ("2021.csv", second.as_bytes()),
        ("2022.csv", crossed.as_bytes()),
    ];
    let fed = fed_as(Mode::Record, &(forms + EMITS), &given).await;
    assert_eq!(
        fed.found(),
        [(2, "Nr.".to_owned(), "ambiguous_id".to_owned())]
    );
}

#[tokio::test]
async fn of_two_columns_the_first_that_states_something_counts_and_the_other_is_listed() {
    let two = form("").replace("colour = \"Ampel\"", "colour = [\"Ampel\", \"Ampel#2\"]");
    let csv = "Nr.;Name;Ende;Kosten;Ampel;Text;Ampel\n1;A;;;;;grün\n2;B;;;k. A.;;gelb\n3;C;;;k. A.;;k. A.\n4;D;;;grün;;gelb\n";
    let fed = fed(&(two + EMITS), csv).await;
    assert_eq!(fed.found(), []);
    assert_eq!(fed.accepted("status_reports"), 4);
    let expected = [
        ("E3", "other_column_counts", "k. A."),
        ("G4", "same_as_other_column", "k. A."),
        ("G5", "other_column_counts", "gelb"),
    ];
    assert_eq!(
        fed.left(),
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
    );
}

#[tokio::test]
async fn files_and_columns_that_do_not_fit_are_said() {
    let csv = "Nr.;Nmae;Ende;Kosten;Ampel;Text\n1;A;;;;\n";
    let done = fed(&(form("") + EMITS), csv).await;
    assert_eq!(
        done.found(),
        [(0, "Name".to_owned(), "missing_column".to_owned())]
    );
    assert!(
        done.report.findings[0].message.contains("„Nmae“"),
        "{:?}",
        done.report.findings
    );
    assert_eq!(done.report.accepted, 0);

    let done = fed(
        &(form("") + EMITS),
        &format!("{HEADER}1;A;;;;;zu viel\n2;B;;;\n3;C;;;;\n"),
    )
    .await;
    let count = |row| (row, String::new(), "wrong_cell_count".to_owned());
    assert_eq!(done.found(), [count(2), count(3)]);
    assert_eq!(done.accepted("catalogue"), 1);

    let given: [(&str, &[u8]); 2] = [
        ("a.csv", b"Nr.;Name;Ende;Kosten;Ampel;Text\n1;A;;;;\n"),
        ("LIESMICH.txt", b"x"),
    ];
    let done = fed_as(Mode::Record, &(form("") + EMITS), &given).await;
    assert_eq!(
        (done.account().left_alone().len(), done.found().len()),
        (1, 0)
    );
    // A table that no `match` fits is not passed over in silence, and what is meant is fed.
    let given = [given[0], ("b.ods", b"x".as_slice())];
    let done = fed_as(Mode::Record, &(form("") + EMITS), &given).await;
    assert_eq!(
        (done.found(), done.accepted("catalogue")),
        (vec![(0, String::new(), "no_profile_match".to_owned())], 1)
    );
    let done = fed_as(Mode::Record, &(form("") + EMITS), &[("b.txt", b"x")]).await;
    assert_eq!(done.found(), [(0, String::new(), "no_tables".to_owned())]);

    let named = Profile::read(&(form("") + EMITS), "p.toml").expect("a profile");
    let (folder, _) = files(&[("b.txt", b"x")]);
    let opened =
        Feed::mapped(&[folder.path().join("b.txt")], &named, &Past::default()).expect("a file");
    assert_eq!(opened.findings()[0].code, "no_profile_match");
}

#[tokio::test]
async fn nothing_is_recorded_in_a_dry_run_or_if_not_all_is_right() {
    let csv = format!("{HEADER}1;A;;;grau;\n2;B;;;grün;\n");
    let profile = form("") + EMITS;
    let given = [("a.csv", csv.as_bytes())];
    let fed = fed_as(Mode::AllOrNothing, &profile, &given).await;
    assert_eq!((fed.report.accepted, fed.column("Name").taken), (0, 0));
    assert!(
        fed.left()
            .iter()
            .any(|(cell, code, _)| cell == "B3" && code == "nothing_recorded"),
        "{:?}",
        fed.left()
    );
    let fed = fed_as(Mode::DryRun, &profile, &given).await;
    assert_eq!(fed.column("Name").taken, 2);
    // The place for rejects was named, so they are there; nothing is recorded.
    assert_eq!(fed.report.rejects.len(), 1);
}
