//! What is done about risks: actions, drivers set anew, closures, and the impediments they become.

use jiff::civil::Date;

use super::{Desk, Draft, LAST_DAY, LAST_EVENT, add_days, money_cell};

impl Desk {
    /// Feeds what happens to the risks of [`Desk::risks`].
    pub(super) fn register(&mut self) {
        let risks: Vec<(String, Date)> = self
            .drafts
            .iter()
            .filter(|draft| draft.row.table == "risks" && draft.get("valid_from").is_empty())
            .map(|draft| (draft.get("id").to_owned(), draft.effective()))
            .collect();
        for (number, (risk, day)) in risks.into_iter().enumerate() {
            for action in 0..self.dice.between(0, 2) {
                self.action(&format!("MA-{number:03}-{action}"), &risk, day);
            }
            if self.dice.chance(40) {
                self.drivers(&risk, day);
            }
            if self.dice.chance(35) {
                self.closure(&risk, day);
            }
        }
    }

    /// An action, and how it goes on.
    fn action(&mut self, id: &str, risk: &str, identified: Date) {
        let mut day = add_days(identified, self.dice.between(0, 120));
        let mut draft = Draft::new("risk_actions")
            .set("id", id)
            .set("risk", risk)
            .set("action", "Vertretung regeln")
            .set("date", day);
        if self.dice.chance(70) {
            draft = draft.set("owner", self.body());
        }
        if self.dice.chance(70) {
            draft = draft.set("due", add_days(day, self.dice.between(30, 200)));
        }
        if self.dice.chance(80) {
            draft = draft.set("state", self.dice.pick(&["planned", "running"]));
        }
        if self.dice.chance(50) {
            draft = draft.set("cost", money_cell(self.dice.between(0, 5_000_001)));
        }
        self.take_prompt(draft.clone());
        for _ in 0..self.dice.between(0, 2) {
            day = add_days(day, self.dice.between(20, 200));
            if day > LAST_EVENT {
                return;
            }
            let batch = self.any_batch();
            draft = draft
                .set("state", self.dice.pick(&["running", "done", "dropped"]))
                .set("date", day)
                .set("valid_from", day);
            self.take(draft.clone().batch(batch));
        }
    }

    /// Drivers: one without a day of its own, one with a later state.
    fn drivers(&mut self, risk: &str, day: Date) {
        let activities: Vec<String> = self
            .drafts
            .iter()
            .filter(|draft| draft.row.table == "activities")
            .map(|draft| draft.get("id").to_owned())
            .collect();
        let names: Vec<&str> = activities.iter().map(String::as_str).collect();
        if names.is_empty() {
            return;
        }
        let driver = Draft::new("risk_drivers")
            .set("risk", risk)
            .set("activity", self.dice.pick(&names));
        if self.dice.chance(50) {
            let known = add_days(day, self.dice.between(0, 200)).min(LAST_DAY);
            let draft = driver.set("delay_days", self.dice.between(1, 60));
            self.drafts.push(draft.set("received_on", known));
            return;
        }
        let driver = driver.set("cost", money_cell(self.dice.between(0, 20_000_000)));
        self.take_prompt(driver.clone().set("set_on", day));
        let later = add_days(day, self.dice.between(20, 300));
        self.take(
            driver
                .set("set_on", later)
                .set("delay_days", 5)
                .set("valid_from", later),
        );
    }

    /// The end of a risk: closed, or occurred and become an impediment.
    fn closure(&mut self, risk: &str, identified: Date) {
        let day = add_days(identified, self.dice.between(10, 500));
        if day > LAST_EVENT {
            return;
        }
        let batch = self.any_batch();
        let mut draft = Draft::new("risk_closures")
            .set("date", day)
            .set("risk", risk)
            .batch(batch);
        if self.dice.chance(60) {
            draft = draft.set("outcome", "closed");
        } else {
            let id = format!("HR-{risk}");
            let impediment = Draft::new("impediments")
                .set("id", &id)
                .set("subject", self.entry("measure"))
                .set("title", self.title())
                .set("reported_on", day);
            self.take_prompt(impediment);
            draft = draft.set("outcome", "occurred").set("impediment", id);
        }
        self.take(draft);
    }
}
