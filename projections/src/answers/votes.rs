//! # Votes
//!
//! ## What it says
//! Whether papers were adopted with the majority that is needed, and what was lacking; or whether one would be.
//!
//! ## Formula
//! Adopted: the Bund says yes, at least eleven Länder do, and these hold at least two thirds of the cost key, all
//! three at once. An abstention is no yes, and who said nothing abstained. Unanimous: all seventeen said yes. The
//! key is the one in force on the day of the sitting, if no other year is asked for.
//!
//! ## Facts
//! `votes`, `papers`, `sittings`, `resolutions`, `cost_keys`.
//!
//! ## Beware
//! Only papers with votes have a row, or the one asked for. A decision whose votes do not make the majority is
//! shown in `without_majority`; nothing is refused for it. A recommendation needs no such majority.

use std::collections::BTreeMap;

use leitstand_domain::{
    Code as _, Day, Percent,
    event::CostKeySet,
    majority::{Lacking, Tally},
    partner::Partner,
    tables::{Channel, ResolutionKind, Vote},
};
use serde_json::{Map, Value, json};

use super::shares::{calc_key, known_members};
use crate::{
    Ask, Facts, View,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{Fact, PaperFact, ResolutionFact, VoteFact},
    keys::{Key, key_in_force, key_of},
    present,
};

/// What the majority rests on.
const COUNTED: [&str; 4] = ["votes", "papers", "sittings", "cost_keys"];

pub(super) const KIND: Kind = Kind {
    name: "votes",
    title: "Abstimmungen",
    id: "paper",
    fields: &[
        field("paper", "Vorlage", &[], &["papers"]),
        field("sitting", "Sitzung der Vorlage", &[], &["papers"]),
        field("date", "Tag der Sitzung", &["sitting"], &["sittings"]),
        field(
            "channel",
            "sitting: in der Sitzung; written: im Umlauf",
            &["sitting"],
            &["sittings"],
        ),
        field("request", "Antrag der Vorlage", &[], &["papers"]),
        field("bund", "Stimme des Bundes", &[], &["votes"]),
        field("laender_yes", "Anzahl der Länder mit Ja", &[], &["votes"]),
        field(
            "key_share_yes",
            "Summe der Schlüsselanteile der Länder mit Ja, in Prozent",
            &["yes", "key_year"],
            &COUNTED,
        ),
        field("yes", "wer zustimmt", &[], &["votes"]),
        field("no", "wer ablehnt", &[], &["votes"]),
        field(
            "abstained",
            "wer sich enthält oder nichts sagt; zählt nicht als Ja",
            &["yes", "no"],
            &["votes"],
        ),
        field(
            "key_year",
            "Jahr des Schlüssels, der am Tag der Sitzung gilt",
            &["date"],
            &["cost_keys"],
        ),
        field(
            "key_verified",
            "ob die Zahlen des Schlüssels mit der Veröffentlichung verglichen sind",
            &["key_year"],
            &["cost_keys"],
        ),
        field(
            "adopted",
            "Bund, mindestens 11 Länder, und diese mit mindestens zwei Dritteln des Schlüssels",
            &["bund", "laender_yes", "key_share_yes"],
            &COUNTED,
        ),
        field(
            "missing",
            "was zur Annahme fehlt: bund, laender, key_share",
            &["bund", "laender_yes", "key_share_yes"],
            &COUNTED,
        ),
        field(
            "unanimous",
            "ob alle siebzehn zustimmen",
            &["bund", "laender_yes"],
            &["votes"],
        ),
        field(
            "kind",
            "Art des Beschlusses über die Vorlage",
            &[],
            &["resolutions"],
        ),
        field(
            "partners",
            "wen der Beschluss bindet; leer: alle",
            &[],
            &["resolutions"],
        ),
    ],
    ask,
};

/// A paper and what was said to it.
struct Poll<'a> {
    paper: Option<Fact<'a, PaperFact>>,
    sitting: Option<&'a str>,
    date: Option<Day>,
    channel: Option<Channel>,
    votes: BTreeMap<Partner, Vote>,
    /// `None` where there is no key, or nobody voted.
    tally: Option<Tally>,
    key: Option<Key>,
    resolution: Option<Fact<'a, ResolutionFact>>,
    evidence: Evidence,
}

fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let filter = &ask.filter;
    let polls = match (&filter.yes, &filter.paper) {
        (Some(_), Some(_)) => {
            return Err(NoAnswer::bad(
                "Bitte entweder eine Vorlage angeben (--paper) oder wer zustimmen würde (--yes).",
                "State either a paper (--paper) or who would agree (--yes).",
            ));
        }
        (Some(yes), None) => vec![supposed(facts, ask, yes)?],
        (None, paper) => polls(facts, ask, paper.as_deref())?,
    };
    let summary = if filter.yes.is_some() || filter.paper.is_some() {
        polls.first().map(of_one).unwrap_or_default()
    } else {
        of_all(facts, &polls)
    };
    Ok(Output::new(
        polls,
        |it| id(facts, it).to_owned(),
        |it| write(facts, it),
        summary,
    ))
}

/// The paper, or that there is none.
fn id<'a>(facts: &'a Facts, poll: &Poll<'_>) -> &'a str {
    poll.paper.map_or("yes", |it| facts.names.text(it.row().id))
}

/// The poll if these said yes and all others nothing.
fn supposed<'a>(facts: &Facts, ask: &Ask, yes: &str) -> Result<Poll<'a>, NoAnswer> {
    let Some(year) = ask.filter.key_year else {
        return Err(NoAnswer::bad(
            "Zu --yes gehört das Jahr des Schlüssels (--key-year).",
            "--yes needs the year of the key (--key-year).",
        ));
    };
    let words = yes.split([',', ';', ' ']).filter(|it| !it.is_empty());
    let votes = said_yes(words)?;
    let key = wanted_key(facts, ask, year, ask.view.as_of)?;
    let mut evidence = Evidence::default();
    evidence.add("cost_keys", key.positions.iter().copied());
    Ok(Poll {
        paper: None,
        sitting: None,
        date: None,
        channel: None,
        tally: Tally::of(&votes, &key.shares).ok(),
        votes,
        key: Some(key),
        resolution: None,
        evidence,
    })
}

fn wanted_key(facts: &Facts, ask: &Ask, year: u32, on: Day) -> Result<Key, NoAnswer> {
    key_of(facts, &ask.view, year, on).ok_or_else(|| {
        NoAnswer::bad(
            format!("Für {year} ist kein Kostenschlüssel erfasst, der am Tag der Abstimmung gilt ({on})."),
            format!("No cost key of {year} is recorded that holds on the day of the vote ({on})."),
        )
    })
}

/// Every paper with votes, or the one asked for.
fn polls<'a>(
    facts: &'a Facts,
    ask: &'a Ask,
    only: Option<&str>,
) -> Result<Vec<Poll<'a>>, NoAnswer> {
    let view = &ask.view;
    let mut polls = Vec::new();
    for name in facts.papers.holders() {
        let Some(paper) = facts.papers.latest(name, view) else {
            continue;
        };
        let votes: Vec<Fact<'_, VoteFact>> = facts.votes.of(name, view).collect();
        let wanted = match only {
            Some(id) => id == facts.names.text(name),
            None => !votes.is_empty(),
        };
        if wanted {
            polls.push(poll(facts, ask, paper, &votes)?);
        }
    }
    Ok(polls)
}

fn poll<'a>(
    facts: &'a Facts,
    ask: &'a Ask,
    paper: Fact<'a, PaperFact>,
    said: &[Fact<'a, VoteFact>],
) -> Result<Poll<'a>, NoAnswer> {
    let view = &ask.view;
    let row = paper.row();
    let sitting = facts.sittings.latest(row.sitting, view);
    let resolution = facts.resolutions.of(row.id, view).max_by_key(Fact::order);
    let last = said.iter().map(Fact::effective).max();
    let date = sitting.map(|it| it.row().date);
    let on = date.or(last).unwrap_or(view.as_of);
    let key = match ask.filter.key_year {
        Some(year) => Some(wanted_key(facts, ask, year, on)?),
        None => key_in_force(facts, view, on),
    };
    let votes: BTreeMap<Partner, Vote> = said
        .iter()
        .map(|it| (it.row().partner, it.row().vote))
        .collect();
    let tally = key.as_ref().filter(|_| !votes.is_empty());
    let tally = tally.and_then(|it| Tally::of(&votes, &it.shares).ok());
    let mut evidence = Evidence::default();
    evidence.add("papers", paper.positions(view));
    for vote in said {
        evidence.add("votes", vote.positions(view));
    }
    if let Some(sitting) = sitting {
        evidence.add("sittings", sitting.positions(view));
    }
    if let Some(resolution) = resolution {
        evidence.add("resolutions", resolution.positions(view));
    }
    if let Some(key) = &key {
        evidence.add("cost_keys", key.positions.iter().copied());
    }
    Ok(Poll {
        paper: Some(paper),
        sitting: Some(facts.names.text(row.sitting)),
        date,
        channel: sitting.map(|it| it.row().channel.unwrap_or(Channel::Sitting)),
        votes,
        tally,
        key,
        resolution,
        evidence,
    })
}

/// Whether the votes on a paper make the majority, and what that rests on; `None` where nobody voted, or there
/// is no key.
pub(super) fn majority(facts: &Facts, view: &View, paper: &PaperFact) -> Option<(bool, Evidence)> {
    let said: Vec<Fact<'_, VoteFact>> = facts.votes.of(paper.id, view).collect();
    let last = said.iter().map(Fact::effective).max()?;
    let sitting = facts.sittings.latest(paper.sitting, view);
    let on = sitting.map_or(last, |it| it.row().date);
    let key = key_in_force(facts, view, on)?;
    let votes = said.iter().map(|it| (it.row().partner, it.row().vote));
    let tally = Tally::of(&votes.collect(), &key.shares).ok()?;
    let mut evidence = Evidence::default();
    for vote in &said {
        evidence.add("votes", vote.positions(view));
    }
    evidence.add("cost_keys", key.positions);
    Some((tally.adopted(), evidence))
}

/// What a field of the tally says.
fn told(poll: &Poll<'_>, tell: impl Fn(&Tally) -> Value) -> Value {
    match (&poll.tally, poll.votes.is_empty() && poll.paper.is_some()) {
        (Some(tally), _) => tell(tally),
        (None, true) => present::undefined("no votes recorded"),
        (None, false) => present::undefined("no cost key in force"),
    }
}

fn missing(tally: &Tally) -> Value {
    let words = tally.missing.iter().copied().map(Lacking::word);
    json!(words.collect::<Vec<_>>())
}

fn key_share(tally: &Tally) -> Value {
    json!(Percent::text(tally.key_share_yes.into()))
}

fn of_one(poll: &Poll<'_>) -> Map<String, Value> {
    fields([
        ("adopted", told(poll, |it| json!(it.adopted()))),
        ("missing", told(poll, missing)),
        ("unanimous", told(poll, |it| json!(it.unanimous))),
        ("key_year", json!(poll.key.as_ref().map(|it| it.year))),
        (
            "key_verified",
            json!(poll.key.as_ref().map(|it| it.verified)),
        ),
    ])
}

fn of_all(facts: &Facts, polls: &[Poll<'_>]) -> Map<String, Value> {
    let is_adopted = |it: &Poll<'_>| it.tally.as_ref().is_some_and(Tally::adopted);
    let decided = |it: &&Poll<'_>| {
        let kind = it.resolution.map(|it| it.row().kind);
        kind == Some(ResolutionKind::Decision) && it.tally.is_some() && !is_adopted(it)
    };
    let mut without: Vec<&str> = polls
        .iter()
        .filter(decided)
        .map(|it| id(facts, it))
        .collect();
    without.sort_unstable();
    fields([
        ("papers", json!(polls.len())),
        (
            "papers_adopted",
            json!(polls.iter().filter(|it| is_adopted(it)).count()),
        ),
        ("without_majority", json!(without)),
    ])
}

fn write(facts: &Facts, poll: &Poll<'_>) -> AnswerRow {
    let said = |vote: Vote| -> Vec<&str> {
        let all = Partner::ALL.iter();
        let said = |it: &&Partner| poll.votes.get(it).copied().unwrap_or(Vote::Abstain) == vote;
        all.filter(said).map(|it| it.word()).collect()
    };
    let paper = poll.paper.as_ref().map(Fact::row);
    let request = paper.and_then(|it| it.request);
    let resolution = poll.resolution.as_ref().map(Fact::row);
    AnswerRow {
        id: id(facts, poll).to_owned(),
        fields: fields([
            ("paper", json!(paper.map(|it| facts.names.text(it.id)))),
            ("sitting", json!(poll.sitting)),
            ("date", json!(poll.date.map(|it| it.to_string()))),
            ("channel", json!(poll.channel.map(Channel::word))),
            ("request", json!(request.map(|it| facts.names.text(it)))),
            ("bund", told(poll, |it| json!(it.bund.word()))),
            ("laender_yes", told(poll, |it| json!(it.laender_yes))),
            ("key_share_yes", told(poll, key_share)),
            ("yes", json!(said(Vote::Yes))),
            ("no", json!(said(Vote::No))),
            ("abstained", json!(said(Vote::Abstain))),
            ("key_year", json!(poll.key.as_ref().map(|it| it.year))),
            (
                "key_verified",
                json!(poll.key.as_ref().map(|it| it.verified)),
            ),
            ("adopted", told(poll, |it| json!(it.adopted()))),
            ("missing", told(poll, missing)),
            ("unanimous", told(poll, |it| json!(it.unanimous))),
            ("kind", json!(resolution.map(|it| it.kind.word()))),
            (
                "partners",
                json!(
                    resolution
                        .and_then(|it| it.partners)
                        .map(|it| it.to_string())
                ),
            ),
        ]),
        evidence: poll.evidence.clone(),
    }
}

/// Everybody named says yes.
fn said_yes<'a>(
    words: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<Partner, Vote>, NoAnswer> {
    let mut votes = BTreeMap::new();
    for word in words {
        let shown: String = word.chars().take(20).collect();
        let partner = Partner::of(word).ok_or_else(|| {
            NoAnswer::bad(
                format!("„{shown}“ ist kein Partner; richtig ist BUND oder ein Kürzel wie BW."),
                format!("`{shown}` is not a partner; right is BUND or a code like BW."),
            )
        })?;
        if votes.insert(partner, Vote::Yes).is_some() {
            return Err(NoAnswer::bad(
                format!("„{shown}“ ist zweimal genannt."),
                format!("`{shown}` is named twice."),
            ));
        }
    }
    Ok(votes)
}

/// `calc votes`: `{"bund", "laender_yes": [...], "key_year" or "key"}` → `{"laender_yes", "key_share_yes",
/// "adopted", "missing", "unanimous"}`.
///
/// # Errors
/// What is missing or wrong in the input.
pub fn calc(input: &Value, built_in: &[CostKeySet]) -> Result<Value, NoAnswer> {
    known_members(input, &["case", "bund", "laender_yes", "key_year", "key"])?;
    let bund = input.get("bund").and_then(Value::as_str).and_then(Vote::of);
    let bund = bund.ok_or_else(|| {
        NoAnswer::bad(
            "„bund“ fehlt: yes, no oder abstain.",
            "`bund` is missing: yes, no or abstain.",
        )
    })?;
    let laender = input.get("laender_yes").and_then(Value::as_array);
    let laender = laender.and_then(|it| it.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let laender = laender.ok_or_else(|| {
        NoAnswer::bad(
            "„laender_yes“ fehlt: die Kürzel der Länder mit Ja.",
            "`laender_yes` is missing: the codes of the Länder that said yes.",
        )
    })?;
    let mut votes = said_yes(laender)?;
    if votes.insert(Partner::Bund, bund).is_some() {
        return Err(NoAnswer::bad(
            "„laender_yes“ nennt nur Länder; der Bund steht in „bund“.",
            "`laender_yes` names Länder only; the Bund stands in `bund`.",
        ));
    }
    let (key, verified) = calc_key(input, built_in)?;
    let tally = Tally::of(&votes, &key)?;
    let mut all = fields([
        ("laender_yes", json!(tally.laender_yes)),
        ("key_share_yes", key_share(&tally)),
        ("adopted", json!(tally.adopted())),
        ("missing", missing(&tally)),
        ("unanimous", json!(tally.unanimous)),
    ]);
    if let Some(verified) = verified {
        all.insert("key_verified".to_owned(), json!(verified));
    }
    Ok(Value::Object(all))
}
