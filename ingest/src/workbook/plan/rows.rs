//! The rows of our tables that a plan states.

use std::collections::HashMap;

use super::{
    facts::{self, Becomes},
    left::Left,
    project::{Fields, Project, Task, stated},
    taken::{Taken, taken},
    time::{days, is_elapsed, is_percent, seconds, whole_days},
};
use crate::{
    grid::{Grid, GridCell, GridRow},
    workbook::{date, doubt},
};

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
            "valid_from",
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
        let milestone = if it.task.is("Milestone") {
            rows.milestone(it, left, &mut milestones, &mut reports)
        } else {
            Becomes::Activity
        };
        let row = rows.activity(it, left);
        // Of a task that is not taken at all it is said.
        if row.is_some() || milestone != Becomes::Activity {
            facts::of_task((it.task, &it.custom), milestone, project, left);
        }
        activities.rows.extend(row);
    }
    if status.is_none() && milestones.rows.len() > 1 {
        left.plan(
            "no_status_date",
            "StatusDate",
            "Der Plan nennt kein Statusdatum; Termine der Meilensteine werden nicht gemeldet. Bitte in MS Project setzen (Projekt, Projektinformationen)",
            "The plan states no status date; milestones' dates are not reported. Set it in MS Project (Project, Project information)",
        );
    }
    let creation = stated(&project.fields, "CreationDate");
    facts::of_plan(project, creation.is_none(), left);
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

    fn milestone(
        &self,
        it: &Taken<'_>,
        left: &mut Left,
        table: &mut Grid,
        reports: &mut Grid,
    ) -> Becomes {
        let mut promised = None;
        for baseline in it.task.parts("Baseline") {
            let finish = stated(baseline, "Finish");
            match baseline.get("Number").map_or("0", |it| it.trim()) {
                "0" if promised.is_none() => promised = finish,
                "0" => left.field(it.task, "Baseline", finish.unwrap_or_default()),
                number => left.task(
                    it.task,
                    "baseline_without_resolution",
                    (&format!("Baseline {number}"), finish.unwrap_or_default()),
                    &format!("Basisplan {number} ({}) nennt keinen Beschluss und keine Begründung und wird nicht übernommen; bitte als Zeile von „rebaselines“ einspielen", finish.unwrap_or("–")),
                    &format!("baseline {number} ({}) names no resolution and no reason and is not taken; feed it as a row of `rebaselines`", finish.unwrap_or("–")),
                ),
            }
        }
        let Some(promised) = promised else {
            left.task(
                it.task,
                "no_baseline",
                ("Baseline", ""),
                "kein Basisplan, also kein zugesagter Termin; bitte in MS Project einen Basisplan festlegen",
                "no baseline, so no promised day; set a baseline in MS Project",
            );
            return Becomes::Activity;
        };
        let custom = |column| text(it.custom(column).unwrap_or_default());
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
                self.state_from(it),
            ],
        ));
        let Some(status) = self.status else {
            return Becomes::Milestone;
        };
        let reached = it.task.get("ActualFinish");
        if reached.is_empty() && it.task.get("Finish").is_empty() {
            left.task(
                it.task,
                "no_finish",
                ("Finish", ""),
                "kein Ende, also wird zum Statusdatum kein Termin gemeldet",
                "no finish, so no day is reported at the status date",
            );
            return Becomes::Milestone;
        }
        let (forecast, reached) = if reached.is_empty() {
            (day(it.task.get("Finish")), text(""))
        } else {
            (text(""), day(reached))
        };
        let cells = vec![day(status), text(&it.id), forecast, reached];
        reports.rows.push(row(it.task, cells));
        Becomes::Reported
    }

    fn planned_since<'t>(&'t self, it: &'t Taken<'_>) -> Option<&'t str> {
        let own = it.custom("planned_on");
        let of_plan = |field| stated(&self.project.fields, field);
        own.or_else(|| of_plan("CreationDate"))
            .or_else(|| of_plan("StartDate"))
    }

    fn planned_on(&self, it: &Taken<'_>) -> GridCell {
        day(self.planned_since(it).unwrap_or_default())
    }

    /// From when what the plan says of a milestone is a new state: its status date, if that is later than
    /// the planning, from which it holds anyway.
    fn state_from(&self, it: &Taken<'_>) -> GridCell {
        let of = |stamp: &str| stamp.split('T').next().unwrap_or_default().to_owned();
        let planned = self.planned_since(it).map(of);
        let status = self.status.filter(|it| Some(of(it)) > planned);
        status.map_or_else(|| text(""), day)
    }

    fn activity(&self, it: &Taken<'p>, left: &mut Left) -> Option<GridRow> {
        let durations = match self.durations(it) {
            Ok(durations) => durations,
            Err(unread) => {
                unread.say(it.task, left);
                return None;
            }
        };
        // Beside three durations of its own fields a task has one, too.
        let own = it.task.get("Duration");
        if !own.is_empty() && self.days(own).as_ref() != durations.get(1) {
            left.field(it.task, "Duration", own);
        }
        let mut cells = vec![text(&it.id), text(&it.subject)];
        cells.extend(durations.iter().map(|it| text(it)));
        cells.push(text(&self.links(it.task, left)));
        cells.push(self.planned_on(it));
        cells.push(self.status.map_or_else(|| text(""), day));
        Some(row(it.task, cells))
    }

    /// The optimistic, likely and pessimistic duration in working days.
    fn durations(&self, it: &Taken<'p>) -> Result<Vec<String>, Unread<'p>> {
        let points = ["optimistic", "likely", "pessimistic"];
        let stated: Vec<&'p str> = points.iter().filter_map(|point| it.custom(point)).collect();
        let durations = match stated.as_slice() {
            [] => [it.task.get("Duration"); 3],
            [low, mid, high] => [*low, *mid, *high],
            _ => return Err(Unread::Incomplete),
        };
        let is_own = stated.is_empty();
        if is_own && is_elapsed(it.task.get("DurationFormat")) {
            return Err(Unread::NotInDays("Duration".to_owned(), durations[0]));
        }
        let names = if is_own { ["Duration"; 3] } else { points };
        let read = |(name, text): (&'static str, &'p str)| {
            let field = it.custom.read.get(name).filter(|_| !is_own);
            let called = field.map_or(name, |it| &it.called);
            let is_elapsed = field.is_some_and(|it| it.is_elapsed);
            let days = self.days(text).filter(|_| !is_elapsed);
            days.ok_or_else(|| Unread::NotInDays(called.to_owned(), text))
        };
        names.into_iter().zip(durations).map(read).collect()
    }

    /// Working days of a duration, or of a number of days in a custom number field.
    fn days(&self, duration: &str) -> Option<String> {
        if duration.starts_with('P') {
            return days(seconds(duration)?, self.project.minutes_per_day());
        }
        let is_number =
            !duration.is_empty() && duration.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        is_number.then(|| duration.to_owned())
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
        whole_days(lag, self.project.minutes_per_day())
    }
}

/// Why a task has no durations.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unread<'p> {
    /// Only some of the three are stated.
    Incomplete,
    /// One cannot be given in working days: its field, and what that says.
    NotInDays(String, &'p str),
}

impl Unread<'_> {
    fn say(&self, task: &Task, left: &mut Left) {
        let (code, field, de, en) = match self {
            Self::Incomplete => (
                "incomplete_durations",
                ("Wahrscheinlich", ""),
                "nur ein Teil der drei Dauern ist angegeben, und der Vorgang wird nicht übernommen; bitte alle drei oder keine angeben",
                "only some of the three durations are stated, and the task is not taken; state all three or none",
            ),
            Self::NotInDays(name, text) if has_comma(text) => (
                "duration_not_in_days",
                (name.as_str(), *text),
                "die Zahl ist mit Komma geschrieben; bitte mit Punkt angeben, etwa 10.5. Der Vorgang wird nicht übernommen",
                "the number is written with a comma; write it with a point, as in 10.5. The task is not taken",
            ),
            Self::NotInDays(name, text) => (
                "duration_not_in_days",
                (name.as_str(), *text),
                "die Dauer ist nicht in Arbeitstagen anzugeben (sie fehlt, läuft fort oder hat Bruchteile); der Vorgang wird nicht übernommen",
                "the duration cannot be given in working days (missing, elapsed time or odd fractions); the task is not taken",
            ),
        };
        left.task(task, code, field, de, en);
    }
}

/// Whether it is a number but for the comma, as people write it into a text field.
fn has_comma(text: &str) -> bool {
    text.contains(',') && text.bytes().all(|it| it.is_ascii_digit() || it == b',')
}

fn reason(de: &str, en: &str) -> Reason {
    (de.to_owned(), en.to_owned())
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
