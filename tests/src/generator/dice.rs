//! Dice that fall the same way for the same seed on every machine and with every version.

use jiff::civil::Date;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::add_days;

/// The random numbers of one feed.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice for a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number of `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).unsigned_abs() + 1;
        low + i64::try_from(self.0.next_u64() % span).unwrap_or(0)
    }

    /// True in that many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let last = i64::try_from(from.len()).unwrap_or(1) - 1;
        let place = usize::try_from(self.between(0, last)).unwrap_or(0);
        from[place]
    }

    /// A day of `from..=to`.
    pub(crate) fn day(&mut self, from: Date, to: Date) -> Date {
        let days = i64::from(from.until(to).map_or(0, |span| span.get_days())).max(0);
        add_days(from, self.between(0, days))
    }

    /// That many percent of an amount in cents, on a round sum in most cases.
    pub(crate) fn part(&mut self, cents: i64, low: i64, high: i64) -> i64 {
        let exact = cents / 100 * self.between(low, high);
        if exact > 100_000 && self.chance(80) {
            exact / 10_000 * 10_000
        } else {
            exact
        }
    }
}
