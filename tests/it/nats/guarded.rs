//! The log on a server that others reach, too: what they cannot do, whatever they try; and what `doctor`
//! says of such a server.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    thread,
};

use leitstand_tests::nats::{NatsServer, free_port};
use serde_json::{Value, json};

use super::access::{access, with_permissions, with_permissions_but};
use crate::support::{
    Place, Server, eventually, folder,
    nats::{EVENTS, PROGRAMME, called_as, nats_in, printed, said, said_as, serving},
};

/// The log's stream and the keys', and a subject that each holds.
const STORES: [[&str; 2]; 2] = [
    ["LEITSTAND_LOG_spt-dd", "leitstand.spt-dd.log.catalogue"],
    ["KV_LEITSTAND_KEYS_spt-dd", "$KV.LEITSTAND_KEYS_spt-dd.x"],
];
/// Where a reply would be an event, a key or an order.
const DIVERSIONS: [&str; 5] = [
    "leitstand.spt-dd.log.catalogue",
    "leitstand.spt-dd.evt.catalogue._.x",
    "$KV.LEITSTAND_KEYS_spt-dd.x",
    "$JS.API.STREAM.DELETE.LEITSTAND_LOG_spt-dd",
    "$JS.API.STREAM.DELETE.LEITSTAND_EVENTS",
];

/// A place whose log is on this server, as Leitstand's own user.
fn place_on(nats: &NatsServer) -> Place {
    let place = Place::of(format!("{}/{PROGRAMME}", nats.url()));
    place.write("password", "geheim\n");
    place.write(
        "leitstand.toml",
        "nats-user = \"leitstand\"\nnats-password-file = \"password\"\n",
    );
    place.run(&["init", "--store", &place.store()]).ended(0);
    place
}

fn impediment(id: &str) -> Value {
    json!({
        "id": id, "subject": "PROG", "title": "T", "reported_on": "2025-01-01", "note": "Freitext",
    })
}

fn everybody() -> [[(&'static str, &'static str); 5]; 4] {
    [
        access("pmo-1", "_INBOX_pmo-1"),
        access("kasse-1", "_INBOX_kasse-1"),
        access("leser-1", "_INBOX_leser-1"),
        access("folger-1", "_INBOX_folger-1"),
    ]
}

#[test]
fn nobody_but_leitstand_reaches_the_log_and_its_keys() {
    let files = folder();
    let nats = with_permissions(files.path());
    let url = nats.url();
    let place = place_on(&nats);
    let server = Server::start_with(&place, &["--nats", &url]);
    let [pmo, finance, reader, follower] = everybody();
    let row = [json!({ "table": "impediments", "row": impediment("H-1") })];
    let first = said_as(&pmo, &["feed", &url, PROGRAMME, "pmo-1"], &row);
    assert_eq!(first[0]["outcome"], "accepted", "{first:?}");
    let position = first[0]["position"].to_string();
    // Everything Leitstand does with its log is allowed: to erase, too, which destroys a key on the server.
    place
        .on_store(&["erase", "--event", &position, "--reason", "Art. 17 DSGVO"])
        .ended(0);
    let head = place.head();

    for who in [&pmo, &finance, &reader, &follower] {
        for [stream, subject] in STORES {
            let told = said_as(who, &["take", &url, stream, subject], &[]);
            assert!(told.len() > 10, "{told:?}");
            for it in told {
                let (what, came) = it.as_object().unwrap().iter().next().unwrap();
                assert_eq!(*came, Value::Null, "{who:?} {stream} {what}");
            }
        }
    }
    // Leitstand and the server answer where they are told to; nobody can tell them to answer into a stream.
    let (ask, ping) = ("leitstand.spt-dd.ask.funds", "$SRV.PING.leitstand");
    let (feed, post) = (
        "leitstand.spt-dd.feed.impediments.pmo-1",
        "leitstand.spt-dd.post.impediments.pmo-1",
    );
    let info = "JS.leitstand.API.STREAM.INFO.LEITSTAND_EVENTS";
    for (who, subject) in [
        (&reader, ask),
        (&reader, ping),
        (&reader, "$SRV.PING"),
        (&reader, "$SRV.INFO"),
        (&reader, "$SRV.STATS"),
        (&pmo, feed),
        (&pmo, post),
        (&follower, info),
    ] {
        for reply in DIVERSIONS {
            let lines = [json!({ "row": impediment("H-1") })];
            let ran = called_as(who, &["divert", &url, subject, reply], &lines);
            assert_eq!(ran.code, 0, "{ran:?}");
        }
    }
    let again = said_as(&pmo, &["feed", &url, PROGRAMME, "pmo-1"], &row);
    assert_eq!(again[0]["outcome"], "known", "{again:?}");
    assert_eq!(place.head(), head);
    server.is_well();
    assert!(
        !server.said().contains("server objects"),
        "{}",
        server.said()
    );
    assert!(server.stop().success());
    let count = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let out = said_as(&follower, &["stream", &url, EVENTS], &[]);
    assert_eq!(out.len(), count.lines().count());
}

#[test]
fn also_where_the_server_enforces_nothing_leitstand_answers_into_no_stream() {
    let files = folder();
    let nats = NatsServer::start(files.path());
    let url = nats.url();
    let place = Place::of(format!("{url}/{PROGRAMME}"));
    place.run(&["init", "--store", &place.store()]).ended(0);
    let server = Server::start_with(&place, &["--nats", &url]);
    for subject in [
        "leitstand.spt-dd.ask.funds",
        "leitstand.spt-dd.ask.nothing",
        "leitstand.spt-dd.feed.impediments",
        "leitstand.spt-dd.feed.nothing",
    ] {
        for reply in DIVERSIONS {
            let lines = [json!({ "row": impediment("H-1") })];
            let ran = called_as(&[], &["divert", &url, subject, reply], &lines);
            assert_eq!(ran.code, 0, "{ran:?}");
        }
    }
    // The row itself counts, whoever does not want to know.
    let row = [json!({ "table": "impediments", "row": impediment("H-1") })];
    let known = said(&["feed", &url, PROGRAMME], &row);
    assert_eq!(known[0]["outcome"], "known");
    server.is_well();
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    eventually("all events are relayed", || {
        said(&["stream", &url, EVENTS], &[]).len() == recorded.lines().count()
    });
    place.head();
}

#[track_caller]
fn line<'a>(doctor: &'a str, what: &str) -> &'a str {
    let found = doctor.lines().find(|it| it.contains(what));
    found.unwrap_or_else(|| panic!("{what}: {doctor}"))
}

#[test]
fn doctor_says_what_a_server_lets_leitstand_do() {
    let files = folder();
    let nats = with_permissions(files.path());
    let url = nats.url();
    let place = place_on(&nats);
    let doctor = |more: &[&str]| place.on_store(&[&["doctor", "--nats", &url], more].concat());
    let before = doctor(&[]).ended(0).out;
    assert!(line(&before, EVENTS).contains("noch nicht da"), "{before}");
    assert!(
        Server::start_with(&place, &["--nats", &url])
            .stop()
            .success()
    );
    let after = doctor(&[]).ended(0).out;
    for what in [
        "NATS-Zugang",
        "LEITSTAND_EVENTS",
        "LEITSTAND_FEED",
        "LEITSTAND_DEAD",
        "NATS-Rechte",
    ] {
        assert!(line(&after, what).starts_with("gut"), "{after}");
    }
    assert!(line(&after, "NATS-Sync").starts_with("Achtung"), "{after}");
    // Nothing was left behind by trying.
    let [.., follower] = everybody();
    let out = said_as(&follower, &["stream", &url, EVENTS], &[]);
    let recorded = place.on_store(&["events", "--format", "json"]).ended(0).out;
    assert_eq!(out.len(), recorded.lines().count());
    // Nor is a posted row taken by it.
    let pmo = access("pmo-1", "_INBOX_pmo-1");
    let row = [json!({ "table": "impediments", "row": impediment("H-7") })];
    said_as(&pmo, &["post", &url, PROGRAMME, "pmo-1"], &row);
    doctor(&[]).ended(0);
    let server = Server::start_with(&place, &["--nats", &url]);
    eventually("the row is recorded", || {
        let rows = server.ask("impediments", "as_of=2026-12-31");
        rows["rows"].as_array().unwrap().len() == 1
    });
    assert!(server.stop().success());
    // Somebody else's user may not do what Leitstand must.
    let sqlite = Place::begun();
    sqlite.write("password", "geheim");
    let other = ["--nats-user", "leser-1", "--nats-password-file", "password"];
    let ran = sqlite.on_store(&[&["doctor", "--nats", &url], &other[..]].concat());
    let said = ran.ended(1).out;
    let rights = line(&said, "NATS-Rechte");
    assert!(
        rights.starts_with("FEHLER") && rights.contains("leitstand.spt-dd.evt."),
        "{said}"
    );
}

/// Who keeps permissions of an earlier release is told what is missing, and not kept from working.
#[test]
fn without_the_right_to_look_for_other_streams_it_works() {
    let files = folder();
    let nats = with_permissions_but(files.path(), &["$JS.API.STREAM.NAMES"]);
    let place = place_on(&nats);
    let url = nats.url();
    let server = Server::start_with(&place, &["--nats", &url]);
    server.is_well();
    let said = server.said();
    assert!(said.contains("$JS.API.STREAM.NAMES"), "{said}");
    let said = place.on_store(&["doctor", "--nats", &url]).ended(1).out;
    assert!(
        line(&said, "NATS-Subjects").starts_with("Achtung"),
        "{said}"
    );
    let rights = line(&said, "NATS-Rechte");
    assert!(rights.contains("$JS.API.STREAM.NAMES"), "{said}");
}

/// Of everything that is shipped for Leitstand, whatever is missing is named: also what the store needs.
#[test]
fn doctor_names_every_permission_that_is_missing() {
    let files = folder();
    let nats = with_permissions(files.path());
    drop(place_on(&nats));
    drop(nats);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/nats/permissions.conf");
    let shipped = fs::read_to_string(path).unwrap();
    let of_leitstand = shipped.split("# Whoever keeps").next().unwrap();
    let all: Vec<&str> = of_leitstand
        .lines()
        .filter_map(|it| it.trim().strip_prefix('"')?.strip_suffix('"'))
        .collect();
    assert!(all.len() >= 30, "{all:?}");
    // In two halves, so that in each the store can be opened or the streams be seen.
    let is_read = |it: &&str| it.contains(".INFO.") || it.contains(".GET.");
    for half in [true, false] {
        let missing: Vec<&str> = all
            .iter()
            .copied()
            .filter(|it| is_read(it) == half && *it != "_INBOX.>")
            .collect();
        let nats = with_permissions_but(files.path(), &missing);
        let place = Place::of(format!("{}/{PROGRAMME}", nats.url()));
        place.write("password", "geheim\n");
        let url = nats.url();
        let arguments = [
            "doctor",
            "--nats",
            &url,
            "--nats-user",
            "leitstand",
            "--nats-password-file",
            "password",
        ];
        let said = place.on_store(&arguments).ended(1).out;
        let rights: Vec<&str> = said.lines().filter(|it| it.contains("-Rechte")).collect();
        assert_eq!(rights.len(), 2, "{said}");
        for it in missing {
            let subject = it.split(' ').next().unwrap().trim_end_matches(['>', '*']);
            assert!(
                rights.iter().any(|line| line.contains(subject)),
                "{it}: {said}"
            );
        }
    }
}

#[test]
fn doctor_finds_what_is_wrong_with_a_server() {
    let place = Place::begun();
    let doctor = |more: &[&str]| place.on_store(&[&["doctor"], more].concat());
    let nobody = format!("nats://127.0.0.1:{}", free_port());
    let said = doctor(&["--nats", &nobody]).ended(1).out;
    assert!(line(&said, "NATS ").contains("nicht erreichbar"), "{said}");
    let (lax, strict) = (free_port(), free_port());
    let monitored = |files: &Path, port: u16, sync: &str| {
        let text = format!("http: \"127.0.0.1:{port}\"\njetstream {{ store_dir: STORE {sync} }}");
        NatsServer::with(files, &text)
    };
    let files = folder();
    let nats = monitored(files.path(), lax, "");
    let (url, monitor) = (nats.url(), format!("127.0.0.1:{lax}"));
    let said = doctor(&["--nats", &url, "--nats-monitor", &monitor]);
    let said = said.ended(1).out;
    let sync = line(&said, "NATS-Sync");
    assert!(
        sync.starts_with("FEHLER") && sync.contains("sync_interval: always"),
        "{said}"
    );
    assert!(line(&said, "NATS-Zugang").starts_with("Achtung"), "{said}");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--nats", &url];
    let ran = place.on_store(&[&serve[..], &["--nats-monitor", &monitor]].concat());
    assert!(ran.ended(1).err.contains("sync_interval: always"));
    drop(nats);
    drop(fs::remove_dir_all(files.path().join("jetstream")));
    let nats = monitored(files.path(), strict, ", sync_interval: always");
    let (url, monitor) = (nats.url(), format!("127.0.0.1:{strict}"));
    let arguments = ["--nats", &url, "--nats-monitor", &monitor];
    let server = Server::start_with(&place, &arguments);
    let warnings = &server.get("/readyz").with_status(200).json()["warnings"];
    assert_eq!(*warnings, json!([]));
    assert!(server.stop().success());
    let said = doctor(&arguments).ended(0).out;
    assert!(line(&said, "NATS-Sync").starts_with("gut"), "{said}");
    // What another server says of itself is nothing about this one.
    let (elsewhere, port) = (folder(), free_port());
    let other = monitored(elsewhere.path(), port, ", sync_interval: always");
    let monitor = format!("127.0.0.1:{port}");
    let of_other = ["--nats", &url, "--nats-monitor", &monitor];
    let said = doctor(&of_other).ended(1).out;
    let sync = line(&said, "NATS-Sync");
    assert!(
        sync.starts_with("FEHLER") && sync.contains("gehört zum NATS-Server"),
        "{said}"
    );
    let ran = place.on_store(&[&["serve", "--listen", "127.0.0.1:0"], &of_other[..]].concat());
    assert!(ran.ended(1).err.contains("gehört zum NATS-Server"));
    drop(other);
    // A stream that somebody made smaller.
    let edited = said_of_edit(&url);
    assert!(edited.get("error").is_none(), "{edited}");
    let said = doctor(&arguments).ended(1).out;
    let events = line(&said, EVENTS);
    assert!(
        events.starts_with("FEHLER") && events.contains("max_age"),
        "{said}"
    );
}

/// Lets events be forgotten after an hour.
fn said_of_edit(url: &str) -> Value {
    crate::support::block_on(async {
        let context = async_nats::jetstream::new(async_nats::connect(url).await.unwrap());
        let info: Value = context
            .request(format!("STREAM.INFO.{EVENTS}"), &json!({}))
            .await
            .unwrap();
        let mut config = info["config"].clone();
        config["max_age"] = json!(3_600_000_000_000_u64);
        let update = format!("STREAM.UPDATE.{EVENTS}");
        context.request(update, &config).await.unwrap()
    })
}

#[test]
fn what_goes_over_nats_and_to_its_servers_is_counted() {
    let files = folder();
    let nats = NatsServer::start(files.path());
    let url = nats.url();
    let place = Place::of(format!("{url}/{PROGRAMME}"));
    place.run(&["init", "--store", &place.store()]).ended(0);
    let server = Server::start_with(&place, &["--nats", &url]);
    // From the start, so that a first one is seen as one more.
    let metrics = server.get("/metrics").with_status(200).body;
    for name in [
        "leitstand_nats_rows_total{way=\"feed\"}",
        "leitstand_nats_rows_total{way=\"post\"}",
        "leitstand_nats_busy_total",
        "leitstand_nats_redelivered_total",
        "leitstand_relay_foreign_total",
        "leitstand_dead_letters_total",
    ] {
        let zero = format!("{name} 0");
        assert!(metrics.lines().any(|it| it == zero), "{name}: {metrics}");
    }
    let rows: Vec<Value> = (0..5)
        .map(|it| json!({ "table": "impediments", "row": impediment(&format!("H-{it}")) }))
        .collect();
    said(&["feed", &url, PROGRAMME], &rows);
    said(&["post", &url, PROGRAMME], &rows[..2]);
    let number = |name: &str| {
        let all = server.get("/metrics").with_status(200).body;
        let line = all.lines().find(|it| it.starts_with(name));
        line.and_then(|it| it.rsplit(' ').next()?.parse::<u64>().ok())
    };
    for (name, least) in [
        ("leitstand_nats_rows_total{way=\"feed\"}", 5),
        ("leitstand_nats_rows_total{way=\"post\"}", 2),
        ("leitstand_relay_events_total", 5),
        ("leitstand_store_events_total", 5),
        ("leitstand_store_commits_total", 1),
        ("leitstand_nats_connections_total", 1),
        ("leitstand_nats_connected", 1),
        ("leitstand_store_connected", 1),
    ] {
        eventually(name, || number(name).is_some_and(|it| it >= least));
    }
}

#[test]
fn an_explanation_and_a_trail_are_asked_over_nats() {
    let place = Place::with_scenario();
    let nats = nats_in(&place);
    let server = serving(&place, &nats);
    let of = |answer: &str, options: Value| json!({ "answer": answer, "options": options });
    let questions = [
        of(
            "explain",
            json!({ "answer": "funds", "row": "T-ORG", "field": "free", "as_of": "2024-12-31" }),
        ),
        of("trail", json!({ "id": "A-24-05", "as_of": "2024-12-31" })),
        of("explain", json!({ "answer": "funds", "row": "T-ORG" })),
        of("trail", json!({})),
        // As long as a message may be.
        of(
            "explain",
            json!({ "answer": "x".repeat(1_048_500), "row": "x", "field": "y" }),
        ),
    ];
    let answers = said(&["ask", &nats.url(), PROGRAMME], &questions);
    for (answer, path) in answers.iter().zip([
        "/api/v1/explain?answer=funds&row=T-ORG&field=free&as_of=2024-12-31",
        "/api/v1/trail?id=A-24-05&as_of=2024-12-31",
    ]) {
        let http = server.get(path).with_status(200);
        assert_eq!(answer["body"].as_str().unwrap(), http.body, "{path}");
    }
    // In the words of a JSON object, not of a query string or a command line.
    for (refused, code, words) in [
        (&answers[2], "400", r#"{"answer":"funds""#),
        (&answers[3], "400", "angeben: id."),
        (&answers[4], "404", "xxx…"),
    ] {
        let headers = &refused["headers"];
        assert_eq!(headers["Nats-Service-Error-Code"], code, "{words}");
        let said = headers["Leitstand-Message"].as_str().unwrap();
        assert!(said.contains(words) && said.len() < 3_000, "{said}");
    }
    assert_eq!(
        printed(&called_as(&[], &["service", &nats.url()], &[])).len(),
        6
    );
}

/// Whoever answers as a NATS server of this version would; where it is.
fn pretender(version: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let info = json!({
                "server_id": "A", "server_name": "a", "version": version, "go": "go1", "host": "127.0.0.1",
                "port": 1, "headers": true, "max_payload": 1_048_576, "proto": 1, "jetstream": true,
            });
            client
                .write_all(format!("INFO {info}\r\n").as_bytes())
                .unwrap();
            let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
            while let Some(Ok(line)) = lines.next() {
                if line == "PING" && client.write_all(b"PONG\r\n").is_err() {
                    break;
                }
            }
        }
    });
    url
}

#[test]
fn a_server_that_would_drop_in_silence_what_is_asked_of_it_is_refused() {
    let place = Place::begun();
    for version in ["2.9.10", "2.10.29"] {
        let url = pretender(version);
        let serve = ["serve", "--listen", "127.0.0.1:0", "--nats", &url];
        let ran = place.on_store(&serve).ended(6);
        assert!(ran.err.contains(version), "{ran:?}");
        let store = format!("{url}/{PROGRAMME}");
        let ran = place.run(&["init", "--store", &store]).ended(6);
        assert!(ran.err.contains(version), "{ran:?}");
        let ran = place.on_store(&["doctor", "--nats", &url]).ended(1);
        assert!(line(&ran.out, "NATS ").contains(version), "{ran:?}");
    }
}
