//! Rules of the house that a machine can see.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust source of ours, without what is built.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in [
        "src",
        "domain",
        "store",
        "ingest",
        "projections",
        "reports",
        "tests",
        "benches",
        "fuzz",
    ] {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100, "{}", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|it| it != "target") {
            collect(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// Files and lines of which something is so.
#[track_caller]
fn none(what: &str, is_so: impl Fn(&str) -> bool) {
    let mut found = Vec::new();
    for (path, text) in sources() {
        if path.ends_with("house_rules.rs") {
            continue;
        }
        let lines = text.lines().enumerate().filter(|(_, line)| is_so(line));
        found.extend(
            lines.map(|(number, line)| {
                format!("{}:{}: {}", path.display(), number + 1, line.trim())
            }),
        );
    }
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn an_exception_is_expected_and_gives_its_reason() {
    none(
        "`#[allow]` does not say when it is no longer needed; use `#[expect(…, reason = …)]`",
        |line| {
            let line = line.trim_start();
            line.starts_with("#[allow(") || line.starts_with("#![allow(")
        },
    );
    let mut found = Vec::new();
    for (path, text) in sources() {
        for part in text
            .split("#[expect(")
            .skip(1)
            .chain(text.split("#![expect(").skip(1))
        {
            let inside = part.split(")]").next().unwrap_or_default();
            if !inside.contains("reason") && !path.ends_with("house_rules.rs") {
                found.push(format!("{}: {inside}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "without a reason:\n{}", found.join("\n"));
}

#[test]
fn a_file_is_one_room() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .map(|(path, lines)| format!("{lines} {}", path.display()))
        .collect();
    assert!(long.is_empty(), "over 500 lines:\n{}", long.join("\n"));
}

#[test]
fn money_never_meets_a_float() {
    const MONEY: [&str; 13] = [
        "amount",
        "cents",
        "budget",
        "granted",
        "spent",
        "euro",
        "committed",
        "allocated",
        "paid",
        "cost",
        "called",
        "requested",
        "money",
    ];
    none("money in a float", |line| {
        let code = line.split("//").next().unwrap_or_default().to_lowercase();
        let float = ["f32", "f64"].iter().any(|it| {
            code.split(|it: char| !it.is_alphanumeric())
                .any(|word| word == *it)
        });
        float && MONEY.iter().any(|it| code.contains(it))
    });
}

#[test]
fn nothing_is_left_to_do_and_no_test_sleeps_for_ever() {
    none("unfinished", |line| {
        ["todo!(", "unimplemented!(", "dbg!(", "FIXME", "#[ignore"]
            .iter()
            .any(|it| line.contains(it))
    });
}

#[test]
fn decisions_are_numbered_once_and_named_in_the_index() {
    let mut numbers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(root().join("docs/adr")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (number, rest) = name.split_once('-').unwrap_or((&name, ""));
        if number.len() == 4 && number.bytes().all(|it| it.is_ascii_digit()) {
            assert!(
                Path::new(rest).extension().is_some_and(|it| it == "md"),
                "{name}"
            );
            numbers
                .entry(number.to_owned())
                .or_default()
                .push(name.clone());
        } else {
            assert_eq!(name, "README.md", "a decision is called NNNN-what.md");
        }
    }
    let twice: Vec<_> = numbers.values().filter(|it| it.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    // A decision that is named anywhere is there.
    for (path, text) in sources().into_iter().chain([(
        root().join("ARCHITECTURE.md"),
        fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap(),
    )]) {
        for part in text.split("ADR ").skip(1) {
            let number: String = part.chars().take_while(char::is_ascii_digit).collect();
            assert!(
                number.len() != 4 || numbers.contains_key(&number),
                "{} names ADR {number}",
                path.display()
            );
        }
    }
}

#[test]
fn the_readme_is_read_in_a_minute() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let lines = text.lines().count();
    assert!(lines <= 120, "{lines} lines");
}

#[test]
fn every_document_that_is_linked_is_there() {
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|it| it.split(')').next())
        {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") {
                assert!(root().join(path).exists(), "{name} links {target}");
            }
        }
    }
}

/// A threshold somebody sets is the one the answers compare with: its name, and the numbers that hold without it.
#[test]
fn the_answers_ask_for_the_thresholds_that_are_built_in() {
    let built_in = fs::read_to_string(root().join("ingest/data/thresholds.csv")).unwrap();
    let mut asked = 0;
    for (path, text) in sources() {
        for call in text.split(".threshold(\"").skip(1) {
            let Some((call, _)) = call.split_once("))") else {
                continue;
            };
            let line = call.replace(['"', '(', ' '], "");
            assert!(
                built_in
                    .lines()
                    .any(|it| it.starts_with(&format!("{line},"))),
                "{} asks for {line}",
                path.display()
            );
            asked += 1;
        }
    }
    assert!(asked > 5, "{asked}");
    let known = root().join("projections/src/answers/open_references.rs");
    let known = fs::read_to_string(known).unwrap();
    for line in built_in.lines().skip(1) {
        let (name, rest) = line.split_once(',').unwrap();
        let (dimension, _) = rest.split_once(',').unwrap();
        let pair = format!("(\"{name}\", \"{dimension}\"),");
        assert!(known.contains(&pair), "{pair} is not known");
    }
}

/// They are a workspace of their own, and cargo takes repairs from the workspace it builds only.
#[test]
fn the_fuzz_targets_are_built_with_the_same_repaired_crates() {
    let repaired = |path: &str| -> Vec<String> {
        let text = fs::read_to_string(root().join(path)).unwrap();
        let read: toml::Table = text.parse().unwrap();
        let crates = read["patch"]["crates-io"].as_table().unwrap();
        crates.keys().cloned().collect()
    };
    assert_eq!(repaired("Cargo.toml"), repaired("fuzz/Cargo.toml"));
}
