//! The partners who share costs and vote: the Bund and the sixteen Länder.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::cell::{BadCell, Cell, Code as _, codes};

codes! {
    /// A partner: the Bund, or a Land by its ISO 3166-2 code.
    pub enum Partner {
        /// Federation.
        Bund = "BUND",
        /// Baden-Württemberg.
        Bw = "BW",
        /// Bayern.
        By = "BY",
        /// Berlin.
        Be = "BE",
        /// Brandenburg.
        Bb = "BB",
        /// Bremen.
        Hb = "HB",
        /// Hamburg.
        Hh = "HH",
        /// Hessen.
        He = "HE",
        /// Mecklenburg-Vorpommern.
        Mv = "MV",
        /// Niedersachsen.
        Ni = "NI",
        /// Nordrhein-Westfalen.
        Nw = "NW",
        /// Rheinland-Pfalz.
        Rp = "RP",
        /// Saarland.
        Sl = "SL",
        /// Sachsen.
        Sn = "SN",
        /// Sachsen-Anhalt.
        St = "ST",
        /// Schleswig-Holstein.
        Sh = "SH",
        /// Thüringen.
        Th = "TH",
    }
}

impl Partner {
    /// The sixteen Länder in the order of the key.
    #[must_use]
    pub fn laender() -> &'static [Self] {
        &Self::ALL[1..]
    }
}

/// Who bears a part of a scheme: all Länder by the cost key, or one partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// All Länder, each by its part of the cost key.
    Laender,
    /// One partner alone.
    One(Partner),
}

/// The word for all Länder.
const LAENDER: &str = "LAENDER";

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Laender => f.write_str(LAENDER),
            Self::One(partner) => partner.fmt(f),
        }
    }
}

impl Cell for Group {
    const KIND: &'static str = "code";
    const WORDS: &'static [&'static str] = &{
        let mut words = [LAENDER; Partner::WORDS.len() + 1];
        let mut at = 0;
        while at < Partner::WORDS.len() {
            words[at] = Partner::WORDS[at];
            at += 1;
        }
        words
    };

    fn parse(text: &str) -> Result<Self, BadCell> {
        if text == LAENDER {
            return Ok(Self::Laender);
        }
        Partner::of(text).map(Self::One).ok_or_else(|| {
            BadCell::new(
                "bad_code",
                format!("Unbekannter Wert; möglich: {}", Self::WORDS.join(", ")),
                format!("Unknown value; possible: {}", Self::WORDS.join(", ")),
            )
        })
    }

    fn normal(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|bad| D::Error::custom(bad.en))
    }
}

/// Some of the partners, each once: whom a resolution binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Partners(u32);

impl Partners {
    /// In the order of the contract.
    pub fn iter(self) -> impl Iterator<Item = Partner> {
        Partner::ALL
            .iter()
            .copied()
            .filter(move |it| self.0 & bit(*it) != 0)
    }
}

fn bit(partner: Partner) -> u32 {
    1 << partner as u32
}

impl fmt::Display for Partners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Partner::word).collect();
        f.write_str(&words.join(" "))
    }
}

impl Cell for Partners {
    const KIND: &'static str = "partners";

    fn parse(text: &str) -> Result<Self, BadCell> {
        let words = text.split([' ', ',', ';']).filter(|it| !it.is_empty());
        let partners = words
            .map(Partner::of)
            .try_fold(0, |all, it| Some(all | bit(it?)));
        partners
            .filter(|it| *it != 0)
            .map(Self)
            .ok_or_else(|| {
                BadCell::new(
                    "bad_partners",
                    format!("Keine Aufzählung von Partnern, durch Leerzeichen oder Komma getrennt; möglich: {}", Partner::WORDS.join(", ")),
                    format!("Not a list of partners, separated by blanks or commas; possible: {}", Partner::WORDS.join(", ")),
                )
            })
    }

    fn normal(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Serialize for Partners {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Partners {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|bad| D::Error::custom(bad.en))
    }
}
