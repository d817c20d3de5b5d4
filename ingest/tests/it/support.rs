//! What the tests share: a desk over a store, rows as text, a clock that stands still.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::Timestamp;
use leitstand_domain::{Id, cell::Cell as _, table::Cells};
use leitstand_ingest::{
    Actor, Clock, Currency, Desk, Feed, FeedOptions, FeedReport, Finding, Mode, Outcome, Rejects,
    Submission, feed, init,
};
use leitstand_store::{EventStore, Memory, MemoryKeys, Position, Recorded, TextKeys};

/// The day the tests take place: 2026-03-02, noon in Berlin.
pub const NOON: i64 = 1_772_449_200;

/// A clock that shows what it is set to.
#[derive(Clone)]
pub struct Hand(Arc<AtomicI64>);

impl Hand {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOON)))
    }

    pub fn forward(&self, hours: i64) {
        self.0.fetch_add(hours * 3_600, Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let hand = self.clone();
        Arc::new(move || {
            Timestamp::from_second(hand.0.load(Ordering::SeqCst)).expect("a time of ours")
        })
    }
}

pub fn id(text: &str) -> Id {
    Id::parse(text).expect("an id")
}

pub fn actor() -> Actor {
    Actor::new("pmo").expect("an actor")
}

/// A desk on a store of its own.
pub struct Office {
    pub desk: Arc<Desk>,
    pub store: Arc<dyn EventStore>,
    pub keys: Arc<dyn TextKeys>,
    pub hand: Hand,
}

impl Office {
    /// Nothing recorded.
    pub async fn empty() -> Self {
        Self::at(Arc::new(Memory::default()), Arc::new(MemoryKeys::default())).await
    }

    /// With the built-in catalogue.
    pub async fn begun() -> Self {
        let office = Self::empty().await;
        let report = init(&office.desk, None, &id("EUR"))
            .await
            .expect("a working store");
        assert_eq!(report.findings, []);
        office
    }

    pub async fn at(store: Arc<dyn EventStore>, keys: Arc<dyn TextKeys>) -> Self {
        let hand = Hand::new();
        let desk = Desk::open(
            Arc::clone(&store),
            Arc::clone(&keys),
            id("spt-dd"),
            hand.clock(),
        )
        .await;
        let desk = Arc::new(desk.expect("a working store"));
        Self {
            desk,
            store,
            keys,
            hand,
        }
    }

    /// Another desk on the same store, as another process has it.
    pub async fn another(&self) -> Desk {
        let (store, keys) = (Arc::clone(&self.store), Arc::clone(&self.keys));
        Desk::open(store, keys, id("spt-dd"), self.hand.clock())
            .await
            .expect("a working store")
    }

    pub async fn record(&self, table: &str, cells: &[(&str, &str)]) -> Outcome {
        let submission = Submission::new(table, row(cells), actor());
        self.desk.record(submission).await.expect("a working store")
    }

    /// Records a row that must be accepted.
    #[track_caller]
    pub fn accept(&self, table: &str, cells: &[(&str, &str)]) -> impl Future<Output = Position> {
        let at = std::panic::Location::caller();
        async move {
            match self.record(table, cells).await {
                Outcome::Accepted { position } => position,
                other => panic!("{at}: {other:?}"),
            }
        }
    }

    /// The codes and columns of everything wrong with a row.
    pub async fn refused(&self, table: &str, cells: &[(&str, &str)]) -> Vec<(String, String)> {
        let findings = match self.record(table, cells).await {
            Outcome::Rejected(findings) => findings,
            other => panic!("{other:?}"),
        };
        said(&findings)
    }

    pub async fn log(&self) -> Vec<Recorded> {
        self.store
            .page(Position::START, usize::MAX)
            .await
            .expect("a working store")
    }

    /// Feeds files that are made for it.
    pub async fn feed(
        &self,
        files: &[(&str, &str)],
        mode: Mode,
    ) -> (FeedReport, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let input = folder.path().join("in");
        std::fs::create_dir(&input).expect("a folder");
        for (name, text) in files {
            std::fs::write(input.join(name), text).expect("a file");
        }
        (self.feed_path(input, mode).await, folder)
    }

    pub async fn feed_path(&self, path: PathBuf, mode: Mode) -> FeedReport {
        let opened = Feed::open(&[path], None, &Currency::default()).expect("readable files");
        self.feed_opened(opened, mode).await
    }

    pub async fn feed_opened(&self, opened: Feed, mode: Mode) -> FeedReport {
        let admit = |_: &str, _: &Cells| -> Result<Actor, Finding> { Ok(actor()) };
        let options = FeedOptions {
            mode,
            rejects: Rejects::BesideInput,
            ..FeedOptions::default()
        };
        feed(&self.desk, opened, &admit, options)
            .await
            .expect("a working store")
    }
}

pub fn row(cells: &[(&str, &str)]) -> Cells {
    cells
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

pub fn said(findings: &[Finding]) -> Vec<(String, String)> {
    let said = |it: &Finding| (it.code.to_string(), it.column.clone().unwrap_or_default());
    findings.iter().map(said).collect()
}

/// `code@column` of every finding, sorted.
pub fn codes(findings: &[Finding]) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for it in findings {
        *codes.entry(it.code.to_string()).or_default() += 1;
    }
    codes
}

pub fn scenario() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/scenario-2024")
}

pub fn pair(code: &str, column: &str) -> (String, String) {
    (code.to_owned(), column.to_owned())
}

impl Office {
    pub async fn feed_opened_without_rejects(&self, opened: Feed) -> FeedReport {
        let admit = |_: &str, _: &Cells| -> Result<Actor, Finding> { Ok(actor()) };
        let options = FeedOptions {
            rejects: Rejects::Nowhere,
            ..FeedOptions::default()
        };
        feed(&self.desk, opened, &admit, options)
            .await
            .expect("a working store")
    }
}

/// A row of that table.
pub fn pot(id: &str, amount: &str) -> Submission {
    let cells = [
        ("id", id),
        ("fiscal_year", "2026"),
        ("amount", amount),
        ("resolved_on", "2026-01-01"),
    ];
    Submission::new("pots", row(&cells), actor())
}

/// A row of that table.
pub fn report(measure: &str, day: usize) -> Submission {
    let date = format!("2026-01-{day:02}");
    let cells = [
        ("report_date", &*date),
        ("measure", measure),
        ("overall", "G"),
        ("comment", "gut"),
    ];
    Submission::new("status_reports", row(&cells), actor())
}

/// A row of that table.
pub fn request(id: &str, pot: &str) -> Submission {
    let cells = [
        ("id", id),
        ("subject", "PMO"),
        ("applicant", "B-PMO"),
        ("pot", pot),
        ("kind", "first"),
        ("amount", "1.00"),
        ("submitted_on", "2026-01-01"),
    ];
    Submission::new("requests", row(&cells), actor())
}
