//! Amounts in cents, rates, means and medians as `answers.md` writes them.

use jiff::civil::Date;
use serde_json::{Value, json};

/// "A number that cannot be computed is `{"undefined": "<reason>"}`, never 0, null or NaN."
pub(crate) fn undefined(reason: &str) -> Value {
    json!({ "undefined": reason })
}

/// The cents of an amount such as `1234567.89`; `None` where it is not one.
pub(crate) fn cents(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<2}").parse().ok()?;
    Some(sign * (whole * 100 + fraction))
}

/// "Amounts are decimal strings with two places". The same form serves every number with two
/// places that is kept in hundredths.
pub(crate) fn hundredths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    format!("{sign}{}.{:02}", value / 100, value % 100)
}

/// An amount as a JSON value.
pub(crate) fn amount(value: i64) -> Value {
    Value::String(hundredths(value))
}

/// numerator / denominator, rounded half up (away from zero) to a whole number.
pub(crate) fn half_up(numerator: i64, denominator: i64) -> i64 {
    half_up_wide(i128::from(numerator), i128::from(denominator))
}

/// The same for numbers that may be large on the way.
pub(crate) fn half_up_wide(numerator: i128, denominator: i128) -> i64 {
    let size = (2 * numerator.abs() + denominator.abs()) / (2 * denominator.abs());
    let sign = if (numerator < 0) == (denominator < 0) {
        1
    } else {
        -1
    };
    i64::try_from(sign * size).unwrap_or(i64::MAX)
}

/// Places of a number that is not money: "more than two decimals" is an error for amounts only.
const PLACES: usize = 6;

/// A number such as `12.5` in millionths; `None` where it is not one.
pub(crate) fn millionths(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > PLACES {
        return None;
    }
    let number: i128 = format!("{whole}{fraction:0<PLACES$}").parse().ok()?;
    Some(sign * number)
}

/// A number in millionths as a text without needless places: `12.5`, `0`, `-3`.
pub(crate) fn plain(millionths: i128) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let size = millionths.unsigned_abs();
    let text = format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// "rates decimal strings in percent with two places"; undefined without a denominator.
pub(crate) fn rate(numerator: i64, denominator: i64) -> Value {
    if denominator == 0 {
        return undefined("nothing to divide by");
    }
    amount(half_up(numerator * 10_000, denominator))
}

/// Mean of days with two places.
pub(crate) fn mean(days: &[i64]) -> Value {
    if days.is_empty() {
        return undefined("no values");
    }
    let sum: i64 = days.iter().sum();
    let count = i64::try_from(days.len()).unwrap_or(i64::MAX);
    amount(half_up(sum * 100, count))
}

/// Median of days with two places: "medians of an even count are the mean of the middle two".
pub(crate) fn median(days: &[i64]) -> Value {
    if days.is_empty() {
        return undefined("no values");
    }
    let mut days = days.to_vec();
    days.sort_unstable();
    let middle = days.len() / 2;
    if days.len() % 2 == 1 {
        mean(&days[middle..=middle])
    } else {
        mean(&days[middle - 1..=middle])
    }
}

/// Days from one date to another.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).map_or(0, |span| span.get_days()))
}

/// A date as JSON, null where there is none.
pub(crate) fn date(value: Option<Date>) -> Value {
    value.map_or(Value::Null, |date| Value::String(date.to_string()))
}

/// A text as JSON, null where it is not stated.
pub(crate) fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, |text| Value::String(text.to_owned()))
}
