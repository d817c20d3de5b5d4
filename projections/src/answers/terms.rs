//! What sums are made of: the terms that `explain` tells of a sum, each with its sign, so that they come to it.

use std::sync::Arc;

use leitstand_domain::{
    cell::Code as _,
    partner::Partner,
    pot::Carried,
    tables::{BookingKind, ContributionKind, Step},
};
use serde_json::{Map, Value, json};

use super::{
    money::{Carry, Request},
    outlook,
    portions::Portion,
    programme::Programme,
    shares, stated, votes, year_end,
};
use crate::{
    Ask, Facts, Filter, Name,
    answer::{
        Answer, Kind,
        ground::{self, Terms},
    },
    facts::cents,
    present,
};

/// Names and cents, before they are written.
pub(super) type Cents = Vec<(String, i128)>;

/// What a field of a row is the sum of; `None` where it is made of other fields, or is as it was handed in.
pub(crate) fn of_row(
    facts: &Facts,
    ask: &Ask,
    answer: &str,
    row: &Map<String, Value>,
    field: &str,
) -> Option<Terms> {
    let programme = Programme::new(facts, &ask.view);
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let name = |it: &str| facts.names.find(text(it)?);
    let is_nothing = text(field) == Some("0.00");
    let cents = match answer {
        // What nothing was freed or lapsed of is made of nothing.
        "requests" | "year-end" if matches!(field, "freed" | "lapsed") && is_nothing => Vec::new(),
        "requests" => of_request(&Request::new(&programme, name("id")?)?, &programme, field)?,
        "funds" => of_pot(&programme, &ask.filter, name("pot")?, field)?,
        "year-end" => match (name("request"), field) {
            (Some(request), _) => {
                let request = Request::new(&programme, request)?;
                of_portion(&request, &programme, name("pot")?, field)?
            }
            (None, "bound_to_carry" | "carried" | "proposed" | "lapsed") => Vec::new(),
            (None, "remainder") => {
                let own = row.get("to_credit")?.clone();
                let mut terms = written(portions(
                    &programme,
                    &Filter::default(),
                    name("pot")?,
                    Portion::unbound,
                ));
                terms.insert(0, ("to_credit".to_owned(), own));
                return Some(terms);
            }
            (None, "uncovered") => year_end::uncovered_of(&programme, name("pot")?)?,
            (None, "budget" | "granted" | "freed") => {
                of_pot(&programme, &Filter::default(), name("pot")?, field)?
            }
            (None, _) => {
                let partner = field.strip_prefix("credits.").and_then(Partner::of)?;
                return year_end::credit_of(&programme, name("pot")?, partner);
            }
        },
        "outlook" => {
            let year = row.get("fiscal_year").and_then(Value::as_u64)?;
            outlook::terms(&programme, &ask.filter, u32::try_from(year).ok()?, field)?
        }
        "shares" if field == "amount" => {
            let partner = text("partner").and_then(Partner::of)?;
            return shares::terms(facts, ask, partner, row);
        }
        "votes" if field == "key_share_yes" => return votes::terms(facts, ask, text("paper")),
        _ => return None,
    };
    Some(written(cents))
}

/// What a figure of the summary is the sum of; `None` where it is made of other figures, or is no sum.
pub(crate) fn of_summary(
    facts: &Facts,
    ask: &Ask,
    kind: &Kind,
    found: &Answer,
    field: &str,
    formula: &str,
) -> Option<Terms> {
    let programme = Programme::new(facts, &ask.view);
    let path: Vec<&str> = field.split('.').collect();
    let cents = match (kind.name, path.as_slice()) {
        ("exceptions", ["counts", _]) | ("seats", ["filled" | "placeholder" | "vacant"]) => {
            let (by, word) = match (field, path.as_slice()) {
                ("filled", _) => ("state", "named"),
                (_, ["counts", kind]) => ("kind", *kind),
                _ => ("state", field),
            };
            let counted = found
                .rows
                .iter()
                .filter(|it| it.fields.get(by).is_some_and(|it| it == word));
            let counted: Vec<String> = counted.map(|it| kind.called(it)).collect();
            let of = found.rows.len();
            return Some(ground::count(
                kind.name,
                of,
                counted.iter().map(String::as_str),
            ));
        }
        ("requests", ["approval_rate_amount" | "approval_rate_count"]) => {
            return Some(approval(found, field == "approval_rate_amount"));
        }
        ("funds", ["by_pillar", pillar, figure]) => {
            let figure = figure_of(figure)?;
            let all = passing(&programme, &ask.filter);
            let of_pillar = all.iter().filter(|it| it.pillar == *pillar);
            let parts = of_pillar.flat_map(|request| {
                let there = request.portions().into_iter();
                there
                    .filter(|it| asked_for(&programme, ask, it.pot))
                    .map(|it| {
                        let [pot, request] = [it.pot, request.fact.row().id];
                        let called = format!("{}/{}", programme.text(pot), programme.text(request));
                        (called, figure(&it))
                    })
            });
            parts.filter(|it| it.1 != 0).collect()
        }
        ("year-end", ["in_transit"]) => {
            let all = passing(&programme, &Filter::default());
            let on_the_way = all.iter().flat_map(|request| {
                let from = |it: &&Carry<'_>| asked_for(&programme, ask, it.fact.row().pot);
                let carries = request.carries.iter().filter(from);
                carries.map(|it| (way(&programme, it), it.amount - it.received))
            });
            on_the_way.filter(|it| it.1 != 0).collect()
        }
        ("year-end", ["contributions", partner, kind]) => {
            let partner = Partner::of(partner)?;
            let years: Vec<u64> = found
                .rows
                .iter()
                .filter_map(|it| {
                    let pot = facts.names.find(it.fields.get("pot")?.as_str()?)?;
                    let pot = facts.pots.latest(pot, &ask.view)?;
                    Some(u64::from(pot.row().fiscal_year.get()))
                })
                .collect();
            let wanted = ContributionKind::of(kind)?;
            let all = facts.contributions.all(&ask.view).map(|it| it.row());
            let all = all.filter(|it| it.partner == partner && it.kind == wanted);
            let all = all.filter(|it| years.contains(&u64::from(it.fiscal_year.get())));
            all.map(|it| (programme.text(it.reference).to_owned(), cents(it.amount)))
                .collect()
        }
        ("shares", ["total"]) => {
            let all = Ask {
                filter: Filter {
                    partner: None,
                    ..ask.filter.clone()
                },
                ..ask.clone()
            };
            return Some(of_rows(kind, &kind.answer(facts, &all).ok()?, &["amount"]));
        }
        _ if formula.contains('Σ') || formula.starts_with("Summe von") => {
            let mut terms = of_rows(kind, found, &path);
            if let ("year-end", ["credits", ..]) = (kind.name, path.as_slice()) {
                let verified = found.summary.get("key_verified")?.clone();
                terms.push(("key_verified".to_owned(), verified));
            }
            return Some(terms);
        }
        _ => return None,
    };
    Some(written(cents))
}

/// The same field of every row.
fn of_rows(kind: &Kind, found: &Answer, path: &[&str]) -> Terms {
    let [first, inner @ ..] = path else {
        return Vec::new();
    };
    let rows = found.rows.iter().filter_map(|row| {
        let value = row.fields.get(*first)?;
        let value = inner.iter().try_fold(value, |value, it| value.get(it))?;
        let is_told = !value.is_null() && value.as_str() != Some("0.00");
        is_told.then(|| (kind.called(row), value.clone()))
    });
    rows.collect()
}

/// What was granted and asked for of the requests decided, in amounts or in numbers.
fn approval(found: &Answer, in_amounts: bool) -> Terms {
    let rows = || found.rows.iter().map(|it| &it.fields);
    let is_decided = |it: &&Map<String, Value>| it.get("decided_on").is_some_and(Value::is_string);
    let amount = |it: &Map<String, Value>, name: &str| -> i128 {
        let text = it.get(name).and_then(Value::as_str).unwrap_or_default();
        text.replace('.', "").parse().unwrap_or_default()
    };
    let sum = |name: &str| {
        let decided = rows().filter(is_decided);
        present::amount(decided.map(|it| amount(it, name)).sum())
    };
    let [granted, decided] = if in_amounts {
        [sum("granted"), sum("requested")]
    } else {
        let granted = rows().filter(|it| amount(it, "granted") > 0).count();
        [json!(granted), json!(rows().filter(is_decided).count())]
    };
    vec![
        ("granted".to_owned(), granted),
        ("decided".to_owned(), decided),
    ]
}

fn of_request(request: &Request<'_>, programme: &Programme<'_>, field: &str) -> Option<Cents> {
    use BookingKind as B;
    let booked = |kinds: &[(B, i128)]| -> Cents {
        let all = programme
            .facts
            .bookings
            .of(request.fact.row().id, programme.view);
        let all = all.filter_map(|it| {
            let row = it.row();
            let (_, sign) = kinds.iter().find(|kind| kind.0 == row.kind)?;
            let reference = programme.text(row.reference).to_owned();
            Some((row.fiscal_year.get(), (reference, sign * cents(row.amount))))
        });
        // Of commitments those for later years stand against the authority.
        let is_bound = kinds.iter().any(|it| it.0 == B::Commitment);
        let all = all.filter(|it| !is_bound || it.0 <= request.year());
        all.map(|it| it.1).collect()
    };
    let fold = &request.fold;
    let terms = match field {
        "granted" if fold.granted == 0 => Vec::new(),
        "blocked" => blocks(request),
        "allocated" => booked(&[(B::Allocation, 1)]),
        "called" => booked(&[(B::Call, 1)]),
        "committed" => {
            let mut terms = booked(&[(B::Commitment, 1), (B::CommitmentRelease, -1)]);
            let bound: i128 = terms.iter().map(|it| it.1).sum();
            let for_later = fold.paid_for_later();
            let settle_none = (fold.expenses - for_later - bound).max(0) + for_later;
            terms.push(("settles_none".to_owned(), settle_none));
            terms
        }
        "spent" => {
            let mut terms = booked(&[(B::Expense, 1), (B::Refund, -1)]);
            terms.push(("repaid".to_owned(), fold.repaid));
            terms
        }
        "paid_out" if request.pays_directly() => booked(&[(B::Expense, 1)]),
        "paid_out" => vec![("called".to_owned(), fold.called)],
        "commitment_authority" => booked(&[(B::CommitmentAuthority, 1)]),
        "repaid" => {
            let parts = request.portions().into_iter();
            parts
                .map(|it| (programme.text(it.pot).to_owned(), it.repaid))
                .collect()
        }
        _ => return None,
    };
    Some(terms.into_iter().filter(|it| it.1 != 0).collect())
}

/// What each block and its lifting changed.
fn blocks(request: &Request<'_>) -> Cents {
    let (mut terms, mut blocked) = (Vec::new(), 0);
    for step in &request.steps {
        let row = step.row();
        let part = row.amount.map(cents);
        let now = match (row.step, part) {
            (Step::Blocked, Some(part)) => blocked + part,
            (Step::Blocked, None) => request.fold.granted,
            (Step::Unblocked, Some(part)) => (blocked - part).max(0),
            (Step::Unblocked, None) => 0,
            _ => continue,
        };
        terms.push((format!("{} {}", step.effective(), row.step), now - blocked));
        blocked = now;
    }
    terms
}

/// What a figure of a pot is made of, request by request.
fn of_pot(programme: &Programme<'_>, filter: &Filter, pot: Name, field: &str) -> Option<Cents> {
    if let Some(figure) = figure_of(field) {
        return Some(portions(programme, filter, pot, figure));
    }
    let carried = |filter: &Filter, out: i128, came: i128| -> Cents {
        let all = passing(programme, filter);
        let carries = all.iter().flat_map(|it| &it.carries);
        moved(programme, carries, pot, out, came)
    };
    match field {
        "budget" => {
            let own = programme.facts.pots.latest(pot, programme.view)?;
            let mut terms = vec![("amount".to_owned(), cents(own.row().amount))];
            terms.extend(carried(&Filter::default(), -1, 1));
            Some(terms)
        }
        "carried_out" => Some(carried(filter, 1, 0)),
        "carried_in" => Some(carried(filter, 0, 1)),
        "commitment_authority" => {
            let years = stated::authorities(programme, pot).into_values();
            let years = years.map(|it| (it.row().for_year.to_string(), cents(it.row().amount)));
            Some(years.collect())
        }
        _ => None,
    }
}

/// What a request's figure in one pot is made of: the request's, and what moved or was done elsewhere.
fn of_portion(
    request: &Request<'_>,
    programme: &Programme<'_>,
    pot: Name,
    field: &str,
) -> Option<Cents> {
    let is_home = request.fact.row().pot == pot;
    let home = |cents: i128| if is_home { cents } else { 0 };
    let direct = request.pays_directly();
    let paid_out = |it: &Carried| if direct { it.expenses } else { it.called };
    // What is done with money on its way is shown where it comes from.
    let is_here = |it: &Carry<'_>| {
        let row = it.fact.row();
        pot == if it.received == 0 {
            row.pot
        } else {
            row.to_pot
        }
    };
    let carried = |out: i128, came: i128| moved(programme, &request.carries, pot, out, came);
    let mut terms = Vec::new();
    let done = |terms: &mut Cents, sign: i128, figure: &dyn Fn(&Carried) -> i128| {
        for (it, part) in request.carries.iter().zip(&request.fold.carried) {
            let here = if is_here(it) { figure(part) } else { 0 };
            terms.push((way(programme, it), sign * (here - home(figure(part)))));
        }
    };
    match field {
        "carried" => terms = carried(1, 0),
        "granted" => {
            terms.push((field.to_owned(), home(request.fold.granted)));
            terms.extend(carried(-1, 1));
        }
        "committed" => {
            terms.push((field.to_owned(), home(request.committed())));
            terms.extend(carried(-1, 1));
            done(&mut terms, -1, &|it| it.released);
        }
        "spent" => {
            terms.push((field.to_owned(), home(request.fold.spent())));
            done(&mut terms, 1, &Carried::spent);
        }
        "paid_out" => {
            terms.push((field.to_owned(), home(request.paid_out())));
            done(&mut terms, 1, &paid_out);
        }
        _ => return None,
    }
    Some(terms.into_iter().filter(|it| it.1 != 0).collect())
}

/// What went out of a pot and came to it, carry-over by carry-over, each with its sign.
fn moved<'a>(
    programme: &Programme<'_>,
    carries: impl IntoIterator<Item = &'a Carry<'a>>,
    pot: Name,
    out: i128,
    came: i128,
) -> Cents {
    let terms = carries.into_iter().map(|it| {
        let row = it.fact.row();
        let out = if row.pot == pot { out * it.amount } else { 0 };
        let came = if row.to_pot == pot {
            came * it.received
        } else {
            0
        };
        (way(programme, it), out + came)
    });
    terms.filter(|it| it.1 != 0).collect()
}

/// A figure of every request in a pot.
fn portions(
    programme: &Programme<'_>,
    filter: &Filter,
    pot: Name,
    figure: fn(&Portion) -> i128,
) -> Cents {
    let all = passing(programme, filter);
    let parts = all.iter().flat_map(|request| {
        let called = programme.text(request.fact.row().id);
        let here = request.portions().into_iter().filter(|it| it.pot == pot);
        here.map(|it| (called.to_owned(), figure(&it)))
    });
    let mut terms: Cents = parts.filter(|it| it.1 != 0).collect();
    terms.sort();
    terms
}

/// The requests whose pot is there, and that pass by their subject.
fn passing<'a>(programme: &Programme<'a>, filter: &Filter) -> Vec<Arc<Request<'a>>> {
    let mut all = Request::all(programme, &Filter::default());
    all.retain(|it| it.pot.is_some() && programme.passes(it.fact.row().subject, filter));
    all.sort_by_key(|it| programme.text(it.fact.row().id));
    all
}

/// Whether a pot is asked for, and there.
fn asked_for(programme: &Programme<'_>, ask: &Ask, pot: Name) -> bool {
    let asked = ask.filter.pot.as_deref();
    asked.is_none_or(|it| it == programme.text(pot))
        && programme.facts.pots.latest(pot, programme.view).is_some()
}

/// A carry-over, as it is called.
fn way(programme: &Programme<'_>, it: &Carry<'_>) -> String {
    let row = it.fact.row();
    let [pot, to_pot, request] = [row.pot, row.to_pot, row.request].map(|it| programme.text(it));
    format!("{pot}/{to_pot}/{request}")
}

/// The figures of a pot that are sums over its requests.
fn figure_of(field: &str) -> Option<fn(&Portion) -> i128> {
    Some(match field {
        "requested" => |it| it.requested,
        "granted" => |it| it.granted,
        "freed" => |it| it.freed,
        "blocked" => |it| it.blocked,
        "allocated" => |it| it.allocated,
        "called" => |it| it.called,
        "committed" => |it| it.committed,
        "spent" => |it| it.spent,
        "paid_out" => |it| it.paid_out,
        "bound_to_carry" => Portion::bound_to_carry,
        "repaid" => |it| it.repaid,
        _ => return None,
    })
}

/// The key a pot's money is split by, as an explanation tells it.
pub(super) fn key_of(programme: &Programme<'_>, pot: Name, key_verified: bool) -> Terms {
    let of_pot = programme.facts.pots.latest(pot, programme.view);
    let key_year = of_pot.and_then(|it| it.row().key_year);
    let pot = programme.text(pot);
    vec![
        (
            format!("{pot}/key_year"),
            json!(key_year.map(leitstand_domain::Count::get)),
        ),
        (format!("{pot}/key_verified"), json!(key_verified)),
    ]
}

/// As an explanation tells them.
pub(super) fn written(terms: Cents) -> Terms {
    let terms = terms.into_iter();
    terms
        .map(|(name, cents)| (name, present::amount(cents)))
        .collect()
}
