//! How an event is written down and read back years later.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Amount, Count, Day, Id, Row, pot::Closing, table::Cells};

/// An event's name, version and payload, as the store keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// As in `milestone.planned`.
    pub name: &'static str,
    /// The payload's shape.
    pub version: u16,
    /// The payload: JSON text, kept byte for byte.
    pub payload: String,
}

/// What any row states beside its own columns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meta {
    /// The row's own key, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Id>,
    /// The body that reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporter: Option<Id>,
    /// File number or voucher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_ref: Option<Id>,
    /// From when the state of a defining row holds, where that differs from its (E) column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Day>,
    /// Built in and recorded by `init`, not handed in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub built_in: bool,
    /// The free texts, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedBox>,
}

/// Free texts of one event, encrypted with a key of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedBox {
    /// Which key; the key is beside the log, not in it.
    pub key: uuid::Uuid,
    /// The columns inside, so that whoever lacks the key can say what is erased.
    pub columns: Vec<String>,
    /// Nonce, ciphertext and tag in hexadecimal.
    pub data: String,
}

/// A correction of a row that was wrong from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The table of the corrected row.
    pub table: Id,
    /// The identity of the corrected row.
    pub key: Id,
    /// The effective date of the corrected row.
    pub date: Day,
    /// Its effective date from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_date: Option<Day>,
    /// Whether the row is annulled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub void: bool,
    /// The corrected columns in normal form, `-` where emptied; free texts are in the sealed box.
    #[serde(default, skip_serializing_if = "Cells::is_empty")]
    pub changes: Cells,
}

impl Correction {
    /// The corrected free texts that are still plain words, by column: they belong into the sealed box.
    #[must_use]
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        let columns = crate::tables::by_name(&self.table).map_or(&[][..], |it| it.columns);
        columns
            .iter()
            .filter(|column| column.sealed)
            .filter_map(|column| Some((column.name, self.changes.get(column.name)?.as_str())))
            .filter(|(_, text)| *text != "-")
            .collect()
    }

    /// The correction as it is written: without plain words of free texts.
    fn sealed_out(&self) -> Self {
        let mut it = self.clone();
        for (column, _) in self.texts() {
            it.changes.remove(column);
        }
        it
    }
}

/// The cost key of one year as a whole: sixteen Länder that sum to 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostKeySet {
    /// The year of the key, not of its application.
    pub key_year: u32,
    /// From when it may be applied.
    pub valid_from: Day,
    /// Whether its numbers were checked against the published table.
    pub verified: bool,
    /// Shares in units of 10⁻⁵ percent by ISO code.
    pub shares: std::collections::BTreeMap<String, u32>,
}

/// Bound money has come to another pot: the second half of a pair of acts.
///
/// It states one version of the row of `carry_overs` in full, so that of several the one known last holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryOverReceived {
    /// The pot it left.
    pub pot: Id,
    /// The pot it has come to.
    pub to_pot: Id,
    /// The request it is bound for.
    pub request: Id,
    /// The amount; 0.00 where the row is annulled.
    pub amount: Amount,
    /// The resolution.
    pub resolution: Id,
}

/// A pot's fiscal year was closed, provisionally or finally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearClosed {
    /// The pot.
    pub pot: Id,
    /// Its fiscal year.
    pub fiscal_year: Count,
    /// How far.
    pub closing: Closing,
}

/// The log's state over everything before this event, kept so that a cut or changed log shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Events before this one.
    pub count: u64,
    /// Rolling SHA-256 over their hashes, in hexadecimal.
    pub head: String,
}

/// A free text was erased by destroying its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextErased {
    /// Position of the event whose text was erased.
    pub position: u64,
    /// The key destroyed.
    pub key: uuid::Uuid,
    /// Why, in the words of a rule, not of a person: at most 500 bytes, no names.
    pub reason: Id,
}

/// What the programme is, said once by `init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammeInitialised {
    /// The programme's id, part of every command id.
    pub programme: Id,
    /// ISO 4217 code of all amounts.
    pub currency: Id,
}

/// What can have happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A row of a feed table was recorded.
    Row(Row, Meta),
    /// A row was corrected.
    Corrected(Correction, Meta),
    /// A cost key was set.
    CostKeySet(CostKeySet, Meta),
    /// The programme was initialised.
    Initialised(ProgrammeInitialised),
    /// Carried money has come to a pot.
    CarryOverReceived(CarryOverReceived),
    /// A pot's fiscal year was closed.
    YearClosed(YearClosed),
    /// The log was sealed.
    Sealed(Sealed),
    /// A text was erased.
    TextErased(TextErased),
}

/// Names of the events that are no rows, with their newest version.
pub const OTHERS: &[(&str, u16)] = &[
    (CORRECTED, 1),
    (COST_KEY_SET, 1),
    (INITIALISED, 1),
    (CARRY_OVER_RECEIVED, 1),
    (YEAR_CLOSED, 1),
    (SEALED, 1),
    (TEXT_ERASED, 1),
];

/// A correction of a row.
pub const CORRECTED: &str = "row.corrected";
const COST_KEY_SET: &str = "settings.cost_key_set";
const INITIALISED: &str = "log.initialised";
/// The second half of a carry-over.
pub const CARRY_OVER_RECEIVED: &str = "pot.carry_over_received";
/// The closing of a pot's fiscal year.
pub const YEAR_CLOSED: &str = "pot.year_closed";
/// The name of a seal; the store's verification looks for it.
pub const SEALED: &str = "log.sealed";
const TEXT_ERASED: &str = "log.text_erased";

impl Event {
    /// Writes an event down in its newest shape.
    ///
    /// # Errors
    /// Only if serde cannot write it.
    pub fn write(&self) -> Result<Stored, Unreadable> {
        let (name, version, payload) = match self {
            Self::Row(row, meta) => {
                let (name, version) = row.event();
                (name, version, row.write(meta)?)
            }
            Self::Corrected(it, meta) => (CORRECTED, 1, write(&it.sealed_out(), meta)?),
            Self::CostKeySet(it, meta) => (COST_KEY_SET, 1, write(it, meta)?),
            Self::Initialised(it) => (INITIALISED, 1, serde_json::to_string(it)?),
            Self::CarryOverReceived(it) => (CARRY_OVER_RECEIVED, 1, serde_json::to_string(it)?),
            Self::YearClosed(it) => (YEAR_CLOSED, 1, serde_json::to_string(it)?),
            Self::Sealed(it) => (SEALED, 1, serde_json::to_string(it)?),
            Self::TextErased(it) => (TEXT_ERASED, 1, serde_json::to_string(it)?),
        };
        Ok(Stored {
            name,
            version,
            payload,
        })
    }

    /// The event as it is read back once it is written, without the words of free texts.
    #[must_use]
    pub fn sealed_out(self) -> Self {
        match self {
            Self::Row(row, meta) => Self::Row(row.sealed_out(), meta),
            Self::Corrected(it, meta) => Self::Corrected(it.sealed_out(), meta),
            other @ (Self::CostKeySet(..)
            | Self::Initialised(_)
            | Self::CarryOverReceived(_)
            | Self::YearClosed(_)
            | Self::Sealed(_)
            | Self::TextErased(_)) => other,
        }
    }

    /// Reads any event ever stored.
    ///
    /// # Errors
    /// A name or version this program does not know, or a payload that is not what its version says.
    pub fn read(name: &str, version: u16, payload: &str) -> Result<Self, Unreadable> {
        if let Some(row) = Row::read(name, version, payload) {
            return row.map(|(row, meta)| Self::Row(row, meta));
        }
        match (name, version) {
            (CORRECTED, _) => {
                read_newest(1, version, payload).map(|(it, meta)| Self::Corrected(it, meta))
            }
            (COST_KEY_SET, _) => {
                read_newest(1, version, payload).map(|(it, meta)| Self::CostKeySet(it, meta))
            }
            (INITIALISED, 1) => Ok(Self::Initialised(serde_json::from_str(payload)?)),
            (CARRY_OVER_RECEIVED, 1) => Ok(Self::CarryOverReceived(serde_json::from_str(payload)?)),
            (YEAR_CLOSED, 1) => Ok(Self::YearClosed(serde_json::from_str(payload)?)),
            (SEALED, 1) => Ok(Self::Sealed(serde_json::from_str(payload)?)),
            (TEXT_ERASED, 1) => Ok(Self::TextErased(serde_json::from_str(payload)?)),
            (INITIALISED | CARRY_OVER_RECEIVED | YEAR_CLOSED | SEALED | TEXT_ERASED, _) => {
                Err(Unreadable::Version(version))
            }
            _ => Err(Unreadable::Name(name.to_owned())),
        }
    }

    /// What the row stated beside its columns, where the event is a row.
    #[must_use]
    pub fn meta(&self) -> Option<&Meta> {
        match self {
            Self::Row(_, meta) | Self::Corrected(_, meta) | Self::CostKeySet(_, meta) => Some(meta),
            Self::Initialised(_)
            | Self::CarryOverReceived(_)
            | Self::YearClosed(_)
            | Self::Sealed(_)
            | Self::TextErased(_) => None,
        }
    }

    /// Every event's stored name with its newest version.
    #[must_use]
    pub fn catalogue() -> Vec<(&'static str, u16)> {
        crate::tables::ALL
            .iter()
            .map(|it| (it.event, it.version))
            .chain(OTHERS.iter().copied())
            .collect()
    }
}

/// The payload of a row: its own columns, and what any row may state.
#[derive(Deserialize)]
struct Payload<T> {
    row: T,
    #[serde(default)]
    meta: Meta,
}

#[derive(Serialize)]
struct PayloadRef<'a, T> {
    row: &'a T,
    #[serde(skip_serializing_if = "is_default")]
    meta: &'a Meta,
}

fn is_default(meta: &Meta) -> bool {
    *meta == Meta::default()
}

/// Writes `{"row": …, "meta": …}`.
pub(crate) fn write<T: Serialize>(row: &T, meta: &Meta) -> Result<String, Unreadable> {
    Ok(serde_json::to_string(&PayloadRef { row, meta })?)
}

/// Reads `{"row": …, "meta": …}` of the only version there ever was.
pub(crate) fn read_newest<T: DeserializeOwned>(
    newest: u16,
    version: u16,
    payload: &str,
) -> Result<(T, Meta), Unreadable> {
    if version != newest {
        return Err(Unreadable::Version(version));
    }
    let payload: Payload<T> = serde_json::from_str(payload)?;
    Ok((payload.row, payload.meta))
}

/// A stored event this program cannot read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not in the catalogue of events.
    #[error("unknown event `{0}`")]
    Name(String),
    /// Newer than this program, or never existed.
    #[error("unknown version {0}")]
    Version(u16),
    /// The shape is not what its version says.
    #[error("malformed event")]
    Shape(#[from] serde_json::Error),
}
