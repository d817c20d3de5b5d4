//! Dates in the form a profile names.

use jiff::civil::{Date, ISOWeekDate, Weekday};

use super::words::folded;
use crate::workbook::date::month;

/// The form of a date, as in `TT.MM.JJJJ`, `YYYY-MM-DD`, `MMM JJJJ`, `Q'. Quartal 'JJJJ` or `'KW 'W/JJJJ`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateForm {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Exactly so many digits, or one or two where one letter is given.
    Year(usize),
    Month(usize),
    /// A German or English name, or its beginning.
    MonthName,
    /// `1` to `4`, `I` to `IV`.
    Quarter,
    /// A week of the year its Thursday is in (ISO 8601, DIN 1355).
    Week(usize),
    Day(usize),
    Literal(char),
}

/// Which day counts where a form names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WithoutDay {
    /// The first of the week (Monday), month, quarter or year.
    First,
    /// The last.
    Last,
    /// The Friday of the week; only of weeks.
    Friday,
}

impl DateForm {
    /// Reads a form: `T`/`D` for the day, `M` for the month, `J`/`Y` for the year, each as often as it
    /// has digits (a single `T`, `M` or `W`: one or two); `MMM` for the month's name, `Q` for the quarter, `W` for
    /// the week; other words in `'…'`. `None` if the year is missing, or anything twice, too long or contradictory.
    pub(super) fn read(form: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut letters = form.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                loop {
                    match letters.next()? {
                        '\'' => break,
                        literal => parts.push(Part::Literal(literal)),
                    }
                }
                continue;
            }
            let mut length = 1;
            if letter.is_alphabetic() {
                while letters.next_if_eq(&letter).is_some() {
                    length += 1;
                }
            }
            parts.push(match (letter, length) {
                ('J' | 'Y', 2 | 4) => Part::Year(length),
                ('M', 1 | 2) => Part::Month(length),
                ('M', 3) => Part::MonthName,
                ('Q', 1) => Part::Quarter,
                ('W', 1 | 2) => Part::Week(length),
                ('T' | 'D', 1 | 2) => Part::Day(length),
                _ if letter.is_alphanumeric() => return None,
                _ => Part::Literal(letter),
            });
        }
        let count = |is: fn(&Part) -> bool| parts.iter().filter(|it| is(it)).count();
        let years = count(|it| matches!(it, Part::Year(_)));
        let months = count(|it| matches!(it, Part::Month(_) | Part::MonthName));
        let quarters = count(|it| matches!(it, Part::Quarter));
        let weeks = count(|it| matches!(it, Part::Week(_)));
        let days = count(|it| matches!(it, Part::Day(_)));
        let fits = matches!(
            (years, months, quarters + weeks, days),
            (1, 1, 0, 0 | 1) | (1, 0, 0 | 1, 0)
        );
        fits.then_some(Self { parts })
    }

    /// Whether its year has two digits.
    pub(super) fn has_short_year(&self) -> bool {
        self.parts.contains(&Part::Year(2))
    }

    /// Whether it names a day.
    pub(super) fn has_day(&self) -> bool {
        self.parts.iter().any(|it| matches!(it, Part::Day(_)))
    }

    /// Whether it names a week.
    pub(super) fn has_week(&self) -> bool {
        self.parts.iter().any(|it| matches!(it, Part::Week(_)))
    }

    /// Whether it names day, month, quarter and week as another does, or as little.
    pub(super) fn tells_as_much_as(&self, other: &Self) -> bool {
        let told = |it: &Self| {
            let has = |is: fn(&Part) -> bool| it.parts.iter().any(is);
            (
                has(|it| matches!(it, Part::Day(_))),
                has(|it| matches!(it, Part::Month(_) | Part::MonthName)),
                has(|it| matches!(it, Part::Quarter)),
                it.has_week(),
            )
        };
        told(self) == told(other)
    }

    /// Reads a date of this form. A year of two digits lies in the hundred years from `first_year` on.
    pub(super) fn date(&self, text: &str, first_year: i16, without: WithoutDay) -> Option<Date> {
        let (mut year, mut months, mut day) = (0_i16, (1_i8, 12_i8), None);
        let mut week = None;
        let mut rest = text;
        for part in &self.parts {
            let after = match part {
                Part::Literal(letter) if letter.is_whitespace() => blank(rest)?,
                Part::Literal(letter) => rest.strip_prefix(*letter)?,
                Part::Year(length) => {
                    let (number, after) = digits(rest, *length)?;
                    year = number;
                    after
                }
                Part::Month(length) => {
                    let (number, after) = digits(rest, *length)?;
                    let month = i8::try_from(number).ok()?;
                    months = (month, month);
                    after
                }
                Part::MonthName => {
                    let (name, after) = letters(rest);
                    let month = month(&folded(name))?;
                    months = (month, month);
                    after
                }
                Part::Quarter => {
                    let (quarter, after) = quarter(rest)?;
                    months = (3 * quarter - 2, 3 * quarter);
                    after
                }
                Part::Week(length) => {
                    let (number, after) = digits(rest, *length)?;
                    week = Some(i8::try_from(number).ok()?);
                    after
                }
                Part::Day(length) => {
                    let (number, after) = digits(rest, *length)?;
                    day = Some(i8::try_from(number).ok()?);
                    after
                }
            };
            rest = after;
        }
        if self.has_short_year() {
            year = first_year.checked_add((year - first_year).rem_euclid(100))?;
        }
        let date = match (week, day, without) {
            (Some(week), ..) => {
                let day = match without {
                    WithoutDay::First => Weekday::Monday,
                    WithoutDay::Friday => Weekday::Friday,
                    WithoutDay::Last => Weekday::Sunday,
                };
                ISOWeekDate::new(year, week, day).ok().map(Date::from)
            }
            (None, Some(day), _) => Date::new(year, months.0, day).ok(),
            (None, None, WithoutDay::First) => Date::new(year, months.0, 1).ok(),
            (None, None, WithoutDay::Last) => {
                Date::new(year, months.1, 1).ok().map(Date::last_of_month)
            }
            (None, None, WithoutDay::Friday) => None,
        };
        date.filter(|_| rest.is_empty())
    }
}

/// A blank of any kind, for programs and typists put other ones between numbers and words.
fn blank(text: &str) -> Option<&str> {
    text.strip_prefix(char::is_whitespace)
}

/// A number of so many digits; of one or two where one is asked for.
fn digits(text: &str, length: usize) -> Option<(i16, &str)> {
    let digits = text.bytes().take(length.max(2));
    let digits = digits.take_while(u8::is_ascii_digit).count();
    let (number, after) = text.split_at_checked(digits)?;
    (digits >= length).then_some((number.parse().ok()?, after))
}

fn letters(text: &str) -> (&str, &str) {
    let end = text.find(|it: char| !it.is_alphabetic());
    text.split_at(end.unwrap_or(text.len()))
}

fn quarter(text: &str) -> Option<(i8, &str)> {
    // The longer before those they begin with.
    let written = [
        ("IV", 4),
        ("III", 3),
        ("II", 2),
        ("I", 1),
        ("1", 1),
        ("2", 2),
        ("3", 3),
        ("4", 4),
    ];
    let found = written.iter().find(|(it, _)| text.starts_with(it))?;
    Some((found.1, text.get(found.0.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_their_form_and_in_no_other() {
        let read = |form: &str, text: &str| {
            let form = DateForm::read(form).expect("a form");
            form.date(text, 1990, WithoutDay::Last)
                .map(|it| it.to_string())
        };
        for (form, text, date) in [
            ("TT.MM.JJ", "30.06.08", Some("2008-06-30")),
            ("TT.MM.JJ", "17.03.97", Some("1997-03-17")),
            ("TT.MM.JJ", "31.12.89", Some("2089-12-31")),
            ("TT.MM.JJ", "31.12.2041", None),
            ("TT.MM.JJ", "31.02.20", None),
            ("YYYY-MM-DD", "2014-07-08", Some("2014-07-08")),
            ("YYYY-MM-DD", "2014-7-8", None),
            ("T.M.JJJJ", "1.2.2024", Some("2024-02-01")),
            ("T.M.JJJJ", "11.12.2024", Some("2024-12-11")),
            ("YYYYMMDD", "20240131", Some("2024-01-31")),
            ("MM/DD/YYYY", "01/31/2024", Some("2024-01-31")),
            ("TT.MM.JJJJ", "", None),
            ("TT.MM.JJJJ", "ä1.01.2024", None),
            ("MM/JJJJ", "02/2024", Some("2024-02-29")),
            ("JJJJ", "2024", Some("2024-12-31")),
            ("Q'. Quartal 'JJJJ", "III. Quartal 2025", Some("2025-09-30")),
            (
                "Q'. Quartal 'JJJJ",
                "IV.\u{a0}Quartal\u{202f}2025",
                Some("2025-12-31"),
            ),
            ("Q'. Quartal 'JJJJ", "V. Quartal 2025", None),
            ("Q'. Quartal 'JJJJ", "5. Quartal 2025", None),
            ("'Q'Q/JJ", "Q1/25", Some("2025-03-31")),
            ("MMM JJJJ", "März 2025", Some("2025-03-31")),
            ("MMM. JJJJ", "Dez. 2025", Some("2025-12-31")),
            ("MMM JJJJ", "Ju 2025", None),
            ("MMM JJJJ", "Brumaire 2025", None),
            ("T. MMM JJJJ", "3. Oktober 2025", Some("2025-10-03")),
            ("'KW 'W/JJJJ", "KW 12/2024", Some("2024-03-24")),
            ("'KW 'W/JJJJ", "KW 7/2024", Some("2024-02-18")),
            ("W'. KW 'JJJJ", "53. KW 2020", Some("2021-01-03")),
            ("'KW 'W/JJJJ", "KW 53/2024", None),
            ("'KW 'WW/JJ", "KW 01/25", Some("2025-01-05")),
            ("'KW 'WW/JJ", "KW 1/25", None),
        ] {
            assert_eq!(read(form, text).as_deref(), date, "{form} {text}");
        }
    }

    /// The first week of 2025 begins in 2024.
    #[test]
    fn of_a_week_the_day_that_is_asked_for_counts() {
        let form = DateForm::read("JJJJ-'W'WW").expect("a form");
        let day = |without| {
            form.date("2025-W01", 1990, without)
                .map(|it| it.to_string())
        };
        for (without, date) in [
            (WithoutDay::First, "2024-12-30"),
            (WithoutDay::Friday, "2025-01-03"),
            (WithoutDay::Last, "2025-01-05"),
        ] {
            assert_eq!(day(without).as_deref(), Some(date));
        }
    }

    #[test]
    fn a_form_has_day_month_and_year_once() {
        for wrong in [
            "",
            "TT.JJJJ",
            "TT.MM",
            "Q.MM.JJJJ",
            "W.MM.JJJJ",
            "T.W.JJJJ",
            "Q.W.JJJJ",
            "W",
            "TT'MM.JJJJ",
            "TT.MM.JJJ",
            "TT.MM.JJJJ TT",
            "HH.MM.JJJJ",
            "%d.%m.%Y",
        ] {
            assert_eq!(DateForm::read(wrong), None, "{wrong}");
        }
    }
}
