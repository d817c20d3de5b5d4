//! Facts: everything the answers look at, folded from the log.
//!
//! They are kept in memory together with the position they stand at, so that facts and checkpoint
//! change in one step; they can always be thrown away and folded again.

mod folds;
mod kinds;
mod log;
mod money;
mod table;
mod wordings;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use leitstand_domain::{Day, Event, Id, Meta, Row, event::CostKeySet, partner::Partner};

pub use kinds::*;
pub use log::{Duplicate, Entry, KeyFact, Logged, LoggedKind, Stopped, Unseal};
pub use money::{ClosingFact, ReceivedFact, cents, year};
pub use table::{Fact, FactRow, Head, Table};
pub use wordings::sealed_texts;

use crate::{Name, Names, View};
pub(crate) use folds::Folded;
pub(crate) use table::Act;
use table::Change;
use wordings::Wordings;

/// All facts up to a position.
#[derive(Debug, Default)]
pub struct Facts {
    /// Ids and titles.
    pub names: Names,
    /// Every event.
    pub log: Vec<Logged>,
    /// Of each event of the log when it came in.
    came_in: Vec<CameIn>,
    /// Catalogue entries.
    pub entries: Table<EntryFact>,
    /// Links between entries, held by where they come from.
    pub links: Table<LinkFact>,
    /// Seats.
    pub seats: Table<SeatFact>,
    /// Sittings.
    pub sittings: Table<SittingFact>,
    /// Thresholds.
    pub thresholds: Table<ThresholdFact>,
    /// Report calls.
    pub calls: Table<CallFact>,
    /// Mandates.
    pub mandates: Table<MandateFact>,
    /// How mandates ended.
    pub mandate_steps: Table<MandateStepFact>,
    /// What was released to whom, held by the kind of thing.
    pub releases: Table<ReleaseFact>,
    /// Status reports.
    pub statuses: Table<StatusFact>,
    /// Overridden colours.
    pub overrides: Table<OverrideFact>,
    /// Points of planned value.
    pub plans: Table<PlanFact>,
    /// Earned value and actual cost.
    pub progress: Table<ProgressFact>,
    /// Activities.
    pub activities: Table<ActivityFact>,
    /// Indicators of goals.
    pub indicators: Table<IndicatorFact>,
    /// What was measured.
    pub measurements: Table<MeasurementFact>,
    /// Milestones.
    pub milestones: Table<MilestoneFact>,
    /// Moved baselines.
    pub rebaselines: Table<RebaselineFact>,
    /// Milestone reports.
    pub reports: Table<ReportFact>,
    /// Risks.
    pub risks: Table<RiskFact>,
    /// Assessments.
    pub assessments: Table<AssessmentFact>,
    /// What is done about risks.
    pub actions: Table<ActionFact>,
    /// What risks would do to activities.
    pub drivers: Table<DriverFact>,
    /// How risks left the register.
    pub closures: Table<ClosureFact>,
    /// Impediments.
    pub impediments: Table<ImpedimentFact>,
    /// Impediment steps.
    pub impediment_steps: Table<ImpedimentStepFact>,
    /// Parts of cost keys.
    pub key_parts: Table<KeyPartFact>,
    /// Parts of cost-sharing schemes.
    pub scheme_parts: Table<SchemePartFact>,
    /// Pots.
    pub pots: Table<PotFact>,
    /// Authorities to commit later years, held by pot.
    pub authorities: Table<AuthorityFact>,
    /// Points of planned outflow, held by pot.
    pub outflows: Table<OutflowFact>,
    /// Needs, held by subject.
    pub needs: Table<NeedFact>,
    /// Contributions of the partners, held by voucher.
    pub contributions: Table<ContributionFact>,
    /// Requests.
    pub requests: Table<RequestFact>,
    /// Items of requests.
    pub items: Table<ItemFact>,
    /// Request steps.
    pub steps: Table<StepFact>,
    /// Papers.
    pub papers: Table<PaperFact>,
    /// Votes, held by their paper.
    pub votes: Table<VoteFact>,
    /// Resolutions, held by their paper.
    pub resolutions: Table<ResolutionFact>,
    /// Bookings.
    pub bookings: Table<BookingFact>,
    /// Carry-overs as resolved, held by request.
    pub carry_overs: Table<CarryOverFact>,
    /// Carry-overs as received.
    pub received: Vec<ReceivedFact>,
    /// Closings of pots' years.
    pub closings: BTreeMap<Name, Vec<ClosingFact>>,
    /// Requests by pot, in the order of the log.
    pub by_pot: HashMap<Name, Vec<Name>>,
    /// The built-in cost keys.
    pub keys: Vec<KeyFact>,
    /// Rows recorded twice.
    pub duplicates: Vec<Duplicate>,
    /// The first event that could not be read, if one could not.
    pub stopped: Option<Stopped>,
    /// Programme and currency.
    pub programme: Option<(Id, Id)>,
    /// Requests folded before.
    folds: folds::Folds,
    /// The free texts.
    wordings: Wordings,
    identities: HashMap<u128, Place>,
}

/// What every answer asks of every event, kept apart so that all of them are looked through at once.
#[derive(Debug, Clone, Copy)]
struct CameIn {
    /// When it became known.
    known: Day,
    /// When the log took what was handed in; for anything else the first day, which is after no K.
    handed_in: Day,
}

/// Where the first row of an identity is.
#[derive(Debug, Clone, Copy)]
struct Place {
    stream: Name,
    root: u32,
}

impl Facts {
    /// The position the facts stand at; 0 before any event.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.log.last().map_or(0, |it| it.position)
    }

    /// The greatest position of an event seen from `view`.
    #[must_use]
    pub fn position_seen(&self, view: &View) -> u64 {
        self.came_in(view)
            .iter()
            .rposition(|it| view.known_on.is_none_or(|day| it.known <= day))
            .map_or(0, |at| self.log[at].position)
    }

    /// Rows recorded after K that were known by K: what an answer for K did not yet say on that day.
    #[must_use]
    pub fn backfilled(&self, view: &View) -> usize {
        let Some(known_on) = view.known_on else {
            return 0;
        };
        self.came_in(view)
            .iter()
            .filter(|it| it.known <= known_on && known_on < it.handed_in)
            .count()
    }

    /// When the events up to P came in.
    fn came_in(&self, view: &View) -> &[CameIn] {
        let end = view.at_position.map_or(self.log.len(), |at| {
            self.log.partition_point(|it| it.position <= at)
        });
        &self.came_in[..end]
    }

    /// Takes an event in. What is at or before the position already reached is not taken in twice.
    pub fn apply(&mut self, entry: Entry<'_>, event: &Event, unseal: &dyn Unseal) {
        if entry.position <= self.position() {
            return;
        }
        self.note(&entry, event);
        self.wordings.keep(&entry, event, &mut self.names, unseal);
        match event {
            Event::Row(row, meta) => self.row(&entry, row, meta),
            Event::Corrected(correction, _) => {
                let change = Correction {
                    position: entry.position,
                    known: entry.known,
                    changes: &correction.changes,
                    to_date: correction.to_date,
                    void: correction.void,
                };
                self.corrected(&correction.table, &correction.key, correction.date, &change);
            }
            Event::CostKeySet(key, _) => self.key(&entry, key),
            Event::Initialised(it) => {
                self.programme
                    .get_or_insert_with(|| (it.programme.clone(), it.currency.clone()));
            }
            Event::TextErased(it) => self.wordings.erase(it.key),
            Event::CarryOverReceived(it) => {
                let fact = ReceivedFact::take(&entry, it, &mut self.names);
                self.received.push(fact);
            }
            Event::YearClosed(it) => {
                let fact = ClosingFact::take(&entry, it, &mut self.names);
                self.closings.entry(fact.pot).or_default().push(fact);
            }
            Event::Sealed(_) => {}
        }
    }

    /// Everything recorded of rows that name one of these ids, seen from `view`, in the order of the log.
    pub(crate) fn acts(&self, ids: &HashSet<Name>, view: &View) -> Vec<Act> {
        let mut acts = Vec::new();
        macro_rules! of {
            ($($table:ident),+ $(,)?) => {
                $(self.$table.acts(ids, view, &self.names, &mut acts);)+
            };
        }
        of! {
            entries, links, seats, sittings, thresholds, calls, mandates, mandate_steps, releases, statuses, overrides, plans, progress, activities, indicators, measurements, milestones, rebaselines, reports, risks, assessments, actions, drivers, closures, impediments, impediment_steps, key_parts, scheme_parts, pots, authorities, outflows, needs, contributions, requests, items, steps, papers, votes, resolutions, bookings, carry_overs,
        }
        self.receipts(ids, view, &mut acts);
        acts.sort_by_key(|it| it.position);
        acts
    }

    /// Notes that an event could not be read: from here on the facts stand still and say so.
    pub fn stop(&mut self, stopped: Stopped) {
        self.stopped.get_or_insert(stopped);
    }

    fn note(&mut self, entry: &Entry<'_>, event: &Event) {
        let built_in = event.meta().is_some_and(|it| it.built_in);
        let kind = match event {
            _ if built_in => LoggedKind::BuiltIn,
            Event::Row(Row::Booked(it), _) if it.corrects.is_some() => LoggedKind::Correction,
            Event::Corrected(..) => LoggedKind::Correction,
            Event::Row(..) | Event::CostKeySet(..) => LoggedKind::Row,
            Event::Initialised(_)
            | Event::CarryOverReceived(_)
            | Event::YearClosed(_)
            | Event::Sealed(_)
            | Event::TextErased(_) => LoggedKind::Log,
        };
        let mut intern = |text: &str| {
            let known = self.names.find(text);
            known.or_else(|| {
                <Id as leitstand_domain::cell::Cell>::parse(text)
                    .ok()
                    .map(|id| self.names.intern(&id))
            })
        };
        // Names of streams, events and actors are one line and short, or the event was not ours.
        let (Some(name), Some(stream), Some(actor)) = (
            intern(entry.name),
            intern(entry.stream),
            intern(entry.actor),
        ) else {
            return;
        };
        let reporter = match event {
            // The one table that has the reporter among its own columns.
            Event::Row(Row::StatusOverridden(it), _) => Some(&it.reporter),
            _ => event.meta().and_then(|it| it.reporter.as_ref()),
        };
        let reporter = reporter.map(|it| self.names.intern(it));
        let file_ref = event
            .meta()
            .and_then(|it| it.file_ref.as_ref())
            .map(|it| self.names.intern(it));
        self.came_in.push(CameIn {
            known: entry.known,
            handed_in: match kind {
                LoggedKind::Row | LoggedKind::Correction => entry.recorded_on,
                LoggedKind::BuiltIn | LoggedKind::Log => Day::FIRST,
            },
        });
        self.log.push(Logged {
            position: entry.position,
            name,
            stream,
            effective: entry.effective,
            known: entry.known,
            recorded_at: entry.recorded_at,
            recorded_on: entry.recorded_on,
            actor,
            reporter,
            file_ref,
            kind,
        });
    }

    fn row(&mut self, entry: &Entry<'_>, row: &Row, meta: &Meta) {
        let table = row.table();
        let identity = meta
            .key
            .as_ref()
            .map_or_else(|| Cow::from(row.identity()), |key| Cow::from(key.as_str()));
        let hash = hashed(table.order, &identity);
        let stream = self.log.last().map(|it| it.stream);
        let before = self.identities.get(&hash).copied();
        if let Some(place) = before
            && Some(place.stream) != stream
        {
            self.duplicates.push(Duplicate {
                position: entry.position,
                what: format!("{} {identity}", table.name),
            });
            return;
        }
        let same = before.map(|it| it.root);
        let Entry {
            position,
            known,
            effective,
            ..
        } = *entry;
        macro_rules! add {
            ($table:ident, $source:expr) => {{
                let row = FactRow::take($source, &mut self.names);
                self.$table.add(row, position, known, effective, same)
            }};
        }
        let root = match row {
            Row::EntrySet(it) => add!(entries, it),
            Row::Linked(it) => add!(links, it),
            Row::SeatSet(it) => add!(seats, it),
            Row::SittingScheduled(it) => add!(sittings, it),
            Row::ThresholdSet(it) => add!(thresholds, it),
            Row::ReportCalled(it) => add!(calls, it),
            Row::MandateGiven(it) => add!(mandates, it),
            Row::MandateStepped(it) => add!(mandate_steps, it),
            Row::Released(it) => add!(releases, it),
            Row::StatusReported(it) => add!(statuses, it),
            Row::StatusOverridden(it) => add!(overrides, it),
            Row::PlanSet(it) => add!(plans, it),
            Row::Progressed(it) => add!(progress, it),
            Row::ActivityPlanned(it) => add!(activities, it),
            Row::IndicatorSet(it) => add!(indicators, it),
            Row::GoalMeasured(it) => add!(measurements, it),
            Row::MilestonePlanned(it) => add!(milestones, it),
            Row::MilestoneRebaselined(it) => add!(rebaselines, it),
            Row::MilestoneReported(it) => add!(reports, it),
            Row::RiskIdentified(it) => add!(risks, it),
            Row::RiskAssessed(it) => add!(assessments, it),
            Row::RiskActionSet(it) => add!(actions, it),
            Row::RiskDriverSet(it) => add!(drivers, it),
            Row::RiskClosed(it) => add!(closures, it),
            Row::ImpedimentReported(it) => add!(impediments, it),
            Row::ImpedimentStepped(it) => add!(impediment_steps, it),
            Row::KeyPartSet(it) => add!(key_parts, it),
            Row::SchemePartSet(it) => add!(scheme_parts, it),
            Row::PotResolved(it) => add!(pots, it),
            Row::RequestSubmitted(it) => {
                let (pot, id) = (self.names.intern(&it.pot), self.names.intern(&it.id));
                self.by_pot.entry(pot).or_default().push(id);
                add!(requests, it)
            }
            Row::AuthorityResolved(it) => add!(authorities, it),
            Row::OutflowPlanned(it) => add!(outflows, it),
            Row::NeedSet(it) => add!(needs, it),
            Row::ContributionBooked(it) => add!(contributions, it),
            Row::RequestItemised(it) => add!(items, it),
            Row::CarryOverSent(it) => add!(carry_overs, it),
            Row::RequestStepped(it) => add!(steps, it),
            Row::PaperFiled(it) => add!(papers, it),
            Row::Voted(it) => add!(votes, it),
            Row::Resolved(it) => add!(resolutions, it),
            Row::Booked(it) => self.booked(entry, it, same),
        };
        if let (None, Some(stream)) = (before, stream) {
            let place = Place { stream, root };
            self.identities.insert(hash, place);
            if let (Row::Booked(it), Some(_)) = (row, &meta.key) {
                // Others refer to a booking by its reference, whatever its key.
                self.identities
                    .entry(hashed(table.order, &it.reference))
                    .or_insert(place);
            }
        }
    }

    fn corrected(&mut self, table: &str, key: &str, date: Day, correction: &Correction<'_>) {
        let Some(order) = leitstand_domain::tables::by_name(table).map(|it| it.order) else {
            return;
        };
        let place = |key: &str| self.identities.get(&hashed(order, key)).map(|it| it.root);
        // A state's identity may be written with its date, as in `MB-03/2024-09-16`.
        let dated = format!("/{date}");
        let Some(first) = place(key).or_else(|| place(key.strip_suffix(&dated)?)) else {
            return;
        };
        macro_rules! correct {
            ($($name:literal => $table:ident),+ $(,)?) => {
                match table {
                    $($name => {
                        if let Some(root) = self.$table.effective_on(first, date) {
                            let change = Change::Some {
                                changes: correction.changes.clone(),
                                to_date: correction.to_date,
                                void: correction.void,
                            };
                            self.$table.version(root, correction.position, correction.known, change, &mut self.names);
                        }
                    })+
                    _ => {} // no other table: a correction names one that is there
                }
            };
        }
        correct! {
            "catalogue" => entries, "links" => links, "seats" => seats, "sittings" => sittings,
            "thresholds" => thresholds, "report_calls" => calls, "mandates" => mandates,
            "mandate_steps" => mandate_steps, "releases" => releases, "milestones" => milestones,
            "rebaselines" => rebaselines, "milestone_reports" => reports, "status_reports" => statuses,
            "status_overrides" => overrides, "plans" => plans, "progress" => progress,
            "activities" => activities, "goal_indicators" => indicators, "goal_measurements" => measurements,
            "risks" => risks, "risk_assessments" => assessments, "risk_actions" => actions,
            "risk_drivers" => drivers, "risk_closures" => closures, "impediments" => impediments, "impediment_steps" => impediment_steps,
            "cost_keys" => key_parts, "cost_schemes" => scheme_parts, "pots" => pots,
            "commitment_authorities" => authorities, "outflow_plans" => outflows, "needs" => needs,
            "contributions" => contributions, "requests" => requests, "request_items" => items,
            "request_steps" => steps, "papers" => papers, "votes" => votes, "resolutions" => resolutions,
            "bookings" => bookings, "carry_overs" => carry_overs,
        }
    }

    fn key(&mut self, entry: &Entry<'_>, key: &CostKeySet) {
        use leitstand_domain::cell::Code as _;
        let shares = key
            .shares
            .iter()
            .filter_map(|(code, units)| Some((Partner::of(code)?, *units)))
            .collect();
        self.keys.push(KeyFact {
            position: entry.position,
            known: entry.known,
            valid_from: key.valid_from,
            key_year: key.key_year,
            verified: key.verified,
            shares,
        });
    }
}

/// A correction as facts take it in.
struct Correction<'a> {
    position: u64,
    known: Day,
    changes: &'a leitstand_domain::Cells,
    to_date: Option<Day>,
    void: bool,
}

/// 128 bits of table and identity.
fn hashed(table: usize, identity: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, table, identity).hash(&mut hasher);
        hasher.finish()
    };
    (u128::from(half(1)) << 64) | u128::from(half(2))
}
