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
