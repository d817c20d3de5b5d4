//! The YAML form of a catalogue, as it is written. Everything is optional.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// A catalogue file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) effective_from: Option<String>,
    pub(super) known_from: Option<String>,
    pub(super) programme: Option<Entry>,
    pub(super) pillars: Vec<Entry>,
    pub(super) goals: Vec<Entry>,
    pub(super) measures: Vec<Entry>,
    pub(super) governance: Vec<Entry>,
    pub(super) bodies: Vec<Entry>,
    pub(super) topic_areas: Vec<Entry>,
    pub(super) members: Vec<Member>,
    pub(super) roadmap: Vec<Entry>,
    pub(super) process: Vec<Entry>,
    pub(super) principles: Vec<Entry>,
    pub(super) twins: Vec<Vec<String>>,
    /// Said in the file for people; nothing is recorded of it.
    #[serde(rename = "roadmap_pairs")]
    _roadmap_pairs: Option<IgnoredAny>,
    #[serde(rename = "open_work_orders")]
    _open_work_orders: Option<IgnoredAny>,
    #[serde(rename = "role_statements")]
    _role_statements: Option<IgnoredAny>,
}

/// An entry of any kind.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entry {
    pub(super) id: String,
    /// German title.
    pub(super) t: String,
    /// English title.
    pub(super) en: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) pillar: Option<String>,
    pub(super) dim: Option<String>,
    pub(super) goals: Vec<String>,
    pub(super) builds_on: Vec<String>,
    pub(super) lead: Vec<String>,
    pub(super) out_of_scope: bool,
    /// `planned`, or words about a state still to come.
    pub(super) status: Option<String>,
    pub(super) due: Option<String>,
    pub(super) date: Option<String>,
    pub(super) vision: Option<Vision>,
    pub(super) steps: Vec<Entry>,
    /// Said for people; nothing is recorded of it.
    #[serde(rename = "deliverables")]
    pub(super) _deliverables: Option<IgnoredAny>,
    #[serde(rename = "nesting")]
    pub(super) _nesting: Option<IgnoredAny>,
    #[serde(rename = "note")]
    pub(super) _note: Option<IgnoredAny>,
    #[serde(rename = "resource_request")]
    pub(super) _resource_request: Option<IgnoredAny>,
    #[serde(rename = "by")]
    pub(super) _by: Option<IgnoredAny>,
    #[serde(rename = "precondition")]
    pub(super) _precondition: Option<IgnoredAny>,
    #[serde(rename = "level")]
    pub(super) _level: Option<IgnoredAny>,
    #[serde(rename = "role")]
    pub(super) _role: Option<IgnoredAny>,
    #[serde(rename = "in_seed")]
    pub(super) _in_seed: Option<IgnoredAny>,
}

/// A vision statement.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Vision {
    pub(super) t: String,
    pub(super) en: Option<String>,
}

/// A seat. Who sits on it and for whom is left alone: no person and no employer of one is recorded.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) body: Option<String>,
    pub(super) seat: String,
    pub(super) level: Option<String>,
    pub(super) state: Option<String>,
    #[serde(rename = "person")]
    _person: Option<IgnoredAny>,
    #[serde(rename = "org")]
    _org: Option<IgnoredAny>,
}
