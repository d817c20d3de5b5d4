//! Who may what on NATS: the shipped permissions on a server that enforces them, and every way to prove who
//! one is.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_nats::Client;
use leitstand_domain::tables::{CORRECTIONS, MONEY};
use leitstand_tests::{nats::NatsServer, nats::python, scenario as year};
use serde_json::{Value, json};

use crate::support::{
    Place, Server, block_on, eventually,
    nats::{EVENTS, PROGRAMME, called_as, nats_folder, printed, rows, said_as},
};

const JETSTREAM: &str = "jetstream { store_dir: STORE, sync_interval: always }";

/// The variables of the client for somebody.
pub(super) fn access(user: &'static str, inbox: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("LEITSTAND_USER", user),
        ("LEITSTAND_PASSWORD", "geheim"),
        ("LEITSTAND_INBOX", inbox),
        ("LEITSTAND_PATIENCE", "3"),
        // Where the server's API is for who is in another account.
        ("LEITSTAND_API", "JS.leitstand.API"),
    ]
}

/// A server with the permissions that are shipped.
pub(super) fn with_permissions(folder: &Path) -> NatsServer {
    with_permissions_but(folder, &[])
}

/// A server with the permissions that are shipped, but without these of Leitstand.
pub(super) fn with_permissions_but(folder: &Path, missing: &[&str]) -> NatsServer {
    NatsServer::with(folder, &format!("{JETSTREAM}\n{}", shipped(missing)))
}

/// The permissions that are shipped, but without these of Leitstand.
fn shipped(missing: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/nats/permissions.conf");
    let mut shipped = fs::read_to_string(path).unwrap();
    for who in [
        "LEITSTAND",
        "OPERATOR",
        "PMO",
        "FINANCE",
        "READER",
        "FOLLOWER",
    ] {
        shipped = shipped.replace(&format!("${who}_PASSWORD"), "\"geheim\"");
    }
    for it in missing {
        let line = format!("      \"{it}\"\n");
        assert!(shipped.contains(&line), "{it}");
        shipped = shipped.replacen(&line, "", 1);
    }
    shipped
}

/// Leitstand as the shipped permissions know it.
pub(super) fn serving_by_password(place: &Place, nats: &NatsServer) -> Server {
    let password = place.write("password", "geheim\n");
    let password = password.to_str().unwrap();
    let arguments = ["--nats-user", "leitstand", "--nats-password-file", password];
    serving_as(place, nats, &arguments)
}

/// Leitstand with further arguments on a NATS server.
fn serving_as(place: &Place, nats: &NatsServer, arguments: &[&str]) -> Server {
    Server::start_with(place, &[&["--nats", &nats.url()], arguments].concat())
}

#[test]
fn the_shipped_permissions_allow_what_each_needs_and_no_more() {
    let place = Place::begun();
    let nats = with_permissions(nats_folder(&place));
    let url = nats.url();
    let server = serving_by_password(&place, &nats);

    let (pmo, finance) = (
        access("pmo-1", "_INBOX_pmo-1"),
        access("kasse-1", "_INBOX_kasse-1"),
    );
    let (reader, follower) = (
        access("leser-1", "_INBOX_leser-1"),
        access("folger-1", "_INBOX_folger-1"),
    );
    let is_money = |it: &Value| {
        let table = it["table"].as_str().unwrap();
        MONEY.contains(&table) || table == CORRECTIONS
    };
    // Each row by whom it is for, in the order of the year.
    let all = rows(&year::rows().unwrap());
    let mut accepted = 0;
    for part in all.chunk_by(|one, other| is_money(one) == is_money(other)) {
        let (who, name) = if is_money(&part[0]) {
            (&finance, "kasse-1")
        } else {
            (&pmo, "pmo-1")
        };
        let replies = said_as(who, &["feed", &url, PROGRAMME, name], part);
        for (reply, row) in replies.iter().zip(part) {
            assert_eq!(reply["outcome"], "accepted", "{row}: {reply}");
            accepted += 1;
        }
    }
    assert_eq!(accepted, 700);
    let events = said_as(&follower, &["stream", &url, EVENTS], &[]);
    let actors: Vec<String> = events
        .iter()
        .map(|it| {
            let event: Value = serde_json::from_str(it["body"].as_str().unwrap()).unwrap();
            event["actor"].as_str().unwrap().to_owned()
        })
        .collect();
    for (actor, least) in [("pmo-1", 400), ("kasse-1", 50), ("leitstand", 1)] {
        let found = actors.iter().filter(|it| *it == actor).count();
        assert!(found >= least, "{actor}: {found}");
    }
    assert!(
        !actors.iter().any(|it| it == "local"),
        "the server says who everybody is"
    );
    let question = [json!({ "answer": "status", "options": { "as_of": "2024-12-31" } })];
    let answers = said_as(&reader, &["ask", &url, PROGRAMME], &question);
    assert_eq!(answers[0]["headers"], json!({}));
    let told = said_as(&reader, &["service", &url], &[]);
    assert_eq!(told.len(), 6, "{told:?}");
    for it in &told {
        assert_eq!(it["name"], "leitstand", "{told:?}");
    }
    let posted = said_as(&pmo, &["post", &url, PROGRAMME, "pmo-1"], &all[..1]);
    assert_eq!(posted[0]["stream"], "LEITSTAND_FEED");

    // Nobody answers what must not be asked.
    let (report, pot) = (&all[..1], [json!({ "table": "pots", "row": {} })]);
    for (who, arguments, lines) in [
        (&pmo, &["feed", &url, PROGRAMME, "kasse-1"][..], report),
        (&pmo, &["feed", &url, PROGRAMME], report),
        (&pmo, &["feed", &url, PROGRAMME, "pmo-1"], &pot),
        (&pmo, &["ask", &url, PROGRAMME], &question),
        (&pmo, &["stream", &url, EVENTS], &[]),
        (&finance, &["feed", &url, PROGRAMME, "kasse-1"], report),
        (&reader, &["feed", &url, PROGRAMME, "leser-1"], report),
        (&reader, &["stream", &url, "LEITSTAND_DEAD"], &[]),
        (&follower, &["ask", &url, PROGRAMME], &question),
        (&follower, &["stream", &url, "LEITSTAND_FEED"], &[]),
    ] {
        let ran = called_as(who, arguments, lines);
        assert_ne!(ran.code, 0, "{arguments:?}: {ran:?}");
        assert_eq!(printed(&ran), [] as [Value; 0], "{arguments:?}");
    }
    // Nor does anybody read what others are answered.
    let spying = access("leser-1", "_INBOX_pmo-1");
    let ran = called_as(&spying, &["ask", &url, PROGRAMME], &question);
    assert_ne!(ran.code, 0, "{ran:?}");
    server.is_well();
    // What Leitstand itself asks for is allowed, all of it: the server did not object.
    assert!(
        !server.said().contains("server objects"),
        "{}",
        server.said()
    );
    let wrong = place.write("wrong", "falsch");
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--nats",
        &url,
        "--nats-user",
        "leitstand",
        "--nats-password-file",
        wrong.to_str().unwrap(),
    ];
    let refused = place.on_store(&arguments);
    assert_eq!(refused.code, 5, "{refused:?}");
}

/// A connection of somebody, and what the server objects to on it.
pub(super) async fn watched(url: &str, user: &str) -> (Client, Arc<Mutex<Vec<String>>>) {
    let objections = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&objections);
    let client = async_nats::ConnectOptions::new()
        .user_and_password(user.to_owned(), "geheim".to_owned())
        .custom_inbox_prefix(format!("_INBOX_{user}"))
        .event_callback(move |event| {
            if let async_nats::Event::ServerError(it) = event {
                heard.lock().unwrap().push(it.to_string());
            }
            std::future::ready(())
        })
        .connect(url)
        .await
        .unwrap();
    (client, objections)
}

/// The tables are those of the code: one that is added and not in the permissions fails here.
#[test]
fn money_is_written_by_finance_only_however_its_table_is_written() {
    let place = Place::begun();
    let nats = with_permissions(nats_folder(&place));
    let url = nats.url();
    let server = serving_by_password(&place, &nats);
    let tables = || MONEY.into_iter().chain([CORRECTIONS]);
    let subjects = |who: &str| -> Vec<String> {
        let of = |way: &str| {
            let subject = |table| format!("leitstand.{PROGRAMME}.{way}.{table}.{who}");
            tables().map(subject).collect::<Vec<_>>()
        };
        [of("feed"), of("post")].concat()
    };
    let ask = async |client: &Client, subject: &str, row: &Value| -> Value {
        let reply = client
            .request(subject.to_owned(), row.to_string().into())
            .await
            .unwrap();
        serde_json::from_slice(&reply.payload).unwrap()
    };
    let pot = json!({ "id": "T-X", "fiscal_year": "2026", "amount": "1000000.00", "resolved_on": "2026-01-01" });
    block_on(async {
        let (feeder, objections) = watched(&url, "pmo-1").await;
        for subject in subjects("pmo-1") {
            feeder.publish(subject, "{}".into()).await.unwrap();
        }
        feeder.flush().await.unwrap();
        let begun = Instant::now();
        let refused = |subject: &String| {
            let quoted = format!("\"{subject}\"");
            objections
                .lock()
                .unwrap()
                .iter()
                .any(|it| it.contains(&quoted))
        };
        while !subjects("pmo-1").iter().all(refused) {
            let all = objections.lock().unwrap().clone();
            assert!(begun.elapsed() < Duration::from_secs(10), "{all:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // What the server does not know as a table of money is none.
        for token in ["=70ots", "p=6Fts", "pot=73", "=63orrections", "booking=73"] {
            let reply = ask(
                &feeder,
                &format!("leitstand.{PROGRAMME}.feed.{token}.pmo-1"),
                &pot,
            )
            .await;
            assert_eq!(
                (&reply["outcome"], &reply["code"]),
                (&json!("rejected"), &json!("bad_subject")),
                "{token}"
            );
            let kept = ask(
                &feeder,
                &format!("leitstand.{PROGRAMME}.post.{token}.pmo-1"),
                &pot,
            )
            .await;
            assert_eq!(kept["stream"], "LEITSTAND_FEED", "{kept}");
        }
        let (finance, objections) = watched(&url, "kasse-1").await;
        for subject in subjects("kasse-1") {
            let reply = ask(&finance, &subject, &json!({})).await;
            let is_answered = reply["outcome"] == "rejected" || reply["stream"] == "LEITSTAND_FEED";
            assert!(is_answered, "{subject}: {reply}");
        }
        assert_eq!(*objections.lock().unwrap(), [] as [String; 0]);
    });
    server.is_well();
    assert!(server.stop().success());
    let events = place.on_store(&["events", "--format", "json"]).ended(0).out;
    assert!(!events.contains("T-X"), "{events}");
}

/// A consumer delivers wherever it is told to, also to where rows are taken from; so a follower makes none.
#[test]
fn a_follower_reads_what_there_is_and_makes_nothing() {
    let place = Place::begun();
    let nats = with_permissions(nats_folder(&place));
    let url = nats.url();
    let server = serving_by_password(&place, &nats);
    let follower = access("folger-1", "_INBOX_folger-1");
    let count = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let count = count.lines().count();
    eventually("all events are out", || {
        said_as(&follower, &["stream", &url, EVENTS], &[]).len() == count
    });
    let config = |name: &str, more: Value| {
        let mut config = json!({ "name": name, "durable_name": name, "ack_policy": "explicit" });
        let members = config.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        json!({ "stream_name": EVENTS, "config": config, "action": "create" })
    };
    let rows = format!("leitstand.{PROGRAMME}.feed.impediments.direktor");
    let push = config(
        "spy",
        json!({ "deliver_subject": rows, "deliver_group": "leitstand" }),
    );
    block_on(async {
        let (client, _objections) = watched(&url, "folger-1").await;
        for (verb, body) in [
            ("CONSUMER.CREATE.LEITSTAND_EVENTS.spy", push.to_string()),
            (
                "CONSUMER.CREATE.LEITSTAND_EVENTS.folger-1",
                config("folger-1", json!({})).to_string(),
            ),
            (
                "CONSUMER.DURABLE.CREATE.LEITSTAND_EVENTS.spy",
                push.to_string(),
            ),
            ("CONSUMER.DELETE.LEITSTAND_EVENTS.folger-1", String::new()),
        ] {
            for api in ["JS.leitstand.API", "$JS.API"] {
                let asked = client.request(format!("{api}.{verb}"), body.clone().into());
                let told = tokio::time::timeout(Duration::from_secs(1), asked).await;
                assert!(!matches!(told, Ok(Ok(_))), "{api}.{verb}: {told:?}");
            }
        }
        let (office, _objections) = watched(&url, "betrieb").await;
        let streams = async_nats::jetstream::new(office);
        let create = format!("CONSUMER.CREATE.{EVENTS}.folger-1");
        let made: Value = streams
            .request(create, &config("folger-1", json!({})))
            .await
            .unwrap();
        assert!(made.get("error").is_none(), "{made}");
    });
    // With the consumer it was given it goes on where it was.
    let pull = |count: &str| {
        let pulled = said_as(&follower, &["pull", &url, EVENTS, "folger-1", count], &[]);
        let numbers = pulled.iter().map(|it| it["sequence"].as_u64().unwrap());
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(pull("3"), [1, 2, 3]);
    assert_eq!(pull("2"), [4, 5]);
    server.is_well();
    let metrics = server.get("/metrics").with_status(200).body;
    let none = "leitstand_nats_rows_total{way=\"feed\"} 0";
    assert!(metrics.lines().any(|it| it == none), "{metrics}");
}

#[test]
fn where_the_server_enforces_nothing_everybody_is_local() {
    let place = Place::begun();
    let nats = NatsServer::start(nats_folder(&place));
    let server = serving_as(&place, &nats, &[]);
    let row = json!({ "table": "impediments", "row": { "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" } });
    let reply = said_as(&[], &["feed", &nats.url(), PROGRAMME, "kasse-1"], &[row]);
    assert_eq!(reply[0]["outcome"], "accepted");
    assert!(server.stop().success());
    let events = place.on_store(&["events", "--format", "json"]).ended(0).out;
    assert!(
        events
            .lines()
            .any(|it| it.contains("\"H-1\"") && it.contains("\"actor\":\"local\""))
    );
    assert!(!events.contains("kasse-1"));
}

#[test]
fn who_may_not_listen_or_is_not_let_in_any_more_says_so() {
    let place = Place::begun();
    let missing = ["leitstand.spt-dd.feed.> leitstand"];
    let mut nats = with_permissions_but(nats_folder(&place), &missing);
    let password = place.write("password", "geheim\n");
    let url = nats.url();
    let arguments = [
        "--nats",
        &url,
        "--nats-user",
        "leitstand",
        "--nats-password-file",
        password.to_str().unwrap(),
    ];
    let server = Server::begin_with(&place, &arguments);
    let says = |words: &str| {
        eventually(words, || {
            let ready = server.get("/readyz");
            ready.status == 503 && ready.body.contains(words)
        });
    };
    says("Der Server verbietet, was nötig ist");
    says("leitstand.spt-dd.feed.>");
    nats.stop();
    nats.restart_as(|it| it.replace("geheim", "anders"));
    says("lehnt den Zugang ab");
    nats.stop();
    nats.restart_as(|_| {
        let listen = url.replace("nats://", "");
        format!("listen: \"{listen}\"\n{}", with_store(&place))
    });
    eventually("all is well", || server.get("/readyz").status == 200);
    assert!(server.stop().success());
}

/// The configuration of a server with the shipped permissions, whole.
fn with_store(place: &Place) -> String {
    let store = format!("\"{}\"", nats_folder(place).join("jetstream").display());
    format!("{}\n{}", JETSTREAM.replace("STORE", &store), shipped(&[]))
}

#[test]
fn credentials_an_nkey_and_certificates_open_the_door() {
    let place = Place::begun();
    let folder = nats_folder(&place);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/nats_jwt.py");
    let made = std::process::Command::new(python())
        .arg(script)
        .arg(folder)
        .status();
    assert!(made.unwrap().success());
    let fixture = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/tls")
            .join(name);
        path.to_str().unwrap().to_owned()
    };
    let config = |name: &str| {
        format!(
            "{JETSTREAM}\n{}",
            fs::read_to_string(place.path(name)).unwrap()
        )
    };
    let tls = format!(
        "{JETSTREAM}\ntls {{ cert_file: \"{}\", key_file: \"{}\" }}",
        fixture("server.pem"),
        fixture("server.key")
    );
    let (creds, nkey) = (place.path("user.creds"), place.path("user.nk"));
    let (creds, nkey) = (creds.to_str().unwrap(), nkey.to_str().unwrap());
    // What is no seed, no certificate or no address at all is told before anybody is asked.
    for (option, name) in [("--nats-nkey", "seed"), ("--nats-ca", "ca.pem")] {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let broken = place.write(name, broken);
        let broken = broken.to_str().unwrap();
        let serve = ["serve", "--nats", "nats://127.0.0.1:1", option, broken];
        let said = place.on_store(&serve).ended(2).err;
        assert!(said.contains(broken), "{said}");
    }
    place.on_store(&["serve", "--nats", ""]).ended(2);
    let (ca, stranger) = (fixture("ca.pem"), fixture("stranger.pem"));
    for (config, right, wrong, code) in [
        (
            config("operator.conf"),
            ["--nats-creds", creds],
            ["--nats-nkey", nkey],
            5,
        ),
        (
            config("nkey.conf"),
            ["--nats-nkey", nkey],
            ["--nats-replicas", "1"],
            5,
        ),
        (tls, ["--nats-ca", &ca], ["--nats-ca", &stranger], 6),
    ] {
        let nats = NatsServer::with(folder, &config);
        let server = serving_as(&place, &nats, &right);
        server.is_well();
        assert!(server.stop().success());
        let url = nats.url();
        let serve = ["serve", "--listen", "127.0.0.1:0", "--nats", &url];
        let refused = place.on_store(&[&serve[..], &wrong].concat());
        assert_eq!(refused.code, code, "{wrong:?}: {refused:?}");
        assert!(!refused.err.contains("SU"), "no seed is shown: {refused:?}");
        drop(nats);
        drop(fs::remove_dir_all(folder.join("jetstream")));
    }
}
