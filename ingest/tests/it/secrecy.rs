//! What is told of rows never holds a cell.

use std::{
    io,
    sync::{Arc, Mutex},
};

use leitstand_ingest::{Mode, Submission};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Office, actor, row};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn log_lines_say_command_stream_and_outcome_and_never_a_cell() {
    let office = Office::begun().await;
    let sink = Sink::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(sink.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let report = |overall| {
        row(&[
            ("report_date", "2026-01-31"),
            ("measure", "DG-M-01"),
            ("overall", overall),
            ("comment", "GEHEIM-1"),
            ("original", "GEHEIM-2"),
            ("note", "GEHEIM-3"),
            ("file_ref", "GEHEIM-4"),
        ])
    };
    for cells in [
        report("G"),
        report("G"),
        report("R"),
        report("GEHEIM-5"),
        row(&[("GEHEIM-6", "GEHEIM-7")]),
    ] {
        let submission = Submission::new("status_reports", cells, actor());
        assert!(!format!("{submission:?}").contains("GEHEIM"));
        office.desk.record(submission).await.expect("a store");
    }
    let unknown = Submission::new("GEHEIM-8", row(&[("a", "b")]), actor());
    office.desk.record(unknown).await.expect("a store");
    let text = "report_date,measure,overall,comment,GEHEIM-9\n2026-02-28,DG-M-01,G,GEHEIM-10,GEHEIM-11\n2026-02-27,DG-M-01,G,GEHEIM-12,\n";
    office
        .feed(&[("status_reports.csv", text)], Mode::Record)
        .await;
    let told = String::from_utf8(sink.0.lock().expect("no panic").clone()).expect("UTF-8");
    assert!(!told.contains("GEHEIM"), "{told}");
    for word in [
        "measure-DG-M-01",
        "accepted",
        "known",
        "rejected",
        "use_correction",
        "duration_us",
        "command=",
    ] {
        assert!(told.contains(word), "{word} in {told}");
    }
}
