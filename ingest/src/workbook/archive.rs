//! The zip a workbook is: opened with distrust, read within limits that are counted while reading.

use std::{
    cell::Cell,
    io::{self, BufReader, Cursor, Read},
    rc::Rc,
};

use zip::{ZipArchive, result::ZipError};

use super::{
    wrong::{damaged, deceiving, encrypted, too_large},
    xml::Xml,
};
use crate::Finding;

/// Entries; a workbook has a dozen, and one per sheet and picture.
const ENTRIES: usize = 4_096;
/// Bytes unpacked from all parts that are read.
const UNPACKED: u64 = 1 << 30;
/// Unpacked bytes per byte of the file: above that it is a bomb. Tables reach 10 to 50.
const RATIO: u64 = 200;
/// Below so many unpacked bytes the ratio says nothing.
const RATIO_FROM: u64 = 16 << 20;

/// An opened zip.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    spent: Spent,
}

/// Bytes unpacked so far, from all parts.
#[derive(Clone)]
struct Spent {
    bytes: Rc<Cell<u64>>,
    most: u64,
}

/// More came out than may; carried through the readers in between.
#[derive(Debug, thiserror::Error)]
#[error("more was unpacked than is allowed")]
pub(super) struct Excess;

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Finding> {
        check_end(bytes)?;
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged("zip"))?;
        if zip.has_duplicate_names() {
            return Err(deceiving(
                "zwei Teile gleichen Namens",
                "two parts of one name",
            ));
        }
        let strange = |name: &[u8]| {
            name.starts_with(b"/")
                || name.contains(&b'\\')
                || name.contains(&0)
                || name.split(|it| *it == b'/').any(|it| it == b"..")
        };
        if zip.file_names_raw().any(strange) {
            return Err(deceiving(
                "ein Teil mit einem Pfad nach außen",
                "a part with a path that leads outside",
            ));
        }
        let most = (bytes.len() as u64)
            .saturating_mul(RATIO)
            .clamp(RATIO_FROM, UNPACKED);
        Ok(Self {
            zip,
            spent: Spent {
                bytes: Rc::default(),
                most,
            },
        })
    }

    /// Whether there is a part of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// A part, to be read as XML.
    pub(super) fn xml(&mut self, name: &str) -> Result<Xml<'_>, Finding> {
        Ok(Xml::new(name, BufReader::new(self.unpacking(name)?)))
    }

    /// A short part as text.
    pub(super) fn text(&mut self, name: &str) -> Result<String, Finding> {
        let mut text = String::new();
        let read = self.unpacking(name)?.take(1_024).read_to_string(&mut text);
        read.map_err(|_| damaged(name))?;
        Ok(text)
    }

    fn unpacking(&mut self, name: &str) -> Result<impl Read + use<'_, 'a>, Finding> {
        let spent = self.spent.clone();
        let inner = self.zip.by_name(name).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)
            | ZipError::InvalidPassword => encrypted(),
            _ => damaged(name),
        })?;
        Ok(Unpacking { inner, spent })
    }
}

struct Unpacking<R> {
    inner: R,
    spent: Spent,
}

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let spent = self.spent.bytes.get().saturating_add(count as u64);
        self.spent.bytes.set(spent);
        if spent > self.spent.most {
            return Err(io::Error::other(Excess));
        }
        Ok(count)
    }
}

/// `workbook_too_large`, for what unpacks without end.
pub(super) fn unpacks_too_far() -> Finding {
    too_large(
        "entpackt mehr als 1 GiB oder mehr als das 200-fache der Datei",
        "unpacks to more than 1 GiB or more than 200 times the file",
    )
}

/// Looks at the end of the zip before its directory is believed: one directory, whole, at the end,
/// and not too long. So the directory that is read is the one that was looked at.
fn check_end(bytes: &[u8]) -> Result<(), Finding> {
    const SIGNATURE: &[u8] = b"PK\x05\x06";
    const LENGTH: usize = 22;
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = bytes.get(at..at.checked_add(length)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, it| sum << 8 | usize::from(*it)),
        )
    };
    let earliest = bytes.len().saturating_sub(LENGTH + usize::from(u16::MAX));
    let end = (earliest..=bytes.len().saturating_sub(LENGTH))
        .rev()
        .find(|at| {
            bytes.get(*at..).is_some_and(|it| it.starts_with(SIGNATURE))
                && number(at + 20, 2).and_then(|it| at.checked_add(LENGTH + it))
                    == Some(bytes.len())
        })
        .ok_or_else(|| damaged("zip"))?;
    let has_long_form = end
        .checked_sub(20)
        .and_then(|at| bytes.get(at..))
        .is_some_and(|it| it.starts_with(b"PK\x06\x07"));
    let (count, size, start) = number(end + 10, 2)
        .zip(number(end + 12, 4))
        .zip(number(end + 16, 4))
        .map(|((count, size), start)| (count, size, start))
        .ok_or_else(|| damaged("zip"))?;
    if has_long_form || count > ENTRIES {
        return Err(too_large("zu viele Teile", "too many parts"));
    }
    if start.checked_add(size) != Some(end) {
        return Err(damaged("zip"));
    }
    Ok(())
}
