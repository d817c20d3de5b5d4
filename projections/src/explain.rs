//! Why a figure is what it is: its formula, its inputs with their values, and the events behind it.

use serde_json::{Map, Value, json};

use crate::{
    Ask, Facts, NoAnswer,
    answer::{AnswerRow, Field, Kind, Page},
    answers,
};

/// The explanation of one field of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The answer's name.
    pub answer: &'static str,
    /// The row's id.
    pub row: String,
    /// The field.
    pub field: &'static str,
    /// Its value as the answer gives it.
    pub value: Value,
    /// How it is computed.
    pub formula: &'static str,
    /// The fields it is computed from, with their values in the same row.
    pub inputs: Vec<(&'static str, Value)>,
    /// The threshold it is judged by, with the value and date that hold.
    pub threshold: Option<Value>,
    /// The events it rests on.
    pub events: Vec<Value>,
}

impl Explanation {
    /// The form of the contract.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let inputs: Vec<Value> = self
            .inputs
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let mut all = Map::new();
        all.insert("answer".to_owned(), json!(self.answer));
        all.insert("row".to_owned(), json!(self.row));
        all.insert("field".to_owned(), json!(self.field));
        all.insert("value".to_owned(), self.value.clone());
        all.insert("formula".to_owned(), json!(self.formula));
        all.insert("inputs".to_owned(), Value::Array(inputs));
        if let Some(threshold) = &self.threshold {
            all.insert("thresholds".to_owned(), json!([threshold]));
        }
        all.insert("events".to_owned(), Value::Array(self.events.clone()));
        Value::Object(all)
    }
}

/// Explains a field of a row.
///
/// # Errors
/// No such answer, row or field; the message names what there is.
pub fn explain(
    facts: &Facts,
    ask: &Ask,
    answer: &str,
    row: &str,
    field: &str,
) -> Result<Explanation, NoAnswer> {
    let kind = answers::by_name(answer).ok_or_else(|| NoAnswer::Unknown(answer.to_owned()))?;
    let field = kind
        .fields
        .iter()
        .find(|it| it.name == field)
        .ok_or_else(|| {
            let names: Vec<&str> = kind.fields.iter().map(|it| it.name).collect();
            NoAnswer::NotFound(format!(
                "„{answer}“ hat kein Feld „{field}“; es gibt: {}.",
                names.join(", ")
            ))
        })?;
    let whole = Ask {
        page: Page::default(),
        ..ask.clone()
    };
    let found = kind
        .answer(facts, &whole)?
        .rows
        .into_iter()
        .find(|it| it.id == row);
    let found = found.ok_or_else(|| {
        NoAnswer::NotFound(format!(
            "In „{answer}“ gibt es zu diesem Stand keine Zeile „{row}“."
        ))
    })?;
    Ok(told(facts, ask, kind, field, &found))
}

fn told(
    facts: &Facts,
    ask: &Ask,
    kind: &Kind,
    field: &'static Field,
    row: &AnswerRow,
) -> Explanation {
    let threshold = field.threshold.and_then(|name| {
        let name = facts.names.find(name)?;
        let holds = facts.thresholds.latest(name, &ask.view)?;
        Some(json!({
            "name": facts.names.text(name),
            "dimension": facts.names.text(holds.row().dimension),
            "amber": holds.row().amber,
            "red": holds.row().red,
            "valid_from": holds.effective().to_string(),
        }))
    });
    Explanation {
        answer: kind.name,
        row: row.id.clone(),
        field: field.name,
        value: value_of(row, field.name),
        formula: field.formula,
        inputs: field
            .inputs
            .iter()
            .map(|it| (*it, value_of(row, it)))
            .collect(),
        threshold,
        events: row
            .evidence
            .of(field.facts)
            .into_iter()
            .map(|it| event(facts, it))
            .collect(),
    }
}

/// The value of a field; nested ones by their path.
fn value_of(row: &AnswerRow, name: &str) -> Value {
    let mut parts = name.split('.');
    let first = parts
        .next()
        .and_then(|it| row.fields.get(it))
        .cloned()
        .unwrap_or(Value::Null);
    parts.fold(first, |value, part| {
        value.get(part).cloned().unwrap_or(Value::Null)
    })
}

/// An event as an explanation names it.
fn event(facts: &Facts, position: u64) -> Value {
    let Some(logged) = facts.logged(position) else {
        return json!({ "position": position });
    };
    json!({
        "position": position,
        "name": facts.names.text(logged.name),
        "stream": facts.names.text(logged.stream),
        "recorded_at": logged.recorded_at.to_string(),
        "known_on": logged.known.to_string(),
        "effective_on": logged.effective.to_string(),
        "body": logged.reporter.map(|it| facts.names.text(it)),
    })
}
