//! The illustrative year 2024, built in.

use std::path::Path;

use leitstand_ingest::{Currency, Feed};

use crate::exit::{Exit, Stop};

macro_rules! table {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../demo/scenario-2024/", $name, ".csv")),
        )
    };
}

/// Every table with its rows.
const TABLES: &[(&str, &str)] = &[
    table!("activities"),
    table!("bookings"),
    table!("corrections"),
    table!("goal_indicators"),
    table!("goal_measurements"),
    table!("impediment_steps"),
    table!("impediments"),
    table!("milestone_reports"),
    table!("milestones"),
    table!("plans"),
    table!("pots"),
    table!("progress"),
    table!("report_calls"),
    table!("request_steps"),
    table!("requests"),
    table!("risk_assessments"),
    table!("risk_drivers"),
    table!("risks"),
    table!("seats"),
    table!("sittings"),
    table!("status_reports"),
];

/// All rows, in the order they will be recorded. They go by a folder, as any feed does.
pub(super) fn rows(folder: &Path) -> Result<Feed, Stop> {
    let failed = |error: std::io::Error| {
        Stop::new(Exit::Failure, "Für die Vorführung fehlt ein Ordner.").because(&error)
    };
    std::fs::create_dir(folder).map_err(failed)?;
    for (table, text) in TABLES {
        std::fs::write(folder.join(table).with_extension("csv"), text).map_err(failed)?;
    }
    Ok(Feed::open(
        &[folder.to_owned()],
        None,
        &Currency::default(),
    )?)
}
