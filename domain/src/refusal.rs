//! The domain's "no": an answer, not a failure.

use crate::{Day, cell::Cell as _};

/// Why a row was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {en}")]
pub struct Refusal {
    /// Stable code, as in `step_not_allowed`.
    pub code: &'static str,
    /// The column concerned, where it is one.
    pub field: Option<&'static str>,
    /// What is wrong and what to do, in German.
    pub de: String,
    /// What is wrong and what to do, in English.
    pub en: String,
}

impl Refusal {
    /// A refusal with its sentence in both languages. Dates and amounts are handed in in their plain form; the
    /// German sentence writes them as `31.12.2024` and `1.063.999,00`, but nothing that is quoted.
    #[must_use]
    pub fn new(
        code: &'static str,
        field: impl Into<Option<&'static str>>,
        de: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            code,
            field: field.into(),
            de: sentence(german(&de.into())),
            en: sentence(en.into()),
        }
    }
}

/// Ends a sentence with a full stop, once.
pub(crate) fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// A German sentence with its dates and amounts as they are written in German. What stands between „ and “ is
/// said by the feed, and stays.
fn german(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((open, quoted)) = rest.split_once('„') {
        let end = quoted
            .find('“')
            .map_or(quoted.len(), |at| at + '“'.len_utf8());
        out.extend(words(open));
        out.extend(["„", &quoted[..end]]);
        rest = &quoted[end..];
    }
    out.extend(words(rest));
    out
}

/// The words of a sentence, each with the blank or bracket after it.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_inclusive([' ', '(', ')']).map(|it| {
        let bare = it.trim_end_matches([' ', '(', ')', ',', ';', ':', '.', '!', '?']);
        let written = day(bare).or_else(|| amount(bare));
        written.map_or_else(|| it.to_owned(), |word| word + &it[bare.len()..])
    })
}

/// `31.12.2024` of `2024-12-31`.
fn day(word: &str) -> Option<String> {
    let day = (word.len() == 10).then(|| Day::parse(word).ok())??;
    let (year, month, day) = (day.date().year(), day.date().month(), day.date().day());
    Some(format!("{day:02}.{month:02}.{year}"))
}

/// `1.063.999,00` of `1063999.00`.
fn amount(word: &str) -> Option<String> {
    let (sign, digits) = word.strip_prefix('-').map_or(("", word), |it| ("-", it));
    let (whole, cents) = digits.split_once('.')?;
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if cents.len() != 2 || !is_number(whole) || !is_number(cents) {
        return None;
    }
    let mut grouped = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    Some(format!("{grouped},{cents}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_german_sentence_has_german_dates_and_amounts_and_an_english_one_has_not() {
        let plain = "„MB-03/2024-09-16“ gilt am 2024-09-16 (bis 2024-12-31): 1063999.00, -0.50 und 1.5 von A-24.05";
        let refusal = Refusal::new("x", None, plain, plain);
        assert_eq!(
            refusal.de,
            "„MB-03/2024-09-16“ gilt am 16.09.2024 (bis 31.12.2024): 1.063.999,00, -0,50 und 1.5 von A-24.05."
        );
        assert_eq!(refusal.en, format!("{plain}."));
        let ends = Refusal::new("x", None, "seit 2024-02-30, „offen 2024-01-01", "");
        assert_eq!(ends.de, "seit 2024-02-30, „offen 2024-01-01.");
    }
}
