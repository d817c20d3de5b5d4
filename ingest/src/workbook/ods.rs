//! ODS (`OpenDocument` 1.2 to 1.4).

mod cell;
mod paragraph;
mod shown;

use std::collections::HashSet;

use quick_xml::events::BytesStart;

use self::cell::Head;
use super::{
    Currency,
    archive::Archive,
    doubt, hidden,
    sheet::{Area, Builder, COLUMNS, Room},
    too_many_sheets,
    wrong::{encrypted, wrong_type},
    xml::{Node, Xml, attribute, local},
};
use crate::{Finding, grid::Grid};

const MANIFEST: &str = "META-INF/manifest.xml";

pub(super) fn read(archive: &mut Archive<'_>, currency: &Currency) -> Result<Vec<Grid>, Finding> {
    if archive.has("encrypted-package") || archive.has(MANIFEST) && is_encrypted(archive)? {
        return Err(encrypted());
    }
    let kind = archive.text("mimetype")?;
    if !kind.starts_with("application/vnd.oasis.opendocument.spreadsheet") {
        return Err(wrong_type(
            "kein Tabellendokument",
            "no spreadsheet document",
        ));
    }
    let mut xml = archive.xml("content.xml")?;
    let (mut grids, mut unseen, mut room) = (Vec::new(), HashSet::new(), Room::new());
    let mut style = None;
    loop {
        match xml.next()? {
            Node::Open(start) => match start.name().into_inner() {
                "style:style" => style = attribute(&start, "style:name")?.map(|it| it.to_string()),
                "style:table-properties" => {
                    let display = attribute(&start, "table:display")?;
                    if display.is_some_and(|it| it == "false") {
                        unseen.extend(style.take());
                    }
                }
                // Old content of changed cells.
                "table:tracked-changes" => xml.skip()?,
                "table:table" => {
                    let name = attribute(&start, "table:name")?.unwrap_or_default();
                    let name = name.into_owned();
                    let style = attribute(&start, "table:style-name")?.unwrap_or_default();
                    if grids.len() >= super::SHEETS {
                        return Err(too_many_sheets());
                    }
                    grids.push(if unseen.contains(&*style) {
                        xml.skip()?;
                        hidden(&name)
                    } else {
                        table(&mut xml, (&name, currency), &mut room)?
                    });
                }
                _ => {}
            },
            Node::End => return Ok(grids),
            _ => {}
        }
    }
}

fn is_encrypted(archive: &mut Archive<'_>) -> Result<bool, Finding> {
    let mut xml = archive.xml(MANIFEST)?;
    let mut found = false;
    loop {
        match xml.next()? {
            Node::Open(start) => found |= local(&start) == "encryption-data",
            Node::End => return Ok(found),
            _ => {}
        }
    }
}

/// The rest of a table.
fn table(
    xml: &mut Xml<'_>,
    (name, currency): (&str, &Currency),
    room: &mut Room,
) -> Result<Grid, Finding> {
    let outside = xml.depth().saturating_sub(1);
    let mut builder = Builder::new(name, room);
    let mut number = 1_u64;
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) => match start.name().into_inner() {
                "table:table-row" => {
                    let times = repeated(&start, "table:number-rows-repeated")?;
                    let seen = attribute(&start, "table:visibility")?;
                    let is_hidden = seen.is_some_and(|it| it != "visible");
                    builder.row(number)?;
                    row(xml, number, currency, &mut builder)?;
                    if is_hidden {
                        builder.doubt_row(doubt::HIDDEN_ROW);
                    }
                    builder.repeat(times - 1)?;
                    number = number.saturating_add(times);
                }
                // Pictures, forms and where the data came from.
                "table:shapes" | "office:forms" | "table:table-source" | "table:scenario" => {
                    xml.skip()?;
                }
                _ => {}
            },
            Node::End => break,
            _ => {}
        }
    }
    builder.finish()
}

/// The rest of a row.
fn row(
    xml: &mut Xml<'_>,
    number: u64,
    currency: &Currency,
    builder: &mut Builder<'_>,
) -> Result<(), Finding> {
    let outside = xml.depth().saturating_sub(1);
    let mut column = 0_usize;
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) => {
                let times = repeated(&start, "table:number-columns-repeated")?;
                let times = usize::try_from(times).unwrap_or(usize::MAX);
                match start.name().into_inner() {
                    "table:table-cell" => {
                        let head = Head::read(&start)?;
                        let wide = repeated(&start, "table:number-columns-spanned")?;
                        let high = repeated(&start, "table:number-rows-spanned")?;
                        if let Some(cell) = head.cell(xml, currency)? {
                            if wide > 1 || high > 1 {
                                builder.merge(area(number, column, wide, high))?;
                            }
                            // One more than there may be is enough to be refused.
                            for further in 0..times.min(COLUMNS + 1) {
                                builder.cell(column.saturating_add(further), cell.clone())?;
                            }
                        }
                    }
                    // What another cell covers is not seen.
                    _ => xml.skip()?,
                }
                column = column.saturating_add(times);
            }
            Node::End => break,
            _ => {}
        }
    }
    Ok(())
}

fn area(row: u64, column: usize, wide: u64, high: u64) -> Area {
    let wide = usize::try_from(wide).unwrap_or(usize::MAX);
    Area {
        rows: (row, row.saturating_add(high - 1)),
        columns: (column, column.saturating_add(wide - 1)),
    }
}

/// How often something stands here, at least once.
fn repeated(start: &BytesStart<'_>, name: &str) -> Result<u64, Finding> {
    let times = attribute(start, name)?.and_then(|it| it.parse().ok());
    Ok(times.unwrap_or(1).max(1))
}
