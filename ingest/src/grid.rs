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
    /// A number the file holds as one, as it is shown, but with a point and without grouping: `1.10`, `0007`,
    /// `25%`. Columns of numbers take it without idle zeros.
    Number(String),
    /// The same with words beside it: `12.5 T€`, `M-007`. Whether the number is meant, only a profile can say.
    Worded(String),
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
            | Self::Worded(text)
            | Self::Date(text)
            | Self::Doubtful { text, .. } => text,
        }
    }
}

/// A shown number without zeros that say nothing. Three decimals get one behind them: `1.234` could mean
/// thousands to whoever reads it next, `1.2340` cannot. Other texts stay as they are.
pub(crate) fn plain_number(shown: &str) -> String {
    let (number, percent) = match shown.strip_suffix('%') {
        Some(number) => (number, "%"),
        None => (shown, ""),
    };
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut digits = whole.bytes().chain(fraction.bytes());
    if whole.is_empty() || !digits.all(|it| it.is_ascii_digit()) {
        return shown.to_owned();
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let fraction = fraction.trim_end_matches('0');
    match fraction.len() {
        0 => format!("{sign}{whole}{percent}"),
        3 => format!("{sign}{whole}.{fraction}0{percent}"),
        _ => format!("{sign}{whole}.{fraction}{percent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_columns_of_numbers_have_no_idle_zeros_and_never_three_decimals() {
        for (shown, plain) in [
            ("1.10", "1.1"),
            ("2026.00", "2026"),
            ("-0007.50", "-7.5"),
            ("1.101", "1.1010"),
            ("12.500%", "12.5%"),
            ("0.00", "0"),
            ("33.333333333333336", "33.333333333333336"),
            ("1.2E+16", "1.2E+16"),
            ("M-007", "M-007"),
            (".5", ".5"),
            ("", ""),
        ] {
            assert_eq!(plain_number(shown), plain, "{shown}");
        }
    }
}
