//! Beginning a programme: what it is, its catalogue, the thresholds and the cost keys.

mod catalogue;
mod keys;
mod yaml;

use leitstand_domain::{Day, Event, Id, event::ProgrammeInitialised, table::Cells};
use leitstand_store::EventStore;
use serde::Serialize;

pub use self::{
    catalogue::{BUILT_IN, BadCatalogue},
    keys::built_in_keys,
};
use crate::{
    Actor, Desk, Failure, Finding, Outcome, Submission, command_id, desk::decode, feed::plain_rows,
    ident::Content, seals::LOG,
};

/// The built-in thresholds, in the form of the feed table.
pub const THRESHOLDS: &str = include_str!("../data/thresholds.csv");
/// The built-in cost keys: one row per Land, one column per key year.
const COST_KEYS: &str = include_str!("../data/koenigsteiner-schluessel.csv");

/// What `init` did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct InitReport {
    /// Recorded now.
    pub accepted: u64,
    /// Recorded before.
    pub known: u64,
    /// What could not be recorded: a second `init` with another catalogue, programme or currency.
    pub findings: Vec<Finding>,
}

impl InitReport {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Accepted { .. } => self.accepted += 1,
            Outcome::Known { .. } => self.known += 1,
            Outcome::Rejected(findings) => self.findings.extend(findings),
        }
    }
}

/// What a log says its programme is; `None` if it was never initialised.
///
/// # Errors
/// The store failed, or the event cannot be read.
pub async fn programme(store: &dyn EventStore) -> Result<Option<ProgrammeInitialised>, Failure> {
    for recorded in store.read(LOG).await? {
        if let Event::Initialised(programme) = decode(&recorded)? {
            return Ok(Some(programme));
        }
    }
    Ok(None)
}

/// Records programme and currency, the catalogue (built in if none is given), thresholds and cost
/// keys. A second time everything is known and nothing changes.
///
/// A given catalogue is YAML in the form of the built-in one, or CSV in the form of the feed table
/// `catalogue`. From when it is effective and known is stated in it, else 1990-01-01.
///
/// # Errors
/// The store failed. What is wrong with the catalogue is in the report, and then nothing is recorded.
pub async fn init(
    desk: &Desk,
    catalogue: Option<&str>,
    currency: &Id,
) -> Result<InitReport, Failure> {
    let mut report = InitReport::default();
    let rows = match catalogue::rows(catalogue) {
        Ok(rows) => rows,
        Err(findings) => {
            report.findings = findings;
            return Ok(report);
        }
    };
    if let Some(found) = programme(&**desk.store()).await?
        && found.currency != *currency
    {
        report.findings.push(other_currency(&found.currency));
        return Ok(report);
    }
    let mut wanted: Vec<Submission> = rows
        .into_iter()
        .map(|(table, cells)| built_in(table, cells))
        .collect();
    wanted.extend(thresholds());
    let outcomes = desk.rehearse().await?.decide(&wanted).await?;
    for (row, outcome) in wanted.iter().zip(outcomes) {
        if let Outcome::Rejected(findings) = outcome {
            let place = entry_named(row);
            let found = findings.into_iter();
            report
                .findings
                .extend(found.map(|it| it.in_row(Some(&place), None)));
        }
    }
    if !report.findings.is_empty() {
        return Ok(report);
    }
    report.count(initialised(desk, currency).await?);
    for outcome in desk.record_many(&wanted).await? {
        report.count(outcome);
    }
    for (command, event) in keys::cost_keys(desk.programme()) {
        let times = (Day::FIRST, Some(Day::FIRST));
        let settings = "settings";
        report.count(
            desk.record_event(settings, command, event, times, &Actor::program(), None)
                .await?,
        );
    }
    Ok(report)
}

async fn initialised(desk: &Desk, currency: &Id) -> Result<Outcome, Failure> {
    let programme = desk.programme().clone();
    let mut content = Content::default();
    content.state("currency", currency.as_str());
    let command = command_id(&programme, "log.initialised", &programme, &content.hash());
    let event = Event::Initialised(ProgrammeInitialised {
        programme,
        currency: currency.clone(),
    });
    let times = (Day::FIRST, Some(Day::FIRST));
    desk.record_event(LOG, command, event, times, &Actor::program(), None)
        .await
}

fn built_in(table: &str, cells: Cells) -> Submission {
    let mut submission = Submission::new(table, cells, Actor::program());
    submission.built_in = true;
    submission
}

/// Which entry of the catalogue a row is, in its table and by what names it.
fn entry_named(row: &Submission) -> String {
    let name = ["id", "from", "title", "kind"]
        .iter()
        .find_map(|it| row.cells.get(*it).filter(|it| !it.is_empty()));
    format!("{} {}", row.table, name.map_or("", String::as_str))
}

fn thresholds() -> Vec<Submission> {
    let with_known = |mut cells: Cells| {
        cells.insert("received_on".to_owned(), Day::FIRST.to_string());
        built_in("thresholds", cells)
    };
    plain_rows(THRESHOLDS).into_iter().map(with_known).collect()
}

fn other_currency(found: &Id) -> Finding {
    Finding::new(
        "other_currency",
        format!("Dieses Programm rechnet in {found}; die Währung lässt sich nicht mehr ändern"),
        format!("This programme counts in {found}; its currency can no longer be changed"),
    )
    .at("currency")
}
