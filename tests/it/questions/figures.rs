//! Every amount of every money answer: for a spreadsheet in both dialects, and explained.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use leitstand_tests::explained::{is_amount, recomputed};

use super::{
    cents,
    year_end::{BOUND, carry, with_next_year},
};
use crate::support::Place;

/// The money answers, each with the options it needs.
const MONEY: [(&str, &[&str]); 12] = [
    ("funds", &[]),
    ("funds", &["--pillar", "RM"]),
    ("requests", &[]),
    ("year-end", &[]),
    ("year-end", &["--pot", "T-RM"]),
    ("outlook", &[]),
    ("outlook", &["--pillar", "RM"]),
    ("decisions", &[]),
    ("obligations", &[]),
    ("shares", &["--pot", "T-RM"]),
    ("shares", &["--pot", "T-RM", "--partner", "HH"]),
    (
        "shares",
        &[
            "--amount",
            "1000.01",
            "--cost-share",
            "25/75",
            "--key-year",
            "2016",
        ],
    ),
];

/// The fields of a row that hold an amount, nested ones with a dot, those in lists by their number.
fn amounts(row: &Value, under: &str, found: &mut BTreeSet<String>) {
    let parts = row.as_object().into_iter().flatten();
    let parts = parts.map(|(name, value)| (name.clone(), value));
    let listed = row.as_array().into_iter().flatten().enumerate();
    for (name, value) in parts.chain(listed.map(|(at, value)| (at.to_string(), value))) {
        let path = format!("{under}{name}");
        if is_amount(value) {
            found.insert(path);
        } else {
            amounts(value, &format!("{path}."), found);
        }
    }
}

fn at<'a>(row: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(row, |value, part| match value {
        Value::Array(all) => &all[part.parse::<usize>().unwrap()],
        _ => &value[part],
    })
}

/// Whether a path leads into a list, whose amounts are as they were handed in.
fn is_listed(path: &str) -> bool {
    path.split('.').any(|it| it.parse::<usize>().is_ok())
}

/// With money carried over, called contributions, a need and a mandate: every money answer says something.
fn rich() -> Place {
    let place = with_next_year();
    for it in BOUND {
        place.accept("carry_overs", carry(it));
    }
    let called = json!({
        "date": "2024-02-01", "partner": "BUND", "fiscal_year": 2024, "kind": "called", "amount": "1400000.00",
        "reference": "ZB-1",
    });
    place.accept("contributions", called);
    let need = json!({
        "subject": "RM", "fiscal_year": 2025, "amount": "4000000.00", "set_on": "2025-02-01",
        "received_on": "2025-02-01",
    });
    place.accept("needs", need);
    place
}

/// The amounts inside the lists of a value, in cents.
fn in_lists(value: &Value, of_list: bool) -> Vec<i64> {
    match value {
        Value::Array(it) => it.iter().flat_map(|it| in_lists(it, true)).collect(),
        Value::Object(it) => it.values().flat_map(|it| in_lists(it, of_list)).collect(),
        _ if of_list && is_amount(value) => vec![cents(value)],
        _ => Vec::new(),
    }
}

/// Both dialects carry the figures of the answer: every column that has an amount sums to the same cents.
#[test]
fn qf_25_the_money_views_as_csv_sum_to_the_answers() {
    let place = rich();
    let item = json!({
        "request": "A-24-05", "fiscal_year": 2024, "cost_type": "external", "amount": "450000.00",
    });
    place.accept("request_items", item);
    let (mut columns, mut listed) = (0, 0);
    for (answer, narrowed) in MONEY {
        let options = [&["--as-of", "2025-04-30"], narrowed].concat();
        let json = place.ask(answer, &options);
        let rows = json["rows"].as_array().unwrap();
        let mut fields = BTreeSet::new();
        for row in rows {
            amounts(row, "", &mut fields);
        }
        // What is in lists is compared below.
        fields.retain(|it| !is_listed(it));
        for (format, separator, point) in [("csv", ',', '.'), ("csv-de", ';', ',')] {
            let command = [&[answer, "--format", format], &options[..]].concat();
            let text = place.on_store(&command).ended(0).out;
            assert_eq!(text.starts_with('\u{feff}'), format == "csv-de", "{answer}");
            let table = table(text.trim_start_matches('\u{feff}'), separator);
            let (header, lines) = table.split_first().unwrap();
            assert_eq!(lines.len(), rows.len(), "{answer} {format}");
            for field in &fields {
                let place = header.iter().position(|it| it == field);
                let place = place.unwrap_or_else(|| panic!("{answer}: no {field} in {header:?}"));
                let cells = lines.iter().map(|it| it[place].as_str());
                let written: i64 = cells
                    .filter(|it| !it.is_empty() && !it.starts_with('{'))
                    .map(|it| it.replace(point, "").parse::<i64>().unwrap())
                    .sum();
                let of_rows = rows.iter().map(|row| at(row, field));
                let answered: i64 = of_rows.filter(|it| is_amount(it)).map(cents).sum();
                assert_eq!(written, answered, "{answer} {field} {format}");
                columns += 1;
            }
            // Lists are JSON in both, with the dialect's amounts inside.
            for (place, field) in header.iter().enumerate() {
                let lists = rows
                    .iter()
                    .flat_map(|row| in_lists(&row[field.as_str()], false));
                let answered: Vec<i64> = lists.collect();
                let written = lines.iter().map(|it| it[place].as_str());
                let written = written.filter(|it| !answered.is_empty() && !it.is_empty());
                let written = written.flat_map(|it| {
                    let pointed = if point == ',' {
                        decimal_points(it)
                    } else {
                        it.to_owned()
                    };
                    in_lists(&serde_json::from_str(&pointed).unwrap(), false)
                });
                assert_eq!(
                    written.collect::<Vec<_>>(),
                    answered,
                    "{answer} {field} {format}"
                );
                listed += answered.len();
            }
        }
    }
    assert!(columns > 100, "only {columns} columns of amounts");
    assert!(listed > 20, "only {listed} amounts in lists");
}

/// Texts such as `"10,50"` with a point; none may have one yet.
fn decimal_points(json: &str) -> String {
    let texts = json.split('"').map(|it| match it.split_once(',') {
        Some((whole, "00" | "50")) if whole.parse::<i64>().is_ok() => it.replace(',', "."),
        _ => {
            assert!(!is_amount(&json!(it)), "a decimal point in {json}");
            it.to_owned()
        }
    });
    texts.collect::<Vec<_>>().join("\"")
}

/// The cells of a table in which some are quoted, and may hold the separator or the end of a line.
fn table(text: &str, separator: char) -> Vec<Vec<String>> {
    let (mut lines, mut is_quoted) = (vec![vec![String::new()]], false);
    let mut chars = text.chars().peekable();
    while let Some(it) = chars.next() {
        let line = lines.last_mut().unwrap();
        match it {
            // Inside quotes a quote is doubled.
            '"' if is_quoted && chars.next_if_eq(&'"').is_some() => {
                line.last_mut().unwrap().push(it);
            }
            '"' => is_quoted = !is_quoted,
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => lines.push(vec![String::new()]),
            _ if it == separator && !is_quoted => line.push(String::new()),
            _ => line.last_mut().unwrap().push(it),
        }
    }
    lines.retain(|it| it.len() > 1);
    lines
}

/// What is told as it was handed in: no sum of anything.
const AS_THEY_ARE: [&str; 4] = [
    "decisions amount",
    "funds planned_outflow",
    "requests requested",
    "requests resolved",
];

/// The figures of a pot or request that change when money is carried over.
const MOVED: [&str; 9] = [
    "funds granted",
    "funds committed",
    "funds bound_rest",
    "funds bound_to_carry",
    "funds budget",
    "funds commitment_rate",
    "year-end bound_to_carry",
    "year-end carried",
    "year-end to_credit",
];

/// What is told of an amount, against the answer it is part of.
struct Told<'a> {
    answer: &'a str,
    id: &'a str,
    row: &'a Value,
    rows: &'a [Value],
    field: &'a str,
    explained: &'a Value,
}

impl Told<'_> {
    /// The names of the events it rests on.
    fn names(&self) -> BTreeSet<&str> {
        let events = self.explained["events"].as_array().unwrap().iter();
        events.map(|it| it["name"].as_str().unwrap()).collect()
    }

    /// Checks the explanation, and that its inputs come to its value.
    fn check(&self) {
        let (it, value) = (self.explained, at(self.row, self.field));
        let called = format!(
            "{} {} {}: {} {}",
            self.answer, self.id, self.field, it["formula"], it["inputs"]
        );
        assert_eq!((&it["field"], &it["value"]), (&json!(self.field), value));
        assert!(
            it["formula"].as_str().is_some_and(|it| it.len() > 3),
            "{called}"
        );
        // What is not nothing rests on something.
        let names = self.names();
        assert!(cents(value) == 0 || !names.is_empty(), "{called}");
        let figure = format!("{} {}", self.answer, self.field);
        let has = |field: &str| is_amount(&self.row[field]) && cents(&self.row[field]) != 0;
        let is_moved = ["carried_in", "carried_out", "carried"]
            .iter()
            .any(|it| has(it));
        if is_moved && MOVED.contains(&figure.as_str()) {
            assert!(names.contains("pot.carry_over_sent"), "{called}");
        }
        if self.id == "summary" {
            let of_rows = self.rows.iter().map(|row| at(row, self.field));
            let of_rows: Vec<&Value> = of_rows.filter(|it| is_amount(it)).collect();
            // Rates are computed from the sums.
            if of_rows.len() == self.rows.len() && !self.field.contains("rate") {
                let sum: i64 = of_rows.into_iter().map(cents).sum();
                assert_eq!(sum, cents(value), "{called}");
            }
        }
        let is_as_handed_in = AS_THEY_ARE.contains(&figure.as_str()) || is_listed(self.field);
        if is_as_handed_in && self.id != "summary" {
            assert_eq!(it["inputs"], json!([]), "{called}");
            return;
        }
        let (came, off) = recomputed(it).unwrap_or_else(|| panic!("{called}"));
        let value = i128::from(cents(value));
        assert!(
            (came..=came + off).contains(&value),
            "{came} {value}: {called}"
        );
    }
}

#[test]
fn every_amount_of_every_money_answer_is_explained() {
    let place = rich();
    let (mut explained, mut listed) = (0, 0);
    for (answer, narrowed) in MONEY {
        let options = [&["--as-of", "2025-04-30"], narrowed].concat();
        let json = place.ask(answer, &options);
        let id = match answer {
            "funds" => "pot",
            "outlook" => "fiscal_year",
            "shares" => "partner",
            _ => "id",
        };
        let rows = json["rows"].as_array().unwrap();
        let with_ids = rows.iter().map(|row| {
            let id = &row[id];
            (
                id.as_str().map_or_else(|| id.to_string(), str::to_owned),
                row,
            )
        });
        for (id, row) in with_ids.chain([("summary".to_owned(), &json["summary"])]) {
            let mut fields = BTreeSet::new();
            amounts(row, "", &mut fields);
            if fields.is_empty() {
                continue;
            }
            let names: Vec<&str> = fields.iter().map(String::as_str).collect();
            let command = [
                &["explain", "--format", "json"],
                &options[..],
                &[answer, &id],
                &names[..],
            ]
            .concat();
            let told = place.on_store(&command).ended(0).json();
            let all = told.as_array().cloned().unwrap_or_else(|| vec![told]);
            assert_eq!(all.len(), fields.len(), "{answer} {id}");
            for (field, it) in fields.iter().zip(&all) {
                let told = Told {
                    answer,
                    id: &id,
                    row,
                    rows,
                    field,
                    explained: it,
                };
                told.check();
                explained += 1;
                listed += usize::from(is_listed(field));
            }
        }
    }
    assert!(explained > 400, "only {explained} amounts");
    assert!(listed > 10, "only {listed} amounts in lists");
}

#[test]
fn a_path_that_leads_nowhere_is_refused_like_an_unknown_field() {
    let explained = |answer: &str, row: &str, field: &str| {
        crate::support::scenario().on_store(&[
            "explain",
            "--as-of",
            "2024-12-31",
            answer,
            row,
            field,
        ])
    };
    let unknown = explained("funds", "T-RM", "foo");
    assert_ne!(unknown.code, 0);
    for (answer, row, field) in [
        ("requests", "A-24-12", "trail.99.foo"),
        ("requests", "A-24-12", "trail.99"),
        ("requests", "A-24-12", "trail.6.foo"),
        ("funds", "T-RM", "granted.foo"),
        ("funds", "summary", "granted.foo"),
        ("funds", "summary", "by_pillar.XX"),
        ("year-end", "T-ORG", "credits.XX"),
        ("year-end", "summary", "credits.XX.foo"),
    ] {
        let told = explained(answer, row, field);
        assert_eq!(told.code, unknown.code, "{field}: {told:?}");
        assert!(told.err.contains(&format!("„{field}“")), "{told:?}");
    }
    assert_eq!(explained("year-end", "T-ORG", "credits.HH").code, 0);
}

/// The pot's own row is made of all that is done with its money; what is credited of it, too.
#[test]
fn the_own_row_of_a_pot_rests_on_everything_its_money_is_made_of() {
    let place = rich();
    let options = ["--as-of", "2025-04-30", "--format", "json"];
    let explained = |field: &str| {
        let command = [&["explain"], &options[..], &["year-end", "T-ORG", field]].concat();
        place.on_store(&command).ended(0).json()
    };
    for field in ["to_credit", "credits.BUND", "remainder"] {
        let it = explained(field);
        let events = it["events"].as_array().unwrap().iter();
        let names: BTreeSet<&str> = events.map(|it| it["name"].as_str().unwrap()).collect();
        for name in [
            "pot.resolved",
            "request.submitted",
            "request.stepped",
            "request.booked",
            "pot.carry_over_sent",
        ] {
            assert!(names.contains(name), "{field}: no {name} in {names:?}");
        }
    }
    // What is split among the partners is what funds say is left.
    let funds = place.ask("funds", &options[..2]);
    let left = &crate::support::row(&funds, "pot", "T-ORG")["to_credit"];
    assert_eq!(explained("credits")["inputs"][0]["value"], *left);
}

/// Whether what comes back lowers `spent` or is `repaid` depends on the closing of the year: both rest on it.
#[test]
fn what_was_spent_and_repaid_rests_on_the_closing_of_the_year() {
    let place = rich();
    let explained = |answer: &str, id: &str, field: &str| {
        let command = [
            "explain",
            "--as-of",
            "2025-06-30",
            "--format",
            "json",
            answer,
            id,
            field,
        ];
        let told = place.on_store(&command).ended(0).json();
        let events = told["events"].as_array().unwrap().iter();
        let closed = events.filter(|it| it["name"] == "pot.year_closed");
        (told["value"].clone(), closed.count())
    };
    let fields = [
        (
            "funds",
            "T-PRJ",
            ["spent", "repaid", "with_recipients", "bound_rest"],
        ),
        (
            "requests",
            "A-24-06",
            ["spent", "repaid", "with_recipients", "unspent_called"],
        ),
    ];
    for (answer, id, fields) in fields {
        for field in fields {
            assert_eq!(explained(answer, id, field).1, 0, "{answer} {field}");
        }
    }
    place
        .on_store(&["close-year", "T-PRJ", "--as-of", "2025-01-31"])
        .ended(0);
    let refund = json!({
        "date": "2025-02-10", "request": "A-24-06", "kind": "refund", "amount": "100.00", "fiscal_year": 2024,
        "reference": "R-1",
    });
    place.accept("bookings", refund);
    for (answer, id, fields) in fields {
        for field in fields {
            assert_eq!(explained(answer, id, field).1, 1, "{answer} {field}");
        }
        assert_eq!(explained(answer, id, "repaid").0, "100.00");
    }
}
