//! # Outlook
//!
//! ## What it says
//! The year of the reporting date and the two after it: what is needed, what is secured, what of it is bound,
//! and the gap between them.
//!
//! ## Formula
//! ```text
//! need      = Σ needs of the year
//! secured   = Σ budget of the year's pots, with what was carried over into them and without what went on
//! committed = Σ bound in the year's pots + commitments made for the year in pots of earlier years and not
//!             settled yet: what settles them is bound where it is paid
//! carried   = Σ carried over into the year's pots; part of secured
//! gap       = need − secured; negative where more is secured than needed
//! ```
//!
//! ## Facts
//! `needs`, `pots`, `requests`, `request_steps`, `bookings`, `carry_overs`.
//!
//! ## Beware
//! Of a pillar or measure only what was granted to it is secured: a pot as a whole belongs to none.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    money::{MONEY, Request},
    programme::Programme,
    terms::Cents,
};
use crate::{
    Ask, Facts, Filter, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{Fact, NeedFact, cents},
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "outlook",
    title: "Ausblick",
    id: "fiscal_year",
    fields: &[
        field("fiscal_year", "Haushaltsjahr", &[], &["pots", "needs"]),
        field("need", "Σ Bedarf des Jahres", &[], &["needs"]),
        field(
            "secured",
            "Σ Ansatz der Töpfe des Jahres mit Übertragenem; einer Säule oder Maßnahme: Σ bewilligt",
            &[],
            MONEY,
        ),
        field(
            "committed",
            "Σ gebunden in den Töpfen des Jahres + in Töpfen früherer Jahre für dieses gebunden und noch nicht erfüllt",
            &[],
            MONEY,
        ),
        field(
            "carried",
            "Σ in die Töpfe des Jahres übertragen; in secured enthalten",
            &[],
            &["carry_overs"],
        ),
        field(
            "gap",
            "gap = need − secured",
            &["need", "secured"],
            &["needs", "pots", "carry_overs"],
        ),
    ],
    ask,
};

/// So many years, the one of the reporting date among them.
const YEARS: u32 = 3;

struct Year {
    number: u32,
    need: i128,
    secured: i128,
    committed: i128,
    carried: i128,
    evidence: Evidence,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let narrowed = ask.filter.pillar.is_some() || ask.filter.measure.is_some();
    let first = u32::try_from(ask.view.as_of.year()).unwrap_or_default();
    let mut years: Vec<Year> = (first..first + YEARS).map(Year::new).collect();
    for need in needs(&programme, &ask.filter) {
        let row = need.row();
        if let Some(year) = years
            .iter_mut()
            .find(|it| it.number == row.fiscal_year.get())
        {
            year.need += cents(row.amount);
            year.evidence.add("needs", need.positions(&ask.view));
        }
    }
    let year_of = |pot: Name| {
        let pot = facts.pots.latest(pot, &ask.view);
        pot.map(|it| it.row().fiscal_year.get())
    };
    let passes = |it: &Request<'_>| programme.passes(it.fact.row().subject, &ask.filter);
    for request in Request::all(&programme, &Filter::default()) {
        if request.pot.is_none() {
            continue;
        }
        let passes = passes(&request);
        for part in request.portions() {
            let year = year_of(part.pot);
            let Some(year) = years.iter_mut().find(|it| Some(it.number) == year) else {
                continue;
            };
            if passes {
                year.secured += if narrowed { part.granted } else { 0 };
                year.committed += part.committed;
                year.carried += part.received;
                request.add_evidence(&ask.view, &mut year.evidence);
            }
            if !narrowed {
                year.secured += part.received - part.carried;
            }
        }
        let later = years.iter_mut().filter(|it| it.number > request.year());
        for year in later.filter(|_| passes) {
            let bound = request.fold.open_for(year.number);
            if bound != 0 {
                year.committed += bound;
                request.add_evidence(&ask.view, &mut year.evidence);
            }
        }
    }
    if !narrowed {
        for id in facts.pots.holders() {
            let Some(pot) = facts.pots.latest(id, &ask.view) else {
                continue;
            };
            let year = pot.row().fiscal_year.get();
            if let Some(year) = years.iter_mut().find(|it| it.number == year) {
                year.secured += cents(pot.row().amount);
                year.evidence.add("pots", pot.positions(&ask.view));
            }
        }
    }
    let summary = summary(&years);
    Ok(Output::sorted(
        years,
        |it| it.number.to_string(),
        Year::write,
        summary,
    ))
}

/// The needs that hold: of each subject and year the latest.
fn needs<'a>(programme: &Programme<'a>, filter: &Filter) -> Vec<Fact<'a, NeedFact>> {
    let facts = programme.facts;
    let mut all = Vec::new();
    let subjects = facts.needs.holders().into_iter();
    for subject in subjects.filter(|it| programme.passes(*it, filter)) {
        let mut latest: Vec<Fact<'a, NeedFact>> = Vec::new();
        for fact in facts.needs.of(subject, programme.view) {
            let same =
                |it: &&mut Fact<'a, NeedFact>| it.row().fiscal_year == fact.row().fiscal_year;
            match latest.iter_mut().find(same) {
                Some(it) if it.order() < fact.order() => *it = fact,
                Some(_) => {}
                None => latest.push(fact),
            }
        }
        all.extend(latest);
    }
    all
}

/// What a figure of a year is the sum of.
pub(super) fn terms(
    programme: &Programme<'_>,
    filter: &Filter,
    number: u32,
    field: &str,
) -> Option<Cents> {
    let (facts, view) = (programme.facts, programme.view);
    let narrowed = filter.pillar.is_some() || filter.measure.is_some();
    let is_of = |pot: Name| {
        let pot = facts.pots.latest(pot, view);
        pot.is_some_and(|it| it.row().fiscal_year.get() == number)
    };
    if field == "need" {
        let needs = needs(programme, filter).into_iter().map(|it| it.row());
        let of_year = needs.filter(|it| it.fiscal_year.get() == number);
        let terms = of_year.map(|it| (programme.text(it.subject).to_owned(), cents(it.amount)));
        return Some(terms.collect());
    }
    let mut terms: BTreeMap<String, i128> = BTreeMap::new();
    for request in Request::all(programme, &Filter::default()) {
        let passes = programme.passes(request.fact.row().subject, filter);
        let id = programme.text(request.fact.row().id);
        for part in request.portions().into_iter().filter(|it| is_of(it.pot)) {
            let pot = programme.text(part.pot);
            let (called, cents) = match field {
                "secured" if !narrowed => (pot.to_owned(), part.received - part.carried),
                "secured" if passes => (format!("{pot}/{id}"), part.granted),
                "committed" if passes => (format!("{pot}/{id}"), part.committed),
                "carried" if passes => (format!("{pot}/{id}"), part.received),
                "secured" | "committed" | "carried" => continue,
                _ => return None,
            };
            *terms.entry(called).or_default() += cents;
        }
        if field == "committed" && passes && request.pot.is_some() && number > request.year() {
            let bound = request.fold.open_for(number);
            *terms.entry(format!("{id}/{number}")).or_default() += bound;
        }
    }
    if field == "secured" && !narrowed {
        for id in facts.pots.holders().into_iter().filter(|it| is_of(*it)) {
            let pot = facts.pots.latest(id, view).map(|it| it.row().amount);
            *terms.entry(programme.text(id).to_owned()).or_default() += pot.map_or(0, cents);
        }
    }
    matches!(field, "secured" | "committed" | "carried")
        .then(|| terms.into_iter().filter(|it| it.1 != 0).collect())
}

fn summary(years: &[Year]) -> Map<String, Value> {
    let sum = |figure: fn(&Year) -> i128| years.iter().map(figure).sum::<i128>();
    let (need, secured) = (sum(|it| it.need), sum(|it| it.secured));
    fields([
        ("need", present::amount(need)),
        ("secured", present::amount(secured)),
        ("gap", present::amount(need - secured)),
        (
            "coverage_rate",
            present::percent(secured, need, "no need is stated"),
        ),
    ])
}

impl Year {
    fn new(number: u32) -> Self {
        Self {
            number,
            need: 0,
            secured: 0,
            committed: 0,
            carried: 0,
            evidence: Evidence::default(),
        }
    }

    fn write(&self) -> AnswerRow {
        AnswerRow {
            id: self.number.to_string(),
            fields: fields([
                ("fiscal_year", json!(self.number)),
                ("need", present::amount(self.need)),
                ("secured", present::amount(self.secured)),
                ("committed", present::amount(self.committed)),
                ("carried", present::amount(self.carried)),
                ("gap", present::amount(self.need - self.secured)),
            ]),
            evidence: self.evidence.clone(),
        }
    }
}
