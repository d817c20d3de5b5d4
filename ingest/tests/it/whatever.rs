//! Whatever is handed in: no panic, and an outcome for every row.

use leitstand_domain::tables;
use leitstand_ingest::{Feed, Mode, Submission};
use proptest::prelude::*;

use crate::support::{Office, actor};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn table() -> impl Strategy<Value = &'static str> {
    let names: Vec<&'static str> = tables::ALL
        .iter()
        .map(|it| it.name)
        .chain(["corrections"])
        .collect();
    prop::sample::select(names)
}

/// Cells that are often nearly right.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z]{1,2}-[0-9]{1,2}",
        Just("DG-M-01".to_owned()),
        Just("MS-1".to_owned()),
        Just("2024-01-31".to_owned()),
        Just("31.12.2025".to_owned()),
        "[0-9]{1,4}([.,][0-9]{1,3})?",
        Just("R".to_owned()),
        Just("-".to_owned()),
        Just(String::new()),
        "\\PC{0,8}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_as_csv_give_an_outcome_per_row(table in table(), bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        run(async {
            let office = Office::empty().await;
            let feed = Feed::csv("x.csv", &bytes, table).expect("small");
            let rows = feed.rows() as u64;
            let report = office.feed_opened_without_rejects(feed).await;
            prop_assert_eq!(report.accepted + report.known + report.rejected, rows);
            prop_assert!(report.rejected == 0 || !report.findings.is_empty());
            Ok(())
        })?;
    }

    #[test]
    fn nearly_right_rows_give_an_outcome_each_and_the_same_alone_and_together(
        rows in prop::collection::vec((table(), prop::collection::vec(cell(), 24)), 1..12)
    ) {
        run(async {
            let (together, alone) = (Office::begun().await, Office::begun().await);
            let submissions: Vec<Submission> = rows.iter().map(|(table, cells)| {
                let columns = tables::by_name(table).map_or(tables::CORRECTION_COLUMNS, |it| it.columns);
                let named = columns.iter().map(|it| it.name.to_owned()).zip(cells.iter().cloned());
                Submission::new(*table, named.collect(), actor())
            }).collect();
            let outcomes = together.desk.record_many(&submissions).await.expect("a store");
            prop_assert_eq!(outcomes.len(), rows.len());
            let mut rehearsal = alone.desk.rehearse().await.expect("a store");
            let rehearsed = rehearsal.decide(&submissions).await.expect("a store");
            for ((submission, outcome), rehearsed) in submissions.into_iter().zip(outcomes).zip(rehearsed) {
                let one = alone.desk.record(submission).await.expect("a store");
                prop_assert_eq!(one.word(), outcome.word());
                prop_assert_eq!(one.word(), rehearsed.word());
            }
            Ok(())
        })?;
    }

    #[test]
    fn arbitrary_lines_give_an_outcome_each(
        lines in prop::collection::vec(prop_oneof![
            "\\PC{0,40}",
            "\\{(\"[a-z_]{1,9}\": ?(\"\\PC{0,5}\"|[0-9.eE-]{1,6}|true|null|\\[\\]),? ?){0,4}\\}",
        ], 0..8),
        table in prop::option::of(table()),
    ) {
        run(async {
            let office = Office::empty().await;
            let text = lines.join("\n");
            let feed = Feed::lines("-", text.as_bytes(), table).expect("small");
            let rows = feed.rows() as u64;
            let report = office.feed_opened_without_rejects(feed).await;
            prop_assert_eq!(report.accepted + report.known + report.rejected, rows);
            let dry = office.feed_opened(Feed::lines("-", text.as_bytes(), table).expect("small"), Mode::DryRun).await;
            prop_assert_eq!(dry.rejected, report.rejected);
            Ok(())
        })?;
    }
}
