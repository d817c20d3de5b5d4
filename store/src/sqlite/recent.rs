//! What this process wrote last. Those who follow the log have it from here and leave the file, its
//! connections and their threads to others.

use std::collections::VecDeque;

use crate::{Position, Recorded};

/// So many events are kept at most.
const MANY: usize = 8_192;
/// So many bytes of payload are kept at most.
const BYTES: usize = 8 << 20;

/// The newest events of the log without a gap, as far as this process wrote all of them.
#[derive(Debug, Default)]
pub(super) struct Recent {
    events: VecDeque<Recorded>,
    bytes: usize,
}

impl Recent {
    /// Keeps what was committed; `before` is where the log ended until then.
    pub(super) fn keep<'a>(
        &mut self,
        before: Position,
        committed: impl Iterator<Item = &'a Recorded>,
    ) {
        if self.events.back().is_some_and(|it| it.position != before) {
            // Another process wrote in between.
            (self.events, self.bytes) = (VecDeque::new(), 0);
        }
        for event in committed {
            self.bytes += event.payload.len();
            self.events.push_back(event.clone());
            while MANY < self.events.len() || BYTES < self.bytes {
                let Some(oldest) = self.events.pop_front() else {
                    break;
                };
                self.bytes -= oldest.payload.len();
            }
        }
    }

    /// At most `limit` events after a position; `None` if only the file can tell which they are.
    pub(super) fn page(&self, after: Position, limit: usize) -> Option<Vec<Recorded>> {
        let next = self.events.partition_point(|it| it.position <= after);
        // What comes before the first one kept is not known, nor whether anything comes after the last.
        if next == 0 || next == self.events.len() {
            return None;
        }
        let page = self.events.range(next..).take(limit);
        Some(page.cloned().collect())
    }
}
