//! `leitstand calc`: a kernel on JSON from standard input.

use std::io::Read as _;

use leitstand_ingest::init::built_in_keys;
use leitstand_projections::answers::{calc_shares, calc_votes};
use serde_json::Value;

use crate::{
    cli,
    exit::{Exit, Stop},
    out,
};

/// More than any input needs.
const MOST: u64 = 16 << 20;
/// Kernels the contract names that come later.
const LATER: [&str; 6] = [
    "evm",
    "earned-schedule",
    "cpm",
    "monte-carlo",
    "risk-matrix",
    "mta",
];

pub(super) fn run(args: &cli::Calc) -> Result<Exit, Stop> {
    let kernel = match args.kernel.as_str() {
        "shares" => calc_shares,
        "votes" => calc_votes,
        later if LATER.contains(&later) => {
            return Err(Stop::usage(format!(
                "Der Kern „{later}“ kommt in einer späteren Ausgabe; vorhanden sind: shares, votes."
            )));
        }
        other => {
            return Err(Stop::usage(format!(
                "Einen Kern „{other}“ gibt es nicht; vorhanden sind: shares, votes."
            )));
        }
    };
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
    let result = kernel(&input, &built_in_keys())?;
    out::print(&(result.to_string() + "\n"))?;
    Ok(Exit::Done)
}
