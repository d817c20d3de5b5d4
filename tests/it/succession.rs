//! Structural change: what was renamed, succeeded or dissolved stays readable under its old names; and what
//! was named and never came.

use serde_json::{Value, json};

use crate::support::{Place, Server, row, texts};

/// A new state of an entry from a day on, known on that day.
fn entry(place: &Place, [id, kind, title, pillar, state]: [&str; 5], from: &str) {
    let row = json!({
        "id": id, "kind": kind, "title": title, "pillar": pillar, "state": state,
        "set_on": from, "valid_from": from, "received_on": from,
    });
    place.accept("catalogue", row);
}

/// A store in which a pillar, a measure and a body were renamed in March 2025, and succeeded by another in July.
fn reorganised() -> Place {
    let place = Place::begun();
    place.accept(
        "status_reports",
        json!({ "report_date": "2025-02-28", "measure": "KI-M-12", "overall": "A", "received_on": "2025-03-01" }),
    );
    let (march, july) = ("2025-03-01", "2025-07-01");
    for (row, day) in [
        (["KI", "pillar", "Säule KI neu", "", ""], march),
        (["AU", "pillar", "Säule Automatisierung", "", ""], july),
        (["KI", "pillar", "Säule KI neu", "", "dissolved"], july),
        (["KI-M-12", "measure", "Umbenannt", "KI", ""], march),
        (["AU-M-01", "measure", "Nachfolgerin", "AU", ""], july),
        (["KI-M-12", "measure", "Umbenannt", "KI", "stopped"], july),
        (["B-KI-AK", "body", "Arbeitskreis neu", "", ""], march),
        (
            ["B-AU", "body", "Arbeitskreis Automatisierung", "", ""],
            july,
        ),
        (
            ["B-KI-AK", "body", "Arbeitskreis neu", "", "dissolved"],
            july,
        ),
    ] {
        entry(&place, row, day);
    }
    for (new, old) in [("AU", "KI"), ("AU-M-01", "KI-M-12"), ("B-AU", "B-KI-AK")] {
        place.accept(
            "links",
            json!({ "from": new, "kind": "succeeds", "to": old, "set_on": july, "received_on": july }),
        );
    }
    place
}

/// Titles and states a trail tells of one entry, in their order.
fn told(place: &Place, asked: &str, of: &str) -> Vec<(String, String)> {
    let trail = place.ask(
        "trail",
        &[
            "--id",
            asked,
            "--table",
            "catalogue",
            "--as-of",
            "2025-12-31",
        ],
    );
    let rows = trail["rows"].as_array().unwrap().iter();
    let here = rows.filter(|it| it["said"]["id"] == of);
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    here.map(|it| (text(&it["said"]["title"]), text(&it["said"]["state"])))
        .collect()
}

#[test]
fn history_is_told_under_the_old_id_and_under_the_new_one() {
    let place = reorganised();
    for (old, new, titles, end) in [
        (
            "KI",
            "AU",
            ["Säule Künstliche Intelligenz", "Säule KI neu"],
            "dissolved",
        ),
        ("KI-M-12", "AU-M-01", ["", "Umbenannt"], "stopped"),
        (
            "B-KI-AK",
            "B-AU",
            ["Technischer Arbeitskreis KI", "Arbeitskreis neu"],
            "dissolved",
        ),
    ] {
        let history = told(&place, old, old);
        assert_eq!(history.len(), 3, "{old}: {history:?}");
        assert_eq!(history[1].0, titles[1], "{history:?}");
        assert_eq!(history[2], (titles[1].to_owned(), end.to_owned()));
        assert!(
            titles[0].is_empty() || history[0].0 == titles[0],
            "{history:?}"
        );
        // Whoever asks for what came after is told what went before, and not the other way round.
        assert_eq!(told(&place, new, old), history);
        assert_eq!(told(&place, new, new).len(), 1);
        assert_eq!(told(&place, old, new), []);
    }
    // What was reported of the old measure is read under the new id, too.
    let reports = |id: &str| {
        let options = [
            "--id",
            id,
            "--table",
            "status_reports",
            "--as-of",
            "2025-12-31",
        ];
        let trail = place.ask("trail", &options);
        texts(&trail, "date", |it| it["said"]["overall"] == "A")
    };
    assert_eq!(reports("KI-M-12"), ["2025-02-28"]);
    assert_eq!(reports("AU-M-01"), ["2025-02-28"]);
    // Before it succeeded anything, it has no such history.
    let early = place.ask("trail", &["--id", "AU-M-01", "--as-of", "2025-06-30"]);
    assert_eq!(early["rows"], json!([]));
}

#[test]
fn each_entry_is_called_as_on_the_reporting_date() {
    let place = reorganised();
    let measure = |day: &str| {
        let it = place.ask("catalogue", &["--as-of", day]);
        let it = row(&it, "id", "KI-M-12").clone();
        (it["title"].clone(), it["state"].clone())
    };
    assert_ne!(measure("2025-02-28").0, "Umbenannt");
    assert_eq!(measure("2025-06-30"), (json!("Umbenannt"), json!("active")));
    assert_eq!(
        measure("2025-07-01"),
        (json!("Umbenannt"), json!("stopped"))
    );
    let body = |day: &str| {
        let it = place.ask("bodies", &["--as-of", day]);
        let it = row(&it, "id", "B-KI-AK").clone();
        ["title", "state", "succeeded_by"].map(|field| it[field].clone())
    };
    assert_eq!(body("2025-02-28")[0], "Technischer Arbeitskreis KI");
    assert_eq!(
        body("2025-06-30"),
        [json!("Arbeitskreis neu"), json!("active"), json!([])]
    );
    assert_eq!(
        body("2025-07-01"),
        [
            json!("Arbeitskreis neu"),
            json!("dissolved"),
            json!(["B-AU"])
        ]
    );
    // The successions, by the titles of their day.
    let links = place.ask("dependencies", &["--as-of", "2025-07-01"]);
    let succeeded = texts(&links, "to_title", |it| it["kind"] == "succeeds");
    assert_eq!(succeeded, ["Säule KI neu", "Umbenannt", "Arbeitskreis neu"]);
}

#[test]
fn what_was_reorganised_between_two_days_is_among_the_changes() {
    let place = reorganised();
    let options = ["--as-of", "2025-07-01", "--before-as-of", "2025-02-28"];
    let changes = place.ask("changes", &options);
    let of = |kind: &str, id: &str, field: &str| {
        let rows = changes["rows"].as_array().unwrap();
        let found = rows
            .iter()
            .find(|it| it["kind"] == kind && it["id"] == id && it["field"] == field);
        let found = found.unwrap_or_else(|| panic!("{kind} {id} {field}: {changes}"));
        assert!(!found["events"].as_array().unwrap().is_empty(), "{found}");
        (found["before"].clone(), found["after"].clone())
    };
    let both = |was: &str, is: &str| (json!(was), json!(is));
    assert_eq!(
        of("catalogue", "KI", "title"),
        both("Säule Künstliche Intelligenz", "Säule KI neu")
    );
    assert_eq!(of("catalogue", "KI", "state"), both("active", "dissolved"));
    assert_eq!(
        of("catalogue", "AU", "title"),
        (Value::Null, json!("Säule Automatisierung"))
    );
    assert_eq!(
        of("catalogue", "KI-M-12", "state"),
        both("active", "stopped")
    );
    assert_eq!(
        of("bodies", "B-KI-AK", "state"),
        both("planned", "dissolved")
    );
    assert_eq!(
        of("bodies", "B-KI-AK", "succeeded_by"),
        (json!([]), json!(["B-AU"]))
    );
    // A body is told of once, not among the catalogue's entries, too.
    let twice = texts(&changes, "field", |it| {
        it["kind"] == "catalogue" && it["id"] == "B-KI-AK"
    });
    assert_eq!(twice, [""; 0]);
    let why = ["explain", "changes", "catalogue/KI/title", "after"];
    let why = place.on_store(&[&why[..], &["--format", "json"], &options].concat());
    assert_eq!(
        why.ended(0).json()["events"][0]["name"],
        "catalogue.entry_set"
    );
}

#[test]
fn a_dissolved_pillar_leaves_the_summary_and_the_headline_from_its_last_day_on() {
    let place = reorganised();
    let pillars = |day: &str| {
        let status = place.ask("status", &["--as-of", day]);
        let pillars = status["summary"]["pillars"].as_object().unwrap();
        pillars.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(pillars("2025-06-30"), ["DG", "DS", "KI", "RM"]);
    assert_eq!(pillars("2025-07-01"), ["AU", "DG", "DS", "RM"]);
    // Its measures still count for the programme: one was stopped, one came.
    let all = |day: &str| {
        place.ask("status", &["--as-of", day])["summary"]["programme"]["reported"].clone()
    };
    assert_eq!(all("2025-06-30"), all("2025-07-01"));
    // What is left in it is listed: with the pillars that are there it is all that counts.
    let summary = |day: &str| place.ask("status", &["--as-of", day])["summary"].clone();
    assert_eq!(summary("2025-06-30")["in_dissolved_pillars"], json!({}));
    let after = summary("2025-07-01");
    let left = after["in_dissolved_pillars"]["KI"].as_array().unwrap();
    assert!(left.contains(&json!("KI-M-01")) && !left.contains(&json!("KI-M-12")));
    let count = |reported: &Value| -> usize {
        let (_, all) = reported.as_str().unwrap().split_once(" of ").unwrap();
        all.parse().unwrap()
    };
    let pillars = after["pillars"].as_object().unwrap().values();
    let in_pillars: usize = pillars.map(|it| count(&it["reported"])).sum();
    assert_eq!(
        in_pillars + left.len(),
        count(&after["programme"]["reported"])
    );
    let server = Server::start(&place);
    let page = |day: &str| server.get(&format!("/?as_of={day}")).with_status(200).body;
    assert!(page("2025-06-30").contains("Säule KI neu"));
    let then = page("2025-07-01");
    assert!(!then.contains("Säule KI neu") && then.contains("Säule Automatisierung (AU)"));
}

#[test]
fn what_is_named_and_never_came_is_listed_until_it_comes() {
    let place = Place::begun();
    let open = |options: &[&str]| {
        let all = place.ask(
            "dependencies",
            &[&["--as-of", "2025-12-31"], options].concat(),
        );
        let open = all["summary"]["open_references"]
            .as_array()
            .unwrap()
            .clone();
        let text = |it: &Value, field: &str| it[field].as_str().unwrap().to_owned();
        open.iter()
            .map(|it| {
                ["table", "id", "column", "names"]
                    .map(|field| text(it, field))
                    .join(" ")
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(open(&[]), [""; 0]);
    let activity = |id: &str, predecessors: &str| {
        json!({
            "id": id, "measure": "DG-M-01", "optimistic": "1", "likely": "2", "pessimistic": "3",
            "predecessors": predecessors, "planned_on": "2025-01-10",
        })
    };
    let sitting = |id: &str, prepares: &str| json!({ "id": id, "body": "B-ALR", "date": "2025-10-01", "prepares": prepares, "received_on": "2025-01-10" });
    place.accept("activities", activity("A-1", "A-2 A-9:SS+2"));
    place.accept("activities", activity("A-2", ""));
    place.accept("sittings", sitting("S-1", "S-9"));
    place.accept(
        "catalogue",
        json!({ "id": "KI-M-77", "kind": "measure", "title": "Teil", "parent": "KI-M-76", "pillar": "XX", "set_on": "2025-01-10" }),
    );
    place.accept(
        "requests",
        json!({
            "id": "A-26-01", "subject": "DG-M-02", "applicant": "B-KT-DG", "pot": "T-26", "kind": "first",
            "amount": "100.00", "submitted_on": "2025-01-10",
        }),
    );
    place.accept(
        "papers",
        json!({ "id": "V-1", "sitting": "S-1", "request": "A-26-09", "title": "Vorlage", "filed_on": "2025-01-10" }),
    );
    let all = [
        "activities A-1 predecessors A-9",
        "catalogue KI-M-77 parent KI-M-76",
        "catalogue KI-M-77 pillar XX",
        "papers V-1 request A-26-09",
        "requests A-26-01 pot T-26",
        "sittings S-1 prepares S-9",
    ];
    assert_eq!(open(&[]), all);
    assert_eq!(open(&["--pillar", "DG"]), [all[0], all[4]]);
    place.accept("activities", activity("A-9", ""));
    place.accept("sittings", sitting("S-9", ""));
    place.accept(
        "pots",
        json!({ "id": "T-26", "fiscal_year": "2025", "amount": "100.00", "resolved_on": "2025-01-11" }),
    );
    assert_eq!(open(&[]), all[1..4]);
    let table = place
        .on_store(&["dependencies", "--as-of", "2025-12-31"])
        .ended(0);
    assert!(table.out.contains("KI-M-76"), "{table:?}");
}

/// What nothing would ever read is refused where it is plainly wrong, and listed where what it names may come.
#[test]
fn what_would_change_nothing_is_refused_or_listed() {
    let place = Place::begun();
    let link = |more: Value| {
        let mut row = json!({ "from": "DG-M-01", "kind": "related", "to": "DG-M-02", "set_on": "2025-01-10" });
        let (all, more) = (row.as_object_mut().unwrap(), more.as_object().unwrap());
        all.extend(more.clone());
        row
    };
    let entry = |id: &str, parent: &str| json!({ "id": id, "kind": "measure", "title": "Teil", "parent": parent, "pillar": "KI", "set_on": "2025-01-10" });
    let pot = |id: &str, share: &str| json!({ "id": id, "fiscal_year": 2025, "amount": "100.00", "cost_share": share, "resolved_on": "2025-01-11" });
    for (table, row, code, column, value) in [
        (
            "links",
            link(json!({ "until": "2025-01-09" })),
            "days_out_of_order",
            "until",
            "2025-01-09",
        ),
        (
            "catalogue",
            entry("KI-M-70", "KI-M-70"),
            "own_parent",
            "parent",
            "KI-M-70",
        ),
        (
            "pots",
            pot("T-1", "25/74"),
            "unknown_reference",
            "cost_share",
            "25/74",
        ),
    ] {
        let refused = place.refuse(table, row);
        assert_eq!(
            (&refused["code"], &refused["column"], &refused["value"]),
            (&json!(code), &json!(column), &json!(value)),
            "{refused}"
        );
    }
    place.accept("links", link(json!({ "until": "2025-01-10" })));
    // A later state begins with `valid_from`, whatever it says of the day it was first set.
    let later = json!({ "valid_from": "2025-03-01", "until": "2025-02-28" });
    assert_eq!(
        place.refuse("links", link(later))["code"],
        "days_out_of_order"
    );
    place.accept("catalogue", entry("KI-M-71", "KI-M-72"));
    place.accept("catalogue", entry("KI-M-72", "KI-M-71"));
    let part = |group: &str, percent: &str| json!({ "id": "schluessel-neu", "partner_group": group, "percent": percent, "valid_from": "2025-02-01" });
    let parts = [part("BUND", "25.00000"), part("LAENDER", "75.00000")];
    assert_eq!(place.feed_rows("cost_schemes", &parts)["accepted"], 2);
    place.accept("pots", pot("T-2", "schluessel-neu"));
    place.accept("pots", pot("T-3", "25/75"));
    let threshold = |name: &str, dimension: &str| json!({ "name": name, "dimension": dimension, "amber": "1", "red": "2", "valid_from": "2025-01-10" });
    place.accept("thresholds", threshold("slip_days", "budget"));
    place.accept("thresholds", threshold("slip_days", "schedule"));
    let release = |id: &str| json!({ "kind": "measure", "id": id, "classification": "public", "date": "2025-01-10" });
    place.accept("releases", release("DG-M-99"));
    place.accept("releases", release("DG-M-01"));
    let open = |more: &[&str]| {
        let asked = [&["--as-of", "2025-01-31"], more].concat();
        place.ask("dependencies", &asked)["summary"].take()
    };
    let summary = open(&[]);
    assert_eq!(summary["parent_cycles"], json!([["KI-M-71", "KI-M-72"]]));
    assert_eq!(
        summary["open_references"],
        json!([
            { "table": "pots", "id": "T-2", "column": "cost_share", "names": "schluessel-neu" },
            { "table": "releases", "id": "measure", "column": "id", "names": "DG-M-99" },
            { "table": "thresholds", "id": "slip_days", "column": "name", "names": "slip_days/budget" },
        ])
    );
    assert_eq!(open(&["--pillar", "DG"])["parent_cycles"], json!([]));
    let later = place.ask("dependencies", &["--as-of", "2025-12-31"]);
    let left = later["summary"]["open_references"].as_array().unwrap();
    assert_eq!(left.len(), 2, "the scheme holds by then");
}
