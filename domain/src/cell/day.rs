use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{BadCell, Cell};

/// A calendar day between 1990-01-01 and 2100-12-31, in Europe/Berlin.
///
/// Kept as whole days since 1970-01-01, so that differences are whole days too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

const EPOCH: Date = Date::constant(1970, 1, 1);
const FIRST: Date = Date::constant(1990, 1, 1);
const LAST: Date = Date::constant(2100, 12, 31);

/// More days than lie between 1970 and the end of the calendar in either direction.
const FAR: i64 = 7_000_000;
/// More months than the calendar has.
const FAR_MONTHS: i64 = 200_000;

impl Day {
    /// 1990-01-01, from which built-in settings hold.
    pub const FIRST: Self = Self(7305);

    /// After every day there is.
    pub(crate) const LATEST: Self = Self(i32::MAX);

    /// The day of a calendar date; `None` outside 1990 to 2100.
    #[must_use]
    pub fn of(date: Date) -> Option<Self> {
        (FIRST..=LAST)
            .contains(&date)
            .then(|| Self((date - EPOCH).get_days()))
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    /// The day of a number of days since 1970-01-01, as [`number`](Self::number) gave it.
    #[must_use]
    pub fn from_number(days: i32) -> Self {
        Self(days)
    }

    /// As a calendar date.
    #[must_use]
    pub fn date(self) -> Date {
        // A span takes no more days than the calendar has, so the number is held inside it.
        let days = i64::from(self.0).clamp(-FAR, FAR);
        EPOCH.saturating_add(jiff::Span::new().days(days))
    }

    /// This many days later (or earlier).
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Whole days from `earlier` to this day.
    #[must_use]
    pub fn since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    /// This many months later; the 31st becomes the last day of a shorter month.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let months = i64::from(months).clamp(-FAR_MONTHS, FAR_MONTHS);
        let later = self.date().saturating_add(jiff::Span::new().months(months));
        Self((later - EPOCH).get_days())
    }

    /// The calendar year.
    #[must_use]
    pub fn year(self) -> i32 {
        i32::from(self.date().year())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

impl Cell for Day {
    const KIND: &'static str = "date";

    fn parse(text: &str) -> Result<Self, BadCell> {
        digits(text)
            .and_then(|(y, m, d)| Date::new(y, m, d).ok())
            .and_then(Self::of)
            .ok_or_else(|| {
                BadCell::new(
                    "bad_date",
                    "Kein Datum zwischen 1990 und 2100; richtig ist 2024-12-31 oder 31.12.2024",
                    "Not a date between 1990 and 2100; write 2024-12-31 or 31.12.2024",
                )
            })
    }

    fn normal(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Year, month, day of `2024-12-31` or `31.12.2024`.
fn digits(text: &str) -> Option<(i16, i8, i8)> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i16> {
        let part = bytes.get(from..to)?;
        part.iter().try_fold(0_i16, |sum, digit| {
            digit
                .is_ascii_digit()
                .then(|| sum * 10 + i16::from(digit - b'0'))
        })
    };
    if bytes.len() != 10 {
        return None;
    }
    let (y, m, d) = match (bytes[4], bytes[7], bytes[2], bytes[5]) {
        (b'-', b'-', _, _) => (number(0, 4)?, number(5, 7)?, number(8, 10)?),
        (_, _, b'.', b'.') => (number(6, 10)?, number(3, 5)?, number(0, 2)?),
        _ => return None,
    };
    Some((y, i8::try_from(m).ok()?, i8::try_from(d).ok()?))
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|bad| D::Error::custom(bad.en))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_the_same_day() {
        assert_eq!(Day::parse("2024-12-31"), Day::parse("31.12.2024"));
        assert_eq!(
            Day::parse("31.12.2024").map(|it| it.to_string()),
            Ok("2024-12-31".to_owned())
        );
        assert_eq!(Day::parse("1990-01-01"), Ok(Day::FIRST));
    }

    #[test]
    fn what_is_no_day_of_our_time_is_refused() {
        for text in [
            "2024-02-30",
            "1989-12-31",
            "2101-01-01",
            "24-12-31",
            "2024/12/31",
            "1.2.2024",
            "=1",
            "２０２４-12-31",
        ] {
            assert_eq!(
                Day::parse(text).map_err(|it| it.code),
                Err("bad_date"),
                "{text}"
            );
        }
    }

    #[test]
    fn six_months_after_the_end_of_august_is_the_end_of_february() {
        let day = |text| Day::parse(text).ok();
        assert_eq!(
            day("2024-08-31").map(|it| it.plus_months(6)),
            day("2025-02-28")
        );
    }
}
