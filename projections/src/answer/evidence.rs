//! What a row rests on.

/// Positions with the kind of fact found there, as in `bookings.expense`.
///
/// A pot rests on thousands of events, so a position and the number of its kind share 64 bits: positions
/// stay below 2^53 (`contract/commands.md`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    kinds: Vec<&'static str>,
    marks: Vec<u64>,
}

/// So many bits of a mark number the kind.
const KIND_BITS: u32 = 8;

impl Evidence {
    /// Room for so many positions.
    pub(crate) fn with_room(positions: usize) -> Self {
        Self {
            kinds: Vec::new(),
            marks: Vec::with_capacity(positions),
        }
    }

    /// Adds positions of one kind.
    pub(crate) fn add(&mut self, kind: &'static str, positions: impl IntoIterator<Item = u64>) {
        let kind = self.number(kind);
        let positions = positions.into_iter();
        positions.for_each(|it| self.marks.push(it << KIND_BITS | kind));
    }

    /// Adds everything another piece rests on.
    pub(crate) fn extend(&mut self, other: &Self) {
        let kinds: Vec<u64> = other.kinds.iter().map(|it| self.number(it)).collect();
        self.marks.extend(other.marks.iter().map(|mark| {
            let kind = kinds.get(place(*mark)).copied();
            mark >> KIND_BITS << KIND_BITS | kind.unwrap_or_default()
        }));
    }

    /// How many positions there are, one that was added twice counted twice.
    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    /// Puts the positions in order.
    #[expect(
        clippy::stable_sort_primitive,
        reason = "they come as a few pieces in order, which this sort merges"
    )]
    pub(super) fn settle(&mut self) {
        self.marks.sort();
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

/// The positions of marks in order, each once.
fn ordered(marks: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut positions: Vec<u64> = marks.map(|it| it >> KIND_BITS).collect();
    if !positions.is_sorted() {
        positions.sort_unstable();
    }
    positions.dedup();
    positions
}
