//! Workbooks that must not be read: each refused with a finding, none with a panic or much memory.

use leitstand_ingest::{Currency, Finding, workbook};
use proptest::prelude::*;

use crate::book::{inline, ods, ods_parts, sheet, xlsx, xlsx_parts, zipped};

#[track_caller]
fn refused(bytes: &[u8], name: &str) -> String {
    let finding: Finding = workbook::read(bytes, name, &Currency::default()).expect_err("refused");
    assert!(finding.message.ends_with('.') && finding.message_en.ends_with('.'));
    finding.code.into_owned()
}

fn with_sheet(inside: &str) -> Vec<u8> {
    xlsx(&[("pots", inside)])
}

/// The parts of a small workbook, one of them replaced.
fn with_part(name: &str, content: &str) -> Vec<u8> {
    let mut parts = xlsx_parts("", "", &[("pots", &sheet(&[&["id"]]))]);
    parts.retain(|(it, _)| it != name);
    parts.push((name.to_owned(), content.as_bytes().to_vec()));
    zipped(&parts)
}

#[test]
fn what_is_no_workbook_is_named() {
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 something old".to_vec();
    let utf16: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let encrypted = [old.clone(), utf16].concat();
    let small = with_sheet("<sheetData/>");
    let table = r#"<table:table table:name="t"/>"#;
    let mut locked = ods_parts("", table);
    locked[2].1 = b"<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>".to_vec();
    let mut text = ods_parts("", table);
    text[0].1 = b"application/vnd.oasis.opendocument.text".to_vec();
    let binary = with_part(
        "_rels/.rels",
        r#"<Relationships><Relationship Id="r" Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>"#,
    );
    for (bytes, name, code) in [
        (old.as_slice(), "a.xlsx", "wrong_file_type"),
        (old.as_slice(), "a.xls", "unsupported_file"),
        (encrypted.as_slice(), "a.xlsx", "encrypted_workbook"),
        (zipped(&locked).as_slice(), "a.ods", "encrypted_workbook"),
        (b"id;amount\n", "a.xlsx", "wrong_file_type"),
        (b"", "a.xlsx", "unreadable_workbook"),
        (b"PK\x03\x04", "a.xlsx", "unreadable_workbook"),
        (&small[..small.len() / 2], "a.xlsx", "unreadable_workbook"),
        (&small[..small.len() - 1], "a.xlsx", "unreadable_workbook"),
        (small.as_slice(), "a.ods", "wrong_file_type"),
        (small.as_slice(), "a.xlsb", "unsupported_file"),
        (binary.as_slice(), "a.xlsx", "unsupported_file"),
        (ods("", table).as_slice(), "a.xlsx", "wrong_file_type"),
        (zipped(&text).as_slice(), "a.ods", "wrong_file_type"),
        (
            zipped(&[("x.txt".to_owned(), Vec::new())]).as_slice(),
            "a.xlsx",
            "wrong_file_type",
        ),
        (zipped(&[]).as_slice(), "a.xlsx", "wrong_file_type"),
    ] {
        assert_eq!(refused(bytes, name), code, "{name} {bytes:?}");
    }
}

#[test]
fn a_damaged_part_is_named_and_nothing_of_it_taken() {
    let mut flipped = with_sheet(&sheet(&[&["id"], &["aaaaaaaaaaaaaaaaaaaaaaaaaaa"]]));
    let at = flipped
        .windows(8)
        .position(|it| it == b"heet1.xm")
        .expect("a name")
        + 40;
    flipped[at] ^= 0x55;
    for bytes in [
        flipped,
        with_part(
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData><row><c><v>1</v>",
        ),
        with_part(
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData></row></worksheet>",
        ),
        with_part(
            "xl/workbook.xml",
            r#"<workbook><sheets><sheet name="a" r:id="rId99"/></sheets></workbook>"#,
        ),
        with_part(
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="http://host/x" TargetMode="External"/></Relationships>"#,
        ),
        with_sheet(
            r#"<sheetData><row r="2"/><row r="2"><c><v>1</v></c></row><row r="2"/></sheetData>"#,
        ),
        with_sheet(
            r#"<sheetData><row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row></sheetData>"#,
        ),
        with_sheet(r#"<sheetData><row r="0"/></sheetData>"#),
        with_sheet(r#"<sheetData><row><c t="s"><v>7</v></c></row></sheetData>"#),
        with_sheet(r#"<sheetData><row><c r="ZZZZ1"><v>7</v></c></row></sheetData>"#),
        with_sheet(r#"<mergeCells><mergeCell ref="B2:A1"/></mergeCells>"#),
    ] {
        assert_eq!(refused(&bytes, "a.xlsx"), "unreadable_workbook");
    }
}

#[test]
fn what_is_built_to_deceive_is_refused() {
    let entity =
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><sst><si><t>&b;</t></si></sst>";
    let deep = "<a>".repeat(300) + &"</a>".repeat(300);
    let two = {
        let mut parts = xlsx_parts("", "", &[("pots", "<sheetData/>")]);
        parts.push(("xl/workbook.xmm".to_owned(), b"<workbook/>".to_vec()));
        let mut bytes = zipped(&parts);
        let places: Vec<usize> = bytes
            .windows(15)
            .enumerate()
            .filter_map(|(at, it)| (it == b"xl/workbook.xmm").then_some(at))
            .collect();
        for at in places {
            bytes[at + 14] = b'l';
        }
        bytes
    };
    let outside = |name: &str| {
        let mut parts = xlsx_parts("", "", &[("pots", "<sheetData/>")]);
        parts.push((name.to_owned(), Vec::new()));
        zipped(&parts)
    };
    for (what, bytes) in [
        ("entities", with_part("xl/sharedStrings.xml", entity)),
        (
            "unknown entity",
            with_part("xl/sharedStrings.xml", "<sst><si><t>&nix;</t></si></sst>"),
        ),
        ("deep", with_sheet(&deep)),
        ("two of one name", two),
        ("up", outside("../x")),
        ("up inside", outside("xl/../../x")),
        ("absolute", outside("/etc/x")),
        ("backslash", outside("..\\x")),
    ] {
        assert_eq!(refused(&bytes, "a.xlsx"), "unsafe_workbook", "{what}");
    }
}

#[test]
fn too_much_is_refused_while_it_is_counted() {
    let bomb = {
        let mut parts = xlsx_parts("", "", &[("pots", "<sheetData/>")]);
        let cells = "<c/>".repeat(10_000_000);
        let rows = format!("<worksheet><sheetData><row>{cells}</row></sheetData></worksheet>");
        parts[0].1 = rows.into_bytes();
        zipped(&parts)
    };
    let cell = inline("x");
    let wide = format!(
        r#"<sheetData><row><c r="XFD1">{}</row></sheetData>"#,
        &cell[cell.find('>').expect("a tag") + 1..]
    );
    let wide = wide.replace(r#"<c r="XFD1">"#, r#"<c r="XFD1" t="inlineStr">"#);
    let mut billion = "<sheetData>".to_owned();
    for row in 1..20_000 {
        let one = format!(r#"<row r="{row}"><c r="ALL{row}"><v>1</v></c></row>"#);
        billion += &one;
    }
    billion += "</sheetData>";
    let merged = format!(
        r#"<sheetData><row>{cell}</row></sheetData><mergeCells><mergeCell ref="A1:ALL1048576"/></mergeCells>"#
    );
    let long = format!(
        "<sheetData><row>{}</row></sheetData>",
        inline(&random_text(5 << 20))
    );
    let names: Vec<String> = (0..300).map(|it| format!("s{it}")).collect();
    let many: Vec<(&str, &str)> = names
        .iter()
        .map(|it| (it.as_str(), "<sheetData/>"))
        .collect();
    let mut parts: Vec<(String, Vec<u8>)> = xlsx_parts("", "", &[("pots", "<sheetData/>")]);
    parts.extend((0..5_000).map(|it| (format!("p{it}"), Vec::new())));
    for (what, bytes) in [
        ("bomb", bomb),
        ("packed", packed(PACKED)),
        ("wide", with_sheet(&wide)),
        ("billion cells", with_sheet(&billion)),
        ("merged", with_sheet(&merged)),
        ("long", with_sheet(&long)),
        ("sheets", xlsx(&many)),
        ("parts", zipped(&parts)),
    ] {
        assert_eq!(refused(&bytes, "a.xlsx"), "workbook_too_large", "{what}");
    }
    let cell = r#"<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="1000"><text:p>1</text:p></table:table-cell>"#;
    let table = format!(
        r#"<table:table table:name="t"><table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row></table:table>"#
    );
    assert_eq!(refused(&ods("", &table), "a.ods"), "workbook_too_large");
    let far = r#"<table:table table:name="t"><table:table-row table:number-rows-repeated="18446744073709551615"><table:table-cell office:value-type="string" table:number-columns-repeated="18446744073709551615"><text:p/></table:table-cell></table:table-row><table:table-row/></table:table>"#;
    assert_eq!(refused(&ods("", far), "a.ods"), "workbook_too_large");
}

/// MiB of the largest bomb when it is unpacked.
const PACKED: u64 = 768;

/// A workbook with so many MiB of cells, never unpacked in memory.
fn packed(mebibytes: u64) -> Vec<u8> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let some = "<c/>".repeat(1 << 18);
    for (name, content) in xlsx_parts("", "", &[("pots", "<sheetData/>")]) {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name.as_str(), options).expect("a part");
        if name.ends_with("sheet1.xml") {
            let begin = "<worksheet><sheetData><row>";
            zip.write_all(begin.as_bytes()).expect("in memory");
            for _ in 0..mebibytes {
                zip.write_all(some.as_bytes()).expect("in memory");
            }
            let end = "</row></sheetData></worksheet>";
            zip.write_all(end.as_bytes()).expect("in memory");
        } else {
            zip.write_all(&content).expect("in memory");
        }
    }
    zip.finish().expect("in memory").into_inner()
}

/// The test above in a process of its own, whose memory at its greatest is seen: far less than what is
/// packed, though the bombs are made there too.
#[cfg(target_os = "linux")]
#[test]
fn bombs_are_refused_within_bounded_memory() {
    let program = std::env::current_exe().expect("a test");
    let mut child = std::process::Command::new(program)
        .args([
            "--exact",
            "hostile_workbooks::too_much_is_refused_while_it_is_counted",
        ])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("a process");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a process").is_none() {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find(|it| it.starts_with("VmHWM:"));
        let now = line.and_then(|it| it.split_whitespace().nth(1)?.parse::<u64>().ok());
        peak = peak.max(now.unwrap_or_default() / 1024);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let output = child.wait_with_output().expect("a process");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}"
    );
    println!("at most {peak} MiB");
    assert!(peak > 10 && peak < PACKED / 2, "{peak} MiB");
}

/// Text that does not pack well.
fn random_text(length: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'a' + u8::try_from((state >> 33) % 26).expect("a letter"))
    };
    (0..length).map(|_| next()).collect()
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), is_zip in any::<bool>()) {
        let bytes = if is_zip { [b"PK\x03\x04".to_vec(), bytes].concat() } else { bytes };
        for name in ["a.xlsx", "a.ods", "a", ""] {
            let _ = workbook::read(&bytes, name, &Currency::default());
        }
    }

    #[test]
    fn no_part_panics(content in "(<|>|/|row|c|v|is|t|sheetData| r=\"[A-Z]{0,3}[0-9]{0,7}\"| s=\"9\"|mergeCell ref=\"A1:B2\"|[0-9.eE-]{1,6}|&amp;|&|\\PC){0,40}") {
        for part in ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"] {
            let _ = workbook::read(&with_part(part, &content), "a.xlsx", &Currency::default());
        }
        let _ = workbook::read(&ods("", &content), "a.ods", &Currency::default());
    }

    #[test]
    fn no_changed_byte_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = with_sheet(&sheet(&[&["id", "amount"], &["T-1", "1"]]));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = workbook::read(&bytes, "a.xlsx", &Currency::default());
    }
}
