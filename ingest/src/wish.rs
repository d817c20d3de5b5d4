//! What a row asks for: its cells, read and checked, before anybody looks at the log.

use std::collections::BTreeMap;

use leitstand_domain::{
    Day, Id, Refusal, Row, Text,
    cell::{BadCell, Cell, YesNo, check_any},
    stream::Whole,
    table::Cells,
    tables::{CORRECTIONS, Table, by_name},
};

use crate::{
    columns::{Sheet, own_column},
    finding::Finding,
    ident::{Content, row_key},
};

mod unknown;

pub(crate) use unknown::{Unknown, unknown_column};

/// A row that could be read.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) sheet: Sheet,
    pub(crate) what: What,
    pub(crate) beside: Beside,
    /// The own columns of a row as they are written; of free text nothing.
    cells: Cells,
}

/// What any row may state beside its own columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beside {
    pub(crate) key: Option<Id>,
    pub(crate) received_on: Option<Day>,
    pub(crate) reporter: Option<Id>,
    pub(crate) file_ref: Option<Id>,
    pub(crate) valid_from: Option<Day>,
    pub(crate) note: Option<Text>,
}

/// A row, or a correction of one.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all are rows")]
pub(crate) enum What {
    Row(Row, Named),
    Correction(Wrong),
}

/// What a row is recognised by.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// Its `key`, else what its table says.
    pub(crate) identity: String,
    /// Table and identity, hashed.
    pub(crate) key: u128,
    /// The hash of its content.
    pub(crate) content: [u8; 32],
}

/// What a correction says is wrong. Not yet in normal form: that needs the row it corrects.
#[derive(Debug, Clone)]
pub(crate) struct Wrong {
    pub(crate) table: &'static Table,
    pub(crate) key: Id,
    pub(crate) date: Day,
    pub(crate) to_date: Option<Day>,
    pub(crate) void: bool,
    /// The corrected columns that are no free text, as written.
    pub(crate) changes: Cells,
    /// `reason`, and the corrected free texts.
    pub(crate) texts: BTreeMap<String, Text>,
}

impl Wish {
    /// Reads the cells of a row.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn read(table: &str, cells: &Cells) -> Result<Self, Vec<Finding>> {
        let sheet = Sheet::of(table).ok_or_else(|| vec![unknown_table(table)])?;
        let mut reading = Reading {
            sheet,
            cells: Cells::new(),
            findings: Vec::new(),
        };
        reading.name_columns(cells);
        let beside = reading.beside();
        let what = match sheet {
            Sheet::Table(table) => reading.row(table).map(|row| {
                let key = beside.key.as_ref();
                let identity = key.map_or_else(|| row.identity(), ToString::to_string);
                let named = Named {
                    key: row_key(table.name, &identity),
                    identity,
                    content: beside.content_of(&row).hash(),
                };
                What::Row(row, named)
            }),
            Sheet::Corrections => reading.correction().map(What::Correction),
        };
        match what {
            Some(what) if reading.findings.is_empty() => {
                let mut cells = reading.cells;
                for it in sheet.columns().iter().filter(|it| it.sealed) {
                    cells.remove(it.name);
                }
                Ok(Self {
                    sheet,
                    what,
                    beside,
                    cells,
                })
            }
            _ => Err(reading.findings),
        }
    }

    /// What the rules refuse, with the cell they name; free text stays unsaid.
    pub(crate) fn refused(&self, refusal: Refusal) -> Finding {
        let value = refusal.field.and_then(|it| self.cell(it));
        Finding::of_refusal(self.sheet.name(), refusal).showing(&value.unwrap_or_default())
    }

    /// What stands in a column, if it states something and may be shown.
    fn cell(&self, column: &str) -> Option<String> {
        let beside = &self.beside;
        let own = match &self.what {
            What::Row(..) => self.cells.get(column).cloned(),
            What::Correction(wrong) => match column {
                "table" => Some(wrong.table.name.to_owned()),
                "key" => Some(wrong.key.to_string()),
                "date" => Some(wrong.date.to_string()),
                "to_date" => wrong.to_date.map(|it| it.to_string()),
                column => wrong.changes.get(column).cloned(),
            },
        };
        own.or_else(|| match column {
            "received_on" => beside.received_on.map(|it| it.to_string()),
            "valid_from" => beside.valid_from.map(|it| it.to_string()),
            "key" => beside.key.as_ref().map(ToString::to_string),
            _ => None,
        })
    }

    /// What it is recognised by, if it is a row.
    pub(crate) fn named(&self) -> Option<&Named> {
        match &self.what {
            What::Row(_, named) => Some(named),
            What::Correction(_) => None,
        }
    }

    /// Whether both are the same row with the same content.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let (Some(one), Some(two)) = (self.named(), other.named()) else {
            return false;
        };
        (one.key, one.content) == (two.key, two.content)
            && self.beside.received_on == other.beside.received_on
    }

    /// The whole it is a part of, if it is one of the rows that hold as a whole only.
    pub(crate) fn whole(&self) -> Option<Whole> {
        match &self.what {
            What::Row(row, _) => row.whole(),
            What::Correction(_) => None,
        }
    }

    /// The free texts to be sealed, by column.
    pub(crate) fn texts(&self) -> BTreeMap<String, String> {
        let plain = |(column, text): (&str, &Text)| {
            text.plain().map(|it| (column.to_owned(), it.to_owned()))
        };
        let mut texts: BTreeMap<String, String> = match &self.what {
            What::Row(row, _) => {
                let texts = row.texts().into_iter();
                texts
                    .map(|(column, text)| (column.to_owned(), text.to_owned()))
                    .collect()
            }
            What::Correction(wrong) => wrong
                .texts
                .iter()
                .filter_map(|(it, text)| plain((it, text)))
                .collect(),
        };
        texts.extend(self.beside.note.as_ref().and_then(|it| plain(("note", it))));
        texts
    }
}

impl Beside {
    /// What the content of a row is: its own columns in normal form, `valid_from` where it says another
    /// day than the (E) column, and `file_ref`.
    fn content_of(&self, row: &Row) -> Content {
        let mut content = Content::default();
        for (column, text) in row.normal() {
            content.state(column, text);
        }
        if let Row::RiskAssessed(it) = row
            && it.kind.is_none()
        {
            // The identity says `current` whether or not it is written; so does the content.
            content.state("kind", "current");
        }
        if let Some(day) = self.valid_from.filter(|it| Some(*it) != row.effective()) {
            content.state("valid_from", day.to_string());
        }
        if let Some(file) = &self.file_ref {
            content.state("file_ref", file.as_str());
        }
        content
    }
}

/// Cells on their way to a wish, and what is wrong with them.
struct Reading {
    sheet: Sheet,
    /// By the column's own name; trimmed, without empty ones.
    cells: Cells,
    findings: Vec<Finding>,
}

impl Reading {
    fn name_columns(&mut self, cells: &Cells) {
        let mut unknown = Unknown::default();
        for (header, text) in cells {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            match self.sheet.column(header) {
                None if unknown.may_be_told(header) => {
                    self.findings.push(unknown_column(self.sheet, header, text));
                }
                None => {}
                Some(column) => {
                    let column = column.into_owned();
                    if self.cells.insert(column.clone(), text.to_owned()).is_some() {
                        self.findings
                            .push(duplicate_column(self.sheet.name(), &column));
                    }
                }
            }
        }
        self.findings.extend(unknown.rest(self.sheet));
    }

    fn beside(&mut self) -> Beside {
        let own = |column| self.sheet.columns().iter().any(|it| it.name == column);
        let (own_key, own_reporter) = (own("key"), own("reporter"));
        Beside {
            key: if own_key { None } else { self.common("key") },
            received_on: self.common("received_on"),
            reporter: if own_reporter {
                None
            } else {
                self.common("reporter")
            },
            file_ref: self.common("file_ref"),
            valid_from: if self.sheet.has_states() {
                self.common("valid_from")
            } else {
                None
            },
            note: self.common("note"),
        }
    }

    /// A common cell: taken out, so that what is left are own columns.
    fn common<T: Cell>(&mut self, column: &str) -> Option<T> {
        let text = self.cells.remove(column)?;
        self.cell(column, &text)
    }

    fn cell<T: Cell>(&mut self, column: &str, text: &str) -> Option<T> {
        match check_any(text).and_then(|()| T::parse(text)) {
            Ok(value) => Some(value),
            Err(bad) => {
                let shown = if T::KIND == Text::KIND { "" } else { text };
                self.findings
                    .push(Finding::of_cell(self.sheet.name(), column, shown, bad));
                None
            }
        }
    }

    fn mandatory<T: Cell>(&mut self, column: &str) -> Option<T> {
        let Some(text) = self.cells.remove(column) else {
            self.findings.push(missing_cell(self.sheet.name(), column));
            return None;
        };
        self.cell(column, &text)
    }

    fn row(&mut self, table: &'static Table) -> Option<Row> {
        match Row::parse(table.name, &self.cells)? {
            Ok(row) => Some(row),
            Err(bad) => {
                let sealed = |name| table.columns.iter().any(|it| it.name == name && it.sealed);
                self.findings.extend(bad.into_iter().map(|it| {
                    let sealed = sealed(it.column);
                    Finding::of_column(table.name, it, sealed)
                }));
                None
            }
        }
    }

    fn correction(&mut self) -> Option<Wrong> {
        let table: Option<Id> = self.mandatory("table");
        let key = self.mandatory("key");
        let date = self.mandatory("date");
        let reason: Option<Text> = self.mandatory("reason");
        let to_date: Option<Day> = self.optional("to_date");
        let void = self.optional::<YesNo>("void") == Some(YesNo::Yes);
        let name = table?;
        if &*name == CORRECTIONS {
            self.findings.push(correction_of_correction());
            return None;
        }
        let Some(table) = by_name(&name) else {
            let finding = unknown_table(&name).in_table("corrections").at("table");
            self.findings.push(finding.showing(&name));
            return None;
        };
        let (changes, mut texts) = self.changes(table);
        let nothing = changes.is_empty() && texts.is_empty() && to_date.is_none() && !void;
        if nothing && self.findings.is_empty() {
            self.findings.push(nothing_corrected());
        }
        let idle = changes.keys().chain(texts.keys()).map(String::as_str);
        let idle = idle.chain(to_date.map(|_| "to_date")).next();
        if let Some(column) = idle.filter(|_| void) {
            // A free text stays unsaid.
            let day = to_date.filter(|_| column == "to_date");
            let value = changes.get(column).cloned();
            let value = value.or_else(|| day.map(|it| it.to_string()));
            let finding = void_alone(column).showing(&value.unwrap_or_default());
            self.findings.push(finding);
        }
        texts.insert("reason".to_owned(), reason?);
        Some(Wrong {
            table,
            key: key?,
            date: date?,
            to_date,
            void,
            changes,
            texts,
        })
    }

    fn optional<T: Cell>(&mut self, column: &str) -> Option<T> {
        let text = self.cells.remove(column)?;
        self.cell(column, &text)
    }

    /// What is left names columns of the corrected table: plain ones, and free texts.
    fn changes(&mut self, table: &'static Table) -> (Cells, BTreeMap<String, Text>) {
        let (mut changes, mut texts) = (Cells::new(), BTreeMap::new());
        let mut unknown = Unknown::default();
        for (header, text) in std::mem::take(&mut self.cells) {
            let Some(column) = own_column(table, &header) else {
                if unknown.may_be_told(&header) {
                    self.findings
                        .push(unknown_column(Sheet::Table(table), &header, &text));
                }
                continue;
            };
            let name = column.name.to_owned();
            let double = changes.contains_key(&name) || texts.contains_key(&name);
            if double {
                self.findings.push(duplicate_column("corrections", &name));
            } else if column.sealed {
                if text == "-" && column.mandatory {
                    self.findings.push(missing_cell("corrections", &name));
                } else if let Some(text) = self.cell::<Text>(&name, &text) {
                    texts.insert(name, text);
                }
            } else if let Err(bad) = check_any(&text) {
                self.findings
                    .push(Finding::of_cell("corrections", &name, &text, bad));
            } else {
                changes.insert(name, text);
            }
        }
        self.findings.extend(unknown.rest(Sheet::Table(table)));
        (changes, texts)
    }
}

/// `unknown_table`.
pub(crate) fn unknown_table(name: &str) -> Finding {
    let known: Vec<&str> = leitstand_domain::tables::ALL
        .iter()
        .map(|it| it.name)
        .collect();
    let shown = crate::finding::shortened(name);
    Finding::new(
        "unknown_table",
        format!(
            "Die Tabelle „{shown}“ gibt es nicht; möglich: {}, corrections",
            known.join(", ")
        ),
        format!(
            "There is no table `{shown}`; possible: {}, corrections",
            known.join(", ")
        ),
    )
    .in_table(shown)
}

/// `duplicate_column`.
pub(crate) fn duplicate_column(table: &str, column: &str) -> Finding {
    Finding::new(
        "duplicate_column",
        format!("Die Spalte „{column}“ steht zweimal da; bitte eine entfernen"),
        format!("The column `{column}` is there twice; remove one"),
    )
    .in_table(table)
    .at(column)
}

fn missing_cell(table: &str, column: &str) -> Finding {
    let bad = BadCell {
        code: "missing_cell",
        de: format!("„{column}“ ist eine Pflichtangabe und leer"),
        en: format!("`{column}` is mandatory and empty"),
    };
    Finding::of_cell(table, column, "", bad)
}

fn nothing_corrected() -> Finding {
    Finding::new(
        "nothing_corrected",
        "Die Berichtigung nennt nichts, was sie berichtigt; bitte eine Spalte der Tabelle, „to_date“ oder „void“ angeben",
        "The correction names nothing it corrects; state a column of the table, `to_date` or `void`",
    )
    .in_table("corrections")
}

/// What is annulled says nothing any more, so nothing of it can be corrected in the same breath.
fn void_alone(column: &str) -> Finding {
    Finding::new(
        "void_alone",
        format!("Eine annullierte Zeile gilt nicht mehr; „{column}“ bliebe ohne Wirkung, bitte entweder „void“ oder die Berichtigung weglassen"),
        format!("An annulled row no longer holds; `{column}` would have no effect, leave out either `void` or the correction"),
    )
    .in_table(CORRECTIONS)
    .at(column)
}

fn correction_of_correction() -> Finding {
    Finding::new(
        "correction_of_correction",
        "Eine Berichtigung wird nicht selbst berichtigt; bitte die Zeile, um die es geht, noch einmal berichtigen",
        "A correction is not corrected itself; correct the row it is about once more",
    )
    .in_table(CORRECTIONS)
    .at("table")
    .showing(CORRECTIONS)
}
