//! Workbooks and plans through the binary, as `LibreOffice` and MS Project save them.

use std::{fs, path::Path};

use crate::support::Place;

fn saved(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ingest/tests/fixtures");
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_workbook_is_fed_sheet_by_sheet_and_its_rejects_again() {
    for name in ["libreoffice.xlsx", "libreoffice.ods"] {
        let place = Place::begun();
        let book = place.write(name, saved(name));
        let store = place.store();
        let fed = place
            .run(&["feed", "--store", &store, name, "--format", "json"])
            .ended(3)
            .json();
        assert_eq!(fed["tables"]["pots"]["accepted"], 1, "{fed}");
        assert_eq!(fed["tables"]["pots"]["rejected"], 3, "{fed}");
        let of = |code: &str| {
            let findings = fed["findings"].as_array().unwrap();
            findings.iter().find(|it| it["code"] == code).unwrap()
        };
        assert_eq!(of("part_of_date")["file"], format!("{name}#pots"));
        assert_eq!(of("part_of_date")["row"], 3);
        assert_eq!(of("part_of_date")["column"], "resolved_on");
        assert_eq!(of("hidden_row")["row"], 4);
        let rejects = fs::read_to_string(place.path(&format!("{name}.rejects/pots.csv"))).unwrap();
        // The header, three rows, and a line end in a title, which is one line.
        assert_eq!(of("bad_text")["column"], "title");
        assert_eq!(rejects.lines().count(), 5, "{rejects}");
        let mended = rejects
            .replace(",2026-03,", ",01.03.2026,")
            .replace("#DIV/0!", "Topf")
            .replace(",25%,", ",25,")
            .replace("Zeilen\nim", "Zeilen im")
            .replace(",1.21,", ",0.21,")
            .replace(",1,,,", ",1,01.04.2026,,");
        place.write("pots.csv", mended);
        let fed = place.feed(&[&place.path("pots.csv"), &book]);
        assert_eq!(fed["accepted"], 3, "{fed}");
    }
}

#[test]
fn a_plan_is_fed_and_what_it_holds_besides_is_listed() {
    let place = Place::begun();
    let plan = r#"<Project xmlns="http://schemas.microsoft.com/project"><CreationDate>2024-01-15T09:00:00</CreationDate><StatusDate>2024-06-30T17:00:00</StatusDate>
        <ExtendedAttributes><ExtendedAttribute><FieldID>1</FieldID><FieldName>Text1</FieldName></ExtendedAttribute></ExtendedAttributes>
        <Tasks><Task><UID>7</UID><ID>1</ID><Name>Fertig</Name><OutlineLevel>1</OutlineLevel><Milestone>1</Milestone><Duration>PT0H0M0S</Duration><Finish>2024-10-15T17:00:00</Finish><PercentComplete>40</PercentComplete>
        <ExtendedAttribute><FieldID>1</FieldID><Value>DG-M-01</Value></ExtendedAttribute><Baseline><Number>0</Number><Finish>2024-09-30T17:00:00</Finish></Baseline></Task></Tasks></Project>"#;
    place.write("plan.xml", plan);
    let store = place.store();
    let dry = place
        .run(&["feed", "--store", &store, "plan.xml", "--dry-run"])
        .ended(3);
    assert!(dry.out.contains("PercentComplete"), "{dry:?}");
    let fed = place
        .run(&["feed", "--store", &store, "plan.xml", "--format", "json"])
        .ended(3)
        .json();
    assert_eq!(fed["accepted"], 3, "{fed}");
    assert_eq!(fed["findings"][0]["file"], "plan.xml");
    assert_eq!(fed["findings"][0]["row"], 1);
    let milestones = place
        .run(&[
            "milestones",
            "--store",
            &store,
            "--as-of",
            "2024-06-30",
            "--format",
            "json",
        ])
        .ended(0);
    assert!(milestones.out.contains("DG-M-01-T7"), "{milestones:?}");
    assert!(milestones.out.contains("2024-10-15"), "{milestones:?}");
}
