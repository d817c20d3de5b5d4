//! Messages as no client library sends them: whatever stands in headers and subjects, the connection stays, the message
//! gets its no, and everything goes on.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{
    Place, Server, eventually,
    nats::{EVENTS, FEED, PROGRAMME, count_in, nats_in, said, serving, streams_of},
};

/// Headers that a server takes and hands on, and that no library can read.
const HEADS: [(&str, &[u8]); 7] = [
    ("a line end in a value", b"NATS/1.0\r\nA: x\ry\r\n\r\n"),
    ("no colon", b"NATS/1.0\r\nfoo\r\n\r\n"),
    ("no UTF-8", b"NATS/1.0\r\nA: \xff\r\n\r\n"),
    ("a blank in a name", b"NATS/1.0\r\nA b: x\r\n\r\n"),
    ("another version", b"NATS/2.0\r\nA: x\r\n\r\n"),
    ("no version", b"A: x\r\n\r\n"),
    ("no status", b"NATS/1.0 99x\r\nA: x\r\n\r\n"),
];

/// A connection that writes what it is told.
struct Raw(TcpStream);

impl Raw {
    fn connected(url: &str) -> Self {
        let stream = TcpStream::connect(url.trim_start_matches("nats://")).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        let mut raw = Self(stream);
        raw.write(
            b"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,\"protocol\":1}\r\n",
        );
        raw.write(b"SUB _INBOX.raw 1\r\n");
        raw.flush();
        raw
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// Reads until the server has taken everything.
    fn flush(&mut self) {
        self.write(b"PING\r\n");
        self.until("PONG\r\n");
    }

    fn until(&mut self, word: &str) -> String {
        let mut read = Vec::new();
        let mut byte = [0];
        while !read.ends_with(word.as_bytes()) {
            self.0.read_exact(&mut byte).unwrap();
            read.push(byte[0]);
        }
        String::from_utf8(read).unwrap()
    }

    fn publish(&mut self, subject: &[u8], reply: &str, head: &[u8], body: &str) {
        let (head_bytes, all) = (head.len(), head.len() + body.len());
        self.write(b"HPUB ");
        self.write(subject);
        self.write(format!(" {reply} {head_bytes} {all}\r\n").as_bytes());
        self.write(head);
        self.write(body.as_bytes());
        self.write(b"\r\n");
    }

    /// Sends a request and returns all that comes with its reply.
    fn ask(&mut self, subject: &str, head: &[u8], body: &str) -> String {
        self.publish(subject.as_bytes(), "_INBOX.raw", head, body);
        let first = loop {
            let line = self.until("\r\n");
            // Between them the server asks whether we are there.
            if line.starts_with("MSG ") || line.starts_with("HMSG ") {
                break line;
            }
        };
        let length = first.split_whitespace().next_back().unwrap();
        let mut payload = vec![0; length.parse::<usize>().unwrap() + 2];
        self.0.read_exact(&mut payload).unwrap();
        String::from_utf8(payload).unwrap()
    }
}

fn row(id: &str) -> String {
    json!({ "id": id, "subject": "PROG", "title": "T", "reported_on": "2025-01-01" }).to_string()
}

/// The connection is the first one.
fn is_still_connected(server: &Server) {
    let metrics = server.get("/metrics").with_status(200).body;
    assert!(
        metrics
            .lines()
            .any(|it| it == "leitstand_nats_connections_total 1"),
        "{metrics}"
    );
    server.is_well();
}

#[test]
fn who_asks_with_unreadable_headers_is_told_and_nobody_else_notices() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let server = serving(&place, &nats);
    let mut raw = Raw::connected(&nats.url());
    for (what, head) in HEADS {
        let feed = format!("leitstand.{PROGRAMME}.feed.impediments");
        let reply = raw.ask(&feed, head, &row("H-1"));
        let reply: Value = serde_json::from_str(reply.trim_end()).unwrap();
        assert_eq!(reply["code"], "bad_headers", "{what}: {reply}");
        let answer = raw.ask(&format!("leitstand.{PROGRAMME}.ask.funds"), head, "");
        assert!(answer.contains("\"as_of\""), "{what}: {answer}");
    }
    let reply = raw.ask(
        &format!("leitstand.{PROGRAMME}.feed.impediments"),
        b"NATS/1.0\r\n\r\n",
        &row("H-1"),
    );
    assert!(reply.contains("\"accepted\""), "{reply}");
    is_still_connected(&server);
}

#[test]
fn a_posted_row_with_unreadable_headers_is_put_aside_at_once() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let mut raw = Raw::connected(&url);
    let subject = |table: &[u8]| {
        let mut subject = format!("leitstand.{PROGRAMME}.post.").into_bytes();
        subject.extend(table);
        subject
    };
    let mut expected = 0;
    for (_, head) in &HEADS[..6] {
        raw.publish(&subject(b"impediments"), "", head, &row("H-1"));
        expected += 1;
    }
    // What is said of a message by its status only a server may say; a stream takes it off, and the row is one.
    for status in [
        "404 No Messages",
        "100",
        "409 Consumer Deleted",
        "503",
        "99x",
    ] {
        let head = format!("NATS/1.0 {status}\r\n\r\n");
        raw.publish(&subject(b"impediments"), "", head.as_bytes(), &row("H-3"));
    }
    // Subjects that are no UTF-8, or have a blank no ASCII knows.
    for table in [
        &b"\xff\xfe"[..],
        "impe\u{a0}diments".as_bytes(),
        "\u{2003}".as_bytes(),
    ] {
        for head in [&b"NATS/1.0\r\nA: x\r\n\r\n"[..], b"NATS/1.0\r\n\r\n"] {
            raw.publish(&subject(table), "", head, &row("H-1"));
            expected += 1;
        }
    }
    raw.publish(
        &subject(b"impediments"),
        "",
        b"NATS/1.0\r\n\r\n",
        &row("H-2"),
    );
    raw.flush();
    let mut dead = Vec::new();
    eventually("all are put aside", || {
        dead = said(&["stream", &url, "LEITSTAND_DEAD"], &[]);
        dead.len() == expected
    });
    let count = |code: &str| {
        dead.iter()
            .filter(|it| it["headers"]["Leitstand-Code"] == code)
            .count()
    };
    assert_eq!((count("bad_headers"), count("bad_subject")), (6, 6));
    let context = streams_of(&url);
    eventually("none waits", || count_in(&context, FEED) == 0);
    let rows = ["H-2", "H-3"].map(|it| serde_json::from_str(&row(it)).unwrap());
    assert_eq!(place.feed_rows("impediments", &rows)["known"], 2);
    is_still_connected(&server);
}

#[test]
fn the_relay_steps_over_what_has_unreadable_headers() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let context = streams_of(&url);
    let recorded = || {
        let log = place.on_store(&["events", "--format", "json"]).ended(0).out;
        log.lines().count() as u64
    };
    let all_are_out = |foreign: u64| {
        // Asked anew each time: Leitstand records events of its own, too.
        eventually("all events are out", || {
            count_in(&context, EVENTS) == recorded() + foreign
        });
    };
    all_are_out(0);
    let mut raw = Raw::connected(&url);
    for (_, head) in HEADS {
        let subject = format!("leitstand.{PROGRAMME}.evt.x.y.z");
        raw.publish(subject.as_bytes(), "", head, "?");
    }
    raw.flush();
    let feed = format!("leitstand.{PROGRAMME}.feed.impediments");
    let reply = raw.ask(&feed, b"NATS/1.0\r\n\r\n", &row("H-1"));
    assert!(reply.contains("\"accepted\""), "{reply}");
    all_are_out(HEADS.len() as u64);
    let doctor = place.on_store(&["doctor", "--nats", &url]).ended(0).out;
    assert!(doctor.contains(EVENTS), "{doctor}");
    is_still_connected(&server);
}

/// A stream takes 64 KiB of headers, and a dead letter has its own besides.
#[test]
fn a_row_with_as_many_headers_as_a_stream_takes_is_put_aside() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let url = nats.url();
    let server = serving(&place, &nats);
    let mut raw = Raw::connected(&url);
    let subject = format!("leitstand.{PROGRAMME}.post.impediments");
    for size in [40_000, 62_000, 65_400] {
        let head = format!("NATS/1.0\r\nA: {}\r\n\r\n", "x".repeat(size));
        raw.publish(subject.as_bytes(), "", head.as_bytes(), "{\"id\":\"x\"}");
    }
    raw.publish(subject.as_bytes(), "", b"NATS/1.0\r\n\r\n", &row("H-9"));
    raw.flush();
    let context = streams_of(&url);
    eventually("none waits", || count_in(&context, FEED) == 0);
    let dead = said(&["stream", &url, "LEITSTAND_DEAD"], &[]);
    assert_eq!(dead.len(), 3);
    for (it, is_cut) in dead.iter().zip([false, true, true]) {
        assert_eq!(it["body"], "{\"id\":\"x\"}", "{it}");
        assert_eq!(it["headers"]["Leitstand-Cut"].is_string(), is_cut, "{it}");
    }
    let known = [serde_json::from_str(&row("H-9")).unwrap()];
    assert_eq!(place.feed_rows("impediments", &known)["known"], 1);
    is_still_connected(&server);
}
