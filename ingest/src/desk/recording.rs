//! Recording many rows: while one window is committed, the next is decided on.
//!
//! Every stream of a window gets one append, and the store commits them together, so thousands of
//! rows cost about one sync. A row that rests on something another stream has yet to record waits: what is
//! referred to is recorded before what refers to it. Where somebody else was first, or an outcome is
//! unknown, the rows of that stream are decided again one by one, and what was decided meanwhile is
//! forgotten and decided anew. Nobody is told of a row before it is durable.

use std::{pin::Pin, sync::Arc, time::Instant};

use futures_util::future::{MaybeDone, maybe_done};
use leitstand_store::{AppendError, Recorded, StoreError};
use tokio::{sync::MutexGuard, task::JoinHandle};

use super::{
    Asked, Desk, Outcome, Submission, WINDOW,
    held::{Sent, Stands},
    single::Settled,
    window::{Step, Window},
};
use crate::{Failure, metering};

/// After so many windows everything is given back, so that others come to their streams.
const ROUND: usize = 8;

impl Desk {
    /// Decides on many rows in their order and records them together, [`WINDOW`] at a time. Each has
    /// the outcome it would have had alone.
    ///
    /// # Errors
    /// The world broke; rows before that may be recorded. Send all again: what was recorded is known.
    pub async fn record_many(&self, rows: &[Submission]) -> Result<Vec<Outcome>, Failure> {
        let mut recording = self.recording();
        let mut outcomes = Vec::with_capacity(rows.len());
        for rows in rows.chunks(WINDOW) {
            let rows = rows.iter().map(Asked::read).collect();
            outcomes.extend(recording.next(rows).await?);
        }
        outcomes.extend(recording.end().await?);
        Ok(outcomes)
    }

    /// Begins to record many rows.
    pub(crate) fn recording(&self) -> Recording<'_> {
        Recording {
            desk: self,
            window: Window::new(self, false),
            turn: None,
            before: None,
            windows: 0,
            has_looked: false,
        }
    }
}

/// Rows on their way into the store.
pub(crate) struct Recording<'d> {
    desk: &'d Desk,
    window: Window<'d>,
    /// Held while any stream is.
    turn: Option<MutexGuard<'d, ()>>,
    /// The window that is being committed.
    before: Option<(Batch, Flight)>,
    /// How many were decided on in this round.
    windows: usize,
    /// Whether the log was read to its head at the beginning.
    has_looked: bool,
}

/// The rows of one window, and what is known of them.
struct Batch {
    rows: Vec<Asked>,
    stands: Vec<Option<Stands>>,
    started: Instant,
}

/// What became of one append.
type Answer = Result<Vec<Recorded>, AppendError>;

/// Appends under way, and what waits for their answers.
struct Flight {
    sent: Vec<Sent>,
    answers: MaybeDone<JoinHandle<Vec<Answer>>>,
}

impl Recording<'_> {
    /// Decides on the next rows and hands them to the store. Returns the outcomes that are settled by
    /// now, in the order of the rows.
    pub(crate) async fn next(&mut self, mut rows: Vec<Asked>) -> Result<Vec<Outcome>, Failure> {
        if self.turn.is_none() {
            self.turn = Some(self.desk.windows.lock().await);
        }
        self.desk.store.check().await?;
        if !self.has_looked {
            self.desk.catch_up().await?;
            self.has_looked = true;
        }
        let mut done = Vec::new();
        self.window.is_fresh = false;
        Asked::join(&mut rows);
        let mut batch = Batch {
            stands: rows.iter().map(|_| None).collect(),
            rows,
            started: Instant::now(),
        };
        // Rows before this one are with the store already.
        let mut sent = 0;
        let mut at = 0;
        loop {
            let step = match batch.rows.get(at) {
                Some(row) => self.window.row(at, row).await?,
                None => Step::Waits,
            };
            if let Step::Stands(stands) = step {
                batch.stands[at] = Some(stands);
                at += 1;
                continue;
            }
            if let Some((before, flight)) = self.before.take() {
                let (settled, is_as_expected) = self.settle(before, flight).await?;
                done.push(settled);
                if !is_as_expected {
                    // What was decided rests on what is not so.
                    at = sent;
                    continue;
                }
            }
            match step {
                Step::Doubtful => {
                    batch = self.flush(batch).await?;
                    (sent, self.window.is_fresh) = (at, true);
                    self.desk.catch_up().await?;
                }
                _ if at < batch.rows.len() => {
                    batch = self.flush(batch).await?;
                    sent = at;
                }
                _ => break,
            }
        }
        self.windows += 1;
        let flight = self.send(&mut batch);
        self.before = Some((batch, flight));
        // Told while the store is at work.
        let mut outcomes: Vec<Outcome> = done.into_iter().flat_map(Batch::outcomes).collect();
        if self.windows >= ROUND {
            outcomes.extend(self.end().await?);
        }
        Ok(outcomes)
    }

    /// How many rows are being committed.
    pub(crate) fn under_way(&self) -> usize {
        self.before
            .as_ref()
            .map_or(0, |(batch, _)| batch.rows.len())
    }

    /// Waits until the store has answered for what is under way; [`end`](Self::end) then does not wait. If
    /// this is given up, nothing is lost.
    pub(crate) async fn answered(&mut self) {
        if let Some((_, flight)) = &mut self.before {
            (&mut flight.answers).await;
        }
    }

    /// Waits for what is under way and gives all streams back; returns the outcomes not returned yet.
    pub(crate) async fn end(&mut self) -> Result<Vec<Outcome>, Failure> {
        let mut outcomes = Vec::new();
        if let Some((batch, flight)) = self.before.take() {
            outcomes = self.settle(batch, flight).await?.0.outcomes();
        }
        self.window.forget();
        (self.turn, self.windows) = (None, 0);
        Ok(outcomes)
    }

    fn send(&mut self, batch: &mut Batch) -> Flight {
        let (appends, sent) = self.window.send(&mut batch.stands);
        let store = Arc::clone(&self.desk.store);
        Flight {
            sent,
            answers: maybe_done(tokio::spawn(async move {
                if appends.is_empty() {
                    return Vec::new();
                }
                store.append_many(appends).await
            })),
        }
    }

    /// Records what is decided so far.
    async fn flush(&mut self, mut batch: Batch) -> Result<Batch, Failure> {
        let flight = self.send(&mut batch);
        Ok(self.settle(batch, flight).await?.0)
    }

    /// Takes in what the store answered. Says also whether everything became as it was decided; if not,
    /// nothing is held any more.
    async fn settle(
        &mut self,
        mut batch: Batch,
        mut flight: Flight,
    ) -> Result<(Batch, bool), Failure> {
        let doing = "recording rows together";
        (&mut flight.answers).await;
        let answers = Pin::new(&mut flight.answers)
            .take_output()
            .ok_or_else(|| StoreError::new(doing, "the answer was taken before"))?
            .map_err(|error| StoreError::new(doing, error))?;
        let (mut again, mut broken) = (Vec::new(), None);
        for (sent, answer) in flight.sent.into_iter().zip(answers) {
            match answer {
                Ok(recorded) => self.recorded(sent, &recorded, &mut batch),
                Err(error @ AppendError::ClockAhead { .. }) => {
                    broken = Some(Failure::Clock(error));
                }
                Err(_) => again.extend(sent.rows),
            }
        }
        if broken.is_some() || !again.is_empty() {
            self.window.forget();
        }
        if let Some(failure) = broken {
            return Err(failure);
        }
        if again.is_empty() {
            return Ok((batch, true));
        }
        again.sort_unstable();
        for at in again {
            if let Some(row) = batch.rows.get(at)
                && let Ok(wish) = &row.wish
            {
                let settled = self.desk.record_wish(row, wish).await?;
                batch.stands[at] = Some(Stands::Settled(settled));
            }
        }
        self.desk.catch_up().await?;
        Ok((batch, false))
    }

    /// Takes in what the store recorded for a stream, and gives it back if nothing more was decided.
    fn recorded(&mut self, sent: Sent, recorded: &[Recorded], batch: &mut Batch) {
        let Some(held) = self.window.held.get_mut(&sent.stream) else {
            return;
        };
        {
            let mut directory = self.desk.directory_mut();
            for (noted, recorded) in sent.noted.into_iter().zip(recorded) {
                directory.note(recorded, noted);
                held.book.fulfil(recorded);
            }
        }
        held.settle(&sent.rows, &mut batch.stands);
        if held.is_idle()
            && let Some(held) = self.window.held.remove(&sent.stream)
        {
            held.put_back(self.desk, &sent.stream);
        }
    }
}

impl Batch {
    /// What became of each row.
    fn outcomes(self) -> Vec<Outcome> {
        let outcomes = self.rows.iter().zip(self.stands).map(|(row, stands)| {
            let settled = match stands {
                Some(Stands::Settled(settled)) => settled,
                // Every row was settled; if one was not, it was not recorded.
                Some(Stands::Expected { .. }) | None => Settled::rejected(Vec::new()),
            };
            metering::told_of_many(&row.table, &settled);
            settled.outcome
        });
        let outcomes: Vec<Outcome> = outcomes.collect();
        metering::told_together(&outcomes, self.started.elapsed());
        outcomes
    }
}
