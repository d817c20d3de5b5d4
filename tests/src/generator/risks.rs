//! Risks, their assessments and drivers, impediments and their steps.

use jiff::civil::{Date, date};

use super::{Desk, Draft, LAST_EVENT, add_days, money_cell};

/// The responses to a risk.
const RESPONSES: &[&str] = &["mitigate", "accept", "transfer", "avoid", "escalate"];

impl Desk {
    /// Feeds everything about risks and impediments.
    pub(super) fn risks(&mut self) {
        for number in 0..self.count(60, 3) {
            self.risk(number);
        }
        for number in 0..self.count(70, 2) {
            self.impediment(number);
        }
    }

    fn risk(&mut self, number: usize) {
        let id = format!("RI-{number:03}");
        let day = self.dice.day(date(2023, 11, 10), date(2026, 3, 31));
        let subject = match self.dice.between(1, 3) {
            1 => self.dice.pick(&["DG", "DS", "RM", "KI"]).to_owned(),
            2 => "PROG".to_owned(),
            _ => self.entry("measure"),
        };
        let mut draft = Draft::new("risks")
            .set("id", &id)
            .set("subject", subject)
            .set(
                "category",
                self.dice
                    .pick(&["Finanzen", "Recht", "Technik", "Organisation"]),
            )
            .set("title", self.title())
            .set("cause", "Zulieferung offen")
            .set("owner", self.body())
            .set("response", self.dice.pick(RESPONSES))
            .set("identified_on", day);
        if self.dice.chance(92) {
            draft = draft.set("cost_impact", money_cell(self.dice.between(0, 300_000_007)));
        }
        if self.dice.chance(85) {
            draft = draft.set("review_days", self.dice.pick(&[30, 60, 90, 180]));
        }
        self.take_prompt(draft.clone());
        if self.dice.chance(25) {
            let from = add_days(day, self.dice.between(20, 300));
            let state = draft
                .set("owner", self.body())
                .set("response", self.dice.pick(RESPONSES));
            self.take(state.set("valid_from", from));
        }
        self.assessments(&id, day);
        self.driver(&id, day);
    }

    fn assessments(&mut self, risk: &str, identified: Date) {
        if self.dice.chance(50) {
            self.assessment(risk, identified, "inherent");
        }
        let mut day = identified;
        for _ in 0..self.dice.between(0, 5) {
            day = add_days(day, self.dice.between(10, 120));
            if day > LAST_EVENT {
                return;
            }
            self.assessment(risk, day, "current");
            if self.dice.chance(25) {
                self.assessment(risk, day, "residual");
            }
        }
    }

    fn assessment(&mut self, risk: &str, day: Date, kind: &str) {
        let batch = self.any_batch();
        let mut draft = Draft::new("risk_assessments")
            .set("date", day)
            .set("risk", risk)
            .set("probability", self.dice.between(1, 5))
            .set("impact", self.dice.between(1, 5))
            .batch(batch);
        if kind != "current" || self.dice.chance(50) {
            draft = draft.set("kind", kind);
        }
        if self.dice.chance(25) {
            draft = draft.set("cost_impact", money_cell(self.dice.between(0, 90_000_033)));
        }
        if self.dice.chance(15) {
            draft = draft.set("key", format!("RA-{risk}-{day}-{kind}"));
        }
        self.take(draft);
    }

    /// A driver for one of the activities, where there is one.
    fn driver(&mut self, risk: &str, day: Date) {
        let activities = self
            .drafts
            .iter()
            .filter(|draft| draft.row.table == "activities");
        let ids: Vec<String> = activities.map(|draft| draft.get("id").to_owned()).collect();
        if ids.is_empty() || !self.dice.chance(25) {
            return;
        }
        let names: Vec<&str> = ids.iter().map(String::as_str).collect();
        let draft = Draft::new("risk_drivers")
            .set("risk", risk)
            .set("activity", self.dice.pick(&names))
            .set("delay_days", self.dice.between(1, 60))
            .set("cost", money_cell(self.dice.between(0, 20_000_000)))
            .set("set_on", day);
        self.take(draft);
    }

    fn impediment(&mut self, number: usize) {
        let id = format!("HI-{number:03}");
        let day = self.dice.day(date(2023, 11, 10), date(2026, 8, 31));
        let mut draft = Draft::new("impediments")
            .set("id", &id)
            .set("subject", self.entry("measure"))
            .set("title", self.title())
            .set("reported_on", day);
        if self.dice.chance(60) {
            draft = draft.set("due", add_days(day, self.dice.between(20, 200)));
        }
        self.take_prompt(draft);
        let mut step_day = day;
        for _ in 0..self.dice.between(0, 2) {
            step_day = add_days(step_day, self.dice.between(5, 60));
            self.impediment_step(&id, step_day, "escalated");
        }
        if self.dice.chance(45) {
            step_day = add_days(step_day, self.dice.between(5, 90));
            self.impediment_step(&id, step_day, "resolved");
        }
    }

    fn impediment_step(&mut self, id: &str, day: Date, step: &str) {
        if day > LAST_EVENT {
            return;
        }
        let batch = self.any_batch();
        let mut draft = Draft::new("impediment_steps")
            .set("date", day)
            .set("impediment", id)
            .set("step", step)
            .batch(batch);
        if step == "escalated" {
            draft = draft.set("to_body", self.body());
        }
        self.take(draft);
    }
}
