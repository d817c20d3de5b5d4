//! Plans of Microsoft Project, saved as XML (MSPDI).
//!
//! What becomes what, and what does not:
//!
//! - *Which measure*: a text field of the task called `Maßnahme` (or `subject`, `measure`: any header of
//!   those columns), else `Text1`; a task without one has that of the summary task above it.
//! - *Ids*: a text field called `Kennung` or `id`, else the measure and the task's unique number, as in
//!   `DG-M-01-T12`: the same in every later export.
//! - *When planned*: a field called `Geplant am`, else the day the plan was created: the same in every
//!   later export.
//! - *Milestones* are the tasks marked so. Baseline 0 is the promised day; `Gewicht` and `Beschluss` are
//!   read from fields of that name. Later baselines need a resolution and a reason, which a plan does not
//!   state: they are listed. With the plan's status date, finish or actual finish is reported, and name,
//!   weight and resolution are a state from that date: a later export may say others, but no other promise.
//! - *Activities* are all tasks but summaries, milestones with duration 0, effective from the status
//!   date. Fields called `Optimistisch`, `Wahrscheinlich`, `Pessimistisch` (all three) are the
//!   durations, else the task's one duration is all three; in working days of the plan's hours. A duration in
//!   calendar time (elapsed days) is none.
//! - *Links* keep their type, and their lag if it is whole working days.
//!
//! Everything else that says something is listed, by task and field, also what has a name nobody here knows;
//! things repeated in a task as a sum, resources, assignments and calendars as one sum each. No fact are
//! marks, settings, what the program computes (start, finish and slack of what is not set by hand), and
//! what it writes when nobody says anything. Of dates with a time of day, as a plan has them everywhere, the
//! day counts.

mod facts;
mod left;
mod project;
mod rows;
mod taken;
mod time;

use self::{left::Left, project::Project};
use super::{
    LARGEST,
    wrong::{too_large, unsupported},
};
use crate::{Finding, grid::Grid};

/// What a plan holds.
pub(crate) struct Plan {
    /// Tables of ours, named as such.
    pub(crate) tables: Vec<Grid>,
    /// What was not taken; a row is the task's number in the plan.
    pub(crate) left_out: Vec<Finding>,
}

/// Reads a plan.
///
/// # Errors
/// The file as a whole is none or cannot be read.
pub(crate) fn read(bytes: &[u8], name: &str) -> Result<Plan, Finding> {
    if !name.to_lowercase().ends_with(".xml") {
        return Err(unsupported_plan(
            "Eine Projektdatei (.mpp)",
            "A project file (.mpp)",
        ));
    }
    if bytes.len() > LARGEST {
        return Err(too_large("über 256 MiB", "more than 256 MiB"));
    }
    // A file cut off inside a letter is damaged, not written in other letters.
    if str::from_utf8(bytes).is_err_and(|it| it.error_len().is_some()) {
        return Err(not_utf8());
    }
    let project = Project::read(bytes, name)?;
    let mut left = Left::default();
    let tables = rows::tables(&project, &mut left);
    let mut left_out = left.finish();
    if tables.is_empty() && left_out.is_empty() {
        left_out.push(no_tasks());
    }
    Ok(Plan { tables, left_out })
}

fn no_tasks() -> Finding {
    Finding::new(
        "no_tables",
        "In diesem Plan steht kein Vorgang, aus dem eine Zeile entsteht",
        "No task of this plan becomes a row",
    )
}

fn not_utf8() -> Finding {
    Finding::new(
        "not_utf8",
        "Der Plan ist nicht in UTF-8 kodiert, sondern etwa in UTF-16 oder Latin-1; bitte in MS Project mit „Speichern unter“ neu als XML speichern, oder im Editor als UTF-8",
        "The plan is not encoded as UTF-8 but perhaps as UTF-16 or Latin-1; save it in MS Project as XML anew, or in an editor as UTF-8",
    )
}

fn unsupported_plan(de: &str, en: &str) -> Finding {
    let finding = unsupported(de);
    Finding::new(
        finding.code,
        format!(
            "{de} wird nicht gelesen; bitte in MS Project mit „Speichern unter“ als XML speichern"
        ),
        format!("{en} is not read; save the plan in MS Project as XML"),
    )
}
