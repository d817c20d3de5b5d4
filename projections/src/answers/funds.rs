//! # Funds
//!
//! ## What it says
//! Each pot's money in its fiscal year: how much there is, how much is asked, granted, bound, spent, and
//! what is left of which kind.
//!
//! ## Formula
//! ```text
//! free           = budget − granted + freed
//! bound_rest     = committed − spent
//! bound_to_carry = committed − max(paid_out, spent), request by request
//! unbound_rest   = granted − freed − committed
//! to_credit      = unbound_rest + free
//! outflow_rate   = spent / granted,  commitment_rate = committed / granted
//! ```
//! (`contract/answers.md`, Money)
//!
//! A carry-over takes its amount out of budget, granted and committed of its pot, and once it is received adds
//! it to those of the other; what is paid of it afterwards counts there.
//!
//! ## Facts
//! `pots`, `requests`, `request_steps`, `bookings`, `carry_overs`, `commitment_authorities`, `outflow_plans`,
//! closings.
//!
//! ## Beware
//! What is freed of money that came from another pot is in `free` and is credited by the scheme of the year it came
//! from; it cannot be granted anew (ADR 0021). Money that lapsed is bound still, `year-end` tells of it apart.
//!
//! Rates of the summary are computed from the sums. What is refunded after a pot's year is closed is `repaid`
//! and no longer lowers `spent`.

use std::{collections::BTreeMap, sync::Arc};

use leitstand_domain::pot::Closing;
use serde_json::{Map, Value, json};

use super::{
    money::{MONEY, Request, YEAR_CLOSED},
    portions::Portion,
    programme::Programme,
    stated,
};
use crate::{
    Ask, Facts, Filter, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{Fact, PotFact},
    frame, present,
};

/// What the figures rest on; each changes with what is carried over.
const COMMITTED: &[&str] = &["bookings.commitment", "bookings.expense", "carry_overs"];
const SPENT: &[&str] = &[
    "bookings.expense",
    "bookings.refund",
    "carry_overs",
    YEAR_CLOSED,
];
const PAID_OUT: &[&str] = &["pots", "bookings.call", "bookings.expense", "carry_overs"];
const REST: &[&str] = &["pots", "bookings", "carry_overs", YEAR_CLOSED];

pub(super) const KIND: Kind = Kind {
    name: "funds",
    title: "Mittel je Topf",
    id: "pot",
    fields: &[
        field("pot", "Kennung des Topfes", &[], &["pots"]),
        field("fiscal_year", "Haushaltsjahr", &[], &["pots"]),
        field(
            "budget",
            "Σ Ansatz, der am Stichtag gilt (amount), − in andere Töpfe Übertragenes + aus anderen Eingegangenes",
            &[],
            &["pots", "carry_overs"],
        ),
        field("requested", "Σ beantragt", &[], &["requests"]),
        field(
            "granted",
            "Σ bewilligt der Anträge des Topfes − carried_out + carried_in",
            &[],
            &[
                "request_steps.resolved",
                "request_steps.granted",
                "carry_overs",
            ],
        ),
        field(
            "freed",
            "Σ (granted − committed) der Anträge mit Verzicht oder Widerruf",
            &[],
            &[
                "request_steps",
                "bookings.commitment",
                "bookings.expense",
                "carry_overs",
            ],
        ),
        field(
            "free",
            "free = budget − granted + freed; was von Übertragenem frei wird, wird den Partnern nach der Kostenteilung des Ursprungsjahrs angerechnet und nicht neu bewilligt",
            &["budget", "granted", "freed"],
            MONEY,
        ),
        field("blocked", "Σ gesperrt", &[], &["request_steps.blocked"]),
        field(
            "allocated",
            "Σ zugewiesen; mit Übertragenem geht, was zugewiesen und nicht ausgezahlt war",
            &[],
            &["bookings.allocation", "carry_overs"],
        ),
        field(
            "called",
            "Σ abgerufen; nach der Übertragung zuerst vom Übertragenen",
            &[],
            &["bookings.call", "carry_overs"],
        ),
        field(
            "committed",
            "Σ gebunden (Bindungen − Entbindungen + Ausgaben, die keine Bindung erfüllen) der Anträge des Topfes − carried_out + carried_in; danach Entbundenes dort, wo das Geld liegt",
            &[],
            COMMITTED,
        ),
        field(
            "spent",
            "Σ Ausgaben − Σ Rückflüsse, solange das Haushaltsjahr offen ist; nach der Übertragung zuerst vom Übertragenen",
            &[],
            SPENT,
        ),
        field(
            "paid_out",
            "Σ ausgezahlt: Abrufe (call) oder Ausgaben (direct) der Anträge",
            &[],
            PAID_OUT,
        ),
        field(
            "with_recipients",
            "with_recipients = paid_out − spent",
            &["paid_out", "spent"],
            REST,
        ),
        field(
            "bound_rest",
            "bound_rest = committed − spent",
            &["committed", "spent"],
            REST,
        ),
        field(
            "bound_to_carry",
            "bound_to_carry = Σ je Antrag (committed − max(paid_out, spent)); was davon verfallen ist, sagt year-end",
            &[],
            REST,
        ),
        field(
            "unbound_rest",
            "unbound_rest = granted − freed − committed",
            &["granted", "freed", "committed"],
            MONEY,
        ),
        field(
            "to_credit",
            "to_credit = unbound_rest + free",
            &["unbound_rest", "free"],
            MONEY,
        ),
        field(
            "outflow_rate",
            "outflow_rate = spent / granted, in Prozent",
            &["spent", "granted"],
            MONEY,
        ),
        field(
            "outflow_rate_budget",
            "outflow_rate_budget = spent / budget, in Prozent",
            &["spent", "budget"],
            MONEY,
        ),
        field(
            "commitment_rate",
            "commitment_rate = committed / granted, in Prozent",
            &["committed", "granted"],
            MONEY,
        ),
        field(
            "closing",
            "open, provisional (vorläufig abgegrenzt) oder final (festgestellt)",
            &[],
            &["pots", "closings"],
        ),
        field(
            "repaid",
            "Σ Rückflüsse, nachdem das Haushaltsjahr geschlossen war",
            &[],
            &["bookings.refund", "carry_overs", YEAR_CLOSED],
        ),
        field(
            "carried_out",
            "Σ in andere Töpfe übertragen",
            &[],
            &["carry_overs"],
        ),
        field(
            "carried_in",
            "Σ aus anderen Töpfen eingegangen",
            &[],
            &["carry_overs"],
        ),
        field(
            "commitment_authority",
            "Σ Verpflichtungsermächtigungen des Topfes für spätere Jahre",
            &[],
            &["commitment_authorities"],
        ),
        field(
            "planned_outflow",
            "was nach dem letzten Abflussplan bis zum Stichtag abgeflossen sein soll",
            &[],
            &["outflow_plans"],
        ),
    ],
    ask,
};

/// The figures that are summed, in the contract's order.
const SUMMED: [&str; 13] = [
    "requested",
    "granted",
    "freed",
    "blocked",
    "allocated",
    "called",
    "committed",
    "spent",
    "paid_out",
    "bound_to_carry",
    "repaid",
    "carried_out",
    "carried_in",
];

/// As in [`SUMMED`], in cents.
type Figures = [i128; SUMMED.len()];

/// A pot's sums in cents.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Narrowed to some requests of the pot: then the pot's own figures say nothing about them.
    narrowed: bool,
    budget: i128,
    figures: Figures,
}

/// A request's money in a pot.
type Part<'a> = (Arc<Request<'a>>, Portion);

struct Pot<'a> {
    fact: Fact<'a, PotFact>,
    parts: Vec<Part<'a>>,
    /// What came from other pots less what went to others, of all requests.
    moved: i128,
    sums: Sums,
}

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let view = &ask.view;
    let programme = Programme::new(facts, view);
    let narrowed = ask.filter.pillar.is_some() || ask.filter.measure.is_some();
    let (mut by_pot, mut moved) = (BTreeMap::new(), BTreeMap::new());
    for request in Request::all(&programme, &Filter::default()) {
        if request.pot.is_none() {
            continue;
        }
        let passes = programme.passes(request.fact.row().subject, &ask.filter);
        for it in request.portions() {
            *moved.entry(it.pot).or_insert(0) += it.received - it.carried;
            if passes {
                let parts: &mut Vec<Part<'a>> = by_pot.entry(it.pot).or_default();
                parts.push((Arc::clone(&request), it));
            }
        }
    }
    let mut rows = Vec::new();
    for id in facts.pots.holders() {
        let Some(pot) = facts.pots.latest(id, view) else {
            continue;
        };
        let parts = by_pot.remove(&id).unwrap_or_default();
        let wanted = ask
            .filter
            .pot
            .as_deref()
            .is_none_or(|it| it == facts.names.text(id));
        if wanted && !(narrowed && parts.is_empty()) {
            rows.push(Pot {
                fact: pot,
                parts,
                moved: moved.get(&id).copied().unwrap_or_default(),
                sums: Sums::default(),
            });
        }
    }
    let summary = sum_up(&mut rows, narrowed)?;
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.fact.row().id).to_owned(),
        move |it| write(&programme, it),
        summary,
    ))
}

/// Sums every pot and the whole, in polars.
fn sum_up(rows: &mut [Pot<'_>], narrowed: bool) -> Result<Map<String, Value>, NoAnswer> {
    let all: Vec<(Name, &Part<'_>)> = rows
        .iter()
        .flat_map(|pot| pot.parts.iter().map(|it| (pot.fact.row().id, it)))
        .collect();
    let mut columns: [Vec<i128>; SUMMED.len()] = Default::default();
    for (_, (_, portion)) in &all {
        for (column, figure) in columns.iter_mut().zip(figures(portion)) {
            column.push(figure);
        }
    }
    let cells = all.iter().map(|(pot, it)| (*pot, it.0.pillar));
    let mut by_pot: BTreeMap<Name, Figures> = BTreeMap::new();
    let mut by_pillar: BTreeMap<String, Figures> = BTreeMap::new();
    for ((pot, pillar), sums) in frame::sums(cells, &columns)? {
        add(by_pot.entry(pot).or_default(), &sums);
        add(by_pillar.entry(pillar.to_owned()).or_default(), &sums);
    }
    let mut total = Sums::default();
    for row in rows.iter_mut() {
        let budget = i128::from(row.fact.row().amount.cents()) + row.moved;
        let figures = by_pot.get(&row.fact.row().id).copied();
        row.sums = Sums {
            narrowed,
            budget,
            figures: figures.unwrap_or_default(),
        };
        total = total.plus(&row.sums);
    }
    let mut summary = total.fields();
    summary.extend(total.moved());
    let pillars: Map<String, Value> = by_pillar
        .into_iter()
        .map(|(pillar, figures)| {
            let amounts = ["requested", "granted", "committed", "spent"]
                .map(|it| (it, present::amount(named(&figures, it))));
            (pillar, Value::Object(fields(amounts)))
        })
        .collect();
    summary.insert("by_pillar".to_owned(), Value::Object(pillars));
    Ok(summary)
}

/// What of a portion is summed, as in [`SUMMED`].
fn figures(it: &Portion) -> Figures {
    [
        it.requested,
        it.granted,
        it.freed,
        it.blocked,
        it.allocated,
        it.called,
        it.committed,
        it.spent,
        it.paid_out,
        it.bound_to_carry(),
        it.repaid,
        it.carried,
        it.received,
    ]
}

fn add(sums: &mut Figures, others: &Figures) {
    for (sum, it) in sums.iter_mut().zip(others) {
        *sum += it;
    }
}

/// One of the figures that are summed.
fn named(figures: &Figures, name: &str) -> i128 {
    let at = SUMMED.iter().position(|it| *it == name);
    at.map_or(0, |at| figures[at])
}

impl Sums {
    fn plus(self, other: &Self) -> Self {
        let mut figures = self.figures;
        add(&mut figures, &other.figures);
        Self {
            narrowed: self.narrowed || other.narrowed,
            budget: self.budget + other.budget,
            figures,
        }
    }

    fn get(&self, name: &str) -> i128 {
        named(&self.figures, name)
    }

    /// What was repaid, and what moved between pots.
    fn moved(&self) -> Map<String, Value> {
        fields(
            ["repaid", "carried_out", "carried_in"].map(|it| (it, present::amount(self.get(it)))),
        )
    }

    /// Every figure from `budget` to `commitment_rate`.
    fn fields(&self) -> Map<String, Value> {
        let [granted, freed, committed, spent, paid_out] =
            ["granted", "freed", "committed", "spent", "paid_out"].map(|it| self.get(it));
        let free = self.budget - granted + freed;
        let unbound = granted - freed - committed;
        let nothing = "nothing granted";
        let of_the_pot = |value: Value| {
            if self.narrowed {
                present::undefined("only for the whole pot")
            } else {
                value
            }
        };
        fields([
            ("budget", present::amount(self.budget)),
            ("requested", present::amount(self.get("requested"))),
            ("granted", present::amount(granted)),
            ("freed", present::amount(freed)),
            ("free", of_the_pot(present::amount(free))),
            ("blocked", present::amount(self.get("blocked"))),
            ("allocated", present::amount(self.get("allocated"))),
            ("called", present::amount(self.get("called"))),
            ("committed", present::amount(committed)),
            ("spent", present::amount(spent)),
            ("paid_out", present::amount(paid_out)),
            ("with_recipients", present::amount(paid_out - spent)),
            ("bound_rest", present::amount(committed - spent)),
            (
                "bound_to_carry",
                present::amount(self.get("bound_to_carry")),
            ),
            ("unbound_rest", present::amount(unbound)),
            ("to_credit", of_the_pot(present::amount(unbound + free))),
            ("outflow_rate", present::percent(spent, granted, nothing)),
            (
                "outflow_rate_budget",
                of_the_pot(present::percent(spent, self.budget, "the budget is 0.00")),
            ),
            (
                "commitment_rate",
                present::percent(committed, granted, nothing),
            ),
        ])
    }
}

fn write(programme: &Programme<'_>, it: &Pot<'_>) -> AnswerRow {
    let row = it.fact.row();
    let mut all = fields([
        ("pot", json!(programme.text(row.id))),
        ("fiscal_year", json!(row.fiscal_year)),
    ]);
    all.extend(it.sums.fields());
    let (facts, view) = (programme.facts, programme.view);
    let closings = facts.closings_of(row.id, view);
    let closing = closings.iter().map(|it| it.closing).max();
    let closing = closing.unwrap_or(Closing::Open);
    all.insert("closing".to_owned(), json!(closing));
    all.extend(it.sums.moved());
    let acts = it.parts.iter().map(|it| it.0.acts()).sum::<usize>();
    let mut evidence = Evidence::with_room(1 + acts);
    evidence.add("pots", it.fact.positions(view));
    evidence.add("closings", closings.iter().map(|it| it.position));
    all.extend(fields([
        (
            "commitment_authority",
            stated::authority(programme, row.id, &mut evidence),
        ),
        (
            "planned_outflow",
            stated::outflow(programme, row.id, &mut evidence),
        ),
    ]));
    for (request, _) in &it.parts {
        request.add_evidence(view, &mut evidence);
    }
    AnswerRow {
        id: programme.text(row.id).to_owned(),
        fields: all,
        evidence,
    }
}
