//! XML, read as a stream within limits: nothing is kept but the event at hand.

use std::{
    borrow::Cow,
    io::{self, BufRead, Read},
};

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use super::{
    archive::{Excess, unpacks_too_far},
    wrong::{damaged, deceiving, too_large},
};
use crate::Finding;

/// Bytes of one event: a tag with its attributes, or text up to the next tag.
const LONGEST_EVENT: usize = 4 << 20;
/// Bytes of the text inside one element.
const LONGEST_TEXT: usize = 4 << 20;
/// Elements inside each other.
const DEEPEST: usize = 256;

/// A part of a workbook, or a plan.
pub(super) struct Xml<'a> {
    reader: Reader<Paced<'a>>,
    buffer: Vec<u8>,
    depth: usize,
    part: String,
}

/// What comes next.
pub(super) enum Node<'a> {
    /// An element begins; an empty one ends with the next node.
    Open(BytesStart<'a>),
    /// The innermost element ends.
    Close,
    /// Text, entities resolved.
    Text(Cow<'a, str>),
    /// A comment, a declaration.
    Other,
    /// Nothing comes.
    End,
}

impl<'a> Xml<'a> {
    pub(super) fn new(part: &str, inner: impl BufRead + 'a) -> Self {
        let inner = Box::new(inner);
        let mut reader = Reader::from_reader(Paced { inner, left: 0 });
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
            depth: 0,
            part: part.to_owned(),
        }
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn next(&mut self) -> Result<Node<'_>, Finding> {
        self.buffer.clear();
        self.reader.get_mut().left = LONGEST_EVENT;
        let part = &self.part;
        let event = self.reader.read_event_into(&mut self.buffer);
        Ok(match event.map_err(|error| failed(&error, part))? {
            Event::Start(start) => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(deceiving(
                        "zu tief geschachtelt",
                        "elements too deep inside each other",
                    ));
                }
                Node::Open(start)
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Node::Close
            }
            Event::Text(text) => Node::Text(text.xml10_content()),
            Event::CData(text) => Node::Text(text.xml10_content()),
            Event::GeneralRef(name) => {
                let char = name
                    .resolve_char_ref()
                    .map_err(|error| failed(&error, part))?;
                let text = match char {
                    Some(char) => Cow::Owned(char.to_string()),
                    None => resolve_predefined_entity(&name)
                        .map(Cow::Borrowed)
                        .ok_or_else(entities)?,
                };
                Node::Text(text)
            }
            Event::DocType(_) => return Err(entities()),
            // Of a cut file the elements left open are missing.
            Event::Eof if self.depth > 0 => return Err(damaged(part)),
            Event::Eof => Node::End,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Node::Other,
        })
    }

    /// Takes the rest of the element just opened, with the text in it; without that of elements
    /// `skipped` by their local name.
    pub(super) fn text(&mut self, skipped: &[&str]) -> Result<String, Finding> {
        let outside = self.depth.saturating_sub(1);
        let mut text = String::new();
        let mut skipping = None;
        while self.depth > outside {
            let depth = self.depth;
            match self.next()? {
                Node::Open(start) => {
                    if skipping.is_none() && skipped.contains(&local(&start)) {
                        skipping = Some(depth);
                    }
                }
                Node::Close => skipping = skipping.filter(|it| *it < depth - 1),
                Node::Text(more) if skipping.is_none() => {
                    text.push_str(&more);
                    if text.len() > LONGEST_TEXT {
                        return Err(too_long());
                    }
                }
                Node::Text(_) | Node::Other | Node::End => {}
            }
        }
        Ok(text)
    }

    /// Takes the rest of the element just opened.
    pub(super) fn skip(&mut self) -> Result<(), Finding> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }
}

/// An element's name without its prefix.
pub(super) fn local<'e>(start: &'e BytesStart<'_>) -> &'e str {
    start.local_name().into_inner()
}

/// An attribute by its name: with a prefix as it is, without one whatever its prefix.
pub(super) fn attribute<'e>(
    start: &'e BytesStart<'_>,
    name: &str,
) -> Result<Option<Cow<'e, str>>, Finding> {
    for attribute in start.attributes() {
        let bad = |_| damaged(start.local_name().into_inner());
        let attribute = attribute.map_err(|_| damaged(start.local_name().into_inner()))?;
        let key = attribute.key;
        if key.into_inner() == name || key.local_name().into_inner() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            return value.map(Some).map_err(bad);
        }
    }
    Ok(None)
}

/// Whether an attribute of XLSX or Project says yes.
pub(super) fn is_on(start: &BytesStart<'_>, name: &str) -> Result<bool, Finding> {
    let value = attribute(start, name)?;
    Ok(value.is_some_and(|it| matches!(&*it, "1" | "true" | "on")))
}

fn failed(error: &quick_xml::Error, part: &str) -> Finding {
    let cause = match error {
        quick_xml::Error::Io(error) => error.get_ref(),
        _ => None,
    };
    match cause {
        Some(cause) if cause.is::<Excess>() => unpacks_too_far(),
        Some(cause) if cause.is::<TooLong>() => too_long(),
        _ => damaged(part),
    }
}

fn entities() -> Finding {
    deceiving(
        "mit eigenen Entitäten im XML",
        "with entities of its own in XML",
    )
}

fn too_long() -> Finding {
    too_large("eine Zelle über 4 MiB", "a cell of more than 4 MiB")
}

/// One event is longer than may be.
#[derive(Debug, thiserror::Error)]
#[error("an event is too long")]
struct TooLong;

/// Ends when one event takes too much, for the XML reader keeps a whole event in memory.
struct Paced<'a> {
    inner: Box<dyn BufRead + 'a>,
    left: usize,
}

impl Read for Paced<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl BufRead for Paced<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other(TooLong));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.inner.consume(count);
    }
}
