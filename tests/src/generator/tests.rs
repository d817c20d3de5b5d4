use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{LAST_DAY, feed};
use crate::FeedRow;

fn cell<'a>(row: &'a FeedRow, column: &str) -> &'a str {
    row.cells.get(column).map_or("", String::as_str)
}

#[test]
fn the_same_seed_gives_the_same_feed() {
    assert_eq!(feed(7, 400), feed(7, 400));
    assert_ne!(feed(7, 400), feed(8, 400));
}

#[test]
fn the_size_is_about_what_was_asked_for() {
    for seed in 0..20 {
        let rows = feed(seed, 600).len();
        assert!((300..1_100).contains(&rows), "seed {seed}: {rows} rows");
    }
}

#[test]
fn nothing_is_received_after_the_last_day() {
    for row in feed(3, 2_000) {
        if let Ok(day) = cell(&row, "received_on").parse::<Date>() {
            assert!(day <= LAST_DAY, "{row:?}");
        }
        for (column, text) in &row.cells {
            assert!(
                !text.is_empty() && !text.starts_with('='),
                "{column} of {row:?}"
            );
        }
    }
}

/// What a row refers to comes before it, in every batch.
#[test]
fn references_come_first() {
    let refers = [
        ("milestone_reports", "milestone", "milestones"),
        ("rebaselines", "milestone", "milestones"),
        ("risk_assessments", "risk", "risks"),
        ("risk_drivers", "activity", "activities"),
        ("impediment_steps", "impediment", "impediments"),
        ("requests", "pot", "pots"),
        ("request_steps", "request", "requests"),
        ("bookings", "request", "requests"),
    ];
    for seed in 0..20 {
        let mut ids: BTreeSet<(String, String)> = BTreeSet::new();
        let mut references: BTreeSet<String> = BTreeSet::new();
        for row in feed(seed, 800) {
            for (table, column, to) in refers {
                if row.table == table {
                    let wanted = (to.to_owned(), cell(&row, column).to_owned());
                    assert!(ids.contains(&wanted), "seed {seed}: {row:?}");
                }
            }
            if let Some(corrects) = row.cells.get("corrects") {
                assert!(references.contains(corrects), "seed {seed}: {row:?}");
            }
            ids.insert((row.table.clone(), cell(&row, "id").to_owned()));
            references.insert(cell(&row, "reference").to_owned());
        }
    }
}

/// Every kind of trouble is in a feed of some size.
#[test]
fn a_feed_has_variety() {
    let rows: Vec<FeedRow> = (0..5).flat_map(|seed| feed(seed, 2_000)).collect();
    let some = |table: &str, column: &str| {
        rows.iter()
            .any(|row| row.table == table && !cell(row, column).is_empty())
    };
    assert!(
        some("corrections", "void")
            && some("corrections", "to_date")
            && some("bookings", "corrects")
    );
    assert!(
        some("risks", "valid_from")
            && some("pots", "valid_from")
            && some("milestones", "valid_from")
    );
    assert!(
        some("bookings", "settles")
            && some("catalogue", "valid_from")
            && some("rebaselines", "baseline")
    );
    assert!(
        rows.iter()
            .any(|row| row.table == "corrections" && row.cells.values().any(|cell| cell == "-"))
    );
    for step in [
        "deferred",
        "blocked",
        "waived",
        "revoked",
        "withdrawn",
        "clawback_set",
        "condition_met",
        "proof_accepted",
    ] {
        assert!(rows.iter().any(|row| cell(row, "step") == step), "{step}");
    }
    for kind in ["commitment_release", "refund", "commitment_authority"] {
        assert!(rows.iter().any(|row| cell(row, "kind") == kind), "{kind}");
    }
}
