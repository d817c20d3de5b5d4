//! Recorded time and the day of recording.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::AppendError;

/// How far the log may be ahead of a writer's clock before the store refuses to write.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

static BERLIN: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZone::get("Europe/Berlin")
        .expect("jiff carries the time zones (feature tzdb-bundle-always)")
});

/// The recorded time of the next event: the later of the writer's clock and the last recorded time,
/// in whole microseconds, so that recorded times never go backwards.
///
/// # Errors
/// [`AppendError::ClockAhead`] if the log is more than [`CLOCK_TOLERANCE`] ahead of the clock.
/// Taking the maximum then would date everything after one wrong clock wrongly, for as long as it
/// takes the right ones to catch up.
pub fn recorded_time(clock: Timestamp, last: Option<Timestamp>) -> Result<Timestamp, AppendError> {
    let now = whole_microseconds(clock);
    match last {
        Some(last) if last.duration_since(clock) > CLOCK_TOLERANCE => {
            Err(AppendError::ClockAhead { clock, last })
        }
        Some(last) => Ok(now.max(last)),
        None => Ok(now),
    }
}

/// The day in Europe/Berlin, where the programme keeps its calendar.
#[must_use]
pub fn day_in_berlin(at: Timestamp) -> Date {
    BERLIN.to_datetime(at).date()
}

/// What is stored and hashed has microseconds; anything finer would not survive the round trip.
fn whole_microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// Days since 1970-01-01, negative before.
pub(crate) fn days_since_epoch(date: Date) -> i32 {
    // Howard Hinnant's days_from_civil: whole eras of 400 years, years beginning in March.
    let (month, day) = (i32::from(date.month()), i32::from(date.day()));
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date that many days after 1970-01-01; `None` outside the years -9999 to 9999.
///
/// `date_of(days_since_epoch(date)) == Some(date)` for every date.
pub(crate) fn date_of(days: i64) -> Option<Date> {
    let days = i32::try_from(days).ok()?.checked_add(719_468)?;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use jiff::{Unit, civil::date};

    use super::*;

    #[test]
    fn days_and_dates_are_the_same_thing() {
        let epoch = date(1970, 1, 1);
        for day in [
            date(-9999, 1, 1),
            date(0, 2, 29),
            date(1969, 12, 31),
            epoch,
            date(2000, 2, 29),
            date(2024, 2, 29),
            date(2026, 3, 1),
            date(2100, 2, 28),
            date(9999, 12, 31),
        ] {
            let counted = day.since((Unit::Day, epoch)).expect("in range").get_days();
            assert_eq!(days_since_epoch(day), counted, "{day}");
        }
        for days in -800_000..800_000 {
            let day = date_of(i64::from(days)).expect("in range");
            assert_eq!(days_since_epoch(day), days, "{day}");
        }
        assert_eq!(date_of(i64::MAX), None);
        assert_eq!(date_of(3_000_000), None);
    }

    #[test]
    fn the_later_of_clock_and_log_is_recorded() {
        let clock = at("2026-08-22T10:00:00.1234567Z");
        assert_eq!(
            recorded_time(clock, None).expect("taken"),
            at("2026-08-22T10:00:00.123456Z")
        );
        let ahead = at("2026-08-22T10:01:00Z");
        assert_eq!(recorded_time(clock, Some(ahead)).expect("taken"), ahead);
        let behind = at("2026-08-22T09:00:00Z");
        assert_eq!(
            recorded_time(clock, Some(behind)).expect("taken"),
            at("2026-08-22T10:00:00.123456Z")
        );
    }

    #[test]
    fn a_log_more_than_a_minute_ahead_is_refused() {
        let clock = at("2026-08-22T10:00:00Z");
        assert!(recorded_time(clock, Some(at("2026-08-22T10:01:00Z"))).is_ok());
        let refused = recorded_time(clock, Some(at("2026-08-22T10:01:00.000001Z")));
        assert!(
            matches!(refused, Err(AppendError::ClockAhead { .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn the_day_changes_at_midnight_in_berlin() {
        assert_eq!(day_in_berlin(at("2026-08-22T21:59:59Z")), date(2026, 8, 22));
        assert_eq!(day_in_berlin(at("2026-08-22T22:00:00Z")), date(2026, 8, 23));
        assert_eq!(day_in_berlin(at("2026-12-31T23:00:00Z")), date(2027, 1, 1));
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }
}
