//! `leitstand calc`: a kernel on JSON from standard input.

use std::{collections::BTreeMap, io::Read as _};

use leitstand_domain::{cell::Code as _, partner::Partner, shares::key_units};
use leitstand_ingest::init::COST_KEYS;
use leitstand_projections::answers::calc_shares;
use serde_json::Value;

use crate::{
    cli,
    exit::{Exit, Stop},
    out,
};

/// More than any input needs.
const MOST: u64 = 16 << 20;
/// Kernels the contract names that come later.
const LATER: [&str; 7] = [
    "evm",
    "earned-schedule",
    "cpm",
    "monte-carlo",
    "risk-matrix",
    "votes",
    "mta",
];

pub(super) fn run(args: &cli::Calc) -> Result<Exit, Stop> {
    match args.kernel.as_str() {
        "shares" => {}
        later if LATER.contains(&later) => {
            return Err(Stop::usage(format!(
                "Der Kern „{later}“ kommt in einer späteren Ausgabe; vorhanden ist: shares."
            )));
        }
        other => {
            return Err(Stop::usage(format!(
                "Einen Kern „{other}“ gibt es nicht; vorhanden ist: shares."
            )));
        }
    }
    let mut text = String::new();
    std::io::stdin()
        .take(MOST)
        .read_to_string(&mut text)
        .map_err(|_| {
            Stop::usage("Die Standardeingabe ist nicht lesbar; erwartet wird JSON in UTF-8.")
        })?;
    let input: Value = serde_json::from_str(&text).map_err(|error| {
        Stop::usage(format!(
            "Die Standardeingabe ist kein JSON (Zeile {}, Zeichen {}).",
            error.line(),
            error.column()
        ))
    })?;
    let result = calc_shares(&input, &built_in_keys()?)?;
    out::print(&(result.to_string() + "\n"))?;
    Ok(Exit::Done)
}

/// The built-in cost keys by year: one row per Land, one column per year.
fn built_in_keys() -> Result<BTreeMap<u32, BTreeMap<Partner, u32>>, Stop> {
    let mut keys: BTreeMap<u32, BTreeMap<Partner, u32>> = BTreeMap::new();
    let mut lines = COST_KEYS.lines().map(|line| line.split(',').map(str::trim));
    let year = |header: &str| header.strip_prefix("key_")?.parse().ok();
    let years: Vec<Option<u32>> = lines.next().into_iter().flatten().map(year).collect();
    for line in lines {
        let cells: Vec<&str> = line.collect();
        let Some(land) = cells.first().and_then(|it| Partner::of(it)) else {
            continue;
        };
        for (year, cell) in years.iter().zip(&cells) {
            if let (Some(year), Some(units)) = (year, key_units(cell)) {
                keys.entry(*year).or_default().insert(land, units);
            }
        }
    }
    if keys.is_empty() {
        return Err(Stop::new(
            Exit::Failure,
            "Die eingebauten Kostenschlüssel sind nicht lesbar.",
        ));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_key_is_read_whole() {
        let keys = built_in_keys().expect("readable keys");
        assert!(keys.contains_key(&2019));
        for (year, key) in keys {
            assert_eq!(
                (key.len(), key.values().sum::<u32>()),
                (16, 10_000_000),
                "{year}"
            );
        }
    }
}
