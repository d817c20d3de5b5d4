//! The kinds of facts: what is kept of each table.

use leitstand_domain::{
    Amount, Count, Day, Id, Number, SignedAmount,
    cell::{Cell, YesNo},
    tables::{
        AssessmentKind, Basis, Booked, BookingKind, Colour, Dimension, EntryKind, EntrySet,
        EntryState, ImpedimentReported, ImpedimentStep, ImpedimentStepped, MilestonePlanned,
        MilestoneRebaselined, MilestoneReported, PotMode, PotResolved, ReportCalled, RequestKind,
        RequestStepped, RequestSubmitted, Response, RiskAssessed, RiskIdentified, StatusReported,
        Step, ThresholdSet,
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

    /// A threshold from a day on.
    ThresholdFact of ThresholdSet held by name {
        name: Name, dimension: Name, amber: Number, red: Number,
    }

    /// A call for reports.
    CallFact of ReportCalled held by id {
        id: Name, stichtag: Day, due: Day, scope: Option<Name>,
    }

    /// A status report.
    StatusFact of StatusReported held by measure {
        measure: Name, report_date: Day, schedule: Option<Colour>, budget: Option<Colour>, scope: Option<Colour>,
        resources: Option<Colour>, risks: Option<Colour>, overall: Option<Colour>, original: Option<Name>,
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
        id: Name, subject: Name, applicant: Name, pot: Name, kind: RequestKind, amount: Amount, submitted_on: Day,
    }

    /// A step of a request.
    StepFact of RequestStepped held by request {
        request: Name, step: Step, amount: Option<Amount>, sitting: Option<Name>, due: Option<Day>,
    }

    /// A booking on a request.
    BookingFact of Booked held by request {
        request: Name, kind: BookingKind, amount: Amount, fiscal_year: Count, reference: Name, basis: Option<Basis>,
    }
}
