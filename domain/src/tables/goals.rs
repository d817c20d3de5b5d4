//! Goals: indicators and what was measured.

use crate::{
    Day, Id, Number, Refusal,
    stream::StreamKind,
    table::{Home, table},
};

table! {
    /// What shows whether a goal is attained.
    "goal_indicators" => "goal.indicator_set" v 1 as IndicatorSet {
        /// The goal.
        goal: Id = ["Ziel"],
        /// The indicator's name within the goal.
        indicator: Id = ["Indikator"],
        /// The unit it is counted in.
        unit: Id = ["Einheit"],
        /// Value at the start.
        base: Number = ["Basis", "Basiswert"],
        /// Value to be attained.
        target: Number = ["Zielwert"],
        /// By when.
        due: Day = ["Fällig", "Bis"],
        /// When it was set.
        set_on: Day = ["Gesetzt am"],
    }
    defines: true, states: true,
    identity: [goal, indicator],
    effective: Some("set_on") => |it| Some(it.set_on),
    home: |it| Home::Named(StreamKind::Goal, Some(it.goal.clone())),
    references: [goal is Goal],
    is: |_| None,
    check: |it| if it.base == it.target {
        Err(Refusal::new(
            "base_is_target",
            "target",
            "Zielwert und Basiswert sind gleich; so ist kein Zielerreichungsgrad berechenbar",
            "Base and target are equal; attainment cannot be computed",
        ))
    } else {
        Ok(())
    },
}

table! {
    /// An indicator was measured.
    "goal_measurements" => "goal.measured" v 1 as GoalMeasured {
        /// The day it was measured.
        date: Day = ["Datum", "Stichtag"],
        /// The goal.
        goal: Id = ["Ziel"],
        /// The indicator.
        indicator: Id = ["Indikator"],
        /// What was measured.
        value: Number = ["Wert"],
    }
    defines: false, states: false,
    identity: [goal, indicator, date],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Named(StreamKind::Goal, Some(it.goal.clone())),
    references: [goal is Goal],
    is: |_| None,
    check: |_| Ok(()),
}
