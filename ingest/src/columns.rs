//! Which column a header names.

use std::borrow::Cow;

use leitstand_domain::{
    table::{COMMON, Column, VALID_FROM},
    tables::{self, CORRECTION_COLUMNS, CORRECTIONS, Table},
};

/// A feed table, or the one that changes rows of the others.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sheet {
    /// A table of rows.
    Table(&'static Table),
    /// `corrections`.
    Corrections,
}

impl Sheet {
    /// The table of a public name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        if name == CORRECTIONS {
            return Some(Self::Corrections);
        }
        tables::by_name(name).map(Self::Table)
    }

    /// Its public name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Table(table) => table.name,
            Self::Corrections => CORRECTIONS,
        }
    }

    /// Its place in the contract's order; `corrections` comes last.
    pub(crate) fn order(self) -> usize {
        match self {
            Self::Table(table) => table.order,
            Self::Corrections => tables::ALL.len(),
        }
    }

    /// Whether its rows come first in a feed.
    pub(crate) fn defines(self) -> bool {
        match self {
            Self::Table(table) => table.defines,
            Self::Corrections => false,
        }
    }

    /// Its own columns.
    pub(crate) fn columns(self) -> &'static [Column] {
        match self {
            Self::Table(table) => table.columns,
            Self::Corrections => CORRECTION_COLUMNS,
        }
    }

    /// The column whose day orders the row in a feed.
    pub(crate) fn effective(self) -> Option<&'static str> {
        match self {
            Self::Table(table) => table.effective,
            Self::Corrections => Some("date"),
        }
    }

    /// Whether `valid_from` is a common column of it.
    pub(crate) fn has_states(self) -> bool {
        // In `seats`, `from` says it.
        matches!(self, Self::Table(table) if table.states && table.effective != Some("from"))
    }

    /// The column a header names: own name, own alias, common name, common alias.
    ///
    /// In `corrections` a header may also name a column of the corrected table. Which one shows only
    /// in the row, so it stays as it was written.
    pub(crate) fn column(self, header: &str) -> Option<Cow<'static, str>> {
        let header = header.trim();
        let common = COMMON
            .iter()
            .chain(self.has_states().then_some(&VALID_FROM));
        // Names are in lower case and nobody's alias; nearly all headers are names.
        let mut all = self.columns().iter().chain(common.clone());
        let named = all.find(|it| it.name == header);
        let named = named
            .or_else(|| find(self.columns().iter(), header))
            .or_else(|| find(common, header));
        if let Some(column) = named {
            return Some(column.name.into());
        }
        let of_any = || {
            tables::ALL
                .iter()
                .any(|it| find(it.columns.iter(), header).is_some())
        };
        (matches!(self, Self::Corrections) && of_any()).then(|| header.to_owned().into())
    }

    /// Whether a column, by its name, takes ids or other texts.
    pub(crate) fn holds_text(self, column: &str) -> bool {
        let mut known = self.columns().iter().chain(COMMON).chain([&VALID_FROM]);
        match (known.find(|it| it.name == column), self) {
            (Some(column), _) => is_text(column),
            (None, Self::Table(_)) => true,
            // The row says of which table; columns of one name are alike.
            (None, Self::Corrections) => tables::ALL
                .iter()
                .filter_map(|it| own_column(it, column))
                .all(is_text),
        }
    }

    /// The name of the column that tells why a row was rejected, in a rejects file.
    pub(crate) fn reject_column(self) -> &'static str {
        if self.columns().iter().any(|it| it.name == "reason") {
            "reject_reason"
        } else {
            "reason"
        }
    }

    /// Whether a header is that column, left in a rejects file that is fed again.
    pub(crate) fn is_reject_column(self, header: &str) -> bool {
        let header = header.trim().to_lowercase();
        header == "reject_reason" || header == self.reject_column()
    }
}

/// The own column of a table that a header names.
pub(crate) fn own_column(table: &Table, header: &str) -> Option<&'static Column> {
    find(table.columns.iter(), header)
}

fn is_text(column: &Column) -> bool {
    matches!(column.kind, "text" | "free_text")
}

/// Names before aliases; case does not matter.
fn find<'a>(columns: impl Iterator<Item = &'a Column> + Clone, header: &str) -> Option<&'a Column> {
    let header = header.to_lowercase();
    let by_name = columns.clone().find(|it| it.name == header);
    by_name.or_else(|| {
        columns.into_iter().find(|it| {
            it.aliases
                .iter()
                .any(|alias| alias.to_lowercase() == header)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_names_two_columns_of_one_table() {
        for sheet in tables::ALL
            .iter()
            .map(Sheet::Table)
            .chain([Sheet::Corrections])
        {
            let mut seen: Vec<(String, &str)> = Vec::new();
            for column in sheet.columns() {
                for header in [column.name].iter().chain(column.aliases) {
                    let header = header.to_lowercase();
                    let other = seen
                        .iter()
                        .find(|(it, name)| *it == header && *name != column.name);
                    assert_eq!(other, None, "{}: {header}", sheet.name());
                    seen.push((header, column.name));
                }
            }
        }
    }

    #[test]
    fn german_headers_are_accepted_in_any_case() {
        let reports = Sheet::of("status_reports").expect("a table");
        assert_eq!(reports.column(" MASSNAHME "), None);
        assert_eq!(reports.column(" maßnahme ").as_deref(), Some("measure"));
        assert_eq!(reports.column("STICHTAG").as_deref(), Some("report_date"));
        assert_eq!(
            reports.column("Eingegangen am").as_deref(),
            Some("received_on")
        );
        assert_eq!(reports.column("valid_from"), None);
    }

    /// So a correction of a number is read as a number, whatever table it is of.
    #[test]
    fn no_header_names_a_text_in_one_table_and_a_number_in_another() {
        let is_number = |it: &Column| {
            it.kind.ends_with("amount") || it.kind.ends_with("number") || it.kind == "percent"
        };
        for table in tables::ALL {
            for column in table.columns.iter().filter(|it| is_number(it)) {
                for header in [column.name].iter().chain(column.aliases) {
                    assert!(
                        !Sheet::Corrections.holds_text(header),
                        "{}: {header}",
                        table.name
                    );
                    let others = tables::ALL.iter().filter_map(|it| own_column(it, header));
                    let texts: Vec<_> = others.filter(|it| is_text(it)).collect();
                    assert_eq!(texts, Vec::<&Column>::new(), "{header}");
                }
            }
        }
    }

    #[test]
    fn a_correction_may_name_columns_of_any_table_and_no_others() {
        assert_eq!(
            Sheet::Corrections.column("Betrag").as_deref(),
            Some("Betrag")
        );
        assert_eq!(
            Sheet::Corrections.column("schlüssel").as_deref(),
            Some("key")
        );
        assert_eq!(Sheet::Corrections.column("colour"), None);
    }
}
