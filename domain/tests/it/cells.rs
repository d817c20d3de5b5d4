//! Cells: what is read is written back in one form, and nothing written by anybody panics.

use leitstand_domain::{
    Amount, Count, Day, Id, Number, SignedAmount, Text,
    cell::{BadCell, Cell, Code, LONGEST, YesNo, check_any},
    table::Cells,
    tables::{self, predecessors},
};
use proptest::prelude::*;

/// Reads, writes, reads again: the same value.
#[track_caller]
fn comes_back<T: Cell + std::fmt::Debug>(text: &str) -> bool {
    let Ok(value) = T::parse(text) else {
        return false;
    };
    if let Some(normal) = value.normal() {
        let again = T::parse(&normal);
        assert_eq!(again.as_ref(), Ok(&value), "{text:?} reads as {normal:?}");
        assert_eq!(again.ok().and_then(|it| it.normal()), Some(normal));
    }
    true
}

#[track_caller]
fn all_come_back(text: &str) {
    comes_back::<Amount>(text);
    comes_back::<SignedAmount>(text);
    comes_back::<Day>(text);
    comes_back::<Number>(text);
    comes_back::<Count>(text);
    comes_back::<Id>(text);
    comes_back::<Text>(text);
    comes_back::<YesNo>(text);
    comes_back::<Option<Amount>>(text);
    let _ = predecessors(text);
    let _ = check_any(text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        all_come_back(&text);
    }

    #[test]
    fn text_that_looks_like_a_value_never_panics(text in "[-+=0-9.,:eE€ a-zA-ZÄß\\PC]{0,24}") {
        all_come_back(&text);
    }

    #[test]
    fn numbers_in_disguise_never_panic(text in "-?[0-9]{0,18}([.,][0-9]{0,8}){0,4}") {
        all_come_back(&text);
    }

    #[test]
    fn every_amount_reads_in_both_forms(cents in 0..=99_999_999_999_999_i64) {
        let amount = Amount::from_cents(cents).expect("in range");
        let plain = amount.to_string();
        prop_assert_eq!(Amount::parse(&plain).map(Amount::cents), Ok(cents));
        prop_assert_eq!(Amount::parse(&plain.replace('.', ",")).map(Amount::cents), Ok(cents));
        prop_assert_eq!(Amount::parse(&german(cents)).map(Amount::cents), Ok(cents));
        prop_assert_eq!(SignedAmount::parse(&format!("-{plain}")).map(SignedAmount::cents), Ok(-cents));
        let json = serde_json::to_string(&amount).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Amount>(&json).expect("an amount"), amount);
    }

    #[test]
    fn every_day_reads_in_both_forms(number in 7305..47_847_i32) {
        let day = Day::from_number(number);
        let (iso, date) = (day.to_string(), day.date());
        prop_assert_eq!(Day::parse(&iso), Ok(day));
        let german = format!("{:02}.{:02}.{}", date.day(), date.month(), date.year());
        prop_assert_eq!(Day::parse(&german), Ok(day));
        prop_assert_eq!(Day::of(date), Some(day));
        prop_assert_eq!(day.number(), number);
        prop_assert_eq!(day.plus(1).since(day), 1);
    }

    #[test]
    fn days_are_reckoned_without_a_panic(number in any::<i32>(), days in any::<i32>(), months in any::<i32>()) {
        let day = Day::from_number(number);
        let _ = day.plus(days).to_string();
        let _ = day.plus_months(months).year();
        let _ = day.since(Day::from_number(days));
    }

    #[test]
    fn numbers_keep_their_value(whole in 0..1_000_000_000_000_i64, fraction in 0..1_000_000_u32, minus: bool) {
        let text = format!("{}{whole}.{fraction:06}", if minus { "-" } else { "" });
        prop_assert!(comes_back::<Number>(&text));
        prop_assert_eq!(Number::parse(&text), Number::parse(&text.replace('.', ",")));
    }

    #[test]
    fn counts_come_back(number in 0..=1_000_000_u32) {
        prop_assert_eq!(Count::parse(&number.to_string()).map(Count::get), Ok(number));
        prop_assert!(serde_json::from_str::<Count>(&(number + 1_000_001).to_string()).is_err());
    }

    #[test]
    fn arbitrary_cells_of_any_table_never_panic(
        table in 0..tables::ALL.len(),
        texts in proptest::collection::vec(prop_oneof![any::<String>(), "[-0-9.,=A-Za-z]{0,12}", "20[0-9]{2}-[0-9]{2}-[0-9]{2}"], 20),
    ) {
        let table = &tables::ALL[table];
        let columns = table.columns.iter().map(|it| it.name.to_owned());
        let cells: Cells = columns.zip(texts).collect();
        match leitstand_domain::Row::parse(table.name, &cells) {
            Some(Ok(row)) => {
                let _ = (row.check(), row.identity(), row.references(), row.home(), row.defines());
            }
            Some(Err(bad)) => prop_assert!(!bad.is_empty()),
            None => prop_assert!(false, "there is such a table"),
        }
    }
}

/// `1234567.89` as `1.234.567,89`.
fn german(cents: i64) -> String {
    let whole = (cents / 100).to_string();
    let groups: Vec<&str> = whole
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|it| std::str::from_utf8(it).expect("digits"))
        .collect();
    format!("{},{:02}", groups.join("."), cents % 100)
}

#[track_caller]
fn code<T: Cell>(text: &str) -> &'static str {
    T::parse(text)
        .map_err(|BadCell { code, de, en }| {
            assert!(de.ends_with('.') && en.ends_with('.'), "{de} {en}");
            code
        })
        .err()
        .unwrap_or("none")
}

#[test]
fn each_wrong_cell_has_its_code() {
    for (text, expected) in [
        ("1.234", "ambiguous_amount"),
        ("1,234", "ambiguous_amount"),
        ("12345.678", "ambiguous_amount"),
        ("1.€", "bad_amount"),
        ("1.a23", "bad_amount"),
        ("a.123", "bad_amount"),
        ("1.2345", "too_many_decimals"),
        ("1.234.567,891", "too_many_decimals"),
        ("-1", "negative_amount"),
        ("--1", "negative_amount"),
        ("", "bad_amount"),
        ("1.234,567.89", "bad_amount"),
        ("1000000000000", "amount_too_large"),
        ("=1", "bad_amount"),
    ] {
        assert_eq!(code::<Amount>(text), expected, "{text}");
    }
    assert_eq!(code::<SignedAmount>("--1"), "bad_amount");
    for text in [
        "2024-02-30",
        "30.02.2024",
        "1989-12-31",
        "31.12.2100x",
        "2101-01-01",
        "2024-1-1",
        "1.1.2024",
        "2024.12.31",
    ] {
        assert_eq!(code::<Day>(text), "bad_date", "{text}");
    }
    for text in [
        "",
        "1.234.567",
        "1e3",
        "1.0000000",
        "1234567890123",
        ".5",
        "5.",
        "+5",
        "NaN",
        "=5",
    ] {
        assert_eq!(code::<Number>(text), "bad_number", "{text}");
    }
    for text in ["", "-1", "1000001", "1.0", "12345678", "+1"] {
        assert_eq!(code::<Count>(text), "bad_number", "{text}");
    }
    assert_eq!(code::<Id>("=A1"), "formula_cell");
    assert_eq!(code::<Id>(&"x".repeat(500)), "none");
    for text in ["", "two\nlines", "tab\there", "\u{7}"] {
        assert_eq!(code::<Id>(text), "bad_text", "{text:?}");
    }
    assert_eq!(code::<Text>("=SUM(A1)"), "formula_cell");
    assert_eq!(code::<Text>("two\nlines = fine"), "none");
    assert_eq!(code::<YesNo>("maybe"), "bad_code");
    for text in ["ja", "JA", "true", "yes"] {
        assert_eq!(YesNo::parse(text), Ok(YesNo::Yes));
    }
    assert_eq!(check_any(&"x".repeat(LONGEST)), Ok(()));
    assert_eq!(
        check_any(&"x".repeat(LONGEST + 1)).map_err(|it| it.code),
        Err("cell_too_long")
    );
    assert_eq!(
        check_any("a\0b").map_err(|it| it.code),
        Err("nul_character")
    );
}

#[test]
fn every_word_of_every_code_column_reads_and_nothing_else() {
    let mut columns = 0;
    for table in tables::ALL {
        for column in table.columns.iter().filter(|it| it.kind == "code") {
            columns += 1;
            assert!(!column.words.is_empty(), "{}.{}", table.name, column.name);
            for (word, right) in column
                .words
                .iter()
                .map(|it| (*it, true))
                .chain([("Nein danke", false)])
            {
                let cells: Cells = [(column.name.to_owned(), word.to_owned())].into();
                let bad = match leitstand_domain::Row::parse(table.name, &cells) {
                    Some(Err(bad)) => bad,
                    _ => Vec::new(),
                };
                let wrong = bad
                    .iter()
                    .find(|it| it.column == column.name)
                    .map(|it| it.bad.code);
                assert_eq!(
                    wrong,
                    (!right).then_some("bad_code"),
                    "{}.{} {word}",
                    table.name,
                    column.name
                );
            }
        }
    }
    assert!(columns >= 15, "{columns}");
}

#[test]
fn codes_come_back() {
    use leitstand_domain::{
        partner::Partner,
        pot::State,
        tables::{BookingKind, Step},
    };
    fn each<
        T: Code + std::fmt::Debug + std::fmt::Display + serde::Serialize + serde::de::DeserializeOwned,
    >() {
        for code in T::ALL {
            assert!(comes_back::<T>(code.word()));
            assert_eq!(T::of(code.word()), Some(*code));
            let json = serde_json::to_string(code).expect("JSON");
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<T>(&json).expect("a code"), *code);
        }
    }
    each::<Partner>();
    each::<State>();
    each::<Step>();
    each::<BookingKind>();
    assert_eq!(Partner::laender().len(), 16);
    assert!(!Partner::laender().contains(&Partner::Bund));
}

#[test]
fn a_missing_mandatory_cell_says_so_and_an_optional_one_states_nothing() {
    for table in tables::ALL {
        let Some(Err(bad)) = leitstand_domain::Row::parse(table.name, &Cells::new()) else {
            panic!("every table has a mandatory column: {}", table.name)
        };
        let missing: Vec<&str> = bad.iter().map(|it| it.column).collect();
        let mandatory: Vec<&str> = table
            .columns
            .iter()
            .filter(|it| it.mandatory)
            .map(|it| it.name)
            .collect();
        assert_eq!(missing, mandatory, "{}", table.name);
        assert!(bad.iter().all(|it| it.bad.code == "missing_cell"));
    }
    assert!(leitstand_domain::Row::parse("no_table", &Cells::new()).is_none());
}

#[test]
fn free_text_shows_itself_to_nobody() {
    let text = Text::parse("vertraulich").expect("text");
    assert!(!format!("{text:?}").contains("vertraulich"));
    assert_eq!(serde_json::to_string(&text).expect("JSON"), "null");
    assert!(serde_json::from_str::<Text>("\"vertraulich\"").is_err());
}

#[test]
fn predecessors_read_ids_links_and_lags() {
    let read = |text: &str| -> Vec<(String, String, i32)> {
        let links = predecessors(text).expect("predecessors");
        links
            .into_iter()
            .map(|it| (it.activity, it.kind.to_string(), it.lag))
            .collect()
    };
    assert_eq!(read(""), []);
    assert_eq!(
        read("A-1 A-2:SS+2  A-3:FF-10\tA-4:SF A-5:FS+0"),
        [
            ("A-1", "FS", 0),
            ("A-2", "SS", 2),
            ("A-3", "FF", -10),
            ("A-4", "SF", 0),
            ("A-5", "FS", 0)
        ]
        .map(|(id, kind, lag)| (id.to_owned(), kind.to_owned(), lag))
    );
    for text in [
        "A-1:",
        "A-1:XX",
        "A-1:SS2",
        "A-1:SS+",
        "A-1:SS+x",
        "A-1:SS+1.5",
        ":SS",
        "A-1:S",
        "A-1:ß",
        "A-1:SS+99999999999",
    ] {
        let refusal = predecessors(text).expect_err("refused");
        assert_eq!(
            (refusal.code, refusal.field),
            ("bad_predecessor", Some("predecessors")),
            "{text}"
        );
        assert!(refusal.en.contains(text), "{refusal}");
    }
}
