//! # Requests
//!
//! ## What it says
//! Each request for money: where it stands, what was asked, resolved, granted and done with it.
//!
//! ## Formula
//! `granted` counts from the `granted` step, with the resolved amount. `cut` = requested − `resolved`.
//! `days_to_decision` = first resolution or rejection − submitted on. `committed` = Σ commitments − Σ releases
//! plus expenses that settle none. `paid_out` = calls (mode `call`) or expenses (`direct`); `with_recipients` =
//! paid out − spent. `freed` = granted − committed of waived and revoked requests.
//!
//! ## Facts
//! `requests`, `request_items`, `request_steps`, `bookings`, `pots`, closings.
//!
//! ## Beware
//! A request that was waived goes on by itself to `proof_due` or `closed`. What was refunded and spent anew stays
//! committed twice (ADR 0010): `freed` may then be below 0.

use std::sync::Arc;

use leitstand_domain::tables::Step;
use serde_json::{Map, Value, json};

use super::{
    money::{Request, YEAR_CLOSED, stated},
    programme::Programme,
};
use crate::{
    Ask, Facts,
    answer::{
        AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields,
        ground::{self, Summary},
    },
    facts::cents,
    frame, present,
};

/// What is spent rests on; the closings decide which refunds lower it, of carried money those of the other pot.
const SPENT: &[&str] = &[
    "bookings.expense",
    "bookings.refund",
    "carry_overs",
    YEAR_CLOSED,
];
const REST: &[&str] = &["pots", "bookings", "carry_overs", YEAR_CLOSED];

pub(super) const KIND: Kind = Kind {
    name: "requests",
    title: "Anträge",
    id: "id",
    fields: &[
        field("id", "Kennung des Antrags", &[], &["requests"]),
        field("subject", "wofür das Geld ist", &[], &["requests"]),
        field(
            "pillar",
            "Säule des Gegenstands",
            &["subject"],
            &["requests"],
        ),
        field("applicant", "antragstellende Stelle", &[], &["requests"]),
        field("pot", "Topf", &[], &["requests"]),
        field(
            "kind",
            "Erstantrag, Mehrbedarf oder Umwidmung",
            &[],
            &["requests"],
        ),
        field(
            "supplements",
            "der Antrag, dessen Mehrbedarf dieser ist",
            &["kind"],
            &["requests"],
        ),
        field("requested", "beantragter Betrag", &[], &["requests"]),
        field(
            "granted",
            "granted = resolved, ab dem Schritt granted, vorher 0,00",
            &["resolved"],
            &["request_steps.resolved", "request_steps.granted"],
        ),
        field(
            "state",
            "Stand nach dem letzten Schritt",
            &["trail"],
            &["requests", "request_steps", "bookings"],
        ),
        field("submitted_on", "Tag des Antrags", &[], &["requests"]),
        field(
            "decided_on",
            "Tag des ersten Beschlusses oder der Ablehnung",
            &["trail"],
            &["request_steps.resolved", "request_steps.rejected"],
        ),
        field(
            "days_to_decision",
            "days_to_decision = decided_on − submitted_on",
            &["decided_on", "submitted_on"],
            &[
                "requests",
                "request_steps.resolved",
                "request_steps.rejected",
            ],
        ),
        field(
            "deferrals",
            "Zahl der Vertagungen",
            &["trail"],
            &["request_steps.deferred"],
        ),
        field(
            "cut",
            "cut = requested − resolved",
            &["requested", "resolved"],
            &["requests", "request_steps.resolved"],
        ),
        field(
            "freed",
            "freed = granted − committed, wo verzichtet oder widerrufen wurde, sonst 0,00",
            &["granted", "committed"],
            &[
                "request_steps.ended",
                "request_steps.granted",
                "bookings.commitment",
                "bookings.expense",
            ],
        ),
        field(
            "blocked",
            "Σ Sperren − Σ Entsperrungen, die ganze Sperre mit dem bewilligten Betrag",
            &[],
            &["request_steps.blocked"],
        ),
        field("allocated", "Σ Zuweisungen", &[], &["bookings.allocation"]),
        field("called", "Σ Abrufe", &[], &["bookings.call"]),
        field(
            "committed",
            "committed = Σ Bindungen − Σ Entbindungen + Ausgaben, die keine Bindung erfüllen (settles_none), für das Haushaltsjahr des Topfes",
            &[],
            &["pots", "bookings.commitment", "bookings.expense"],
        ),
        field(
            "spent",
            "spent = Σ Ausgaben − Σ Rückflüsse + repaid: was nach dem Abschluss des Jahres zurückfließt, senkt spent nicht mehr",
            &[],
            SPENT,
        ),
        field(
            "paid_out",
            "Σ Abrufe (Verfahren call) oder Ausgaben (direct)",
            &[],
            &["pots", "bookings.call", "bookings.expense"],
        ),
        field(
            "with_recipients",
            "with_recipients = paid_out − spent",
            &["paid_out", "spent"],
            REST,
        ),
        field(
            "unspent_called",
            "unspent_called = paid_out − spent",
            &["paid_out", "spent"],
            REST,
        ),
        field(
            "commitment_authority",
            "Σ Verpflichtungsermächtigungen für spätere Jahre",
            &[],
            &["bookings.authority"],
        ),
        field(
            "conditions",
            "Auflagen der Beschlüsse mit Frist und Stand",
            &[],
            &["request_steps.resolved", "request_steps.condition_met"],
        ),
        field(
            "proof_due",
            "angegebene Frist, sonst sechs Monate nach Ende des Zwecks; Verzicht und Widerruf beenden ihn an ihrem Tag, wenn Geld verausgabt war",
            &["state"],
            &["request_steps.purpose_fulfilled", "request_steps.ended"],
        ),
        field(
            "repaid",
            "Σ Rückflüsse, nachdem das Haushaltsjahr des Topfes geschlossen war",
            &[],
            &["bookings.refund", "carry_overs", YEAR_CLOSED],
        ),
        field(
            "items",
            "Teile des Antrags je Haushaltsjahr und Kostenart",
            &[],
            &["request_items"],
        ),
        field(
            "trail",
            "die Schritte in ihrer Folge",
            &[],
            &["request_steps"],
        ),
        field(
            "resolved",
            "beschlossener Betrag",
            &[],
            &["request_steps.resolved"],
        ),
    ],
    ask,
};

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let rows = Request::all(&programme, &ask.filter);
    let summary = summary(&programme, &rows)?;
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.fact.row().id).to_owned(),
        move |it| write(&programme, it),
        summary,
    ))
}

fn summary(programme: &Programme<'_>, rows: &[Arc<Request<'_>>]) -> Result<Summary, NoAnswer> {
    let id = |it: &Arc<Request<'_>>| programme.text(it.fact.row().id);
    let decided = |it: &&Arc<Request<'_>>| it.decision().is_some();
    let granted_in = |it: &Request<'_>| it.fold.granted > 0;
    let is_decided = rows.iter().map(|it| it.decision().is_some());
    let figures = [
        rows.iter().map(|it| it.fold.requested).collect(),
        rows.iter().map(|it| it.fold.granted).collect(),
    ];
    let sums = frame::sums(is_decided, &figures)?;
    let of = |decided: bool| sums.get(&decided).copied().unwrap_or_default();
    let [asked_decided, granted_decided] = of(true);
    let [asked_open, granted_open] = of(false);
    let days: Vec<(&str, i64)> = rows
        .iter()
        .filter_map(|it| Some((id(it), days_to_decision(it)?.into())))
        .collect();
    let mut grounds = Evidence::default();
    grounds.ground(
        "count",
        vec![ground::rows("counted", rows.iter().map(id))],
        &[],
    );
    let median_of = ground::values(days.iter().copied());
    grounds.ground("median_days_to_decision", median_of, &[]);
    let number = |count: usize| i128::try_from(count).unwrap_or_default();
    let none = "no request is decided";
    let all: Vec<(&str, &str)> = rows.iter().map(|it| (it.outcome(), id(it))).collect();
    let mut outcomes: Map<String, Value> = Map::new();
    for outcome in [
        "full",
        "partial",
        "rejected",
        "withdrawn",
        "formally_rejected",
        "open",
    ] {
        let here = all.iter().filter(|it| it.0 == outcome);
        outcomes.insert(outcome.to_owned(), json!(here.clone().count()));
        let which = ground::count("requests", rows.len(), here.map(|it| it.1));
        grounds.ground(format!("by_outcome.{outcome}"), which, &[]);
    }
    let days = days.into_iter().map(|it| it.1).collect();
    let figures = fields([
        ("count", json!(rows.len())),
        ("requested", present::amount(asked_decided + asked_open)),
        ("granted", present::amount(granted_decided + granted_open)),
        (
            "approval_rate_amount",
            present::percent(granted_decided, asked_decided, none),
        ),
        (
            "approval_rate_count",
            present::percent(
                number(rows.iter().filter(|it| granted_in(it)).count()),
                number(rows.iter().filter(decided).count()),
                none,
            ),
        ),
        ("median_days_to_decision", present::median(days, none)),
        ("by_outcome", Value::Object(outcomes)),
    ]);
    Ok(Summary { figures, grounds })
}

fn days_to_decision(it: &Request<'_>) -> Option<i32> {
    it.decision()
        .map(|step| step.effective().since(it.fact.row().submitted_on))
}

fn write(programme: &Programme<'_>, it: &Request<'_>) -> AnswerRow {
    let row = it.fact.row();
    let spent = it.fold.spent();
    let conditions = it.conditions();
    let conditions = conditions.iter().map(|it| it.to_json(programme)).collect();
    let items = it.items.iter().map(|item| {
        let row = item.row();
        json!({
            "fiscal_year": row.fiscal_year,
            "cost_type": row.cost_type,
            "amount": present::amount(cents(row.amount)),
        })
    });
    let items = items.collect();
    let trail: Vec<Value> = it
        .steps
        .iter()
        .map(|step| {
            json!({
                "date": step.effective().to_string(),
                "step": step.row().step,
                "amount": stated(step.row().amount).map(present::amount),
                "sitting": step.row().sitting.map(|it| programme.text(it)),
            })
        })
        .collect();
    AnswerRow {
        id: programme.text(row.id).to_owned(),
        fields: fields([
            ("id", json!(programme.text(row.id))),
            ("subject", json!(programme.text(row.subject))),
            ("pillar", json!(programme.known_pillar(row.subject))),
            ("applicant", json!(programme.text(row.applicant))),
            ("pot", json!(programme.text(row.pot))),
            ("kind", json!(row.kind)),
            (
                "supplements",
                json!(row.supplements.map(|it| programme.text(it))),
            ),
            ("requested", present::amount(it.fold.requested)),
            ("granted", present::amount(it.fold.granted)),
            ("state", json!(it.state())),
            ("submitted_on", json!(row.submitted_on.to_string())),
            (
                "decided_on",
                json!(it.decision().map(|it| it.effective().to_string())),
            ),
            (
                "days_to_decision",
                days_to_decision(it)
                    .map_or_else(|| present::undefined("not decided"), |it| json!(it)),
            ),
            (
                "deferrals",
                json!(
                    it.steps
                        .iter()
                        .filter(|it| it.row().step == Step::Deferred)
                        .count()
                ),
            ),
            (
                "cut",
                it.fold.resolved.map_or_else(
                    || present::undefined("not resolved"),
                    |resolved| present::amount(it.fold.requested - resolved),
                ),
            ),
            ("freed", present::amount(it.freed())),
            ("blocked", present::amount(it.fold.blocked)),
            ("allocated", present::amount(it.fold.allocated)),
            ("called", present::amount(it.fold.called)),
            ("committed", present::amount(it.committed())),
            ("spent", present::amount(spent)),
            ("paid_out", present::amount(it.paid_out())),
            ("with_recipients", present::amount(it.paid_out() - spent)),
            ("unspent_called", present::amount(it.paid_out() - spent)),
            ("commitment_authority", present::amount(it.authority())),
            ("conditions", Value::Array(conditions)),
            ("proof_due", json!(it.proof_due().map(|it| it.to_string()))),
            ("repaid", present::amount(it.fold.repaid)),
            ("items", Value::Array(items)),
            ("trail", Value::Array(trail)),
            (
                "resolved",
                it.fold
                    .resolved
                    .map_or_else(|| present::undefined("not resolved"), present::amount),
            ),
        ]),
        evidence: it.evidence(programme.view),
    }
}
