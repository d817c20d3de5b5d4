//! The kernel `calc shares` on what is given, and what it shares with `calc votes`.

use leitstand_domain::{
    Amount, Percent,
    cell::{BadCell, Cell, Code as _},
    event::CostKeySet,
    partner::{Group, Partner},
    shares::{self, CostKey, CostShare},
};
use serde_json::{Map, Value, json};

use crate::{
    answer::{NoAnswer, fields},
    present,
};

/// `calc shares`: `{"amount", "cost_share", "key_year" or "key"}` → `{"shares", "total"}`. The cost share is
/// `25/75`, or each group's percent; an own key is each Land's percent.
///
/// # Errors
/// What is missing or wrong in the input.
pub fn calc(input: &Value, built_in: &[CostKeySet]) -> Result<Value, NoAnswer> {
    known_members(input, &["amount", "cost_share", "key_year", "key"])?;
    let amount = input.get("amount").and_then(Value::as_str);
    let amount = amount.ok_or_else(|| {
        NoAnswer::bad(
            "„amount“ fehlt (Betrag als Text, z. B. \"1100000.00\").",
            "`amount` is missing (an amount as text, e.g. \"1100000.00\").",
        )
    })?;
    let amount = Amount::parse(amount)?;
    let share = match input.get("cost_share") {
        Some(Value::String(text)) => CostShare::parse(text),
        Some(Value::Object(parts)) => CostShare::of(percents::<Group>(parts)?),
        _ => {
            return Err(NoAnswer::bad(
                "„cost_share“ fehlt, z. B. \"25/75\" oder {\"BUND\": \"25\", \"LAENDER\": \"75\"}.",
                "`cost_share` is missing, e.g. \"25/75\" or {\"BUND\": \"25\", \"LAENDER\": \"75\"}.",
            ));
        }
    };
    let share = share?;
    let (key, verified) = calc_key(input, built_in)?;
    let shares = shares::split(amount.cents(), &share, &key)?;
    let total: i64 = shares.iter().map(|it| it.cents).sum();
    let by_partner: Map<String, Value> = shares
        .iter()
        .map(|it| {
            let cents = present::amount(i128::from(it.cents));
            (it.partner.word().to_owned(), cents)
        })
        .collect();
    let all = fields([
        ("shares", Value::Object(by_partner)),
        ("total", present::amount(i128::from(total))),
        ("key_verified", json!(verified)),
    ]);
    Ok(Value::Object(all))
}

/// Refuses a member a kernel does not know: it would be ignored in silence.
pub(in crate::answers) fn known_members(input: &Value, known: &[&str]) -> Result<(), NoAnswer> {
    let members = input.as_object().into_iter().flat_map(Map::keys);
    for member in members {
        if !known.contains(&member.as_str()) {
            let member: String = member.chars().take(60).collect();
            let known = known.join(", ");
            return Err(NoAnswer::bad(
                format!("„{member}“ gibt es hier nicht; möglich sind: {known}."),
                format!("There is no `{member}` here; possible are: {known}."),
            ));
        }
    }
    Ok(())
}

/// The key a kernel is asked with, and whether its numbers were compared with the published table: an own one, which
/// nobody compared, or a built-in one.
pub(in crate::answers) fn calc_key(
    input: &Value,
    built_in: &[CostKeySet],
) -> Result<(CostKey, bool), NoAnswer> {
    if input.get("key").is_some() && input.get("key_year").is_some() {
        return Err(NoAnswer::bad(
            "„key_year“ und „key“ gehen nicht zusammen; bitte nur eines angeben.",
            "`key_year` and `key` do not go together; state one of them.",
        ));
    }
    if let Some(own) = input.get("key") {
        let own = own.as_object().ok_or_else(|| {
            NoAnswer::bad(
                "„key“ ist kein Objekt aus Ländern und Prozentsätzen.",
                "`key` is not an object of Länder and percentages.",
            )
        })?;
        let key = percents::<Partner>(own)?;
        if key.iter().any(|(partner, _)| *partner == Partner::Bund) {
            return Err(NoAnswer::bad(
                "Ein Schlüssel („key“) nennt nur Länder.",
                "A `key` names Länder only.",
            ));
        }
        let units = key.into_iter().map(|(partner, it)| (partner, it.units()));
        return Ok((units.collect(), false));
    }
    let year = input.get("key_year").and_then(Value::as_u64);
    let year = year.ok_or_else(|| {
        NoAnswer::bad(
            "„key_year“ oder „key“ fehlt.",
            "`key_year` or `key` is missing.",
        )
    })?;
    let found = built_in.iter().find(|it| u64::from(it.key_year) == year);
    let key = found.ok_or_else(|| {
        NoAnswer::bad(
            format!("Für {year} ist kein Kostenschlüssel eingebaut."),
            format!("No cost key of {year} is built in."),
        )
    })?;
    let shares = key.shares.iter();
    let shares = shares.filter_map(|(code, units)| Some((Partner::of(code)?, *units)));
    Ok((shares.collect(), key.verified))
}

/// Percentages by word, as texts.
fn percents<G: Cell>(stated: &Map<String, Value>) -> Result<Vec<(G, Percent)>, NoAnswer> {
    let one = |(word, percent): (&String, &Value)| {
        let of = |it: BadCell| {
            NoAnswer::bad(
                format!("„{word}“: {}", it.de),
                format!("`{word}`: {}", it.en),
            )
        };
        let group = G::parse(word).map_err(of)?;
        let percent = percent.as_str().ok_or_else(|| {
            NoAnswer::bad(
                format!("Der Anteil von „{word}“ ist kein Text."),
                format!("The part of `{word}` is no text."),
            )
        })?;
        Ok((group, Percent::parse(percent).map_err(of)?))
    };
    stated.iter().map(one).collect()
}
