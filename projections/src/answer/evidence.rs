//! What a row rests on.

use super::ground::{Ground, Terms, Threshold};

/// Positions with the kind of fact found there, as in `bookings.expense`.
///
/// A pot rests on thousands of events, so a position and the number of its kind share 64 bits: positions
/// stay below 2^53 (`contract/commands.md`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    kinds: Vec<&'static str>,
    marks: Vec<u64>,
    grounds: Vec<Ground>,
}

/// So many bits of a mark number the kind.
const KIND_BITS: u32 = 8;

impl Evidence {
    /// Room for so many positions.
    pub(crate) fn with_room(positions: usize) -> Self {
        Self {
            kinds: Vec::new(),
            marks: Vec::with_capacity(positions),
            grounds: Vec::new(),
        }
    }

    /// Adds positions of one kind.
    pub(crate) fn add(&mut self, kind: &'static str, positions: impl IntoIterator<Item = u64>) {
        let kind = self.number(kind);
        let positions = positions.into_iter();
        positions.for_each(|it| self.marks.push(it << KIND_BITS | kind));
    }

    /// Tells what a field was made of, and by which thresholds it was judged; their events are added.
    pub(crate) fn ground(
        &mut self,
        field: impl Into<String>,
        inputs: Terms,
        thresholds: &[Threshold],
    ) {
        for it in thresholds {
            self.add("thresholds", it.positions.iter().copied());
        }
        self.grounds.push(Ground {
            field: field.into(),
            inputs,
            thresholds: thresholds.to_vec(),
        });
    }

    /// What a field was made of, if its computation tells that.
    pub(crate) fn ground_of(&self, field: &str) -> Option<&Ground> {
        self.grounds.iter().find(|it| it.field == field)
    }

    /// Adds every position another piece rests on.
    pub(crate) fn extend(&mut self, other: &Self) {
        let kinds: Vec<u64> = other.kinds.iter().map(|it| self.number(it)).collect();
        self.marks.extend(other.marks.iter().map(|mark| {
            let kind = kinds.get(place(*mark)).copied();
            mark >> KIND_BITS << KIND_BITS | kind.unwrap_or_default()
        }));
    }

    /// Room for positions whose kinds are told by their number among `kinds`.
    pub(crate) fn marked(&mut self, kinds: impl Iterator<Item = &'static str>) -> Marked<'_> {
        let kinds = kinds.map(|it| self.number(it)).collect();
        Marked {
            kinds,
            marks: &mut self.marks,
        }
    }

    /// How many positions there are, one that was added twice counted twice.
    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    /// All positions, in order, each once.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        ordered(self.marks.iter().copied())
    }

    /// The positions whose kind begins with one of these words.
    #[must_use]
    pub fn of(&self, kinds: &[&str]) -> Vec<u64> {
        let wanted = |mark: &u64| {
            let kind = self.kind(*mark);
            kinds.iter().any(|it| kind.starts_with(it))
        };
        ordered(self.marks.iter().copied().filter(wanted))
    }

    /// The number of a kind; an answer has a dozen, written once each.
    fn number(&mut self, kind: &'static str) -> u64 {
        // The same word written twice in the program may count twice; that costs nothing.
        let known = self.kinds.iter().position(|it| std::ptr::eq(*it, kind));
        let number = known.unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        });
        u64::from(u8::try_from(number).unwrap_or(u8::MAX))
    }

    pub(super) fn kind(&self, mark: u64) -> &'static str {
        self.kinds.get(place(mark)).copied().unwrap_or_default()
    }
}

/// Which of its evidence's kinds a mark has.
pub(super) fn place(mark: u64) -> usize {
    usize::try_from(mark & ((1 << KIND_BITS) - 1)).unwrap_or_default()
}

/// Takes positions whose kinds are told by number.
pub(crate) struct Marked<'a> {
    kinds: Vec<u64>,
    marks: &'a mut Vec<u64>,
}

impl Marked<'_> {
    /// Adds a position of the `kind`th kind.
    pub(crate) fn add(&mut self, kind: u8, position: u64) {
        let kind = self.kinds.get(usize::from(kind)).copied();
        self.marks
            .push(position << KIND_BITS | kind.unwrap_or_default());
    }
}

/// The positions of marks in order, each once.
fn ordered(marks: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut positions: Vec<u64> = marks.map(|it| it >> KIND_BITS).collect();
    if positions.is_sorted() {
        positions.dedup();
        return positions;
    }
    let first = positions.iter().min().copied().unwrap_or_default();
    let last = positions.iter().max().copied().unwrap_or_default();
    match usize::try_from((last - first) / 64) {
        // Close together, as the year of a pot is: one bit each, read in order, is cheaper than sorting.
        Ok(words) if words < 2 * positions.len() => {
            let mut bits = vec![0_u64; words + 1];
            for it in positions.drain(..) {
                let at = it - first;
                bits[usize::try_from(at / 64).unwrap_or_default()] |= 1 << (at % 64);
            }
            for (word, mut left) in (0_u64..).zip(bits) {
                while left != 0 {
                    positions.push(first + 64 * word + u64::from(left.trailing_zeros()));
                    left &= left - 1;
                }
            }
        }
        _ => {
            positions.sort_unstable();
            positions.dedup();
        }
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Near and far apart, doubled, in and out of order: always the same as sorted and without doubles.
    #[test]
    fn positions_come_in_order_each_once() {
        for step in [1, 3, 64, 1_000, 1 << 40] {
            let mut evidence = Evidence::default();
            let given: Vec<u64> = [7, 3, 9, 3, 0, 64, 65, 127, 128, 7]
                .map(|it| 5 + it * step)
                .to_vec();
            evidence.add("a", given.iter().copied());
            evidence.marked(["a", "b"].into_iter()).add(1, 5 + 2 * step);
            let mut expected = given;
            expected.push(5 + 2 * step);
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(evidence.positions(), expected);
            assert_eq!(evidence.of(&["b"]), [5 + 2 * step]);
        }
    }
}
