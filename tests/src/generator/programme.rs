//! The life of the programme: entries that change more than once, links, successors, sittings
//! that prepare others or are put off, mandates, thresholds, releases.

use jiff::civil::{Date, date};

use super::{Desk, Draft, LAST_EVENT, add_days};
use crate::reference::{built_in_catalogue, built_in_programme};

/// Entries that may be linked by `depends_on`: few, so that some wait for each other in a circle.
const LINKED: &[&str] = &[
    "DG-M-02", "DG-M-03", "DS-M-04", "KI-M-02", "KI-M-03", "RM-M-06",
];

/// A link to be made.
struct Link<'a> {
    from: &'a str,
    kind: &'a str,
    to: &'a str,
}

impl Desk {
    /// Feeds what the programme consists of, beyond [`Desk::catalogue`].
    pub(super) fn programme(&mut self) {
        for _ in 0..self.count(60, 4) {
            self.life_cycle();
        }
        for number in 0..self.count(300, 1) {
            self.successor(number);
        }
        for _ in 0..self.count(22, 8) {
            self.any_link();
        }
        self.circle();
        self.prepared_sittings();
        self.postponed_sittings();
        self.ended_seats();
        for number in 0..self.count(90, 3) {
            self.mandate(number);
        }
        for _ in 0..self.count(300, 1) {
            self.threshold();
            self.release();
        }
    }

    /// One to three new states of a built-in entry: planned, active, paused, finished, stopped,
    /// under another title, in scope or out of it.
    fn life_cycle(&mut self) {
        let mut entries = built_in_catalogue();
        entries.extend(built_in_programme());
        entries.retain(|row| row.table == "catalogue");
        let entry = self.dice.pick(&entries.iter().collect::<Vec<_>>());
        let mut draft = Draft::new("catalogue");
        for (column, cell) in &entry.cells {
            draft = draft.set(column, cell);
        }
        draft.row.cells.remove("received_on");
        let id = draft.get("id").to_owned();
        if self.drafts.iter().any(|other| other.get("id") == id) {
            return;
        }
        let mut day = self.dice.day(date(2023, 12, 1), date(2025, 9, 30));
        for _ in 0..self.dice.between(1, 3) {
            if day > LAST_EVENT {
                return;
            }
            draft = draft.set("set_on", day).set("valid_from", day);
            draft = match self.dice.between(1, 6) {
                1 => draft.set("title", self.title()),
                2 => draft.set("in_scope", self.dice.pick(&["yes", "no"])),
                _ if draft.get("kind") == "body" => {
                    draft.set("state", self.dice.pick(&["active", "planned", "dissolved"]))
                }
                _ => draft.set(
                    "state",
                    self.dice.pick(&[
                        "planned", "active", "active", "paused", "finished", "stopped",
                    ]),
                ),
            };
            let batch = self.any_batch();
            self.take(draft.clone().batch(batch));
            day = add_days(day, self.dice.between(20, 300));
        }
    }

    /// A body that follows another, which is dissolved on that day.
    fn successor(&mut self, number: usize) {
        let old = self
            .dice
            .pick(&["B-RM-LK", "B-KI-AK", "B-KI-ALL", "B-GRM", "B-STK"]);
        let id = format!("B-NF-{number}");
        let day = self.dice.day(date(2024, 3, 1), date(2026, 3, 31));
        let new = Draft::new("catalogue")
            .set("id", &id)
            .set("kind", "body")
            .set("title", self.title())
            .set("set_on", day);
        self.take_prompt(new);
        self.link(
            &Link {
                from: &id,
                kind: "succeeds",
                to: old,
            },
            day,
        );
        let taken = |other: &Draft| other.row.table == "catalogue" && other.get("id") == old;
        if self.drafts.iter().any(taken) {
            return;
        }
        let dissolved = Draft::new("catalogue")
            .set("id", old)
            .set("kind", "body")
            .set("title", self.title())
            .set("state", "dissolved")
            .set("set_on", day)
            .set("valid_from", day);
        self.take(dissolved);
    }

    fn any_link(&mut self) {
        let day = self.dice.day(date(2023, 11, 10), date(2026, 3, 31));
        let from = self.entry("measure");
        let (kind, to) = match self.dice.between(1, 10) {
            1..=4 => ("led_by", self.body().to_owned()),
            5 => ("co_led_by", self.body().to_owned()),
            6 => ("serves", self.entry("goal")),
            7 => ("related", self.entry("governance")),
            _ => {
                let from = self.dice.pick(LINKED);
                let to = self.dice.pick(LINKED);
                if from != to {
                    let kind = "depends_on";
                    self.link(&Link { from, kind, to }, day);
                }
                return;
            }
        };
        let (from, to) = (from.as_str(), to.as_str());
        self.link(&Link { from, kind, to }, day);
    }

    /// Three measures that wait for each other, from the day of the last link.
    fn circle(&mut self) {
        let day = self.dice.day(date(2024, 1, 10), date(2025, 12, 31));
        for (from, to) in [
            ("DS-M-01", "DS-M-02"),
            ("DS-M-02", "DS-M-03"),
            ("DS-M-03", "DS-M-01"),
        ] {
            let later = add_days(day, self.dice.between(0, 90));
            let kind = "depends_on";
            self.link(&Link { from, kind, to }, later);
        }
    }

    /// A link, sometimes with an end from the start, sometimes ended by a later state.
    fn link(&mut self, link: &Link, day: Date) {
        let mut draft = Draft::new("links")
            .set("from", link.from)
            .set("kind", link.kind)
            .set("to", link.to)
            .set("set_on", day);
        if self.dice.chance(15) {
            draft = draft.set("until", add_days(day, self.dice.between(0, 500)));
        }
        let batch = self.any_batch();
        self.take(draft.clone().batch(batch));
        if self.dice.chance(25) {
            let later = add_days(day, self.dice.between(20, 300));
            let ended = draft
                .set("set_on", later)
                .set("valid_from", later)
                .set("until", add_days(later, self.dice.between(0, 60)));
            self.take(ended.batch(batch));
        }
    }

    /// Most sittings of the heads of division prepare the council's of the same number.
    fn prepared_sittings(&mut self) {
        for place in 0..self.drafts.len() {
            let draft = &self.drafts[place];
            if draft.row.table == "sittings" && draft.get("body") == "B-ALR" {
                let council = draft.get("id").replace("S-ALR", "S-ITPLR");
                if self.dice.chance(80) {
                    self.drafts[place] = self.drafts[place].clone().set("prepares", council);
                }
            }
        }
    }

    /// Sittings put off: a later state with another date and deadline.
    fn postponed_sittings(&mut self) {
        let planned: Vec<Draft> = self
            .drafts
            .iter()
            .filter(|draft| draft.row.table == "sittings")
            .cloned()
            .collect();
        for sitting in planned {
            let (Ok(day), true) = (sitting.get("date").parse::<Date>(), self.dice.chance(12))
            else {
                continue;
            };
            let said = add_days(day, -self.dice.between(1, 50));
            let later = add_days(day, self.dice.between(7, 70));
            let mut put_off = sitting
                .set("valid_from", said)
                .set("date", later)
                .set("paper_deadline", add_days(later, -21));
            put_off.row.cells.remove("received_on");
            self.take_prompt(put_off);
        }
    }

    /// Seats that come to an end.
    fn ended_seats(&mut self) {
        for number in 0..self.count(200, 1) {
            let from = self.dice.day(date(2024, 1, 1), date(2026, 3, 31));
            let seat = Draft::new("seats")
                .set("id", format!("SZ-{number:02}"))
                .set("body", self.body())
                .set("role", "Mitglied")
                .set("from", from)
                .set("until", add_days(from, self.dice.between(0, 400)))
                .set("state", self.dice.pick(&["named", "placeholder", "vacant"]));
            self.take(seat);
        }
    }

    /// A mandate, sometimes given anew with another date, and its one or two ends.
    fn mandate(&mut self, number: usize) {
        let id = format!("AU-{number:03}");
        let day = self.dice.day(date(2023, 11, 10), date(2026, 5, 31));
        let mut mandate = Draft::new("mandates")
            .set("id", &id)
            .set("body", self.body())
            .set("title", self.title())
            .set("resolution", format!("Beschluss {number}"))
            .set("given_on", day);
        if self.dice.chance(75) {
            mandate = mandate.set("due", add_days(day, self.dice.between(20, 300)));
        }
        self.take_prompt(mandate.clone());
        if self.dice.chance(20) {
            let from = add_days(day, self.dice.between(10, 120));
            let due = add_days(from, self.dice.between(20, 200));
            self.take(mandate.set("due", due).set("valid_from", from));
        }
        let mut end = day;
        for step in ["done", "withdrawn"] {
            end = add_days(end, self.dice.between(10, 250));
            if end > LAST_EVENT || self.dice.chance(60) {
                continue;
            }
            let batch = self.any_batch();
            let draft = Draft::new("mandate_steps")
                .set("date", end)
                .set("mandate", &id)
                .set("step", step)
                .batch(batch);
            self.take(draft);
        }
    }

    fn threshold(&mut self) {
        let from = self.dice.day(date(2023, 12, 1), date(2026, 1, 31));
        let amber = self.dice.between(5, 20);
        let (name, dimension) = self
            .dice
            .pick(&[("slip_days", "schedule"), ("score", "risks")]);
        let draft = Draft::new("thresholds")
            .set("name", name)
            .set("dimension", dimension)
            .set("amber", amber)
            .set("red", amber + self.dice.between(5, 40))
            .set("valid_from", from);
        self.take(draft);
    }

    fn release(&mut self) {
        let draft = Draft::new("releases")
            .set("kind", "measure")
            .set("id", self.entry("measure"))
            .set("classification", self.dice.pick(&["public", "body"]))
            .set("date", self.dice.day(date(2024, 1, 1), LAST_EVENT));
        self.take(draft);
    }
}
