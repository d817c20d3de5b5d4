//! Workbooks made by the tests, part by part as programs save them.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use zip::{ZipWriter, write::SimpleFileOptions};

/// A zip of these parts.
pub fn zipped(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .expect("a part");
        zip.write_all(content).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// Styles by number: 0 general, 1 built-in date, 2 percent, 3 leading zeros, 4 German date, 5 month and
/// year, 6 euro, 7 time, 8 words, 9 dollar, 10 one decimal, 11 scientific.
const STYLES: &str = r##"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0000"/><numFmt numFmtId="165" formatCode="dd\.mm\.yyyy"/><numFmt numFmtId="166" formatCode="#,##0.00\ &quot;€&quot;"/><numFmt numFmtId="167" formatCode="&quot;DG-M-&quot;00"/><numFmt numFmtId="168" formatCode="mmm\ yy"/><numFmt numFmtId="169" formatCode="[$$-409]#,##0.00"/><numFmt numFmtId="170" formatCode="0.0"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="168"/><xf numFmtId="166"/><xf numFmtId="20"/><xf numFmtId="167"/><xf numFmtId="169"/><xf numFmtId="170"/><xf numFmtId="11"/></cellXfs></styleSheet>"##;

/// An XLSX of these sheets: name (attributes may follow a quote) and what is inside.
pub fn xlsx(sheets: &[(&str, &str)]) -> Vec<u8> {
    zipped(&xlsx_parts("", "", sheets))
}

/// Its parts, with attributes of the workbook's properties and shared strings.
pub fn xlsx_parts(
    properties: &str,
    strings: &str,
    sheets: &[(&str, &str)],
) -> Vec<(String, Vec<u8>)> {
    let (mut list, mut relations) = (String::new(), String::new());
    let mut parts = Vec::new();
    let mut part =
        |name: &str, content: String| parts.push((name.to_owned(), content.into_bytes()));
    for (number, (name, inside)) in (1..).zip(sheets) {
        write!(
            list,
            r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#
        )
        .expect("a string");
        write!(
            relations,
            r#"<Relationship Id="rId{number}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
        )
        .expect("a string");
        part(
            &format!("xl/worksheets/sheet{number}.xml"),
            format!("<?xml version=\"1.0\"?>\n<worksheet xmlns=\"m\">{inside}</worksheet>"),
        );
    }
    part("[Content_Types].xml", "<Types/>".to_owned());
    part(
        "_rels/.rels",
        format!(
            r#"<Relationships><Relationship Id="r" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        ),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        format!(
            r#"<Relationships>{relations}<Relationship Id="a" Type="{RELATIONS}/styles" Target="/xl/styles.xml"/><Relationship Id="b" Type="{RELATIONS}/sharedStrings" Target="./sharedStrings.xml"/></Relationships>"#
        ),
    );
    part("xl/workbook.xml", format!(r#"<x:workbook xmlns:x="m" xmlns:r="r"><x:workbookPr {properties}/><x:sheets>{list}</x:sheets></x:workbook>"#).replace("<sheet ", "<x:sheet "));
    part("xl/styles.xml", STYLES.to_owned());
    part("xl/sharedStrings.xml", format!("<sst>{strings}</sst>"));
    parts
}

/// An XLSX of one sheet `B`, whose style n has the n-th of these number formats.
pub fn styled(codes: &[&str], inside: &str) -> Vec<u8> {
    let (mut formats, mut styles) = (String::new(), r#"<xf numFmtId="0"/>"#.to_owned());
    for (id, code) in (164..).zip(codes) {
        let code = escaped(code).replace('"', "&quot;");
        write!(formats, r#"<numFmt numFmtId="{id}" formatCode="{code}"/>"#).expect("a string");
        write!(styles, r#"<xf numFmtId="{id}"/>"#).expect("a string");
    }
    let mut parts = xlsx_parts("", "", &[("B", inside)]);
    let part = parts.iter_mut().find(|(name, _)| name == "xl/styles.xml");
    part.expect("styles").1 =
        format!("<styleSheet><numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>")
            .into_bytes();
    zipped(&parts)
}

/// The inside of a sheet of texts and numbers, each where it stands.
pub fn sheet(rows: &[&[&str]]) -> String {
    let mut out = "<sheetData>".to_owned();
    for row in rows {
        out += "<row>";
        for cell in *row {
            out += &inline(cell);
        }
        out += "</row>";
    }
    out + "</sheetData>"
}

/// A cell with its text in it.
pub fn inline(text: &str) -> String {
    format!(
        r#"<c t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>"#,
        escaped(text)
    )
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('\r', "&#13;")
}

/// An ODS of these tables, with automatic styles.
pub fn ods(styles: &str, tables: &str) -> Vec<u8> {
    zipped(&ods_parts(styles, tables))
}

pub fn ods_parts(styles: &str, tables: &str) -> Vec<(String, Vec<u8>)> {
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content><office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"#
    );
    vec![
        ("mimetype".to_owned(), kind.into()),
        ("content.xml".to_owned(), content.into_bytes()),
        (
            "META-INF/manifest.xml".to_owned(),
            b"<manifest:manifest/>".to_vec(),
        ),
    ]
}
