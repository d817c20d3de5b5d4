//! Texts that mean a value is missing.

use super::{value::Held, words::Pattern};
use crate::grid::plain_number;

/// Texts that mean a value is missing, with the reason; the longest pattern counts.
#[derive(Debug, Default)]
pub(super) struct Missing(Vec<(Pattern, String)>);

/// How spreadsheets call errors in German and English, where that differs.
const ERRORS: [(&str, &str); 4] = [
    ("#NV", "#N/A"),
    ("#WERT!", "#VALUE!"),
    ("#BEZUG!", "#REF!"),
    ("#ZAHL!", "#NUM!"),
];

impl Missing {
    pub(super) fn new(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let pattern = |(text, why): (String, String)| (Pattern::new(&text), why);
        let mut patterns: Vec<_> = texts.into_iter().map(pattern).collect();
        patterns.sort_by_key(|(it, _)| std::cmp::Reverse(it.weight()));
        Self(patterns)
    }

    /// The same of an error, by its German or its English name: which one a file holds depends on the program.
    pub(super) fn reason_of_error(&self, text: &str) -> Option<&str> {
        let other = ERRORS.iter().find_map(|(de, en)| match text {
            it if it == *de => Some(en),
            it if it == *en => Some(de),
            _ => None,
        });
        self.of(text).or_else(|| self.of(other?))
    }

    /// Why a text is no value; a number also without the zeros it is shown with.
    pub(super) fn reason(&self, text: &str, held: Held) -> Option<&str> {
        let plain = || self.of(&plain_number(text));
        self.of(text)
            .or_else(|| plain().filter(|_| held == Held::Number))
    }

    fn of(&self, text: &str) -> Option<&str> {
        let found = self.0.iter().find(|(it, _)| it.fits(text));
        found.map(|(_, why)| why.as_str())
    }
}
