//! Under-spending: what has flowed out of a measure's grants, against what was planned to.

use leitstand_domain::cell::decimal;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    super::{money::Request, programme::Programme, stated},
    computed::{Computed, against},
};
use crate::{
    answer::{Evidence, ground::input},
    facts::cents,
    present,
};

/// Planned outflow less actual outflow in points of a hundred (dossier 5.1, Budget under): what of the pots' budgets
/// was planned to have flowed out by the reporting date, by the grants from them, against what was spent of these.
/// `None` where no pot of a grant has a plan.
pub(super) fn under(programme: &Programme<'_>, requests: &[Request<'_>]) -> Option<Computed> {
    let mut evidence = Evidence::default();
    let (mut planned, mut granted, mut spent) = (Decimal::ZERO, 0, 0);
    for request in requests {
        let Some(pot) = request.pot else { continue };
        let (grant, budget) = (
            request.fold.granted - request.freed(),
            cents(pot.row().amount),
        );
        let plan = stated::planned(programme, pot.row().id, &mut evidence);
        let Some(plan) = plan.filter(|_| grant > 0 && budget > 0) else {
            continue;
        };
        evidence.extend(&request.evidence(programme.view));
        let of_budget = whole(plan)?.checked_div(whole(budget)?)?;
        planned += of_budget.checked_mul(whole(grant)?)?;
        granted += grant;
        spent += request.fold.spent();
    }
    let percent = |part: Decimal| -> Option<Decimal> {
        let rate = part.checked_div(whole(granted)?)?;
        let percent = rate.checked_mul(Decimal::ONE_HUNDRED)?;
        Some(percent.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    };
    let (planned, actual) = (percent(planned)?, percent(whole(spent)?)?);
    let threshold = programme.threshold("under_points", "budget", (10, 25));
    let under = planned - actual;
    Some(Computed {
        colour: Some(against(under, &threshold)),
        reason: format!(
            "Soll-Abfluss {planned:.2} %, Mittelabfluss {actual:.2} % von {}",
            decimal(granted)
        ),
        evidence,
        inputs: vec![
            input("planned_outflow_percent", format!("{planned:.2}")),
            input("outflow_percent", format!("{actual:.2}")),
            input("granted_with_planned_outflow", present::amount(granted)),
            input("under_points", format!("{under:.2}")),
        ],
        thresholds: vec![threshold],
    })
}

fn whole(cents: i128) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(cents, 0).ok()
}
