//! What a feed table is: its columns, what identifies a row, and which event a row becomes.

mod read;

use std::collections::BTreeMap;

use crate::{
    Day,
    cell::{BadCell, Id},
    event::Unreadable,
    refusal::Refusal,
    stream::StreamKind,
};

/// The cells of one row by column name, without empty ones.
pub type Cells = BTreeMap<String, String>;

/// One column of a feed table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Public, stable name.
    pub name: &'static str,
    /// German headers accepted instead of the name.
    pub aliases: &'static [&'static str],
    /// Type of the cell, as the schema names it.
    pub kind: &'static str,
    /// The words allowed; empty where any are.
    pub words: &'static [&'static str],
    /// Whether a row must state it.
    pub mandatory: bool,
    /// Whether it is free text, sealed on recording.
    pub sealed: bool,
    /// What it means.
    pub doc: &'static str,
}

/// Columns any row may carry.
pub const COMMON: &[Column] = &[
    common(
        "key",
        &["Schlüssel"],
        "text",
        false,
        "Identifies the row; else the table's own identity does.",
    ),
    common(
        "received_on",
        &["Eingang", "Eingegangen am", "Bekannt seit"],
        "date",
        false,
        "When the programme came to know it; else the day of recording.",
    ),
    common(
        "reporter",
        &["Meldende Stelle", "Berichtet von"],
        "text",
        false,
        "A body of the catalogue, never a person.",
    ),
    common(
        "file_ref",
        &["Aktenzeichen", "Beleg"],
        "text",
        false,
        "File number or voucher.",
    ),
    common(
        "note",
        &["Bemerkung", "Anmerkung"],
        "free_text",
        true,
        "A remark; sealed.",
    ),
];

/// The further common column of tables that define: the effective date of a new state.
pub const VALID_FROM: Column = common(
    "valid_from",
    &["Gültig ab"],
    "date",
    false,
    "From when this state of the id holds.",
);

const fn common(
    name: &'static str,
    aliases: &'static [&'static str],
    kind: &'static str,
    sealed: bool,
    doc: &'static str,
) -> Column {
    Column {
        name,
        aliases,
        kind,
        words: &[],
        mandatory: false,
        sealed,
        doc,
    }
}

/// What other rows may refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Referable {
    /// Any catalogue entry (pillars, `PROG` and the constant `PMO` too), as a subject.
    Subject,
    /// A measure or governance entry.
    Measure,
    /// A goal.
    Goal,
    /// A body or topic area.
    Body,
    /// A seat.
    Seat,
    /// A sitting.
    Sitting,
    /// A paper filed for a sitting.
    Paper,
    /// A resolution.
    Resolution,
    /// A mandate.
    Mandate,
    /// A milestone.
    Milestone,
    /// An activity of the network.
    Activity,
    /// A risk.
    Risk,
    /// An impediment.
    Impediment,
    /// A pot of one fiscal year.
    Pot,
    /// A request for money.
    Request,
    /// A booking, by its reference.
    Booking,
    /// A cost-sharing scheme.
    Scheme,
}

/// A mention of something that must be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The column that mentions it.
    pub column: &'static str,
    /// What it must be.
    pub what: Referable,
    /// Its id.
    pub id: Id,
}

/// The stream a row goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// Named by the row itself.
    Named(StreamKind, Option<Id>),
    /// The stream of something the row mentions.
    Of(Referable, Id),
}

/// A cell that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadColumn {
    /// The column.
    pub column: &'static str,
    /// What was written, at most 200 characters; empty where nothing was.
    pub value: String,
    /// What is wrong with it.
    pub bad: BadCell,
}

/// A row of one feed table, and at the same time the event it becomes.
pub trait TableRow: Sized + Clone {
    /// The table's public name.
    const TABLE: &'static str;
    /// What a row is, for the schema.
    const DOC: &'static str;
    /// The event's stored name. Never changes once the first is stored.
    const EVENT: &'static str;
    /// The event's stored version.
    const VERSION: u16;
    /// The table's own columns in the contract's order.
    const COLUMNS: &'static [Column];
    /// Whether the table only defines (marked D in the contract): such rows come first.
    const DEFINES: bool;
    /// The columns that identify a row without `key`.
    const IDENTITY: &'static [&'static str];
    /// The column marked (E); `None`: effective from when known.
    const EFFECTIVE: Option<&'static str>;
    /// Whether `valid_from` is allowed: D tables whose rows have states.
    const STATES: bool;

    /// Reads the table's own cells.
    ///
    /// # Errors
    /// Every cell that cannot be read or is missing.
    fn parse(cells: &Cells) -> Result<Self, Vec<BadColumn>>;
    /// The own columns that state something, in normal form.
    fn normal(&self) -> Vec<(&'static str, String)>;
    /// The identity columns in normal form, joined by `/`.
    fn identity(&self) -> String;
    /// The plain words of free texts, by column.
    fn texts(&self) -> Vec<(&'static str, &str)>;
    /// The row as it is read back from its event, without the words of free texts.
    #[must_use]
    fn sealed_out(self) -> Self;
    /// The day of the (E) column, where it states one.
    fn effective(&self) -> Option<Day>;
    /// Where the row is recorded.
    fn home(&self) -> Home;
    /// What must be known before.
    fn references(&self) -> Vec<Reference>;
    /// What other rows may then refer to.
    fn defines(&self) -> Option<(Referable, Id)>;
    /// Rules inside the row.
    ///
    /// # Errors
    /// The rule broken.
    fn check(&self) -> Result<(), Refusal>;
    /// Reads any shape of the event ever stored.
    ///
    /// # Errors
    /// A version or shape this program does not know.
    fn read(version: u16, payload: &str) -> Result<(Self, crate::event::Meta), Unreadable>;
    /// Writes the event's newest shape.
    ///
    /// # Errors
    /// Only if serde cannot write the row.
    fn write(&self, meta: &crate::event::Meta) -> Result<String, Unreadable>;
}

/// Declares a feed table: the row's struct with its columns, and the event it becomes.
///
/// `name: Type = ["Alias"]` per column; then how a row is identified, dated, housed and referred to.
macro_rules! table {
    (
        $(#[doc = $doc:literal])*
        $table:literal => $event:literal v $version:literal as $name:ident {
            $($(#[doc = $cdoc:literal])* $column:ident : $type:ty = [$($alias:literal),*]),+ $(,)?
        }
        defines: $defines:literal, states: $states:literal,
        identity: [$($identity:ident),+],
        effective: $effective:expr => $day:expr,
        home: $home:expr,
        references: [$($ref:ident is $what:ident),*],
        is: $is:expr,
        check: $check:expr $(,)?
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $(
                $(#[doc = $cdoc])*
                #[serde(skip_serializing_if = "crate::cell::Cell::is_absent")]
                pub $column: $type,
            )+
        }

        impl $crate::table::TableRow for $name {
            const TABLE: &'static str = $table;
            const DOC: &'static str = concat!($($doc),*);
            const EVENT: &'static str = $event;
            const VERSION: u16 = $version;
            const COLUMNS: &'static [$crate::table::Column] = &[$(
                $crate::table::Column {
                    name: stringify!($column),
                    aliases: &[$($alias),*],
                    kind: <$type as $crate::cell::Cell>::KIND,
                    words: <$type as $crate::cell::Cell>::WORDS,
                    mandatory: $crate::table::mandatory(stringify!($type)),
                    sealed: $crate::table::sealed(<$type as $crate::cell::Cell>::KIND),
                    doc: concat!($($cdoc),*),
                },
            )+];
            const DEFINES: bool = $defines;
            const STATES: bool = $states;
            const IDENTITY: &'static [&'static str] = &[$(stringify!($identity)),+];
            const EFFECTIVE: Option<&'static str> = $effective;

            fn parse(cells: &$crate::table::Cells) -> Result<Self, Vec<$crate::table::BadColumn>> {
                let mut bad = Vec::new();
                $(let $column = $crate::table::cell::<$type>(cells, stringify!($column), &mut bad);)+
                match ($($column,)+) {
                    ($(Some($column),)+) => Ok(Self { $($column),+ }),
                    _ => Err(bad),
                }
            }

            fn normal(&self) -> Vec<(&'static str, String)> {
                let mut normal = Vec::new();
                $(if let Some(text) = $crate::cell::Cell::normal(&self.$column) {
                    normal.push((stringify!($column), text));
                })+
                normal
            }

            fn identity(&self) -> String {
                $crate::table::joined(&[$((stringify!($identity), $crate::cell::Cell::normal(&self.$identity))),+])
            }

            fn texts(&self) -> Vec<(&'static str, &str)> {
                let mut texts = Vec::new();
                $(if let Some(text) = $crate::cell::Cell::plain(&self.$column) {
                    texts.push((stringify!($column), text));
                })+
                texts
            }

            fn sealed_out(self) -> Self {
                Self { $($column: $crate::cell::Cell::sealed_out(self.$column)),+ }
            }

            fn effective(&self) -> Option<$crate::Day> {
                let day: fn(&Self) -> Option<$crate::Day> = $day;
                day(self)
            }

            fn home(&self) -> $crate::table::Home {
                let home: fn(&Self) -> $crate::table::Home = $home;
                home(self)
            }

            fn references(&self) -> Vec<$crate::table::Reference> {
                let references = Vec::new();
                $(let references = $crate::table::mention(&self.$ref, stringify!($ref), $crate::table::Referable::$what, references);)*
                references
            }

            fn defines(&self) -> Option<($crate::table::Referable, $crate::Id)> {
                let is: fn(&Self) -> Option<($crate::table::Referable, $crate::Id)> = $is;
                is(self)
            }

            fn check(&self) -> Result<(), $crate::Refusal> {
                let check: fn(&Self) -> Result<(), $crate::Refusal> = $check;
                check(self)
            }

            fn read(version: u16, payload: &str) -> Result<(Self, $crate::Meta), $crate::Unreadable> {
                $crate::event::read_newest(Self::VERSION, version, payload)
            }

            fn write(&self, meta: &$crate::Meta) -> Result<String, $crate::Unreadable> {
                $crate::event::write(self, meta)
            }
        }
    };
}
pub(crate) use read::{cell, joined, mandatory, mention, sealed};
pub(crate) use table;
