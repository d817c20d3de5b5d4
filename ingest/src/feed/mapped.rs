//! Opening foreign files by a profile: the rows made of them go the way of all rows.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    open::{Body, Entry, Feed, Form, Source, beside, file_failed, name_of},
    packed::Kind,
};
use crate::{
    Failure, Finding, Grid, Outcome,
    feed::order::json_place,
    profile::{Again, FileForm, Fixed, Mapped, Mapping, Origin, Past, Profile, sheets},
    workbook::{Currency, doubt},
};

/// A file that may be meant, and which of its sheets are taken already.
struct Candidate {
    path: PathBuf,
    /// Named by itself, so it must be meant.
    is_named: bool,
    /// Of a file that was opened: its sheets.
    sheets: Option<Vec<Sheet>>,
}

/// A sheet, and what of it is not yet taken.
struct Sheet {
    rest: Grid,
    is_taken: bool,
}

impl Feed {
    /// Opens foreign files, and all files in folders that the profile is about, in the order of the
    /// profile's `[[file]]`s, after what the log says already.
    ///
    /// # Errors
    /// A file cannot be read, or there is too much.
    pub fn mapped(paths: &[PathBuf], profile: &Profile, past: &Past) -> Result<Self, Failure> {
        let currency = past.currency_for(profile);
        let (feed, again) =
            Self::read_by(paths, currency.clone(), Mapping::new(profile, past, None))?;
        if again.is_none() {
            return Ok(feed.sorted());
        }
        // Seldom; but what is first by its day is only known when everything was read.
        drop(feed);
        let (feed, _) = Self::read_by(paths, currency, Mapping::new(profile, past, again))?;
        Ok(feed.sorted())
    }

    fn read_by(
        paths: &[PathBuf],
        currency: Currency,
        mut mapping: Mapping<'_>,
    ) -> Result<(Self, Option<Again>), Failure> {
        let profile = mapping.profile;
        let mut feed = Self::counting_in(currency);
        let mut candidates = candidates(paths)?;
        let mut meant = Vec::new();
        for form in &profile.files {
            for candidate in &mut candidates {
                if form.means(&name_of(&candidate.path)) {
                    meant.push(form);
                    feed.candidate(candidate, form, &mut mapping)?;
                }
            }
        }
        meant.dedup_by_key(|it| std::ptr::from_ref(*it));
        for candidate in candidates {
            let label = candidate.path.display().to_string();
            match candidate.sheets {
                // Of a folder too: a table nobody reads may be the year that was forgotten in the profile.
                None if candidate.is_named || Kind::of(&candidate.path) != Kind::Other => {
                    feed.found(not_meant().in_row(Some(&label), None));
                }
                None => mapping.account.leave_alone(label),
                Some(sheets) => {
                    for it in sheets {
                        let named = named_sheet(&label, &it.rest);
                        match (it.is_taken, it.rest.rows.first(), it.rest.rows.last()) {
                            (false, ..) => mapping.account.leave_alone(named),
                            (true, Some(first), Some(last)) => {
                                let (first, last) = (first.number, last.number);
                                mapping
                                    .account
                                    .leave_alone(format!("{named} ({first}–{last})"));
                            }
                            (true, ..) => {}
                        }
                    }
                }
            }
        }
        if feed.sources.is_empty() && feed.findings().is_empty() {
            feed.found(nothing_meant().in_row(Some(&profile.label), None));
        }
        feed.doubt_new(&mapping.incomplete());
        feed.fixed(meant.iter().flat_map(|it| &it.rows), &profile.label);
        let again = mapping.again();
        feed.account = Some(mapping.account);
        feed.rejects = paths.first().map(|path| beside(path));
        Ok((feed, again))
    }

    /// Refuses rows about things that may be known under another id, for files that tell are missing.
    fn doubt_new(&mut self, incomplete: &BTreeSet<&str>) {
        for entry in &mut self.entries {
            if let Body::Mapped { row, .. } = &mut entry.body
                && row
                    .is_new_by
                    .as_deref()
                    .is_some_and(|it| incomplete.contains(it))
            {
                row.findings.push(not_recognised().in_table(row.table));
            }
        }
    }

    /// Where a row made by a profile comes from.
    pub(super) fn origin(&self, at: usize) -> Option<&Origin> {
        self.made(at)?.origin.as_ref()
    }

    /// What is wrong with a row made by a profile, by the columns of the foreign file.
    pub(super) fn in_foreign_words(&self, at: usize, outcome: Outcome) -> Outcome {
        match (self.made(at), outcome) {
            (Some(row), Outcome::Rejected(findings)) => {
                Outcome::Rejected(findings.into_iter().map(|it| named(it, row)).collect())
            }
            (_, outcome) => outcome,
        }
    }

    fn made(&self, at: usize) -> Option<&Mapped> {
        match &self.entry(at)?.0.body {
            Body::Mapped { row, .. } => Some(row),
            Body::Line(_) | Body::Csv(_) | Body::Json(_) => None,
        }
    }

    fn candidate<'p>(
        &mut self,
        candidate: &mut Candidate,
        form: &'p FileForm,
        mapping: &mut Mapping<'p>,
    ) -> Result<(), Failure> {
        let name = name_of(&candidate.path);
        let label = candidate.path.display().to_string();
        if candidate.sheets.is_none() {
            let bytes = self.read_file(&candidate.path, &label)?;
            self.weigh(bytes.len() as u64)?;
            let (grids, findings) = match sheets(&bytes, &name, form, &self.currency) {
                Ok(read) => read,
                Err(finding) => (Vec::new(), vec![finding]),
            };
            for finding in findings {
                let row = finding.row;
                self.found(finding.in_row(Some(&label), row));
            }
            let sheet = |rest| Sheet {
                rest,
                is_taken: false,
            };
            candidate.sheets = Some(grids.into_iter().map(sheet).collect());
        }
        let mut grids = Vec::new();
        for sheet in candidate.sheets.iter_mut().flatten() {
            let rest = &mut sheet.rest;
            if !form.means_sheet(rest.sheet.as_deref()) || sheet.is_taken && !form.is_in(rest) {
                continue;
            }
            if doubt::is_hidden(rest) {
                rest.rows.clear();
                if !std::mem::replace(&mut sheet.is_taken, true) {
                    let label = named_sheet(&label, rest);
                    let name = rest.sheet.as_deref().unwrap_or_default();
                    let finding = doubt::finding(doubt::HIDDEN_SHEET).showing(name);
                    self.found(finding.in_row(Some(&label), None));
                }
                continue;
            }
            if let Some(table) = form.take(rest) {
                sheet.is_taken = true;
                grids.push(table);
            } else {
                let label = named_sheet(&label, rest);
                self.found(no_such_table().in_row(Some(&label), None));
            }
        }
        for grid in grids {
            let label = named_sheet(&label, &grid);
            let file = candidate.path.display().to_string();
            let outcome = mapping.grid(&file, form, grid);
            for finding in outcome.findings {
                self.found(finding);
            }
            self.rows_of(label, Some(&candidate.path), outcome.rows);
        }
        Ok(())
    }

    /// The rows that stand in the profile itself; after those of the files, which they may be about.
    fn fixed<'p>(&mut self, rows: impl Iterator<Item = &'p Fixed>, label: &str) {
        let rows = rows.zip(1..).map(|(row, number)| Mapped {
            table: row.table,
            cells: row.cells.clone(),
            number,
            origin: None,
            columns: Arc::default(),
            written: Box::default(),
            findings: Vec::new(),
            stands_in_for: None,
            is_new_by: None,
        });
        self.rows_of(label.to_owned(), None, rows.collect());
    }

    fn rows_of(&mut self, label: String, path: Option<&Path>, rows: Vec<Mapped>) {
        let source = self.sources.len();
        for mut row in rows {
            row.cells.insert("table".to_owned(), row.table.to_owned());
            let line = serde_json::to_vec(&row.cells).unwrap_or_default(); // texts by text
            row.cells.clear();
            let number = row.number;
            let place = json_place(None, false, &line).of(source, number);
            let body = Body::Mapped {
                line: line.into(),
                row: Box::new(row),
            };
            self.entries.push(Entry { body, place });
        }
        self.sources.push(Source {
            label,
            path: path.map(Path::to_owned),
            table: None,
            sheet: None,
            form: Form::Json,
            text: Box::default(),
        });
    }
}

/// A sheet as findings name it.
fn named_sheet(label: &str, grid: &Grid) -> String {
    match &grid.sheet {
        Some(sheet) => format!("{label}#{sheet}"),
        None => label.to_owned(),
    }
}

/// The finding by the foreign columns our cell is made of, with what stands there.
fn named(mut finding: Finding, row: &Mapped) -> Finding {
    // What cannot be read is told by the foreign column already, which may be called like one of ours.
    if row.findings.contains(&finding) {
        return finding;
    }
    let (mut columns, mut texts): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (at, (ours, foreign)) in row.columns.iter().enumerate() {
        if finding.column.as_deref() == Some(ours) && !columns.contains(&foreign.as_str()) {
            columns.push(foreign);
            let written = row.written.iter().find(|it| it.at == at);
            let written = written.filter(|it| it.may_be_shown || finding.value.is_some());
            texts.extend(written.map(|it| &*it.text));
        }
    }
    if !texts.is_empty() {
        finding = finding.showing(&texts.join(" + "));
    }
    if !columns.is_empty() {
        finding.column = Some(columns.join(" + "));
    }
    finding
}

/// The files named, and those in the folders named, without hidden ones.
fn candidates(paths: &[PathBuf]) -> Result<Vec<Candidate>, Failure> {
    let mut candidates = Vec::new();
    for path in paths {
        let label = path.display().to_string();
        if !path.is_dir() {
            std::fs::metadata(path).map_err(file_failed(&label))?;
            candidates.push(Candidate {
                path: path.clone(),
                is_named: true,
                sheets: None,
            });
            continue;
        }
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(file_failed(&label))? {
            let path = entry.map_err(file_failed(&label))?.path();
            if path.is_file() && !name_of(&path).starts_with(['.', '~']) {
                files.push(path);
            }
        }
        files.sort();
        let unnamed = |path| Candidate {
            path,
            is_named: false,
            sheets: None,
        };
        candidates.extend(files.into_iter().map(unnamed));
    }
    Ok(candidates)
}

fn not_recognised() -> Finding {
    Finding::new(
        "not_recognised",
        "Das ist nach diesem Profil neu; es kann aber eines sein, das schon erfasst ist und in diesem Einspielen nicht vorkommt, denn woran es zu erkennen wäre („by“), steht in keiner erfassten Zeile. Bitte alle Dateien zusammen einspielen, oder im Profil jeden Namen unter „by“ in eine Spalte der Definition schreiben, etwa file_ref",
        "By this profile this is new; yet it may be one that is recorded already and is not in this feed, for what it would be recognised by (`by`) stands in no recorded row. Feed all files together, or let the profile write every name under `by` into a column of the definition, such as file_ref",
    )
}

fn no_such_table() -> Finding {
    Finding::new(
        "no_such_table",
        "In keiner Zelle steht der Text, mit dem die Tabelle nach dem Profil beginnt („begins“)",
        "No cell has the text with which the table begins by the profile (`begins`)",
    )
}

fn not_meant() -> Finding {
    Finding::new(
        "no_profile_match",
        "Das Profil meint diese Datei nicht; kein „match“ passt auf ihren Namen",
        "The profile does not mean this file; no `match` fits its name",
    )
}

fn nothing_meant() -> Finding {
    Finding::new(
        "no_tables",
        "Keine Datei heißt so, wie das Profil es unter „match“ erwartet",
        "No file is named as the profile expects under `match`",
    )
}
