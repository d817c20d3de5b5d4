//! Where an answer stands: reporting date, day of knowledge, place in the log.

use leitstand_domain::Day;

/// The three coordinates of the time machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// V: the reporting date (Stichtag).
    pub as_of: Day,
    /// K: what was known at the end of that day; `None`: everything known.
    pub known_on: Option<Day>,
    /// P: the log up to this position; `None`: its end.
    pub at_position: Option<u64>,
}

impl View {
    /// Whether something known on a day, at a position, is seen at all.
    #[must_use]
    pub fn sees(&self, known: Day, position: u64) -> bool {
        self.known_on.is_none_or(|it| known <= it)
            && self.at_position.is_none_or(|it| position <= it)
    }
}
