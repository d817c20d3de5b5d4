//! `leitstand schema`: what machines want to know.

mod asyncapi;

use leitstand_domain::{
    Event,
    table::{COMMON, Column, VALID_FROM},
    tables::{self, CORRECTION_COLUMNS, CORRECTIONS, Table},
};
use serde_json::{Map, Value, json};

use crate::{
    cli::Described,
    exit::{Exit, Stop},
    out, serve,
};

pub(super) fn run(what: Described) -> Result<Exit, Stop> {
    let described = match what {
        Described::Feeds => feeds(),
        Described::Events => events(),
        Described::Openapi => serve::openapi(),
        Described::Asyncapi => asyncapi::asyncapi(),
    };
    let text = serde_json::to_string_pretty(&described);
    let text = text.map_err(|error| {
        Stop::new(Exit::Failure, "Die Beschreibung ließ sich nicht schreiben.").because(&error)
    })?;
    out::print(&(text + "\n"))?;
    Ok(Exit::Done)
}

/// The feed tables in the contract's order.
fn feeds() -> Value {
    let mut all: Vec<Value> = tables::ALL.iter().map(of_table).collect();
    all.push(json!({
        "name": CORRECTIONS,
        "description": "A row that was wrong from the start is corrected; the corrected columns follow by name.",
        "defines": false,
        "effective": "date",
        "identity": [],
        "columns": columns(CORRECTION_COLUMNS, Some("date")),
        "more": "any column of the corrected table",
    }));
    json!({ "version": 1, "tables": all, "common": columns(COMMON, None) })
}

fn of_table(table: &Table) -> Value {
    let mut own = columns(table.columns, table.effective);
    // In `seats`, `from` says it.
    if table.states && table.effective != Some("from") {
        own.push(column(&VALID_FROM, None));
    }
    json!({
        "name": table.name,
        "description": table.doc.trim(),
        "defines": table.defines,
        "effective": table.effective,
        "identity": table.identity,
        "event": format!("{}.v{}", table.event, table.version),
        "columns": own,
    })
}

fn columns(columns: &[Column], effective: Option<&str>) -> Vec<Value> {
    columns.iter().map(|it| column(it, effective)).collect()
}

fn column(it: &Column, effective: Option<&str>) -> Value {
    json!({
        "name": it.name,
        "aliases": it.aliases,
        "type": it.kind,
        "words": it.words,
        "mandatory": it.mandatory,
        "effective": effective == Some(it.name),
        "sealed": it.sealed,
        "description": it.doc.trim(),
    })
}

/// Every event with its newest version and the shape of its payload.
fn events() -> Value {
    let all: Vec<Value> = Event::catalogue()
        .into_iter()
        .map(|(name, version)| {
            let table = tables::ALL.iter().find(|it| it.event == name);
            json!({
                "name": name,
                "version": version,
                "type": format!("de.leitstand.{name}.v{version}"),
                "table": table.map(|it| it.name),
                "payload": shape(name),
            })
        })
        .collect();
    json!({ "version": 1, "events": all })
}

/// The shape of an event's payload.
fn shape(name: &str) -> Value {
    let table = tables::ALL.iter().find(|it| it.event == name);
    table.map_or_else(|| other(name), payload)
}

fn payload(table: &Table) -> Value {
    // A sealed text is not in the row: it is in the box.
    let open = || table.columns.iter().filter(|it| !it.sealed);
    let properties: Map<String, Value> = open()
        .map(|it| (it.name.to_owned(), property(it)))
        .collect();
    let required: Vec<&str> = open().filter(|it| it.mandatory).map(|it| it.name).collect();
    let row = json!({ "type": "object", "properties": properties, "required": required });
    json!({ "type": "object", "properties": { "row": row, "meta": meta() }, "required": ["row"] })
}

/// A cell as it is recorded.
fn property(it: &Column) -> Value {
    let mut shape = match it.kind {
        "date" => json!({ "type": "string", "format": "date" }),
        "whole_number" => json!({ "type": "integer" }),
        _ => json!({ "type": "string" }),
    };
    if let Value::Object(shape) = &mut shape {
        if !it.words.is_empty() {
            shape.insert("enum".to_owned(), json!(it.words));
        }
        shape.insert("description".to_owned(), json!(it.doc.trim()));
        shape.insert("x-type".to_owned(), json!(it.kind));
    }
    shape
}

fn meta() -> Value {
    let sealed = object(&[("key", "string"), ("columns", "array"), ("data", "string")]);
    let mut meta = object(&[
        ("key", "string"),
        ("reporter", "string"),
        ("file_ref", "string"),
        ("valid_from", "string"),
        ("built_in", "boolean"),
    ]);
    meta["properties"]["sealed"] = sealed;
    meta["required"] = json!([]);
    meta
}

/// The shape of an event that is no row.
fn other(name: &str) -> Value {
    let with_meta = |row: Value| json!({ "type": "object", "properties": { "row": row, "meta": meta() }, "required": ["row"] });
    match name {
        "row.corrected" => {
            let mut row = object(&[
                ("table", "string"),
                ("key", "string"),
                ("date", "string"),
                ("to_date", "string"),
                ("void", "boolean"),
                ("changes", "object"),
            ]);
            row["required"] = json!(["table", "key", "date"]);
            with_meta(row)
        }
        "settings.cost_key_set" => with_meta(object(&[
            ("key_year", "integer"),
            ("valid_from", "string"),
            ("verified", "boolean"),
            ("shares", "object"),
        ])),
        "log.initialised" => object(&[("programme", "string"), ("currency", "string")]),
        "log.sealed" => object(&[("count", "integer"), ("head", "string")]),
        "log.text_erased" => object(&[
            ("position", "integer"),
            ("key", "string"),
            ("reason", "string"),
        ]),
        "pot.carry_over_received" => object(&[
            ("pot", "string"),
            ("to_pot", "string"),
            ("request", "string"),
            ("amount", "string"),
            ("resolution", "string"),
        ]),
        "pot.year_closed" => {
            let mut row = object(&[("pot", "string"), ("closing", "string")]);
            row["properties"]["fiscal_year"] = json!({ "type": ["integer", "string"] });
            row
        }
        _ => json!({ "type": "object" }),
    }
}

fn object(fields: &[(&str, &str)]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), json!({ "type": kind })))
        .collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

#[cfg(test)]
mod tests {
    use leitstand_domain::event::OTHERS;

    use super::*;

    #[test]
    fn every_table_and_every_event_is_described() {
        let feeds = feeds();
        let names: Vec<&str> = feeds["tables"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["name"].as_str())
            .collect();
        assert_eq!(names.len(), tables::ALL.len() + 1);
        let events = events();
        let shapes = events["events"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        assert_eq!(shapes.len(), tables::ALL.len() + OTHERS.len());
        for event in shapes {
            assert!(event["payload"]["properties"].is_object(), "{event}");
        }
    }

    #[test]
    fn a_table_says_what_identifies_and_dates_a_row() {
        let feeds = feeds();
        let reports = feeds["tables"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|it| it["name"] == "status_reports");
        let reports = reports.cloned().unwrap_or_default();
        assert_eq!(reports["effective"], "report_date");
        assert_eq!(reports["identity"], json!(["measure", "report_date"]));
        let date = &reports["columns"][0];
        assert_eq!(
            (&date["name"], &date["effective"], &date["mandatory"]),
            (&json!("report_date"), &json!(true), &json!(true))
        );
        assert!(
            date["aliases"]
                .as_array()
                .is_some_and(|it| it.contains(&json!("Stichtag")))
        );
    }
}
