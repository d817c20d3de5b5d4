//! New and changed catalogue entries, sittings, seats and report calls.

use jiff::civil::{Date, date};

use super::{Desk, Draft};
use crate::reference::built_in_catalogue;

/// Bodies that sit.
const SITTING: &[&str] = &["B-ITPLR", "B-ALR", "B-KT-DS"];

impl Desk {
    /// Ids of the built-in entries of a kind.
    pub(super) fn entries(kind: &str) -> Vec<String> {
        let rows = built_in_catalogue();
        let of_kind = rows
            .iter()
            .filter(|row| row.cells.get("kind").is_some_and(|own| own == kind));
        of_kind
            .filter_map(|row| row.cells.get("id").cloned())
            .collect()
    }

    /// One built-in entry of a kind.
    pub(super) fn entry(&mut self, kind: &str) -> String {
        let entries = Self::entries(kind);
        let names: Vec<&str> = entries.iter().map(String::as_str).collect();
        self.dice.pick(&names).to_owned()
    }

    /// Feeds what the programme consists of.
    pub(super) fn catalogue(&mut self) {
        self.changed_entries();
        self.new_entries();
        self.sittings();
        self.seats();
        self.report_calls();
    }

    /// A new title, scope or state of a built-in entry, from a day on.
    fn changed_entries(&mut self) {
        let rows = built_in_catalogue();
        for _ in 0..self.count(150, 1) {
            let entry = self.dice.pick(&rows.iter().collect::<Vec<_>>());
            let day = self.dice.day(date(2024, 2, 1), date(2026, 6, 30));
            let mut draft = Draft::new("catalogue");
            for (column, cell) in &entry.cells {
                draft = draft.set(column, cell);
            }
            draft = draft.set("set_on", day).set("valid_from", day);
            draft = match self.dice.between(1, 4) {
                1 => draft.set("in_scope", "no"),
                2 => draft.set(
                    "state",
                    self.dice
                        .pick(&["planned", "paused", "finished", "stopped"]),
                ),
                _ => draft.set("title", self.title()),
            };
            draft.row.cells.remove("received_on");
            let id = draft.get("id").to_owned();
            let known = self
                .drafts
                .iter()
                .any(|other| other.row.table == "catalogue" && other.get("id") == id);
            if !known {
                self.take(draft);
            }
        }
    }

    fn new_entries(&mut self) {
        for number in 0..self.count(300, 1) {
            let pillar = self.dice.pick(&["DG", "DS", "RM", "KI"]);
            let day = self.dice.day(date(2023, 12, 1), date(2026, 3, 31));
            let draft = Draft::new("catalogue")
                .set("id", format!("{pillar}-M-{}", 80 + number))
                .set("kind", "measure")
                .set("title", self.title())
                .set("dimension", self.dice.pick(&["SP", "ORG", "TEC"]))
                .set("pillar", pillar)
                .set("set_on", day);
            self.take_prompt(draft);
        }
    }

    /// Three sittings a year of each body, known months before.
    fn sittings(&mut self) {
        for year in 2021..=2026_i16 {
            for (number, month) in [(1, 3_i8), (2, 6), (3, 11)] {
                for body in SITTING {
                    if year == 2026 && month == 11 {
                        continue;
                    }
                    let day = date(
                        year,
                        month,
                        i8::try_from(self.dice.between(1, 28)).unwrap_or(1),
                    );
                    let draft = Draft::new("sittings")
                        .set("id", sitting(body, year, number))
                        .set("body", body)
                        .set("number", i64::from(year - 2010) * 3 + number)
                        .set("date", day)
                        .set("paper_deadline", super::add_days(day, -21))
                        .set(
                            "received_on",
                            super::add_days(day, -self.dice.between(60, 200)),
                        );
                    // The heads of division mostly prepare the council.
                    let draft = if *body == "B-ALR" && self.dice.chance(70) {
                        draft.set("prepares", sitting("B-ITPLR", year, number))
                    } else {
                        draft
                    };
                    self.drafts.push(draft);
                }
            }
        }
    }

    /// Seats, some filled by a later state.
    fn seats(&mut self) {
        for number in 0..self.count(150, 2) {
            let from = self.dice.day(date(2024, 1, 1), date(2025, 6, 30));
            let seat = Draft::new("seats")
                .set("id", format!("SE-{number:02}"))
                .set("body", self.body())
                .set("role", self.dice.pick(&["Vorsitz", "Mitglied"]))
                .set("level", self.dice.pick(&["Bund", "Land", "Kommune"]));
            let state = self.dice.pick(&["named", "placeholder", "vacant"]);
            self.take(seat.clone().set("from", from).set("state", state));
            if self.dice.chance(50) {
                let later = super::add_days(from, self.dice.between(30, 400));
                self.take(seat.set("from", later).set("state", "named"));
            }
        }
    }

    /// A call at most ends of quarters from 2023 on.
    fn report_calls(&mut self) {
        for stichtag in quarter_ends() {
            if self.dice.chance(15) {
                continue;
            }
            let draft = Draft::new("report_calls")
                .set("id", format!("RC-{stichtag}"))
                .set("stichtag", stichtag)
                .set("due", super::add_days(stichtag, self.dice.between(5, 10)))
                .set(
                    "received_on",
                    super::add_days(stichtag, -self.dice.between(20, 120)),
                );
            self.drafts.push(draft);
        }
    }

    /// The sitting of the IT-Planungsrat on or after a day, if one is planned.
    pub(super) fn next_sitting(&self, day: Date) -> Option<(String, Date)> {
        let of_council = self
            .drafts
            .iter()
            .filter(|draft| draft.row.table == "sittings");
        let dated = of_council
            .filter(|draft| draft.get("body") == "B-ITPLR")
            .filter_map(|draft| {
                Some((
                    draft.get("id").to_owned(),
                    draft.get("date").parse::<Date>().ok()?,
                ))
            });
        dated
            .filter(|(_, date)| *date >= day)
            .min_by_key(|(_, date)| *date)
    }
}

fn sitting(body: &str, year: i16, number: i64) -> String {
    format!("S-{}-{year}-{number}", body.trim_start_matches("B-"))
}

/// The ends of the quarters from 2023 to 2026.
pub(crate) fn quarter_ends() -> Vec<Date> {
    let quarters = [(3, 31), (6, 30), (9, 30), (12, 31)];
    let all =
        (2023..=2026_i16).flat_map(|year| quarters.map(|(month, day)| date(year, month, day)));
    all.filter(|day| *day >= date(2023, 12, 1) && *day <= super::LAST_EVENT)
        .collect()
}
