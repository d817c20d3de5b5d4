//! What a plan states that has no place in our tables: listed by task and field.
//!
//! Whatever is in a plan and says something is listed, also under names nobody here knows, but for three
//! things: what is taken; what is no fact but a mark, a setting, or computed by the program from the rest;
//! and what is as the program writes it when nobody says anything.

use std::collections::BTreeMap;

use super::{
    left::Left,
    project::{Calendar, Fields, Project, Task, is_yes, stated},
    taken::Custom,
};
use crate::finding::shortened;

/// Fields of tasks that are taken or judged elsewhere, mark, show, or are computed.
const NO_FACT: &[&str] = &[
    // Taken, or judged where rows are made.
    "UID",
    "ID",
    "Name",
    "OutlineLevel",
    "Summary",
    "Finish",
    "DurationFormat",
    // Marks and how things look.
    "GUID",
    "IsNull",
    "CreateDate",
    "WBSLevel",
    "OutlineNumber",
    "DisplayAsSummary",
    "HideBar",
    "Rollup",
    "IsPublished",
    "IsSubprojectReadOnly",
    "LevelingDelayFormat",
    "FreeformDurationFormat",
    // Computed from dates, durations, links, work and cost.
    "Start",
    "EarlyStart",
    "EarlyFinish",
    "LateStart",
    "LateFinish",
    "StartVariance",
    "FinishVariance",
    "WorkVariance",
    "DurationVariance",
    "FreeSlack",
    "TotalSlack",
    "StartSlack",
    "FinishSlack",
    "Critical",
    "OverAllocated",
    "Overallocated",
    "ResumeValid",
    "PercentWorkComplete",
    "ActualDuration",
    "RemainingDuration",
    "RegularWork",
    "RemainingWork",
    "RemainingOvertimeWork",
    "RemainingCost",
    "RemainingOvertimeCost",
    "ActualWorkProtected",
    "ActualOvertimeWorkProtected",
    "PreLeveledStart",
    "PreLeveledFinish",
    "ACWP",
    "CV",
    "BCWS",
    "BCWP",
];

/// What a summary task has from those in it.
const SUMMED: &[&str] = &[
    "Duration",
    "Estimated",
    "Type",
    "EffortDriven",
    "PercentComplete",
    "ActualStart",
    "ActualFinish",
    "Work",
    "ActualWork",
    "OvertimeWork",
    "ActualOvertimeWork",
    "Cost",
    "ActualCost",
    "OvertimeCost",
    "ActualOvertimeCost",
];

/// Fields of the plan that are taken, mark, set how the program computes and shows, or are computed.
const NO_FACT_OF_PLAN: &[&str] = &[
    "CreationDate",
    "StatusDate",
    "MinutesPerDay",
    "CalendarUID",
    "SaveVersion",
    "BuildNumber",
    "UID",
    "GUID",
    "Name",
    "Author",
    "Revision",
    "LastSaved",
    "CurrentDate",
    "ExtendedCreationDate",
    "FYStartDate",
    "FiscalYearStart",
    "WeekStartDay",
    "CurrencyDigits",
    "CurrencySymbol",
    "CurrencyCode",
    "CurrencySymbolPosition",
    "BaselineCalendar",
    "BaselineForEarnedValue",
    "DefaultStartTime",
    "DefaultFinishTime",
    "MinutesPerWeek",
    "DaysPerMonth",
    "DefaultTaskType",
    "DefaultFixedCostAccrual",
    "DefaultStandardRate",
    "DefaultOvertimeRate",
    "DefaultTaskEVMethod",
    "DurationFormat",
    "WorkFormat",
    "EditableActualCosts",
    "HonorConstraints",
    "EarnedValueMethod",
    "InsertedProjectsLikeSummary",
    "MultipleCriticalPaths",
    "NewTasksEffortDriven",
    "NewTasksEstimated",
    "NewTaskStartDate",
    "NewTasksAreManual",
    "SplitsInProgressTasks",
    "SpreadActualCost",
    "SpreadPercentComplete",
    "TaskUpdatesResource",
    "MoveCompletedEndsBack",
    "MoveCompletedEndsForward",
    "MoveRemainingStartsBack",
    "MoveRemainingStartsForward",
    "AutoAddNewResourcesAndTasks",
    "MicrosoftProjectServerURL",
    "Autolink",
    "ProjectExternallyEdited",
    "ActualsInSync",
    "RemoveFileProperties",
    "AdminProject",
    "UpdateManuallyScheduledTasksWhenEditingLinks",
    "KeepTaskOnNearestWorkingTimeWhenMadeAutoScheduled",
    "Views",
    "Filters",
    "Groups",
    "Tables",
    "Maps",
    "Reports",
    "Drawings",
    "DataLinks",
    "VBAProjects",
    "WBSMasks",
];

/// Calendars the programs bring along.
const BROUGHT: [&str; 5] = [
    "Standard",
    "24 Hours",
    "24 Stunden",
    "Night Shift",
    "Nachtschicht",
];

/// Fields in which people write about people, or freely.
const WORDS: [&str; 3] = ["Contact", "Notes", "StatusManager"];

/// What becomes of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// Nothing: it sums up others.
    Nothing,
    /// An activity.
    Activity,
    /// An activity and a milestone.
    Milestone,
    /// The same, and what is reported of it.
    Reported,
}

impl Becomes {
    fn is_milestone(self) -> bool {
        matches!(self, Self::Milestone | Self::Reported)
    }

    /// Whether a column is read from a custom field.
    fn reads(self, column: &str) -> bool {
        match column {
            "subject" => true,
            "weight" | "resolution" => self.is_milestone(),
            _ => self != Self::Nothing,
        }
    }
}

/// Lists what of a task is not taken.
pub(super) fn of_task(
    (task, custom): (&Task, &Custom<'_>),
    becomes: Becomes,
    project: &Project,
    left: &mut Left,
) {
    for (field, value) in &task.fields {
        let value = value.trim();
        let says_more = !value.is_empty()
            && !is_taken(task, field, becomes)
            && !is_default((field, value), task, project);
        if says_more {
            left.field(task, field, shown(field, value));
        }
    }
    let read = custom.read.iter();
    let unused = read.filter(|(column, _)| !becomes.reads(column));
    let unused = unused.map(|(_, it)| (&it.called, &it.value));
    for (called, value) in unused.chain(custom.unread.iter().map(|(called, it)| (called, it))) {
        left.field(task, called, shown(called, value));
    }
    for code in task.parts("OutlineCode") {
        let id = stated(code, "FieldID").unwrap_or("OutlineCode");
        let called = project.codes.get(id).map_or(id, String::as_str);
        let value = stated(code, "ValueID").or_else(|| stated(code, "ValueGUID"));
        left.field(task, &shortened(called), shown(called, value.unwrap_or("")));
    }
    baselines(task, becomes, left);
    links(task, becomes, left);
    for (name, count) in &task.further {
        left.many(task, &shortened(name), *count);
    }
}

fn is_taken(task: &Task, field: &str, becomes: Becomes) -> bool {
    let of_kind = match becomes {
        Becomes::Nothing => SUMMED.contains(&field),
        _ => matches!(field, "Duration" | "Milestone"),
    };
    // What is reported as reached says it all: begun and done on that day.
    let reached = task.get("ActualFinish");
    let of_report = becomes == Becomes::Reported
        && match field {
            "ActualFinish" => true,
            "ActualStart" => day(task.get(field)) == day(reached),
            "PercentComplete" => !reached.is_empty() && task.get(field) == "100",
            "ManualStart" | "ManualFinish" => day(task.get(field)) == day(task.get("Finish")),
            _ => false,
        };
    of_kind || of_report || NO_FACT.contains(&field)
}

/// Whether it is as the program writes it when nobody says anything.
fn is_default((field, value): (&str, &str), task: &Task, project: &Project) -> bool {
    let of_plan = |field| stated(&project.fields, field);
    let is_as = |plan: &'static str| match of_plan(plan) {
        Some(it) => it == value || is_nothing(it) && is_nothing(value),
        None => is_nothing(value),
    };
    match field {
        "Priority" => value == "500",
        "Active" | "LevelAssignments" | "LevelingCanSplit" => is_yes(value),
        // As soon as possible, or as late if the plan counts from its end.
        "ConstraintType" => value == if counts_from_end(project) { "1" } else { "0" },
        "ConstraintDate" => matches!(task.get("ConstraintType"), "" | "0" | "1"),
        "CalendarUID" => value == "-1" || Some(value) == of_plan("CalendarUID"),
        "WBS" => value == task.get("OutlineNumber"),
        "Type" => is_as("DefaultTaskType"),
        "EffortDriven" => is_as("NewTasksEffortDriven"),
        "EarnedValueMethod" => is_as("DefaultTaskEVMethod"),
        "FixedCostAccrual" => {
            let usual = of_plan("DefaultFixedCostAccrual").unwrap_or("3");
            value == usual || is_nothing(task.get("FixedCost"))
        }
        "Stop" | "Resume" => !task.is("ResumeValid"),
        "ManualStart" | "ManualFinish" => !task.is("Manual"),
        "ManualDuration" => !task.is("Manual") || value == task.get("Duration"),
        _ => is_nothing(value),
    }
}

/// The promised days of a milestone are taken; of others nothing is.
fn baselines(task: &Task, becomes: Becomes, left: &mut Left) {
    for baseline in task.parts("Baseline") {
        let number = stated(baseline, "Number").unwrap_or("0");
        let name = match number {
            "0" => "Baseline".to_owned(),
            number => format!("Baseline {}", shortened(number)),
        };
        let finish = stated(baseline, "Finish");
        let is_small = |field: &str| matches!(field, "Number" | "DurationFormat");
        let said = baseline.iter().map(|(field, value)| (field, value.trim()));
        let mut said = said.filter(|(field, value)| !is_small(field) && !is_nothing(value));
        if becomes == Becomes::Nothing || !task.is("Milestone") {
            let Some((_, first)) = said.next() else {
                continue;
            };
            left.field(task, &name, shown(&name, finish.unwrap_or(first)));
        } else if becomes.is_milestone() && number == "0" {
            for (field, value) in said {
                let is_the_day = matches!(field.as_str(), "Start" | "Finish")
                    && day(value) == day(finish.unwrap_or_default());
                if !is_the_day {
                    left.field(task, &format!("Baseline {field}"), shown(field, value));
                }
            }
        }
    }
}

/// The links of a summary task; and what links state that nobody here knows.
fn links(task: &Task, becomes: Becomes, left: &mut Left) {
    const KNOWN: [&str; 6] = [
        "PredecessorUID",
        "Type",
        "CrossProject",
        "CrossProjectName",
        "LinkLag",
        "LagFormat",
    ];
    let uid = |link: &Fields| stated(link, "PredecessorUID").unwrap_or("–").to_owned();
    let all: Vec<String> = task.parts("PredecessorLink").map(uid).collect();
    if becomes == Becomes::Nothing {
        if !all.is_empty() {
            left.field(task, "PredecessorLink", &all.join(" "));
        }
        return;
    }
    let fields = task.parts("PredecessorLink").flatten();
    let others =
        fields.filter(|(field, value)| !KNOWN.contains(&field.as_str()) && !is_nothing(value));
    let others: BTreeMap<&String, &String> = others.collect();
    for (field, value) in others {
        let field = format!("PredecessorLink {field}");
        left.field(task, &field, shown(&field, value));
    }
}

/// Lists what of the plan as a whole is not taken: its own fields, calendars, resources, assignments.
pub(super) fn of_plan(project: &Project, takes_start: bool, left: &mut Left) {
    let field = |name| stated(&project.fields, name).unwrap_or_default();
    let above = project
        .tasks
        .iter()
        .find(|it| it.get("OutlineLevel") == "0");
    for (name, value) in &project.fields {
        let value = value.trim();
        let is_default = match name.as_str() {
            "ScheduleFromStart" => is_yes(value),
            "StartDate" => takes_start,
            "FinishDate" => !counts_from_end(project),
            // As the file is called.
            "Title" => field("Name").starts_with(value) || above.is_some_and(|it| it.name == value),
            _ => is_nothing(value),
        };
        if !value.is_empty() && !is_default && !NO_FACT_OF_PLAN.contains(&name.as_str()) {
            let name = shortened(name);
            left.of_plan(
                &name,
                shown(&name, value),
                &format!("Das Feld „{name}“ des Plans wird nicht übernommen"),
                &format!("The plan's field `{name}` is not taken"),
            );
        }
    }
    let mut many = |name: &str, count: usize| {
        if count > 0 {
            let name = shortened(name);
            let (de, en) = match count {
                1 => (
                    "1 Eintrag in „…“ wird nicht übernommen".to_owned(),
                    "1 entry of `…` is not taken".to_owned(),
                ),
                _ => (
                    format!("{count} Einträge in „…“ werden nicht übernommen"),
                    format!("{count} entries of `…` are not taken"),
                ),
            };
            left.of_plan(
                &name,
                "",
                &de.replacen('…', &name, 1),
                &en.replacen('…', &name, 1),
            );
        }
    };
    let further = project.further.iter();
    let further = further.filter(|(name, _)| !NO_FACT_OF_PLAN.contains(&name.as_str()));
    for (name, count) in further {
        many(name, *count);
    }
    many("Assignments", project.assignments);
    let own = own_calendar(project);
    let others = project.calendars.iter().enumerate();
    let others = others.filter(|(at, it)| Some(*at) != own && it.says_something());
    many("Calendars", others.count());
    many("Resources", project.resources);
    if let Some(own) = own.and_then(|at| project.calendars.get(at)) {
        working_time(own, project, left);
    }
}

/// The calendar of the plan itself.
fn own_calendar(project: &Project) -> Option<usize> {
    let own = stated(&project.fields, "CalendarUID");
    let calendars = &project.calendars;
    let named = |it: &Calendar| own.is_some() && stated(&it.fields, "UID") == own;
    let at = calendars.iter().position(named);
    at.or((!calendars.is_empty()).then_some(0))
}

/// Working days are counted whatever day they fall on, so what the calendar says of them is left out.
fn working_time(own: &Calendar, project: &Project, left: &mut Left) {
    let minutes = project.minutes_per_day();
    let is_other = |it: &&super::project::Weekday| match it.kind.as_str() {
        "1" | "7" => it.works,
        "0" => false,
        _ => !it.works || it.minutes != 0 && it.minutes != minutes,
    };
    let days = own.days.iter().filter(is_other).count();
    let (free, weeks) = (own.exceptions(), own.weeks);
    if days + free + weeks > 0 {
        left.of_plan(
            "Calendars",
            "",
            &format!("Der Kalender des Plans wird nicht übernommen ({free} Ausnahmen wie Feiertage, {weeks} eigene Arbeitswochen, {days} Wochentage mit anderer Arbeitszeit); Dauern und Abstände zählen Arbeitstage"),
            &format!("The plan's calendar is not taken ({free} exceptions such as holidays, {weeks} working weeks of their own, {days} weekdays with other hours); durations and lags count working days"),
        );
    }
}

impl Calendar {
    /// Holidays and the like; newer programs write them twice.
    fn exceptions(&self) -> usize {
        let older = self.days.iter().filter(|it| it.kind == "0").count();
        older.max(self.exceptions)
    }

    /// Every resource has a calendar, and every program some of its own.
    fn says_something(&self) -> bool {
        let is_base = stated(&self.fields, "IsBaseCalendar").is_none_or(is_yes);
        let is_brought = stated(&self.fields, "Name").is_some_and(|name| BROUGHT.contains(&name));
        let changes = self.exceptions() + self.weeks > 0;
        changes || is_base && !is_brought || !is_base && !self.days.is_empty()
    }
}

fn counts_from_end(project: &Project) -> bool {
    stated(&project.fields, "ScheduleFromStart").is_some_and(|it| !is_yes(it))
}

/// Nothing, no, or none.
pub(super) fn is_nothing(value: &str) -> bool {
    let value = value.trim();
    let is_zero = value.bytes().all(|it| matches!(it, b'0' | b'.' | b'-'));
    let time = value.strip_prefix('P').filter(|it| it.contains('0'));
    let is_no_time = time.is_some_and(|it| it.bytes().all(|it| b"0.TYMDHS".contains(&it)));
    is_zero || is_no_time || value == "false"
}

/// A value if it is a number, day or duration. Words are of people and are not shown.
fn shown<'v>(field: &str, value: &'v str) -> &'v str {
    let begins = value.starts_with(|it: char| it.is_ascii_digit() || it == '-');
    let is_plain = |it: char| it.is_ascii_digit() || "-+.:,TPHMSDZ".contains(it);
    let is_plain = (begins || value.starts_with("PT")) && value.chars().all(is_plain);
    if is_plain && !WORDS.contains(&field) {
        value
    } else {
        ""
    }
}

fn day(stamp: &str) -> &str {
    stamp.split('T').next().unwrap_or_default()
}
