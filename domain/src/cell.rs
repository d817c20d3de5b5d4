//! The types of cells: values that cannot be wrong once they exist.
//!
//! A cell is read from the text a person wrote ([`Cell::parse`]) and written back in one normal form
//! ([`Cell::normal`]), the one that identity and content are made of.

mod amount;
mod code;
mod day;
mod id;
mod number;
mod percent;
mod text;
mod yes_no;

pub use amount::{Amount, SignedAmount, decimal};
pub use code::Code;
pub(crate) use code::codes;
pub use day::Day;
pub use id::Id;
pub use number::{Count, Number};
pub use percent::Percent;
pub use text::Text;
pub use yes_no::YesNo;

use crate::refusal::sentence;

/// The type of a column: how a cell is read, checked and written back.
pub trait Cell: Sized + Clone + PartialEq {
    /// What the schema calls it: `date`, `amount`, `code`, ….
    const KIND: &'static str;
    /// The words allowed, where only certain words are.
    const WORDS: &'static [&'static str] = &[];

    /// Reads a cell that is not empty and has no blanks around it.
    ///
    /// # Errors
    /// What is wrong with the text, and what would be right.
    fn parse(text: &str) -> Result<Self, BadCell>;

    /// The value in normal form; `None` where nothing is stated.
    fn normal(&self) -> Option<String>;

    /// What an empty cell means; `None` where the column is mandatory.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }

    /// Whether nothing is written for it in an event.
    fn is_absent(&self) -> bool {
        false
    }

    /// The value as it is read back from an event, in which no free text stands.
    #[must_use]
    fn sealed_out(self) -> Self {
        self
    }

    /// The plain words of a free text not yet sealed.
    fn plain(&self) -> Option<&str> {
        None
    }
}

impl<T: Cell> Cell for Option<T> {
    const KIND: &'static str = T::KIND;
    const WORDS: &'static [&'static str] = T::WORDS;

    fn parse(text: &str) -> Result<Self, BadCell> {
        T::parse(text).map(Some)
    }

    fn normal(&self) -> Option<String> {
        self.as_ref().and_then(T::normal)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn is_absent(&self) -> bool {
        self.as_ref().is_none_or(T::is_absent)
    }

    fn sealed_out(self) -> Self {
        self.filter(|it| !it.is_absent())
    }

    fn plain(&self) -> Option<&str> {
        self.as_ref().and_then(T::plain)
    }
}

/// What is wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCell {
    /// Stable code, as in `bad_date`.
    pub code: &'static str,
    /// What would be right, in German.
    pub de: String,
    /// What would be right, in English.
    pub en: String,
}

impl BadCell {
    pub(crate) fn new(code: &'static str, de: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code,
            de: sentence(de.into()),
            en: sentence(en.into()),
        }
    }
}

/// Longest cell in bytes (64 KiB).
pub const LONGEST: usize = 64 * 1024;

/// Checks what holds for every cell, before its column is asked.
///
/// # Errors
/// `cell_too_long`, `nul_character`.
pub fn check_any(text: &str) -> Result<(), BadCell> {
    if text.len() > LONGEST {
        return Err(BadCell::new(
            "cell_too_long",
            "Die Zelle ist länger als 64 KiB; bitte kürzen",
            "The cell is longer than 64 KiB; shorten it",
        ));
    }
    if text.contains('\0') {
        return Err(BadCell::new(
            "nul_character",
            "Die Zelle enthält ein NUL-Zeichen; bitte entfernen",
            "The cell contains a NUL character; remove it",
        ));
    }
    Ok(())
}

/// Refuses what a spreadsheet would take for a formula.
pub(crate) fn no_formula(text: &str) -> Result<(), BadCell> {
    if text.starts_with('=') {
        return Err(BadCell::new(
            "formula_cell",
            "Text darf nicht mit „=“ beginnen; bitte den Wert statt der Formel angeben",
            "Text must not begin with `=`; give the value instead of the formula",
        ));
    }
    Ok(())
}
