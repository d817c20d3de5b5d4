//! What a figure was made of, as its own computation tells it.

use leitstand_domain::Day;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::Evidence;

/// Names and values.
pub(crate) type Terms = Vec<(String, Value)>;

/// Of so many rows each is named; of more it is told how many they are.
const FEW: usize = 50;

/// What a field, and all that is inside it, was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ground {
    pub field: String,
    pub inputs: Terms,
    pub thresholds: Vec<Threshold>,
}

/// A threshold as it was judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Threshold {
    pub name: &'static str,
    pub dimension: &'static str,
    pub amber: Decimal,
    pub red: Decimal,
    /// The version: from when it is so, and since when that is known.
    pub valid_from: Day,
    pub known_on: Day,
    /// The events that set it; none where nobody did and the built-in one holds.
    pub positions: Vec<u64>,
}

impl Threshold {
    /// The form of the contract.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "dimension": self.dimension,
            "amber": self.amber.normalize().to_string(),
            "red": self.red.normalize().to_string(),
            "valid_from": self.valid_from.to_string(),
            "known_on": self.known_on.to_string(),
            "events": self.positions,
        })
    }
}

/// The figures over all rows, and what they were made of.
pub(crate) struct Summary {
    pub figures: Map<String, Value>,
    pub grounds: Evidence,
}

impl From<Map<String, Value>> for Summary {
    fn from(figures: Map<String, Value>) -> Self {
        Self {
            figures,
            grounds: Evidence::default(),
        }
    }
}

/// One input.
pub(crate) fn input(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

/// The rows of these names under one name.
pub(crate) fn rows<'a>(name: &str, ids: impl IntoIterator<Item = &'a str>) -> (String, Value) {
    let mut ids: Vec<&str> = ids.into_iter().collect();
    if ids.len() > FEW {
        return input(name, ids.len());
    }
    ids.sort_unstable();
    input(name, ids)
}

/// What a count counted: of how many rows which.
pub(crate) fn count<'a>(
    name: &str,
    of: usize,
    counted: impl IntoIterator<Item = &'a str>,
) -> Terms {
    vec![input(name, of), rows("counted", counted)]
}

/// The numbers a median is of: how many, and each where they are few.
pub(crate) fn values<'a>(all: impl IntoIterator<Item = (&'a str, i64)>) -> Terms {
    let mut all: Vec<(&str, i64)> = all.into_iter().collect();
    let mut terms = vec![input("counted", all.len())];
    if all.len() <= FEW {
        all.sort_unstable();
        terms.extend(all.into_iter().map(|(name, value)| input(name, value)));
    }
    terms
}
