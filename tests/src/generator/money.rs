//! Pots, bookings and the bookings that replace them.

use jiff::civil::{Date, date};

use super::{Desk, Draft, LAST_EVENT, add_days, money_cell};

/// A pot and what is left of it.
#[derive(Clone)]
pub(crate) struct Pot {
    /// Its id.
    pub id: String,
    /// Its fiscal year.
    pub year: i16,
    /// Paid directly, not by call.
    pub direct: bool,
    /// What is not granted yet, in cents.
    pub free: i64,
}

/// The money of one request while it is made.
pub(crate) struct Account {
    /// The request.
    pub request: String,
    /// The pot it is paid from.
    pub pot: Pot,
    /// Granted and not blocked.
    pub usable: i64,
    /// Σ allocations.
    pub allocated: i64,
    /// Σ calls.
    pub called: i64,
    /// Σ expenses.
    pub spent: i64,
    /// Commitments with what is open of them, oldest first.
    pub open: Vec<(String, i64)>,
}

impl Desk {
    /// Feeds pots, requests and bookings.
    pub(super) fn money(&mut self) {
        let mut pots = Vec::new();
        for number in 0..self.count(90, 3) {
            pots.push(self.pot(number));
        }
        for number in 0..self.count(24, 4) {
            let place = usize::try_from(self.dice.between(0, 1_000)).unwrap_or(0) % pots.len();
            self.request(number, &mut pots[place]);
        }
    }

    fn pot(&mut self, number: usize) -> Pot {
        let year = 2021 + i16::try_from(number % 6).unwrap_or(0);
        let id = format!("T-{year}-{number:02}");
        let amount = self.dice.between(50_000_000, 900_000_099);
        let direct = self.dice.chance(30);
        let resolved = self.dice.day(date(year - 1, 11, 1), date(year, 1, 31));
        let mut draft = Draft::new("pots")
            .set("id", &id)
            .set("fiscal_year", year)
            .set("amount", money_cell(amount))
            .set("title", self.title())
            .set("cost_share", "25/75")
            .set("key_year", 2019)
            .set("resolved_on", resolved);
        if direct || self.dice.chance(30) {
            draft = draft.set("mode", if direct { "direct" } else { "call" });
        }
        let reserve = if self.dice.chance(20) {
            self.dice.part(amount, 1, 10)
        } else {
            0
        };
        if reserve > 0 {
            draft = draft.set("reserve", money_cell(reserve));
        }
        self.take_prompt(draft.clone());
        if self.dice.chance(25) {
            let from = add_days(resolved, self.dice.between(60, 250));
            let changed = self.dice.part(amount, 90, 130);
            self.take(
                draft
                    .set("amount", money_cell(changed))
                    .set("valid_from", from),
            );
        }
        Pot {
            id,
            year,
            direct,
            free: amount - reserve,
        }
    }

    /// A reference nobody used yet.
    pub(super) fn reference(&mut self) -> String {
        self.references += 1;
        format!("BU-{:05}", self.references)
    }

    fn booking(
        &mut self,
        account: &Account,
        day: Date,
        kind: &str,
        amount: i64,
        batch: u8,
    ) -> Draft {
        let mut draft = Draft::new("bookings")
            .set("date", day)
            .set("request", &account.request)
            .set("kind", kind)
            .set("amount", money_cell(amount))
            .set("fiscal_year", account.pot.year)
            .set("reference", self.reference())
            .batch(batch);
        if matches!(kind, "expense" | "commitment") && self.dice.chance(40) {
            draft = draft.set(
                "cost_type",
                self.dice
                    .pick(&["personnel", "external", "operations", "travel"]),
            );
        }
        draft
    }

    /// Takes a booking in, and sometimes one or two that replace it.
    fn book(&mut self, draft: Draft) {
        let before = self.drafts.len();
        self.take(draft);
        let mut last = self.drafts[before].clone();
        let Ok(cents) = last.get("amount").replace('.', "").parse::<i64>() else {
            return;
        };
        for _ in 0..self.dice.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 1, 2]) {
            let named = last.get("reference").to_owned();
            // In one batch the replaced booking has to come first.
            let days = self.dice.pick(&[0, 0, 0, -1, 2]);
            let days = if last.batch == super::LAST_BATCH {
                days.max(0)
            } else {
                days
            };
            let day = add_days(last.effective(), days);
            let known = last.known();
            let changed = self.dice.part(cents, 85, 104).max(100);
            let mut next = last
                .clone()
                .set("reference", self.reference())
                .set("corrects", named);
            next = next
                .set("date", day)
                .set("amount", money_cell(changed))
                .batch(last.batch + 1);
            next.row.cells.remove("received_on");
            if let Some(known) = known
                && self.dice.chance(85)
            {
                let wait = self.dice.between(0, 200);
                next = next.set("received_on", add_days(known, wait).min(super::LAST_DAY));
            }
            self.drafts.push(next.clone());
            last = next;
        }
    }

    /// The bookings of a granted request from a day on; gives the last day used.
    pub(super) fn bookings(&mut self, account: &mut Account, from: Date, batch: u8) -> Date {
        let mut day = add_days(from, self.dice.between(1, 20));
        for _ in 0..self.dice.between(2, 12) {
            if day > LAST_EVENT {
                return day;
            }
            self.one_booking(account, day, batch);
            day = add_days(day, self.dice.pick(&[0, 0, 3, 10, 25, 40]));
        }
        day
    }

    fn one_booking(&mut self, account: &mut Account, day: Date, batch: u8) {
        let left = account.usable - account.allocated;
        if account.allocated == 0 || (left > 0 && self.dice.chance(20)) {
            let amount = self.dice.part(left, 40, 100);
            // Now and then more than was granted.
            let amount = if self.dice.chance(6) {
                amount + account.usable
            } else {
                amount
            };
            if amount > 0 {
                let draft = self.booking(account, day, "allocation", amount, batch);
                self.book(draft);
                account.allocated = (account.allocated + amount).min(account.usable);
            }
            return;
        }
        match self.dice.between(1, 12) {
            1..=3 if !account.pot.direct => self.call(account, day, batch),
            1..=6 => self.commitment(account, day, batch),
            7..=10 => self.expense(account, day, batch),
            11 => self.release_or_refund(account, day, batch),
            _ => self.for_later_years(account, day, batch),
        }
    }

    fn call(&mut self, account: &mut Account, day: Date, batch: u8) {
        let amount = self.dice.part(account.allocated - account.called, 30, 105);
        if amount > 0 {
            let draft = self.booking(account, day, "call", amount, batch);
            self.book(draft);
            account.called = (account.called + amount).min(account.allocated);
        }
    }

    fn commitment(&mut self, account: &mut Account, day: Date, batch: u8) {
        let amount = self.dice.part(account.usable, 5, 40);
        if amount > 0 {
            let draft = self.booking(account, day, "commitment", amount, batch);
            account
                .open
                .push((draft.get("reference").to_owned(), amount));
            self.book(draft);
        }
    }

    fn expense(&mut self, account: &mut Account, day: Date, batch: u8) {
        let cover = if account.pot.direct {
            account.allocated
        } else {
            account.called
        };
        let mut amount = self.dice.part(cover - account.spent, 20, 104);
        if amount <= 0 {
            return;
        }
        let named = account.open.iter_mut().find(|(_, open)| *open >= amount);
        let mut settles = None;
        match named {
            Some((reference, open)) if self.dice.chance(40) => {
                *open -= amount;
                settles = Some(reference.clone());
            }
            _ => settle_oldest(account, amount),
        }
        if self.dice.chance(3) {
            // More than was called.
            amount += cover;
        }
        // Some expenses are handed in afterwards.
        let batch = if self.dice.chance(12) {
            batch + 1
        } else {
            batch
        };
        let mut draft = self.booking(account, day, "expense", amount, batch);
        if let Some(reference) = settles {
            draft = draft.set("settles", reference);
        }
        self.book(draft);
        account.spent = (account.spent + amount).min(cover);
    }

    /// A release of what is open, or a refund where money is called.
    fn release_or_refund(&mut self, account: &mut Account, day: Date, batch: u8) {
        let open: i64 = account.open.iter().map(|(_, open)| open).sum();
        let early = account.called == 0 && account.spent == 0 && account.open.is_empty();
        if early {
            return;
        }
        if open > 0 && self.dice.chance(60) {
            let amount = self.dice.part(open, 10, 60);
            if amount > 0 {
                settle_oldest(account, amount);
                let draft = self.booking(account, day, "commitment_release", amount, batch);
                self.take(draft);
            }
        } else if account.spent > 0 && !account.pot.direct {
            let amount = self.dice.part(account.spent, 1, 25);
            if amount > 0 {
                let draft = self.booking(account, day, "refund", amount, batch);
                self.take(draft);
            }
        }
    }

    /// Authority for the next year and a commitment against it, sometimes too high a one.
    fn for_later_years(&mut self, account: &mut Account, day: Date, batch: u8) {
        let amount = self.dice.part(account.usable, 10, 50);
        if amount <= 0 || account.open.is_empty() {
            return;
        }
        let next = account.pot.year + 1;
        let draft = self.booking(account, day, "commitment_authority", amount, batch);
        self.take(draft.set("fiscal_year", next));
        if self.dice.chance(60) {
            let committed = self.dice.part(amount, 50, 110);
            let draft = self.booking(account, day, "commitment", committed, batch);
            let mut draft = draft.set("fiscal_year", next);
            if self.dice.chance(30) {
                draft = draft.set(
                    "basis",
                    self.dice.pick(&["authority", "transferable", "ongoing"]),
                );
            }
            self.take(draft);
        }
    }
}

/// "else the request's open commitments, oldest first".
fn settle_oldest(account: &mut Account, mut amount: i64) {
    for (_, open) in &mut account.open {
        let part = amount.min(*open);
        *open -= part;
        amount -= part;
    }
}
