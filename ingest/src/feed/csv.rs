//! Splitting CSV. Our own, because three things matter here that the usual readers do not say: an
//! empty line counts as a row (people count lines), a row that is not UTF-8 spoils only itself, and a
//! quote that is never closed is named instead of swallowing the rest of the file in silence.

/// One row as it stands in the file: its cells, unquoted and not trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Record {
    pub(crate) cells: Vec<Vec<u8>>,
    /// A quote was opened and never closed.
    pub(crate) unclosed: bool,
    /// Cells of a workbook that must not be taken as they stand, by place, and why.
    pub(crate) doubts: Vec<(usize, &'static str)>,
}

impl Record {
    /// Whether no cell states anything.
    pub(crate) fn is_blank(&self) -> bool {
        !self.unclosed
            && self.doubts.is_empty()
            && self.cells.iter().all(|it| it.trim_ascii().is_empty())
    }
}

/// Splits bytes into rows and cells. An empty line is a row with one empty cell.
#[derive(Debug, Clone)]
pub(crate) struct Records<'a> {
    rest: &'a [u8],
    separator: u8,
    quote: Option<u8>,
}

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8], separator: u8) -> Self {
        Self::quoted_by(bytes, separator, Some(b'"'))
    }

    /// As others write: with another quote, or with none.
    pub(crate) fn quoted_by(bytes: &'a [u8], separator: u8, quote: Option<u8>) -> Self {
        Self {
            rest: bytes,
            separator,
            quote,
        }
    }

    /// What has not been split yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// Takes a quoted cell's content, up to and with the closing quote.
    fn quoted(&mut self, quote: u8, cell: &mut Vec<u8>) -> bool {
        loop {
            let Some(at) = self.rest.iter().position(|it| *it == quote) else {
                cell.extend_from_slice(self.rest);
                self.rest = &[];
                return false;
            };
            cell.extend_from_slice(&self.rest[..at]);
            self.take(at + 1);
            if self.rest.first() != Some(&quote) {
                return true;
            }
            cell.push(quote);
            self.take(1);
        }
    }

    /// Takes the end of a line; whether there was one.
    fn end_of_line(&mut self) -> bool {
        let count = match self.rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => return false,
        };
        self.take(count);
        true
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.rest.is_empty() {
            return None;
        }
        let mut record = Record::default();
        loop {
            let mut cell = Vec::new();
            if let Some(quote) = self.quote.filter(|it| self.rest.first() == Some(it)) {
                self.take(1);
                record.unclosed |= !self.quoted(quote, &mut cell);
            }
            // What follows a closing quote belongs to the cell, as spreadsheets read it.
            let separator = self.separator;
            let ends = |it: &u8| *it == separator || matches!(*it, b'\r' | b'\n');
            let at = self.rest.iter().position(ends).unwrap_or(self.rest.len());
            cell.extend_from_slice(&self.rest[..at]);
            self.take(at);
            record.cells.push(cell);
            if self.rest.is_empty() || self.end_of_line() {
                return Some(record);
            }
            self.take(1);
            if self.rest.is_empty() {
                record.cells.push(Vec::new());
                return Some(record);
            }
        }
    }
}

/// A cell as it is written into a file.
pub(crate) fn write_cell(out: &mut Vec<u8>, cell: &[u8], separator: u8) {
    let quote = |it: &u8| *it == separator || matches!(*it, b'"' | b'\r' | b'\n');
    if !cell.iter().any(quote) {
        out.extend_from_slice(cell);
        return;
    }
    out.push(b'"');
    for byte in cell {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<Vec<String>> {
        let strings = |it: Record| {
            it.cells
                .into_iter()
                .map(|it| String::from_utf8(it).expect("UTF-8"))
                .collect()
        };
        Records::new(text.as_bytes(), b',').map(strings).collect()
    }

    #[test]
    fn rows_cells_and_quotes_are_split_as_they_are_meant() {
        assert_eq!(split("a,b\r\nc,\n"), [["a", "b"], ["c", ""]]);
        assert_eq!(split("\"a,\"\"b\"\"\nc\",d"), [["a,\"b\"\nc", "d"]]);
        assert_eq!(split("a\n\nb"), [["a"], [""], ["b"]]);
        assert_eq!(split("a,"), [["a", ""]]);
        assert_eq!(split(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn a_quote_never_closed_is_named() {
        let records: Vec<Record> = Records::new(b"a\n\"b,c\nd", b',').collect();
        assert!(!records[0].unclosed);
        assert!(records[1].unclosed);
        assert_eq!(records.len(), 2);
    }

    proptest! {
        /// What the usual reader splits out of well-formed CSV is what we split out of it.
        #[test]
        fn well_formed_csv_is_split_as_others_split_it(
            rows in prop::collection::vec(prop::collection::vec("[a-z \",;\n\r]{0,6}", 3), 1..6)
        ) {
            let mut out = Vec::new();
            for row in &rows {
                for (at, cell) in row.iter().enumerate() {
                    if at > 0 { out.push(b','); }
                    write_cell(&mut out, cell.as_bytes(), b',');
                }
                out.push(b'\n');
            }
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&*out);
            let theirs: Vec<Vec<Vec<u8>>> = reader
                .byte_records()
                .map(|it| it.expect("a record").iter().map(<[u8]>::to_vec).collect())
                .collect();
            let ours: Vec<Vec<Vec<u8>>> = Records::new(&out, b',').map(|it| it.cells).collect();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn any_bytes_are_split_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut records = Records::new(&bytes, b';');
            while records.next().is_some() {}
            prop_assert!(records.rest().is_empty());
        }
    }
}
