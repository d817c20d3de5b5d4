//! What the figures of the risk register are made of.

use std::collections::BTreeMap;

use serde_json::json;

use super::Standing;
use crate::{
    answer::{
        Evidence,
        ground::{self, input},
    },
    facts::Fact,
    present,
};

/// What the figures over all risks, and over those assessed, are made of.
pub(super) fn grounds<'n>(
    risks: &[Standing<'_>],
    assessed: &[&Standing<'_>],
    id: impl Fn(&Standing<'_>) -> &'n str,
) -> Evidence {
    let mut grounds = Evidence::default();
    let mut kinds: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let levels = ["critical", "high", "medium", "low"].map(|it| format!("levels.{it}"));
    kinds.extend(levels.map(|it| (it, Vec::new())));
    for it in assessed {
        let cell = it.current.last().map(Fact::row);
        let cell = cell.map(|it| format!("matrix.P{}I{}", it.probability, it.impact));
        for kind in cell.into_iter().chain([format!("levels.{}", it.level())]) {
            kinds.entry(kind).or_default().push(id(it));
        }
    }
    for (kind, ids) in kinds {
        grounds.ground(kind, ground::count("assessed", assessed.len(), ids), &[]);
    }
    let valued = risks.iter().filter_map(|it| {
        let exact = present::hundredths(it.expected_value()?);
        Some(input(id(it), exact))
    });
    let unvalued = risks.iter().filter(|it| it.expected_value().is_none());
    let mut exposure: ground::Terms = valued.collect();
    exposure.push(ground::rows("not_counted", unvalued.map(&id)));
    grounds.ground("exposure", exposure, &[]);
    let first = risks.iter().take(5).map(|it| {
        let value = it.expected_value().map(present::amount_of_hundredths);
        let by = json!({ "score": it.score(), "expected_value": value });
        input(id(it), by)
    });
    grounds.ground("top", first.collect(), &[]);
    grounds
}
