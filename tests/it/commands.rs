//! The stable part of the command line: help, exit codes, and how a store is begun.

use std::fs;

use serde_json::json;

use crate::support::{Place, Server, eventually, ran, signal};

/// Every command of this release with its own words.
const COMMANDS: &[&[&str]] = &[
    &["demo"],
    &["init"],
    &["feed"],
    &["explain"],
    &["calc"],
    &["events"],
    &["audit", "verify"],
    &["serve"],
    &["schema"],
    &["doctor"],
    &["config", "show"],
    &["backup"],
    &["restore"],
    &["erase"],
    &["catalogue"],
    &["status"],
    &["reporting"],
    &["milestones"],
    &["risks"],
    &["impediments"],
    &["requests"],
    &["funds"],
    &["shares"],
    &["decisions"],
    &["obligations"],
    &["plans"],
    &["goals"],
    &["bodies"],
    &["seats"],
    &["dependencies"],
    &["exceptions"],
];

#[test]
fn every_command_has_help_with_two_examples_and_its_exit_codes() {
    let place = Place::empty();
    for command in COMMANDS {
        let help = place.run(&[command, &["--help"][..]].concat()).ended(0).out;
        let (_, examples) = help.split_once("Beispiele:\n").unwrap();
        let examples: Vec<&str> = examples.lines().take_while(|it| !it.is_empty()).collect();
        assert_eq!(examples.len(), 2, "{command:?}\n{help}");
        let is_its = |it: &&str| it.contains(&command.join(" "));
        assert!(examples.iter().all(is_its), "{command:?}\n{help}");
        for exit in ["  0 ", "  2 "] {
            assert!(help.contains(exit), "{command:?}: {exit}\n{help}");
        }
        // Whoever opens a store may find it damaged; `ready` asks a server.
        let lists = |exit: &str| help.contains(exit);
        assert!(
            *command == ["ready"] || lists("\n  6    ") == lists("\n  7    "),
            "{command:?}\n{help}"
        );
    }
    let all = place.run(&["--help"]).ended(0).out;
    for command in COMMANDS {
        assert!(all.contains(command[0]), "{command:?}\n{all}");
    }
    assert!(
        place
            .run(&["--version"])
            .ended(0)
            .out
            .contains(env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn the_help_of_an_answer_lists_what_it_takes_and_nothing_else() {
    let place = Place::empty();
    let openapi = place.run(&["schema", "openapi"]).ended(0).json();
    for (answer, takes, leaves) in [
        (
            "status",
            &["pillar", "measure"][..],
            &["pot", "partner", "amount", "id", "table", "before_as_of"][..],
        ),
        ("funds", &["pillar", "pot"], &["partner", "key_year", "id"]),
        (
            "shares",
            &["pot", "partner", "amount", "cost_share", "key_year"],
            &["pillar", "measure", "id"],
        ),
        ("seats", &[], &["pillar", "measure", "pot", "id", "table"]),
        (
            "changes",
            &[
                "pillar",
                "before_as_of",
                "before_known_on",
                "before_position",
            ],
            &["id", "table", "amount"],
        ),
        (
            "trail",
            &["id", "measure", "table"],
            &["pillar", "pot", "before_position"],
        ),
    ] {
        let help = place.run(&[answer, "--help"]).ended(0).out;
        let parameters =
            openapi["paths"][format!("/api/v1/{answer}")]["get"]["parameters"].to_string();
        let always = [
            "as_of",
            "known_on",
            "at_position",
            "limit",
            "cursor",
            "format",
        ];
        for (name, is_listed) in always
            .iter()
            .chain(takes)
            .map(|it| (it, true))
            .chain(leaves.iter().map(|it| (it, false)))
        {
            let option = format!("--{} ", name.replace('_', "-"));
            assert_eq!(help.contains(&option), is_listed, "{answer} {name}: {help}");
            let parameter = format!("\"name\":\"{name}\"");
            assert_eq!(
                parameters.contains(&parameter),
                is_listed,
                "{answer} {name}"
            );
        }
    }
    // Stated all the same, it is said why it is refused.
    let place = Place::begun();
    let ran = place.on_store(&["seats", "--pillar", "DG"]).ended(2);
    assert!(
        ran.err.contains("„pillar“ grenzt „seats“ nicht ein"),
        "{ran:?}"
    );
}

#[test]
fn a_negative_number_is_no_option() {
    let place = Place::begun();
    for option in ["--at-position", "--limit"] {
        let told = place.on_store(&["status", option, "-1"]).ended(2);
        assert!(told.err.contains("keine ganze Zahl"), "{told:?}");
    }
}

#[test]
fn a_wrong_call_is_2_and_says_what_would_be_right() {
    let place = Place::begun();
    let store = place.store();
    let calls: &[&[&str]] = &[
        &[],
        &["nothing"],
        &["status", "--colour"],
        &["status", "--as-of", "2024-02-30"],
        &["status", "--as-of"],
        &["status", "--format", "xml"],
        &["status", "--limit", "0"],
        &["status", "--at-position", "-1"],
        &["shares"],
        &[
            "shares",
            "--amount",
            "1.234",
            "--cost-share",
            "25/75",
            "--key-year",
            "2019",
        ],
        &[
            "shares",
            "--amount",
            "1",
            "--cost-share",
            "25/76",
            "--key-year",
            "2019",
        ],
        &[
            "shares",
            "--amount",
            "1",
            "--cost-share",
            "25/75",
            "--key-year",
            "2018",
        ],
        &["feed"],
        &["feed", "-", "x"],
        &["explain", "funds"],
        &["calc"],
        &["calc", "nothing"],
        &["events", "--after", "x"],
        &["audit"],
        &["erase"],
        &["backup"],
        &["restore"],
        &["schema", "nothing"],
        &["serve", "--listen", "nowhere"],
    ];
    for call in calls {
        let ran = match call.first() {
            Some(&("calc" | "schema" | "audit" | "nothing")) | None => place.run(call),
            Some(command) => place.run(&[&[command, "--store", &store], &call[1..]].concat()),
        };
        assert_eq!(ran.code, 2, "{call:?}: {ran:?}");
        assert!(
            !ran.err.trim().is_empty() && ran.out.is_empty(),
            "{call:?}: {ran:?}"
        );
    }
}

#[test]
fn a_store_that_is_not_there_or_no_store_is_6() {
    let place = Place::empty();
    fs::write(
        place.path("text.db"),
        "This is no database, but longer than a header of one.",
    )
    .unwrap();
    rusqlite::Connection::open(place.path("other.db"))
        .unwrap()
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1;")
        .unwrap();
    for store in [
        "sqlite:nirgends.db",
        "sqlite:nirgends/a.db",
        "sqlite:text.db",
        "sqlite:other.db",
        "sqlite:.",
    ] {
        for command in [
            &["status"][..],
            &["feed", "text.db"],
            &["events"],
            &["audit", "verify"],
            &["serve", "--listen", "127.0.0.1:0"],
            &["erase", "--event", "1", "--reason", "x"],
            &["explain", "funds", "T", "free"],
        ] {
            let (name, rest) = command.split_at(1 + usize::from(command[0] == "audit"));
            let ran = place.run(&[name, &["--store", store], rest].concat());
            assert_eq!(ran.code, 6, "{command:?} {store}: {ran:?}");
        }
        let ran = place.run(&["backup", "--store", store, "-o", "x"]);
        assert_eq!(ran.code, 6, "backup {store}: {ran:?}");
    }
    assert_eq!(
        place.run(&["init", "--store", "sqlite:nirgends/a.db"]).code,
        6
    );
    assert!(
        !place.path("nirgends.db").exists(),
        "asking creates nothing"
    );
    let nobody = place.run(&["status", "--store", "nats://127.0.0.1:1/p"]);
    assert_eq!(nobody.code, 6, "{nobody:?}");
    for store in [
        "nats://h:1",
        "kurrentdb://h:1/p",
        "postgres://x",
        "leitstand.db",
        "",
    ] {
        let ran = place.run(&["status", "--store", store]);
        assert_eq!(ran.code, 2, "{store}: {ran:?}");
    }
}

#[test]
fn findings_are_3_and_an_interruption_is_130() {
    let place = Place::begun();
    let bad = place.write("milestones.csv", "id\nx\n");
    place.on_store(&["feed", bad.to_str().unwrap()]).ended(3);
    let store = place.store();
    let mut child = place
        .command(&["feed", "--store", &store, "--table", "impediments", "-"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    signal(child.id(), "INT");
    let ran = ran(child, Vec::new());
    drop(stdin);
    assert_eq!(ran.code, 130, "{ran:?}");
    place.head();
}

#[test]
fn a_file_that_is_not_there_is_1() {
    let place = Place::begun();
    let ran = place.on_store(&["feed", "nirgends.csv"]).ended(1);
    assert!(ran.err.contains("nirgends.csv"), "{ran:?}");
    place.on_store(&["feed", "nirgends/"]).ended(1);
    place
        .on_store(&["explain", "funds", "NIE", "free"])
        .ended(1);
    let ran = place.run(&[
        "init",
        "--store",
        "sqlite:neu.db",
        "--catalogue",
        "nirgends.yaml",
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn beginning_a_second_time_changes_nothing() {
    let place = Place::begun();
    let head = place.head();
    place.on_store(&["init"]).ended(0);
    assert_eq!(place.head(), head);
    place
        .on_store(&["init", "--programme", "spt-dd", "--currency", "EUR"])
        .ended(0);
    assert_eq!(place.head(), head);
    let other = place.on_store(&["init", "--currency", "CHF"]);
    assert!([2, 3].contains(&other.code), "{other:?}");
    let other = place.on_store(&["init", "--programme", "anderes"]);
    assert_eq!(other.code, 2, "{other:?}");
    assert_eq!(place.head(), head);
}

#[test]
fn a_catalogue_of_ones_own() {
    let place = Place::empty();
    let catalogue = "id,kind,title,pillar,parent,set_on\nA,pillar,Säule A,,,2024-05-01\nA-M-1,measure,Erste,A,,2024-05-01\nA-M-2,measure,Zweite,A,,\n";
    place.write("katalog.csv", catalogue);
    place
        .on_store(&[
            "init",
            "--catalogue",
            "katalog.csv",
            "--programme",
            "mein-programm",
            "--currency",
            "CHF",
        ])
        .ended(0);
    let measures = |day: &str| {
        place.ask("catalogue", &["--as-of", day])["summary"]["counts"]["total"]["measures"].clone()
    };
    // Without a date of its own, effective and known from 1990-01-01.
    assert_eq!(
        (
            measures("1990-01-01"),
            measures("2024-04-30"),
            measures("2024-05-01")
        ),
        (json!(1), json!(1), json!(2))
    );
    assert_eq!(
        place.ask(
            "catalogue",
            &["--as-of", "2024-05-01", "--known-on", "1990-01-01"]
        )["rows"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let events = place.on_store(&["events", "--format", "json"]).out;
    assert!(
        events
            .lines()
            .next()
            .unwrap()
            .contains("/leitstand/mein-programm"),
        "{events}"
    );
    // Without --programme the log's own is meant; another one is a mistake.
    place
        .run(&[
            "status",
            "--store",
            &place.store(),
            "--programme",
            "anderes",
        ])
        .ended(2);
    place.write("schlecht.yaml", "pillars: [1, {]");
    let ran = place.run(&[
        "init",
        "--store",
        "sqlite:neu.db",
        "--catalogue",
        "schlecht.yaml",
    ]);
    assert_eq!(ran.code, 3, "{ran:?}");
}

#[test]
fn a_store_in_memory_serves_and_forgets() {
    let place = Place::empty();
    let server = Server::spawn(
        &place,
        &["serve", "--store", "memory:", "--listen", "127.0.0.1:0"],
    );
    eventually("ready", || server.get("/readyz").status == 200);
    let row = json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" });
    let position = server.post("impediments", &row).with_status(200).json()["position"].clone();
    assert_eq!(
        server.ask(
            "impediments",
            &format!("as_of=2025-12-31&min_position={position}")
        )["rows"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert!(server.stop().success());
}
