//! Going through a foreign table record by record.

use std::collections::{BTreeMap, HashMap};

use super::{Made, Mapped, Memory, Value, Values, Verdict};
use crate::{
    Finding, Grid, GridCell, GridRow,
    profile::{
        Profile,
        account::{Account, Fate, Origin, SheetAccount, Why},
        form::FileForm,
        ids::Known,
        sheet::{Laid, lay_out, text},
        value::{Read, Reader},
    },
};

/// A profile at work on the files of one feed, in the order of its `[[file]]`s.
pub(crate) struct Mapping<'p> {
    profile: &'p Profile,
    known: BTreeMap<&'p str, Known>,
    memories: Vec<Memory>,
    pub(crate) account: Account,
}

/// One table under way.
struct Table<'p> {
    form: &'p FileForm,
    laid: Laid,
    /// By name: the places its value may stand at.
    places: Vec<(&'p str, Vec<usize>)>,
    /// Per column what becomes of its cells if no row takes them.
    fates: Vec<Option<Fate>>,
    wide: Vec<usize>,
    constants: Vec<(&'p str, Value)>,
    sheet: usize,
    no_row: Why,
    /// In a CSV file every record has as many cells as the header.
    is_csv: bool,
    /// By name, what stood last in a column that is filled down.
    above: HashMap<&'p str, (GridCell, u32)>,
}

/// What one grid came to.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Mapped>,
    pub(crate) findings: Vec<Finding>,
}

const EMPTY: &GridCell = &GridCell::Text(String::new());

impl<'p> Mapping<'p> {
    pub(crate) fn new(profile: &'p Profile) -> Self {
        Self {
            profile,
            known: BTreeMap::new(),
            memories: profile.emits.iter().map(|_| Memory::default()).collect(),
            account: Account::default(),
        }
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

    fn table(
        &mut self,
        file: &str,
        sheet: Option<String>,
        form: &'p FileForm,
        laid: Laid,
    ) -> (Table<'p>, Vec<Finding>) {
        let mut missing = Vec::new();
        let mut place = |column| {
            let place = laid.place(column);
            if place.is_none() {
                missing.push(laid.missing(column));
            }
            place
        };
        let mut places = Vec::new();
        for (name, columns) in &form.columns {
            places.push((
                name.as_str(),
                columns.iter().filter_map(&mut place).collect::<Vec<_>>(),
            ));
        }
        let left_out: Vec<(Option<usize>, &String)> = form
            .left_out
            .iter()
            .map(|(column, why)| (place(column), why))
            .collect();
        for skip in &form.skips {
            let _ = place(&skip.column);
        }
        let wide: Vec<usize> = match &form.wide {
            None => Vec::new(),
            Some(wide) => {
                let fits = |it: &usize| {
                    let header = laid.headers.get(*it).map_or("", String::as_str);
                    wide.headers.iter().any(|it| it.fits(header))
                };
                (0..laid.headers.len()).filter(fits).collect()
            }
        };
        let is_csv = sheet.is_none();
        let not_mapped = self
            .account
            .why("not_mapped", "das Profil nennt diese Spalte nicht");
        let no_row = self.account.why("no_row", "keine Zeile entsteht daraus");
        let width = laid.rows.iter().map(|it| it.cells.len()).max().unwrap_or(0);
        let mut fates = vec![Some(Fate::Left(not_mapped)); width.max(laid.headers.len())];
        for place in places.iter().flat_map(|(_, it)| it).chain(&wide) {
            if let Some(fate) = fates.get_mut(*place) {
                *fate = None;
            }
        }
        for (place, why) in left_out {
            if let Some(fate) = place.and_then(|it| fates.get_mut(it)) {
                *fate = Some(Fate::Left(self.account.why("left_out", why)));
            }
        }
        let constants = form.constants.iter().map(|(name, text)| {
            let read = self.profile.reader(name).read(text, &self.profile.missing);
            let value = Value {
                read,
                written: text.clone(),
                cells: Vec::new(),
                column: None,
            };
            (name.as_str(), value)
        });
        let constants = constants.collect();
        let account = SheetAccount::new(file, sheet, &laid, fates.len());
        let sheet = self.account.begin(account);
        let table = Table {
            form,
            laid,
            places,
            fates,
            wide,
            constants,
            sheet,
            no_row,
            is_csv: is_csv && !form.transposed,
            above: HashMap::new(),
        };
        (table, missing)
    }

    fn titles(&mut self, table: &mut Table<'_>) {
        let why = self.account.why("title_row", "steht über der Kopfzeile");
        for row in std::mem::take(&mut table.laid.titles) {
            let sheet = self.account.sheet(table.sheet);
            let (_, start) = sheet.row(row.number, row.cells.len(), true);
            for (cell, at) in row.cells.iter().zip(start..) {
                if !text(cell).trim().is_empty() {
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
            if !text(cell).trim().is_empty() {
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
            if !text(cell).trim().is_empty() {
                sheet.set(number, Fate::Left(why));
            }
        }
        sheet.because(at, why);
    }

    fn record(&mut self, table: &mut Table<'p>, row: &GridRow, label: &str, out: &mut Outcome) {
        let form = table.form;
        for skip in &form.skips {
            let place = table.laid.place(&skip.column);
            let cell = place.and_then(|it| row.cells.get(it)).unwrap_or(EMPTY);
            if skip.texts.iter().any(|it| it.fits(text(cell))) {
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
                let before = out.rows.len();
                let header = table.laid.headers.get(*place).cloned().unwrap_or_default();
                let column = Some(table.laid.name(*place));
                let read = self
                    .profile
                    .reader(&form.name)
                    .read(&header, &self.profile.missing);
                let named = Value {
                    read,
                    written: header,
                    cells: Vec::new(),
                    column: column.clone(),
                };
                values.insert(&form.name, named);
                let cell = row.cells.get(*place).unwrap_or(EMPTY);
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
        if out.rows.len() == before {
            self.account.sheet(table.sheet).because(at, table.no_row);
        }
    }

    /// The values of a record by name, constants among them.
    fn values(&mut self, table: &mut Table<'p>, row: &GridRow, start: u32) -> Values<'p> {
        let mut values: Values<'p> = table.constants.iter().cloned().collect();
        let places = std::mem::take(&mut table.places);
        for (name, places) in &places {
            let above;
            let mut cells: Vec<(usize, u32, &GridCell)> = places
                .iter()
                .map(|place| {
                    let number = start + u32::try_from(*place).unwrap_or_default();
                    (*place, number, row.cells.get(*place).unwrap_or(EMPTY))
                })
                .collect();
            if table.form.fill_down.iter().any(|it| it == name)
                && let [(_, number, cell)] = &mut cells[..]
            {
                if text(cell).trim().is_empty() {
                    if let Some((last, at)) = table.above.get(name) {
                        above = last.clone();
                        (*number, *cell) = (*at, &above);
                    }
                } else {
                    table.above.insert(name, ((*cell).clone(), *number));
                }
            }
            values.insert(name, self.value(table, name, &cells));
        }
        table.places = places;
        values
    }

    /// Reads the cells a name may stand for; the first that states something counts.
    fn value(&mut self, table: &Table<'_>, name: &str, cells: &[(usize, u32, &GridCell)]) -> Value {
        let reader = self.profile.reader(name);
        let mut chosen: Option<Value> = None;
        for (place, number, cell) in cells {
            let written = text(cell).trim().to_owned();
            let column = table.laid.name(*place);
            let read = match cell {
                GridCell::Text(_) => reader.read(&written, &self.profile.missing),
                GridCell::Doubtful { code, .. } => Read::Bad(Box::new(doubtful(code))),
            };
            // Free text is never shown.
            let shown = if reader.may_be_shown() {
                written.as_str()
            } else {
                ""
            };
            self.note(table.sheet, *number, &read, shown);
            let read = match read {
                Read::Bad(finding) => {
                    Read::Bad(Box::new(finding.at(column.as_str()).showing(shown)))
                }
                read => read,
            };
            let value = Value {
                read,
                written,
                cells: vec![*number],
                column: Some(column),
            };
            let weight = |it: &Value| match it.read {
                Read::Stated(_) | Read::Rounded(_) | Read::NoCounterpart | Read::Bad(_) => 2,
                Read::Missing(_) => 1,
                Read::Empty => 0,
            };
            match &chosen {
                Some(before) if weight(before) >= weight(&value) => {
                    self.pass_over(table.sheet, before, &value, reader);
                }
                Some(before) => {
                    self.pass_over(table.sheet, &value, before, reader);
                    chosen = Some(value);
                }
                None => chosen = Some(value),
            }
        }
        chosen.unwrap_or(Value {
            read: Read::Empty,
            written: String::new(),
            cells: Vec::new(),
            column: None,
        })
    }

    /// Notes what a cell says by itself, before any row is made of it.
    fn note(&mut self, sheet: usize, cell: u32, read: &Read, shown: &str) {
        let why = match read {
            Read::Missing(why) => Some(self.account.why("missing", why)),
            Read::Bad(finding) => Some(
                self.account
                    .why(&finding.code, "nicht lesbar; siehe Befund"),
            ),
            Read::Stated(_) | Read::Rounded(_) | Read::NoCounterpart | Read::Empty => None,
        };
        let sheet = self.account.sheet(sheet);
        if let Some(why) = why {
            sheet.set(cell, Fate::Left(why));
            sheet.show(cell, shown);
        }
        if let Read::Rounded(taken) = read {
            sheet.is_rounded(cell, shown, taken);
        }
    }

    /// Of two columns for one value, one counts.
    fn pass_over(&mut self, sheet: usize, counts: &Value, other: &Value, reader: &Reader) {
        if other.written.is_empty() {
            return;
        }
        let column = counts.column.as_deref().unwrap_or_default();
        let why = if counts.written == other.written {
            self.account.why(
                "same_as_other_column",
                &format!("steht gleich in „{column}“"),
            )
        } else {
            self.account
                .why("other_column_counts", &format!("es zählt „{column}“"))
        };
        let sheet = self.account.sheet(sheet);
        for cell in &other.cells {
            sheet.set(*cell, Fate::Left(why));
            if reader.may_be_shown() {
                sheet.show(*cell, &other.written);
            }
        }
    }

    /// Adds the ids of what the record is about.
    fn identify(&mut self, values: &mut Values<'p>) {
        for (name, rule) in &self.profile.ids {
            let by: Vec<(&str, &Value)> = rule
                .by
                .iter()
                .filter_map(|it| Some((it.as_str(), values.get(it.as_str())?)))
                .collect();
            let bad = by.iter().find(|(_, it)| matches!(it.read, Read::Bad(_)));
            let texts: Vec<(&str, &str)> = by
                .iter()
                .filter_map(|(name, it)| Some((*name, it.read.stated()?)))
                .collect();
            let column = by.iter().find(|(_, it)| it.read.stated().is_some());
            let column = column.and_then(|(_, it)| it.column.clone());
            let known = self.known.entry(name).or_default();
            let read = match bad {
                Some((_, value)) => value.read.clone(),
                None => match known.id(rule, &texts) {
                    Ok(Some(id)) => Read::Stated(id),
                    Ok(None) => Read::Empty,
                    Err(finding) => {
                        let at = column.clone().unwrap_or_else(|| name.clone());
                        Read::Bad(Box::new(finding.at(at)))
                    }
                },
            };
            let stated = by.iter().filter(|(_, it)| it.read.stated().is_some());
            let cells = stated
                .flat_map(|(_, it)| it.cells.iter().copied())
                .collect();
            let written = texts
                .first()
                .map(|(_, it)| (*it).to_owned())
                .unwrap_or_default();
            values.insert(
                name,
                Value {
                    read,
                    written,
                    cells,
                    column,
                },
            );
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
            let made = emit.make(values, memory);
            let sheet = self.account.sheet(table.sheet);
            let name = emit.table.name;
            if made.findings.is_empty() {
                if let Some(why) = made.without {
                    sheet.without(name, why);
                    continue;
                }
                match emit.verdict(&made.cells, memory) {
                    Verdict::Made => {}
                    Verdict::Unchanged => {
                        // What stands beside the state may well be new, and is not recorded.
                        let said = made.uses.iter().filter(|(_, said)| *said);
                        let said: Vec<u32> = said.map(|(it, _)| *it).collect();
                        sheet.set_if_left(&said, Fate::Unchanged);
                        continue;
                    }
                    Verdict::NotNow => continue,
                }
            } else {
                // Later records of the same thing must not be taken for its first.
                emit.verdict(&made.cells, memory);
            }
            let uses: Vec<u32> = made.uses.iter().map(|(it, _)| *it).collect();
            sheet.set_if_left(&uses, Fate::Offered);
            sheet.made(name);
            let Made {
                cells,
                columns,
                findings,
                ..
            } = made;
            let origin = Some(Origin::new(table.sheet, at, uses));
            let number = row.number;
            out.rows.push(Mapped {
                table: name,
                cells,
                number,
                origin,
                columns,
                findings,
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

impl Table<'_> {
    /// A record with more cells than the header, or in a CSV file with fewer: a quote or a line break is
    /// not where it seems.
    fn wrong_count(&self, row: &GridRow) -> Option<Finding> {
        if self.form.header_rows == 0 {
            return None;
        }
        let (expected, found) = (self.laid.headers.len(), row.cells.len());
        let surplus = row
            .cells
            .iter()
            .skip(expected)
            .any(|it| !text(it).trim().is_empty());
        (surplus || self.is_csv && found < expected).then(|| wrong_cell_count(expected, found))
    }
}

impl Profile {
    fn reader(&self, name: &str) -> &Reader {
        self.fields.get(name).unwrap_or(&Reader::Text)
    }
}

fn doubtful(code: &'static str) -> Finding {
    let (de, en) = match code {
        "bad_encoding" => (
            "Die Zelle ist nicht in der Kodierung geschrieben, die das Profil nennt („encoding“)",
            "The cell is not written in the encoding the profile names (`encoding`)",
        ),
        _ => (
            "Die Zelle lässt sich nicht so nehmen, wie sie dasteht; bitte den Wert als Text eintragen",
            "The cell cannot be taken as it stands; enter the value as text",
        ),
    };
    Finding::new(code, de, en)
}

fn wrong_cell_count(expected: usize, found: usize) -> Finding {
    Finding::new(
        "wrong_cell_count",
        format!("Die Zeile hat {found} Zellen, die Kopfzeile {expected}; stimmen Trennzeichen und Anführungszeichen im Profil?"),
        format!("The row has {found} cells, the header {expected}; are separator and quote right in the profile?"),
    )
    .showing(&found.to_string())
}
