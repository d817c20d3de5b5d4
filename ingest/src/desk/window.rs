//! Many rows at a time: decided one after the other, recorded together.
//!
//! Rows are decided in order, each with those before it in its stream applied. Then every stream gets
//! one append, all of them at once: the store commits them together, so a thousand rows cost a few
//! syncs. A row that rests on something another stream has yet to record ends the window: what is
//! referred to is recorded before what refers to it.

use std::{collections::HashMap, sync::Arc, time::Instant};

use leitstand_store::{AppendError, Recorded, StoreError};
use tokio::task::JoinSet;

use super::{
    Desk, Outcome, Submission,
    book::{Book, Name},
    held::{Held, Stands, settle},
    judge::{Sealing, Verdict},
    locate::{Located, Places},
    single::Settled,
};
use crate::{Directory, Failure, Finding, metering, wish::Wish};

/// So many rows are recorded together.
pub const WINDOW: usize = 1_000;

/// A row on its way, with what it will need if it has to be decided again.
type Read = Result<Wish, Vec<Finding>>;

struct Window<'d> {
    desk: &'d Desk,
    rehearsing: bool,
    held: HashMap<Name, Held>,
    /// What is decided on and not yet recorded.
    provisional: Directory,
}

impl Desk {
    /// Decides on many rows in their order and records them together, [`WINDOW`] at a time. Each has
    /// the outcome it would have had alone.
    ///
    /// # Errors
    /// The world broke; rows before that may be recorded. Send all again: what was recorded is known.
    pub async fn record_many(&self, rows: &[Submission]) -> Result<Vec<Outcome>, Failure> {
        let mut outcomes = Vec::with_capacity(rows.len());
        for rows in rows.chunks(WINDOW) {
            let _turn = self.windows.lock().await;
            self.catch_up().await?;
            let started = Instant::now();
            let mut window = Window::new(self, false);
            outcomes.extend(window.decide(rows).await?);
            metering::told_together(rows.len(), started.elapsed());
        }
        Ok(outcomes)
    }

    /// Begins to decide on rows without recording any.
    ///
    /// # Errors
    /// The store failed, or the log cannot be read.
    pub async fn rehearse(&self) -> Result<Rehearsal<'_>, Failure> {
        self.catch_up().await?;
        Ok(Rehearsal {
            window: Window::new(self, true),
        })
    }
}

/// Rows decided on a copy: nothing is recorded, nobody is held up, no key is taken.
pub struct Rehearsal<'d> {
    window: Window<'d>,
}

impl Rehearsal<'_> {
    /// Decides on the next rows, as if those before had been recorded. Accepted rows have the position
    /// [`Position::START`](leitstand_store::Position::START): they are nowhere.
    ///
    /// # Errors
    /// The store failed, or a stream cannot be read.
    pub async fn decide(&mut self, rows: &[Submission]) -> Result<Vec<Outcome>, Failure> {
        self.window.decide(rows).await
    }
}

impl<'d> Window<'d> {
    fn new(desk: &'d Desk, rehearsing: bool) -> Self {
        Self {
            desk,
            rehearsing,
            held: HashMap::new(),
            provisional: Directory::default(),
        }
    }

    async fn decide(&mut self, rows: &[Submission]) -> Result<Vec<Outcome>, Failure> {
        let wishes: Vec<Read> = rows
            .iter()
            .map(|it| Wish::read(&it.table, &it.cells))
            .collect();
        let mut stand: Vec<Option<Stands>> = rows.iter().map(|_| None).collect();
        for (at, (row, wish)) in rows.iter().zip(&wishes).enumerate() {
            let stands = match wish {
                Err(findings) => Stands::Settled(Settled::rejected(findings.clone())),
                Ok(wish) => loop {
                    if let Some(stands) = self.row(at, row, wish).await? {
                        break stands;
                    }
                    self.flush(rows, &wishes, &mut stand).await?;
                },
            };
            if let Some(place) = stand.get_mut(at) {
                *place = Some(stands);
            }
        }
        if !self.rehearsing {
            self.flush(rows, &wishes, &mut stand).await?;
        }
        let told = rows.iter().zip(stand).map(|(row, stands)| {
            let settled = settle(stands);
            if !self.rehearsing {
                metering::told_of_many(&row.table, &settled);
            }
            settled.outcome
        });
        Ok(told.collect())
    }

    fn places<'a>(&'a self, recorded: &'a Directory) -> Places<'a> {
        Places {
            recorded,
            pending: Some(&self.provisional),
            counts: self.rehearsing,
        }
    }

    /// Decides on a row; `None` if what waits must be recorded first.
    async fn row(
        &mut self,
        at: usize,
        row: &Submission,
        wish: &Wish,
    ) -> Result<Option<Stands>, Failure> {
        let located = {
            let directory = self.desk.directory();
            self.places(&directory).locate(wish)
        };
        let stream = match located {
            Located::At(stream) => stream,
            Located::Nowhere(findings) => {
                return Ok(Some(Stands::Settled(Settled::rejected(findings))));
            }
            Located::Waits => return Ok(None),
        };
        if self.held.get(&stream).is_some_and(Held::is_full) && !self.rehearsing {
            return Ok(None);
        }
        self.hold(&stream).await?;
        let Some(held) = self.held.get_mut(&stream) else {
            return Ok(None);
        };
        let (command, verdict) = {
            let directory = self.desk.directory();
            let places = Places {
                recorded: &directory,
                pending: Some(&self.provisional),
                counts: self.rehearsing,
            };
            self.desk
                .judge(wish, row.built_in, &stream, &held.book, &places)
        };
        let settled = |outcome, stream| {
            Stands::Settled(Settled {
                outcome,
                command: Some(command),
                stream: Some(stream),
            })
        };
        Ok(match verdict {
            Verdict::Waits => None,
            Verdict::Known(number) => Some(if let Some(position) = held.book.position(number) {
                settled(Outcome::Known { position }, stream)
            } else {
                held.rows.push(at);
                Stands::Expected {
                    stream,
                    number,
                    command,
                    first: false,
                }
            }),
            Verdict::Refused(findings) => {
                held.rows.push(at);
                Some(settled(Outcome::Rejected(findings), stream))
            }
            Verdict::Happened(happened) => {
                let sealing = &mut Sealing::default();
                let sealed = (!self.rehearsing).then_some(wish);
                let written = self
                    .desk
                    .write(sealed, &happened, &stream, &row.actor, sealing)
                    .await?;
                let known = happened.known.unwrap_or_else(|| self.desk.today());
                let event = written.event;
                self.provisional.provide(&stream, &event);
                let number =
                    held.book
                        .expect(event.clone(), happened.effective, known, happened.command);
                held.rows.push(at);
                if !self.rehearsing {
                    held.bytes += written.new.payload.len();
                    held.new.push(written.new);
                    held.events.push(event);
                }
                Some(Stands::Expected {
                    stream,
                    number,
                    command,
                    first: true,
                })
            }
        })
    }

    /// Takes a stream, so that nobody else decides on it until the flush.
    async fn hold(&mut self, stream: &Name) -> Result<(), Failure> {
        if self.held.contains_key(stream) {
            return Ok(());
        }
        let slot = self.desk.shelf.slot(stream);
        let mut guard = slot.lock_owned().await;
        let kept = if self.rehearsing {
            guard.clone()
        } else {
            guard.take()
        };
        let recorded = self.desk.directory().events(stream);
        let book = match kept.filter(|it| recorded <= it.recorded()) {
            Some(book) => book,
            // The log was read to its head; should somebody begin the stream now, the append says so.
            None if recorded == 0 => Book::new(stream),
            None => self.desk.read(stream).await?,
        };
        let guard = (!self.rehearsing).then_some(guard);
        let held = Held {
            guard,
            book,
            new: Vec::new(),
            events: Vec::new(),
            rows: Vec::new(),
            bytes: 0,
        };
        self.held.insert(Name::clone(stream), held);
        Ok(())
    }

    /// Records what waits: one append per stream, all at once. Where somebody else was first, or the
    /// outcome is unknown, the rows of that stream are decided again one by one.
    async fn flush(
        &mut self,
        rows: &[Submission],
        wishes: &[Read],
        stand: &mut [Option<Stands>],
    ) -> Result<(), Failure> {
        let mut appends = JoinSet::new();
        #[expect(
            clippy::iter_over_hash_type,
            reason = "all appends go out at once; their order means nothing"
        )]
        for (stream, mut held) in self.held.drain() {
            if held.new.is_empty() {
                held.put_back(self.desk, &stream);
                continue;
            }
            let store = Arc::clone(&self.desk.store);
            let (expected, new) = (held.book.expected(), std::mem::take(&mut held.new));
            appends.spawn(async move {
                let result = store.append(&stream, expected, new).await;
                (stream, held, result)
            });
        }
        self.provisional.clear();
        let (mut again, mut broken) = (Vec::new(), None);
        while let Some(done) = appends.join_next().await {
            match done {
                Ok((stream, held, Ok(recorded))) => {
                    self.recorded(&stream, held, &recorded, stand);
                }
                Ok((_, _, Err(error @ AppendError::ClockAhead { .. }))) => {
                    broken = Some(Failure::Clock(error));
                }
                Ok((_, held, Err(_))) => again.extend(held.rows),
                Err(error) => {
                    broken = Some(StoreError::new("recording rows together", error).into());
                }
            }
        }
        if let Some(failure) = broken {
            return Err(failure);
        }
        again.sort_unstable();
        for at in again {
            if let (Some(row), Some(Ok(wish)), Some(place)) =
                (rows.get(at), wishes.get(at), stand.get_mut(at))
            {
                let settled = self
                    .desk
                    .record_wish(wish, &row.actor, row.built_in)
                    .await?;
                *place = Some(Stands::Settled(settled));
            }
        }
        Ok(())
    }

    /// Takes in what the store recorded for a stream, and puts its ledger back.
    fn recorded(
        &self,
        stream: &Name,
        mut held: Held,
        recorded: &[Recorded],
        stand: &mut [Option<Stands>],
    ) {
        {
            let mut directory = self.desk.directory_mut();
            for (event, recorded) in held.events.iter().zip(recorded) {
                directory.apply(recorded, event);
                held.book.fulfil(recorded);
            }
        }
        for at in &held.rows {
            let Some(place) = stand.get_mut(*at) else {
                continue;
            };
            if let Some(Stands::Expected {
                number,
                command,
                first,
                ..
            }) = place
                && let Some(position) = held.book.position(*number)
            {
                let outcome = if *first {
                    Outcome::Accepted { position }
                } else {
                    Outcome::Known { position }
                };
                let (command, stream) = (Some(*command), Some(Name::clone(stream)));
                *place = Some(Stands::Settled(Settled {
                    outcome,
                    command,
                    stream,
                }));
            }
        }
        held.put_back(self.desk, stream);
    }
}
