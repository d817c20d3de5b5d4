//! How figures are written: the only place where anything is rounded.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

/// A number that cannot be computed, and why: a stable English phrase, which pages translate.
#[must_use]
pub fn undefined(reason: &str) -> Value {
    json!({ "undefined": reason })
}

/// Cents as `"1234567.89"`.
#[must_use]
pub fn amount(cents: i128) -> Value {
    Value::String(leitstand_domain::cell::decimal(cents))
}

/// An exact share ([`leitstand_domain::shares::EXACT`]) in percent with seven places.
#[must_use]
pub fn share_percent(units: u64) -> Value {
    let sevenths = (units + 50_000) / 100_000;
    let (whole, rest) = (sevenths / 10_000_000, sevenths % 10_000_000);
    Value::String(format!("{whole}.{rest:07}"))
}

/// `part` of `whole` in percent with two places; undefined where the whole is nothing.
#[must_use]
pub fn percent(part: i128, whole: i128, reason: &str) -> Value {
    divided(part * 100, whole, 2).map_or_else(|| undefined(reason), Value::String)
}

/// The mean of groups' means of quotients, in percent with two places; undefined where there is no group.
#[must_use]
pub fn mean_of_means(groups: &[Vec<(i128, i128)>], reason: &str) -> Value {
    let quotient = |(part, whole): &(i128, i128)| exact(*part)?.checked_div(exact(*whole)?);
    let mean = |numbers: Vec<Decimal>| {
        let count = exact(i128::try_from(numbers.len()).ok()?)?;
        numbers.into_iter().sum::<Decimal>().checked_div(count)
    };
    let of_group = |it: &Vec<(i128, i128)>| {
        let quotients: Option<Vec<Decimal>> = it.iter().map(quotient).collect();
        mean(quotients?)
    };
    let means: Option<Vec<Decimal>> = groups.iter().map(of_group).collect();
    means.and_then(mean).map_or_else(
        || undefined(reason),
        |it| Value::String(format!("{:.2}", rounded(it * Decimal::ONE_HUNDRED, 2))),
    )
}

/// Days (or any whole numbers) divided, with two places.
#[must_use]
pub fn mean(sum: i64, count: usize, reason: &str) -> Value {
    let count = i128::try_from(count).unwrap_or_default();
    divided(i128::from(sum), count, 2).map_or_else(|| undefined(reason), Value::String)
}

/// The median with two places: of an even count the mean of the middle two.
#[must_use]
pub fn median(mut values: Vec<i64>, reason: &str) -> Value {
    values.sort_unstable();
    let middle = values.len() / 2;
    match values.as_slice() {
        [] => undefined(reason),
        all if all.len() % 2 == 1 => mean(all[middle], 1, reason),
        all => mean(all[middle - 1] + all[middle], 2, reason),
    }
}

/// A quotient rounded half up (away from zero); `None` where it is undefined.
#[must_use]
pub fn divided(part: i128, whole: i128, places: u32) -> Option<String> {
    let (part, whole) = (exact(part)?, exact(whole)?);
    let quotient = part.checked_div(whole)?;
    Some(format!(
        "{:.*}",
        usize::try_from(places).unwrap_or_default(),
        rounded(quotient, places)
    ))
}

/// Half up, away from zero.
fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// Hundredths of a cent, as a whole percentage of cents comes to, as an amount half up to the cent.
#[must_use]
pub fn amount_of_hundredths(hundredths: i128) -> Value {
    let half = if hundredths < 0 { -50 } else { 50 };
    amount((hundredths + half) / 100)
}

/// Hundredths of a cent as they are, with four places.
#[must_use]
pub fn hundredths(hundredths: i128) -> Value {
    let (cents, rest) = (hundredths / 100, (hundredths % 100).abs());
    let sign = if hundredths < 0 && cents == 0 {
        "-"
    } else {
        ""
    };
    Value::String(format!(
        "{sign}{}{rest:02}",
        leitstand_domain::cell::decimal(cents)
    ))
}

fn exact(number: i128) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(number, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up_and_away_from_zero() {
        assert_eq!(divided(5, 1000, 2).as_deref(), Some("0.01"));
        assert_eq!(divided(-5, 1000, 2).as_deref(), Some("-0.01"));
        assert_eq!(percent(2, 3, ""), json!("66.67"));
        assert_eq!(hundredths(-1), json!("-0.0001"));
        assert_eq!(hundredths(123_456), json!("12.3456"));
        assert_eq!(amount_of_hundredths(50), json!("0.01"));
        assert_eq!(amount_of_hundredths(49), json!("0.00"));
        assert_eq!(amount_of_hundredths(-50), json!("-0.01"));
    }

    #[test]
    fn nothing_divided_by_nothing_says_why() {
        assert_eq!(
            percent(0, 0, "nothing granted"),
            json!({ "undefined": "nothing granted" })
        );
        assert_eq!(median(vec![], "none"), json!({ "undefined": "none" }));
        assert_eq!(median(vec![1, 2], ""), json!("1.50"));
    }
}
