//! What of a plan is not taken.

use super::project::Task;
use crate::{Finding, finding::shortened};

/// So many are listed one by one.
const NAMED: usize = 5_000;

/// A list of what is left out.
#[derive(Default)]
pub(super) struct Left {
    findings: Vec<Finding>,
    further: usize,
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
        self.push(finding.at(field).showing(value), Some(task));
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
        field: &str,
        de: &str,
        en: &str,
    ) {
        let name = shortened(&task.name);
        let finding = Finding::new(
            code,
            format!("Vorgang „{name}“: {de}"),
            format!("Task `{name}`: {en}"),
        );
        self.push(finding.at(field), Some(task));
    }

    /// Something about the plan.
    pub(super) fn plan(&mut self, code: &'static str, field: &str, de: &str, en: &str) {
        self.push(Finding::new(code, de, en).at(field), None);
    }

    fn push(&mut self, finding: Finding, task: Option<&Task>) {
        if self.findings.len() < NAMED {
            let row = task.map(|it| it.number);
            self.findings.push(finding.in_row(None, row));
        } else {
            self.further += 1;
        }
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        if self.further > 0 {
            let further = self.further;
            self.findings.push(Finding::new(
                "not_taken",
                format!("{further} weitere Angaben des Plans werden nicht übernommen; bitte in Teilen ausgeben, um alle zu sehen"),
                format!("{further} further statements of the plan are not taken; export it in parts to see all"),
            ));
        }
        self.findings
    }
}
