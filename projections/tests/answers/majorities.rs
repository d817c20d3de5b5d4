//! Which majority a paper needs, and what is known of it, worked out by hand.

use jiff::civil::date;
use leitstand_projections::{Ask, Day, Filter, Page, View, explain};
use serde_json::{Value, json};

use crate::{
    desk::Desk,
    votes::{paper, planned, request, resolved, voted},
};

/// The rows of `votes` and its papers without their majority.
fn told(desk: &Desk) -> (Vec<Value>, Value) {
    let votes = desk.at("votes", date(2024, 12, 31));
    let rows = votes["rows"].as_array().unwrap().clone();
    (rows, votes["summary"]["without_majority"].clone())
}

/// A paper that was decided on and noted later was decided on.
#[test]
fn what_is_noted_later_does_not_hide_the_decision() {
    let mut desk = planned();
    paper(&mut desk, "V-1", "S-45", "", "2024-10-15");
    voted(&mut desk, "V-1", "S-45", &[("BUND", "no")]);
    resolved(
        &mut desk,
        "R-1",
        "S-45",
        "V-1",
        "decision",
        "BUND HH",
        "2024-11-13",
    );
    resolved(&mut desk, "R-2", "S-45", "V-1", "noted", "", "2024-11-14");
    let (rows, without) = told(&desk);
    assert_eq!(without, json!(["V-1"]));
    assert_eq!(
        (&rows[0]["kind"], &rows[0]["partners"]),
        (&json!("decision"), &json!("BUND HH"))
    );
}

/// Invariant 7 of the dossier: the step that resolves a request carries the facts of the majority, also where nobody
/// handed in a resolution.
#[test]
fn a_request_resolved_against_the_votes_is_seen_without_a_resolution() {
    for (step, votes, expected) in [
        ("resolved", ("BUND", "no"), json!(["V-1"])),
        ("rejected", ("BUND", "no"), json!([])),
        ("resolved", ("HB", "no"), json!([])),
    ] {
        let mut desk = planned();
        let filed = ("2024-09-20", "paper_filed", "S-45");
        request(&mut desk, &[filed, ("2024-11-13", step, "S-45")]);
        paper(&mut desk, "V-1", "S-45", "A-1", "2024-09-20");
        paper(&mut desk, "V-2", "S-A", "A-1", "2024-09-20");
        for (id, sitting) in [("V-1", "S-45"), ("V-2", "S-A")] {
            voted(&mut desk, id, sitting, &[votes]);
        }
        let (rows, without) = told(&desk);
        assert_eq!(without, expected, "{step} {votes:?}");
        // Paper, sitting, key, seventeen votes; and the step that resolves.
        let events = rows[0]["events"].as_array().unwrap().len();
        assert_eq!(events, 20 + usize::from(step == "resolved"));
    }
}

/// "Recommendations need a simple majority of those present" (dossier, section 4).
#[test]
fn a_recommendation_needs_a_simple_majority() {
    let mut desk = planned();
    let all_but = |yes: usize, no: usize| -> Vec<(&'static str, &'static str)> {
        let partners = crate::votes::ALL.iter().enumerate();
        let said = partners.map(|(at, it)| match at {
            at if at < yes => (*it, "yes"),
            at if at < yes + no => (*it, "no"),
            _ => (*it, ""),
        });
        said.collect()
    };
    for (id, yes, no) in [("V-1", 5, 4), ("V-2", 4, 4)] {
        paper(&mut desk, id, "S-A", "", "2024-09-20");
        voted(&mut desk, id, "S-A", &all_but(yes, no));
        resolved(
            &mut desk,
            &format!("R-{id}"),
            "S-A",
            id,
            "recommendation",
            "",
            "2024-10-08",
        );
    }
    let (rows, without) = told(&desk);
    let majority = |at: usize| rows[at]["simple_majority"].clone();
    assert_eq!((majority(0), majority(1)), (json!(true), json!(false)));
    // Whether they would do for a decision is told beside it.
    assert_eq!(rows[0]["adopted"], false);
    assert_eq!(without, json!(["V-2"]));
    let decisions = desk.at("decisions", date(2024, 12, 31));
    let rows = decisions["rows"].as_array().unwrap().iter();
    let adopted: Vec<_> = rows.map(|it| (&it["paper"], &it["adopted"])).collect();
    let expected = [json!(["V-1", true]), json!(["V-2", false])];
    assert_eq!(json!(adopted), json!(expected));
    // Who is present is not said where one only asks what would be.
    let filter = Filter {
        yes: Some("BUND".to_owned()),
        key_year: Some(2019),
        ..Filter::default()
    };
    let supposed = desk.asked("votes", date(2024, 12, 31), filter).unwrap();
    let undefined = json!({ "undefined": "nobody said who is present" });
    assert_eq!(supposed["rows"][0]["simple_majority"], undefined);
}

/// "Silence in an Umlaufverfahren is an abstention" (dossier, section 4): who says nothing there takes part.
#[test]
fn silence_in_a_written_procedure_is_an_abstention() {
    let mut desk = planned();
    for (id, channel) in [("U-1", "written"), ("U-2", "sitting")] {
        let cells = [
            ("id", id),
            ("body", "B-ITPLR"),
            ("date", "2024-09-30"),
            ("channel", channel),
            ("received_on", "2024-01-02"),
        ];
        desk.row("sittings", &cells);
    }
    let silent_but = |yes: usize| -> Vec<(&'static str, &'static str)> {
        let partners = crate::votes::ALL.iter().enumerate();
        let said = partners.map(|(at, it)| (*it, if at < yes { "yes" } else { "" }));
        said.collect()
    };
    for (paper_id, sitting, yes) in [("V-1", "U-1", 8), ("V-2", "U-1", 9), ("V-3", "U-2", 3)] {
        let cells = [
            ("id", paper_id),
            ("sitting", sitting),
            ("number", "TOP 12"),
            ("version", "3"),
            ("title", "Vorlage"),
            ("filed_on", "2024-09-20"),
            ("received_on", "2024-09-20"),
        ];
        desk.row("papers", &cells);
        voted(&mut desk, paper_id, sitting, &silent_but(yes));
        let resolution = format!("R-{paper_id}");
        let (kind, on) = ("recommendation", "2024-10-08");
        resolved(&mut desk, &resolution, sitting, paper_id, kind, "", on);
    }
    let (rows, without) = told(&desk);
    let told = |name: &str| -> Vec<Value> { rows.iter().map(|it| it[name].clone()).collect() };
    assert_eq!(told("simple_majority"), [false, true, true]);
    assert_eq!(told("number"), ["TOP 12", "TOP 12", "TOP 12"]);
    assert_eq!(told("version"), ["3", "3", "3"]);
    assert_eq!(without, json!(["V-1"]));
    let decisions = desk.at("decisions", date(2024, 12, 31));
    let rows = decisions["rows"].as_array().unwrap().iter();
    let adopted: Vec<_> = rows.map(|it| &it["adopted"]).collect();
    assert_eq!(json!(adopted), json!([false, true, true]));
}

/// The first key is that of 2014: before, only what it weighs is not known.
#[test]
fn before_the_first_key_only_its_share_is_undefined() {
    let mut desk = planned();
    let cells = [
        ("id", "S-30"),
        ("body", "B-ITPLR"),
        ("date", "2010-06-01"),
        ("received_on", "2010-01-02"),
    ];
    desk.row("sittings", &cells);
    for (id, but) in [("V-1", &[][..]), ("V-2", &[("BUND", "no")])] {
        paper(&mut desk, id, "S-30", "", "2010-05-01");
        voted(&mut desk, id, "S-30", but);
    }
    let (rows, _) = told(&desk);
    let none = json!({ "undefined": "no cost key in force" });
    for (row, bund, unanimous, adopted) in [
        (&rows[0], "yes", true, &none),
        (&rows[1], "no", false, &json!(false)),
    ] {
        assert_eq!(
            (&row["bund"], &row["laender_yes"], &row["unanimous"]),
            (&json!(bund), &json!(16), &json!(unanimous))
        );
        assert_eq!((&row["key_share_yes"], &row["missing"]), (&none, &none));
        assert_eq!(&row["adopted"], adopted);
    }
}

/// How the two thirds come about: what each Land that said yes holds of the key, in units of 0.00001 percent.
#[test]
fn the_share_of_the_key_is_explained_land_by_land() {
    let mut desk = planned();
    paper(&mut desk, "V-1", "S-45", "", "2024-10-15");
    voted(&mut desk, "V-1", "S-45", &[("NW", "no"), ("BY", "abstain")]);
    let explained = |yes: Option<&str>, row: &str| {
        let ask = Ask {
            view: View {
                as_of: Day::of(date(2024, 12, 31)).unwrap(),
                known_on: None,
                at_position: None,
            },
            filter: Filter {
                yes: yes.map(str::to_owned),
                key_year: yes.map(|_| 2016),
                ..Filter::default()
            },
            page: Page::default(),
        };
        let told = explain(&desk.facts, &ask, "votes", row, "key_share_yes").unwrap();
        let (mut sum, mut laender, mut key) = (0, Vec::new(), Vec::new());
        for (name, value) in told.inputs {
            match value.as_str() {
                Some(part) => {
                    sum += part.replace('.', "").parse::<u32>().unwrap();
                    laender.push(name);
                }
                None => key.push(json!([name, value])),
            }
        }
        let share = told.value.as_str().unwrap().replace('.', "");
        assert_eq!(share.parse::<u32>().unwrap(), sum, "{laender:?}");
        (sum, laender.join(" "), json!(key))
    };
    // Key of 2019, which nobody checked: 100 − 21.07592 − 15.56072.
    let (sum, laender, key) = explained(None, "V-1");
    assert_eq!(sum, 6_336_336);
    assert_eq!(laender, "BW BE BB HB HH HE MV NI RP SL SN ST SH TH");
    assert_eq!(key, json!([["key_year", 2019], ["key_verified", false]]));
    // What would be, with the key of 2016: 12.96662 + 0.95331.
    let (sum, laender, key) = explained(Some("BUND,BW,HB"), "yes");
    assert_eq!((sum, &*laender), (1_391_993, "BW HB"));
    assert_eq!(key, json!([["key_year", 2016], ["key_verified", true]]));
}

/// Nothing refuses a vote that names another sitting than its paper's: it counts, and whose it is is told.
#[test]
fn a_vote_that_names_another_sitting_counts_and_is_told_of() {
    let mut desk = planned();
    for id in ["V-1", "V-2"] {
        paper(&mut desk, id, "S-45", "", "2024-10-15");
        voted(&mut desk, id, "S-45", &[("HH", ""), ("SH", "")]);
    }
    let mut elsewhere = Vec::new();
    for (paper, partner, sitting) in [
        ("V-1", "HH", "S-46"),
        ("V-1", "SH", "S-45"),
        ("V-2", "SH", "S-A"),
    ] {
        let cells = [
            ("sitting", sitting),
            ("paper", paper),
            ("partner", partner),
            ("vote", "yes"),
            ("date", "2024-11-13"),
            ("received_on", "2024-11-14"),
        ];
        let position = desk.row("votes", &cells);
        if sitting != "S-45" {
            elsewhere.push(json!([position]));
        }
    }
    let rows = desk.at("votes", date(2024, 12, 31))["rows"].clone();
    let told = |at: usize| json!([rows[at]["unanimous"], rows[at]["other_sitting"]]);
    assert_eq!(told(0), json!([true, ["HH"]]));
    assert_eq!(told(1), json!([false, ["SH"]]));
    let exceptions = desk.at("exceptions", date(2024, 12, 31));
    assert_eq!(exceptions["summary"]["counts"]["other_sitting"], 2);
    let rows = exceptions["rows"].as_array().unwrap().iter();
    let seen: Vec<&Value> = rows.filter(|it| it["kind"] == "other_sitting").collect();
    let what: Vec<&Value> = seen.iter().map(|it| &it["what"]).collect();
    assert_eq!(what, ["V-1/HH: S-46 ≠ S-45", "V-2/SH: S-A ≠ S-45"]);
    let events: Vec<&Value> = seen.iter().map(|it| &it["events"]).collect();
    assert_eq!(events, elsewhere.iter().collect::<Vec<_>>());
}
