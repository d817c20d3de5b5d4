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
mod sheets;

use leitstand_domain::table::Cells;

pub use self::{
    open::Feed,
    rejects::Rejects,
    report::{FeedReport, Tally},
};
use self::{rejects::RejectFiles, row::RowRead};
use crate::{Actor, Desk, Failure, Finding, Outcome, Rehearsal, Sealer, Submission, WINDOW};

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
        feed: &feed,
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
            return Ok(report);
        }
    }
    let mut sealer = sealer;
    let way = Way::Record(desk, sealer.as_deref_mut());
    let mut report = run.pass(way, &mut files).await?;
    if let (Some(sealer), true) = (sealer, report.accepted > 0) {
        sealer.seal_now().await?;
    }
    report.rejects = files.finish()?;
    Ok(report)
}

/// The rows of a table that is built in or given to `init`, by their headers as they are written.
pub(crate) fn plain_rows(text: &str) -> Vec<Cells> {
    open::plain(text)
}

/// Where rows are decided.
enum Way<'a, 'd> {
    Record(&'d Desk, Option<&'a mut Sealer>),
    Rehearse(&'a mut Rehearsal<'d>),
}

impl Way<'_, '_> {
    async fn decide(&mut self, rows: &[Submission]) -> Result<Vec<Outcome>, Failure> {
        match self {
            Self::Rehearse(rehearsal) => rehearsal.decide(rows).await,
            Self::Record(desk, sealer) => {
                let outcomes = desk.record_many(rows).await?;
                if let Some(sealer) = sealer {
                    sealer.seal_if_due().await?;
                }
                Ok(outcomes)
            }
        }
    }
}

struct Run<'a> {
    feed: &'a Feed,
    admit: Admit<'a>,
    progress: Option<Progress<'a>>,
}

impl Run<'_> {
    /// Takes all rows in order to be decided, a window at a time.
    async fn pass(
        &self,
        mut way: Way<'_, '_>,
        files: &mut RejectFiles,
    ) -> Result<FeedReport, Failure> {
        let mut report = FeedReport::default();
        report.found(self.feed.findings().iter().cloned());
        report.account.clone_from(&self.feed.account);
        let all = self.feed.rows() as u64;
        let mut done = 0;
        for window in self.feed.windows(WINDOW) {
            let rows: Vec<RowRead> = window
                .iter()
                .map(|it| self.feed.read(*it, self.admit))
                .collect();
            let wanted: Vec<Submission> = rows.iter().filter_map(|it| it.wanted.clone()).collect();
            let mut outcomes = way.decide(&wanted).await?.into_iter();
            for (at, row) in window.iter().zip(rows) {
                let outcome = match row.wanted {
                    // The desk has an outcome for every row it was given.
                    Some(_) => outcomes
                        .next()
                        .unwrap_or_else(|| Outcome::Rejected(Vec::new())),
                    None => Outcome::Rejected(row.findings),
                };
                let outcome = self.feed.in_foreign_words(*at, outcome);
                if let Outcome::Rejected(findings) = &outcome {
                    files.write(self.feed, *at, findings)?;
                }
                if let (Some(account), Some(origin)) = (&mut report.account, self.feed.origin(*at))
                {
                    account.count(origin, &outcome);
                }
                report.count(&row.table, self.feed.label(*at), row.number, outcome);
            }
            done += window.len() as u64;
            if let Some(progress) = self.progress {
                progress(done, all);
            }
        }
        Ok(report)
    }
}
