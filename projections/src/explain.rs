//! Why a figure is what it is: its formula, its inputs with their values, and the events behind it.

use serde_json::{Map, Value, json};

use crate::{
    Ask, Facts, NoAnswer,
    answer::{
        AnswerRow, Evidence, Field, Kind, Page,
        ground::{Ground, Terms, Threshold},
    },
    answers::{self, summaries, terms},
};

/// The row of the figures over all rows.
const SUMMARY: &str = "summary";

/// So many ids are told to whoever asks for a row that is not there.
const TOLD: usize = 12;
/// So many characters of what was asked for are repeated.
const SHOWN: usize = 120;

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
    /// What it is computed from: fields of the same row, or the terms of a sum with their signs.
    pub inputs: Vec<(String, Value)>,
    /// The thresholds it was judged by, each with its values, the version and the events that set it.
    pub thresholds: Vec<Value>,
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
        if !self.thresholds.is_empty() {
            all.insert("thresholds".to_owned(), json!(self.thresholds));
        }
        all.insert("events".to_owned(), Value::Array(self.events.clone()));
        Value::Object(all)
    }
}

/// Explains a field of a row. The row is called by the fields that name it in the answer, joined by `/`
/// ([`Kind::id`]); `id` alone is enough where only one row has it.
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
    let found = row_called(kind, kind.answer(facts, &whole)?.rows, row)?;
    if registered.name != field {
        lead_somewhere(&found.fields, &format!("{answer}/{row}"), field)?;
    }
    let asked = Asked {
        facts,
        kind,
        row,
        field,
        registered,
        fields: kind.fields,
    };
    let terms = || terms::of_row(facts, &whole, kind.name, &found.fields, field);
    let events = found.evidence.of(registered.facts);
    Ok(asked.told(&found.fields, &found.evidence, terms, events))
}

/// The row somebody means.
fn row_called(kind: &Kind, mut rows: Vec<AnswerRow>, asked: &str) -> Result<AnswerRow, NoAnswer> {
    let is_called = |it: &AnswerRow| it.id == asked || kind.called(it) == asked;
    let has_id = |it: &AnswerRow| it.fields.get("id").and_then(Value::as_str) == Some(asked);
    if let Some(at) = rows.iter().position(is_called) {
        return Ok(rows.swap_remove(at));
    }
    // What several rows share names none of them, but tells which are meant.
    let mut meant: Vec<AnswerRow> = rows.extract_if(.., |it| has_id(it)).collect();
    if meant.len() == 1 {
        return Ok(meant.swap_remove(0));
    }
    let asked: String = asked.chars().take(SHOWN).collect();
    let name = kind.name;
    if !meant.is_empty() {
        let [de, en] = ids(kind, &meant);
        return Err(NoAnswer::not_found(
            format!("„{asked}“ haben in „{name}“ mehrere Zeilen; gemeint sein kann: {de}."),
            format!("Several rows of `{name}` have `{asked}`; it may be: {en}."),
        ));
    }
    let [de, en] = ids(kind, &rows);
    Err(NoAnswer::not_found(
        format!(
            "In „{name}“ gibt es zu diesem Stand keine Zeile „{asked}“; es gibt ({}): {de}.",
            kind.id
        ),
        format!(
            "From there `{name}` has no row `{asked}`; there are ({}): {en}.",
            kind.id
        ),
    ))
}

/// What rows are called, the first of them, in German and in English.
fn ids(kind: &Kind, rows: &[AnswerRow]) -> [String; 2] {
    if rows.is_empty() {
        return ["keine", "none"].map(str::to_owned);
    }
    let called = rows.iter().take(TOLD).map(|it| match kind.called(it) {
        called if called.is_empty() => it.id.clone(),
        called => called,
    });
    let first = called.collect::<Vec<_>>().join(", ");
    match rows.len().saturating_sub(TOLD) {
        0 => [first.clone(), first],
        more => [
            format!("{first} und {more} weitere"),
            format!("{first} and {more} more"),
        ],
    }
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
    if registered.name != field {
        lead_somewhere(&found.summary, &format!("{}/{SUMMARY}", kind.name), field)?;
    }
    // A pillar's figures are made of its own rows.
    let pillar = field.strip_prefix("pillars.");
    let pillar = pillar.and_then(|it| it.split('.').next());
    let is_in = |it: &&AnswerRow| {
        pillar.is_none_or(|name| it.fields.get("pillar").is_some_and(|it| it == name))
    };
    let events: Vec<u64> = found
        .rows
        .iter()
        .filter(is_in)
        .flat_map(|it| it.evidence.of(registered.facts))
        .collect();
    let asked = Asked {
        facts,
        kind,
        row: SUMMARY,
        field,
        registered,
        fields: own,
    };
    let terms = || terms::of_summary(facts, ask, kind, &found, field, registered.formula);
    Ok(asked.told(&found.summary, &found.grounds, terms, events))
}

/// A field by its name; what is inside a registered object is explained as the object.
fn registered(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    let named = |name: &str| fields.iter().find(|it| it.name == name);
    named(name).or_else(|| {
        let (object, _) = name.rsplit_once('.')?;
        registered(fields, object)
    })
}

/// The figure somebody asks about.
struct Asked<'a> {
    facts: &'a Facts,
    kind: &'a Kind,
    row: &'a str,
    field: &'a str,
    /// What is registered of the field.
    registered: &'static Field,
    /// The fields it is registered among.
    fields: &'static [Field],
}

impl Asked<'_> {
    /// The explanation, out of the fields of its row: what the computation tells, else the terms, else what is
    /// registered.
    fn told(
        &self,
        fields: &Map<String, Value>,
        evidence: &Evidence,
        terms: impl FnOnce() -> Option<Terms>,
        mut events: Vec<u64>,
    ) -> Explanation {
        let (facts, registered) = (self.facts, self.registered);
        let ground = ground_of(evidence, self.field, registered.name);
        let inputs = || {
            let inputs = registered.inputs.iter();
            let valued = inputs.map(|it| ((*it).to_owned(), value_of(fields, it)));
            valued.collect()
        };
        let told = ground.map(|it| it.inputs.clone()).or_else(terms);
        let thresholds = thresholds(evidence, self.fields, self.field);
        events.extend(thresholds.iter().flat_map(|it| &it.positions));
        events.sort_unstable();
        events.dedup();
        Explanation {
            answer: self.kind.name.to_owned(),
            row: self.row.to_owned(),
            field: self.field.to_owned(),
            value: value_of(fields, self.field),
            formula: registered.formula,
            inputs: told.unwrap_or_else(inputs),
            thresholds: thresholds.iter().map(|it| it.to_json()).collect(),
            events: events.into_iter().map(|it| event(facts, it)).collect(),
        }
    }
}

/// What the computation of a field tells of it: of the field itself, else of what it is inside, up to what is
/// registered.
fn ground_of<'a>(evidence: &'a Evidence, field: &str, registered: &str) -> Option<&'a Ground> {
    evidence.ground_of(field).or_else(|| {
        let (object, _) = field.rsplit_once('.').filter(|_| field != registered)?;
        ground_of(evidence, object, registered)
    })
}

/// The thresholds a field was judged by: its own, else those of its inputs.
fn thresholds<'a>(
    evidence: &'a Evidence,
    fields: &'static [Field],
    field: &str,
) -> Vec<&'a Threshold> {
    let mut all: Vec<&Threshold> = Vec::new();
    // Each once: a rest and what it is left of may be made of each other.
    let (mut asked, mut at) = (vec![field], 0);
    while let Some(field) = asked.get(at).copied() {
        at += 1;
        let Some(registered) = registered(fields, field) else {
            continue;
        };
        if let Some(ground) = ground_of(evidence, field, registered.name) {
            for it in &ground.thresholds {
                if !all.contains(&it) {
                    all.push(it);
                }
            }
            continue;
        }
        for input in registered.inputs {
            if !asked.contains(input) {
                asked.push(input);
            }
        }
    }
    all
}

/// What is at a part of a path: of an object by its name, of a list by its number, beginning with 0. What is undefined
/// as a whole is so in each part.
fn part<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Array(all) => name.parse::<usize>().ok().and_then(|at| all.get(at)),
        Value::Object(parts) if parts.contains_key("undefined") => Some(value),
        _ => value.get(name),
    }
}

/// Refuses a path to something that is not there, and tells what is.
fn lead_somewhere(fields: &Map<String, Value>, of: &str, path: &str) -> Result<(), NoAnswer> {
    let mut names = path.split('.');
    let first = names.next().unwrap_or_default();
    let Some(mut value) = fields.get(first) else {
        return Ok(());
    };
    let mut way = first.to_owned();
    for name in names {
        let Some(next) = part(value, name) else {
            let there: Vec<String> = match value {
                Value::Array(all) => (0..all.len()).map(|it| it.to_string()).collect(),
                Value::Object(parts) => parts.keys().cloned().collect(),
                _ => Vec::new(),
            };
            let there = match there.as_slice() {
                [] => ["nichts", "nothing"].map(str::to_owned),
                _ => [there.join(", "), there.join(", ")],
            };
            let path: String = path.chars().take(SHOWN).collect();
            let [de, en] = there;
            return Err(NoAnswer::not_found(
                format!("„{of}“ hat kein Feld „{path}“; unter „{way}“ gibt es: {de}."),
                format!("`{of}` has no field `{path}`; under `{way}` there are: {en}."),
            ));
        };
        value = next;
        way = format!("{way}.{name}");
    }
    Ok(())
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
        self::part(&value, part).cloned().unwrap_or(Value::Null)
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
