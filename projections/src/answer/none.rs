//! Why there is no answer, in both languages.

use leitstand_domain::{Refusal, cell::BadCell};

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// In German.
    pub de: String,
    /// In English.
    pub en: String,
}

/// Why there is no answer; told in German.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// No answer of this name.
    #[error("Eine Auskunft „{0}“ gibt es nicht.")]
    Unknown(String),
    /// The question is not complete or not right.
    #[error("{}", .0.de)]
    BadQuestion(Said),
    /// The log does not reach the position asked for; what it will say there is not known yet.
    #[error("Das Protokoll reicht bis Position {end}, gefragt ist {at}.")]
    NotReached {
        /// P as asked.
        at: u64,
        /// The last position there is.
        end: u64,
    },
    /// No such row or field to explain.
    #[error("{}", .0.de)]
    NotFound(Said),
    /// The columns could not be computed.
    #[error("Die Auskunft konnte nicht berechnet werden.")]
    Columns(#[from] polars::error::PolarsError),
}

impl NoAnswer {
    /// The question is not complete or not right, in German and in English.
    pub(crate) fn bad(de: impl Into<String>, en: impl Into<String>) -> Self {
        Self::BadQuestion(Said {
            de: de.into(),
            en: en.into(),
        })
    }

    /// There is no such row or field, in German and in English.
    pub(crate) fn not_found(de: impl Into<String>, en: impl Into<String>) -> Self {
        Self::NotFound(Said {
            de: de.into(),
            en: en.into(),
        })
    }

    /// The same in English.
    #[must_use]
    pub fn in_english(&self) -> String {
        match self {
            Self::Unknown(name) => format!("There is no answer `{name}`."),
            Self::BadQuestion(said) | Self::NotFound(said) => said.en.clone(),
            Self::NotReached { at, end } => {
                format!("The log reaches to position {end}; asked for is {at}.")
            }
            Self::Columns(_) => "The answer could not be computed.".to_owned(),
        }
    }
}

impl From<BadCell> for NoAnswer {
    fn from(bad: BadCell) -> Self {
        Self::bad(bad.de, bad.en)
    }
}

impl From<Refusal> for NoAnswer {
    fn from(no: Refusal) -> Self {
        Self::bad(no.de, no.en)
    }
}
