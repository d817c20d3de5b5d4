//! # Risks
//!
//! ## What it says
//! The risk register: each open risk's score, level, expected value, movement and rank.
//!
//! ## Formula
//! score = probability × impact; levels 1–4 low, 5–9 medium, 10–14 high, 15–25 critical. Expected value =
//! mid-probability (5, 20, 40, 65, 90 %) × cost impact (dossier 5.2), half up to the cent where it is shown; sums and
//! ranks are of the exact values. Ranking by score, then expected value, then id.
//!
//! ## Facts
//! `risks`, `risk_assessments`, `risk_actions`, `risk_closures`.
//!
//! ## Beware
//! A closed risk has no row and counts nowhere; one that happened is named in `occurred` with the impediment it
//! became. A risk never assessed has no score; it ranks last and counts in no level.

mod grounds;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use leitstand_domain::tables::{AssessmentKind, ClosureOutcome};
use serde_json::{Value, json};

use self::grounds::grounds;
use super::{duties::wording, programme::Programme};
use crate::{
    Ask, Facts, Filter, Name, View,
    answer::{
        AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields,
        ground::{Summary, input},
    },
    facts::{ActionFact, AssessmentFact, Fact, RiskFact, cents},
    frame, present,
};

pub(super) const KIND: Kind = Kind {
    name: "risks",
    title: "Risiken",
    id: "id",
    fields: &[
        field("id", "Kennung des Risikos", &[], &["risks"]),
        field("subject", "Säule, Programm oder Maßnahme", &[], &["risks"]),
        field("pillar", "Säule des Gegenstands", &["subject"], &["risks"]),
        field("category", "Kategorie", &[], &["risks"]),
        field("title", "Titel", &[], &["risks"]),
        field(
            "probability",
            "Eintrittswahrscheinlichkeit der letzten Bewertung, 1 bis 5",
            &[],
            &["risk_assessments.current"],
        ),
        field(
            "impact",
            "Auswirkung der letzten Bewertung, 1 bis 5",
            &[],
            &["risk_assessments.current"],
        ),
        field(
            "score",
            "score = probability × impact",
            &["probability", "impact"],
            &["risk_assessments.current"],
        ),
        field(
            "level",
            "1–4 gering (low), 5–9 mittel (medium), 10–14 hoch (high), 15–25 kritisch (critical)",
            &["score"],
            &["risk_assessments.current"],
        ),
        field(
            "inherent",
            "probability × impact vor Maßnahmen",
            &[],
            &["risk_assessments.inherent"],
        ),
        field(
            "residual",
            "probability × impact nach Maßnahmen",
            &[],
            &["risk_assessments.residual"],
        ),
        field(
            "cost_impact",
            "Schadenshöhe der letzten Bewertung, die eine nennt, sonst die des Risikos",
            &[],
            &["risks", "risk_assessments.current"],
        ),
        field(
            "expected_value",
            "expected_value = mittlere Wahrscheinlichkeit (5, 20, 40, 65, 90 %) × cost_impact, kaufmännisch gerundet",
            &["probability", "cost_impact"],
            &["risks", "risk_assessments.current"],
        ),
        field("response", "Strategie", &[], &["risks"]),
        field("owner", "Eigner", &[], &["risks"]),
        field(
            "actions",
            "Gegenmaßnahmen, wie sie am Stichtag stehen",
            &[],
            &["risk_actions"],
        ),
        field(
            "movement",
            "Punktzahl verglichen mit der Bewertung davor",
            &["score"],
            &["risk_assessments.current"],
        ),
        field(
            "last_assessed",
            "Tag der letzten Bewertung",
            &[],
            &["risk_assessments.current"],
        ),
        field(
            "review_overdue",
            "last_assessed (sonst identified_on) + review_days (90, wenn nicht angegeben) liegt vor dem Stichtag",
            &[],
            &["risks", "risk_assessments.current"],
        ),
        field(
            "rank",
            "Rang nach score, dann expected_value vor dem Runden, dann Kennung",
            &["score", "expected_value"],
            &["risks", "risk_assessments.current"],
        ),
    ],
    ask,
};

/// Mid-probabilities of the five levels in percent (dossier 5.2).
const MIDDLE: [i64; 5] = [5, 20, 40, 65, 90];

/// A risk as it stands.
pub(super) struct Standing<'a> {
    pub risk: Fact<'a, RiskFact>,
    /// Current assessments in order.
    current: Vec<Fact<'a, AssessmentFact>>,
    inherent: Option<Fact<'a, AssessmentFact>>,
    residual: Option<Fact<'a, AssessmentFact>>,
    /// What is done about it, by name.
    actions: Vec<Fact<'a, ActionFact>>,
}

/// All risks, findable by subject.
pub(super) struct Risks<'a> {
    all: Vec<Standing<'a>>,
    by_subject: HashMap<Name, Vec<usize>>,
}

impl<'a> Risks<'a> {
    pub(super) fn new(facts: &'a Facts, view: &'a View) -> Self {
        let all: Vec<Standing<'a>> = facts
            .risks
            .holders()
            .into_iter()
            .filter(|id| facts.closures.of(*id, view).next().is_none())
            .filter_map(|id| standing(facts, view, id))
            .collect();
        let mut by_subject: HashMap<Name, Vec<usize>> = HashMap::new();
        for (at, it) in all.iter().enumerate() {
            by_subject
                .entry(it.risk.row().subject)
                .or_default()
                .push(at);
        }
        Self { all, by_subject }
    }

    pub(super) fn of(&self, subject: Name) -> impl Iterator<Item = &Standing<'a>> {
        self.by_subject
            .get(&subject)
            .into_iter()
            .flatten()
            .map(|at| &self.all[*at])
    }
}

fn standing<'a>(facts: &'a Facts, view: &'a View, id: Name) -> Option<Standing<'a>> {
    let risk = facts.risks.latest(id, view)?;
    let mut assessments: Vec<_> = facts.assessments.of(id, view).collect();
    assessments.sort_by_key(Fact::order);
    let last = |kind| {
        assessments
            .iter()
            .rev()
            .find(|it| it.row().kind == Some(kind))
            .copied()
    };
    let (inherent, residual) = (
        last(AssessmentKind::Inherent),
        last(AssessmentKind::Residual),
    );
    assessments.retain(|it| it.row().kind.is_none_or(|it| it == AssessmentKind::Current));
    Some(Standing {
        risk,
        current: assessments,
        inherent,
        residual,
        actions: actions(facts, view, id),
    })
}

/// The state of each action that holds.
fn actions<'a>(facts: &'a Facts, view: &'a View, risk: Name) -> Vec<Fact<'a, ActionFact>> {
    let mut latest: BTreeMap<&str, Fact<'a, ActionFact>> = BTreeMap::new();
    for action in facts.actions.of(risk, view) {
        let holds = latest
            .entry(facts.names.text(action.row().id))
            .or_insert(action);
        if holds.order() < action.order() {
            *holds = action;
        }
    }
    latest.into_values().collect()
}

/// The form of an action; its wording is sealed, and `erased` where the key is gone.
fn told(programme: &Programme<'_>, action: Fact<'_, ActionFact>) -> Value {
    let row = action.row();
    json!({
        "id": programme.text(row.id),
        "action": wording(programme, action),
        "state": row.state,
        "due": row.due.map(|it| it.to_string()),
        "owner": row.owner.map(|it| programme.text(it)),
        "cost": row.cost.map(cents).map(present::amount),
    })
}

/// Risks that happened by the reporting date, with the impediment they became.
fn occurred(programme: &Programme<'_>, filter: &Filter) -> Vec<Value> {
    let (facts, view) = (programme.facts, programme.view);
    let mut happened: Vec<(&str, Value)> = facts
        .closures
        .holders()
        .into_iter()
        .filter_map(|id| facts.closures.latest(id, view))
        .filter(|it| it.row().outcome == ClosureOutcome::Occurred)
        .filter(|it| {
            let risk = facts.risks.latest(it.row().risk, view);
            risk.is_some_and(|it| programme.passes(it.row().subject, filter))
        })
        .map(|it| {
            let risk = programme.text(it.row().risk);
            let impediment = it.row().impediment.map(|it| programme.text(it));
            let date = it.effective().to_string();
            (
                risk,
                json!({ "risk": risk, "impediment": impediment, "date": date }),
            )
        })
        .collect();
    happened.sort_unstable_by_key(|(risk, _)| *risk);
    happened.into_iter().map(|(_, told)| told).collect()
}

fn score_of(fact: &Fact<'_, AssessmentFact>) -> u32 {
    fact.row().probability.get() * fact.row().impact.get()
}

impl Standing<'_> {
    pub(super) fn score(&self) -> Option<u32> {
        self.current.last().map(score_of)
    }

    fn level(&self) -> &'static str {
        match self.score() {
            None => "none",
            Some(0..=4) => "low",
            Some(5..=9) => "medium",
            Some(10..=14) => "high",
            Some(_) => "critical",
        }
    }

    fn cost_impact(&self) -> Option<i128> {
        let assessed = self
            .current
            .iter()
            .rev()
            .find_map(|it| it.row().cost_impact);
        assessed.or(self.risk.row().cost_impact).map(cents)
    }

    /// Exact, in hundredths of a cent: what is rounded here would be rounded again in the sum.
    fn expected_value(&self) -> Option<i128> {
        let probability = self.current.last()?.row().probability.get();
        let percent = MIDDLE.get(usize::try_from(probability).ok()?.checked_sub(1)?)?;
        Some(self.cost_impact()? * i128::from(*percent))
    }

    fn movement(&self) -> Option<&'static str> {
        match self.current.as_slice() {
            [] => None,
            [_] => Some("new"),
            [.., before, now] => Some(match score_of(now).cmp(&score_of(before)) {
                std::cmp::Ordering::Greater => "rising",
                std::cmp::Ordering::Less => "falling",
                std::cmp::Ordering::Equal => "steady",
            }),
        }
    }

    /// Whether a review is overdue; tells by what.
    fn review_overdue(&self, view: &View, evidence: &mut Evidence) -> bool {
        let (since, last) = self.current.last().map_or_else(
            || ("identified_on", self.risk.row().identified_on),
            |it| ("last_assessed", it.effective()),
        );
        let days = self
            .risk
            .row()
            .review_days
            .map_or(90, |it| i32::try_from(it.get()).unwrap_or(i32::MAX));
        let inputs = vec![input(since, last.to_string()), input("review_days", days)];
        evidence.ground("review_overdue", inputs, &[]);
        last.plus(days) < view.as_of
    }

    pub(super) fn evidence(&self, view: &View) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.add("risks", self.risk.positions(view));
        for (kind, facts) in [
            ("risk_assessments.current", self.current.as_slice()),
            ("risk_assessments.inherent", self.inherent.as_slice()),
            ("risk_assessments.residual", self.residual.as_slice()),
        ] {
            for fact in facts {
                evidence.add(kind, fact.positions(view));
            }
        }
        for action in &self.actions {
            evidence.add("risk_actions", action.positions(view));
        }
        evidence
    }
}

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let mut risks = Risks::new(facts, &ask.view).all;
    risks.retain(|it| programme.passes(it.risk.row().subject, &ask.filter));
    risks.sort_by_cached_key(|it| {
        let id = programme.text(it.risk.row().id).to_owned();
        (Reverse(it.score()), Reverse(it.expected_value()), id)
    });
    let summary = summary(&programme, &risks, &ask.filter)?;
    let ranked: Vec<(usize, Standing<'a>)> = (1..).zip(risks).collect();
    Ok(Output::new(
        ranked,
        |(_, it)| facts.names.text(it.risk.row().id).to_owned(),
        move |(rank, it)| write(&programme, *rank, it),
        summary,
    ))
}

fn summary(
    programme: &Programme<'_>,
    risks: &[Standing<'_>],
    filter: &Filter,
) -> Result<Summary, NoAnswer> {
    let assessed: Vec<&Standing<'_>> = risks.iter().filter(|it| it.score().is_some()).collect();
    let levels = frame::counts(assessed.iter().map(|it| it.level().to_owned()).collect())?;
    let cells = assessed
        .iter()
        .filter_map(|it| it.current.last())
        .map(Fact::row);
    let matrix = frame::counts(
        cells
            .map(|it| format!("P{}I{}", it.probability, it.impact))
            .collect(),
    )?;
    let values = assessed
        .iter()
        .map(|it| it.expected_value().unwrap_or_default())
        .collect();
    let exposure = frame::sums(assessed.iter().map(|_| ()), &[values])?;
    let id = |it: &Standing<'_>| programme.text(it.risk.row().id);
    let top: Vec<&str> = risks.iter().take(5).map(id).collect();
    let grounds = grounds(risks, &assessed, id);
    let level = |name: &str| json!(levels.get(name).copied().unwrap_or_default());
    let figures = fields([
        (
            "exposure",
            present::amount_of_hundredths(exposure.get(&()).map_or(0, |it| it[0])),
        ),
        (
            "levels",
            json!({ "critical": level("critical"), "high": level("high"), "medium": level("medium"), "low": level("low") }),
        ),
        ("matrix", json!(matrix)),
        ("top", json!(top)),
        ("occurred", json!(occurred(programme, filter))),
    ]);
    Ok(Summary { figures, grounds })
}

fn write(programme: &Programme<'_>, rank: usize, it: &Standing<'_>) -> AnswerRow {
    let row = it.risk.row();
    let never = || present::undefined("not assessed");
    let last = it.current.last().map(Fact::row);
    let score =
        |fact: Option<Fact<'_, AssessmentFact>>| fact.map_or_else(never, |it| json!(score_of(&it)));
    let mut evidence = it.evidence(programme.view);
    let review_overdue = it.review_overdue(programme.view, &mut evidence);
    let scores: Vec<u32> = it.current.iter().rev().map(score_of).collect();
    let compared = ["score", "score_before"].into_iter().zip(scores);
    let compared = compared.map(|(name, it)| input(name, it)).collect();
    evidence.ground("movement", compared, &[]);
    for (kind, fact) in [("inherent", it.inherent), ("residual", it.residual)] {
        if let Some(row) = fact.as_ref().map(Fact::row) {
            let both = [("probability", row.probability), ("impact", row.impact)];
            let both = both.map(|(name, it)| input(name, it.get()));
            evidence.ground(kind, both.into(), &[]);
        }
    }
    AnswerRow {
        id: programme.text(row.id).to_owned(),
        fields: fields([
            ("id", json!(programme.text(row.id))),
            ("subject", json!(programme.text(row.subject))),
            ("pillar", json!(programme.known_pillar(row.subject))),
            ("category", json!(programme.text(row.category))),
            ("title", json!(programme.text(row.title))),
            (
                "probability",
                last.map_or_else(never, |it| json!(it.probability)),
            ),
            ("impact", last.map_or_else(never, |it| json!(it.impact))),
            ("score", it.score().map_or_else(never, |it| json!(it))),
            ("level", json!(it.level())),
            ("inherent", score(it.inherent)),
            ("residual", score(it.residual)),
            (
                "cost_impact",
                it.cost_impact().map_or_else(
                    || present::undefined("no cost impact stated"),
                    present::amount,
                ),
            ),
            (
                "expected_value",
                it.expected_value().map_or_else(
                    || present::undefined("not assessed or no cost impact stated"),
                    present::amount_of_hundredths,
                ),
            ),
            ("response", json!(row.response)),
            ("owner", json!(row.owner.map(|it| programme.text(it)))),
            (
                "actions",
                it.actions.iter().map(|it| told(programme, *it)).collect(),
            ),
            ("movement", json!(it.movement())),
            (
                "last_assessed",
                json!(it.current.last().map(|it| it.effective().to_string())),
            ),
            ("review_overdue", json!(review_overdue)),
            ("rank", json!(rank)),
        ]),
        evidence,
    }
}
