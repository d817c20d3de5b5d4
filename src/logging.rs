//! What the program says about its own running, to standard error: for people on a terminal, as JSON
//! otherwise. Never a cell's content: what is logged of a row is its table, command, stream and outcome.

use std::io::{self, IsTerminal as _};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{ParseError, filter_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Begins to log what passes `filter`.
///
/// # Errors
/// The filter cannot be read.
pub(crate) fn begin(filter: &str) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(filter)?;
    let form = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let form = if io::stderr().is_terminal() {
        form.compact().boxed()
    } else {
        let json = form.json().flatten_event(true);
        json.with_current_span(false).boxed()
    };
    let begun = tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(is_harmless))
        .with(form)
        .try_init();
    std::panic::set_hook(Box::new(|panic| {
        // Only where: what a panic says may quote a cell.
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic");
    }));
    // Only a second beginning fails, and then the first goes on.
    drop(begun);
    Ok(())
}

/// Whatever filter is asked for: how it connects the NATS client tells with the password.
fn is_harmless(it: &Metadata<'_>) -> bool {
    !it.target().starts_with("async_nats") || *it.level() <= Level::INFO
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use leitstand_ingest::{Actor, Desk, Feed, FeedOptions, Rejects, feed, init};

    use super::*;
    use crate::{clock, follow, stores};

    /// What is logged, kept to be looked at.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .map_err(|_| io::ErrorKind::Other)?
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Accepted, refused by a cell, by a rule, by another cell; with a secret wherever one fits.
    const ROWS: &str = "id,kind,title,parent,set_on,note\n\
        GEHEIM-1,measure,GEHEIM,DG,2024-01-01,GEHEIM\n\
        GEHEIM-2,GEHEIM,GEHEIM,DG,2024-01-01,GEHEIM\n\
        GEHEIM-1,measure,GEHEIM 2,DG,2024-01-01,GEHEIM\n\
        GEHEIM-4,measure,GEHEIM,DG,GEHEIM,GEHEIM\n";

    #[tokio::test]
    async fn nothing_that_stands_in_a_cell_is_logged() {
        let kept = Kept::default();
        let writer = kept.clone();
        let everything = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .json()
            .with_writer(move || writer.clone())
            .finish();
        // For the whole process: what one thread listens to may be switched off by another's test.
        tracing::subscriber::set_global_default(everything).expect("the only listener");
        let opened = stores::in_memory();
        let programme = stores::id("Programm", "test").expect("an id");
        let (store, keys) = (Arc::clone(&opened.store), Arc::clone(&opened.keys));
        let desk = Desk::open(store, keys, programme, clock::clock())
            .await
            .expect("an empty log");
        init(&desk, None, &stores::id("Währung", "EUR").expect("an id"))
            .await
            .expect("begun");
        let rows = Feed::csv("test", ROWS.as_bytes(), "catalogue").expect("small");
        let admit = |_: &str, _: &_| Ok(Actor::local());
        let options = FeedOptions {
            rejects: Rejects::Nowhere,
            ..FeedOptions::default()
        };
        let report = feed(&desk, rows, &admit, options).await.expect("fed");
        assert_eq!(
            (report.accepted, report.rejected),
            (1, 3),
            "{:?}",
            report.findings
        );
        follow::fold_all(&opened).await.expect("folded");
        let logged = String::from_utf8(kept.0.lock().expect("not poisoned").clone()).expect("text");
        assert!(logged.contains("\"outcome\":\"rejected\""), "{logged}");
        // A stream's name is no cell, and the id of what it is about is no free text.
        assert!(!logged.contains("GEHEIM"), "{logged}");
    }
}
