//! Numbers that are read with a remark or not at all: in merged cells a sum said once must not count for
//! every row it spans.

use leitstand_ingest::Mode;

use crate::{
    book::{inline, xlsx},
    support::Office,
};

#[tokio::test]
async fn an_amount_in_merged_cells_is_asked_about_and_a_year_is_not() {
    let office = Office::begun().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pots.xlsx");
    let header = ["id", "fiscal_year", "amount", "resolved_on"].map(inline);
    let pots = format!(
        r#"<sheetData><row>{}</row>
        <row>{}<c><v>2026</v></c><c><v>100</v></c><c s="1"><v>46023</v></c></row>
        <row>{}<c/><c/><c s="1"><v>46023</v></c></row>
        <row>{}<c/><c><v>5</v></c><c s="1"><v>46023</v></c></row></sheetData>
        <mergeCells><mergeCell ref="B2:B4"/><mergeCell ref="C2:C3"/></mergeCells>"#,
        header.concat(),
        inline("T-1"),
        inline("T-2"),
        inline("T-3"),
    );
    std::fs::write(&path, xlsx(&[("pots", &pots)])).expect("a file");
    let report = office.feed_path(path, Mode::Record).await;
    let found = report.findings.iter().map(|it| (it.row, &*it.code));
    assert_eq!(
        found.collect::<Vec<_>>(),
        [(Some(1), "merged_amount"), (Some(2), "merged_amount")]
    );
    assert_eq!((report.accepted, report.rejected), (1, 2));
}

/// A remark on how a cell was read says nothing of the row, which may be refused.
#[tokio::test]
async fn nobody_is_told_that_a_cell_of_a_refused_row_was_taken() {
    let office = Office::begun().await;
    let heads = ["id", "fiscal_year", "amount", "resolved_on"].map(inline);
    let sheet = format!(
        "<sheetData><row>{}</row><row>{}<c/><c><v>0.30000000000000004</v></c>{}</row></sheetData>",
        heads.concat(),
        inline("T-1"),
        inline("01.01.2026")
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("book.xlsx");
    std::fs::write(&path, xlsx(&[("pots", &sheet)])).expect("a file");
    let report = office.feed_path(path, Mode::Record).await;
    assert_eq!((report.accepted, report.rejected), (0, 1), "{report:?}");
    let noise = report.findings.iter().find(|it| it.code == "float_noise");
    let noise = noise.expect("a remark");
    assert!(noise.message.contains("gelesen"), "{noise:?}");
    assert!(!noise.message.contains("genommen") && !noise.message_en.contains("taken"));
}
