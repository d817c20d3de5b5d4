//! Tables of the programme itself: catalogue, links, seats, sittings, thresholds, report calls.

use crate::{
    Day, Id, Refusal,
    cell::codes,
    stream::StreamKind,
    table::{Home, Referable, Reference, table},
};

codes! {
    /// What kind of thing a catalogue entry is.
    pub enum EntryKind {
        /// The programme itself.
        Programme = "programme",
        /// A vision statement.
        Vision = "vision",
        /// A guiding principle.
        Principle = "principle",
        /// A pillar.
        Pillar = "pillar",
        /// A goal.
        Goal = "goal",
        /// A measure: the unit of status reporting.
        Measure = "measure",
        /// A governance action.
        Governance = "governance",
        /// A body.
        Body = "body",
        /// A topic area, led like a body.
        TopicArea = "topic_area",
        /// A step of the founding process.
        Process = "process",
        /// A dated entry of the roadmap.
        Roadmap = "roadmap",
    }
}

codes! {
    /// The dimension of a goal or measure.
    pub enum Dimension {
        /// Strategic and political.
        Strategic = "SP",
        /// Organisational.
        Organisational = "ORG",
        /// Technical.
        Technical = "TEC",
        /// Cultural.
        Cultural = "KUL",
        /// Legal.
        Legal = "REC",
    }
}

codes! {
    /// Where a catalogue entry is in its life.
    pub enum EntryState {
        /// Not begun.
        Planned = "planned",
        /// Under way; only active measures owe reports.
        Active = "active",
        /// Interrupted.
        Paused = "paused",
        /// Done.
        Finished = "finished",
        /// Given up.
        Stopped = "stopped",
        /// A body that no longer exists.
        Dissolved = "dissolved",
    }
}

table! {
    /// A catalogue entry: what it is and how it is called from a day on.
    "catalogue" => "catalogue.entry_set" v 1 as EntrySet {
        /// Stable id, as in `DG-M-01`.
        id: Id = ["Kennung", "Nr."],
        /// What kind of thing it is.
        kind: EntryKind = ["Art"],
        /// The entry it belongs to; may follow later.
        parent: Option<Id> = ["Übergeordnet"],
        /// German title; names no person.
        title: Id = ["Titel", "Bezeichnung"],
        /// English title.
        title_en: Option<Id> = ["Titel (englisch)"],
        /// Dimension, where one is given.
        dimension: Option<Dimension> = ["Dimension"],
        /// Its pillar, where it has one.
        pillar: Option<Id> = ["Säule"],
        /// `no` keeps it out of reporting and figures.
        in_scope: Option<crate::cell::YesNo> = ["Im Umfang"],
        /// Where it is in its life; active if not stated.
        state: Option<EntryState> = ["Zustand"],
        /// When it is due: a date.
        due: Option<Day> = ["Fällig"],
        /// From when it is so.
        set_on: Day = ["Gesetzt am", "Stand"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("set_on") => |it| Some(it.set_on),
    home: |_| Home::Named(StreamKind::Catalogue, None),
    references: [],
    is: |it| Some((match it.kind {
        EntryKind::Measure | EntryKind::Governance => Referable::Measure,
        EntryKind::Goal => Referable::Goal,
        EntryKind::Body | EntryKind::TopicArea => Referable::Body,
        EntryKind::Programme | EntryKind::Vision | EntryKind::Principle | EntryKind::Pillar
        | EntryKind::Process | EntryKind::Roadmap => Referable::Subject,
    }, it.id.clone())),
    check: |it| if it.parent.as_ref() == Some(&it.id) {
        Err(Refusal::new(
            "own_parent",
            "parent",
            "Ein Eintrag kann nicht sich selbst übergeordnet sein",
            "An entry cannot be its own parent",
        ))
    } else {
        Ok(())
    },
}

codes! {
    /// How one catalogue entry is linked to another.
    pub enum LinkKind {
        /// A measure serves a goal.
        Serves = "serves",
        /// Depends on.
        DependsOn = "depends_on",
        /// Is led by a body.
        LedBy = "led_by",
        /// Is led jointly with others.
        CoLedBy = "co_led_by",
        /// Is about the same thing.
        Related = "related",
        /// Follows after.
        Succeeds = "succeeds",
    }
}

table! {
    /// A link between two catalogue entries.
    "links" => "catalogue.linked" v 1 as Linked {
        /// From.
        from: Id = ["Von"],
        /// What the link says.
        kind: LinkKind = ["Art"],
        /// To.
        to: Id = ["Zu", "Nach"],
        /// From when it holds.
        set_on: Day = ["Gesetzt am"],
        /// The last day it holds.
        until: Option<Day> = ["Bis"],
    }
    defines: true, states: true,
    identity: [from, kind, to],
    effective: Some("set_on") => |it| Some(it.set_on),
    home: |_| Home::Named(StreamKind::Catalogue, None),
    references: [from is Subject, to is Subject],
    is: |_| None,
    check: |it| {
        if it.from == it.to {
            return Err(Refusal::new("self_link", "to", "Ein Eintrag kann nicht mit sich selbst verknüpft sein", "An entry cannot be linked to itself"));
        }
        match it.until {
            Some(until) if until < it.set_on => Err(Refusal::new(
                "days_out_of_order",
                "until",
                format!("Die Verknüpfung endet am {until}, bevor sie ab {} gilt", it.set_on),
                format!("The link ends on {until} before it holds from {}", it.set_on),
            )),
            _ => Ok(()),
        }
    },
}

impl Linked {
    /// What the link must lead to: a goal is served, a body leads.
    pub(crate) fn leads_to(&self) -> Option<Reference> {
        let what = match self.kind {
            LinkKind::Serves => Referable::Goal,
            LinkKind::LedBy | LinkKind::CoLedBy => Referable::Body,
            LinkKind::DependsOn | LinkKind::Related | LinkKind::Succeeds => return None,
        };
        Some(Reference {
            column: "to",
            what,
            id: self.to.clone(),
        })
    }
}

codes! {
    /// Whether a seat is filled.
    pub enum SeatState {
        /// Filled.
        Named = "named",
        /// Held by a stand-in.
        Placeholder = "placeholder",
        /// Empty.
        Vacant = "vacant",
    }
}

table! {
    /// A seat in a body: whether it is filled, from when.
    "seats" => "body.seat_set" v 1 as SeatSet {
        /// The seat's id; never a person's.
        id: Id = ["Kennung", "Sitz-Nr."],
        /// The body.
        body: Id = ["Gremium"],
        /// The role, as in `Vorsitz`.
        role: Id = ["Rolle", "Funktion"],
        /// The level it is filled from.
        level: Option<Id> = ["Ebene"],
        /// From when it is so.
        from: Day = ["Von", "Ab"],
        /// The last day it is so.
        until: Option<Day> = ["Bis"],
        /// Whether it is filled; named if not stated.
        state: Option<SeatState> = ["Zustand", "Besetzung"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("from") => |it| Some(it.from),
    home: |it| Home::Named(StreamKind::Body, Some(it.body.clone())),
    references: [body is Body],
    is: |it| Some((Referable::Seat, it.id.clone())),
    check: |it| match it.until {
        Some(until) if until < it.from => Err(Refusal::new(
            "days_out_of_order",
            "until",
            format!("Der Sitz endet am {until}, bevor er am {} beginnt", it.from),
            format!("The seat ends on {until} before it begins on {}", it.from),
        )),
        _ => Ok(()),
    },
}

codes! {
    /// How a body decides.
    pub enum Channel {
        /// In a sitting.
        Sitting = "sitting",
        /// In a written procedure.
        Written = "written",
    }
}

table! {
    /// A sitting of a body; effective from when known, so that planned sittings show.
    "sittings" => "body.sitting_scheduled" v 1 as SittingScheduled {
        /// Stable id.
        id: Id = ["Kennung"],
        /// The body that sits.
        body: Id = ["Gremium"],
        /// Its number.
        number: Option<Id> = ["Nummer", "Sitzung"],
        /// The day of the sitting.
        date: Day = ["Datum", "Sitzungstag"],
        /// The last day papers may be filed for it.
        paper_deadline: Option<Day> = ["Vorlagenschluss", "Frist"],
        /// How it decides; a sitting if not stated.
        channel: Option<Channel> = ["Verfahren"],
        /// A later sitting this one prepares; may follow later.
        prepares: Option<Id> = ["Bereitet vor"],
    }
    defines: true, states: true,
    identity: [id],
    effective: None => |_| None,
    home: |it| Home::Named(StreamKind::Body, Some(it.body.clone())),
    references: [body is Body],
    is: |it| Some((Referable::Sitting, it.id.clone())),
    check: |_| Ok(()),
}

table! {
    /// From which value a dimension is amber or red.
    "thresholds" => "settings.threshold_set" v 1 as ThresholdSet {
        /// Which threshold.
        name: Id = ["Name", "Schwelle"],
        /// Of which dimension.
        dimension: Id = ["Dimension"],
        /// Amber above (or below) this value.
        amber: crate::Number = ["Gelb"],
        /// Red above (or below) this value.
        red: crate::Number = ["Rot"],
        /// From when it holds.
        valid_from: Day = ["Gültig ab"],
    }
    defines: true, states: false,
    identity: [name, dimension, valid_from],
    effective: Some("valid_from") => |it| Some(it.valid_from),
    home: |_| Home::Named(StreamKind::Settings, None),
    references: [],
    is: |_| None,
    check: |_| Ok(()),
}

table! {
    /// A call for reports: which day they are about and when they are due.
    "report_calls" => "settings.report_called" v 1 as ReportCalled {
        /// Stable id.
        id: Id = ["Kennung"],
        /// The day the reports are about.
        stichtag: Day = ["Stichtag"],
        /// The last day they are in time.
        due: Day = ["Fällig", "Frist"],
        /// Who is asked: a pillar, or everybody if not stated.
        scope: Option<Id> = ["Umfang", "Geltungsbereich"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("stichtag") => |it| Some(it.stichtag),
    home: |_| Home::Named(StreamKind::Settings, None),
    references: [scope is Subject],
    is: |_| None,
    check: |_| Ok(()),
}
