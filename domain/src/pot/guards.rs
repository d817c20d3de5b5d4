//! The guards of "How money rows are judged", asked of a request as it stands.

use super::{
    fold::{Broken, Fold, PotView, euro},
    transitions::{self, State, allowed_steps},
};
use crate::{
    Day,
    cell::Code as _,
    tables::{Booked, BookingKind, PotMode, RequestStepped, Step},
};

impl Fold {
    /// The steps and booking kinds allowed now, in the contract's words.
    #[must_use]
    pub fn allowed(&self) -> Vec<&'static str> {
        let mut allowed = self.state.map(allowed_steps).unwrap_or_default();
        if self.lifts_nothing() {
            allowed.retain(|it| *it != "unblocked");
        }
        allowed
    }

    /// Whether a step may follow, before it is taken in.
    ///
    /// # Errors
    /// The rule it breaks.
    pub(crate) fn may_step(
        &self,
        row: &RequestStepped,
        pot: Option<PotView>,
    ) -> Result<(), Broken> {
        let from = self.state.ok_or_else(|| not_submitted("date"))?;
        let part = row.amount.is_some();
        let lifts_nothing = row.step == Step::Unblocked && self.lifts_nothing();
        if lifts_nothing || transitions::step(from, row.step, part).is_none() {
            return Err(self.not_allowed(from, "step", row.step.word()));
        }
        let amount = row.amount.map(|it| i128::from(it.cents()));
        match row.step {
            Step::Resolved | Step::ResolvedWithConditions if amount > Some(self.requested) => Err(over(
                "resolved_exceeds_requested",
                "amount",
                ("beschlossen", "resolved"),
                amount.unwrap_or_default(),
                ("beantragt", "requested"),
                self.requested,
            )),
            Step::Granted if pot.is_none() => Err(Broken {
                code: "pot_not_resolved",
                field: "request",
                de: "Der Topf des Antrags ist an diesem Tag nicht beschlossen; eine Bewilligung braucht ihn".to_owned(),
                en: "The request's pot is not resolved on this day; a grant needs it".to_owned(),
            }),
            Step::Granted if amount.is_some() && amount != self.resolved => Err(Broken {
                code: "granted_differs",
                field: "amount",
                de: format!("Bewilligt wird, was beschlossen ist: {}", euro(self.resolved.unwrap_or_default())),
                en: format!("What is granted is what was resolved: {}", euro(self.resolved.unwrap_or_default())),
            }),
            _ => Ok(()),
        }
    }

    /// Whether a booking may follow, before it is taken in.
    ///
    /// # Errors
    /// The rule it breaks.
    pub(crate) fn may_book(
        &self,
        row: &Booked,
        date: Day,
        pot: Option<PotView>,
    ) -> Result<(), Broken> {
        let from = self.state.ok_or_else(|| not_submitted("date"))?;
        if transitions::booking(from, row.kind).is_none() {
            return Err(self.not_allowed(from, "kind", row.kind.word()));
        }
        let in_year = matches!(
            row.kind,
            BookingKind::Allocation | BookingKind::Call | BookingKind::Expense
        );
        let year = row.fiscal_year.get();
        // After a carry-over a payment may carry the year it is made in.
        let carried = !self.carried.is_empty() && i32::try_from(year) == Ok(date.year());
        match pot {
            Some(pot) if in_year && year != pot.year && !(carried && year > pot.year) => {
                Err(Broken {
                    code: "wrong_fiscal_year",
                    field: "fiscal_year",
                    de: format!(
                        "Zuweisung, Abruf und Ausgabe tragen das Haushaltsjahr des Topfes ({}), nach einer Übertragung auch das der Zahlung",
                        pot.year
                    ),
                    en: format!(
                        "Allocation, call and expense carry the pot's fiscal year ({}) or, after a carry-over, the year of payment",
                        pot.year
                    ),
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether the sums still hold after an act was taken in.
    ///
    /// # Errors
    /// The guard that does not hold.
    pub(crate) fn sums_hold(&self, pot: Option<PotView>) -> Result<(), Broken> {
        let free = self.granted - self.blocked;
        if self.allocated > free {
            return Err(over(
                "allocation_exceeds_grant",
                "amount",
                ("zugewiesen", "allocated"),
                self.allocated,
                ("bewilligt und nicht gesperrt", "granted and not blocked"),
                free,
            ));
        }
        if self.called > self.allocated {
            return Err(over(
                "call_exceeds_allocation",
                "amount",
                ("abgerufen", "called"),
                self.called,
                ("zugewiesen", "allocated"),
                self.allocated,
            ));
        }
        let direct = pot.is_some_and(|it| it.mode == PotMode::Direct);
        let (cover, words) = if direct {
            (self.allocated, ("zugewiesen", "allocated"))
        } else {
            (self.called, ("abgerufen", "called"))
        };
        let spent = self.spent() - self.repaid;
        if spent > cover {
            let code = if direct {
                "expense_exceeds_allocation"
            } else {
                "expense_exceeds_calls"
            };
            return Err(over(
                code,
                "amount",
                ("verausgabt", "spent"),
                spent,
                words,
                cover,
            ));
        }
        let this_year = pot.map(|it| it.year);
        for (year, committed) in &self.on_authority {
            let authority = self.authority.get(year).copied().unwrap_or_default();
            if this_year.is_some_and(|this| *year > this) && *committed > authority {
                return Err(over(
                    "commitment_exceeds_authority",
                    "amount",
                    ("für spätere Jahre gebunden", "committed for later years"),
                    *committed,
                    (
                        "als Verpflichtungsermächtigung zugewiesen",
                        "assigned as commitment authority",
                    ),
                    authority,
                ));
            }
        }
        Ok(())
    }

    /// Whether there is no block to lift, neither of the whole nor of a part.
    fn lifts_nothing(&self) -> bool {
        self.blocked == 0 && self.state != Some(State::Blocked)
    }

    fn not_allowed(&self, from: State, field: &'static str, what: &str) -> Broken {
        let allowed = self.allowed();
        let list = if allowed.is_empty() {
            "–".to_owned()
        } else {
            allowed.join(", ")
        };
        Broken {
            code: "step_not_allowed",
            field,
            de: format!("Im Stand „{from}“ ist „{what}“ nicht zulässig; zulässig: {list}"),
            en: format!("In the state `{from}`, `{what}` is not allowed; allowed: {list}"),
        }
    }
}

fn not_submitted(field: &'static str) -> Broken {
    Broken {
        code: "request_not_submitted",
        field,
        de: "Der Antrag ist an diesem Tag noch nicht gestellt".to_owned(),
        en: "The request is not submitted on this day".to_owned(),
    }
}

fn over(
    code: &'static str,
    field: &'static str,
    what: (&str, &str),
    amount: i128,
    limit: (&str, &str),
    most: i128,
) -> Broken {
    Broken {
        code,
        field,
        de: format!(
            "{} wären {}, {} sind {}",
            capital(what.0),
            euro(amount),
            limit.0,
            euro(most)
        ),
        en: format!(
            "{} would be {}, {} is {}",
            capital(what.1),
            euro(amount),
            limit.1,
            euro(most)
        ),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
