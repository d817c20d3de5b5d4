//! What a number format makes of a number.

use crate::workbook::{Currency, number::Digits};

/// How a number looks to people, as far as it matters to what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// As the number it is, perhaps grouped, in the programme's currency.
    Number(Digits),
    /// A hundredfold, with a percent sign.
    Percent(Digits),
    /// A day.
    Date,
    /// A day without its day, month or year.
    PartOfDate,
    /// A time of day or a span.
    Time,
    /// With at least so many digits before the point, zeros in front.
    Padded(usize, Digits),
    /// As something else: words or a foreign currency beside it, thousands left out, nothing at all.
    Strange,
}

impl Default for Look {
    fn default() -> Self {
        Self::Number(Digits::All)
    }
}

impl Look {
    /// The formats that need not stand in the file. The currency of some is the one of whoever looks.
    pub(super) fn of_built_in(id: u32) -> Self {
        match id {
            // 12 and 13 show fractions.
            1 | 3 | 5 | 6 | 12 | 13 | 37 | 38 | 41 | 42 => Self::Number(Digits::Behind(0)),
            2 | 4 | 7 | 8 | 39 | 40 | 43 | 44 => Self::Number(Digits::Behind(2)),
            9 => Self::Percent(Digits::Behind(0)),
            10 => Self::Percent(Digits::Behind(2)),
            11 => Self::Number(Digits::Leading(3)),
            48 => Self::Number(Digits::Leading(2)),
            14 | 15 | 22 => Self::Date,
            16 | 17 => Self::PartOfDate,
            18..=21 | 45..=47 => Self::Time,
            // Days and times as East Asia writes them, different in every language.
            27..=36 | 50..=58 => Self::Strange,
            _ => Self::default(),
        }
    }

    /// Reads a format; what follows the first `;` is for other numbers.
    pub(super) fn of_code(code: &str, currency: &Currency) -> Self {
        let read = Read::section(code, currency);
        let is_part = !read.has_day || read.months == 0 || read.years == 0;
        if read.is_general && !read.has_words {
            Self::default()
        } else if read.has_date() {
            if is_part {
                Self::PartOfDate
            } else {
                Self::Date
            }
        } else if read.has_time {
            Self::Time
        } else if read.has_words || read.is_scaled || !read.has_places {
            Self::Strange
        } else if read.has_percent {
            Self::Percent(read.digits())
        } else if read.zeros > 1 {
            Self::Padded(read.zeros, read.digits())
        } else {
            Self::Number(read.digits())
        }
    }
}

/// What stands in the first section of a format.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is seen or not")]
struct Read {
    years: usize,
    months: usize,
    /// Days and their names.
    days: usize,
    /// How many `d` stand together here: one or two are a day, more its name.
    day_run: usize,
    has_day: bool,
    has_time: bool,
    is_general: bool,
    has_percent: bool,
    /// Zeros before the point.
    zeros: usize,
    is_after_point: bool,
    /// Places behind the point, without those of an exponent or a fraction.
    behind: usize,
    has_exponent: bool,
    has_fraction: bool,
    /// The place of a text, where a number shows all it has.
    is_text: bool,
    /// A place for a digit or a text.
    has_places: bool,
    /// A comma after the last place: thousands are left out.
    is_scaled: bool,
    /// A dash after a place; with a place behind it, it parts digits.
    is_after_dash: bool,
    has_words: bool,
}

impl Read {
    fn section(code: &str, own: &Currency) -> Self {
        let mut read = Self::default();
        let lower = code.to_lowercase();
        let words = ["general", "standard"];
        // `LibreOffice` writes the language in front.
        let told = match lower.trim().strip_prefix("[$-") {
            Some(language) => language.split_once(']').map_or("", |(_, told)| told),
            None => lower.trim(),
        };
        read.is_general = words.iter().any(|it| told.starts_with(it));
        let mut chars = code.chars();
        let mut literal = String::new();
        while let Some(char) = chars.next() {
            if !"dDtT".contains(char) {
                read.end_day();
            }
            match char {
                ';' => break,
                '"' => literal.extend(chars.by_ref().take_while(|it| *it != '"')),
                '\\' => literal.extend(chars.next()),
                // A blank as wide as the next character; a character that fills the cell.
                '_' | '*' => {
                    chars.next();
                }
                '[' => {
                    let inside: String = chars.by_ref().take_while(|it| *it != ']').collect();
                    // A currency, and behind the dash a language.
                    if let Some(currency) = inside.strip_prefix('$') {
                        literal.extend(currency.chars().take_while(|it| *it != '-'));
                    }
                    let inside = inside.to_lowercase();
                    let is_span = ["h", "m", "s"]
                        .iter()
                        .any(|it| !inside.is_empty() && inside.replace(it, "").is_empty());
                    read.has_time |= is_span;
                }
                '$' => literal.push('$'),
                other if !other.is_ascii() => literal.push(other),
                other => read.plain(other),
            }
        }
        read.end_day();
        let beside = literal.trim_matches(|it: char| it.is_whitespace() || "-+()".contains(it));
        let is_number = read.is_general || !read.has_date() && !read.has_time;
        read.has_words |= is_number && !beside.is_empty() && !own.is(beside);
        read
    }

    fn digits(&self) -> Digits {
        if self.is_text {
            Digits::All
        } else if self.has_exponent {
            Digits::Leading(self.behind + 1)
        } else {
            Digits::Behind(self.behind)
        }
    }

    fn has_date(&self) -> bool {
        !self.is_general && (self.days + self.years > 0 || self.months > 0 && !self.has_time)
    }

    fn end_day(&mut self) {
        self.has_day |= (1..=2).contains(&self.day_run);
        self.day_run = 0;
    }

    fn plain(&mut self, char: char) {
        let lower = char.to_ascii_lowercase();
        match lower {
            'd' | 't' => {
                self.days += 1;
                self.day_run += 1;
            }
            'y' | 'j' => self.years += 1,
            'm' => self.months += 1,
            'h' | 's' => self.has_time = true,
            '%' => self.has_percent = true,
            '0' | '#' | '?' | '@' => {
                self.has_words |= self.is_after_dash;
                self.has_places = true;
                self.is_scaled = false;
                self.zeros += usize::from(lower == '0' && !self.is_after_point);
                let is_behind = self.is_after_point && !self.has_exponent && !self.has_fraction;
                self.behind += usize::from(is_behind);
                self.is_text |= lower == '@';
            }
            ',' => self.is_scaled |= self.has_places,
            '-' => self.is_after_dash |= self.has_places,
            // Exponents and fractions have places of their own behind them, as the point has.
            '.' | 'e' | '/' => {
                self.is_after_point = true;
                self.has_exponent |= lower == 'e';
                self.has_fraction |= lower == '/';
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each programme shows of its own and of another currency.
    #[test]
    fn the_currency_of_the_programme_is_no_word() {
        let plain = Look::Number(Digits::Behind(2));
        for (code, own) in [
            ("[$£-809]#,##0.00", "GBP"),
            ("#,##0.00\\ [$GBP]", "GBP"),
            ("#,##0.00\\ \"€\"", "EUR"),
            ("#,##0.00\\ [$CHF]", "CHF"),
            ("\"Fr. \"#,##0.00", "CHF"),
            ("\"SFr. \"#,##0.00", "CHF"),
            ("$#,##0.00", "USD"),
            ("[$US$-409]#,##0.00", "USD"),
            ("#,##0.00\\ [$SEK]", "SEK"),
        ] {
            for currency in ["EUR", "GBP", "CHF", "USD", "SEK"] {
                let look = Look::of_code(code, &Currency::new(currency));
                let seen = if currency == own {
                    plain
                } else {
                    Look::Strange
                };
                assert_eq!(look, seen, "{code} {currency}");
            }
        }
    }

    #[test]
    fn formats_say_what_people_see() {
        let all = Look::Number(Digits::All);
        let behind = |most| Look::Number(Digits::Behind(most));
        for (code, look) in [
            ("General", all),
            ("[$-407]General", all),
            ("0", behind(0)),
            ("0.0", behind(1)),
            ("#,##0.00", behind(2)),
            ("#,##0.00\\ \"€\";[Red]\\-#,##0.00\\ \"€\"", behind(2)),
            ("_-* #,##0.00\\ [$€-407]_-;\\-* #,##0.00", behind(2)),
            ("#,##0.00 [$EUR]", behind(2)),
            ("#,##0.00 €", behind(2)),
            ("# ?/?", behind(0)),
            ("0.00E+00", Look::Number(Digits::Leading(3))),
            ("@", all),
            ("0%", Look::Percent(Digits::Behind(0))),
            ("0.00\\ %", Look::Percent(Digits::Behind(2))),
            ("$#,##0.00", Look::Strange),
            ("\"$\"#,##0.00", Look::Strange),
            ("[$$-409]#,##0.00", Look::Strange),
            ("[$$-409]General", Look::Strange),
            ("#,##0.00\\ [$USD]", Look::Strange),
            ("£#,##0.00", Look::Strange),
            ("[$£-809]#,##0.00", Look::Strange),
            ("#,##0.00\\ \"CHF\"", Look::Strange),
            ("dd.mm.yyyy", Look::Date),
            ("[$-407]d\\.\\ mmmm\\ yyyy;@", Look::Date),
            ("yyyy-mm-dd hh:mm", Look::Date),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", Look::Date),
            ("General\" Tage\"", Look::Strange),
            ("dd\\.mm\\.yyyy\\,\\ dddd", Look::Date),
            ("TT.MM.JJJJ", Look::Date),
            ("mmm yy", Look::PartOfDate),
            ("d.m.", Look::PartOfDate),
            ("dddd, mmmm yyyy", Look::PartOfDate),
            ("hh:mm", Look::Time),
            ("[h]:mm", Look::Time),
            ("0000", Look::Padded(4, Digits::Behind(0))),
            ("00.00", Look::Padded(2, Digits::Behind(2))),
            ("\"DG-M-\"00", Look::Strange),
            ("0 \"Mio.\"", Look::Strange),
            ("#,##0,", Look::Strange),
            ("#,##0.0,,", Look::Strange),
            ("000-000", Look::Strange),
            (";;;", Look::Strange),
            ("", Look::Strange),
        ] {
            assert_eq!(Look::of_code(code, &Currency::default()), look, "{code}");
        }
    }
}
