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
        assert!(["send", "receive"].contains(&operation["action"].as_str().unwrap_or_default()));
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
fn rows_come_in_three_modes_and_a_no_is_described() {
    let whole = asyncapi();
    let feed = &whole["operations"]["feed.pots"];
    assert_eq!(feed["messages"].as_array().map(Vec::len), Some(3));
    assert_eq!(feed["bindings"]["nats"]["queue"], "leitstand");
    let post = &whole["operations"]["post.pots"];
    assert_eq!(post["messages"].as_array().map(Vec::len), Some(3));
    assert_eq!(post.get("bindings"), None, "posted rows are pulled");
    for asking in ["feed.pots", "ask.funds"] {
        let reply = &whole["operations"][asking]["reply"];
        let refusal = resolved(&whole, &reply["messages"][1]);
        let headers = resolved(&whole, &refusal["headers"]);
        assert!(headers["properties"]["Nats-Service-Error-Code"].is_object());
    }
    let letter = &whole["channels"]["dead"]["messages"]["letter"];
    let headers = resolved(&whole, &letter["headers"]);
    for name in ["Subject", "Code", "Sequence", "Deliveries", "Cut"] {
        assert!(
            headers["properties"][format!("Leitstand-{name}")].is_object(),
            "{name}"
        );
    }
    let event = &whole["components"]["schemas"]["event.milestone.planned"];
    assert!(event["properties"]["causationid"].is_object());
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
