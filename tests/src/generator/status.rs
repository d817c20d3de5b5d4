//! Status reports: all five colours, or the overall alone, or neither but the original.

use jiff::civil::Date;

use super::catalogue::quarter_ends;
use super::{Desk, Draft, LAST_EVENT, add_days};

/// The five dimensions.
const DIMENSIONS: [&str; 5] = ["schedule", "budget", "scope", "resources", "risks"];

impl Desk {
    /// Feeds status reports at and around the ends of quarters.
    pub(super) fn status(&mut self) {
        let measures = Self::entries("measure");
        let quarters = quarter_ends();
        let mut left = self.count(6, 12);
        for stichtag in quarters.iter().copied() {
            let share = (left / 3).max(4);
            for measure in &measures {
                if left == 0 || self.dice.between(0, 43) > i64::try_from(share).unwrap_or(43) {
                    continue;
                }
                left -= 1;
                self.status_report(measure, stichtag);
            }
        }
    }

    fn status_report(&mut self, measure: &str, stichtag: Date) {
        let day = add_days(stichtag, self.dice.pick(&[0, 0, 0, 0, 1, 3, -2, 20])).min(LAST_EVENT);
        let batch = self.any_batch();
        let mut draft = Draft::new("status_reports")
            .set("report_date", day)
            .set("measure", measure)
            .batch(batch);
        let form = self.dice.between(1, 100);
        if form <= 80 {
            for dimension in DIMENSIONS {
                draft = draft.set(dimension, self.colour());
            }
        }
        if (70..=92).contains(&form) {
            draft = draft.set("overall", self.colour());
        }
        if form > 92 || self.dice.chance(10) {
            draft = draft.set(
                "original",
                self.dice.pick(&["Plan", "gelb", "Stufe 2", "Stufe 3"]),
            );
        }
        if self.dice.chance(30) {
            draft = draft.set("key", format!("SR-{day}-{measure}"));
        }
        if self.dice.chance(30) {
            draft = draft.set("comment", "wie besprochen");
        }
        draft = draft.set("reporter", self.body());
        self.take(draft);
    }

    /// A colour, green more often than red.
    pub(super) fn colour(&mut self) -> &'static str {
        self.dice.pick(&["G", "G", "G", "G", "G", "A", "A", "R"])
    }
}
