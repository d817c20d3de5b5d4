//! What describes and computes without changing anything: configuration, schemas, doctor, kernels, tables.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use leitstand_tests::{compare::differences, nats, scenario as year};
use serde_json::{Value, json};

use crate::support::{Place, Ran, YEAR_END, ran, scenario};

#[test]
fn settings_come_from_flag_environment_file_and_default_in_this_order() {
    let place = Place::begun();
    place.write(
        "leitstand.toml",
        "store = \"sqlite:datei.db\"\nformat = \"json\"\nlisten = \"127.0.0.1:7777\"\n",
    );
    let show = |arguments: &[&str], env: &[(&str, &str)]| {
        let mut command = place.command(&[&["config", "show"], arguments].concat());
        command.envs(env.iter().copied());
        ran(command.spawn().unwrap(), Vec::new()).ended(0).out
    };
    let line = |text: &str, key: &str| {
        text.lines()
            .find(|it| it.starts_with(key))
            .unwrap()
            .to_owned()
    };
    let shown = show(
        &["--store", "memory:"],
        &[
            ("LEITSTAND_STORE", "sqlite:umgebung.db"),
            ("LEITSTAND_FORMAT", "csv"),
            ("LEITSTAND_STROE", "x"),
        ],
    );
    assert!(
        line(&shown, "store").contains("memory:") && line(&shown, "store").contains("--store"),
        "{shown}"
    );
    assert!(
        line(&shown, "format").contains("csv")
            && line(&shown, "format").contains("LEITSTAND_FORMAT"),
        "{shown}"
    );
    assert!(
        line(&shown, "listen").contains("127.0.0.1:7777")
            && line(&shown, "listen").contains("Datei"),
        "{shown}"
    );
    assert!(
        line(&shown, "currency").contains("EUR") && line(&shown, "currency").contains("Vorgabe"),
        "{shown}"
    );
    assert!(shown.contains("LEITSTAND_STROE"), "{shown}");
    // They hold for commands, too.
    place.write(
        "leitstand.toml",
        format!("store = \"{}\"\nformat = \"json\"\n", place.store()),
    );
    assert!(place.run(&["status"]).ended(0).json()["rows"].is_array());
    assert!(
        place
            .run(&["status", "--format", "csv"])
            .ended(0)
            .out
            .starts_with("measure,")
    );
    let ran = place.run(&["status", "--config", "nirgends.toml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    place.write("leitstand.toml", "stroe = \"x\"\n");
    let ran = place.run(&["status"]).ended(2);
    assert!(ran.err.contains("store"), "{ran:?}");
}

#[test]
fn the_schemas_describe_what_is_there() {
    let place = Place::empty();
    let feeds = place.run(&["schema", "feeds"]).ended(0).json();
    let tables = feeds["tables"].as_array().unwrap();
    let names: Vec<&str> = tables
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    for name in fs::read_dir(leitstand_tests::scenario::folder())
        .unwrap()
        .flatten()
        .map(|it| it.path())
    {
        if name.extension().is_some_and(|it| it == "csv") {
            assert!(
                names.contains(&name.file_stem().unwrap().to_str().unwrap()),
                "{name:?}"
            );
        }
    }
    let reports = tables
        .iter()
        .find(|it| it["name"] == "status_reports")
        .unwrap();
    let column = |name: &str| {
        reports["columns"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == name)
            .unwrap()
    };
    assert!(
        column("measure")["aliases"]
            .as_array()
            .unwrap()
            .contains(&json!("Maßnahme"))
    );
    assert!(
        column("report_date")["aliases"]
            .as_array()
            .unwrap()
            .contains(&json!("Stichtag"))
    );
    assert_eq!(
        (
            &column("comment")["sealed"],
            &column("measure")["mandatory"]
        ),
        (&json!(true), &json!(true))
    );
    // Every event in the log is described.
    let described = place.run(&["schema", "events"]).ended(0).json();
    let types: Vec<&str> = described["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    for line in scenario()
        .on_store(&["events", "--format", "json"])
        .out
        .lines()
    {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(
            types.contains(&event["type"].as_str().unwrap()),
            "{}",
            event["type"]
        );
    }
    assert!(
        place.run(&["schema", "openapi"]).ended(0).json()["paths"]["/api/v1/funds"].is_object()
    );
}

#[test]
fn what_is_said_over_nats_is_described_as_the_official_schema_wants() {
    let place = Place::empty();
    let described = place.run(&["schema", "asyncapi"]).ended(0).json();
    let judged = |document: &Value| judged(&nats::asyncapi_schema(), document);
    assert_eq!(judged(&described).ended(0).out.trim(), "");
    // The schema is not one that takes everything.
    for (path, value) in [
        ("/operations/ask.funds/action", json!("ask")),
        ("/channels/feed.pots/address", json!(5)),
        ("/channels/feed.pots/messages", json!([])),
        ("/asyncapi", json!("2.6.0")),
        ("/info/title", json!(null)),
    ] {
        let mut other = described.clone();
        *other.pointer_mut(path).unwrap() = value;
        assert_ne!(judged(&other).ended(1).out.trim(), "", "{path}");
    }
}

/// What a JSON schema says of a document.
fn judged(schema: &Path, document: &Value) -> Ran {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/json_schema.py");
    let judging = Command::new(nats::python())
        .args([&script, schema])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    ran(judging.unwrap(), document.to_string().into_bytes())
}

#[test]
fn every_event_and_every_row_of_the_year_is_as_it_is_described() {
    let place = Place::empty();
    let described = place.run(&["schema", "asyncapi"]).ended(0).json();
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in scenario()
        .on_store(&["events", "--format", "json"])
        .out
        .lines()
    {
        let event: Value = serde_json::from_str(line).unwrap();
        let name = event["type"].as_str().unwrap();
        let (name, _) = name["de.leitstand.".len()..].rsplit_once(".v").unwrap();
        all.entry(format!("event.{name}")).or_default().push(event);
    }
    let events: usize = all.values().map(Vec::len).sum();
    assert!(900 < events && 20 < all.len(), "{events} events");
    for it in year::rows().unwrap() {
        let mut row = json!(it.cells);
        // As another program writes them.
        if let Some(year) = row.get_mut("fiscal_year") {
            *year = json!(year.as_str().unwrap().parse::<u32>().unwrap());
        }
        all.entry(format!("row.{}", it.table))
            .or_default()
            .push(row);
    }
    let shape = |name: &String| {
        let shape =
            json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } });
        (name.clone(), shape)
    };
    let shapes: serde_json::Map<String, Value> = all.keys().map(shape).collect();
    let schema = json!({
        "type": "object",
        "properties": shapes,
        "additionalProperties": false,
        "components": described["components"],
    });
    place.write("schema.json", schema.to_string());
    let schema = place.path("schema.json");
    assert_eq!(judged(&schema, &json!(all)).ended(0).out.trim(), "");
    // It is not one that takes everything.
    all.get_mut("event.pot.resolved").unwrap()[0]["data"]["row"]["fiscal_year"] = json!("2024");
    assert_ne!(judged(&schema, &json!(all)).ended(1).out.trim(), "");
}

#[test]
fn doctor_says_what_is_well_and_what_is_not() {
    let ran = scenario().on_store(&["doctor"]).ended(0);
    assert!(
        ran.out.lines().count() >= 5 && !ran.out.contains("FEHLER"),
        "{ran:?}"
    );
    let place = Place::empty();
    let ran = place
        .run(&["doctor", "--store", "sqlite:nirgends.db"])
        .ended(1);
    assert!(ran.out.contains("FEHLER"), "{ran:?}");
    assert!(!place.path("nirgends.db").exists());
}

#[test]
fn the_kernels_give_their_vectors() {
    let place = Place::empty();
    for kernel in ["shares", "votes"] {
        let file = format!("domain/tests/vectors/{kernel}.json");
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
        let vectors: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        for vector in vectors.as_array().unwrap() {
            let ran = place
                .run_with_input(&["calc", kernel], vector["input"].to_string())
                .ended(0);
            let expected = &vector["expected"];
            let id = &vector["id"];
            assert_eq!(
                differences(expected, &ran.json()),
                Vec::<String>::new(),
                "{id}"
            );
        }
    }
}

#[test]
fn a_kernel_says_what_is_wrong_with_its_input() {
    let place = Place::empty();
    for input in [
        "{}",
        "{\"bund\": \"ja\", \"laender_yes\": [], \"key_year\": 2019}",
        "{\"bund\": \"yes\", \"laender_yes\": [\"BUND\"], \"key_year\": 2019}",
        "{\"bund\": \"yes\", \"laender_yes\": [\"BW\", \"BW\"], \"key_year\": 2019}",
        "{\"bund\": \"yes\", \"laender_yes\": [1], \"key_year\": 2019}",
        "{\"bund\": \"yes\", \"laender_yes\": [\"BW\"]}",
        "{\"bund\": \"yes\", \"laender_yes\": [\"BW\"], \"key\": {\"BW\": \"99\"}}",
    ] {
        let ran = place.run_with_input(&["calc", "votes"], input);
        assert!(
            [1, 2].contains(&ran.code) && !ran.err.is_empty(),
            "{input}: {ran:?}"
        );
    }
    for input in [
        "",
        "{}",
        "[]",
        "{\"amount\": 1}",
        "{\"amount\": \"1\", \"cost_share\": \"25/75\"}",
        "{\"amount\": \"1\", \"cost_share\": \"25/75\", \"key_year\": 1800}",
        "{\"amount\": \"1\", \"cost_share\": \"25/75\", \"key\": {\"BW\": \"99\"}}",
        "\u{0}",
        "{\"amount\": \"1\", \"cost_share\": \"25/75\", \"key_year\": 2019, \"partner\": \"HH\"}",
        "{\"amount\": \"1\", \"cost_share\": \"25/75\", \"key_year\": 2019, \"key\": {}}",
        "{\"amount\": \"1\", \"cost_share\": \"25/75\", \"key\": \"2019\"}",
    ] {
        let ran = place.run_with_input(&["calc", "shares"], input);
        assert!(
            [1, 2].contains(&ran.code) && !ran.err.is_empty(),
            "{input}: {ran:?}"
        );
    }
}

#[test]
fn every_answer_can_be_read_as_a_table() {
    let place = scenario();
    let all = place.run(&["schema", "openapi"]).ended(0).json();
    let paths = all["paths"].as_object().unwrap().keys();
    let named = paths.filter_map(|it| it.strip_prefix("/api/v1/"));
    let answers: Vec<&str> = named
        .filter(|it| !it.contains('/') && !["explain", "events"].contains(it))
        .collect();
    assert!(answers.len() >= 19, "{answers:?}");
    for name in answers {
        let more: &[&str] = match name {
            "changes" => &["--before-as-of", "2024-11-13"],
            "trail" => &["--id", "A-24-05"],
            "shares" => &["--pot", "T-ORG"],
            _ => &[],
        };
        // Between the sittings lists of objects are in some summaries.
        let told = place.on_store(&[&[name, "--as-of", "2024-11-12"], more].concat());
        let told = told.ended(0);
        assert!(told.out.starts_with("Stand am 12.11.2024"), "{told:?}");
    }
    let decisions = place.on_store(&["decisions", "--as-of", YEAR_END]).ended(0);
    assert!(
        decisions.out.contains(
            "at_risk: request: A-24-14 · sitting: S-ITPLR-46 · paper_deadline: 05.03.2025"
        ),
        "{decisions:?}"
    );
}

#[test]
fn a_table_for_people_and_csv_hold_the_same_rows() {
    let of = |format: &str| {
        scenario()
            .on_store(&["requests", "--as-of", YEAR_END, "--format", format])
            .ended(0)
            .out
    };
    let json: Value = serde_json::from_str(&of("json")).unwrap();
    let rows = json["rows"].as_array().unwrap().len();
    assert_eq!(of("csv").lines().count(), rows + 1);
    let table = of("table");
    for id in json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
    {
        assert!(table.contains(id), "{id}");
    }
    let why = scenario()
        .on_store(&["explain", "funds", "T-ORG", "free", "--as-of", YEAR_END])
        .ended(0)
        .out;
    assert!(
        why.contains("10.000,00") || why.contains("10000.00"),
        "{why}"
    );
}
