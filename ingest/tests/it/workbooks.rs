//! What stands in the cells of workbooks, as people see it.

use leitstand_ingest::{Currency, Feed, Grid, GridCell, Mode, workbook};
use proptest::prelude::*;

use crate::{
    book::{escaped, inline, ods, sheet, xlsx, xlsx_parts, zipped},
    support::Office,
};

/// The rows of each sheet as `number: cell | cell`; a doubtful cell as `code!text`.
fn shown(grids: &[Grid]) -> Vec<String> {
    let mut lines = Vec::new();
    for grid in grids {
        lines.push(format!("[{}]", grid.sheet.as_deref().unwrap_or_default()));
        for row in &grid.rows {
            let cell = |it: &GridCell| match it {
                GridCell::Text(text) | GridCell::Number(text) | GridCell::Date(text) => {
                    text.clone()
                }
                GridCell::Worded(text) => format!("worded!{text}"),
                GridCell::Doubtful { text, code } => format!("{code}!{text}"),
            };
            let cells: Vec<String> = row.cells.iter().map(cell).collect();
            lines.push(format!("{}: {}", row.number, cells.join(" | ")));
        }
    }
    lines
}

#[track_caller]
fn read(bytes: &[u8], name: &str) -> Vec<String> {
    shown(&workbook::read(bytes, name, &Currency::default()).expect("a workbook"))
}

fn one(inside: &str) -> Vec<String> {
    let bytes = xlsx(&[("pots", &format!("<sheetData>{inside}</sheetData>"))]);
    let mut lines = read(&bytes, "book.xlsx");
    lines.remove(0);
    lines
}

#[test]
fn numbers_of_xlsx_are_what_people_see() {
    let cells = [
        ("", "100", "100"),
        ("", "1.1000000000000001", "1.1"),
        ("", "1234567.89", "1234567.89"),
        ("", "0.30000000000000004", "float_noise!0.3"),
        (
            "",
            "33.333333333333336",
            "unclean_number!33.333333333333336",
        ),
        (r#" s="6""#, "12.5", "12.50"),
        (r#" s="2""#, "0.25", "25%"),
        (r#" s="2""#, "0.255", "digits_not_shown!25.5%"),
        (r#" s="9""#, "100", "worded!$100.00"),
        (r#" s="10""#, "99.99", "digits_not_shown!99.99"),
        (r#" s="10""#, "99.9", "99.9"),
        (r#" s="11""#, "1234567.89", "digits_not_shown!1234567.89"),
        (r#" s="11""#, "1230000", "1230000"),
        (r#" s="3""#, "100", "0100"),
        (r#" s="3""#, "12345", "12345"),
        (r#" s="8""#, "1", "worded!DG-M-01"),
        (r#" s="1""#, "45657", "2024-12-31"),
        (r#" s="4""#, "45657", "2024-12-31"),
        (r#" s="4""#, "45657.25", "time_of_day!2024-12-31 06:00"),
        (r#" s="5""#, "45657", "part_of_date!2024-12"),
        (r#" s="7""#, "0.5", "time_of_day!0.5"),
        (r#" t="b""#, "1", "true"),
        (r#" t="e""#, "#REF!", "error_cell!#REF!"),
        (r#" t="d""#, "2024-12-31T00:00:00", "2024-12-31"),
        (r#" t="str""#, "=x", "=x"),
    ];
    for (attributes, value, seen) in cells {
        let rows = one(&format!("<row><c{attributes}><v>{value}</v></c></row>"));
        assert_eq!(rows, [format!("1: {seen}")], "{attributes} {value}");
    }
}

#[test]
fn a_formula_counts_by_the_result_in_the_file() {
    let rows = one(
        "<row><c><f>1+1</f><v>2</v></c><c><f>A1</f></c><c t=\"str\"><f>\"\"</f><v></v></c><c><f>A2</f><v/></c></row>",
    );
    assert_eq!(
        rows,
        ["1: 2 | formula_without_result! |  | formula_without_result!"]
    );
}

#[test]
fn cells_stand_where_they_say_and_a_cell_far_away_costs_nothing() {
    let rows = one(
        r#"<row r="2"><c r="B2"><v>1</v></c><c><v>2</v></c><c r="F2" s="6"/></row><row r="1048576"><c r="A1048576"><v>3</v></c></row>"#,
    );
    assert_eq!(rows, ["2:  | 1 | 2", "1048576: 3"]);
}

#[test]
fn days_are_counted_from_1904_where_the_workbook_says_so() {
    let inside = r#"<sheetData><row><c s="1"><v>44195</v></c></row></sheetData>"#;
    let parts = xlsx_parts(r#"date1904="1""#, "", &[("x", inside)]);
    assert_eq!(read(&zipped(&parts), "a.xlsx"), ["[x]", "1: 2024-12-31"]);
}

#[test]
fn texts_are_joined_runs_without_how_they_are_spoken() {
    let strings = r#"<si><t>eins &amp; zwei</t></si><si><r><t xml:space="preserve">dick </t></r><rPh sb="0" eb="1"><t>di</t></rPh><r><t>dünn</t></r><phoneticPr/></si><si><t>a_x000D_b_x005F_c<![CDATA[<d>]]></t></si>"#;
    let inside = r#"<sheetData><row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c><c t="inlineStr"><is><r><t>x</t></r><r><t>y</t></r></is></c></row></sheetData>"#;
    let bytes = zipped(&xlsx_parts("", strings, &[("x", inside)]));
    assert_eq!(
        read(&bytes, "a.XLSX")[1],
        "1: eins & zwei | dick dünn | a\rb_c<d> | xy"
    );
}

#[test]
fn a_merged_area_shows_its_first_cell_everywhere() {
    let inside = format!(
        r#"<sheetData><row r="1">{}</row><row r="3"><c r="C3"><v>7</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B3"/><mergeCell ref="D9:E9"/></mergeCells>"#,
        inline("M")
    );
    let bytes = xlsx(&[("x", &inside)]);
    assert_eq!(
        read(&bytes, "a.xlsx")[1..],
        ["1: M | M", "2: M | M", "3: M | M | 7"]
    );
}

#[test]
fn what_people_do_not_see_is_not_taken() {
    let rows = format!(
        r#"<sheetData><row>{0}</row><row hidden="1">{0}<c/><c><v>1</v></c></row><row ht="0">{0}</row></sheetData>"#,
        inline("a")
    );
    let bytes = xlsx(&[
        ("x", rows.as_str()),
        (r#"geheim" state="veryHidden"#, &rows),
        ("leer", "<sheetData/>"),
    ]);
    assert_eq!(
        read(&bytes, "a.xlsx"),
        [
            "[x]",
            "1: a",
            "2: hidden_row!a |  | hidden_row!1",
            "3: hidden_row!a",
            "[geheim]",
            "1: hidden_sheet!geheim",
            "[leer]",
        ]
    );
}

/// A cell of an ODS as `LibreOffice` writes it.
fn cell(attributes: &str, seen: &str) -> String {
    format!("<table:table-cell {attributes}><text:p>{seen}</text:p></table:table-cell>")
}

fn float(value: &str, seen: &str) -> String {
    cell(
        &format!(r#"office:value-type="float" office:value="{value}""#),
        seen,
    )
}

#[test]
fn cells_of_ods_are_what_people_see() {
    let kind = |kind: &str, value: &str, seen: &str| {
        let name = if kind == "date" {
            "date-value"
        } else {
            "value"
        };
        cell(
            &format!(r#"office:value-type="{kind}" office:{name}="{value}""#),
            seen,
        )
    };
    let cells = [
        (float("1234.5", "1.234,50"), "1234.50"),
        (float("100", "0100"), "0100"),
        (float("5", "5 Tage"), "worded!5 Tage"),
        (float("0.30000000000000004", "0,3"), "float_noise!0.3"),
        (kind("currency", "12.5", "12,50 €"), "12.50"),
        (kind("percentage", "0.25", "25 %"), "25%"),
        (kind("percentage", "0.255", "26 %"), "digits_not_shown!25.5%"),
        (kind("currency", "100", "$100.00"), "worded!$100.00"),
        (float("99.99", "100,0"), "digits_not_shown!99.99"),
        (float("1234567.89", "1,23E+06"), "digits_not_shown!1234567.89"),
        (kind("date", "2024-12-31", "31.12.24"), "2024-12-31"),
        (kind("date", "2024-12-31", "Dez 24"), "part_of_date!2024-12"),
        (kind("date", "2024-12-31T06:00:00", "31.12.2024 06:00"), "time_of_day!2024-12-31T06:00:00"),
        (cell(r#"office:value-type="time" office:time-value="PT6H""#, "06:00"), "time_of_day!06:00"),
        (cell(r#"office:value-type="boolean" office:boolean-value="true""#, "WAHR"), "true"),
        (cell(r#"office:value-type="string" calcext:value-type="error" table:formula="of:=X""#, "#REF!"), "error_cell!#REF!"),
        (cell(r#"office:value-type="string" table:formula="of:=X""#, "Err:502"), "error_cell!Err:502"),
        (cell(r#"table:formula="of:=X""#, ""), "formula_without_result!"),
        (cell(r#"office:value-type="string""#, "a<text:s text:c=\"2\"/>b<text:tab/>c<text:line-break/>d</text:p><text:p>e"), "a  b\tc\nd\ne"),
        (cell(r#"office:value-type="string""#, "<text:span>a</text:span><text:ruby><text:ruby-base>b</text:ruby-base><text:ruby-text>be</text:ruby-text></text:ruby>"), "ab"),
        ("<table:table-cell office:value-type=\"string\"><office:annotation><text:p>Kommentar</text:p></office:annotation><text:p>x</text:p></table:table-cell>".to_owned(), "x"),
        (cell(r#"office:value-type="string""#, "=x"), "=x"),
    ];
    for (xml, seen) in cells {
        let table = format!(
            r#"<table:table table:name="t"><table:table-row>{xml}</table:table-row></table:table>"#
        );
        assert_eq!(
            read(&ods("", &table), "a.ods"),
            ["[t]", &format!("1: {seen}")],
            "{xml}"
        );
    }
}

#[test]
fn repeated_covered_and_hidden_cells_of_ods_stand_where_they_are_seen() {
    let styles = r#"<style:style style:name="ta1" style:family="table"><style:table-properties table:display="true"/></style:style><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>"#;
    let x = float("1", "1");
    let repeated = x.replace(
        "<table:table-cell ",
        r#"<table:table-cell table:number-columns-repeated="2" "#,
    );
    let merged = x.replace(
        "<table:table-cell ",
        r#"<table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="2" "#,
    );
    let tables = format!(
        r#"<table:tracked-changes><table:cell-content-change><table:table-cell><text:p>alt</text:p></table:table-cell></table:cell-content-change></table:tracked-changes>
        <table:table table:name="t" table:style-name="ta1"><table:shapes><draw:frame><table:table table:name="innen"/></draw:frame></table:shapes>
        <table:table-header-rows><table:table-row table:number-rows-repeated="2">{repeated}</table:table-row></table:table-header-rows>
        <table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        <table:table-row>{merged}<table:covered-table-cell/>{x}</table:table-row>
        <table:table-row><table:covered-table-cell office:value-type="float" office:value="9"><text:p>9</text:p></table:covered-table-cell><table:covered-table-cell/></table:table-row>
        <table:table-row table:visibility="filter">{x}</table:table-row>
        <table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        </table:table><table:table table:name="g" table:style-name="ta2"><table:table-row>{x}</table:table-row></table:table>"#
    );
    assert_eq!(
        read(&ods(styles, &tables), "a.ods"),
        [
            "[t]",
            "1: 1 | 1",
            "2: 1 | 1",
            "6: merged_amount!1 | merged_amount!1 | 1",
            "7: merged_amount!1 | merged_amount!1",
            "8: hidden_row!1",
            "[g]",
            "1: hidden_sheet!g",
        ]
    );
}

#[test]
fn files_saved_by_libreoffice_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for name in ["libreoffice.xlsx", "libreoffice.ods"] {
        let bytes = std::fs::read(folder.join(name)).expect("a fixture");
        assert_eq!(
            read(&bytes, name),
            [
                "[pots]",
                "1: id | fiscal_year | amount | resolved_on | title | reserve",
                "2: T-1 | 2026 | 1234567.89 | 2026-01-15 | Töpfe & <mehr> | 0.1",
                "3: T-2 | 2026 | 1.1 | 2026-02-28 | zwei Zeilen\nim Feld | 1.21",
                "4: 100 | 2026 | 0100 | part_of_date!2026-03 | error_cell!#DIV/0! | 25%",
                "5: hidden_row!T-4 | hidden_row!2026 | hidden_row!1",
            ],
            "{name}"
        );
    }
}

#[tokio::test]
async fn sheets_and_files_are_fed_together_in_the_contracts_order() {
    let office = Office::begun().await;
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("in");
    std::fs::create_dir(&input).expect("a folder");
    let requests = sheet(&[
        &[
            "id",
            "subject",
            "applicant",
            "pot",
            "kind",
            "Betrag",
            "submitted_on",
        ],
        &["A-1", "PMO", "B-PMO", "T-1", "first", "10,00", "31.01.2026"],
    ]);
    let pots = format!(
        r#"<sheetData><row>{}{}{}{}</row><row/><row>{}<c><v>2026</v></c><c><v>100.5</v></c><c s="1"><v>46023</v></c></row></sheetData>"#,
        inline("Kennung"),
        inline("fiscal_year"),
        inline("amount"),
        inline("resolved_on"),
        inline("T-1")
    );
    let book = xlsx(&[
        ("requests", &requests),
        ("Pots", &pots),
        ("leer", "<sheetData/>"),
    ]);
    std::fs::write(input.join("a.xlsx"), book).expect("a file");
    let steps = "date,request,step\n2026-02-01,A-1,formal_check_started\n";
    std::fs::write(input.join("request_steps.csv"), steps).expect("a file");
    let report = office.feed_path(input.clone(), Mode::DryRun).await;
    assert_eq!((report.accepted, report.rejected), (3, 0), "{report:?}");
    let report = office.feed_path(input.clone(), Mode::Record).await;
    assert_eq!(
        (report.accepted, &report.findings[..]),
        (3, &[][..]),
        "{report:?}"
    );
    let again = office.feed_path(input, Mode::AllOrNothing).await;
    assert_eq!((again.accepted, again.known), (0, 3), "{again:?}");
}

#[tokio::test]
async fn findings_name_sheet_row_column_and_value_and_rejects_can_be_fed() {
    let office = Office::begun().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("book.xlsx");
    let pots = format!(
        r#"<sheetData><row>{0}{1}{2}{3}{4}</row>
        <row>{5}<c><v>2026</v></c><c><v>33.333333333333336</v></c><c s="1"><v>46023</v></c></row>
        <row><c><f>A9</f></c></row>
        <row hidden="1">{5}<c><v>2026</v></c><c><v>1</v></c><c s="1"><v>46023</v></c></row>
        <row>{5}<c><v>2026</v></c><c><v>0.30000000000000004</v></c><c s="1"><v>46023</v></c></row>
        <row>{6}<c><v>2026</v></c><c><v>1.234</v></c><c s="1"><v>46023.5</v></c><c t="e"><v>#N/A</v></c></row></sheetData>"#,
        inline("id"),
        inline("fiscal_year"),
        inline("amount"),
        inline("resolved_on"),
        inline("note"),
        inline("T-1"),
        inline("T-2")
    );
    let topfe = sheet(&[&["id"], &["x"]]);
    let book = xlsx(&[
        ("pots", &pots),
        ("Töpfe", &topfe),
        ("Listen\" state=\"hidden", &topfe),
    ]);
    std::fs::write(&path, book).expect("a file");
    let report = office.feed_path(path, Mode::Record).await;
    let found: Vec<String> = report
        .findings
        .iter()
        .map(|it| {
            let file = it.file.as_deref().unwrap_or_default();
            let file = file.rsplit('/').next().unwrap_or_default();
            let text = |it: &Option<String>| it.clone().unwrap_or("-".to_owned());
            let row = it.row.map_or("-".to_owned(), |it| it.to_string());
            format!(
                "{file} {row} {} {} {}",
                text(&it.column),
                it.code,
                text(&it.value)
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "book.xlsx#pots 4 amount float_noise 0.3",
            "book.xlsx#Listen - - hidden_sheet Listen",
            "book.xlsx#pots 1 amount unclean_number 33.333333333333336",
            "book.xlsx#pots 2 id formula_without_result -",
            "book.xlsx#pots 2 fiscal_year missing_cell -",
            "book.xlsx#pots 2 amount missing_cell -",
            "book.xlsx#pots 2 resolved_on missing_cell -",
            "book.xlsx#pots 3 - hidden_row -",
            "book.xlsx#pots 5 resolved_on time_of_day 2026-01-01 12:00",
            "book.xlsx#pots 5 note error_cell -",
            "book.xlsx#pots 5 amount too_many_decimals 1.2340",
            "book.xlsx#Töpfe 1 - unknown_table -",
        ]
    );
    assert_eq!((report.accepted, report.rejected), (1, 5));
    let rejects = std::fs::read_to_string(folder.path().join("book.xlsx.rejects/pots.csv"));
    let rejects = rejects.expect("rejects");
    assert!(
        rejects.starts_with("id,fiscal_year,amount,resolved_on,note,reason\nT-1,2026,33.333333333333336,2026-01-01,,"),
        "{rejects}"
    );
}

#[tokio::test]
async fn a_book_of_one_sheet_may_be_said_to_be_of_a_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("book.xlsx");
    let pots = sheet(&[
        &["id", "fiscal_year", "amount", "resolved_on"],
        &["T-1", "2026", "1", "2026-01-01"],
    ]);
    std::fs::write(&path, xlsx(&[("Tabelle1", &pots)])).expect("a file");
    let open = || {
        Feed::open(
            std::slice::from_ref(&path),
            Some("pots"),
            &Currency::default(),
        )
        .expect("a file")
    };
    let office = Office::begun().await;
    let report = office.feed_opened(open(), Mode::Record).await;
    assert_eq!((report.accepted, report.is_clean()), (1, true));
    std::fs::write(&path, xlsx(&[("pots", &pots), ("Tabelle1", &pots)])).expect("a file");
    let report = office.feed_opened(open(), Mode::Record).await;
    assert_eq!((report.known, report.rejected), (1, 1));
    assert_eq!(report.findings[0].code, "many_sheets");
    std::fs::write(&path, xlsx(&[("pots", "<sheetData/>")])).expect("a file");
    let report = office.feed_opened(open(), Mode::Record).await;
    assert_eq!(report.findings[0].code, "no_tables");
}

#[tokio::test]
async fn a_remark_keeps_all_or_nothing_from_recording() {
    let office = Office::begun().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("book.xlsx");
    let pots = format!(
        r#"<sheetData><row>{}{}{}{}</row><row>{}<c><v>2026</v></c><c><v>0.30000000000000004</v></c><c s="1"><v>46023</v></c></row></sheetData>"#,
        inline("id"),
        inline("fiscal_year"),
        inline("amount"),
        inline("resolved_on"),
        inline("T-1")
    );
    std::fs::write(&path, xlsx(&[("pots", &pots)])).expect("a file");
    let report = office.feed_path(path.clone(), Mode::AllOrNothing).await;
    assert_eq!((report.accepted, report.findings.len()), (0, 1));
    let report = office.feed_path(path, Mode::Record).await;
    assert_eq!((report.accepted, report.findings.len()), (1, 1));
}

/// Texts XML can hold; blanks around them are not what a cell says.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Zäß€&<>\"'=_x0-9 .,;-]{0,12}".prop_map(|it| it.trim().to_owned())
}

proptest! {
    #[test]
    fn each_text_in_the_grid_is_the_one_written(
        rows in prop::collection::vec(prop::collection::vec(text(), 1..6), 1..8)
    ) {
        let wanted: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let last = row.iter().rposition(|it| !it.is_empty()).map_or(0, |it| it + 1);
                row[..last].to_vec()
            })
            .collect();
        let plain = |bytes: &[u8], name: &str| -> Vec<(u64, Vec<String>)> {
            let grids = workbook::read(bytes, name, &Currency::default()).expect("a workbook");
            let cell = |it: &GridCell| match it {
                GridCell::Text(text) => text.clone(),
                other => panic!("{other:?}"),
            };
            grids[0].rows.iter().map(|it| (it.number, it.cells.iter().map(cell).collect())).collect()
        };
        let wanted: Vec<(u64, Vec<String>)> =
            (1..).zip(wanted).filter(|(_, row)| !row.is_empty()).collect();
        // What looks like an escape of XLSX is written as one, as programs do.
        let written = |it: &String| it.replace("_x", "_x005F_x");
        let texts: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(written).collect()).collect();
        let cells: Vec<Vec<&str>> = texts.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(&plain(&xlsx(&[("t", &sheet(&cells))]), "a.xlsx"), &wanted);
        let mut table = r#"<table:table table:name="t">"#.to_owned();
        for row in &rows {
            table += "<table:table-row>";
            for text in row {
                table += &cell(r#"office:value-type="string""#, &escaped(text).replace("  ", " <text:s/>"));
            }
            table += "</table:table-row>";
        }
        prop_assert_eq!(&plain(&ods("", &(table + "</table:table>")), "a.ods"), &wanted);
    }
}
