//! Who decides on an id just now. A stream is held by whoever decides on it, but one id may be wanted in two streams.
//!
//! What is not here: windows, which are decided on one after the other and know their own. Between a window and a single
//! row, after whoever asked went away while a row was appended, and between two processes, one id may be recorded twice: the
//! lower position holds, the other is the finding `duplicate_identity`.

use std::{
    collections::HashSet,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
};

use leitstand_domain::{Id, table::Referable};
use tokio::sync::Notify;

use crate::wish::{What, Wish};

/// What only one row at a time may be about to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum One {
    /// The row of this table and identity.
    Row(u128),
    /// What others refer to by this id.
    Defined(Referable, Id),
}

/// All that is being decided on.
#[derive(Debug, Default)]
pub(super) struct Claims {
    taken: Mutex<HashSet<One>>,
    freed: Notify,
}

/// A claim, given up when it is dropped.
pub(super) struct Claim<'c> {
    claims: &'c Claims,
    ones: Vec<One>,
}

impl Claims {
    /// Waits until nobody else decides on what this row is known by. Not to be asked by who holds a stream.
    pub(super) async fn claim(&self, wish: &Wish) -> Claim<'_> {
        let ones = match &wish.what {
            What::Row(row, named) => {
                let defined = row.defines().map(|(what, id)| One::Defined(what, id));
                [One::Row(named.key)].into_iter().chain(defined).collect()
            }
            What::Correction(_) => Vec::new(),
        };
        loop {
            // Before it is looked, or it might be given up in between.
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if self.take(&ones) {
                return Claim { claims: self, ones };
            }
            freed.await;
        }
    }

    fn take(&self, ones: &[One]) -> bool {
        let mut taken = self.taken();
        let is_free = ones.iter().all(|it| !taken.contains(it));
        if is_free {
            taken.extend(ones.iter().cloned());
        }
        is_free
    }

    fn taken(&self) -> MutexGuard<'_, HashSet<One>> {
        // Taken and given up in one go each; a panic in between leaves nothing half done.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut taken = self.claims.taken();
        for it in &self.ones {
            taken.remove(it);
        }
        drop(taken);
        self.claims.freed.notify_waiters();
    }
}
