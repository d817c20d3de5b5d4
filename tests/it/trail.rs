//! Everything that happened to one request or measure.

use serde_json::{Value, json};

use crate::{
    access,
    questions::year_end::{BOUND, carry, with_next_year},
    support::{Place, Server, eventually, scenario},
};

#[test]
fn a_request_is_told_from_its_application_to_its_money() {
    let trail = scenario()
        .on_store(&[
            "trail",
            "--id",
            "A-24-05",
            "--as-of",
            "2024-12-31",
            "--format",
            "json",
        ])
        .ended(0)
        .json();
    let rows = trail["rows"].as_array().unwrap();
    assert_eq!(
        (&rows[0]["table"], &rows[0]["said"]["id"]),
        (&json!("requests"), &json!("A-24-05"))
    );
    let steps: Vec<&str> = rows
        .iter()
        .filter(|it| it["table"] == "request_steps")
        .map(|it| it["said"]["step"].as_str().unwrap())
        .collect();
    // The same steps as the answer `requests` tells.
    let requests = scenario().at_year_end("requests");
    let told: Vec<&str> = crate::support::row(&requests, "id", "A-24-05")["trail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["step"].as_str().unwrap())
        .collect();
    assert_eq!(steps, told);
    assert!(rows.iter().any(|it| it["table"] == "bookings"));
    // Free texts are told as they were said.
    let condition = rows
        .iter()
        .find(|it| it["said"]["step"] == "resolved_with_conditions");
    assert_eq!(
        condition.unwrap()["said"]["reason"],
        "Metadaten nach DCAT-AP.de"
    );
}

#[test]
fn a_corrected_row_is_told_as_recorded_and_as_it_holds() {
    let place = Place::with_scenario();
    let first = place.accept(
        "status_reports",
        json!({ "report_date": "2025-03-31", "measure": "DG-M-01", "overall": "G" }),
    );
    let second = place.accept(
        "corrections",
        json!({ "table": "status_reports", "key": "DG-M-01/2025-03-31", "date": "2025-03-31", "reason": "falsch", "overall": "R" }),
    );
    let trail = place
        .on_store(&[
            "trail",
            "--id",
            "DG-M-01",
            "--as-of",
            "2025-03-31",
            "--format",
            "json",
        ])
        .ended(0)
        .json();
    let at = |position: u64| {
        let rows = trail["rows"].as_array().unwrap().iter();
        rows.clone().find(|it| it["position"] == position).unwrap()
    };
    assert_eq!(
        (&at(first)["said"]["overall"], &at(first)["holds"]),
        (&json!("G"), &json!(false))
    );
    assert_eq!(
        (&at(second)["said"], &at(second)["holds"]),
        (&json!({ "overall": "R", "reason": "falsch" }), &json!(true))
    );
    for position in [first, second] {
        assert_eq!(at(position)["stands"]["overall"], "R");
    }
    // A measure's milestones belong to it.
    assert!(
        trail["rows"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["table"] == "milestones")
    );
    place
        .on_store(&["trail", "--id", "NEVER", "--as-of", "2025-03-31"])
        .ended(2);
    place.on_store(&["trail", "--as-of", "2025-03-31"]).ended(2);
}

/// What a status report says in words is recorded, and read in the trail; erased, it says so.
#[test]
fn what_was_said_in_words_is_told_until_it_is_erased() {
    let place = Place::begun();
    let words = [
        ("comment", "Kommentar"),
        ("schedule_reason", "Terminlage"),
        ("budget_reason", "Mittel"),
        ("scope_reason", "Umfang"),
        ("resources_reason", "Stellen"),
        ("risks_reason", "Risiko"),
        ("done", "Getan"),
        ("next", "Vorhaben"),
        ("decision_needed", "Entscheidung"),
        ("note", "Vermerk"),
    ];
    let mut report = json!({ "report_date": "2025-03-31", "measure": "DG-M-01", "overall": "A" });
    for (column, text) in words {
        report[column] = json!(text);
    }
    let position = place.accept("status_reports", report);
    let correction = json!({
        "table": "status_reports", "key": "DG-M-01/2025-03-31", "date": "2025-03-31",
        "reason": "verlesen", "comment": "Neuer Kommentar",
    });
    let corrected = place.accept("corrections", correction);
    place.accept(
        "risks",
        json!({
            "id": "R-1", "subject": "DG-M-01", "category": "Technik", "title": "Ausfall", "cause": "Ursache",
            "event": "Geschehen", "effect": "Folge", "response": "accept", "identified_on": "2025-01-02",
        }),
    );
    let said = |server: Option<&Server>, at: u64| {
        let trail = match server {
            Some(server) => server.ask("trail", "id=DG-M-01&as_of=2025-12-31"),
            None => place.ask("trail", &["--id", "DG-M-01", "--as-of", "2025-12-31"]),
        };
        let rows = trail["rows"].as_array().unwrap().iter();
        let found = |it: &&Value| it["position"] == at || (at == 0 && it["table"] == "risks");
        let row = rows.clone().find(found).unwrap().clone();
        // What holds is told without words.
        assert!(row["stands"].get("comment").is_none(), "{row}");
        row["said"].clone()
    };
    let report = said(None, position);
    for (column, text) in words {
        assert_eq!(report[column], text);
    }
    assert_eq!(
        said(None, corrected),
        json!({ "reason": "verlesen", "comment": "Neuer Kommentar" })
    );
    let risk = said(None, 0);
    assert_eq!(
        [&risk["cause"], &risk["event"], &risk["effect"]],
        ["Ursache", "Geschehen", "Folge"]
    );
    let server = Server::start(&place);
    assert_eq!(said(Some(&server), position), report);
    let event = position.to_string();
    place
        .on_store(&["erase", "--event", &event, "--reason", "Löschverlangen"])
        .ended(0);
    eventually("the server no longer knows the texts", || {
        said(Some(&server), position)["comment"] == "erased"
    });
    // A server that runs and a program that begins anew say the same.
    for server in [Some(&server), None] {
        let gone = said(server, position);
        for (column, _) in words {
            assert_eq!(gone[column], "erased");
        }
        assert_eq!(gone["overall"], "A");
        assert_eq!(said(server, corrected)["comment"], "Neuer Kommentar");
    }
}

/// Whoever may see one pillar only sees no trail, and so no words of others, by no way.
#[test]
fn whoever_may_see_one_pillar_sees_no_words_in_a_trail() {
    let (_place, server) = access::guarded();
    let report = json!({ "report_date": "2025-03-31", "measure": "KI-M-01", "overall": "A", "comment": "Vertrauliches" });
    let reply = server.post_as("token-feed-1", "status_reports", &report);
    let position = reply.with_status(200).json()["position"].clone();
    let trail = format!("/api/v1/trail?id=KI-M-01&as_of=2025-12-31&min_position={position}");
    let all = server.get_as("token-read-1", &trail).with_status(200);
    assert!(all.body.contains("Vertrauliches"), "{all:?}");
    for path in [
        "trail?id=KI-M-01&as_of=2025-12-31",
        "trail?id=KI-M-01&as_of=2025-12-31&pillar=DG",
        "explain?answer=trail&row=2025-03-31&field=said&id=KI-M-01&as_of=2025-12-31&pillar=DG",
    ] {
        let reply = server.get_as("token-dg-1", &format!("/api/v1/{path}"));
        assert!([400, 403].contains(&reply.status), "{path}: {reply:?}");
        assert!(!reply.body.contains("Vertrauliches"), "{path}: {reply:?}");
    }
}

/// What was sent from one pot, and what the other received; a correction owes another second half.
#[test]
fn a_carry_over_is_told_in_both_halves() {
    let place = with_next_year();
    place.accept("carry_overs", carry(BOUND[0]));
    let fix = json!({
        "table": "carry_overs", "key": "T-ORG/T-ORG-25/A-24-01", "date": "2025-03-26", "reason": "Zahlendreher",
        "amount": "47000.00", "received_on": "2025-04-02",
    });
    place.accept("corrections", fix);
    let options = ["--id", "A-24-01", "--table", "carry_overs", "--as-of"];
    let trail = place.ask("trail", &[&options[..], &["2025-04-30"]].concat());
    let rows = trail["rows"].as_array().unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|it| {
            let said = ["amount", "received"].map(|name| it["said"][name].as_str());
            (it["known_on"].as_str().unwrap(), said, it["holds"] == true)
        })
        .collect();
    let expected = [
        ("2025-03-27", [Some("48000.00"), None], false),
        ("2025-03-27", [None, Some("48000.00")], false),
        ("2025-04-02", [Some("47000.00"), None], true),
        ("2025-04-02", [None, Some("47000.00")], true),
    ];
    assert_eq!(told, expected);
    // Before the resolution there is nothing to tell.
    let before = place.ask("trail", &[&options[..], &["2025-03-25"]].concat());
    assert_eq!(before["rows"], json!([]));
}
