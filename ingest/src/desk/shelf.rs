//! Ledgers kept at hand, the least recently used put away first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::book::{Book, Name};

/// At most so many ledgers are kept: more than twice as many as two windows can hold at a time.
const STREAMS: usize = 16_384;
/// They weigh at most so much ([`Book::weight`]).
const WEIGHT: u64 = 1_200_000;

/// One stream's place: whoever holds the lock is the only one in this process to decide on it. Empty
/// when the ledger must be read anew.
pub(super) type Slot = Arc<tokio::sync::Mutex<Option<Book>>>;

/// Where ledgers are kept. Whether one is still true is checked by the append.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    by_stream: HashMap<Name, Place>,
    uses: u64,
    weight: u64,
}

#[derive(Debug, Default)]
struct Place {
    slot: Slot,
    used: u64,
    weight: u64,
}

impl Shelf {
    /// The place of a stream.
    pub(super) fn slot(&self, stream: &Name) -> Slot {
        let mut places = self.places();
        places.uses += 1;
        let now = places.uses;
        let place = places.by_stream.entry(Arc::clone(stream)).or_default();
        place.used = now;
        let slot = Arc::clone(&place.slot);
        if places.by_stream.len() > STREAMS || places.weight > WEIGHT {
            places.put_away();
        }
        slot
    }

    /// Says how much the ledger just put back weighs.
    pub(super) fn holds(&self, stream: &Name, weight: u64) {
        let mut places = self.places();
        if let Some(place) = places.by_stream.get_mut(stream) {
            let before = std::mem::replace(&mut place.weight, weight);
            places.weight = places.weight + weight - before;
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // A map is whole even if somebody panicked while holding the lock.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    /// Puts away the older half of what nobody is using.
    fn put_away(&mut self) {
        let mut unused: Vec<(u64, Name)> = self
            .by_stream
            .iter()
            // Others get a slot only under the lock held here, so one that is only ours stays so.
            .filter(|(_, place)| Arc::strong_count(&place.slot) == 1)
            .map(|(stream, place)| (place.used, Arc::clone(stream)))
            .collect();
        unused.sort_unstable_by_key(|(used, _)| *used);
        unused.truncate(unused.len().div_ceil(2));
        for (_, stream) in unused {
            if let Some(place) = self.by_stream.remove(&stream) {
                self.weight -= place.weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_is_put_away_and_never_one_in_use() {
        let shelf = Shelf::default();
        let name = |it: usize| -> Name { format!("risk-{it}").into() };
        let held = shelf.slot(&name(0));
        for it in 1..=STREAMS {
            shelf.slot(&name(it));
            shelf.holds(&name(it), 1);
        }
        let places = shelf.places();
        assert!(places.by_stream.len() < STREAMS);
        assert!(Arc::ptr_eq(&held, &places.by_stream[&name(0)].slot));
        assert!(places.by_stream.contains_key(&name(STREAMS)));
        assert!(!places.by_stream.contains_key(&name(1)));
        assert!(places.weight < STREAMS as u64);
    }
}
