//! Which tasks of a plan become rows, and of what.

use std::collections::{BTreeMap, HashMap};

use super::{
    left::Left,
    project::{Project, Task},
};
use crate::columns::Sheet;

/// Columns that are read from custom fields.
const CUSTOM: [&str; 9] = [
    "id",
    "subject",
    "measure",
    "weight",
    "resolution",
    "optimistic",
    "likely",
    "pessimistic",
    "planned_on",
];

/// Why a task is no row at all: a field, what it says, and what that means in German and English.
const NO_ROW: [(&str, &str, &str, &str); 4] = [
    ("Active", "0", "er inaktiv ist", "it is inactive"),
    (
        "ExternalTask",
        "1",
        "er aus einem anderen Plan stammt; bitte jenen Plan einspielen",
        "it belongs to another plan; feed that plan",
    ),
    (
        "IsSubproject",
        "1",
        "er ein eingefügter Plan ist; bitte jenen Plan einspielen",
        "it is an inserted plan; feed that plan",
    ),
    (
        "Recurring",
        "1",
        "er sich wiederholt; bitte einzelne Vorgänge daraus machen",
        "it recurs; make single tasks of it",
    ),
];

/// A task that becomes rows.
pub(super) struct Taken<'p> {
    pub(super) task: &'p Task,
    pub(super) id: String,
    pub(super) subject: String,
    /// Values of custom fields by the column they are.
    pub(super) custom: BTreeMap<&'static str, &'p str>,
}

/// The tasks that become rows, with what they are of.
pub(super) fn taken<'p>(project: &'p Project, left: &mut Left) -> Vec<Taken<'p>> {
    let columns = columns(project);
    let mut above: Vec<(u32, Option<&str>)> = Vec::new();
    let mut taken = Vec::new();
    let mut unread: BTreeMap<&str, usize> = BTreeMap::new();
    for task in &project.tasks {
        let level: u32 = task.get("OutlineLevel").parse().unwrap_or(1);
        if task.is("IsNull") || level == 0 {
            continue;
        }
        let mut custom = BTreeMap::new();
        for field in task.parts("ExtendedAttribute") {
            let id = field.get("FieldID").map_or("", |it| it.trim());
            let value = field.get("Value").map_or("", |it| it.trim());
            match columns.get(id) {
                Some(column) if !value.is_empty() => {
                    custom.insert(*column, value);
                }
                None if !value.is_empty() => *unread.entry(id).or_default() += 1,
                _ => {}
            }
        }
        while above.last().is_some_and(|(it, _)| *it >= level) {
            above.pop();
        }
        let of = custom.get("subject").copied();
        let subject = of.or_else(|| above.last().and_then(|(_, it)| *it));
        above.push((level, subject));
        if task.is("Summary") {
            summary(task, left);
            continue;
        }
        let stops = NO_ROW
            .iter()
            .find(|(field, value, ..)| task.get(field) == *value);
        if let Some((field, value, de, en)) = stops {
            left.whole(task, (field, value), de, en);
            continue;
        }
        let Some(subject) = subject else {
            left.task(
                task,
                "no_measure",
                "Maßnahme",
                "keine Maßnahme; bitte ein Textfeld „Maßnahme“ (oder Text1) am Vorgang oder Sammelvorgang füllen",
                "no measure; fill a text field `Maßnahme` (or Text1) of the task or its summary task",
            );
            continue;
        };
        let id = custom.get("id").map_or_else(
            || format!("{subject}-T{}", task.get("UID")),
            |it| (*it).to_owned(),
        );
        taken.push(Taken {
            task,
            id,
            subject: subject.to_owned(),
            custom,
        });
    }
    for (id, count) in unread {
        let name = project.called.get(id).map_or(id, String::as_str);
        let name = crate::finding::shortened(name);
        left.plan(
            "not_taken",
            &name,
            &format!("Das Feld „{name}“ wird nicht übernommen ({count} Vorgänge)"),
            &format!("The field `{name}` is not taken ({count} tasks)"),
        );
    }
    taken
}

/// A summary task is no row; what it states itself has no place.
fn summary(task: &Task, left: &mut Left) {
    if task.parts("PredecessorLink").next().is_some() {
        left.field(task, "PredecessorLink", "");
    }
    if task.is("Milestone") {
        left.field(task, "Milestone", "1");
    }
}

/// The column each custom field is, by the field's number.
fn columns(project: &Project) -> HashMap<&str, &'static str> {
    let sheets = ["milestones", "activities"].map(Sheet::of);
    let column = |called: &str| {
        let names = sheets.iter().flatten().filter_map(|it| it.column(called));
        let name = names
            .filter_map(|it| CUSTOM.iter().find(|own| **own == it))
            .copied()
            .next();
        name.map(|it| if it == "measure" { "subject" } else { it })
    };
    let mut columns: HashMap<&str, &'static str> = HashMap::new();
    for (id, called) in &project.called {
        columns.extend(column(called).map(|it| (id.as_str(), it)));
    }
    if !columns.values().any(|it| *it == "subject") {
        let text1 = project.called.iter().find(|(_, called)| *called == "Text1");
        columns.extend(text1.map(|(id, _)| (id.as_str(), "subject")));
    }
    columns
}
