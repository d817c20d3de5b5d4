//! Papers, votes and resolutions, and cost keys by which votes are weighed.

use jiff::civil::{Date, date};

use super::{Desk, Draft, LAST_EVENT, add_days};

const LAENDER: [&str; 16] = [
    "BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH",
];

/// A whole in 10⁻⁵ percent.
const WHOLE: i64 = 10_000_000;

impl Desk {
    /// Feeds what was decided: mostly on requests, for the sittings their steps name.
    pub(super) fn decisions(&mut self) {
        let requests: Vec<String> = self
            .drafts
            .iter()
            .filter(|draft| draft.row.table == "requests")
            .map(|draft| draft.get("id").to_owned())
            .collect();
        let mut number = 0;
        for request in requests {
            if self.dice.chance(70) {
                number += 1;
                let sitting = self.sitting_of(&request);
                self.paper(number, &sitting, Some(&request));
            }
        }
        for _ in 0..self.count(200, 2) {
            number += 1;
            let sitting = self.any_sitting();
            self.paper(number, &sitting, None);
        }
        self.cost_key("2022", date(2023, 1, 1));
        let later = self.dice.day(date(2024, 6, 1), date(2025, 12, 31));
        self.cost_key("2022", later);
        self.scheme();
    }

    /// A sitting a step of the request names, or any.
    fn sitting_of(&mut self, request: &str) -> String {
        let named: Vec<String> = self
            .drafts
            .iter()
            .filter(|it| it.row.table == "request_steps" && it.get("request") == request)
            .map(|it| it.get("sitting").to_owned())
            .filter(|it| !it.is_empty())
            .collect();
        if named.is_empty() || self.dice.chance(15) {
            return self.any_sitting();
        }
        let place = self.dice.pick(&(0..named.len()).collect::<Vec<_>>());
        named[place].clone()
    }

    fn any_sitting(&mut self) -> String {
        let sittings: Vec<usize> = (0..self.drafts.len())
            .filter(|it| self.drafts[*it].row.table == "sittings")
            .collect();
        let place = self.dice.pick(&sittings);
        self.drafts[place].get("id").to_owned()
    }

    /// The day a sitting was first planned for.
    fn day_of(&self, sitting: &str) -> Date {
        let draft = self
            .drafts
            .iter()
            .find(|it| it.row.table == "sittings" && it.get("id") == sitting);
        draft
            .and_then(|it| it.get("date").parse().ok())
            .unwrap_or(LAST_EVENT)
    }

    /// A paper, sometimes in a second version, with votes and one or two resolutions.
    fn paper(&mut self, number: usize, sitting: &str, request: Option<&str>) {
        let id = format!("V-{number:03}");
        let day = self.day_of(sitting);
        let filed = add_days(day, -self.dice.between(5, 60));
        let mut paper = Draft::new("papers")
            .set("id", &id)
            .set("sitting", sitting)
            .set("number", number)
            .set("title", self.title())
            .set("filed_on", filed);
        if self.dice.chance(60) {
            paper = paper.set("track", self.dice.pick(&["green_list", "debate"]));
        }
        if let Some(request) = request {
            paper = paper.set("request", request);
        }
        self.take_prompt(paper.clone());
        if self.dice.chance(20) {
            let again = add_days(filed, self.dice.between(1, 4));
            self.take(paper.set("version", "2").set("valid_from", again));
        }
        if day > LAST_EVENT {
            return;
        }
        if self.dice.chance(75) {
            self.votes_on(&id, sitting, day);
        }
        for place in 0..self.dice.between(0, 2) {
            let mut resolution = Draft::new("resolutions")
                .set("id", format!("B-{number:03}-{place}"))
                .set(
                    "sitting",
                    if place == 0 {
                        sitting.to_owned()
                    } else {
                        self.any_sitting()
                    },
                )
                .set("paper", &id)
                .set(
                    "kind",
                    self.dice
                        .pick(&["decision", "decision", "recommendation", "noted"]),
                )
                .set("date", add_days(day, self.dice.pick(&[0, 0, 0, 7])));
            if self.dice.chance(50) {
                resolution = resolution.set("number", format!("2024/{number}"));
            }
            if self.dice.chance(20) {
                resolution = resolution.set("partners", "BUND HH SH");
            }
            let batch = self.any_batch();
            self.take(resolution.batch(batch));
        }
    }

    /// Mostly yes; sometimes only some say anything.
    fn votes_on(&mut self, paper: &str, sitting: &str, day: Date) {
        let said = self.dice.pick(&[100, 100, 90, 70]);
        let yes = self.dice.pick(&[100, 96, 85, 60]);
        for partner in ["BUND"].into_iter().chain(LAENDER) {
            if !self.dice.chance(said) {
                continue;
            }
            let vote = if self.dice.chance(yes) {
                "yes"
            } else {
                self.dice.pick(&["no", "abstain"])
            };
            let batch = self.any_batch();
            let draft = Draft::new("votes")
                .set("sitting", sitting)
                .set("paper", paper)
                .set("partner", partner)
                .set("vote", vote)
                .set("date", day)
                .batch(batch);
            self.take(draft);
        }
    }

    /// A cost key of sixteen parts that sum to 100.
    fn cost_key(&mut self, year: &str, from: Date) {
        let mut cuts: Vec<i64> = (0..15).map(|_| self.dice.between(0, WHOLE)).collect();
        cuts.extend([0, WHOLE]);
        cuts.sort_unstable();
        for (land, cut) in LAENDER.iter().zip(cuts.windows(2)) {
            let units = cut[1] - cut[0];
            let part = Draft::new("cost_keys")
                .set("key_year", year)
                .set("partner", land)
                .set(
                    "percent",
                    format!("{}.{:05}", units / 100_000, units % 100_000),
                )
                .set("valid_from", from);
            self.drafts.push(part.set("received_on", from));
        }
    }

    fn scheme(&mut self) {
        for (group, percent) in [
            ("BUND", "25"),
            ("LAENDER", "25"),
            ("HH", "30"),
            ("SH", "20"),
        ] {
            let part = Draft::new("cost_schemes")
                .set("id", "EfA")
                .set("partner_group", group)
                .set("percent", percent)
                .set("valid_from", "2024-01-01");
            self.drafts.push(part.set("received_on", "2024-01-15"));
        }
    }
}
