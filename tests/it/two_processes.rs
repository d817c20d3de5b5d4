//! Several processes on one log, in a file and on a NATS server.

use std::thread;

use leitstand_tests::nats::NatsServer;
use serde_json::{Value, json};

use crate::support::{Place, Server, eventually, folder};

fn impediment(id: &str, title: &str) -> Value {
    json!({ "id": id, "subject": "PROG", "title": title, "reported_on": "2025-01-01" })
}

fn count(server: &Server) -> usize {
    server.ask("impediments", "as_of=2025-12-31")["rows"]
        .as_array()
        .unwrap()
        .len()
}

fn two_servers_feed_one_log_and_see_each_other(place: &Place) {
    let servers = [Server::start(place), Server::start(place)];
    thread::scope(|scope| {
        for (number, server) in servers.iter().enumerate() {
            scope.spawn(move || {
                for row in 0..100 {
                    let reply = server.post(
                        "impediments",
                        &impediment(&format!("H-{number}-{row}"), "T"),
                    );
                    assert_eq!(reply.with_status(200).json()["outcome"], "accepted");
                }
            });
        }
    });
    for server in &servers {
        eventually("both see all", || count(server) == 200);
        server.is_well();
    }
    let of = |server: &Server| server.ask("impediments", "as_of=2025-12-31");
    assert_eq!(of(&servers[0]), of(&servers[1]));
    place.head();
}

fn what_a_command_feeds_the_server_sees_and_the_other_way_round(place: &Place) {
    let server = Server::start(place);
    assert_eq!(count(&server), 0);
    let position = place.accept("impediments", impediment("H-1", "T"));
    let seen = server.ask(
        "impediments",
        &format!("as_of=2025-12-31&min_position={position}"),
    );
    assert_eq!(seen["rows"].as_array().unwrap().len(), 1);
    // The server's desk knows it, too: a step on what another process recorded, and the same row again.
    let step = json!({ "date": "2025-01-02", "impediment": "H-1", "step": "resolved" });
    server.post("impediment_steps", &step).with_status(200);
    assert_eq!(
        server
            .post("impediments", &impediment("H-1", "T"))
            .with_status(200)
            .json()["outcome"],
        "known"
    );
    assert_eq!(
        server
            .post("impediments", &impediment("H-1", "anders"))
            .with_status(422)
            .problem(),
        "use_correction"
    );
    let known = place.feed_rows("impediment_steps", &[step]);
    assert_eq!(known["known"], 1);
    let fed = place.feed(&[&leitstand_tests::scenario::folder()]);
    assert_eq!(
        (&fed["accepted"], &fed["findings"]),
        (&json!(700), &json!([]))
    );
    let position = fed["position"].as_u64().unwrap();
    let funds = server.ask(
        "funds",
        &format!("as_of=2024-12-31&min_position={position}"),
    );
    assert_eq!(funds["summary"]["granted"], "6150000.00");
}

fn a_race_for_one_id_has_one_winner(place: &Place) {
    let servers = [Server::start(place), Server::start(place)];
    for round in 0..20 {
        let id = format!("H-{round}");
        let replies: Vec<_> = thread::scope(|scope| {
            let clients: Vec<_> = (0..8)
                .map(|client| {
                    let (server, id) = (&servers[client % 2], &id);
                    scope.spawn(move || {
                        server.post("impediments", &impediment(id, &format!("Titel {client}")))
                    })
                })
                .collect();
            clients.into_iter().map(|it| it.join().unwrap()).collect()
        });
        let won = replies.iter().filter(|it| it.status == 200).count();
        assert_eq!(won, 1, "{replies:?}");
        for reply in replies.iter().filter(|it| it.status != 200) {
            assert!([409, 422].contains(&reply.status), "{reply:?}");
        }
    }
    place.head();
    eventually("all are seen", || count(&servers[0]) == 20);
    assert_eq!(
        servers[0].ask("exceptions", "as_of=2025-12-31")["summary"]["counts"]["duplicate_identity"],
        0
    );
}

/// Two pots are two streams, so nothing but the id itself stands between them.
#[test]
fn in_one_process_one_id_comes_into_one_place() {
    let place = Place::begun();
    let server = Server::start(&place);
    let pots = ["T-1", "T-2"];
    for id in pots {
        let pot = json!({ "id": id, "fiscal_year": "2025", "amount": "1000.00", "resolved_on": "2025-01-01" });
        server.post("pots", &pot).with_status(200);
    }
    for round in 0..40 {
        let request = |pot| {
            let id = format!("A-{round}");
            json!({
                "id": id, "subject": "DG-M-01", "applicant": "B-KT-DG", "pot": pot, "kind": "first",
                "amount": "1.00", "submitted_on": "2025-01-02",
            })
        };
        let mut replies: Vec<u16> = thread::scope(|scope| {
            let send = |pot| {
                let (server, request) = (&server, &request);
                scope.spawn(move || server.post("requests", &request(pot)).status)
            };
            let clients = pots.map(send);
            clients.into_iter().map(|it| it.join().unwrap()).collect()
        });
        replies.sort_unstable();
        assert_eq!(replies, [200, 422], "round {round}");
    }
    let exceptions = server.ask("exceptions", "as_of=2025-12-31");
    assert_eq!(exceptions["summary"]["counts"]["duplicate_identity"], 0);
}

fn a_race_for_the_same_row_records_it_once(place: &Place) {
    let servers = [Server::start(place), Server::start(place)];
    for round in 0..20 {
        let row = impediment(&format!("H-{round}"), "gleich");
        let outcomes: Vec<(String, u64)> = thread::scope(|scope| {
            let clients: Vec<_> = (0..8)
                .map(|client| {
                    let (server, row) = (&servers[client % 2], &row);
                    scope.spawn(move || {
                        let answer = server.post("impediments", row).with_status(200).json();
                        (
                            answer["outcome"].as_str().unwrap().to_owned(),
                            answer["position"].as_u64().unwrap(),
                        )
                    })
                })
                .collect();
            clients.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert_eq!(
            outcomes
                .iter()
                .filter(|(word, _)| word == "accepted")
                .count(),
            1,
            "{outcomes:?}"
        );
        assert!(
            outcomes
                .iter()
                .all(|(_, position)| *position == outcomes[0].1),
            "{outcomes:?}"
        );
    }
    place.head();
}

fn a_race_for_the_last_money_of_a_pot_spends_it_once(place: &Place) {
    place.accept("pots", json!({ "id": "P-1", "fiscal_year": 2025, "amount": "100.00", "resolved_on": "2025-01-01" }));
    let rows =
        |table: &str, rows: Vec<Value>| assert_eq!(place.feed_rows(table, &rows)["rejected"], 0);
    let requests = (0..8).map(|it| json!({ "id": format!("R-{it}"), "subject": "DG-M-01", "applicant": "B-KT-DG", "pot": "P-1", "kind": "first", "amount": "60.00", "submitted_on": "2025-01-02" }));
    rows("requests", requests.collect());
    let step = |request: usize, day: u32, step: &str| json!({ "date": format!("2025-01-{day:02}"), "request": format!("R-{request}"), "step": step, "amount": if step == "resolved" { json!("60.00") } else { Value::Null } });
    let steps = [
        "formal_check_started",
        "formally_cleared",
        "assessed",
        "paper_filed",
        "resolved",
    ];
    let all = (0..8).flat_map(|request| {
        steps
            .iter()
            .zip(3..)
            .map(move |(name, day)| step(request, day, name))
    });
    rows("request_steps", all.collect());
    let servers = [Server::start(place), Server::start(place)];
    let replies: Vec<_> = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|request| {
                let server = &servers[request % 2];
                scope.spawn(move || server.post("request_steps", &step(request, 10, "granted")))
            })
            .collect();
        clients.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(
        replies.iter().filter(|it| it.status == 200).count(),
        1,
        "{replies:?}"
    );
    let funds = place.ask("funds", &["--as-of", "2025-12-31"]);
    assert_eq!(funds["rows"][0]["granted"], "60.00");
    place.head();
}

fn two_commands_feed_the_year_at_the_same_time(place: &Place) {
    let reports: Vec<Value> = thread::scope(|scope| {
        let feeding: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| place.feed(&[&leitstand_tests::scenario::folder()])))
            .collect();
        feeding.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let sum = |field: &str| {
        reports
            .iter()
            .map(|it| it[field].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(
        (sum("accepted"), sum("known"), sum("rejected")),
        (700, 1400, 0),
        "{reports:?}"
    );
    place.head();
    assert_eq!(place.at_year_end("funds")["summary"]["spent"], "4066850.00");
}

/// Many who begin at once begin once.
fn of_many_who_begin_one_begins(place: &Place) {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| place.run(&["init", "--store", &place.store()]).ended(0));
        }
    });
    place.head();
    assert_eq!(
        place.ask("catalogue", &[])["summary"]["counts"]["total"]["measures"],
        44
    );
}

#[test]
fn of_many_who_begin_on_a_file_one_begins() {
    of_many_who_begin_one_begins(&Place::empty());
}

#[test]
fn of_many_who_begin_on_a_server_one_begins() {
    let files = folder();
    let nats = NatsServer::start(files.path());
    of_many_who_begin_one_begins(&Place::of(format!("{}/spt-dd", nats.url())));
}

/// Each on a log in a file, and on one on a server.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod on_a_file {
            use super::*;
            $(#[test] fn $name() { super::$name(&Place::begun()); })+
        }
        mod on_a_server {
            use super::*;
            $(#[test] fn $name() {
                let files = folder();
                let nats = NatsServer::start(files.path());
                let place = Place::of(format!("{}/spt-dd", nats.url()));
                place.run(&["init", "--store", &place.store()]).ended(0);
                super::$name(&place);
            })+
        }
    };
}

on_both!(
    two_servers_feed_one_log_and_see_each_other,
    what_a_command_feeds_the_server_sees_and_the_other_way_round,
    a_race_for_one_id_has_one_winner,
    a_race_for_the_same_row_records_it_once,
    a_race_for_the_last_money_of_a_pot_spends_it_once,
    two_commands_feed_the_year_at_the_same_time,
);
