//! The feed tables, in the contract's order, and the one type that is a row of any of them.

mod budget;
mod decisions;
mod goals;
mod impediments;
mod keys;
mod mandates;
mod measures;
mod milestones;
mod money;
mod network;
mod programme;
mod releases;
mod risks;

pub use budget::{
    AuthorityResolved, CarryOverSent, ContributionBooked, ContributionKind, NeedSet,
    OutflowPlanned, RequestItemised,
};
pub use decisions::{PaperFiled, ResolutionKind, Resolved, Track, Vote, Voted};
pub use goals::{GoalMeasured, IndicatorSet};
pub use impediments::{ImpedimentReported, ImpedimentStep, ImpedimentStepped};
pub use keys::{KeyPartSet, SchemePartSet};
pub use mandates::{MandateGiven, MandateStep, MandateStepped};
pub use measures::{Colour, PlanMethod, PlanSet, Progressed, StatusOverridden, StatusReported};
pub use milestones::{MilestonePlanned, MilestoneRebaselined, MilestoneReported};
pub use money::{
    Basis, Booked, BookingKind, CostType, PotMode, PotResolved, RequestKind, RequestStepped,
    RequestSubmitted, Step,
};
pub use network::{ActivityPlanned, Link as PredecessorLink, LinkType, predecessors};
pub use programme::{
    Channel, Dimension, EntryKind, EntrySet, EntryState, LinkKind, Linked, ReportCalled, SeatSet,
    SeatState, SittingScheduled, ThresholdSet,
};
pub use releases::{Classification, Released};
pub use risks::{
    ActionState, AssessmentKind, ClosureOutcome, Response, RiskActionSet, RiskAssessed, RiskClosed,
    RiskDriverSet, RiskIdentified,
};

use crate::{
    Day, Id, Meta, Refusal, Unreadable,
    table::{BadColumn, Cells, Column, Home, Referable, Reference, TableRow},
};

/// What a table is, without its type.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Public name.
    pub name: &'static str,
    /// What a row is.
    pub doc: &'static str,
    /// The event a row becomes.
    pub event: &'static str,
    /// That event's newest version.
    pub version: u16,
    /// Own columns.
    pub columns: &'static [Column],
    /// Marked D in the contract.
    pub defines: bool,
    /// Whether `valid_from` is allowed.
    pub states: bool,
    /// What identifies a row without `key`.
    pub identity: &'static [&'static str],
    /// The column marked (E).
    pub effective: Option<&'static str>,
    /// Place in the contract's order, from 0.
    pub order: usize,
}

macro_rules! rows {
    ($($variant:ident),+ $(,)?) => {
        /// A row of any feed table.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented on its own type")]
        pub enum Row { $($variant($variant)),+ }

        /// Every table in the contract's order (`corrections` is not one: it changes rows of others).
        pub const ALL: &[Table] = &{
            let mut all = [$(Table {
                name: $variant::TABLE, doc: $variant::DOC, event: $variant::EVENT, version: $variant::VERSION,
                columns: $variant::COLUMNS, defines: $variant::DEFINES, states: $variant::STATES,
                identity: $variant::IDENTITY, effective: $variant::EFFECTIVE, order: 0,
            }),+];
            let mut at = 0;
            while at < all.len() {
                all[at].order = at;
                at += 1;
            }
            all
        };

        impl Row {
            /// Reads the own cells of a row; `None` if there is no such table.
            #[must_use]
            pub fn parse(table: &str, cells: &Cells) -> Option<Result<Self, Vec<BadColumn>>> {
                match table {
                    $(<$variant as TableRow>::TABLE => Some($variant::parse(cells).map(Self::$variant)),)+
                    _ => None,
                }
            }

            /// Reads a stored event; `None` if no table becomes an event of this name.
            #[must_use]
            pub fn read(name: &str, version: u16, payload: &str) -> Option<Result<(Self, Meta), Unreadable>> {
                match name {
                    $(<$variant as TableRow>::EVENT =>
                        Some($variant::read(version, payload).map(|(row, meta)| (Self::$variant(row), meta))),)+
                    _ => None,
                }
            }

            /// Writes the event's payload.
            ///
            /// # Errors
            /// Only if serde cannot write the row.
            pub fn write(&self, meta: &Meta) -> Result<String, Unreadable> {
                match self { $(Self::$variant(row) => row.write(meta)),+ }
            }

            /// The table this is a row of.
            #[must_use]
            pub fn table(&self) -> &'static Table {
                let name = match self { $(Self::$variant(_) => $variant::TABLE),+ };
                by_name(name).unwrap_or(&ALL[0])
            }

            /// The event it becomes: name and version.
            #[must_use]
            pub fn event(&self) -> (&'static str, u16) {
                match self { $(Self::$variant(_) => ($variant::EVENT, $variant::VERSION)),+ }
            }

            /// The own columns that state something, in normal form.
            #[must_use]
            pub fn normal(&self) -> Vec<(&'static str, String)> {
                match self { $(Self::$variant(row) => row.normal()),+ }
            }

            /// What identifies the row where it has no `key`: the identity columns joined by `/`.
            #[must_use]
            pub fn identity(&self) -> String {
                match self { $(Self::$variant(row) => row.identity()),+ }
            }

            /// The plain words of free texts.
            #[must_use]
            pub fn texts(&self) -> Vec<(&'static str, &str)> {
                match self { $(Self::$variant(row) => row.texts()),+ }
            }

            /// The row as it is read back from its event, without the words of free texts.
            #[must_use]
            pub fn sealed_out(self) -> Self {
                match self { $(Self::$variant(row) => Self::$variant(row.sealed_out())),+ }
            }

            /// The day of the (E) column, where it states one.
            #[must_use]
            pub fn effective(&self) -> Option<Day> {
                match self { $(Self::$variant(row) => row.effective()),+ }
            }

            /// Where it is recorded.
            #[must_use]
            pub fn home(&self) -> Home {
                match self { $(Self::$variant(row) => row.home()),+ }
            }

            /// What must be known before.
            #[must_use]
            pub fn references(&self) -> Vec<Reference> {
                let mut references = match self { $(Self::$variant(row) => row.references()),+ };
                if let Self::Linked(row) = self {
                    references.extend(row.leads_to());
                }
                references
            }

            /// What other rows may then refer to.
            #[must_use]
            pub fn defines(&self) -> Option<(Referable, Id)> {
                match self { $(Self::$variant(row) => row.defines()),+ }
            }

            /// Rules inside the row.
            ///
            /// # Errors
            /// The rule broken.
            pub fn check(&self) -> Result<(), Refusal> {
                match self { $(Self::$variant(row) => row.check()),+ }
            }
        }

        $(impl From<$variant> for Row {
            fn from(row: $variant) -> Self {
                Self::$variant(row)
            }
        })+
    };
}

rows![
    EntrySet,
    Linked,
    SeatSet,
    SittingScheduled,
    ThresholdSet,
    ReportCalled,
    MandateGiven,
    MandateStepped,
    Released,
    MilestonePlanned,
    MilestoneRebaselined,
    MilestoneReported,
    StatusReported,
    StatusOverridden,
    PlanSet,
    Progressed,
    ActivityPlanned,
    IndicatorSet,
    GoalMeasured,
    RiskIdentified,
    RiskAssessed,
    RiskActionSet,
    RiskDriverSet,
    RiskClosed,
    ImpedimentReported,
    ImpedimentStepped,
    KeyPartSet,
    SchemePartSet,
    PotResolved,
    AuthorityResolved,
    OutflowPlanned,
    NeedSet,
    ContributionBooked,
    RequestSubmitted,
    RequestItemised,
    RequestStepped,
    PaperFiled,
    Voted,
    Resolved,
    Booked,
    CarryOverSent,
];

/// The tables that are about money: who writes them is set apart, over HTTP by the role `finance`, on NATS by
/// the permissions that are shipped.
pub const MONEY: [&str; 12] = [
    "cost_keys",
    "cost_schemes",
    "pots",
    "commitment_authorities",
    "outflow_plans",
    "needs",
    "contributions",
    "requests",
    "request_items",
    "request_steps",
    "bookings",
    "carry_overs",
];

/// The name of the table that changes rows of the others.
pub const CORRECTIONS: &str = "corrections";

/// The columns of `corrections` that are its own; the corrected columns come by name.
pub const CORRECTION_COLUMNS: &[Column] = &[
    own(
        "table",
        &["Tabelle"],
        "text",
        true,
        false,
        "The table of the row that was wrong from the start.",
    ),
    own(
        "key",
        &["Schlüssel"],
        "text",
        true,
        false,
        "That row's identity, its parts joined by `/`.",
    ),
    own(
        "date",
        &["Datum"],
        "date",
        true,
        false,
        "That row's effective date.",
    ),
    own(
        "reason",
        &["Begründung"],
        "free_text",
        true,
        true,
        "Why it was wrong; sealed.",
    ),
    own(
        "to_date",
        &["Neues Datum"],
        "date",
        false,
        false,
        "The right effective date.",
    ),
    own(
        "void",
        &["Annulliert"],
        "code",
        false,
        false,
        "`yes` annuls the row.",
    ),
];

const fn own(
    name: &'static str,
    aliases: &'static [&'static str],
    kind: &'static str,
    mandatory: bool,
    sealed: bool,
    doc: &'static str,
) -> Column {
    Column {
        name,
        aliases,
        kind,
        words: &[],
        mandatory,
        sealed,
        doc,
    }
}

/// The table of a public name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Table> {
    ALL.iter().find(|it| it.name == name)
}

impl Row {
    /// The same row with some columns stated anew (`-` empties one).
    ///
    /// # Errors
    /// Columns that cannot be read, or a mandatory one emptied.
    pub fn with(&self, changes: &Cells) -> Result<Self, Vec<BadColumn>> {
        let table = self.table();
        let mut cells: Cells = self
            .normal()
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text))
            .collect();
        for column in table.columns.iter().filter(|it| it.sealed && it.mandatory) {
            // A sealed text is not at hand and does not change by being corrected elsewhere.
            cells
                .entry(column.name.to_owned())
                .or_insert_with(|| "·".to_owned());
        }
        for (name, text) in changes {
            if text == "-" {
                cells.remove(name);
            } else {
                cells.insert(name.clone(), text.clone());
            }
        }
        Self::parse(table.name, &cells).unwrap_or_else(|| Err(Vec::new()))
    }
}
