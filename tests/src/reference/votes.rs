//! `votes`: whether the papers voted on were adopted.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::numbers::{self, undefined};
use super::versions::Fact;
use super::{World, keys};

/// The partners in the order of the contract.
const PARTNERS: [&str; 17] = [
    "BUND", "BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST",
    "SH", "TH",
];

/// What the votes on a paper come to.
pub(crate) struct Poll {
    laender_yes: usize,
    key_share_yes: i64,
    key_year: i64,
    missing: Vec<&'static str>,
}

impl Poll {
    pub(crate) fn adopted(&self) -> bool {
        self.missing.is_empty()
    }
}

/// The newest state of a paper.
pub(crate) fn papers(world: &World) -> Vec<&Fact> {
    world.states("papers", "id")
}

/// The votes on a paper.
fn said<'a>(world: &'a World, paper: &Fact) -> Vec<&'a Fact> {
    world.of("votes", "paper", paper.text("id"))
}

/// What a partner said: "silence in an Umlaufverfahren is an abstention".
fn vote<'a>(said: &[&'a Fact], partner: &str) -> &'a str {
    let own = said.iter().find(|it| it.text("partner") == partner);
    own.map_or("abstain", |it| it.text("vote"))
}

/// The sitting of a paper as it stands at V.
fn sitting<'a>(world: &'a World, paper: &Fact) -> Option<&'a Fact> {
    let mut sittings = world.states("sittings", "id").into_iter();
    sittings.find(|it| it.text("id") == paper.text("sitting"))
}

/// "Bund yes, at least 11 Länder yes, those holding at least 2/3 of the key"; `None` without votes.
pub(crate) fn poll(world: &World, paper: &Fact) -> Option<Poll> {
    let said = said(world, paper);
    let last = said.iter().map(|it| it.effective).max()?;
    let planned = sitting(world, paper).and_then(|it| it.date("date"));
    let day: Date = planned.unwrap_or(last);
    let key = keys::in_force(world, day)?;
    let yes: Vec<&str> = PARTNERS[1..]
        .iter()
        .copied()
        .filter(|it| vote(&said, it) == "yes")
        .collect();
    let share: i64 = yes
        .iter()
        .map(|it| key.parts.get(*it).copied().unwrap_or(0))
        .sum();
    let mut missing = Vec::new();
    if vote(&said, "BUND") != "yes" {
        missing.push("bund");
    }
    if yes.len() < 11 {
        missing.push("laender");
    }
    if share * 3 < 20_000_000 {
        missing.push("key_share");
    }
    Some(Poll {
        laender_yes: yes.len(),
        key_share_yes: share,
        key_year: key.year,
        missing,
    })
}

/// One row per paper with votes, sorted by id.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut papers = papers(world);
    papers.retain(|it| !said(world, it).is_empty());
    let rows: Vec<Value> = papers.iter().map(|it| row(world, it)).collect();
    let adopted = |paper: &Fact| poll(world, paper).is_some_and(|it| it.adopted());
    let without: Vec<&str> = papers
        .iter()
        .filter(|paper| {
            let newest = world.of("resolutions", "paper", paper.text("id")).pop();
            newest.is_some_and(|it| it.text("kind") == "decision")
                && poll(world, paper).is_some_and(|it| !it.adopted())
        })
        .map(|it| it.text("id"))
        .collect();
    let summary = json!({
        "papers": papers.len(),
        "papers_adopted": papers.iter().filter(|it| adopted(it)).count(),
        "without_majority": without,
    });
    (json!(rows), summary)
}

fn row(world: &World, paper: &Fact) -> Value {
    let said = said(world, paper);
    let who = |wanted: &str| -> Vec<&str> {
        let all = PARTNERS.iter().copied();
        all.filter(|it| vote(&said, it) == wanted).collect()
    };
    let newest = world.of("resolutions", "paper", paper.text("id")).pop();
    let mut row = json!({
        "paper": paper.text("id"),
        "sitting": paper.text("sitting"),
        "date": numbers::date(sitting(world, paper).and_then(|it| it.date("date"))),
        "request": numbers::text(paper.get("request")),
        "yes": who("yes"),
        "no": who("no"),
        "abstained": who("abstain"),
        "kind": numbers::text(newest.and_then(|it| it.get("kind"))),
    });
    match poll(world, paper) {
        Some(poll) => {
            let share = poll.key_share_yes;
            row["bund"] = json!(vote(&said, "BUND"));
            row["laender_yes"] = json!(poll.laender_yes);
            row["key_share_yes"] = json!(format!("{}.{:05}", share / 100_000, share % 100_000));
            row["key_year"] = json!(poll.key_year);
            row["unanimous"] = json!(vote(&said, "BUND") == "yes" && poll.laender_yes == 16);
            row["adopted"] = json!(poll.adopted());
            row["missing"] = json!(poll.missing);
        }
        None => row["adopted"] = undefined("no votes, or no key"),
    }
    row
}
