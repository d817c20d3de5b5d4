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
        "adopted": adopted(world, paper, Some(resolution)),
    });
    (request.unwrap_or_default().to_owned(), row)
}

/// Whether the votes make the majority that is needed.
fn adopted(world: &World, paper: Option<&Fact>, resolution: Option<&Fact>) -> Option<bool> {
    let poll = votes::poll(world, paper?)?;
    poll.has_its_majority(resolution.map(|it| it.text("kind")))
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
        "adopted": adopted(world, paper, resolution),
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

/// The bodies of T11: "IT-PLR / AL-Runde / LK RegMo / FITKO".
const DECIDING: [&str; 5] = ["B-ITPLR", "B-ALR", "B-RM-AOAL", "B-RM-LK", "B-FITKO"];

/// "due at the next sitting, will miss which sitting (the earliest deadline on the way to it)".
fn summary(world: &World, lines: &[Line]) -> Value {
    let (mut due, mut misses) = (Vec::new(), Vec::new());
    let next = next(world, |it| decides(world, it));
    for line in lines {
        if !WAITING.contains(&line.money.state) {
            continue;
        }
        let id = line.request.text("id");
        let Some((to, filed)) = target(world, line) else {
            // Whichever sitting will come, none is known by now.
            misses.push(json!({
                "request": id,
                "sitting": numbers::undefined("no sitting"),
                "paper_deadline": numbers::undefined("no sitting"),
            }));
            continue;
        };
        let deadline = earliest_deadline(world, to);
        let in_time = filed.is_some_and(|day| deadline.is_none_or(|deadline| day <= deadline));
        let is_next = next.is_some_and(|next| next.text("id") == to.text("id"));
        if in_time && is_next {
            due.push(id);
        }
        if let Some(deadline) = deadline.filter(|it| !in_time && *it < world.as_of) {
            misses.push(json!({
                "request": id,
                "sitting": to.text("id"),
                "paper_deadline": deadline.to_string(),
            }));
        }
    }
    let due_next = next.map(|next| {
        json!({
            "sitting": next.text("id"),
            "date": numbers::date(next.date("date")),
            "paper_deadline": numbers::date(earliest_deadline(world, next)),
            "requests": due,
        })
    });
    json!({ "due_next": due_next, "misses": misses })
}

/// A sitting that prepares another is on the way to it; and only some bodies decide, unless none of them sits.
fn decides(world: &World, sitting: &Fact) -> bool {
    let known = |it: &Fact| DECIDING.contains(&it.text("body"));
    let anybody = !world.states("sittings", "id").into_iter().any(known);
    sitting.get("prepares").is_none() && (anybody || known(sitting))
}

/// The first sitting on or after V that fits; of one day the smaller id.
fn next(world: &World, fits: impl Fn(&Fact) -> bool) -> Option<&Fact> {
    let mut sittings = world.states("sittings", "id");
    sittings.retain(|it| is_to_come(world, it) && fits(it));
    sittings
        .into_iter()
        .min_by_key(|it| (it.date("date"), it.text("id")))
}

fn is_to_come(world: &World, sitting: &Fact) -> bool {
    sitting.date("date").is_some_and(|day| day >= world.as_of)
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

/// The sitting a request waits for, and when a paper was filed for it. QS-04: "requests with a filed paper for
/// this sitting": the one its papers or steps name, in time before late, then the first; else, deferred, the next of
/// the same body; else the next that decides.
fn target<'a>(world: &'a World, line: &Line<'a>) -> Option<(&'a Fact, Option<Date>)> {
    let deferral = line.steps.iter().rfind(|it| it.text("step") == "deferred");
    let mut filed: Vec<(&str, Date)> = Vec::new();
    for paper in papers(world, line) {
        filed.extend(
            paper
                .date("filed_on")
                .map(|day| (paper.text("sitting"), day)),
        );
    }
    let filing = |it: &&&Fact| ["paper_filed", "resubmitted"].contains(&it.text("step"));
    for step in line.steps.iter().filter(filing) {
        filed.push((step.text("sitting"), step.effective));
    }
    let mut ends: Vec<(&Fact, Date)> = Vec::new();
    for (id, day) in filed {
        let Some(named) = sitting(world, id) else {
            continue;
        };
        let end = decided_by(world, named);
        // A body that only prepares, for no sitting, decides nothing.
        if end.get("prepares").is_none() && !decides(world, end) {
            continue;
        }
        // T12, T13: after a deferral "new paper version".
        let over = deferral.is_some_and(|deferral| {
            let by = deferral.get("sitting").and_then(|id| sitting(world, id));
            let same = match by {
                Some(by) => decided_by(world, by).text("id") == end.text("id"),
                None => end.date("date") <= Some(deferral.effective),
            };
            day <= deferral.effective && same
        });
        if !over {
            ends.push((end, day));
        }
    }
    let late = |(end, day): &(&Fact, Date)| {
        earliest_deadline(world, end).is_some_and(|deadline| *day > deadline)
    };
    let to_come = ends.iter().filter(|(end, _)| is_to_come(world, end));
    let first = to_come.min_by_key(|it| (late(it), it.0.date("date"), it.0.text("id")));
    if let Some((end, day)) = first {
        return Some((end, Some(*day)));
    }
    let by = deferral.and_then(|it| sitting(world, it.get("sitting")?));
    let next = match by {
        Some(by) if decides(world, decided_by(world, by)) => {
            let same =
                |it: &Fact| it.text("body") == by.text("body") && it.text("id") != by.text("id");
            decided_by(world, next(world, same)?)
        }
        _ => next(world, |it| decides(world, it))?,
    };
    // Filed, and nobody said for which sitting.
    let last = line.steps.iter().rfind(|it| filing(it));
    let unsaid = last.filter(|it| sitting(world, it.text("sitting")).is_none());
    let unsaid = unsaid.filter(|_| line.money.state == "paper_filed" && ends.is_empty());
    Some((next, unsaid.map(|it| it.effective)))
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
