//! The order of a feed.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::LAST_DAY;
use crate::FeedRow;
use crate::reference::tables::{effective, order, table};

/// "Tables that only define (marked D) come first, in the order below; then all other rows by
/// effective date, ties by table order, then row."
#[must_use]
pub fn sorted(mut rows: Vec<FeedRow>) -> Vec<FeedRow> {
    rows.sort_by_key(|row| {
        let defines = table(&row.table).is_some_and(|table| table.defines);
        let day = if defines {
            Date::ZERO
        } else {
            day(&row.table, &row.cells)
        };
        (!defines, day, order(&row.table))
    });
    rows
}

fn day(table: &str, cells: &BTreeMap<String, String>) -> Date {
    effective(table, cells, LAST_DAY)
}
