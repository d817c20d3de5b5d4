//! Which tasks of a plan become rows, and of what.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    facts::{self, Becomes, is_nothing},
    left::Left,
    project::{Project, Task, is_yes, stated},
    time::is_elapsed,
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

/// Why a task is no row at all: a field, whether that is if it says yes, and what that means in German and
/// English.
const NO_ROW: [(&str, bool, &str, &str); 4] = [
    ("Active", false, "er inaktiv ist", "it is inactive"),
    (
        "ExternalTask",
        true,
        "er aus einem anderen Plan stammt; bitte jenen Plan einspielen",
        "it belongs to another plan; feed that plan",
    ),
    (
        "IsSubproject",
        true,
        "er ein eingefügter Plan ist; bitte jenen Plan einspielen",
        "it is an inserted plan; feed that plan",
    ),
    (
        "Recurring",
        true,
        "er sich wiederholt; bitte einzelne Vorgänge daraus machen",
        "it recurs; make single tasks of it",
    ),
];

/// A task that becomes rows.
pub(super) struct Taken<'p> {
    pub(super) task: &'p Task,
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) custom: Custom<'p>,
}

impl<'p> Taken<'p> {
    /// What a custom field says of a column.
    pub(super) fn custom(&self, column: &str) -> Option<&'p str> {
        self.custom.get(column)
    }
}

/// The custom fields of a task that say something.
#[derive(Default)]
pub(super) struct Custom<'p> {
    /// By the column a field is.
    pub(super) read: BTreeMap<&'static str, Said<'p>>,
    /// Those that are no column, or one that another is.
    pub(super) unread: Vec<(String, &'p str)>,
}

/// What a custom field says.
pub(super) struct Said<'p> {
    /// How the field is called.
    pub(super) called: String,
    pub(super) value: &'p str,
    /// A duration in calendar time: no working days.
    pub(super) is_elapsed: bool,
}

impl<'p> Custom<'p> {
    fn of(task: &'p Task, project: &'p Project, columns: &HashMap<&str, &'static str>) -> Self {
        let mut custom = Self::default();
        for field in task.parts("ExtendedAttribute") {
            let id = stated(field, "FieldID").unwrap_or_default();
            let Some(value) = stated(field, "Value").or_else(|| stated(field, "ValueGUID")) else {
                continue;
            };
            let called = project.called.get(id).map_or(id, String::as_str);
            let called = crate::finding::shortened(called);
            let is_elapsed = is_elapsed(stated(field, "DurationFormat").unwrap_or_default());
            match columns.get(id) {
                Some(column) => match custom.read.get(column) {
                    None => {
                        let said = Said {
                            called,
                            value,
                            is_elapsed,
                        };
                        custom.read.insert(*column, said);
                    }
                    Some(it) if (it.value, it.is_elapsed) == (value, is_elapsed) => {}
                    Some(_) => custom.unread.push((called, value)),
                },
                None if is_nothing(value) => {}
                None => custom.unread.push((called, value)),
            }
        }
        custom
    }

    fn get(&self, column: &str) -> Option<&'p str> {
        self.read.get(column).map(|it| it.value)
    }
}

/// The tasks that become rows, with what they are of.
pub(super) fn taken<'p>(project: &'p Project, left: &mut Left) -> Vec<Taken<'p>> {
    let columns = columns(project);
    let mut above: Vec<(u32, Option<&str>)> = Vec::new();
    let mut taken = Vec::new();
    let mut uids = HashSet::new();
    for task in &project.tasks {
        let level: u32 = task.get("OutlineLevel").parse().unwrap_or(1);
        // A blank line.
        if task.is("IsNull") && task.name.is_empty() {
            continue;
        }
        let custom = Custom::of(task, project, &columns);
        while above.last().is_some_and(|(it, _)| *it >= level) {
            above.pop();
        }
        let of = custom.get("subject");
        let subject = of.or_else(|| above.last().and_then(|(_, it)| *it));
        above.push((level, subject));
        if task.is("Summary") || level == 0 {
            facts::of_task((task, &custom), Becomes::Nothing, project, left);
            continue;
        }
        let is_so = |field: &str, yes: bool| {
            let value = task.get(field);
            !value.is_empty() && is_yes(value) == yes
        };
        let stops = NO_ROW.iter().find(|(field, yes, ..)| is_so(field, *yes));
        if let Some((field, _, de, en)) = stops {
            left.whole(task, (field, task.get(field)), de, en);
            continue;
        }
        // By it ids are made, and links say whom they mean.
        let uid = task.get("UID");
        if uid.is_empty() || !uids.insert(uid) {
            let (de, en) = if uid.is_empty() {
                ("ihm die eindeutige Nummer fehlt", "it has no unique number")
            } else {
                (
                    "seine eindeutige Nummer schon ein anderer hat",
                    "another has its unique number already",
                )
            };
            left.whole(task, ("UID", uid), de, en);
            continue;
        }
        let Some(subject) = subject else {
            left.task(
                task,
                "no_measure",
                ("Maßnahme", ""),
                "keine Maßnahme, und der Vorgang wird nicht übernommen; bitte ein Textfeld „Maßnahme“ (oder Text1) am Vorgang oder Sammelvorgang füllen",
                "no measure, and the task is not taken; fill a text field `Maßnahme` (or Text1) of the task or its summary task",
            );
            continue;
        };
        let id = custom
            .get("id")
            .map_or_else(|| format!("{subject}-T{}", task.get("UID")), str::to_owned);
        taken.push(Taken {
            task,
            id,
            subject: subject.to_owned(),
            custom,
        });
    }
    taken
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
