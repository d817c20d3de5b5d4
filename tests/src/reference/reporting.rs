//! `reporting`: who owed a report for which call, and when it came.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::versions::Fact;
use super::{World, catalogue, numbers};

/// One measure and one call.
pub(crate) struct Debt<'a> {
    /// The measure that owes.
    pub measure: &'a str,
    /// The call.
    pub call: &'a str,
    /// When it is due.
    pub due: Option<Date>,
    /// The first report for the call, if there is one.
    pub report: Option<&'a Fact>,
}

impl Debt<'_> {
    /// The report came, and after the due date.
    pub(crate) fn is_late(&self) -> bool {
        matches!((self.report, self.due), (Some(report), Some(due)) if report.received > due)
    }
}

/// Every call with stichtag ≤ V and every measure that owes it: "Only `active` measures owe
/// reports", and in scope for reporting are those without a parent (dossier 1.1), each as on the
/// Stichtag of the call. The report of a call is the first received of those dated from its
/// Stichtag up to the next call's.
pub(crate) fn debts(world: &World) -> Vec<Debt<'_>> {
    let mut calls = world.states("report_calls", "id");
    calls.retain(|call| {
        call.date("stichtag")
            .is_some_and(|stichtag| stichtag <= world.as_of)
    });
    let mut debts = Vec::new();
    for entry in world.states("catalogue", "id") {
        for call in &calls {
            let from = call.date("stichtag");
            let Some(measure) = world
                .of("catalogue", "id", entry.text("id"))
                .into_iter()
                .rfind(|state| Some(state.effective) <= from)
            else {
                continue;
            };
            if measure.text("kind") != "measure"
                || !catalogue::in_scope(measure)
                || measure.get("parent").is_some()
                || catalogue::state(measure) != "active"
            {
                continue;
            }
            let next = calls
                .iter()
                .filter_map(|other| other.date("stichtag"))
                .filter(|day| Some(*day) > from)
                .min();
            let mut reports = world.of("status_reports", "measure", measure.text("id"));
            reports.retain(|report| {
                Some(report.effective) >= from && next.is_none_or(|day| report.effective < day)
            });
            reports.sort_by_key(|report| (report.received, report.position));
            debts.push(Debt {
                measure: measure.text("id"),
                call: call.text("id"),
                due: call.date("due"),
                report: reports.first().copied(),
            });
        }
    }
    debts
}

/// measure, call, due, received, days_late, open; per call: due, received, late, open.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut rows = Vec::new();
    let mut calls: BTreeMap<&str, [u32; 4]> = BTreeMap::new();
    let debts = debts(world);
    for debt in &debts {
        let mut row = json!({
            "measure": debt.measure,
            "call": debt.call,
            "due": numbers::date(debt.due),
            "received": numbers::date(debt.report.map(|report| report.received)),
            "open": debt.report.is_none(),
        });
        if let (Some(report), Some(due)) = (debt.report, debt.due) {
            row["days_late"] = json!(numbers::days_between(due, report.received).max(0));
        }
        rows.push(row);
        let counts = calls.entry(debt.call).or_default();
        counts[0] += 1;
        counts[1] += u32::from(debt.report.is_some());
        counts[2] += u32::from(debt.is_late());
        counts[3] += u32::from(debt.report.is_none());
    }
    let calls: BTreeMap<&str, Value> = calls
        .into_iter()
        .map(|(call, [due, received, late, open])| {
            (
                call,
                json!({ "due": due, "received": received, "late": late, "open": open }),
            )
        })
        .collect();
    (Value::Array(rows), json!({ "calls": calls }))
}
