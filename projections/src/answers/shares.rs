//! # Shares
//!
//! ## What it says
//! What each partner bears of an amount, to the cent.
//!
//! ## Formula
//! Each group of the scheme bears its percent, the Länder theirs by the cost key; largest remainder in cents
//! over Bund and Länder, ties by larger exact share, then code. A pot's remainder is split by the scheme and key
//! that were applied in its fiscal year; what begins later changes no split of before. Of money that was carried over,
//! what is left is split by those of the pot it came from, as `year-end` credits it.
//!
//! ## Facts
//! `cost_keys`, `cost_schemes`; for a pot's remainder also `funds`.
//!
//! ## Beware
//! A key whose numbers were not checked against the published table is marked `key_verified: false`. Where money of
//! several pots is left there is no one share in percent and no one key. `year-end` credits at most what was called.

mod given;

use std::collections::{BTreeMap, BTreeSet};

use leitstand_domain::{
    Amount, Day,
    cell::{Cell as _, Code as _},
    partner::Partner,
    shares::{self, Share},
};
use serde_json::{Map, Value, json};

pub use self::given::calc;
pub(super) use self::given::{calc_key, known_members};
use super::{funds, money::Request, programme::Programme, terms::key_of as key_terms};
use crate::{
    Ask, Facts, Filter, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, Page, field, fields, ground::Terms},
    facts::PotFact,
    keys::{end_of_year, key_of, scheme_of},
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
            "genauer Anteil in Prozent: der eigene Anteil, dazu der Länder-Anteil × Schlüssel",
            &["key_year", "key_verified"],
            &["cost_keys", "cost_schemes"],
        ),
        field(
            "amount",
            "total × share_percent in Cent nach größten Resten; wo Geld mehrerer Töpfe verteilt wird, Σ der Anteile am Geld jedes Topfes",
            &["share_percent"],
            &["cost_keys", "cost_schemes", "funds", "pots"],
        ),
        field("key_year", "Jahr des Schlüssels", &[], &["cost_keys"]),
        field(
            "key_verified",
            "ob die Zahlen des Schlüssels mit der Veröffentlichung verglichen sind",
            &["key_year"],
            &["cost_keys"],
        ),
    ],
    ask,
};

/// What is split, how, and on which day.
struct Split {
    cents: i64,
    scheme: String,
    key_year: u32,
    on: Day,
    evidence: Evidence,
}

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let split = match (&ask.filter.pot, &ask.filter.amount) {
        (Some(pot), None) => match of_several_pots(facts, ask, pot)? {
            Some(output) => return Ok(output),
            None => remainder(facts, ask, pot)?,
        },
        (None, Some(amount)) => stated(&ask.filter, amount, ask.view.as_of)?,
        _ => {
            return Err(NoAnswer::bad(
                "Bitte entweder einen Topf angeben (--pot) oder einen Betrag mit Kostenteilung und Schlüsseljahr (--amount, --cost-share, --key-year).",
                "State either a pot (--pot) or an amount with cost share and key year (--amount, --cost-share, --key-year).",
            ));
        }
    };
    let scheme = scheme_of(facts, &ask.view, &split.scheme, split.on);
    let scheme = scheme?;
    let year = split.key_year;
    let key = key_of(facts, &ask.view, year, split.on).ok_or_else(|| {
        let on = split.on;
        NoAnswer::bad(
            format!(
                "Für {year} ist kein Kostenschlüssel erfasst, der am Tag der Anwendung gilt ({on})."
            ),
            format!(
                "No cost key of {year} is recorded that holds on the day of application ({on})."
            ),
        )
    })?;
    let shares = shares::split(split.cents, &scheme.share, &key.shares)?;
    let total: i64 = shares.iter().map(|it| it.cents).sum();
    let wanted = |it: &Share| {
        let partner = ask.filter.partner.as_deref();
        partner.is_none_or(|partner| partner == it.partner.word())
    };
    let wanted: Vec<Share> = shares.into_iter().filter(wanted).collect();
    let summary = fields([
        ("total", present::amount(i128::from(total))),
        ("cost_share", json!(split.scheme)),
        ("key_year", json!(year)),
        ("applied_in", json!(split.on.year())),
        ("key_verified", json!(key.verified)),
    ]);
    let verified = key.verified;
    let mut evidence = split.evidence;
    evidence.add("cost_keys", key.positions);
    evidence.add("cost_schemes", scheme.positions);
    Ok(Output::new(
        wanted,
        |it| it.partner.word().to_owned(),
        move |it| AnswerRow {
            id: it.partner.word().to_owned(),
            fields: written(it, year, verified),
            evidence: evidence.clone(),
        },
        summary,
    ))
}

fn written(it: &Share, key_year: u32, key_verified: bool) -> Map<String, Value> {
    fields([
        ("partner", json!(it.partner.word())),
        ("share_percent", present::share_percent(it.units)),
        ("amount", present::amount(i128::from(it.cents))),
        ("key_year", json!(key_year)),
        ("key_verified", json!(key_verified)),
    ])
}

/// Amount, cost share and key year as asked, applied on the reporting date.
fn stated(filter: &Filter, amount: &str, on: Day) -> Result<Split, NoAnswer> {
    let amount = Amount::parse(amount)?;
    let (Some(scheme), Some(key_year)) = (&filter.cost_share, filter.key_year) else {
        return Err(NoAnswer::bad(
            "Zu einem Betrag gehören Kostenteilung und Schlüsseljahr (--cost-share, --key-year).",
            "An amount needs a cost share and a key year (--cost-share, --key-year).",
        ));
    };
    Ok(Split {
        cents: amount.cents(),
        scheme: scheme.clone(),
        key_year,
        on,
        evidence: Evidence::default(),
    })
}

/// An amount by a pot's own scheme and key as they were applied in its year; what these rest on is added to
/// the evidence. Says also whether the key's numbers were checked.
///
/// # Errors
/// Why it cannot be split.
pub(super) fn of_pot(
    programme: &Programme<'_>,
    pot: &PotFact,
    cents: i64,
    evidence: &mut Evidence,
) -> Result<(Vec<Share>, bool), String> {
    let (facts, view) = (programme.facts, programme.view);
    let scheme = pot.cost_share.ok_or("the pot states no cost share")?;
    let year = pot.key_year.ok_or("the pot states no key year")?.get();
    let on = end_of_year(pot.fiscal_year.get()).unwrap_or(view.as_of);
    let scheme = scheme_of(facts, view, programme.text(scheme), on)
        .map_err(|_| "the pot's cost-sharing scheme does not hold")?;
    let key =
        key_of(facts, view, year, on).ok_or_else(|| format!("no cost key of {year} holds"))?;
    let shares = shares::split(cents, &scheme.share, &key.shares).map_err(|it| it.en)?;
    evidence.add("cost_keys", key.positions);
    evidence.add("cost_schemes", scheme.positions);
    Ok((shares, key.verified))
}

/// What is to be credited of a pot, by the pot's own scheme and key, as they were applied in its year.
fn remainder(facts: &Facts, ask: &Ask, pot: &str) -> Result<Split, NoAnswer> {
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
    let unresolved = || {
        missing(
            "am Stichtag nicht beschlossen",
            "not resolved on the reporting date",
        )
    };
    let row = funds.rows.first().ok_or_else(unresolved)?;
    let name = facts.names.find(pot);
    let fact = name.and_then(|it| facts.pots.latest(it, &ask.view));
    let fact = fact.ok_or_else(unresolved)?.row();
    let scheme = fact
        .cost_share
        .ok_or_else(|| missing("keine Kostenteilung angegeben", "no cost share stated"))?;
    let key_year = fact
        .key_year
        .ok_or_else(|| missing("kein Schlüsseljahr angegeben", "no key year stated"))?;
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
    Ok(Split {
        cents: cents.cents(),
        scheme: facts.names.text(scheme).to_owned(),
        key_year: key_year.get(),
        on: end_of_year(fact.fiscal_year.get()).unwrap_or(ask.view.as_of),
        evidence,
    })
}

/// What is left of a pot where money of other pots is in it, each by the scheme and key of its own pot; `None` where
/// all is the pot's own.
fn of_several_pots<'a>(
    facts: &'a Facts,
    ask: &'a Ask,
    pot: &str,
) -> Result<Option<Output<'a>>, NoAnswer> {
    let Some(parts) = by_origin(facts, ask, pot)? else {
        return Ok(None);
    };
    let (mut sums, mut verified) = (BTreeMap::new(), true);
    for (_, shares, of_key) in parts.of_pots {
        verified &= of_key;
        for share in shares {
            *sums.entry(share.partner).or_insert(0) += i128::from(share.cents);
        }
    }
    let evidence = parts.evidence;
    let total: i128 = sums.values().sum();
    let partner = ask.filter.partner.as_deref();
    sums.retain(|it: &Partner, _| partner.is_none_or(|partner| partner == it.word()));
    let summary = fields([
        ("total", present::amount(total)),
        ("cost_share", Value::Null),
        ("key_year", Value::Null),
        ("applied_in", Value::Null),
        ("key_verified", json!(verified)),
    ]);
    Ok(Some(Output::new(
        sums.into_iter().collect(),
        |it: &(Partner, i128)| it.0.word().to_owned(),
        move |(partner, cents)| AnswerRow {
            id: partner.word().to_owned(),
            fields: fields([
                ("partner", json!(partner.word())),
                (
                    "share_percent",
                    present::undefined("money of several pots, each by its own scheme"),
                ),
                ("amount", present::amount(*cents)),
                ("key_year", Value::Null),
                ("key_verified", json!(verified)),
            ]),
            evidence: evidence.clone(),
        },
        summary,
    )))
}

/// What is left of a pot's money, split by the pots it came from.
struct ByOrigin {
    /// The pot, its shares, and whether the key's numbers were checked.
    of_pots: Vec<(Name, Vec<Share>, bool)>,
    evidence: Evidence,
}

/// What is left of a pot, split pot by pot of those it came from; `None` where all is the pot's own.
fn by_origin(facts: &Facts, ask: &Ask, pot: &str) -> Result<Option<ByOrigin>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let Some(name) = facts.names.find(pot) else {
        return Ok(None);
    };
    let mut left: BTreeMap<Name, i128> = BTreeMap::new();
    let carried = facts.carry_overs.all(&ask.view);
    let came_here = carried.map(|it| it.row()).filter(|it| it.to_pot == name);
    let requests: BTreeSet<Name> = came_here.map(|it| it.request).collect();
    for request in requests
        .into_iter()
        .filter_map(|it| Request::new(&programme, it))
    {
        let here = request.portions().into_iter();
        for it in here.filter(|it| it.pot == name && !it.is_home) {
            let rest = it.received - it.carried - it.committed;
            *left.entry(request.fact.row().pot).or_default() += rest;
        }
    }
    left.retain(|_, cents| *cents > 0);
    if left.is_empty() {
        return Ok(None);
    }
    let whole = remainder(facts, ask, pot)?;
    let own = i128::from(whole.cents) - left.values().sum::<i128>();
    // Less than nothing where the pot bears more grants than its amount: the total is what is left all the same.
    left.insert(name, own);
    let mut evidence = whole.evidence;
    let mut of_pots = Vec::new();
    for (origin, cents) in left {
        let fact = facts.pots.latest(origin, &ask.view);
        let split = fact.map(|fact| {
            evidence.add("pots", fact.positions(&ask.view));
            let cents = i64::try_from(cents).map_err(|_| "the amount is too large".to_owned())?;
            of_pot(&programme, fact.row(), cents, &mut evidence)
        });
        let called = programme.text(origin);
        let missing = |why: &str| {
            NoAnswer::bad(
                format!(
                    "Topf „{pot}“: Das Geld aus „{called}“ kann nicht verteilt werden ({why})."
                ),
                format!("Pot `{pot}`: the money from `{called}` cannot be split ({why})."),
            )
        };
        let split = split.ok_or_else(|| missing("the pot is not resolved"))?;
        let (shares, of_key) = split.map_err(|why| missing(&why))?;
        of_pots.push((origin, shares, of_key));
    }
    Ok(Some(ByOrigin { of_pots, evidence }))
}

/// What a partner's amount is made of: the whole and the part in percent, or the part of each pot's money; and the
/// keys that were applied.
pub(super) fn terms(
    facts: &Facts,
    ask: &Ask,
    partner: Partner,
    row: &Map<String, Value>,
) -> Option<Terms> {
    let pot = ask.filter.pot.as_deref();
    let of_pots = pot.map(|pot| by_origin(facts, ask, pot)).transpose().ok()?;
    if let Some(parts) = of_pots.flatten() {
        let programme = Programme::new(facts, &ask.view);
        let (mut terms, mut keys) = (Terms::new(), Terms::new());
        for (pot, shares, verified) in &parts.of_pots {
            let Some(share) = shares.iter().find(|it| it.partner == partner) else {
                continue;
            };
            let part = present::amount(i128::from(share.cents));
            terms.push((facts.names.text(*pot).to_owned(), part));
            keys.extend(key_terms(&programme, *pot, *verified));
        }
        terms.extend(keys);
        return Some(terms);
    }
    let cents = match (pot, &ask.filter.amount) {
        (Some(pot), None) => remainder(facts, ask, pot).ok()?.cents,
        (None, Some(amount)) => Amount::parse(amount).ok()?.cents(),
        _ => return None,
    };
    let mut terms = vec![("total".to_owned(), present::amount(cents.into()))];
    for name in ["share_percent", "key_year", "key_verified"] {
        terms.push((name.to_owned(), row.get(name)?.clone()));
    }
    Some(terms)
}
