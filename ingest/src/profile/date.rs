//! Dates in the form a profile names.

use jiff::civil::Date;

/// The form of a date, as in `TT.MM.JJJJ` or `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateForm {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Exactly so many digits, or one or two where one letter is given.
    Year(usize),
    Month(usize),
    Day(usize),
    Literal(char),
}

impl DateForm {
    /// Reads a form: `T`/`D` for the day, `M` for the month, `J`/`Y` for the year, each as often as it
    /// has digits (a single `T` or `M`: one or two). `None` if a part is missing, twice or too long.
    pub(super) fn read(form: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut letters = form.chars().peekable();
        while let Some(letter) = letters.next() {
            let mut length = 1;
            if letter.is_alphabetic() {
                while letters.next_if_eq(&letter).is_some() {
                    length += 1;
                }
            }
            parts.push(match (letter, length) {
                ('J' | 'Y', 2 | 4) => Part::Year(length),
                ('M', 1 | 2) => Part::Month(length),
                ('T' | 'D', 1 | 2) => Part::Day(length),
                _ if letter.is_alphanumeric() => return None,
                _ => Part::Literal(letter),
            });
        }
        let count = |is: fn(&Part) -> bool| parts.iter().filter(|it| is(it)).count();
        let each_once = count(|it| matches!(it, Part::Year(_))) == 1
            && count(|it| matches!(it, Part::Month(_))) == 1
            && count(|it| matches!(it, Part::Day(_))) == 1;
        each_once.then_some(Self { parts })
    }

    /// Whether its year has two digits.
    pub(super) fn has_short_year(&self) -> bool {
        self.parts.contains(&Part::Year(2))
    }

    /// Reads a date of this form. A year of two digits lies in the hundred years from `first_year` on.
    pub(super) fn date(&self, text: &str, first_year: i16) -> Option<Date> {
        let (mut year, mut month, mut day) = (0_i16, 0_i16, 0_i16);
        let mut rest = text;
        for part in &self.parts {
            let (slot, length) = match part {
                Part::Literal(letter) => {
                    rest = rest.strip_prefix(*letter)?;
                    continue;
                }
                Part::Year(length) => (&mut year, *length),
                Part::Month(length) => (&mut month, *length),
                Part::Day(length) => (&mut day, *length),
            };
            let most = length.max(2);
            let digits = rest
                .bytes()
                .take(most)
                .take_while(u8::is_ascii_digit)
                .count();
            if digits < length {
                return None;
            }
            let (number, after) = rest.split_at_checked(digits)?;
            *slot = number.parse().ok()?;
            rest = after;
        }
        if self.has_short_year() {
            year = first_year.checked_add((year - first_year).rem_euclid(100))?;
        }
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        date.ok().filter(|_| rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_their_form_and_in_no_other() {
        let read = |form: &str, text: &str| {
            let form = DateForm::read(form).expect("a form");
            form.date(text, 1990).map(|it| it.to_string())
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
        ] {
            assert_eq!(read(form, text).as_deref(), date, "{form} {text}");
        }
    }

    #[test]
    fn a_form_has_day_month_and_year_once() {
        for wrong in [
            "",
            "MM.JJJJ",
            "TT.MM.JJJ",
            "TT.MM.JJJJ TT",
            "HH.MM.JJJJ",
            "%d.%m.%Y",
        ] {
            assert_eq!(DateForm::read(wrong), None, "{wrong}");
        }
    }
}
