//! Decisions: papers, votes on them, and what was resolved. Each in the stream of its sitting.

use crate::{
    Day, Id, Text,
    cell::codes,
    partner::{Partner, Partners},
    stream::StreamKind,
    table::{Home, Referable, table},
};

codes! {
    /// How a paper is taken.
    pub enum Track {
        /// On the consent agenda: passed without debate.
        GreenList = "green_list",
        /// Debated.
        Debate = "debate",
    }
}

table! {
    /// A paper filed for a sitting: the proposal that is voted on. A paper for another sitting has an id of its own.
    "papers" => "sitting.paper_filed" v 1 as PaperFiled {
        /// Stable id.
        id: Id = ["Kennung", "Vorlage"],
        /// The sitting it is filed for.
        sitting: Id = ["Sitzung"],
        /// Its number on the agenda.
        number: Option<Id> = ["Nummer", "TOP"],
        /// Its version.
        version: Option<Id> = ["Fassung"],
        /// Whether it is debated.
        track: Option<Track> = ["Behandlung"],
        /// The request it is about; may follow later.
        request: Option<Id> = ["Antrag"],
        /// Title; names no person.
        title: Id = ["Titel", "Bezeichnung"],
        /// When it was filed.
        filed_on: Day = ["Eingereicht am"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("filed_on") => |it| Some(it.filed_on),
    home: |it| Home::Named(StreamKind::Sitting, Some(it.sitting.clone())),
    references: [sitting is Sitting],
    is: |it| Some((Referable::Paper, it.id.clone())),
    check: |_| Ok(()),
}

codes! {
    /// What a partner said.
    pub enum Vote {
        /// For the paper.
        Yes = "yes",
        /// Against it.
        No = "no",
        /// Neither; silence in a written procedure is the same.
        Abstain = "abstain",
    }
}

table! {
    /// A partner voted on a paper.
    "votes" => "sitting.voted" v 1 as Voted {
        /// The sitting.
        sitting: Id = ["Sitzung"],
        /// The paper.
        paper: Id = ["Vorlage"],
        /// Who voted.
        partner: Partner = ["Partner", "Land"],
        /// What was said.
        vote: Vote = ["Stimme", "Votum"],
        /// The day.
        date: Day = ["Datum"],
    }
    defines: false, states: false,
    identity: [paper, partner],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Named(StreamKind::Sitting, Some(it.sitting.clone())),
    references: [sitting is Sitting, paper is Paper],
    is: |_| None,
    check: |_| Ok(()),
}

codes! {
    /// What kind of resolution it is.
    pub enum ResolutionKind {
        /// It decides.
        Decision = "decision",
        /// It recommends to the body that decides.
        Recommendation = "recommendation",
        /// It only takes note.
        Noted = "noted",
    }
}

table! {
    /// A body resolved on a paper in a sitting.
    "resolutions" => "sitting.resolved" v 1 as Resolved {
        /// Stable id.
        id: Id = ["Kennung", "Beschluss"],
        /// The sitting.
        sitting: Id = ["Sitzung"],
        /// The paper.
        paper: Id = ["Vorlage"],
        /// Its number, as in `2024/03`.
        number: Option<Id> = ["Nummer", "Beschlussnummer"],
        /// What kind of resolution it is.
        kind: ResolutionKind = ["Art"],
        /// The wording; sealed.
        text: Option<Text> = ["Wortlaut"],
        /// Whom it binds; everybody if not stated.
        partners: Option<Partners> = ["Partner", "Bindet"],
        /// The day.
        date: Day = ["Datum", "Beschlossen am"],
    }
    defines: false, states: false,
    identity: [id],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Named(StreamKind::Sitting, Some(it.sitting.clone())),
    references: [sitting is Sitting, paper is Paper],
    is: |it| Some((Referable::Resolution, it.id.clone())),
    check: |_| Ok(()),
}
