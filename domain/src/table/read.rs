//! How the `table!` macro reads a row: cell by cell, noting everything that is wrong.

use super::{BadColumn, Cells, Referable, Reference};
use crate::{
    cell::{BadCell, Id},
    shares::CostShare,
};

/// Whether a column of this type must be stated. (By name, because a constant cannot ask a trait.)
pub(crate) const fn mandatory(type_name: &str) -> bool {
    let bytes = type_name.as_bytes();
    !(bytes.len() > 6
        && bytes[0] == b'O'
        && bytes[1] == b'p'
        && bytes[2] == b't'
        && bytes[6] == b'<')
        && !(bytes.len() > 7
            && bytes[0] == b'O'
            && bytes[1] == b'p'
            && bytes[2] == b't'
            && bytes[7] == b'<')
}

/// Whether a cell of this kind is sealed.
pub(crate) const fn sealed(kind: &str) -> bool {
    let bytes = kind.as_bytes();
    bytes.len() == 9 && bytes[0] == b'f' && bytes[4] == b'_' && bytes[5] == b't'
}

/// Reads one cell, noting what is wrong with it.
pub(crate) fn cell<T: crate::cell::Cell>(
    cells: &Cells,
    column: &'static str,
    bad: &mut Vec<BadColumn>,
) -> Option<T> {
    let Some(text) = cells.get(column) else {
        let absent = T::absent();
        if absent.is_none() {
            bad.push(BadColumn {
                column,
                value: String::new(),
                bad: BadCell::new(
                    "missing_cell",
                    format!("„{column}“ ist eine Pflichtangabe und leer"),
                    format!("`{column}` is mandatory and empty"),
                ),
            });
        }
        return absent;
    };
    match crate::cell::check_any(text).and_then(|()| T::parse(text)) {
        Ok(value) => Some(value),
        Err(wrong) => {
            bad.push(BadColumn {
                column,
                value: text.chars().take(200).collect(),
                bad: wrong,
            });
            None
        }
    }
}

/// Joins identity columns by `/`. An assessment's kind is `current` where it is not stated.
pub(crate) fn joined(parts: &[(&'static str, Option<String>)]) -> String {
    let texts: Vec<&str> = parts
        .iter()
        .map(|(column, text)| {
            text.as_deref()
                .unwrap_or(if *column == "kind" { "current" } else { "" })
        })
        .collect();
    texts.join("/")
}

/// Something that may mention an id: an [`Id`], or nothing.
pub(crate) trait Mention {
    fn mentioned(&self) -> Option<&Id>;
}

impl Mention for Id {
    fn mentioned(&self) -> Option<&Id> {
        Some(self)
    }
}

impl Mention for Option<Id> {
    fn mentioned(&self) -> Option<&Id> {
        self.as_ref()
    }
}

/// Adds what a cell mentions to the list; a plain cost share such as `25/75` says all itself.
pub(crate) fn mention(
    it: &impl Mention,
    column: &'static str,
    what: Referable,
    mut references: Vec<Reference>,
) -> Vec<Reference> {
    let is_plain = |id: &&Id| what == Referable::Scheme && CostShare::parse(id).is_ok();
    let mentioned = it.mentioned().filter(|id| !is_plain(id));
    references.extend(mentioned.map(|id| Reference {
        column,
        what,
        id: id.clone(),
    }));
    references
}
