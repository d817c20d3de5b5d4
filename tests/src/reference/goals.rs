//! `goals`: indicators, what was measured, and how far a goal is attained.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::numbers::{amount, half_up_wide, millionths, plain, undefined};
use super::versions::Fact;
use super::{World, catalogue, numbers};

/// One indicator of a goal at V.
struct Gauge<'a> {
    set: &'a Fact,
    /// The latest measurement.
    measured: Option<&'a Fact>,
}

impl Gauge<'_> {
    /// "per goal: (Ist − Basis)/(Ziel − Basis)" (dossier 5.3), in percent with two places.
    fn attainment(&self) -> Value {
        let number = |fact: &Fact, column: &str| millionths(fact.text(column));
        let (Some(base), Some(target)) = (number(self.set, "base"), number(self.set, "target"))
        else {
            return undefined("base or target is no number");
        };
        let Some(actual) = self.measured.and_then(|fact| number(fact, "value")) else {
            return undefined("never measured");
        };
        if target == base {
            return undefined("the target is the base");
        }
        // "clipped 0…100 %" (dossier 5.3).
        let part = half_up_wide((actual - base) * 10_000, target - base);
        amount(part.clamp(0, 10_000))
    }
}

/// The indicators of a goal, sorted by name.
fn gauges<'a>(world: &'a World, goal: &str) -> Vec<Gauge<'a>> {
    let mut indicators = world.states_of("goal_indicators", &["goal", "indicator"]);
    indicators.retain(|set| set.text("goal") == goal);
    let gauge = |set: &'a Fact| {
        let mut measured = world.of("goal_measurements", "goal", goal);
        measured.retain(|fact| fact.text("indicator") == set.text("indicator"));
        Gauge {
            set,
            measured: measured.last().copied(),
        }
    };
    indicators.into_iter().map(gauge).collect()
}

/// One row per goal and indicator, a goal without one in one row; sorted by (id, indicator).
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut goals = world.states("catalogue", "id");
    goals.retain(|entry| entry.text("kind") == "goal");
    let mut rows = Vec::new();
    // Per pillar: goals, those with an indicator, those with a measured one.
    let mut pillars: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    let (mut without_measure, mut out_of_scope, mut without_indicator) =
        (Vec::new(), Vec::new(), Vec::new());
    for goal in &goals {
        let id = goal.text("id");
        let gauges = gauges(world, id);
        let counts = pillars.entry(goal.text("pillar")).or_default();
        counts[0] += 1;
        counts[1] += u32::from(!gauges.is_empty());
        counts[2] += u32::from(gauges.iter().any(|gauge| gauge.measured.is_some()));
        if gauges.is_empty() {
            without_indicator.push(id);
            rows.push(row_without(goal));
        }
        rows.extend(gauges.iter().map(|gauge| row(goal, gauge)));
        let measures = serving(world, id);
        if measures.is_empty() {
            without_measure.push(id);
        } else if !measures.iter().any(|measure| catalogue::in_scope(measure)) {
            out_of_scope.push(id);
        }
    }
    let pillars: BTreeMap<&str, Value> = pillars
        .into_iter()
        .map(|(pillar, [goals, with_indicator, measured])| {
            let counts =
                json!({ "goals": goals, "with_indicator": with_indicator, "measured": measured });
            (pillar, counts)
        })
        .collect();
    let summary = json!({
        "pillars": pillars,
        "without_measure": without_measure,
        "only_out_of_scope": out_of_scope,
        "without_indicator": without_indicator,
    });
    (Value::Array(rows), summary)
}

/// The measures that serve a goal at V.
fn serving<'a>(world: &'a World, goal: &str) -> Vec<&'a Fact> {
    let from = world.linked_from("serves", goal);
    let mut measures = world.states("catalogue", "id");
    measures.retain(|entry| entry.text("kind") == "measure" && from.contains(&entry.text("id")));
    measures
}

fn row(goal: &Fact, gauge: &Gauge) -> Value {
    let number = |fact: &Fact, column: &str| {
        millionths(fact.text(column)).map_or_else(|| undefined("no number"), |it| json!(plain(it)))
    };
    json!({
        "id": goal.text("id"),
        "pillar": goal.text("pillar"),
        "title": goal.text("title"),
        "indicator": gauge.set.text("indicator"),
        "unit": gauge.set.text("unit"),
        "base": number(gauge.set, "base"),
        "target": number(gauge.set, "target"),
        "actual": gauge.measured.map_or_else(|| undefined("never measured"), |fact| number(fact, "value")),
        "attainment": gauge.attainment(),
        "due": numbers::date(gauge.set.date("due")),
    })
}

/// "a goal without indicator is `none` (grau), not 0 %": no number of its row can be computed.
fn row_without(goal: &Fact) -> Value {
    json!({
        "id": goal.text("id"),
        "pillar": goal.text("pillar"),
        "title": goal.text("title"),
        "indicator": null,
        "attainment": undefined("no indicator"),
    })
}
