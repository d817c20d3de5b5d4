//! How a foreign file is written: which files are meant, their letters, lines and columns.

use std::collections::BTreeMap;

use encoding_rs::Encoding;

use super::{
    Fixed,
    part::{Part, Problems},
    read,
    words::Pattern,
};
use crate::{Grid, GridRow};

/// One `[[file]]` of a profile.
#[derive(Debug)]
pub(crate) struct FileForm {
    /// Which files are meant, by name.
    names: Vec<Pattern>,
    /// Which sheets of a workbook; all if none is named.
    sheets: Vec<Pattern>,
    pub(super) encoding: &'static Encoding,
    /// The separator; found out from the header if none is named.
    pub(super) separator: Option<u8>,
    /// What stands around cells with separators; `None`: nothing does.
    pub(super) quote: Option<u8>,
    /// Of several tables on a sheet: the row with this text is the first, else the first of all.
    pub(super) begins: Option<Pattern>,
    /// A later row with this text belongs no more to it.
    pub(super) ends: Option<Pattern>,
    /// Rows above the header.
    pub(super) title_rows: usize,
    pub(super) header_rows: usize,
    /// Whether the file's columns are the records.
    pub(super) transposed: bool,
    /// Names whose empty cells take what stands above: a cell merged over several rows.
    pub(super) fill_down: Vec<String>,
    pub(super) constants: BTreeMap<String, String>,
    /// By name: the column, or several of which the first that states something counts.
    pub(super) columns: Vec<(String, Vec<ColumnRef>)>,
    /// Columns not taken, and why.
    pub(super) left_out: Vec<(ColumnRef, String)>,
    pub(super) wide: Option<Wide>,
    pub(super) skips: Vec<Skip>,
    /// Rows that stand in no file, and are known with this one.
    pub(crate) rows: Vec<Fixed>,
}

/// Columns that are one record each: `2024`, `2025`, ….
#[derive(Debug)]
pub(super) struct Wide {
    /// Which columns, by header.
    pub(super) headers: Vec<Pattern>,
    /// The name of the header's text.
    pub(super) name: String,
    /// The name of the cell.
    pub(super) value: String,
}

/// Rows that are no records: sums, footnotes.
#[derive(Debug)]
pub(super) struct Skip {
    pub(super) column: ColumnRef,
    pub(super) texts: Vec<Pattern>,
    pub(super) why: String,
}

/// A column, as a profile names it: by header, by the n-th of that header, or by letter (`@C`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnRef {
    pub(super) text: String,
    pub(super) header: String,
    /// From 1.
    pub(super) occurrence: usize,
    pub(super) place: Option<usize>,
}

impl ColumnRef {
    pub(super) fn new(text: &str) -> Self {
        let numbered = text.rsplit_once('#').and_then(|(header, number)| {
            let number: usize = number.parse().ok()?;
            (number > 0 && !header.is_empty()).then_some((header, number))
        });
        let (header, occurrence) = numbered.unwrap_or((text, 1));
        Self {
            text: text.to_owned(),
            header: super::words::folded(header),
            occurrence,
            place: text.strip_prefix('@').and_then(super::words::column_of),
        }
    }
}

impl FileForm {
    pub(super) fn read(mut part: Part<'_>, problems: &mut Problems) -> Self {
        let patterns = |texts: Vec<String>| texts.iter().map(|it| Pattern::new(it)).collect();
        let names = part.texts("match", problems);
        if names.is_empty() {
            problems.add(
                &part.place("match"),
                "„match“ fehlt: der Name der Datei, z. B. \"bericht_2024*.csv\"",
                "`match` is missing: the name of the file, as in \"report_2024*.csv\"",
            );
        }
        let form = Self {
            names: patterns(names),
            sheets: patterns(part.texts("sheet", problems)),
            encoding: encoding(&mut part, problems),
            separator: ascii(&mut part, "separator", problems),
            quote: quote(&mut part, problems),
            begins: part.text("begins", problems).map(|it| Pattern::new(&it)),
            ends: part.text("ends", problems).map(|it| Pattern::new(&it)),
            title_rows: part.count("title_rows", problems).unwrap_or(0),
            header_rows: part.count("header_rows", problems).unwrap_or(1),
            transposed: part.flag("transposed", problems),
            fill_down: part.texts("fill_down", problems),
            constants: single(part.pairs("constants", problems)),
            columns: columns(&mut part, problems),
            left_out: single(part.pairs("left_out", problems))
                .into_iter()
                .map(|(column, why)| (ColumnRef::new(&column), why))
                .collect(),
            wide: part.part("wide", problems).map(|it| wide(it, problems)),
            skips: skips(&mut part, problems),
            rows: part
                .parts("row", problems)
                .into_iter()
                .filter_map(|it| read::fixed(it, problems))
                .collect(),
        };
        for name in &form.fill_down {
            let names = form.columns.iter().map(|(name, _)| name.as_str());
            if !names.clone().any(|it| it == name) {
                problems.unknown(&part.place("fill_down"), name, names);
            }
        }
        part.end(problems);
        form
    }

    /// Whether a file of this name is meant.
    pub(crate) fn means(&self, name: &str) -> bool {
        self.names.iter().any(|it| it.fits(name))
    }

    /// Whether a sheet is meant; a CSV file is one without a name.
    pub(crate) fn means_sheet(&self, sheet: Option<&str>) -> bool {
        let fits = |sheet: &str| self.sheets.iter().any(|it| it.fits(sheet));
        self.sheets.is_empty() || sheet.is_none_or(fits)
    }

    /// Takes the rows of its table out of a sheet, if they are there.
    pub(crate) fn take(&self, grid: &mut Grid) -> Option<Grid> {
        let has = |pattern: &Pattern, row: &GridRow| {
            let mut cells = row.cells.iter();
            cells.any(|it| !it.text().trim().is_empty() && pattern.fits(it.text()))
        };
        let find = |pattern: &Pattern, from: usize| {
            let mut rows = grid.rows.iter().enumerate().skip(from);
            rows.find(|(_, row)| has(pattern, row)).map(|(at, _)| at)
        };
        let first = match &self.begins {
            Some(pattern) => find(pattern, 0)?,
            None => 0,
        };
        let end = self.ends.as_ref().and_then(|it| find(it, first + 1));
        let end = end.unwrap_or(grid.rows.len()).max(first);
        Some(Grid {
            sheet: grid.sheet.clone(),
            rows: grid.rows.drain(first..end).collect(),
        })
    }

    /// Whether there may be a table of it in what others left of a sheet.
    pub(crate) fn is_in(&self, rest: &Grid) -> bool {
        self.begins.is_some() || !rest.rows.is_empty()
    }

    /// How many rows of the sheet stand above its table, for counting titles and header lines.
    pub(super) fn above(&self, rows: &[GridRow]) -> u64 {
        let first = rows.first().filter(|_| self.begins.is_some());
        first.map_or(0, |it| it.number.saturating_sub(1))
    }

    /// The names this file has values for.
    pub(super) fn value_names(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().map(|(name, _)| name.as_str());
        let constants = self.constants.keys().map(String::as_str);
        columns.chain(constants).chain(self.wide_names())
    }

    /// The names that have a value per wide column.
    pub(super) fn wide_names(&self) -> impl Iterator<Item = &str> {
        let wide = self.wide.iter();
        wide.flat_map(|it| [it.name.as_str(), it.value.as_str()])
    }
}

fn encoding(part: &mut Part<'_>, problems: &mut Problems) -> &'static Encoding {
    let Some(label) = part.text("encoding", problems) else {
        return encoding_rs::UTF_8;
    };
    let found = Encoding::for_label(label.as_bytes());
    let wide = [
        encoding_rs::UTF_8,
        encoding_rs::UTF_16LE,
        encoding_rs::UTF_16BE,
    ];
    // In others a separator may be the second byte of a letter.
    let usable = found.filter(|it| it.is_single_byte() || wide.contains(it));
    usable.unwrap_or_else(|| {
        let possible = [
            "utf-8",
            "utf-16le",
            "utf-16be",
            "windows-1252",
            "iso-8859-15",
            "macintosh",
        ];
        problems.unknown(&part.place("encoding"), &label, possible.into_iter());
        encoding_rs::UTF_8
    })
}

fn ascii(part: &mut Part<'_>, key: &'static str, problems: &mut Problems) -> Option<u8> {
    let letter = part.letter(key, problems)?;
    let byte = u8::try_from(letter).ok().filter(u8::is_ascii);
    let usable = byte.filter(|it| !matches!(it, b'\r' | b'\n'));
    if usable.is_none() {
        problems.add(
            &part.place(key),
            "Möglich ist ein ASCII-Zeichen, kein Zeilenende",
            "Possible is an ASCII character, no line end",
        );
    }
    usable
}

fn quote(part: &mut Part<'_>, problems: &mut Problems) -> Option<u8> {
    let words = [("\"", Some(b'"')), ("'", Some(b'\'')), ("", None)];
    part.word("quote", &words, problems).unwrap_or(Some(b'"'))
}

fn columns(part: &mut Part<'_>, problems: &mut Problems) -> Vec<(String, Vec<ColumnRef>)> {
    let pairs = part.pairs("columns", problems).into_iter();
    pairs
        .map(|(name, columns)| (name, columns.iter().map(|it| ColumnRef::new(it)).collect()))
        .collect()
}

fn wide(mut part: Part<'_>, problems: &mut Problems) -> Wide {
    let headers = part.texts("columns", problems);
    let wide = Wide {
        headers: headers.iter().map(|it| Pattern::new(it)).collect(),
        name: part.needed("name", problems).unwrap_or_default(),
        value: part.needed("value", problems).unwrap_or_default(),
    };
    if headers.is_empty() {
        problems.add(
            &part.place("columns"),
            "„columns“ fehlt: welche Spalten je eine Zeile sind",
            "`columns` is missing: which columns are a row each",
        );
    }
    part.end(problems);
    wide
}

fn skips(part: &mut Part<'_>, problems: &mut Problems) -> Vec<Skip> {
    let mut skips = Vec::new();
    for mut part in part.parts("skip", problems) {
        let column = part.needed("column", problems);
        let texts = part.texts("texts", problems);
        let why = part.needed("why", problems);
        part.end(problems);
        if let (Some(column), Some(why)) = (column, why) {
            skips.push(Skip {
                column: ColumnRef::new(&column),
                texts: texts.iter().map(|it| Pattern::new(it)).collect(),
                why,
            });
        }
    }
    skips
}

/// The first text of each name.
pub(super) fn single(pairs: Vec<(String, Vec<String>)>) -> BTreeMap<String, String> {
    let first = |(name, texts): (String, Vec<String>)| Some((name, texts.into_iter().next()?));
    pairs.into_iter().filter_map(first).collect()
}
