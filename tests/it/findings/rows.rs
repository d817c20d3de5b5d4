//! Identity, times, references, new states, corrections, and the rules inside a row.

use serde_json::{Value, json};

use super::{case, check};
use crate::support::Place;

const MILESTONES: &str = "id,subject,title,baseline,planned_on,valid_from";

#[test]
fn rules_inside_a_row() {
    let cases = [
        case(
            "milestone_reports.csv",
            "report_date,milestone,forecast,reached\n2025-01-31,X-1,,\n",
            1,
            "milestone",
            "unknown_reference",
        ),
        case(
            "status_reports.csv",
            "report_date,measure,schedule,budget\n2025-01-31,DG-M-01,G,G\n",
            1,
            "overall",
            "incomplete_colours",
        ),
        case(
            "status_reports.csv",
            "report_date,measure,comment\n2025-01-31,DG-M-01,nichts\n",
            1,
            "overall",
            "incomplete_colours",
        ),
        case(
            "status_reports.csv",
            "report_date,measure,overall\n2025-01-31,XX-M-01,G\n",
            1,
            "measure",
            "unknown_reference",
        ),
        case(
            "status_reports.csv",
            "report_date,measure,overall,reporter\n2025-01-31,DG-M-01,G,Frau Muster\n",
            1,
            "reporter",
            "unknown_reference",
        ),
        case(
            "goal_indicators.csv",
            "goal,indicator,unit,base,target,due,set_on\nDG-Z-01,I,Stück,5,5,2025-12-31,2025-01-01\n",
            1,
            "target",
            "base_is_target",
        ),
        case(
            "goal_measurements.csv",
            "date,goal,indicator,value\n2025-01-01,DG-Z-99,I,5\n",
            1,
            "goal",
            "unknown_reference",
        ),
        case(
            "links.csv",
            "from,kind,to,set_on\nDG-M-01,related,DG-M-01,2025-01-01\n",
            1,
            "to",
            "self_link",
        ),
        case(
            "seats.csv",
            "id,body,role,from,until\nS-1,B-AGDD,Vorsitz,2025-02-01,2025-01-01\n",
            1,
            "until",
            "days_out_of_order",
        ),
        case(
            "activities.csv",
            "id,measure,optimistic,likely,pessimistic,planned_on\nV-1,DG-M-01,5,4,9,2025-01-01\n",
            1,
            "likely",
            "durations_out_of_order",
        ),
        case(
            "activities.csv",
            "id,measure,optimistic,likely,pessimistic,planned_on,predecessors\nV-1,DG-M-01,1,2,3,2025-01-01,V-0:XX\n",
            1,
            "predecessors",
            "bad_predecessor",
        ),
        case(
            "activities.csv",
            "id,measure,optimistic,likely,pessimistic,planned_on,predecessors\nV-1,DG-M-01,1,2,3,2025-01-01,V-1\n",
            1,
            "predecessors",
            "cycle",
        ),
        case(
            "impediments.csv",
            "id,subject,title,reported_on\nH-1,XX,T,2025-01-01\n",
            1,
            "subject",
            "unknown_reference",
        ),
        case(
            "risks.csv",
            "id,subject,category,title,response,identified_on\nR-1,DG,Technik,T,hope,2025-01-01\n",
            1,
            "response",
            "bad_code",
        ),
    ];
    check(&Place::begun(), &cases);
}

/// A place with a risk, an impediment and a milestone.
pub(crate) fn prepared() -> Place {
    let place = Place::begun();
    place.accept("risks", json!({ "id": "R-1", "subject": "DG", "category": "Technik", "title": "T", "response": "accept", "identified_on": "2025-01-01" }));
    place.accept(
        "impediments",
        json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" }),
    );
    place.accept("milestones", json!({ "id": "M-1", "subject": "DG-M-01", "title": "T", "baseline": "2025-06-30", "planned_on": "2025-01-01" }));
    place
}

#[test]
fn rules_of_rows_about_other_rows() {
    let cases = [
        case(
            "risk_assessments.csv",
            "date,risk,probability,impact\n2025-01-31,R-1,6,1\n",
            1,
            "probability",
            "level_out_of_range",
        ),
        case(
            "risk_assessments.csv",
            "date,risk,probability,impact\n2025-01-31,R-1,1,0\n",
            1,
            "impact",
            "level_out_of_range",
        ),
        case(
            "risk_assessments.csv",
            "date,risk,probability,impact\n2025-01-31,R-9,1,1\n",
            1,
            "risk",
            "unknown_reference",
        ),
        case(
            "risk_drivers.csv",
            "risk,activity\nR-1,V-9\n",
            1,
            "activity",
            "unknown_reference",
        ),
        case(
            "impediment_steps.csv",
            "date,impediment,step\n2025-01-31,H-1,escalated\n",
            1,
            "to_body",
            "missing_cell",
        ),
        case(
            "impediment_steps.csv",
            "date,impediment,step,to_body\n2025-01-31,H-1,escalated,B-NIE\n",
            1,
            "to_body",
            "unknown_reference",
        ),
        case(
            "milestone_reports.csv",
            "report_date,milestone,forecast,reached\n2025-01-31,M-1,2025-07-01,2025-07-01\n",
            1,
            "forecast",
            "forecast_or_reached",
        ),
        case(
            "milestone_reports.csv",
            "report_date,milestone,forecast,reached\n2025-01-31,M-1,,\n",
            1,
            "forecast",
            "forecast_or_reached",
        ),
        case(
            "milestones.csv",
            format!("{MILESTONES}\nM-1,DG-M-01,T,2025-09-30,2025-01-01,2025-03-01\n"),
            1,
            "baseline",
            "use_rebaseline",
        ),
        case(
            "milestones.csv",
            format!("{MILESTONES}\nM-1,DG-M-01,Neuer Titel,2025-06-30,2025-01-01,\n"),
            1,
            None,
            "use_correction",
        ),
        case(
            "milestones.csv",
            format!("{MILESTONES}\nM-1,DG-M-01,Neuer Titel,2025-06-30,2025-01-01,2024-12-31\n"),
            1,
            None,
            "use_correction",
        ),
        case(
            "rebaselines.csv",
            "milestone,baseline,resolved_on,resolution,reason\nM-9,2025-09-30,2025-03-01,B 1,Grund\n",
            1,
            "milestone",
            "unknown_reference",
        ),
        case(
            "rebaselines.csv",
            "milestone,baseline,resolved_on,resolution,reason\nM-1,2025-09-30,2025-03-01,B 1,\n",
            1,
            "reason",
            "missing_cell",
        ),
    ];
    check(&prepared(), &cases);
}

#[test]
fn a_row_is_known_by_its_content_and_refused_with_another() {
    let place = prepared();
    let report = |forecast: &str, note: &str, reporter: &str, received: &str| json!({ "report_date": "2025-01-31", "milestone": "M-1", "forecast": forecast, "note": note, "reporter": reporter, "received_on": received });
    let position = place.accept(
        "milestone_reports",
        report("2025-07-31", "eins", "B-PMO", "2025-02-01"),
    );
    // `received_on`, `reporter` and `note` are not content.
    let known = place.feed_rows(
        "milestone_reports",
        &[report("31.07.2025", "zwei", "B-FITKO", "2025-02-09")],
    );
    assert_eq!(
        (&known["known"], &known["position"]),
        (&json!(1), &json!(position))
    );
    let refused = place.refuse(
        "milestone_reports",
        report("2025-08-31", "eins", "B-PMO", "2025-02-01"),
    );
    assert_eq!(refused["code"], "use_correction");
    // `file_ref` is.
    let mut with_file = report("2025-07-31", "eins", "B-PMO", "2025-02-01");
    with_file["file_ref"] = json!("AZ 1");
    assert_eq!(
        place.refuse("milestone_reports", with_file)["code"],
        "use_correction"
    );
    // A row with a key of its own is another row.
    let mut keyed = report("2025-08-31", "", "B-PMO", "2025-02-01");
    keyed["key"] = json!("MR-1");
    keyed["report_date"] = json!("2025-02-28");
    place.accept("milestone_reports", keyed.clone());
    keyed["forecast"] = json!("2025-09-30");
    assert_eq!(
        place.refuse("milestone_reports", keyed)["code"],
        "use_correction"
    );
}

#[test]
fn known_dates_lie_not_in_the_future_and_the_past_is_backfilled() {
    let place = prepared();
    let row = |id: &str, received: &str| json!({ "id": id, "subject": "PROG", "title": "T", "reported_on": "2025-01-01", "received_on": received });
    let refused = place.refuse("impediments", row("H-2", "2100-12-31"));
    assert_eq!(
        (&refused["code"], &refused["column"]),
        (&json!("known_in_future"), &json!("received_on"))
    );
    let position = place.accept("impediments", row("H-3", "2025-01-02"));
    let exceptions = place.ask("exceptions", &["--as-of", "2025-12-31"]);
    let is_it = |it: &Value| it["kind"] == "backfilled" && it["events"] == json!([position]);
    assert!(
        exceptions["rows"].as_array().unwrap().iter().any(is_it),
        "{exceptions}"
    );
    assert_eq!(
        place.ask(
            "impediments",
            &["--as-of", "2025-12-31", "--known-on", "2025-06-30"]
        )["backfilled"],
        1
    );
}

#[test]
fn a_later_valid_from_is_a_new_state() {
    let place = prepared();
    let state = |owner: &str, from: &str| json!({ "id": "R-1", "subject": "DG", "category": "Technik", "title": "T", "response": "accept", "identified_on": "2025-01-01", "owner": owner, "valid_from": from, "received_on": from });
    place.accept("risks", state("B-PMO", "2025-03-01"));
    assert_eq!(
        place.refuse("risks", state("B-FITKO", "2025-03-01"))["code"],
        "use_correction"
    );
    assert_eq!(
        place.refuse("risks", state("B-FITKO", "2025-02-01"))["code"],
        "use_correction"
    );
    place.accept("risks", state("B-FITKO", "2025-04-01"));
    place.accept(
        "risk_assessments",
        json!({ "date": "2025-01-02", "risk": "R-1", "probability": 1, "impact": 1 }),
    );
    let owner = |day: &str| place.ask("risks", &["--as-of", day])["rows"][0]["owner"].clone();
    assert_eq!(
        [
            owner("2025-02-28"),
            owner("2025-03-01"),
            owner("2025-04-01")
        ],
        [json!(null), json!("B-PMO"), json!("B-FITKO")]
    );
}

#[test]
fn activities_that_wait_for_each_other_are_refused() {
    let place = Place::begun();
    let header = "id,measure,optimistic,likely,pessimistic,planned_on,predecessors";
    let line = |id: &str, before: &str| format!("{id},DG-M-01,1,2,3,2025-01-01,{before}\n");
    let content = format!(
        "{header}\n{}{}{}",
        line("V-1", "V-3"),
        line("V-2", "V-1"),
        line("V-3", "V-2:SS+2")
    );
    check(
        &place,
        &[case("activities.csv", content, 3, "predecessors", "cycle")],
    );
}
