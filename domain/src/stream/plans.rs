//! Planned values are cumulative: within a baseline, none is below that of an earlier period.

use std::collections::{BTreeMap, HashMap};

use crate::{Amount, Count, Day, Refusal, Row, stream::Root, tables::PlanSet};

/// The planned values of a measure as they now stand. Totals without a period are no part of a curve.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plans {
    values: BTreeMap<Point, Amount>,
    /// Where each row was last put.
    placed: HashMap<usize, Point>,
}

/// A baseline, the end of a period, and the place of the row.
type Point = (Count, Day, usize);

impl Plans {
    /// Takes in how a row now stands.
    pub(crate) fn settle(&mut self, at: usize, root: &Root) {
        if let Some(old) = self.placed.remove(&at) {
            self.values.remove(&old);
        }
        let newest = root.newest();
        if let Row::PlanSet(plan) = &newest.row
            && let Some(end) = plan.period_end
            && !newest.void
        {
            let point = (plan.baseline, end, at);
            self.values.insert(point, plan.planned_value);
            self.placed.insert(at, point);
        }
    }

    /// Refuses a row that would let its baseline fall from one period to the next. Corrections are not
    /// asked: a plan is put right point by point, and may fall in between.
    ///
    /// # Errors
    /// `plan_falls`, with the point it falls from or to.
    pub(crate) fn judge(&self, plan: &PlanSet) -> Result<(), Refusal> {
        let Some(end) = plan.period_end else {
            return Ok(());
        };
        let (baseline, value) = (plan.baseline, plan.planned_value);
        let first = (baseline, Day::FIRST, 0);
        let before = self.values.range(first..(baseline, end, 0)).next_back();
        let after = self
            .values
            .range((baseline, end, usize::MAX)..)
            .next()
            .filter(|((it, ..), _)| *it == baseline);
        let falls = before.is_some_and(|(_, it)| *it > value);
        let other = if falls {
            before
        } else {
            after.filter(|(_, it)| **it < value)
        };
        let Some(((_, day, _), other)) = other else {
            return Ok(());
        };
        Err(Refusal::new(
            "plan_falls",
            "planned_value",
            format!(
                "Planwerte gelten kumuliert und fallen nicht: bis {end} {value}, bis {day} aber {other}; bitte die Summen seit Beginn angeben, einen geänderten Plan unter einer neuen Nummer"
            ),
            format!(
                "Planned values are cumulative and do not fall: {value} by {end}, yet {other} by {day}; state the sums since the start, a changed plan under a new number"
            ),
        ))
    }
}
