//! What would be, if these said yes: nothing of it is recorded.

use std::collections::BTreeMap;

use leitstand_domain::{
    Code as _, event::CostKeySet, majority::Tally, partner::Partner, tables::Vote,
};
use serde_json::{Value, json};

use super::{
    super::shares::{calc_key, known_members},
    key_share, missing,
};
use crate::answer::{NoAnswer, fields};

/// Everybody named says yes.
pub(super) fn said_yes<'a>(
    words: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<Partner, Vote>, NoAnswer> {
    let mut votes = BTreeMap::new();
    for word in words {
        let shown: String = word.chars().take(20).collect();
        let partner = Partner::of(word).ok_or_else(|| {
            NoAnswer::bad(
                format!("„{shown}“ ist kein Partner; richtig ist BUND oder ein Kürzel wie BW."),
                format!("`{shown}` is no partner; right is BUND or a code such as BW."),
            )
        })?;
        if votes.insert(partner, Vote::Yes).is_some() {
            return Err(NoAnswer::bad(
                format!("„{shown}“ ist zweimal genannt."),
                format!("`{shown}` is named twice."),
            ));
        }
    }
    Ok(votes)
}

/// `calc votes`: `{"bund", "laender_yes": [...], "key_year" or "key"}` → `{"laender_yes", "key_share_yes",
/// "adopted", "missing", "unanimous"}`.
///
/// The form names who says yes, not who is present; so it has no simple majority.
///
/// # Errors
/// What is missing or wrong in the input.
pub fn calc(input: &Value, built_in: &[CostKeySet]) -> Result<Value, NoAnswer> {
    known_members(input, &["case", "bund", "laender_yes", "key_year", "key"])?;
    let bund = input.get("bund").and_then(Value::as_str).and_then(Vote::of);
    let bund = bund.ok_or_else(|| {
        NoAnswer::bad(
            "„bund“ fehlt: yes, no oder abstain.",
            "`bund` is missing: yes, no or abstain.",
        )
    })?;
    let laender = input.get("laender_yes").and_then(Value::as_array);
    let laender = laender.and_then(|it| it.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let laender = laender.ok_or_else(|| {
        NoAnswer::bad(
            "„laender_yes“ fehlt: die Kürzel der Länder mit Ja.",
            "`laender_yes` is missing: the codes of the Länder that said yes.",
        )
    })?;
    let mut votes = said_yes(laender)?;
    if votes.insert(Partner::Bund, bund).is_some() {
        return Err(NoAnswer::bad(
            "„laender_yes“ nennt nur Länder; der Bund steht in „bund“.",
            "`laender_yes` names Länder only; the Bund stands in `bund`.",
        ));
    }
    let (key, verified) = calc_key(input, built_in)?;
    let tally = Tally::of(&votes, &key)?;
    let all = fields([
        ("laender_yes", json!(tally.heads.laender_yes)),
        ("key_share_yes", key_share(&tally)),
        ("adopted", json!(tally.adopted())),
        ("missing", missing(&tally)),
        ("unanimous", json!(tally.heads.unanimous)),
        ("key_verified", json!(verified)),
    ]);
    Ok(Value::Object(all))
}
