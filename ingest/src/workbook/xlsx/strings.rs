//! The texts of an XLSX, kept once for all sheets.

use crate::{
    Finding,
    workbook::{
        wrong::too_large,
        xml::{Node, Xml, local},
    },
};

/// Bytes of all texts.
const TEXT: usize = 128 << 20;
/// How many there may be.
const COUNT: usize = 4_000_000;

/// Texts by number, in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn read(xml: &mut Xml<'_>) -> Result<Self, Finding> {
        let mut strings = Self::default();
        loop {
            match xml.next()? {
                Node::Open(start) if local(&start) == "si" => strings.push(&of_element(xml)?)?,
                Node::End => return Ok(strings),
                _ => {}
            }
        }
    }

    fn push(&mut self, text: &str) -> Result<(), Finding> {
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.ends.push(end);
        if self.text.len() > TEXT || self.ends.len() > COUNT {
            return Err(too_large(
                "mehr als 4 Millionen Texte oder 128 MiB Text",
                "more than 4 million texts or 128 MiB of text",
            ));
        }
        Ok(())
    }

    /// The text of a number.
    pub(super) fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }
}

/// The text of a shared or inline string: its runs joined, without how it is spoken.
pub(super) fn of_element(xml: &mut Xml<'_>) -> Result<String, Finding> {
    let outside = xml.depth().saturating_sub(1);
    let mut text = String::new();
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) if local(&start) == "t" => text.push_str(&xml.text(&[])?),
            Node::Open(start) if local(&start) == "rPh" => xml.skip()?,
            _ => {}
        }
    }
    Ok(unescaped(text))
}

/// `_x000D_` is how XLSX writes a character XML does not allow.
pub(super) fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let code = from.get(2..6).filter(|_| from.get(6..7) == Some("_"));
        let code = code.filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
        let char = code.and_then(|it| u32::from_str_radix(it, 16).ok());
        if let Some(char) = char.and_then(char::from_u32) {
            out.push(char);
            rest = from.get(7..).unwrap_or_default();
        } else {
            out.push_str("_x");
            rest = from.get(2..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_characters_are_read() {
        for (written, read) in [
            ("a_x000D_b", "a\rb"),
            ("a_x005F_x000D_b", "a_x000D_b"),
            ("_x", "_x"),
            ("_x00e4_", "ä"),
            ("_x000_", "_x000_"),
            ("_xD800_", "_xD800_"),
            ("id_x1", "id_x1"),
            ("_xäöü_", "_xäöü_"),
        ] {
            assert_eq!(unescaped(written.to_owned()), read);
        }
    }
}
