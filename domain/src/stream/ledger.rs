//! The rows of one stream, each with every version it ever had.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

use crate::{
    Day, Event, Id, Row,
    event::Correction,
    pot::{Book, Closing, Rows, State},
    stream::{StreamKind, index::Index, network::Network},
    table::Cells,
};

/// What the log says around an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// Place among the events of the stream: its number there. (Within a stream that is the order of
    /// positions, and it is known before an append is committed.)
    pub position: u64,
    /// When it is so.
    pub effective: Day,
    /// When it became known.
    pub known: Day,
    /// The command that caused it.
    pub command: Uuid,
}

/// One version of a row.
#[derive(Debug, Clone)]
pub struct Version {
    /// When it became known.
    pub known: Day,
    /// Place in the log of the event that made it.
    pub position: u64,
    /// What it changed of the version before; `None`: it is the row itself, or replaces it in full.
    pub change: Option<Box<Change>>,
    /// When the row is effective in this version.
    pub effective: Day,
    /// Whether the row is annulled in this version.
    pub void: bool,
    /// The row's whole content in this version.
    pub row: Row,
}

/// How a version came about.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are rows, few are corrections"
)]
pub enum Change {
    /// The row itself, or a booking that replaces one in full.
    Whole(Row, Day),
    /// A correction of some columns.
    Some {
        /// The columns, in normal form; `-` empties one.
        changes: Cells,
        /// The new effective date.
        to_date: Option<Day>,
        /// Whether the row is annulled.
        void: bool,
    },
}

/// A row with its versions in the order of (known date, position).
#[derive(Debug, Clone)]
pub struct Root {
    /// Position of the row itself; a row keeps its place among rows of one day when it is corrected.
    pub position: u64,
    /// What identifies it within its table.
    pub identity: Arc<str>,
    /// The versions.
    pub versions: Vec<Version>,
}

impl Root {
    /// The version that holds when everything is known.
    #[must_use]
    pub fn newest(&self) -> &Version {
        // A root is made with its first version and never loses one.
        &self.versions[self.versions.len() - 1]
    }

    /// Whether any version is effective on this day.
    #[must_use]
    pub fn was_effective_on(&self, day: Day) -> bool {
        self.versions.iter().any(|it| it.effective == day)
    }

    /// The version that would hold if a change became known on a day.
    #[must_use]
    pub fn newest_with(&self, known: Day, change: Change) -> Version {
        let at = self.place_of(known, u64::MAX);
        let version = made(&self.versions[at - 1], known, u64::MAX, change);
        self.versions[at..]
            .iter()
            .fold(version, |base, later| later.after(&base))
    }

    /// The version a change that became known on a day is a change of.
    #[must_use]
    pub fn known_by(&self, known: Day) -> &Version {
        &self.versions[self.place_of(known, u64::MAX) - 1]
    }

    /// Where a version belongs; nothing stands before the row itself.
    fn place_of(&self, known: Day, position: u64) -> usize {
        let place = (known, position);
        self.versions
            .partition_point(|it| (it.known, it.position) <= place)
            .max(1)
    }

    /// Adds a version in its place and rebuilds the content of those after it.
    fn add(&mut self, known: Day, position: u64, change: Change) {
        let at = self.place_of(known, position);
        let base = &self.versions[at - 1];
        let version = made(base, known, position, change);
        self.versions.insert(at, version);
        for later in at + 1..self.versions.len() {
            self.versions[later] = self.versions[later].after(&self.versions[later - 1]);
        }
    }
}

impl Version {
    /// The same change of another version before.
    fn after(&self, base: &Self) -> Self {
        match &self.change {
            None => self.clone(),
            Some(change) => made(base, self.known, self.position, (**change).clone()),
        }
    }
}

/// The version a change makes of the one before.
fn made(base: &Version, known: Day, position: u64, change: Change) -> Version {
    let (change, effective, void, row) = match change {
        Change::Whole(row, day) => (None, day, false, row),
        Change::Some {
            ref changes,
            to_date,
            void,
        } => {
            // It was readable when it was decided; on another base it may not be, then the base stands.
            let row = base.row.with(changes).unwrap_or_else(|_| base.row.clone());
            let day = to_date.unwrap_or(base.effective);
            (Some(Box::new(change)), day, void, row)
        }
    };
    Version {
        known,
        position,
        change,
        effective,
        void,
        row,
    }
}

/// Everything recorded in one stream, as deciding needs it.
#[derive(Debug, Clone)]
pub struct Ledger {
    kind: StreamKind,
    commands: HashMap<Uuid, u64>,
    roots: Vec<Root>,
    by_identity: Index,
    by_holder: Index,
    /// How far the year of a pot was closed, and from when on.
    closings: Vec<(Closing, Day)>,
    /// The money book, in a pot's stream.
    pub(crate) book: Book,
    /// The network, in the network's stream.
    pub(crate) network: Network,
    /// Year and first day of the built-in cost keys, in the stream of the settings.
    pub(crate) built_in_keys: Vec<(u32, Day)>,
}

impl Ledger {
    /// A stream nobody wrote to.
    #[must_use]
    pub fn new(kind: StreamKind) -> Self {
        Self {
            kind,
            commands: HashMap::new(),
            roots: Vec::new(),
            by_identity: Index::default(),
            by_holder: Index::default(),
            closings: Vec::new(),
            book: Book::default(),
            network: Network::default(),
            built_in_keys: Vec::new(),
        }
    }

    /// The kind of stream.
    #[must_use]
    pub fn kind(&self) -> StreamKind {
        self.kind
    }

    /// The first position a command was recorded at.
    #[must_use]
    pub fn known(&self, command: Uuid) -> Option<u64> {
        self.commands.get(&command).copied()
    }

    /// The rows of a table that are identified by `identity`: more than one where it has states.
    pub fn identified(&self, table: usize, identity: &str) -> impl Iterator<Item = &Root> {
        let places = self.by_identity.get(table, identity);
        places.iter().map(|at| &self.roots[*at])
    }

    /// The rows that define an id, whatever keys they carry: the states of one thing.
    pub fn states(&self, table: usize, holder: &str) -> impl Iterator<Item = &Root> {
        let places = self.by_holder.get(table, holder);
        places.iter().map(|at| &self.roots[*at])
    }

    /// Every row.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// How far the year of a pot was closed, and from when on.
    #[must_use]
    pub fn closings(&self) -> &[(Closing, Day)] {
        &self.closings
    }

    /// Where the request stands after everything recorded on the pot it names; `None` where it is not submitted.
    #[must_use]
    pub fn state(&self, request: &Id) -> Option<State> {
        self.book.state(request)
    }

    /// Every row, and how they are found.
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows {
            roots: &self.roots,
            by_holder: &self.by_holder,
        }
    }

    /// The place of a root among all, found by table, identity and effective date: the one effective on
    /// that day, else one that once was.
    pub(crate) fn find(&self, table: usize, identity: &str, date: Day) -> Option<usize> {
        let places = self.by_identity.get(table, identity);
        let now = places
            .iter()
            .find(|at| self.roots[**at].newest().effective == date);
        now.or_else(|| {
            places
                .iter()
                .find(|at| self.roots[**at].was_effective_on(date))
        })
        .copied()
    }

    /// The place of the row a booking reference belongs to, whatever its key.
    pub(crate) fn booking(&self, reference: &Id) -> Option<usize> {
        let table = crate::tables::by_name("bookings")?.order;
        self.by_holder.get(table, reference).first().copied()
    }

    /// Takes an event in. Never refuses: it has happened.
    pub fn apply(&mut self, event: Event, envelope: Envelope) {
        self.commands
            .entry(envelope.command)
            .or_insert(envelope.position);
        match event {
            Event::Row(row, meta) => {
                self.row(row, meta.key.as_deref(), envelope);
            }
            Event::Corrected(correction, _) => self.correction(&correction, envelope),
            Event::CostKeySet(key, _) => self.built_in_keys.push((key.key_year, key.valid_from)),
            Event::YearClosed(it) => {
                self.closings.push((it.closing, envelope.effective));
                let rows = Rows {
                    roots: &self.roots,
                    by_holder: &self.by_holder,
                };
                self.book.close(envelope.effective, rows);
            }
            Event::Initialised(_)
            | Event::CarryOverReceived(_)
            | Event::Sealed(_)
            | Event::TextErased(_) => {}
        }
    }

    fn row(&mut self, row: Row, key: Option<&str>, envelope: Envelope) {
        let table = row.table();
        let own: Arc<str> = row.identity().into();
        let identity = key.map_or_else(|| Arc::clone(&own), Arc::from);
        if let Row::Booked(booking) = &row
            && let Some(at) = booking.corrects.as_ref().and_then(|it| self.booking(it))
        {
            self.by_holder.add(table.order, own, at);
            self.by_identity.add(table.order, identity, at);
            self.roots[at].add(
                envelope.known,
                envelope.position,
                Change::Whole(row, envelope.effective),
            );
            self.settle(at);
            return;
        }
        let at = self.roots.len();
        self.by_identity.add(table.order, Arc::clone(&identity), at);
        if table.defines || row.defines().is_some() {
            self.by_holder.add(table.order, own, at);
        }
        self.roots.push(Root {
            position: envelope.position,
            identity,
            versions: vec![Version {
                known: envelope.known,
                position: envelope.position,
                change: None,
                effective: envelope.effective,
                void: false,
                row,
            }],
        });
        self.settle(at);
    }

    fn correction(&mut self, correction: &Correction, envelope: Envelope) {
        let Some(table) = crate::tables::by_name(&correction.table) else {
            return;
        };
        let Some(at) = self.find(table.order, &correction.key, correction.date) else {
            return;
        };
        let change = Change::Some {
            changes: correction.changes.clone(),
            to_date: correction.to_date,
            void: correction.void,
        };
        self.roots[at].add(envelope.known, envelope.position, change);
        self.settle(at);
    }

    /// Lets the rules' own books see how a row now stands.
    fn settle(&mut self, at: usize) {
        match self.kind {
            StreamKind::Pot => {
                let rows = Rows {
                    roots: &self.roots,
                    by_holder: &self.by_holder,
                };
                self.book.settle(at, rows);
            }
            StreamKind::Network => self.network.settle(at, &self.roots[at]),
            StreamKind::Catalogue
            | StreamKind::Settings
            | StreamKind::Body
            | StreamKind::Measure
            | StreamKind::Milestone
            | StreamKind::Risk
            | StreamKind::Impediment
            | StreamKind::Goal
            | StreamKind::Sitting
            | StreamKind::Contributions
            | StreamKind::Log => {}
        }
    }
}
