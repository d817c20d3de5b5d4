//! What may be told of a row: its table, command, stream, outcome and how long it took. Never a cell.

use std::time::Duration;

use crate::{Outcome, columns::Sheet, desk::Settled};

/// Counts a row and says what became of it.
pub(crate) fn told(table: &str, settled: &Settled, took: Duration) {
    let table = known(table);
    let outcome = settled.outcome.word();
    count(table, outcome, 1);
    let (command, stream) = (
        settled.command.unwrap_or_default(),
        settled.stream.as_deref(),
    );
    let (stream, duration_us) = (stream.unwrap_or(""), micros(took));
    let code = code(&settled.outcome);
    tracing::info!(%command, table, stream, outcome, code, duration_us, "row");
}

/// Says what became of a row of many.
pub(crate) fn told_of_many(table: &str, settled: &Settled) {
    let (command, stream) = (
        settled.command.unwrap_or_default(),
        settled.stream.as_deref(),
    );
    let (table, stream) = (known(table), stream.unwrap_or(""));
    let (outcome, code) = (settled.outcome.word(), code(&settled.outcome));
    count(table, outcome, 1);
    tracing::debug!(%command, table, stream, outcome, code, "row of many");
}

/// Says what became of many rows together and how long they took; of each by itself [`told_of_many`] does.
pub(crate) fn told_together(outcomes: &[Outcome], took: Duration) {
    let count = |word: &str| outcomes.iter().filter(|it| it.word() == word).count();
    let (accepted, known, rejected) = (count("accepted"), count("known"), count("rejected"));
    let (rows, duration_us) = (outcomes.len(), micros(took));
    tracing::info!(rows, accepted, known, rejected, duration_us, "rows");
}

fn code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Rejected(findings) => findings.first().map_or("", |it| &it.code),
        Outcome::Accepted { .. } | Outcome::Known { .. } => "",
    }
}

fn count(table: &'static str, outcome: &'static str, rows: u64) {
    metrics::counter!("leitstand_commands_total", "table" => table, "outcome" => outcome)
        .increment(rows);
}

/// A table's name, or `unknown`: whatever somebody made up is not a label.
fn known(table: &str) -> &'static str {
    Sheet::of(table).map_or("unknown", Sheet::name)
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}
