//! The table of ARCHITECTURE.md against what Cargo knows: who may use whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
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

/// Where a float may stand in what is shipped, and why it is none of money's.
const FLOATS: [(&str, &str); 2] = [
    (
        "src/serve/health.rs",
        "durations of requests, for the metrics",
    ),
    (
        "ingest/src/workbook/number.rs",
        "whether a workbook's number is one double and no other; its digits are read, not its value",
    ),
];

/// No amount passes through a float: nothing that is shipped has one anywhere else, neither as a type, nor
/// as a number, nor as a column.
#[test]
fn no_amount_passes_through_a_float() {
    let mut found = Vec::new();
    for folder in [
        "src",
        "domain/src",
        "store/src",
        "ingest/src",
        "projections/src",
        "reports/src",
    ] {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let is_excused = FLOATS.iter().any(|(excused, _)| *excused == name);
            // Tests may hand in what is to be refused.
            let is_shipped = !name.ends_with("tests.rs");
            for (number, line) in text.lines().enumerate() {
                let code = code_of(line);
                if !is_excused && (names_float(&code) || is_shipped && has_fraction(&code)) {
                    found.push(format!("{name}:{}: {}", number + 1, line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "a float:\n{}", found.join("\n"));
    for (excused, reason) in FLOATS {
        let text = fs::read_to_string(root().join(excused)).unwrap();
        assert!(text.contains("f64"), "{excused} needs no excuse: {reason}");
        for money in ["Amount", "cents", "euro"] {
            let code = text.lines().filter(|it| it.contains("f64"));
            assert!(
                code.into_iter().all(|it| !it.contains(money)),
                "{excused}: {money}"
            );
        }
    }
    // Every column of amounts is of a type that holds whole cents.
    let columns = fs::read_to_string(root().join("projections/src/facts/kinds.rs")).unwrap();
    for (column, types) in [
        ("amount", &["Amount", "Option<Amount>"][..]),
        ("planned", &["Amount"]),
        ("planned_value", &["Amount"]),
        ("earned_value", &["Amount"]),
        ("actual_cost", &["Option<Amount>"]),
        ("cost_impact", &["Option<Amount>"]),
        ("reserve", &["Option<SignedAmount>"]),
    ] {
        let flat = columns.split_whitespace().collect::<Vec<_>>().join(" ");
        let before = format!(" {column}: ");
        let kept = flat.split(&before).skip(1);
        let kept: Vec<&str> = kept.filter_map(|it| it.split(',').next()).collect();
        assert!(!kept.is_empty(), "no column {column}");
        assert!(
            kept.iter().all(|it| types.contains(it)),
            "{column}: {kept:?}"
        );
    }
}

/// A line in small letters without its comment and what stands in quotation marks.
fn code_of(line: &str) -> String {
    let line = line.split("r#\"").next().unwrap_or_default();
    let line = line.replace("\\\"", "").replace("'\"'", "");
    let outside: String = line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
    let code = outside.split("//").next().unwrap_or_default();
    code.to_lowercase()
}

/// Whether code names a type of floats, or a function that makes or takes one.
fn names_float(code: &str) -> bool {
    let mut parts = code.split(|it: char| !it.is_alphanumeric() && it != '_');
    parts.any(|part| {
        let part = part.trim_start_matches(|it: char| it.is_ascii_digit() || it == '_');
        ["", "as_", "from_", "to_", "try_from_", "try_to_"]
            .iter()
            .filter_map(|it| part.strip_prefix(it))
            .any(|it| ["f32", "f64", "float32", "float64"].contains(&it))
    })
}

/// Whether code has a number with a fraction, such as `0.5`; `it.0.1` and `0..5` have none.
fn has_fraction(code: &str) -> bool {
    let is_digit = |it: char| it.is_ascii_digit();
    code.match_indices('.').any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + 1..]);
        let rest = before.trim_end_matches(|it: char| it.is_ascii_alphanumeric() || it == '_');
        let number = &before[rest.len()..];
        number.starts_with(is_digit) && !rest.ends_with('.') && after.starts_with(is_digit)
    })
}

#[test]
fn a_float_is_seen_wherever_it_is_planted() {
    let is_float = |line: &str| {
        let code = code_of(line);
        names_float(&code) || has_fraction(&code)
    };
    for planted in [
        "let rate: f64 = it;",
        "let part = it as f32;",
        "let part = text.parse::<f64>();",
        "let part = value.as_f64()?;",
        "let part = it.to_f64();",
        "let part = Decimal::try_from_f32(it);",
        "let half = 0.5;",
        "let part = (1_000.25, \"x\");",
        "let one = 1_f64;",
        "let two = 2f32;",
        "let column = DataType::Float64;",
        "let page = (\"https://a\", 0.75);",
    ] {
        assert!(is_float(planted), "{planted}");
    }
    for plain in [
        "let part = it.0.1;",
        "for it in 0..5 {",
        "let text = \"0.50\"; // a half, 0.5, no f64",
        "let quote = '\"';",
        "fn of(self_64: u64) -> Buf64 {",
        "let raw = r#\"\"1.50\"\"\"#;",
    ] {
        assert!(!is_float(plain), "{plain}");
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files
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
