//! Colours computed from what is recorded of a measure, beside those reported (dossier 5.1).

use leitstand_domain::tables::Colour;
use rust_decimal::Decimal;

use super::super::{
    milestones::{Milestones, Standing as Milestone},
    programme::Programme,
    risks::{Risks, Standing as Risk},
};
use crate::{
    Name,
    answer::{
        Evidence,
        ground::{self, Terms, Threshold, input},
    },
};

/// A computed colour with its reason, what it was computed from and judged by.
#[derive(Default)]
pub(super) struct Computed {
    pub(super) colour: Option<Colour>,
    pub(super) reason: String,
    pub(super) evidence: Evidence,
    pub(super) inputs: Terms,
    pub(super) thresholds: Vec<Threshold>,
}

/// Colour of a number of days, points or percent against a threshold.
pub(super) fn against(value: impl Into<Decimal>, threshold: &Threshold) -> Colour {
    let value = value.into();
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
    let id = |it: &Milestone<'_>| programme.text(it.planned.row().id);
    let own: Vec<_> = milestones
        .of(measure)
        .filter_map(|it| Some((it.slip()?, it)))
        .collect();
    let without_slip = milestones.of(measure).filter(|it| it.slip().is_none());
    let not_counted = ground::rows("not_counted", without_slip.map(id));
    let open = || own.iter().filter(|(_, it)| it.reached.is_none());
    let worst = open().max_by_key(|(slip, _)| *slip);
    let last = own.iter().max_by_key(|(_, it)| it.baseline);
    let Some((slip, judged)) = worst.or(last) else {
        return Computed {
            reason: "kein Meilenstein mit Prognose oder Ist-Termin".to_owned(),
            inputs: vec![not_counted],
            ..Computed::default()
        };
    };
    let among = open().map(|(slip, it)| input(id(it), *slip));
    let mut inputs: Terms = among.collect();
    if worst.is_none() {
        inputs.push(input(id(judged), *slip));
    }
    inputs.push(not_counted);
    let threshold = programme.threshold("slip_days", "schedule", (14, 42));
    let mut evidence = Evidence::default();
    for (_, milestone) in &own {
        evidence.extend(&milestone.evidence(programme.view));
    }
    let which = if worst.is_some() {
        "schlechtester offener"
    } else {
        "letzter"
    };
    Computed {
        colour: Some(against(*slip, &threshold)),
        reason: format!("{which} Meilenstein: {slip} Tage Verzug"),
        evidence,
        inputs,
        thresholds: vec![threshold],
    }
}

/// From the measure's own risks.
pub(super) fn risk(programme: &Programme<'_>, risks: &Risks<'_>, measure: Name) -> Computed {
    let own: Vec<_> = risks
        .of(measure)
        .filter_map(|it| Some((it.score()?, it)))
        .collect();
    let id = |it: &Risk<'_>| programme.text(it.risk.row().id);
    let unassessed = risks.of(measure).filter(|it| it.score().is_none());
    let not_counted = ground::rows("not_counted", unassessed.map(id));
    let Some(score) = own.iter().map(|(score, _)| *score).max() else {
        return Computed {
            reason: "kein eigenes bewertetes Risiko".to_owned(),
            inputs: vec![not_counted],
            ..Computed::default()
        };
    };
    let threshold = programme.threshold("score", "risks", (9, 14));
    let mut evidence = Evidence::default();
    for (_, risk) in &own {
        evidence.extend(&risk.evidence(programme.view));
    }
    let unowned: Vec<&str> = own
        .iter()
        .filter(|(score, it)| *score >= 10 && it.risk.row().owner.is_none())
        .map(|(_, it)| id(it))
        .collect();
    let (colour, reason) = if unowned.is_empty() {
        (
            against(score, &threshold),
            "höchste Punktzahl der eigenen Risiken",
        )
    } else {
        (Colour::Red, "ein hohes Risiko hat keinen Eigner")
    };
    let scores = own.iter().map(|(score, it)| input(id(it), *score));
    let others = [ground::rows("high_without_owner", unowned), not_counted];
    let inputs = scores.chain(others).collect();
    Computed {
        colour: Some(colour),
        reason: format!("{reason}: {score}"),
        evidence,
        inputs,
        thresholds: vec![threshold],
    }
}
