//! # Shares
//!
//! ## What it says
//! What each partner bears of an amount, to the cent.
//!
//! ## Formula
//! The Bund bears its percent, the Länder the rest by the cost key; largest remainder in cents over Bund and
//! Länder, ties by larger exact share, then code.
//!
//! ## Facts
//! Cost keys; for a pot's remainder also `funds`.
//!
//! ## Beware
//! A key whose numbers were not checked against the published table is marked `key_verified: false`.

use std::collections::BTreeMap;

use leitstand_domain::{
    Amount,
    cell::{Cell as _, Code as _},
    partner::Partner,
    shares::{CostShare, Share, key_units, split},
};
use serde_json::{Map, Value, json};

use super::funds;
use crate::{
    Ask, Facts, Filter, View,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, Page, field, fields},
    facts::KeyFact,
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "shares",
    title: "Kostenanteile",
    id: "partner",
    fields: &[
        field(
            "partner",
            "BUND oder Kürzel des Landes",
            &[],
            &["cost_keys"],
        ),
        field(
            "share_percent",
            "genauer Anteil in Prozent: Bund-Anteil, oder Länder-Anteil × Schlüssel",
            &[],
            &["cost_keys"],
        ),
        field(
            "amount",
            "Anteil am Betrag in Cent nach größten Resten",
            &["share_percent"],
            &["cost_keys", "funds"],
        ),
    ],
    ask,
};

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let (cents, share, year, evidence) = match (&ask.filter.pot, &ask.filter.amount) {
        (Some(pot), None) => remainder(facts, ask, pot)?,
        (None, Some(amount)) => stated(&ask.filter, amount)?,
        _ => {
            return Err(NoAnswer::bad(
                "Bitte entweder einen Topf angeben (--pot) oder einen Betrag mit Kostenteilung und Schlüsseljahr (--amount, --cost-share, --key-year).",
                "State either a pot (--pot) or an amount with cost share and key year (--amount, --cost-share, --key-year).",
            ));
        }
    };
    let key = key_of(facts, &ask.view, year).ok_or_else(|| {
        NoAnswer::bad(
            format!("Für {year} ist kein Kostenschlüssel erfasst, der am Stichtag gilt."),
            format!("No cost key of {year} is recorded that holds on the reporting date."),
        )
    })?;
    let shares = split(cents, share, &key.shares)?;
    let total: i64 = shares.iter().map(|it| it.cents).sum();
    let wanted: Vec<Share> = shares
        .into_iter()
        .filter(|it| {
            ask.filter
                .partner
                .as_deref()
                .is_none_or(|partner| partner == it.partner.word())
        })
        .collect();
    let summary = fields([
        ("total", present::amount(i128::from(total))),
        ("key_year", json!(year)),
        ("key_verified", json!(key.verified)),
    ]);
    Ok(Output::new(
        wanted,
        |it| it.partner.word().to_owned(),
        move |it| {
            let mut evidence = evidence.clone();
            evidence.add("cost_keys", [key.position]);
            AnswerRow {
                id: it.partner.word().to_owned(),
                fields: written(it),
                evidence,
            }
        },
        summary,
    ))
}

fn written(it: &Share) -> Map<String, Value> {
    fields([
        ("partner", json!(it.partner.word())),
        (
            "share_percent",
            json!(format!(
                "{}.{:07}",
                it.units / 10_000_000,
                it.units % 10_000_000
            )),
        ),
        ("amount", present::amount(i128::from(it.cents))),
    ])
}

/// The cost key of a year that holds at a view.
#[must_use]
pub fn key_of<'a>(facts: &'a Facts, view: &View, year: u32) -> Option<&'a KeyFact> {
    facts
        .keys
        .iter()
        .filter(|it| {
            it.key_year == year && it.valid_from <= view.as_of && view.sees(it.known, it.position)
        })
        .max_by_key(|it| (it.valid_from, it.known, it.position))
}

/// Amount, cost share and key year as asked.
fn stated(filter: &Filter, amount: &str) -> Result<(i64, CostShare, u32, Evidence), NoAnswer> {
    let amount = Amount::parse(amount)?;
    let (Some(share), Some(year)) = (&filter.cost_share, filter.key_year) else {
        return Err(NoAnswer::bad(
            "Zu einem Betrag gehören Kostenteilung und Schlüsseljahr (--cost-share, --key-year).",
            "An amount needs a cost share and a key year (--cost-share, --key-year).",
        ));
    };
    let share = CostShare::parse(share)?;
    Ok((amount.cents(), share, year, Evidence::default()))
}

/// What is to be credited of a pot, by the pot's own scheme and key.
fn remainder(
    facts: &Facts,
    ask: &Ask,
    pot: &str,
) -> Result<(i64, CostShare, u32, Evidence), NoAnswer> {
    let filter = Filter {
        pot: Some(pot.to_owned()),
        ..Filter::default()
    };
    let funds_ask = Ask {
        view: ask.view,
        filter,
        page: Page::default(),
    };
    let funds = funds::KIND.answer(facts, &funds_ask)?;
    let missing = |de: &str, en: &str| {
        NoAnswer::bad(
            format!("Topf „{pot}“: {de}."),
            format!("Pot `{pot}`: {en}."),
        )
    };
    let row = funds.rows.first().ok_or_else(|| {
        missing(
            "am Stichtag nicht beschlossen",
            "not resolved on the reporting date",
        )
    })?;
    let fact = facts
        .names
        .find(pot)
        .and_then(|it| facts.pots.latest(it, &ask.view));
    let fact = fact.ok_or_else(|| {
        missing(
            "am Stichtag nicht beschlossen",
            "not resolved on the reporting date",
        )
    })?;
    let share = fact
        .row()
        .cost_share
        .ok_or_else(|| missing("keine Kostenteilung angegeben", "no cost share stated"))?;
    let share = CostShare::parse(facts.names.text(share))?;
    let year = fact
        .row()
        .key_year
        .ok_or_else(|| missing("kein Schlüsseljahr angegeben", "no key year stated"))?
        .get();
    let cents = row
        .fields
        .get("to_credit")
        .and_then(Value::as_str)
        .and_then(|it| Amount::parse(it).ok())
        .ok_or_else(|| {
            missing(
                "kein Rest, der anzurechnen ist",
                "no rest that is to be credited",
            )
        })?;
    let mut evidence = Evidence::default();
    evidence.add("funds", row.evidence.positions());
    Ok((cents.cents(), share, year, evidence))
}

/// `calc shares`: `{"amount", "cost_share", "key_year" or "key"}` → `{"shares", "total"}`.
///
/// # Errors
/// What is missing or wrong in the input.
pub fn calc(
    input: &Value,
    keys: &BTreeMap<u32, BTreeMap<Partner, u32>>,
) -> Result<Value, NoAnswer> {
    let bad = |de: &str, en: &str| NoAnswer::bad(de, en);
    let members = input.as_object().into_iter().flat_map(Map::keys);
    let known = ["amount", "cost_share", "key_year", "key"];
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
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let amount = text("amount").ok_or_else(|| {
        bad(
            "„amount“ fehlt (Betrag als Text, z. B. \"1100000.00\").",
            "`amount` is missing (an amount as text, e.g. \"1100000.00\").",
        )
    })?;
    let amount = Amount::parse(amount)?;
    let share = text("cost_share").ok_or_else(|| {
        bad(
            "„cost_share“ fehlt, z. B. \"25/75\".",
            "`cost_share` is missing, e.g. \"25/75\".",
        )
    })?;
    let share = CostShare::parse(share)?;
    let own;
    let key = if let Some(stated) = input.get("key") {
        if input.get("key_year").is_some() {
            return Err(bad(
                "„key_year“ und „key“ gehen nicht zusammen; bitte nur eines angeben.",
                "`key_year` and `key` do not go together; state one of them.",
            ));
        }
        let stated = stated.as_object();
        let stated = stated.ok_or_else(|| {
            bad(
                "„key“ ist kein Objekt aus Ländern und Prozentsätzen.",
                "`key` is not an object of Länder and percentages.",
            )
        })?;
        own = stated
            .iter()
            .map(|(code, percent)| unit(code, percent))
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        &own
    } else {
        let year = input
            .get("key_year")
            .and_then(Value::as_u64)
            .and_then(|it| u32::try_from(it).ok());
        let year = year.ok_or_else(|| {
            bad(
                "„key_year“ oder „key“ fehlt.",
                "`key_year` or `key` is missing.",
            )
        })?;
        keys.get(&year).ok_or_else(|| {
            NoAnswer::bad(
                format!("Für {year} ist kein Kostenschlüssel eingebaut."),
                format!("No cost key of {year} is built in."),
            )
        })?
    };
    let shares = split(amount.cents(), share, key)?;
    let total: i64 = shares.iter().map(|it| it.cents).sum();
    let by_partner: Map<String, Value> = shares
        .iter()
        .map(|it| {
            (
                it.partner.word().to_owned(),
                present::amount(i128::from(it.cents)),
            )
        })
        .collect();
    Ok(json!({ "shares": by_partner, "total": present::amount(i128::from(total)) }))
}

fn unit(code: &str, percent: &Value) -> Result<(Partner, u32), NoAnswer> {
    let land = Partner::of(code).filter(|it| *it != Partner::Bund);
    let land = land.ok_or_else(|| {
        NoAnswer::bad(
            format!("„{code}“ ist kein Land."),
            format!("`{code}` is not a Land."),
        )
    })?;
    let units = percent.as_str().and_then(key_units);
    let units = units.ok_or_else(|| NoAnswer::bad(
            format!("Der Anteil von „{code}“ ist kein Prozentsatz mit höchstens fünf Nachkommastellen (als Text)."),
            format!("The share of `{code}` is not a percentage with at most five decimals (as text)."),
        ))?;
    Ok((land, units))
}
