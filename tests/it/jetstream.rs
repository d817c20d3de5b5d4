//! The log on a real NATS server.

mod keys;
mod lost;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use leitstand_tests::{
    compare::differences,
    nats::{NatsServer, free_port},
    scenario as year,
};
use serde_json::{Value, json};

use crate::support::{Place, Server, YEAR_END, block_on, client, eventually, folder, head_in};

const EXPECTED: [&str; 5] = ["status", "milestones", "risks", "requests", "funds"];

/// A server with its files, and the name of a store on it.
struct Nats {
    server: NatsServer,
    files: tempfile::TempDir,
}

impl Nats {
    fn start() -> Self {
        let files = folder();
        Self {
            server: NatsServer::start(files.path()),
            files,
        }
    }

    fn store(&self) -> String {
        format!("{}/spt-dd", self.server.url())
    }

    /// A place with this store, initialised.
    fn begun(&self) -> Place {
        let place = Place::of(self.store());
        place.run(&["init", "--store", &place.store()]).ended(0);
        place
    }
}

#[track_caller]
fn answers_are_expected(place: &Place) {
    for name in EXPECTED {
        let actual = place.at_year_end(name);
        let differences = differences(&year::expected(name).unwrap(), &actual);
        assert!(
            differences.is_empty(),
            "{name}:\n{}",
            differences.join("\n")
        );
    }
}

#[test]
fn the_year_on_a_server_gives_exactly_its_expected_answers() {
    let nats = Nats::start();
    let place = nats.begun();
    let fed = place.feed(&[&year::folder()]);
    assert_eq!(
        (&fed["accepted"], &fed["findings"]),
        (&json!(700), &json!([]))
    );
    answers_are_expected(&place);
    let head = place.head();
    let again = place.feed(&[&year::folder()]);
    assert_eq!((&again["known"], place.head()), (&json!(700), head.clone()));
    place
        .on_store(&["audit", "verify", "--expect", &head])
        .ended(0);
    let explained = place.on_store(&["explain", "funds", "T-ORG", "free"]);
    assert!(explained.ended(0).out.contains("T-ORG"));
    // A second init changes nothing, another programme is another log.
    place.run(&["init", "--store", &place.store()]).ended(0);
    assert_eq!(place.head(), head);
    let other = format!("{}/other", nats.server.url());
    let ran = place.run(&["audit", "verify", "--store", &other]).ended(6);
    assert!(ran.err.contains("leitstand init"), "{ran:?}");
}

#[test]
fn a_server_on_a_server_answers_follows_and_says_what_it_cannot_know() {
    let nats = Nats::start();
    let place = nats.begun();
    let servers = [Server::start(&place), Server::start(&place)];
    let mut last = 0;
    for row in year::rows().unwrap() {
        last = servers[0].accept(&row);
    }
    for server in &servers {
        for name in EXPECTED {
            let actual = server.ask(name, &format!("as_of={YEAR_END}&min_position={last}"));
            let differences = differences(&year::expected(name).unwrap(), &actual);
            assert!(differences.is_empty(), "{name}: {differences:?}");
        }
    }
    let ready = servers[0].get("/readyz").with_status(200).json();
    let warning = ready["warnings"][0].as_str().unwrap();
    assert!(warning.contains("sync_interval: always"), "{ready}");
    let doctor = place.on_store(&["doctor"]).ended(0);
    for word in ["NATS", "Kopien", "sync_interval", "Uhr im Protokoll"] {
        assert!(doctor.out.contains(word), "{doctor:?}");
    }
    place.head();
}

#[test]
fn a_text_on_a_server_is_erased() {
    let nats = Nats::start();
    let place = nats.begun();
    place.feed(&[&year::folder()]);
    let events = ["events", "--format", "json", "--stream", "pot-T-PRJ"];
    let events = place.on_store(&events).ended(0).out;
    let mut events = events
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap());
    let condition = events.find(|it| it["data"]["row"]["step"] == "resolved_with_conditions");
    let position = condition.unwrap()["position"].as_u64().unwrap().to_string();
    let text = |place: &Place| {
        let requests = place.at_year_end("requests");
        let row = crate::support::row(&requests, "id", "A-24-05");
        row["conditions"][0]["text"].clone()
    };
    assert_eq!(text(&place), "Metadaten nach DCAT-AP.de");
    // In a copy made before it stays until the copy is made again; events of a copy have other positions.
    let copy = Place::empty();
    let copied = || {
        place
            .run(&["copy", "--from", &nats.store(), "--to", &copy.store()])
            .ended(0)
    };
    copied();
    assert_eq!(text(&copy), "Metadaten nach DCAT-AP.de");
    place
        .on_store(&["erase", "--event", &position, "--reason", "Art. 17 DSGVO"])
        .ended(0);
    assert_eq!(text(&place), "erased");
    copied();
    assert_eq!(text(&copy), "erased");
    let texts = copy.on_store(&["doctor"]).ended(0).out;
    assert!(texts.contains("Löschung aufgezeichnet"), "{texts}");
    assert_eq!(place.head(), copy.head());
    answers_are_expected_but_for_the_text(&copy);
}

#[track_caller]
fn answers_are_expected_but_for_the_text(place: &Place) {
    let funds = place.at_year_end("funds");
    assert_eq!(
        differences(&year::expected("funds").unwrap(), &funds),
        Vec::<String>::new()
    );
}

#[test]
fn a_log_moves_to_a_server_and_back_with_its_head() {
    let nats = Nats::start();
    let (first, last) = (Place::with_scenario(), Place::empty());
    let head = first.head();
    let copy = |from: &str, to: &str| first.run(&["copy", "--from", from, "--to", to]);
    let there = copy(&first.store(), &nats.store()).ended(0);
    assert_eq!(head_in(&there.out), head);
    let again = copy(&first.store(), &nats.store()).ended(0);
    assert!(again.out.contains("davon"), "{again:?}");
    copy(&nats.store(), &last.store()).ended(0);
    for store in [nats.store(), last.store()] {
        let verify = ["audit", "verify", "--store", &store, "--expect", &head];
        first.run(&verify).ended(0);
    }
    answers_are_expected(&Place::of(nats.store()));
    answers_are_expected(&last);
    // Positions are the store's own; everything else an event has is the same.
    let events = |place: &Place| {
        let out = place.on_store(&["events", "--format", "json"]).ended(0).out;
        let events = out.lines().map(|it| {
            let mut event: Value = serde_json::from_str(it).unwrap();
            event["position"] = Value::Null;
            event
        });
        events.collect::<Vec<_>>()
    };
    assert_eq!(events(&first), events(&last));
    // What holds something else, or more, is refused.
    let other = Place::begun();
    let refused = copy(&first.store(), &other.store()).ended(2);
    assert!(refused.err.contains("etwas anderes"), "{refused:?}");
    last.accept(
        "impediments",
        json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" }),
    );
    copy(&nats.store(), &last.store()).ended(2);
    copy("memory:", &last.store()).ended(2);
}

#[test]
fn a_killed_copy_goes_on_where_it_ended() {
    let nats = Nats::start();
    let first = Place::with_scenario();
    let head = first.head();
    let (from, to) = (first.store(), nats.store());
    let copy = ["copy", "--from", &from, "--to", &to];
    for life in [40, 80, 120, 160] {
        let mut child = first.command(&copy).spawn().unwrap();
        thread::sleep(Duration::from_millis(life));
        drop(child.kill());
        child.wait().unwrap();
    }
    let copied = first.run(&copy).ended(0);
    assert_eq!(head_in(&copied.out), head);
    assert_eq!(Place::of(to).head(), head);
}

#[test]
fn no_acknowledged_row_is_lost_or_doubled_when_the_nats_server_is_killed() {
    let mut nats = Nats::start();
    let place = nats.begun();
    let server = Server::start(&place);
    let (over, numbers) = (AtomicBool::new(false), AtomicU64::new(0));
    let url = server.url("/api/v1/feed/impediments");
    let mut told: BTreeMap<String, u64> = BTreeMap::new();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let (http, mut told) = (client(), Vec::new());
                    while !over.load(Ordering::Relaxed) {
                        let id = format!("K-{}", numbers.fetch_add(1, Ordering::Relaxed));
                        let row = json!({ "id": id, "subject": "PROG", "title": "T", "reported_on": "2025-01-01" });
                        let answer: Option<Value> = block_on(async {
                            let response = http.post(&url).json(&row).send().await.ok()?;
                            let is_done = response.status() == 200;
                            response.json().await.ok().filter(|_| is_done)
                        });
                        // Without an answer nobody knows; the row may be there.
                        if let Some(answer) = answer {
                            told.push((id, answer["position"].as_u64().unwrap()));
                        }
                    }
                    told
                })
            })
            .collect();
        for life in [700, 250, 500] {
            thread::sleep(Duration::from_millis(life));
            nats.server.kill();
            nats.server.restart();
        }
        thread::sleep(Duration::from_millis(700));
        over.store(true, Ordering::Relaxed);
        for client in clients {
            told.extend(client.join().unwrap());
        }
    });
    assert!(100 < told.len(), "{}", told.len());
    let mut recorded: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let events = place.on_store(&["events", "--format", "json"]).ended(0).out;
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if let Some(id) = event["data"]["row"]["id"].as_str() {
            let positions = recorded.entry(id.to_owned()).or_default();
            positions.push(event["position"].as_u64().unwrap());
        }
    }
    for (id, position) in &told {
        assert_eq!(recorded[id], [*position], "{id}");
    }
    let doubled: Vec<_> = recorded.iter().filter(|(_, it)| it.len() != 1).collect();
    assert!(
        doubled.iter().all(|(id, _)| !id.starts_with("K-")),
        "{doubled:?}"
    );
    eventually("it is ready again", || server.get("/readyz").status == 200);
    place.head();
}

#[test]
fn two_commands_feed_the_year_into_a_server_at_the_same_time() {
    let nats = Nats::start();
    let place = nats.begun();
    let reports: Vec<Value> = thread::scope(|scope| {
        let feeding: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| place.feed(&[&year::folder()])))
            .collect();
        feeding.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let sum = |field: &str| {
        let of_each = reports.iter().map(|it| it[field].as_u64().unwrap());
        of_each.sum::<u64>()
    };
    assert_eq!(
        (sum("accepted"), sum("known"), sum("rejected")),
        (700, 700, 0),
        "{reports:?}"
    );
    place.head();
    answers_are_expected(&place);
}

#[test]
fn a_feed_outlives_a_killed_nats_server() {
    let mut nats = Nats::start();
    let place = nats.begun();
    let report = thread::scope(|scope| {
        let feeding = scope.spawn(|| place.feed(&[&year::folder()]));
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(150));
            nats.server.kill();
            nats.server.restart();
        }
        feeding.join().unwrap()
    });
    assert_eq!(
        (&report["accepted"], &report["rejected"]),
        (&json!(700), &json!(0))
    );
    place.head();
    answers_are_expected(&place);
}

#[test]
fn who_is_not_there_refuses_or_does_not_sync_is_told_apart() {
    let place = Place::empty();
    let on = |store: &str, more: &[&str]| {
        let verify = ["audit", "verify", "--store", store];
        place.run(&[&verify[..], more].concat())
    };
    let nobody = format!("nats://127.0.0.1:{}/spt-dd", free_port());
    let ran = on(&nobody, &[]).ended(6);
    assert!(ran.err.contains("nicht erreichbar"), "{ran:?}");
    let (files, monitor) = (folder(), free_port());
    let guarded = NatsServer::with(
        files.path(),
        &format!(
            "http: \"127.0.0.1:{monitor}\"\njetstream {{ store_dir: STORE }}\nauthorization {{ user: \"l\", password: \"geheim\" }}"
        ),
    );
    let store = format!("{}/spt-dd", guarded.url());
    on(&store, &[]).ended(5);
    let (right, wrong) = (place.write("right", "geheim\n"), place.write("wrong", "x"));
    let access = |file: &std::path::Path| {
        let file = file.to_str().unwrap().to_owned();
        move |store: &str, command: &str| {
            let all = [command, "--store", store, "--nats-user", "l"];
            Place::empty().run(&[&all[..], &["--nats-password-file", &file]].concat())
        }
    };
    access(&wrong)(&store, "init").ended(5);
    access(&right)(&store, "init").ended(0);
    access(&right)(&store, "milestones").ended(0);
    // It is known that this one does not sync every write.
    let asked = format!("{store}?monitor=127.0.0.1:{monitor}");
    let ran = access(&right)(&asked, "milestones").ended(1);
    assert!(ran.err.contains("sync_interval: always"), "{ran:?}");
    // A backup needs the same access.
    let backup = ["backup", "--store", &store, "-o", "b"];
    place.run(&backup).ended(5);
    let right = right.to_str().unwrap();
    let named = ["--nats-user", "l", "--nats-password-file", right];
    place.run(&[&backup[..], &named].concat()).ended(0);
    let three = format!("{store}?replicas=3");
    access(right.as_ref())(&three, "milestones").ended(1);
    place
        .run(&["init", "--store", &store, "--programme", "other"])
        .ended(2);
}

/// What nobody of us wrote: every command says so in the same way, and answers say how far they go.
#[test]
fn what_cannot_be_read_is_no_store_that_does_not_answer() {
    let nats = Nats::start();
    let place = nats.begun();
    let row = json!({ "id": "H-1", "subject": "PROG", "title": "T", "reported_on": "2025-01-01" });
    let last = place.accept("impediments", row);
    let server = Server::start(&place);
    block_on(async {
        let client = async_nats::connect(nats.server.url()).await.unwrap();
        let subject = "leitstand.spt-dd.log.evil";
        let context = async_nats::jetstream::new(client);
        let published = context.publish(subject, "junk".into()).await.unwrap();
        published.await.unwrap();
    });
    eventually("the server says where it stands still", || {
        let ready = server.get("/readyz");
        let said = ready.json();
        ready.status == 503
            && said["stopped_at"].as_u64() > Some(last)
            && said["reasons"].to_string().contains("nicht lesbar")
    });
    let answer = server.ask("impediments", "as_of=2025-12-31");
    assert_eq!(answer["summary"]["open"], 1, "{answer}");
    assert!(answer["stands_since"].is_string(), "{answer}");
    let copy = Place::empty();
    let copied = place.run(&["copy", "--from", &place.store(), "--to", &copy.store()]);
    let copied = copied.ended(7);
    assert!(copied.err.contains("audit verify"), "{copied:?}");
    place.on_store(&["audit", "verify"]).ended(7);
}

#[test]
fn a_password_is_never_logged_however_much_is() {
    let place = Place::empty();
    let store = "nats://jemand:sEcret@127.0.0.1:1/p";
    for level in ["debug", "trace"] {
        let ran = place.run(&["audit", "verify", "--log", level, "--store", store]);
        assert_eq!(ran.code, 6, "{ran:?}");
        assert!(!ran.err.contains("sEcret"), "{ran:?}");
    }
}

#[test]
fn a_log_on_a_server_is_backed_up_and_restored_to_another() {
    let (nats, other) = (Nats::start(), Nats::start());
    let place = nats.begun();
    place.feed(&[&year::folder()]);
    let backup = place.path("sicherung");
    let backup = backup.to_str().unwrap();
    let head = place.head();
    let made = place.on_store(&["backup", "-o", backup]).ended(0);
    assert_eq!(head_in(&made.out), head);
    let [there, file] = [Place::of(other.store()), Place::empty()];
    for restored in [&there, &file] {
        restored.on_store(&["restore", "--from", backup]).ended(0);
        assert_eq!(restored.head(), head);
        answers_are_expected(restored);
    }
    let hidden = |it: &str| it.starts_with(".leitstand-");
    let left = std::fs::read_dir(place.path(".")).unwrap();
    let mut left = left.map(|it| it.unwrap().file_name().into_string().unwrap());
    assert!(!left.any(|it| hidden(&it)), "nothing is left behind");
}
