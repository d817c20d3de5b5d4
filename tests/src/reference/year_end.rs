//! `year-end`: what of a pot's year goes on, what lapsed, and what goes back to the partners.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::World;
use super::keys::of_year;
use super::money::{money, pot};
use super::numbers::{amount, cents, undefined};
use super::portions::{Portion, portions};
use super::shares::shares;
use super::versions::Fact;

/// Cents by partner.
type Parts = BTreeMap<String, i64>;

/// A request's money in a pot, and the pot it was granted from.
struct Line<'a> {
    request: &'a Fact,
    origin: &'a Fact,
    is_granted: bool,
    portion: Portion,
}

/// "pot, request, bound_to_carry, carried, lapsed, to_credit; credits by partner": one row per granted request and
/// pot, and one of what the pot never granted; sorted by pot and request.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let pots = world.states("pots", "id");
    let lines = lines(world);
    let mut left = called(world);
    for (year, left) in &mut left {
        for pot in pots
            .iter()
            .filter(|it| it.whole("fiscal_year") == Some(*year))
        {
            // "as far as it was called": what was called and is used cannot be given back.
            take(left, split(pot, pot.amount("amount").unwrap_or(0)), -1);
            for other in &pots {
                let credit = to_credit(&lines, other, pot);
                take(left, split(pot, credit), 1);
            }
        }
    }
    let mut rows: Vec<((String, String), Value)> = Vec::new();
    let mut sums = [0; 5];
    let mut all = Some(Parts::new());
    for pot in &pots {
        let id = pot.text("id");
        let of_pot = lines.iter().filter(|it| it.portion.pot == id);
        for it in of_pot.clone().filter(|it| it.is_granted) {
            let figures = figures(world, it);
            for (sum, it) in sums.iter_mut().zip(figures) {
                *sum += it;
            }
            let request = it.request.text("id");
            let row = row(id, Some(request), figures, &Value::Null);
            rows.push(((id.to_owned(), request.to_owned()), row));
        }
        let free = free(&lines, pot);
        sums[4] += free;
        let credited = credited(&lines, pot, &pots, &mut left);
        let told = credited
            .as_ref()
            .map_or_else(|| undefined("no cost share"), told);
        all = all.zip(credited).map(|(mut all, it)| {
            take(&mut all, Some(it), 1);
            all
        });
        let row = row(id, None, [0, 0, 0, 0, free], &told);
        rows.push(((id.to_owned(), String::new()), row));
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let in_transit: i64 = lines
        .iter()
        .filter(|it| pots.iter().any(|pot| pot.text("id") == it.portion.pot))
        .map(|it| it.portion.sent)
        .sum::<i64>()
        - lines.iter().map(|it| it.portion.received).sum::<i64>();
    let summary = json!({
        "bound_to_carry": amount(sums[0]),
        "carried": amount(sums[1]),
        "proposed": amount(sums[2]),
        "lapsed": amount(sums[3]),
        "to_credit": amount(sums[4]),
        "in_transit": amount(in_transit),
        "credits": all.as_ref().map_or_else(|| undefined("no cost share"), told),
    });
    (rows.into_iter().map(|it| it.1).collect(), summary)
}

fn lines(world: &World) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for request in world.all("requests") {
        let Some(origin) = pot(world, request) else {
            continue;
        };
        let is_granted = money(world, request).granted != 0;
        lines.extend(portions(world, request).into_iter().map(|portion| Line {
            request,
            origin,
            is_granted,
            portion,
        }));
    }
    lines
}

/// bound_to_carry, carried, proposed, lapsed, to_credit. "default lapse at the end of HHJ+2"; "a carry-over proposes
/// at least 0".
fn figures(world: &World, it: &Line) -> [i64; 5] {
    let sent = it.portion.sent;
    let before = (it.portion.to_carry() + sent).max(0);
    let rest = it.portion.to_carry().max(0);
    let last = it.origin.whole("fiscal_year").unwrap_or(0) + 2;
    let is_over = !it.portion.is_home && i64::from(world.as_of.year()) > last;
    let lapsed = if is_over { rest } else { 0 };
    [
        before - lapsed,
        sent,
        rest - lapsed,
        lapsed,
        it.portion.unbound(),
    ]
}

fn row(pot: &str, request: Option<&str>, figures: [i64; 5], credits: &Value) -> Value {
    let id = request.map_or_else(|| pot.to_owned(), |it| format!("{pot}/{it}"));
    json!({
        "id": id,
        "pot": pot,
        "request": request,
        "bound_to_carry": amount(figures[0]),
        "carried": amount(figures[1]),
        "proposed": amount(figures[2]),
        "lapsed": amount(figures[3]),
        "to_credit": amount(figures[4]),
        "credits": credits,
    })
}

/// "free = budget − granted + freed".
fn free(lines: &[Line], pot: &Fact) -> i64 {
    let mut free = pot.amount("amount").unwrap_or(0);
    for it in lines.iter().map(|it| &it.portion) {
        if it.pot == pot.text("id") {
            free += it.received - it.sent - it.granted + it.freed;
        }
    }
    free
}

/// "credit unbound + free … per partner by the cost-share scheme of the *origin* year": of money that came from another
/// year what is unbound and what was freed; of the pot's own besides what it never granted to its own requests.
fn to_credit(lines: &[Line], pot: &Fact, origin: &Fact) -> i64 {
    let (id, from) = (pot.text("id"), origin.text("id"));
    let here = lines.iter().filter(|it| it.portion.pot == id);
    let of_origin = here.filter(|it| it.origin.text("id") == from);
    let left = of_origin.map(|it| &it.portion).map(|it| {
        let never_granted = if it.is_home {
            it.received - it.sent - it.granted
        } else {
            0
        };
        it.unbound() + it.freed + never_granted
    });
    let budget = pot.amount("amount").unwrap_or(0);
    left.sum::<i64>() + if id == from { budget } else { 0 }
}

/// "by the scheme of the year of origin", as far as it was called; `None` where a pot says no cost share.
fn credited(
    lines: &[Line],
    pot: &Fact,
    pots: &[&Fact],
    left: &mut BTreeMap<i64, Parts>,
) -> Option<Parts> {
    let mut all = Parts::new();
    for origin in pots {
        let mut parts = split(origin, to_credit(lines, pot, origin))?;
        let year = origin.whole("fiscal_year").unwrap_or(0);
        if let Some(left) = left.get_mut(&year) {
            for (partner, cents) in &mut parts {
                let left = left.entry(partner.clone()).or_default();
                *cents = (*cents).min(*left).max(0);
                *left -= *cents;
            }
        }
        take(&mut all, Some(parts), 1);
    }
    Some(all)
}

/// Σ called by year and partner.
fn called(world: &World) -> BTreeMap<i64, Parts> {
    let mut called: BTreeMap<i64, Parts> = BTreeMap::new();
    for it in world.all("contributions") {
        if it.text("kind") == "called" {
            let year = it.whole("fiscal_year").unwrap_or(0);
            let parts = called.entry(year).or_default();
            *parts.entry(it.text("partner").to_owned()).or_default() +=
                it.amount("amount").unwrap_or(0);
        }
    }
    called
}

fn take(sum: &mut Parts, parts: Option<Parts>, times: i64) {
    for (partner, cents) in parts.into_iter().flatten() {
        *sum.entry(partner).or_default() += times * cents;
    }
}

/// An amount by `25/75` and the pot's key year; nothing is credited of less than nothing.
fn split(pot: &Fact, amount: i64) -> Option<Parts> {
    let (bund, laender) = pot.get("cost_share")?.split_once('/')?;
    let hundredths = |it: &str| it.parse::<i64>().map(|it| it * 100);
    let scheme = [
        ("BUND", hundredths(bund).ok()?),
        ("LAENDER", hundredths(laender).ok()?),
    ];
    let key = of_year(pot.whole("key_year")?)?;
    let key: Vec<(&str, i64)> = key.iter().map(|it| (it.0.as_str(), *it.1)).collect();
    let told = shares(amount.max(0), &scheme, &key);
    let rows = told["rows"].as_array()?.iter();
    rows.map(|row| {
        let partner = row["partner"].as_str()?.to_owned();
        Some((partner, cents(row["amount"].as_str()?)?))
    })
    .collect()
}

fn told(parts: &Parts) -> Value {
    let parts = parts.iter();
    parts
        .map(|(partner, cents)| (partner.clone(), amount(*cents)))
        .collect::<serde_json::Map<String, Value>>()
        .into()
}
