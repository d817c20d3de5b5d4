//! Risks: register, assessments, actions, what drives activities, and closures.

use crate::{
    Amount, Count, Day, Id, Refusal, Text,
    cell::codes,
    stream::StreamKind,
    table::{Home, Referable, table},
};

codes! {
    /// What is done about a risk.
    pub enum Response {
        /// Make it smaller.
        Mitigate = "mitigate",
        /// Bear it.
        Accept = "accept",
        /// Let somebody else bear it.
        Transfer = "transfer",
        /// Keep out of it.
        Avoid = "avoid",
        /// Put it before the next body.
        Escalate = "escalate",
    }
}

table! {
    /// A risk in the register.
    "risks" => "risk.identified" v 1 as RiskIdentified {
        /// Stable id.
        id: Id = ["Kennung", "Nr."],
        /// A pillar, the programme, or a measure.
        subject: Id = ["Gegenstand", "Säule/Maßnahme"],
        /// Category, as in `Technik`.
        category: Id = ["Kategorie"],
        /// Title; names no person.
        title: Id = ["Titel", "Risiko"],
        /// Cause; sealed.
        cause: Option<Text> = ["Ursache"],
        /// Event; sealed.
        event: Option<Text> = ["Ereignis"],
        /// Effect; sealed.
        effect: Option<Text> = ["Wirkung"],
        /// The body that owns it.
        owner: Option<Id> = ["Eigner"],
        /// What is done about it.
        response: Response = ["Strategie"],
        /// What it would cost.
        cost_impact: Option<Amount> = ["Schadenshöhe"],
        /// Days after which it must be assessed again; 90 if not stated.
        review_days: Option<Count> = ["Überprüfung nach Tagen"],
        /// When it was identified.
        identified_on: Day = ["Erfasst am"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("identified_on") => |it| Some(it.identified_on),
    home: |it| Home::Named(StreamKind::Risk, Some(it.id.clone())),
    references: [subject is Subject, owner is Body],
    is: |it| Some((Referable::Risk, it.id.clone())),
    check: |_| Ok(()),
}

codes! {
    /// What an assessment is about.
    pub enum AssessmentKind {
        /// The risk as it is now.
        Current = "current",
        /// Before any action.
        Inherent = "inherent",
        /// After all actions.
        Residual = "residual",
    }
}

table! {
    /// A risk was assessed.
    "risk_assessments" => "risk.assessed" v 1 as RiskAssessed {
        /// The day of the assessment.
        date: Day = ["Datum", "Stichtag"],
        /// The risk.
        risk: Id = ["Risiko"],
        /// Probability, 1 to 5.
        probability: Count = ["Eintrittswahrscheinlichkeit", "Wahrscheinlichkeit"],
        /// Impact, 1 to 5.
        impact: Count = ["Auswirkung", "Schadensausmaß"],
        /// What it would cost, where it changed.
        cost_impact: Option<Amount> = ["Schadenshöhe"],
        /// Days it would delay.
        delay_days: Option<Count> = ["Verzug in Tagen"],
        /// What is assessed; current if not stated.
        kind: Option<AssessmentKind> = ["Art"],
    }
    defines: false, states: false,
    identity: [risk, date, kind],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Named(StreamKind::Risk, Some(it.risk.clone())),
    references: [risk is Risk],
    is: |_| None,
    check: |it| {
        for (field, level) in [("probability", it.probability), ("impact", it.impact)] {
            if !(1..=5).contains(&level.get()) {
                return Err(Refusal::new(
                    "level_out_of_range",
                    field,
                    format!("„{field}“ hat die Stufen 1 bis 5, nicht {level}"),
                    format!("`{field}` has the levels 1 to 5, not {level}"),
                ));
            }
        }
        Ok(())
    },
}

codes! {
    /// How far an action is.
    pub enum ActionState {
        /// Not begun.
        Planned = "planned",
        /// Under way.
        Running = "running",
        /// Done.
        Done = "done",
        /// Given up.
        Dropped = "dropped",
    }
}

table! {
    /// What is done about a risk.
    "risk_actions" => "risk.action_set" v 1 as RiskActionSet {
        /// Stable id.
        id: Id = ["Kennung", "Nr."],
        /// The risk.
        risk: Id = ["Risiko"],
        /// What is done; sealed.
        action: Text = ["Gegenmaßnahme"],
        /// The body that does it.
        owner: Option<Id> = ["Eigner"],
        /// By when.
        due: Option<Day> = ["Fällig"],
        /// How far it is.
        state: Option<ActionState> = ["Zustand"],
        /// What it costs.
        cost: Option<Amount> = ["Kosten"],
        /// From when it is so.
        date: Day = ["Datum", "Stand"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Named(StreamKind::Risk, Some(it.risk.clone())),
    references: [risk is Risk, owner is Body],
    is: |_| None,
    check: |_| Ok(()),
}

table! {
    /// What a risk would do to an activity.
    "risk_drivers" => "risk.driver_set" v 1 as RiskDriverSet {
        /// The risk.
        risk: Id = ["Risiko"],
        /// The activity.
        activity: Id = ["Vorgang"],
        /// Working days it would delay.
        delay_days: Option<Count> = ["Verzug in Tagen"],
        /// What it would cost.
        cost: Option<Amount> = ["Kosten"],
        /// From when it is so; else from when known.
        set_on: Option<Day> = ["Gesetzt am"],
    }
    defines: true, states: true,
    identity: [risk, activity],
    effective: Some("set_on") => |it| it.set_on,
    home: |it| Home::Named(StreamKind::Risk, Some(it.risk.clone())),
    references: [risk is Risk, activity is Activity],
    is: |_| None,
    check: |_| Ok(()),
}

codes! {
    /// How a risk left the register.
    pub enum ClosureOutcome {
        /// It is over.
        Closed = "closed",
        /// It happened.
        Occurred = "occurred",
    }
}

table! {
    /// A risk left the register: it is over, or it happened.
    "risk_closures" => "risk.closed" v 1 as RiskClosed {
        /// The day.
        date: Day = ["Datum"],
        /// The risk.
        risk: Id = ["Risiko"],
        /// How it ended.
        outcome: ClosureOutcome = ["Ausgang", "Ergebnis"],
        /// The impediment it became.
        impediment: Option<Id> = ["Hindernis"],
    }
    defines: false, states: false,
    identity: [risk],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Named(StreamKind::Risk, Some(it.risk.clone())),
    references: [risk is Risk, impediment is Impediment],
    is: |_| None,
    check: |_| Ok(()),
}
