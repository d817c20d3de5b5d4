use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{BadCell, Cell};

/// A part of a whole, in units of 10⁻⁵ percent: a Land's part of a cost key, a group's part of a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u32);

impl Percent {
    /// 100 percent, in units of 10⁻⁵ percent.
    pub const WHOLE: u32 = 10_000_000;

    /// In units of 10⁻⁵ percent, at most [`Percent::WHOLE`].
    #[must_use]
    pub fn units(self) -> u32 {
        self.0
    }

    /// Units of 10⁻⁵ percent as percent with five decimals; also of sums that are no part of a whole.
    #[must_use]
    pub fn text(units: u64) -> String {
        format!("{}.{:05}", units / 100_000, units % 100_000)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::text(self.0.into()))
    }
}

impl Cell for Percent {
    const KIND: &'static str = "percent";

    fn parse(text: &str) -> Result<Self, BadCell> {
        units(text).map(Self).ok_or_else(|| {
            BadCell::new(
                "bad_percent",
                "Kein Prozentsatz von 0 bis 100 mit höchstens fünf Nachkommastellen; richtig ist 13.04061 oder 13,04061",
                "Not a percentage from 0 to 100 with at most five decimals; write 13.04061 or 13,04061",
            )
        })
    }

    fn normal(&self) -> Option<String> {
        Some(self.to_string())
    }
}

fn units(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let fits = (1..=3).contains(&whole.len()) && fraction.len() <= 5;
    if !fits || !digits(whole) || !digits(fraction) {
        return None;
    }
    let units: u32 = format!("{whole}{fraction:0<5}").parse().ok()?;
    (units <= Percent::WHOLE).then_some(units)
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|bad| D::Error::custom(bad.en))
    }
}
