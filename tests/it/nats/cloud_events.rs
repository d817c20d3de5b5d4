//! CloudEvents 1.0 from outside: what the conformance suite of its project calls valid is taken, what it calls
//! invalid is refused with the attribute that is wrong, and so is what a JSON schema alone would let through.

use serde_json::{Value, json};

use crate::support::{
    Place,
    nats::{PROGRAMME, nats_in, said, serving},
};

const STRUCTURED: &str = "application/cloudevents+json";

/// A row that was never sent.
fn row(number: usize) -> Value {
    json!({ "id": format!("CE-{number}"), "subject": "PROG", "title": "T", "reported_on": "2025-01-01" })
}

fn minimal() -> Value {
    json!({
        "specversion": "1.0", "id": "1", "type": "io.cloudevents.test", "source": "https://cloudevents.example",
    })
}

fn with(more: &Value) -> Value {
    let mut event = minimal();
    let members = event.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    event
}

fn message(headers: &Value, body: &str) -> Value {
    let subject = format!("leitstand.{PROGRAMME}.feed.impediments");
    json!({ "subject": subject, "headers": headers, "body": body })
}

/// In structured mode.
fn structured(event: &Value) -> Value {
    message(&json!({ "Content-Type": STRUCTURED }), &event.to_string())
}

/// The attributes in headers, the row in the body.
fn binary(event: &Value, body: &str) -> Value {
    let mut headers = json!({});
    for (name, value) in event.as_object().unwrap() {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        headers[format!("ce-{name}")] = json!(text);
    }
    message(&headers, body)
}

/// What the suite calls valid beside the smallest event.
fn valid() -> Vec<Value> {
    vec![
        json!({}),
        json!({ "datacontenttype": null, "dataschema": null, "subject": null, "time": null }),
        json!({
            "datacontenttype": "application/json", "dataschema": "https://cloudevents.example/schema",
            "subject": "tests", "time": "2018-04-05T17:31:00Z",
        }),
        json!({ "time": "2018-04-05T17:31:00.000000000Z" }),
        json!({ "time": "2018-04-05T18:31:00+01:00" }),
        json!({ "time": "2018-04-05T16:31:00-01:00" }),
        json!({ "source": "#fragment" }),
        json!({
            "extinteger": 10, "extboolean": true, "extstring": "text", "exturi": "https://cloudevents.example",
            "exturiref": "//authority/path", "exttimestamp": "2023-03-31T15:12:00Z", "extbinary": "TWE=",
        }),
    ]
}

/// What makes an event invalid, and the attribute that is named then.
fn invalid() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "specversion": null }), "specversion"),
        (json!({ "id": null }), "id"),
        (json!({ "type": null }), "type"),
        (json!({ "source": null }), "source"),
        (json!({ "time": "lunchtime" }), "time"),
        (json!({ "time": "2018-04-05T18:31Z" }), "time"),
        (json!({ "time": "2018-04-05T18:31:00X" }), "time"),
        (json!({ "time": "2018-04-05T18:31:00+25:00" }), "time"),
        (json!({ "time": "2018-04-05T18:31:00+xx:00" }), "time"),
        (json!({ "time": "2018-04-05T18:31:00+05" }), "time"),
        (json!({ "id": "" }), "id"),
        (json!({ "type": "" }), "type"),
        (json!({ "source": "" }), "source"),
        (json!({ "specversion": "" }), "specversion"),
        (json!({ "specversion": "0.9" }), "specversion"),
        (json!({ "datacontenttype": "xyz" }), "datacontenttype"),
        (json!({ "datacontenttype": "" }), "datacontenttype"),
        (json!({ "dataschema": "" }), "dataschema"),
        (json!({ "subject": "" }), "subject"),
        (json!({ "MyExtension": "bad" }), "MyExtension"),
        (json!({ "my.extension": "bad" }), "my.extension"),
        (json!({ "my.extension": 1.5 }), "my.extension"),
        // A schema that checks no formats lets these through.
        (json!({ "source": "kein Verweis" }), "source"),
        (json!({ "dataschema": "relativ" }), "dataschema"),
        (json!({ "time": "2018-02-30T18:31:00Z" }), "time"),
        (json!({ "id": "a\u{0}b" }), "id"),
    ]
}

/// What only structured mode can say.
fn invalid_in_json() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "id": 25 }), "id"),
        (json!({ "id": { "xyz": "abc" } }), "id"),
        (json!({ "ext": 1.5 }), "ext"),
        (json!({ "ext": [1] }), "ext"),
        (json!({ "ext": 4_000_000_000_u64 }), "ext"),
        (
            json!({ "data": "text", "data_base64": "eyAieHl6IjogMTIzIH0=" }),
            "data_base64",
        ),
        (json!({ "data_base64": "kein Base64" }), "data_base64"),
        (json!({ "data_base64": "e30" }), "data_base64"),
    ]
}

#[test]
fn what_the_conformance_suite_calls_valid_is_taken_in_both_modes() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let server = serving(&place, &nats);
    let mut messages = Vec::new();
    for (number, more) in valid().iter().enumerate() {
        let mut event = with(more);
        let bytes = row(3 * number).to_string();
        event["data"] = row(3 * number + 1);
        messages.push(structured(&event));
        event.as_object_mut().unwrap().remove("data");
        let stated: serde_json::Map<String, Value> = event
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        messages.push(binary(&Value::Object(stated), &bytes));
    }
    // {"id":"CE-99",…} as bytes, and another way to write the content type.
    let mut encoded = minimal();
    encoded["data_base64"] = json!(
        "eyJpZCI6IkNFLTk5Iiwic3ViamVjdCI6IlBST0ciLCJ0aXRsZSI6IlQiLCJyZXBvcnRlZF9vbiI6IjIwMjUtMDEtMDEifQ=="
    );
    messages.push(structured(&encoded));
    let parameters = json!({ "content-type": "APPLICATION/CloudEvents+JSON; charset=utf-8" });
    let mut event = minimal();
    event["data"] = row(100);
    messages.push(message(&parameters, &event.to_string()));
    let replies = said(&["send", &nats.url()], &messages);
    for (reply, message) in replies.iter().zip(&messages) {
        assert_eq!(reply["outcome"], "accepted", "{message}: {reply}");
    }
    assert_eq!(replies.len(), 2 * valid().len() + 2);
    server.is_well();
}

#[test]
fn what_the_conformance_suite_calls_invalid_is_refused_with_its_reason() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let server = serving(&place, &nats);
    let (mut messages, mut wrong) = (Vec::new(), Vec::new());
    for (number, (more, attribute)) in invalid().into_iter().chain(invalid_in_json()).enumerate() {
        let mut event = with(&more);
        // What is null is not there, which is the same for what must be.
        event.as_object_mut().unwrap().retain(|_, it| !it.is_null());
        if more.get("data_base64").is_none() {
            event["data"] = row(number);
        }
        messages.push(structured(&event));
        wrong.push(attribute);
    }
    for (number, (more, attribute)) in invalid().into_iter().enumerate() {
        // A header cannot hold a control character, and its name is taken in any case.
        let is_control = more["id"].as_str().is_some_and(|it| it.contains('\u{0}'));
        if is_control || attribute == "MyExtension" {
            continue;
        }
        let mut event = with(&more);
        event.as_object_mut().unwrap().retain(|_, it| !it.is_null());
        messages.push(binary(&event, &row(number).to_string()));
        wrong.push(attribute);
    }
    let replies = said(&["send", &nats.url()], &messages);
    assert_eq!(replies.len(), wrong.len());
    for ((reply, message), attribute) in replies.iter().zip(&messages).zip(&wrong) {
        assert_eq!(reply["outcome"], "rejected", "{message}: {reply}");
        assert_eq!(reply["code"], "bad_cloud_event", "{message}: {reply}");
        assert_eq!(reply["field"], *attribute, "{message}");
        assert!(reply["message"].as_str().unwrap().len() > 20, "{reply}");
    }
    // What is no single event, or has no row that could be read.
    let others = [
        (
            json!({ "Content-Type": "application/cloudevents-batch+json" }),
            "[]",
            "unsupported_media_type",
        ),
        (
            json!({ "Content-Type": "application/cloudevents+xml" }),
            "<event/>",
            "unsupported_media_type",
        ),
        (json!({ "Content-Type": STRUCTURED }), "[]", "bad_json"),
        (json!({ "Content-Type": STRUCTURED }), "", "bad_json"),
    ];
    let messages: Vec<Value> = others
        .iter()
        .map(|(it, body, _)| message(it, body))
        .collect();
    let replies = said(&["send", &nats.url()], &messages);
    for (reply, (.., code)) in replies.iter().zip(others) {
        assert_eq!(reply["code"], code, "{reply}");
    }
    // Two events that the suite calls valid bring a text: nothing is wrong with them but that they have no row.
    let text = json!({ "datacontenttype": "text/plain", "data": "Hello World!" });
    let mut all = with(&text);
    all["dataschema"] = json!("https://cloudevents.example/schema");
    all["subject"] = json!("tests");
    all["time"] = json!("2018-04-05T17:31:00Z");
    let texts = said(
        &["send", &nats.url()],
        &[structured(&with(&text)), structured(&all)],
    );
    for reply in &texts {
        assert_eq!(reply["code"], "unsupported_media_type", "{reply}");
        assert_eq!(reply["field"], "datacontenttype", "{reply}");
    }
    let without = said(&["send", &nats.url()], &[structured(&minimal())]);
    assert_eq!(without[0]["code"], "no_row", "{without:?}");
    let rows = server.ask("impediments", "as_of=2026-12-31");
    assert_eq!(rows["rows"], json!([]), "nothing of it was recorded");
    server.is_well();
}
