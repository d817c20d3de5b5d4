//! What the targets share: a desk with the built-in catalogue, on which anything is tried and nothing kept.

use std::{cell::RefCell, sync::Arc};

use leitstand_domain::{Id, cell::Cell as _, tables};
use leitstand_ingest::{Actor, Desk, Feed, FeedOptions, Finding, Mode, Rejects, feed, init};
use leitstand_store::{Memory, MemoryKeys};
use tokio::runtime::{Builder, Runtime};

/// A runtime and a desk.
pub struct Office {
    runtime: Runtime,
    desk: Desk,
}

thread_local! {
    static OFFICE: RefCell<Option<Office>> = const { RefCell::new(None) };
}

impl Office {
    fn open() -> Self {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let id = |text| Id::parse(text).expect("an id");
        let desk = runtime.block_on(async {
            let (store, keys) = (Arc::new(Memory::default()), Arc::new(MemoryKeys::default()));
            let clock = Arc::new(jiff::Timestamp::now);
            let desk = Desk::open(store, keys, id("fuzz"), clock)
                .await
                .expect("an empty store");
            init(&desk, None, &id("EUR"))
                .await
                .expect("the built-in catalogue");
            desk
        });
        Self { runtime, desk }
    }
}

/// Decides on everything that was opened, as a dry run.
pub fn try_out(opened: Feed) {
    OFFICE.with_borrow_mut(|office| {
        let office = office.get_or_insert_with(Office::open);
        let admit = |_: &str, _: &_| -> Result<Actor, Finding> { Ok(Actor::local()) };
        let options = FeedOptions {
            mode: Mode::DryRun,
            rejects: Rejects::Nowhere,
            ..FeedOptions::default()
        };
        let report = office
            .runtime
            .block_on(feed(&office.desk, opened, &admit, options));
        let report = report.expect("a store in memory does not fail");
        let sums = report.accepted + report.known + report.rejected;
        assert!(sums > 0 || !report.findings.is_empty() || report.tables.is_empty());
    });
}

/// The table the first byte stands for, and the rest.
pub fn table_and_rest(bytes: &[u8]) -> Option<(&'static str, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let names: Vec<&str> = tables::ALL
        .iter()
        .map(|it| it.name)
        .chain([tables::CORRECTIONS])
        .collect();
    Some((names[usize::from(*first) % names.len()], rest))
}
