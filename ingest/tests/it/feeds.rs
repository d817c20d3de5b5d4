//! Feeds as a whole: order, dry runs, rejects, catalogues.

use leitstand_ingest::{Currency, Feed, FeedOptions, Mode, Rejects, Sealer, feed, init};

use crate::support::{Office, actor, codes, id, scenario};

const POTS: &str =
    "id;fiscal_year;amount;resolved_on\nT-1;2024;1.000,50;01.01.2024\nT-2;x;1,00;01.01.2024\n";

#[tokio::test]
async fn a_dry_run_records_nothing_and_says_what_would_be() {
    let office = Office::begun().await;
    let before = office.log().await;
    let report = office.feed_path(scenario(), Mode::DryRun).await;
    assert_eq!(
        (report.accepted, report.known, report.rejected),
        (700, 0, 0)
    );
    assert_eq!(report.findings, []);
    assert_eq!(office.log().await, before);
    assert!(office.keys.all().await.expect("keys").is_empty());
    // And it leaves nothing behind that a real feed would trip over.
    let report = office.feed_path(scenario(), Mode::Record).await;
    assert_eq!((report.accepted, report.rejected), (700, 0));
    let report = office.feed_path(scenario(), Mode::DryRun).await;
    assert_eq!(
        (report.accepted, report.known, report.rejected),
        (0, 700, 0)
    );
}

#[tokio::test]
async fn all_or_nothing_records_nothing_if_one_is_wrong() {
    let office = Office::begun().await;
    let before = office.log().await;
    let (report, folder) = office.feed(&[("pots.csv", POTS)], Mode::AllOrNothing).await;
    assert_eq!((report.accepted, report.rejected), (0, 1));
    assert_eq!(office.log().await, before);
    assert_eq!(report.rejects, [folder.path().join("in.rejects/pots.csv")]);
    let good = POTS.replace(";x;", ";2024;");
    let (report, _folder) = office
        .feed(&[("pots.csv", &good)], Mode::AllOrNothing)
        .await;
    assert_eq!((report.accepted, report.rejected), (2, 0));
}

/// Whoever waits for the position a feed reports waits for something that is there.
#[tokio::test]
async fn a_feed_that_records_nothing_stands_where_the_log_ends() {
    let office = Office::begun().await;
    let log = office.log().await;
    let end = log.last().expect("events").position.as_json();
    let bad = "id;fiscal_year;amount;resolved_on\nT-2;x;1,00;01.01.2024\n";
    for mode in [Mode::Record, Mode::DryRun, Mode::AllOrNothing] {
        let (report, _folder) = office.feed(&[("pots.csv", bad)], mode).await;
        assert_eq!((report.accepted, report.position), (0, end), "{mode:?}");
    }
    let (report, _folder) = office.feed(&[("pots.csv", POTS)], Mode::Record).await;
    assert_eq!((report.accepted, report.position > end), (1, true));
}

#[tokio::test]
async fn a_rejects_file_can_be_mended_and_fed_again() {
    let office = Office::begun().await;
    let (report, folder) = office.feed(&[("pots.csv", POTS)], Mode::Record).await;
    assert_eq!((report.accepted, report.rejected), (1, 1));
    let path = folder.path().join("in.rejects/pots.csv");
    let text = std::fs::read_to_string(&path).expect("a rejects file");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "id;fiscal_year;amount;resolved_on;reason");
    assert!(lines[1].starts_with("T-2;x;1,00;01.01.2024;"), "{text}");
    assert!(lines[1].contains("bad_number (fiscal_year)"), "{text}");
    // As it is: rejected again for the same reason, and the reason is not a finding.
    let again = office.feed_path(path.clone(), Mode::Record).await;
    assert_eq!(
        codes(&again.findings).keys().collect::<Vec<_>>(),
        ["bad_number"]
    );
    let second = std::fs::read_to_string(&again.rejects[0]).expect("a rejects file");
    assert_eq!(second, text);
    std::fs::write(&path, text.replace(";x;", ";2024;")).expect("a file");
    let mended = office.feed_path(path, Mode::Record).await;
    assert_eq!((mended.accepted, mended.rejected), (1, 0));
    assert_eq!(mended.findings, []);
}

#[tokio::test]
async fn rejects_of_a_table_with_a_reason_of_its_own_say_reject_reason() {
    let office = Office::begun().await;
    let text = "date,request,step,reason\n2024-01-01,A-9,assessed,\"weil, \"\"eben\"\"\"\n";
    let (report, folder) = office
        .feed(&[("request_steps.csv", text)], Mode::Record)
        .await;
    assert_eq!(report.rejected, 1);
    let path = folder.path().join("in.rejects/request_steps.csv");
    let written = std::fs::read_to_string(&path).expect("a rejects file");
    assert!(written.starts_with(
        "date,request,step,reason,reject_reason\n2024-01-01,A-9,assessed,\"weil, \"\"eben\"\"\","
    ));
    let again = office.feed_path(path, Mode::Record).await;
    assert_eq!(
        codes(&again.findings).keys().collect::<Vec<_>>(),
        ["unknown_reference"]
    );
}

#[tokio::test]
async fn rows_with_a_wrong_number_of_cells_stay_wrong_when_fed_again() {
    let office = Office::begun().await;
    let text = "id,fiscal_year,amount,resolved_on\nT-1,2024,1\nT-2,2024,1,2024-01-01,5\n";
    let (report, _folder) = office.feed(&[("pots.csv", text)], Mode::Record).await;
    assert_eq!(report.rejected, 2);
    let again = office
        .feed_path(report.rejects[0].clone(), Mode::Record)
        .await;
    assert_eq!((again.accepted, again.rejected), (0, 2));
}

#[tokio::test]
async fn lines_are_rejected_as_lines() {
    let office = Office::begun().await;
    let folder = tempfile::tempdir().expect("a folder");
    let lines = "{\"id\": \"T-1\", \"fiscal_year\": 2024, \"amount\": {}, \"resolved_on\": \"2024-01-01\"}\n";
    let admit = |_: &str, _: &_| Ok(actor());
    let place = folder.path().join("pots.ndjson");
    let rejects = Rejects::At(place.clone());
    let opened = Feed::lines("-", lines.as_bytes(), Some("pots")).expect("small");
    let options = FeedOptions {
        rejects,
        ..FeedOptions::default()
    };
    let report = feed(&office.desk, opened, &admit, options)
        .await
        .expect("a store");
    assert_eq!((report.rejected, report.rejects), (1, vec![place.clone()]));
    let again = office.feed_path(place.clone(), Mode::Record).await;
    assert_eq!(
        codes(&again.findings).keys().collect::<Vec<_>>(),
        ["nested_value"]
    );
    let twice = std::fs::read_to_string(&again.rejects[0]).expect("a file");
    assert_eq!(twice.matches("\"reason\"").count(), 1, "{twice}");
    std::fs::write(&place, twice.replace("{}", "1")).expect("a file");
    assert_eq!(office.feed_path(place, Mode::Record).await.accepted, 1);
}

#[tokio::test]
async fn rejects_never_overwrite_what_is_fed() {
    let office = Office::begun().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pots.csv");
    std::fs::write(&path, POTS).expect("a file");
    let admit = |_: &str, _: &_| Ok(actor());
    let options = FeedOptions {
        rejects: Rejects::At(folder.path().to_owned()),
        ..FeedOptions::default()
    };
    let opened =
        Feed::open(std::slice::from_ref(&path), None, &Currency::default()).expect("a file");
    assert!(feed(&office.desk, opened, &admit, options).await.is_err());
    assert_eq!(std::fs::read_to_string(path).expect("a file"), POTS);
}

#[tokio::test]
async fn rows_come_in_the_contracts_order_whatever_the_files_order() {
    let office = Office::begun().await;
    let files = [
        (
            "corrections.csv",
            "table,key,date,reason,amount\nbookings,B-1,2024-04-02,x,60.00\n",
        ),
        (
            "bookings.csv",
            "date,request,kind,amount,fiscal_year,reference\n2024-04-02,A-1,allocation,50,2024,B-1\n",
        ),
        (
            "request_steps.csv",
            "Datum,Antrag,Schritt,Betrag\n\
            2024-04-01,A-1,granted,\n2024-03-20,A-1,resolved,100\n2024-03-01,A-1,paper_filed,\n\
            2024-02-20,A-1,assessed,\n2024-02-10,A-1,formally_cleared,\n2024-02-02,A-1,formal_check_started,\n",
        ),
        (
            "requests.csv",
            "id,subject,applicant,pot,kind,amount,submitted_on\nA-1,PMO,B-PMO,T-1,first,100,2024-02-01\n",
        ),
        (
            "pots.csv",
            "id,fiscal_year,amount,resolved_on\nT-1,2024,500,2024-03-20\n",
        ),
    ];
    let (report, _folder) = office.feed(&files, Mode::Record).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.accepted, 10);
}

#[tokio::test]
async fn a_long_feed_seals_the_log_on_its_way() {
    let office = Office::begun().await;
    let rows: Vec<String> = (0..10_000)
        .map(|it| format!("T-{it},2024,1,2024-01-01"))
        .collect();
    let text = format!("id,fiscal_year,amount,resolved_on\n{}\n", rows.join("\n"));
    let mut sealer = Sealer::new(office.store.clone(), office.hand.clock());
    let done = std::sync::Mutex::new(Vec::new());
    let progress = |rows, all| done.lock().expect("no panic").push((rows, all));
    let admit = |_: &str, _: &_| Ok(actor());
    let options = FeedOptions {
        sealer: Some(&mut sealer),
        progress: Some(&progress),
        ..FeedOptions::default()
    };
    let opened = Feed::csv("pots.csv", text.as_bytes(), "pots").expect("small");
    let report = feed(&office.desk, opened, &admit, options)
        .await
        .expect("a store");
    assert_eq!(report.accepted, 10_000);
    assert_eq!(
        *done.lock().expect("no panic"),
        [(8_000, 10_000), (10_000, 10_000)]
    );
    let log = office.log().await;
    // While more is recorded, and at the end.
    let seals = log.iter().filter(|it| &*it.name == "log.sealed").count();
    assert!((2..=3).contains(&seals), "{seals}");
    assert_eq!(log.last().map(|it| &*it.name), Some("log.sealed"));
}

#[tokio::test]
async fn the_built_in_catalogue_is_complete_and_recorded_once() {
    let office = Office::begun().await;
    let log = office.log().await;
    let rows = log.iter().filter(|it| &*it.name == "catalogue.entry_set");
    let rows: Vec<serde_json::Value> = rows
        .map(|it| serde_json::from_str(&it.payload).expect("JSON"))
        .collect();
    let count = |kind: &str, pillar: Option<&str>| {
        let is = |it: &&serde_json::Value| {
            it["row"]["kind"] == kind && pillar.is_none_or(|pillar| it["row"]["pillar"] == pillar)
        };
        rows.iter().filter(is).count()
    };
    let mut sums = Vec::new();
    for (pillar, counts) in [
        ("DG", [7, 8, 6]),
        ("DS", [7, 9, 9]),
        ("RM", [11, 11, 12]),
        ("KI", [10, 16, 12]),
    ] {
        let found = ["goal", "measure", "governance"].map(|kind| count(kind, Some(pillar)));
        assert_eq!(found, counts, "{pillar}");
        sums.push(found.iter().sum::<usize>());
    }
    assert_eq!(sums, [21, 25, 34, 38]);
    assert_eq!(
        ["goal", "measure", "governance"].map(|kind| count(kind, None)),
        [35, 44, 39]
    );
    let others = [
        "programme",
        "vision",
        "principle",
        "pillar",
        "body",
        "topic_area",
        "process",
        "roadmap",
    ];
    assert_eq!(
        others.map(|kind| count(kind, None)),
        [1, 5, 2, 4, 27, 5, 12, 4]
    );
    let out: Vec<&str> = rows
        .iter()
        .filter(|it| it["row"]["in_scope"] == "no")
        .filter_map(|it| it["row"]["id"].as_str())
        .collect();
    assert_eq!(out, ["RM-M-09"]);
    let links = |kind: &str| {
        log.iter()
            .filter(|it| {
                &*it.name == "catalogue.linked"
                    && it.payload.contains(&format!("\"kind\":\"{kind}\""))
            })
            .count()
    };
    assert_eq!(
        ["led_by", "co_led_by", "related", "depends_on"].map(links),
        [4, 2, 7, 1]
    );
    assert_eq!(
        log.iter().filter(|it| &*it.name == "body.seat_set").count(),
        9
    );
    assert_eq!(
        log.iter()
            .filter(|it| &*it.name == "settings.cost_key_set")
            .count(),
        4
    );
    for recorded in &log {
        assert!(!recorded.payload.contains("P-001"), "no person reference");
        let known = recorded.known_on.to_string();
        let built_in =
            recorded.name.starts_with("catalogue.") || &*recorded.name == "body.seat_set";
        assert_eq!(
            known,
            if built_in { "2023-11-03" } else { "1990-01-01" },
            "{}",
            recorded.name
        );
        assert!(
            recorded.payload.contains("\"built_in\":true") || &*recorded.name == "log.initialised"
        );
    }
    let again = init(&office.desk, None, &id("EUR")).await.expect("a store");
    assert_eq!((again.accepted, again.known), (0, log.len() as u64));
    assert_eq!(again.findings, []);
    assert_eq!(office.log().await.len(), log.len());
    let other = init(&office.desk, None, &id("CHF")).await.expect("a store");
    assert_eq!(other.findings[0].code, "other_currency");
}

#[tokio::test]
async fn another_catalogue_may_be_given_as_yaml_or_as_a_table() {
    let yaml = "effective_from: 2025-01-01\n\
        programme: {id: DIGI, t: Digitalprogramm}\n\
        pillars:\n  - {id: A, t: Säule A}\n\
        measures:\n  - {id: A-1, t: Maßnahme, note: egal}\n  - {id: A-1.1, parent: A-1, t: Teil}\n";
    let office = Office::empty().await;
    let report = init(&office.desk, Some(yaml), &id("EUR"))
        .await
        .expect("a store");
    assert_eq!(report.findings, []);
    let log = office.log().await;
    let entry = log
        .iter()
        .find(|it| it.payload.contains("\"A-1\""))
        .expect("the measure");
    assert!(
        entry.payload.contains("\"pillar\":\"A\""),
        "{}",
        entry.payload
    );
    assert_eq!(entry.effective_on.to_string(), "2025-01-01");
    assert_eq!(entry.known_on.to_string(), "1990-01-01");

    let table = "Kennung;Art;Titel\nX-1;measure;Eine\nX;pillar;Säule\n";
    let office = Office::empty().await;
    let report = init(&office.desk, Some(table), &id("EUR"))
        .await
        .expect("a store");
    assert_eq!(report.findings, []);
    let log = office.log().await;
    assert_eq!(
        log.iter()
            .filter(|it| &*it.name == "catalogue.entry_set")
            .count(),
        2
    );
    assert!(log.iter().all(|it| it.known_on.to_string() == "1990-01-01"));
}

#[tokio::test]
async fn a_catalogue_that_is_wrong_records_nothing() {
    for (text, code) in [
        ("goal: []\n", "bad_catalogue"),
        (": [", "bad_catalogue"),
        ("effective_from: gestern\n", "bad_date"),
        ("measures:\n  - {id: A, t: '=1'}\n", "formula_cell"),
        (
            "measures:\n  - {id: A, t: A, goals: [Z]}\n",
            "unknown_reference",
        ),
        ("id,kind,title\nA,unsinn,T\n", "bad_code"),
    ] {
        let office = Office::empty().await;
        let report = init(&office.desk, Some(text), &id("EUR"))
            .await
            .expect("a store");
        assert_eq!(
            report.findings.first().map(|it| &*it.code),
            Some(code),
            "{text}"
        );
        assert_eq!(office.log().await, [], "{text}");
    }
}
