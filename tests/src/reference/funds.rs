//! `funds`: the pots, and what became of their money.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::World;
use super::money::pot;
use super::numbers::{amount, rate, undefined};
use super::portions::{Portion, portions};
use super::versions::Fact;

/// The sums of a pot, or of all.
#[derive(Clone, Copy, Default)]
struct Sums {
    budget: i64,
    requested: i64,
    granted: i64,
    freed: i64,
    blocked: i64,
    allocated: i64,
    called: i64,
    committed: i64,
    spent: i64,
    paid_out: i64,
    bound_to_carry: i64,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.budget += other.budget;
        self.requested += other.requested;
        self.granted += other.granted;
        self.freed += other.freed;
        self.blocked += other.blocked;
        self.allocated += other.allocated;
        self.called += other.called;
        self.committed += other.committed;
        self.spent += other.spent;
        self.paid_out += other.paid_out;
        self.bound_to_carry += other.bound_to_carry;
    }

    /// The money fields of a row or of the summary.
    fn fields(&self) -> Value {
        // "free = budget − granted + freed", "unbound_rest = granted − freed − committed",
        // "to_credit = unbound_rest + free".
        let free = self.budget - self.granted + self.freed;
        let unbound = self.granted - self.freed - self.committed;
        json!({
            "budget": amount(self.budget),
            "requested": amount(self.requested),
            "granted": amount(self.granted),
            "freed": amount(self.freed),
            "free": amount(free),
            "blocked": amount(self.blocked),
            "allocated": amount(self.allocated),
            "called": amount(self.called),
            "committed": amount(self.committed),
            "spent": amount(self.spent),
            "paid_out": amount(self.paid_out),
            "with_recipients": amount(self.paid_out - self.spent),
            "bound_rest": amount(self.committed - self.spent),
            "bound_to_carry": amount(self.bound_to_carry),
            "unbound_rest": amount(unbound),
            "to_credit": amount(unbound + free),
            "outflow_rate": rate(self.spent, self.granted),
            "outflow_rate_budget": rate(self.spent, self.budget),
            "commitment_rate": rate(self.committed, self.granted),
        })
    }
}

/// One row per pot at V, sorted by pot; the same fields summed; by pillar of the requests.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut rows = Vec::new();
    let mut total = Sums::default();
    let mut pillars: BTreeMap<String, Sums> = BTreeMap::new();
    let mut every_pillar_known = true;
    // What is of a request whose own pot is not there is nowhere.
    let all: Vec<(&Fact, Portion)> = world
        .all("requests")
        .into_iter()
        .filter(|request| pot(world, request).is_some())
        .flat_map(|request| {
            portions(world, request)
                .into_iter()
                .map(move |it| (request, it))
        })
        .collect();
    for pot in world.states("pots", "id") {
        let mut sums = Sums {
            budget: pot.amount("amount").unwrap_or(0),
            ..Sums::default()
        };
        let of_pot = |it: &&(&Fact, Portion)| it.1.pot == pot.text("id");
        for (request, portion) in all.iter().filter(of_pot) {
            let own = of_portion(portion);
            sums.add(&own);
            sums.budget += portion.received - portion.sent;
            match world.pillar(request.text("subject")) {
                Some(pillar) => pillars.entry(pillar).or_default().add(&own),
                None => every_pillar_known = false,
            }
        }
        total.add(&sums);
        let mut row = sums.fields();
        row["pot"] = json!(pot.text("id"));
        row["fiscal_year"] = json!(pot.whole("fiscal_year"));
        // No table of this reference closes a year.
        row["closing"] = json!("open");
        row["commitment_authority"] = authority(world, pot.text("id"));
        row["planned_outflow"] = outflow(world, pot.text("id"));
        rows.push(row);
    }
    let mut summary = total.fields();
    if every_pillar_known {
        summary["by_pillar"] = pillars
            .into_iter()
            .map(|(pillar, sums)| (pillar, by_pillar(&sums)))
            .collect::<serde_json::Map<String, Value>>()
            .into();
    }
    (Value::Array(rows), summary)
}

/// "by_pillar {requested, granted, committed, spent}".
fn by_pillar(sums: &Sums) -> Value {
    json!({
        "requested": amount(sums.requested),
        "granted": amount(sums.granted),
        "committed": amount(sums.committed),
        "spent": amount(sums.spent),
    })
}

fn of_portion(it: &Portion) -> Sums {
    Sums {
        budget: 0,
        requested: it.requested,
        granted: it.granted,
        freed: it.freed,
        blocked: it.blocked,
        allocated: it.allocated,
        called: it.called,
        committed: it.committed,
        spent: it.spent,
        paid_out: it.paid_out,
        // "bound_to_carry = committed − max(paid_out, spent) … (negative where more is paid out
        // than committed …)".
        bound_to_carry: it.to_carry(),
    }
}

/// Σ of the authorities for later years; a pot without any says so.
fn authority(world: &World, pot: &str) -> Value {
    let mut states = world.states_of("commitment_authorities", &["pot", "for_year"]);
    states.retain(|fact| fact.text("pot") == pot);
    if states.is_empty() {
        return undefined("none is stated");
    }
    amount(states.iter().filter_map(|it| it.amount("amount")).sum())
}

/// The last point by V of the plan made last: "a baseline holds as a whole".
fn outflow(world: &World, pot: &str) -> Value {
    let mut points = world.of("outflow_plans", "pot", pot);
    let Some(last) = points.iter().filter_map(|it| it.date("baselined_on")).max() else {
        return undefined("no plan");
    };
    points.retain(|it| it.date("baselined_on") == Some(last));
    points.retain(|it| it.date("period_end").is_some_and(|end| end <= world.as_of));
    let point = points.iter().max_by_key(|it| it.date("period_end"));
    amount(point.and_then(|it| it.amount("planned")).unwrap_or(0))
}
