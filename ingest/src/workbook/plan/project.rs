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

/// Parts of a task that are looked at one by one; others are counted.
const PARTS: [&str; 4] = [
    "Baseline",
    "ExtendedAttribute",
    "OutlineCode",
    "PredecessorLink",
];

/// A plan.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// `CreationDate`, `StatusDate`, `MinutesPerDay`, ….
    pub(super) fields: Fields,
    /// Custom fields: their number, and how they are called.
    pub(super) called: BTreeMap<String, String>,
    /// Outline codes: the same.
    pub(super) codes: BTreeMap<String, String>,
    pub(super) tasks: Vec<Task>,
    pub(super) calendars: Vec<Calendar>,
    /// How many resources there are.
    pub(super) resources: usize,
    /// How many assignments of resources.
    pub(super) assignments: usize,
    /// How much there is besides of each name.
    pub(super) further: BTreeMap<String, usize>,
}

/// A calendar, as far as it may say something.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    /// `UID`, `Name`, `IsBaseCalendar`, ….
    pub(super) fields: Fields,
    pub(super) days: Vec<Weekday>,
    pub(super) exceptions: usize,
    /// Working weeks of their own for a while.
    pub(super) weeks: usize,
}

/// A day of the week, or by the older form an exception.
#[derive(Debug, Default)]
pub(super) struct Weekday {
    /// 1 is Sunday, 7 Saturday, 0 an exception.
    pub(super) kind: String,
    pub(super) works: bool,
    /// How long.
    pub(super) minutes: i64,
}

/// A task.
#[derive(Debug, Default)]
pub(super) struct Task {
    /// Its number in the first column people see.
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) fields: Fields,
    /// `Baseline`, `ExtendedAttribute`, `OutlineCode`, `PredecessorLink`, in their order.
    pub(super) parts: Vec<(String, Fields)>,
    /// How many others of each name say something, and how often a field says something else again.
    pub(super) further: BTreeMap<String, usize>,
}

impl Task {
    /// A field; empty if it is not stated.
    pub(super) fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", |it| it.trim())
    }

    pub(super) fn is(&self, field: &str) -> bool {
        is_yes(self.get(field))
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
                    let prefix = start.name().into_inner().split_once(':');
                    let space = prefix.map(|(it, _)| format!("xmlns:{it}"));
                    let space = attribute(&start, space.as_deref().unwrap_or("xmlns"))?;
                    let space = space.unwrap_or_default();
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
                        "Tasks" | "ExtendedAttributes" | "OutlineCodes" | "Calendars" | "Resources"
                        | "Assignments",
                    ) => {}
                    (2, "Task") => {
                        let task = element(&mut xml, &mut room)?;
                        project.task(task)?;
                    }
                    (2, "ExtendedAttribute") => {
                        call(&mut project.called, &element(&mut xml, &mut room)?);
                    }
                    (2, "OutlineCode") => call(&mut project.codes, &element(&mut xml, &mut room)?),
                    (2, "Calendar") => project.calendars.push(Calendar::read(&mut xml, &mut room)?),
                    // Of these nothing is kept.
                    (2, "Resource") => {
                        let resource = element(&mut xml, &mut { room })?;
                        project.resources += usize::from(!is_nobody(&resource));
                    }
                    (2, "Assignment") => {
                        let assignment = element(&mut xml, &mut { room })?;
                        // Whatever nobody is assigned to has one, too, with a negative number.
                        let is_of_nobody = assignment.get("ResourceUID").starts_with('-');
                        project.assignments += usize::from(!is_of_nobody);
                    }
                    (_, name) => {
                        let name = name.to_owned();
                        let mut left = room;
                        let part = Part::read(&mut xml, &mut left)?;
                        if part.is_simple() && depth == 1 {
                            room = left;
                            project.fields.insert(name, part.text);
                        } else if part.states() {
                            count(&mut project.further, name, &mut room)?;
                        }
                    }
                },
                Node::End if is_plan => return Ok(project),
                Node::End => return Err(damaged(name)),
                _ => {}
            }
        }
    }

    /// Working minutes of a day.
    pub(super) fn minutes_per_day(&self) -> i64 {
        let stated = stated(&self.fields, "MinutesPerDay");
        let minutes = stated.and_then(|it| it.parse().ok());
        minutes.filter(|it| (1..=1_440).contains(it)).unwrap_or(480)
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
}

impl Calendar {
    /// The calendar just opened.
    fn read(xml: &mut Xml<'_>, room: &mut usize) -> Result<Self, Finding> {
        let outside = xml.depth().saturating_sub(1);
        let mut calendar = Self::default();
        let (mut path, mut text) = (Vec::<String>::new(), String::new());
        let (mut day, mut from) = (Weekday::default(), None);
        while xml.depth() > outside {
            match xml.next()? {
                Node::Open(start) => {
                    path.push(local(&start).to_owned());
                    text.clear();
                }
                Node::Text(more) => {
                    take(room, more.len())?;
                    text.push_str(&more);
                }
                Node::Close => {
                    let names: Vec<&str> = path.iter().map(String::as_str).collect();
                    let value = text.trim();
                    match names.as_slice() {
                        [name] if !value.is_empty() => {
                            calendar.fields.insert((*name).to_owned(), value.to_owned());
                        }
                        ["Exceptions", "Exception"] => calendar.exceptions += 1,
                        ["WorkWeeks", "WorkWeek"] => calendar.weeks += 1,
                        ["WeekDays", "WeekDay"] => calendar.days.push(std::mem::take(&mut day)),
                        ["WeekDays", "WeekDay", "DayType"] => value.clone_into(&mut day.kind),
                        ["WeekDays", "WeekDay", "DayWorking"] => day.works = is_yes(value),
                        ["WeekDays", "WeekDay", _, "WorkingTime", "FromTime"] => {
                            from = clock(value);
                        }
                        ["WeekDays", "WeekDay", _, "WorkingTime", "ToTime"] => {
                            // A shift until midnight ends at 0.
                            let to = clock(value).map(|it| if it == 0 { 1_440 } else { it });
                            day.minutes += to.zip(from).map_or(0, |(to, from)| to - from);
                        }
                        _ => {}
                    }
                    text.clear();
                    path.pop();
                    take(room, 64)?;
                }
                Node::End => break,
                Node::Other => {}
            }
        }
        Ok(calendar)
    }
}

/// Minutes of `08:30:00`.
fn clock(time: &str) -> Option<i64> {
    let (hours, rest) = time.split_once(':')?;
    let minutes = rest.get(..2)?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    Some(i64::from(hours) * 60 + i64::from(minutes))
}

/// How a custom field or an outline code is called.
fn call(names: &mut BTreeMap<String, String>, field: &Task) {
    let alias = field.get("Alias");
    let called = if alias.is_empty() {
        field.get("FieldName")
    } else {
        alias
    };
    let id = field.get("FieldID").to_owned();
    names.insert(id, called.to_owned());
}

/// The empty resource at the head of the list, and empty rows.
fn is_nobody(resource: &Task) -> bool {
    let is_empty = matches!(resource.name.as_str(), "" | "Unassigned");
    is_empty && (resource.get("UID") == "0" || resource.is("IsNull"))
}

/// A field, if it says something.
pub(super) fn stated<'f>(fields: &'f Fields, field: &str) -> Option<&'f str> {
    let value = fields.get(field)?.trim();
    (!value.is_empty()).then_some(value)
}

/// Whether a mark says yes.
pub(super) fn is_yes(value: &str) -> bool {
    matches!(value, "1" | "true")
}

/// The element just opened: its simple elements, and the simple elements of its parts.
fn element(xml: &mut Xml<'_>, room: &mut usize) -> Result<Task, Finding> {
    let outside = xml.depth().saturating_sub(1);
    let mut task = Task::default();
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) => {
                let name = local(&start).to_owned();
                let mut left = *room;
                let part = Part::read(xml, &mut left)?;
                if part.is_simple() {
                    *room = left;
                    take(room, 64 + name.len())?;
                    let said = task.fields.get(&name).map(|it| it.trim());
                    match said {
                        None | Some("") => {
                            task.fields.insert(name, part.text);
                        }
                        Some(said) if part.text.is_empty() || part.text == said => {}
                        Some(_) => count(&mut task.further, name, room)?,
                    }
                } else if PARTS.contains(&name.as_str()) {
                    *room = left;
                    take(room, 64 + name.len())?;
                    for inner in part.further {
                        count(&mut task.further, format!("{name} {inner}"), room)?;
                    }
                    task.parts.push((name, part.fields));
                } else if part.states() {
                    count(&mut task.further, name, room)?;
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

fn count(
    further: &mut BTreeMap<String, usize>,
    name: String,
    room: &mut usize,
) -> Result<(), Finding> {
    if !further.contains_key(&name) {
        take(room, 64 + name.len())?;
    }
    *further.entry(name).or_default() += 1;
    Ok(())
}

/// One element, as far as it is kept.
#[derive(Debug, Default)]
struct Part {
    text: String,
    fields: Fields,
    /// Elements in it that are no simple ones or repeat one with another text, and say something.
    further: Vec<String>,
    is_nested: bool,
}

impl Part {
    fn is_simple(&self) -> bool {
        !self.is_nested
    }

    fn states(&self) -> bool {
        let mut fields = self.fields.values();
        !self.further.is_empty() || !self.text.is_empty() || fields.any(|it| !it.is_empty())
    }

    /// The text of the element just opened, or what its elements say.
    fn read(xml: &mut Xml<'_>, room: &mut usize) -> Result<Self, Finding> {
        let outside = xml.depth().saturating_sub(1);
        let mut part = Self::default();
        let mut text = String::new();
        while xml.depth() > outside {
            match xml.next()? {
                Node::Open(start) => {
                    let name = local(&start).to_owned();
                    part.is_nested = true;
                    part.inside(name, xml, room)?;
                }
                Node::Text(more) => {
                    take(room, more.len())?;
                    text.push_str(&more);
                }
                Node::End => break,
                _ => {}
            }
        }
        text.trim().clone_into(&mut part.text);
        Ok(part)
    }

    fn inside(&mut self, name: String, xml: &mut Xml<'_>, room: &mut usize) -> Result<(), Finding> {
        let outside = xml.depth().saturating_sub(1);
        let (mut text, mut is_nested) = (String::new(), false);
        take(room, 64 + name.len())?;
        while xml.depth() > outside {
            match xml.next()? {
                Node::Open(_) => is_nested = true,
                Node::Text(more) => {
                    take(room, more.len())?;
                    text.push_str(&more);
                }
                Node::End => break,
                _ => {}
            }
        }
        let text = text.trim();
        match self.fields.get(&name) {
            None if !is_nested => {
                self.fields.insert(name, text.to_owned());
            }
            Some(said) if !is_nested && said == text => {}
            _ if text.is_empty() => {}
            _ => self.further.push(name),
        }
        Ok(())
    }
}

fn take(room: &mut usize, bytes: usize) -> Result<(), Finding> {
    *room = room
        .checked_sub(bytes)
        .ok_or_else(|| too_large("mehr als 128 MiB Text", "more than 128 MiB of text"))?;
    Ok(())
}
