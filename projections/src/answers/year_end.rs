//! # Year end
//!
//! ## What it says
//! What of a pot's year goes on and what goes back: bound money to be carried over, what was carried, what
//! lapsed, and what is credited to the partners. One row per granted request and pot; the row without a request
//! is what the pot never granted, and what is credited of the whole pot.
//!
//! ## Formula
//! ```text
//! bound_to_carry = committed − max(paid_out, spent) + carried − lapsed, at least 0: carrying over does not lower it
//! proposed       = committed − max(paid_out, spent) − lapsed, at least 0: what is still to be carried over
//! to_credit      = granted − freed − committed; of the pot's own row: budget − granted + freed
//! credits        = Σ to_credit of the pot, split by cost share and key of the pot the money came from, per
//!                  partner at most what was called of the year and not used:
//!                  called − (part of the budget − part of what is to be credited)
//! lapsed         = carried money neither paid out nor carried on by the end of the second year after its own
//! ```
//! (dossier 3.4)
//!
//! ## Facts
//! `pots`, `requests`, `request_steps`, `bookings`, `carry_overs`, `contributions`, cost keys.
//!
//! ## Beware
//! Where no contribution of a year was called that is known, the whole remainder is credited. Money that was
//! sent and has not come to the other pot is `in_transit`; the sum over the pots and it never changes. Where a key
//! was applied whose numbers were not checked against the published table, `key_verified` is false.
//!
//! The sum of `bound_to_carry` over several years has carried money twice: as carried in the pot it left, and where
//! it lies now. The sum of `proposed` has it once, and is what `funds` says less what lapsed. What lapsed still is
//! committed, so `funds` shows it as bound; it is credited once its commitment is released or the request waived.

use std::{collections::BTreeMap, sync::Arc};

use leitstand_domain::partner::Partner;
use serde_json::{Map, Value, json};

use super::{
    credits::{self, Credited, Money, Parts},
    money::{MONEY, Request, YEAR_CLOSED},
    portions::Portion,
    programme::Programme,
    terms::{self, Cents},
};
use crate::{
    Ask, Facts, Filter, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields, ground::Terms, in_order},
    facts::{Fact, PotFact, cents},
    present,
};

/// What is credited rests on the money that is left, and on who bears which part of it.
const CREDITED: &[&str] = &[
    "pots",
    "requests",
    "request_steps",
    "bookings",
    "carry_overs",
    YEAR_CLOSED,
    "cost_keys",
    "contributions",
];

pub(super) const KIND: Kind = Kind {
    name: "year-end",
    title: "Jahresabschluss",
    id: "id",
    fields: &[
        field("id", "Topf, oder Topf/Antrag", &[], MONEY),
        field("pot", "Topf", &[], &["pots"]),
        field(
            "request",
            "Antrag; leer: was der Topf nie bewilligt hat",
            &[],
            &["requests"],
        ),
        field(
            "bound_to_carry",
            "bound_to_carry = committed − max(paid_out, spent) + carried − lapsed, mindestens 0; auch wenn es schon übertragen ist",
            &["committed", "paid_out", "spent", "carried", "lapsed"],
            MONEY,
        ),
        field(
            "carried",
            "Σ durch Beschluss in andere Töpfe übertragen",
            &[],
            &["carry_overs"],
        ),
        field(
            "proposed",
            "proposed = committed − max(paid_out, spent) − lapsed, mindestens 0: was noch zu übertragen ist, jedes Geld nur dort, wo es jetzt liegt",
            &["committed", "paid_out", "spent", "lapsed"],
            MONEY,
        ),
        field(
            "lapsed",
            "lapsed = committed − max(paid_out, spent), mindestens 0, von Übertragenem nach dem Ende des zweiten Jahres nach dem Ursprungsjahr, vorher 0,00",
            &["committed", "paid_out", "spent"],
            MONEY,
        ),
        field(
            "to_credit",
            "to_credit = granted − freed − committed; in der Zeile des Topfes: budget − granted + freed",
            &["budget", "granted", "freed", "committed"],
            MONEY,
        ),
        field(
            "credits",
            "in der Zeile des Topfes: Σ je Partner der Anteile am ganzen Topf (remainder) nach der Kostenteilung des Ursprungsjahrs − was davon nicht abgerufen oder schon verwendet ist",
            &["remainder", "key_verified"],
            CREDITED,
        ),
        field(
            "key_verified",
            "in der Zeile des Topfes: ob die Zahlen jedes angewandten Schlüssels mit der Veröffentlichung verglichen sind",
            &["credits"],
            &["pots", "cost_keys"],
        ),
        field(
            "budget",
            "in der Zeile des Topfes: Σ Ansatz (amount) − in andere Töpfe Übertragenes + aus anderen Eingegangenes",
            &[],
            &["pots", "carry_overs"],
        ),
        field(
            "granted",
            "Σ bewilligt − in andere Töpfe Übertragenes + aus anderen Eingegangenes; in der Zeile des Topfes: Σ seiner Anträge",
            &[],
            MONEY,
        ),
        field(
            "freed",
            "freed = granted − committed, wo verzichtet oder widerrufen wurde, sonst 0,00; in der Zeile des Topfes: Σ seiner Anträge",
            &["granted", "committed"],
            MONEY,
        ),
        field(
            "committed",
            "Σ gebunden − in andere Töpfe Übertragenes + aus anderen Eingegangenes − dort Entbundenes",
            &[],
            MONEY,
        ),
        field(
            "paid_out",
            "Σ ausgezahlt, vom Übertragenen dort, wohin es übertragen ist",
            &[],
            MONEY,
        ),
        field(
            "spent",
            "Σ verausgabt, vom Übertragenen dort, wohin es übertragen ist",
            &[],
            MONEY,
        ),
        field(
            "remainder",
            "in der Zeile des Topfes: Σ to_credit seiner Zeilen, wie to_credit in funds",
            &[],
            MONEY,
        ),
        field(
            "uncovered",
            "in der Zeile des Topfes: Σ je Ursprungstopf, was von seinem Geld über das Vorhandene hinaus bewilligt ist; keinem Partner abgezogen, also Σ credits = remainder + uncovered, soweit abgerufen",
            &[],
            MONEY,
        ),
    ],
    ask,
};

struct Row<'a> {
    pot: Name,
    request: Option<Arc<Request<'a>>>,
    bound: i128,
    carried: i128,
    proposed: i128,
    lapsed: i128,
    to_credit: i128,
    /// Of the pot's own row.
    credited: Option<Credited>,
    fact: Fact<'a, PotFact>,
    /// What its figures are made of, as it is told with them.
    made_of: Map<String, Value>,
    /// Of the pot's own row: whose money is in it.
    parts: Vec<Arc<Request<'a>>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let (rows, in_transit) = rows(&programme, &ask.filter);
    let summary = summary(&programme, &rows, in_transit);
    Ok(Output::new(
        rows,
        |it| in_order([facts.names.text(it.pot), request_of(facts, it)]),
        move |it| write(&programme, it),
        summary,
    ))
}

/// The rows of the pots asked for, and what of their money is on its way.
fn rows<'a>(programme: &Programme<'a>, filter: &Filter) -> (Vec<Row<'a>>, i128) {
    let (facts, view) = (programme.facts, programme.view);
    let mut pots: BTreeMap<Name, Vec<(Arc<Request<'a>>, Portion)>> = BTreeMap::new();
    for request in Request::all(programme, &Filter::default()) {
        for it in request.portions() {
            pots.entry(it.pot)
                .or_default()
                .push((Arc::clone(&request), it));
        }
    }
    let wanted = |pot: Name| {
        let asked = filter.pot.as_deref();
        asked.is_none_or(|it| it == facts.names.text(pot))
    };
    let (mut rows, mut money, mut in_transit) = (Vec::new(), Vec::new(), 0);
    for id in facts.pots.holders() {
        let Some(fact) = facts.pots.latest(id, view) else {
            continue;
        };
        let parts = pots.remove(&id).unwrap_or_default();
        let of_pot = of_pot(programme, fact, &parts);
        money.push(of_pot.money(fact, &parts));
        if wanted(id) {
            in_transit += parts.iter().map(|it| it.1.in_transit).sum::<i128>();
            rows.extend(of_pot.rows);
        }
    }
    let mut credited = credits::of(programme, &money);
    for row in rows.iter_mut().filter(|it| it.request.is_none()) {
        row.credited = credited.remove(&row.pot);
    }
    (rows, in_transit)
}

/// What is credited of a pot.
fn credited_of(programme: &Programme<'_>, pot: Name) -> Option<Credited> {
    let filter = Filter {
        pot: Some(programme.text(pot).to_owned()),
        ..Filter::default()
    };
    let (rows, _) = rows(programme, &filter);
    rows.into_iter().find_map(|it| it.credited)
}

/// What a partner is credited of a pot: its part of the money of each pot that is left there, less what of that was
/// not called or is used.
pub(super) fn credit_of(programme: &Programme<'_>, pot: Name, partner: Partner) -> Option<Terms> {
    let credited = credited_of(programme, pot)?;
    let (mut sums, mut keys) = (Vec::new(), Vec::new());
    for it in &credited.of_pots {
        let of = |parts: &Parts| parts.get(&partner).copied().unwrap_or_default();
        let (part, taken) = (of(&it.parts), of(&it.taken));
        let pot = programme.text(it.pot);
        sums.push((pot.to_owned(), part));
        sums.push((format!("{pot}/not_called"), taken - part));
        keys.extend(terms::key_of(programme, it.pot, it.key_verified));
    }
    sums.retain(|it| it.1 != 0);
    let mut terms = terms::written(sums);
    terms.extend(keys);
    Some(terms)
}

/// What of a pot's money was granted beyond what was there, by the pot it came from.
pub(super) fn uncovered_of(programme: &Programme<'_>, pot: Name) -> Option<Cents> {
    let credited = credited_of(programme, pot)?;
    let terms = credited.uncovered.iter();
    let terms = terms.map(|(pot, cents)| (programme.text(*pot).to_owned(), *cents));
    Some(terms.collect())
}

fn request_of<'a>(facts: &'a Facts, row: &Row<'_>) -> &'a str {
    let request = row.request.as_ref();
    request.map_or("", |it| facts.names.text(it.fact.row().id))
}

/// A pot's rows and what of its money is whose.
struct OfPot<'a> {
    rows: Vec<Row<'a>>,
    /// The pot's amount as resolved.
    budget: i128,
}

fn of_pot<'a>(
    programme: &Programme<'a>,
    fact: Fact<'a, PotFact>,
    parts: &[(Arc<Request<'a>>, Portion)],
) -> OfPot<'a> {
    let pot = fact.row().id;
    let as_of = programme.view.as_of.year();
    let granted = parts.iter().filter(|it| it.0.fold.granted != 0);
    let mut rows: Vec<Row<'a>> = granted
        .map(|(request, it)| {
            let rest = it.bound_to_carry();
            let last = i64::from(request.year()) + 2;
            let is_over = !it.is_home && i64::from(as_of) > last;
            let lapsed = if is_over { rest.max(0) } else { 0 };
            Row {
                pot,
                request: Some(Arc::clone(request)),
                bound: (rest - lapsed + it.carried).max(0),
                carried: it.carried,
                proposed: rest.max(0) - lapsed,
                lapsed,
                to_credit: it.unbound(),
                credited: None,
                fact,
                made_of: fields([
                    ("budget", Value::Null),
                    ("granted", present::amount(it.granted)),
                    ("freed", present::amount(it.freed)),
                    ("committed", present::amount(it.committed)),
                    ("paid_out", present::amount(it.paid_out)),
                    ("spent", present::amount(it.spent)),
                    ("remainder", Value::Null),
                ]),
                parts: Vec::new(),
            }
        })
        .collect();
    let sum = |figure: fn(&Portion) -> i128| parts.iter().map(|it| figure(&it.1)).sum::<i128>();
    let budget = cents(fact.row().amount);
    let here = budget + sum(|it| it.received - it.carried);
    let free = here - sum(|it| it.granted) + sum(|it| it.freed);
    rows.push(Row {
        pot,
        request: None,
        bound: 0,
        carried: 0,
        proposed: 0,
        lapsed: 0,
        to_credit: free,
        credited: None,
        fact,
        made_of: fields([
            ("budget", present::amount(here)),
            ("granted", present::amount(sum(|it| it.granted))),
            ("freed", present::amount(sum(|it| it.freed))),
            ("committed", Value::Null),
            ("paid_out", Value::Null),
            ("spent", Value::Null),
            ("remainder", present::amount(free + sum(Portion::unbound))),
        ]),
        parts: parts.iter().map(|it| Arc::clone(&it.0)).collect(),
    });
    OfPot { rows, budget }
}

impl<'a> OfPot<'a> {
    /// What is to be credited, by the pot it came from.
    fn money(&self, fact: Fact<'a, PotFact>, parts: &[(Arc<Request<'a>>, Portion)]) -> Money<'a> {
        // What came is of the pot it was granted from, bound, unbound or freed: it never is the pot's own.
        let mut by_origin = BTreeMap::from([(fact.row().id, self.budget)]);
        for (request, it) in parts {
            let left = it.received - it.carried - it.committed;
            *by_origin.entry(request.fact.row().pot).or_default() += left;
        }
        Money {
            fact,
            budget: self.budget,
            by_origin,
        }
    }
}

fn summary(programme: &Programme<'_>, rows: &[Row<'_>], in_transit: i128) -> Map<String, Value> {
    let sum = |figure: fn(&Row<'_>) -> i128| present::amount(rows.iter().map(figure).sum());
    let credited = || rows.iter().filter_map(|it| it.credited.as_ref());
    let years = rows.iter().map(|it| it.fact.row().fiscal_year.get());
    fields([
        ("bound_to_carry", sum(|it| it.bound)),
        ("carried", sum(|it| it.carried)),
        ("proposed", sum(|it| it.proposed)),
        ("lapsed", sum(|it| it.lapsed)),
        ("to_credit", sum(|it| it.to_credit)),
        ("in_transit", present::amount(in_transit)),
        (
            "uncovered",
            present::amount(credited().map(Credited::uncovered).sum()),
        ),
        ("credits", credits::summed(credited())),
        ("key_verified", credits::all_verified(credited())),
        (
            "contributions",
            credits::contributions(programme, &years.collect()),
        ),
    ])
}

fn write(programme: &Programme<'_>, it: &Row<'_>) -> AnswerRow {
    let (facts, view) = (programme.facts, programme.view);
    let pot = programme.text(it.pot);
    let request = it.request.as_ref().map(|_| request_of(facts, it));
    let id = request.map_or_else(|| pot.to_owned(), |request| format!("{pot}/{request}"));
    let mut evidence = Evidence::default();
    evidence.add("pots", it.fact.positions(view));
    for request in it.request.iter().chain(&it.parts) {
        request.add_evidence(view, &mut evidence);
    }
    let credited = it.credited.as_ref();
    let [credits, verified] = credited.map_or([Value::Null, Value::Null], |credited| {
        evidence.extend(&credited.evidence);
        [credited.to_json(), credited.verified_json()]
    });
    let mut row = AnswerRow {
        fields: fields([
            ("id", json!(id)),
            ("pot", json!(pot)),
            ("request", json!(request)),
            ("bound_to_carry", present::amount(it.bound)),
            ("carried", present::amount(it.carried)),
            ("proposed", present::amount(it.proposed)),
            ("lapsed", present::amount(it.lapsed)),
            ("to_credit", present::amount(it.to_credit)),
            ("credits", credits),
            ("key_verified", verified),
        ]),
        id,
        evidence,
    };
    row.fields.extend(it.made_of.clone());
    let uncovered = credited.map(|it| present::amount(it.uncovered()));
    row.fields.insert("uncovered".to_owned(), json!(uncovered));
    row
}
