//! A real portfolio: the Government Major Projects Portfolio of 2019, 2021 and 2022, read where it lies.
//!
//! The tables are not part of this project: these tests run where `LEITSTAND_REAL` names the folder of real
//! data (`.ci/run` does), and fail if it does not hold them.

use std::{collections::BTreeMap, path::PathBuf, sync::LazyLock};

use serde_json::{Value, json};

use crate::{portfolio::facts, support::Place};

/// The expected numbers of the data's README, per report: its date, projects, departments, numeric
/// whole-life costs, their sum in million pounds, dated ends, and ratings in words.
struct Year {
    report: &'static str,
    as_of: &'static str,
    projects: usize,
    departments: usize,
    costs: usize,
    sum: &'static str,
    ends: usize,
    ratings: &'static [(&'static str, u64)],
    without: u64,
}

const YEARS: [Year; 3] = [
    Year {
        report: "2019",
        as_of: "2018-09-30",
        projects: 133,
        departments: 16,
        costs: 118,
        sum: "441798760000.00",
        ends: 127,
        ratings: &[
            ("Green", 4),
            ("Amber/Green", 18),
            ("Amber", 66),
            ("Amber/Red", 38),
            ("Red", 4),
        ],
        without: 3,
    },
    Year {
        report: "2021",
        as_of: "2021-03-31",
        projects: 184,
        departments: 19,
        costs: 164,
        sum: "541951370000.00",
        ends: 178,
        ratings: &[
            ("Green", 12),
            ("Amber/Green", 29),
            ("Amber", 84),
            ("Amber/red", 44),
            ("Red", 7),
        ],
        without: 8,
    },
    Year {
        report: "2022",
        as_of: "2022-03-31",
        projects: 235,
        departments: 18,
        costs: 191,
        sum: "494181000000.00",
        ends: 218,
        ratings: &[("Green", 24), ("Amber", 170), ("Red", 27)],
        without: 14,
    },
];

/// The store with all three years, and the report of feeding them; `None` without `LEITSTAND_REAL`.
fn fed() -> Option<&'static (Place, Value)> {
    static FED: LazyLock<Option<(Place, Value)>> = LazyLock::new(|| {
        let folder = PathBuf::from(std::env::var_os("LEITSTAND_REAL")?).join("gmpp");
        let folder = folder
            .canonicalize()
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let profile = format!("{}/profiles/gmpp.toml", env!("CARGO_MANIFEST_DIR"));
        let place = Place::empty();
        place
            .run(&["init", "--store", &place.store(), "--profile", &profile])
            .ended(0);
        let feed = [
            "feed",
            "--format",
            "json",
            "--profile",
            &profile,
            folder.to_str().unwrap(),
        ];
        let report = place.on_store(&feed).ended(0).json();
        Some((place, report))
    });
    FED.as_ref()
}

/// The rows of an answer whose field has this text.
fn rows<'a>(answer: &'a Value, field: &str, text: &str) -> Vec<&'a Value> {
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.filter(|it| it[field] == text).collect()
}

/// Cents of `123.45`.
fn cents(amount: &Value) -> i128 {
    let text = amount.as_str().unwrap();
    text.replace('.', "").parse().unwrap()
}

#[test]
fn nothing_is_unreadable_and_every_cell_is_accounted_for() {
    let Some((place, report)) = fed() else { return };
    assert_eq!(
        (&report["findings"], &report["rejected"]),
        (&json!([]), &json!(0))
    );
    let files = report["account"]["files"].as_array().unwrap();
    assert_eq!(files.len(), 3);
    for (file, year) in files.iter().zip(&YEARS) {
        assert!(
            file["file"]
                .as_str()
                .unwrap()
                .ends_with(&format!("uk_{}.csv", year.report))
        );
        assert_eq!(
            (&file["rows"], &file["rows_taken"]),
            (&json!(year.projects), &json!(year.projects))
        );
        let columns = file["columns"].as_array().unwrap();
        let count = |it: &Value, field: &str| it[field].as_u64().unwrap();
        let mut cells = count(file, "headings");
        for column in columns {
            let reasons = column["not_taken"].as_array().unwrap().iter();
            cells += count(column, "taken") + count(column, "unchanged") + count(column, "empty");
            cells += reasons.map(|it| count(it, "count")).sum::<u64>();
        }
        assert_eq!(file["cells"], cells);
        assert_eq!(cells, (year.projects as u64 + 1) * columns.len() as u64);
        // Whatever the profile does not leave out on purpose is taken, missing with a reason, tells only what
        // the row is about, or is empty.
        let codes = columns
            .iter()
            .flat_map(|it| it["not_taken"].as_array().unwrap());
        for reason in codes {
            let code = reason["code"].as_str().unwrap();
            let known = ["left_out", "missing", "same_as_other_column", "recognised"];
            assert!(known.contains(&code), "{}: {reason}", year.report);
        }
        assert_eq!(file["tables"]["plans"]["rows"], year.costs);
        assert_eq!(file["tables"]["milestone_reports"]["rows"], year.ends);
    }
    // Of the two ratings of 2022, fourteen say the same reason twice.
    let second = &files[2]["columns"][7];
    assert_eq!(
        (&second["column"], &second["not_taken"][0]["count"]),
        (&json!("colour_rating#2"), &json!(14))
    );
    let lines = report["account"]["not_taken"].as_array().unwrap();
    assert_eq!(report["account"]["further_lines"], 0);
    assert!(
        lines
            .iter()
            .all(|it| it["cell"].is_string() && it["why"].is_string())
    );
    // A second time everything is known.
    let folder = PathBuf::from(std::env::var_os("LEITSTAND_REAL").unwrap())
        .join("gmpp")
        .canonicalize()
        .unwrap();
    let profile = format!("{}/profiles/gmpp.toml", env!("CARGO_MANIFEST_DIR"));
    let feed = [
        "feed",
        "--format",
        "json",
        "--profile",
        &profile,
        folder.to_str().unwrap(),
    ];
    let again = place.on_store(&feed).ended(0).json();
    assert_eq!(
        (&again["accepted"], &again["known"]),
        (&json!(0), &report["accepted"])
    );
}

/// A year handed in when it comes out is what it would be with all others.
#[test]
fn years_that_come_one_by_one_are_what_they_are_together() {
    let Some((together, _)) = fed() else { return };
    let folder = PathBuf::from(std::env::var_os("LEITSTAND_REAL").unwrap()).join("gmpp");
    let profile = format!("{}/profiles/gmpp.toml", env!("CARGO_MANIFEST_DIR"));
    let place = Place::empty();
    place
        .run(&["init", "--store", &place.store(), "--profile", &profile])
        .ended(0);
    for year in &YEARS {
        let file = folder.join(format!("uk_{}.csv", year.report));
        let file = file.canonicalize().unwrap();
        let feed = ["feed", "--profile", &profile, file.to_str().unwrap()];
        place.on_store(&feed).ended(0);
    }
    assert_eq!(facts(&place), facts(together));
}

#[test]
fn projects_departments_and_ratings_come_back_out_of_the_status() {
    let Some((place, _)) = fed() else { return };
    for year in &YEARS {
        let status = place.ask("status", &["--as-of", year.as_of]);
        let reported = rows(&status, "report_date", year.as_of);
        assert_eq!(reported.len(), year.projects, "{}", year.report);
        let departments: std::collections::BTreeSet<&str> = reported
            .iter()
            .map(|it| it["pillar"].as_str().unwrap())
            .collect();
        assert_eq!(
            departments.len(),
            year.departments,
            "{}: {departments:?}",
            year.report
        );
        let mut counts: BTreeMap<String, u64> =
            serde_json::from_value(status["summary"]["by_original"].clone()).unwrap();
        for (rating, count) in year.ratings {
            assert_eq!(
                counts.remove(*rating),
                Some(*count),
                "{} {rating}",
                year.report
            );
        }
        assert_eq!(
            counts.values().sum::<u64>(),
            year.without,
            "{}: {counts:?}",
            year.report
        );
        // No word without a counterpart became a colour, and no reason did.
        for row in reported {
            let colour = match row["original"].as_str().unwrap() {
                "Green" => "green",
                "Amber" => "amber",
                "Red" => "red",
                _ => "none",
            };
            assert_eq!(row["reported"]["overall"], colour, "{row}");
        }
    }
}

#[test]
fn the_whole_life_costs_come_back_out_of_the_plans() {
    let Some((place, _)) = fed() else { return };
    for year in &YEARS {
        let plans = place.ask("plans", &["--as-of", year.as_of]);
        let set = rows(&plans, "baselined_on", year.as_of);
        assert_eq!(set.len(), year.costs, "{}", year.report);
        let sum: i128 = set.iter().map(|it| cents(&it["bac"])).sum();
        assert_eq!(sum, cents(&json!(year.sum)), "{}", year.report);
    }
}

#[test]
fn rating_and_end_of_a_project_can_be_followed_over_the_years() {
    let Some((place, _)) = fed() else { return };
    // Found by what happened to it, not by its name: rated on both scales, with an end in all three years.
    let milestones = place.ask("milestones", &["--as-of", "2022-12-31"]);
    let all = milestones["rows"].as_array().unwrap();
    let drifted = all.iter().find(|it| {
        let trend = it["trend"].as_array().unwrap();
        trend.len() == 3 && it["later_forecasts"] == 2
    });
    let end = drifted.expect("a project whose end moved twice");
    let dates: Vec<&str> = end["trend"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["report_date"].as_str().unwrap())
        .collect();
    assert_eq!(dates, YEARS.map(|it| it.as_of));
    let forecasts: Vec<&str> = end["trend"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["forecast"].as_str().unwrap())
        .collect();
    assert!(
        forecasts.is_sorted() && forecasts[0] < forecasts[2],
        "{end}"
    );
    assert_eq!(
        (&end["original_baseline"], &end["forecast"]),
        (&json!(forecasts[0]), &json!(forecasts[2]))
    );

    let ratings = |year: &Year| -> BTreeMap<String, String> {
        let status = place.ask("status", &["--as-of", year.as_of]);
        let text = |it: &Value, field: &str| it[field].as_str().unwrap().to_owned();
        let reported = rows(&status, "report_date", year.as_of);
        reported
            .iter()
            .map(|it| (text(it, "measure"), text(it, "original")))
            .collect()
    };
    let (first, last) = (ratings(&YEARS[0]), ratings(&YEARS[2]));
    // By name to 2021 and by number from there, three of them by the profile's alias list.
    let in_both = first.keys().filter(|it| last.contains_key(*it)).count();
    assert_eq!(in_both, 60);
    let changed = first.iter().find(|(id, rating)| {
        rating.as_str() == "Amber/Red" && last.get(*id).is_some_and(|it| it == "Amber")
    });
    let (id, _) = changed.expect("a project rated on both scales");
    // Its rating history with the scale of each year, and the drift of its end: one command each.
    let told = |id: &str, table: &str| -> Vec<Value> {
        let options = ["--id", id, "--table", table, "--as-of", "2022-12-31"];
        let trail = place.ask("trail", &options);
        trail["rows"].as_array().unwrap().clone()
    };
    let history = told(id, "status_reports");
    let scales: Vec<(&str, &str)> = history
        .iter()
        .map(|it| {
            (
                it["date"].as_str().unwrap(),
                it["file_ref"].as_str().unwrap(),
            )
        })
        .collect();
    let all = YEARS.each_ref().map(|it| {
        let scale = if it.ratings.len() == 5 {
            "fünfstufig"
        } else {
            "dreistufig"
        };
        (it.as_of, format!("GMPP {}, Skala {scale}", it.report))
    });
    // A project may have left the portfolio for a year.
    let of_years = all
        .iter()
        .map(|(day, scale)| (*day, scale.as_str()))
        .filter(|it| scales.contains(it));
    assert_eq!(scales, of_years.collect::<Vec<_>>());
    assert!(scales.len() >= 2 && scales[0].0 == all[0].0, "{scales:?}");
    for (it, year) in [(&history[0], &first), (&history[history.len() - 1], &last)] {
        assert_eq!(it["said"]["original"], year[id], "{it}");
    }
    let drifting = end["subject"].as_str().unwrap();
    let drift: Vec<Value> = told(drifting, "milestone_reports")
        .iter()
        .map(|it| json!({ "report_date": it["date"], "forecast": it["said"]["forecast"] }))
        .collect();
    assert_eq!(json!(drift), end["trend"]);
}
