//! Somebody else's portfolio by a profile: a made-up one in three dialects, and a Land's report of a form
//! never seen before, which needs a profile and nothing else.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::support::{Place, Server, code, eventually, row, signal};

fn root(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    path.to_str().unwrap().to_owned()
}

/// A store begun by a profile, and what feeding a folder came to.
fn fed(profile: &str, folder: &str) -> (Place, Value) {
    let place = Place::empty();
    let store = place.store();
    place
        .run(&["init", "--store", &store, "--profile", profile])
        .ended(0);
    let rejects = place.path("rejects");
    let report = place.on_store(&[
        "feed",
        "--format",
        "json",
        "--profile",
        profile,
        "--rejects",
        rejects.to_str().unwrap(),
        folder,
    ]);
    let report = report.json();
    (place, report)
}

fn gmpp() -> (Place, Value) {
    fed(
        &root("profiles/gmpp.toml"),
        &root("tests/fixtures/portfolio"),
    )
}

/// The findings: file's end, row, column, code.
fn found(report: &Value) -> Vec<(String, u64, String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = findings
        .map(|it| {
            let file = text(&it["file"]);
            let file = file.rsplit('/').next().unwrap_or_default().to_owned();
            (
                file,
                it["row"].as_u64().unwrap_or_default(),
                text(&it["column"]),
                text(&it["code"]),
            )
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn file_of<'a>(report: &'a Value, name: &str) -> &'a Value {
    let files = report["account"]["files"].as_array().unwrap();
    let mut files = files
        .iter()
        .filter(|it| it["file"].as_str().unwrap().contains(name));
    files.next().unwrap_or_else(|| panic!("{name}: {report}"))
}

fn column<'a>(file: &'a Value, name: &str) -> &'a Value {
    row_of(&file["columns"], "column", name)
}

fn row_of<'a>(rows: &'a Value, field: &str, text: &str) -> &'a Value {
    let rows = rows.as_array().unwrap();
    rows.iter()
        .find(|it| it[field] == text)
        .unwrap_or_else(|| panic!("{text}: {rows:?}"))
}

#[test]
fn three_years_in_three_dialects_are_one_history() {
    let (place, report) = gmpp();
    assert_eq!(found(&report), []);
    assert_eq!(
        (
            &report["rejected"],
            &report["tables"]["status_reports"]["accepted"]
        ),
        (&json!(0), &json!(11))
    );
    // Harbour Light in three years under three names of one id; its ratings in its own words.
    for (as_of, pillar, original, overall) in [
        ("2018-09-30", "FCO", "Amber/Red", "none"),
        ("2021-03-31", "FCDO", "Amber/red", "none"),
        ("2022-03-31", "FCDO", "Amber", "amber"),
    ] {
        let status = place.ask("status", &["--as-of", as_of]);
        let harbour = row(&status, "measure", "harbour-light");
        assert_eq!(
            (&harbour["pillar"], &harbour["original"]),
            (&json!(pillar), &json!(original))
        );
        assert_eq!(harbour["reported"]["overall"], overall, "{as_of}");
    }
    let title = |as_of: &str| {
        row(
            &place.ask("catalogue", &["--as-of", as_of]),
            "id",
            "harbour-light",
        )["title"]
            .clone()
    };
    assert_eq!(
        (title("2021-12-31"), title("2022-12-31")),
        (json!("harbour light"), json!("Harbour Lights"))
    );
    // Its end drifts.
    let milestones = place.ask("milestones", &["--as-of", "2022-12-31"]);
    let end = row(&milestones, "id", "harbour-light-END");
    assert_eq!(
        (&end["baseline"], &end["forecast"], &end["later_forecasts"]),
        (&json!("2024-12-31"), &json!("2027-03-31"), &json!(2))
    );
    assert_eq!(end["trend"].as_array().unwrap().len(), 3);
    // A renamed ship is the same by its number; without an end in 2019 its first known one is the baseline.
    assert_eq!(
        row(&milestones, "id", "MOD_0002-END")["baseline"],
        "2030-06-30"
    );
    // What is known when: before it was published, nothing.
    let before = place.ask(
        "status",
        &["--as-of", "2018-09-30", "--known-on", "2019-07-17"],
    );
    assert_eq!(before["rows"], json!([]));
}

/// Of each row of a table in the trail of a project: the day, and what it says.
fn told(place: &Place, id: &str, table: &str, cells: [&str; 2]) -> Vec<[String; 3]> {
    let options = ["--id", id, "--table", table, "--as-of", "2022-12-31"];
    let trail = place.ask("trail", &options);
    let rows = trail["rows"].as_array().unwrap().iter();
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    rows.map(|it| {
        let [first, second] = cells.map(|name| match name {
            "file_ref" => text(&it["file_ref"]),
            name => text(&it["said"][name]),
        });
        [text(&it["date"]), first, second]
    })
    .collect()
}

#[test]
fn rating_history_and_drift_of_the_end_are_one_command_each() {
    let (place, _) = gmpp();
    // In the words of each year, and which scale they are of: in 2022 it was another.
    assert_eq!(
        told(
            &place,
            "harbour-light",
            "status_reports",
            ["original", "file_ref"]
        ),
        [
            ["2018-09-30", "Amber/Red", "GMPP 2019, Skala fünfstufig"],
            ["2021-03-31", "Amber/red", "GMPP 2021, Skala fünfstufig"],
            ["2022-03-31", "Amber", "GMPP 2022, Skala dreistufig"],
        ]
    );
    let ends = told(
        &place,
        "harbour-light",
        "milestone_reports",
        ["forecast", "milestone"],
    );
    let milestones = place.ask(
        "milestones",
        &["--measure", "harbour-light", "--as-of", "2022-12-31"],
    );
    let end = row(&milestones, "id", "harbour-light-END");
    assert_eq!(end["title"], "Harbour Light: end");
    let trend: Vec<[String; 3]> = end["trend"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let text = |field: &str| it[field].as_str().unwrap().to_owned();
            [
                text("report_date"),
                text("forecast"),
                "harbour-light-END".to_owned(),
            ]
        })
        .collect();
    assert_eq!(ends, trend);
    assert_eq!(
        (ends[0][1].as_str(), ends[2][1].as_str()),
        ("2024-12-31", "2027-03-31")
    );
    // For people: one line per year, in this order, with the words and the scale.
    let table = place.on_store(&[
        "trail",
        "--id",
        "harbour-light",
        "--table",
        "status_reports",
        "--as-of",
        "2022-12-31",
    ]);
    let table = table.ended(0).out;
    let lines: Vec<&str> = table
        .lines()
        .filter(|it| it.contains("status_reports"))
        .collect();
    assert_eq!(lines.len(), 3, "{table}");
    for (line, words) in lines.iter().zip([
        ["30.09.2018", "original: Amber/Red", "Skala fünfstufig"],
        ["31.03.2021", "original: Amber/red", "Skala fünfstufig"],
        ["31.03.2022", "original: Amber · ", "Skala dreistufig"],
    ]) {
        assert!(words.iter().all(|it| line.contains(it)), "{line}");
    }
    // Its names over the years, and that its department was dissolved.
    let names = told(&place, "harbour-light", "catalogue", ["title", "pillar"]);
    assert_eq!(
        names,
        [
            ["2018-09-30", "Harbour Light", "FCO"],
            ["2021-03-31", "harbour light", "FCDO"],
            ["2022-03-31", "Harbour Lights", "FCDO"],
        ]
    );
    let pillars = |as_of: &str| {
        let pillars = &place.ask("status", &["--as-of", as_of])["summary"]["pillars"];
        ["FCO", "FCDO"].map(|it| !pillars[it].is_null())
    };
    assert_eq!(pillars("2021-03-30"), [true, false]);
    assert_eq!(pillars("2021-03-31"), [false, true]);
    place
        .on_store(&["trail", "--id", "harbour-light", "--table", "nope"])
        .ended(2);
}

#[test]
fn every_cell_of_it_is_accounted_for() {
    let (_place, report) = gmpp();
    let first = file_of(&report, "uk_2019");
    assert_eq!(
        (&first["rows"], &first["rows_taken"], &first["cells"]),
        (&json!(3), &json!(3), &json!(4 * 15))
    );
    assert_eq!(first["tables"]["plans"]["rows"], 2); // £0.00 is a zero
    let cost = column(first, "wlc_baseline_incl_NCG");
    assert_eq!(
        (&cost["taken"], &cost["not_taken"][0]["code"]),
        (&json!(2), &json!("missing"))
    );
    let third = file_of(&report, "uk_2022");
    let (one, two) = (
        column(third, "colour_rating"),
        column(third, "colour_rating#2"),
    );
    assert_eq!((&one["taken"], &two["taken"]), (&json!(2), &json!(2)));
    assert_eq!(two["not_taken"][0]["code"], "same_as_other_column");
    assert_eq!(report["account"]["left_alone"].as_array().unwrap().len(), 1);
    let lines = report["account"]["not_taken"].as_array().unwrap();
    let cell = lines.iter().find(|it| it["code"] == "missing").unwrap();
    assert_eq!(
        (&cell["cell"], &cell["column"], &cell["row"]),
        (&json!("G3"), &json!("end_date"), &json!(3))
    );
    assert_eq!(cell["value"], "Not provided");
}

#[test]
fn feeding_one_more_year_leaves_what_was_recorded() {
    let (profile, folder) = (root("profiles/gmpp.toml"), root("tests/fixtures/portfolio"));
    let place = Place::empty();
    place
        .run(&["init", "--store", &place.store(), "--profile", &profile])
        .ended(0);
    let mut known = 0;
    for years in [&["2019"][..], &["2019", "2021"], &["2019", "2021", "2022"]] {
        let some = place.path(&format!("until-{}", years.len()));
        fs::create_dir(&some).unwrap();
        for year in years {
            let name = format!("uk_{year}_example.csv");
            fs::copy(PathBuf::from(&folder).join(&name), some.join(&name)).unwrap();
        }
        let account = place.path("account.csv");
        let ran = place.on_store(&[
            "feed",
            "--format",
            "json",
            "--profile",
            &profile,
            "--account",
            account.to_str().unwrap(),
            some.to_str().unwrap(),
        ]);
        let report = ran.json();
        assert_eq!(found(&report), []);
        assert!(report["known"].as_u64().unwrap() >= known, "{report}");
        known = report["accepted"].as_u64().unwrap() + report["known"].as_u64().unwrap();
        let lines = fs::read_to_string(account).unwrap();
        assert!(
            lines.starts_with("file,sheet,row,column,cell,code,why,value\n"),
            "{lines}"
        );
    }
    let whole = place
        .on_store(&["feed", "--format", "json", "--profile", &profile, &folder])
        .ended(0)
        .json();
    assert_eq!(whole["accepted"], 0, "{whole}");
}

/// Every event but when it was recorded, and without what is sealed by chance.
pub(crate) fn facts(place: &Place) -> Vec<String> {
    let events = place.on_store(&["events", "--format", "json"]).ended(0);
    let mut facts: Vec<String> = events
        .out
        .lines()
        .map(|line| {
            let mut event: Value = serde_json::from_str(line).unwrap();
            event["data"]["meta"]["sealed"].take();
            let of = |it: &str| event[it].to_string();
            format!(
                "{} {} {} {}",
                of("type"),
                of("effectiveon"),
                of("knownon"),
                event["data"]
            )
        })
        .filter(|it| !it.contains("log."))
        .collect();
    facts.sort();
    facts
}

#[test]
fn years_fed_one_by_one_are_the_same_as_together() {
    let (profile, folder) = (root("profiles/gmpp.toml"), root("tests/fixtures/portfolio"));
    let (together, _) = gmpp();
    let place = Place::empty();
    place
        .run(&["init", "--store", &place.store(), "--profile", &profile])
        .ended(0);
    for year in ["2019", "2021", "2022", "2021"] {
        let file = format!("{folder}/uk_{year}_example.csv");
        let report = place
            .on_store(&["feed", "--format", "json", "--profile", &profile, &file])
            .json();
        assert_eq!(found(&report), [], "{year}");
    }
    assert_eq!(facts(&place), facts(&together));
}

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
    let falls = (
        "bericht.ods#Bericht".to_owned(),
        11,
        "Plan 2026".to_owned(),
        "plan_falls".to_owned(),
    );
    assert_eq!(found(&report), [falls]);
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
    assert_eq!(row(&plans, "measure", "Z-2")["bac"], "300000.00");
    let rest = report["account"]["left_alone"].as_array().unwrap();
    let rest: Vec<&str> = rest.iter().filter_map(Value::as_str).collect();
    assert!(
        rest.iter().any(|it| it.ends_with("#Bericht (13–13)")),
        "{rest:?}"
    );
}

#[test]
fn amounts_of_another_currency_are_not_taken_for_ours() {
    let place = Place::begun();
    let ran = place.on_store(&[
        "feed",
        "--profile",
        &root("profiles/gmpp.toml"),
        &root("tests/fixtures/portfolio"),
    ]);
    let ran = ran.ended(2);
    assert!(
        ran.err.contains("GBP") && ran.err.contains("EUR"),
        "{ran:?}"
    );
    let wrong = place.write("wrong.toml", "[[fiel]]\nmatch = \"*\"\n");
    let ran = place
        .on_store(&["feed", "--profile", wrong.to_str().unwrap(), "."])
        .ended(2);
    assert!(ran.err.contains("gemeint sein kann „file“"), "{ran:?}");
}

#[test]
fn the_demo_shows_any_portfolio_with_a_profile() {
    let place = Place::empty();
    fs::create_dir(place.path("tmp")).unwrap();
    let (profile, folder) = (root("profiles/gmpp.toml"), root("tests/fixtures/portfolio"));
    let arguments = [
        "demo",
        "--port",
        "0",
        "--feed",
        &folder,
        "--profile",
        &profile,
    ];
    let mut server = Server::spawn(&place, &arguments);
    eventually("ready", || server.get("/readyz").status == 200);
    let status = server.ask("status", "as_of=2022-12-31");
    assert_eq!(
        row(&status, "measure", "harbour-light")["original"],
        "Amber"
    );
    let said = fs::read_to_string(place.path("server-1.out")).unwrap();
    assert!(
        said.contains("Government Major Projects Portfolio") && said.contains("bewilligt GBP"),
        "{said}"
    );
    // A dissolved department has no line.
    let has = |id: &str| said.contains(&format!("│ {id} "));
    assert!(has("FCDO") && !has("FCO"), "{said}");
    for url in said
        .split_whitespace()
        .filter(|it| it.starts_with("http://"))
    {
        server
            .get(&url[url[7..].find('/').unwrap() + 7..])
            .with_status(200);
    }
    signal(server.id(), "INT");
    assert!([0, 130].contains(&code(server.ended())));
    assert_eq!(fs::read_dir(place.path("tmp")).unwrap().count(), 0);
}

#[test]
fn a_folder_that_is_not_there_is_said_in_german() {
    let place = Place::empty();
    let profile = root("profiles/gmpp.toml");
    let ran = place.run(&[
        "demo",
        "--port",
        "0",
        "--feed",
        "/nope",
        "--profile",
        &profile,
    ]);
    let ran = ran.ended(1);
    assert!(ran.err.contains("„/nope“ gibt es nicht."), "{ran:?}");
    assert!(!ran.err.contains("os error"), "{ran:?}");
}
