//! One kind of fact: an append-only table of row versions, and the time machine over it.

mod acts;

use std::collections::{HashMap, HashSet};

use leitstand_domain::{Cells, Day, TableRow};

pub(crate) use acts::Act;

use crate::{Name, Names, View};

/// What a fact keeps of a feed row.
pub trait FactRow: Clone {
    /// The row of the feed.
    type Source: TableRow;

    /// Takes what the fact keeps.
    fn take(source: &Self::Source, names: &mut Names) -> Self;
    /// Whose fact it is: the measure of a report, the request of a booking.
    fn holder(&self) -> Name;
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
}

/// A table of row versions in the order of the log.
#[derive(Debug)]
pub struct Table<R> {
    heads: Vec<Head>,
    rows: Vec<R>,
    /// The versions of each holder's rows in the order of (effective date, position of the row).
    by_holder: HashMap<Name, Vec<u32>>,
    /// Per root: its first version, and the next root of the same identity (a later state).
    roots: Vec<(u32, Option<u32>)>,
    /// Roots with more than one version; all others are their own newest.
    corrected: HashMap<u32, Vec<Logical<R>>>,
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
            heads: Vec::new(),
            rows: Vec::new(),
            by_holder: HashMap::new(),
            roots: Vec::new(),
            corrected: HashMap::new(),
        }
    }
}

/// Places in a table fit 32 bits: four billion row versions.
fn place(length: usize) -> u32 {
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
        let root = place(self.roots.len());
        if let Some(mut last) = same {
            while let Some(next) = self.roots[last as usize].1 {
                last = next;
            }
            self.roots[last as usize].1 = Some(root);
        }
        self.roots.push((place(self.heads.len()), None));
        self.push(
            row,
            Head {
                root,
                position,
                known,
                effective,
                void: false,
                corrected: false,
            },
        );
        root
    }

    fn push(&mut self, row: R, head: Head) -> u32 {
        let at = place(self.heads.len());
        let holder = row.holder();
        self.heads.push(head);
        self.rows.push(row);
        let (heads, roots) = (&self.heads, &self.roots);
        let order = |at: u32| {
            let head = &heads[at as usize];
            let (first, _) = roots[head.root as usize];
            (head.effective, heads[first as usize].position)
        };
        let places = self.by_holder.entry(holder).or_default();
        // Nearly everything comes in the order of its dates.
        if places.last().is_none_or(|last| order(*last) <= order(at)) {
            places.push(at);
        } else {
            let after = places.partition_point(|it| order(*it) <= order(at));
            places.insert(after, at);
        }
        at
    }

    /// The root among those of one identity that was ever effective on a day.
    pub(crate) fn effective_on(&self, first: u32, day: Day) -> Option<u32> {
        let mut root = Some(first);
        while let Some(it) = root {
            let (place, next) = self.roots[it as usize];
            let on = match self.corrected.get(&it) {
                None => self.heads[place as usize].effective == day,
                Some(versions) => versions
                    .iter()
                    .flat_map(|it| &it.places)
                    .any(|at| self.heads[*at as usize].effective == day),
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
        self.heads[first as usize].corrected = true;
        let mut versions = self.corrected.remove(&root).unwrap_or_else(|| {
            let head = self.heads[first as usize];
            vec![Logical {
                known: head.known,
                position: head.position,
                change: Change::Whole(self.rows[first as usize].clone(), head.effective),
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
        let (mut row, mut effective) = (
            self.rows[base as usize].clone(),
            self.heads[base as usize].effective,
        );
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
            let head = Head {
                root,
                position,
                known: version.known,
                effective,
                void,
                corrected: true,
            };
            let place = self.push(row.clone(), head);
            version.places.push(place);
        }
        self.corrected.insert(root, versions);
    }

    /// The version of a row that is visible, annulled or not.
    fn visible_version(&self, root: u32, view: &View) -> Option<u32> {
        match self.corrected.get(&root) {
            None => {
                let at = self.roots[root as usize].0;
                let head = &self.heads[at as usize];
                view.sees(head.known, head.position).then_some(at)
            }
            Some(versions) => versions
                .iter()
                .flat_map(|it| &it.places)
                .copied()
                .filter(|at| {
                    let head = &self.heads[*at as usize];
                    view.sees(head.known, head.position)
                })
                .max_by_key(|at| {
                    (
                        self.heads[*at as usize].known,
                        self.heads[*at as usize].position,
                        *at,
                    )
                }),
        }
    }

    /// Whether this version is the visible one of its row, not annulled, and effective by V.
    fn holds(&self, at: u32, view: &View) -> bool {
        let head = &self.heads[at as usize];
        !head.void
            && head.effective <= view.as_of
            && view.sees(head.known, head.position)
            && (!head.corrected || self.visible_version(head.root, view) == Some(at))
    }

    /// Every visible row effective by V, in the order of the log.
    pub fn all<'a>(&'a self, view: &'a View) -> impl Iterator<Item = Fact<'a, R>> {
        (0..place(self.heads.len()))
            .filter(|at| self.holds(*at, view))
            .map(|at| self.fact(at))
    }

    /// The visible rows of one holder effective by V, in the order of (effective date, position of the row).
    pub fn of<'a>(&'a self, holder: Name, view: &'a View) -> impl Iterator<Item = Fact<'a, R>> {
        self.by_holder
            .get(&holder)
            .into_iter()
            .flatten()
            .copied()
            .filter(|at| self.holds(*at, view))
            .map(|at| self.fact(at))
    }

    /// The row that holds for a holder: the greatest (effective date, known date, position).
    #[must_use]
    pub fn latest(&self, holder: Name, view: &View) -> Option<Fact<'_, R>> {
        let places = self.by_holder.get(&holder)?;
        places
            .iter()
            .copied()
            .filter(|at| self.holds(*at, view))
            .map(|at| self.fact(at))
            .max_by_key(Fact::order)
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

    fn fact(&self, at: u32) -> Fact<'_, R> {
        Fact { table: self, at }
    }
}

/// A row as it is seen from somewhere.
#[derive(Debug)]
pub struct Fact<'a, R> {
    table: &'a Table<R>,
    at: u32,
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
        &self.table.rows[self.at as usize]
    }

    /// When it is so.
    #[must_use]
    pub fn effective(&self) -> Day {
        self.head().effective
    }

    /// When this version became known.
    #[must_use]
    pub fn known(&self) -> Day {
        self.head().known
    }

    /// What decides which of several states holds: (effective date, known date, position).
    #[must_use]
    pub fn order(&self) -> (Day, Day, u64, u32) {
        let head = self.head();
        (head.effective, head.known, head.position, self.at)
    }

    /// Position of the row itself, before any correction; keeps its place among rows of one day.
    #[must_use]
    pub fn root_position(&self) -> u64 {
        self.first().position
    }

    /// When the row itself became known, before any correction.
    #[must_use]
    pub fn first_known(&self) -> Day {
        self.first().known
    }

    /// Positions this row rests on as seen from `view`: its own event and its corrections.
    pub fn positions(&self, view: &View) -> impl Iterator<Item = u64> + use<'a, R> {
        let head = self.head();
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

    fn head(&self) -> &'a Head {
        &self.table.heads[self.at as usize]
    }

    fn first(&self) -> &'a Head {
        let (first, _) = self.table.roots[self.head().root as usize];
        &self.table.heads[first as usize]
    }
}
