//! Clients that mean it no good: the server stays up and answers in the form it always does.

use std::{
    fmt::Write as _,
    io::Write as _,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Place, Server, eventually, exchange, send_slowly};

fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Status and code of an answer on the wire.
#[track_caller]
fn told(answer: &str) -> (u16, String) {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(
        head.to_lowercase()
            .contains("content-type: application/problem+json"),
        "{head}"
    );
    let body: Value =
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
    (status, body["code"].as_str().unwrap().to_owned())
}

#[test]
fn a_body_that_breaks_off_is_told_as_such() {
    let place = Place::begun();
    let server = Server::start(&place);
    let head =
        "POST /api/v1/feed/pots HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    // A chunk whose length is no number: nothing after it can be read.
    let broken = format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{\"\r\nzz\r\n");
    let answer = exchange(server.address(), broken.as_bytes());
    assert_eq!(told(&answer), (400, "body_broken".to_owned()));
    server.is_well();
}

#[test]
fn bodies_that_are_no_row() {
    let place = Place::begun();
    let server = Server::start(&place);
    let deep = "[".repeat(200_000);
    let deep_object = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let many = format!(
        "{{{}}}",
        (0..50_000)
            .map(|it| format!("\"c{it}\":1"))
            .collect::<Vec<_>>()
            .join(",")
    );
    for (body, code) in [
        (&b""[..], "bad_json"),
        (b"\xff\xfe\x00", "not_utf8"),
        (b"{\"id\": \"\xc3\x28\"}", "not_utf8"),
        (b"{\"id\": \"\\ud800\"}", "bad_json"),
        (b"null", "bad_json"),
        (b"\"text\"", "bad_json"),
        (b"{\"id\": 1e999999}", "missing_cell"),
        (b"{} {}", "bad_json"),
        (deep.as_bytes(), "bad_json"),
        (deep_object.as_bytes(), "nested_value"),
        (many.as_bytes(), "unknown_column"),
    ] {
        let answer = exchange(
            server.address(),
            &post("/api/v1/feed/impediments", "application/json", body),
        );
        let (status, found) = told(&answer);
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]);
        assert_eq!(status, 422, "{start}: {found}");
        assert!(
            found == code || (code == "nested_value" && found == "bad_json"),
            "{start}: {found}, expected {code}"
        );
        server.is_well();
    }
}

#[test]
fn a_body_that_is_announced_and_never_comes_or_breaks_off() {
    let place = Place::begun();
    let server = Server::start(&place);
    for length in ["99999999999", "-1", "abc", "18446744073709551617"] {
        let head = format!(
            "POST /api/v1/feed/impediments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{}}"
        );
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        drop(stream);
        server.is_well();
    }
    let chunked = "POST /api/v1/feed/impediments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n";
    let answer = exchange(server.address(), chunked.as_bytes());
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
        "{answer}"
    );
    server.is_well();
}

#[test]
fn requests_that_are_no_http() {
    let place = Place::begun();
    let server = Server::start(&place);
    let long = format!(
        "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "a".repeat(200_000)
    );
    let mut fields = "GET /livez HTTP/1.1\r\nHost: localhost\r\n".to_owned();
    for number in 0..5_000 {
        let _ = write!(fields, "X-{number}: y\r\n");
    }
    fields += "\r\n";
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET  /  HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        long.as_bytes(),
        fields.as_bytes(),
    ] {
        let answer = exchange(server.address(), bytes);
        assert!(
            answer.is_empty()
                || answer.starts_with("HTTP/1.1 4")
                || answer.starts_with("HTTP/1.1 5"),
            "{answer:.200}"
        );
        server.is_well();
    }
}

#[test]
fn paths_and_options_that_are_encoded_or_climb() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/feed/..%2f..%2fetc",
        "/api/v1/%00",
        "/api/v1/status/",
        "//api/v1/status",
        "/api/v1/explain/funds/..%2f/free",
        "/api/v1/explain/funds/%ff/free",
        "/api/v1/status?pillar=%ff%fe",
        "/api/v1/status?pillar=%00",
        "/api/v1/status?as_of=%",
        "/api/v1/status?&&&=&",
        "/api/v1/status?cursor=%27%3B%20DROP%20TABLE%20events",
        "/api/v1/status%3Fas_of=2024-12-31",
    ] {
        let answer = exchange(
            server.address(),
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        );
        let status: u16 = answer
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("{path}: {answer:?}"))
            .parse()
            .unwrap();
        if status == 200 {
            assert!(answer.contains("\"rows\":"), "{path}: {answer}");
        } else {
            assert!((400..500).contains(&status), "{path}: {answer}");
            told(&answer);
        }
        assert!(!answer.contains("root:"), "{path}");
    }
    // The names of things come through encoded, as they are.
    let row =
        json!({ "id": "H/1 ä?", "subject": "PROG", "title": "T", "reported_on": "2024-01-01" });
    let position = server.post("impediments", &row).with_status(200).json()["position"].clone();
    let path =
        format!("/api/v1/explain/impediments/H%2F1%20%C3%A4%3F/state?min_position={position}");
    let why = server.get(&path).with_status(200).json();
    assert_eq!(why["row"], "H/1 ä?");
    server.is_well();
}

#[test]
fn what_comes_in_does_not_come_out_as_a_header_or_as_markup() {
    let place = Place::begun();
    let server = Server::start(&place);
    for path in [
        "/api/v1/status?as_of=%0d%0aSet-Cookie:%20a=b",
        "/%0d%0aSet-Cookie:%20a=b",
        "/api/v1/feed/%0d%0aSet-Cookie:%20a=b",
        "/api/v1/status?limit=1&x=%0d%0aSet-Cookie:%20a",
    ] {
        let answer = exchange(
            server.address(),
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        );
        let head = answer.split("\r\n\r\n").next().unwrap();
        assert!(!head.to_lowercase().contains("set-cookie"), "{head}");
    }
    let markup = "<script>alert(1)</script>";
    server.post("catalogue", &json!({ "id": "DG", "kind": "pillar", "title": markup, "set_on": "2023-11-03", "valid_from": "2024-01-01" })).with_status(200);
    let position = place
        .on_store(&["audit", "verify", "--format", "json"])
        .ended(0)
        .json()["count"]
        .clone();
    let page = server
        .get(&format!("/?min_position={position}"))
        .with_status(200);
    assert!(!page.body.contains(markup), "{}", page.body);
    let page = server.get("/?as_of=%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!page.body.contains(markup), "{}", page.body);
}

#[test]
fn rows_with_terminal_orders_or_formulas_come_out_harmless() {
    let place = Place::begun();
    let server = Server::start(&place);
    // A title may begin with a sign a spreadsheet takes for a formula; CSV defuses it.
    for (number, title) in ["+1+1", "-2", "@SUM(A1)", "\u{202e}txt", "a\u{7f}"]
        .iter()
        .enumerate()
    {
        server.post("impediments", &json!({ "id": format!("H-{number}"), "subject": "PROG", "title": title, "reported_on": "2025-01-01" }));
    }
    let csv = place
        .on_store(&["impediments", "--as-of", "2025-12-31", "--format", "csv-de"])
        .ended(0)
        .out;
    for cell in csv
        .lines()
        .skip(1)
        .flat_map(|it| it.split(';'))
        .map(|it| it.trim_matches('"'))
    {
        assert!(!cell.starts_with(['=', '+', '@']), "{csv}");
    }
    let table = place
        .on_store(&["impediments", "--as-of", "2025-12-31"])
        .ended(0)
        .out;
    assert!(!table.contains('\u{1b}'), "{table}");
}

#[test]
fn many_lines_of_which_most_are_bad() {
    let place = Place::begun();
    let server = Server::start(&place);
    let mut lines = String::new();
    for number in 0..30_000 {
        let _ = match number % 1000 {
            0 => writeln!(
                lines,
                "{{\"id\": \"H-{number}\", \"subject\": \"PROG\", \"title\": \"T\", \"reported_on\": \"2025-01-01\"}}"
            ),
            1 => writeln!(lines),
            _ => writeln!(lines, "{{\"id\": {number}, \"kaputt\": \"ja\"}}"),
        };
    }
    let report = server
        .post_lines("impediments", lines.into_bytes())
        .with_status(200)
        .json();
    assert_eq!(
        (&report["accepted"], &report["rejected"]),
        (&json!(30), &json!(30_000 - 60))
    );
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() <= 10_001, "{}", findings.len());
    assert_eq!(findings.last().unwrap()["code"], "further_findings");
    server.is_well();
}

#[test]
fn slow_clients_are_cut_off_and_hold_up_nobody() {
    let place = Place::begun();
    let server = Server::start(&place);
    let address = server.address().to_owned();
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let address = address.clone();
            thread::spawn(move || {
                send_slowly(
                    &address,
                    b"GET /livez HTTP/1.1\r\nX-A: ",
                    Duration::from_millis(250),
                    Duration::from_secs(30),
                )
            })
        })
        .collect();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        server.get("/livez").with_status(200);
        assert!(
            asked.elapsed() < Duration::from_secs(2),
            "{:?}",
            asked.elapsed()
        );
        thread::sleep(Duration::from_millis(100));
    }
    for client in slow {
        let (borne, _) = client.join().unwrap();
        assert!(
            borne < Duration::from_secs(25),
            "a head that never ends was borne for {borne:?}"
        );
    }
    server.is_well();
}

#[test]
fn clients_that_go_away_leave_nothing_behind() {
    let place = Place::with_scenario();
    let server = Server::start(&place);
    let descriptors = || {
        std::fs::read_dir(format!("/proc/{}/fd", server.id()))
            .unwrap()
            .count()
    };
    let before = descriptors();
    for number in 0..300 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let request: &[u8] = match number % 3 {
            0 => b"GET /api/v1/requests?as_of=2024-12-31 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            1 => b"POST /api/v1/feed/impediments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
            _ => b"GET /",
        };
        stream.write_all(request).unwrap();
    }
    eventually("all connections are closed", || descriptors() <= before + 8);
    server.is_well();
}

#[test]
fn silent_connections_do_not_keep_others_out_for_long() {
    let place = Place::begun();
    let server = Server::start(&place);
    let silent: Vec<TcpStream> = (0..520)
        .map(|_| TcpStream::connect(server.address()).unwrap())
        .collect();
    let begun = Instant::now();
    let request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = exchange(server.address(), request);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // All of them may be silent for ten seconds; half of them no longer than one.
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(6), "{waited:?}");
    drop(silent);
    server.is_well();
}

#[test]
fn a_reader_of_the_feed_form_may_send_anything_as_content_type() {
    let place = Place::begun();
    let server = Server::start(&place);
    for content_type in [
        "",
        "application/json;charset=utf-16",
        "APPLICATION/JSON",
        "application/json, text/html",
        "multipart/form-data; boundary=x",
        "application/x-ndjson;",
    ] {
        let headers = [("content-type", content_type)];
        let reply = server.send(
            &Method::POST,
            "/api/v1/feed/impediments",
            &headers,
            Some(b"{}".to_vec()),
        );
        assert!(
            [200, 415, 422].contains(&reply.status),
            "{content_type}: {reply:?}"
        );
        if reply.status != 200 {
            reply.problem();
        }
    }
    server.is_well();
}
