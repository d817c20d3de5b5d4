use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{BadCell, Cell};

/// An amount of money in the programme's currency: whole cents, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i64);

/// An amount that may be negative: only a pot's planning reserve is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SignedAmount(i64);

/// Largest amount of one cell in cents: 999,999,999,999.99. Far above every public budget, and low
/// enough that sums over any log stay exact.
const LARGEST: i64 = 99_999_999_999_999;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole cents; `None` if negative or above 999,999,999,999.99.
    #[must_use]
    pub fn from_cents(cents: i64) -> Option<Self> {
        (0..=LARGEST).contains(&cents).then_some(Self(cents))
    }

    /// Whole cents.
    #[must_use]
    pub fn cents(self) -> i64 {
        self.0
    }
}

impl SignedAmount {
    /// Whole cents.
    #[must_use]
    pub fn cents(self) -> i64 {
        self.0
    }
}

/// Whole cents as `-1234567.89`.
#[must_use]
pub fn decimal(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(i128::from(self.0)))
    }
}

impl fmt::Display for SignedAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(i128::from(self.0)))
    }
}

impl Cell for Amount {
    const KIND: &'static str = "amount";

    fn parse(text: &str) -> Result<Self, BadCell> {
        if text.starts_with('-') {
            return Err(BadCell::new(
                "negative_amount",
                "Beträge sind nie negativ; eine Minderung ist ein eigener Vorgang",
                "Amounts are never negative; a decrease is an act of its own",
            ));
        }
        cents(text).map(Self)
    }

    fn normal(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Cell for SignedAmount {
    const KIND: &'static str = "signed_amount";

    fn parse(text: &str) -> Result<Self, BadCell> {
        match text.strip_prefix('-') {
            Some(rest) => cents(rest).map(|it| Self(-it)),
            None => cents(text).map(Self),
        }
    }

    fn normal(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Cents of `1234567.89` or `1.234.567,89`; nothing is rounded and nothing is guessed.
fn cents(text: &str) -> Result<i64, BadCell> {
    let bad = || {
        BadCell::new(
            "bad_amount",
            "Kein Betrag; richtig ist 1234567.89 oder 1.234.567,89",
            "Not an amount; write 1234567.89 or 1.234.567,89",
        )
    };
    let (whole, fraction) = split(text).ok_or_else(bad)?.map_err(|()| {
        BadCell::new(
            "ambiguous_amount",
            format!("„{}“ kann Tausender oder Nachkommastellen meinen; bitte mit zwei Nachkommastellen schreiben, z. B. 1234.00", shown(text)),
            format!("`{}` may mean thousands or decimals; write two decimals, as in 1234.00", shown(text)),
        )
    })?;
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|it| it.is_ascii_digit())
    {
        return Err(bad());
    }
    if fraction.len() > 2 {
        return Err(BadCell::new(
            "too_many_decimals",
            "Mehr als zwei Nachkommastellen; bitte auf Cent genau angeben, es wird nicht gerundet",
            "More than two decimals; give whole cents, nothing is rounded",
        ));
    }
    let digits = format!("{whole}{fraction:0<2}");
    match digits.trim_start_matches('0') {
        "" => Ok(0),
        digits if digits.len() <= 14 => digits.parse().map_err(|_| bad()),
        _ => Err(BadCell::new(
            "amount_too_large",
            "Der Betrag übersteigt 999.999.999.999,99",
            "The amount exceeds 999,999,999,999.99",
        )),
    }
}

/// At most 40 characters of what was written, for a message.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Whole part without thousands dots, and fraction. `None`: no amount; `Some(Err)`: ambiguous.
fn split(text: &str) -> Option<Result<(String, &str), ()>> {
    let separators: Vec<(usize, char)> = text
        .char_indices()
        .filter(|(_, it)| matches!(it, '.' | ','))
        .collect();
    match separators.as_slice() {
        [] => Some(Ok((text.to_owned(), ""))),
        [(at, _)] => {
            let (whole, fraction) = (&text[..*at], &text[at + 1..]);
            let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
            match fraction.len() {
                0 => None,
                3 if digits(whole) && digits(fraction) => Some(Err(())),
                _ => Some(Ok((whole.to_owned(), fraction))),
            }
        }
        [dots @ .., (at, last)] => {
            if dots.iter().any(|(_, it)| *it != '.') {
                return None;
            }
            // Either a decimal comma after thousands dots, or thousands dots only.
            let (whole, fraction) = if *last == ',' {
                (&text[..*at], &text[at + 1..])
            } else {
                (text, "")
            };
            if *last == ',' && fraction.is_empty() {
                return None;
            }
            let mut groups = whole.split('.');
            let first = groups.next()?;
            let grouped = (1..=3).contains(&first.len()) && groups.all(|it| it.len() == 3);
            grouped.then(|| Ok((whole.replace('.', ""), fraction)))
        }
    }
}

macro_rules! as_text {
    ($type:ident) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(|bad| D::Error::custom(bad.en))
            }
        }
    };
}
as_text!(Amount);
as_text!(SignedAmount);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_and_plain_forms_are_the_same_cents() {
        for text in ["1234567.89", "1.234.567,89", "1234567,89"] {
            assert_eq!(
                Amount::parse(text).map(Amount::cents),
                Ok(123_456_789),
                "{text}"
            );
        }
        assert_eq!(
            Amount::parse("1.234.567").map(Amount::cents),
            Ok(123_456_700)
        );
        assert_eq!(Amount::parse("12,5").map(Amount::cents), Ok(1_250));
        assert_eq!(Amount::parse("0").map(Amount::cents), Ok(0));
        assert_eq!(
            Amount::parse("1234").map(|it| it.to_string()),
            Ok("1234.00".to_owned())
        );
    }

    #[test]
    fn each_wrong_form_has_its_code() {
        for (text, code) in [
            ("1.234", "ambiguous_amount"),
            ("1,234", "ambiguous_amount"),
            ("0.125", "ambiguous_amount"),
            ("1.2345", "too_many_decimals"),
            ("1.234.567,891", "too_many_decimals"),
            ("-5", "negative_amount"),
            ("1,234,567.89", "bad_amount"),
            ("1.23.456,00", "bad_amount"),
            ("12 000", "bad_amount"),
            ("1.", "bad_amount"),
            (",50", "bad_amount"),
            ("€5", "bad_amount"),
            ("1e3", "bad_amount"),
            ("1000000000000.00", "amount_too_large"),
        ] {
            assert_eq!(
                Amount::parse(text).map_err(|it| it.code),
                Err(code),
                "{text}"
            );
        }
    }

    #[test]
    fn only_a_reserve_may_be_negative() {
        assert_eq!(
            SignedAmount::parse("-1.234,50").map(SignedAmount::cents),
            Ok(-123_450)
        );
    }
}
