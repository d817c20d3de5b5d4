//! What was recorded about something: every version of every row that names it, as it was said.

use std::collections::HashSet;

use leitstand_domain::{Cells, Day, TableRow as _};

use super::{Change, Fact, FactRow, Head, Table, number};
use crate::{Name, Names, View};

/// One event about a row: what it said, and what the row says now.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// The row's table.
    pub table: &'static str,
    /// Position of the event.
    pub position: u64,
    /// When it became known.
    pub known: Day,
    /// When the row is so.
    pub effective: Day,
    /// The row's cells, or those a correction states.
    pub said: Cells,
    /// Whether this event is what holds of the row.
    pub holds: bool,
    /// The row as it holds, if it does.
    pub stands: Option<Cells>,
}

impl<R: FactRow> Table<R> {
    /// The visible rows of one holder effective by V, annulled or not, in the order of (effective date, position of
    /// the row).
    pub(crate) fn said_of<'a>(
        &'a self,
        holder: Name,
        view: &'a View,
    ) -> impl Iterator<Item = Fact<'a, R>> {
        let whole = self.held(holder).is_some_and(|it| it.is_whole(view));
        let in_order = self.in_order(holder);
        in_order.filter(move |it| whole || self.is_visible(it.head, view))
    }

    /// Whether this version is the visible one of its row, annulled or not, and effective by V.
    pub(super) fn is_visible(&self, head: &Head, view: &View) -> bool {
        head.effective <= view.as_of
            && view.sees(head.known, head.position)
            && (!head.corrected || self.visible_version(head.root, view) == Some(head.at))
    }

    /// What was recorded of rows that name one of these ids, seen from `view` and effective by V.
    pub(crate) fn acts(
        &self,
        ids: &HashSet<Name>,
        view: &View,
        names: &Names,
        acts: &mut Vec<Act>,
    ) {
        for root in 0..number(self.roots.len()) {
            let first = self.roots[root as usize].0;
            let versions = self.corrected.get(&root);
            let mut places = versions.into_iter().flatten().flat_map(|it| &it.places);
            let is_about = self.row(first).names(ids) || places.any(|at| self.row(*at).names(ids));
            if is_about {
                self.told(root, view, names, acts);
            }
        }
    }

    /// Every version of one row.
    fn told(&self, root: u32, view: &View, names: &Names, acts: &mut Vec<Act>) {
        let cells = |at: u32| owned(self.row(at).cells(names));
        let visible = self.visible_version(root, view);
        let stands = visible
            .filter(|at| self.holds(self.head(*at), view))
            .map(cells);
        let mut act = |at: u32, position: u64, said: Cells| {
            let head = self.head(at);
            if head.effective <= view.as_of {
                acts.push(Act {
                    table: R::Source::TABLE,
                    position,
                    known: head.known,
                    effective: head.effective,
                    said,
                    holds: visible == Some(at) && !head.void,
                    stands: stands.clone(),
                });
            }
        };
        let Some(versions) = self.corrected.get(&root) else {
            if let Some(at) = visible {
                act(at, self.head(at).position, cells(at));
            }
            return;
        };
        for version in versions {
            let seen = |at: &&u32| {
                let head = self.head(**at);
                view.sees(head.known, head.position)
            };
            let Some(at) = version.places.iter().rfind(seen).copied() else {
                continue;
            };
            let said = match &version.change {
                Change::Whole(row, _) => owned(row.cells(names)),
                Change::Some {
                    changes,
                    to_date,
                    void,
                } => {
                    let mut said = changes.clone();
                    said.extend(to_date.map(|it| ("to_date".to_owned(), it.to_string())));
                    said.extend(void.then(|| ("void".to_owned(), "yes".to_owned())));
                    said
                }
            };
            act(at, version.position, said);
        }
    }
}

impl<R> Fact<'_, R> {
    /// Whether the row is annulled as it is seen.
    pub(crate) fn is_annulled(&self) -> bool {
        self.head.void
    }
}

fn owned(cells: Vec<(&'static str, String)>) -> Cells {
    let cells = cells.into_iter();
    cells
        .map(|(column, text)| (column.to_owned(), text))
        .collect()
}
