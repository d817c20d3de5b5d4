//! Durations and lags of a plan in working days.

/// Seconds of `PT40H0M0S`; none if it is written otherwise.
pub(super) fn seconds(duration: &str) -> Option<i64> {
    let (hours, rest) = duration.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds = rest.strip_suffix('S')?;
    let number = |it: &str| -> Option<i64> {
        let is_plain = (1..=9).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
        is_plain.then(|| it.parse().ok()).flatten()
    };
    Some(number(hours)? * 3_600 + number(minutes)? * 60 + number(seconds)?)
}

/// Working days, exact to six decimals; none if they are not.
pub(super) fn days(seconds: i64, minutes_per_day: i64) -> Option<String> {
    let day = minutes_per_day * 60;
    let (days, rest) = (seconds.checked_div(day)?, seconds.checked_rem(day)?);
    let millionths = rest * 1_000_000;
    if millionths % day != 0 {
        return None;
    }
    let text = format!("{days}.{:06}", millionths / day);
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// Whole working days of a lag in tenths of minutes; none if there is a rest.
pub(super) fn whole_days(tenths: i64, minutes_per_day: i64) -> Option<i64> {
    let day = minutes_per_day * 10;
    (tenths.checked_rem(day)? == 0).then(|| tenths / day)
}

/// Whether a unit counts calendar time instead of working time.
pub(super) fn is_elapsed(format: &str) -> bool {
    matches!(
        format,
        "4" | "6" | "8" | "10" | "12" | "20" | "36" | "38" | "40" | "42" | "44" | "52"
    )
}

/// Whether a unit is a share of another duration.
pub(super) fn is_percent(format: &str) -> bool {
    matches!(format, "19" | "20" | "51" | "52")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_become_working_days_or_nothing() {
        let of = |text: &str| days(seconds(text)?, 480);
        assert_eq!(of("PT40H0M0S").as_deref(), Some("5"));
        assert_eq!(of("PT4H0M0S").as_deref(), Some("0.5"));
        assert_eq!(of("PT0H0M0S").as_deref(), Some("0"));
        assert_eq!(of("PT1H0M0S").as_deref(), Some("0.125"));
        assert_eq!(of("PT0H50M0S"), None, "a third of a digit too many");
        assert_eq!(of("5 Tage"), None);
        assert_eq!(seconds("PT9999999999H0M0S"), None);
        assert_eq!(whole_days(-9_600, 480), Some(-2));
        assert_eq!(whole_days(100, 480), None);
    }
}
