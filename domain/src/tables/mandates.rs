//! Mandates: work orders a body was given, and how they ended.

use crate::{
    Day, Id, Text,
    cell::codes,
    stream::StreamKind,
    table::{Home, Referable, table},
};

table! {
    /// A body was given a work order.
    "mandates" => "body.mandate_given" v 1 as MandateGiven {
        /// Stable id.
        id: Id = ["Kennung", "Nr."],
        /// The body that is to do it.
        body: Id = ["Gremium"],
        /// What is to be done; sealed.
        title: Text = ["Titel", "Arbeitsauftrag"],
        /// The resolution behind it.
        resolution: Option<Id> = ["Beschluss"],
        /// By when.
        due: Option<Day> = ["Fällig", "Frist"],
        /// When it was given.
        given_on: Day = ["Erteilt am"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("given_on") => |it| Some(it.given_on),
    home: |it| Home::Named(StreamKind::Body, Some(it.body.clone())),
    references: [body is Body],
    is: |it| Some((Referable::Mandate, it.id.clone())),
    check: |_| Ok(()),
}

codes! {
    /// How a mandate ended.
    pub enum MandateStep {
        /// It is done.
        Done = "done",
        /// It was taken back.
        Withdrawn = "withdrawn",
    }
}

table! {
    /// A mandate was done or withdrawn.
    "mandate_steps" => "body.mandate_stepped" v 1 as MandateStepped {
        /// The day.
        date: Day = ["Datum"],
        /// The mandate.
        mandate: Id = ["Arbeitsauftrag", "Auftrag"],
        /// How it ended.
        step: MandateStep = ["Schritt"],
    }
    defines: false, states: false,
    identity: [mandate, step],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Of(Referable::Mandate, it.mandate.clone()),
    references: [mandate is Mandate],
    is: |_| None,
    check: |_| Ok(()),
}
