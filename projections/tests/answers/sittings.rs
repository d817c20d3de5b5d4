//! Which request is due at which sitting, and which misses it, worked out by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

/// Two council sittings, each prepared by the heads of division, and a competence team between them.
fn planned() -> Desk {
    let mut desk = Desk::with_bodies(date(2026, 3, 1));
    let sittings = [
        ["AL1", "B-ALR", "2024-05-14", "2024-04-30", "S44"],
        ["S44", "B-ITPLR", "2024-06-19", "2024-05-29", ""],
        ["KT", "B-KT-DS", "2024-08-20", "2024-08-01", ""],
        ["AL2", "B-ALR", "2024-10-01", "2024-09-17", "S45"],
        ["S45", "B-ITPLR", "2024-11-13", "2024-10-23", ""],
    ];
    desk.sittings(&sittings, "2024-01-02");
    desk
}

/// A request that is cleared, and its steps: day, step, sitting.
fn request(desk: &mut Desk, id: &str, steps: &[(&str, &str, &str)]) {
    let cells = [
        ("id", id),
        ("subject", "DG-M-03"),
        ("applicant", "B-FITKO"),
        ("pot", "T-1"),
        ("kind", "first"),
        ("amount", "600.00"),
        ("submitted_on", "2024-01-10"),
        ("received_on", "2024-01-10"),
    ];
    desk.row("requests", &cells);
    let cleared = [
        ("2024-02-01", "formal_check_started", ""),
        ("2024-02-02", "formally_cleared", ""),
    ];
    for (day, step, sitting) in cleared.iter().chain(steps) {
        let cells = [
            ("date", *day),
            ("request", id),
            ("step", *step),
            ("sitting", *sitting),
            ("received_on", *day),
        ];
        desk.row("request_steps", &cells);
    }
}

fn paper(desk: &mut Desk, id: &str, sitting: &str, request: &str, day: &str) {
    let cells = [
        ("id", id),
        ("sitting", sitting),
        ("title", "Cockpit"),
        ("request", request),
        ("filed_on", day),
        ("received_on", day),
    ];
    desk.row("papers", &cells);
}

/// The next sitting with what is due at it, what misses which, and what is at risk of that.
fn told(desk: &Desk, month: i8, day: i8) -> Value {
    let summary = desk.at("decisions", date(2024, month, day))["summary"].clone();
    let pairs = |figure: &str| {
        let rows = summary[figure].as_array().unwrap().iter();
        rows.map(|it| json!([it["request"], it["sitting"]]))
            .collect::<Value>()
    };
    let next = &summary["due_next"];
    json!([
        next["sitting"],
        next["requests"],
        pairs("misses"),
        pairs("at_risk")
    ])
}

/// The sitting of a paper counts where the step that files it, or files it again, names none, whatever sitting an
/// earlier step names.
#[test]
fn a_paper_says_for_which_sitting_it_is() {
    let mut desk = planned();
    request(
        &mut desk,
        "RESUB",
        &[
            ("2024-04-01", "assessed", "AL1"),
            ("2024-04-20", "paper_filed", "S44"),
            ("2024-06-19", "deferred", "S44"),
            ("2024-07-01", "resubmitted", ""),
        ],
    );
    paper(&mut desk, "V-RESUB", "S44", "RESUB", "2024-04-20");
    paper(&mut desk, "V-RESUB2", "S45", "RESUB", "2024-07-01");
    request(
        &mut desk,
        "ASSES",
        &[
            ("2024-04-01", "assessed", "AL1"),
            ("2024-07-01", "paper_filed", ""),
        ],
    );
    paper(&mut desk, "V-ASSES", "S45", "ASSES", "2024-07-01");
    assert_eq!(
        told(&desk, 6, 18),
        json!(["S44", ["RESUB"], [["ASSES", "S44"]], []])
    );
    // On its day the sitting that deferred it is over for it, and the paper for that sitting is used up.
    assert_eq!(told(&desk, 6, 19)[3], json!([["RESUB", "S45"]]));
    let both = json!(["S45", ["ASSES", "RESUB"], [], []]);
    assert_eq!(
        (told(&desk, 8, 1), told(&desk, 10, 30)),
        (both.clone(), both)
    );
}

/// Filed after the earliest deadline on the way, it misses that sitting, also when it is asked for later; once the
/// sitting is over, it waits for the next, for which there is no paper yet.
#[test]
fn a_paper_that_was_filed_late_misses_its_sitting() {
    let mut desk = planned();
    let filed = ("2024-06-10", "paper_filed", "S44");
    request(&mut desk, "LATE", &[("2024-04-01", "assessed", ""), filed]);
    paper(&mut desk, "V-LATE", "S44", "LATE", "2024-06-10");
    // In time for the council, too late for the heads of division, whom it passes first.
    let filed = ("2024-05-02", "paper_filed", "S44");
    request(
        &mut desk,
        "PASSED",
        &[("2024-04-01", "assessed", ""), filed],
    );
    let filed = ("2024-04-30", "paper_filed", "S44");
    request(
        &mut desk,
        "TIMELY",
        &[("2024-04-01", "assessed", ""), filed],
    );
    let late = json!([["LATE", "S44"], ["PASSED", "S44"]]);
    for (month, day) in [(5, 2), (5, 30), (6, 12), (6, 19)] {
        assert_eq!(
            told(&desk, month, day),
            json!(["S44", ["TIMELY"], late, []]),
            "{month}-{day}"
        );
    }
    let waiting = json!([["LATE", "S45"], ["PASSED", "S45"], ["TIMELY", "S45"]]);
    assert_eq!(told(&desk, 6, 20)[3], waiting);
    assert_eq!(told(&desk, 9, 18)[2], waiting);
    // A paper in time for the next makes good for it.
    paper(&mut desk, "V-LATE2", "AL2", "LATE", "2024-09-17");
    assert_eq!(told(&desk, 9, 18)[1], json!(["LATE"]));
}

/// A competence team prepares, it never decides (dossier 3.3, T11); the heads of division, the steering committee of
/// the registers and FITKO may.
#[test]
fn only_a_body_that_decides_has_a_sitting_to_wait_for() {
    let mut desk = planned();
    request(&mut desk, "OPEN", &[("2024-04-01", "assessed", "KT")]);
    request(
        &mut desk,
        "TEAM",
        &[
            ("2024-04-01", "assessed", ""),
            ("2024-07-01", "paper_filed", "KT"),
        ],
    );
    assert_eq!(
        told(&desk, 8, 1),
        json!(["S45", [], [], [["OPEN", "S45"], ["TEAM", "S45"]]])
    );
    for (id, body, day) in [
        ("F1", "B-FITKO", "2024-10-20"),
        ("L1", "B-RM-LK", "2024-10-10"),
        ("A1", "B-ALR", "2024-09-30"),
    ] {
        let cells = [
            ("id", id),
            ("body", body),
            ("date", day),
            ("received_on", "2024-01-02"),
        ];
        desk.row("sittings", &cells);
        assert_eq!(told(&desk, 8, 1)[0], id);
    }
}

/// In a programme of other bodies each may decide.
#[test]
fn where_none_of_the_bodies_that_decide_sits_any_may() {
    let mut desk = Desk::with_bodies(date(2026, 3, 1));
    let cells = [
        ("id", "KT"),
        ("body", "B-KT-DS"),
        ("date", "2024-08-20"),
        ("received_on", "2024-01-02"),
    ];
    desk.row("sittings", &cells);
    assert_eq!(told(&desk, 8, 1)[0], "KT");
}

/// A sitting that states no deadline is one a request may still miss.
#[test]
fn a_sitting_without_a_deadline_may_be_missed() {
    let mut desk = Desk::with_bodies(date(2026, 3, 1));
    request(&mut desk, "OPEN", &[]);
    let cells = [
        ("id", "S1"),
        ("body", "B-ITPLR"),
        ("date", "2024-06-19"),
        ("received_on", "2024-01-02"),
    ];
    desk.row("sittings", &cells);
    let summary = |month, day| desk.at("decisions", date(2024, month, day))["summary"].clone();
    let unknown = |why: &str| json!({ "undefined": why });
    let may = summary(6, 19);
    let told = json!([{ "request": "OPEN", "sitting": "S1", "paper_deadline": unknown("no paper deadline stated") }]);
    assert_eq!((&may["misses"], &may["at_risk"]), (&json!([]), &told));
    let none = unknown("no sitting known");
    let told = json!([{ "request": "OPEN", "sitting": none, "paper_deadline": none }]);
    let over = summary(6, 20);
    assert_eq!((&over["misses"], &over["at_risk"]), (&told, &json!([])));
}
