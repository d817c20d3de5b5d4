//! Going through a foreign table record by record.

use std::collections::{BTreeMap, BTreeSet};

use super::{Made, Mapped, Memory, Values, Verdict, table::Table};
use crate::{
    Finding, Grid, GridCell, GridRow,
    profile::{
        Profile,
        account::{Account, Fate, Origin, Why},
        form::FileForm,
        ids::Known,
        past::Past,
        sheet::lay_out,
        value::Read,
    },
};

/// A profile at work on the files of one feed, in the order of its `[[file]]`s.
pub(crate) struct Mapping<'p> {
    pub(crate) profile: &'p Profile,
    pub(super) known: BTreeMap<&'p str, Known>,
    /// What was recorded before.
    pub(super) past: &'p Past,
    /// The tables of rows that may be about the same thing.
    tables: Vec<&'static str>,
    memories: Vec<Memory>,
    /// How many rows were made so far.
    rows: usize,
    /// The rule by which the record at hand is about something new, where that is doubtful.
    pub(super) is_new_by: Option<&'p str>,
    pub(crate) account: Account,
}

/// The days of what was read once.
#[derive(Debug)]
pub(crate) struct Again(Vec<Memory>);

/// What one grid came to.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Mapped>,
    pub(crate) findings: Vec<Finding>,
}

pub(super) const EMPTY: &GridCell = &GridCell::Text(String::new());

impl<'p> Mapping<'p> {
    /// `again` if the same was read before, and not in order.
    pub(crate) fn new(profile: &'p Profile, past: &'p Past, again: Option<Again>) -> Self {
        let remember = profile.emits.iter().filter(|it| it.remembers());
        Self {
            profile,
            known: BTreeMap::new(),
            past,
            tables: remember.map(|it| it.table.name).collect(),
            rows: 0,
            is_new_by: None,
            memories: match again {
                Some(Again(memories)) => memories,
                None => profile.emits.iter().map(|_| Memory::default()).collect(),
            },
            account: Account::default(),
        }
    }

    /// If what is first, later or numbered did not come in order of its days: what is needed to read it
    /// once more.
    pub(crate) fn again(&mut self) -> Option<Again> {
        if self.memories.iter().all(Memory::is_in_order) {
            return None;
        }
        let memories = std::mem::take(&mut self.memories);
        Some(Again(memories.into_iter().map(Memory::again).collect()))
    }

    /// The rules of ids by which things are recorded that were in none of the files: what seems new may be
    /// one of them.
    pub(crate) fn incomplete(&self) -> BTreeSet<&'p str> {
        let names = self.profile.ids.keys().map(String::as_str);
        let is_incomplete = |rule: &&str| {
            let known = self.known.get(*rule);
            let mut all = self.past.all(rule);
            all.any(|id| !known.is_some_and(|it| it.has(id)))
        };
        names.filter(is_incomplete).collect()
    }

    /// Makes rows of one grid; `file` is how it was named.
    pub(crate) fn grid(&mut self, file: &str, form: &'p FileForm, grid: Grid) -> Outcome {
        let mut out = Outcome::default();
        let name = grid.sheet.clone();
        let label = match &name {
            Some(sheet) => format!("{file}#{sheet}"),
            None => file.to_owned(),
        };
        let laid = match lay_out(grid, form) {
            Ok(laid) => laid,
            Err(finding) => {
                out.findings.push(finding.in_row(Some(&label), None));
                return out;
            }
        };
        let (mut table, missing) = self.table(file, name, form, laid);
        self.titles(&mut table);
        let rows = std::mem::take(&mut table.laid.rows);
        if !missing.is_empty() {
            let why = self.account.why(
                "missing_column",
                "eine Spalte des Profils fehlt in der Datei",
            );
            for row in &rows {
                self.leave(&table, row, why);
            }
            out.findings
                .extend(missing.into_iter().map(|it| it.in_row(Some(&label), None)));
            return out;
        }
        for row in rows {
            self.record(&mut table, &row, &label, &mut out);
        }
        out
    }

    fn titles(&mut self, table: &mut Table<'_>) {
        let why = self.account.why("title_row", "steht über der Kopfzeile");
        for row in std::mem::take(&mut table.laid.titles) {
            let sheet = self.account.sheet(table.sheet);
            let (_, start) = sheet.row(row.number, row.cells.len(), true);
            for (cell, at) in row.cells.iter().zip(start..) {
                if !cell.text().trim().is_empty() {
                    sheet.set(at, Fate::Left(why));
                }
            }
        }
    }

    /// Opens the account of a record; its number there and its first cell's.
    fn open(&mut self, table: &Table<'_>, row: &GridRow) -> (usize, u32) {
        let sheet = self.account.sheet(table.sheet);
        let (at, start) = sheet.row(row.number, row.cells.len(), false);
        for ((cell, place), number) in row.cells.iter().zip(0..).zip(start..) {
            let fate = table.fates.get(place).copied().flatten();
            if !cell.text().trim().is_empty() {
                sheet.set(number, fate.unwrap_or(Fate::Left(table.no_row)));
            }
        }
        (at, start)
    }

    /// Leaves a whole record out, for one reason.
    fn leave(&mut self, table: &Table<'_>, row: &GridRow, why: Why) {
        let (at, start) = self.open(table, row);
        let sheet = self.account.sheet(table.sheet);
        for (cell, number) in row.cells.iter().zip(start..) {
            if !cell.text().trim().is_empty() {
                sheet.set(number, Fate::Left(why));
            }
        }
        sheet.because(at, why);
    }

    fn record(&mut self, table: &mut Table<'p>, row: &GridRow, label: &str, out: &mut Outcome) {
        let form = table.form;
        for (place, skip) in &table.skips {
            let cell = row.cells.get(*place).unwrap_or(EMPTY);
            if skip.texts.iter().any(|it| it.fits(cell.text())) {
                let why = self.account.why("skipped", &skip.why);
                return self.leave(table, row, why);
            }
        }
        if let Some(finding) = table.wrong_count(row) {
            let why = self.account.why(
                "wrong_cell_count",
                "andere Zahl von Zellen als die Kopfzeile",
            );
            out.findings
                .push(finding.in_row(Some(label), Some(row.number)));
            return self.leave(table, row, why);
        }
        let (at, start) = self.open(table, row);
        let mut values = self.values(table, row, start);
        self.identify(&mut values);
        let before = out.rows.len();
        let wide = std::mem::take(&mut table.wide);
        self.make_all(table, row, at, &values, !wide.is_empty(), false, out);
        if let Some(form) = &form.wide {
            for place in &wide {
                let cell = row.cells.get(*place).unwrap_or(EMPTY);
                if cell.text().trim().is_empty() {
                    continue;
                }
                let before = out.rows.len();
                values.insert(&form.name, self.wide_header(table, &form.name, *place));
                let number = start + u32::try_from(*place).unwrap_or_default();
                let value = self.value(table, &form.value, &[(*place, number, cell)]);
                values.insert(&form.value, value);
                self.make_all(table, row, at, &values, true, true, out);
                unsaid(
                    &values,
                    before,
                    |it| it == form.name || it == form.value,
                    label,
                    row.number,
                    out,
                );
            }
        }
        table.wide = wide;
        let is_wide = |name: &str| form.wide_names().any(|it| it == name);
        unsaid(&values, before, |it| !is_wide(it), label, row.number, out);
        let made = out.rows.get(before..).unwrap_or_default();
        if made.iter().all(|it| it.stands_in_for.is_some()) {
            self.account.sheet(table.sheet).because(at, table.no_row);
        }
    }

    /// Makes the rows of a record: those that are made per wide column, or the others.
    #[expect(clippy::too_many_arguments, reason = "what is under way, in one place")]
    fn make_all(
        &mut self,
        table: &Table<'p>,
        row: &GridRow,
        at: usize,
        values: &Values<'p>,
        has_wide: bool,
        wide: bool,
        out: &mut Outcome,
    ) {
        for (number, emit) in self.profile.emits.iter().enumerate() {
            let is_wide = has_wide
                && emit
                    .names()
                    .any(|(_, name)| table.form.wide_names().any(|it| it == name));
            if is_wide != wide || !emit.is_about(values) {
                continue;
            }
            let Some(memory) = self.memories.get_mut(number) else {
                continue;
            };
            let made = emit.make(values, memory, self.past);
            let sheet = self.account.sheet(table.sheet);
            let name = emit.table.name;
            let mut stands_in_for = None;
            if made.findings.is_empty() {
                if let Some(why) = made.without {
                    sheet.without(name, why);
                    continue;
                }
                sheet.set_if_left(&made.recognised, Fate::Left(table.recognised));
                let before = (self.past, self.tables.as_slice());
                match emit.verdict((&made.cells, made.day), memory, before, self.rows) {
                    Verdict::Made => {}
                    Verdict::Unchanged(said_by) => {
                        // What stands beside the state may well be new, and is not recorded; also if
                        // the state says something else of the same cell.
                        let is_beside = |cell: u32| made.uses.contains(&(cell, false));
                        let said = made.uses.iter().map(|(it, _)| *it);
                        let said: Vec<u32> = said.filter(|it| !is_beside(*it)).collect();
                        sheet.set_if_left(&said, Fate::Unchanged);
                        if said_by.is_none() {
                            continue;
                        }
                        stands_in_for = said_by;
                    }
                    Verdict::NotNow => continue,
                }
            } else {
                emit.note_rejected((&made.cells, made.day), memory);
            }
            let uses: Vec<u32> = made.uses.iter().map(|(it, _)| *it).collect();
            if stands_in_for.is_none() {
                sheet.set_if_left(&uses, Fate::Offered);
                sheet.made(name);
            }
            self.rows += 1;
            let Made {
                cells,
                columns,
                written,
                findings,
                ..
            } = made;
            let origin = Some(Origin::new(table.sheet, at, uses));
            let number = row.number;
            let columns = memory.shared(columns);
            out.rows.push(Mapped {
                table: name,
                cells,
                number,
                origin,
                columns,
                written: written.into(),
                findings,
                stands_in_for,
                is_new_by: self.is_new_by.map(Into::into),
            });
        }
    }
}

/// Says of a record's values what no row of it says.
fn unsaid(
    values: &Values<'_>,
    before: usize,
    is_meant: impl Fn(&str) -> bool,
    label: &str,
    number: u64,
    out: &mut Outcome,
) {
    let made = out.rows.get(before..).unwrap_or_default();
    let mut names: Vec<&&str> = values.keys().filter(|it| is_meant(it)).collect();
    names.sort_unstable();
    let mut unsaid: Vec<Finding> = Vec::new();
    for name in names {
        let Some(Read::Bad(finding)) = values.get(*name).map(|it| &it.read) else {
            continue;
        };
        let is_said = |it: &Finding| it.column == finding.column && it.code == finding.code;
        if !made
            .iter()
            .flat_map(|it| &it.findings)
            .chain(&unsaid)
            .any(is_said)
        {
            unsaid.push(finding.as_ref().clone());
        }
    }
    out.findings.extend(
        unsaid
            .into_iter()
            .map(|it| it.in_row(Some(label), Some(number))),
    );
}
