//! `plans`: the baseline of each measure that holds, and what it comes to.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::numbers::{amount, undefined};
use super::versions::Fact;
use super::{World, numbers};

/// The plan of one measure at V.
struct Line<'a> {
    measure: &'a str,
    /// The row by which the baseline holds.
    latest: &'a Fact,
    /// "bac (last planned value)", of a total alone the total.
    bac: i64,
    /// "finish (last period end)".
    finish: Option<Date>,
}

/// "A plan's baseline holds as a whole": the greatest (effective date, known date, position) over
/// the rows of all baselines of the measure says which.
fn line<'a>(world: &'a World, measure: &'a str) -> Option<Line<'a>> {
    let rows = world.of("plans", "measure", measure);
    let latest = *rows.last()?;
    let own = rows
        .into_iter()
        .filter(|row| row.whole("baseline") == latest.whole("baseline"));
    let last = own.max_by_key(|row| (row.date("period_end"), row.rank()))?;
    Some(Line {
        measure,
        latest,
        bac: last.amount("planned_value")?,
        finish: last.date("period_end"),
    })
}

/// One row per measure with a plan, sorted by measure.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let measures: BTreeSet<&str> = world
        .all("plans")
        .into_iter()
        .map(|row| row.text("measure"))
        .collect();
    let lines: Vec<Line> = measures
        .into_iter()
        .filter_map(|measure| line(world, measure))
        .collect();
    let rows = lines.iter().map(|line| row(world, line)).collect();
    let bac: i64 = lines.iter().map(|line| line.bac).sum();
    let summary = json!({ "bac": amount(bac), "measures": lines.len() });
    (rows, summary)
}

fn row(world: &World, line: &Line) -> Value {
    let mut row = json!({
        "measure": line.measure,
        "baseline": line.latest.whole("baseline"),
        "baselined_on": line.latest.effective.to_string(),
        "resolution": numbers::text(line.latest.get("resolution")),
        "bac": amount(line.bac),
        "finish": line.finish.map_or_else(|| undefined("no period end"), |day| json!(day.to_string())),
    });
    if let Some(pillar) = world.pillar(line.measure) {
        row["pillar"] = json!(pillar);
    }
    row
}
