//! How the server must keep a log: asked for when a stream is made, compared whenever it is opened and while it is open.

use serde_json::{Value, json};

use super::{
    error::JetStreamError,
    names::Names,
    server::{NoJetStream, Server, error_of, is_off, reaches_of},
    watch::LostLog,
};
use crate::{FORMAT, StoreError, nats::version};

/// The oldest server that stores several messages at once, all or none, and keeps their expectations.
const GROUPS: (u64, u64, u64) = (2, 12, 1);
/// For so long a message sent again is recognised, in nanoseconds: longer than anybody tries.
const WINDOW: u64 = 120_000_000_000;
/// „stream not found“.
pub(super) const NOT_FOUND: u64 = 10_059;
/// „stream name already in use with a different configuration“.
const TAKEN: u64 = 10_058;
/// „JetStream system temporarily unavailable“: a cluster is choosing a leader.
pub const NO_LEADER: u64 = 10_008;

/// Whose log is opened, and what may be done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JetStreamOptions {
    /// The programme.
    pub programme: String,
    /// On how many servers each event is kept; if not stated, on as many as there are, and one for a log
    /// that is begun.
    pub replicas: Option<usize>,
    /// Whether a log that is not there is begun.
    pub begin: bool,
}

/// What nobody may have changed: events can neither be deleted nor pushed out by limits, and a stream that
/// is full refuses.
fn common(options: &JetStreamOptions) -> Value {
    json!({
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_msgs": -1,
        "max_bytes": -1,
        "max_age": 0,
        "max_msg_size": -1,
        "num_replicas": options.replicas.unwrap_or(1),
        "duplicate_window": WINDOW,
        "allow_direct": true,
        "deny_purge": true,
        "allow_rollup_hdrs": false,
        "sealed": false,
        "metadata": {
            "leitstand-programme": options.programme,
            "leitstand-format": FORMAT.to_string(),
        },
    })
}

/// The stream with the events.
pub(super) fn log(names: &Names, options: &JetStreamOptions, server: &str) -> Value {
    let mut wanted = common(options);
    wanted["name"] = json!(names.log);
    wanted["subjects"] = json!([names.subjects()]);
    wanted["max_msgs_per_subject"] = json!(-1);
    wanted["deny_delete"] = json!(true);
    // Who follows the log is told after an event is stored, and only that.
    wanted["republish"] =
        json!({ "src": names.subjects(), "dest": names.grown(), "headers_only": true });
    if version(server).is_some_and(|it| GROUPS <= it) {
        wanted["allow_atomic"] = json!(true);
    }
    wanted
}

/// The bucket with the keys, which can be destroyed one by one and not otherwise.
pub(super) fn keys(names: &Names, options: &JetStreamOptions) -> Value {
    let mut wanted = common(options);
    wanted["name"] = json!(names.keys);
    wanted["subjects"] = json!([names.all_keys()]);
    wanted["max_msgs_per_subject"] = json!(1);
    wanted["deny_delete"] = json!(false);
    wanted
}

/// A stream whose settings are as wanted.
pub(super) struct Found {
    /// Its settings.
    pub(super) config: Value,
    /// When it was made, in the server's words.
    pub(super) created: String,
    /// So many messages it has.
    pub(super) reaches: u64,
    /// Whether it was made just now.
    pub(super) is_new: bool,
}

/// Makes the stream if it is not there and may be made.
///
/// # Errors
/// It is not there, or is kept in another way, or is somebody else's.
pub(super) async fn open(
    server: &Server,
    wanted: &Value,
    options: &JetStreamOptions,
) -> Result<Found, JetStreamError> {
    let name = wanted["name"].as_str().unwrap_or_default().to_owned();
    let mut answer = ask(server, "STREAM.INFO", &json!({})).await?;
    let mut is_new = false;
    if matches!(error_of(&answer), Some((NOT_FOUND, _))) {
        if !options.begin {
            return Err(JetStreamError::NotThere { stream: name });
        }
        answer = ask(server, "STREAM.CREATE", wanted).await?;
        is_new = true;
        if matches!(error_of(&answer), Some((TAKEN, _))) {
            answer = ask(server, "STREAM.INFO", &json!({})).await?;
            is_new = false;
        }
    }
    if let Some((code, what)) = error_of(&answer) {
        if code == NO_LEADER {
            return Err(StoreError::new("opening a stream", what).into());
        }
        return Err(JetStreamError::Refused { stream: name, what });
    }
    let config = answer["config"].take();
    compare(&name, wanted, &config, options)?;
    // Keys are removed one by one, events never.
    if wanted["deny_delete"] == true
        && let Some((first, removed)) = removed(&answer)
    {
        let lost = LostLog::Removed { first, removed };
        return Err(StoreError::new("opening the log", lost).into());
    }
    Ok(Found {
        config,
        created: answer["created"].as_str().unwrap_or_default().to_owned(),
        reaches: reaches_of(&answer),
        is_new,
    })
}

async fn ask(server: &Server, verb: &str, wanted: &Value) -> Result<Value, JetStreamError> {
    let answer = server.api(verb, wanted).await.map_err(|error| {
        if error.cause.is::<NoJetStream>() {
            JetStreamError::NotEnabled
        } else {
            JetStreamError::Store(error)
        }
    })?;
    if is_off(&answer) {
        return Err(JetStreamError::NotEnabled);
    }
    Ok(answer)
}

/// Settings that change nothing in what is stored, kept and acknowledged.
const HARMLESS: [&str; 8] = [
    "allow_atomic",
    "allow_direct",
    "compression",
    "consumer_limits",
    "description",
    "max_consumers",
    "persist_mode",
    "placement",
];

/// Whether a setting says no more than one that is not there.
fn is_nothing(found: &Value) -> bool {
    match found {
        Value::Null | Value::Bool(false) => true,
        Value::Number(it) => it.as_i64() == Some(0),
        Value::String(it) => it.is_empty(),
        Value::Array(it) => it.is_empty(),
        Value::Object(it) => it.is_empty(),
        Value::Bool(true) => false,
    }
}

/// The first sequence of a stream and how many messages are missing behind it, if it is not whole.
pub(super) fn removed(info: &Value) -> Option<(u64, u64)> {
    let state = |name: &str| info["state"][name].as_u64().unwrap_or_default();
    let (first, removed) = (state("first_seq"), state("num_deleted"));
    (1 < first || 0 < removed).then_some((first, removed))
}

/// What was changed of a log that is open; on how many servers it is kept may be.
pub(super) fn changed(wanted: &Value, found: &Value) -> Option<LostLog> {
    let programme = &wanted["metadata"]["leitstand-programme"];
    let options = JetStreamOptions {
        programme: programme.as_str().unwrap_or_default().to_owned(),
        replicas: None,
        begin: false,
    };
    let name = wanted["name"].as_str().unwrap_or_default();
    match compare(name, wanted, found, &options) {
        Ok(()) => None,
        Err(JetStreamError::Settings {
            setting,
            wanted,
            found,
            ..
        }) => Some(LostLog::Settings {
            setting,
            found,
            wanted,
        }),
        // Another programme's, or of a newer format.
        Err(_) => Some(LostLog::Settings {
            setting: "metadata".to_owned(),
            found: found["metadata"].to_string(),
            wanted: wanted["metadata"].to_string(),
        }),
    }
}

/// An old server drops in silence what it does not know, and an administrator may have changed a setting.
fn compare(
    stream: &str,
    wanted: &Value,
    found: &Value,
    options: &JetStreamOptions,
) -> Result<(), JetStreamError> {
    let metadata = &found["metadata"];
    let programme = metadata["leitstand-programme"].as_str().unwrap_or_default();
    if programme != options.programme {
        return Err(JetStreamError::OtherProgramme {
            found: programme.to_owned(),
            expected: options.programme.clone(),
        });
    }
    let format = metadata["leitstand-format"].as_str().unwrap_or_default();
    if format.parse::<u32>().is_ok_and(|it| FORMAT < it) {
        return Err(JetStreamError::NewerFormat {
            found: format.to_owned(),
        });
    }
    let differs = |setting: &str, wanted: &Value, found: &Value| JetStreamError::Settings {
        stream: stream.to_owned(),
        setting: setting.to_owned(),
        wanted: wanted.to_string(),
        found: found.to_string(),
    };
    for (setting, wanted) in wanted.as_object().into_iter().flatten() {
        let is_free = match setting.as_str() {
            "num_replicas" => options.replicas.is_none(),
            // The server adds its own; ours are looked at above. Groups are used where there are any.
            "metadata" | "allow_atomic" => true,
            _ => false,
        };
        if !is_free && found[setting] != *wanted {
            return Err(differs(setting, wanted, &found[setting]));
        }
    }
    // Faster, and acknowledged before anything is written.
    let mode = &found["persist_mode"];
    if !mode.is_null() && mode != "default" && mode != "" {
        return Err(differs("persist_mode", &json!("default"), mode));
    }
    // What nobody here knows, or nobody asked for, might take messages away or keep them from being acknowledged.
    for (setting, found) in found.as_object().into_iter().flatten() {
        let is_looked_at = wanted.get(setting).is_some() || HARMLESS.contains(&setting.as_str());
        if !is_looked_at && !is_nothing(found) {
            return Err(differs(setting, &Value::Null, found));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_that_was_changed_is_found() {
        let options = JetStreamOptions {
            programme: "test".to_owned(),
            replicas: Some(3),
            begin: true,
        };
        let names = Names::of("test");
        let wanted = log(&names, &options, "2.15.1");
        assert!(compare("s", &wanted, &wanted, &options).is_ok());
        for setting in wanted.as_object().into_iter().flatten().map(|(it, _)| it) {
            let mut found = wanted.clone();
            found[setting] = json!("other");
            let same = compare("s", &wanted, &found, &options);
            assert_eq!(same.is_ok(), setting == "allow_atomic", "{setting}");
        }
        for (setting, value) in [
            ("persist_mode", json!("async")),
            ("mirror", json!({ "name": "x" })),
            ("allow_msg_ttl", json!(true)),
            ("no_ack", json!(true)),
            ("subject_delete_marker_ttl", json!(1)),
            ("of_a_newer_server", json!(true)),
        ] {
            let mut found = wanted.clone();
            found[setting] = value;
            assert!(
                compare("s", &wanted, &found, &options).is_err(),
                "{setting}"
            );
        }
    }

    #[test]
    fn a_newer_format_and_another_programme_are_told_apart() {
        let options = |programme: &str| JetStreamOptions {
            programme: programme.to_owned(),
            replicas: None,
            begin: false,
        };
        let names = Names::of("test");
        let mut wanted = log(&names, &options("test"), "2.11.0");
        assert!(wanted.get("allow_atomic").is_none());
        assert!(matches!(
            compare("s", &wanted, &wanted, &options("other")),
            Err(JetStreamError::OtherProgramme { .. })
        ));
        wanted["metadata"]["leitstand-format"] = json!("2");
        assert!(matches!(
            compare("s", &wanted, &wanted, &options("test")),
            Err(JetStreamError::NewerFormat { .. })
        ));
    }
}
