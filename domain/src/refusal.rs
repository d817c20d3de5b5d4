//! The domain's "no": an answer, not a failure.

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
    /// A refusal with its sentence in both languages.
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
            de: sentence(de.into()),
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
