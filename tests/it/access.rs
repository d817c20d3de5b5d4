//! Who may ask and who may record.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::support::{Place, Running, Server, row};

/// Token, pseudonym, role and limits of everybody.
const BEARERS: [(&str, &str, &str, &str); 9] = [
    ("token-read-1", "leser-1", "read", ""),
    ("token-feed-1", "pmo-1", "feed", ""),
    ("token-dg-1", "saeule-dg", "feed", "pillars = [\"DG\"]"),
    ("token-kt-1", "kt-dg", "feed", "bodies = [\"B-KT-DG\"]"),
    ("token-money-1", "finanz-1", "finance", ""),
    ("token-money-2", "finanz-2", "finance", ""),
    ("token-money-3", "finanz-3", "finance", ""),
    ("token-money-4", "finanz-4", "finance", ""),
    ("token-audit-1", "revision-1", "audit", ""),
];

fn tokens(place: &Place) -> String {
    let mut file = String::new();
    for (token, pseudonym, role, limits) in BEARERS {
        let hash = digest(&SHA256, token.as_bytes()).as_ref().iter().fold(
            String::new(),
            |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            },
        );
        let _ = writeln!(
            file,
            "[[token]]\nsha256 = \"{hash}\"\npseudonym = \"{pseudonym}\"\nrole = \"{role}\"\n{limits}\n"
        );
    }
    place
        .write("tokens.toml", file)
        .to_str()
        .unwrap()
        .to_owned()
}

pub(crate) fn guarded() -> (Place, Server) {
    let place = Place::with_scenario();
    let server = Server::start_with(&place, &["--tokens", &tokens(&place)]);
    (place, server)
}

pub(crate) fn impediment(id: &str, subject: &str) -> Value {
    json!({ "id": id, "subject": subject, "title": "T", "reported_on": "2025-01-10" })
}

fn pot(id: &str) -> Value {
    json!({ "id": id, "fiscal_year": 2025, "amount": "1.00", "resolved_on": "2025-01-10" })
}

/// Status and code of a refusal, or 200 and the outcome.
pub(crate) fn sent(server: &Server, token: &str, table: &str, row: &Value) -> (u16, String) {
    let reply = server.post_as(token, table, row);
    let word = if reply.status == 200 {
        reply.json()["outcome"].as_str().unwrap().to_owned()
    } else {
        reply.problem()
    };
    (reply.status, word)
}

#[test]
fn without_tokens_only_this_machine_is_listened_to() {
    let place = Place::begun();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let ran = place.on_store(&["serve", "--listen", address]);
        assert!([2, 5].contains(&ran.code), "{address}: {ran:?}");
    }
    // With tokens any address may be named.
    let store = place.store();
    let tokens = tokens(&place);
    let serve = [
        "serve",
        "--store",
        &store,
        "--listen",
        "0.0.0.0:0",
        "--tokens",
        &tokens,
    ];
    let mut child = Running(place.command(&serve).spawn().unwrap());
    let mut line = String::new();
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert!(line.contains("http://0.0.0.0:"), "{line}");
}

#[test]
fn who_is_not_known_is_told_so_and_learns_nothing() {
    let (_place, server) = guarded();
    for path in [
        "/",
        "/api/v1/status",
        "/api/v1/explain?answer=funds&row=T-ORG&field=free",
        "/api/v1/nothing",
    ] {
        let reply = server.get(path).with_status(401);
        assert_eq!(reply.problem(), "not_authenticated", "{path}");
        assert!(
            reply.header("www-authenticate").starts_with("Bearer"),
            "{path}"
        );
        assert_eq!(
            server
                .get_as("token-read-2", path)
                .with_status(401)
                .problem(),
            "not_authenticated"
        );
    }
    let post = |token: &str| server.post_as(token, "impediments", &impediment("H-1", "PROG"));
    assert_eq!(post("").with_status(401).problem(), "not_authenticated");
    assert_eq!(
        post("token-feed-").with_status(401).problem(),
        "not_authenticated"
    );
    for header in [
        "Basic dG9rZW4tcmVhZC0x",
        "Bearer",
        "Bearer ",
        "token-read-1",
        "bearer\ttoken-read-1 x",
    ] {
        let reply = server.send(
            &reqwest::Method::GET,
            "/api/v1/status",
            &[("authorization", header)],
            None,
        );
        assert_eq!(reply.status, 401, "{header}");
    }
    // What a load balancer asks needs no token and says nothing of the programme.
    for path in ["/livez", "/readyz"] {
        let reply = server.get(path).with_status(200);
        assert!(!reply.body.contains("DG-M"), "{}", reply.body);
    }
}

#[test]
fn each_role_may_do_its_work_and_no_other() {
    let (place, server) = guarded();
    for (token, _, _, _) in BEARERS {
        server
            .get_as(token, "/api/v1/status?pillar=DG")
            .with_status(200);
    }
    let cases = [
        (
            "token-read-1",
            "impediments",
            impediment("H-1", "PROG"),
            403,
            "not_allowed",
        ),
        ("token-read-1", "pots", pot("P-1"), 403, "not_allowed"),
        (
            "token-audit-1",
            "impediments",
            impediment("H-1", "PROG"),
            403,
            "not_allowed",
        ),
        (
            "token-feed-1",
            "impediments",
            impediment("H-1", "PROG"),
            200,
            "accepted",
        ),
        ("token-feed-1", "pots", pot("P-1"), 403, "not_allowed"),
        ("token-money-1", "pots", pot("P-1"), 200, "accepted"),
        (
            "token-money-1",
            "impediments",
            impediment("H-2", "PROG"),
            403,
            "not_allowed",
        ),
    ];
    for (token, table, row, status, code) in cases {
        assert_eq!(
            sent(&server, token, table, &row),
            (status, code.to_owned()),
            "{token} {table}"
        );
    }
    let correction = |table: &str, key: &str, date: &str, column: &str, value: &str| json!({ "table": table, "key": key, "date": date, "reason": "falsch", column: value });
    let money = correction("bookings", "BU-2407-11", "2024-12-18", "amount", "14000.01");
    let colour = correction(
        "status_reports",
        "SR-2024-12-31-DG-M-01",
        "2024-12-31",
        "budget",
        "A",
    );
    assert_eq!(
        sent(&server, "token-feed-1", "corrections", &money),
        (403, "not_allowed".to_owned())
    );
    assert_eq!(
        sent(&server, "token-money-1", "corrections", &colour),
        (403, "not_allowed".to_owned())
    );
    assert_eq!(sent(&server, "token-money-1", "corrections", &money).0, 200);
    assert_eq!(sent(&server, "token-feed-1", "corrections", &colour).0, 200);
    // The pseudonym is the actor; the scenario was fed on this machine.
    let log = place
        .on_store(&["events", "--format", "json", "--stream", "impediment-H-1"])
        .ended(0);
    assert_eq!(log.json()["actor"], "pmo-1");
    let log = place
        .on_store(&["events", "--format", "json", "--stream", "impediment-HI-01"])
        .ended(0);
    let first: Value = serde_json::from_str(log.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["actor"], "local");
}

#[test]
fn many_rows_are_judged_one_by_one() {
    let (_place, server) = guarded();
    let lines = [impediment("H-1", "DG-M-01"), impediment("H-2", "KI-M-01")]
        .map(|it| it.to_string())
        .join("\n");
    let headers = [
        ("content-type", "application/x-ndjson"),
        ("authorization", "Bearer token-dg-1"),
    ];
    let reply = server.send(
        &reqwest::Method::POST,
        "/api/v1/feed/impediments",
        &headers,
        Some(lines.into()),
    );
    let report = reply.with_status(200).json();
    assert_eq!(
        (&report["accepted"], &report["rejected"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
    assert_eq!(
        (
            &report["findings"][0]["code"],
            &report["findings"][0]["row"]
        ),
        (&json!("not_allowed"), &json!(2))
    );
}

#[test]
fn pillars_and_bodies_narrow_what_may_be_fed() {
    let (_place, server) = guarded();
    let report = |measure: &str, reporter: &str| json!({ "report_date": "2025-01-31", "measure": measure, "overall": "G", "reporter": reporter });
    let milestone = |milestone: &str| json!({ "report_date": "2025-01-31", "milestone": milestone, "forecast": "2025-12-31" });
    let of = |token: &str, table: &str, row: Value| sent(&server, token, table, &row).0;
    assert_eq!(
        of("token-dg-1", "status_reports", report("DG-M-01", "B-KT-DG")),
        200
    );
    assert_eq!(
        of("token-dg-1", "status_reports", report("KI-M-01", "B-KT-KI")),
        403
    );
    assert_eq!(
        of("token-dg-1", "impediments", impediment("H-1", "PROG")),
        403
    );
    // Over what a row refers to, too: MS-16 belongs to KI-M-13, MS-03 to DG-M-03.
    assert_eq!(
        of("token-dg-1", "milestone_reports", milestone("MS-16")),
        403
    );
    assert_eq!(
        of("token-dg-1", "milestone_reports", milestone("MS-03")),
        200
    );
    let forecast = |milestone: &str| json!({ "table": "milestone_reports", "key": format!("{milestone}/2024-12-31"), "date": "2024-12-31", "reason": "falsch", "forecast": "2026-01-01" });
    assert_eq!(of("token-dg-1", "corrections", forecast("MS-16")), 403);
    assert_eq!(of("token-dg-1", "corrections", forecast("MS-03")), 200);
    // A key of its own does not say whose row it is: not certainly theirs is not theirs.
    let colour = json!({ "table": "status_reports", "key": "SR-2024-12-31-KI-M-01", "date": "2024-12-31", "reason": "falsch", "risks": "A" });
    assert_eq!(of("token-dg-1", "corrections", colour), 403);
    assert_eq!(
        of("token-kt-1", "status_reports", report("DG-M-02", "B-KT-DG")),
        200
    );
    assert_eq!(
        of("token-kt-1", "status_reports", report("KI-M-02", "B-KT-KI")),
        403
    );
}

#[test]
fn pillars_narrow_what_may_be_read() {
    let (_place, server) = guarded();
    let dg = server
        .get_as("token-dg-1", "/api/v1/status?as_of=2024-12-31&pillar=DG")
        .with_status(200)
        .json();
    assert_eq!(row(&dg, "measure", "DG-M-01")["pillar"], "DG");
    let other = server.get_as("token-dg-1", "/api/v1/status?as_of=2024-12-31&pillar=KI");
    assert_eq!(other.with_status(403).problem(), "not_allowed");
    // Without naming a pillar: refused, or narrowed to their own; never the others'.
    for path in [
        "/api/v1/status?as_of=2024-12-31",
        "/api/v1/milestones?as_of=2024-12-31",
        "/api/v1/status?as_of=2024-12-31&pillar=DG&measure=KI-M-01",
        "/",
    ] {
        let all = server.get_as("token-dg-1", path);
        assert!([200, 403].contains(&all.status), "{path}: {all:?}");
        assert!(
            all.status == 403 || !all.body.contains("KI-M-1"),
            "{path}: {}",
            all.body
        );
    }
}

#[test]
fn the_trail_of_a_pillar_s_own_is_for_it() {
    let (_place, server) = guarded();
    let asked = |question: &str| {
        let reply = server.get_as(
            "token-dg-1",
            &format!("/api/v1/trail?as_of=2024-12-31{question}"),
        );
        (reply.status, reply)
    };
    let (status, own) = asked("&id=DG-M-01");
    assert_eq!(status, 200, "{own:?}");
    assert!(!own.json()["rows"].as_array().unwrap().is_empty());
    let requests = server.get_as("token-dg-1", "/api/v1/requests?as_of=2024-12-31&pillar=DG");
    let requests = requests.with_status(200).json();
    let request = requests["rows"][0]["id"].as_str().unwrap();
    assert_eq!(asked(&format!("&id={request}")).0, 200);
    for question in [
        "",
        "&id=RM-M-01",
        "&id=nichts",
        "&id=DG-M-01&id=RM-M-01",
        "&id=RM-M-01&pillar=DG",
    ] {
        let (_, reply) = asked(question);
        assert_eq!(
            reply.with_status(403).problem(),
            "not_allowed",
            "{question}"
        );
    }
}

#[test]
fn without_tokens_a_page_from_elsewhere_may_not_ask() {
    let place = Place::begun();
    let server = Server::start(&place);
    for (host, status) in [
        ("leitstand.example", 403),
        ("127.0.0.1.example", 403),
        ("localhost", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
    ] {
        let reply = server.send(
            &reqwest::Method::GET,
            "/api/v1/status",
            &[("host", host)],
            None,
        );
        assert_eq!(reply.status, status, "{host}: {reply:?}");
    }
}

#[test]
fn a_file_of_tokens_that_is_not_right_is_refused() {
    let place = Place::begun();
    let bad = [
        "",
        "[[token]]\n",
        "[[token]]\nsha256 = \"abc\"\npseudonym = \"x\"\nrole = \"feed\"\n",
        "nonsense",
    ];
    for (number, text) in bad.iter().enumerate() {
        let path = place.write(&format!("{number}.toml"), text);
        let ran = place.on_store(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tokens",
            path.to_str().unwrap(),
        ]);
        assert_eq!(ran.code, 2, "{text}: {ran:?}");
    }
    // Who is recorded as the actor is a word on one line.
    let hash = "0".repeat(64);
    for pseudonym in ["", "a\\nb", &"x".repeat(201)] {
        let entry = format!(
            "[[token]]\nsha256 = \"{hash}\"\npseudonym = \"{pseudonym}\"\nrole = \"feed\"\n"
        );
        let path = place.write("actor.toml", entry);
        let tokens = ["serve", "--listen", "127.0.0.1:0", "--tokens"];
        let ran = place.on_store(&[&tokens[..], &[path.to_str().unwrap()]].concat());
        let ran = ran.ended(2);
        assert!(
            ran.err
                .contains("Zugang 1: Der Handelnde ist eine Rolle oder ein Pseudonym"),
            "{ran:?}"
        );
    }
    place
        .on_store(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tokens",
            "/nirgends.toml",
        ])
        .ended(2);
}

#[test]
fn a_year_is_closed_in_the_name_of_whoever_sends_it_and_only_by_finance() {
    let (place, server) = guarded();
    let close = |token: &str, pot: &str, form: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", &*bearer), ("content-type", form)];
        let path = format!("/api/v1/close-year/{pot}");
        let body = Some(body.as_bytes().to_vec());
        server.send(&reqwest::Method::POST, &path, &headers, body)
    };
    let form = "application/json";
    let january = r#"{"as_of": "2025-01-31"}"#;
    for token in ["token-read-1", "token-feed-1", "token-audit-1"] {
        let reply = close(token, "T-ORG", form, january);
        assert_eq!(reply.with_status(403).problem(), "not_allowed", "{token}");
    }
    close("token-nobody", "T-ORG", form, january).with_status(401);
    let of = |form: &str, body: &str| close("token-money-1", "T-ORG", form, body);
    // A page of another site can send forms and plain text, and nothing of it is done.
    of("text/plain", january).with_status(415);
    of(form, r#"{"closing": "open"}"#).with_status(400);
    let early = of(form, r#"{"as_of": "2024-12-30"}"#);
    assert_eq!(early.with_status(422).problem(), "year_not_over");
    let future = of(form, r#"{"as_of": "2099-01-31"}"#);
    assert_eq!(future.with_status(422).problem(), "closes_in_future");
    let unknown = close("token-money-1", "T-NIE", form, january);
    assert_eq!(unknown.with_status(422).problem(), "pot_not_resolved");
    let done = of(form, january).with_status(200).json();
    assert_eq!(
        (&done["outcome"], &done["closing"], &done["pot"]),
        (&json!("accepted"), &json!("provisional"), &json!("T-ORG"))
    );
    let again = of(form, r#"{"closing": "provisional", "as_of": "2025-02-28"}"#);
    assert_eq!(again.with_status(200).json()["outcome"], "known");
    let body = r#"{"closing": "final", "as_of": "2025-03-31"}"#;
    let last = close("token-money-2", "T-ORG", form, body);
    assert_eq!(last.with_status(200).json()["closing"], "final");
    let log = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let closed = log.lines().filter(|it| it.contains("pot.year_closed"));
    let actors: Vec<Value> = closed
        .map(|it| serde_json::from_str::<Value>(it).unwrap()["actor"].clone())
        .collect();
    assert_eq!(actors, ["finanz-1", "finanz-2"]);
    let funds = place.ask("funds", &["--as-of", "2025-03-31"]);
    assert_eq!(row(&funds, "pot", "T-ORG")["closing"], "final");
}
