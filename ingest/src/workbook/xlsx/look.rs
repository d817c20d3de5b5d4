//! What a number format makes of a number.

use crate::workbook::{
    Currency,
    date::Part,
    number::{Digits, Frame},
};

/// How a number looks to people, as far as it matters to what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// As a number with what stands around it: zeros, a percent sign, words. Grouping and the programme's
    /// own currency do not matter.
    Number(Digits, Frame),
    /// A day.
    Date,
    /// A month or a year.
    Part(Part),
    /// Less than a day, and more than nothing: a day without its year.
    PartOfDate,
    /// A time of day or a span.
    Time,
    /// As something else: thousands left out and not said to be, words between the digits, nothing at all.
    Strange,
}

impl Default for Look {
    fn default() -> Self {
        Self::number(Digits::All)
    }
}

impl Look {
    fn number(digits: Digits) -> Self {
        Self::Number(digits, Frame::default())
    }

    /// The formats that need not stand in the file. The currency of some is the one of whoever looks.
    pub(super) fn of_built_in(id: u32) -> Self {
        match id {
            // 12 and 13 show fractions.
            1 | 3 | 5 | 6 | 12 | 13 | 37 | 38 | 41 | 42 => Self::number(Digits::behind(0)),
            2 | 4 | 7 | 8 | 39 | 40 | 43 | 44 => Self::number(Digits::behind(2)),
            9 => Self::Number(Digits::behind(0), Frame::percent()),
            10 => Self::Number(Digits::behind(2), Frame::percent()),
            11 => Self::number(Digits::Leading(3)),
            48 => Self::number(Digits::Leading(2)),
            14 | 15 | 22 => Self::Date,
            16 => Self::PartOfDate,
            17 => Self::Part(Part::Month),
            18..=21 | 45..=47 => Self::Time,
            // Days and times as East Asia writes them, different in every language.
            27..=36 | 50..=58 => Self::Strange,
            _ => Self::default(),
        }
    }

    /// Reads a format. Its first section counts, the others are for negative numbers, 0 and texts; where they are
    /// for greater or smaller numbers, they must look alike.
    pub(super) fn of_code(code: &str, currency: &Currency) -> Self {
        let reads: Vec<Read> = sections(code)
            .map(|it| Read::section(it, currency))
            .collect();
        let is_by_size = reads.iter().any(|it| it.has_condition);
        let mut looks = reads.into_iter().map(Read::look);
        let first = looks.next().unwrap_or_default();
        if is_by_size && looks.any(|it| it != first) {
            return Self::Strange;
        }
        first
    }
}

/// The sections of a format, parted by `;` where that is no word.
fn sections(code: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    code.split(move |char| {
        let is_plain = !is_quoted && !std::mem::take(&mut is_escaped);
        is_escaped = is_plain && matches!(char, '\\' | '_' | '*');
        is_quoted ^= char == '"' && (is_quoted || is_plain);
        char == ';' && is_plain
    })
}

/// What stands in a section of a format.
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
    /// Of these the ones that are shown in any case.
    least: usize,
    has_exponent: bool,
    has_fraction: bool,
    /// The place of a text, where a number shows all it has.
    is_text: bool,
    /// A place for a digit or a text.
    has_places: bool,
    /// Commas after the last place: thousands are left out.
    left_out: i32,
    /// Words or a dash between the places.
    is_parted: bool,
    /// It is for numbers above or below another.
    has_condition: bool,
    /// What stands before and behind the places.
    before: String,
    after: String,
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
        while let Some(char) = chars.next() {
            if !"dDtT".contains(char) {
                read.end_day();
            }
            match char {
                '"' => read.beside(chars.by_ref().take_while(|it| *it != '"')),
                '\\' => read.beside(chars.next()),
                // A blank as wide as the next character; a character that fills the cell.
                '_' | '*' => {
                    chars.next();
                }
                '[' => {
                    let inside: String = chars.by_ref().take_while(|it| *it != ']').collect();
                    // A currency, and behind the dash a language.
                    if let Some(currency) = inside.strip_prefix('$') {
                        read.beside(currency.chars().take_while(|it| *it != '-'));
                    }
                    read.has_condition |= inside.starts_with(['<', '>', '=']);
                    let inside = inside.to_lowercase();
                    let is_span = ["h", "m", "s"]
                        .iter()
                        .any(|it| !inside.is_empty() && inside.replace(it, "").is_empty());
                    read.has_time |= is_span;
                }
                '$' => read.beside(Some('$')),
                // Blanks and signs stand as they are.
                ' ' => read.beside(Some(' ')),
                other if !other.is_ascii() => read.beside(Some(other)),
                other => read.plain(other),
            }
        }
        read.end_day();
        for beside in [&mut read.before, &mut read.after] {
            if !own.has_words(beside) {
                beside.clear();
            }
        }
        read
    }

    /// Takes what stands before or behind the places as it is.
    fn beside(&mut self, literal: impl IntoIterator<Item = char>) {
        if self.has_places {
            self.after.extend(literal);
        } else {
            self.before.extend(literal);
        }
    }

    fn has_words(&self) -> bool {
        !(self.before.is_empty() && self.after.is_empty())
    }

    fn look(self) -> Look {
        if self.is_general && !self.has_words() {
            Look::default()
        } else if self.has_date() {
            match (self.has_day, self.months > 0, self.years > 0) {
                (true, true, true) => Look::Date,
                (false, true, true) if self.days == 0 => Look::Part(Part::Month),
                (false, false, true) if self.days == 0 => Look::Part(Part::Year),
                _ => Look::PartOfDate,
            }
        } else if self.has_time {
            Look::Time
        } else if self.is_general || self.is_parted || !self.has_places {
            Look::Strange
        } else {
            self.number()
        }
    }

    fn number(self) -> Look {
        let digits = self.digits();
        let has_words = self.has_words();
        let (power, after) = match (self.has_percent, self.left_out) {
            (true, 0) if !has_words => (2, "%".to_owned()),
            (false, 0) => (0, self.after),
            // Words say that thousands are left out.
            (false, left_out) if has_words => (-3 * left_out, self.after),
            _ => return Look::Strange,
        };
        let frame = Frame {
            // One zero is there anyway.
            zeros: if self.zeros > 1 { self.zeros } else { 0 },
            power,
            before: self.before,
            after,
        };
        Look::Number(digits, frame)
    }

    fn digits(&self) -> Digits {
        if self.is_text {
            Digits::All
        } else if self.has_exponent {
            Digits::Leading(self.behind + 1)
        } else {
            Digits::Behind(self.least, self.behind)
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
                // Blanks group digits; anything else between them parts them.
                self.is_parted |= !std::mem::take(&mut self.after).trim().is_empty();
                self.has_places = true;
                self.left_out = 0;
                self.zeros += usize::from(lower == '0' && !self.is_after_point);
                if self.is_after_point && !self.has_exponent && !self.has_fraction {
                    self.behind += 1;
                    if lower != '#' {
                        self.least = self.behind;
                    }
                }
                self.is_text |= lower == '@';
            }
            ',' => self.left_out += i32::from(self.has_places),
            '-' => self.beside(Some('-')),
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
        let plain = Look::number(Digits::behind(2));
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
                let is_foreign = matches!(&look, Look::Number(_, frame) if frame.has_words());
                if currency == own {
                    assert_eq!(look, plain, "{code}");
                } else {
                    assert!(is_foreign, "{code} {currency}: {look:?}");
                }
            }
        }
    }

    #[test]
    fn formats_say_what_people_see() {
        let all = || Look::number(Digits::All);
        let behind = |digits| Look::number(Digits::behind(digits));
        let percent = |digits| Look::Number(Digits::behind(digits), Frame::percent());
        let framed = |digits, zeros, power, before: &str, after: &str| {
            let frame = Frame {
                zeros,
                power,
                before: before.to_owned(),
                after: after.to_owned(),
            };
            Look::Number(Digits::behind(digits), frame)
        };
        for (code, look) in [
            ("General", all()),
            ("[$-407]General", all()),
            ("0", behind(0)),
            ("0.0", behind(1)),
            ("#,##0.00", behind(2)),
            ("#,##0.00\\ \"€\";[Red]\\-#,##0.00\\ \"€\"", behind(2)),
            ("_-* #,##0.00\\ [$€-407]_-;\\-* #,##0.00", behind(2)),
            ("#,##0.00 [$EUR]", behind(2)),
            ("#,##0.00 €", behind(2)),
            ("# ?/?", behind(0)),
            ("0.00E+00", Look::number(Digits::Leading(3))),
            ("@", all()),
            ("0%", percent(0)),
            ("0.00\\ %", percent(2)),
            ("$#,##0.00", framed(2, 0, 0, "$", "")),
            ("\"$\"#,##0.00", framed(2, 0, 0, "$", "")),
            ("[$$-409]#,##0.00", framed(2, 0, 0, "$", "")),
            ("[$$-409]General", Look::Strange),
            ("#,##0.00\\ [$USD]", framed(2, 0, 0, "", " USD")),
            ("£#,##0.00", framed(2, 0, 0, "£", "")),
            ("[$£-809]#,##0.00", framed(2, 0, 0, "£", "")),
            ("#,##0.00\\ \"CHF\"", framed(2, 0, 0, "", " CHF")),
            ("dd.mm.yyyy", Look::Date),
            ("[$-407]d\\.\\ mmmm\\ yyyy;@", Look::Date),
            ("yyyy-mm-dd hh:mm", Look::Date),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", Look::Date),
            ("General\" Tage\"", Look::Strange),
            ("dd\\.mm\\.yyyy\\,\\ dddd", Look::Date),
            ("TT.MM.JJJJ", Look::Date),
            ("mmm yy", Look::Part(Part::Month)),
            ("mm/yyyy", Look::Part(Part::Month)),
            ("yyyy", Look::Part(Part::Year)),
            ("d.m.", Look::PartOfDate),
            ("dddd, mmmm yyyy", Look::PartOfDate),
            ("hh:mm", Look::Time),
            ("[h]:mm", Look::Time),
            ("0000", framed(0, 4, 0, "", "")),
            ("00.00", framed(2, 2, 0, "", "")),
            ("\"DG-M-\"00", framed(0, 2, 0, "DG-M-", "")),
            ("0 \"Mio.\"", framed(0, 0, 0, "", " Mio.")),
            ("#,##0,", Look::Strange),
            ("#,##0.0,,", Look::Strange),
            ("#,##0.0,, \"Mio. €\"", framed(1, 0, -6, "", " Mio. €")),
            ("#,##0.0\\ \"T€\"", framed(1, 0, 0, "", " T€")),
            ("[<1000]0\\ \"T€\";0.0,\\ \"Mio. €\"", Look::Strange),
            ("[>=1000]#,##0.00;#,##0.00", behind(2)),
            ("0\"; \";-0", framed(0, 0, 0, "", "; ")),
            ("0.0 \"%\" %", Look::Strange),
            ("0\" Mio. \"0", Look::Strange),
            ("000-000", Look::Strange),
            (";;;", Look::Strange),
            ("", Look::Strange),
        ] {
            assert_eq!(Look::of_code(code, &Currency::default()), look, "{code}");
        }
    }
}
