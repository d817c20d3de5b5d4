//! Carry-overs of more than is bound, and into a year that is not a later one, told by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::year_end::{Story, pot};

/// 100.00 are bound, more is resolved: 100.00 go on. No cent is to be carried in one pot and credited of the other, nor
/// is more credited than there is.
#[test]
fn what_is_resolved_beyond_what_is_bound_changes_no_figure() {
    for resolved in ["150.00", "5000.00"] {
        let mut story = Story::of(["call", "call"]);
        story.book("2024-05-01", "commitment", "100.00", "2024");
        let fields = ["bound_to_carry", "carried", "proposed"];
        let told = |story: &Story, id: &str| story.told(("year-end", "2025-12-31"), id, fields);
        assert_eq!(told(&story, "T-24/A-1"), ["100.00", "0.00", "100.00"]);
        story.carry(resolved);
        assert_eq!(told(&story, "T-24/A-1"), ["100.00", "100.00", "0.00"]);
        assert_eq!(told(&story, "T-25/A-1"), ["100.00", "0.00", "100.00"]);
        let sums = |story: &Story| {
            let summary = story.desk.at("year-end", date(2025, 12, 31))["summary"].clone();
            let credits = summary["credits"].as_object().unwrap().values();
            let credits: i64 = credits.map(crate::carrying::cents).sum();
            (summary["proposed"].clone(), credits)
        };
        // 1,000.00 and 500.00, less the 100.00 that are bound.
        assert_eq!(sums(&story), (json!("100.00"), 140_000));
        let exceptions = story.desk.at("exceptions", date(2025, 12, 31));
        assert_eq!(exceptions["summary"]["counts"]["over_carried"], 1);
        // As much released as was resolved, everything is left, and not a cent more.
        story.book("2025-04-01", "commitment_release", resolved, "2024");
        assert_eq!(sums(&story), (json!("0.00"), 150_000));
        story.step("2025-05-02", "waived");
        assert_eq!(sums(&story), (json!("0.00"), 150_000));
    }
}

/// A carry-over goes on to a later year; one that goes back, or to another pot of the year, is told of (dossier 3.4).
#[test]
fn a_carry_over_into_a_year_that_is_not_a_later_one_is_told_of() {
    let mut story = Story::of(["call", "call"]);
    for id in ["T-23", "T-24B"] {
        let year = if id == "T-23" { "2023" } else { "2024" };
        let cells = pot(id, year, "10.00", "call", "25/75");
        let cells: Vec<(&str, &str)> = cells.iter().map(|(a, b)| (*a, &**b)).collect();
        story.desk.row("pots", &cells);
    }
    story.book("2024-05-01", "commitment", "100.00", "2024");
    story.carry("60.00");
    let mut events = Vec::new();
    for to in ["T-23", "T-24B"] {
        let cells = [
            ("pot", "T-24"),
            ("to_pot", to),
            ("request", "A-1"),
            ("amount", "20.00"),
            ("resolved_on", "2025-03-20"),
            ("resolution", "IT-PLR 46"),
        ];
        events.push(json!([story.desk.row("carry_overs", &cells)]));
    }
    let told = story.desk.at("exceptions", date(2025, 12, 31));
    let rows = told["rows"].as_array().unwrap().iter();
    let back: Vec<&Value> = rows.filter(|it| it["kind"] == "carried_back").collect();
    let what: Vec<&Value> = back.iter().map(|it| &it["what"]).collect();
    assert_eq!(what, ["A-1: T-24 → T-23", "A-1: T-24 → T-24B"]);
    let of: Vec<&Value> = back.iter().map(|it| &it["events"]).collect();
    assert_eq!(of, events.iter().collect::<Vec<_>>());
    assert_eq!(told["summary"]["counts"]["carried_back"], 2);
}
