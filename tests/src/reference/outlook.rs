//! `outlook`: the year of V and the two after it, without carry-overs (no feed of this reference has one).

use serde_json::{Value, json};

use super::World;
use super::money::{money, pot};
use super::numbers::{amount, rate};

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
        let secured = of_year("amount", world.states("pots", "id"));
        let mut committed = 0;
        for request in world.all("requests") {
            let own = pot(world, request).and_then(|pot| pot.whole("fiscal_year"));
            if own == Some(year) {
                committed += money(world, request).committed;
            } else if own.is_some_and(|own| own < year) {
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
            "carried": amount(0),
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

/// Σ commitments for a later year − Σ releases for it.
fn later(world: &World, request: &str, year: i64) -> i64 {
    let bookings = world.of("bookings", "request", request).into_iter();
    let sum: i64 = bookings
        .filter(|fact| fact.whole("fiscal_year") == Some(year))
        .map(|fact| {
            let amount = fact.amount("amount").unwrap_or(0);
            match fact.text("kind") {
                "commitment" => amount,
                "commitment_release" => -amount,
                _ => 0,
            }
        })
        .sum();
    sum.max(0)
}
