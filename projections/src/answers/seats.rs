//! # Seats
//!
//! ## What it says
//! Which seats the bodies have on the reporting date, and whether they are filled.
//!
//! ## Formula
//! `filled_percent` = seats that are named / all seats.
//!
//! ## Facts
//! `seats`.
//!
//! ## Beware
//! A seat whose last day is before the reporting date is gone. A stand-in (`placeholder`) fills no seat.

use leitstand_domain::tables::SeatState;
use serde_json::{Map, Value, json};

use super::programme::Programme;
use crate::{
    Ask, Facts,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{Fact, SeatFact},
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "seats",
    title: "Sitze und Besetzung",
    id: "id",
    fields: &[
        field("id", "Kennung des Sitzes", &[], &["seats"]),
        field("body", "Gremium", &[], &["seats"]),
        field("role", "Rolle, die der Sitz hat", &[], &["seats"]),
        field("level", "Ebene", &[], &["seats"]),
        field(
            "state",
            "named: besetzt; placeholder: Platzhalter; vacant: unbesetzt",
            &[],
            &["seats"],
        ),
        field("from", "erster Tag dieses Standes", &[], &["seats"]),
        field(
            "until",
            "letzter Tag, wo einer angegeben ist",
            &[],
            &["seats"],
        ),
    ],
    ask,
};

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let view = &ask.view;
    let programme = Programme::new(facts, view);
    let rows: Vec<Fact<'a, SeatFact>> = facts
        .seats
        .holders()
        .into_iter()
        .filter_map(|id| facts.seats.latest(id, view))
        .filter(|it| it.row().until.is_none_or(|until| until >= view.as_of))
        .filter(|it| programme.passes(it.row().body, &ask.filter))
        .collect();
    let summary = summary(&rows);
    Ok(Output::new(
        rows,
        |it| facts.names.text(it.row().id).to_owned(),
        move |it| write(&programme, it),
        summary,
    ))
}

fn state(seat: &SeatFact) -> SeatState {
    seat.state.unwrap_or(SeatState::Named)
}

fn summary(rows: &[Fact<'_, SeatFact>]) -> Map<String, Value> {
    let count = |of: SeatState| rows.iter().filter(|it| state(it.row()) == of).count();
    let number = |count: usize| i128::try_from(count).unwrap_or_default();
    let filled = count(SeatState::Named);
    fields([
        ("seats", json!(rows.len())),
        ("filled", json!(filled)),
        ("placeholder", json!(count(SeatState::Placeholder))),
        ("vacant", json!(count(SeatState::Vacant))),
        (
            "filled_percent",
            present::percent(number(filled), number(rows.len()), "no seat"),
        ),
    ])
}

fn write(programme: &Programme<'_>, fact: &Fact<'_, SeatFact>) -> AnswerRow {
    let seat = fact.row();
    let mut evidence = Evidence::default();
    evidence.add("seats", fact.positions(programme.view));
    AnswerRow {
        id: programme.text(seat.id).to_owned(),
        fields: fields([
            ("id", json!(programme.text(seat.id))),
            ("body", json!(programme.text(seat.body))),
            ("role", json!(programme.text(seat.role))),
            ("level", json!(seat.level.map(|it| programme.text(it)))),
            ("state", json!(state(seat))),
            ("from", json!(seat.from.to_string())),
            ("until", json!(seat.until.map(|it| it.to_string()))),
        ]),
        evidence,
    }
}
