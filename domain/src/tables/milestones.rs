//! Milestones: dated promises, their baselines, and what was reported of them.

use crate::{
    Day, Id, Number, Refusal, Text,
    stream::StreamKind,
    table::{Home, Referable, table},
};

table! {
    /// A milestone was promised for a day.
    "milestones" => "milestone.planned" v 1 as MilestonePlanned {
        /// Stable id.
        id: Id = ["Kennung", "Nr."],
        /// The measure or governance entry it belongs to.
        subject: Id = ["Maßnahme", "Gegenstand"],
        /// Title; names no person.
        title: Id = ["Titel", "Meilenstein"],
        /// The promised day. Moves only by a rebaseline.
        baseline: Day = ["Basistermin", "Plantermin"],
        /// Weight for percent complete; 1 if not stated.
        weight: Option<Number> = ["Gewicht"],
        /// When it was planned.
        planned_on: Day = ["Geplant am"],
        /// The resolution behind it.
        resolution: Option<Id> = ["Beschluss"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("planned_on") => |it| Some(it.planned_on),
    home: |it| Home::Named(StreamKind::Milestone, Some(it.id.clone())),
    references: [subject is Measure],
    is: |it| Some((Referable::Milestone, it.id.clone())),
    check: |_| Ok(()),
}

table! {
    /// A milestone's baseline was moved by resolution.
    "rebaselines" => "milestone.rebaselined" v 1 as MilestoneRebaselined {
        /// The milestone.
        milestone: Id = ["Meilenstein"],
        /// The new promised day.
        baseline: Day = ["Basistermin", "Neuer Basistermin"],
        /// When it was resolved.
        resolved_on: Day = ["Beschlossen am"],
        /// The resolution.
        resolution: Id = ["Beschluss"],
        /// Why; sealed.
        reason: Text = ["Begründung"],
    }
    defines: false, states: false,
    identity: [milestone, resolved_on],
    effective: Some("resolved_on") => |it| Some(it.resolved_on),
    home: |it| Home::Named(StreamKind::Milestone, Some(it.milestone.clone())),
    references: [milestone is Milestone],
    is: |_| None,
    check: |_| Ok(()),
}

table! {
    /// A milestone's expected day was reported, or that it is reached.
    "milestone_reports" => "milestone.reported" v 1 as MilestoneReported {
        /// The day the report is about.
        report_date: Day = ["Stichtag", "Berichtsdatum"],
        /// The milestone.
        milestone: Id = ["Meilenstein"],
        /// The day now expected; exactly one of forecast and reached.
        forecast: Option<Day> = ["Prognose"],
        /// The day it was reached.
        reached: Option<Day> = ["Erreicht", "Erreicht am"],
    }
    defines: false, states: false,
    identity: [milestone, report_date],
    effective: Some("report_date") => |it| Some(it.report_date),
    home: |it| Home::Named(StreamKind::Milestone, Some(it.milestone.clone())),
    references: [milestone is Milestone],
    is: |_| None,
    check: |it| if it.forecast.is_some() == it.reached.is_some() {
        Err(Refusal::new(
            "forecast_or_reached",
            "forecast",
            "Genau eines von „forecast“ (Prognose) und „reached“ (erreicht am) ist anzugeben",
            "State exactly one of `forecast` and `reached`",
        ))
    } else {
        Ok(())
    },
}
