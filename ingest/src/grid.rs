//! A table as people see it: cells as text, where they stand.

/// One sheet or file, its cells as texts, before anybody says what they mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// The name of the sheet; none for a CSV file.
    pub sheet: Option<String>,
    /// The rows that are there; empty ones may be left out.
    pub rows: Vec<GridRow>,
}

/// One row of a grid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GridRow {
    /// The row as the file counts it, from 1 (a CSV record counts as one row, the header is row 1).
    pub number: u64,
    /// The cells from the first column on; what is missing at the end is empty.
    pub cells: Vec<GridCell>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GridCell {
    /// As it is written; empty if nothing is.
    Text(String),
    /// A number the file holds as one: with a point and without grouping, with `%` behind it where it is
    /// shown as a percentage.
    Number(String),
    /// A day the file holds as one, as in `2024-12-31`.
    Date(String),
    /// Something that must not be taken as it stands, with its text and why: a float that is no clean number, an error value, a formula without a result.
    Doubtful {
        /// As far as it can be shown.
        text: String,
        /// A stable code and what is wrong.
        code: &'static str,
    },
}

impl GridCell {
    /// What it shows.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text)
            | Self::Number(text)
            | Self::Date(text)
            | Self::Doubtful { text, .. } => text,
        }
    }
}
