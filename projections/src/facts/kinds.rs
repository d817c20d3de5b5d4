//! The kinds of facts: what is kept of each table.

use leitstand_domain::{
    Amount, Count, Day, Id, Number, SignedAmount,
    cell::{Cell, YesNo},
    tables::{
        ActionState, ActivityPlanned, AssessmentKind, Basis, Booked, BookingKind, Classification,
        ClosureOutcome, Colour, Dimension, EntryKind, EntrySet, EntryState, GoalMeasured,
        ImpedimentReported, ImpedimentStep, ImpedimentStepped, IndicatorSet, LinkKind, Linked,
        MandateGiven, MandateStep, MandateStepped, MilestonePlanned, MilestoneRebaselined,
        MilestoneReported, PlanSet, PotMode, PotResolved, Progressed, Released, ReportCalled,
        RequestKind, RequestStepped, RequestSubmitted, Response, RiskActionSet, RiskAssessed,
        RiskClosed, RiskDriverSet, RiskIdentified, SeatSet, SeatState, SittingScheduled,
        StatusOverridden, StatusReported, Step, ThresholdSet,
    },
};

use super::table::FactRow;
use crate::{Name, Names};

/// How a column is kept: as it is where it is small, as a number where it is an id.
trait Kept<C> {
    fn keep(cell: &C, names: &mut Names) -> Self;
}

impl<C: Cell + Copy> Kept<C> for C {
    fn keep(cell: &C, _: &mut Names) -> Self {
        *cell
    }
}

impl Kept<Id> for Name {
    fn keep(cell: &Id, names: &mut Names) -> Self {
        names.intern(cell)
    }
}

impl Kept<Option<Id>> for Option<Name> {
    fn keep(cell: &Option<Id>, names: &mut Names) -> Self {
        cell.as_ref().map(|it| names.intern(it))
    }
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
    ($($(#[$doc:meta])* $name:ident of $source:ident held by $holder:ident { $($column:ident : $type:ty),+ $(,)? })+) => {$(
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

            fn change(&mut self, column: &str, text: &str, names: &mut Names) {
                match column {
                    $(stringify!($column) => {
                        if let Some(kept) = corrected(|it: &$source| &it.$column, text, names) {
                            self.$column = kept;
                        }
                    })+
                    _ => {} // a column this fact does not keep
                }
            }
        }
    )+};
}

facts! {
    /// What a catalogue entry is from a day on.
    EntryFact of EntrySet held by id {
        id: Name, kind: EntryKind, parent: Option<Name>, title: Name, dimension: Option<Dimension>,
        pillar: Option<Name>, in_scope: Option<YesNo>, state: Option<EntryState>,
    }

    /// A link from a day on.
    LinkFact of Linked held by from {
        from: Name, kind: LinkKind, to: Name, set_on: Day, until: Option<Day>,
    }

    /// A seat from a day on.
    SeatFact of SeatSet held by id {
        id: Name, body: Name, role: Name, level: Option<Name>, from: Day, until: Option<Day>,
        state: Option<SeatState>,
    }

    /// A sitting as scheduled.
    SittingFact of SittingScheduled held by id {
        id: Name, body: Name, date: Day, paper_deadline: Option<Day>, prepares: Option<Name>,
    }

    /// A threshold from a day on.
    ThresholdFact of ThresholdSet held by name {
        name: Name, dimension: Name, amber: Number, red: Number,
    }

    /// A call for reports.
    CallFact of ReportCalled held by id {
        id: Name, stichtag: Day, due: Day, scope: Option<Name>,
    }

    /// A mandate.
    MandateFact of MandateGiven held by id {
        id: Name, body: Name, due: Option<Day>,
    }

    /// How a mandate ended.
    MandateStepFact of MandateStepped held by mandate {
        mandate: Name, step: MandateStep,
    }

    /// A release.
    ReleaseFact of Released held by kind {
        kind: Name, id: Name, classification: Classification,
    }

    /// A status report.
    StatusFact of StatusReported held by measure {
        measure: Name, report_date: Day, schedule: Option<Colour>, budget: Option<Colour>, scope: Option<Colour>,
        resources: Option<Colour>, risks: Option<Colour>, overall: Option<Colour>, original: Option<Name>,
    }

    /// An overridden colour.
    OverrideFact of StatusOverridden held by measure {
        measure: Name, report_date: Day, overall: Colour, reporter: Name,
    }

    /// A point of planned value.
    PlanFact of PlanSet held by measure {
        measure: Name, baseline: Count, period_end: Option<Day>, planned_value: Amount, baselined_on: Day,
        resolution: Option<Name>,
    }

    /// Earned value and actual cost.
    ProgressFact of Progressed held by measure {
        measure: Name, report_date: Day, earned_value: Amount, actual_cost: Option<Amount>,
    }

    /// An activity from a day on.
    ActivityFact of ActivityPlanned held by id {
        id: Name, measure: Name, predecessors: Option<Name>,
    }

    /// An indicator of a goal from a day on.
    IndicatorFact of IndicatorSet held by goal {
        goal: Name, indicator: Name, unit: Name, base: Number, target: Number, due: Day,
    }

    /// What was measured of a goal.
    MeasurementFact of GoalMeasured held by goal {
        goal: Name, indicator: Name, value: Number,
    }

    /// A milestone as planned.
    MilestoneFact of MilestonePlanned held by id {
        id: Name, subject: Name, title: Name, baseline: Day,
    }

    /// A moved baseline.
    RebaselineFact of MilestoneRebaselined held by milestone {
        milestone: Name, baseline: Day,
    }

    /// A milestone report.
    ReportFact of MilestoneReported held by milestone {
        milestone: Name, report_date: Day, forecast: Option<Day>, reached: Option<Day>,
    }

    /// A risk in the register.
    RiskFact of RiskIdentified held by id {
        id: Name, subject: Name, category: Name, title: Name, owner: Option<Name>, response: Response,
        cost_impact: Option<Amount>, review_days: Option<Count>, identified_on: Day,
    }

    /// An assessment of a risk.
    AssessmentFact of RiskAssessed held by risk {
        risk: Name, probability: Count, impact: Count, cost_impact: Option<Amount>, kind: Option<AssessmentKind>,
    }

    /// What is done about a risk, from a day on.
    ActionFact of RiskActionSet held by risk {
        id: Name, risk: Name, owner: Option<Name>, due: Option<Day>, state: Option<ActionState>, cost: Option<Amount>,
    }

    /// What a risk would do to an activity, from a day on.
    DriverFact of RiskDriverSet held by risk {
        risk: Name, activity: Name, delay_days: Option<Count>, cost: Option<Amount>,
    }

    /// How a risk left the register.
    ClosureFact of RiskClosed held by risk {
        risk: Name, outcome: ClosureOutcome, impediment: Option<Name>,
    }

    /// An impediment.
    ImpedimentFact of ImpedimentReported held by id {
        id: Name, subject: Name, title: Name, reported_on: Day,
    }

    /// What happened to an impediment.
    ImpedimentStepFact of ImpedimentStepped held by impediment {
        impediment: Name, step: ImpedimentStep, to_body: Option<Name>,
    }

    /// A pot from a day on.
    PotFact of PotResolved held by id {
        id: Name, fiscal_year: Count, amount: Amount, mode: Option<PotMode>, reserve: Option<SignedAmount>,
        cost_share: Option<Name>, key_year: Option<Count>,
    }

    /// A request.
    RequestFact of RequestSubmitted held by id {
        id: Name, subject: Name, applicant: Name, pot: Name, kind: RequestKind, amount: Amount, title: Option<Name>,
        submitted_on: Day,
    }

    /// A step of a request.
    StepFact of RequestStepped held by request {
        request: Name, step: Step, amount: Option<Amount>, sitting: Option<Name>, body: Option<Name>,
        due: Option<Day>,
    }

    /// A booking on a request.
    BookingFact of Booked held by request {
        request: Name, kind: BookingKind, amount: Amount, fiscal_year: Count, reference: Name, basis: Option<Basis>,
    }
}
