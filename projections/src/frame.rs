//! Sums by group, in polars.
//!
//! Cents are summed as two `Int64` columns (the upper and the lower 32 bits), so that no sum over any
//! log can overflow unseen; the halves are put together again in `i128` (ADR 0008).

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
};

use polars::prelude::*;

/// Σ of each column by key, one key per row; the keys come back in order.
pub(crate) fn sums<K: Eq + Hash + Ord, const N: usize>(
    keys: impl IntoIterator<Item = K>,
    columns: &[Vec<i128>; N],
) -> PolarsResult<BTreeMap<K, [i128; N]>> {
    // Groups are numbered here: polars compares numbers faster than texts.
    let mut numbers: HashMap<K, u32> = HashMap::new();
    let mut groups: Vec<u32> = Vec::new();
    for key in keys {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        groups.push(*numbers.entry(key).or_insert(next));
    }
    let height = groups.len();
    let mut frame = vec![Column::new("group".into(), groups)];
    for (at, cents) in columns.iter().enumerate() {
        let upper = |it: &i128| i64::try_from(it >> 32).unwrap_or(i64::MAX);
        let lower = |it: &i128| i64::try_from(it & 0xffff_ffff).unwrap_or_default();
        let [upper, lower]: [Vec<i64>; 2] = [
            cents.iter().map(upper).collect(),
            cents.iter().map(lower).collect(),
        ];
        frame.push(Column::new(label(at, "upper").into(), upper));
        frame.push(Column::new(label(at, "lower").into(), lower));
    }
    let wanted: Vec<Expr> = frame[1..]
        .iter()
        .map(|it| col(it.name().clone()).sum())
        .collect();
    let grouped = DataFrame::new(height, frame)?
        .lazy()
        .group_by([col("group")])
        .agg(wanted)
        .collect()?;
    let mut by_group: HashMap<u32, [i128; N]> = HashMap::new();
    let groups = grouped.column("group")?.u32()?;
    for at in 0..N {
        let half = |half: &str| grouped.column(&label(at, half))?.i64();
        let halves = half("upper")?.iter().zip(half("lower")?.iter());
        for (group, (upper, lower)) in groups.iter().zip(halves) {
            let [upper, lower] = [upper, lower].map(|it| i128::from(it.unwrap_or_default()));
            let sums = by_group.entry(group.unwrap_or_default()).or_insert([0; N]);
            sums[at] = (upper << 32) + lower;
        }
    }
    let of_group = |group: u32| by_group.get(&group).copied().unwrap_or([0; N]);
    let sums = numbers
        .into_iter()
        .map(|(key, group)| (key, of_group(group)));
    Ok(sums.collect())
}

fn label(column: usize, half: &str) -> String {
    format!("{column}.{half}")
}

/// How often each key occurs.
pub(crate) fn counts(keys: Vec<String>) -> PolarsResult<BTreeMap<String, i64>> {
    let height = keys.len();
    let frame = DataFrame::new(height, vec![Column::new("key".into(), keys)])?;
    let grouped = frame
        .lazy()
        .group_by([col("key")])
        .agg([len().cast(DataType::Int64).alias("count")])
        .collect()?;
    let counted = grouped
        .column("key")?
        .str()?
        .iter()
        .zip(grouped.column("count")?.i64()?.iter());
    Ok(counted
        .map(|(key, count)| {
            (
                key.unwrap_or_default().to_owned(),
                count.unwrap_or_default(),
            )
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_beyond_64_bits_stay_exact() {
        let large = i128::from(i64::MAX) * 3;
        let columns = [vec![large, large, -5], vec![1, 2, 3]];
        let sums = sums(["a", "a", "b"], &columns).expect("sums");
        assert_eq!(sums["a"], [large * 2, 3]);
        assert_eq!(sums["b"], [-5, 3]);
    }
}
