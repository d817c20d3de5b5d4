//! Sums by group, in polars.
//!
//! Cents are summed as two `Int64` columns (the upper and the lower 32 bits), so that no sum over any
//! log can overflow unseen; the halves are put together again in `i128` (ADR 0008).

use std::collections::BTreeMap;

use polars::prelude::*;

/// Σ of each column by key; the keys come back in order.
pub(crate) fn sums<const N: usize>(
    keys: Vec<String>,
    columns: &[(&'static str, Vec<i128>); N],
) -> PolarsResult<BTreeMap<String, BTreeMap<&'static str, i128>>> {
    let height = keys.len();
    let mut frame = vec![Column::new("key".into(), keys)];
    let mut wanted = Vec::new();
    for (name, cents) in columns {
        let upper: Vec<i64> = cents
            .iter()
            .map(|it| i64::try_from(it >> 32).unwrap_or(i64::MAX))
            .collect();
        let lower: Vec<i64> = cents
            .iter()
            .map(|it| i64::try_from(it & 0xffff_ffff).unwrap_or_default())
            .collect();
        for (half, values) in [("upper", upper), ("lower", lower)] {
            let label = format!("{name}.{half}");
            wanted.push(col(&label).sum());
            frame.push(Column::new(label.as_str().into(), values));
        }
    }
    let grouped = DataFrame::new(height, frame)?
        .lazy()
        .group_by([col("key")])
        .agg(wanted)
        .collect()?;
    let keys = grouped.column("key")?.str()?.clone();
    let mut sums = BTreeMap::new();
    for (row, key) in keys.iter().enumerate() {
        let mut group = BTreeMap::new();
        for (name, _) in columns {
            let half = |half: &str| -> PolarsResult<i128> {
                let values = grouped.column(&format!("{name}.{half}"))?.i64()?;
                Ok(i128::from(values.get(row).unwrap_or_default()))
            };
            group.insert(*name, (half("upper")? << 32) + half("lower")?);
        }
        sums.insert(key.unwrap_or_default().to_owned(), group);
    }
    Ok(sums)
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
        let sums = sums(
            vec!["a".into(), "a".into(), "b".into()],
            &[("x", vec![large, large, -5])],
        )
        .expect("sums");
        assert_eq!(sums["a"]["x"], large * 2);
        assert_eq!(sums["b"]["x"], -5);
    }
}
