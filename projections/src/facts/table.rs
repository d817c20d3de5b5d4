//! One kind of fact: an append-only table of row versions, and the time machine over it.

mod acts;
mod held;

use std::collections::{HashMap, HashSet};

use leitstand_domain::{Cells, Day, TableRow};

pub(crate) use acts::Act;

use self::held::Held;
use crate::{Name, Names, View};

/// What a fact keeps of a feed row.
pub trait FactRow: Clone {
    /// The row of the feed.
    type Source: TableRow;

    /// Takes what the fact keeps.
    fn take(source: &Self::Source, names: &mut Names) -> Self;
    /// Whose fact it is: the measure of a report, the request of a booking.
    fn holder(&self) -> Name;
    /// A number for its kind, where a table has several an answer tells apart without reading the row.
    fn mark(&self) -> u8 {
        0
    }
    /// Takes one corrected column over; `-` empties it.
    fn change(&mut self, column: &str, text: &str, names: &mut Names);
    /// The columns that state something, in the feed's normal form; free texts are not kept.
    fn cells(&self, names: &Names) -> Vec<(&'static str, String)>;
    /// Whether a column names one of these ids.
    fn names(&self, ids: &HashSet<Name>) -> bool;
}

/// What every version of a row carries.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The version's number in its table.
    pub at: u32,
    /// Which row this is a version of.
    pub root: u32,
    /// Position of the event that made the version.
    pub position: u64,
    /// When it became known.
    pub known: Day,
    /// When it is so.
    pub effective: Day,
    /// Whether the row is annulled in this version.
    pub void: bool,
    /// Whether the row has more than one version.
    pub corrected: bool,
    /// [`FactRow::mark`] of this version.
    pub mark: u8,
}

/// A table of row versions. An answer looks through one holder's versions after the other, so each
/// holder's lie together.
#[derive(Debug)]
pub struct Table<R> {
    held: Vec<Held<R>>,
    /// Where in `held` each holder's versions are.
    by_holder: HashMap<Name, u32>,
    /// Where each version is, in the order of the log.
    places: Vec<Place>,
    /// Per root: its first version, and the next root of the same identity (a later state).
    roots: Vec<(u32, Option<u32>)>,
    /// Roots with more than one version; all others are their own newest.
    corrected: HashMap<u32, Vec<Logical<R>>>,
}

/// Where a version is: among whose, and there as the how many-th.
#[derive(Debug, Clone, Copy)]
struct Place {
    held: u32,
    at: u32,
}

/// A version as it was stated: by its event, not by what it made of the row.
#[derive(Debug, Clone)]
struct Logical<R> {
    known: Day,
    position: u64,
    change: Change<R>,
    /// Every place this version was written to: again whenever an earlier-known one came in later.
    places: Vec<u32>,
}

/// How a version came about.
#[derive(Debug, Clone)]
pub(crate) enum Change<R> {
    /// The row itself, or a booking replacing it.
    Whole(R, Day),
    /// A correction of some columns.
    Some {
        changes: Cells,
        to_date: Option<Day>,
        void: bool,
    },
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self {
            held: Vec::new(),
            by_holder: HashMap::new(),
            places: Vec::new(),
            roots: Vec::new(),
            corrected: HashMap::new(),
        }
    }
}

/// Places in a table fit 32 bits: four billion row versions.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<R: FactRow> Table<R> {
    /// Adds a new row; returns its root.
    pub(crate) fn add(
        &mut self,
        row: R,
        position: u64,
        known: Day,
        effective: Day,
        same: Option<u32>,
    ) -> u32 {
        let root = number(self.roots.len());
        if let Some(mut last) = same {
            while let Some(next) = self.roots[last as usize].1 {
                last = next;
            }
            self.roots[last as usize].1 = Some(root);
        }
        let at = number(self.places.len());
        self.roots.push((at, None));
        let head = Head {
            at,
            root,
            position,
            known,
            effective,
            void: false,
            corrected: false,
            mark: row.mark(),
        };
        self.push(row, head);
        root
    }

    /// Puts a version beside the others of its holder.
    fn push(&mut self, row: R, head: Head) {
        let slot = *self.by_holder.entry(row.holder()).or_insert_with(|| {
            self.held.push(Held::default());
            number(self.held.len() - 1)
        });
        let key = |it: &Head| (it.effective, self.first(it).position);
        let (its, beside) = (key(&head), &self.held[slot as usize]);
        let comes_before = |at: &u32| key(&beside.heads[*at as usize]) <= its;
        // Nearly everything comes in the order of its dates.
        let after = match beside.order.last() {
            Some(last) if !comes_before(last) => beside.order.partition_point(comes_before),
            _ => beside.order.len(),
        };
        let at = self.held[slot as usize].insert(row, head, after);
        self.places.push(Place { held: slot, at });
    }

    fn head(&self, at: u32) -> &Head {
        let place = self.places[at as usize];
        &self.held[place.held as usize].heads[place.at as usize]
    }

    fn row(&self, at: u32) -> &R {
        let place = self.places[at as usize];
        &self.held[place.held as usize].rows[place.at as usize]
    }

    /// The row a version is of, before any correction.
    fn first<'a>(&'a self, head: &'a Head) -> &'a Head {
        let (first, _) = self.roots[head.root as usize];
        if first == head.at {
            head
        } else {
            self.head(first)
        }
    }

    /// The root among those of one identity that was ever effective on a day.
    pub(crate) fn effective_on(&self, first: u32, day: Day) -> Option<u32> {
        let mut root = Some(first);
        while let Some(it) = root {
            let (place, next) = self.roots[it as usize];
            let on = match self.corrected.get(&it) {
                None => self.head(place).effective == day,
                Some(versions) => versions
                    .iter()
                    .flat_map(|it| &it.places)
                    .any(|at| self.head(*at).effective == day),
            };
            if on {
                return Some(it);
            }
            root = next;
        }
        None
    }

    /// Adds a version to a row, and writes the versions known later anew on top of it.
    pub(crate) fn version(
        &mut self,
        root: u32,
        position: u64,
        known: Day,
        change: Change<R>,
        names: &mut Names,
    ) {
        let first = self.roots[root as usize].0;
        let place = self.places[first as usize];
        let beside = &mut self.held[place.held as usize];
        beside.mark_corrected(place.at);
        let mut versions = self.corrected.remove(&root).unwrap_or_else(|| {
            let head = self.head(first);
            vec![Logical {
                known: head.known,
                position: head.position,
                change: Change::Whole(self.row(first).clone(), head.effective),
                places: vec![first],
            }]
        });
        let at = versions
            .partition_point(|it| (it.known, it.position) <= (known, position))
            .max(1);
        versions.insert(
            at,
            Logical {
                known,
                position,
                change,
                places: Vec::new(),
            },
        );
        let base = versions[at - 1].places.last().copied().unwrap_or(first);
        let (mut row, mut effective) = (self.row(base).clone(), self.head(base).effective);
        for version in &mut versions[at..] {
            let void = match &version.change {
                Change::Whole(whole, day) => {
                    (row, effective) = (whole.clone(), *day);
                    false
                }
                Change::Some {
                    changes,
                    to_date,
                    void,
                } => {
                    for (column, text) in changes {
                        row.change(column, text, names);
                    }
                    if let Some(day) = to_date {
                        effective = *day;
                        // The column the date was read from says the same.
                        if let Some(column) = R::Source::EFFECTIVE {
                            row.change(column, &day.to_string(), names);
                        }
                    }
                    *void
                }
            };
            let at = number(self.places.len());
            let head = Head {
                at,
                root,
                position,
                known: version.known,
                effective,
                void,
                corrected: true,
                mark: row.mark(),
            };
            self.push(row.clone(), head);
            version.places.push(at);
        }
        self.corrected.insert(root, versions);
    }

    /// The version of a row that is visible, annulled or not.
    fn visible_version(&self, root: u32, view: &View) -> Option<u32> {
        let sees = |head: &&Head| view.sees(head.known, head.position);
        match self.corrected.get(&root) {
            None => {
                let (first, _) = self.roots[root as usize];
                Some(self.head(first)).filter(sees).map(|it| it.at)
            }
            Some(versions) => versions
                .iter()
                .flat_map(|it| &it.places)
                .map(|at| self.head(*at))
                .filter(sees)
                .max_by_key(|it| (it.known, it.position, it.at))
                .map(|it| it.at),
        }
    }

    /// A row as it is visible, if it is effective by V and not annulled.
    pub(crate) fn holding(&self, root: u32, view: &View) -> Option<&R> {
        let at = self.visible_version(root, view)?;
        let head = self.head(at);
        (!head.void && head.effective <= view.as_of).then(|| self.row(at))
    }

    /// Whether this version is the visible one of its row, not annulled, and effective by V.
    fn holds(&self, head: &Head, view: &View) -> bool {
        !head.void && self.is_visible(head, view)
    }

    /// Every visible row effective by V, in the order of the log.
    pub fn all<'a>(&'a self, view: &'a View) -> impl Iterator<Item = Fact<'a, R>> {
        let facts = self
            .places
            .iter()
            .map(|place| self.fact(place.held, place.at));
        facts.filter(|it| self.holds(it.head, view))
    }

    /// The visible rows of one holder effective by V, in the order of (effective date, position of the row).
    pub fn of<'a>(&'a self, holder: Name, view: &'a View) -> impl Iterator<Item = Fact<'a, R>> {
        let whole = self.held(holder).is_some_and(|it| it.is_whole(view));
        let in_order = self.in_order(holder);
        in_order.filter(move |it| whole || self.holds(it.head, view))
    }

    /// Tells the mark and the positions of every visible row of one holder effective by V, in no order.
    pub(crate) fn each_position(&self, holder: Name, view: &View, mut tell: impl FnMut(u8, u64)) {
        let Some(held) = self.held(holder) else {
            return;
        };
        if held.is_corrected() {
            for fact in self.of(holder, view) {
                let positions = fact.positions(view);
                positions.for_each(|it| tell(fact.head.mark, it));
            }
            return;
        }
        // The rows themselves need not be read.
        let whole = held.is_whole(view);
        for head in &held.heads {
            if whole || self.holds(head, view) {
                tell(head.mark, head.position);
            }
        }
    }

    /// How many rows a holder has, if the view sees them all and none was ever corrected.
    pub(crate) fn whole(&self, holder: Name, view: &View) -> Option<usize> {
        let Some(held) = self.held(holder) else {
            return Some(0);
        };
        held.is_whole(view).then_some(held.heads.len())
    }

    /// Whether any row of a holder was ever corrected, seen from anywhere.
    pub(crate) fn is_corrected(&self, holder: Name) -> bool {
        self.held(holder).is_some_and(Held::is_corrected)
    }

    fn held(&self, holder: Name) -> Option<&Held<R>> {
        let slot = self.by_holder.get(&holder)?;
        Some(&self.held[*slot as usize])
    }

    /// Every version of one holder's rows, in the order of (effective date, position of the row).
    fn in_order(&self, holder: Name) -> impl DoubleEndedIterator<Item = Fact<'_, R>> {
        let held = self.by_holder.get(&holder).into_iter();
        held.flat_map(|held| {
            let order = self.held[*held as usize].order.iter();
            order.map(|at| self.fact(*held, *at))
        })
    }

    /// The row that holds for a holder: the greatest (effective date, known date, position).
    #[must_use]
    pub fn latest(&self, holder: Name, view: &View) -> Option<Fact<'_, R>> {
        let newest_first = self.in_order(holder).rev();
        let mut newest_first = newest_first.filter(|it| self.holds(it.head, view));
        let last = newest_first.next()?;
        let same_day = newest_first.take_while(|it| it.effective() == last.effective());
        same_day.chain([last]).max_by_key(Fact::order)
    }

    /// Whether a holder ever had a row.
    #[must_use]
    pub fn has(&self, holder: Name) -> bool {
        self.by_holder.contains_key(&holder)
    }

    /// Everyone who ever had a row, in the order of their names' numbers.
    #[must_use]
    pub fn holders(&self) -> Vec<Name> {
        let mut holders: Vec<Name> = self.by_holder.keys().copied().collect();
        holders.sort_unstable();
        holders
    }

    fn fact(&self, held: u32, at: u32) -> Fact<'_, R> {
        let held = &self.held[held as usize];
        Fact {
            table: self,
            head: &held.heads[at as usize],
            row: &held.rows[at as usize],
        }
    }
}

/// A row as it is seen from somewhere.
#[derive(Debug)]
pub struct Fact<'a, R> {
    table: &'a Table<R>,
    head: &'a Head,
    row: &'a R,
}

impl<R> Clone for Fact<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Fact<'_, R> {}

impl<'a, R: FactRow> Fact<'a, R> {
    /// Its columns.
    #[must_use]
    pub fn row(&self) -> &'a R {
        self.row
    }

    /// When it is so.
    #[must_use]
    pub fn effective(&self) -> Day {
        self.head.effective
    }

    /// When this version became known.
    #[must_use]
    pub fn known(&self) -> Day {
        self.head.known
    }

    /// What decides which of several states holds: (effective date, known date, position).
    #[must_use]
    pub fn order(&self) -> (Day, Day, u64, u32) {
        let head = self.head;
        (head.effective, head.known, head.position, head.at)
    }

    /// Position of the row itself, before any correction; keeps its place among rows of one day.
    #[must_use]
    pub fn root_position(&self) -> u64 {
        self.table.first(self.head).position
    }

    /// When the row itself became known, before any correction.
    #[must_use]
    pub fn first_known(&self) -> Day {
        self.table.first(self.head).known
    }

    /// Whether anything was ever said of it after it was recorded.
    #[must_use]
    pub fn is_corrected(&self) -> bool {
        self.head.corrected
    }

    /// Positions this row rests on as seen from `view`: its own event and its corrections.
    pub fn positions(&self, view: &View) -> impl Iterator<Item = u64> + use<'a, R> {
        let head = self.head;
        let view = *view;
        let versions = if head.corrected {
            self.table.corrected.get(&head.root)
        } else {
            None
        };
        let alone = versions.is_none().then_some(head.position);
        let seen = versions
            .into_iter()
            .flatten()
            .filter(move |it| view.sees(it.known, it.position));
        alone.into_iter().chain(seen.map(|it| it.position))
    }
}
