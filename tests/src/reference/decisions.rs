//! `decisions`: what was decided in which sitting, what is due at the next one, and what misses it.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::money::{Money, history, money};
use super::numbers::{self, amount};
use super::requests::conditions;
use super::versions::Fact;
use super::{World, votes};

/// The steps that are decisions.
const DECISIONS: [&str; 4] = [
    "resolved",
    "resolved_with_conditions",
    "rejected",
    "deferred",
];

/// The states before a resolution: QS-05, "open requests compared with the configured paper deadline of the
/// next sitting".
const WAITING: [&str; 7] = [
    "paper_filed",
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

/// One row per decision: the deciding steps, and the resolutions that belong to none; sorted by (date, request,
/// position).
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
    let mut rows: Vec<(String, String, u64, Value)> = Vec::new();
    let mut told = Vec::new();
    for line in &lines {
        for step in &line.steps {
            if DECISIONS.contains(&step.text("step")) {
                let (paper, resolution) = belongs(world, line, step);
                told.extend(resolution.map(|it| it.position));
                let day = step.effective.to_string();
                let row = row(world, line, step, paper, resolution);
                rows.push((day, line.request.text("id").to_owned(), step.position, row));
            }
        }
    }
    for resolution in world.all("resolutions") {
        if !told.contains(&resolution.position) {
            let (request, row) = alone(world, &lines, resolution);
            let day = resolution.effective.to_string();
            rows.push((day, request, resolution.position, row));
        }
    }
    rows.sort_by(|a, b| (&a.0, &a.1, a.2).cmp(&(&b.0, &b.1, b.2)));
    let rows = rows.into_iter().map(|it| it.3).collect();
    (rows, summary(world, &lines))
}

/// The papers of a request.
fn papers<'a>(world: &'a World, line: &Line) -> Vec<&'a Fact> {
    let mut papers = votes::papers(world);
    papers.retain(|it| it.get("request") == Some(line.request.text("id")));
    papers
}

/// The paper and the resolution of a step: of its sitting, or, where it names none, of its day.
fn belongs<'a>(world: &'a World, line: &Line, step: &Fact) -> (Option<&'a Fact>, Option<&'a Fact>) {
    let papers = papers(world, line);
    let mut best: Option<(&Fact, &Fact)> = None;
    for paper in &papers {
        for resolution in world.of("resolutions", "paper", paper.text("id")) {
            let here = match step.get("sitting") {
                Some(sitting) => sitting == resolution.text("sitting"),
                None => resolution.effective == step.effective,
            };
            let rank = |it: &Fact| (it.text("kind") == "decision", it.rank());
            if here && best.is_none_or(|(_, old)| rank(old) <= rank(resolution)) {
                best = Some((paper, resolution));
            }
        }
    }
    if let Some((paper, resolution)) = best {
        return (Some(paper), Some(resolution));
    }
    let mut here = papers;
    here.retain(|it| step.get("sitting") == Some(it.text("sitting")));
    (here.into_iter().max_by_key(|it| it.rank()), None)
}

/// A resolution that belongs to no step, and the request its paper is about.
fn alone(world: &World, lines: &[Line], resolution: &Fact) -> (String, Value) {
    let mut papers = votes::papers(world);
    papers.retain(|it| it.text("id") == resolution.text("paper"));
    let paper = papers.first().copied();
    let request = paper.and_then(|it| it.get("request"));
    let line = lines
        .iter()
        .find(|it| Some(it.request.text("id")) == request);
    let sitting = sitting(world, resolution.text("sitting"));
    let row = json!({
        "sitting": resolution.text("sitting"),
        "date": resolution.effective.to_string(),
        "body": numbers::text(sitting.and_then(|it| it.get("body"))),
        "paper": numbers::text(paper.map(|it| it.text("id"))),
        "request": numbers::text(request),
        "kind": resolution.text("kind"),
        "outcome": null,
        "amount": null,
        "conditions": [],
        "state": line.map(|it| it.money.state),
        "resolution": resolution.text("id"),
        "number": numbers::text(resolution.get("number")),
        "adopted": paper.and_then(|it| votes::poll(world, it)).map(|it| it.adopted()),
    });
    (request.unwrap_or_default().to_owned(), row)
}

/// The sitting of that id as it stands at V.
fn sitting<'a>(world: &'a World, id: &str) -> Option<&'a Fact> {
    let sittings = world.states("sittings", "id");
    sittings
        .into_iter()
        .find(|sitting| sitting.text("id") == id)
}

/// sitting, date, body, paper, request, kind, outcome, amount, conditions, state.
fn row(
    world: &World,
    line: &Line,
    step: &Fact,
    paper: Option<&Fact>,
    resolution: Option<&Fact>,
) -> Value {
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
        "paper": numbers::text(paper.map(|it| it.text("id"))),
        "request": line.request.text("id"),
        "kind": numbers::text(resolution.map(|it| it.text("kind"))),
        "outcome": outcome,
        "amount": if resolved { amount(granted) } else { Value::Null },
        "conditions": conditions_of(line, step),
        "state": line.money.state,
        "resolution": numbers::text(resolution.map(|it| it.text("id"))),
        "number": numbers::text(resolution.and_then(|it| it.get("number"))),
        "track": numbers::text(paper.and_then(|it| it.get("track"))),
        "adopted": paper.and_then(|it| votes::poll(world, it)).map(|it| it.adopted()),
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
    let waiting: Vec<(&Line, &Fact, bool)> = lines
        .iter()
        .filter(|line| WAITING.contains(&line.money.state))
        .filter_map(|line| {
            let to = target(world, line)?;
            let way = way(world, to);
            let on_way =
                |paper: &&Fact| way.iter().any(|it| it.text("id") == paper.text("sitting"));
            let has_paper =
                line.money.state == "paper_filed" || papers(world, line).iter().any(on_way);
            Some((line, to, has_paper))
        })
        .collect();
    let due_next = next(world, decides).map(|next| {
        let here = waiting
            .iter()
            .filter(|(_, to, has_paper)| *has_paper && to.text("id") == next.text("id"));
        let requests: Vec<&str> = here.map(|(line, ..)| line.request.text("id")).collect();
        json!({
            "sitting": next.text("id"),
            "date": numbers::date(next.date("date")),
            "paper_deadline": numbers::date(earliest_deadline(world, next)),
            "requests": requests,
        })
    });
    let misses: Vec<Value> = waiting
        .iter()
        .filter(|(_, _, has_paper)| !has_paper)
        .filter_map(|(line, to, _)| {
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

/// "a paper passes an Abteilungsleiterrunde first": the sitting at the end of what one prepares.
fn decided_by<'a>(world: &'a World, named: &'a Fact) -> &'a Fact {
    let mut at = named;
    for _ in 0..8 {
        match at.get("prepares").and_then(|id| sitting(world, id)) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// The sitting a request waits for: with a paper the one it is filed for, while that is to come
/// (QS-04: "requests with a filed paper for this sitting"); deferred the next of the same body;
/// before that the next that decides.
fn target<'a>(world: &'a World, line: &Line) -> Option<&'a Fact> {
    let mut with_sitting = line.steps.iter().rev();
    let step = with_sitting.find(|step| step.get("sitting").is_some());
    let named = step.and_then(|step| sitting(world, step.text("sitting")));
    match (line.money.state, named) {
        ("paper_filed", Some(named)) => Some(decided_by(world, named))
            .filter(|it| it.date("date").is_some_and(|day| day >= world.as_of)),
        ("deferred", Some(named)) => next(world, |it| {
            it.text("body") == named.text("body") && it.text("id") != named.text("id")
        }),
        _ => next(world, decides),
    }
}

/// A sitting and those that prepare it, over any number.
fn way<'a>(world: &'a World, to: &'a Fact) -> Vec<&'a Fact> {
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
    way
}

/// The earliest paper deadline of a sitting and of those that prepare it.
fn earliest_deadline(world: &World, to: &Fact) -> Option<Date> {
    let way = way(world, to);
    way.iter().filter_map(|it| it.date("paper_deadline")).min()
}
