//! An answer as text: JSON, CSV in two dialects, or a table for a terminal.

mod csv;
mod flat;
pub mod german;
mod table;

pub use csv::{Dialect, csv};
pub use table::{table, wide_table};

use leitstand_projections::{Answer, Ask, Facts, NoAnswer, answer::Kind};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For reading on a terminal.
    Table,
    /// The contract's form.
    Json,
    /// For spreadsheets and programs.
    Csv(Dialect),
}

impl Format {
    /// The words for formats.
    pub const WORDS: [&'static str; 4] = ["table", "json", "csv", "csv-de"];

    /// The format of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "table" => Some(Self::Table),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv(Dialect::Standard)),
            "csv-de" => Some(Self::Csv(Dialect::German)),
            _ => None,
        }
    }

    /// Its content type over HTTP.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Table => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv(_) => "text/csv; charset=utf-8; header=present",
        }
    }

    /// The answer to a question in this form, one piece after the other; says also where to go on, if rows were
    /// left out.
    ///
    /// # Errors
    /// As [`Kind::answer`].
    pub fn answer(
        self,
        kind: &Kind,
        facts: &Facts,
        ask: &Ask,
    ) -> Result<(Vec<String>, Option<String>), NoAnswer> {
        if self == Self::Json {
            let (mut pieces, cursor) = kind.json(facts, ask)?;
            if let Some(last) = pieces.last_mut() {
                last.push('\n');
            }
            return Ok((pieces, cursor));
        }
        let answer = kind.answer(facts, ask)?;
        Ok((vec![self.render(&answer)], answer.cursor))
    }

    /// An answer in this form.
    #[must_use]
    pub fn render(self, answer: &Answer) -> String {
        match self {
            Self::Table => table(answer),
            Self::Json => serde_json::to_string(answer).unwrap_or_default() + "\n",
            Self::Csv(dialect) => csv(answer, dialect),
        }
    }
}
