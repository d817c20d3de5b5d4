//! Carry-overs into the pots of later years, and what is done with the money there.

use jiff::civil::{Date, date};

use super::{Desk, Draft, LAST_EVENT, add_days, money_cell};

/// A granted request, and what its bookings come to, in cents.
struct Grant {
    request: String,
    pot: String,
    year: i16,
    allocated: i64,
    called: i64,
    spent: i64,
    committed: i64,
}

impl Desk {
    /// Feeds carry-overs of requests already there, and bookings after them.
    pub(super) fn carry_overs(&mut self) {
        let mut pots: Vec<(String, i16)> = self
            .drafts
            .iter()
            .filter(|it| it.row.table == "pots")
            .map(|it| (it.get("id").to_owned(), number(it.get("fiscal_year"))))
            .collect();
        pots.dedup();
        // One that is never resolved.
        pots.push(("T-2027-99".to_owned(), 2027));
        for grant in self.grants(&pots) {
            if self.dice.chance(55) {
                self.carry_on(&grant, &pots);
            }
        }
    }

    fn grants(&self, pots: &[(String, i16)]) -> Vec<Grant> {
        let of = |table: &'static str| self.drafts.iter().filter(move |it| it.row.table == table);
        let granted = of("request_steps").filter(|it| it.get("step") == "granted");
        let requests = granted.map(|it| it.get("request").to_owned());
        let grant = |id: String| {
            let request = of("requests").find(|it| it.get("id") == id)?;
            let pot = pots.iter().find(|it| it.0 == request.get("pot"))?;
            let sum = |kind: &str| -> i64 {
                let bookings = of("bookings").filter(|it| it.get("request") == id);
                bookings
                    .filter(|it| it.get("kind") == kind && it.get("corrects").is_empty())
                    .filter_map(|it| it.get("amount").replace('.', "").parse::<i64>().ok())
                    .sum()
            };
            Some(Grant {
                pot: pot.0.clone(),
                year: pot.1,
                allocated: sum("allocation"),
                called: sum("call"),
                spent: sum("expense"),
                committed: sum("commitment"),
                request: id,
            })
        };
        requests.filter_map(grant).collect()
    }

    /// One carry-over, sometimes a second from where it went; bookings in between and afterwards.
    fn carry_on(&mut self, grant: &Grant, pots: &[(String, i16)]) {
        let (mut from, mut year) = (grant.pot.clone(), grant.year);
        let rest = grant.committed - grant.called.max(grant.spent);
        let mut amount = match self.dice.between(1, 10) {
            // More than is bound, or money where none is bound.
            1 | 2 => grant.allocated.max(100_000) / 3,
            _ => self.dice.part(rest.max(300_000), 40, 100),
        };
        let mut day = self.dice.day(date(year + 1, 1, 2), date(year + 1, 9, 30));
        for _ in 0..self.dice.pick(&[1, 1, 2]) {
            let later: Vec<&(String, i16)> = pots.iter().filter(|it| it.1 > year).collect();
            let Some((to, next)) = later.first().map(|_| self.dice.pick(&later).clone()) else {
                return;
            };
            if day > LAST_EVENT {
                return;
            }
            let batch = self.any_batch();
            let draft = Draft::new("carry_overs")
                .set("pot", &from)
                .set("to_pot", &to)
                .set("request", &grant.request)
                .set("amount", money_cell(amount))
                .set("resolved_on", day)
                .set("resolution", "IT-PLR 46")
                .batch(batch);
            self.take(draft);
            day = self.carried_bookings(grant, day, amount, batch);
            (from, year) = (to, next);
            amount = self.dice.part(amount.max(200), 20, 90);
        }
    }

    /// What is done with the request's money after a carry-over; gives the last day.
    fn carried_bookings(&mut self, grant: &Grant, from: Date, amount: i64, batch: u8) -> Date {
        let mut day = from;
        for _ in 0..self.dice.between(0, 4) {
            day = add_days(day, self.dice.pick(&[0, 1, 20, 90]));
            if day > LAST_EVENT {
                break;
            }
            let kind = self.dice.pick(&[
                "allocation",
                "call",
                "call",
                "expense",
                "expense",
                "commitment_release",
                "refund",
            ]);
            let part = self.dice.part(amount.max(200), 10, 60);
            // A release belongs to the year of its commitment; the rest mostly to the year of payment.
            let of_its_own_year = kind == "commitment_release" || self.dice.chance(15);
            let year = if of_its_own_year {
                grant.year
            } else {
                day.year()
            };
            let draft = Draft::new("bookings")
                .set("date", day)
                .set("request", &grant.request)
                .set("kind", kind)
                .set("amount", money_cell(part))
                .set("fiscal_year", year)
                .set("reference", self.reference())
                .batch(batch);
            self.take(draft);
        }
        if self.dice.chance(10) && day <= LAST_EVENT {
            let draft = Draft::new("request_steps")
                .set("date", day)
                .set("request", &grant.request)
                .set("step", self.dice.pick(&["waived", "revoked"]))
                .batch(batch);
            self.take(draft);
        }
        add_days(day, 40)
    }
}

fn number(text: &str) -> i16 {
    text.parse().unwrap_or(2024)
}
