use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{BadCell, Cell, no_formula};

/// Free text. It leaves the process only sealed: it has no written form in an event, and no debug form.
///
/// What is read back from an event is [`Text::Sealed`]; the words are beside it in the event's sealed
/// box, for whoever holds the key.
#[derive(Clone, PartialEq, Eq)]
pub enum Text {
    /// As handed in.
    Plain(Box<str>),
    /// In the event's sealed box.
    Sealed,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(…)")
    }
}

impl Cell for Text {
    const KIND: &'static str = "free_text";

    fn parse(text: &str) -> Result<Self, BadCell> {
        no_formula(text)?;
        Ok(Self::Plain(text.into()))
    }

    fn normal(&self) -> Option<String> {
        self.plain().map(str::to_owned)
    }

    fn is_absent(&self) -> bool {
        true
    }

    fn sealed_out(self) -> Self {
        Self::Sealed
    }

    fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Sealed => None,
        }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Asks for an option, because serde answers a missing field only to those who do.
        struct Absent;

        impl<'de> de::Visitor<'de> for Absent {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("no plain text in an event")
            }

            fn visit_none<E: de::Error>(self) -> Result<Text, E> {
                Ok(Text::Sealed)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Text, E> {
                Ok(Text::Sealed)
            }

            fn visit_some<D: Deserializer<'de>>(self, _: D) -> Result<Text, D::Error> {
                Err(de::Error::custom("free text stands unsealed in an event"))
            }
        }
        deserializer.deserialize_option(Absent)
    }
}
