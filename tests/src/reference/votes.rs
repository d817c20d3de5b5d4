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

/// What the votes on a paper come to; without a key, `None` for its share.
pub(crate) struct Poll {
    laender_yes: usize,
    key: Option<(i64, i64)>,
    missing: Vec<&'static str>,
    /// "Recommendations need a simple majority of those present": of all whose vote is known more than half.
    pub simple: bool,
}

impl Poll {
    /// `None`: that depends on the key there is not.
    pub(crate) fn adopted(&self) -> Option<bool> {
        let known = self.key.is_some() || !self.missing.is_empty();
        known.then_some(self.missing.is_empty())
    }

    /// Whether what was resolved has the majority it needs: the simple one for a recommendation.
    pub(crate) fn has_its_majority(&self, kind: Option<&str>) -> Option<bool> {
        match kind {
            Some("recommendation") => Some(self.simple),
            _ => self.adopted().filter(|_| self.key.is_some()),
        }
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
    let key = keys::in_force(world, day);
    let yes: Vec<&str> = PARTNERS[1..]
        .iter()
        .copied()
        .filter(|it| vote(&said, it) == "yes")
        .collect();
    let key = key.map(|key| {
        let held = yes.iter().map(|it| key.parts.get(*it).copied());
        (key.year, held.map(Option::unwrap_or_default).sum())
    });
    let mut missing = Vec::new();
    if vote(&said, "BUND") != "yes" {
        missing.push("bund");
    }
    if yes.len() < 11 {
        missing.push("laender");
    }
    if key.is_some_and(|(_, share): (i64, i64)| share * 3 < 20_000_000) {
        missing.push("key_share");
    }
    let heads = said.iter().filter(|it| it.text("vote") == "yes").count();
    Some(Poll {
        laender_yes: yes.len(),
        key,
        missing,
        simple: heads * 2 > said.len(),
    })
}

/// One row per paper with votes, sorted by id.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut papers = papers(world);
    papers.retain(|it| !said(world, it).is_empty());
    let rows: Vec<Value> = papers.iter().map(|it| row(world, it)).collect();
    let adopted = |paper: &Fact| poll(world, paper).and_then(|it| it.adopted());
    let without: Vec<&str> = papers
        .iter()
        .filter(|paper| {
            let kind = resolved(world, paper).map(|it| it.text("kind"));
            match kind {
                Some("decision") => adopted(paper) == Some(false),
                _ if decided_by_step(world, paper) => adopted(paper) == Some(false),
                Some("recommendation") => poll(world, paper).is_some_and(|it| !it.simple),
                _ => false,
            }
        })
        .map(|it| it.text("id"))
        .collect();
    let summary = json!({
        "papers": papers.len(),
        "papers_adopted": papers.iter().filter(|it| adopted(it) == Some(true)).count(),
        "without_majority": without,
    });
    (json!(rows), summary)
}

/// What was resolved on a paper: its decision before what was only recommended or noted, the last of them.
fn resolved<'a>(world: &'a World, paper: &Fact) -> Option<&'a Fact> {
    let all = world.of("resolutions", "paper", paper.text("id"));
    let decision = all.iter().rfind(|it| it.text("kind") == "decision");
    decision.or(all.last()).copied()
}

/// Invariant 7: "every resolution event names body, sitting, number, date, and the majority facts where votes were
/// fed": the step of the paper's request that resolves it at the paper's sitting.
fn decided_by_step(world: &World, paper: &Fact) -> bool {
    let Some(request) = paper.get("request") else {
        return false;
    };
    let day = sitting(world, paper).and_then(|it| it.date("date"));
    let steps = world.of("request_steps", "request", request);
    steps.iter().any(|step| {
        let here = match step.get("sitting") {
            Some(named) => named == paper.text("sitting"),
            None => Some(step.effective) == day,
        };
        here && step.text("step").starts_with("resolved")
    })
}

fn row(world: &World, paper: &Fact) -> Value {
    let said = said(world, paper);
    let who = |wanted: &str| -> Vec<&str> {
        let all = PARTNERS.iter().copied();
        all.filter(|it| vote(&said, it) == wanted).collect()
    };
    let newest = resolved(world, paper);
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
    let Some(poll) = poll(world, paper) else {
        row["adopted"] = undefined("no votes");
        return row;
    };
    row["bund"] = json!(vote(&said, "BUND"));
    row["laender_yes"] = json!(poll.laender_yes);
    row["unanimous"] = json!(vote(&said, "BUND") == "yes" && poll.laender_yes == 16);
    row["simple_majority"] = json!(poll.simple);
    row["adopted"] = poll
        .adopted()
        .map_or_else(|| undefined("no key"), |it| json!(it));
    match poll.key {
        Some((year, share)) => {
            row["key_share_yes"] = json!(format!("{}.{:05}", share / 100_000, share % 100_000));
            row["key_year"] = json!(year);
            row["missing"] = json!(poll.missing);
        }
        None => row["key_share_yes"] = undefined("no key"),
    }
    row
}
