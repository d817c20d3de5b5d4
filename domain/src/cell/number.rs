use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{BadCell, Cell};

/// A decimal number that is not money: an indicator's value, a weight. At most 18 digits, 6 decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(Decimal);

impl Number {
    /// The exact value.
    #[must_use]
    pub fn value(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl Cell for Number {
    const KIND: &'static str = "number";

    fn parse(text: &str) -> Result<Self, BadCell> {
        let plain = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = plain.split_once(['.', ',']).unwrap_or((plain, "0"));
        let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        let fits = digits(whole) && digits(fraction) && whole.len() <= 12 && fraction.len() <= 6;
        fits.then(|| text.replace(',', ".").parse().ok())
            .flatten()
            .map(|it: Decimal| Self(it.normalize()))
            .ok_or_else(|| {
                BadCell::new(
                    "bad_number",
                    "Keine Zahl; richtig ist 1200 oder 12.5 (ohne Tausenderpunkte, höchstens sechs Nachkommastellen)",
                    "Not a number; write 1200 or 12.5 (no thousands separators, at most six decimals)",
                )
            })
    }

    fn normal(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|bad| D::Error::custom(bad.en))
    }
}

/// A whole number from 0 to 1,000,000: days, levels, baseline numbers, years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Count(u32);

/// The greatest count.
const MOST: u32 = 1_000_000;

impl Count {
    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Count {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if number <= MOST {
            Ok(Self(number))
        } else {
            Err("not a whole number from 0 to 1000000")
        }
    }
}

impl From<Count> for u32 {
    fn from(count: Count) -> Self {
        count.0
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Cell for Count {
    const KIND: &'static str = "whole_number";

    fn parse(text: &str) -> Result<Self, BadCell> {
        let plain =
            !text.is_empty() && text.len() <= 7 && text.bytes().all(|it| it.is_ascii_digit());
        plain
            .then(|| text.parse().ok())
            .flatten()
            .filter(|it| *it <= MOST)
            .map(Self)
            .ok_or_else(|| {
                BadCell::new(
                    "bad_number",
                    "Keine ganze Zahl von 0 bis 1000000",
                    "Not a whole number from 0 to 1000000",
                )
            })
    }

    fn normal(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}
