//! `outlook`: the year of V and the two after it.

use serde_json::{Value, json};

use super::World;
use super::money::{names_one, pot};
use super::numbers::{amount, rate};
use super::portions::portions;

/// "fiscal_year, need, secured, committed, carried, gap"; "coverage_rate".
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let (mut rows, mut needed, mut funded) = (Vec::new(), 0, 0);
    for year in (0..3).map(|it| i64::from(world.as_of.year()) + it) {
        let of_year = |column: &str, facts: Vec<&super::Fact>| -> i64 {
            let facts = facts.into_iter();
            facts
                .filter(|fact| fact.whole("fiscal_year") == Some(year))
                .map(|fact| fact.amount(column).unwrap_or(0))
                .sum()
        };
        let need = of_year(
            "amount",
            world.states_of("needs", &["subject", "fiscal_year"]),
        );
        let mut secured = of_year("amount", world.states("pots", "id"));
        let (mut committed, mut carried) = (0, 0);
        for request in world.all("requests") {
            let Some(own) = pot(world, request).and_then(|pot| pot.whole("fiscal_year")) else {
                continue;
            };
            for it in portions(world, request) {
                if year_of(world, &it.pot) == Some(year) {
                    committed += it.committed;
                    carried += it.received;
                    secured += it.received - it.sent;
                }
            }
            if own < year {
                committed += later(world, request.text("id"), year);
            }
        }
        needed += need;
        funded += secured;
        rows.push(json!({
            "fiscal_year": year,
            "need": amount(need),
            "secured": amount(secured),
            "committed": amount(committed),
            "carried": amount(carried),
            "gap": amount(need - secured),
        }));
    }
    let summary = json!({
        "need": amount(needed),
        "secured": amount(funded),
        "gap": amount(needed - funded),
        "coverage_rate": rate(funded, needed),
    });
    (Value::Array(rows), summary)
}

fn year_of(world: &World, pot: &str) -> Option<i64> {
    let pots = world.states("pots", "id");
    let pot = pots.into_iter().find(|it| it.text("id") == pot);
    pot.and_then(|it| it.whole("fiscal_year"))
}

/// Σ commitments for a later year − Σ releases for it − Σ expenses that settle them.
fn later(world: &World, request: &str, year: i64) -> i64 {
    let bookings = world.of("bookings", "request", request).into_iter();
    let sum: i64 = bookings
        .map(|fact| {
            let amount = fact.amount("amount").unwrap_or(0);
            let is_for = fact.whole("fiscal_year") == Some(year);
            match fact.text("kind") {
                "commitment" if is_for => amount,
                "commitment_release" if is_for => -amount,
                "expense" if names_one(world, fact, |it| it == year) => -amount,
                _ => 0,
            }
        })
        .sum();
    sum.max(0)
}
