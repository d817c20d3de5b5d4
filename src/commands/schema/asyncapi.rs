//! What is said over NATS, as `AsyncAPI` 3.0: made from the tables, the events and the answers.

use leitstand_domain::{
    Event,
    table::COMMON,
    tables::{self, CORRECTION_COLUMNS, CORRECTIONS},
};
use leitstand_ingest::nats::{CONSUMER, DEAD, EVENTS, FEED};
use leitstand_projections::answers;
use leitstand_reports::{OPTIONS, api::EXPLAIN};
use leitstand_store::token;
use serde_json::{Map, Value, json};

use super::{object, property};
use crate::serve;

/// The description.
pub(super) fn asyncapi() -> Value {
    let mut all = Description::default();
    all.schema("Outcome", outcome());
    all.schema("Options", options());
    all.schema("DeadLetter", json!({ "description": "the row as it came" }));
    all.replies("outcomes", "Outcome", "What became of a row");
    for (table, row) in rows() {
        let schema = format!("row.{table}");
        all.schema(&schema, row);
        for (way, what) in [
            ("feed", "answered with its outcome once it is durable"),
            ("post", "kept by JetStream until it is recorded"),
        ] {
            for (id, end) in [
                (format!("{way}.{table}"), ""),
                (format!("{way}.{table}.as"), ".{actor}"),
            ] {
                let address = format!("leitstand.{{programme}}.{way}.{}{end}", token(table));
                let summary = format!("A row of `{table}`, {what}");
                all.channel(&id, &address, "row", &schema, &summary);
                all.receives(&id, "row", (way == "feed").then_some("outcomes"));
                if way == "post" {
                    all.channels[&id]["x-jetstream"] =
                        json!({ "stream": FEED, "consumer": CONSUMER });
                }
            }
        }
    }
    for (name, version) in Event::catalogue() {
        let schema = format!("event.{name}");
        all.schema(&schema, cloud_event(name, version));
        let address = format!(
            "leitstand.{{programme}}.evt.{{kind}}.{{id}}.{}",
            token(name)
        );
        let id = format!("evt.{name}");
        let summary = format!("`{name}` was recorded");
        all.channel(&id, &address, "event", &schema, &summary);
        all.channels[&id]["messages"]["event"]["contentType"] =
            json!("application/cloudevents+json");
        all.channels[&id]["x-jetstream"] = json!({ "stream": EVENTS });
        all.sends(&id, "event");
    }
    let (id, address) = ("dead", "leitstand.{programme}.dead.{table}");
    let summary = "A row that could not be recorded, with the reasons in headers";
    all.channel(id, address, "letter", "DeadLetter", summary);
    all.channels[id]["messages"]["letter"]["headers"] = object(&[
        ("Leitstand-Subject", "string"),
        ("Leitstand-Code", "string"),
        ("Leitstand-Field", "string"),
        ("Leitstand-Message", "string"),
        ("Leitstand-Message-En", "string"),
    ]);
    all.channels[id]["x-jetstream"] = json!({ "stream": DEAD });
    all.sends(id, "letter");
    for kind in answers::ALL {
        let answer = serve::answer_schema(kind);
        all.answers(kind.name, kind.title, "Options", answer);
    }
    all.schema("Explain", explain_options());
    let explanation = json!({ "type": "object" });
    let title = "Warum eine Zahl ist, wie sie ist";
    all.answers(EXPLAIN, title, "Explain", explanation);
    all.written()
}

/// A description as it grows.
#[derive(Default)]
struct Description {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Description {
    fn schema(&mut self, name: &str, schema: Value) {
        self.schemas.insert(name.to_owned(), schema);
    }

    /// A channel with one message; what is in braces in its address is a parameter.
    fn channel(&mut self, id: &str, address: &str, message: &str, schema: &str, summary: &str) {
        let named = address
            .split('{')
            .skip(1)
            .filter_map(|it| it.split('}').next());
        let parameters: Map<String, Value> = named
            .map(|it| (it.to_owned(), json!({ "description": parameter(it) })))
            .collect();
        let channel = json!({
            "address": address,
            "summary": summary,
            "parameters": parameters,
            "messages": { message: message_of(schema) },
        });
        self.channels.insert(id.to_owned(), channel);
    }

    /// Where replies come: an address that is known only to whoever asks.
    fn replies(&mut self, id: &str, schema: &str, summary: &str) {
        let channel = json!({
            "address": null,
            "summary": summary,
            "messages": { "reply": message_of(schema) },
        });
        self.channels.insert(id.to_owned(), channel);
    }

    /// An endpoint of the micro service.
    fn answers(&mut self, name: &str, title: &str, options: &str, answer: Value) {
        let (id, schema) = (format!("ask.{name}"), format!("answer.{name}"));
        self.schema(&schema, answer);
        let replies = format!("{id}.answers");
        self.replies(&replies, &schema, title);
        let address = format!("leitstand.{{programme}}.ask.{name}");
        self.channel(&id, &address, "question", options, title);
        self.receives(&id, "question", Some(&replies));
    }

    fn receives(&mut self, channel: &str, message: &str, replies: Option<&str>) {
        let mut operation = operation("receive", channel, message);
        operation["bindings"] =
            json!({ "nats": { "queue": "leitstand", "bindingVersion": "0.1.0" } });
        if let Some(replies) = replies {
            operation["reply"] = json!({
                "channel": reference(&format!("channels/{replies}")),
                "messages": [reference(&format!("channels/{replies}/messages/reply"))],
            });
        }
        self.operations.insert(channel.to_owned(), operation);
    }

    fn sends(&mut self, channel: &str, message: &str) {
        let operation = operation("send", channel, message);
        self.operations.insert(channel.to_owned(), operation);
    }

    fn written(self) -> Value {
        json!({
            "asyncapi": "3.0.0",
            "info": {
                "title": "Leitstand over NATS",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Rows go in, recorded events come out, questions are answered. Rows are plain JSON or CloudEvents 1.0 (structured or binary mode) with the row as data.",
                "license": { "name": "EUPL-1.2" },
            },
            "defaultContentType": "application/json",
            "channels": self.channels,
            "operations": self.operations,
            "components": { "schemas": self.schemas },
        })
    }
}

fn operation(action: &str, channel: &str, message: &str) -> Value {
    json!({
        "action": action,
        "channel": reference(&format!("channels/{channel}")),
        "messages": [reference(&format!("channels/{channel}/messages/{message}"))],
    })
}

fn message_of(schema: &str) -> Value {
    json!({ "payload": reference(&format!("components/schemas/{schema}")) })
}

fn reference(path: &str) -> Value {
    json!({ "$ref": format!("#/{path}") })
}

/// What stands in a token of an address.
fn parameter(name: &str) -> &'static str {
    match name {
        "programme" => {
            "the programme's id; bytes outside A–Z a–z 0–9 - _ become =XX, as in every token"
        }
        "actor" => {
            "who hands the row in; counts where the server's permissions allow each its own only"
        }
        "kind" => "the kind of the stream, for instance milestone",
        "id" => "what the stream is about; _ where there is only one",
        _ => "the feed table",
    }
}

/// Every table with the shape of its rows.
fn rows() -> Vec<(&'static str, Value)> {
    let columns = tables::ALL.iter().map(|it| (it.name, it.columns));
    let all = columns.chain([(CORRECTIONS, CORRECTION_COLUMNS)]);
    let row = |(table, own): (&'static str, &'static [leitstand_domain::table::Column])| {
        let columns = own.iter().chain(COMMON);
        let properties: Map<String, Value> = columns
            .map(|it| (it.name.to_owned(), property(it)))
            .collect();
        let required: Vec<&str> = own
            .iter()
            .filter(|it| it.mandatory)
            .map(|it| it.name)
            .collect();
        let row = json!({ "type": "object", "properties": properties, "required": required });
        (table, row)
    };
    all.map(row).collect()
}

fn cloud_event(name: &str, version: u16) -> Value {
    let mut event = object(&[
        ("specversion", "string"),
        ("id", "string"),
        ("source", "string"),
        ("type", "string"),
        ("subject", "string"),
        ("time", "string"),
        ("datacontenttype", "string"),
        ("position", "integer"),
        ("effectiveon", "string"),
        ("knownon", "string"),
        ("actor", "string"),
        ("correlationid", "string"),
        ("hash", "string"),
    ]);
    event["properties"]["type"]["const"] = json!(format!("de.leitstand.{name}.v{version}"));
    event["properties"]["data"] = super::shape(name);
    let place = "where the data are, if they are larger than a message may be";
    event["properties"]["dataref"] = json!({ "type": "string", "description": place });
    event
}

fn options() -> Value {
    let shape = |doc: &str| json!({ "type": ["string", "number", "boolean"], "description": doc });
    let properties: Map<String, Value> = OPTIONS
        .iter()
        .map(|(name, doc)| ((*name).to_owned(), shape(doc)))
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn explain_options() -> Value {
    let mut options = options();
    for (name, doc) in [
        ("answer", "the answer, such as funds"),
        ("row", "the id of its row, or summary"),
        ("field", "the field to explain"),
    ] {
        options["properties"][name] = json!({ "type": "string", "description": doc });
    }
    options["required"] = json!(["answer", "row", "field"]);
    options
}

fn outcome() -> Value {
    let text = || json!({ "type": ["string", "null"] });
    json!({
        "type": "object",
        "properties": {
            "outcome": {
                "enum": ["accepted", "known", "rejected", null],
                "description": "null: the row could not be decided on; send it again",
            },
            "position": { "type": ["integer", "null"] },
            "code": text(), "field": text(), "message": text(), "message_en": text(),
            "findings": { "type": "array", "items": { "type": "object" } },
        },
        "required": ["outcome", "position", "code", "field", "message"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved<'a>(whole: &'a Value, reference: &Value) -> &'a Value {
        let path = reference["$ref"].as_str().expect("a reference");
        let found = whole.pointer(path.strip_prefix('#').expect("a local one"));
        found.unwrap_or_else(|| panic!("{path} leads nowhere"))
    }

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(members) if members.contains_key("$ref") => found.push(value),
            Value::Object(members) => members.values().for_each(|it| references(it, found)),
            Value::Array(items) => items.iter().for_each(|it| references(it, found)),
            _ => {}
        }
    }

    fn members(value: &Value) -> &Map<String, Value> {
        value.as_object().expect("an object")
    }

    fn is_key(key: &str) -> bool {
        key.bytes()
            .all(|it| it.is_ascii_alphanumeric() || b".-_".contains(&it))
    }

    /// The rules of the specification a document can break.
    #[test]
    fn the_document_keeps_the_rules_of_its_specification() {
        let whole = asyncapi();
        assert_eq!(whole["asyncapi"], "3.0.0");
        assert!(whole["info"]["title"].is_string() && whole["info"]["version"].is_string());
        let mut all = Vec::new();
        references(&whole, &mut all);
        for reference in all {
            resolved(&whole, reference);
            assert_eq!(members(reference).len(), 1, "nothing beside a reference");
        }
        for (id, channel) in members(&whole["channels"]) {
            assert!(is_key(id), "{id}");
            let Some(address) = channel["address"].as_str() else {
                assert!(channel["address"].is_null() && channel.get("parameters").is_none());
                continue;
            };
            let mut named: Vec<&str> = address
                .split('.')
                .filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            let mut stated: Vec<&str> = members(&channel["parameters"])
                .keys()
                .map(String::as_str)
                .collect();
            named.sort_unstable();
            stated.sort_unstable();
            assert_eq!(named, stated, "{address}");
            assert!(!members(&channel["messages"]).is_empty());
        }
        for (id, operation) in members(&whole["operations"]) {
            assert!(is_key(id), "{id}");
            assert!(
                ["send", "receive"].contains(&operation["action"].as_str().unwrap_or_default())
            );
            let sides = [Some(operation), operation.get("reply")];
            for side in sides.into_iter().flatten() {
                let channel = side["channel"]["$ref"].as_str().expect("a channel");
                for message in side["messages"].as_array().into_iter().flatten() {
                    let message = message["$ref"].as_str().expect("a message");
                    assert!(
                        message.starts_with(&format!("{channel}/messages/")),
                        "{id}: {message}"
                    );
                }
            }
        }
        assert!(
            members(&whole["components"]["schemas"])
                .keys()
                .all(|it| is_key(it))
        );
    }

    #[test]
    fn every_table_event_and_answer_is_in_it() {
        let whole = asyncapi();
        let channels = members(&whole["channels"]);
        for table in tables::ALL {
            assert!(
                channels.contains_key(&format!("feed.{}", table.name)),
                "{}",
                table.name
            );
            assert!(
                channels.contains_key(&format!("post.{}.as", table.name)),
                "{}",
                table.name
            );
        }
        for (name, _) in Event::catalogue() {
            let channel = &whole["channels"][format!("evt.{name}")];
            assert!(
                channel["address"]
                    .as_str()
                    .is_some_and(|it| it.ends_with(&token(name)))
            );
        }
        for name in answers::ALL.iter().map(|it| it.name).chain([EXPLAIN]) {
            let operation = &whole["operations"][format!("ask.{name}")];
            assert!(operation["reply"]["channel"]["$ref"].is_string(), "{name}");
        }
    }
}
