//! Overrides, plans with several baselines or a total alone, progress, a network with cycles,
//! goals with several indicators.

use jiff::civil::{Date, date};

use super::{Desk, Draft, LAST_EVENT, add_days, money_cell};

impl Desk {
    /// Feeds what is said about measures and goals, beyond [`Desk::schedule`] and
    /// [`Desk::status`].
    pub(super) fn measures(&mut self) {
        self.overrides();
        for _ in 0..self.count(120, 3) {
            self.baselines();
        }
        self.network();
        for _ in 0..self.count(120, 3) {
            self.indicators();
        }
    }

    /// Overrides of some reports, some of them of a day on which nothing was reported.
    fn overrides(&mut self) {
        let reports: Vec<Draft> = self
            .drafts
            .iter()
            .filter(|draft| draft.row.table == "status_reports")
            .cloned()
            .collect();
        for report in reports {
            if !self.dice.chance(14) {
                continue;
            }
            let day = add_days(report.effective(), self.dice.pick(&[0, 0, 0, 0, 0, 0, 1]));
            let batch = self.any_batch();
            let draft = Draft::new("status_overrides")
                .set("report_date", day.min(LAST_EVENT))
                .set("measure", report.get("measure"))
                .set("overall", self.dice.pick(&["G", "A", "R"]))
                .set("reason", "aus Sicht des Gremiums anders")
                .set("reporter", self.body())
                .batch(batch);
            self.take(draft);
        }
    }

    /// One to three baselines of a measure, in any order of days; some state a total alone.
    fn baselines(&mut self) {
        let measure = self.entry("measure");
        let planned = |draft: &Draft| draft.row.table == "plans" && draft.get("measure") == measure;
        if self.drafts.iter().any(planned) {
            return;
        }
        let start = self.dice.day(date(2023, 12, 1), date(2025, 9, 30));
        let step = self.dice.between(100_000, 9_000_033);
        for baseline in 1..=self.dice.between(1, 3) {
            let set = add_days(start, self.dice.pick(&[0, 40, 90, 180, 300]));
            let plan = Draft::new("plans")
                .set("measure", &measure)
                .set("baseline", baseline)
                .set("baselined_on", set)
                .set("resolution", format!("Beschluss {baseline}"));
            let batch = self.any_batch();
            if self.dice.chance(30) {
                let total = plan.set("planned_value", money_cell(step * 4));
                self.take(total.batch(batch));
                continue;
            }
            for period in 1..=self.dice.between(1, 4) {
                let point = plan
                    .clone()
                    .set("period_end", add_days(start, 45 * period))
                    .set("planned_value", money_cell(step * period))
                    .batch(batch);
                if self.dice.chance(75) {
                    self.take_prompt(point);
                } else {
                    self.take(point);
                }
            }
        }
        self.progress(&measure, start, step);
    }

    fn progress(&mut self, measure: &str, start: Date, step: i64) {
        for period in 1..=self.dice.between(0, 3) {
            let day = add_days(start, 40 * period);
            let mut draft = Draft::new("progress")
                .set("report_date", day)
                .set("measure", measure)
                .set(
                    "earned_value",
                    money_cell(self.dice.part(step * period, 60, 110)),
                );
            if self.dice.chance(60) {
                let cost = self.dice.part(step * period, 60, 120);
                draft = draft.set("actual_cost", money_cell(cost));
            }
            let batch = self.any_batch();
            self.take(draft.batch(batch));
        }
    }

    /// Activities with several predecessors of all kinds, some ahead of their row; the last one
    /// of some networks closes a circle, which is to be refused.
    fn network(&mut self) {
        for network in 0..self.count(300, 1) {
            let measure = self.entry("measure");
            let start = self.dice.day(date(2023, 12, 1), date(2025, 9, 30));
            let id = |number: i64| format!("AN-{network:02}-{number}");
            let last = self.dice.between(4, 6);
            for number in 1..=last {
                let likely = self.dice.between(5, 40);
                let mut draft = Draft::new("activities")
                    .set("id", id(number))
                    .set("measure", &measure)
                    .set("optimistic", likely - self.dice.between(0, 4))
                    .set("likely", likely)
                    .set("pessimistic", likely + self.dice.between(0, 30))
                    .set("planned_on", start);
                let first = id((number + 1).min(last));
                let before = match number {
                    1 => String::new(),
                    2 => id(1),
                    _ if number == last && self.dice.chance(50) => {
                        // All wait for the first, and now the first waits for the last.
                        let circle = draft.clone().set("id", id(1)).set("predecessors", id(last));
                        let from = add_days(start, 30);
                        self.take(circle.set("valid_from", from));
                        id(2)
                    }
                    _ => format!(
                        "{} {}:{}",
                        id(number - 1),
                        id(number - 2),
                        self.dice.pick(&["SS", "FF+3", "SF-2", "FS+10"])
                    ),
                };
                if !before.is_empty() {
                    draft = draft.set("predecessors", before);
                } else if self.dice.chance(10) {
                    // A row that follows.
                    draft = draft.set("predecessors", first);
                }
                self.take_prompt(draft);
            }
        }
    }

    /// One to three indicators of a goal, rising or falling, some set anew, and what was measured.
    fn indicators(&mut self) {
        let goal = self.entry("goal");
        for indicator in ["Quote", "Dauer", "Zufriedenheit"] {
            if self.dice.chance(35) {
                continue;
            }
            let day = self.dice.day(date(2023, 11, 10), date(2025, 9, 30));
            let (base, target) = match self.dice.between(1, 3) {
                1 => ("0", "37.5"),
                2 => ("120.25", "80"),
                _ => ("-3", "4.20"),
            };
            let draft = Draft::new("goal_indicators")
                .set("goal", &goal)
                .set("indicator", indicator)
                .set("unit", "Punkte")
                .set("base", base)
                .set("target", target)
                .set("due", add_days(day, 500))
                .set("set_on", day);
            self.take_prompt(draft.clone());
            if self.dice.chance(25) {
                let from = add_days(day, self.dice.between(30, 300));
                let changed = draft
                    .set("target", self.dice.pick(&["50", "61.125", "90"]))
                    .set("set_on", from)
                    .set("valid_from", from);
                self.take(changed);
            }
            for period in 1..=self.dice.between(0, 3) {
                let batch = self.any_batch();
                let hundredths = self.dice.between(-50, 14_000);
                let measured = Draft::new("goal_measurements")
                    .set("date", add_days(day, 70 * period))
                    .set("goal", &goal)
                    .set("indicator", indicator)
                    .set("value", number_cell(hundredths))
                    .batch(batch);
                self.take(measured);
            }
        }
    }
}

/// A number in hundredths as a cell, without a sign before zero.
fn number_cell(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{}", money_cell(hundredths.abs()))
}
