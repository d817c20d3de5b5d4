//! One holder's versions.

use leitstand_domain::Day;

use super::{Head, number};
use crate::View;

/// The versions of one holder's rows as they came in, the heads apart: they are what most are passed over by.
#[derive(Debug)]
pub(super) struct Held<R> {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<R>,
    /// Their places in the order of (effective date, position of the row).
    pub(super) order: Vec<u32>,
    /// Whether any of the rows has more than one version.
    corrected: bool,
    /// The latest of each.
    last: Option<Last>,
}

/// Who sees as far as this sees everything.
#[derive(Debug, Clone, Copy)]
struct Last {
    effective: Day,
    known: Day,
    position: u64,
}

impl<R> Default for Held<R> {
    fn default() -> Self {
        Self {
            heads: Vec::new(),
            rows: Vec::new(),
            order: Vec::new(),
            corrected: false,
            last: None,
        }
    }
}

impl<R> Held<R> {
    /// Puts a version before the `before`th in the order of dates; returns its place.
    pub(super) fn insert(&mut self, row: R, head: Head, before: usize) -> u32 {
        let at = number(self.heads.len());
        let last = self.last.get_or_insert(Last {
            effective: head.effective,
            known: head.known,
            position: head.position,
        });
        last.effective = last.effective.max(head.effective);
        last.known = last.known.max(head.known);
        last.position = last.position.max(head.position);
        self.corrected |= head.corrected;
        self.heads.push(head);
        self.rows.push(row);
        self.order.insert(before, at);
        at
    }

    /// Notes that a row has a second version.
    pub(super) fn mark_corrected(&mut self, at: u32) {
        self.heads[at as usize].corrected = true;
        self.corrected = true;
    }

    /// Whether any of the rows has more than one version.
    pub(super) fn is_corrected(&self) -> bool {
        self.corrected
    }

    /// Whether everything is visible and effective by V, so that nothing has to be asked row by row. Of a
    /// corrected row one version holds and the others do not.
    pub(super) fn is_whole(&self, view: &View) -> bool {
        let far_enough = |it: &Last| it.effective <= view.as_of && view.sees(it.known, it.position);
        !self.corrected && self.last.as_ref().is_some_and(far_enough)
    }
}
