//! `impediments`: what is in the way, how long, and who has it.

use serde_json::{Value, json};

use super::numbers::{days_between, median};
use super::versions::Fact;
use super::{World, numbers};

/// The steps of an impediment up to V.
struct Line<'a> {
    state: &'a Fact,
    steps: Vec<&'a Fact>,
}

impl Line<'_> {
    /// `open` until escalated, then `escalated`, `resolved` at the end: the last visible step.
    fn state(&self) -> &str {
        self.steps.last().map_or("open", |step| step.text("step"))
    }

    fn is_open(&self) -> bool {
        self.state() != "resolved"
    }

    /// "ages … count from V".
    fn age(&self, world: &World) -> Option<i64> {
        Some(days_between(self.state.date("reported_on")?, world.as_of))
    }

    /// The body of the latest escalation.
    fn escalated_to(&self) -> Option<&str> {
        self.steps
            .iter()
            .rev()
            .find(|step| step.text("step") == "escalated")
            .and_then(|step| step.get("to_body"))
    }
}

/// One row per impediment, sorted by id; the summary is about the open ones.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let lines: Vec<Line> = world
        .states("impediments", "id")
        .into_iter()
        .map(|state| {
            let mut steps = world.of("impediment_steps", "impediment", state.text("id"));
            steps.sort_by_key(|step| (step.effective, step.position));
            Line { state, steps }
        })
        .collect();
    let rows: Vec<Value> = lines.iter().map(|line| row(world, line)).collect();
    let ages: Vec<i64> = lines
        .iter()
        .filter(|line| line.is_open())
        .filter_map(|line| line.age(world))
        .collect();
    let summary = json!({
        "open": ages.len(),
        "median_age_days": median(&ages),
        "older_than_30_days": ages.iter().filter(|age| **age > 30).count(),
    });
    (Value::Array(rows), summary)
}

fn row(world: &World, line: &Line) -> Value {
    let mut row = json!({
        "id": line.state.text("id"),
        "subject": line.state.text("subject"),
        "title": line.state.text("title"),
        "reported_on": numbers::date(line.state.date("reported_on")),
        "escalated_to": numbers::text(line.escalated_to()),
        "state": line.state(),
    });
    // The contract does not say whether a resolved one still ages.
    if let (true, Some(age)) = (line.is_open(), line.age(world)) {
        row["age_days"] = json!(age);
    }
    row
}
