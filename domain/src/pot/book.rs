//! The money of one pot, judged row by row at the row's own date.

use std::collections::{BTreeMap, HashMap};

use super::{
    authorities::Authorities,
    fold::Broken,
    history::{Ground, Hearing, History, Place, Rows, Told, refusal, request_of},
    sums::{self, Overdrawn, Pots},
    transitions::State,
};
use crate::{
    Day, Id, Refusal, Row,
    tables::{AuthorityResolved, PotResolved},
};

/// A row as it would stand, or the disappearance of one.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The row; `None` annuls the one it replaces.
    pub row: Option<&'a Row>,
    /// Its effective date.
    pub date: Day,
    /// The place of the row it changes, among the stream's rows.
    pub replaces: Option<usize>,
}

/// The histories of all requests on one pot.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// By id, so that of several rows broken always the same one is named.
    requests: BTreeMap<Id, History>,
    /// Where each row was last put, so that a correction finds it.
    placed: HashMap<usize, (Id, Place)>,
    pots: BTreeMap<usize, (Day, PotResolved)>,
    authorities: BTreeMap<usize, (Day, AuthorityResolved)>,
    /// Since when the fiscal year is closed, provisionally at least.
    closed: Option<Day>,
}

impl Book {
    /// Takes in that the fiscal year is closed from a day on.
    pub(crate) fn close(&mut self, on: Day, rows: Rows<'_>) {
        self.closed = Some(self.closed.map_or(on, |it| it.min(on)));
        self.retell(rows);
    }

    /// Where a request stands after everything recorded.
    pub(crate) fn state(&self, request: &Id) -> Option<State> {
        self.requests.get(request)?.told.state()
    }

    fn retell(&mut self, rows: Rows<'_>) {
        let pots = &Pots::new(self.pots.values(), self.closed);
        for history in self.requests.values_mut() {
            history.retell(Ground {
                rows,
                pots,
                candidate: None,
            });
        }
    }

    /// Takes in how a row now stands.
    pub(crate) fn settle(&mut self, at: usize, rows: Rows<'_>) {
        let root = &rows.roots[at];
        let newest = root.newest();
        if let Row::PotResolved(pot) = &newest.row {
            self.pots.remove(&at);
            if !newest.void {
                self.pots.insert(at, (newest.effective, pot.clone()));
            }
            self.retell(rows);
            return;
        }
        if let Row::AuthorityResolved(authority) = &newest.row {
            self.authorities.remove(&at);
            if !newest.void {
                let state = (newest.effective, authority.clone());
                self.authorities.insert(at, state);
            }
            return;
        }
        let pots = &Pots::new(self.pots.values(), self.closed);
        let ground = Ground {
            rows,
            pots,
            candidate: None,
        };
        if let Some((request, place)) = self.placed.remove(&at)
            && let Some(history) = self.requests.get_mut(&request)
        {
            history.remove(place, at, ground);
        }
        if let Some(request) = request_of(&newest.row).filter(|_| !newest.void) {
            let place = (newest.effective, newest.row.table().order, root.position);
            let history = self.requests.entry(request.clone()).or_default();
            history.insert(place, at, ground);
            self.placed.insert(at, (request.clone(), place));
        }
    }

    /// Refuses a row if it, or any later row, would then not be allowed.
    ///
    /// # Errors
    /// The rule, and the row it would break.
    pub(crate) fn judge(&self, rows: Rows<'_>, candidate: &Candidate<'_>) -> Result<(), Refusal> {
        let roots = rows.roots;
        let replaced = candidate.replaces.map(|at| roots[at].newest());
        let before_and_after = || {
            [candidate.row, replaced.map(|it| &it.row)]
                .into_iter()
                .flatten()
        };
        let pot_changes = before_and_after().any(|it| matches!(it, Row::PotResolved(_)));
        let (pots, affected) = if pot_changes {
            (self.pots_with(candidate)?, self.requests.keys().collect())
        } else {
            let mut affected: Vec<&Id> = before_and_after().filter_map(request_of).collect();
            affected.sort();
            affected.dedup();
            (Pots::new(self.pots.values(), self.closed), affected)
        };
        // What holds before the row's day, holds without asking again.
        let from = replaced.map_or(candidate.date, |it| candidate.date.min(it.effective));
        let mut told: BTreeMap<&Id, Told> = BTreeMap::new();
        for request in affected {
            let hearing = Hearing {
                request,
                rows,
                pots: &pots,
                candidate,
                from,
            };
            told.insert(request, hearing.tell(self.requests.get(request))?);
        }
        let was = |id: &Id| self.requests.get(id).map(|it| &it.told);
        let others = self
            .requests
            .iter()
            .filter(|(id, _)| !told.contains_key(id));
        let all = told.values().chain(others.map(|(_, it)| &it.told));
        let same = |it: (&&Id, &Told)| {
            let before = was(it.0).map(|it| it.timeline.as_slice());
            before.unwrap_or_default() == it.1.timeline
        };
        // Where nothing drawn on the pot changes, nothing is to be asked.
        if pot_changes || !told.iter().all(same) {
            let timelines = all.clone().map(|it| &it.timeline);
            sums::hold(&pots, timelines.clone(), from).map_err(|it| {
                let breaks = sums::raised_by(timelines, it.day);
                let breaks = breaks.map(|at| &roots[at].newest().row);
                overdrawn(&it, pot_changes, breaks)
            })?;
        }
        let same = |it: (&&Id, &Told)| was(it.0).is_some_and(|was| was.assigned == it.1.assigned);
        let authority_changes =
            before_and_after().any(|it| matches!(it, Row::AuthorityResolved(_)));
        if authority_changes || !told.iter().all(same) {
            let assigned = all.map(|it| &it.assigned);
            let authorities = self.authorities_with(candidate);
            authorities.hold(&assigned, from).map_err(|it| {
                let breaks = it.by.map(|at| (&roots[at].newest().row, it.day));
                refusal(it.broken(), breaks)
            })?;
        }
        Ok(())
    }

    /// The pot's authorities with the candidate among them.
    fn authorities_with(&self, candidate: &Candidate<'_>) -> Authorities {
        let mut all = self.authorities.clone();
        if let Some(at) = candidate.replaces {
            all.remove(&at);
        }
        if let Some(Row::AuthorityResolved(it)) = candidate.row {
            let at = candidate.replaces.unwrap_or(usize::MAX);
            all.insert(at, (candidate.date, it.clone()));
        }
        Authorities::new(all.values())
    }

    /// The pot's states with the candidate among them.
    fn pots_with(&self, candidate: &Candidate<'_>) -> Result<Pots, Refusal> {
        let mut pots = self.pots.clone();
        if let Some(at) = candidate.replaces {
            pots.remove(&at);
        }
        if let Some(Row::PotResolved(pot)) = candidate.row {
            pots.insert(
                candidate.replaces.unwrap_or(usize::MAX),
                (candidate.date, pot.clone()),
            );
            sums::same_year(pots.values().map(|(_, pot)| pot))?;
        }
        Ok(Pots::new(pots.values(), self.closed))
    }
}

/// Too much would be drawn; `breaks` is the row of that day that would no longer be allowed.
fn overdrawn(it: &Overdrawn, pot_changes: bool, breaks: Option<&Row>) -> Refusal {
    let code = if pot_changes {
        "pot_below_granted"
    } else {
        "pot_exceeded"
    };
    let (de, en) = it.words();
    let broken = Broken {
        code,
        field: "amount",
        de,
        en,
    };
    refusal(broken, breaks.map(|row| (row, it.day)))
}
