//! Releases: who may see what.

use crate::{
    Day, Id,
    cell::codes,
    stream::StreamKind,
    table::{Home, table},
};

codes! {
    /// Who may see something.
    pub enum Classification {
        /// Anybody.
        Public = "public",
        /// Only the members of the body.
        Body = "body",
    }
}

table! {
    /// Something was released to the public or to the body; what is not released stays inside.
    "releases" => "settings.released" v 1 as Released {
        /// What kind of thing is released.
        kind: Id = ["Art"],
        /// Its id.
        id: Id = ["Kennung"],
        /// Who may see it.
        classification: Classification = ["Einstufung"],
        /// From when.
        date: Day = ["Datum", "Freigegeben am"],
    }
    defines: false, states: false,
    identity: [kind, id, date],
    effective: Some("date") => |it| Some(it.date),
    home: |_| Home::Named(StreamKind::Settings, None),
    references: [],
    is: |_| None,
    check: |_| Ok(()),
}
