//! Milestones with their reports, plans, progress, activities and goals.

use jiff::civil::{Date, date};

use super::{Desk, Draft, LAST_EVENT, add_days, money_cell};

impl Desk {
    /// Feeds everything about time.
    pub(super) fn schedule(&mut self) {
        for number in 0..self.count(50, 2) {
            self.milestone(number);
        }
        for number in 0..self.count(250, 1) {
            self.plan(number);
        }
        for number in 0..self.count(250, 1) {
            self.goal(number);
        }
    }

    fn milestone(&mut self, number: usize) {
        let id = format!("MS-{number:03}");
        let planned = self.dice.day(date(2022, 1, 1), date(2025, 9, 30));
        let baseline = add_days(planned, self.dice.between(60, 420));
        let kind = self.dice.pick(&["measure", "governance"]);
        let milestone = Draft::new("milestones")
            .set("id", &id)
            .set("subject", self.entry(kind))
            .set("title", self.title())
            .set("baseline", baseline)
            .set("weight", self.dice.between(1, 5))
            .set("planned_on", planned);
        self.take_prompt(milestone.clone());
        if self.dice.chance(20) {
            let from = add_days(planned, self.dice.between(20, 300));
            let state = milestone.set("title", self.title()).set("valid_from", from);
            self.take(state);
        }
        if self.dice.chance(30) {
            self.rebaselines(&id, planned, baseline);
        }
        self.milestone_reports(&id, planned, baseline);
    }

    fn rebaselines(&mut self, id: &str, planned: Date, mut baseline: Date) {
        let mut day = planned;
        for number in 0..self.dice.between(1, 2) {
            day = add_days(day, self.dice.between(30, 250));
            baseline = add_days(baseline, self.dice.between(-20, 150));
            if day > LAST_EVENT {
                return;
            }
            let batch = self.any_batch();
            let draft = Draft::new("rebaselines")
                .set("milestone", id)
                .set("baseline", baseline)
                .set("resolved_on", day)
                .set("resolution", format!("Beschluss {number}"))
                .set("reason", "neu geplant")
                .batch(batch);
            self.take(draft);
        }
    }

    /// Forecasts at intervals until the milestone is reached; no report after that.
    fn milestone_reports(&mut self, id: &str, planned: Date, baseline: Date) {
        let mut forecast = baseline;
        let mut day = planned;
        for _ in 0..self.dice.between(0, 9) {
            day = add_days(day, self.dice.between(20, 100));
            if day > LAST_EVENT {
                return;
            }
            let batch = self.any_batch();
            let report = Draft::new("milestone_reports")
                .set("report_date", day)
                .set("milestone", id)
                .batch(batch);
            if day >= forecast || self.dice.chance(8) {
                // Some report what is still to come.
                let reached = add_days(day, -self.dice.pick(&[0, 0, 0, 2, 9, -45]));
                self.take(report.set("reached", reached));
                return;
            }
            forecast = match self.dice.between(1, 10) {
                1 => add_days(forecast, -self.dice.between(1, 30)),
                2..=5 => forecast,
                _ => add_days(forecast, self.dice.between(1, 120)),
            };
            self.take(report.set("forecast", forecast).set("reporter", "B-PMO"));
        }
    }

    /// A plan of two baselines at most, progress and a few activities.
    fn plan(&mut self, number: usize) {
        let measures = Self::entries("measure");
        let measure = &measures[number % measures.len()];
        let start = self.dice.day(date(2023, 12, 1), date(2025, 3, 1));
        let step = self.dice.between(500_000, 9_000_000);
        for baseline in 1..=self.dice.between(1, 2) {
            for period in 1..=self.dice.between(2, 5) {
                let draft = Draft::new("plans")
                    .set("measure", measure)
                    .set("baseline", baseline)
                    .set("period_end", add_days(start, 30 * period))
                    .set("planned_value", money_cell(step * period))
                    .set("baselined_on", add_days(start, 60 * (baseline - 1)));
                self.take_prompt(draft);
            }
        }
        for period in 1..=self.dice.between(1, 4) {
            let earned = self.dice.part(step * period, 60, 110);
            let draft = Draft::new("progress")
                .set("report_date", add_days(start, 60 + 30 * period))
                .set("measure", measure)
                .set("earned_value", money_cell(earned))
                .set(
                    "actual_cost",
                    money_cell(self.dice.part(step * period, 60, 120)),
                );
            self.take(draft);
        }
        self.activities(number, measure, start);
    }

    fn activities(&mut self, plan: usize, measure: &str, start: Date) {
        let mut before = String::new();
        for number in 1..=self.dice.between(2, 4) {
            let id = format!("AC-{plan:02}-{number}");
            let likely = self.dice.between(5, 40);
            let mut draft = Draft::new("activities")
                .set("id", &id)
                .set("measure", measure)
                .set("optimistic", (likely - self.dice.between(0, 4)).max(1))
                .set("likely", likely)
                .set("pessimistic", likely + self.dice.between(0, 30))
                .set("planned_on", start);
            if !before.is_empty() && self.dice.chance(70) {
                draft = draft.set("predecessors", &before);
            }
            self.take_prompt(draft.clone());
            if self.dice.chance(15) {
                let from = add_days(start, self.dice.between(10, 200));
                self.take(
                    draft
                        .set("pessimistic", likely + 45)
                        .set("valid_from", from),
                );
            }
            before = id;
        }
    }

    fn goal(&mut self, number: usize) {
        let goals = Self::entries("goal");
        let goal = &goals[number % goals.len()];
        let day = self.dice.day(date(2023, 12, 1), date(2025, 1, 31));
        let target = self.dice.between(10, 5_000);
        let draft = Draft::new("goal_indicators")
            .set("goal", goal)
            .set("indicator", "Anzahl")
            .set("unit", "Stück")
            .set("base", 0)
            .set("target", target)
            .set("due", add_days(day, 700))
            .set("set_on", day);
        self.take_prompt(draft);
        for period in 1..=self.dice.between(1, 4) {
            let batch = self.any_batch();
            let draft = Draft::new("goal_measurements")
                .set("date", add_days(day, 90 * period))
                .set("goal", goal)
                .set("indicator", "Anzahl")
                .set("value", self.dice.between(0, target))
                .batch(batch);
            self.take(draft);
        }
    }
}
