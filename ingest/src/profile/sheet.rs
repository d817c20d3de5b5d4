//! From a file to a table with headers: letters, separators, title rows, header lines, turning.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::{
    form::{ColumnRef, FileForm},
    words::{folded, hint, squeezed},
};
use crate::{
    Finding, Grid, GridCell, GridRow,
    feed::csv::{Record, Records},
    workbook::{self, Currency},
};

/// So many cells a turned table has at most: every row gets as many as the longest.
const MOST_TURNED: usize = 10_000_000;

/// A grid as the profile sees it: what stands above, the headers, the records.
#[derive(Debug, Default)]
pub(crate) struct Laid {
    /// Rows above the header.
    pub(super) titles: Vec<GridRow>,
    pub(super) headers: Vec<String>,
    /// The last header line as the file holds it.
    pub(super) last_line: Vec<GridCell>,
    /// Cells of the header lines.
    pub(super) headings: u64,
    pub(super) rows: Vec<GridRow>,
    /// Of a turned table: the number of the row each column was.
    pub(super) turned: Option<Vec<u64>>,
}

/// The grids of a file: one of a CSV file, one per sheet of a workbook.
///
/// # Errors
/// The file cannot be read at all.
pub(crate) fn sheets(
    bytes: &[u8],
    name: &str,
    form: &FileForm,
    currency: &Currency,
) -> Result<(Vec<Grid>, Vec<Finding>), Finding> {
    let end = name
        .rsplit_once('.')
        .map_or("", |(_, end)| end)
        .to_lowercase();
    match end.as_str() {
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => {
            Ok((workbook::read(bytes, name, currency)?, Vec::new()))
        }
        _ => {
            let (grid, findings) = csv_grid(bytes, form);
            Ok((vec![grid], findings))
        }
    }
}

fn csv_grid(bytes: &[u8], form: &FileForm) -> (Grid, Vec<Finding>) {
    // A byte order mark says it more surely than the profile.
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((form.encoding, 0));
    let bytes = bytes.get(mark..).unwrap_or_default();
    // Separators are bytes of their own only where letters of ASCII are.
    let (bytes, encoding) = if encoding.is_ascii_compatible() {
        (Cow::Borrowed(bytes), encoding)
    } else {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        (
            Cow::Owned(text.into_owned().into_bytes()),
            encoding_rs::UTF_8,
        )
    };
    let separator = form.separator.unwrap_or_else(|| separator(&bytes, form));
    let (mut grid, mut findings) = (Grid::default(), Vec::new());
    for (record, number) in Records::quoted_by(&bytes, separator, form.quote).zip(1..) {
        if record.is_blank() {
            continue;
        }
        if record.unclosed {
            findings.push(unclosed_quote().in_row(None, Some(number)));
        }
        let cells = cells(record, encoding);
        grid.rows.push(GridRow { number, cells });
    }
    (grid, findings)
}

fn cells(record: Record, encoding: &'static Encoding) -> Vec<GridCell> {
    let code = record.unclosed.then_some("unclosed_quote");
    let cell = |bytes: Vec<u8>| {
        let (text, wrong) = encoding.decode_without_bom_handling(&bytes);
        let text = text.into_owned();
        let code = code.or_else(|| (wrong || text.contains('\u{fffd}')).then_some("bad_encoding"));
        match code {
            Some(code) => GridCell::Doubtful { text, code },
            None => GridCell::Text(text),
        }
    };
    record.cells.into_iter().map(cell).collect()
}

/// The separator that makes the most columns in the header.
fn separator(bytes: &[u8], form: &FileForm) -> u8 {
    let columns = |separator: &u8| {
        let mut records = Records::quoted_by(bytes, *separator, form.quote);
        records.nth(form.title_rows).map_or(0, |it| it.cells.len())
    };
    // Of equals `max_by_key` takes the last.
    [b'|', b'\t', b',', b';']
        .into_iter()
        .max_by_key(columns)
        .unwrap_or(b',')
}

/// Tells titles, header and records apart.
///
/// # Errors
/// `too_many_cells`: a table that cannot be turned.
pub(super) fn lay_out(grid: Grid, form: &FileForm) -> Result<Laid, Finding> {
    let above = if form.transposed {
        0
    } else {
        form.above(&grid.rows)
    };
    let (rows, turned) = if form.transposed {
        let (rows, numbers) = turned(grid.rows)?;
        (rows, Some(numbers))
    } else {
        (grid.rows, None)
    };
    let mut laid = Laid {
        turned,
        ..Laid::default()
    };
    let mut lines = Vec::new();
    let titles = above + form.title_rows as u64;
    let headers = form.header_rows as u64;
    for row in rows {
        if row.number <= titles {
            laid.titles.push(row);
        } else if row.number <= titles + headers {
            laid.headings += row.cells.len() as u64;
            lines.push(row);
        } else if row.cells.iter().any(|it| !it.text().trim().is_empty()) {
            laid.rows.push(row);
        }
    }
    laid.headers = headings(&lines);
    laid.last_line = lines.pop().map(|it| it.cells).unwrap_or_default();
    Ok(laid)
}

fn turned(rows: Vec<GridRow>) -> Result<(Vec<GridRow>, Vec<u64>), Finding> {
    let width = rows.iter().map(|it| it.cells.len()).max().unwrap_or(0);
    if width.saturating_mul(rows.len()) > MOST_TURNED {
        return Err(Finding::new(
            "too_many_cells",
            "Die Tabelle ist zu groß, um gedreht zu werden",
            "The table is too large to be turned",
        ));
    }
    let numbers = rows.iter().map(|it| it.number).collect();
    let empty = || GridCell::Text(String::new());
    let mut turned: Vec<GridRow> = (1..=width as u64)
        .map(|number| GridRow {
            number,
            cells: Vec::new(),
        })
        .collect();
    for row in rows {
        let cells = row
            .cells
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat_with(|| None));
        for (record, cell) in turned.iter_mut().zip(cells) {
            record.cells.push(cell.unwrap_or_else(empty));
        }
    }
    Ok((turned, numbers))
}

/// One header per column. Of several lines the parts are joined by ` / `; above the last line an empty
/// cell means what stands to its left, as a merged heading leaves it.
fn headings(lines: &[GridRow]) -> Vec<String> {
    let width = lines.iter().map(|it| it.cells.len()).max().unwrap_or(0);
    let mut headers: Vec<Vec<String>> = vec![Vec::new(); width];
    for (at, line) in lines.iter().enumerate() {
        let mut left = String::new();
        for (column, header) in headers.iter_mut().enumerate() {
            let mut part = line
                .cells
                .get(column)
                .map(|it| squeezed(it.text()))
                .unwrap_or_default();
            if at + 1 < lines.len() {
                if part.is_empty() {
                    part.clone_from(&left);
                } else {
                    left.clone_from(&part);
                }
            }
            if !part.is_empty() && !header.contains(&part) {
                header.push(part);
            }
        }
    }
    headers.iter().map(|it| it.join(" / ")).collect()
}

impl Laid {
    /// Where a column stands.
    pub(super) fn place(&self, column: &ColumnRef) -> Option<usize> {
        if let Some(place) = column.place {
            // Letters count on in a file without a header.
            return Some(place);
        }
        let same = self
            .headers
            .iter()
            .enumerate()
            .filter(|(_, it)| folded(it) == column.header);
        same.map(|(at, _)| at).nth(column.occurrence - 1)
    }

    /// The name of a column for people: its header, and its letters where it has none.
    pub(super) fn name(&self, column: usize) -> String {
        let header = self.headers.get(column).map_or("", String::as_str);
        if header.is_empty() {
            return format!("@{}", super::words::letters(column));
        }
        let before = self
            .headers
            .iter()
            .take(column)
            .filter(|it| folded(it) == folded(header));
        match before.count() {
            0 => header.to_owned(),
            count => format!("{header}#{}", count + 1),
        }
    }

    /// The finding that a column of the profile is not there.
    pub(super) fn missing(&self, column: &ColumnRef) -> Finding {
        let wanted = &column.text;
        let headers = self.headers.iter().map(String::as_str);
        let (de, en) = hint(wanted, headers.filter(|it| !it.is_empty()));
        Finding::new(
            "missing_column",
            format!("Die Spalte „{wanted}“, die das Profil nennt, fehlt in der Datei; {de}"),
            format!("The column `{wanted}` the profile names is missing in the file; {en}"),
        )
        .at(wanted.as_str())
    }
}

fn unclosed_quote() -> Finding {
    Finding::new(
        "unclosed_quote",
        "Ein Anführungszeichen wird nicht geschlossen; ab hier ist der Rest der Datei nicht lesbar",
        "A quote is never closed; from here the rest of the file cannot be read",
    )
}
