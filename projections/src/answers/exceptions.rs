//! # Exceptions
//!
//! ## What it says
//! What a reader should know was not as it should be: reports that came late, rows handed in after the day
//! they were known, corrections, overridden colours, rows recorded twice.
//!
//! ## Formula
//! `late`: received after the call's due date. `backfilled`: known before the day of recording. `corrected`:
//! a correction, or a booking that replaces another. `duplicate_identity`: a row whose identity another
//! process had recorded in another stream; it changes no figure. `overridden`: a colour somebody overrode,
//! whether there is a report of that day for it to hold with or not. `after_close`: a row about the time before
//! a pot's year was closed finally, or a booking for that year, a step that changes money of its requests, or a new
//! state of the pot, recorded afterwards. `four_eyes`: one person played two of the parts
//! submitting, formal check, granting and correcting in a request, or corrected or annulled a row of their own.
//! `not_checked`: that cannot be told, for somebody acted without having authenticated. `over_carried`: more
//! was carried over than was bound to be carried, or what was not there. `carried_back`: carried over into a fiscal year
//! that is not a later one. `other_sitting`: a vote names another sitting than its paper's, and counts.
//! `unmet_condition`: a step of a request lacks
//! what the dossier's table of transitions asks for beside its guards, such as a deadline kept, a reason, a sitting, or
//! a proof in which everything called was spent; or more is bound than granted, or given back than was there.
//!
//! ## Facts
//! The log itself, `report_calls`, `status_reports`, `status_overrides`, `requests`, `request_steps`,
//! `bookings`, `carry_overs`, `votes`, `papers`, closings.
//!
//! ## Beware
//! What `init` records is built in and not backfilled.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use leitstand_domain::{Day, pot::Closing, tables::Step};
use rayon::{
    iter::{
        IndexedParallelIterator as _, IntoParallelIterator as _, IntoParallelRefIterator as _,
        ParallelIterator as _,
    },
    slice::ParallelSlice as _,
};
use serde_json::{Map, Value, json};

use super::{
    four_eyes::{self, Seen},
    money::Request,
    programme::Programme,
    reporting::{self, Debt},
    unmet, votes,
};
use crate::{
    Ask, Facts, Filter, Name, View,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields},
    facts::{ClosingFact, Duplicate, Fact, Logged, LoggedKind, OverrideFact},
};

pub(super) const KIND: Kind = Kind {
    name: "exceptions",
    title: "Auffälligkeiten",
    id: "id",
    fields: &[
        field(
            "kind",
            "late: verspätet gemeldet; backfilled: nacherfasst; corrected: berichtigt; overridden: Farbe übersteuert; duplicate_identity: doppelt erfasst; after_close: nach der Feststellung des Haushaltsjahrs; four_eyes: Vier-Augen-Prinzip verletzt; not_checked: Vier-Augen-Prinzip nicht geprüft, weil ohne Anmeldung erfasst; over_carried: mehr übertragen als zu übertragen war; carried_back: nicht in ein späteres Haushaltsjahr übertragen; other_sitting: Stimme nennt eine andere Sitzung als die Vorlage; unmet_condition: einem Schritt fehlt, was der Ablauf verlangt",
            &[],
            &["log"],
        ),
        field(
            "what",
            "Strom und Ereignis, Maßnahme und Berichtsabruf, Maßnahme und Stichtag, oder Antrag",
            &[],
            &["log"],
        ),
        field("id", "Art und Stelle im Protokoll", &[], &["log"]),
    ],
    ask,
};

/// Kinds of exceptions in the order of their rows.
const KINDS: [&str; 12] = [
    "after_close",
    "backfilled",
    "carried_back",
    "corrected",
    "duplicate_identity",
    "four_eyes",
    "late",
    "not_checked",
    "other_sitting",
    "over_carried",
    "overridden",
    "unmet_condition",
];
const AFTER_CLOSE: u8 = 0;
const BACKFILLED: u8 = 1;
const CARRIED_BACK: u8 = 2;
const CORRECTED: u8 = 3;
const DUPLICATE: u8 = 4;
const FOUR_EYES: u8 = 5;
const LATE: u8 = 6;
const NOT_CHECKED: u8 = 7;
const OTHER_SITTING: u8 = 8;
const OVER_CARRIED: u8 = 9;
const OVERRIDDEN: u8 = 10;
const UNMET: u8 = 11;
/// Those that are rows of the log themselves.
const IN_THE_LOG: [u8; 3] = [AFTER_CLOSE, BACKFILLED, CORRECTED];

/// Something found: its kind, and its place in the log, among the duplicates, debts or overrides, or among what is listed. Kept
/// small, because on a log fed from an archive nearly every row is one; it is told when its row is asked.
#[derive(Clone, Copy)]
struct Found {
    kind: u8,
    place: u32,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let view = &ask.view;
    let programme = Programme::new(facts, view);
    let seen = |it: &Logged| view.sees(it.known, it.position) && it.effective <= view.as_of;
    let late = || {
        let mut debts: Vec<Debt<'a>> = reporting::debts(&programme);
        debts.retain(Debt::is_late);
        debts.sort_by_cached_key(|it| first_position(it, view));
        debts
    };
    // Of some hundred thousand rows each: on all cores.
    let (debts, (listed, in_the_log)) = rayon::join(late, || {
        rayon::join(|| listed(&programme), || in_the_log(facts, view))
    });
    let mut overrides: Vec<Fact<'a, OverrideFact>> = facts.overrides.all(view).collect();
    overrides.sort_by_key(Fact::root_position);
    let duplicates = facts.duplicates.iter();
    let duplicates = duplicates.filter(|it| facts.logged(it.position).is_some_and(seen));
    let duplicates: Vec<&Duplicate> = duplicates.collect();
    // Room for all at once: there are as many as rows, and a list that grows is copied.
    let count = in_the_log.iter().flatten().map(Vec::len).sum::<usize>();
    let mut found = Vec::with_capacity(count + debts.len() + overrides.len());
    for kind in (0..).take(KINDS.len()) {
        if let Some(at) = IN_THE_LOG.iter().position(|it| *it == kind) {
            for piece in &in_the_log {
                found.extend_from_slice(&piece[at]);
            }
        }
        let count = match kind {
            DUPLICATE => duplicates.len(),
            LATE => debts.len(),
            OVERRIDDEN => overrides.len(),
            _ => listed.get(&kind).map_or(0, Vec::len),
        };
        found.extend((0..).take(count).map(|place| Found { kind, place }));
    }
    let mut counts = [0_usize; KINDS.len()];
    for it in &found {
        counts[usize::from(it.kind)] += 1;
    }
    let counts: Map<String, Value> = KINDS
        .iter()
        .zip(counts)
        .map(|(kind, count)| ((*kind).to_owned(), json!(count)))
        .collect();
    let summary = fields([("counts", Value::Object(counts))]);
    let told = Arc::new(Told {
        programme,
        debts,
        duplicates,
        overrides,
        listed,
    });
    let same = Arc::clone(&told);
    Ok(Output::sorted(
        found,
        move |it| same.id(*it),
        move |it| told.write(*it),
        summary,
    ))
}

/// What is found in the log itself, piece by piece: recorded after a closing, filled in afterwards, corrections.
fn in_the_log(facts: &Facts, view: &View) -> Vec<[Vec<Found>; 3]> {
    const PIECE: usize = 1 << 14;
    let closed = closed(facts, view);
    let late = acts_after(facts, view);
    let seen = |it: &&Logged| view.sees(it.known, it.position) && it.effective <= view.as_of;
    let pieces = facts.log.par_chunks(PIECE).enumerate();
    let looked_through = pieces.map(|(at, piece)| {
        let [mut after_close, mut backfilled, mut corrected] = [const { Vec::new() }; 3];
        let first = u32::try_from(at * PIECE).unwrap_or(u32::MAX);
        for (place, logged) in (first..).zip(piece).filter(|(_, it)| seen(it)) {
            let found = |kind| Found { kind, place };
            if !matches!(logged.kind, LoggedKind::Row | LoggedKind::Correction) {
                continue;
            }
            if let Some((position, on)) = closed.get(&logged.stream)
                && logged.position > *position
                && (logged.effective <= *on || late.contains(&logged.position))
            {
                after_close.push(found(AFTER_CLOSE));
            }
            if logged.known < logged.recorded_on {
                backfilled.push(found(BACKFILLED));
            }
            if logged.kind == LoggedKind::Correction {
                corrected.push(found(CORRECTED));
            }
        }
        [after_close, backfilled, corrected]
    });
    looked_through.collect()
}

/// Where acts are recorded that are dated after the final closing of the year they change: bookings for that year,
/// steps that change money of the pot's requests, and states of the pot.
fn acts_after(facts: &Facts, view: &View) -> HashSet<u64> {
    let of_closing = |closing: &&ClosingFact| {
        let (pot, closed) = (closing.pot, closing.effective);
        let year = facts.pots.latest(pot, view).map(|it| it.row().fiscal_year);
        let mut late = Vec::new();
        for request in facts.by_pot.get(&pot).into_iter().flatten() {
            let bookings = facts.bookings.of(*request, view);
            let for_year =
                bookings.filter(|it| it.effective() > closed && Some(it.row().fiscal_year) <= year);
            late.extend(for_year.flat_map(|it| it.positions(view)));
            let steps = facts.steps.of(*request, view);
            let changing =
                steps.filter(|it| it.effective() > closed && changes_money(it.row().step));
            late.extend(changing.flat_map(|it| it.positions(view)));
        }
        let states = facts.pots.of(pot, view);
        let later = states.filter(|it| it.effective() > closed);
        late.extend(later.flat_map(|it| it.positions(view)));
        late
    };
    // A pot has thousands of bookings: on all cores.
    let closings: Vec<&ClosingFact> = finally(facts, view).collect();
    closings.par_iter().flat_map_iter(of_closing).collect()
}

/// Whether a figure of the request's pot depends on a step.
fn changes_money(step: Step) -> bool {
    matches!(
        step,
        Step::Resolved
            | Step::ResolvedWithConditions
            | Step::Granted
            | Step::Blocked
            | Step::Unblocked
            | Step::Waived
            | Step::Revoked
    )
}

fn first_position(debt: &Debt<'_>, view: &View) -> u64 {
    debt.report
        .and_then(|it| it.positions(view).next())
        .unwrap_or_default()
}

/// What is told of something found.
struct Told<'a> {
    programme: Programme<'a>,
    debts: Vec<Debt<'a>>,
    duplicates: Vec<&'a Duplicate>,
    overrides: Vec<Fact<'a, OverrideFact>>,
    listed: Listed,
}

/// What is found beside the log, by kind, each in its order.
type Listed = BTreeMap<u8, Vec<Seen>>;

fn listed(programme: &Programme<'_>) -> Listed {
    let requests = Request::all(programme, &Filter::default());
    // Of annulled requests, too.
    let ids = programme.facts.requests.holders().into_par_iter();
    let eyes: Vec<_> = ids.map(|it| four_eyes::of(programme, it)).collect();
    let (broken, unchecked): (Vec<_>, Vec<_>) = eyes.into_iter().unzip();
    let over_carried = requests.iter().flat_map(|it| it.over_carried(programme));
    let carried_back = requests.iter().flat_map(|it| it.carried_back(programme));
    let unmet = requests.par_iter().map(|it| unmet::of(programme, it));
    let unmet: Vec<_> = unmet.collect();
    let mut listed = Listed::from([
        (FOUR_EYES, broken.into_iter().flatten().collect()),
        (NOT_CHECKED, unchecked.into_iter().flatten().collect()),
        (OVER_CARRIED, over_carried.collect()),
        (CARRIED_BACK, carried_back.collect()),
        (OTHER_SITTING, votes::elsewhere(programme)),
        (UNMET, unmet.into_iter().flatten().collect()),
    ]);
    for seen in listed.values_mut() {
        seen.sort_by(|a, b| (a.first(), &a.what).cmp(&(b.first(), &b.what)));
    }
    listed
}

/// The final closings.
fn finally<'a>(facts: &'a Facts, view: &'a View) -> impl Iterator<Item = &'a ClosingFact> {
    facts.closings.values().flatten().filter(|it| {
        it.closing == Closing::Final
            && it.effective <= view.as_of
            && view.sees(it.known, it.position)
    })
}

/// The final closings by stream: where they are recorded, and for which day.
fn closed(facts: &Facts, view: &View) -> BTreeMap<Name, (u64, Day)> {
    finally(facts, view)
        .filter_map(|it| {
            let stream = facts.logged(it.position)?.stream;
            Some((stream, (it.position, it.effective)))
        })
        .collect()
}

impl Told<'_> {
    /// By kind, then by place in the log, then by what it is about.
    fn id(&self, it: Found) -> String {
        let (position, _) = self.about(it);
        format!(
            "{}/{position:016}/{:010}",
            KINDS[usize::from(it.kind)],
            it.place
        )
    }

    /// What was found, where it is listed.
    fn seen(&self, it: Found) -> Option<&Seen> {
        self.listed.get(&it.kind)?.get(it.place as usize)
    }

    fn about(&self, it: Found) -> (u64, String) {
        let facts = self.programme.facts;
        let place = it.place as usize;
        if let Some(seen) = self.seen(it) {
            return (seen.first(), seen.what.clone());
        }
        match it.kind {
            LATE => {
                let debt = &self.debts[place];
                let what = format!(
                    "{} {}",
                    self.programme.text(debt.measure),
                    self.programme.text(debt.call.row().id)
                );
                (first_position(debt, self.programme.view), what)
            }
            OVERRIDDEN => {
                let fact = self.overrides[place];
                let row = fact.row();
                let what = format!("{} {}", self.programme.text(row.measure), row.report_date);
                (fact.root_position(), what)
            }
            DUPLICATE => {
                let duplicate = self.duplicates[place];
                (duplicate.position, duplicate.what.clone())
            }
            _ => {
                let logged = &facts.log[place];
                (
                    logged.position,
                    format!(
                        "{} {}",
                        facts.names.text(logged.stream),
                        facts.names.text(logged.name)
                    ),
                )
            }
        }
    }

    fn write(&self, it: Found) -> AnswerRow {
        let (position, what) = self.about(it);
        let mut evidence = Evidence::default();
        evidence.add("log", [position]);
        if it.kind == LATE {
            let report = self.debts[it.place as usize].report;
            evidence.add(
                "log",
                report
                    .into_iter()
                    .flat_map(|it| it.positions(self.programme.view)),
            );
        }
        if let Some(seen) = self.seen(it) {
            evidence.add("log", seen.positions.iter().copied());
        }
        if it.kind == OVERRIDDEN {
            let fact = self.overrides[it.place as usize];
            evidence.add("log", fact.positions(self.programme.view));
        }
        let kind = KINDS[usize::from(it.kind)];
        AnswerRow {
            id: self.id(it),
            fields: fields([
                ("kind", json!(kind)),
                ("what", json!(what)),
                ("id", json!(self.id(it))),
            ]),
            evidence,
        }
    }
}
