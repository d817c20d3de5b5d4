//! Cost keys: the built-in ones, and those handed in.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::World;

/// "Thresholds, cost keys, settings … built-in settings, thresholds, keys and calendar from 1990-01-01".
const BUILT_IN: &str = include_str!("../../../ingest/data/koenigsteiner-schluessel.csv");

/// A key year, the day from which it is applied, and each Land's part in 10⁻⁵ percent.
pub(crate) struct Key {
    pub year: i64,
    pub from: Date,
    pub parts: BTreeMap<String, i64>,
}

/// The built-in keys.
#[must_use]
pub fn built_in_keys() -> Vec<(u32, BTreeMap<String, u32>)> {
    let mut lines = BUILT_IN.lines().map(|line| line.split(','));
    let header: Vec<&str> = lines.next().into_iter().flatten().collect();
    let rows: Vec<Vec<&str>> = lines.map(Iterator::collect).collect();
    let years = header.iter().enumerate().filter_map(|(place, column)| {
        let year = column.strip_prefix("key_")?.parse().ok()?;
        let parts = rows.iter().filter_map(|row| {
            let part = u32::try_from(units(row.get(place)?)?).ok()?;
            Some(((*row.first()?).to_owned(), part))
        });
        Some((year, parts.collect()))
    });
    years.collect()
}

/// The built-in key of a year in 10⁻⁵ percent.
pub(crate) fn of_year(year: i64) -> Option<BTreeMap<String, i64>> {
    let keys = built_in_keys().into_iter();
    let (_, parts) = keys.into_iter().find(|it| i64::from(it.0) == year)?;
    let parts = parts.into_iter();
    Some(parts.map(|(land, it)| (land, i64::from(it))).collect())
}

/// "percent (five decimals)" in 10⁻⁵ percent.
fn units(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<5}").parse().ok()
}

/// The key in force on a day: of the greatest key year not after the day's, the one that began last; one
/// whose "Länder" do not "sum to 100.00000" does not hold.
pub(crate) fn in_force(world: &World, day: Date) -> Option<Key> {
    let start = jiff::civil::date(1990, 1, 1);
    let mut keys: Vec<Key> = built_in_keys()
        .into_iter()
        .map(|(year, parts)| Key {
            year: i64::from(year),
            from: start,
            parts: parts
                .into_iter()
                .map(|(land, it)| (land, i64::from(it)))
                .collect(),
        })
        .collect();
    for part in world.all("cost_keys") {
        let (Some(year), Some(units)) = (part.whole("key_year"), units(part.text("percent")))
        else {
            continue;
        };
        let from = part.effective;
        let place = keys
            .iter()
            .position(|it| (it.year, it.from) == (year, from));
        let place = place.unwrap_or_else(|| {
            let parts = BTreeMap::new();
            keys.push(Key { year, from, parts });
            keys.len() - 1
        });
        keys[place]
            .parts
            .insert(part.text("partner").to_owned(), units);
    }
    keys.retain(|it| it.parts.values().sum::<i64>() == 10_000_000);
    keys.retain(|it| it.from <= day && it.from <= world.as_of && it.year <= i64::from(day.year()));
    keys.into_iter().max_by_key(|it| (it.year, it.from))
}
