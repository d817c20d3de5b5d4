//! The table of ARCHITECTURE.md against what Cargo knows: who may use whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// What each of our crates may use of ours, in what is shipped and in its tests.
const ALLOWED: [(&str, &[&str], &[&str]); 7] = [
    ("leitstand-domain", &[], &[]),
    ("leitstand-store", &[], &["leitstand-tests"]),
    (
        "leitstand-ingest",
        &["leitstand-domain", "leitstand-store"],
        &[],
    ),
    (
        "leitstand-projections",
        &["leitstand-domain"],
        &["leitstand-tests"],
    ),
    (
        "leitstand-reports",
        &["leitstand-projections", "leitstand-domain"],
        &[],
    ),
    ("leitstand-tests", &[], &[]),
    (
        "leitstand",
        &[
            "leitstand-domain",
            "leitstand-store",
            "leitstand-ingest",
            "leitstand-projections",
            "leitstand-reports",
        ],
        &["leitstand-tests"],
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let ran = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    serde_json::from_slice(&ran.stdout).unwrap()
}

#[test]
fn our_crates_use_each_other_as_the_table_says() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ALLOWED.iter().map(|(name, _, _)| *name).collect(),
        "a new crate belongs into the table"
    );
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let (_, shipped, tested) = ALLOWED.iter().find(|(it, _, _)| *it == name).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            if !names.contains(used) {
                continue;
            }
            let in_tests = dependency["kind"] == "dev";
            assert!(
                shipped.contains(&used) || in_tests && tested.contains(&used),
                "{name} may not use {used} ({})",
                dependency["kind"]
            );
        }
    }
}

#[test]
fn heavy_and_outside_things_live_in_one_place() {
    let metadata = metadata();
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["kind"].is_null())
        {
            users
                .entry(dependency["name"].as_str().unwrap())
                .or_default()
                .insert(package["name"].as_str().unwrap());
        }
    }
    let only = |crate_name: &str, by: &[&str]| {
        let users = users.get(crate_name).cloned().unwrap_or_default();
        assert!(
            users.iter().all(|it| by.contains(it)),
            "{crate_name} is used by {users:?}"
        );
    };
    only("polars", &["leitstand-projections"]);
    only("clap", &["leitstand"]);
    // The binary's `doctor` looks at the file itself.
    only("rusqlite", &["leitstand-store", "leitstand"]);
    only(
        "tokio",
        &[
            "leitstand-store",
            "leitstand-ingest",
            "leitstand-reports",
            "leitstand",
        ],
    );
    for pure in ["tokio", "axum", "rusqlite", "tracing", "getrandom", "rand"] {
        assert!(
            !users
                .get(pure)
                .is_some_and(|it| it.contains("leitstand-domain")),
            "the domain is pure, but uses {pure}"
        );
    }
}

#[test]
fn the_table_in_the_document_is_the_table_held_here() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let allowed = |folder: &str| {
        let line = text
            .lines()
            .find(|it| it.starts_with(&format!("| `{folder}/`")))
            .unwrap_or_else(|| panic!("no row for {folder}"));
        line.trim_end_matches(" |")
            .rsplit('|')
            .next()
            .unwrap()
            .trim()
            .to_owned()
    };
    assert_eq!(allowed("domain"), "nobody");
    assert_eq!(allowed("store"), "nobody");
    assert_eq!(allowed("ingest"), "domain, store");
    assert_eq!(allowed("projections"), "domain");
    assert!(
        allowed("reports") == "projections",
        "{}",
        allowed("reports")
    );
    assert_eq!(allowed("src"), "all");
}
