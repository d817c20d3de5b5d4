//! Workbooks, as people hand them in: XLSX and ODS into grids of text.
//!
//! Read with our own eyes, for three things the usual readers do not do: a number is taken by its
//! digits in the file and never becomes a float; nothing is kept but the cells that hold something, so
//! a single cell at the far end of a sheet costs nothing; and everything is counted while it is
//! unpacked, so a bomb is refused before it goes off.
//!
//! What people do not see is not taken: a hidden or filtered row is doubtful in every cell, of a hidden
//! sheet only its name is given. Hidden columns are taken, for templates keep their keys there. A
//! formula counts by the result the file holds. Charts, pictures, comments and macros are left alone.

mod archive;
mod currency;
pub(crate) mod date;
pub(crate) mod doubt;
mod number;
mod ods;
pub(crate) mod plan;
mod sheet;
mod wrong;
mod xlsx;
mod xml;

pub use self::currency::Currency;
use self::{
    archive::Archive,
    wrong::{damaged, encrypted, too_large, unsupported, wrong_type},
};
use crate::{
    Finding,
    grid::{Grid, GridRow},
};

/// Sheets of one workbook.
const SHEETS: usize = 255;
/// Bytes of a file. Above that the unpacked limit would be reached anyway.
const LARGEST: usize = 256 << 20;

/// The sheets of a workbook, in its order. `name` says by its end what the file should be; an amount in another
/// `currency` than the programme's is doubtful.
///
/// # Errors
/// The file as a whole cannot or must not be read; the finding says why and what to do.
pub fn read(bytes: &[u8], name: &str, currency: &Currency) -> Result<Vec<Grid>, Finding> {
    let end = name
        .rsplit_once('.')
        .map_or("", |(_, end)| end)
        .to_lowercase();
    match &*end {
        "xlsx" | "xlsm" | "ods" => {}
        "xls" => return Err(unsupported("Excel 97–2003 (.xls)")),
        "xlsb" => return Err(unsupported("XLSB")),
        _ => return Err(unsupported("Diese Art von Datei / this kind of file")),
    }
    check_start(bytes)?;
    if bytes.len() > LARGEST {
        return Err(too_large("über 256 MiB", "more than 256 MiB"));
    }
    let mut archive = Archive::open(bytes)?;
    let is_ods = archive.has("mimetype") || !archive.has("[Content_Types].xml");
    match (is_ods, &*end) {
        (true, "ods") => ods::read(&mut archive, currency),
        (false, "xlsx" | "xlsm") => xlsx::read(&mut archive, currency),
        (true, _) if archive.has("content.xml") => Err(wrong_type("ODS", "ODS")),
        (true, _) => Err(wrong_type("ein anderes ZIP", "another zip")),
        (false, _) => Err(wrong_type("XLSX", "XLSX")),
    }
}

/// What the first bytes say.
fn check_start(bytes: &[u8]) -> Result<(), Finding> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(());
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        // The old container: an old workbook, or a new one encrypted inside it.
        let inside: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let is_inside = bytes
            .windows(inside.len())
            .any(|it| it == inside.as_slice());
        return Err(if is_inside {
            encrypted()
        } else {
            wrong_type("Excel 97–2003 (.xls)", "Excel 97–2003 (.xls)")
        });
    }
    if bytes.is_empty() {
        return Err(damaged("zip"));
    }
    Err(wrong_type(
        "keine Arbeitsmappe, vielleicht CSV oder HTML",
        "no workbook, perhaps CSV or HTML",
    ))
}

/// A hidden sheet: its name, and that it is hidden.
fn hidden(name: &str) -> Grid {
    let row = GridRow {
        number: 1,
        cells: vec![doubt::cell(name, doubt::HIDDEN_SHEET)],
    };
    Grid {
        sheet: Some(name.to_owned()),
        rows: vec![row],
    }
}

fn too_many_sheets() -> Finding {
    too_large("mehr als 255 Blätter", "more than 255 sheets")
}
