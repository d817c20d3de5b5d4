//! QF: the finance officer.

use serde_json::{Value, json};

use crate::support::{Place, YEAR_END, row, scenario, texts};

/// A field of the three pots, in the order T-ORG, T-PRJ, T-RM.
fn by_pot(field: &str) -> [Value; 3] {
    let funds = scenario().at_year_end("funds");
    ["T-ORG", "T-PRJ", "T-RM"].map(|it| row(&funds, "pot", it)[field].clone())
}

fn cents(amount: &Value) -> i64 {
    amount.as_str().unwrap_or_else(|| panic!("no amount: {amount}")).replace('.', "").parse().unwrap()
}

#[test]
fn qf_01_how_much_was_requested_and_granted() {
    let summary = &scenario().at_year_end("requests")["summary"];
    assert_eq!((&summary["requested"], &summary["count"]), (&json!("7570000.00"), &json!(15)));
    assert_eq!(summary["granted"], "6150000.00");
}

#[test]
fn qf_02_how_much_is_free() {
    assert_eq!(by_pot("free"), ["10000.00", "328208.24", "400000.00"]);
}

#[test]
fn qf_03_how_much_of_the_grants_is_spent() {
    assert_eq!(by_pot("outflow_rate"), ["60.07", "34.32", "75.19"]);
    assert_eq!(scenario().at_year_end("funds")["summary"]["outflow_rate"], "66.13");
}

#[test]
fn qf_04_how_much_of_the_grants_is_committed() {
    assert_eq!(scenario().at_year_end("funds")["summary"]["commitment_rate"], "86.88");
    for (committed, (granted, rate)) in
        by_pot("committed").iter().zip(by_pot("granted").iter().zip(&by_pot("commitment_rate")))
    {
        let exact = cents(committed) * 100_000 / cents(granted); // percent, three places
        assert_eq!(cents(rate), (exact + 5) / 10, "{committed} of {granted}");
    }
}

#[test]
fn qf_05_what_is_to_be_carried_over() {
    assert_eq!(by_pot("bound_rest"), ["223200.00", "320550.00", "732400.00"]);
    assert_eq!(by_pot("bound_to_carry"), ["138000.00", "246000.00", "525000.00"]);
    let summary = &scenario().at_year_end("funds")["summary"];
    let figures = ["bound_rest", "bound_to_carry", "with_recipients"].map(|it| summary[it].clone());
    assert_eq!(figures, ["1276150.00", "909000.00", "367150.00"]);
}

#[test]
fn qf_06_what_is_credited_to_the_partners() {
    let pots = ["T-ORG", "T-PRJ", "T-RM"];
    let parts = by_pot("unbound_rest").into_iter().zip(by_pot("free")).zip(by_pot("to_credit")).zip(pots);
    for (((unbound, free), credit), pot) in parts {
        assert_eq!(cents(&unbound) + cents(&free), cents(&credit), "{pot}");
        let shares = scenario().ask("shares", &["--as-of", YEAR_END, "--pot", pot]);
        let sum: i64 = shares["rows"].as_array().unwrap().iter().map(|it| cents(&it["amount"])).sum();
        assert_eq!((sum, shares["rows"].as_array().unwrap().len()), (cents(&credit), 17), "{pot}");
        assert_eq!(shares["summary"]["total"], credit);
    }
    assert_eq!(scenario().at_year_end("funds")["summary"]["to_credit"], "1545208.24");
}

#[test]
fn qf_07_the_shares_sum_to_the_cent_and_a_faulty_key_is_refused() {
    for amount in ["0.00", "0.01", "0.17", "99.99", "1100000.00", "6441041.19", "9999999999999.99"] {
        for (share, year) in [("25/75", "2014"), ("35/65", "2015"), ("0/100", "2016"), ("100/0", "2019")] {
            let options = ["--amount", amount, "--cost-share", share, "--key-year", year];
            let shares = scenario().ask("shares", &options);
            let rows = shares["rows"].as_array().unwrap();
            let sum: i64 = rows.iter().map(|it| cents(&it["amount"])).sum();
            assert_eq!((sum, rows.len()), (cents(&json!(amount)), 17), "{amount} {share} {year}");
            assert_eq!(shares["summary"]["total"], amount);
        }
    }
    // Key 2014 as KommunalWiki prints it: Brandenburg 3,06053 instead of 3,08092.
    let key = json!({
        "BW": "12.97496", "BY": "15.33048", "BE": "5.04557", "BB": "3.06053", "HB": "0.94097", "HH": "2.52738",
        "HE": "7.31557", "MV": "2.04165", "NI": "9.35696", "NW": "21.24052", "RP": "4.83472", "SL": "1.21566",
        "SN": "5.10067", "ST": "2.85771", "SH": "3.38791", "TH": "2.74835",
    });
    let input = json!({ "amount": "1.00", "cost_share": "25/75", "key": key }).to_string();
    let refused = Place::empty().run_with_input(&["calc", "shares"], input);
    assert!(refused.code != 0 && refused.code != 101, "{refused:?}");
    assert!(refused.err.contains("99,97961") || refused.err.contains("99.97961"), "{refused:?}");
}

#[test]
fn qf_08_which_called_money_lies_unspent() {
    let requests = scenario().at_year_end("requests");
    let rows = requests["rows"].as_array().unwrap();
    for it in rows {
        assert_eq!(cents(&it["unspent_called"]), cents(&it["called"]) - cents(&it["spent"]), "{}", it["id"]);
    }
    let sum: i64 = rows.iter().map(|it| cents(&it["unspent_called"])).sum();
    assert_eq!(sum, 36_715_000);
}

#[test]
fn qf_09_which_requests_were_cut() {
    let requests = scenario().at_year_end("requests");
    let cut = |it: &Value| it["cut"].is_string() && it["cut"] != "0.00";
    assert_eq!(texts(&requests, "id", cut), ["A-24-02", "A-24-05", "A-24-12"]);
    assert_eq!(texts(&requests, "cut", cut), ["60000.00", "50000.00", "100000.00"]);
}

#[test]
fn qf_10_which_requests_were_formally_rejected_and_why() {
    let requests = scenario().at_year_end("requests");
    assert_eq!(texts(&requests, "id", |it| it["state"] == "formally_rejected"), ["A-24-15"]);
    let why = scenario().ask("explain", &["requests", "A-24-15", "state", "--as-of", YEAR_END]);
    assert!(why["events"].as_array().unwrap().iter().any(|it| it["name"] == "request.stepped"), "{why}");
    let events = scenario().on_store(&["events", "--format", "json"]).ended(0).out;
    assert!(!events.contains("verspätet (Frist"), "a sealed text stands in the log");
}

#[test]
fn qf_11_which_requests_were_withdrawn_or_rejected() {
    let requests = scenario().at_year_end("requests");
    let last = |id: &str| row(&requests, "id", id)["trail"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(texts(&requests, "id", |it| it["state"] == "withdrawn"), ["A-24-10"]);
    assert_eq!(texts(&requests, "id", |it| it["state"] == "rejected"), ["A-24-09"]);
    assert_eq!((&last("A-24-10")["date"], &last("A-24-10")["step"]), (&json!("2024-09-02"), &json!("withdrawn")));
    assert_eq!((&last("A-24-09")["date"], &last("A-24-09")["step"]), (&json!("2024-11-13"), &json!("rejected")));
}

#[test]
fn qf_12_where_request_a_24_14_stands() {
    let requests = scenario().at_year_end("requests");
    let it = row(&requests, "id", "A-24-14");
    assert_eq!((&it["state"], &it["kind"]), (&json!("substantive_check"), &json!("additional")));
    assert_eq!(it["requested"], "350000.00");
    assert_eq!(it["trail"].as_array().unwrap().last().unwrap()["date"], "2024-11-04");
}

#[test]
fn qf_13_how_long_a_decision_takes() {
    let requests = scenario().at_year_end("requests");
    assert_eq!(requests["summary"]["median_days_to_decision"], "116.50");
    let rows = requests["rows"].as_array().unwrap();
    let longest = rows.iter().max_by_key(|it| it["days_to_decision"].as_u64()).unwrap();
    assert_eq!((&longest["id"], &longest["days_to_decision"]), (&json!("A-24-08"), &json!(247)));
}

#[test]
fn qf_14_how_much_of_what_was_requested_is_granted() {
    let summary = &scenario().at_year_end("requests")["summary"];
    let rates = (&summary["approval_rate_amount"], &summary["approval_rate_count"]);
    assert_eq!(rates, (&json!("89.65"), &json!("91.67")));
}

#[test]
fn qf_15_which_authorities_exist_for_2025() {
    let requests = scenario().at_year_end("requests");
    let with = texts(&requests, "id", |it| it["commitment_authority"] != "0.00");
    assert_eq!(with, ["A-24-11"]);
    assert_eq!(row(&requests, "id", "A-24-11")["commitment_authority"], "800000.00");
}

fn booking(request: &str, kind: &str, amount: &str, year: u32, reference: &str) -> Value {
    json!({
        "date": "2024-12-20", "request": request, "kind": kind, "amount": amount, "fiscal_year": year,
        "reference": reference, "received_on": "2024-12-20",
    })
}

#[test]
fn qf_16_a_commitment_above_the_authority_is_refused() {
    let place = Place::with_scenario();
    let refused = place.refuse("bookings", booking("A-24-11", "commitment", "800000.01", 2025, "BU-X1"));
    assert_eq!(refused["code"], "commitment_exceeds_authority", "{refused}");
    place.accept("bookings", booking("A-24-11", "commitment", "800000.00", 2025, "BU-X2"));
    let again = place.refuse("bookings", booking("A-24-11", "commitment", "0.01", 2025, "BU-X3"));
    assert_eq!(again["code"], "commitment_exceeds_authority", "{again}");
}

#[test]
fn qf_17_a_call_above_the_allocation_is_refused() {
    let place = Place::with_scenario();
    let refused = place.refuse("bookings", booking("A-24-07", "call", "96000.01", 2024, "BU-X1"));
    assert_eq!(refused["code"], "call_exceeds_allocation", "{refused}");
    place.accept("bookings", booking("A-24-07", "call", "96000.00", 2024, "BU-X2"));
}

#[test]
fn qf_18_which_proofs_are_due() {
    let requests = scenario().at_year_end("requests");
    let due = texts(&requests, "id", |it| !it["proof_due"].is_null());
    assert_eq!(due, ["A-24-06"]);
    let it = row(&requests, "id", "A-24-06");
    assert_eq!((&it["proof_due"], &it["state"]), (&json!("2025-05-31"), &json!("proof_submitted")));
    let place = Place::with_scenario();
    place.accept("request_steps", json!({ "date": "2025-01-31", "request": "A-24-07", "step": "purpose_fulfilled" }));
    let later = place.ask("requests", &["--as-of", "2025-01-31"]);
    let it = row(&later, "id", "A-24-07");
    // Without a stated date, six months after the purpose ends.
    assert_eq!((&it["proof_due"], &it["state"]), (&json!("2025-07-31"), &json!("proof_due")));
}

#[test]
fn qf_19_what_was_called_and_not_recognised_is_repaid() {
    let place = Place::with_scenario();
    let state = || row(&place.ask("requests", &["--as-of", "2025-06-30"]), "id", "A-24-06")["state"].clone();
    let step = |date: &str, step: &str, amount: Value| json!({ "date": date, "request": "A-24-06", "step": step, "amount": amount });
    place.accept("request_steps", step("2025-02-03", "clawback_set", json!("8550.00")));
    assert_eq!(state(), "clawback");
    place.accept("request_steps", step("2025-03-03", "repayment_booked", json!("8550.00")));
    assert_eq!(state(), "closed");
    let refused = place.refuse("request_steps", step("2025-03-04", "proof_submitted", Value::Null));
    assert_eq!(refused["code"], "step_not_allowed", "{refused}");
}

#[test]
fn qf_20_how_the_money_is_spread_over_the_pillars() {
    let funds = scenario().at_year_end("funds");
    let pillars = funds["summary"]["by_pillar"].as_object().unwrap();
    for field in ["requested", "granted", "committed", "spent"] {
        let sum: i64 = pillars.values().map(|it| cents(&it[field])).sum();
        assert_eq!(sum, cents(&funds["summary"][field]), "{field}");
    }
    assert_eq!(pillars["RM"]["granted"], "4100000.00");
}

/// What the Bund and the Länder together bear of 1,100,000.
fn bund_and_laender(share: &str) -> (i64, i64) {
    let options = ["--amount", "1100000.00", "--cost-share", share, "--key-year", "2019"];
    let shares = scenario().ask("shares", &options);
    let bund = cents(&row(&shares, "partner", "BUND")["amount"]);
    (bund, cents(&shares["summary"]["total"]) - bund)
}

#[test]
fn qf_21_what_another_cost_share_costs() {
    assert_eq!(bund_and_laender("25/75"), (27_500_000, 82_500_000));
    assert_eq!(bund_and_laender("35/65"), (38_500_000, 71_500_000));
}

#[test]
fn qf_23_a_wrong_booking_is_replaced_and_both_stay_visible() {
    let place = Place::with_scenario();
    let spent = |place: &Place| row(&place.at_year_end("requests"), "id", "A-24-07")["spent"].clone();
    assert_eq!(spent(&place), "40000.00");
    let mut replacing = booking("A-24-07", "expense", "13000.00", 2024, "BU-2407-11-neu");
    replacing["corrects"] = json!("BU-2407-11");
    replacing["date"] = json!("2024-12-18");
    let position = place.accept("bookings", replacing);
    assert_eq!(spent(&place), "39000.00");
    let corrected = place.at_year_end("exceptions");
    let listed = corrected["rows"].as_array().unwrap().iter().filter(|it| it["kind"] == "corrected");
    let events: Vec<u64> = listed.flat_map(|it| it["events"].as_array().unwrap()).filter_map(Value::as_u64).collect();
    assert!(events.contains(&position), "{corrected}");
    let log = place.on_store(&["events", "--format", "json"]).ended(0).out;
    assert!(log.contains("\"BU-2407-11\"") && log.contains("\"BU-2407-11-neu\""), "both bookings are in the log");
}

#[test]
fn qf_24_everything_about_request_a_24_12() {
    let requests = scenario().at_year_end("requests");
    let it = row(&requests, "id", "A-24-12");
    assert_eq!(it["submitted_on"], "2024-01-29");
    let trail: Vec<(&str, &str)> = it["trail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["date"].as_str().unwrap(), it["step"].as_str().unwrap()))
        .collect();
    let expected = [
        ("2024-01-31", "formal_check_started"),
        ("2024-02-12", "documents_requested"),
        ("2024-03-04", "documents_supplied"),
        ("2024-03-11", "formally_cleared"),
        ("2024-05-14", "assessed"),
        ("2024-05-27", "paper_filed"),
        ("2024-06-19", "resolved"),
        ("2024-07-01", "granted"),
    ];
    assert_eq!(trail, expected);
    assert_eq!(it["cut"], "100000.00");
}

#[test]
fn qf_25_figures_for_a_german_spreadsheet() {
    let store = scenario().store();
    let options = ["funds", "--store", &store, "--as-of", YEAR_END, "--format", "csv-de"];
    let text = scenario().run(&options).ended(0).out;
    assert!(text.starts_with('\u{feff}'), "a BOM tells a spreadsheet that it is UTF-8");
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').split("\r\n").collect();
    let header: Vec<&str> = lines[0].split(';').collect();
    let budget = header.iter().position(|it| *it == "budget" || it.starts_with("budget")).unwrap();
    let amounts: Vec<&str> = lines[1..4].iter().map(|it| it.split(';').nth(budget).unwrap()).collect();
    assert_eq!(amounts, ["1100000,00", "1288208,24", "4500000,00"]);
}
