//! Which signs of money beside a number are the programme's own.

/// The currency of a programme, by its code and the signs people write for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    /// As in `GBP`.
    code: String,
    /// Other ways to write it, the longer before those they contain.
    signs: &'static [&'static str],
}

/// How people write the currencies of which more than the code is in use.
const SIGNS: [(&str, &[&str]); 4] = [
    ("EUR", &["Euro", "€"]),
    ("GBP", &["£"]),
    ("CHF", &["SFr.", "Fr."]),
    ("USD", &["US$", "$"]),
];

impl Default for Currency {
    /// The euro.
    fn default() -> Self {
        Self::new("EUR")
    }
}

impl Currency {
    /// The currency of a code (ISO 4217).
    #[must_use]
    pub fn new(code: &str) -> Self {
        let known = SIGNS.iter().find(|(it, _)| *it == code);
        Self {
            code: code.to_owned(),
            signs: known.map_or(&[], |(_, signs)| *signs),
        }
    }

    /// Whether a text is this currency, and nothing else.
    pub(super) fn is(&self, text: &str) -> bool {
        text == self.code || self.signs.contains(&text)
    }

    /// Whether more stands beside a number than signs, blanks and this currency.
    pub(super) fn has_words(&self, beside: &str) -> bool {
        let bare = |it: char| it.is_whitespace() || "-–—+−(),.".contains(it);
        let bare = beside.trim_matches(bare);
        // A full stop may belong to it.
        !(bare.is_empty() || self.is(bare) || self.is(&format!("{bare}.")))
    }
}
