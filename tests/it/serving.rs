//! The server from day to day: health, metrics, limits, forms, and how it ends.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;

use crate::support::{Place, Server, YEAR_END, binary, code, signal};

#[test]
fn it_says_that_it_lives_that_it_is_ready_and_how_it_is() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    server.get("/livez").with_status(200);
    server.get("/readyz").with_status(200);
    server
        .post(
            "impediments",
            &json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" }),
        )
        .with_status(200);
    server
        .post("impediments", &json!({ "id": "H-2" }))
        .with_status(422);
    let metrics = server.get("/metrics").with_status(200);
    assert!(
        metrics.header("content-type").starts_with("text/plain"),
        "{metrics:?}"
    );
    for name in [
        "leitstand_commands_total",
        "leitstand_http_request_duration_seconds",
    ] {
        assert!(metrics.body.contains(name), "{name}: {}", metrics.body);
    }
    assert!(
        metrics.body.contains("outcome=\"accepted\"")
            && metrics.body.contains("outcome=\"rejected\""),
        "{}",
        metrics.body
    );
    assert!(!metrics.body.contains("H-1"), "an id is no label");
    let openapi = server.get("/api/openapi.json").with_status(200).json();
    assert!(
        openapi["openapi"]
            .as_str()
            .is_some_and(|it| it.starts_with("3.")),
        "{openapi}"
    );
    for path in ["/api/v1/status", "/api/v1/feed/impediments"] {
        assert!(openapi["paths"][path].is_object(), "{path}");
    }
    let start = server.get("/").with_status(200);
    assert!(start.header("content-type").starts_with("text/html"));
    assert!(
        start
            .header("content-security-policy")
            .contains("default-src 'none'"),
        "{start:?}"
    );
    assert!(
        !start.body.contains("<script"),
        "the first page works without scripts"
    );
}

#[test]
fn answers_can_be_asked_again_cheaply_and_in_other_forms() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    let path = format!("/api/v1/funds?as_of={YEAR_END}");
    let first = server.get(&path).with_status(200);
    let etag = first.header("etag").to_owned();
    let again = server.send(&Method::GET, &path, &[("if-none-match", &etag)], None);
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let csv = server
        .send(&Method::GET, &path, &[("accept", "text/csv")], None)
        .with_status(200);
    assert!(
        csv.header("content-type").starts_with("text/csv"),
        "{csv:?}"
    );
    assert!(
        csv.body.lines().next().unwrap().starts_with("pot,"),
        "{}",
        csv.body
    );
    let row = json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2024-12-01" });
    let position = server.post("impediments", &row).with_status(200).json()["position"].clone();
    let later = server
        .get(&format!("{path}&min_position={position}"))
        .with_status(200);
    assert_ne!(
        later.header("etag"),
        etag,
        "another position is another answer"
    );
}

#[test]
fn bad_questions_are_told_what_is_wrong() {
    let place = Place::begun();
    let server = Server::start(&place);
    for (path, status, code) in [
        ("/api/v1/status?as_of=2024-02-30", 400, "bad_date"),
        ("/api/v1/status?asof=2024-12-31", 400, "unknown_parameter"),
        (
            "/api/v1/status?pillar=DG&pillar=KI",
            400,
            "repeated_parameter",
        ),
        ("/api/v1/status?limit=0", 400, "bad_number"),
        ("/api/v1/status?at_position=-1", 400, "bad_number"),
        (
            "/api/v1/status?at_position=18446744073709551616",
            400,
            "bad_number",
        ),
        ("/api/v1/status?format=xml", 400, "bad_format"),
        ("/api/v1/shares", 400, "bad_question"),
        (
            "/api/v1/shares?amount=1.234&cost_share=25/75&key_year=2019",
            400,
            "bad_question",
        ),
        (
            "/api/v1/explain?answer=funds&row=NIE&field=free",
            404,
            "not_found",
        ),
        (
            "/api/v1/explain?answer=nichts&row=NIE&field=free",
            404,
            "unknown_answer",
        ),
        ("/api/v1/explain", 400, "missing_parameter"),
        ("/api/v1/nothing", 404, "not_found"),
        ("/nothing", 404, "not_found"),
    ] {
        let reply = server.get(path).with_status(status);
        assert_eq!(reply.problem(), code, "{path}");
    }
    let reply = server
        .send(&Method::DELETE, "/api/v1/status", &[], None)
        .with_status(405);
    assert_eq!(reply.problem(), "method_not_allowed");
    let row = json!({ "id": "H-1" });
    assert_eq!(
        server.post("nichts", &row).with_status(404).problem(),
        "unknown_table"
    );
    let reply = server.send(
        &Method::POST,
        "/api/v1/feed/impediments",
        &[("content-type", "text/plain")],
        Some(row.to_string().into()),
    );
    assert_eq!(reply.with_status(415).problem(), "unsupported_media_type");
    let reply = server.send(
        &Method::POST,
        "/api/v1/feed/impediments",
        &[
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ],
        Some(row.to_string().into()),
    );
    assert_eq!(
        reply.with_status(415).problem(),
        "unsupported_content_encoding"
    );
    assert_eq!(
        server
            .post("impediments", &json!([]))
            .with_status(422)
            .problem(),
        "bad_json"
    );
    let refused = server.post("impediments", &row).with_status(422);
    assert_eq!(refused.problem(), "missing_cell");
    assert_eq!(
        refused.json()["findings"].as_array().unwrap().len(),
        3,
        "{}",
        refused.body
    );
}

#[test]
fn who_waits_for_a_position_reads_what_it_wrote() {
    let place = Place::begun();
    let server = Server::start(&place);
    for number in 0..50 {
        let row = json!({ "id": format!("H-{number:02}"), "subject": "PROG", "title": "T", "reported_on": "2025-01-01" });
        let position = server.post("impediments", &row).with_status(200).json()["position"]
            .as_u64()
            .unwrap();
        let seen = server.ask(
            "impediments",
            &format!("as_of=2025-12-31&min_position={position}"),
        );
        assert_eq!(seen["rows"].as_array().unwrap().len(), number + 1);
        assert!(seen["position"].as_u64().unwrap() >= position);
    }
}

#[test]
fn bodies_have_a_limit() {
    let place = Place::begun();
    let server = Server::start(&place);
    let row = json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01", "note": "x".repeat(3 << 20) });
    assert_eq!(
        server.post("impediments", &row).with_status(413).problem(),
        "body_too_large"
    );
    let lines = vec![b'x'; 65 << 20];
    assert_eq!(
        server
            .post_lines("impediments", lines)
            .with_status(413)
            .problem(),
        "body_too_large"
    );
    server.is_well();
}

#[test]
fn asked_to_end_it_finishes_what_is_under_way_and_exits_with_0() {
    let place = Place::begun();
    let mut server = Server::start(&place);
    // A request whose body is half there when the signal comes.
    let body = json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" })
        .to_string();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "POST /api/v1/feed/impediments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..10]).unwrap();
    thread::sleep(Duration::from_millis(200));
    signal(server.id(), "TERM");
    thread::sleep(Duration::from_millis(300));
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("accepted"),
        "{answer}"
    );
    assert_eq!(code(server.ended()), 0);
    assert!(
        TcpStream::connect(server.address()).is_err(),
        "nobody listens any more"
    );
    assert_eq!(
        place.ask("impediments", &["--as-of", "2025-12-31"])["rows"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    place.head();
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let place = Place::begun();
    let mut server = Server::start(&place);
    let idle: Vec<TcpStream> = (0..5)
        .map(|_| TcpStream::connect(server.address()).unwrap())
        .collect();
    server.get("/livez");
    let begun = Instant::now();
    signal(server.id(), "INT");
    assert_eq!(code(server.ended()), 0);
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    drop(idle);
}

#[test]
fn a_store_or_a_port_that_cannot_be_had_is_said() {
    let place = Place::begun();
    let server = Server::start(&place);
    let address = server.address().to_owned();
    let ran = place.on_store(&["serve", "--listen", &address]);
    assert!([1, 6].contains(&ran.code) && !ran.err.is_empty(), "{ran:?}");
    let ran = place.run(&[
        "serve",
        "--store",
        "sqlite:nirgends.db",
        "--listen",
        "127.0.0.1:0",
    ]);
    assert_eq!(ran.code, 6, "{ran:?}");
}

#[test]
fn a_container_can_ask_whether_it_is_ready() {
    let place = Place::begun();
    let server = Server::start(&place);
    let ready = |url: &str| {
        crate::support::ran(
            binary().args(["ready", "--url", url]).spawn().unwrap(),
            Vec::new(),
        )
        .code
    };
    assert_eq!(ready(&server.url("")), 0);
    let url = server.url("");
    server.kill();
    assert_eq!(ready(&url), 6);
}

#[test]
fn pages_of_any_size_hold_every_row_once() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    for answer in [
        "year-end",
        "obligations",
        "funds",
        "milestones",
        "exceptions",
    ] {
        let page = |limit: usize, cursor: &str| {
            let cursor = cursor.replace('\t', "%09");
            server.ask(
                answer,
                &format!("as_of=2024-12-31&limit={limit}&cursor={cursor}"),
            )
        };
        let whole = page(5_000, "")["rows"].as_array().unwrap().clone();
        assert!(whole.len() > 1, "{answer}");
        for limit in [1, 3] {
            let (mut rows, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = page(limit, &cursor);
                rows.extend(page["rows"].as_array().unwrap().clone());
                assert!(rows.len() <= whole.len(), "{answer} by {limit} repeats");
                match page["cursor"].as_str() {
                    Some(next) => next.clone_into(&mut cursor),
                    None => break,
                }
            }
            assert_eq!(rows, whole, "{answer} by {limit}");
        }
    }
}
