//! Commands that are killed half way: what they began is completed by doing it again.

use std::{thread, time::Duration};

use leitstand_tests::scenario as year;
use serde_json::json;

use crate::support::{Place, chance, setting};

/// Starts a command and kills it after some time; whether it was still running.
fn killed(place: &Place, arguments: &[&str], after: Duration) -> bool {
    let mut child = place.command(arguments).spawn().unwrap();
    thread::sleep(after);
    let ended = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    ended.is_none()
}

/// A tenth of the rounds the server is killed in.
fn rounds() -> u64 {
    (setting("LEITSTAND_KILL_ROUNDS", 60) / 10).max(6)
}

#[test]
fn a_feed_that_was_killed_is_completed_by_feeding_again() {
    let mut dice = setting("LEITSTAND_KILL_SEED", 2);
    let mut running = 0;
    for round in 0..rounds() {
        let place = Place::begun();
        let store = place.store();
        let folder = year::folder();
        let feed = ["feed", "--store", &store, folder.to_str().unwrap()];
        for _ in 0..2 {
            let after = Duration::from_millis(chance(&mut dice) % 150);
            running += u32::from(killed(&place, &feed, after));
            place.head();
        }
        let report = place.feed(&[&folder]);
        let sum = report["accepted"].as_u64().unwrap() + report["known"].as_u64().unwrap();
        assert_eq!(
            (sum, &report["rejected"]),
            (700, &json!(0)),
            "round {round}"
        );
        assert_eq!(place.at_year_end("funds")["summary"]["spent"], "4066850.00");
        place.head();
    }
    assert!(running > 0, "no feed was killed half way");
}

#[test]
fn a_beginning_that_was_killed_is_completed_by_beginning_again() {
    let mut dice = setting("LEITSTAND_KILL_SEED", 3);
    let mut running = 0;
    for _ in 0..rounds() {
        let place = Place::empty();
        let store = place.store();
        let after = Duration::from_micros(chance(&mut dice) % 60_000);
        running += u32::from(killed(&place, &["init", "--store", &store], after));
        place.on_store(&["init"]).ended(0);
        let counts = &place.ask("catalogue", &[])["summary"]["counts"]["total"];
        assert_eq!(
            counts,
            &json!({ "goals": 35, "measures": 44, "governance": 39 })
        );
        place.head();
    }
    assert!(running > 0, "no beginning was killed half way");
}

#[test]
fn a_restoration_that_was_killed_leaves_all_or_nothing() {
    let mut dice = setting("LEITSTAND_KILL_SEED", 4);
    let place = Place::with_scenario();
    let head = place.head();
    place
        .run(&["backup", "--store", &place.store(), "-o", "sicherung"])
        .ended(0);
    for round in 0..rounds() {
        let file = format!("neu-{round}.db");
        let store = format!("sqlite:{file}");
        let restore = ["restore", "--from", "sicherung", "--store", &store];
        killed(
            &place,
            &restore,
            Duration::from_micros(chance(&mut dice) % 60_000),
        );
        if !place.path(&file).exists() {
            place.run(&restore).ended(0);
        }
        place
            .run(&["audit", "verify", "--store", &store, "--expect", &head])
            .ended(0);
        // With its texts: the keys are there before the log is.
        let requests = place
            .run(&["requests", "--store", &store, "--format", "json"])
            .ended(0);
        assert!(
            requests.out.contains("Metadaten nach DCAT-AP.de"),
            "round {round}: a text is lost"
        );
    }
}

#[test]
fn a_backup_that_was_killed_is_none() {
    let mut dice = setting("LEITSTAND_KILL_SEED", 5);
    let place = Place::with_scenario();
    for round in 0..rounds() {
        let folder = format!("s-{round}");
        let store = place.store();
        let backup = ["backup", "--store", &store, "-o", &folder];
        killed(
            &place,
            &backup,
            Duration::from_micros(chance(&mut dice) % 60_000),
        );
        let restored = place.run(&[
            "restore",
            "--from",
            &folder,
            "--store",
            &format!("sqlite:{folder}.db"),
        ]);
        let is_one = place.path(&folder).join("manifest.json").exists();
        assert_eq!(restored.code == 0, is_one, "{restored:?}");
    }
    place.head();
}
