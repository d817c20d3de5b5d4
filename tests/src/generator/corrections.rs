//! Corrections of what was fed: columns, dates, annulments, and rows that hold again.

use jiff::civil::Date;

use super::{Desk, Draft, LAST_DAY, add_days};
use crate::reference::tables::{cell, identity, table};

/// Columns that may be corrected, per table, with what a corrected cell is made of; a table
/// without any is moved or annulled only.
#[rustfmt::skip]
const COLUMNS: &[(&str, &[(&str, Make)])] = &[
    ("catalogue", &[("title", Make::Title)]),
    ("links", &[("until", Make::Day)]),
    ("seats", &[("state", Make::Of(&["named", "vacant"])), ("level", Make::Of(&["Bund", "Land"]))]),
    ("report_calls", &[("due", Make::Day)]),
    ("thresholds", &[("amber", Make::Of(&["7", "10"])), ("red", Make::Of(&["30", "60"]))]),
    ("mandates", &[("due", Make::Day), ("resolution", Make::Of(&["Beschluss 2024/17"]))]),
    ("mandate_steps", &[]),
    ("releases", &[("classification", Make::Of(&["public", "body"]))]),
    ("milestones", &[("title", Make::Title), ("baseline", Make::Day), ("weight", Make::Scale)]),
    ("rebaselines", &[("baseline", Make::Day)]),
    ("milestone_reports", &[("forecast", Make::Day), ("reached", Make::Earlier)]),
    ("status_reports", &[("schedule", Make::Colour), ("budget", Make::Colour), ("risks", Make::Colour), ("overall", Make::Colour), ("original", Make::Of(&["Plan", "rot"]))]),
    ("status_overrides", &[("overall", Make::Colour)]),
    ("plans", &[("planned_value", Make::Amount)]),
    ("progress", &[("earned_value", Make::Amount), ("actual_cost", Make::Amount)]),
    ("activities", &[("pessimistic", Make::Of(&["90", "120"]))]),
    ("goal_indicators", &[("target", Make::Of(&["5500", "6000"]))]),
    ("goal_measurements", &[("value", Make::Scale)]),
    ("risks", &[("cost_impact", Make::Amount), ("review_days", Make::Of(&["30", "45", "120"])), ("response", Make::Of(&["accept", "avoid"])), ("owner", Make::Of(&["B-PMO", "B-FITKO"])), ("title", Make::Title)]),
    ("risk_assessments", &[("probability", Make::Scale), ("impact", Make::Scale), ("cost_impact", Make::Amount)]),
    ("risk_actions", &[("due", Make::Day), ("cost", Make::Amount), ("state", Make::Of(&["running", "done", "dropped"]))]),
    ("risk_closures", &[("outcome", Make::Of(&["closed"]))]),
    ("risk_drivers", &[("cost", Make::Amount)]),
    ("impediments", &[("title", Make::Title)]),
    ("impediment_steps", &[("to_body", Make::Of(&["B-ALR", "B-ITPLR"]))]),
    ("pots", &[("amount", Make::Amount), ("title", Make::Title)]),
    ("requests", &[("amount", Make::Amount), ("applicant", Make::Of(&["B-KT-DS", "B-FHH-SK"]))]),
    ("request_steps", &[("amount", Make::Amount), ("due", Make::Day)]),
    ("papers", &[("title", Make::Title), ("track", Make::Of(&["debate"]))]),
    ("votes", &[("vote", Make::Of(&["yes", "no", "abstain"]))]),
    ("resolutions", &[("kind", Make::Of(&["decision", "noted"])), ("number", Make::Of(&["2024/99"]))]),
    ("bookings", &[("amount", Make::Amount), ("amount", Make::Amount), ("cost_type", Make::Of(&["other", "travel"]))]),
    ("carry_overs", &[("amount", Make::Amount), ("resolution", Make::Of(&["IT-PLR 47"]))]),
];

/// Cells that may be emptied, where they are stated.
const OPTIONAL: &[(&str, &str)] = &[
    ("links", "until"),
    ("mandates", "due"),
    ("risk_actions", "due"),
    ("milestones", "weight"),
    ("risks", "cost_impact"),
    ("risks", "review_days"),
    ("risk_assessments", "cost_impact"),
    ("bookings", "cost_type"),
    ("status_reports", "original"),
];

/// Tables whose rows are also moved to another day in a feed of all tables.
const ALSO_MOVED: &[&str] = &[
    "links",
    "seats",
    "mandates",
    "mandate_steps",
    "plans",
    "progress",
    "goal_measurements",
    "risk_actions",
    "risk_closures",
    "carry_overs",
];

/// How a corrected cell is made from the old one.
#[derive(Clone, Copy)]
enum Make {
    Title,
    Colour,
    Scale,
    /// An amount near the old one.
    Amount,
    /// A day near the old one.
    Day,
    /// A day before the old one.
    Earlier,
    Of(&'static [&'static str]),
}

impl Desk {
    /// Corrects some of the rows fed so far, one to three times each.
    pub(super) fn corrections(&mut self) {
        for _ in 0..self.count(28, 4) {
            self.correct_one_from(0);
        }
        if let Some(first) = self.on_top {
            for _ in 0..self.count(28, 4) {
                self.correct_one_from(first);
            }
        }
    }

    /// Corrects one of the rows from that place on, if rows of its table are corrected at all.
    fn correct_one_from(&mut self, first: usize) {
        let place = |it: usize| i64::try_from(it).unwrap_or(0);
        let last = place(self.drafts.len()) - 1;
        let chosen = self.dice.between(place(first), last);
        let target = self.drafts[usize::try_from(chosen).unwrap_or(0)].clone();
        if COLUMNS.iter().any(|(table, _)| *table == target.row.table) {
            self.corrections_of(&target);
        }
    }

    fn corrections_of(&mut self, target: &Draft) {
        let mut days = Vec::new();
        for _ in 0..self.dice.pick(&[1, 1, 1, 2, 2, 3]) {
            let day = target
                .known()
                .map(|known| add_days(known, self.dice.between(0, 260)).min(LAST_DAY));
            let kind = self.dice.between(1, 100);
            let correction = match kind {
                1..=14 => Some(self.correction(target, day).set("void", "yes")),
                15..=26 => self.moved(target, day),
                _ => self.columns(target, day),
            };
            let Some(correction) = correction else {
                continue;
            };
            days.push(day);
            self.drafts.push(correction);
            if kind <= 14 && self.dice.chance(50) {
                // Known later, the row holds again.
                let later = day.map(|day| add_days(day, self.dice.between(1, 60)).min(LAST_DAY));
                let again = self
                    .columns(target, later)
                    .unwrap_or_else(|| self.correction(target, later).set("void", "no"));
                self.drafts.push(again);
            }
        }
    }

    /// A correction without content; `key` and `date` name the row.
    fn correction(&mut self, target: &Draft, known: Option<Date>) -> Draft {
        // What rests on a request is fed before the request is corrected.
        let rested_on = ["pots", "requests", "request_steps", "carry_overs"]
            .contains(&target.row.table.as_str());
        let batch = if self.dice.chance(30) && !rested_on {
            target.batch
        } else {
            super::LAST_BATCH
        };
        let draft = Draft::new("corrections")
            .set("table", &target.row.table)
            .set("key", self.key(target))
            .set("date", target.effective())
            .set(
                "reason",
                self.dice
                    .pick(&["Ziffern vertauscht", "falsch erfasst", "Datum verwechselt"]),
            )
            .batch(batch);
        match known {
            Some(day) => draft.set("received_on", day),
            None => draft,
        }
    }

    fn moved(&mut self, target: &Draft, known: Option<Date>) -> Option<Draft> {
        let moves = [
            "milestone_reports",
            "status_reports",
            "risk_assessments",
            "bookings",
            "impediments",
            "rebaselines",
        ];
        let table = target.row.table.as_str();
        let also = self.on_top.is_some() && ALSO_MOVED.contains(&table);
        if !also && !moves.contains(&table) {
            return None;
        }
        let days = self.dice.pick(&[-4, -1, 1, 2, 6]);
        let mut draft = self
            .correction(target, known)
            .set("to_date", add_days(target.effective(), days));
        if self.dice.chance(30)
            && let Some((column, value)) = self.changed_cell(target)
        {
            draft = draft.set(&column, value);
        }
        Some(draft)
    }

    /// One or two corrected columns, or an emptied one.
    fn columns(&mut self, target: &Draft, known: Option<Date>) -> Option<Draft> {
        let mut draft = self.correction(target, known);
        let optional = OPTIONAL
            .iter()
            .find(|(table, column)| *table == target.row.table && !target.get(column).is_empty());
        if let Some((_, column)) = optional
            && self.dice.chance(20)
        {
            return Some(draft.set(column, "-"));
        }
        let (column, value) = self.changed_cell(target)?;
        draft = draft.set(&column, value);
        if self.dice.chance(25)
            && let Some((column, value)) = self.changed_cell(target)
        {
            draft = draft.set(&column, value);
        }
        Some(draft)
    }

    /// A column of the row that is stated, and another cell for it.
    fn changed_cell(&mut self, target: &Draft) -> Option<(String, String)> {
        let (_, columns) = COLUMNS
            .iter()
            .find(|(table, _)| *table == target.row.table)?;
        if columns.is_empty() {
            return None;
        }
        let (column, make) = self.dice.pick(columns);
        let old = cell(&target.row.cells, column)?.to_owned();
        if column == "baseline" && self.has_states(target) {
            return None;
        }
        let value = match make {
            Make::Title => self.title(),
            Make::Colour => self.colour().to_owned(),
            Make::Scale => self.dice.between(1, 5).to_string(),
            Make::Amount => {
                let cents: i64 = old.replace('.', "").parse().ok()?;
                super::money_cell(self.dice.part(cents, 90, 108))
            }
            Make::Day => add_days(old.parse().ok()?, self.dice.between(-20, 40)).to_string(),
            Make::Earlier => add_days(old.parse().ok()?, -self.dice.between(0, 10)).to_string(),
            Make::Of(cells) => self.dice.pick(cells).to_owned(),
        };
        Some((column.to_owned(), value))
    }

    /// Whether a milestone has more than one state: then its baseline stays as it is.
    fn has_states(&self, target: &Draft) -> bool {
        let same = |other: &&Draft| {
            other.row.table == "milestones"
                && target.row.table == "milestones"
                && other.get("id") == target.get("id")
        };
        self.drafts.iter().filter(same).count() > 1
    }

    /// The identity of a row; that of a later state includes its date. Where the column marked (E)
    /// says the same day as `valid_from`, `date` alone may tell the states apart.
    fn key(&self, target: &Draft) -> String {
        let own = identity(&target.row.table, &target.row.cells);
        let from = match target.row.table.as_str() {
            // Their identity holds the day already, or is found by the correction's `date`.
            "seats" | "thresholds" => "",
            _ => target.get("valid_from"),
        };
        let column = table(&target.row.table).map_or("", |table| table.effective);
        let told_twice = self.on_top.is_some() && target.get(column) == from;
        if from.is_empty() || told_twice {
            own
        } else {
            format!("{own}/{from}")
        }
    }
}
