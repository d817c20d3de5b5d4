//! What is said over NATS, as `AsyncAPI` 3.0: made from the tables, the events and the answers.

use leitstand_domain::{
    Event,
    table::{COMMON, Column},
    tables::{self, CORRECTION_COLUMNS, CORRECTIONS},
};
use leitstand_ingest::nats::{CONSUMER, DEAD, EVENTS, FEED};
use leitstand_projections::answers;
use leitstand_reports::{OPTIONS, api::EXPLAIN};
use leitstand_store::token;
use serde_json::{Map, Value, json};

use super::{object, property};
use crate::serve;

const CLOUD_EVENT: &str = "application/cloudevents+json";
/// How a row may come.
const MODES: [&str; 3] = ["row", "structured", "binary"];

/// The description.
pub(super) fn asyncapi() -> Value {
    let mut all = Description::default();
    all.schema("Outcome", outcome());
    all.schema("Options", options());
    all.schema("DeadLetter", json!({ "description": "the row as it came" }));
    all.schema("Attributes", attributes(""));
    all.schema("BinaryHeaders", attributes("ce-"));
    all.schema("Refusal", refusal());
    all.schema("Nothing", json!({ "maxLength": 0 }));
    all.schema("DeadLetterHeaders", dead_letter_headers());
    let what = "What became of a row; refused: nobody knows yet, send it again";
    all.replies("outcomes", "Outcome", "Outcome", what);
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
                all.channels[&id]["messages"] = modes(&schema);
                if way == "feed" {
                    all.receives(&id, &MODES, Some("outcomes"));
                } else {
                    // They are pulled: there is no queue to subscribe to.
                    all.takes(&id, &MODES);
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
        all.channels[&id]["messages"]["event"]["contentType"] = json!(CLOUD_EVENT);
        all.channels[&id]["x-jetstream"] = json!({ "stream": EVENTS });
        all.sends(&id, "event");
    }
    let (id, address) = ("dead", "leitstand.{programme}.dead.{table}");
    let summary = "A row that could not be recorded, with the reasons in headers";
    all.channel(id, address, "letter", "DeadLetter", summary);
    all.channels[id]["messages"]["letter"]["headers"] =
        reference("components/schemas/DeadLetterHeaders");
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

    /// Where replies come: an address that is known only to whoever asks. A refusal has its reason in headers.
    fn replies(&mut self, id: &str, schema: &str, refused: &str, summary: &str) {
        let mut refusal = message_of(refused);
        refusal["headers"] = reference("components/schemas/Refusal");
        let channel = json!({
            "address": null,
            "summary": summary,
            "messages": { "reply": message_of(schema), "refusal": refusal },
        });
        self.channels.insert(id.to_owned(), channel);
    }

    /// An endpoint of the micro service.
    fn answers(&mut self, name: &str, title: &str, options: &str, answer: Value) {
        let (id, schema) = (format!("ask.{name}"), format!("answer.{name}"));
        self.schema(&schema, answer);
        let replies = format!("{id}.answers");
        self.replies(&replies, &schema, "Nothing", title);
        let address = format!("leitstand.{{programme}}.ask.{name}");
        self.channel(&id, &address, "question", options, title);
        self.receives(&id, &["question"], Some(&replies));
    }

    /// What comes without anybody listening for it.
    fn takes(&mut self, channel: &str, messages: &[&str]) {
        let operation = operation("receive", channel, messages);
        self.operations.insert(channel.to_owned(), operation);
    }

    fn receives(&mut self, channel: &str, messages: &[&str], replies: Option<&str>) {
        let mut operation = operation("receive", channel, messages);
        operation["bindings"] =
            json!({ "nats": { "queue": "leitstand", "bindingVersion": "0.1.0" } });
        if let Some(replies) = replies {
            let messages = ["reply", "refusal"]
                .map(|it| reference(&format!("channels/{replies}/messages/{it}")));
            operation["reply"] = json!({
                "channel": reference(&format!("channels/{replies}")),
                "messages": messages,
            });
        }
        self.operations.insert(channel.to_owned(), operation);
    }

    fn sends(&mut self, channel: &str, message: &str) {
        let operation = operation("send", channel, &[message]);
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

fn operation(action: &str, channel: &str, messages: &[&str]) -> Value {
    let messages = messages.iter();
    let messages: Vec<Value> = messages
        .map(|it| reference(&format!("channels/{channel}/messages/{it}")))
        .collect();
    json!({
        "action": action,
        "channel": reference(&format!("channels/{channel}")),
        "messages": messages,
    })
}

/// A row alone, as a structured and as a binary `CloudEvent`.
fn modes(row: &str) -> Value {
    let row = reference(&format!("components/schemas/{row}"));
    let [alone, structured, binary] = MODES;
    json!({
        alone: { "contentType": "application/json", "payload": row },
        structured: {
            "contentType": CLOUD_EVENT,
            "headers": { "type": "object", "required": ["Content-Type"], "properties": {
                "Content-Type": { "type": "string", "pattern": "^application/cloudevents\\+json" },
            } },
            "payload": {
                "allOf": [reference("components/schemas/Attributes")],
                "properties": { "data": row, "data_base64": {
                    "type": "string", "description": "the row in Base64, instead of data",
                } },
                "oneOf": [{ "required": ["data"] }, { "required": ["data_base64"] }],
            },
        },
        binary: {
            "contentType": "application/json",
            "headers": reference("components/schemas/BinaryHeaders"),
            "payload": row,
        },
    })
}

/// The attributes of a `CloudEvent` that brings a row; in headers they have a prefix.
fn attributes(prefix: &str) -> Value {
    let shape = |name: &str| match name {
        "specversion" => json!({ "const": "1.0" }),
        "time" => json!({ "type": "string", "format": "date-time" }),
        "source" => json!({ "type": "string", "format": "uri-reference", "minLength": 1 }),
        "dataschema" => json!({ "type": "string", "format": "uri" }),
        _ => json!({ "type": "string", "minLength": 1 }),
    };
    let required = ["specversion", "id", "source", "type"];
    let optional = ["subject", "time", "datacontenttype", "dataschema"];
    let properties: Map<String, Value> = required
        .into_iter()
        .chain(optional)
        .map(|it| (format!("{prefix}{it}"), shape(it)))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required.map(|it| format!("{prefix}{it}")),
    })
}

/// The headers of a service that says no.
fn refusal() -> Value {
    let mut headers = object(&[
        ("Nats-Service-Error", "string"),
        ("Nats-Service-Error-Code", "string"),
        ("Leitstand-Message", "string"),
        ("Leitstand-Message-En", "string"),
    ]);
    headers["properties"]["Nats-Service-Error"]["description"] =
        json!("the stable code, a colon and what is wrong, in English");
    for (name, what) in [
        ("Leitstand-Message", "what is wrong, in German"),
        ("Leitstand-Message-En", "the same in English"),
    ] {
        headers["properties"][name]["description"] = json!(what);
    }
    headers["properties"]["Nats-Service-Error-Code"]["description"] =
        json!("the status as over HTTP");
    headers
}

fn dead_letter_headers() -> Value {
    let mut headers = object(&[("Leitstand-Subject", "string")]);
    for (name, what) in [
        ("Code", "the stable code of the first finding"),
        ("Field", "its column; empty if it is none of a column"),
        ("Message", "what is wrong, in German"),
        ("Message-En", "what is wrong, in English"),
        ("Sequence", "of a posted row: where it was in the stream"),
        ("Deliveries", "of a posted row: how often it was delivered"),
        (
            "Cut",
            "how many bytes the row had, if it did not fit and is left out",
        ),
    ] {
        headers["properties"][format!("Leitstand-{name}")] =
            json!({ "type": "string", "description": what });
    }
    headers
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
    let row = |(table, own): (&'static str, &'static [Column])| {
        let columns = own.iter().chain(COMMON);
        let properties: Map<String, Value> =
            columns.map(|it| (it.name.to_owned(), stated(it))).collect();
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

/// A cell as it may be handed in: a number counts by its digits.
fn stated(it: &Column) -> Value {
    let mut shape = property(it);
    match it.kind {
        "whole_number" => shape["type"] = json!(["integer", "string"]),
        "amount" | "signed_amount" | "number" | "percent" => {
            shape["type"] = json!(["number", "string"]);
        }
        _ => {}
    }
    shape
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
    event["properties"]["causationid"] =
        json!({ "type": "string", "description": "the event that caused it, if one did" });
    event["properties"]["position"]["description"] =
        json!("in the log that is relayed; below 2^53, so it may exceed a CloudEvents integer");
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
            "findings_left_out": {
                "type": "integer", "description": "how many findings did not fit into the message",
            },
        },
        "required": ["outcome", "position", "code", "field", "message"],
    })
}

#[cfg(test)]
mod tests;
