//! How cells are read: dates, amounts, lists, letters; and what cannot be.

use std::{collections::BTreeSet, fs};

use leitstand_ingest::Mode;

use super::{EMITS, Fed, HEADER, fed, fed_as, form};
use crate::book::{inline, ods, sheet, xlsx};

#[tokio::test]
async fn a_row_becomes_rows_of_ours_and_every_cell_is_accounted_for() {
    let csv = format!(
        "{HEADER}N-1;Haus;31.12.2025;1.234,56 €;grün;\"gut;\nsehr\"\nN-2;Hof;k. A. (Haushalt);0,00;gelb-rot;\n"
    );
    let fed = fed(&(form("") + EMITS), &csv).await;
    assert_eq!(fed.found(), []);
    let tables = [
        "catalogue",
        "milestones",
        "milestone_reports",
        "plans",
        "status_reports",
    ];
    assert_eq!(tables.map(|it| fed.accepted(it)), [2, 1, 0, 2, 2]);
    assert_eq!(
        fed.left(),
        [(
            "C3".to_owned(),
            "missing".to_owned(),
            "k. A. (Haushalt)".to_owned()
        )]
    );
    // A zero is a zero; a word without a counterpart is in the report as it is written.
    assert_eq!(
        (fed.column("Kosten").taken, fed.column("Ampel").taken),
        (2, 2)
    );
    assert_eq!((fed.column("Text").taken, fed.column("Text").empty), (1, 1));
}

#[tokio::test]
async fn what_cannot_be_read_is_found_where_it_stands_and_never_becomes_0() {
    for (cells, column, code, written) in [
        (
            "N-1;Haus;31.12.25;1,00;grün;",
            "Ende",
            "bad_date",
            "31.12.25",
        ),
        (
            "N-1;Haus;31.02.2025;1,00;grün;",
            "Ende",
            "bad_date",
            "31.02.2025",
        ),
        ("N-1;Haus;;viel;grün;", "Kosten", "bad_amount", "viel"),
        ("N-1;Haus;;1,23.4;grün;", "Kosten", "bad_amount", "1,23.4"),
        (
            "N-1;Haus;;0,000001;grün;",
            "Kosten",
            "too_many_decimals",
            "0,000001",
        ),
        ("N-1;Haus;;1,00;grau;", "Ampel", "unknown_value", "grau"),
        // These the profile reads, and our rules refuse: the cell is still the foreign one.
        (
            "N-1;Haus;;-1,00 €;grün;",
            "Kosten",
            "negative_amount",
            "-1,00 €",
        ),
        (
            "N-1;Haus;01.01.1980;1,00;grün;",
            "Ende",
            "bad_date",
            "01.01.1980",
        ),
    ] {
        let fed = fed(&(form("") + EMITS), &format!("{HEADER}\n{cells}\n")).await;
        // The header is row 1, an empty line counts.
        assert_eq!(
            fed.found(),
            [(3, column.to_owned(), code.to_owned())],
            "{cells}"
        );
        let values: BTreeSet<_> = fed.report.findings.iter().map(|it| &it.value).collect();
        assert_eq!(values, BTreeSet::from([&Some(written.to_owned())]));
        let file = fed.report.findings[0].file.clone().unwrap_or_default();
        assert!(file.ends_with("a.csv"), "{file}");
        let column = fed.column(column);
        assert_eq!((column.taken, column.not_taken.len()), (0, 1), "{column:?}");
        // What can be recorded is, and what cannot stands in the rejects with its reason.
        assert_eq!(fed.accepted("catalogue"), 1, "{cells}");
        let rejects = fs::read_to_string(fed.folder.path().join("rejects/rows.ndjson"));
        let rejects = rejects.expect("rejects");
        assert!(
            rejects.contains("\"table\":") && rejects.contains(code),
            "{rejects}"
        );
    }
}

/// What the foreign cell says by the profile may be something else by our rules, and valid: an amount in
/// thousands, a day, a colour. So it is not in the rejects, which fed again as they are record nothing.
#[tokio::test]
async fn rejects_fed_again_as_they_are_record_nothing() {
    let csv = format!(
        "{HEADER}N-1;Haus;31.12.2025;7.5;grün;\nN-2;Hof;2025-01-13;1,00;grün;\nN-3;Halle;31.12.2025;1,00;R;\n"
    );
    let fed = fed(&(form("") + EMITS), &csv).await;
    let found = [
        (2, "Kosten", "bad_amount"),
        (3, "Ende", "bad_date"),
        (4, "Ampel", "unknown_value"),
    ];
    let found = found.map(|(row, column, code)| (row, column.to_owned(), code.to_owned()));
    assert_eq!(fed.found(), found);
    let path = fed.folder.path().join("rejects/rows.ndjson");
    let rejects = fs::read_to_string(&path).expect("rejects");
    let rows: Vec<serde_json::Value> = rejects
        .lines()
        .map(|it| serde_json::from_str(it).expect("JSON"))
        .collect();
    let told: Vec<_> = rows
        .iter()
        .map(|it| {
            let reason = it["reject_reason"].as_str().unwrap_or_default();
            let row = it.as_object().expect("a row").iter();
            let unread = row.filter(|(_, cell)| *cell == "=?");
            let unread: Vec<&str> = unread.map(|(column, _)| column.as_str()).collect();
            let reason = reason.split(')').next().unwrap_or_default();
            (unread.join(" "), reason)
        })
        .collect();
    let end = "bad_date (Zeile 3, Ende: 2025-01-13";
    let expected = [
        ("baseline", end),
        ("forecast", end),
        ("original overall", "unknown_value (Zeile 4, Ampel: R"),
        ("planned_value", "bad_amount (Zeile 2, Kosten: 7.5"),
        ("period_end", end),
    ];
    assert_eq!(
        told,
        expected.map(|(columns, why)| (columns.to_owned(), why))
    );
    let Fed { office, folder, .. } = fed;
    let before = office.log().await.len();
    let again = office.feed_path(path.clone(), Mode::Record).await;
    assert_eq!(
        (again.accepted, again.rejected),
        (0, 5),
        "{:?}",
        again.findings
    );
    assert_eq!(office.log().await.len(), before);
    // Mended they go in without the profile.
    let mended: String = rejects
        .lines()
        .zip(["2025-01-13", "2025-01-13", "R", "7500.00", "2025-01-13"])
        .map(|(line, cell)| line.replace("=?", cell) + "\n")
        .collect();
    let path = folder.path().join("mended.ndjson");
    fs::write(&path, mended).expect("a file");
    let mended = office.feed_path(path, Mode::Record).await;
    assert_eq!((mended.accepted, mended.findings.len()), (5, 0));
    let planned = super::rows(&office, "measure.planned").await;
    assert!(planned.iter().any(|it| it["planned_value"] == "7500.00"));
}

#[tokio::test]
async fn rounding_is_done_where_asked_and_listed_cell_by_cell() {
    let rounding = EMITS.replace("scale = \"1000\"", "scale = \"1000\"\nround = \"half_up\"");
    let csv = format!("{HEADER}N-1;Haus;;0,000005;grün;\nN-2;Hof;;1,5;grün;\n");
    let fed = fed(&(form("") + &rounding), &csv).await;
    assert_eq!(fed.found(), []);
    let rounded: Vec<_> = fed.account().rounded().collect();
    assert_eq!(rounded.len(), 1);
    let line = &rounded[0];
    assert_eq!(
        (line.cell.as_str(), line.row, line.column.as_str()),
        ("D2", 2, "Kosten")
    );
    assert_eq!(
        (line.value.as_deref(), line.why.as_str()),
        (Some("0,000005"), "gerundet auf 0.01")
    );
}

/// `€` is the end of `T€`: in whatever order the profile says them, the longest is meant.
#[tokio::test]
async fn of_what_may_stand_beside_a_value_the_longest_counts() {
    let strip = EMITS.replace("strip = [\"€\", \"Mio.\"]", "strip = [\"€\", \"T€\"]");
    let csv = format!("{HEADER}N-1;Haus;31.12.2025;12,34 T€;grün;\nN-2;Hof;31.12.2025;5 €;grün;\n");
    let fed = fed(&(form("") + &strip), &csv).await;
    assert_eq!(fed.found(), []);
    let planned = fed.rows("measure.planned").await;
    let values = planned.iter().map(|it| it["planned_value"].as_str());
    let values: Vec<_> = values.flatten().collect();
    assert_eq!(values, ["12340.00", "5000.00"]);
}

#[tokio::test]
async fn letters_separators_and_quotes_are_as_the_profile_says() {
    let latin = b"Nr.|Name|Ende|Kosten|Ampel|Text\rN-1|'B\xfcro | S\xfcd'|||gr\xfcn|\r".as_slice();
    let said = form("encoding = \"windows-1252\"\nseparator = \"|\"\nquote = \"'\"");
    let done = fed_as(Mode::Record, &(said + EMITS), &[("a.csv", latin)]).await;
    assert_eq!(done.found(), []);
    assert_eq!(
        (done.accepted("status_reports"), done.column("Name").taken),
        (1, 1)
    );

    let text = format!("{HEADER}N-1;Büro;;;grün;\n");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let said = form("encoding = \"utf-16le\"") + EMITS;
    assert_eq!(
        fed_as(Mode::Record, &said, &[("a.csv", &wide)])
            .await
            .found(),
        []
    );

    // Not UTF-8: the cell, not the file.
    let done = fed_as(
        Mode::Record,
        &(form("") + EMITS),
        &[(
            "a.csv",
            b"Nr.;Name;Ende;Kosten;Ampel;Text\nN-1;B\xfcro;;;;\nN-2;Hof;;;;\n",
        )],
    )
    .await;
    assert_eq!(
        done.found(),
        [(2, "Name".to_owned(), "bad_encoding".to_owned())]
    );
    assert_eq!(done.accepted("catalogue"), 1);

    // Without quotes a quote is a letter.
    let said = form("quote = \"\"\nseparator = \";\"") + EMITS;
    assert_eq!(
        fed(&said, &format!("{HEADER}N-1;\"Haus;;;;\n"))
            .await
            .found(),
        []
    );
    let said = form("separator = \";\"") + EMITS;
    let done = fed(&said, &format!("{HEADER}N-1;\"Haus;;;;\n")).await;
    assert!(
        done.found()
            .iter()
            .any(|(row, _, code)| *row == 2 && code == "unclosed_quote"),
        "{:?}",
        done.found()
    );
    assert_eq!(done.report.accepted, 0);
}

/// `decimal`, `thousands` and `formats` say how texts are written. A number or a day that a workbook
/// holds as one is what it is, beside texts in the same column.
#[tokio::test]
async fn numbers_and_days_of_a_workbook_have_no_notation() {
    let heads = ["Nr.", "Name", "Ende", "Kosten", "Ampel", "Text"];
    let head = heads.map(inline);
    let ods_text = |text: &str| {
        format!(
            r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
        )
    };
    let mut rows = vec![head.concat()];
    let mut tables = vec![heads.map(ods_text).concat()];
    for (id, cost, seen) in [
        ("N-1", "1234.5", "1.234,50"),
        ("N-2", "1234.567", "1.234,567"),
        ("N-3", "1234", "1.234"),
    ] {
        let names = inline(id) + &inline(id);
        rows.push(format!(
            r#"{names}<c s="4"><v>46022</v></c><c><v>{cost}</v></c>"#
        ));
        let names = ods_text(id) + &ods_text(id);
        tables.push(format!(r#"{names}<table:table-cell office:value-type="date" office:date-value="2025-12-31"><text:p>31.12.2025</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="{cost}"><text:p>{seen}</text:p></table:table-cell>"#));
    }
    // As people write them.
    let texts = ["N-4", "N-4", "31.12.2025", "1.234,5 €"];
    rows.push(texts.map(inline).concat());
    tables.push(texts.map(ods_text).concat());
    let sheet = format!(
        "<sheetData><row>{}</row></sheetData>",
        rows.join("</row><row>")
    );
    let tables = format!(
        r#"<table:table table:name="a"><table:table-row>{}</table:table-row></table:table>"#,
        tables.join("</table:table-row><table:table-row>")
    );
    for (name, bytes) in [
        ("a.xlsx", xlsx(&[("a", &sheet)])),
        ("a.ods", ods("", &tables)),
    ] {
        let profile = (form("") + EMITS).replace("*.csv", name);
        let fed = fed_as(Mode::Record, &profile, &[(name, &bytes)]).await;
        assert_eq!(fed.found(), [], "{name}");
        let planned = fed.rows("measure.planned").await;
        let values: Vec<&str> = planned
            .iter()
            .map(|it| it["planned_value"].as_str().expect("an amount"))
            .collect();
        assert_eq!(
            values,
            ["1234500.00", "1234567.00", "1234000.00", "1234500.00"],
            "{name}"
        );
        let ends = planned.iter().all(|it| it["period_end"] == "2025-12-31");
        assert!(ends, "{name}: {planned:?}");
    }
    // A day is no amount, and a number is no day.
    let swapped = format!(
        r#"<sheetData><row>{}</row><row>{}{}<c><v>46022</v></c><c s="4"><v>46022</v></c></row></sheetData>"#,
        head.concat(),
        inline("N-1"),
        inline("N-1")
    );
    let profile = (form("") + EMITS).replace("*.csv", "a.xlsx");
    let bytes = xlsx(&[("a", &swapped)]);
    let fed = fed_as(Mode::Record, &profile, &[("a.xlsx", &bytes)]).await;
    let found = [(2, "Ende", "bad_date"), (2, "Kosten", "bad_amount")];
    let found = found.map(|(row, column, code)| (row, column.to_owned(), code.to_owned()));
    assert_eq!(fed.found(), found);
}

/// What people do not see is not taken, and is said to be hidden; a number with remains of computing is not
/// taken either, and nobody is told it was.
#[tokio::test]
async fn hidden_sheets_and_remains_of_computing_are_said_to_be_what_they_are() {
    let heads = ["Nr.", "Name", "Ende", "Kosten", "Ampel", "Text"];
    let row = ["N-9", "N-9", "", "", "grün", ""];
    let seen = format!(
        "<sheetData><row>{}</row><row>{}<c/><c><v>0.30000000000000004</v></c>{}</row></sheetData>",
        heads.map(inline).concat(),
        ["N-1", "N-1"].map(inline).concat(),
        inline("grün")
    );
    let hidden = sheet(&[&heads, &row]);
    let book = xlsx(&[("a", &seen), ("geheim\" state=\"hidden", &hidden)]);
    let profile = (form("") + EMITS).replace("*.csv", "*.xlsx");
    let fed = fed_as(Mode::Record, &profile, &[("a.xlsx", &book)]).await;
    let told: Vec<_> = fed
        .report
        .findings
        .iter()
        .map(|it| {
            let file = it.file.as_deref().unwrap_or_default();
            (
                file.rsplit('#').next().unwrap_or_default(),
                it.code.as_ref(),
            )
        })
        .collect();
    assert_eq!(told, [("geheim", "hidden_sheet"), ("a", "float_noise")]);
    let noise = &fed.report.findings[1];
    assert!(
        noise.message.contains("nicht genommen") && noise.message_en.contains("not taken"),
        "{noise:?}"
    );
    assert_eq!((fed.accepted("plans"), fed.accepted("catalogue")), (0, 1));
    // A sheet the profile does not mean may be hidden.
    let profile = profile.replacen("match =", "sheet = \"a\"\nmatch =", 1);
    let fed = fed_as(Mode::Record, &profile, &[("a.xlsx", &book)]).await;
    assert_eq!(fed.report.findings.len(), 1, "{:?}", fed.report.findings);
}
