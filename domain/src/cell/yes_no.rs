use serde::{Deserialize, Serialize};

use super::{BadCell, Cell};

/// Yes or no. Also read from `true`, `false`, `ja`, `nein`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Cell for YesNo {
    const KIND: &'static str = "code";
    const WORDS: &'static [&'static str] = &["yes", "no"];

    fn parse(text: &str) -> Result<Self, BadCell> {
        match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "ja" => Ok(Self::Yes),
            "no" | "false" | "nein" => Ok(Self::No),
            _ => Err(BadCell::new(
                "bad_code",
                "Unbekannter Wert; möglich: yes, no",
                "Unknown value; possible: yes, no",
            )),
        }
    }

    fn normal(&self) -> Option<String> {
        Some(if *self == Self::Yes { "yes" } else { "no" }.to_owned())
    }
}
