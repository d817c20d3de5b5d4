//! Numbers in workbooks by the column they stand in: a text is what people see, a number what it is.

use leitstand_ingest::{Currency, Feed, Mode};

use crate::{
    book::{inline, ods, styled},
    support::Office,
};

/// The own cells of what was recorded under an event's name.
async fn rows(office: &Office, event: &str) -> Vec<serde_json::Value> {
    let log = office.log().await;
    let events = log.iter().filter(|it| &*it.name == event);
    let row = |it: &str| serde_json::from_str::<serde_json::Value>(it).expect("JSON")["row"].take();
    events.map(|it| row(&it.payload)).collect()
}

fn xlsx_pots() -> Vec<u8> {
    let codes = ["0.00", "0000", "\"T-\"000", "dd.mm.yyyy", "#,##0.0 \"T€\""];
    let head = [
        "id",
        "fiscal_year",
        "amount",
        "resolved_on",
        "title",
        "line",
    ];
    let head: String = head.map(inline).concat();
    let row = |id: &str, amount: &str, title: &str, line: &str| {
        format!(
            r#"<row>{id}<c s="1"><v>2026</v></c>{amount}<c s="4"><v>46023</v></c>{title}{line}</row>"#
        )
    };
    let rows = [
        row(
            r#"<c s="1"><v>1.1</v></c>"#,
            r#"<c s="2"><v>100</v></c>"#,
            "<c><v>1.101</v></c>",
            r#"<c s="2"><v>7</v></c>"#,
        ),
        row(
            r#"<c s="3"><v>7</v></c>"#,
            r#"<c s="1"><v>2.5</v></c>"#,
            r#"<c s="5"><v>12.5</v></c>"#,
            "<c><v>685</v></c>",
        ),
        row(
            r#"<c s="3"><v>8</v></c>"#,
            r#"<c s="5"><v>2.5</v></c>"#,
            "<c/>",
            "<c/>",
        ),
        row(
            r#"<c s="3"><v>9</v></c>"#,
            "<c><v>1.101</v></c>",
            "<c/>",
            "<c/>",
        ),
    ];
    let inside = format!("<sheetData><row>{head}</row>{}</sheetData>", rows.concat());
    styled(&codes, &inside)
}

fn ods_pots() -> Vec<u8> {
    let text = |text: &str| {
        format!(
            r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
        )
    };
    let float = |value: &str, seen: &str| {
        format!(
            r#"<table:table-cell office:value-type="float" office:value="{value}"><text:p>{seen}</text:p></table:table-cell>"#
        )
    };
    let year = float("2026", "2026,00");
    let row = |id: String, amount: String, title: String, line: String| {
        let day = text("2026-01-01");
        format!("<table:table-row>{id}{year}{amount}{day}{title}{line}</table:table-row>")
    };
    let none = "<table:table-cell/>".to_owned();
    let rows = [
        row(
            float("1.1", "1,10"),
            float("100", "0100"),
            float("1.101", "1,101"),
            float("7", "0007"),
        ),
        row(
            float("7", "T-007"),
            float("2.5", "2,50"),
            float("12.5", "12,5 T€"),
            float("685", "685"),
        ),
        row(
            float("8", "T-008"),
            float("2.5", "2,5 T€"),
            none.clone(),
            none.clone(),
        ),
        row(
            float("9", "T-009"),
            float("1.101", "1,101"),
            none.clone(),
            none,
        ),
    ];
    let head = [
        "id",
        "fiscal_year",
        "amount",
        "resolved_on",
        "title",
        "line",
    ];
    let head = head.map(text).concat();
    let table = format!(
        r#"<table:table table:name="pots"><table:table-row>{head}</table:table-row>{}</table:table>"#,
        rows.concat()
    );
    ods("", &table)
}

/// A file number typed as a number is that file number; an amount is an amount, whatever its format.
#[tokio::test]
async fn a_number_in_a_column_of_texts_is_what_people_see() {
    for (name, bytes) in [("pots.xlsx", xlsx_pots()), ("pots.ods", ods_pots())] {
        let office = Office::begun().await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        let opened = Feed::open(&[path], Some("pots"), &Currency::default());
        let opened = opened.expect("readable files");
        let report = office.feed_opened(opened, Mode::Record).await;
        let found: Vec<_> = report
            .findings
            .iter()
            .map(|it| (it.row, it.code.as_ref(), it.value.as_deref()))
            .collect();
        assert_eq!(
            found,
            [
                (Some(3), "formatted_number", Some("2.5 T€")),
                (Some(4), "too_many_decimals", Some("1.1010")),
            ],
            "{name}"
        );
        let pots = rows(&office, "pot.resolved").await;
        let cells = ["id", "fiscal_year", "amount", "title", "line"];
        let mut told: Vec<String> = pots
            .iter()
            .map(|it| {
                cells
                    .map(|cell| it[cell].to_string().replace('"', ""))
                    .join(" | ")
            })
            .collect();
        // Pots are recorded together, in any order.
        told.sort();
        assert_eq!(
            told,
            [
                "1.10 | 2026 | 100.00 | 1.101 | 0007",
                "T-007 | 2026 | 2.50 | 12.5 T€ | 685",
            ],
            "{name}"
        );
    }
}
