//! Every event ever stored can be read for ever: one sample of each version, kept in `tests/golden/`.
//!
//! A sample is never changed. A changed shape is a new version with a sample of its own, written by
//! hand from what a person expects to be stored, and the old one is read still.

#![expect(
    clippy::disallowed_methods,
    reason = "the domain reads no files, but its tests read samples"
)]

use std::{collections::BTreeMap, fs, path::Path};

use crate::support::{correct, given, row};
use leitstand_domain::{
    Event, Meta, Row,
    table::Cells,
    tables::{self, Table},
};

/// Name and version → payload, of every sample.
fn samples() -> BTreeMap<(String, u16), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = fs::read_dir(folder).expect("a folder of samples");
    files
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path
                .file_name()
                .and_then(|it| it.to_str())
                .expect("a name")
                .to_owned();
            let (event, version) = name
                .strip_suffix(".json")
                .and_then(|it| it.rsplit_once(".v"))
                .unwrap_or_else(|| panic!("{name} is not <event name>.v<version>.json"));
            let payload = fs::read_to_string(&path).expect("text");
            let payload = payload.strip_suffix('\n').expect("a line").to_owned();
            (
                (event.to_owned(), version.parse().expect("a version")),
                payload,
            )
        })
        .collect()
}

#[test]
fn every_event_has_a_sample_of_every_version_and_no_other_is_there() {
    let samples = samples();
    let expected: Vec<(String, u16)> = Event::catalogue()
        .iter()
        .flat_map(|(name, newest)| (1..=*newest).map(|it| ((*name).to_owned(), it)))
        .collect();
    let mut sorted = expected.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), expected.len(), "an event name is given twice");
    assert_eq!(samples.keys().cloned().collect::<Vec<_>>(), sorted);
}

#[test]
fn every_sample_is_read_and_the_newest_is_written_back_byte_for_byte() {
    let newest: BTreeMap<_, _> = Event::catalogue().into_iter().collect();
    for ((name, version), payload) in samples() {
        let event = Event::read(&name, version, &payload)
            .unwrap_or_else(|it| panic!("{name} v{version}: {it:?}"));
        let stored = event.write().expect("written");
        assert_eq!(
            (stored.name, stored.version),
            (name.as_str(), newest[name.as_str()])
        );
        if version == newest[name.as_str()] {
            assert_eq!(stored.payload, payload, "{name} v{version}");
        }
        let again = Event::read(stored.name, stored.version, &stored.payload).expect("read again");
        assert_eq!(again, event);
    }
}

#[test]
fn every_column_but_sealed_ones_stands_in_the_sample() {
    for table in tables::ALL {
        let payload = &samples()[&(table.event.to_owned(), table.version)];
        let payload: serde_json::Value = serde_json::from_str(payload).expect("JSON");
        for column in table.columns {
            // Exactly one of the two is stated.
            if table.name == "milestone_reports" && column.name == "reached" {
                continue;
            }
            let stated = payload["row"].get(column.name).is_some();
            assert_eq!(stated, !column.sealed, "{}.{}", table.name, column.name);
        }
    }
}

#[test]
fn an_unknown_name_version_or_shape_is_told_apart() {
    use leitstand_domain::Unreadable;
    let payload = &samples()[&("risk.identified".to_owned(), 1)];
    assert!(
        matches!(Event::read("risk.invented", 1, payload), Err(Unreadable::Name(name)) if name == "risk.invented")
    );
    for (name, newest) in Event::catalogue() {
        for version in [0, newest + 1, u16::MAX] {
            let read = Event::read(name, version, "{}");
            assert!(
                matches!(read, Err(Unreadable::Version(it)) if it == version),
                "{name}"
            );
        }
        for payload in ["", "{}", "[]", "null", "{\"row\":{}}", "\u{0}"] {
            assert!(
                matches!(
                    Event::read(name, newest, payload),
                    Err(Unreadable::Shape(_))
                ),
                "{name} {payload}"
            );
        }
    }
}

/// A row with every column stated; free text says a word nobody else says.
fn full(table: &Table) -> Row {
    let cells: Cells = table
        .columns
        .iter()
        .map(|column| {
            let text = match column.kind {
                "free_text" => "VERTRAULICH",
                "date" => "2024-03-31",
                "amount" | "signed_amount" => "12.34",
                "number" | "whole_number" => "3",
                "code" => column.words[0],
                "percent" => "25.00000",
                "partners" => "BUND HH",
                _ => "A-1",
            };
            (column.name.to_owned(), text.to_owned())
        })
        .collect();
    Row::parse(table.name, &cells)
        .expect("a table")
        .unwrap_or_else(|it| panic!("{}: {it:?}", table.name))
}

#[test]
fn free_text_never_stands_in_a_written_payload() {
    for table in tables::ALL {
        let row = full(table);
        let texts = row.texts();
        let sealed: Vec<&str> = table
            .columns
            .iter()
            .filter(|it| it.sealed)
            .map(|it| it.name)
            .collect();
        assert_eq!(
            texts.iter().map(|it| it.0).collect::<Vec<_>>(),
            sealed,
            "{}",
            table.name
        );
        assert!(
            !format!("{row:?}").contains("VERTRAULICH"),
            "{}",
            table.name
        );
        let stored = Event::Row(row.clone(), Meta::default())
            .write()
            .expect("written");
        assert!(!stored.payload.contains("VERTRAULICH"), "{}", table.name);
        for column in sealed {
            assert!(
                !stored.payload.contains(&format!("\"{column}\"")),
                "{}.{column}",
                table.name
            );
        }
        // And if somebody wrote it there, it is not read.
        if let Some((column, _)) = texts.first() {
            let smuggled = stored.payload.replacen(
                "{\"row\":{",
                &format!("{{\"row\":{{\"{column}\":\"VERTRAULICH\","),
                1,
            );
            assert!(
                Event::read(stored.name, stored.version, &smuggled).is_err(),
                "{}",
                table.name
            );
        }
    }
}

#[test]
fn what_a_row_states_is_what_is_read_back() {
    for table in tables::ALL {
        let row = full(table);
        let stored = Event::Row(row.clone(), Meta::default())
            .write()
            .expect("written");
        let Ok(Event::Row(read, _)) = Event::read(stored.name, stored.version, &stored.payload)
        else {
            panic!("{}", table.name)
        };
        let open = |row: &Row| -> Vec<(&str, String)> {
            row.normal()
                .into_iter()
                .filter(|it| it.1 != "VERTRAULICH")
                .collect()
        };
        assert_eq!(open(&read), open(&row), "{}", table.name);
        assert_eq!(
            (read.identity(), read.effective()),
            (row.identity(), row.effective())
        );
    }
}

#[test]
fn every_table_names_its_own_columns_only() {
    for table in tables::ALL {
        assert_eq!(
            tables::by_name(table.name).map(|it| it.order),
            Some(table.order)
        );
        let has = |name: &str| table.columns.iter().any(|it| it.name == name);
        for column in table.identity.iter().copied().chain(table.effective) {
            assert!(has(column), "{}.{column}", table.name);
        }
        for column in table.columns {
            assert!(
                column.doc.trim().ends_with('.'),
                "{}.{}: {}",
                table.name,
                column.name,
                column.doc
            );
            assert_eq!(column.sealed, column.kind == "free_text");
        }
        // New states are for tables that define.
        assert!(table.defines || !table.states, "{}", table.name);
    }
}

#[test]
fn free_text_stays_out_of_a_written_correction() {
    use leitstand_domain::event::Correction;
    let changes: Cells = [("comment", "VERTRAULICH"), ("schedule", "R"), ("done", "-")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let correction = Correction {
        table: crate::support::id("status_reports"),
        key: crate::support::id("DG-M-01/2024-03-31"),
        date: crate::support::day("2024-03-31"),
        to_date: None,
        void: false,
        changes,
    };
    assert_eq!(correction.texts(), [("comment", "VERTRAULICH")]);
    let stored = Event::Corrected(correction, Meta::default())
        .write()
        .expect("written");
    assert!(
        !stored.payload.contains("VERTRAULICH"),
        "{}",
        stored.payload
    );
    // That a text was emptied is no secret, and readers need it.
    assert!(
        stored
            .payload
            .contains(r#""changes":{"done":"-","schedule":"R"}"#),
        "{}",
        stored.payload
    );
}

#[test]
fn a_row_with_a_sealed_reason_can_be_corrected_without_it() {
    let rebaseline = row(
        "rebaselines",
        &[
            ("milestone", "MS-01"),
            ("baseline", "2024-07-31"),
            ("resolved_on", "2024-04-01"),
            ("resolution", "IT-PLR 43"),
            ("reason", "vertraulich"),
        ],
    );
    let stream = given([rebaseline]);
    let fix = |changes: &[(&str, &str)]| {
        correct("rebaselines", "MS-01/2024-04-01", "2024-04-01", changes)
    };
    stream
        .clone()
        .when(fix(&[("baseline", "2024-08-31")]))
        .accepted();
    stream
        .when(fix(&[("reason", "-")]))
        .refused("missing_cell", "reason");
}
