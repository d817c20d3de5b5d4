//! What waits for itself: the strongly connected sets of a graph.

use std::collections::BTreeMap;

/// What each thing waits for.
pub(super) type Waits<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// Every set of things that wait for each other, each in order, the sets in order.
///
/// Tarjan's way with a stack of its own: a network may be longer than the machine's.
pub(super) fn cycles<'a>(waits: &Waits<'a>) -> Vec<Vec<&'a str>> {
    let mut search = Search {
        waits,
        seen: BTreeMap::new(),
        open: Vec::new(),
        found: Vec::new(),
    };
    for start in waits.keys() {
        if !search.seen.contains_key(start) {
            search.from(start);
        }
    }
    search.found.sort_unstable();
    search.found
}

struct Search<'b, 'a> {
    waits: &'b Waits<'a>,
    seen: BTreeMap<&'a str, Seen>,
    /// Seen and not yet in a finished set.
    open: Vec<&'a str>,
    found: Vec<Vec<&'a str>>,
}

#[derive(Clone, Copy)]
struct Seen {
    number: usize,
    /// The lowest number it leads back to.
    low: usize,
    open: bool,
}

impl<'a> Search<'_, 'a> {
    fn from(&mut self, start: &'a str) {
        // Whose turn it is, and which of what it waits for comes next.
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((at, next)) = path.last_mut() {
            let at = *at;
            let before = self.waits.get(at).and_then(|it| it.get(*next)).copied();
            *next += 1;
            let Some(before) = before else {
                path.pop();
                self.leave(at);
                if let Some((waiting, _)) = path.last() {
                    let low = self.low(at);
                    self.lower(waiting, low);
                }
                continue;
            };
            match self.seen.get(before) {
                None => {
                    self.enter(before);
                    path.push((before, 0));
                }
                Some(seen) if seen.open => {
                    let number = seen.number;
                    self.lower(at, number);
                }
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, at: &'a str) {
        let number = self.seen.len();
        let seen = Seen {
            number,
            low: number,
            open: true,
        };
        self.seen.insert(at, seen);
        self.open.push(at);
    }

    fn low(&self, at: &str) -> usize {
        self.seen.get(at).map_or(usize::MAX, |it| it.low)
    }

    fn lower(&mut self, at: &str, low: usize) {
        if let Some(seen) = self.seen.get_mut(at) {
            seen.low = seen.low.min(low);
        }
    }

    /// Finishes a set if it leads back no further than to its first.
    fn leave(&mut self, at: &'a str) {
        if self.seen.get(at).is_none_or(|it| it.low != it.number) {
            return;
        }
        let from = self
            .open
            .iter()
            .rposition(|it| *it == at)
            .unwrap_or_default();
        let mut set = self.open.split_off(from);
        for it in &set {
            if let Some(seen) = self.seen.get_mut(it) {
                seen.open = false;
            }
        }
        if set.len() > 1 {
            set.sort_unstable();
            self.found.push(set);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits<'a>(of: &[(&'a str, &'a str)]) -> Waits<'a> {
        let mut waits = Waits::new();
        for (at, before) in of {
            waits.entry(at).or_default().push(before);
        }
        waits
    }

    #[test]
    fn a_way_back_is_a_cycle_and_a_diamond_is_none() {
        let diamond = [("d", "b"), ("d", "c"), ("b", "a"), ("c", "a")];
        assert!(cycles(&waits(&diamond)).is_empty());
        let two = [
            ("z", "y"),
            ("y", "z"),
            ("c", "a"),
            ("a", "b"),
            ("b", "c"),
            ("a", "z"),
        ];
        assert_eq!(cycles(&waits(&two)), [vec!["a", "b", "c"], vec!["y", "z"]]);
    }

    #[test]
    fn two_cycles_over_one_thing_are_one_set() {
        let eight = [("a", "m"), ("m", "a"), ("m", "b"), ("b", "m")];
        assert_eq!(cycles(&waits(&eight)), [vec!["a", "b", "m"]]);
    }

    #[test]
    fn a_long_way_needs_no_deep_stack() {
        let names: Vec<String> = (0..200_000).map(|it| format!("{it:06}")).collect();
        let mut waits = Waits::new();
        for pair in names.windows(2) {
            waits.insert(&pair[0], vec![&pair[1]]);
        }
        assert!(cycles(&waits).is_empty());
        waits.insert(&names[names.len() - 1], vec![&names[0]]);
        assert_eq!(cycles(&waits)[0].len(), names.len());
    }
}
