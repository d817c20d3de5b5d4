//! The cells of one sheet of an XLSX.

use quick_xml::events::BytesStart;

use super::{
    look::Look,
    strings::{Strings, of_element, unescaped},
    styles::Styles,
};
use crate::{
    Finding,
    grid::{Grid, GridCell},
    workbook::{
        date::{self, Epoch},
        doubt, number,
        sheet::{Area, Builder, Room},
        wrong::damaged,
        xml::{Node, Xml, attribute, is_on, local},
    },
};

/// What the sheets of a workbook share.
pub(super) struct Book {
    pub(super) styles: Styles,
    pub(super) strings: Strings,
    pub(super) epoch: Epoch,
}

/// Where the next row or cell stands if it does not say so.
struct At {
    row: u64,
    column: usize,
}

pub(super) fn read(
    xml: &mut Xml<'_>,
    name: &str,
    book: &Book,
    room: &mut Room,
) -> Result<Grid, Finding> {
    let mut builder = Builder::new(name, room);
    let mut at = At { row: 0, column: 0 };
    let mut hidden_at = None;
    loop {
        let depth = xml.depth();
        match xml.next()? {
            Node::Open(start) => match local(&start) {
                "row" => {
                    at.row = row_number(&start, at.row).ok_or_else(|| damaged(name))?;
                    at.column = 0;
                    builder.row(at.row)?;
                    let flat = attribute(&start, "ht")?.is_some_and(|it| it == "0");
                    hidden_at = (is_on(&start, "hidden")? || flat).then_some(depth);
                }
                "c" => {
                    let head = Head::read(&start, at.column).ok_or_else(|| damaged(name))?;
                    at.column = head.column + 1;
                    let column = head.column;
                    let cell = cell(xml, &head, book).transpose();
                    if let Some(cell) = cell {
                        builder.cell(column, cell?)?;
                    }
                }
                "mergeCell" => {
                    let area = attribute(&start, "ref")?.unwrap_or_default();
                    builder.merge(parse_area(&area).ok_or_else(|| damaged(name))?)?;
                }
                _ => {}
            },
            Node::Close if hidden_at.is_some() && hidden_at == depth.checked_sub(1) => {
                builder.doubt_row(doubt::HIDDEN_ROW);
                hidden_at = None;
            }
            Node::End => return builder.finish(),
            _ => {}
        }
    }
}

fn row_number(start: &BytesStart<'_>, last: u64) -> Option<u64> {
    match attribute(start, "r").ok()? {
        Some(number) => number.parse().ok().filter(|it| *it > 0),
        None => last.checked_add(1),
    }
}

/// What a cell's tag says.
struct Head {
    column: usize,
    kind: Kind,
    style: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Inline,
    /// A formula's text.
    Text,
    YesNo,
    Error,
    Date,
}

impl Head {
    /// `None`: no cell of a sheet.
    fn read(start: &BytesStart<'_>, next: usize) -> Option<Self> {
        let mut head = Self {
            column: next,
            kind: Kind::Number,
            style: 0,
        };
        // Read in one go: a sheet has millions of these.
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = &*attribute.value;
            match attribute.key.into_inner() {
                "r" => head.column = column(value)?,
                "s" => head.style = value.parse().ok()?,
                "t" => {
                    head.kind = match value {
                        "n" => Kind::Number,
                        "s" => Kind::Shared,
                        "inlineStr" => Kind::Inline,
                        "str" => Kind::Text,
                        "b" => Kind::YesNo,
                        "e" => Kind::Error,
                        "d" => Kind::Date,
                        _ => return None,
                    }
                }
                _ => {}
            }
        }
        Some(head)
    }
}

/// The rest of a cell; nothing if it is empty.
fn cell(xml: &mut Xml<'_>, head: &Head, book: &Book) -> Result<Option<GridCell>, Finding> {
    let outside = xml.depth().saturating_sub(1);
    let (mut value, mut inline, mut has_formula) = (None, None, false);
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) => match local(&start) {
                "v" => value = Some(xml.text(&[])?),
                "is" => inline = Some(of_element(xml)?),
                "f" => {
                    has_formula = true;
                    xml.skip()?;
                }
                _ => xml.skip()?,
            },
            Node::End => break,
            _ => {}
        }
    }
    if let Some(text) = inline {
        return Ok(Some(GridCell::Text(text)));
    }
    let Some(value) = value else {
        return Ok(has_formula.then(|| doubt::cell("", doubt::NO_RESULT)));
    };
    Ok(Some(match head.kind {
        Kind::Text | Kind::Inline => GridCell::Text(unescaped(value)),
        Kind::Shared => {
            let text = value
                .trim()
                .parse()
                .ok()
                .and_then(|at| book.strings.get(at));
            GridCell::Text(text.ok_or_else(|| damaged("sharedStrings"))?.to_owned())
        }
        Kind::Error => doubt::cell(&value, doubt::ERROR),
        Kind::YesNo => yes_no(value.trim()),
        Kind::Date => date::iso(&value),
        Kind::Number if value.trim().is_empty() && has_formula => doubt::cell("", doubt::NO_RESULT),
        Kind::Number if value.trim().is_empty() => return Ok(None),
        Kind::Number => seen(value.trim(), book.styles.look(head.style), book.epoch),
    }))
}

/// A number as its format shows it.
fn seen(literal: &str, look: &Look, epoch: Epoch) -> GridCell {
    match look {
        Look::Number(digits, frame) => number::number(literal, *digits, frame),
        Look::Date => date::day(literal, epoch),
        Look::Part(part) => part.of(date::day(literal, epoch)),
        Look::PartOfDate => date::part(date::day(literal, epoch)),
        Look::Time => doubt::cell(literal, doubt::TIME_OF_DAY),
        Look::Strange => doubt::cell(literal, doubt::FORMATTED),
    }
}

/// Yes or no, in words that columns of yes and no read.
fn yes_no(value: &str) -> GridCell {
    match value {
        "1" | "true" => GridCell::Text("true".to_owned()),
        "0" | "false" => GridCell::Text("false".to_owned()),
        other => doubt::cell(other, doubt::ERROR),
    }
}

/// The column of `BC12`, from 0.
fn column(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase);
    let mut column = 0_usize;
    for letter in letters {
        column = column * 26 + usize::from(letter - b'A') + 1;
        if column > 16_384 {
            return None;
        }
    }
    column.checked_sub(1)
}

fn parse_area(area: &str) -> Option<Area> {
    let (from, to) = area.split_once(':').unwrap_or((area, area));
    let row = |it: &str| -> Option<u64> {
        let digits = it.trim_start_matches(|it: char| it.is_ascii_uppercase());
        digits
            .parse()
            .ok()
            .filter(|it| (1..=1_048_576).contains(it))
    };
    Some(Area {
        rows: (row(from)?, row(to)?),
        columns: (column(from)?, column(to)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        assert_eq!(column("A1"), Some(0));
        assert_eq!(column("XFD1048576"), Some(16_383));
        assert_eq!(column("XFE1"), None);
        assert_eq!(column("1"), None);
        let area = parse_area("B2:C4").expect("an area");
        assert_eq!((area.rows, area.columns), ((2, 4), (1, 2)));
        assert_eq!(parse_area("B0"), None);
    }
}
