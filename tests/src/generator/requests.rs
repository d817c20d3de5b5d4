//! Requests and their way through the state machine, complete or broken off.

use jiff::civil::{Date, date};

use super::money::{Account, Pot};
use super::{Desk, Draft, LAST_EVENT, add_days, money_cell};

/// Any step, for those taken out of turn.
const STEPS: &[&str] = &[
    "formal_check_started",
    "formally_cleared",
    "assessed",
    "paper_filed",
    "granted",
    "unblocked",
    "proof_accepted",
    "repayment_booked",
    "withdrawn",
];

/// The walk of one request.
struct Walk {
    request: String,
    amount: i64,
    day: Date,
    batch: u8,
    /// Broken off: no step after this one.
    over: bool,
}

impl Desk {
    /// Feeds one request against a pot.
    pub(super) fn request(&mut self, number: usize, pot: &mut Pot) {
        let id = format!("A-{}-{number:03}", pot.year % 100);
        let day = self
            .dice
            .day(date(pot.year, 1, 10), date(pot.year, 7, 31))
            .min(LAST_EVENT);
        let amount = (pot.free / 100 * self.dice.between(5, 45)).max(1_000_000) / 100_000 * 100_000
            + self.dice.pick(&[0, 0, 37]);
        let kind = self
            .dice
            .pick(&["measure", "measure", "measure", "governance"]);
        let subject = if self.dice.chance(8) {
            "PMO".to_owned()
        } else {
            self.entry(kind)
        };
        let draft = Draft::new("requests")
            .set("id", &id)
            .set("subject", subject)
            .set("applicant", self.body())
            .set("pot", &pot.id)
            .set(
                "kind",
                self.dice
                    .pick(&["first", "first", "additional", "repurposed"]),
            )
            .set("amount", money_cell(amount))
            .set("title", self.title())
            .set("submitted_on", day);
        self.take_prompt(draft);
        let mut walk = Walk {
            request: id,
            amount,
            day,
            batch: 0,
            over: false,
        };
        self.check(&mut walk);
        self.decide(&mut walk, pot);
        if self.dice.chance(8) {
            let step = self.dice.pick(STEPS);
            walk.over = false;
            self.step(&mut walk, step, None, &[]);
        }
    }

    /// One step some days after the last; from time to time the rest comes with a later batch, or
    /// not at all.
    fn step(&mut self, walk: &mut Walk, step: &str, amount: Option<i64>, more: &[(&str, String)]) {
        walk.day = add_days(walk.day, self.dice.pick(&[0, 2, 5, 9, 14, 21, 30]));
        walk.over |= walk.day > LAST_EVENT;
        if walk.over {
            return;
        }
        if self.dice.chance(4) {
            walk.batch = (walk.batch + 1).min(super::LAST_BATCH);
        }
        let mut draft = Draft::new("request_steps")
            .set("date", walk.day)
            .set("request", &walk.request)
            .set("step", step)
            .batch(walk.batch);
        if let Some(amount) = amount {
            draft = draft.set("amount", money_cell(amount));
        }
        for (column, value) in more {
            draft = draft.set(column, value);
        }
        draft = draft.set("body", self.body());
        if step.starts_with("resolved") {
            self.take_prompt(draft);
        } else {
            self.take(draft);
        }
        // Where the way ends in this feed.
        walk.over |= self.dice.chance(3);
    }

    /// From the formal check to the paper.
    fn check(&mut self, walk: &mut Walk) {
        self.step(walk, "formal_check_started", None, &[]);
        if self.dice.chance(15) {
            let due = add_days(walk.day, 28).to_string();
            self.step(
                walk,
                "documents_requested",
                None,
                &[("due", due), ("reason", "Kostenplan fehlt".to_owned())],
            );
            self.step(walk, "documents_supplied", None, &[]);
        }
        if self.dice.chance(6) {
            self.step(
                walk,
                "formally_rejected",
                None,
                &[("reason", "verspätet".to_owned())],
            );
            walk.over = true;
        }
        self.step(walk, "formally_cleared", None, &[]);
        self.step(walk, "assessed", None, &[]);
        if self.dice.chance(10) {
            self.step(walk, "reprioritised", None, &[]);
        }
        if self.dice.chance(6) {
            self.step(walk, "withdrawn", None, &[]);
            walk.over = true;
        }
        let sitting = self.sitting(walk);
        self.step(walk, "paper_filed", None, &sitting);
        if self.dice.chance(14) {
            let sitting = self.sitting(walk);
            self.step(walk, "deferred", None, &sitting);
            self.step(walk, "resubmitted", None, &sitting);
        }
    }

    /// The next sitting as a cell, where one is planned.
    fn sitting(&mut self, walk: &Walk) -> Vec<(&'static str, String)> {
        self.next_sitting(walk.day)
            .into_iter()
            .map(|(id, _)| ("sitting", id))
            .collect()
    }

    /// The resolution, and what follows from it.
    fn decide(&mut self, walk: &mut Walk, pot: &mut Pot) {
        let mut cells = self.sitting(walk);
        if self.dice.chance(9) {
            self.step(walk, "rejected", None, &cells);
            walk.over = true;
            return;
        }
        let resolved = if self.dice.chance(35) {
            self.dice.part(walk.amount, 40, 99)
        } else {
            walk.amount
        };
        // Now and then more than was requested.
        let resolved = if self.dice.chance(3) {
            walk.amount + 100
        } else {
            resolved
        };
        let conditional = self.dice.chance(22);
        if conditional {
            cells.push(("reason", "Metadaten liefern".to_owned()));
            cells.push(("due", add_days(walk.day, 200).to_string()));
            self.step(walk, "resolved_with_conditions", Some(resolved), &cells);
        } else {
            self.step(walk, "resolved", Some(resolved), &cells);
        }
        // The pot may be too small: such a grant is to be refused.
        if resolved > pot.free && self.dice.chance(60) {
            return;
        }
        let before = walk.over;
        self.step(walk, "granted", None, &[]);
        if before || walk.day > LAST_EVENT {
            return;
        }
        pot.free -= resolved.min(pot.free);
        self.spend(walk, pot, resolved, conditional);
    }

    /// Blocks, bookings and the end of the purpose.
    fn spend(&mut self, walk: &mut Walk, pot: &Pot, granted: i64, conditional: bool) {
        let mut usable = granted;
        match self.dice.between(1, 100) {
            1..=7 => {
                let part = self.dice.part(granted, 5, 30);
                self.step(walk, "blocked", Some(part), &[]);
                usable -= part;
            }
            8..=15 => {
                self.step(walk, "blocked", None, &[("reason", "Vorbehalt".to_owned())]);
                if self.dice.chance(30) {
                    return;
                }
                self.step(walk, "unblocked", None, &[]);
            }
            _ => {}
        }
        let mut account = Account {
            request: walk.request.clone(),
            pot: pot.clone(),
            usable,
            allocated: 0,
            called: 0,
            spent: 0,
            open: Vec::new(),
        };
        if walk.over {
            return;
        }
        walk.day = self.bookings(&mut account, walk.day, walk.batch);
        if conditional && self.dice.chance(60) {
            self.step(walk, "condition_met", None, &[]);
        }
        match self.dice.between(1, 100) {
            1..=8 => self.step(walk, "waived", None, &[]),
            9..=16 => {
                self.step(
                    walk,
                    "revoked",
                    None,
                    &[("reason", "Zweck verfehlt".to_owned())],
                );
                if self.dice.chance(60) {
                    self.step(walk, "clawback_set", Some(claim(&account)), &[]);
                    self.step(walk, "repayment_booked", None, &[]);
                }
                return;
            }
            17..=45 => return,
            _ => {
                let due = add_days(walk.day, 150).to_string();
                let cells = if self.dice.chance(50) {
                    vec![("due", due)]
                } else {
                    Vec::new()
                };
                self.step(walk, "purpose_fulfilled", None, &cells);
            }
        }
        self.prove(walk, &account);
    }

    /// Proof and closing.
    fn prove(&mut self, walk: &mut Walk, account: &Account) {
        self.step(walk, "proof_submitted", None, &[]);
        if self.dice.chance(30) {
            self.step(walk, "proof_queried", None, &[]);
            self.step(walk, "proof_amended", None, &[]);
        }
        if self.dice.chance(70) {
            self.step(walk, "proof_accepted", Some(account.spent), &[]);
        } else {
            self.step(walk, "clawback_set", Some(claim(account)), &[]);
            self.step(walk, "repayment_booked", None, &[]);
        }
    }
}

/// What is claimed back at most.
fn claim(account: &Account) -> i64 {
    (account.called - account.spent).max(100)
}
