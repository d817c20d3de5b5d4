//! # Votes
//!
//! ## What it says
//! Whether papers were adopted with the majority that is needed, and what was lacking; or whether one would be.
//!
//! ## Formula
//! Adopted: the Bund says yes, at least eleven Länder do, and these hold at least two thirds of the cost key, all
//! three at once. An abstention is no yes, and who said nothing abstained. Unanimous: all seventeen said yes. The
//! key is the one in force on the day of the sitting, if no other year is asked for. `simple_majority`: more than half
//! of those present said yes; present is of whom a vote is recorded, so an abstention counts, and silence does not. In a
//! written procedure all seventeen take part, and silence is an abstention.
//!
//! ## Facts
//! `votes`, `papers`, `sittings`, `resolutions`, `request_steps`, `cost_keys`.
//!
//! ## Beware
//! Only papers with votes have a row, or the one asked for. Of several resolutions on a paper the row tells the
//! decision, of several of these the last. What was decided though its votes do not make the majority is shown in
//! `without_majority`, whether a resolution says so or only the step of its request at that sitting; nothing is refused
//! for it. A recommendation needs a simple majority only and is shown there if it lacks that. Without a key in force
//! only what needs it is undefined. The contract has no form for a simple majority: `adopted` and `missing` are always
//! about the majority of a decision, and `calc votes` does not know who is present. A vote that names another sitting
//! than its paper's counts, for nothing refuses it; `other_sitting` tells whose it is, and so do the exceptions.

mod counted;
mod supposed;

use std::collections::BTreeMap;

use leitstand_domain::{
    Code as _, Day, Percent,
    majority::{Heads, Lacking, Tally},
    partner::Partner,
    tables::{Channel, ResolutionKind, Step, Vote},
};
use serde_json::{Map, Value, json};

pub(super) use self::counted::elsewhere;
pub use self::supposed::calc;
use self::{
    counted::{counted, of_another},
    supposed::{supposed, wanted_key},
};
use crate::{
    Ask, Facts, Name, View,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields, ground::Terms},
    facts::{Fact, PaperFact, ResolutionFact, StepFact, VoteFact},
    keys::{Key, key_in_force},
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
        field("number", "Nummer der Vorlage", &[], &["papers"]),
        field("version", "Fassung der Vorlage", &[], &["papers"]),
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
            &["yes", "key_year", "key_verified"],
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
            "simple_majority",
            "ob mehr als die Hälfte derer zustimmt, deren Stimme erfasst ist (im Umlauf: aller siebzehn); das genügt einer Empfehlung",
            &["yes", "no"],
            &["votes"],
        ),
        field(
            "other_sitting",
            "wessen Stimme eine andere Sitzung nennt als die der Vorlage; sie zählt",
            &["sitting"],
            &["votes", "papers"],
        ),
        field(
            "kind",
            "Art des Beschlusses über die Vorlage; sind es mehrere, der Beschluss vor Empfehlung und Kenntnisnahme",
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
    /// `None` where nobody voted.
    heads: Option<Heads>,
    /// `None` where there is no key, or nobody voted.
    tally: Option<Tally>,
    key: Option<Key>,
    /// Whose vote names another sitting.
    elsewhere: Vec<Partner>,
    resolution: Option<Fact<'a, ResolutionFact>>,
    /// Whether it was decided, by a resolution or by a step of its request.
    is_decided: bool,
    evidence: Evidence,
}

impl Poll<'_> {
    /// `None` where that depends on a key, or nobody voted.
    fn adopted(&self) -> Option<bool> {
        let tally = self.tally.as_ref().map(Tally::adopted);
        tally.or_else(|| self.heads.as_ref()?.fails().then_some(false))
    }

    /// Whether it was decided or recommended without the majority needed for that.
    fn lacks_its_majority(&self) -> bool {
        let kind = self.resolution.map(|it| it.row().kind);
        if self.is_decided {
            self.adopted() == Some(false)
        } else {
            let heads = self.heads.as_ref();
            let is_lacking = heads.is_some_and(|it| !it.simple_majority);
            kind == Some(ResolutionKind::Recommendation) && is_lacking
        }
    }
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
    let resolutions = facts.resolutions.of(row.id, view);
    let decision = |it: &Fact<'_, ResolutionFact>| it.row().kind == ResolutionKind::Decision;
    let resolution = resolutions.max_by_key(|it| (decision(it), it.order()));
    let last = said.iter().map(Fact::effective).max();
    let date = sitting.map(|it| it.row().date);
    let on = date.or(last).unwrap_or(view.as_of);
    let key = match ask.filter.key_year {
        Some(year) => Some(wanted_key(facts, ask, year, on)?),
        None => key_in_force(facts, view, on),
    };
    let votes = counted(said, sitting);
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
    let mut is_decided = resolution.as_ref().is_some_and(decision);
    for step in deciding_steps(facts, view, row, date) {
        is_decided = true;
        evidence.add("request_steps", step.positions(view));
    }
    if let Some(key) = &key {
        evidence.add("cost_keys", key.positions.iter().copied());
    }
    Ok(Poll {
        paper: Some(paper),
        sitting: Some(facts.names.text(row.sitting)),
        date,
        channel: sitting.map(|it| it.row().channel.unwrap_or(Channel::Sitting)),
        heads: (!votes.is_empty()).then(|| Heads::of(&votes)),
        votes,
        tally,
        key,
        elsewhere: of_another(said, row).map(|it| it.row().partner).collect(),
        resolution,
        is_decided,
        evidence,
    })
}

/// The steps that resolve the request of a paper at the paper's sitting; where a step names none, on its day.
fn deciding_steps<'a>(
    facts: &'a Facts,
    view: &'a View,
    paper: &PaperFact,
    date: Option<Day>,
) -> impl Iterator<Item = Fact<'a, StepFact>> {
    let sitting = paper.sitting;
    let steps = paper.request.map(|it| facts.steps.of(it, view));
    let here = move |it: &Fact<'_, StepFact>| match it.row().sitting {
        Some(named) => named == sitting,
        None => Some(it.effective()) == date,
    };
    let resolves = |it: &Fact<'_, StepFact>| {
        let step = it.row().step;
        matches!(step, Step::Resolved | Step::ResolvedWithConditions)
    };
    let steps = steps.into_iter().flatten();
    steps.filter(move |it| resolves(it) && here(it))
}

/// Whether the votes on a paper make the majority.
pub(super) struct Majority {
    pub(super) adopted: bool,
    /// Whether the key they are weighed by is verified; `None` where no key is needed.
    pub(super) key_verified: Option<bool>,
    pub(super) evidence: Evidence,
}

/// The majority on a paper, the simple one if it is only recommended; `None` where nobody voted, or there is no key.
pub(super) fn majority(
    facts: &Facts,
    view: &View,
    paper: &PaperFact,
    kind: Option<ResolutionKind>,
) -> Option<Majority> {
    let said: Vec<Fact<'_, VoteFact>> = facts.votes.of(paper.id, view).collect();
    let last = said.iter().map(Fact::effective).max()?;
    let sitting = facts.sittings.latest(paper.sitting, view);
    let votes = counted(&said, sitting);
    let mut evidence = Evidence::default();
    for vote in &said {
        evidence.add("votes", vote.positions(view));
    }
    if kind == Some(ResolutionKind::Recommendation) {
        return Some(Majority {
            adopted: Heads::of(&votes).simple_majority,
            key_verified: None,
            evidence,
        });
    }
    let on = sitting.map_or(last, |it| it.row().date);
    let key = key_in_force(facts, view, on)?;
    let tally = Tally::of(&votes, &key.shares).ok()?;
    evidence.add("cost_keys", key.positions);
    Some(Majority {
        adopted: tally.adopted(),
        key_verified: Some(key.verified),
        evidence,
    })
}

const NOBODY: &str = "no votes recorded";

/// What a field that needs no key says.
fn by_heads(poll: &Poll<'_>, tell: impl Fn(&Heads) -> Value) -> Value {
    let heads = poll.heads.as_ref();
    heads.map_or_else(|| present::undefined(NOBODY), tell)
}

/// What a field of the tally says.
fn told(poll: &Poll<'_>, tell: impl Fn(&Tally) -> Value) -> Value {
    match (&poll.tally, &poll.heads) {
        (Some(tally), _) => tell(tally),
        (None, None) => present::undefined(NOBODY),
        (None, Some(_)) => present::undefined("no cost key in force"),
    }
}

/// Without a key it may still be known that something else is lacking.
fn adopted(poll: &Poll<'_>) -> Value {
    let known = poll.adopted().map(|it| json!(it));
    known.unwrap_or_else(|| told(poll, |it| json!(it.adopted())))
}

fn missing(tally: &Tally) -> Value {
    let words = tally.missing.iter().copied().map(Lacking::word);
    json!(words.collect::<Vec<_>>())
}

fn key_share(tally: &Tally) -> Value {
    json!(Percent::text(tally.key_share_yes.into()))
}

/// What each Land that said yes holds of the key, and which key that is.
pub(super) fn terms(facts: &Facts, ask: &Ask, paper: Option<&str>) -> Option<Terms> {
    let poll = match &ask.filter.yes {
        Some(yes) => supposed(facts, ask, yes),
        None => Ok(polls(facts, ask, Some(paper?)).ok()?.pop()?),
    };
    let poll = poll.ok()?;
    let (key, _) = poll.key.as_ref().zip(poll.tally.as_ref())?;
    let yes = Partner::laender().iter();
    let yes = yes.filter(|it| poll.votes.get(it) == Some(&Vote::Yes));
    let mut terms: Terms = yes
        .map(|it| {
            let part = key.shares.get(it).copied().unwrap_or_default();
            (it.word().to_owned(), json!(Percent::text(part.into())))
        })
        .collect();
    terms.push(("key_year".to_owned(), json!(key.year)));
    terms.push(("key_verified".to_owned(), json!(key.verified)));
    Some(terms)
}

fn of_one(poll: &Poll<'_>) -> Map<String, Value> {
    fields([
        ("adopted", adopted(poll)),
        ("missing", told(poll, missing)),
        ("unanimous", by_heads(poll, |it| json!(it.unanimous))),
        ("key_year", json!(poll.key.as_ref().map(|it| it.year))),
        (
            "key_verified",
            json!(poll.key.as_ref().map(|it| it.verified)),
        ),
    ])
}

fn of_all(facts: &Facts, polls: &[Poll<'_>]) -> Map<String, Value> {
    let is_adopted = |it: &&Poll<'_>| it.adopted() == Some(true);
    let without = polls.iter().filter(|it| it.lacks_its_majority());
    let mut without: Vec<&str> = without.map(|it| id(facts, it)).collect();
    without.sort_unstable();
    let keys = polls.iter().filter_map(|it| it.key.as_ref());
    let verified = keys.map(|it| it.verified).reduce(|all, it| all && it);
    fields([
        ("papers", json!(polls.len())),
        (
            "papers_adopted",
            json!(polls.iter().filter(is_adopted).count()),
        ),
        ("without_majority", json!(without)),
        ("key_verified", json!(verified)),
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
    let text = |name: Option<Name>| json!(name.map(|it| facts.names.text(it)));
    let simple_majority = match poll.paper {
        Some(_) => by_heads(poll, |it| json!(it.simple_majority)),
        None => present::undefined("nobody said who is present"),
    };
    AnswerRow {
        id: id(facts, poll).to_owned(),
        fields: fields([
            ("paper", json!(paper.map(|it| facts.names.text(it.id)))),
            ("number", text(paper.and_then(|it| it.number))),
            ("version", text(paper.and_then(|it| it.version))),
            ("sitting", json!(poll.sitting)),
            ("date", json!(poll.date.map(|it| it.to_string()))),
            ("channel", json!(poll.channel.map(Channel::word))),
            ("request", text(request)),
            ("bund", by_heads(poll, |it| json!(it.bund.word()))),
            ("laender_yes", by_heads(poll, |it| json!(it.laender_yes))),
            ("key_share_yes", told(poll, key_share)),
            ("yes", json!(said(Vote::Yes))),
            ("no", json!(said(Vote::No))),
            ("abstained", json!(said(Vote::Abstain))),
            ("key_year", json!(poll.key.as_ref().map(|it| it.year))),
            (
                "key_verified",
                json!(poll.key.as_ref().map(|it| it.verified)),
            ),
            ("adopted", adopted(poll)),
            ("missing", told(poll, missing)),
            ("unanimous", by_heads(poll, |it| json!(it.unanimous))),
            ("simple_majority", simple_majority),
            ("other_sitting", json!(poll.elsewhere)),
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
