//! Workbooks read by a profile: what a cell shows, and what the profile says of it.

use leitstand_ingest::Mode;

use super::{Fed, fed_after, fed_as};
use crate::{
    book::{inline, ods, styled},
    support::Office,
};

const PROFILE: &str = r#"
[programme]
id = "gb"
title = "GB"
currency = "GBP"
[[file]]
match = "k.*"
columns = { nr = "Nr", soll = "Soll" }
[fields.soll]
kind = "amount"
[[emit]]
table = "catalogue"
id = "{nr}"
kind = "measure"
title = "{nr}"
set_on = "2024-01-01"
[[emit]]
table = "plans"
measure = "{nr}"
baseline = "1"
planned_value = "{soll}"
baselined_on = "2024-01-01"
"#;

/// An XLSX with a number or another cell in each row, under its format code.
fn book(cells: &[(&str, &str)]) -> Vec<u8> {
    let codes: Vec<&str> = cells.iter().map(|(code, _)| *code).collect();
    let rows = (1..).zip(cells).map(|(at, (_, cell))| {
        let id = inline(&format!("M-{at}"));
        format!(
            "<row>{id}{}</row>",
            cell.replace("<c", &format!("<c s=\"{at}\""))
        )
    });
    let head = inline("Nr") + &inline("Soll");
    let rows: String = rows.collect();
    styled(
        &codes,
        &format!("<sheetData><row>{head}</row>{rows}</sheetData>"),
    )
}

fn number(value: &str) -> String {
    format!("<c><v>{value}</v></c>")
}

fn ods_book(cells: &[String]) -> Vec<u8> {
    let text = |text: &str| {
        format!(
            r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#
        )
    };
    let rows = (1..).zip(cells).map(|(at, cell)| {
        let id = text(&format!("M-{at}"));
        format!("<table:table-row>{id}{cell}</table:table-row>")
    });
    let rows: String = rows.collect();
    let head = text("Nr") + &text("Soll");
    ods(
        "",
        &format!(
            r#"<table:table table:name="B"><table:table-row>{head}</table:table-row>{rows}</table:table>"#
        ),
    )
}

async fn planned(fed: &Fed) -> Vec<String> {
    let rows = fed.rows("measure.planned").await;
    let cell =
        |it: &serde_json::Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    rows.iter()
        .map(|it| cell(it, "measure") + " " + &cell(it, "planned_value"))
        .collect()
}

/// The currency is data: what is foreign to one programme is another's own.
#[tokio::test]
async fn amounts_are_in_the_currency_of_the_programme() {
    let formats = ["[$£-809]#,##0.00", "#,##0.00\\ \"€\"", "#,##0.00\\ [$CHF]"];
    let cell = number("1200");
    let xlsx = book(&formats.map(|it| (it, &*cell)));
    let money = |code: &str, shown: &str| {
        format!(
            r#"<table:table-cell office:value-type="currency" office:currency="{code}" office:value="1200"><text:p>{shown}</text:p></table:table-cell>"#
        )
    };
    let cells = [
        ("GBP", "£1,200.00"),
        ("EUR", "1.200,00 €"),
        ("CHF", "1,200.00"),
    ];
    let ods = ods_book(&cells.map(|(code, shown)| money(code, shown)));
    for (name, bytes) in [("k.xlsx", xlsx), ("k.ods", ods)] {
        for (at, currency) in [(0, "GBP"), (1, "EUR"), (2, "CHF")] {
            let profile = PROFILE.replace("GBP", currency);
            let fed = fed_as(Mode::Record, &profile, &[(name, &bytes)]).await;
            let own = format!("M-{} 1200.00", at + 1);
            assert_eq!(planned(&fed).await, [own], "{name} {currency}");
            let others = [2, 3, 4].into_iter().filter(|it| *it != at + 2);
            let others = others.map(|it| (it, "Soll".to_owned(), "formatted_number".to_owned()));
            assert_eq!(fed.found(), others.collect::<Vec<_>>(), "{name} {currency}");
        }
    }
    // A profile that says no currency takes the programme's.
    let silent = PROFILE.split_once("[[file]]").expect("a file").1;
    let silent = format!("[[file]]{silent}");
    let bytes = book(&formats.map(|it| (it, &*cell)));
    let fed = fed_after(
        Office::begun().await,
        Mode::Record,
        &silent,
        &[("k.xlsx", &bytes)],
    )
    .await;
    assert_eq!(planned(&fed).await, ["M-2 1200.00"]);
}

/// What a doubtful cell means, the profile may say: an error that is missing, a number to be rounded.
#[tokio::test]
async fn errors_that_are_missing_and_numbers_to_be_rounded_are_what_the_profile_says() {
    let error = |name: &str| format!(r#"<c t="e"><v>{name}</v></c>"#);
    let cells = [
        ("General", error("#N/A")),
        ("General", error("#REF!")),
        ("#,##0", number("33.333333333333336")),
        ("#,##0", number("1234.567")),
        ("0.0", number("1234.56")),
        ("General", number("33.333333333333336")),
        ("General", number("12345678901234567")),
        ("#,##0", number("1200")),
    ];
    let bytes = book(&cells.each_ref().map(|(code, cell)| (*code, cell.as_str())));
    let asks = PROFILE.replace(
        "kind = \"amount\"",
        "kind = \"amount\"\nround = \"half_up\"",
    );
    let asks = format!("{asks}\n[missing]\n\"#NV\" = \"nicht vorhanden\"\n");
    let fed = fed_as(Mode::Record, &asks, &[("k.xlsx", &bytes)]).await;
    let found = [(3, "error_cell"), (8, "unclean_number")];
    let found = found.map(|(row, code)| (row, "Soll".to_owned(), code.to_owned()));
    assert_eq!(fed.found(), found);
    let amounts = ["3 33.33", "4 1234.57", "5 1234.56", "6 33.33", "8 1200.00"];
    assert_eq!(planned(&fed).await, amounts.map(|it| format!("M-{it}")));
    let rounded = fed.account().rounded().map(|it| it.cell);
    assert_eq!(rounded.collect::<Vec<_>>(), ["B4", "B5", "B6", "B7"]);
    let missing = ("B2".to_owned(), "missing".to_owned(), "#N/A".to_owned());
    assert!(fed.left().contains(&missing), "{:?}", fed.left());
    // Nothing of that is guessed.
    let fed = fed_as(Mode::Record, PROFILE, &[("k.xlsx", &bytes)]).await;
    assert_eq!(planned(&fed).await, ["M-8 1200.00"]);
    let codes: Vec<String> = fed.found().into_iter().map(|(_, _, code)| code).collect();
    let hidden = ["digits_not_shown", "digits_not_shown"];
    let expected = [
        &["error_cell", "error_cell", "unclean_number"],
        &hidden[..],
        &["unclean_number"; 2],
    ];
    assert_eq!(codes, expected.concat());
}

/// A cell of a number in an ODS, and what it shows.
fn float(value: &str, seen: &str) -> String {
    format!(
        r#"<table:table-cell office:value-type="float" office:value="{value}"><text:p>{seen}</text:p></table:table-cell>"#
    )
}

/// The same numbers as an XLSX, by their formats, and as an ODS, by what these show.
fn both(cells: &[(&str, &str, &str)]) -> (Vec<u8>, Vec<u8>) {
    let numbers: Vec<String> = cells.iter().map(|(_, value, _)| number(value)).collect();
    let formats = cells.iter().map(|(code, ..)| *code);
    let xlsx: Vec<(&str, &str)> = formats.zip(numbers.iter().map(String::as_str)).collect();
    let shown: Vec<String> = cells
        .iter()
        .map(|(_, value, seen)| float(value, seen))
        .collect();
    (book(&xlsx), ods_book(&shown))
}

/// The unit may stand in the number format: `strip` takes it off as it does from a text, `scale` counts.
#[tokio::test]
async fn words_of_a_number_format_are_what_the_profile_strips() {
    let cells = [
        ("#,##0.0\\ \"T€\"", "1234.5", "1.234,5 T€"),
        ("#,##0.0,\\ \"T€\"", "1234500", "1.234,5 T€"),
        ("#,##0\\ \"T€\"", "1234.5", "1.235 T€"),
        ("#,##0\\ \"Stück\"", "12", "12 Stück"),
        ("#,##0,", "12000", "12"),
        ("General", "7", "7"),
    ];
    let (xlsx, ods) = both(&cells);
    let asks = PROFILE.replace("GBP", "EUR").replace(
        "kind = \"amount\"",
        "kind = \"amount\"\ndecimal = \",\"\nthousands = \".\"\nstrip = [\"T€\"]\nscale = \"1000\"",
    );
    for (name, bytes) in [("k.xlsx", &xlsx), ("k.ods", &ods)] {
        let fed = fed_as(Mode::Record, &asks, &[(name, bytes)]).await;
        let amounts = ["1 1234500.00", "2 1234500.00", "6 7000.00"];
        assert_eq!(
            planned(&fed).await,
            amounts.map(|it| format!("M-{it}")),
            "{name}"
        );
        let codes = ["digits_not_shown", "formatted_number", "formatted_number"];
        let found = (4..)
            .zip(codes)
            .map(|(row, code)| (row, "Soll".to_owned(), code.to_owned()));
        assert_eq!(fed.found(), found.collect::<Vec<_>>(), "{name}");
        let rounding = asks.replace("scale", "round = \"half_up\"\nscale");
        let fed = fed_as(Mode::Record, &rounding, &[(name, bytes)]).await;
        assert!(
            planned(&fed).await.contains(&"M-3 1234500.00".to_owned()),
            "{name}"
        );
        let rounded: Vec<_> = fed
            .account()
            .rounded()
            .map(|it| (it.cell, it.value))
            .collect();
        assert_eq!(
            rounded,
            [("B4".to_owned(), Some("1234.5 T€".to_owned()))],
            "{name}"
        );
    }
}

/// What an ODS holds behind the digits it shows is treated as what an XLSX holds.
#[tokio::test]
async fn digits_an_ods_does_not_show_are_rounded_where_asked_and_listed() {
    let cells = [
        ("0.0", "99.996", "100,0"),
        ("#,##0.00", "1234.561", "1.234,56"),
        ("#,##0", "1234.56", "1.235"),
        ("#,##0.00", "12.5", "12,50"),
    ];
    let (xlsx, ods) = both(&cells);
    let rounding = PROFILE.replace(
        "kind = \"amount\"",
        "kind = \"amount\"\nround = \"half_up\"",
    );
    for (name, bytes) in [("k.xlsx", &xlsx), ("k.ods", &ods)] {
        let fed = fed_as(Mode::Record, &rounding, &[(name, bytes)]).await;
        assert_eq!(fed.found(), [], "{name}");
        let amounts = ["1 100.00", "2 1234.56", "3 1234.56", "4 12.50"];
        assert_eq!(
            planned(&fed).await,
            amounts.map(|it| format!("M-{it}")),
            "{name}"
        );
        let rounded: Vec<_> = fed.account().rounded().map(|it| it.cell).collect();
        assert_eq!(rounded, ["B2", "B3", "B4"], "{name}");
        let fed = fed_as(Mode::Record, PROFILE, &[(name, bytes)]).await;
        let found = (2..=4).map(|row| (row, "Soll".to_owned(), "digits_not_shown".to_owned()));
        assert_eq!(fed.found(), found.collect::<Vec<_>>(), "{name}");
        assert_eq!(planned(&fed).await, ["M-4 12.50"], "{name}");
    }
}

/// A date of which a workbook shows month and year is one without a day: the profile says which counts.
#[tokio::test]
async fn months_and_years_of_a_workbook_are_dates_without_a_day() {
    let cells = [
        ("mmm\\ yy", "45627", "2024-12-01", "Dez 24"),
        ("mm/yyyy", "45641", "2024-12-15", "12/2024"),
        ("yyyy", "45641", "2024-12-15", "2024"),
        ("d.m.", "45641", "2024-12-15", "15.12."),
        ("dd.mm.yyyy", "45641", "2024-12-15", "15.12.2024"),
    ];
    let numbers = cells.map(|(_, value, ..)| number(value));
    let xlsx: Vec<(&str, &str)> = cells
        .iter()
        .zip(&numbers)
        .map(|((code, ..), cell)| (*code, cell.as_str()))
        .collect();
    let xlsx = book(&xlsx);
    let ods = ods_book(&cells.map(|(_, _, value, seen)| {
        format!(
            r#"<table:table-cell office:value-type="date" office:date-value="{value}"><text:p>{seen}</text:p></table:table-cell>"#
        )
    }));
    let dated = PROFILE
        .replace("kind = \"amount\"", "kind = \"date\"\nformats = [\"MMM JJ\"]\ntwo_digit_years_from = 1990\nwithout_day = \"last\"")
        .replace("planned_value = \"{soll}\"", "planned_value = \"1\"\nperiod_end = \"{soll}\"\nneeds = [\"period_end\"]");
    let ends = async |fed: &Fed| -> Vec<String> {
        let rows = fed.rows("measure.planned").await;
        rows.iter()
            .map(|it| it["period_end"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    for (name, bytes) in [("k.xlsx", &xlsx), ("k.ods", &ods)] {
        let fed = fed_as(Mode::Record, &dated, &[(name, bytes)]).await;
        assert_eq!(
            ends(&fed).await,
            ["2024-12-31", "2024-12-31", "2024-12-15"],
            "{name}"
        );
        let found = [4, 5].map(|row| (row, "Soll".to_owned(), "part_of_date".to_owned()));
        assert_eq!(fed.found(), found, "{name}");
        // Where dates have a day, none is made up.
        let whole = dated
            .replace("MMM JJ", "TT.MM.JJ")
            .replace("without_day = \"last\"", "");
        let fed = fed_as(Mode::Record, &whole, &[(name, bytes)]).await;
        assert_eq!(ends(&fed).await, ["2024-12-15"], "{name}");
        let found = (2..=5).map(|row| (row, "Soll".to_owned(), "part_of_date".to_owned()));
        assert_eq!(fed.found(), found.collect::<Vec<_>>(), "{name}");
    }
}
