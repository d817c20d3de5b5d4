//! From pages to facts, on threads of their own.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use jiff::civil::Date;
use leitstand_domain::{Day, Event, event::SealedBox};
use leitstand_ingest::{Desk, SealState, unseal};
use leitstand_projections::{Entry, Facts, Stopped, Unseal, answers, sealed_texts};
use leitstand_reports::SharedFacts;
use leitstand_store::{KeyId, Position, Recorded, StoreError, TextKeys, day_in_berlin};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::{Keys, Page, Progress};

/// So many pages wait between two threads.
const BETWEEN: usize = 2;

/// Takes pages in.
pub(super) struct Fold {
    pub(super) facts: SharedFacts,
    pub(super) keys: Arc<dyn TextKeys>,
    pub(super) desk: Option<Arc<Desk>>,
    pub(super) progress: Arc<Progress>,
    pub(super) sealing: Arc<Mutex<SealState>>,
    pub(super) reached: watch::Sender<u64>,
    pub(super) at_end: watch::Sender<bool>,
    pub(super) runtime: tokio::runtime::Handle,
}

/// An event as it was read, or why it could not be.
type Decoded = Result<Event, &'static str>;

/// A page whose events are read.
struct Read {
    page: Page,
    events: Vec<Decoded>,
}

impl Fold {
    /// Folds until nobody reads any more. Reading events, folding them and telling the desk cost about the
    /// same, so each has a thread; every page goes through them in the order of the log.
    ///
    /// # Errors
    /// Keys cannot be read and nobody follows: whoever asks once is told, and does not wait for a store to come back.
    pub(super) fn run(self, mut pages: mpsc::Receiver<Page>) -> Result<(), StoreError> {
        let (decoded, to_fold) = std::sync::mpsc::sync_channel::<Read>(BETWEEN);
        let (folded, to_tell) = std::sync::mpsc::sync_channel::<Read>(BETWEEN);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                // Ends with this thread, or nobody would know that no more comes.
                let decoded = decoded;
                while let Some(page) = pages.blocking_recv() {
                    let events = page.events.iter().map(decode).collect();
                    self.see(&page.events);
                    if decoded.send(Read { page, events }).is_err() {
                        return;
                    }
                }
            });
            threads.spawn(|| {
                let mut told_to = Position::START;
                for Read { page, events } in to_tell {
                    self.tell_desk(&page.events, &events, &mut told_to);
                    if page.is_last {
                        self.progress.caught_up.store(true, Ordering::Release);
                    }
                }
            });
            for read in to_fold {
                let keys = self.keys(&read.events)?;
                self.fold(&read.page.events, &read.events, &keys);
                if let Some(position) = read.page.unreadable {
                    self.stop(position);
                }
                if read.page.is_last && !self.progress.is_caught_up() {
                    answers::prepare(&self.facts.read().unwrap_or_else(PoisonError::into_inner));
                }
                if read.page.is_last || read.page.unreadable.is_some() {
                    self.at_end.send_replace(true);
                }
                if folded.send(read).is_err() {
                    break;
                }
            }
            // Or the desk's thread would wait for more.
            drop(folded);
            Ok(())
        })
    }

    /// What sealing needs to know of a page.
    fn see(&self, recorded: &[Recorded]) {
        let mut sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        for it in recorded {
            sealing.see(it);
        }
    }

    /// The keys of the texts that facts keep. Without an answer there is no page: an erased text and a
    /// store that fails are not the same.
    fn keys(&self, events: &[Decoded]) -> Result<Keys, StoreError> {
        let wanted: Vec<KeyId> = events
            .iter()
            .flatten()
            .filter_map(sealed_texts)
            .map(|it| it.key)
            .collect();
        if wanted.is_empty() {
            return Ok(Keys::new());
        }
        loop {
            match self.runtime.block_on(self.keys.get_many(&wanted)) {
                Ok(keys) => return Ok(wanted.into_iter().zip(keys).collect()),
                Err(error) if self.desk.is_none() => return Err(error),
                Err(error) => {
                    self.progress.store_fails.store(true, Ordering::Release);
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "keys could not be read; trying again"
                    );
                    std::thread::sleep(super::AFTER_FAILURE);
                }
            }
        }
    }

    fn fold(&self, recorded: &[Recorded], events: &[Decoded], keys: &Keys) {
        let mut facts = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        let mut folded = 0;
        for (recorded, event) in recorded.iter().zip(events) {
            if facts.stopped.is_none() && apply(&mut facts, recorded, event, keys) {
                folded += 1;
            }
        }
        self.progress.folded.fetch_add(folded, Ordering::AcqRel);
        let position = facts.position();
        drop(facts);
        self.reached.send_replace(position);
    }

    fn stop(&self, position: Position) {
        let mut facts = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        facts.stop(Stopped {
            position: position.as_json(),
            name: "?".to_owned(),
            cause: "Das Protokoll ist dort nicht lesbar; „leitstand audit verify“ sagt, warum"
                .to_owned(),
        });
    }

    /// The desk need not read what was read here. What could not be read it must meet itself: it must
    /// not write what it cannot check.
    fn tell_desk(&self, recorded: &[Recorded], events: &[Decoded], folded_to: &mut Position) {
        let (Some(desk), Some(last)) = (&self.desk, recorded.last()) else {
            return;
        };
        let mut all = true;
        for (recorded, event) in recorded.iter().zip(events) {
            match event {
                Ok(event) => desk.observe(recorded, event),
                Err(_) => all = false,
            }
        }
        if all {
            desk.observed_to(*folded_to, last.position);
            *folded_to = last.position;
        }
    }
}

fn decode(recorded: &Recorded) -> Decoded {
    Event::read(&recorded.name, recorded.version, &recorded.payload).map_err(|cause| {
        use leitstand_domain::Unreadable::{Name, Shape, Version};
        // The cause's own words may quote the payload.
        match cause {
            Name(_) => "Das Ereignis kennt dieses Programm nicht",
            Version(_) => "Diese Fassung des Ereignisses kennt dieses Programm nicht",
            Shape(_) => "Das Ereignis hat nicht die Form seiner Fassung",
        }
    })
}

/// Takes one event in, or stops the facts there; says whether it was taken in.
fn apply(facts: &mut Facts, recorded: &Recorded, event: &Decoded, keys: &Keys) -> bool {
    let cause = match event {
        Ok(event) => {
            let applied = catch_unwind(AssertUnwindSafe(|| {
                facts.apply(entry(recorded), event, &Boxes(keys));
            }));
            match applied {
                Ok(()) => return true,
                Err(_) => "Beim Verarbeiten ist ein Programmfehler aufgetreten",
            }
        }
        Err(cause) => *cause,
    };
    let position = recorded.position.as_json();
    tracing::error!(position, name = &*recorded.name, cause, "facts stand still");
    facts.stop(Stopped {
        position,
        name: recorded.name.to_string(),
        cause: cause.to_owned(),
    });
    false
}

fn entry(recorded: &Recorded) -> Entry<'_> {
    Entry {
        position: recorded.position.as_json(),
        stream: &recorded.stream,
        id: recorded.id,
        name: &recorded.name,
        effective: day(recorded.effective_on),
        known: day(recorded.known_on),
        recorded_at: recorded.recorded_at,
        recorded_on: day(day_in_berlin(recorded.recorded_at)),
        actor: &recorded.actor,
    }
}

/// A date as a day, also outside the years cells may state.
fn day(date: Date) -> Day {
    const EPOCH: Date = Date::constant(1970, 1, 1);
    Day::of(date).unwrap_or_else(|| Day::from_number((date - EPOCH).get_days()))
}

/// Opens the boxes of one page.
struct Boxes<'a>(&'a Keys);

impl Unseal for Boxes<'_> {
    fn unseal(
        &self,
        stream: &str,
        event: Uuid,
        sealed: &SealedBox,
    ) -> Option<BTreeMap<String, String>> {
        let key = self.0.get(&sealed.key)?.as_ref()?;
        unseal(key, stream, event, sealed)
            .inspect_err(
                |_| tracing::error!(stream, %event, "a sealed text does not open with its key"),
            )
            .ok()
    }
}
