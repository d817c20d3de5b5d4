//! The acceptance questions this release answers, each a test with its id. Figures: the right column of
//! `acceptance-questions.md` on the 2024 scenario.

mod finance;
mod grants;
mod outlook;
mod pmo;
mod steering;
mod year_end;

use serde_json::Value;

/// An amount in cents.
#[track_caller]
fn cents(amount: &Value) -> i64 {
    amount
        .as_str()
        .unwrap_or_else(|| panic!("no amount: {amount}"))
        .replace('.', "")
        .parse()
        .unwrap()
}
