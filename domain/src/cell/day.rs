use std::fmt;

use jiff::{Timestamp, civil::Date, tz::Offset};
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

/// About so many days lie between 1970 and the ends of the calendar, rounded towards 1970.
const FAR: i32 = 2_932_000;
const SECONDS_OF_A_DAY: i64 = 86_400;
/// More months than the calendar has.
const FAR_MONTHS: i64 = 200_000;

impl Day {
    /// 1990-01-01, from which built-in settings hold.
    pub const FIRST: Self = Self(7305);

    /// After every day there is.
    pub const LATEST: Self = Self(i32::MAX);

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
        // Held inside the calendar. A time of day is reckoned faster than a span is added.
        let seconds = i64::from(self.0.clamp(-FAR, FAR)) * SECONDS_OF_A_DAY;
        let midnight = Timestamp::from_second(seconds);
        midnight.map_or(LAST, |it| Offset::UTC.to_datetime(it).date())
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
    /// As `2024-12-31`. Answers and events hold so many days that the digits are set here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        let Ok(mut year @ 0..=9999) = u16::try_from(date.year()) else {
            return write!(f, "{date}");
        };
        let mut text = *b"0000-00-00";
        for place in text[..4].iter_mut().rev() {
            *place += digit(year);
            year /= 10;
        }
        for (at, part) in [(5, date.month()), (8, date.day())] {
            let part = u16::from(part.unsigned_abs());
            text[at] += digit(part / 10);
            text[at + 1] += digit(part);
        }
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// The last digit of a number.
fn digit(number: u16) -> u8 {
    u8::try_from(number % 10).unwrap_or_default()
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
    fn every_day_is_written_and_read_as_the_calendar_does() {
        for number in Day::FIRST.0..=Day::of(LAST).expect("a day").0 {
            let day = Day(number);
            let date = EPOCH.saturating_add(jiff::Span::new().days(number));
            assert_eq!((day.date(), day.to_string()), (date, date.to_string()));
            assert_eq!(Day::parse(&day.to_string()), Ok(day));
        }
        assert_eq!(Day(-800_000).to_string(), Day(-800_000).date().to_string());
        assert!(Day(i32::MIN).date() < EPOCH && Day(i32::MAX).date() > LAST);
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
