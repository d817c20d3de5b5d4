//! What of a plan is not taken.

use std::{borrow::Cow, collections::BTreeMap};

use super::project::Task;
use crate::{Finding, finding::shortened};

/// So many are listed one by one; a report keeps a few more.
const NAMED: usize = 5_000;
/// So many of one field: one that every task has hides no other.
const NAMED_OF_ONE: usize = 500;
/// So many fields are told apart in sums.
const FIELDS: usize = 1_000;

/// A list of what is left out.
#[derive(Default)]
pub(super) struct Left {
    of_tasks: Vec<Finding>,
    of_plan: Vec<Finding>,
    /// How many there are by code and field, and how many of them are not listed one by one.
    counts: BTreeMap<(Cow<'static, str>, String), (usize, usize)>,
}

impl Left {
    /// A task's field has no place in our tables.
    pub(super) fn field(&mut self, task: &Task, field: &str, value: &str) {
        let de = format!("das Feld „{field}“ wird nicht übernommen");
        let en = format!("the field `{field}` is not taken");
        self.because(task, (field, value), &de, &en);
    }

    /// A field's value cannot be taken, for this reason.
    pub(super) fn because(
        &mut self,
        task: &Task,
        (field, value): (&str, &str),
        de: &str,
        en: &str,
    ) {
        let name = shortened(&task.name);
        let finding = Finding::new(
            "not_taken",
            format!("Vorgang „{name}“: {de}"),
            format!("Task `{name}`: {en}"),
        );
        self.push(finding.at(field).showing(value), task);
    }

    /// A task becomes no row, because of what that field says.
    pub(super) fn whole(&mut self, task: &Task, field: (&str, &str), de: &str, en: &str) {
        let de = format!("der Vorgang wird nicht übernommen, weil {de}");
        let en = format!("the task is not taken, because {en}");
        self.because(task, field, &de, &en);
    }

    /// Something about a task stands in the way.
    pub(super) fn task(
        &mut self,
        task: &Task,
        code: &'static str,
        (field, value): (&str, &str),
        de: &str,
        en: &str,
    ) {
        let name = shortened(&task.name);
        let finding = Finding::new(
            code,
            format!("Vorgang „{name}“: {de}"),
            format!("Task `{name}`: {en}"),
        );
        self.push(finding.at(field).showing(value), task);
    }

    /// Many things of a task have no place in our tables.
    pub(super) fn many(&mut self, task: &Task, field: &str, count: usize) {
        if count == 1 {
            return self.field(task, field, "");
        }
        let de = format!("{count} Angaben „{field}“ werden nicht übernommen");
        let en = format!("{count} statements `{field}` are not taken");
        self.because(task, (field, ""), &de, &en);
    }

    /// Something about the plan.
    pub(super) fn plan(&mut self, code: &'static str, field: &str, de: &str, en: &str) {
        self.of_plan.push(Finding::new(code, de, en).at(field));
    }

    /// Something of the plan as a whole has no place in our tables.
    pub(super) fn of_plan(&mut self, field: &str, value: &str, de: &str, en: &str) {
        if self.of_plan.len() < FIELDS {
            let finding = Finding::new("not_taken", de, en);
            self.of_plan.push(finding.at(field).showing(value));
        }
    }

    fn push(&mut self, finding: Finding, task: &Task) {
        let field = finding.column.clone().unwrap_or_default();
        let mut key = (finding.code.clone(), field);
        if self.counts.len() >= FIELDS && !self.counts.contains_key(&key) {
            key.1.clear();
        }
        let (all, further) = self.counts.entry(key).or_default();
        *all += 1;
        if *all <= NAMED_OF_ONE && self.of_tasks.len() < NAMED {
            // The task above all others has number 0, and no row.
            let row = Some(task.number).filter(|it| *it > 0);
            self.of_tasks.push(finding.in_row(None, row));
        } else {
            *further += 1;
        }
    }

    /// Everything: task by task, sums of what is too much for that, and of the plan.
    pub(super) fn finish(self) -> Vec<Finding> {
        let mut findings = self.of_tasks;
        for ((code, field), (_, further)) in self.counts {
            if further > 0 {
                let what = if field.is_empty() { "…" } else { &field };
                let finding = Finding::new(
                    code,
                    format!(
                        "{further} weitere Vorgänge, bei denen „{what}“ nicht übernommen wird; bitte in Teilen ausgeben, um alle zu sehen"
                    ),
                    format!(
                        "{further} further tasks whose `{what}` is not taken; export the plan in parts to see all"
                    ),
                );
                findings.push(finding.at(what));
            }
        }
        findings.extend(self.of_plan);
        findings
    }
}
