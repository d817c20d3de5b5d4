//! Colours computed from what is recorded of a measure, beside those reported (dossier 5.1).

use leitstand_domain::tables::Colour;

use super::super::{
    milestones::Milestones,
    programme::{Programme, Threshold},
    risks::Risks,
};
use crate::{Name, answer::Evidence};

/// A computed colour with its reason.
pub(super) struct Computed {
    pub(super) colour: Option<Colour>,
    pub(super) reason: String,
    pub(super) evidence: Evidence,
}

/// Colour of a number of days or points against a threshold.
fn against(value: i64, threshold: &Threshold) -> Colour {
    let value = rust_decimal::Decimal::from(value);
    if value > threshold.red {
        Colour::Red
    } else if value > threshold.amber {
        Colour::Amber
    } else {
        Colour::Green
    }
}

/// From the measure's milestones.
pub(super) fn schedule(
    programme: &Programme<'_>,
    milestones: &Milestones<'_>,
    measure: Name,
) -> Computed {
    let mut evidence = Evidence::default();
    let own: Vec<_> = milestones
        .of(measure)
        .filter_map(|it| Some((it.slip()?, it)))
        .collect();
    let open = own
        .iter()
        .filter(|(_, it)| it.reached.is_none())
        .map(|(slip, _)| *slip)
        .max();
    let last = own
        .iter()
        .max_by_key(|(_, it)| it.baseline)
        .map(|(slip, _)| *slip);
    let Some(slip) = open.or(last) else {
        return Computed {
            colour: None,
            reason: "kein Meilenstein mit Prognose oder Ist-Termin".to_owned(),
            evidence,
        };
    };
    let threshold = programme.threshold("slip_days", "schedule", (14, 42));
    for (_, milestone) in &own {
        evidence.extend(&milestone.evidence(programme.view));
    }
    evidence.add("thresholds", threshold.positions.iter().copied());
    let which = if open.is_some() {
        "schlechtester offener"
    } else {
        "letzter"
    };
    Computed {
        colour: Some(against(i64::from(slip), &threshold)),
        reason: format!("{which} Meilenstein: {slip} Tage Verzug"),
        evidence,
    }
}

/// From the measure's own risks.
pub(super) fn risk(programme: &Programme<'_>, risks: &Risks<'_>, measure: Name) -> Computed {
    let mut evidence = Evidence::default();
    let own: Vec<_> = risks
        .of(measure)
        .filter_map(|it| Some((it.score()?, it)))
        .collect();
    let Some(score) = own.iter().map(|(score, _)| *score).max() else {
        return Computed {
            colour: None,
            reason: "kein eigenes bewertetes Risiko".to_owned(),
            evidence,
        };
    };
    let threshold = programme.threshold("score", "risks", (9, 14));
    for (_, risk) in &own {
        evidence.extend(&risk.evidence(programme.view));
    }
    evidence.add("thresholds", threshold.positions.iter().copied());
    let unowned = own
        .iter()
        .any(|(score, it)| *score >= 10 && it.risk.row().owner.is_none());
    let colour = if unowned {
        Colour::Red
    } else {
        against(i64::from(score), &threshold)
    };
    let reason = if unowned {
        "ein hohes Risiko hat keinen Eigner"
    } else {
        "höchste Punktzahl der eigenen Risiken"
    };
    Computed {
        colour: Some(colour),
        reason: format!("{reason}: {score}"),
        evidence,
    }
}
