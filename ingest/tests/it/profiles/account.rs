//! What the account calls taken is in a recorded row; and nothing wrong is told twice.

use std::path::PathBuf;

use leitstand_ingest::{Currency, Feed, Mode, Past, Profile};

use super::{EMITS, Fed, HEADER, fed, fed_as, form};

/// Two years.
async fn two_years(emits: &str, first: &str, second: &str) -> Fed {
    let year = |year: &str| {
        form("")
            .replace("*.csv", &format!("{year}.csv"))
            .replace("2024-12-31", &format!("{year}-12-31"))
    };
    let profile = year("2023") + &year("2024") + emits;
    let [first, second] = [first, second].map(|it| format!("{HEADER}{it}\n"));
    let given = [
        ("2023.csv", first.as_bytes()),
        ("2024.csv", second.as_bytes()),
    ];
    let fed = fed_as(Mode::Record, &profile, &given).await;
    assert_eq!(fed.found(), []);
    fed
}

fn left(fed: &Fed) -> Vec<(String, String)> {
    let left = fed.left().into_iter();
    left.map(|(cell, code, _)| (cell, code)).collect()
}

fn of(cell: &str, code: &str) -> (String, String) {
    (cell.to_owned(), code.to_owned())
}

#[tokio::test]
async fn a_name_that_only_tells_what_the_row_is_about_is_not_taken() {
    let first_only = EMITS.replacen("when = \"changed\"", "when = \"first\"", 1);
    let fed = two_years(&first_only, "N-1;Haus;;;grün;", "N-1;Haus (neu);;;gelb;").await;
    assert_eq!(
        (fed.accepted("catalogue"), fed.accepted("status_reports")),
        (1, 2)
    );
    // The new title is in no event; the number is the id of the second report.
    assert_eq!(left(&fed), [of("B2", "recognised")]);
    assert_eq!(fed.left()[0].2, "", "free text is not shown");
    let files = fed.account().files();
    let (number, name) = (&files[1].columns[0], &files[1].columns[1]);
    assert_eq!((number.taken, name.taken), (1, 0));
    assert_eq!(name.not_taken[0].why, "nur zum Wiedererkennen benutzt");
}

#[tokio::test]
async fn an_unchanged_state_hides_nothing_that_is_dropped() {
    // The number is new and recorded nowhere: the id was made of the name.
    let fed = two_years(EMITS, ";Haus;;;;", "N-1;Haus;;;;").await;
    assert_eq!(fed.accepted("catalogue"), 1);
    assert_eq!(left(&fed), [of("A2", "recognised")]);

    // The state says the same, and what stands beside it of the same cell does not.
    let (catalogue, _) = EMITS
        .split_once("[[emit]]\ntable = \"milestones\"")
        .expect("emits");
    let beside = catalogue
        .replace(
            "title = \"{name}\"",
            "title = \"{name} {colour}\"\nnote = \"{colour:written}\"",
        )
        .replace("\"gelb\" = \"A\"", "\"hellgrün\" = \"G\"");
    let fed = two_years(&beside, ";Haus;;;grün;", "N-1;Haus;;;hellgrün;").await;
    assert_eq!(fed.accepted("catalogue"), 1);
    assert_eq!(left(&fed), [of("A2", "recognised"), of("E2", "no_row")]);
}

#[tokio::test]
async fn a_cell_of_a_column_that_stays_empty_is_not_taken() {
    let emits = EMITS.replace("\"{text?}\"", "\"{text} bis {end}\"");
    let csv = format!("{HEADER}N-1;Haus;;;grün;gut\nN-2;Hof;31.12.2025;;grün;gut\n");
    let fed = fed(&(form("") + &emits), &csv).await;
    assert_eq!(fed.found(), []);
    assert_eq!(left(&fed), [of("F2", "no_row")]);
}

#[tokio::test]
async fn a_cell_used_as_value_and_as_wording_is_found_once() {
    let csv = format!("{HEADER}N-1;Haus;;;grau;\n");
    let fed = fed(&(form("") + EMITS), &csv).await;
    let codes: Vec<&str> = fed.report.findings.iter().map(|it| &*it.code).collect();
    assert_eq!(codes, ["unknown_value"]);
}

#[test]
fn a_file_that_is_not_there_is_said_in_german() {
    let profile = Profile::read(&(form("") + EMITS), "p.toml").expect("a profile");
    let nowhere = [PathBuf::from("/nope")];
    for opened in [
        Feed::mapped(&nowhere, &profile, &Past::default()),
        Feed::open(&nowhere, None, &Currency::default()),
    ] {
        let failure = opened.expect_err("no such file");
        assert_eq!(failure.message_de(), "„/nope“ gibt es nicht.");
    }
}
