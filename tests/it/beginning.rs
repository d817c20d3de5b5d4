//! `init` with wishes of one's own: another catalogue, another currency, and what is wrong with them.

use std::fs::{self, File};

use serde_json::json;

use crate::support::{Place, Server};

const CATALOGUE: &str = "id,kind,title,parent,set_on\nPROG,programme,Programm,,2024-01-01\nP1,pillar,Säule,,2024-01-01\nP1-M-1,measure,Maßnahme,P1,2024-01-01\n";

#[test]
fn a_second_time_the_currency_need_not_be_said_again() {
    let place = Place::empty();
    let file = place.write("k.csv", CATALOGUE);
    let file = file.to_str().unwrap();
    let begin = |more: &[&str]| {
        let mut arguments = vec!["init", "--catalogue", file];
        arguments.extend(more);
        place.on_store(&arguments)
    };
    begin(&["--currency", "CHF"]).ended(0);
    let again = begin(&[]).ended(0);
    assert!(again.out.contains(" 0 aufgezeichnet"), "{again:?}");
    let other = begin(&["--currency", "EUR"]).ended(3);
    assert!(other.err.contains("other_currency"), "{other:?}");
}

#[test]
fn what_is_wrong_is_found_before_a_store_is_made() {
    let place = Place::empty();
    place.on_store(&["init", "--currency", "Euro"]).ended(2);
    assert!(!place.log().exists());
    let untitled = place.write("k.csv", CATALOGUE.replace("Maßnahme,P1", ",P1"));
    let told = place
        .on_store(&["init", "--catalogue", untitled.to_str().unwrap()])
        .ended(3);
    assert!(
        told.err.contains("P1-M-1") && told.err.contains("title"),
        "{told:?}"
    );
    let unknown = place.write("k.yaml", "measures:\n  - {id: M-1, title: Maßnahme}\n");
    let told = place
        .on_store(&["init", "--catalogue", unknown.to_str().unwrap()])
        .ended(3);
    assert!(told.err.contains("title"), "{told:?}");
    assert!(!place.log().exists());
}

#[test]
fn a_measure_right_under_its_pillar_counts() {
    let place = Place::empty();
    let file = place.write("k.csv", CATALOGUE);
    place
        .on_store(&["init", "--catalogue", file.to_str().unwrap()])
        .ended(0);
    place.accept(
        "status_reports",
        json!({ "report_date": "2024-12-31", "measure": "P1-M-1", "overall": "A" }),
    );
    let status = place.ask("status", &["--as-of", "2024-12-31"]);
    assert_eq!(status["summary"]["programme"]["reported"], "1 of 1");
    assert_eq!(status["summary"]["report_rate"], "100.00");
}

#[test]
fn rejects_of_an_earlier_run_go_when_all_is_well() {
    let place = Place::begun();
    let folder = place.path("in");
    fs::create_dir(&folder).unwrap();
    let head = "id,subject,title,reported_on\n";
    fs::write(
        folder.join("impediments.csv"),
        format!("{head}H-1,PROG,T,2024-13-01\n"),
    )
    .unwrap();
    let folder_name = folder.to_str().unwrap();
    place.on_store(&["feed", folder_name]).ended(3);
    let rejects = place.path("in.rejects/impediments.csv");
    assert!(rejects.exists());
    fs::write(
        folder.join("impediments.csv"),
        format!("{head}H-1,PROG,T,2024-12-01\n"),
    )
    .unwrap();
    place.on_store(&["feed", folder_name]).ended(0);
    assert!(!rejects.exists());
    // A dry run writes rejects only where a place is named for them.
    fs::write(
        folder.join("impediments.csv"),
        format!("{head}H-2,PROG,T,2024-13-01\n"),
    )
    .unwrap();
    place.on_store(&["feed", folder_name, "--dry-run"]).ended(3);
    assert!(!rejects.exists());
    let named = place.path("named.csv");
    place
        .on_store(&[
            "feed",
            folder_name,
            "--dry-run",
            "--rejects",
            named.to_str().unwrap(),
        ])
        .ended(3);
    assert!(fs::read_to_string(named).unwrap().contains("H-2"));
}

#[test]
fn an_option_that_narrows_nothing_is_refused() {
    let place = Place::begun();
    for arguments in [
        ["exceptions", "--pillar", "DG"],
        ["requests", "--partner", "HH"],
        ["status", "--pot", "T-ORG"],
    ] {
        let told = place.on_store(&arguments).ended(2);
        assert!(told.err.contains("grenzt"), "{told:?}");
    }
}

#[test]
fn a_file_of_no_bytes_is_no_log_and_a_lost_one_is_told() {
    let place = Place::empty();
    place.write("log.db", "");
    let log = place.path("log.db");
    let place = Place::of(format!("sqlite:{}", log.display()));
    for asked in [&["audit", "verify"][..], &["status"]] {
        let told = place.on_store(asked).ended(1);
        assert!(told.err.contains("leitstand init"), "{told:?}");
    }
    assert_eq!(fs::metadata(&log).unwrap().len(), 0, "nothing is written");
    place.on_store(&["init"]).ended(0);
    for beside in ["-wal", "-shm"] {
        let _gone = fs::remove_file(format!("{}{beside}", log.display()));
    }
    File::create(&log).unwrap();
    for asked in [&["audit", "verify"][..], &["status"], &["init"]] {
        let told = place.on_store(asked).ended(7);
        assert!(told.err.contains("Sicherung"), "{told:?}");
    }
}

#[test]
fn lines_that_are_no_object_are_kept_with_the_rejects_too() {
    let place = Place::begun();
    let lines = "{\"table\":\"milestones\",\"x\"\n[1]\n{\"id\":\"a\"}\n";
    place.write("b.ndjson", lines);
    let file = place.path("b.ndjson");
    let file = file.to_str().unwrap();
    let told = place
        .on_store(&["feed", "--table", "milestones", file, "--format", "json"])
        .ended(3)
        .json();
    for finding in told["findings"].as_array().unwrap() {
        assert_eq!(finding["table"], "milestones", "{finding}");
    }
    let kept = fs::read_to_string(place.path("b.ndjson.rejects/milestones.ndjson")).unwrap();
    let kept: Vec<&str> = kept.lines().collect();
    assert_eq!(kept[..2], ["{\"table\":\"milestones\",\"x\"", "[1]"]);
    assert!(kept[2].contains("\"reason\""), "{kept:?}");
    // And who names no table at all is asked for one.
    place.write("c.ndjson", "{\"id\":\"a\"}\n");
    let file = place.path("c.ndjson");
    let told = place.on_store(&["feed", file.to_str().unwrap()]).ended(3);
    assert!(told.out.contains("„--table“"), "{told:?}");
}

#[test]
fn missing_keys_are_told_by_whoever_serves() {
    let place = Place::begun();
    let log = place.path("log.db");
    assert!(log.exists());
    for end in ["-keys", "-keys-wal", "-keys-shm"] {
        let _gone = fs::remove_file(format!("{}{end}", log.display()));
    }
    let server = Server::start(&place);
    let warnings = server.get("/readyz").with_status(200).json()["warnings"].to_string();
    assert!(
        warnings.contains("Schlüssel") && warnings.contains("restore"),
        "{warnings}"
    );
}
