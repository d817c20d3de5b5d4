//! One row at a time.

use std::time::{Duration, Instant};

use leitstand_domain::{Day, Event};
use leitstand_store::{AppendError, StoreError};
use uuid::Uuid;

use super::{
    Actor, Asked, Desk, Outcome, Submission,
    book::{Book, Name},
    judge::{Happened, Sealing, Verdict, Written},
    locate::{Located, Places},
};
use crate::{CommandId, Failure, Finding, metering, wish::Wish};

/// So often a stream may change under a decision before the row is given back.
const CONFLICTS: u32 = 24;
/// So often the store may leave an outcome unknown.
const UNKNOWN: u32 = 3;

/// What became of a row, and what may be told of it.
pub(crate) struct Settled {
    pub(crate) outcome: Outcome,
    pub(crate) command: Option<CommandId>,
    pub(crate) stream: Option<Name>,
}

impl Settled {
    pub(crate) fn rejected(findings: Vec<Finding>) -> Self {
        Self {
            outcome: Outcome::Rejected(findings),
            command: None,
            stream: None,
        }
    }
}

/// How one attempt ended.
enum Attempt {
    Settled(Settled),
    /// Somebody else was first in this stream.
    Conflict(Name),
    /// Whether it was recorded must be read.
    Unknown(StoreError),
}

/// How one append ended.
enum Appended {
    Recorded(leitstand_store::Position),
    Conflict,
    Unknown(StoreError),
    TooLarge,
}

impl Desk {
    /// Decides on a row and records what it causes.
    ///
    /// # Errors
    /// The world broke. If it was the store, the outcome was asked for again and stayed unknown: send
    /// the row again, it will be known if it was recorded.
    pub async fn record(&self, submission: Submission) -> Result<Outcome, Failure> {
        let started = Instant::now();
        let row = Asked::read(&submission);
        let settled = match &row.wish {
            Err(findings) => Settled::rejected(findings.clone()),
            Ok(wish) => self.record_wish(&row, wish).await?,
        };
        metering::told(&submission.table, &settled, started.elapsed());
        Ok(settled.outcome)
    }

    pub(super) async fn record_wish(&self, row: &Asked, wish: &Wish) -> Result<Settled, Failure> {
        let _claim = self.claims.claim(wish).await;
        let mut sealing = Sealing::default();
        let mut patience = Patience::default();
        loop {
            match self.attempt(row, wish, &mut sealing).await? {
                Attempt::Settled(settled) => return Ok(settled),
                Attempt::Conflict(stream) => patience.conflict(&stream).await?,
                Attempt::Unknown(error) => patience.unknown(error).await?,
            }
        }
    }

    /// Records an event that comes from no table: `init`, erasures.
    pub(crate) async fn record_event(
        &self,
        stream: &str,
        command: CommandId,
        event: Event,
        times: (Day, Option<Day>),
        actor: &Actor,
        causation: Option<Uuid>,
    ) -> Result<Outcome, Failure> {
        self.store.check().await?;
        let stream: Name = stream.into();
        let mut patience = Patience::default();
        loop {
            let slot = self.shelf.slot(&stream);
            let mut place = slot.lock().await;
            let book = match place.take() {
                Some(book) => book,
                None => self.read(&stream).await?,
            };
            if let Some(position) = book.ledger.known(command).and_then(|it| book.position(it)) {
                self.put_back(&mut place, &stream, book);
                return Ok(Outcome::Known { position });
            }
            let happened = Happened {
                command,
                event: event.clone(),
                effective: times.0,
                known: times.1,
            };
            let written = self
                .write(
                    None,
                    happened,
                    &stream,
                    actor,
                    Some(&mut Sealing::default()),
                )
                .await?;
            let Some(mut written) = written else {
                return Ok(Outcome::Rejected(vec![too_large("log")]));
            };
            written.new.causation = causation;
            match self.append(&mut place, &stream, book, written).await? {
                Appended::Recorded(position) => return Ok(Outcome::Accepted { position }),
                Appended::Conflict => patience.conflict(&stream).await?,
                Appended::Unknown(error) => patience.unknown(error).await?,
                Appended::TooLarge => return Ok(Outcome::Rejected(vec![too_large("log")])),
            }
        }
    }

    async fn attempt(
        &self,
        row: &Asked,
        wish: &Wish,
        sealing: &mut Sealing,
    ) -> Result<Attempt, Failure> {
        // A row may be known from memory alone.
        self.store.check().await?;
        let stream = match self.locate(wish).await? {
            Ok(stream) => stream,
            Err(findings) => return Ok(Attempt::Settled(Settled::rejected(findings))),
        };
        let slot = self.shelf.slot(&stream);
        let mut place = slot.lock().await;
        let kept = place.take();
        let mut fresh = kept.is_none();
        let mut book = match kept {
            Some(book) => book,
            None => self.read(&stream).await?,
        };
        loop {
            let (command, verdict) = {
                let directory = self.directory();
                let places = Places::recorded(&directory);
                self.judge(row, wish, &stream, &book, &places)
            };
            let settled = |outcome| Settled {
                outcome,
                command: Some(command),
                stream: Some(Name::clone(&stream)),
            };
            match verdict {
                Verdict::Known(number) => {
                    let known = book
                        .position(number)
                        .map(|position| Outcome::Known { position });
                    self.put_back(&mut place, &stream, book);
                    // A number the ledger knows is the number of an event it took in.
                    let Some(known) = known else {
                        return Ok(Attempt::Conflict(stream));
                    };
                    return Ok(Attempt::Settled(settled(known)));
                }
                Verdict::Refused(_) if !fresh => {
                    // Before it says no on what it remembers, the desk looks at the log.
                    self.catch_up().await?;
                    let recorded = self.directory().events(&stream);
                    if recorded > book.recorded() {
                        book = self.read(&stream).await?;
                    }
                    fresh = true;
                }
                Verdict::Refused(findings) => {
                    self.put_back(&mut place, &stream, book);
                    return Ok(Attempt::Settled(settled(Outcome::Rejected(findings))));
                }
                // Only what is pending can be waited for, and here nothing is.
                Verdict::Waits => return Ok(Attempt::Conflict(stream)),
                Verdict::Happened(happened) => {
                    let written = self
                        .write(Some(wish), happened, &stream, &row.actor, Some(sealing))
                        .await?;
                    let Some(written) = written else {
                        self.put_back(&mut place, &stream, book);
                        let findings = vec![too_large(wish.sheet.name())];
                        return Ok(Attempt::Settled(settled(Outcome::Rejected(findings))));
                    };
                    return Ok(
                        match self.append(&mut place, &stream, book, written).await? {
                            Appended::Recorded(position) => {
                                Attempt::Settled(settled(Outcome::Accepted { position }))
                            }
                            Appended::Conflict => Attempt::Conflict(stream),
                            Appended::Unknown(error) => Attempt::Unknown(error),
                            Appended::TooLarge => {
                                let findings = vec![too_large(wish.sheet.name())];
                                Attempt::Settled(settled(Outcome::Rejected(findings)))
                            }
                        },
                    );
                }
            }
        }
    }

    /// The stream of a row; before something is said to be missing, the log is read to its head.
    async fn locate(&self, wish: &Wish) -> Result<Result<Name, Vec<Finding>>, Failure> {
        let look = || Places::recorded(&self.directory()).locate(wish);
        let mut located = look();
        if matches!(located, Located::Nowhere(_)) {
            self.catch_up().await?;
            located = look();
        }
        Ok(match located {
            Located::At(stream) => Ok(stream),
            Located::Nowhere(findings) => Err(findings),
            // Only what is pending can be waited for, and here nothing is.
            Located::Waits => {
                let stream = wish.sheet.name().to_owned();
                return Err(Failure::Conflict { stream });
            }
        })
    }

    /// Appends one event. The ledger is put back only if that counted: after anything else, and if
    /// this future is dropped half way, the stream is read anew.
    async fn append(
        &self,
        place: &mut Option<Book>,
        stream: &Name,
        mut book: Book,
        written: Written,
    ) -> Result<Appended, Failure> {
        match self
            .store
            .append(stream, book.expected(), vec![written.new])
            .await
        {
            Ok(recorded) => {
                let Some(recorded) = recorded.into_iter().next() else {
                    return Ok(Appended::Conflict);
                };
                self.directory_mut().apply(&recorded, &written.event);
                book.take_in(written.event, &recorded);
                self.put_back(place, stream, book);
                Ok(Appended::Recorded(recorded.position))
            }
            Err(AppendError::Conflict { .. }) => Ok(Appended::Conflict),
            Err(AppendError::TooLarge { .. }) => Ok(Appended::TooLarge),
            Err(AppendError::Store(error)) => Ok(Appended::Unknown(error)),
            Err(error @ AppendError::ClockAhead { .. }) => Err(Failure::Clock(error)),
        }
    }

    pub(super) fn put_back(&self, place: &mut Option<Book>, stream: &Name, book: Book) {
        self.shelf.holds(stream, book.weight());
        *place = Some(book);
    }
}

/// How often the same row was tried, and how long to wait before the next time.
#[derive(Default)]
struct Patience {
    conflicts: u32,
    unknown: u32,
}

impl Patience {
    async fn conflict(&mut self, stream: &str) -> Result<(), Failure> {
        self.conflicts += 1;
        if self.conflicts > CONFLICTS {
            return Err(Failure::Conflict {
                stream: stream.to_owned(),
            });
        }
        pause(self.conflicts).await;
        Ok(())
    }

    async fn unknown(&mut self, error: StoreError) -> Result<(), Failure> {
        self.unknown += 1;
        if self.unknown > UNKNOWN {
            return Err(Failure::Store(error));
        }
        pause(self.unknown + 3).await;
        Ok(())
    }
}

/// Waits a little longer each time, and never as long as the others do.
async fn pause(times: u32) {
    let mut chance = [0; 2];
    // Without chance the waits are only less even.
    let _ = aws_lc_rs::rand::fill(&mut chance);
    let most = 500_u64 << times.min(7); // 1 ms to 64 ms
    let micros = most / 4 + u64::from(u16::from_be_bytes(chance)) * most / 65_536;
    tokio::time::sleep(Duration::from_micros(micros)).await;
}

pub(super) fn too_large(table: &str) -> Finding {
    Finding::new(
        "row_too_large",
        "Die Zeile ist größer, als ein Speicher in einem Stück aufnimmt; bitte Texte kürzen oder auf mehrere Zeilen verteilen",
        "The row is larger than a store takes in one piece; shorten its texts or spread them over several rows",
    )
    .in_table(table)
}
