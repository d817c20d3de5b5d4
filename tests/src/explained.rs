//! What an explanation comes to: its formula applied on the inputs it lists.

use serde_json::Value;

/// Whether a value is an amount or a rate: digits with two places.
#[must_use]
pub fn is_amount(value: &Value) -> bool {
    hundredths(value).is_some()
}

/// An amount in cents, a rate in hundredths of a percent.
fn hundredths(value: &Value) -> Option<i128> {
    let text = value.as_str()?;
    let (whole, places) = text.trim_start_matches('-').split_once('.')?;
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let is_one = digits(whole) && digits(places) && places.len() == 2;
    is_one.then(|| text.replace('.', "").parse().ok())?
}

/// A number of any places, with so many of them.
fn number(value: &Value) -> Option<(i128, u32)> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let places = text.split_once('.').map_or(0, |it| it.1.len());
    let digits = text.replace('.', "").parse().ok()?;
    Some((digits, u32::try_from(places).ok()?))
}

/// Where the sum of a formula ends and words begin.
const WORDS: [&str; 5] = [", mindestens", ", wo ", ", ab ", ", in Prozent", ", aus "];

/// The cents an explained amount should come to, each with what it may be off; `None` where the formula is told in words
/// and nothing is listed, as of what is told as it was handed in.
///
/// A formula with `Σ` is the sum of its inputs. One such as `free = budget − granted + freed` is that of the inputs it
/// names, `max` of two among them, at least nothing where it says so; of several formulas the one whose inputs are all
/// told. `a / b` is a rate in percent, half up; a mean is its sum by how many are counted, a median that of the values
/// that are told. A share is off its exact part by less than a cent.
#[must_use]
pub fn recomputed(explained: &Value) -> Option<(i128, i128)> {
    let formula = explained["formula"].as_str()?;
    let inputs = explained["inputs"].as_array()?;
    // Which key was applied is told beside the terms and is none of them.
    let is_key = |it: &&Value| {
        let name = it["name"].as_str().unwrap_or_default();
        let name = name.rsplit_once('/').map_or(name, |it| it.1);
        matches!(name, "key_year" | "key_verified")
    };
    let inputs: Vec<&Value> = inputs.iter().filter(|it| !is_key(it)).collect();
    let input = |name: &str| inputs.iter().find(|it| it["name"] == name);
    let cents = |name: &str| hundredths(&input(name)?["value"]);
    let whole = |it: &Value| number(it).filter(|it| it.1 == 0).map(|it| it.0);
    if formula.starts_with("Mittel von") {
        let [sum, counted] = ["sum", "counted"].map(|it| whole(&input(it)?["value"]));
        return Some((half_up(sum? * 100, counted?)?, 0));
    }
    if formula.starts_with("Median von") {
        let is_value = |it: &&&Value| it["name"] != "counted" && it["name"] != "not_counted";
        let values = inputs.iter().filter(is_value);
        let values = values.map(|it| whole(&it["value"]));
        let mut values: Vec<i128> = values.collect::<Option<_>>()?;
        values.sort_unstable();
        let counted = whole(&input("counted")?["value"])?;
        let middle = [values.len().checked_sub(1)? / 2, values.len() / 2];
        let sum: i128 = middle.iter().map(|at| values[*at]).sum();
        let is_all = counted == i128::try_from(values.len()).ok()?;
        return Some((half_up(sum * 100, 2)?, 0)).filter(|_| is_all);
    }
    if formula.contains("share_percent") && input("share_percent").is_some() {
        let (units, places) = number(&input("share_percent")?["value"])?;
        let whole = 10_i128.pow(places + 2);
        return Some(((cents("total")? * units).div_euclid(whole), 1));
    }
    if let Some((rate, _)) = formula.split_once(", ").filter(|it| it.0.contains(" / ")) {
        let (part, whole) = rate.split_once(" / ")?;
        let part = part.rsplit_once(" = ").map_or(part, |it| it.1);
        let [part, whole] = [part, whole].map(|it| number(&input(it)?["value"]));
        return Some((half_up(part?.0 * 10_000, whole?.0)?, 0));
    }
    let sums = formula.split("; ").find_map(|it| of_names(it, &cents));
    if let Some(sum) = sums {
        return Some((sum, 0));
    }
    let is_sum = formula.contains('Σ') || formula.starts_with("Summe von");
    let is_nothing = inputs.is_empty() && formula.contains(" = ");
    if !is_sum && !is_nothing {
        return None;
    }
    let terms: Option<Vec<i128>> = inputs.iter().map(|it| hundredths(&it["value"])).collect();
    Some((terms?.into_iter().sum(), 0))
}

/// A quotient half up, away from nothing.
fn half_up(part: i128, whole: i128) -> Option<i128> {
    let sign = if (part < 0) == (whole < 0) { 1 } else { -1 };
    let (part, whole) = (part.abs(), whole.abs());
    Some(sign * (2 * part + whole).checked_div(2 * whole)?)
}

/// A sum or difference of named inputs, with the name of what it comes to before it or not.
fn of_names(formula: &str, cents: &impl Fn(&str) -> Option<i128>) -> Option<i128> {
    let is_at_least_0 = formula.contains("mindestens 0");
    let sum = WORDS.iter().fold(formula, |it, words| {
        it.split_once(words).map_or(it, |it| it.0)
    });
    let sum = sum.rsplit_once(": ").map_or(sum, |it| it.1);
    let sum = sum.rsplit_once(" = ").map_or(sum, |it| it.1);
    let (mut total, mut sign, mut words) = (0, 1, sum.split(' '));
    while let Some(word) = words.next() {
        match word {
            "+" => sign = 1,
            "−" => sign = -1,
            word => {
                let value = match word.strip_prefix("max(") {
                    Some(first) => {
                        let second = words.next()?.strip_suffix(')')?;
                        cents(first.strip_suffix(',')?)?.max(cents(second)?)
                    }
                    None => cents(word)?,
                };
                total += sign * value;
            }
        }
    }
    Some(if is_at_least_0 { total.max(0) } else { total })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn formulas_come_to_what_they_say_on_their_inputs() {
        let told = |formula: &str, inputs: &[(&str, &str)]| {
            let inputs = inputs.iter();
            let inputs = inputs.map(|(name, value)| json!({ "name": name, "value": value }));
            let inputs: Vec<Value> = inputs.collect();
            recomputed(&json!({ "formula": formula, "inputs": inputs }))
        };
        let terms = [("A", "1.00"), ("B", "-3.50")];
        assert_eq!(told("Σ bewilligt", &terms), Some((-250, 0)));
        assert_eq!(told("Summe von granted", &terms), Some((-250, 0)));
        assert_eq!(told("beantragter Betrag", &[]), None);
        assert_eq!(told("x = A − B; der Rest", &terms), Some((450, 0)));
        assert_eq!(
            told("x = B − max(A, B), mindestens 0", &terms),
            Some((0, 0))
        );
        assert_eq!(
            told("x = A, wo verzichtet wurde, sonst 0,00", &[]),
            Some((0, 0))
        );
        assert_eq!(told("x = A − C", &terms), None);
        assert_eq!(told("x = A / B, in Prozent", &terms), Some((-2_857, 0)));
        let days = [("counted", "2"), ("A", "7"), ("B", "-2")];
        assert_eq!(told("Median von days", &days), Some((250, 0)));
        assert_eq!(told("Median von days", &days[..2]), None);
        let days = [("sum", "5"), ("counted", "-3")];
        assert_eq!(told("Mittel von days", &days), Some((-167, 0)));
        let share = [("total", "1.00"), ("share_percent", "33.3333333")];
        assert_eq!(told("total × share_percent", &share), Some((33, 1)));
    }
}
