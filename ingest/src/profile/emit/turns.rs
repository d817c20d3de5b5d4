//! Which row comes how manieth of those about the same thing: by their days, not as they are read.

use std::collections::{BTreeMap, HashMap};

use leitstand_domain::Day;

/// The days of rows by what they are about; none where a day cannot be read.
type Days = BTreeMap<String, Vec<Option<Day>>>;

/// Counts rows by what they are about, in order of their days; those of one day as they are read.
#[derive(Debug)]
pub(super) enum Turns {
    /// As they are read, which is right as long as that is the order of their days.
    Reading { read: Days, is_in_order: bool },
    /// All were read before, and were not in order.
    Known {
        all: Days,
        taken: HashMap<(String, Option<Day>), u32>,
    },
}

impl Default for Turns {
    fn default() -> Self {
        Self::Reading {
            read: Days::new(),
            is_in_order: true,
        }
    }
}

impl Turns {
    /// Takes one more row; which it is, from 1.
    pub(super) fn take(&mut self, of: &str, day: Option<Day>) -> u32 {
        let number = match self {
            Self::Reading { read, is_in_order } => {
                let days = read.entry(of.to_owned()).or_default();
                *is_in_order &= days.last().is_none_or(|it| place(*it) <= place(day));
                days.push(day);
                days.len()
            }
            Self::Known { all, taken } => {
                let days = all.get(of).map(Vec::as_slice).unwrap_or_default();
                let taken = taken.entry((of.to_owned(), day)).or_default();
                *taken += 1;
                days.partition_point(|it| place(*it) < place(day)) + *taken as usize
            }
        };
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// The day of the first.
    pub(super) fn since(&self, of: &str) -> Option<Day> {
        let (Self::Reading { read: days, .. } | Self::Known { all: days, .. }) = self;
        days.get(of)?.first().copied().flatten()
    }

    /// Whether the numbers given are those by day.
    pub(super) fn is_in_order(&self) -> bool {
        match self {
            Self::Reading { is_in_order, .. } => *is_in_order,
            Self::Known { .. } => true,
        }
    }

    /// With what was read once, for reading it again.
    pub(super) fn again(self) -> Self {
        let (Self::Reading { read: mut all, .. } | Self::Known { mut all, .. }) = self;
        for days in all.values_mut() {
            days.sort_by_key(|it| place(*it));
        }
        Self::Known {
            all,
            taken: HashMap::new(),
        }
    }
}

/// What has no day comes last.
fn place(day: Option<Day>) -> (bool, Option<Day>) {
    (day.is_none(), day)
}
