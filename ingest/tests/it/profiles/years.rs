//! Files fed one by one: as if they had come together, or a finding that says what to do.

use leitstand_ingest::{FeedReport, Mode};
use serde_json::Value;

use super::{COLUMNS, EMITS, Fed, HEADER, fed_after, form, rows};
use crate::support::Office;

/// What every year's form and rows are.
type Year<'a> = (&'a str, &'a str);

/// A profile of three years; its definitions keep the number, so everything is recognised by the log.
fn profile(emits: &str) -> String {
    let years = ["2022", "2023", "2024"].map(|year| {
        form("")
            .replace("*.csv", &format!("{year}.csv"))
            .replace("2024-12-31", &format!("{year}-12-31"))
    });
    years.concat() + emits
}

fn kept() -> String {
    EMITS.replacen(
        "valid_from = \"{date}\"",
        "valid_from = \"{date}\"\nfile_ref = \"{number}\"",
        1,
    )
}

async fn fed_on(office: Office, emits: &str, years: &[Year<'_>]) -> Fed {
    let files: Vec<(String, String)> = years
        .iter()
        .map(|(year, rows)| (format!("{year}.csv"), format!("{HEADER}{rows}")))
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    fed_after(office, Mode::Record, &profile(emits), &files).await
}

async fn facts(office: &Office) -> Vec<Vec<Value>> {
    let mut facts = Vec::new();
    for name in [
        "catalogue.entry_set",
        "milestone.planned",
        "milestone.reported",
        "measure.planned",
        "measure.status_reported",
    ] {
        facts.push(rows(office, name).await);
    }
    facts
}

fn codes(report: &FeedReport) -> Vec<&str> {
    report.findings.iter().map(|it| &*it.code).collect()
}

/// Known by name, then by number, then only by number; with a plan and an end that change each year.
const YEARS: [Year<'static>; 3] = [
    ("2022", ";Haus;31.12.2025;1,00;grün;gut\n;Hof;;2,00;gelb;\n"),
    (
        "2023",
        "N-1;Haus;31.12.2026;1,50;grün;gut\nN-2;Hof;30.06.2026;2,00;gelb;\nN-3;Neu;;9,00;;\n",
    ),
    (
        "2024",
        "N-1;Umbenannt;31.12.2027;1,50;gelb;\nN-2;Hof;30.06.2026;2,00;gelb;\nN-4;Noch eins;;;grün;\n",
    ),
];

#[tokio::test]
async fn years_that_come_one_by_one_are_what_they_are_together() {
    let together = fed_on(Office::begun().await, &kept(), &YEARS).await;
    assert_eq!(together.found(), []);
    let wanted = facts(&together.office).await;
    assert!(wanted.iter().all(|it| !it.is_empty()), "{wanted:#?}");
    let baselines: Vec<u64> = wanted[3]
        .iter()
        .filter(|it| it["measure"] == "haus")
        .filter_map(|it| it["baseline"].as_u64())
        .collect();
    assert_eq!(baselines, [1, 2, 3], "{:#?}", wanted[3]);

    let mut office = Office::begun().await;
    for year in YEARS {
        let fed = fed_on(office, &kept(), &[year]).await;
        assert_eq!(fed.found(), [], "{year:?}");
        office = fed.office;
    }
    assert_eq!(facts(&office).await, wanted);
    // Each again, in whatever order, and all together: nothing is new.
    for years in [&YEARS[2..], &YEARS[..1], &YEARS[1..2], &YEARS[..]] {
        let fed = fed_on(office, &kept(), years).await;
        assert_eq!((fed.found(), fed.report.accepted), (vec![], 0), "{years:?}");
        office = fed.office;
    }
    assert_eq!(facts(&office).await, wanted);
}

#[tokio::test]
async fn a_year_that_comes_too_late_is_found_and_nothing_is_numbered_twice() {
    let first = fed_on(Office::begun().await, &kept(), &YEARS[..1]).await;
    let third = fed_on(first.office, &kept(), &YEARS[2..]).await;
    let second = fed_on(third.office, &kept(), &YEARS[1..2]).await;
    assert!(
        codes(&second.report).contains(&"number_taken"),
        "{:#?}",
        second.report.findings
    );
    let plans = rows(&second.office, "measure.planned").await;
    let numbers: Vec<String> = plans
        .iter()
        .map(|it| format!("{} {}", it["measure"], it["baseline"]))
        .collect();
    let mut once = numbers.clone();
    once.dedup();
    assert_eq!(numbers, once);
}

/// The end of a plan that is recorded changed in its file: not one more point of the same baseline.
#[tokio::test]
async fn a_plan_that_changed_in_its_file_is_found() {
    let fed = fed_on(Office::begun().await, &kept(), &YEARS).await;
    let changed =
        YEARS.map(|(year, rows)| (year, rows.replace("31.12.2026;1,50", "31.01.2027;1,50")));
    let changed = changed
        .each_ref()
        .map(|(year, rows)| (*year, rows.as_str()));
    let again = fed_on(fed.office, &kept(), &changed).await;
    assert!(
        codes(&again.report).contains(&"number_taken"),
        "{:?}",
        codes(&again.report)
    );
    assert_eq!(again.accepted("plans"), 0);
    // It is told where the thing that is counted by stands.
    let findings = again.report.findings.iter();
    let taken = findings.filter(|it| it.code == "number_taken");
    let columns: Vec<_> = taken.map(|it| it.column.as_deref()).collect();
    assert!(!columns.contains(&Some("baseline")), "{columns:?}");
}

/// Where the log does not tell what a thing is recognised by, what seems new is not taken on trust.
#[tokio::test]
async fn what_may_be_known_under_another_name_is_not_recorded_alone() {
    let first = fed_on(Office::begun().await, EMITS, &YEARS[..1]).await;
    let second = fed_on(first.office, EMITS, &[("2023", "N-1;Haus;;;;\n;Hof;;;;\n")]).await;
    assert_eq!(second.found(), []);
    let alone = fed_on(second.office, EMITS, &YEARS[2..]).await;
    assert!(codes(&alone.report).contains(&"not_recognised"));
    assert_eq!(alone.accepted("catalogue"), 0);
    let years = [
        YEARS[0],
        ("2023", "N-1;Haus;;;;\n;Hof;;;;\n"),
        ("2024", "N-1;Umbenannt;;;gelb;\nN-4;Noch eins;;;grün;\n"),
    ];
    let together = fed_on(alone.office, EMITS, &years).await;
    assert_eq!(together.found(), []);
    // The new name, and what is new indeed.
    assert_eq!(together.accepted("catalogue"), 2);
}

/// A state that was refused makes the same state of the next year no old news.
#[tokio::test]
async fn a_refused_row_makes_its_twin_neither_known_nor_unchanged() {
    let emits = EMITS.replacen(
        "valid_from = \"{date}\"",
        "valid_from = \"{date}\"\nreceived_on = \"{received}\"",
        1,
    );
    let year = |year: &str, received: &str| {
        form("")
            .replace("*.csv", &format!("{year}.csv"))
            .replace("{ date", &format!("{{ received = {received}, date"))
            .replace("2024-12-31", &format!("{year}-12-31"))
    };
    let profile = year("2023", "2099-01-01") + &year("2024", "2024-12-31") + &emits;
    let csv = format!("{HEADER}N-1;Haus;;;;\n");
    let files = [("2023.csv", csv.as_bytes()), ("2024.csv", csv.as_bytes())];
    let fed = fed_after(Office::begun().await, Mode::Record, &profile, &files).await;
    assert_eq!(codes(&fed.report), ["known_in_future"]);
    assert_eq!(fed.accepted("catalogue"), 1);
    let entries = rows(&fed.office, "catalogue.entry_set").await;
    let haus: Vec<&Value> = entries.iter().filter(|it| it["title"] == "Haus").collect();
    assert_eq!((haus.len(), &haus[0]["set_on"]), (1, &"2024-12-31".into()));
    let files = fed.account().files();
    let name = |file: usize| &files[file].columns[1];
    assert_eq!((name(0).taken, name(1).taken, name(1).unchanged), (0, 1, 0));
}

/// A known name with a number of its own is another thing, in one file, in a later one and when it comes
/// again; also where no column keeps the number.
#[tokio::test]
async fn two_numbers_under_one_name_are_two_things() {
    let years = [
        ("2022", "V-1;Sonstiges;;100,00;;\nV-3;Sonstiges;;900,00;;\n"),
        ("2023", "V-3;Sonstiges;;901,00;;\nV-1;Sonstiges;;101,00;;\n"),
    ];
    let first = EMITS.replacen("when = \"changed\"", "when = \"first\"", 1);
    let first = first.replacen("valid_from = \"{date}\"", "", 1);
    for emits in [kept(), first] {
        let together = fed_on(Office::begun().await, &emits, &years).await;
        assert_eq!(together.found(), []);
        let plans = rows(&together.office, "measure.planned").await;
        let mut plans: Vec<String> = plans
            .iter()
            .map(|it| {
                format!(
                    "{} {} {}",
                    it["measure"], it["baseline"], it["planned_value"]
                )
            })
            .map(|it| it.replace('"', ""))
            .collect();
        plans.sort();
        let wanted = [
            "V-1 1 100000.00",
            "V-1 2 101000.00",
            "V-3 1 900000.00",
            "V-3 2 901000.00",
        ];
        assert_eq!(plans, wanted);

        let one = fed_on(Office::begun().await, &emits, &years[..1]).await;
        let two = fed_on(one.office, &emits, &years[1..]).await;
        assert_eq!(two.found(), []);
        assert_eq!(facts(&two.office).await, facts(&together.office).await);
        let again = fed_on(two.office, &emits, &years).await;
        assert_eq!((again.found(), again.report.accepted), (vec![], 0));
        // By the name alone nobody knows which.
        let name = [("2024", ";Sonstiges;;1,00;;\n")];
        let name = fed_on(again.office, &emits, &name).await;
        assert!(codes(&name.report).contains(&"ambiguous_id"));
        assert_eq!(name.report.accepted, 0);
    }
}

/// What is first, later and how manieth goes by the days in the rows, whatever comes first in a file or folder.
#[tokio::test]
async fn the_order_of_rows_and_files_does_not_count_but_their_days_do() {
    const OLD: &str = "M-1;alt;31.12.2024;100,00;grün;;31.12.2022\n";
    const MIDDLE: &str = "M-1;mittel;30.06.2025;200,00;gelb;;30.06.2023\n";
    const NEW: &str = "M-1;neu;31.12.2025;300,00;gelb;;31.12.2023\n";
    let emits = EMITS.replacen("when = \"changed\"", "when = \"first\"", 1);
    // The definition has no day of its own: it is the first of the reports all the same.
    let emits = emits.replacen(
        "set_on = \"{date}\"\nvalid_from = \"{date}\"",
        "set_on = \"2020-01-01\"",
        1,
    );
    let profile = format!(
        "[[file]]\nmatch = \"*.csv\"\n{COLUMNS}date = \"Tag\"\n[fields.date]\nkind = \"date\"\nformats = [\"TT.MM.JJJJ\"]\n{emits}"
    );
    let header = HEADER.replace('\n', ";Tag\n");
    let file = |rows: &[&str]| header.clone() + &rows.concat();
    let mut wanted: Option<Vec<Vec<Value>>> = None;
    for files in [
        vec![file(&[OLD, MIDDLE, NEW])],
        vec![file(&[NEW, MIDDLE, OLD])],
        vec![file(&[MIDDLE, NEW]), file(&[OLD])],
        vec![file(&[NEW]), file(&[MIDDLE]), file(&[OLD])],
    ] {
        let files: Vec<(String, String)> = (1..)
            .map(|it| format!("{it}.csv"))
            .zip(files.iter().cloned())
            .collect();
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_bytes()))
            .collect();
        let fed = fed_after(Office::begun().await, Mode::Record, &profile, &files).await;
        assert_eq!(fed.found(), [], "{files:?}");
        let facts = facts(&fed.office).await;
        let of = |of: &[Value], column: &str| -> Vec<String> {
            let texts = of.iter().map(|it| it[column].to_string().replace('"', ""));
            texts.collect()
        };
        let measure: Vec<Value> = facts[0]
            .iter()
            .filter(|it| it["id"] == "M-1")
            .cloned()
            .collect();
        assert_eq!(of(&measure, "title"), ["alt"]);
        assert_eq!(of(&facts[1], "baseline"), ["2024-12-31"]);
        assert_eq!(of(&facts[2], "forecast"), ["2025-06-30", "2025-12-31"]);
        assert_eq!(of(&facts[3], "baseline"), ["1", "2", "3"]);
        let costs = ["100000.00", "200000.00", "300000.00"];
        assert_eq!(of(&facts[3], "planned_value"), costs);
        assert_eq!(wanted.get_or_insert_with(|| facts.clone()), &facts);
        let again = fed_after(fed.office, Mode::Record, &profile, &files).await;
        assert_eq!((again.found(), again.report.accepted), (vec![], 0));
    }
}

/// A state that comes after a later one is not taken for unchanged: it is refused, and that is said.
#[tokio::test]
async fn a_state_that_comes_after_a_later_one_is_found() {
    let rows = "N-1;Haus;;;;\n";
    let years = [("2022", rows), ("2023", rows)];
    let profile = ["2023", "2022"].map(|year| {
        form("")
            .replace("*.csv", &format!("{year}.csv"))
            .replace("2024-12-31", &format!("{year}-12-31"))
    });
    let files = years.map(|(year, rows)| (format!("{year}.csv"), format!("{HEADER}{rows}")));
    let files = files
        .each_ref()
        .map(|(name, text)| (name.as_str(), text.as_bytes()));
    let profile = profile.concat() + &kept();
    let fed = fed_after(Office::begun().await, Mode::Record, &profile, &files).await;
    assert_eq!(codes(&fed.report), ["use_correction"]);
}
