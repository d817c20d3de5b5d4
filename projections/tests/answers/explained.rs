//! What explanations tell of computed figures comes from the computation, and comes to them.

use jiff::civil::{Date, date};
use leitstand_tests::{
    explained::{is_amount, recomputed},
    scenario,
};
use serde_json::{Value, json};

use crate::desk::Desk;

const YEAR_END: Date = date(2024, 12, 31);

/// The scenario, and a measure with a risk of its own.
fn year() -> Desk {
    let mut desk = Desk::new(date(2026, 11, 24));
    for row in scenario::rows().unwrap() {
        assert!(desk.record(&row.table, &row.cells, false), "{row:?}");
    }
    let risk = [
        ("id", "RI-99"),
        ("subject", "DG-M-01"),
        ("category", "Technik"),
        ("title", "Schnittstelle fehlt"),
        ("response", "mitigate"),
        ("review_days", "30"),
        ("identified_on", "2024-05-01"),
    ];
    desk.row("risks", &risk);
    let assessment = [
        ("date", "2024-05-02"),
        ("risk", "RI-99"),
        ("probability", "2"),
        ("impact", "4"),
    ];
    desk.row("risk_assessments", &assessment);
    desk
}

fn threshold(
    desk: &mut Desk,
    [name, dimension]: [&str; 2],
    [amber, red]: [&str; 2],
    from: &str,
) -> u64 {
    let cells = [
        ("name", name),
        ("dimension", dimension),
        ("amber", amber),
        ("red", red),
        ("valid_from", from),
        ("received_on", from),
    ];
    desk.row("thresholds", &cells)
}

fn input(told: &Value, name: &str) -> Value {
    let inputs = told["inputs"].as_array().unwrap();
    let found = inputs.iter().find(|it| it["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {told}"))["value"].clone()
}

/// The positions of the events it rests on.
fn events(told: &Value) -> Vec<u64> {
    let events = told["events"].as_array().unwrap().iter();
    events.map(|it| it["position"].as_u64().unwrap()).collect()
}

/// The thresholds it was judged by, as in `slip_days/schedule`.
fn judged_by(told: &Value) -> Vec<String> {
    let all = told["thresholds"].as_array().into_iter().flatten();
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    all.map(|it| format!("{}/{}", text(it, "name"), text(it, "dimension")))
        .collect()
}

#[test]
fn the_colours_of_the_programme_and_of_pillars_tell_counts_shares_and_thresholds() {
    let mut desk = year();
    let set = threshold(
        &mut desk,
        ["red_percent", "pillar"],
        ["150", "120"],
        "2024-01-02",
    );
    let explained = |row: &str, field: &str| desk.explained(YEAR_END, ["status", row, field]);
    let programme = explained("summary", "programme.colour");
    let inputs = [
        ("red", json!(7)),
        ("reported", json!(30)),
        ("measures", json!(35)),
        ("red_percent", json!("23.33")),
        ("red_or_amber_percent", json!("53.33")),
        ("reported_percent", json!("85.71")),
    ];
    for (name, value) in inputs {
        assert_eq!(input(&programme, name), value, "{name}");
    }
    assert_eq!(
        programme["thresholds"],
        json!([{
            "name": "red_percent", "dimension": "pillar", "amber": "150", "red": "120",
            "valid_from": "2024-01-02", "known_on": "2024-01-02", "events": [set],
        }])
    );
    assert!(events(&programme).contains(&set));
    let pillar = explained("summary", "pillars.RM.colour");
    assert_eq!(
        (input(&pillar, "red_percent"), input(&pillar, "reported")),
        (json!("40.00"), json!(10))
    );
    assert_eq!(
        judged_by(&pillar),
        ["red_percent/pillar", "reported_percent/status"]
    );
    let rests_on = events(&pillar);
    assert!(rests_on.contains(&set));
    // It rests on what its own measures reported: on that of no other, and on no milestone.
    let status = desk.at("status", YEAR_END);
    for row in status["rows"].as_array().unwrap() {
        let measure = row["measure"].as_str().unwrap();
        let of_entry = events(&explained(measure, "measure"));
        let is_its_own = of_entry.iter().all(|it| rests_on.contains(it));
        assert_eq!(is_its_own, row["pillar"] == "RM", "{row}");
    }
    let slip = events(&explained("RM-M-10", "computed.schedule"));
    assert!(!slip.is_empty());
    assert!(slip.iter().all(|it| !rests_on.contains(it)));
}

#[test]
fn a_computed_colour_names_the_threshold_that_counted_and_no_other() {
    let mut desk = year();
    let mut set = |kind, numbers, from| threshold(&mut desk, kind, numbers, from);
    let counted = set(["slip_days", "schedule"], ["10", "20"], "2024-02-01");
    let others = [
        set(["slip_days", "budget"], ["1", "2"], "2024-03-01"),
        set(["over_percent", "budget"], ["3", "4"], "2024-03-01"),
        set(["score", "risks"], ["5", "6"], "2024-03-01"),
    ];
    let status = desk.at("status", YEAR_END);
    let mut judged = 0;
    for row in status["rows"].as_array().unwrap() {
        let measure = row["measure"].as_str().unwrap();
        for field in ["computed.schedule", "computed_reason.schedule"] {
            let told = desk.explained(YEAR_END, ["status", measure, field]);
            if row["computed"]["schedule"] == "none" {
                assert!(judged_by(&told).is_empty(), "{told}");
                continue;
            }
            judged += 1;
            assert_eq!(judged_by(&told), ["slip_days/schedule"]);
            assert_eq!(told["thresholds"][0]["events"], json!([counted]));
            let events = events(&told);
            assert!(events.contains(&counted), "{told}");
            assert!(others.iter().all(|it| !events.contains(it)), "{told}");
        }
        // What is made of several colours is judged by the thresholds of each.
        let parts = [
            ("schedule", "slip_days/schedule"),
            ("budget", "over_percent/budget"),
            ("risks", "score/risks"),
        ];
        let parts = parts.iter().filter(|it| row["computed"][it.0] != "none");
        let parts: Vec<&str> = parts.map(|it| it.1).collect();
        for field in ["computed.overall", "computed_reason", "gap"] {
            let told = desk.explained(YEAR_END, ["status", measure, field]);
            assert_eq!(judged_by(&told), parts, "{measure} {field}");
        }
    }
    assert!(judged > 8, "{judged}");
}

#[test]
fn where_no_call_asks_the_age_of_a_report_and_its_threshold_are_told() {
    let mut desk = Desk::new(date(2025, 3, 1));
    let report = [
        ("report_date", "2024-11-30"),
        ("measure", "DG-M-01"),
        ("overall", "G"),
        ("received_on", "2024-11-30"),
    ];
    desk.row("status_reports", &report);
    let set = threshold(
        &mut desk,
        ["stale_days", "status"],
        ["30", "30"],
        "2024-12-01",
    );
    let told = |row: &str, field: &str| desk.explained(YEAR_END, ["status", row, field]);
    let stale = told("DG-M-01", "stale");
    assert_eq!(
        (&stale["value"], input(&stale, "age_days")),
        (&json!(true), json!(31))
    );
    let explained = [
        stale,
        told("DG-M-01", "reported.overall"),
        told("summary", "programme.none"),
    ];
    for it in explained {
        assert_eq!(judged_by(&it), ["stale_days/status"]);
        assert!(events(&it).contains(&set), "{it}");
    }
}

/// The figures inside a value by their paths, lists as a whole.
fn figures<'a>(value: &'a Value, path: &str, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(parts) if !parts.contains_key("undefined") => {
            for (name, value) in parts {
                let path = match path {
                    "" => name.clone(),
                    _ => format!("{path}.{name}"),
                };
                figures(value, &path, found);
            }
        }
        _ => found.push((path.to_owned(), value)),
    }
}

fn digits(value: &Value) -> i128 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// Every figure of these summaries tells what it is made of: a count how many rows and which, a rate, mean or median
/// the numbers it comes from.
#[test]
fn every_figure_of_a_summary_is_what_its_inputs_come_to() {
    let mut desk = year();
    // One that is due and of which nobody ever reported.
    let milestone = [
        ("id", "MS-99"),
        ("subject", "DG-M-02"),
        ("title", "Pilot"),
        ("baseline", "2024-06-30"),
        ("planned_on", "2024-01-02"),
        ("received_on", "2024-01-02"),
    ];
    desk.row("milestones", &milestone);
    let (mut counts, mut numbers) = (0, 0);
    for answer in [
        "status",
        "reporting",
        "milestones",
        "risks",
        "impediments",
        "requests",
        "exceptions",
    ] {
        let told = desk.at(answer, YEAR_END);
        let mut found = Vec::new();
        figures(&told["summary"], "", &mut found);
        for (field, value) in found {
            let it = desk.explained(YEAR_END, [answer, "summary", &field]);
            let called = format!("{answer} {field}: {it}");
            assert_eq!(&it["value"], value, "{called}");
            let is_nothing = *value == json!([]) || *value == json!({});
            let inputs = it["inputs"].as_array().unwrap();
            assert!(is_nothing || !inputs.is_empty(), "{called}");
            if value.is_u64() {
                let counted = match input(&it, "counted") {
                    Value::Array(rows) => json!(rows.len()),
                    many => many,
                };
                assert_eq!(counted, *value, "{called}");
                counts += 1;
            } else if field == "exposure" {
                let exact = inputs.iter().map(|it| &it["value"]);
                let exact: i128 = exact.filter(|it| it.is_string()).map(digits).sum();
                assert_eq!((exact + 50) / 100, digits(value), "{called}");
                numbers += 1;
            } else if is_amount(value) {
                let came = recomputed(&it).unwrap_or_else(|| panic!("{called}"));
                assert_eq!(came, (digits(value), 0), "{called}");
                numbers += 1;
            }
        }
    }
    assert!(counts > 60, "{counts}");
    assert!(numbers > 8, "{numbers}");
}

#[test]
fn computed_colours_and_overdue_reviews_tell_the_days_and_scores_they_judge() {
    let desk = year();
    let worst = |told: &Value| {
        let inputs = told["inputs"].as_array().unwrap();
        inputs.iter().filter_map(|it| it["value"].as_i64()).max()
    };
    let mut judged = [0, 0, 0];
    for row in desk.at("status", YEAR_END)["rows"].as_array().unwrap() {
        let measure = row["measure"].as_str().unwrap();
        let told = |field: &str| desk.explained(YEAR_END, ["status", measure, field]);
        let reason = |dimension: &str| row["computed_reason"][dimension].as_str().unwrap();
        for (place, dimension) in ["schedule", "risks"].into_iter().enumerate() {
            let told = told(&format!("computed.{dimension}"));
            let number = reason(dimension).rsplit_once(": ").map(|it| it.1);
            let number = number.map(|it| it.trim_end_matches(" Tage Verzug"));
            assert_eq!(worst(&told), number.map(|it| it.parse().unwrap()), "{told}");
            judged[place] += usize::from(number.is_some());
        }
        if row["computed"]["budget"] != "none" {
            let told = told("computed.budget");
            for name in ["bac", "actual_cost", "earned_value", "granted"] {
                let amount = input(&told, name);
                assert!(
                    reason("budget").contains(amount.as_str().unwrap()),
                    "{told}"
                );
            }
            judged[2] += 1;
        }
    }
    assert!(judged.iter().all(|it| *it > 0), "{judged:?}");
    let mut overdue = 0;
    for row in desk.at("risks", YEAR_END)["rows"].as_array().unwrap() {
        let id = row["id"].as_str().unwrap();
        let told = desk.explained(YEAR_END, ["risks", id, "review_overdue"]);
        let last = input(&told, "last_assessed");
        let last: Date = last.as_str().unwrap().parse().unwrap();
        let days = input(&told, "review_days").as_i64().unwrap();
        let until = last.saturating_add(jiff::Span::new().days(days));
        assert_eq!(row["review_overdue"], until < YEAR_END, "{told}");
        overdue += usize::from(until < YEAR_END);
    }
    assert!(overdue > 0);
}
