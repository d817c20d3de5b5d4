//! Exact decimal numbers: read from text, scaled, rounded only where that is asked for.

/// A decimal number without error: `digits` divided by ten to the power of `decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exact {
    negative: bool,
    digits: u128,
    decimals: u32,
}

/// How numbers are written in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notation {
    /// Between whole part and decimals.
    pub(super) decimal: char,
    /// Between groups of three digits; a blank stands for any kind of blank.
    pub(super) thousands: Option<char>,
}

impl Notation {
    /// As computers write: `1234.5`.
    pub(super) const PLAIN: Self = Self {
        decimal: '.',
        thousands: None,
    };
}

impl Exact {
    pub(super) const ONE: Self = Self {
        negative: false,
        digits: 1,
        decimals: 0,
    };

    /// Reads a number; `None` if it is none in this notation, or has more than 38 digits.
    pub(super) fn read(text: &str, notation: &Notation) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '−']);
        let (negative, text) = (unsigned.is_some(), unsigned.unwrap_or(text).trim_start());
        let (whole, fraction) = match text.split_once(notation.decimal) {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (text, ""),
        };
        let whole = grouped(whole, notation.thousands)?;
        if whole.is_empty() || !fraction.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        Some(Self {
            negative,
            digits: if digits.is_empty() {
                0
            } else {
                digits.parse().ok()?
            },
            decimals: u32::try_from(fraction.len()).ok()?,
        })
    }

    /// The product; `None` if it has more than 38 digits.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        Some(Self {
            negative: self.negative != other.negative,
            digits: self.digits.checked_mul(other.digits)?,
            decimals: self.decimals.checked_add(other.decimals)?,
        })
    }

    /// Without zeros at the end of the decimals.
    pub(super) fn shortest(mut self) -> Self {
        while self.decimals > 0 && self.digits.is_multiple_of(10) {
            self.digits /= 10;
            self.decimals -= 1;
        }
        self
    }

    /// Whether it is above zero.
    pub(super) fn is_positive(self) -> bool {
        !self.negative && self.digits > 0
    }

    /// How many decimals it has.
    pub(super) fn decimals(self) -> u32 {
        self.decimals
    }

    /// Rounded half up (away from zero) to so many decimals.
    pub(super) fn rounded(self, decimals: u32) -> Self {
        let mut rounded = self.shortest();
        let Some(surplus) = rounded.decimals.checked_sub(decimals).filter(|it| *it > 0) else {
            return rounded;
        };
        // More than 38 digits are dropped: then nothing is left of the number.
        let unit = 10_u128.checked_pow(surplus);
        rounded.digits = unit.map_or(0, |unit| {
            rounded.digits / unit + u128::from(rounded.digits % unit >= unit / 2)
        });
        rounded.decimals = decimals;
        rounded
    }

    /// Written with at least so many decimals.
    pub(super) fn written(self, least: u32) -> String {
        let shortest = self.shortest();
        let decimals = usize::try_from(shortest.decimals).unwrap_or_default();
        let digits = format!("{:0>width$}", shortest.digits, width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let sign = if self.negative && self.digits > 0 {
            "-"
        } else {
            ""
        };
        let least = usize::try_from(least).unwrap_or_default();
        match format!("{fraction:0<least$}").as_str() {
            "" => format!("{sign}{whole}"),
            fraction => format!("{sign}{whole}.{fraction}"),
        }
    }
}

/// The digits of a whole number; its groups, if any, have three digits.
fn grouped(text: &str, separator: Option<char>) -> Option<String> {
    let is_separator = |it: char| match separator {
        Some(' ') => it.is_whitespace(),
        Some(separator) => it == separator,
        None => false,
    };
    let groups: Vec<&str> = text.split(is_separator).collect();
    let (first, rest) = groups.split_first()?;
    let fits = rest.is_empty() || (1..=3).contains(&first.len());
    let fits = fits && rest.iter().all(|it| it.len() == 3);
    let digits = groups.concat();
    (fits && digits.bytes().all(|it| it.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BRITISH: Notation = Notation {
        decimal: '.',
        thousands: Some(','),
    };
    const GERMAN: Notation = Notation {
        decimal: ',',
        thousands: Some('.'),
    };

    fn plain(text: &str) -> Exact {
        Exact::read(text, &Notation::PLAIN).expect("a number")
    }

    #[test]
    fn numbers_are_read_in_their_notation_and_in_no_other() {
        let read =
            |text: &str, notation: &Notation| Exact::read(text, notation).map(|it| it.written(0));
        assert_eq!(read("12,343.96", &BRITISH).as_deref(), Some("12343.96"));
        assert_eq!(read("1.234.567,80", &GERMAN).as_deref(), Some("1234567.8"));
        assert_eq!(read("-0,5", &GERMAN).as_deref(), Some("-0.5"));
        assert_eq!(read("-0.00", &BRITISH).as_deref(), Some("0"));
        assert_eq!(read("007", &BRITISH).as_deref(), Some("7"));
        for wrong in [
            "", "-", ".", "5.", ".5", "1,23", "1,2345", "1234,567", ",123", "1.2.3", "1e3", "٣",
            "1 000", "12-", "(12)", "£5", "NaN",
        ] {
            assert_eq!(read(wrong, &BRITISH), None, "{wrong}");
        }
        let blank = Notation {
            decimal: ',',
            thousands: Some(' '),
        };
        assert_eq!(
            read("1\u{a0}234 567,5", &blank).as_deref(),
            Some("1234567.5")
        );
    }

    #[test]
    fn scaling_is_exact_and_rounding_is_half_up() {
        let scaled = plain("12343.96").times(plain("1000000")).expect("a number");
        assert_eq!(scaled.shortest().decimals(), 0);
        assert_eq!(scaled.written(2), "12343960000.00");
        assert_eq!(plain("0.125").rounded(2).written(2), "0.13");
        assert_eq!(plain("0.1249").rounded(2).written(2), "0.12");
        assert_eq!(plain("-0.125").rounded(2).written(2), "-0.13");
        assert_eq!(plain("1").rounded(2).written(2), "1.00");
        let tiny = plain("0.1").times(plain("0.00000000000000000000000000000000000001"));
        assert_eq!(
            tiny.map(|it| it.rounded(2).written(2)).as_deref(),
            Some("0.00")
        );
        assert_eq!(plain(&"9".repeat(38)).times(plain("10")), None);
    }

    proptest! {
        /// Cents written in either notation come back as they were.
        #[test]
        fn what_is_written_is_read(cents in 0_u64..100_000_000_000_000) {
            let whole = (cents / 100).to_string();
            let mut grouped = String::new();
            for (at, digit) in whole.chars().enumerate() {
                if at > 0 && (whole.len() - at).is_multiple_of(3) {
                    grouped.push('.');
                }
                grouped.push(digit);
            }
            let written = format!("{grouped},{:02}", cents % 100);
            let read = Exact::read(&written, &GERMAN).map(|it| it.written(2));
            prop_assert_eq!(read, Some(format!("{whole}.{:02}", cents % 100)));
        }

        #[test]
        fn no_text_panics(text in ".{0,60}", decimal in "[.,]", scale in "[0-9]{1,20}") {
            let notation = Notation { decimal: decimal.chars().next().unwrap_or('.'), thousands: Some(' ') };
            if let Some(read) = Exact::read(&text, &notation) {
                let scaled = read.times(plain(&scale));
                let _ = scaled.map(|it| it.rounded(2).written(2));
            }
        }
    }
}
