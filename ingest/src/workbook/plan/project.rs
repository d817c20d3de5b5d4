//! The XML of a plan, as far as it is looked at.

use std::collections::BTreeMap;

use super::unsupported_plan;
use crate::{
    Finding,
    workbook::{
        wrong::{damaged, too_large},
        xml::{Node, Xml, attribute, local},
    },
};

/// Tasks of one plan.
const TASKS: usize = 100_000;
/// Bytes of everything kept of them.
const TEXT: usize = 128 << 20;

/// Simple elements by name.
pub(super) type Fields = BTreeMap<String, String>;

/// A plan.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// `CreationDate`, `StatusDate`, `MinutesPerDay`, ….
    pub(super) fields: Fields,
    /// Custom fields: their number, and how they are called.
    pub(super) called: BTreeMap<String, String>,
    pub(super) tasks: Vec<Task>,
    /// How many calendars, resources and assignments there are.
    pub(super) besides: BTreeMap<&'static str, usize>,
}

/// A task.
#[derive(Debug, Default)]
pub(super) struct Task {
    /// Its number in the first column people see.
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) fields: Fields,
    /// `Baseline`, `ExtendedAttribute`, `PredecessorLink`, in their order.
    pub(super) parts: Vec<(String, Fields)>,
}

impl Task {
    /// A field; empty if it is not stated.
    pub(super) fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", |it| it.trim())
    }

    pub(super) fn is(&self, field: &str) -> bool {
        matches!(self.get(field), "1" | "true")
    }

    /// Its parts of a kind.
    pub(super) fn parts(&self, kind: &str) -> impl Iterator<Item = &Fields> {
        self.parts
            .iter()
            .filter_map(move |(name, fields)| (name == kind).then_some(fields))
    }
}

impl Project {
    pub(super) fn read(bytes: &[u8], name: &str) -> Result<Self, Finding> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut xml = Xml::new(name, bytes);
        let mut project = Self::default();
        let mut room = TEXT;
        let mut is_plan = false;
        loop {
            let depth = xml.depth();
            match xml.next()? {
                Node::Open(start) if depth == 0 => {
                    let space = attribute(&start, "xmlns")?.unwrap_or_default();
                    let is_theirs = space.starts_with("http://schemas.microsoft.com/project");
                    if local(&start) != "Project" || !is_theirs {
                        return Err(unsupported_plan("Diese XML-Datei", "This XML file"));
                    }
                    is_plan = true;
                }
                Node::Open(start) => match (depth, local(&start)) {
                    // What the lists hold is looked at one by one.
                    (
                        1,
                        "Tasks" | "ExtendedAttributes" | "Calendars" | "Resources" | "Assignments",
                    ) => {}
                    (2, "Task") => {
                        let task = element(&mut xml, &mut room)?;
                        project.task(task)?;
                    }
                    (2, "ExtendedAttribute") => project.call(&element(&mut xml, &mut room)?),
                    (2, "Calendar") => project.count("Calendars", &mut xml)?,
                    (2, "Resource") => project.count("Resources", &mut xml)?,
                    (2, "Assignment") => project.count("Assignments", &mut xml)?,
                    (1, name) => {
                        let name = name.to_owned();
                        let value = xml.text(&[])?;
                        take(&mut room, name.len() + value.len())?;
                        project.fields.insert(name, value);
                    }
                    _ => xml.skip()?,
                },
                Node::End if is_plan => return Ok(project),
                Node::End => return Err(damaged(name)),
                _ => {}
            }
        }
    }

    fn task(&mut self, task: Task) -> Result<(), Finding> {
        if self.tasks.len() >= TASKS {
            return Err(too_large(
                "mehr als 100.000 Vorgänge",
                "more than 100,000 tasks",
            ));
        }
        self.tasks.push(task);
        Ok(())
    }

    fn call(&mut self, field: &Task) {
        let alias = field.get("Alias");
        let called = if alias.is_empty() {
            field.get("FieldName")
        } else {
            alias
        };
        let id = field.get("FieldID").to_owned();
        self.called.insert(id, called.to_owned());
    }

    fn count(&mut self, kind: &'static str, xml: &mut Xml<'_>) -> Result<(), Finding> {
        *self.besides.entry(kind).or_default() += 1;
        xml.skip()
    }
}

/// The element just opened: its simple elements, and the simple elements of its others.
fn element(xml: &mut Xml<'_>, room: &mut usize) -> Result<Task, Finding> {
    let outside = xml.depth().saturating_sub(1);
    let mut task = Task::default();
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) => {
                let name = local(&start).to_owned();
                let (text, fields) = simple(xml, room)?;
                take(room, 64 + name.len() + text.len())?;
                if fields.is_empty() {
                    task.fields.insert(name, text);
                } else {
                    task.parts.push((name, fields));
                }
            }
            Node::End => break,
            _ => {}
        }
    }
    let number = |field| task.get(field).parse().ok();
    task.number = number("ID").or_else(|| number("UID")).unwrap_or_default();
    task.name = task.get("Name").to_owned();
    Ok(task)
}

/// The text of the element just opened, or what its elements say.
fn simple(xml: &mut Xml<'_>, room: &mut usize) -> Result<(String, Fields), Finding> {
    let outside = xml.depth().saturating_sub(1);
    let (mut text, mut fields) = (String::new(), Fields::new());
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) => {
                let name = local(&start).to_owned();
                let value = xml.text(&[])?;
                take(room, 64 + name.len() + value.len())?;
                fields.insert(name, value);
            }
            Node::Text(more) => {
                take(room, more.len())?;
                text.push_str(&more);
            }
            Node::End => break,
            _ => {}
        }
    }
    Ok((text, fields))
}

fn take(room: &mut usize, bytes: usize) -> Result<(), Finding> {
    *room = room
        .checked_sub(bytes)
        .ok_or_else(|| too_large("mehr als 128 MiB Text", "more than 128 MiB of text"))?;
    Ok(())
}
