//! A workbook of 200,000 rows, checked and recorded by the real binary: time and memory.

use std::{fmt::Write as _, path::Path};

use crate::{running, told};

const ROWS: u32 = 200_000;

/// Measures of the built-in catalogue: their pillars, and how many each has.
const MEASURES: [(&str, u32); 4] = [("DG", 3), ("DS", 9), ("KI", 13), ("RM", 11)];

pub fn run(folder: &Path) {
    let store = running::init(&folder.join("workbook.db"));
    let book = folder.join("book.xlsx");
    std::fs::write(&book, workbook()).expect("a file");
    for (how, done, args) in [
        (
            "`feed --dry-run`",
            "checked",
            &["feed", "--dry-run", "--store", &store][..],
        ),
        ("`feed`", "recorded", &["feed", "--store", &store]),
    ] {
        let run = running::run(args, Some(&book));
        told(
            &format!("an XLSX of 200,000 rows and 8 columns {done} ({how})"),
            &format!("{:.1} s, at most {}", run.time.as_secs_f64(), run.memory),
        );
    }
}

/// Status reports of some measures, one per day.
fn workbook() -> Vec<u8> {
    let of_pillar = |(pillar, count)| (1..=count).map(move |it| format!("{pillar}-M-{it:02}"));
    let measures: Vec<String> = MEASURES.into_iter().flat_map(of_pillar).collect();
    let per_day = u32::try_from(measures.len()).expect("few");
    let texts = |row: u32| {
        let colour = move |shift: u32| ["G", "A", "R"][((row + shift) % 3) as usize];
        let measure = measures[row as usize % measures.len()].clone();
        let colours = (0..5).map(move |it| colour(it).to_owned());
        let comment = format!("Bericht {row} aus dem Projekt");
        [measure].into_iter().chain(colours).chain([comment])
    };
    let header = [
        "report_date",
        "measure",
        "schedule",
        "budget",
        "scope",
        "resources",
        "risks",
        "comment",
    ];
    let mut sheet = "<worksheet><sheetData><row r=\"1\">".to_owned();
    let cell = |sheet: &mut String, text: &str| {
        write!(sheet, r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#).expect("a string");
    };
    for name in header {
        cell(&mut sheet, name);
    }
    for row in 0..ROWS {
        // From 1999-01-01 on: some fifteen years.
        let day = 36_161 + row / per_day;
        write!(
            sheet,
            r#"</row><row r="{}"><c s="1"><v>{day}</v></c>"#,
            row + 2
        )
        .expect("a string");
        texts(row).for_each(|it| cell(&mut sheet, &it));
    }
    sheet += "</row></sheetData></worksheet>";
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |id: &str, name: &str, target: &str| {
        format!(r#"<Relationship Id="{id}" Type="{kind}/{name}" Target="{target}"/>"#)
    };
    let relations = |inside: &str| format!("<Relationships>{inside}</Relationships>");
    let inside = relation("a", "worksheet", "sheet.xml") + &relation("b", "styles", "styles.xml");
    stored(&[
        ("[Content_Types].xml", "<Types/>".to_owned()),
        ("_rels/.rels", relations(&relation("r", "officeDocument", "xl/workbook.xml"))),
        ("xl/_rels/workbook.xml.rels", relations(&inside)),
        ("xl/workbook.xml", r#"<workbook xmlns:r="r"><sheets><sheet name="status_reports" sheetId="1" r:id="a"/></sheets></workbook>"#.to_owned()),
        ("xl/styles.xml", r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#.to_owned()),
        ("xl/sheet.xml", sheet),
    ])
}

/// A zip whose parts are not packed; unpacking is a small part of reading.
fn stored(parts: &[(&str, String)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let number = |it: usize| u32::try_from(it).expect("small").to_le_bytes();
    for (name, content) in parts {
        let start = number(out.len());
        let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        head.extend(crc32(content.as_bytes()).to_le_bytes());
        head.extend(number(content.len()));
        head.extend(number(content.len()));
        head.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        head.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&head);
        out.extend(name.as_bytes());
        out.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(start);
        directory.extend(name.as_bytes());
    }
    let (start, length) = (number(out.len()), number(directory.len()));
    let count = u16::try_from(parts.len()).expect("few").to_le_bytes();
    out.extend(directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend(count);
    out.extend(count);
    out.extend(length);
    out.extend(start);
    out.extend([0, 0]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256_u32)
        .map(|it| {
            (0..8).fold(it, |it, _| {
                (it >> 1) ^ (0xedb8_8320 & (it & 1).wrapping_neg())
            })
        })
        .collect();
    !bytes.iter().fold(!0, |sum: u32, byte| {
        (sum >> 8) ^ table[usize::from(sum.to_le_bytes()[0] ^ byte)]
    })
}
