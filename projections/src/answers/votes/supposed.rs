//! What would be, if these said yes: nothing of it is recorded.

use std::collections::BTreeMap;

use leitstand_domain::{
    Code as _, Day,
    event::CostKeySet,
    majority::{Heads, Tally},
    partner::Partner,
    tables::Vote,
};
use serde_json::{Value, json};

use super::{
    super::shares::{calc_key, known_members},
    Poll, key_share, missing,
};
use crate::{
    Ask, Facts,
    answer::{Evidence, NoAnswer, fields},
    keys::{Key, key_of},
};

/// The poll if these said yes and all others nothing.
pub(super) fn supposed<'a>(facts: &Facts, ask: &Ask, yes: &str) -> Result<Poll<'a>, NoAnswer> {
    let Some(year) = ask.filter.key_year else {
        return Err(NoAnswer::bad(
            "Zu --yes gehört das Jahr des Schlüssels (--key-year).",
            "--yes needs the year of the key (--key-year).",
        ));
    };
    let words = yes.split([',', ';', ' ']).filter(|it| !it.is_empty());
    let votes = said_yes(words)?;
    let key = wanted_key(facts, ask, year, ask.view.as_of)?;
    let mut evidence = Evidence::default();
    evidence.add("cost_keys", key.positions.iter().copied());
    Ok(Poll {
        paper: None,
        sitting: None,
        date: None,
        channel: None,
        heads: Some(Heads::of(&votes)),
        tally: Tally::of(&votes, &key.shares).ok(),
        votes,
        key: Some(key),
        elsewhere: Vec::new(),
        resolution: None,
        is_decided: false,
        evidence,
    })
}

pub(super) fn wanted_key(facts: &Facts, ask: &Ask, year: u32, on: Day) -> Result<Key, NoAnswer> {
    key_of(facts, &ask.view, year, on).ok_or_else(|| {
        NoAnswer::bad(
            format!("Für {year} ist kein Kostenschlüssel erfasst, der am Tag der Abstimmung gilt ({on})."),
            format!("No cost key of {year} is recorded that holds on the day of the vote ({on})."),
        )
    })
}

/// Everybody named says yes.
fn said_yes<'a>(
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
