//! Folds of requests, kept for whoever sees all of a request.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use leitstand_domain::pot::Fold;

use crate::{Facts, Name, View};

/// A request's whole history, folded.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    pub(crate) fold: Arc<Fold>,
    /// How many bookings are in it.
    pub(crate) bookings: usize,
}

/// Folds that are the same for everybody who sees all of a request, with what they were made of. Most requests of
/// twenty years are over, and are not folded booking by booking for every question.
#[derive(Debug, Default)]
pub(super) struct Folds(RwLock<HashMap<Name, (Versions, Folded)>>);

/// How many versions a request, its steps and its bookings have: tables only grow, so as many are the same ones.
type Versions = [usize; 3];

impl Facts {
    /// A request as it stands for this view, if it was folded before for one that saw the same.
    pub(crate) fn folded(&self, request: Name, view: &View) -> Option<Folded> {
        let versions = self.whole(request, view)?;
        let folds = self.folds.0.read().unwrap_or_else(PoisonError::into_inner);
        let (of, folded) = folds.get(&request)?;
        (*of == versions).then(|| folded.clone())
    }

    /// Keeps a fold that depends on nothing but the request, its steps and its bookings.
    pub(crate) fn keep_folded(&self, request: Name, view: &View, folded: Folded) {
        if let Some(versions) = self.whole(request, view) {
            let mut folds = self.folds.0.write().unwrap_or_else(PoisonError::into_inner);
            folds.insert(request, (versions, folded));
        }
    }

    /// What a view sees of a request, if that is all of it and nothing was corrected or went on to another pot.
    fn whole(&self, request: Name, view: &View) -> Option<Versions> {
        if self.carry_overs.has(request) {
            return None;
        }
        Some([
            self.requests.whole(request, view)?,
            self.steps.whole(request, view)?,
            self.bookings.whole(request, view)?,
        ])
    }
}
