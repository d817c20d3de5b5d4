//! Impediments: what already hinders, and who was asked to help.

use crate::{
    Day, Id, Refusal,
    cell::codes,
    stream::StreamKind,
    table::{Home, Referable, table},
};

table! {
    /// An impediment was reported.
    "impediments" => "impediment.reported" v 1 as ImpedimentReported {
        /// Stable id.
        id: Id = ["Kennung", "Nr."],
        /// A measure, a pillar or the programme.
        subject: Id = ["Gegenstand", "Maßnahme"],
        /// Title; names no person.
        title: Id = ["Titel", "Hindernis"],
        /// When it was reported.
        reported_on: Day = ["Gemeldet am"],
        /// By when it should be gone.
        due: Option<Day> = ["Fällig"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("reported_on") => |it| Some(it.reported_on),
    home: |it| Home::Named(StreamKind::Impediment, Some(it.id.clone())),
    references: [subject is Subject],
    is: |it| Some((Referable::Impediment, it.id.clone())),
    check: |_| Ok(()),
}

codes! {
    /// What happened to an impediment.
    pub enum ImpedimentStep {
        /// Put before a higher body.
        Escalated = "escalated",
        /// Gone.
        Resolved = "resolved",
    }
}

table! {
    /// An impediment was escalated or resolved.
    "impediment_steps" => "impediment.stepped" v 1 as ImpedimentStepped {
        /// The day.
        date: Day = ["Datum"],
        /// The impediment.
        impediment: Id = ["Hindernis"],
        /// What happened.
        step: ImpedimentStep = ["Schritt"],
        /// The body it was escalated to.
        to_body: Option<Id> = ["An Gremium", "Eskaliert an"],
    }
    defines: false, states: false,
    identity: [impediment, date, step],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Named(StreamKind::Impediment, Some(it.impediment.clone())),
    references: [impediment is Impediment, to_body is Body],
    is: |_| None,
    check: |it| if it.step == ImpedimentStep::Escalated && it.to_body.is_none() {
        Err(Refusal::new(
            "missing_cell",
            "to_body",
            "Eine Eskalation nennt das Gremium („to_body“)",
            "An escalation names the body (`to_body`)",
        ))
    } else {
        Ok(())
    },
}
