//! The kinds of facts: what is kept of each table.

use std::collections::HashSet;

use leitstand_domain::{
    Amount, Count, Day, Id, Number, Percent, SignedAmount,
    cell::{Cell, YesNo},
    partner::{Group, Partner, Partners},
    tables::{
        ActionState, ActivityPlanned, AssessmentKind, AuthorityResolved, Basis, Booked,
        BookingKind, CarryOverSent, Channel, Classification, ClosureOutcome, Colour,
        ContributionBooked, ContributionKind, CostType, Dimension, EntryKind, EntrySet, EntryState,
        GoalMeasured, ImpedimentReported, ImpedimentStep, ImpedimentStepped, IndicatorSet,
        KeyPartSet, LinkKind, Linked, MandateGiven, MandateStep, MandateStepped, MilestonePlanned,
        MilestoneRebaselined, MilestoneReported, NeedSet, OutflowPlanned, PaperFiled, PlanMethod,
        PlanSet, PotMode, PotResolved, Progressed, Released, ReportCalled, RequestItemised,
        RequestKind, RequestStepped, RequestSubmitted, ResolutionKind, Resolved, Response,
        RiskActionSet, RiskAssessed, RiskClosed, RiskDriverSet, RiskIdentified, SchemePartSet,
        SeatSet, SeatState, SittingScheduled, StatusOverridden, StatusReported, Step, ThresholdSet,
        Track, Vote, Voted,
    },
};

use super::table::FactRow;
use crate::{Name, Names};

/// How a column is kept: as it is where it is small, as a number where it is an id.
trait Kept<C> {
    fn keep(cell: &C, names: &mut Names) -> Self;

    /// In the feed's normal form; `None` where nothing is stated.
    fn tell(&self, names: &Names) -> Option<String>;

    /// Whether it names one of these ids.
    fn is_among(&self, _: &HashSet<Name>) -> bool {
        false
    }
}

impl<C: Cell + Copy> Kept<C> for C {
    fn keep(cell: &C, _: &mut Names) -> Self {
        *cell
    }

    fn tell(&self, _: &Names) -> Option<String> {
        self.normal()
    }
}

impl Kept<Id> for Name {
    fn keep(cell: &Id, names: &mut Names) -> Self {
        names.intern(cell)
    }

    fn tell(&self, names: &Names) -> Option<String> {
        Some(names.text(*self).to_owned())
    }

    fn is_among(&self, ids: &HashSet<Name>) -> bool {
        ids.contains(self)
    }
}

/// A partner is kept by its word where it holds a fact.
impl Kept<Partner> for Name {
    fn keep(cell: &Partner, names: &mut Names) -> Self {
        names.intern(&Id::of_code(*cell))
    }

    fn tell(&self, names: &Names) -> Option<String> {
        Some(names.text(*self).to_owned())
    }
}

impl Kept<Option<Id>> for Option<Name> {
    fn keep(cell: &Option<Id>, names: &mut Names) -> Self {
        cell.as_ref().map(|it| names.intern(it))
    }

    fn tell(&self, names: &Names) -> Option<String> {
        self.map(|it| names.text(it).to_owned())
    }

    fn is_among(&self, ids: &HashSet<Name>) -> bool {
        self.is_some_and(|it| ids.contains(&it))
    }
}

/// A kept column in the feed's normal form; `None` where nothing is stated.
fn told<S, C, K: Kept<C>>(_: fn(&S) -> &C, kept: &K, names: &Names) -> Option<String> {
    kept.tell(names)
}

/// Whether a kept column names one of these ids.
fn is_among<S, C, K: Kept<C>>(_: fn(&S) -> &C, kept: &K, ids: &HashSet<Name>) -> bool {
    kept.is_among(ids)
}

/// Reads a corrected cell in the type its column has in the feed. A text that cannot be read was
/// refused when it was recorded; here the old value stands.
fn corrected<S, C: Cell, K: Kept<C>>(_: fn(&S) -> &C, text: &str, names: &mut Names) -> Option<K> {
    let cell = if text == "-" {
        C::absent()
    } else {
        C::parse(text).ok()
    };
    cell.map(|it| K::keep(&it, names))
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident of $source:ident held by $holder:ident $(marked by $mark:ident)? { $($column:ident : $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        #[expect(missing_docs, reason = "each column is documented on the feed row it is kept from")]
        pub struct $name { $(pub $column: $type),+ }

        impl FactRow for $name {
            type Source = $source;

            fn take(source: &$source, names: &mut Names) -> Self {
                Self { $($column: Kept::keep(&source.$column, names)),+ }
            }

            fn holder(&self) -> Name {
                self.$holder
            }

            $(fn mark(&self) -> u8 {
                self.$mark as u8
            })?

            fn change(&mut self, column: &str, text: &str, names: &mut Names) {
                match column {
                    $(stringify!($column) => {
                        if let Some(kept) = corrected(|it: &$source| &it.$column, text, names) {
                            self.$column = kept;
                        }
                    })+
                    _ => {} // a free text, which no fact keeps
                }
            }

            fn cells(&self, names: &Names) -> Vec<(&'static str, String)> {
                let all = [$((stringify!($column), told(|it: &$source| &it.$column, &self.$column, names))),+];
                all.into_iter().filter_map(|(column, text)| Some((column, text?))).collect()
            }

            fn names(&self, ids: &HashSet<Name>) -> bool {
                $(is_among(|it: &$source| &it.$column, &self.$column, ids))||+
            }
        }

        #[cfg(test)]
        impl $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];
        }
    )+};
}

facts! {
    /// What a catalogue entry is from a day on.
    EntryFact of EntrySet held by id {
        id: Name, kind: EntryKind, parent: Option<Name>, title: Name, title_en: Option<Name>, dimension:
        Option<Dimension>, pillar: Option<Name>, in_scope: Option<YesNo>, state: Option<EntryState>, due:
        Option<Day>, set_on: Day,
    }

    /// A link from a day on.
    LinkFact of Linked held by from {
        from: Name, kind: LinkKind, to: Name, set_on: Day, until: Option<Day>,
    }

    /// A seat from a day on.
    SeatFact of SeatSet held by id {
        id: Name, body: Name, role: Name, level: Option<Name>, from: Day, until: Option<Day>, state:
        Option<SeatState>,
    }

    /// A sitting as scheduled.
    SittingFact of SittingScheduled held by id {
        id: Name, body: Name, number: Option<Name>, date: Day, paper_deadline: Option<Day>, channel:
        Option<Channel>, prepares: Option<Name>,
    }

    /// A threshold from a day on.
    ThresholdFact of ThresholdSet held by name {
        name: Name, dimension: Name, amber: Number, red: Number, valid_from: Day,
    }

    /// A call for reports.
    CallFact of ReportCalled held by id {
        id: Name, stichtag: Day, due: Day, scope: Option<Name>,
    }

    /// A mandate.
    MandateFact of MandateGiven held by id {
        id: Name, body: Name, resolution: Option<Name>, due: Option<Day>, given_on: Day,
    }

    /// How a mandate ended.
    MandateStepFact of MandateStepped held by mandate {
        date: Day, mandate: Name, step: MandateStep,
    }

    /// A release.
    ReleaseFact of Released held by kind {
        kind: Name, id: Name, classification: Classification, date: Day,
    }

    /// A status report.
    StatusFact of StatusReported held by measure {
        report_date: Day, measure: Name, schedule: Option<Colour>, budget: Option<Colour>, scope:
        Option<Colour>, resources: Option<Colour>, risks: Option<Colour>, overall: Option<Colour>, original:
        Option<Name>,
    }

    /// An overridden colour.
    OverrideFact of StatusOverridden held by measure {
        report_date: Day, measure: Name, overall: Colour, reporter: Name,
    }

    /// A point of planned value.
    PlanFact of PlanSet held by measure {
        measure: Name, baseline: Count, period_end: Option<Day>, planned_value: Amount, method:
        Option<PlanMethod>, baselined_on: Day, resolution: Option<Name>,
    }

    /// Earned value and actual cost.
    ProgressFact of Progressed held by measure {
        report_date: Day, measure: Name, earned_value: Amount, actual_cost: Option<Amount>,
    }

    /// An activity from a day on.
    ActivityFact of ActivityPlanned held by id {
        id: Name, measure: Name, optimistic: Number, likely: Number, pessimistic: Number, predecessors:
        Option<Name>, planned_on: Day,
    }

    /// An indicator of a goal from a day on.
    IndicatorFact of IndicatorSet held by goal {
        goal: Name, indicator: Name, unit: Name, base: Number, target: Number, due: Day, set_on: Day,
    }

    /// What was measured of a goal.
    MeasurementFact of GoalMeasured held by goal {
        date: Day, goal: Name, indicator: Name, value: Number,
    }

    /// A milestone as planned.
    MilestoneFact of MilestonePlanned held by id {
        id: Name, subject: Name, title: Name, baseline: Day, weight: Option<Number>, planned_on: Day,
        resolution: Option<Name>,
    }

    /// A moved baseline.
    RebaselineFact of MilestoneRebaselined held by milestone {
        milestone: Name, baseline: Day, resolved_on: Day, resolution: Name,
    }

    /// A milestone report.
    ReportFact of MilestoneReported held by milestone {
        report_date: Day, milestone: Name, forecast: Option<Day>, reached: Option<Day>,
    }

    /// A risk in the register.
    RiskFact of RiskIdentified held by id {
        id: Name, subject: Name, category: Name, title: Name, owner: Option<Name>, response: Response,
        cost_impact: Option<Amount>, review_days: Option<Count>, identified_on: Day,
    }

    /// An assessment of a risk.
    AssessmentFact of RiskAssessed held by risk {
        date: Day, risk: Name, probability: Count, impact: Count, cost_impact: Option<Amount>, delay_days:
        Option<Count>, kind: Option<AssessmentKind>,
    }

    /// What is done about a risk, from a day on.
    ActionFact of RiskActionSet held by risk {
        id: Name, risk: Name, owner: Option<Name>, due: Option<Day>, state: Option<ActionState>, cost:
        Option<Amount>, date: Day,
    }

    /// What a risk would do to an activity, from a day on.
    DriverFact of RiskDriverSet held by risk {
        risk: Name, activity: Name, delay_days: Option<Count>, cost: Option<Amount>, set_on: Option<Day>,
    }

    /// How a risk left the register.
    ClosureFact of RiskClosed held by risk {
        date: Day, risk: Name, outcome: ClosureOutcome, impediment: Option<Name>,
    }

    /// An impediment.
    ImpedimentFact of ImpedimentReported held by id {
        id: Name, subject: Name, title: Name, reported_on: Day, due: Option<Day>,
    }

    /// What happened to an impediment.
    ImpedimentStepFact of ImpedimentStepped held by impediment {
        date: Day, impediment: Name, step: ImpedimentStep, to_body: Option<Name>,
    }

    /// A Land's part of a cost key.
    KeyPartFact of KeyPartSet held by partner {
        key_year: Count, partner: Name, percent: Percent, valid_from: Day,
    }

    /// A group's part of a scheme.
    SchemePartFact of SchemePartSet held by id {
        id: Name, partner_group: Group, percent: Percent, valid_from: Day,
    }

    /// A pot from a day on.
    PotFact of PotResolved held by id {
        id: Name, fiscal_year: Count, amount: Amount, title: Option<Name>, line: Option<Name>, mode:
        Option<PotMode>, reserve: Option<SignedAmount>, cost_share: Option<Name>, key_year: Option<Count>,
        resolved_on: Day, resolution: Option<Name>,
    }

    /// An authority to commit a later year, from a day on.
    AuthorityFact of AuthorityResolved held by pot {
        pot: Name, for_year: Count, amount: Amount, resolved_on: Day, resolution: Option<Name>,
    }

    /// A point of planned outflow.
    OutflowFact of OutflowPlanned held by pot {
        pot: Name, period_end: Day, planned: Amount, baselined_on: Day,
    }

    /// A need from a day on.
    NeedFact of NeedSet held by subject {
        subject: Name, fiscal_year: Count, amount: Amount, set_on: Day,
    }

    /// A contribution called or paid.
    ContributionFact of ContributionBooked held by reference {
        date: Day, partner: Partner, fiscal_year: Count, kind: ContributionKind, amount: Amount, reference: Name,
    }

    /// A request.
    RequestFact of RequestSubmitted held by id {
        id: Name, subject: Name, applicant: Name, pot: Name, kind: RequestKind, supplements: Option<Name>,
        amount: Amount, title: Option<Name>, submitted_on: Day,
    }

    /// An item of a request.
    ItemFact of RequestItemised held by request {
        request: Name, fiscal_year: Count, cost_type: CostType, amount: Amount, date: Option<Day>,
    }

    /// A step of a request.
    StepFact of RequestStepped held by request {
        date: Day, request: Name, step: Step, amount: Option<Amount>, sitting: Option<Name>, body: Option<Name>,
        due: Option<Day>,
    }

    /// A paper from a day on.
    PaperFact of PaperFiled held by id {
        id: Name, sitting: Name, number: Option<Name>, version: Option<Name>, track: Option<Track>, request:
        Option<Name>, title: Name, filed_on: Day,
    }

    /// A partner's vote on a paper.
    VoteFact of Voted held by paper {
        sitting: Name, paper: Name, partner: Partner, vote: Vote, date: Day,
    }

    /// What was resolved on a paper.
    ResolutionFact of Resolved held by paper {
        id: Name, sitting: Name, paper: Name, number: Option<Name>, kind: ResolutionKind, partners:
        Option<Partners>, date: Day,
    }

    /// A booking on a request.
    BookingFact of Booked held by request marked by kind {
        date: Day, request: Name, kind: BookingKind, amount: Amount, fiscal_year: Count, reference: Name,
        corrects: Option<Name>, settles: Option<Name>, cost_type: Option<CostType>, basis: Option<Basis>,
    }

    /// A carry-over as resolved.
    CarryOverFact of CarryOverSent held by request {
        pot: Name, to_pot: Name, request: Name, amount: Amount, resolved_on: Day, resolution: Name,
    }
}

#[cfg(test)]
mod tests {
    use leitstand_domain::table::TableRow;

    use super::*;

    /// What is recorded and no free text is kept, so that a trail can tell all of it.
    #[test]
    fn every_column_but_free_text_is_kept() {
        fn check<S: TableRow>(kept: &[&str]) {
            let open = S::COLUMNS.iter().filter(|it| !it.sealed);
            let wanted: Vec<&str> = open.map(|it| it.name).collect();
            assert_eq!(kept, wanted, "{}", S::TABLE);
        }
        check::<EntrySet>(EntryFact::COLUMNS);
        check::<Linked>(LinkFact::COLUMNS);
        check::<SeatSet>(SeatFact::COLUMNS);
        check::<SittingScheduled>(SittingFact::COLUMNS);
        check::<ThresholdSet>(ThresholdFact::COLUMNS);
        check::<ReportCalled>(CallFact::COLUMNS);
        check::<MandateGiven>(MandateFact::COLUMNS);
        check::<MandateStepped>(MandateStepFact::COLUMNS);
        check::<Released>(ReleaseFact::COLUMNS);
        check::<StatusReported>(StatusFact::COLUMNS);
        check::<StatusOverridden>(OverrideFact::COLUMNS);
        check::<PlanSet>(PlanFact::COLUMNS);
        check::<Progressed>(ProgressFact::COLUMNS);
        check::<ActivityPlanned>(ActivityFact::COLUMNS);
        check::<IndicatorSet>(IndicatorFact::COLUMNS);
        check::<GoalMeasured>(MeasurementFact::COLUMNS);
        check::<MilestonePlanned>(MilestoneFact::COLUMNS);
        check::<MilestoneRebaselined>(RebaselineFact::COLUMNS);
        check::<MilestoneReported>(ReportFact::COLUMNS);
        check::<RiskIdentified>(RiskFact::COLUMNS);
        check::<RiskAssessed>(AssessmentFact::COLUMNS);
        check::<RiskActionSet>(ActionFact::COLUMNS);
        check::<RiskDriverSet>(DriverFact::COLUMNS);
        check::<RiskClosed>(ClosureFact::COLUMNS);
        check::<ImpedimentReported>(ImpedimentFact::COLUMNS);
        check::<ImpedimentStepped>(ImpedimentStepFact::COLUMNS);
        check::<KeyPartSet>(KeyPartFact::COLUMNS);
        check::<SchemePartSet>(SchemePartFact::COLUMNS);
        check::<PotResolved>(PotFact::COLUMNS);
        check::<AuthorityResolved>(AuthorityFact::COLUMNS);
        check::<OutflowPlanned>(OutflowFact::COLUMNS);
        check::<NeedSet>(NeedFact::COLUMNS);
        check::<ContributionBooked>(ContributionFact::COLUMNS);
        check::<RequestItemised>(ItemFact::COLUMNS);
        check::<CarryOverSent>(CarryOverFact::COLUMNS);
        check::<RequestSubmitted>(RequestFact::COLUMNS);
        check::<RequestStepped>(StepFact::COLUMNS);
        check::<PaperFiled>(PaperFact::COLUMNS);
        check::<Voted>(VoteFact::COLUMNS);
        check::<Resolved>(ResolutionFact::COLUMNS);
        check::<Booked>(BookingFact::COLUMNS);
    }
}
