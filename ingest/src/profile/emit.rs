//! The rows of ours that are made of a foreign record.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use leitstand_domain::{Day, table::Cells, tables::Table};

use super::{
    account::Origin,
    part::{Part, Problems},
    past::Past,
    read,
    template::{Piece, Template},
    value::{Held, Read},
    words::{Pattern, squeezed},
};
use crate::{Finding, columns::Sheet, grid::plain_number};

mod mapping;
mod naming;
mod table;
mod turn;
mod turns;
mod values;

pub(crate) use mapping::{Again, Mapping};
pub(super) use turn::Memory;
use turn::Verdict;

/// An `[[emit]]` of a profile: one feed row per foreign record.
#[derive(Debug)]
pub(super) struct Emit {
    at: String,
    pub(super) table: &'static Table,
    columns: Vec<(String, Cell)>,
    /// Columns without which there is no row, beside the mandatory ones.
    needs: Vec<String>,
    when: When,
    only_if: Vec<(String, Vec<Pattern>)>,
    /// The value by which rows without a day of their own are put in order.
    pub(super) dated_by: Option<String>,
}

/// The keys of an emit that are no columns.
const KEYS: [&str; 5] = ["table", "when", "needs", "only_if", "ordinal"];

/// Stands in a row of ours for what cannot be read. No column takes it: the rejected row is refused until
/// somebody has written there, in our form, what is meant. The foreign wording is in the reason; here it
/// might be a value by our rules, and another one.
const UNREAD: &str = "=?";

/// Where a cell of the row comes from.
#[derive(Debug)]
enum Cell {
    Template(Template),
    /// How many rows with the same text in that column there are up to this one.
    Ordinal(String),
}

/// For which of the records that make a row about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    First,
    Later,
    /// The first, and those that say something else than the one before.
    Changed,
}

/// A row made of a foreign record, or what is wrong with it.
#[derive(Debug)]
pub(crate) struct Mapped {
    pub(crate) table: &'static str,
    pub(crate) cells: Cells,
    /// The row of the foreign file.
    pub(crate) number: u64,
    /// `None`: the row stands in the profile.
    pub(crate) origin: Option<Origin>,
    /// The foreign column behind each of our columns; most rows of a table share it.
    pub(crate) columns: Arc<[(String, String)]>,
    /// What stands in the cells of those columns, where that is not what our cell says.
    pub(crate) written: Box<[Written]>,
    pub(crate) findings: Vec<Finding>,
    /// The row of this feed that says the same: only if that is refused, this one is wanted.
    pub(crate) stands_in_for: Option<usize>,
    /// The rule of ids by which it is about something nobody knew before, where that is doubtful as long
    /// as others are missing.
    pub(crate) is_new_by: Option<Box<str>>,
}

/// What stands in a foreign cell, shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// The place of its column among those of the row.
    pub(crate) at: usize,
    pub(crate) text: Box<str>,
    /// Whether it may be shown where our cell is not: it is no free text.
    pub(crate) may_be_shown: bool,
}

/// What a name stands for in one record.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) read: Read,
    /// As it is written, without blanks around it.
    pub(super) written: String,
    /// How the file holds it.
    pub(super) held: Held,
    /// Whether that may be shown: it is no free text.
    pub(super) may_be_shown: bool,
    pub(super) cells: Vec<Behind>,
    /// The foreign column's name; none for constants.
    pub(super) column: Option<String>,
}

/// A cell behind a value, and what of it the value hands on; of the cells a thing is recognised by that
/// may be nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) cell: u32,
    /// Whether what it says is in the value read.
    pub(super) is_in_value: bool,
    /// Whether it is in the wording.
    pub(super) is_in_wording: bool,
}

impl Behind {
    /// A cell that is the value, and its wording.
    pub(super) fn whole(cell: u32) -> Self {
        Self {
            cell,
            is_in_value: true,
            is_in_wording: true,
        }
    }
}

/// The values of one record by name.
pub(super) type Values<'v> = HashMap<&'v str, Value>;

/// What an emit makes of a record.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) cells: Cells,
    /// By which day it comes before or after others.
    pub(super) day: Option<Day>,
    /// The cells it is made of, and whether they are part of what a state says.
    pub(super) uses: Vec<(u32, bool)>,
    /// The cells that say what it is about and are not in it.
    pub(super) recognised: Vec<u32>,
    pub(super) columns: Vec<(String, String)>,
    pub(super) written: Vec<Written>,
    pub(super) findings: Vec<Finding>,
    /// A column without which there is no row, and why it has no value.
    pub(super) without: Option<String>,
}

impl Emit {
    pub(super) fn read(mut part: Part<'_>, problems: &mut Problems) -> Option<Self> {
        let sheet = read::table(&mut part, problems)?;
        let Sheet::Table(table) = sheet else {
            return None;
        };
        let words = [
            ("always", When::Always),
            ("first", When::First),
            ("later", When::Later),
            ("changed", When::Changed),
        ];
        let when = part.word("when", &words, problems).unwrap_or(When::Always);
        let needs = part.texts("needs", problems);
        let only_if = part
            .pairs("only_if", problems)
            .into_iter()
            .map(|(name, texts)| (name, texts.iter().map(|it| Pattern::new(it)).collect()));
        let only_if = only_if.collect();
        let mut columns = Vec::new();
        let ordinals = part.pairs("ordinal", problems).into_iter();
        let ordinals =
            ordinals.map(|(column, of)| (column, of.into_iter().next().unwrap_or_default()));
        let ordinals: Vec<(String, String)> = ordinals.collect();
        for (header, text) in part.others(problems) {
            let at = part.place(&header);
            let Some(column) = sheet.column(&header).map(Cow::into_owned) else {
                let columns = table.columns.iter().map(|it| it.name);
                problems.unknown(&at, &header, columns.chain(KEYS));
                continue;
            };
            match Template::read(&text) {
                Ok(template) => columns.push((column, Cell::Template(template))),
                Err(wrong) => problems.add(
                    &at,
                    format!(
                        "„{wrong}“ ist kein Platzhalter; richtig ist {{name}} oder {{name:written}}"
                    ),
                    format!("`{wrong}` is not a placeholder; write {{name}} or {{name:written}}"),
                ),
            }
        }
        // After the others, for they count by them.
        for (header, of) in ordinals {
            let at = part.place("ordinal");
            let column = read::column(&at, sheet, &header, problems);
            let of = read::column(&at, sheet, &of, problems);
            if let (Some(column), Some(of)) = (column, of) {
                columns.push((column, Cell::Ordinal(of)));
            }
        }
        let emit = Self {
            at: part.at.clone(),
            table,
            columns,
            needs,
            when,
            only_if,
            dated_by: None,
        };
        emit.check(&part, problems);
        Some(emit)
    }

    fn check(&self, part: &Part<'_>, problems: &mut Problems) {
        let has = |column: &str| self.columns.iter().any(|(it, _)| it == column);
        for column in self
            .table
            .columns
            .iter()
            .filter(|it| it.mandatory && !has(it.name))
        {
            let (table, column) = (self.table.name, column.name);
            problems.add(
                &part.place(column),
                format!("„{column}“ ist in „{table}“ eine Pflichtangabe und fehlt"),
                format!("`{column}` is mandatory in `{table}` and missing"),
            );
        }
        for column in self.needs.iter().filter(|it| !has(it)) {
            let columns = self.columns.iter().map(|(it, _)| it.as_str());
            problems.unknown(&part.place("needs"), column, columns);
        }
    }

    /// Every name it uses, with the place in the profile.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, &str)> {
        let of_columns = self.columns.iter().flat_map(|(column, cell)| {
            let names: Vec<&str> = match cell {
                Cell::Template(template) => template.names().collect(),
                Cell::Ordinal(_) => Vec::new(),
            };
            names.into_iter().map(move |it| (column.as_str(), it))
        });
        let of_conditions = self
            .only_if
            .iter()
            .map(|(name, _)| ("only_if", name.as_str()));
        of_columns
            .chain(of_conditions)
            .map(|(column, name)| (format!("{}.{column}", self.at), name))
    }

    /// Whether the record is one of those it is about.
    pub(super) fn is_about(&self, values: &Values<'_>) -> bool {
        self.only_if.iter().all(|(name, patterns)| {
            let text = values
                .get(name.as_str())
                .map_or("", |it| it.read.stated().unwrap_or(&it.written));
            patterns.iter().any(|it| it.fits(text))
        })
    }

    /// Makes the row, without asking whether it is wanted.
    pub(super) fn make(&self, values: &Values<'_>, memory: &mut Memory, past: &Past) -> Made {
        let mut made = Made::default();
        for (column, cell) in &self.columns {
            if let Cell::Template(template) = cell {
                self.fill(column, template, values, &mut made);
            }
        }
        made.day = self.day(values, &made.cells);
        for (column, cell) in &self.columns {
            // A row that is not made is not counted.
            if let Cell::Ordinal(of) = cell
                && made.without.is_none()
            {
                self.number((column, of), memory, past, &mut made);
            }
        }
        made
    }

    fn fill(&self, column: &str, template: &Template, values: &Values<'_>, made: &mut Made) {
        let (mut text, mut is_whole, mut behind) = (String::new(), true, Vec::new());
        let mut is_read = true;
        let (first, mut written) = (made.columns.len(), Vec::new());
        let is_own = self.table.columns.iter().any(|it| it.name == column);
        let is_effective = self.table.effective == Some(column);
        let is_text = Sheet::Table(self.table).holds_text(column);
        for piece in &template.pieces {
            let place = match piece {
                Piece::Constant(constant) => {
                    text.push_str(constant);
                    continue;
                }
                Piece::Place(place) => place,
            };
            let value = values.get(place.name.as_str());
            let said = value.and_then(|it| {
                if place.written {
                    Some(it.written.as_str()).filter(|it| !it.is_empty())
                } else {
                    it.read.stated()
                }
            });
            if let Some(value) = value {
                if let Some(header) = &value.column {
                    made.columns.push((column.to_owned(), header.clone()));
                    written.push(value);
                }
                if let Read::Bad(finding) = &value.read {
                    let finding = finding.as_ref().clone().in_table(self.table.name);
                    // Value and wording of one cell have one thing wrong with them.
                    if !made.findings.contains(&finding) {
                        made.findings.push(finding);
                    }
                    is_read = false;
                    continue;
                }
            }
            if let Some(said) = said {
                match value {
                    Some(it) if it.held == Held::Number && !is_text => {
                        text.push_str(&plain_number(said));
                    }
                    _ => text.push_str(said),
                }
                for it in value.iter().flat_map(|it| &it.cells) {
                    let is_in = if place.written {
                        it.is_in_wording
                    } else {
                        it.is_in_value
                    };
                    behind.push((it.cell, is_in));
                }
            } else if !place.optional {
                is_whole = false;
                self.lacks(column, &place.name, value, made);
            }
        }
        let one_line = self
            .table
            .columns
            .iter()
            .any(|it| it.name == column && it.kind == "text");
        let text = if !is_read {
            UNREAD.to_owned()
        } else if one_line {
            squeezed(&text)
        } else {
            text.trim().to_owned()
        };
        for (value, at) in written.into_iter().zip(first..) {
            let is_other = value.may_be_shown || value.written != text;
            if is_other && !value.written.is_empty() {
                made.written.push(Written {
                    at,
                    text: crate::finding::shortened(&value.written).into(),
                    may_be_shown: value.may_be_shown,
                });
            }
        }
        if !is_read || is_whole && !text.is_empty() {
            made.cells.insert(column.to_owned(), text);
            for (cell, is_in) in behind {
                if is_in {
                    made.uses.push((cell, is_own && !is_effective));
                } else {
                    made.recognised.push(cell);
                }
            }
        }
    }

    fn lacks(&self, column: &str, name: &str, value: Option<&Value>, made: &mut Made) {
        let mandatory = self
            .table
            .columns
            .iter()
            .any(|it| it.name == column && it.mandatory);
        if !mandatory && !self.needs.iter().any(|it| it == column) {
            return;
        }
        let why = match value.map(|it| &it.read) {
            None => "nicht in dieser Datei",
            Some(Read::Missing(why)) => why,
            Some(Read::NoCounterpart) => "ohne Gegenstück",
            Some(_) => "leer",
        };
        made.without.get_or_insert_with(|| format!("{name}: {why}"));
    }
}

#[cfg(test)]
mod tests {
    use leitstand_domain::{
        table::{COMMON, VALID_FROM},
        tables,
    };

    use super::*;
    use crate::wish::Wish;

    #[test]
    fn what_cannot_be_read_is_taken_by_no_column_of_any_table() {
        for table in tables::ALL {
            let valid_from = Sheet::Table(table).has_states().then_some(&VALID_FROM);
            for column in table.columns.iter().chain(COMMON).chain(valid_from) {
                let cells = Cells::from([(column.name.to_owned(), UNREAD.to_owned())]);
                let findings = Wish::read(table.name, &cells).expect_err("no row");
                let said = findings
                    .iter()
                    .find(|it| it.column.as_deref() == Some(column.name));
                let code = said.map(|it| it.code.as_ref());
                assert!(
                    code.is_some_and(|it| it != "missing_cell"),
                    "{}.{}: {code:?}",
                    table.name,
                    column.name
                );
            }
        }
    }
}
