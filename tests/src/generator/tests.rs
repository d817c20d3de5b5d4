use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{LAST_DAY, feed, feed_of_all_tables};
use crate::FeedRow;
use crate::reference::tables::TABLES;

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
        for rows in [feed(seed, 600), feed_of_all_tables(seed, 600)] {
            let rows = rows.len();
            assert!((300..1_100).contains(&rows), "seed {seed}: {rows} rows");
        }
    }
}

#[test]
fn nothing_is_received_after_the_last_day() {
    for row in feed(3, 2_000)
        .into_iter()
        .chain(feed_of_all_tables(3, 2_000))
    {
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
        ("risk_drivers", "risk", "risks"),
        ("risk_actions", "risk", "risks"),
        ("risk_closures", "risk", "risks"),
        ("mandate_steps", "mandate", "mandates"),
        ("impediment_steps", "impediment", "impediments"),
        ("requests", "pot", "pots"),
        ("request_steps", "request", "requests"),
        ("bookings", "request", "requests"),
        ("papers", "sitting", "sittings"),
        ("votes", "paper", "papers"),
        ("resolutions", "paper", "papers"),
        ("carry_overs", "request", "requests"),
        ("carry_overs", "pot", "pots"),
    ];
    for seed in 0..20 {
        let mut ids: BTreeSet<(String, String)> = BTreeSet::new();
        let mut references: BTreeSet<String> = BTreeSet::new();
        for row in feed_of_all_tables(seed, 800) {
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

/// Every table of the contract that the reference knows is in a feed of all tables, with what makes
/// its answers hard.
#[test]
fn a_feed_of_all_tables_has_every_table() {
    let rows: Vec<FeedRow> = (0..48)
        .flat_map(|seed| feed_of_all_tables(seed, 2_000))
        .collect();
    for table in TABLES {
        assert!(
            rows.iter().any(|row| row.table == table.name),
            "{}",
            table.name
        );
    }
    // Table, column, and what a cell of it is: stated, empty, or this.
    #[rustfmt::skip]
    let hard = [
        ("links", "kind", "serves"), ("links", "kind", "depends_on"), ("links", "kind", "led_by"),
        ("links", "kind", "co_led_by"), ("links", "kind", "related"), ("links", "kind", "succeeds"),
        ("links", "until", "stated"), ("links", "valid_from", "stated"),
        ("catalogue", "state", "dissolved"), ("catalogue", "state", "paused"),
        ("sittings", "prepares", "stated"), ("sittings", "valid_from", "stated"),
        ("mandates", "valid_from", "stated"), ("mandates", "due", "empty"),
        ("plans", "period_end", "empty"), ("plans", "baseline", "3"), ("progress", "actual_cost", "empty"),
        ("goal_indicators", "valid_from", "stated"), ("goal_indicators", "target", "4.20"),
        ("risk_actions", "valid_from", "stated"), ("risk_drivers", "set_on", "empty"),
        ("risk_closures", "outcome", "closed"), ("risk_closures", "outcome", "occurred"),
        ("risk_closures", "impediment", "stated"),
        ("papers", "valid_from", "stated"), ("papers", "request", "empty"), ("votes", "vote", "abstain"),
        ("resolutions", "kind", "recommendation"), ("resolutions", "partners", "stated"),
    ];
    let fits = |row: &FeedRow, column: &str, wanted: &str| match wanted {
        "stated" => !cell(row, column).is_empty(),
        "empty" => cell(row, column).is_empty(),
        _ => cell(row, column) == wanted,
    };
    for (table, column, wanted) in hard {
        let found = rows
            .iter()
            .any(|row| row.table == table && fits(row, column, wanted));
        assert!(found, "{table}.{column}: {wanted}");
    }
    // Corrections of a table by a column.
    for (table, column) in [
        ("links", "until"),
        ("links", "to_date"),
        ("mandates", "void"),
        ("mandate_steps", "void"),
        ("status_overrides", "overall"),
        ("plans", "to_date"),
        ("goal_measurements", "to_date"),
        ("risk_actions", "state"),
        ("risk_closures", "void"),
        ("carry_overs", "amount"),
        ("carry_overs", "to_date"),
        ("carry_overs", "void"),
    ] {
        let found = rows.iter().any(|row| {
            row.table == "corrections" && cell(row, "table") == table && fits(row, column, "stated")
        });
        assert!(found, "corrections of {table} by {column}");
    }
}
