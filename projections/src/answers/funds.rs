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
//! ## Facts
//! `pots`, `requests`, `request_steps`, `bookings`.
//!
//! ## Beware
//! Rates of the summary are computed from the sums. The closing of a year comes with the finance issue; until
//! then every pot is open.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{money::Request, programme::Programme};
use crate::{
    Ask, Facts, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{Fact, PotFact},
    frame, present,
};

const MONEY: &[&str] = &["pots", "requests", "request_steps", "bookings"];

pub(super) const KIND: Kind = Kind {
    name: "funds",
    title: "Mittel je Topf",
    id: "pot",
    fields: &[
        field("pot", "Kennung des Topfes", &[], &["pots"]),
        field("fiscal_year", "Haushaltsjahr", &[], &["pots"]),
        field("budget", "Ansatz, der am Stichtag gilt", &[], &["pots"]),
        field("requested", "Σ beantragt", &[], &["requests"]),
        field(
            "granted",
            "Σ bewilligt",
            &[],
            &["request_steps.resolved", "request_steps.granted"],
        ),
        field(
            "freed",
            "Σ (granted − committed) der Anträge mit Verzicht oder Widerruf",
            &[],
            &["request_steps", "bookings.commitment", "bookings.expense"],
        ),
        field(
            "free",
            "free = budget − granted + freed",
            &["budget", "granted", "freed"],
            MONEY,
        ),
        field("blocked", "Σ gesperrt", &[], &["request_steps.blocked"]),
        field("allocated", "Σ zugewiesen", &[], &["bookings.allocation"]),
        field("called", "Σ abgerufen", &[], &["bookings.call"]),
        field(
            "committed",
            "Σ gebunden: Bindungen − Entbindungen + Ausgaben, die keine Bindung erfüllen",
            &[],
            &["bookings.commitment", "bookings.expense"],
        ),
        field(
            "spent",
            "Σ verausgabt",
            &[],
            &["bookings.expense", "bookings.refund"],
        ),
        field(
            "paid_out",
            "Σ ausgezahlt: Abrufe (call) oder Ausgaben (direct)",
            &["called", "spent"],
            &["bookings.call", "bookings.expense"],
        ),
        field(
            "with_recipients",
            "with_recipients = paid_out − spent",
            &["paid_out", "spent"],
            &["bookings.call", "bookings.expense", "bookings.refund"],
        ),
        field(
            "bound_rest",
            "bound_rest = committed − spent",
            &["committed", "spent"],
            &["bookings.commitment", "bookings.expense", "bookings.refund"],
        ),
        field(
            "bound_to_carry",
            "bound_to_carry = Σ je Antrag (committed − max(paid_out, spent))",
            &["committed", "paid_out", "spent"],
            &[
                "bookings.commitment",
                "bookings.call",
                "bookings.expense",
                "bookings.refund",
            ],
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
            "open, solange das Haushaltsjahr nicht abgeschlossen ist",
            &[],
            &["pots"],
        ),
    ],
    ask,
};

/// The figures that are summed, in the contract's order.
const SUMMED: [&str; 10] = [
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
];

/// A pot's sums in cents.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Narrowed to some requests of the pot: then the pot's own figures say nothing about them.
    narrowed: bool,
    budget: i128,
    requested: i128,
    granted: i128,
    freed: i128,
    blocked: i128,
    allocated: i128,
    called: i128,
    committed: i128,
    spent: i128,
    paid_out: i128,
    bound_to_carry: i128,
}

struct Pot<'a> {
    fact: Fact<'a, PotFact>,
    requests: Vec<Request<'a>>,
    sums: Sums,
}

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let view = &ask.view;
    let programme = Programme::new(facts, view);
    let mut by_pot: BTreeMap<Name, Vec<Request<'a>>> = BTreeMap::new();
    for request in Request::all(&programme, &ask.filter) {
        if let Some(pot) = request.pot {
            by_pot.entry(pot.row().id).or_default().push(request);
        }
    }
    let narrowed = ask.filter.pillar.is_some() || ask.filter.measure.is_some();
    let mut rows = Vec::new();
    for id in facts.pots.holders() {
        let Some(pot) = facts.pots.latest(id, view) else {
            continue;
        };
        let requests = by_pot.remove(&id).unwrap_or_default();
        let wanted = ask
            .filter
            .pot
            .as_deref()
            .is_none_or(|it| it == facts.names.text(id));
        if wanted && !(narrowed && requests.is_empty()) {
            rows.push(Pot {
                fact: pot,
                requests,
                sums: Sums::default(),
            });
        }
    }
    let summary = sum_up(&programme, &mut rows, narrowed)?;
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.fact.row().id).to_owned(),
        move |it| write(&programme, it),
        summary,
    ))
}

/// Sums every pot and the whole, in polars.
fn sum_up(
    programme: &Programme<'_>,
    rows: &mut [Pot<'_>],
    narrowed: bool,
) -> Result<Map<String, Value>, NoAnswer> {
    let all: Vec<(&str, &Request<'_>)> = rows
        .iter()
        .flat_map(|pot| {
            pot.requests
                .iter()
                .map(|it| (programme.text(pot.fact.row().id), it))
        })
        .collect();
    let columns = SUMMED.map(|name| {
        (
            name,
            all.iter()
                .map(|(_, it)| figure(name, it))
                .collect::<Vec<_>>(),
        )
    });
    let by_pot = frame::sums(
        all.iter().map(|(pot, _)| (*pot).to_owned()).collect(),
        &columns,
    )?;
    let by_pillar = frame::sums(
        all.iter().map(|(_, it)| it.pillar.to_owned()).collect(),
        &columns,
    )?;
    let mut total = Sums::default();
    for row in rows.iter_mut() {
        let budget = i128::from(row.fact.row().amount.cents());
        row.sums = Sums::of(
            narrowed,
            budget,
            by_pot.get(programme.text(row.fact.row().id)),
        );
        total = total.plus(&row.sums);
    }
    let mut summary = total.fields();
    let pillars: Map<String, Value> = by_pillar
        .into_iter()
        .map(|(pillar, sums)| {
            let amounts = ["requested", "granted", "committed", "spent"]
                .map(|it| (it, present::amount(sums[it])));
            (pillar, Value::Object(fields(amounts)))
        })
        .collect();
    summary.insert("by_pillar".to_owned(), Value::Object(pillars));
    Ok(summary)
}

fn figure(name: &str, it: &Request<'_>) -> i128 {
    match name {
        "requested" => it.fold.requested,
        "granted" => it.fold.granted,
        "freed" => it.freed(),
        "blocked" => it.fold.blocked,
        "allocated" => it.fold.allocated,
        "called" => it.fold.called,
        "committed" => it.committed(),
        "spent" => it.fold.spent(),
        "paid_out" => it.paid_out(),
        _ => it.committed() - it.paid_out().max(it.fold.spent()),
    }
}

impl Sums {
    fn of(narrowed: bool, budget: i128, sums: Option<&BTreeMap<&'static str, i128>>) -> Self {
        let of = |name: &str| {
            sums.and_then(|it| it.get(name))
                .copied()
                .unwrap_or_default()
        };
        Self {
            narrowed,
            budget,
            requested: of("requested"),
            granted: of("granted"),
            freed: of("freed"),
            blocked: of("blocked"),
            allocated: of("allocated"),
            called: of("called"),
            committed: of("committed"),
            spent: of("spent"),
            paid_out: of("paid_out"),
            bound_to_carry: of("bound_to_carry"),
        }
    }

    fn plus(self, other: &Self) -> Self {
        Self {
            narrowed: self.narrowed || other.narrowed,
            budget: self.budget + other.budget,
            requested: self.requested + other.requested,
            granted: self.granted + other.granted,
            freed: self.freed + other.freed,
            blocked: self.blocked + other.blocked,
            allocated: self.allocated + other.allocated,
            called: self.called + other.called,
            committed: self.committed + other.committed,
            spent: self.spent + other.spent,
            paid_out: self.paid_out + other.paid_out,
            bound_to_carry: self.bound_to_carry + other.bound_to_carry,
        }
    }

    /// Every figure from `budget` to `commitment_rate`.
    fn fields(&self) -> Map<String, Value> {
        let free = self.budget - self.granted + self.freed;
        let unbound = self.granted - self.freed - self.committed;
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
            ("requested", present::amount(self.requested)),
            ("granted", present::amount(self.granted)),
            ("freed", present::amount(self.freed)),
            ("free", of_the_pot(present::amount(free))),
            ("blocked", present::amount(self.blocked)),
            ("allocated", present::amount(self.allocated)),
            ("called", present::amount(self.called)),
            ("committed", present::amount(self.committed)),
            ("spent", present::amount(self.spent)),
            ("paid_out", present::amount(self.paid_out)),
            (
                "with_recipients",
                present::amount(self.paid_out - self.spent),
            ),
            ("bound_rest", present::amount(self.committed - self.spent)),
            ("bound_to_carry", present::amount(self.bound_to_carry)),
            ("unbound_rest", present::amount(unbound)),
            ("to_credit", of_the_pot(present::amount(unbound + free))),
            (
                "outflow_rate",
                present::percent(self.spent, self.granted, nothing),
            ),
            (
                "outflow_rate_budget",
                of_the_pot(present::percent(
                    self.spent,
                    self.budget,
                    "the budget is 0.00",
                )),
            ),
            (
                "commitment_rate",
                present::percent(self.committed, self.granted, nothing),
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
    all.insert("closing".to_owned(), json!("open"));
    let acts = it.requests.iter().map(Request::acts).sum::<usize>();
    let mut evidence = Evidence::with_room(1 + acts);
    evidence.add("pots", it.fact.positions(programme.view));
    for request in &it.requests {
        request.add_evidence(programme.view, &mut evidence);
    }
    AnswerRow {
        id: programme.text(row.id).to_owned(),
        fields: all,
        evidence,
    }
}
