//! What the texts of a field are: figures, days or words. A table writes figures and days in its own way, and words
//! as they are: the number of a resolution may look like an amount.

use leitstand_domain::tables;
use serde_json::{Map, Value};

/// What a field's texts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A number with decimals, such as an amount or a rate.
    Number,
    /// A day.
    Day,
    /// Words, names and ids.
    Words,
}

/// Fields whose texts are numbers, whichever answer they are in; parts of them are, too.
const NUMBERS: [&str; 52] = [
    "actual",
    "allocated",
    "amount",
    "attainment",
    "bac",
    "base",
    "blocked",
    "bound_rest",
    "bound_to_carry",
    "funds.budget",
    "year-end.budget",
    "called",
    "carried",
    "carried_in",
    "carried_out",
    "commitment_authority",
    "commitment_rate",
    "committed",
    "cost",
    "cost_impact",
    "credits",
    "cut",
    "expected_value",
    "free",
    "freed",
    "outlook.gap",
    "granted",
    "key_share_yes",
    "lapsed",
    "need",
    "outflow_rate",
    "outflow_rate_budget",
    "paid_out",
    "planned_outflow",
    "proposed",
    "remainder",
    "repaid",
    "requested",
    "resolved",
    "secured",
    "share_percent",
    "spent",
    "target",
    "to_credit",
    "unbound_rest",
    "uncovered",
    "unspent_called",
    "with_recipients",
    "earned_value",
    "actual_cost",
    "planned_value",
    "percent",
];

/// Fields whose texts are days.
const DAYS: [&str; 24] = [
    "baseline",
    "baselined_on",
    "date",
    "decided_on",
    "due",
    "finish",
    "forecast",
    "identified_on",
    "known_on",
    "last_assessed",
    "original_baseline",
    "proof_due",
    "reached",
    "received",
    "report_date",
    "reported_on",
    "seats.from",
    "set_on",
    "since",
    "stichtag",
    "submitted_on",
    "until",
    "valid_from",
    "resolved_on",
];

/// What the texts of an answer's field are, nested ones with a dot. What only the row tells ([`depends_on_row`]) is
/// taken for words.
#[must_use]
pub fn form(answer: &str, path: &str) -> Form {
    if depends_on_row(answer, path) {
        return Form::Words;
    }
    let is_in = |list: &[&str], name: &str| {
        let of_answer = |it: &&str| it.split_once('.') == Some((answer, name));
        list.iter().any(|it| *it == name || of_answer(it))
    };
    let mut parts = path.rsplit('.');
    let form = parts.find_map(|name| match name {
        name if is_in(&NUMBERS, name) => Some(Form::Number),
        name if is_in(&DAYS, name) => Some(Form::Day),
        _ => None,
    });
    form.unwrap_or(Form::Words)
}

/// Whether a field's texts are of another kind in each row: what an event said, what has changed.
#[must_use]
pub fn depends_on_row(answer: &str, path: &str) -> bool {
    match answer {
        "trail" => path.starts_with("said") || path.starts_with("stands"),
        "changes" => matches!(path, "before" | "after"),
        _ => false,
    }
}

/// What the texts of a field are in this row.
#[must_use]
pub fn form_in(answer: &str, path: &str, row: &Map<String, Value>) -> Form {
    if !depends_on_row(answer, path) {
        return form(answer, path);
    }
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    if answer == "changes" {
        return form(text("kind"), text("field"));
    }
    let column = path.rsplit('.').next().unwrap_or_default();
    match column {
        // The second half of a carry-over, and the new day of a correction, are no columns of the table.
        "received" => return Form::Number,
        "to_date" => return Form::Day,
        _ => {}
    }
    let table = tables::by_name(text("table"));
    let columns = table.map_or(&[][..], |it| it.columns);
    let kind = columns
        .iter()
        .find(|it| it.name == column)
        .map(|it| it.kind);
    match kind {
        Some("amount" | "signed_amount" | "percent" | "number") => Form::Number,
        Some("date") => Form::Day,
        _ => Form::Words,
    }
}
