//! What a request still owes: conditions of its resolutions, and the proof of how the money was used.

use leitstand_domain::{Day, tables::Step};
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

    /// When the proof is due: the stated date, else six months after the purpose ends.
    pub(super) fn proof_due(&self) -> Option<Day> {
        let end = self
            .steps
            .iter()
            .rev()
            .find(|it| it.row().step == Step::PurposeFulfilled)?;
        let stated = end.row().due;
        Some(stated.unwrap_or_else(|| end.effective().plus_months(6)))
    }
}
