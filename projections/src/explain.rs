//! Why a figure is what it is: its formula, its inputs with their values, and the events behind it.

use serde_json::{Map, Value, json};

use crate::{
    Ask, Facts, NoAnswer,
    answer::{Field, Kind, Page},
    answers::{self, summaries},
};

/// The row of the figures over all rows.
const SUMMARY: &str = "summary";

/// The explanation of one field of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The answer's name.
    pub answer: String,
    /// The row's id, or `summary`.
    pub row: String,
    /// The field.
    pub field: String,
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
    let whole = Ask {
        page: Page::default(),
        ..ask.clone()
    };
    if row == SUMMARY {
        return of_summary(facts, &whole, kind, field);
    }
    let registered = registered(kind.fields, field).ok_or_else(|| {
        let names: Vec<&str> = kind.fields.iter().map(|it| it.name).collect();
        let names = names.join(", ");
        NoAnswer::not_found(
            format!("„{answer}“ hat kein Feld „{field}“; es gibt: {names}."),
            format!("`{answer}` has no field `{field}`; there are: {names}."),
        )
    })?;
    let found = kind
        .answer(facts, &whole)?
        .rows
        .into_iter()
        .find(|it| it.id == row);
    let found = found.ok_or_else(|| {
        NoAnswer::not_found(
            format!("In „{answer}“ gibt es zu diesem Stand keine Zeile „{row}“."),
            format!("From there `{answer}` has no row `{row}`."),
        )
    })?;
    let value = |name: &str| value_of(&found.fields, name);
    Ok(told(
        facts,
        ask,
        [kind.name, row],
        registered,
        field,
        &value,
        found.evidence.of(registered.facts),
    ))
}

/// Explains a figure of the summary: it rests on what all rows rest on.
fn of_summary(facts: &Facts, ask: &Ask, kind: &Kind, field: &str) -> Result<Explanation, NoAnswer> {
    let own = summaries::of(kind.name);
    let found = kind.answer(facts, ask)?;
    let registered = registered(own, field).or_else(|| registered(kind.fields, field));
    let top = field.split('.').next().unwrap_or_default();
    let registered = registered
        .filter(|_| found.summary.contains_key(top))
        .ok_or_else(|| {
            let names: Vec<&str> = found.summary.keys().map(String::as_str).collect();
            let (name, names) = (kind.name, names.join(", "));
            NoAnswer::not_found(
                format!(
                    "Die Zusammenfassung von „{name}“ hat keine Zahl „{field}“; es gibt: {names}."
                ),
                format!("The summary of `{name}` has no figure `{field}`; there are: {names}."),
            )
        })?;
    let mut events: Vec<u64> = found
        .rows
        .iter()
        .flat_map(|it| it.evidence.of(registered.facts))
        .collect();
    events.sort_unstable();
    events.dedup();
    let value = |name: &str| value_of(&found.summary, name);
    Ok(told(
        facts,
        ask,
        [kind.name, SUMMARY],
        registered,
        field,
        &value,
        events,
    ))
}

/// A field by its name; what is inside a registered object is explained as the object.
fn registered(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    let named = |name: &str| fields.iter().find(|it| it.name == name);
    named(name).or_else(|| {
        let (object, _) = name.rsplit_once('.')?;
        registered(fields, object)
    })
}

fn told(
    facts: &Facts,
    ask: &Ask,
    [answer, row]: [&str; 2],
    registered: &'static Field,
    field: &str,
    value: &dyn Fn(&str) -> Value,
    events: Vec<u64>,
) -> Explanation {
    let threshold = registered.threshold.and_then(|name| {
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
        answer: answer.to_owned(),
        row: row.to_owned(),
        field: field.to_owned(),
        value: value(field),
        formula: registered.formula,
        inputs: registered
            .inputs
            .iter()
            .map(|it| (*it, value(it)))
            .collect(),
        threshold,
        events: events.into_iter().map(|it| event(facts, it)).collect(),
    }
}

/// The value of a field; nested ones by their path.
fn value_of(fields: &Map<String, Value>, name: &str) -> Value {
    let mut parts = name.split('.');
    let first = parts
        .next()
        .and_then(|it| fields.get(it))
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
