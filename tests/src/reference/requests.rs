//! `requests`: one row per request, with its money and its way.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::money::{Money, history, money};
use super::numbers::{amount, days_between, median, rate, undefined};
use super::versions::Fact;
use super::{World, numbers};

/// The request and what it comes to.
type Line<'a> = (&'a Fact, Money);

/// One row per request submitted by V, sorted by id.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut requests = world.all("requests");
    requests.sort_by(|a, b| a.text("id").cmp(b.text("id")));
    let lines: Vec<Line> = requests
        .into_iter()
        .map(|request| (request, money(world, request)))
        .collect();
    let rows: Vec<Value> = lines.iter().map(|line| row(world, line)).collect();
    (Value::Array(rows), summary(&lines))
}

/// "Days to decision = first `resolved`, `resolved_with_conditions` or `rejected` −
/// submitted_on".
fn days_to_decision((request, money): &Line) -> Option<i64> {
    Some(days_between(request.effective, money.decided_on?))
}

fn row(world: &World, line: &Line) -> Value {
    let (request, money) = line;
    let mut row = json!({
        "id": request.text("id"),
        "subject": request.text("subject"),
        "applicant": request.text("applicant"),
        "pot": request.text("pot"),
        "kind": request.text("kind"),
        "supplements": numbers::text(request.get("supplements")),
        "requested": amount(money.requested),
        "granted": amount(money.granted),
        "state": money.state,
        "submitted_on": request.effective.to_string(),
        "decided_on": numbers::date(money.decided_on),
        "days_to_decision": days_to_decision(line).map_or_else(|| undefined("not decided"), Value::from),
        "deferrals": money.deferrals,
        // "cut = requested − resolved, undefined before a resolution".
        "cut": money.resolved.map_or_else(|| undefined("not resolved"), |resolved| amount(money.requested - resolved)),
        "freed": amount(money.freed),
        "blocked": amount(money.blocked),
        "allocated": amount(money.allocated),
        "called": amount(money.called),
        "committed": amount(money.committed),
        "spent": amount(money.spent),
        "paid_out": amount(money.paid_out),
        // "with_recipients = paid_out − spent; unspent_called the same per request".
        "with_recipients": amount(money.paid_out - money.spent),
        "unspent_called": amount(money.paid_out - money.spent),
        "commitment_authority": amount(money.authority),
        "proof_due": numbers::date(money.proof_due),
    });
    row["items"] = items(world, request.text("id"));
    let history = history(world, request.text("id"));
    let steps: Vec<&Fact> = history
        .into_iter()
        .filter(|fact| fact.table == "request_steps")
        .collect();
    row["conditions"] = Value::Array(conditions(&steps));
    row["trail"] = steps.iter().map(|step| trail(step)).collect();
    if let Some(pillar) = world.pillar(request.text("subject")) {
        row["pillar"] = json!(pillar);
    }
    row
}

/// "`conditions` are `{text, due, state}`": the reason and due date of each
/// `resolved_with_conditions`, open until a `condition_met` comes after it.
pub(crate) fn conditions(steps: &[&Fact]) -> Vec<Value> {
    let mut conditions: Vec<Value> = Vec::new();
    for step in steps {
        match step.text("step") {
            "resolved_with_conditions" => conditions.push(json!({
                "text": numbers::text(step.get("reason")),
                "due": numbers::date(step.date("due")),
                "state": "open",
            })),
            "condition_met" => {
                for condition in &mut conditions {
                    condition["state"] = json!("met");
                }
            }
            _ => {}
        }
    }
    conditions
}

/// "`trail` in `requests` holds the steps": {date, step, amount, sitting}.
fn trail(step: &Fact) -> Value {
    json!({
        "date": step.effective.to_string(),
        "step": step.text("step"),
        "amount": step.amount("amount").map_or(Value::Null, amount),
        "sitting": numbers::text(step.get("sitting")),
    })
}

/// "Outcomes: full, partial, rejected, withdrawn, formally_rejected, open." Less resolved than
/// requested is partial.
fn outcome((_, money): &Line) -> &'static str {
    match (money.state, money.resolved) {
        ("formally_rejected", _) => "formally_rejected",
        ("withdrawn", _) => "withdrawn",
        ("rejected", _) => "rejected",
        (_, Some(resolved)) if resolved < money.requested => "partial",
        (_, Some(_)) => "full",
        _ => "open",
    }
}

/// "Approval rate by amount = Σ granted / Σ requested over requests with a decision; by count =
/// requests granted in full or in part / requests decided."
fn summary(lines: &[Line]) -> Value {
    let decided: Vec<&Line> = lines
        .iter()
        .filter(|(_, money)| money.decided_on.is_some())
        .collect();
    let granted: i64 = decided.iter().map(|(_, money)| money.granted).sum();
    let requested: i64 = decided.iter().map(|(_, money)| money.requested).sum();
    let granted_count = decided.iter().filter(|(_, money)| money.is_granted).count();
    let days: Vec<i64> = lines.iter().filter_map(days_to_decision).collect();
    let mut by_outcome: BTreeMap<&str, u32> = [
        "full",
        "partial",
        "rejected",
        "withdrawn",
        "formally_rejected",
        "open",
    ]
    .map(|name| (name, 0))
    .into();
    for line in lines {
        *by_outcome.entry(outcome(line)).or_default() += 1;
    }
    json!({
        "count": lines.len(),
        "requested": amount(lines.iter().map(|(_, money)| money.requested).sum()),
        "granted": amount(lines.iter().map(|(_, money)| money.granted).sum()),
        "approval_rate_amount": rate(granted, requested),
        "approval_rate_count": rate(as_i64(granted_count), as_i64(decided.len())),
        "median_days_to_decision": median(&days),
        "by_outcome": by_outcome,
    })
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// "items by year and cost type", in the order of the years and of the contract's kinds of cost.
fn items(world: &World, request: &str) -> Value {
    const KINDS: [&str; 6] = [
        "personnel",
        "external",
        "operations",
        "investment",
        "travel",
        "other",
    ];
    let mut items = world.of("request_items", "request", request);
    items.sort_by_key(|fact| {
        let kind = KINDS.iter().position(|it| *it == fact.text("cost_type"));
        (fact.whole("fiscal_year"), kind)
    });
    let told = items.into_iter().map(|fact| {
        json!({
            "fiscal_year": fact.whole("fiscal_year"),
            "cost_type": fact.text("cost_type"),
            "amount": amount(fact.amount("amount").unwrap_or(0)),
        })
    });
    told.collect()
}
