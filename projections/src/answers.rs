//! The answers, one file each.

mod bodies;
mod catalogue;
mod changes;
mod credits;
mod cycles;
mod decisions;
mod dependencies;
mod duties;
mod exceptions;
mod forms;
mod four_eyes;
mod funds;
mod goals;
mod impediments;
mod links;
mod milestones;
mod money;
pub(crate) mod narrowing;
mod obligations;
mod open_references;
mod outlook;
mod plans;
mod portions;
mod programme;
mod reporting;
mod requests;
mod risks;
mod seats;
mod shares;
mod stated;
mod status;
pub(crate) mod summaries;
pub(crate) mod terms;
mod trail;
mod unmet;
mod votes;
mod year_end;

pub use forms::{Form, depends_on_row, form, form_in};
pub use money::prepare;
pub use shares::calc as calc_shares;
pub use votes::calc as calc_votes;

use crate::answer::Kind;

/// Every answer, in the contract's order.
pub const ALL: &[Kind] = &[
    catalogue::KIND,
    status::KIND,
    reporting::KIND,
    milestones::KIND,
    risks::KIND,
    impediments::KIND,
    requests::KIND,
    funds::KIND,
    shares::KIND,
    votes::KIND,
    decisions::KIND,
    year_end::KIND,
    outlook::KIND,
    obligations::KIND,
    plans::KIND,
    goals::KIND,
    bodies::KIND,
    seats::KIND,
    dependencies::KIND,
    exceptions::KIND,
    changes::KIND,
    trail::KIND,
];

/// The answer of a public name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Kind> {
    ALL.iter().find(|it| it.name == name)
}
