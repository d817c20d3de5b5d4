//! `risks`: the register with scores, expected values and the ranking.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::numbers::{amount, half_up, undefined};
use super::versions::Fact;
use super::{World, numbers};

/// Mid-probabilities in percent of the five levels (dossier 5.2).
const MID: [i64; 5] = [5, 20, 40, 65, 90];

/// "review_days" where the risk states none.
const REVIEW_DAYS: i64 = 90;

/// One risk at V.
struct Line<'a> {
    state: &'a Fact,
    /// Its `current` assessments in order; the last one counts.
    current: Vec<&'a Fact>,
    inherent: Option<i64>,
    residual: Option<i64>,
}

/// "5×5 score P·A".
fn score(assessment: &Fact) -> Option<i64> {
    Some(assessment.whole("probability")? * assessment.whole("impact")?)
}

/// "1–4 gering (`low`), 5–9 mittel (`medium`), 10–14 hoch (`high`), 15–25 kritisch (`critical`)".
fn level(score: Option<i64>) -> &'static str {
    match score {
        None => "none",
        Some(..=4) => "low",
        Some(5..=9) => "medium",
        Some(10..=14) => "high",
        Some(_) => "critical",
    }
}

impl<'a> Line<'a> {
    fn new(world: &'a World, state: &'a Fact) -> Self {
        let all = world.of("risk_assessments", "risk", state.text("id"));
        let of = |kind: &str| -> Vec<&'a Fact> {
            all.iter()
                .copied()
                .filter(|fact| fact.get("kind").unwrap_or("current") == kind)
                .collect()
        };
        Line {
            state,
            current: of("current"),
            inherent: of("inherent").last().copied().and_then(score),
            residual: of("residual").last().copied().and_then(score),
        }
    }

    fn id(&self) -> &str {
        self.state.text("id")
    }

    fn latest(&self) -> Option<&'a Fact> {
        self.current.last().copied()
    }

    fn score(&self) -> Option<i64> {
        self.latest().and_then(score)
    }

    /// Of the latest current assessment that states one, else the risk's own.
    fn cost_impact(&self) -> Option<i64> {
        let stated = self
            .current
            .iter()
            .filter_map(|fact| fact.amount("cost_impact"))
            .next_back();
        stated.or_else(|| self.state.amount("cost_impact"))
    }

    /// "Expected value = mid-probability × cost impact", exact, in hundredths of a cent: "half-up
    /// rounding at presentation only" (architecture, invariant 10).
    fn expected_value(&self) -> Option<i64> {
        let probability = self.latest()?.whole("probability")?;
        let mid = MID.get(usize::try_from(probability - 1).ok()?)?;
        Some(self.cost_impact()? * mid)
    }

    /// "Movement compares with the assessment before."
    fn movement(&self) -> Option<&'static str> {
        let now = self.score()?;
        let before = self.current.iter().rev().nth(1).copied().and_then(score);
        Some(match before {
            None => "new",
            Some(before) if now > before => "rising",
            Some(before) if now < before => "falling",
            Some(_) => "steady",
        })
    }

    fn last_assessed(&self) -> Option<Date> {
        self.latest().map(|fact| fact.effective)
    }

    /// last_assessed (or identified_on) + review_days < V.
    fn review_overdue(&self, world: &World) -> bool {
        let days = self.state.whole("review_days").unwrap_or(REVIEW_DAYS);
        let from = self
            .last_assessed()
            .or_else(|| self.state.date("identified_on"));
        from.is_some_and(|day| day.saturating_add(days.days()) < world.as_of)
    }

    /// "Ranking by score, then expected value, then id"; one never assessed ranks last.
    fn rank_key(&self) -> (Reverse<Option<i64>>, Reverse<Option<i64>>, &str) {
        (
            Reverse(self.score()),
            Reverse(self.expected_value()),
            self.id(),
        )
    }
}

/// One row per open risk, sorted by id.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let lines: Vec<Line> = world
        .states("risks", "id")
        .into_iter()
        // "Closed risks leave rows and sums", closed or occurred.
        .filter(|state| {
            world
                .of("risk_closures", "risk", state.text("id"))
                .is_empty()
        })
        .map(|state| Line::new(world, state))
        .collect();
    let mut ranked: Vec<&Line> = lines.iter().collect();
    ranked.sort_by(|a, b| a.rank_key().cmp(&b.rank_key()));
    let rows: Vec<Value> = lines
        .iter()
        .map(|line| {
            let rank = ranked
                .iter()
                .position(|other| other.id() == line.id())
                .map_or(0, |place| place + 1);
            row(world, line, rank)
        })
        .collect();
    (Value::Array(rows), summary(&lines, &ranked))
}

/// The risk's actions as they stand at V, sorted by id; dossier 5.2: "owner, due, state, cost".
fn actions(world: &World, risk: &str) -> Value {
    let mut actions = world.states("risk_actions", "id");
    actions.retain(|action| action.text("risk") == risk);
    let action = |action: &Fact| {
        let mut row = json!({
            "id": action.text("id"),
            "owner": numbers::text(action.get("owner")),
            "due": numbers::date(action.date("due")),
        });
        // The contract gives neither a default of `state` nor the form of a cost not stated.
        if let Some(state) = action.get("state") {
            row["state"] = json!(state);
        }
        if let Some(cost) = action.amount("cost") {
            row["cost"] = amount(cost);
        }
        row
    };
    actions.into_iter().map(action).collect()
}

fn number(value: Option<i64>) -> Value {
    value.map_or_else(|| undefined("never assessed"), Value::from)
}

fn money(value: Option<i64>, reason: &str) -> Value {
    value.map_or_else(|| undefined(reason), amount)
}

/// Hundredths of a cent, half up to the cent.
fn to_cents(hundredths: i64) -> i64 {
    half_up(hundredths, 100)
}

fn row(world: &World, line: &Line, rank: usize) -> Value {
    let of_latest = |column: &str| number(line.latest().and_then(|fact| fact.whole(column)));
    let mut row = json!({
        "id": line.id(),
        "subject": line.state.text("subject"),
        "category": line.state.text("category"),
        "title": line.state.text("title"),
        "probability": of_latest("probability"),
        "impact": of_latest("impact"),
        "score": number(line.score()),
        "level": level(line.score()),
        "cost_impact": money(line.cost_impact(), "not stated"),
        "expected_value": money(line.expected_value().map(to_cents), "never assessed or no cost impact"),
        "response": line.state.text("response"),
        "owner": numbers::text(line.state.get("owner")),
        "actions": actions(world, line.id()),
        "last_assessed": numbers::date(line.last_assessed()),
        "review_overdue": line.review_overdue(world),
        "rank": rank,
    });
    if let Some(pillar) = world.pillar(line.state.text("subject")) {
        row["pillar"] = json!(pillar);
    }
    if let Some(movement) = line.movement() {
        row["movement"] = json!(movement);
    }
    // The contract does not say how a missing inherent or residual score reads.
    for (field, score) in [("inherent", line.inherent), ("residual", line.residual)] {
        if let Some(score) = score {
            row[field] = json!(score);
        }
    }
    row
}

/// exposure, levels, matrix {"P5I5": 1}, "`top` are the first five".
fn summary(lines: &[Line], ranked: &[&Line]) -> Value {
    let exposure: i64 = lines.iter().filter_map(Line::expected_value).sum();
    let mut levels: BTreeMap<&str, u32> = ["critical", "high", "medium", "low"]
        .map(|level| (level, 0))
        .into();
    let mut matrix: BTreeMap<String, u32> = BTreeMap::new();
    for line in lines {
        if let Some(latest) = line.latest() {
            *levels.entry(level(line.score())).or_default() += 1;
            let field = format!("P{}I{}", latest.text("probability"), latest.text("impact"));
            *matrix.entry(field).or_default() += 1;
        }
    }
    let top: Vec<&str> = ranked.iter().take(5).map(|line| line.id()).collect();
    json!({ "exposure": amount(to_cents(exposure)), "levels": levels, "matrix": matrix, "top": top })
}
