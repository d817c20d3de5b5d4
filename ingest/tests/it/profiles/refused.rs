//! Profiles that are wrong, and bytes nobody meant.

use std::fmt::Write as _;

use leitstand_ingest::{Mode, Profile};
use proptest::prelude::*;

use super::{EMITS, HEADER, fed_as, form};

/// What is changed in a right profile, where that is found, and a word of the finding.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("match =", "macth =", "file[1].macth", "„match“"),
    (
        "kind = \"date\"",
        "kind = \"dtae\"",
        "fields.end.kind",
        "„date“",
    ),
    ("scale =", "sacle =", "fields.cost.sacle", "„scale“"),
    ("TT.MM.JJJJ", "%d.%m.%Y", "fields.end.formats", "TT.MM.JJJJ"),
    (
        "TT.MM.JJJJ",
        "TT.MM.JJ",
        "fields.end.two_digit_years_from",
        "1990",
    ),
    (
        "list = \"colours\"",
        "list = \"colour\"",
        "fields.colour.list",
        "„colours“",
    ),
    (
        "table = \"plans\"",
        "table = \"plan\"",
        "emit[4].table",
        "„plans“",
    ),
    (
        "planned_value =",
        "planed_value =",
        "emit[4].planed_value",
        "„planned_value“",
    ),
    (
        "when = \"later\"",
        "wehn = \"later\"",
        "emit[3].wehn",
        "„when“",
    ),
    (
        "when = \"later\"",
        "when = \"after\"",
        "emit[3].when",
        "later",
    ),
    ("{cost}", "{csot}", "emit[4].planned_value", "„cost“"),
    ("{cost}", "{cost", "emit[4].planned_value", "Platzhalter"),
    (
        "by = [\"number\"",
        "by = [\"nubmer\"",
        "ids.measure.by",
        "„number“",
    ),
    (
        "baseline = \"{end}\"\n",
        "",
        "emit[2].baseline",
        "Pflichtangabe",
    ),
    (
        "needs = [\"forecast\"]",
        "needs = [\"forecsat\"]",
        "emit[3].needs",
        "„forecast“",
    ),
    ("[missing]", "[mising]", "mising", "„missing“"),
    (
        "[values.colours]",
        "[values]\ncolours = 1\n[values.others]",
        "values.colours",
        "Abschnitt",
    ),
    (
        "scale = \"1000\"",
        "scale = 0.1",
        "fields.cost.scale",
        "Text",
    ),
    (
        "scale = \"1000\"",
        "scale = \"0\"",
        "fields.cost.scale",
        "über 0",
    ),
    (
        "scale = \"1000\"",
        "scale = \"-1000\"",
        "fields.cost.scale",
        "über 0",
    ),
    (
        "decimal = \",\"",
        "decimal = \"..\"",
        "fields.cost.decimal",
        "ein Zeichen",
    ),
    (
        "thousands = \".\"",
        "thousands = \",\"",
        "fields.cost.decimal",
        "verschieden",
    ),
    ("kind = \"list\"", "kind = list", "Zeile 24", "TOML"),
];

#[test]
fn what_is_wrong_with_a_profile_is_said_with_what_was_meant() {
    let good = form("") + EMITS;
    for (from, to, at, hint) in WRONG {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let findings = Profile::read(&bad, "p.toml").expect_err(to);
        let told = findings.iter().find(|it| it.column.as_deref() == Some(*at));
        let told = told.unwrap_or_else(|| panic!("{to}: {findings:#?}"));
        assert!(told.message.contains(*hint), "{to}: {}", told.message);
        assert_eq!(
            (told.code.as_ref(), told.file.as_deref()),
            ("bad_profile", Some("p.toml"))
        );
    }
    assert!(Profile::read("", "p.toml").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever the bytes and the form: no panic, and every cell is accounted for.
    #[test]
    fn any_bytes_are_accounted_for(
        rows in prop::collection::vec(prop::collection::vec("[a-zäN0-9 .,;\"\n€-]{0,9}|grün|31\\.12\\.2025|k\\. A\\.", 4..8), 0..9),
        noise in prop::collection::vec(any::<u8>(), 0..40),
        more in prop::sample::select(vec!["", "transposed = true", "header_rows = 2", "title_rows = 1", "encoding = \"windows-1252\"", "encoding = \"utf-16le\"", "fill_down = [\"name\"]", "quote = \"\""]),
        letters in any::<bool>(),
    ) {
        let mut text = HEADER.to_owned();
        for row in rows {
            let _ = writeln!(text, "{}", row.join(";"));
        }
        let mut bytes = text.into_bytes();
        bytes.extend(noise);
        let mut profile = form(more);
        if letters {
            for (at, header) in ["Nr.", "Name", "Ende", "Kosten", "Ampel", "Text"].iter().enumerate() {
                let letter = char::from(b'A' + u8::try_from(at).unwrap_or_default());
                profile = profile.replace(&format!("\"{header}\""), &format!("\"@{letter}\""));
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(fed_as(Mode::DryRun, &(profile + EMITS), &[("a.csv", &bytes)]));
    }

    /// No text is a profile that panics.
    #[test]
    fn any_text_is_refused_or_read(text in "(\\[\\[?[a-z.]{1,12}\\]\\]?\n|[a-z_]{1,9} = (\"[^\"\n]{0,9}\"|[0-9]{1,3}|true|\\[\\])\n){0,12}") {
        let _ = Profile::read(&text, "p.toml");
    }
}
