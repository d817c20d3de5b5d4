use serde_json::{Value, json};

use super::*;

/// An event as small as it may be, with further or other members.
fn event(more: impl std::borrow::Borrow<Value>) -> Value {
    let mut event = json!({
        "specversion": "1.0", "id": "1", "type": "de.leitstand.row", "source": "https://pmo.example/a",
    });
    let members = event.as_object_mut().expect("an object");
    members.extend(more.borrow().as_object().cloned().unwrap_or_default());
    event
}

fn without(name: &str) -> Value {
    let mut event = event(json!({}));
    event.as_object_mut().expect("an object").remove(name);
    event
}

fn headers(all: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in all {
        headers.append(*name, *value);
    }
    headers
}

fn structured_of(event: &str) -> Result<Option<String>, (String, Option<String>)> {
    let headers = headers(&[(
        "Content-Type",
        "application/cloudevents+json; charset=UTF-8",
    )]);
    opened(&headers, event)
}

fn opened(headers: &HeaderMap, body: &str) -> Result<Option<String>, (String, Option<String>)> {
    let envelope = open(Some(headers), body.as_bytes());
    let data = envelope.map(|it| it.data).map_err(told)?;
    Ok(data.map(|it| String::from_utf8_lossy(&it).into_owned()))
}

fn told(finding: Finding) -> (String, Option<String>) {
    assert!(finding.message.ends_with('.') && finding.message_en.ends_with('.'));
    (finding.code.into_owned(), finding.column)
}

/// What the conformance suite of `CloudEvents` calls valid.
#[test]
fn valid_events_are_taken() {
    let nulls =
        json!({ "datacontenttype": null, "dataschema": null, "subject": null, "time": null });
    let all = json!({
        "datacontenttype": "text/plain", "dataschema": "https://a.example/schema", "subject": "tests",
        "time": "2018-04-05T17:31:00Z",
    });
    let extensions = json!({
        "extinteger": 10, "extboolean": true, "extstring": "text", "exturi": "https://a.example",
        "exturiref": "//authority/path", "exttimestamp": "2023-03-31T15:12:00Z", "extbinary": "TWE=",
        "extleast": -2_147_483_648, "extempty": "", "ext9": "9", "extunset": null,
    });
    for more in [
        json!({}),
        nulls,
        all,
        extensions,
        json!({ "time": "2018-04-05T17:31:00.000000000Z" }),
        json!({ "time": "2018-04-05T18:31:00+01:00" }),
        json!({ "time": "2018-04-05T16:31:00-01:00" }),
        json!({ "source": "#fragment" }),
        json!({ "source": "/a/b?c=%C3%A4" }),
        json!({ "source": "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66" }),
        json!({ "datacontenttype": "application/json; charset=\"utf-8\"; a=b" }),
        json!({ "datacontenttype": "application/json; a=\"x;y\"" }),
        json!({ "datacontenttype": "application/json ; a=\"x\\\"y\" ;b=\"\"" }),
        json!({ "time": "2018-04-05T17:31:00.1234567891Z" }),
        json!({ "time": "9999-12-31T23:59:59Z" }),
        json!({ "time": "9999-12-31T23:59:59-23:59" }),
        json!({ "time": "0000-01-01T00:00:00Z" }),
        json!({ "time": "2016-12-31T23:59:60Z" }),
        json!({ "source": "http://[2001:db8::1]:80/a?b" }),
        json!({ "source": "x:" }),
    ] {
        let event = event(more);
        assert_eq!(structured_of(&event.to_string()), Ok(None), "{event}");
    }
    let text = event(json!({ "datacontenttype": "text/plain", "data": "Simple text" }));
    assert_eq!(
        structured_of(&text.to_string()),
        Ok(Some("\"Simple text\"".to_owned()))
    );
}

/// What the suite calls invalid, and what a schema would let through.
#[test]
fn invalid_events_are_refused_and_the_attribute_is_named() {
    let cases = [
        (without("specversion"), "specversion"),
        (without("id"), "id"),
        (without("type"), "type"),
        (without("source"), "source"),
        (event(json!({ "id": null })), "id"),
        (event(json!({ "id": "" })), "id"),
        (event(json!({ "type": "" })), "type"),
        (event(json!({ "source": "" })), "source"),
        (event(json!({ "specversion": "" })), "specversion"),
        (event(json!({ "specversion": "0.9" })), "specversion"),
        (event(json!({ "specversion": "1.0.2" })), "specversion"),
        (event(json!({ "specversion": 1.0 })), "specversion"),
        (event(json!({ "id": 25 })), "id"),
        (event(json!({ "id": { "xyz": "abc" } })), "id"),
        (event(json!({ "id": "a\u{7}b" })), "id"),
        (event(json!({ "id": "a\u{fffe}" })), "id"),
        (event(json!({ "source": "a b" })), "source"),
        (event(json!({ "source": "a%ZZ" })), "source"),
        (event(json!({ "source": "ä" })), "source"),
        (event(json!({ "source": "://x" })), "source"),
        (event(json!({ "source": "http://[::1" })), "source"),
        (event(json!({ "dataschema": "http://[" })), "dataschema"),
        (event(json!({ "dataschema": "://x" })), "dataschema"),
        (event(json!({ "subject": "" })), "subject"),
        (event(json!({ "MyExtension": "bad" })), "MyExtension"),
        (event(json!({ "my.extension": "bad" })), "my.extension"),
        (event(json!({ "my.extension": 1.5 })), "my.extension"),
        (event(json!({ "my_extension": "bad" })), "my_extension"),
        (event(json!({ "": "bad" })), ""),
        (event(json!({ "ext": 1.5 })), "ext"),
        (event(json!({ "ext": 2_147_483_648_u64 })), "ext"),
        (event(json!({ "ext": [1] })), "ext"),
        (event(json!({ "ext": {} })), "ext"),
        (
            event(json!({ "data": "text", "data_base64": "eyAieHl6IjogMTIzIH0=" })),
            "data_base64",
        ),
        (event(json!({ "data_base64": "no base64!" })), "data_base64"),
        (event(json!({ "data_base64": "TWE" })), "data_base64"),
        (event(json!({ "data_base64": 5 })), "data_base64"),
    ];
    for (event, attribute) in cases {
        let refused = ("bad_cloud_event".to_owned(), Some(attribute.to_owned()));
        assert_eq!(structured_of(&event.to_string()), Err(refused), "{event}");
    }
    let twice = r#"{"specversion":"1.0","id":"1","id":"2","type":"a","source":"b"}"#;
    assert_eq!(
        structured_of(twice),
        Err(("bad_cloud_event".to_owned(), Some("id".to_owned())))
    );
    for no_object in ["", "[]", "{", "\"text\""] {
        assert_eq!(
            structured_of(no_object),
            Err(("bad_json".to_owned(), None)),
            "{no_object}"
        );
    }
}

#[test]
fn a_time_and_a_media_type_are_those_of_their_grammar() {
    let times = [
        "lunchtime",
        "2018-04-05T18:31Z",
        "2018-04-05T18:31:00X",
        "2018-04-05T18:31:00+25:00",
        "2018-04-05T18:31:00+xx:00",
        "2018-04-05T18:31:00+05",
        "2018-04-05T18:31:00",
        "2018-02-30T18:31:00Z",
        "2018-04-05T18:31:00.Z",
        "2018-04-05T24:00:00Z",
        "2018-04-05T23:60:00Z",
        "2018-04-05T23:59:61Z",
        "2018-04-05T23:59:00+01:60",
        "2018-13-05T23:59:00Z",
        "2018-04-05 23:59:00Z",
        "+018-04-05T23:59:00Z",
        "2018-04-05T23:59:00Zä",
        "",
    ];
    let types = [
        "xyz",
        "",
        "a/b; c",
        "a/b;",
        "a/b; =c",
        "a/b; c=",
        "a/b; c=d e",
        "application/json; a=\"x\"y\"",
        "application/json; a=\"x",
        "application/json; a=\"x\\\"",
        "a/b; c=\"d\" e",
        "a b/c",
        "a/b/c",
    ];
    let times = times.map(|it| ("time", it));
    for (attribute, bad) in times
        .into_iter()
        .chain(types.map(|it| ("datacontenttype", it)))
    {
        let refused = ("bad_cloud_event".to_owned(), Some(attribute.to_owned()));
        let event = event(json!({ attribute: bad })).to_string();
        assert_eq!(structured_of(&event), Err(refused), "{bad}");
    }
}

#[test]
fn headers_of_any_case_make_an_event_and_are_decoded() {
    let valid = [
        ("CE-SpecVersion", "1.0"),
        ("ce-id", "1"),
        ("Ce-Type", "a"),
        ("ce-source", "/pmo/%7E"),
        ("ce-subject", "Euro%20%E2%82%AC%22"),
        ("ce-time", "2018-04-05T17:31:00Z"),
        ("ce-datacontenttype", "application/json"),
        ("Nats-Msg-Id", "%"),
    ];
    assert_eq!(opened(&headers(&valid), "{}"), Ok(Some("{}".to_owned())));
    assert_eq!(opened(&headers(&valid), ""), Ok(None));
    for (more, attribute) in [
        (("ce-subject", "100%"), "subject"),
        (("ce-subject", "%4"), "subject"),
        (("ce-subject", "%ff"), "subject"),
        (("ce-subject", "%00"), "subject"),
        (("ce-my-ext", "a"), "my-ext"),
        (("ce-data", "a"), "data"),
        (("ce-data_base64", "a"), "data_base64"),
        (("ce-my.ext", "a"), "my.ext"),
        (("ce-id", "2"), "ce-id"),
    ] {
        let mut all: Vec<_> = valid.to_vec();
        if attribute == "subject" {
            all.retain(|(name, _)| *name != "ce-subject");
        }
        all.push(more);
        let refused = ("bad_cloud_event".to_owned(), Some(attribute.to_owned()));
        assert_eq!(opened(&headers(&all), "{}"), Err(refused), "{more:?}");
    }
    let missing = ("bad_cloud_event".to_owned(), Some("specversion".to_owned()));
    assert_eq!(opened(&headers(&[("ce-id", "1")]), "{}"), Err(missing));
}

#[test]
fn the_row_is_the_json_in_it() {
    let row_of = |headers: &HeaderMap, body: &str| {
        row(Some(headers), body.as_bytes())
            .map(|it| String::from_utf8_lossy(&it).into_owned())
            .map_err(|it| it.code.into_owned())
    };
    let structured = headers(&[("content-type", "Application/CloudEvents+JSON")]);
    let of = |more: Value| row_of(&structured, &event(more).to_string());
    assert_eq!(
        of(json!({ "data": { "id": "A" } })),
        Ok(r#"{"id":"A"}"#.to_owned())
    );
    assert_eq!(
        of(json!({ "data_base64": "eyAieHl6IjogMTIzIH0=" })),
        Ok(r#"{ "xyz": 123 }"#.to_owned())
    );
    assert_eq!(of(json!({})), Err("no_row".to_owned()));
    let nothing = [
        json!({ "data": null }),
        json!({ "data": null, "data_base64": null }),
    ];
    for nothing in nothing {
        assert_eq!(of(nothing), Err("no_row".to_owned()));
    }
    let one = [
        json!({ "data": null, "data_base64": "e30=" }),
        json!({ "data": {}, "data_base64": null }),
    ];
    for one in one {
        assert_eq!(of(one), Ok("{}".to_owned()));
    }
    let text = json!({ "datacontenttype": "text/plain", "data": "Simple text" });
    assert_eq!(of(text), Err("unsupported_media_type".to_owned()));
    let vendor = json!({ "datacontenttype": "application/vnd.pmo+json", "data": {} });
    assert_eq!(of(vendor), Ok("{}".to_owned()));
    assert_eq!(row_of(&HeaderMap::new(), "{}"), Ok("{}".to_owned()));
    assert_eq!(
        row(None, b"{}").map(std::borrow::Cow::into_owned),
        Ok(b"{}".to_vec())
    );
    let unsupported = Err("unsupported_media_type".to_owned());
    for kind in [
        "text/xml",
        "application/cloudevents-batch+json",
        "application/cloudevents+avro",
    ] {
        assert_eq!(
            row_of(&headers(&[("Content-Type", kind)]), "{}"),
            unsupported,
            "{kind}"
        );
    }
}

#[test]
fn base64_is_read_strictly() {
    for (text, bytes) in [
        ("", Some(&b""[..])),
        ("TWE=", Some(b"Ma")),
        ("TQ==", Some(b"M")),
        ("TWFu", Some(b"Man")),
        ("TWFuTQ==", Some(b"ManM")),
        ("TQ==TWFu", None),
        ("T===", None),
        ("TWF", None),
        ("TW-_", None),
    ] {
        assert_eq!(base64(text.as_bytes()).as_deref(), bytes, "{text}");
    }
}
