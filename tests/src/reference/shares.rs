//! `shares`: who pays what of an amount.

use serde_json::{Value, json};

use super::numbers::amount;

/// The part of one partner; shares in 10⁻⁹ percent.
struct Part {
    partner: String,
    share: i128,
    cents: i128,
    remainder: i128,
}

/// 100 percent in the unit of a share.
const WHOLE: i128 = 10_000 * 10_000_000;

/// Distributes `cents` over Bund and Länder.
///
/// `scheme` holds (partner group, hundredths of a percent) and sums to 10 000; a group is
/// `BUND`, `LAENDER` or one partner, and a partner in several groups has the sum. `key` holds
/// (Land, 10⁻⁵ percent) and sums to 10 000 000.
///
/// "Largest remainder in cents over Bund and Länder, ties by larger exact share, then code";
/// "total, which always equals the amount to the cent". Rows are sorted by partner.
pub fn shares(cents: i64, scheme: &[(&str, i64)], key: &[(&str, i64)]) -> Value {
    let mut parts = exact_shares(scheme, key);
    for part in &mut parts {
        let exact = i128::from(cents) * part.share;
        part.cents = exact.div_euclid(WHOLE);
        part.remainder = exact.rem_euclid(WHOLE);
    }
    let missing = i128::from(cents) - parts.iter().map(|part| part.cents).sum::<i128>();
    parts.sort_by(|a, b| {
        b.remainder
            .cmp(&a.remainder)
            .then(b.share.cmp(&a.share))
            .then(a.partner.cmp(&b.partner))
    });
    for part in parts.iter_mut().take(usize::try_from(missing).unwrap_or(0)) {
        part.cents += 1;
    }
    parts.sort_by(|a, b| a.partner.cmp(&b.partner));
    let total: i128 = parts.iter().map(|part| part.cents).sum();
    let rows: Vec<Value> = parts.iter().map(row).collect();
    json!({ "rows": rows, "summary": { "total": cents_text(total) } })
}

fn exact_shares(scheme: &[(&str, i64)], key: &[(&str, i64)]) -> Vec<Part> {
    let mut parts = Vec::new();
    for (group, percent) in scheme {
        if *group == "LAENDER" {
            for (land, of_key) in key {
                add(&mut parts, land, i128::from(*percent) * i128::from(*of_key));
            }
        } else {
            add(&mut parts, group, i128::from(*percent) * 10_000_000);
        }
    }
    parts
}

fn add(parts: &mut Vec<Part>, partner: &str, share: i128) {
    match parts.iter_mut().find(|part| part.partner == partner) {
        Some(part) => part.share += share,
        None => parts.push(Part {
            partner: partner.to_owned(),
            share,
            cents: 0,
            remainder: 0,
        }),
    }
}

/// "`share_percent` seven" places, half up.
fn row(part: &Part) -> Value {
    let seventh = (part.share + 50) / 100;
    json!({
        "partner": part.partner,
        "share_percent": format!("{}.{:07}", seventh / 10_000_000, seventh % 10_000_000),
        "amount": cents_text(part.cents),
    })
}

fn cents_text(cents: i128) -> Value {
    amount(i64::try_from(cents).unwrap_or(i64::MAX))
}
