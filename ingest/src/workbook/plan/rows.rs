//! The rows of our tables that a plan states.

use std::collections::HashMap;

use super::{
    left::Left,
    project::{Fields, Project, Task},
    taken::{Taken, taken},
    time::{days, is_elapsed, is_percent, seconds, whole_days},
};
use crate::{
    grid::{Grid, GridCell, GridRow},
    workbook::{date, doubt},
};

/// Fields that state something, unless they say this; and what that is.
const LISTED: [(&str, &str); 12] = [
    ("PercentComplete", "0"),
    ("PhysicalPercentComplete", "0"),
    ("Cost", "0"),
    ("FixedCost", "0"),
    ("ActualCost", "0"),
    ("Work", "PT0H0M0S"),
    ("ConstraintType", "0"),
    ("Deadline", ""),
    ("CalendarUID", "-1"),
    ("Priority", "500"),
    ("LevelingDelay", "0"),
    ("Manual", "0"),
];

pub(super) fn tables(project: &Project, left: &mut Left) -> Vec<Grid> {
    let taken = taken(project, left);
    let mut milestones = table(
        "milestones",
        &[
            "id",
            "subject",
            "title",
            "baseline",
            "weight",
            "resolution",
            "planned_on",
        ],
    );
    let mut reports = table(
        "milestone_reports",
        &["report_date", "milestone", "forecast", "reached"],
    );
    let mut activities = table(
        "activities",
        &[
            "id",
            "measure",
            "optimistic",
            "likely",
            "pessimistic",
            "predecessors",
            "planned_on",
            "valid_from",
        ],
    );
    let status = stated(&project.fields, "StatusDate");
    let mut rows = Rows {
        project,
        status,
        names: project
            .tasks
            .iter()
            .map(|it| (it.get("UID"), it.name.as_str()))
            .collect(),
        ids: HashMap::new(),
    };
    let taken = rows.planned(taken, left);
    // Whoever refers to a task refers to its row, so only those that become one count.
    let become_rows = taken.iter().filter(|it| rows.durations(it).is_ok());
    rows.ids = become_rows
        .map(|it| (it.task.get("UID"), it.id.clone()))
        .collect();
    for it in &taken {
        rows.list(it.task, left);
        if it.task.is("Milestone") {
            rows.milestone(it, left, &mut milestones, &mut reports);
        }
        if let Some(row) = rows.activity(it, left) {
            activities.rows.push(row);
        }
    }
    if status.is_none() && milestones.rows.len() > 1 {
        left.plan(
            "no_status_date",
            "StatusDate",
            "Der Plan nennt kein Statusdatum; Termine der Meilensteine werden nicht gemeldet. Bitte in MS Project setzen (Projekt, Projektinformationen)",
            "The plan states no status date; milestones' dates are not reported. Set it in MS Project (Project, Project information)",
        );
    }
    besides(project, left);
    let mut tables = vec![milestones, reports, activities];
    tables.retain(|it| it.rows.len() > 1);
    tables
}

struct Rows<'p> {
    project: &'p Project,
    status: Option<&'p str>,
    /// The names of all tasks by their unique numbers.
    names: HashMap<&'p str, &'p str>,
    /// The activities' ids by the tasks' unique numbers.
    ids: HashMap<&'p str, String>,
}

/// What stands in the way, in German and English.
type Reason = (String, String);

impl<'p> Rows<'p> {
    /// The tasks of which it is known since when they are planned; how many others there are is one
    /// finding, for one step mends them all.
    fn planned(&self, mut taken: Vec<Taken<'p>>, left: &mut Left) -> Vec<Taken<'p>> {
        let all = taken.len();
        taken.retain(|it| self.planned_since(it).is_some());
        let without = all - taken.len();
        if without > 0 {
            left.plan(
                "no_planning_date",
                "CreationDate",
                &format!("Der Plan nennt weder Erstellungs- noch Anfangsdatum, also ist nicht bekannt, seit wann etwas geplant ist; {without} Vorgänge werden nicht übernommen. Bitte in MS Project das Anfangsdatum setzen (Projekt, Projektinformationen) und neu als XML speichern, oder ein Textfeld „Geplant am“ füllen"),
                &format!("The plan states neither a creation nor a start date, so nobody knows since when things are planned; {without} tasks are not taken. Set the start date in MS Project (Project, Project information) and save it as XML anew, or fill a text field `Geplant am`"),
            );
        }
        taken
    }

    /// Lists what has no place.
    fn list(&self, task: &Task, left: &mut Left) {
        let own_calendar = stated(&self.project.fields, "CalendarUID");
        for (field, nothing) in LISTED {
            let value = task.get(field);
            let is_plan_calendar = field == "CalendarUID" && Some(value) == own_calendar;
            let is_zero = nothing == "0" && value.bytes().all(|it| matches!(it, b'0' | b'.'));
            if !value.is_empty() && value != nothing && !is_zero && !is_plan_calendar {
                left.field(task, field, value);
            }
        }
        // Words of people are not shown.
        if !task.get("Notes").is_empty() {
            left.field(task, "Notes", "");
        }
    }

    fn milestone(&self, it: &Taken<'_>, left: &mut Left, table: &mut Grid, reports: &mut Grid) {
        let mut promised = None;
        for baseline in it.task.parts("Baseline") {
            let finish = stated(baseline, "Finish");
            match baseline.get("Number").map_or("0", |it| it.trim()) {
                "0" => promised = finish,
                number => left.task(
                    it.task,
                    "baseline_without_resolution",
                    &format!("Baseline {number}"),
                    &format!("Basisplan {number} ({}) nennt keinen Beschluss und keine Begründung und wird nicht übernommen; bitte als Zeile von „rebaselines“ einspielen", finish.unwrap_or("–")),
                    &format!("baseline {number} ({}) names no resolution and no reason and is not taken; feed it as a row of `rebaselines`", finish.unwrap_or("–")),
                ),
            }
        }
        let Some(promised) = promised else {
            left.task(
                it.task,
                "no_baseline",
                "Baseline",
                "kein Basisplan, also kein zugesagter Termin; bitte in MS Project einen Basisplan festlegen",
                "no baseline, so no promised day; set a baseline in MS Project",
            );
            return;
        };
        let custom = |column| text(it.custom.get(column).copied().unwrap_or_default());
        table.rows.push(row(
            it.task,
            vec![
                text(&it.id),
                text(&it.subject),
                text(&it.task.name),
                day(promised),
                custom("weight"),
                custom("resolution"),
                self.planned_on(it),
            ],
        ));
        let Some(status) = self.status else { return };
        let reached = it.task.get("ActualFinish");
        let (forecast, reached) = if reached.is_empty() {
            (day(it.task.get("Finish")), text(""))
        } else {
            (text(""), day(reached))
        };
        let cells = vec![day(status), text(&it.id), forecast, reached];
        reports.rows.push(row(it.task, cells));
    }

    fn planned_since<'t>(&'t self, it: &'t Taken<'_>) -> Option<&'t str> {
        let own = it.custom.get("planned_on").copied();
        let of_plan = |field| stated(&self.project.fields, field);
        own.or_else(|| of_plan("CreationDate"))
            .or_else(|| of_plan("StartDate"))
    }

    fn planned_on(&self, it: &Taken<'_>) -> GridCell {
        day(self.planned_since(it).unwrap_or_default())
    }

    fn activity(&self, it: &Taken<'_>, left: &mut Left) -> Option<GridRow> {
        let durations = match self.durations(it) {
            Ok(durations) => durations,
            Err(unread) => {
                unread.say(it.task, left);
                return None;
            }
        };
        let mut cells = vec![text(&it.id), text(&it.subject)];
        cells.extend(durations.iter().map(|it| text(it)));
        cells.push(text(&self.links(it.task, left)));
        cells.push(self.planned_on(it));
        cells.push(self.status.map_or_else(|| text(""), day));
        Some(row(it.task, cells))
    }

    /// The optimistic, likely and pessimistic duration in working days.
    fn durations(&self, it: &Taken<'_>) -> Result<Vec<String>, Unread> {
        let points = ["optimistic", "likely", "pessimistic"];
        let stated: Vec<&str> = points
            .iter()
            .filter_map(|point| it.custom.get(point).copied())
            .collect();
        let durations = match stated.as_slice() {
            [] => [it.task.get("Duration"); 3],
            [low, mid, high] => [*low, *mid, *high],
            _ => return Err(Unread::Incomplete),
        };
        if stated.is_empty() && is_elapsed(it.task.get("DurationFormat")) {
            return Err(Unread::NotInDays);
        }
        let read: Option<Vec<String>> = durations.iter().map(|it| self.days(it)).collect();
        read.ok_or(Unread::NotInDays)
    }

    /// Working days of a duration, or of a number of days in a custom number field.
    fn days(&self, duration: &str) -> Option<String> {
        if duration.starts_with('P') {
            return days(seconds(duration)?, self.minutes_per_day());
        }
        let is_number =
            !duration.is_empty() && duration.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        is_number.then(|| duration.to_owned())
    }

    fn minutes_per_day(&self) -> i64 {
        let stated = stated(&self.project.fields, "MinutesPerDay");
        let minutes = stated.and_then(|it| it.parse().ok());
        minutes.filter(|it| (1..=1_440).contains(it)).unwrap_or(480)
    }

    fn links(&self, task: &Task, left: &mut Left) -> String {
        let mut links = Vec::new();
        for link in task.parts("PredecessorLink") {
            match self.link(link) {
                Ok(link) => links.push(link),
                Err((de, en)) => {
                    let of = stated(link, "PredecessorUID").unwrap_or_default();
                    let de = format!("die Verknüpfung wird nicht übernommen, weil {de}");
                    let en = format!("the link is not taken, because {en}");
                    left.because(task, ("PredecessorLink", of), &de, &en);
                }
            }
        }
        links.join(" ")
    }

    /// A link in our words, or why there are none for it: it leads out of what is taken, or its lag is
    /// not whole working days.
    fn link(&self, link: &Fields) -> Result<String, Reason> {
        let uid = stated(link, "PredecessorUID").unwrap_or_default();
        if stated(link, "CrossProject") == Some("1") {
            return Err(reason(
                "sie in einen anderen Plan führt",
                "it leads to another plan",
            ));
        }
        let Some(name) = self.names.get(uid) else {
            return Err(reason(
                "ihr Vorgänger nicht im Plan steht",
                "its predecessor is not in the plan",
            ));
        };
        let name = crate::finding::shortened(name);
        let Some(id) = self.ids.get(uid) else {
            return Err((
                format!("ihr Vorgänger „{name}“ nicht als Vorgang übernommen wird"),
                format!("its predecessor `{name}` is not taken as an activity"),
            ));
        };
        if id.contains([' ', ':']) {
            return Err((
                format!("in der Kennung von „{name}“ ein Leerzeichen oder Doppelpunkt steht"),
                format!("the id of `{name}` has a blank or colon in it"),
            ));
        }
        let kind = match stated(link, "Type").unwrap_or("1") {
            "0" => "FF",
            "1" => "FS",
            "2" => "SF",
            "3" => "SS",
            _ => return Err(reason("ihre Art unbekannt ist", "its type is unknown")),
        };
        match self.lag(link) {
            Some(0) if kind == "FS" => Ok(id.clone()),
            Some(0) => Ok(format!("{id}:{kind}")),
            Some(days) => Ok(format!("{id}:{kind}{days:+}")),
            None => Err(reason(
                "ihr Abstand nicht in ganzen Arbeitstagen anzugeben ist",
                "its lag cannot be given in whole working days",
            )),
        }
    }

    /// Whole working days.
    fn lag(&self, link: &Fields) -> Option<i64> {
        let lag: i64 = stated(link, "LinkLag").unwrap_or("0").parse().ok()?;
        let unit = stated(link, "LagFormat").unwrap_or("7");
        if lag != 0 && (is_elapsed(unit) || is_percent(unit)) {
            return None;
        }
        whole_days(lag, self.minutes_per_day())
    }
}

/// Why a task has no durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    /// Only some of the three are stated.
    Incomplete,
    /// They cannot be given in working days.
    NotInDays,
}

impl Unread {
    fn say(self, task: &Task, left: &mut Left) {
        let (code, field, de, en) = match self {
            Self::Incomplete => (
                "incomplete_durations",
                "Wahrscheinlich",
                "nur ein Teil der drei Dauern ist angegeben, und der Vorgang wird nicht übernommen; bitte alle drei oder keine angeben",
                "only some of the three durations are stated, and the task is not taken; state all three or none",
            ),
            Self::NotInDays => (
                "duration_not_in_days",
                "Duration",
                "die Dauer ist nicht in Arbeitstagen anzugeben (fortlaufende Dauer oder Bruchteile); der Vorgang wird nicht übernommen",
                "the duration cannot be given in working days (elapsed time or odd fractions); the task is not taken",
            ),
        };
        left.task(task, code, field, de, en);
    }
}

fn reason(de: &str, en: &str) -> Reason {
    (de.to_owned(), en.to_owned())
}

/// Resources, assignments and calendars have no place.
fn besides(project: &Project, left: &mut Left) {
    for (kind, count) in &project.besides {
        // The plan's own standard calendar is always there.
        let count = count - usize::from(*kind == "Calendars");
        if count > 0 {
            left.plan(
                "not_taken",
                kind,
                &format!("{count} Einträge in „{kind}“ werden nicht übernommen"),
                &format!("{count} entries of `{kind}` are not taken"),
            );
        }
    }
}

fn stated<'f>(fields: &'f Fields, field: &str) -> Option<&'f str> {
    let value = fields.get(field)?.trim();
    (!value.is_empty()).then_some(value)
}

fn table(name: &str, columns: &[&str]) -> Grid {
    let cells = columns.iter().map(|it| text(it)).collect();
    Grid {
        sheet: Some(name.to_owned()),
        rows: vec![GridRow { number: 1, cells }],
    }
}

/// A row whose number among the data rows is the task's.
fn row(task: &Task, cells: Vec<GridCell>) -> GridRow {
    GridRow {
        number: task.number.saturating_add(1),
        cells,
    }
}

fn text(text: &str) -> GridCell {
    GridCell::Text(text.to_owned())
}

/// The day of a date and time; empty stays empty.
fn day(stamp: &str) -> GridCell {
    let day = stamp.split('T').next().unwrap_or_default();
    if stamp.is_empty() {
        text("")
    } else {
        match date::iso(day) {
            GridCell::Doubtful { .. } => doubt::cell(stamp, doubt::BAD_DATE),
            read => read,
        }
    }
}
