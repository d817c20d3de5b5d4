//! `decisions`: what was decided in which sitting, what is due at the next one, and what misses it.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::World;
use super::money::{Money, history, money};
use super::numbers::{self, amount};
use super::requests::conditions;
use super::versions::Fact;

/// The steps that are decisions.
const DECISIONS: [&str; 4] = [
    "resolved",
    "resolved_with_conditions",
    "rejected",
    "deferred",
];

/// QS-04: "requests with a filed paper for this sitting".
const WAITING: [&str; 1] = ["paper_filed"];

/// The states before a resolution in which no paper is filed: QS-05, "open requests compared with
/// the configured paper deadline of the next sitting".
const WITHOUT_PAPER: [&str; 6] = [
    "submitted",
    "formal_check",
    "completion_requested",
    "substantive_check",
    "ranked",
    "deferred",
];

/// A request, what it comes to, and its steps in order.
struct Line<'a> {
    request: &'a Fact,
    money: Money,
    steps: Vec<&'a Fact>,
}

/// One row per decision, sorted by (date, request).
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut requests = world.all("requests");
    requests.sort_by(|a, b| a.text("id").cmp(b.text("id")));
    let lines: Vec<Line> = requests
        .into_iter()
        .map(|request| {
            let mut steps = history(world, request.text("id"));
            steps.retain(|fact| fact.table == "request_steps");
            let money = money(world, request);
            Line {
                request,
                money,
                steps,
            }
        })
        .collect();
    let mut decided: Vec<(Date, &Line, &Fact)> = Vec::new();
    for line in &lines {
        let own = line
            .steps
            .iter()
            .filter(|step| DECISIONS.contains(&step.text("step")));
        decided.extend(own.map(|step| (step.effective, line, *step)));
    }
    decided.sort_by_key(|(day, line, _)| (*day, line.request.text("id")));
    let rows = decided
        .iter()
        .map(|(_, line, step)| row(world, line, step))
        .collect();
    (rows, summary(world, &lines))
}

/// The sitting of that id as it stands at V.
fn sitting<'a>(world: &'a World, id: &str) -> Option<&'a Fact> {
    let sittings = world.states("sittings", "id");
    sittings
        .into_iter()
        .find(|sitting| sitting.text("id") == id)
}

/// sitting, date, body, paper, request, kind, outcome, amount, conditions, state. No table here
/// has papers or resolutions, so `paper` and `kind` are null.
fn row(world: &World, line: &Line, step: &Fact) -> Value {
    let sitting = step.get("sitting").and_then(|id| sitting(world, id));
    let body = step.get("body").or_else(|| sitting?.get("body"));
    let resolved = step.text("step").starts_with("resolved");
    // "`resolved` (with `amount`; less than requested = partial)".
    let granted = step.amount("amount").unwrap_or(line.money.requested);
    let outcome = match step.text("step") {
        _ if resolved && granted < line.money.requested => "partial",
        _ if resolved => "full",
        other => other,
    };
    json!({
        "sitting": numbers::text(step.get("sitting")),
        "date": step.effective.to_string(),
        "body": numbers::text(body),
        "paper": null,
        "request": line.request.text("id"),
        "kind": null,
        "outcome": outcome,
        "amount": if resolved { amount(granted) } else { Value::Null },
        "conditions": conditions_of(line, step),
        "state": line.money.state,
    })
}

/// The condition of this decision, as it stands.
fn conditions_of(line: &Line, step: &Fact) -> Value {
    let conditional = |it: &&Fact| it.text("step") == "resolved_with_conditions";
    let all = conditions(&line.steps);
    let own = line.steps.iter().copied().filter(conditional).zip(all);
    own.filter(|(it, _)| it.position == step.position)
        .map(|(_, condition)| condition)
        .collect()
}

/// "due at the next sitting, will miss which sitting (the earliest deadline on the way to it)".
fn summary(world: &World, lines: &[Line]) -> Value {
    let on_way = |states: &[&str]| -> Vec<(&Line, &Fact)> {
        let own = lines
            .iter()
            .filter(|line| states.contains(&line.money.state));
        own.filter_map(|line| Some((line, target(world, line)?)))
            .collect()
    };
    let waiting = on_way(&WAITING);
    let due_next = next(world, decides).map(|next| {
        let here = waiting
            .iter()
            .filter(|(_, to)| to.text("id") == next.text("id"));
        let requests: Vec<&str> = here.map(|(line, _)| line.request.text("id")).collect();
        json!({
            "sitting": next.text("id"),
            "date": numbers::date(next.date("date")),
            "paper_deadline": numbers::date(earliest_deadline(world, next)),
            "requests": requests,
        })
    });
    let misses: Vec<Value> = on_way(&WITHOUT_PAPER)
        .iter()
        .filter_map(|(line, to)| {
            let deadline = earliest_deadline(world, to)?;
            (deadline < world.as_of).then(|| {
                json!({
                    "request": line.request.text("id"),
                    "sitting": to.text("id"),
                    "paper_deadline": deadline.to_string(),
                })
            })
        })
        .collect();
    json!({ "due_next": due_next, "misses": misses })
}

/// A sitting that prepares another is on the way to it.
fn decides(sitting: &Fact) -> bool {
    sitting.get("prepares").is_none()
}

/// The first sitting on or after V that fits; of one day the smaller id.
fn next(world: &World, fits: impl Fn(&Fact) -> bool) -> Option<&Fact> {
    let sittings = world.states("sittings", "id").into_iter();
    let to_come = sittings.filter(|it| it.date("date").is_some_and(|day| day >= world.as_of));
    to_come
        .filter(|it| fits(it))
        .min_by_key(|it| (it.date("date"), it.text("id")))
}

/// The sitting a request waits for: with a paper the one it is filed for, while that is to come
/// (QS-04: "requests with a filed paper for this sitting"); deferred the next of the same body;
/// before that the next that decides.
fn target<'a>(world: &'a World, line: &Line) -> Option<&'a Fact> {
    let mut with_sitting = line.steps.iter().rev();
    let step = with_sitting.find(|step| step.get("sitting").is_some());
    let named = step.and_then(|step| sitting(world, step.text("sitting")));
    match (line.money.state, named) {
        ("paper_filed", Some(named)) => {
            Some(named).filter(|it| it.date("date").is_some_and(|day| day >= world.as_of))
        }
        ("deferred", Some(named)) => next(world, |it| {
            it.text("body") == named.text("body") && it.text("id") != named.text("id")
        }),
        _ => next(world, decides),
    }
}

/// The earliest paper deadline of a sitting and of those that prepare it, over any number.
fn earliest_deadline(world: &World, to: &Fact) -> Option<Date> {
    let sittings = world.states("sittings", "id");
    let mut way = vec![to];
    let mut place = 0;
    while let Some(at) = way.get(place).copied() {
        for sitting in &sittings {
            let known = way.iter().any(|have| have.text("id") == sitting.text("id"));
            if sitting.get("prepares") == Some(at.text("id")) && !known {
                way.push(sitting);
            }
        }
        place += 1;
    }
    way.iter().filter_map(|it| it.date("paper_deadline")).min()
}
