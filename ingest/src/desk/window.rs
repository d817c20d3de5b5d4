//! Many rows at a time: decided one after the other, each with those before it in its stream applied.

use std::collections::HashMap;

use leitstand_store::{Append, Position};

use super::{
    Asked, Desk, Outcome, Submission,
    book::{Book, Name},
    held::{Held, Sent, Stands},
    judge::{Sealing, Verdict},
    locate::{Located, Places},
    single::{Settled, too_large},
};
use crate::{Directory, Failure, directory::Noted, wish::Wish};

/// So many rows are recorded together. Rows of many streams touch the same pages of the store: more
/// together cost less each.
pub const WINDOW: usize = 8_000;

/// About so many bytes a store may need for an event beside its payload.
const ENVELOPE: usize = 512;

/// What deciding on a row came to.
pub(super) enum Step {
    Stands(Stands),
    /// What was decided before must be recorded first.
    Waits,
    /// It would be a no, but the log was not looked at since the window began.
    Doubtful,
}

/// The streams rows are decided on, with what is decided and not yet recorded.
pub(super) struct Window<'d> {
    desk: &'d Desk,
    /// Nothing is recorded, so what is decided counts as recorded.
    rehearsing: bool,
    /// Whether the log was read to its head since the window began.
    pub(super) is_fresh: bool,
    pub(super) held: HashMap<Name, Held>,
    /// What is decided on: now, and by the appends under way.
    provisional: [Directory; 2],
}

impl Desk {
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
        let rows: Vec<Asked> = rows.iter().map(Asked::read).collect();
        self.decide_read(rows).await
    }

    pub(crate) async fn decide_read(
        &mut self,
        mut rows: Vec<Asked>,
    ) -> Result<Vec<Outcome>, Failure> {
        Asked::join(&mut rows);
        let mut outcomes = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            let outcome = match self.window.row(at, row).await? {
                Step::Stands(Stands::Settled(settled)) => settled.outcome,
                Step::Stands(Stands::Expected { first: true, .. }) => Outcome::Accepted {
                    position: Position::START,
                },
                Step::Stands(Stands::Expected { first: false, .. }) => Outcome::Known {
                    position: Position::START,
                },
                // What is decided counts here, and the log was read before.
                Step::Waits | Step::Doubtful => Outcome::Rejected(Vec::new()),
            };
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}

impl<'d> Window<'d> {
    pub(super) fn new(desk: &'d Desk, rehearsing: bool) -> Self {
        Self {
            desk,
            rehearsing,
            is_fresh: rehearsing,
            held: HashMap::new(),
            provisional: Default::default(),
        }
    }

    /// Decides on row number `at`.
    pub(super) async fn row(&mut self, at: usize, row: &Asked) -> Result<Step, Failure> {
        let wish = match &row.wish {
            Ok(wish) => wish,
            Err(findings) => {
                let settled = Settled::rejected(findings.clone());
                return Ok(Step::Stands(Stands::Settled(settled)));
            }
        };
        let located = {
            let directory = self.desk.directory();
            self.places(&directory).locate(wish)
        };
        let stream = match located {
            Located::At(stream) => stream,
            Located::Nowhere(_) if !self.is_fresh => return Ok(Step::Doubtful),
            Located::Nowhere(findings) => {
                let settled = Settled::rejected(findings);
                return Ok(Step::Stands(Stands::Settled(settled)));
            }
            Located::Waits => return Ok(Step::Waits),
        };
        self.hold(&stream).await?;
        let Some(held) = self.held.get(&stream) else {
            return Ok(Step::Waits);
        };
        if held.is_full() && !self.rehearsing {
            return Ok(Step::Waits);
        }
        let (command, verdict) = {
            let directory = self.desk.directory();
            let places = self.places(&directory);
            self.desk.judge(row, wish, &stream, &held.book, &places)
        };
        let settled = |outcome, stream| {
            Step::Stands(Stands::Settled(Settled {
                outcome,
                command: Some(command),
                stream: Some(stream),
            }))
        };
        let expected = |stream, number, first| {
            Step::Stands(Stands::Expected {
                stream,
                number,
                command,
                first,
            })
        };
        let happened = match verdict {
            Verdict::Waits => return Ok(Step::Waits),
            Verdict::Refused(_) if !self.is_fresh => return Ok(Step::Doubtful),
            Verdict::Known(number) => {
                if let Some(position) = held.book.position(number) {
                    return Ok(settled(Outcome::Known { position }, stream));
                }
                self.rests_on(&stream, at);
                return Ok(expected(stream, number, false));
            }
            Verdict::Refused(findings) => {
                self.rests_on(&stream, at);
                return Ok(settled(Outcome::Rejected(findings), stream));
            }
            Verdict::Happened(happened) => happened,
        };
        let known = happened.known.unwrap_or_else(|| self.desk.today());
        let effective = happened.effective;
        let mut sealing = Sealing::default();
        let sealing = (!self.rehearsing).then_some(&mut sealing);
        let written = self
            .desk
            .write(Some(wish), happened, &stream, &row.actor, sealing)
            .await?;
        let Some(written) = written else {
            self.rests_on(&stream, at);
            let findings = vec![too_large(wish.sheet.name())];
            return Ok(settled(Outcome::Rejected(findings), stream));
        };
        let noted = noted(wish, &written.event);
        self.provisional[0].provide(&stream, &noted);
        let Some(held) = self.held.get_mut(&stream) else {
            return Ok(Step::Waits);
        };
        let number = held.book.expect(written.event, effective, known, command);
        if !self.rehearsing {
            held.rows.push(at);
            held.bytes += written.new.payload.len() + ENVELOPE;
            held.new.push(written.new);
            held.noted.push(noted);
        }
        Ok(expected(stream, number, true))
    }

    /// Takes out what was decided: one append per stream. Streams without any are given back.
    pub(super) fn send(&mut self, stands: &mut [Option<Stands>]) -> (Vec<Append>, Vec<Sent>) {
        let [now, before] = &mut self.provisional;
        before.clear();
        std::mem::swap(now, before);
        let mut all = (Vec::new(), Vec::new());
        let desk = self.desk;
        let done = self.held.extract_if(|stream, held| {
            if held.new.is_empty() {
                return true;
            }
            let (append, sent) = held.send(stream);
            all.0.push(append);
            all.1.push(sent);
            false
        });
        for (stream, held) in done {
            held.settle(&held.rows, stands);
            held.put_back(desk, &stream);
        }
        all
    }

    /// Forgets everything decided and not recorded; the streams are read anew.
    pub(super) fn forget(&mut self) {
        self.held.clear();
        self.provisional = Default::default();
    }

    fn rests_on(&mut self, stream: &Name, at: usize) {
        if let Some(held) = self.held.get_mut(stream)
            && !self.rehearsing
        {
            held.rows.push(at);
        }
    }

    fn places<'a>(&'a self, recorded: &'a Directory) -> Places<'a> {
        Places {
            recorded,
            pending: &self.provisional,
            counts: self.rehearsing,
        }
    }

    /// Takes a stream, so that nobody else decides on it until it is given back.
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
            // Should the log know more of the stream than the directory, the append says so.
            None if recorded == 0 => Book::new(stream),
            None => self.desk.read(stream).await?,
        };
        if self.rehearsing && guard.is_none() {
            // For whoever decides in earnest.
            self.desk.put_back(&mut guard, stream, book.clone());
        }
        let guard = (!self.rehearsing).then_some(guard);
        self.held
            .insert(Name::clone(stream), Held::new(guard, book));
        Ok(())
    }
}

/// What the directory will note of an event that was wished for.
fn noted(wish: &Wish, event: &leitstand_domain::Event) -> Noted {
    match wish.named() {
        Some(named) => Noted::of_row(event, named.key),
        None => Noted::of(event),
    }
}
