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

    /// A text without this currency.
    pub(super) fn taken_off(&self, text: &str) -> String {
        let without = text.replace(&self.code, "");
        let off = |text: String, sign: &&str| text.replace(sign, "");
        self.signs.iter().fold(without, off)
    }
}
