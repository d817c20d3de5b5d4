//! What the cells of a record say, by name.

use super::{
    Behind, Value, Values,
    mapping::{EMPTY, Mapping},
    table::Table,
};
use crate::{
    Finding, GridCell, GridRow,
    profile::{
        account::Fate,
        value::{Held, Read, Reader},
        words::squeezed,
    },
    workbook::doubt::{self, NOISE},
};

impl<'p> Mapping<'p> {
    /// Reads a text as the profile says of that name.
    pub(super) fn read(&self, name: &str, written: &str) -> Read {
        self.reader(name)
            .read(written, Held::Text, &self.profile.missing)
    }

    /// Reads a cell as the profile says of that name.
    fn read_cell(&self, name: &str, cell: &GridCell) -> Read {
        let read = self.reader(name).read_cell(cell, &self.profile.missing);
        read.unwrap_or_else(|code| Read::Bad(Box::new(doubtful(code))))
    }

    fn reader(&self, name: &str) -> &'p Reader {
        self.profile.fields.get(name).unwrap_or(&Reader::Text)
    }

    /// The values of a record by name, constants among them.
    pub(super) fn values(
        &mut self,
        table: &mut Table<'p>,
        row: &GridRow,
        start: u32,
    ) -> Values<'p> {
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
                if cell.text().trim().is_empty() {
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

    /// What the header of a wide column says.
    pub(super) fn wide_header(&self, table: &Table<'_>, name: &str, place: usize) -> Value {
        let written = table.laid.headers.get(place).cloned().unwrap_or_default();
        let column = table.name(place).to_owned();
        // What stands alone in its heading is a cell like others; of joined headings only the text is left.
        let cell = table.laid.last_line.get(place);
        let cell = cell.filter(|it| squeezed(it.text()) == written);
        let read = match cell {
            None | Some(GridCell::Text(_)) => self.read(name, &written),
            Some(cell) => self.read_cell(name, cell),
        };
        let read = match read {
            Read::Bad(finding) => {
                Read::Bad(Box::new(finding.at(column.as_str()).showing(&written)))
            }
            read => read,
        };
        Value {
            read,
            written,
            held: cell.map_or(Held::Text, Held::of),
            may_be_shown: true,
            cells: Vec::new(),
            column: Some(column),
        }
    }

    /// Reads the cells a name may stand for; the first that states something counts.
    pub(super) fn value(
        &mut self,
        table: &Table<'_>,
        name: &str,
        cells: &[(usize, u32, &GridCell)],
    ) -> Value {
        let reader = self.reader(name);
        let mut chosen: Option<Value> = None;
        for (place, number, cell) in cells {
            let written = cell.text().trim().to_owned();
            let column = table.name(*place).to_owned();
            let read = self.read_cell(name, cell);
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
                held: Held::of(cell),
                may_be_shown: reader.may_be_shown(),
                cells: vec![Behind::whole(*number)],
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
            held: Held::Text,
            may_be_shown: false,
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
        for it in &other.cells {
            sheet.set(it.cell, Fate::Left(why));
            if reader.may_be_shown() {
                sheet.show(it.cell, &other.written);
            }
        }
    }

    /// Adds the ids of what the record is about.
    pub(super) fn identify(&mut self, values: &mut Values<'p>) {
        self.is_new_by = None;
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
                None => match known.id((name.as_str(), rule), &texts, self.past) {
                    Ok(Some(it)) => {
                        if it.is_new && !self.profile.is_recorded(name) {
                            self.is_new_by = Some(name);
                        }
                        Read::Stated(it.id)
                    }
                    Ok(None) => Read::Empty,
                    Err(finding) => {
                        let at = column.clone().unwrap_or_else(|| name.clone());
                        Read::Bad(Box::new(finding.at(at)))
                    }
                },
            };
            let written = texts
                .first()
                .map(|(_, it)| (*it).to_owned())
                .unwrap_or_default();
            let mut cells = Vec::new();
            for (at, (_, value)) in by
                .iter()
                .filter(|(_, it)| it.read.stated().is_some())
                .enumerate()
            {
                // An id made of a text, or known from elsewhere, does not say what is written here.
                let is_in_value = value.read.stated().map(squeezed).as_deref() == read.stated();
                cells.extend(value.cells.iter().map(|it| Behind {
                    cell: it.cell,
                    is_in_value,
                    is_in_wording: at == 0,
                }));
            }
            values.insert(
                name,
                Value {
                    read,
                    written,
                    held: Held::Text,
                    may_be_shown: false,
                    cells,
                    column,
                },
            );
        }
    }
}

fn doubtful(code: &'static str) -> Finding {
    match code {
        "bad_encoding" => Finding::new(
            code,
            "Die Zelle ist nicht in der Kodierung geschrieben, die das Profil nennt („encoding“)",
            "The cell is not written in the encoding the profile names (`encoding`)",
        ),
        "unclosed_quote" => Finding::new(
            code,
            "Ein Anführungszeichen wird nicht geschlossen; der Rest der Datei ist nicht lesbar",
            "A quote is never closed; the rest of the file cannot be read",
        ),
        // By a profile it is taken only where rounding is asked for.
        NOISE => Finding::new(
            code,
            "Die Zelle trägt Rechenreste hinter den Cent und wird nicht genommen; bitte die Formel runden: =RUNDEN(…;2), oder bei Beträgen im Profil runden lassen: round = \"half_up\"",
            "The cell carries remains of computing behind the cents and is not taken; round the formula: =ROUND(…,2), or let the profile round amounts: round = \"half_up\"",
        ),
        code => doubt::finding(code),
    }
}
