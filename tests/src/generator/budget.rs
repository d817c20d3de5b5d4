//! What stands around the requests: authorities, outflow plans, needs, contributions, items.

use jiff::civil::{Date, date};

use super::{Desk, Draft, LAST_EVENT, add_days, money_cell};

const PARTNERS: &[&str] = &["BUND", "HH", "NW", "TH"];
const COST_TYPES: &[&str] = &[
    "personnel",
    "external",
    "operations",
    "investment",
    "travel",
    "other",
];

impl Desk {
    /// Feeds the money tables that hang on pots and requests already there.
    pub(super) fn budget(&mut self) {
        let of = |desk: &Self, table: &str| -> Vec<Draft> {
            let all = desk.drafts.iter();
            all.filter(|it| it.row.table == table).cloned().collect()
        };
        let pots = of(self, "pots");
        for pot in pots.iter().filter(|it| it.get("valid_from").is_empty()) {
            let id = pot.get("id").to_owned();
            let year = pot.get("fiscal_year").parse().unwrap_or(2024);
            self.authority(&id, year);
            self.outflow(&id, year);
        }
        for request in of(self, "requests") {
            self.items(&request);
        }
        for number in 0..self.count(60, 6) {
            self.need();
            self.contribution(number);
        }
    }

    /// An authority for the next year, sometimes with a later state.
    fn authority(&mut self, pot: &str, year: i16) {
        if self.dice.chance(40) {
            return;
        }
        let day = self.dice.day(date(year - 1, 11, 1), date(year, 2, 28));
        let draft = Draft::new("commitment_authorities")
            .set("pot", pot)
            .set("for_year", year + 1)
            .set("resolved_on", day);
        let amount = self.dice.between(100_000, 90_000_000);
        self.take_prompt(draft.clone().set("amount", money_cell(amount)));
        if self.dice.chance(40) {
            let later = add_days(day, self.dice.between(30, 200)).min(LAST_EVENT);
            let changed = self.dice.part(amount, 50, 150);
            self.take(
                draft
                    .set("amount", money_cell(changed))
                    .set("valid_from", later),
            );
        }
    }

    /// One or two plans by quarters.
    fn outflow(&mut self, pot: &str, year: i16) {
        for plan in 0..self.dice.between(0, 2) {
            let day = add_days(date(year, 1, 10), plan * 120 + self.dice.between(0, 40));
            let mut planned = 0;
            for month in [3, 6, 9, 12] {
                planned += self.dice.between(0, 20_000_000);
                let end: Date = date(year, month, 1).last_of_month();
                let draft = Draft::new("outflow_plans")
                    .set("pot", pot)
                    .set("period_end", end)
                    .set("planned", money_cell(planned))
                    .set("baselined_on", day.min(LAST_EVENT));
                self.take(draft);
            }
        }
    }

    /// What the request is for, by year and kind of cost.
    fn items(&mut self, request: &Draft) {
        let day: Date = request.effective();
        let mut seen = Vec::new();
        for _ in 0..self.dice.between(0, 3) {
            let year = day.year() + i16::from(self.dice.chance(30));
            let cost_type = self.dice.pick(COST_TYPES);
            if seen.contains(&(year, cost_type)) {
                continue;
            }
            seen.push((year, cost_type));
            let amount = self.dice.between(0, 9_000_000);
            let later = add_days(day, self.dice.between(0, 9)).min(LAST_EVENT);
            let draft = Draft::new("request_items")
                .set("request", request.get("id"))
                .set("fiscal_year", year)
                .set("cost_type", cost_type)
                .set("amount", money_cell(amount))
                .set("date", later);
            self.take(draft);
        }
    }

    /// A need, sometimes with a later state.
    fn need(&mut self) {
        let kind = self.dice.pick(&["measure", "governance"]);
        let subject = self.entry(kind);
        let year = self.dice.between(2022, 2028);
        let same = |it: &Draft| {
            it.row.table == "needs"
                && it.get("subject") == subject
                && it.get("fiscal_year") == year.to_string()
        };
        if self.drafts.iter().any(same) {
            return;
        }
        let day = self.dice.day(date(2023, 12, 1), date(2025, 12, 31));
        let draft = Draft::new("needs")
            .set("subject", subject)
            .set("fiscal_year", year)
            .set("set_on", day);
        let amount = self.dice.between(0, 900_000_000);
        self.take_prompt(draft.clone().set("amount", money_cell(amount)));
        if self.dice.chance(30) {
            let later = add_days(day, self.dice.between(10, 300)).min(LAST_EVENT);
            let changed = self.dice.part(amount, 50, 150);
            self.take(
                draft
                    .set("amount", money_cell(changed))
                    .set("valid_from", later),
            );
        }
    }

    fn contribution(&mut self, number: usize) {
        let day = self.dice.day(date(2022, 1, 10), LAST_EVENT);
        let amount = self.dice.between(0, 50_000_000);
        let draft = Draft::new("contributions")
            .set("date", day)
            .set("partner", self.dice.pick(PARTNERS))
            .set("fiscal_year", day.year())
            .set("kind", self.dice.pick(&["called", "paid"]))
            .set("amount", money_cell(amount))
            .set("reference", format!("ZB-{number:04}"));
        self.take(draft);
    }
}
