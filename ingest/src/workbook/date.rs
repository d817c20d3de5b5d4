//! Days as a workbook counts them.

use jiff::{ToSpan as _, civil::Date};

use super::{doubt, number::Plain};
use crate::grid::GridCell;

/// More than a day: what is shown of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Month and year.
    Month,
    /// Quarter and year.
    Quarter,
    /// The year.
    Year,
}

impl Part {
    /// The cell of a day of which only this is shown, as `2024-12`, `2024-Q4`, `2024`; doubtful, but a profile
    /// may say which day counts.
    pub(super) fn of(self, day: GridCell) -> GridCell {
        let GridCell::Date(iso) = &day else {
            return day;
        };
        let Ok(date) = iso.parse::<Date>() else {
            return day;
        };
        let (year, month) = (date.year(), date.month());
        let text = match self {
            Self::Month => format!("{year}-{month:02}"),
            Self::Quarter => format!("{year}-Q{}", (month + 2) / 3),
            Self::Year => year.to_string(),
        };
        doubt::cell(&text, doubt::PART_OF_DATE)
    }
}

/// The cell of a day of which less is shown than is needed to tell it.
pub(super) fn part(day: GridCell) -> GridCell {
    match day {
        GridCell::Date(text) => doubt::cell(&text, doubt::PART_OF_DATE),
        doubtful => doubtful,
    }
}

/// From which day a workbook counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Epoch {
    /// 1 is 1900-01-01, and there is a 29 February 1900 that never was.
    #[default]
    Of1900,
    /// 0 is 1904-01-01.
    Of1904,
}

/// The first number after the day that never was.
const AFTER_THE_DAY_THAT_NEVER_WAS: i64 = 61;

/// The months in German and English.
const MONTHS: [[&str; 3]; 12] = [
    ["januar", "january", "jänner"],
    ["februar", "february", "feber"],
    ["märz", "march", "mrz"],
    ["april", "april", "april"],
    ["mai", "may", "mai"],
    ["juni", "june", "juno"],
    ["juli", "july", "julei"],
    ["august", "august", "august"],
    ["september", "september", "sept"],
    ["oktober", "october", "oktober"],
    ["november", "november", "november"],
    ["dezember", "december", "dezember"],
];

/// The month of a name in small letters, or of its first three letters or more.
pub(crate) fn month(name: &str) -> Option<i8> {
    let is_one = |names: &[&str; 3]| names.iter().any(|it| it.starts_with(name));
    let at = MONTHS.iter().position(is_one)?;
    (name.chars().count() >= 3).then(|| i8::try_from(at + 1).ok())?
}

/// A billion: the parts of a day that [`Plain::split`] counts.
const DAY: i64 = 1_000_000_000;

/// The cell of a day number: its ISO date, or what stands in the way.
pub(super) fn day(literal: &str, epoch: Epoch) -> GridCell {
    let literal = literal.trim();
    let Some((days, rest)) = Plain::parse(literal).and_then(Plain::split) else {
        return doubt::cell(literal, doubt::BAD_DATE);
    };
    let start = match epoch {
        Epoch::Of1900 if days < AFTER_THE_DAY_THAT_NEVER_WAS => None,
        Epoch::Of1900 => Date::new(1899, 12, 30).ok(),
        Epoch::Of1904 => Date::new(1904, 1, 1).ok(),
    };
    let day = i32::try_from(days)
        .ok()
        .zip(start)
        .and_then(|(days, start)| start.checked_add(days.days()).ok());
    match day {
        None => doubt::cell(literal, doubt::BAD_DATE),
        Some(day) if rest == 0 => GridCell::Date(day.to_string()),
        Some(day) => {
            let minutes = rest * 24 * 60 / DAY;
            let text = format!("{day} {:02}:{:02}", minutes / 60, minutes % 60);
            doubt::cell(&text, doubt::TIME_OF_DAY)
        }
    }
}

/// The cell of a date the file writes out: `2024-12-31`, perhaps with a time behind it.
pub(super) fn iso(literal: &str) -> GridCell {
    let literal = literal.trim();
    let (day, time) = literal.split_once('T').unwrap_or((literal, ""));
    let midnight = time
        .trim_end_matches('Z')
        .bytes()
        .all(|it| matches!(it, b'0' | b':' | b'.'));
    match day.parse::<Date>() {
        Err(_) => doubt::cell(literal, doubt::BAD_DATE),
        Ok(_) if !midnight => doubt::cell(literal, doubt::TIME_OF_DAY),
        Ok(day) => GridCell::Date(day.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: GridCell) -> String {
        match cell {
            GridCell::Date(text) => text,
            GridCell::Doubtful { text, code } => format!("{code} {text}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn day_numbers_of_both_systems_are_the_same_day() {
        assert_eq!(text(day("45657", Epoch::Of1900)), "2024-12-31");
        assert_eq!(text(day("44195", Epoch::Of1904)), "2024-12-31");
        assert_eq!(text(day("45657.0", Epoch::Of1900)), "2024-12-31");
        assert_eq!(text(day("61", Epoch::Of1900)), "1900-03-01");
    }

    #[test]
    fn what_is_no_day_alone_is_doubtful() {
        assert_eq!(
            text(day("45657.5", Epoch::Of1900)),
            "time_of_day 2024-12-31 12:00"
        );
        assert_eq!(text(day("60", Epoch::Of1900)), "bad_date_cell 60");
        assert_eq!(text(day("-1", Epoch::Of1904)), "bad_date_cell -1");
        assert_eq!(text(day("1e300", Epoch::Of1900)), "bad_date_cell 1e300");
        assert_eq!(text(iso("2024-12-31T00:00:00")), "2024-12-31");
        assert_eq!(
            text(iso("2024-12-31T08:00:00")),
            "time_of_day 2024-12-31T08:00:00"
        );
        assert_eq!(text(iso("2024-13-31")), "bad_date_cell 2024-13-31");
    }
}
