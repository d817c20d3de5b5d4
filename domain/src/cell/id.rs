use std::{borrow::Borrow, fmt, ops::Deref, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{BadCell, Cell, Code, no_formula};

/// A short plain text: an id, a reference, a title. Not empty, one line, as long as any cell may be.
///
/// Cheap to clone. Titles and ids are not sealed and must not name people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Arc<str>);

impl Id {
    /// The word of a code, as an id.
    #[must_use]
    pub fn of_code(code: impl Code) -> Self {
        Self(code.word().into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Id {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Cell for Id {
    const KIND: &'static str = "text";

    fn parse(text: &str) -> Result<Self, BadCell> {
        no_formula(text)?;
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(BadCell::new(
                "bad_text",
                "Kennungen und Titel stehen in einer Zeile ohne Steuerzeichen",
                "Ids and titles are one line without control characters",
            ));
        }
        Ok(Self(text.into()))
    }

    fn normal(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|bad| D::Error::custom(bad.en))
    }
}
