//! Feeds: tables handed in as files, sheets or lines, put in the contract's order and recorded row by row.

pub(crate) mod csv;
mod header;
mod mapped;
mod open;
mod order;
mod packed;
mod rejects;
mod report;
mod row;
mod sealing;
mod sheets;

use std::{collections::VecDeque, sync::Arc};

use leitstand_domain::table::Cells;
use leitstand_store::StoreError;
use tokio::task::JoinHandle;

pub use self::{
    open::Feed,
    rejects::Rejects,
    report::{FeedReport, Tally},
};
use self::{rejects::RejectFiles, row::RowRead, sealing::Sealing};
use crate::{
    Actor, Desk, Failure, Finding, Outcome, Rehearsal, Sealer, WINDOW, complete_pairs,
    desk::{Asked, Recording},
};

/// What is done with the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Recorded, row by row.
    #[default]
    Record,
    /// Decided on a copy; nothing is recorded, and rejects are written only where a place is named for them.
    DryRun,
    /// Decided on a copy first; recorded only if nothing at all is wrong.
    AllOrNothing,
}

/// Says who hands in a row of a table, or why they may not.
pub type Admit<'a> = &'a (dyn Fn(&str, &Cells) -> Result<Actor, Finding> + Send + Sync);

/// Told how many rows are done, and how many there are.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// How to feed.
#[derive(Default)]
pub struct FeedOptions<'a> {
    /// What is done with the rows.
    pub mode: Mode,
    /// Where rejected rows are written.
    pub rejects: Rejects,
    /// Told how far it is.
    pub progress: Option<Progress<'a>>,
    /// Seals the log while it grows, and after.
    pub sealer: Option<&'a mut Sealer>,
}

/// Feeds everything that was opened, in the contract's order.
///
/// # Errors
/// The world broke; rows before that may be recorded. Feed again: what was recorded is known.
pub async fn feed(
    desk: &Desk,
    feed: Feed,
    admit: Admit<'_>,
    options: FeedOptions<'_>,
) -> Result<FeedReport, Failure> {
    let FeedOptions {
        mode,
        rejects,
        progress,
        sealer,
    } = options;
    // A dry run leaves nothing behind that nobody asked for.
    let rejects = if mode == Mode::DryRun && rejects == Rejects::BesideInput {
        Rejects::Nowhere
    } else {
        rejects
    };
    let mut files = RejectFiles::new(rejects, &feed);
    let run = Run {
        feed: Arc::new(feed),
        admit,
        progress,
    };
    if mode != Mode::Record {
        let mut rehearsal = desk.rehearse().await?;
        let mut report = run.pass(Way::Rehearse(&mut rehearsal), &mut files).await?;
        if mode == Mode::DryRun || report.rejected > 0 || !report.findings.is_empty() {
            report.rejects = files.finish()?;
            if mode == Mode::AllOrNothing {
                report.nothing_was_recorded();
            }
            stand(desk, &mut report).await?;
            return Ok(report);
        }
    }
    let mut sealer = sealer;
    let mut recording = desk.recording();
    let way = Way::Record(&mut recording, sealer.as_deref_mut().map(Sealing::by));
    let mut report = run.pass(way, &mut files).await?;
    drop(recording);
    let completed = complete_pairs(desk).await?;
    if let (Some(sealer), true) = (sealer, report.accepted > 0 || completed > 0) {
        sealer.seal_now().await?;
    }
    report.rejects = files.finish()?;
    stand(desk, &mut report).await?;
    Ok(report)
}

/// Says where the log ends if nothing of this feed is in it.
async fn stand(desk: &Desk, report: &mut FeedReport) -> Result<(), Failure> {
    if report.position == 0 {
        report.position = desk.catch_up().await?.as_json();
    }
    Ok(())
}

/// The rows of a table that is built in or given to `init`, by their headers as they are written.
pub(crate) fn plain_rows(text: &str) -> Vec<Cells> {
    open::plain(text)
}

/// Where rows are decided.
enum Way<'a, 'd> {
    Record(&'a mut Recording<'d>, Option<Sealing<'a>>),
    Rehearse(&'a mut Rehearsal<'d>),
}

impl Way<'_, '_> {
    /// Decides on the next rows; the outcomes come in the order of the rows, not all at once.
    async fn decide(&mut self, rows: Vec<Asked>) -> Result<Vec<Outcome>, Failure> {
        match self {
            Self::Rehearse(rehearsal) => rehearsal.decide_read(rows).await,
            Self::Record(recording, sealing) => {
                let outcomes = recording.next(rows).await?;
                if let Some(sealing) = sealing {
                    sealing.go_on().await?;
                }
                Ok(outcomes)
            }
        }
    }

    /// The outcomes still missing.
    async fn end(&mut self) -> Result<Vec<Outcome>, Failure> {
        match self {
            Self::Rehearse(_) => Ok(Vec::new()),
            Self::Record(recording, sealing) => {
                let outcomes = recording.end().await?;
                if let Some(sealing) = sealing {
                    sealing.end().await?;
                }
                Ok(outcomes)
            }
        }
    }
}

struct Run<'a> {
    feed: Arc<Feed>,
    admit: Admit<'a>,
    progress: Option<Progress<'a>>,
}

/// What a pass has come to so far.
struct Passed<'a> {
    report: FeedReport,
    files: &'a mut RejectFiles,
    /// Rows without an outcome, in order; those that were not admitted already have theirs.
    waiting: VecDeque<(RowRead, Option<Outcome>)>,
    /// Rows that are wanted because those they stand in for were refused.
    wanted: Vec<usize>,
    done: u64,
}

impl Run<'_> {
    /// Takes all rows in order to be decided, a window at a time; the next is read meanwhile.
    async fn pass(
        &self,
        mut way: Way<'_, '_>,
        files: &mut RejectFiles,
    ) -> Result<FeedReport, Failure> {
        let mut report = FeedReport::default();
        report.found(self.feed.findings().iter().cloned());
        report.account.clone_from(&self.feed.account);
        let mut passed = Passed {
            report,
            files,
            waiting: VecDeque::new(),
            wanted: Vec::new(),
            done: 0,
        };
        let mut reading = self.read(0);
        for next in 1.. {
            let rows = reading
                .await
                .map_err(|error| StoreError::new("reading rows", error))?;
            if rows.is_empty() {
                break;
            }
            reading = self.read(next);
            self.decide(rows, &mut way, &mut passed).await?;
        }
        let outcomes = way.end().await?;
        self.settle(&mut passed, outcomes)?;
        while !passed.wanted.is_empty() {
            let mut wanted = std::mem::take(&mut passed.wanted);
            self.feed.put_in_order(&mut wanted);
            for rows in wanted.chunks(WINDOW) {
                let rows = rows.iter().map(|at| self.feed.read(*at)).collect();
                self.decide(rows, &mut way, &mut passed).await?;
            }
            let outcomes = way.end().await?;
            self.settle(&mut passed, outcomes)?;
        }
        Ok(passed.report)
    }

    /// Hands in those rows that may be handed in.
    async fn decide(
        &self,
        rows: Vec<RowRead>,
        way: &mut Way<'_, '_>,
        passed: &mut Passed<'_>,
    ) -> Result<(), Failure> {
        let mut asked = Vec::with_capacity(rows.len());
        for mut row in rows {
            let admitted = row.admitted(self.admit);
            let refused = admitted.is_none().then(|| {
                let findings = std::mem::take(&mut row.findings);
                Outcome::Rejected(findings)
            });
            asked.extend(admitted);
            passed.waiting.push_back((row, refused));
        }
        let outcomes = way.decide(asked).await?;
        self.settle(passed, outcomes)
    }

    /// Reads the rows of a window while others are decided on.
    fn read(&self, window: usize) -> JoinHandle<Vec<RowRead>> {
        let feed = Arc::clone(&self.feed);
        tokio::task::spawn_blocking(move || {
            let rows = feed.window(window, WINDOW).iter();
            rows.map(|at| feed.read(*at)).collect()
        })
    }

    /// Counts the rows whose outcomes came, and those before and between them that need none.
    fn settle(&self, passed: &mut Passed<'_>, outcomes: Vec<Outcome>) -> Result<(), Failure> {
        let before = passed.done;
        let mut outcomes = outcomes.into_iter();
        while let Some((row, refused)) = passed.waiting.pop_front() {
            let Some(outcome) = refused.or_else(|| outcomes.next()) else {
                passed.waiting.push_front((row, None));
                break;
            };
            let outcome = self.feed.in_foreign_words(row.at, outcome);
            if let Outcome::Rejected(findings) = &outcome {
                passed.files.write(&self.feed, row.at, findings)?;
                passed.wanted.extend(self.feed.stand_in(row.at));
            }
            if let (Some(account), Some(origin)) =
                (&mut passed.report.account, self.feed.origin(row.at))
            {
                account.count(origin, &outcome);
            }
            let file = self.feed.label(row.at);
            passed.report.count(&row.table, file, row.number, outcome);
            passed.done += 1;
        }
        if let Some(progress) = self.progress.filter(|_| before < passed.done) {
            progress(passed.done, self.feed.rows() as u64);
        }
        Ok(())
    }
}
