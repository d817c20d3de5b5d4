//! Which rows tell, once they are recorded, what a thing is recognised by.

use std::collections::BTreeMap;

use leitstand_domain::table::VALID_FROM;

use super::{Cell, Emit, When};
use crate::profile::{ids::IdRule, template::Piece};

/// The columns in which the rows of an emit keep an id and what it is known by.
pub(in crate::profile) struct Naming<'e> {
    pub(in crate::profile) rule: &'e str,
    /// The column of the id.
    pub(in crate::profile) column: &'e str,
    /// Column, and the name of the value in it.
    pub(in crate::profile) texts: Vec<(&'e str, &'e str)>,
    /// Column, and the text that stands there in all of them.
    pub(in crate::profile) constants: Vec<(&'e str, &'e str)>,
    /// Whether every new text makes a new row.
    pub(in crate::profile) is_kept: bool,
}

impl Emit {
    /// What its rows tell of the things of a rule, if they define them.
    pub(in crate::profile) fn naming<'e>(
        &'e self,
        ids: &'e BTreeMap<String, IdRule>,
    ) -> Option<Naming<'e>> {
        let effective = self.table.effective;
        let identity = self.table.identity.iter();
        let identity: Vec<&&str> = identity.filter(|it| Some(**it) != effective).collect();
        let [column] = identity.as_slice() else {
            return None;
        };
        let (rule, by) = ids.get_key_value(self.value_in(column)?)?;
        let kept = self.columns.iter().filter(|(column, _)| {
            let is_kept = |it: &&leitstand_domain::table::Column| it.name == column && !it.sealed;
            column == "file_ref"
                || Some(column.as_str()) != effective
                    && self.table.columns.iter().any(|it| is_kept(&it))
        });
        let kept: Vec<&str> = kept.map(|(column, _)| column.as_str()).collect();
        let texts = kept.iter().filter_map(|column| {
            let name = self.value_in(column)?;
            by.by.iter().any(|it| it == name).then_some((*column, name))
        });
        let constants = kept
            .iter()
            .filter_map(|column| Some((*column, self.constant_in(column)?)));
        self.table.defines.then(|| Naming {
            rule,
            column,
            texts: texts.collect(),
            constants: constants.collect(),
            is_kept: matches!(self.when, When::Always | When::Changed),
        })
    }

    /// The column that says from when it is so.
    pub(super) fn day_column(&self) -> Option<&'static str> {
        let is_state = self.table.states && self.pieces(VALID_FROM.name).is_some();
        is_state.then_some(VALID_FROM.name).or(self.table.effective)
    }

    /// Whether that is not the same for all rows.
    pub(super) fn has_own_day(&self) -> bool {
        let pieces = self.day_column().and_then(|it| self.pieces(it));
        pieces.is_some_and(|it| it.iter().any(|it| matches!(it, Piece::Place(_))))
    }

    /// The value that says from when it is so.
    pub(in crate::profile) fn own_day(&self) -> Option<&str> {
        self.value_in(self.day_column()?)
    }

    /// The name of the value that is all there is in a column.
    fn value_in(&self, column: &str) -> Option<&str> {
        match self.pieces(column)? {
            [Piece::Place(place)] => Some(&place.name),
            _ => None,
        }
    }

    fn constant_in(&self, column: &str) -> Option<&str> {
        match self.pieces(column)? {
            [Piece::Constant(text)] => Some(text),
            _ => None,
        }
    }

    fn pieces(&self, column: &str) -> Option<&[Piece]> {
        let (_, cell) = self.columns.iter().find(|(it, _)| it == column)?;
        match cell {
            Cell::Template(template) => Some(&template.pieces),
            Cell::Ordinal(_) => None,
        }
    }
}
