//! What a request still owes: conditions of its resolutions, and the proof of how the money was used.

use leitstand_domain::{Day, pot::State, tables::Step};
use serde_json::{Value, json};

use super::{money::Request, programme::Programme};
use crate::facts::{Fact, StepFact};

/// A condition a resolution was tied to.
pub(super) struct Condition<'a> {
    /// The resolution.
    pub step: Fact<'a, StepFact>,
    /// Whether it is met.
    pub met: bool,
}

impl Condition<'_> {
    /// Its wording; `erased` where the key is gone.
    pub(super) fn text<'a>(&self, programme: &Programme<'a>) -> Option<&'a str> {
        wording(programme, self.step)
    }

    /// The form of the contract.
    pub(super) fn to_json(&self, programme: &Programme<'_>) -> Value {
        let state = if self.met { "met" } else { "open" };
        let due = self.step.row().due.map(|it| it.to_string());
        json!({ "text": self.text(programme), "due": due, "state": state })
    }
}

/// The newest wording of a row that is visible.
pub(super) fn wording<'a, R: crate::facts::FactRow>(
    programme: &Programme<'a>,
    fact: Fact<'_, R>,
) -> Option<&'a str> {
    let facts = programme.facts;
    fact.positions(programme.view)
        .filter_map(|at| facts.reason(at))
        .last()
}

impl<'a> Request<'a> {
    /// Conditions of resolutions; a later `condition_met` meets the oldest open one.
    pub(super) fn conditions(&self) -> Vec<Condition<'a>> {
        let steps = || self.steps.iter().copied();
        let mut met = steps()
            .filter(|it| it.row().step == Step::ConditionMet)
            .count();
        steps()
            .filter(|it| it.row().step == Step::ResolvedWithConditions)
            .map(|step| {
                let this = met > 0;
                met = met.saturating_sub(1);
                Condition { step, met: this }
            })
            .collect()
    }

    /// Whether a condition that is not met can still be: not once the request has come to its end, or was revoked.
    pub(super) fn owes_conditions(&self) -> bool {
        !matches!(
            self.state(),
            State::FormallyRejected
                | State::Rejected
                | State::Withdrawn
                | State::Closed
                | State::Waived
                | State::Revoked
        )
    }

    /// When the proof is due: the stated date, else six months after the purpose ends. A waiver or a revocation ends
    /// it too, on its day, where money had been spent that is to be proved.
    pub(super) fn proof_due(&self) -> Option<Day> {
        let last = |wanted: fn(&Step) -> bool| {
            let mut steps = self.steps.iter().rev();
            steps.find(|it| wanted(&it.row().step))
        };
        let given_up = |it: &Step| matches!(it, Step::Waived | Step::Revoked);
        let end = match last(|it| *it == Step::PurposeFulfilled) {
            Some(fulfilled) => fulfilled,
            None => last(given_up).filter(|_| self.proves())?,
        };
        let stated = end.row().due;
        Some(stated.unwrap_or_else(|| end.effective().plus_months(6)))
    }

    /// Whether it did not just end: it has something to prove or to pay back, or has done so.
    fn proves(&self) -> bool {
        let proved = |it: &Fact<'_, StepFact>| {
            matches!(
                it.row().step,
                Step::ProofSubmitted | Step::ProofAccepted | Step::ClawbackSet
            )
        };
        self.state() != State::Closed || self.steps.iter().any(proved)
    }
}
