//! `leitstand demo`: a first look that leaves nothing behind.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{Place, Running, Server, code, eventually, signal};

/// Folders and files of the demo where temporary files go.
fn left(place: &Place) -> Vec<String> {
    let names = fs::read_dir(place.path("tmp")).unwrap().flatten();
    names
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .collect()
}

/// A demo that is ready, and after how long.
fn ready(place: &Place) -> (Server, Duration) {
    let begun = Instant::now();
    let server = Server::spawn(place, &["demo", "--port", "0"]);
    eventually("ready", || server.get("/readyz").status == 200);
    (server, begun.elapsed())
}

/// Others work on this machine too, so the best of a few counts.
#[test]
fn it_is_ready_within_two_seconds() {
    let mut times = Vec::new();
    while times.iter().all(|it| *it >= Duration::from_secs(2)) {
        assert!(times.len() < 8, "{times:?}");
        let place = Place::empty();
        fs::create_dir(place.path("tmp")).unwrap();
        times.push(ready(&place).1);
    }
    println!("demo: ready after {times:?}");
}

#[test]
fn it_shows_the_year_and_leaves_nothing_behind() {
    let place = Place::empty();
    fs::create_dir(place.path("tmp")).unwrap();
    let (mut server, _) = ready(&place);
    let said = fs::read_to_string(place.path("server-1.out")).unwrap();
    let urls: Vec<&str> = said
        .split_whitespace()
        .filter(|it| it.starts_with("http://"))
        .collect();
    assert!(urls.len() >= 3, "{said}");
    for url in urls {
        let path = &url[url[7..].find('/').unwrap() + 7..];
        server.get(path).with_status(200);
    }
    let status = server.ask("status", "as_of=2024-12-31");
    assert_eq!(status["summary"]["report_rate"], "85.71");
    assert!(
        !left(&place).is_empty(),
        "the store is in a temporary folder"
    );
    signal(server.id(), "INT");
    let ended = code(server.ended());
    assert!([0, 130].contains(&ended), "{ended}");
    assert_eq!(left(&place), Vec::<String>::new());
}

#[test]
fn a_signal_while_it_begins_leaves_nothing_behind_either() {
    // Wherever it is, also between filling the store and serving it.
    for wait in (0..280).step_by(9) {
        let place = Place::empty();
        fs::create_dir(place.path("tmp")).unwrap();
        let child = place.command(&["demo", "--port", "0"]).spawn().unwrap();
        let mut child = Running(child);
        std::thread::sleep(Duration::from_millis(wait));
        // Not INT: a shell that starts the tests in the background lets every child ignore that.
        signal(child.0.id(), "TERM");
        let ended = child.ended();
        assert!([0, 130, 143].contains(&ended), "{ended} after {wait} ms");
        assert_eq!(left(&place), Vec::<String>::new(), "after {wait} ms");
    }
}

/// The demo as started by a terminal, or to outlive it.
fn hung_up(place: &Place, how: &str) -> Running {
    fs::create_dir(place.path("tmp")).unwrap();
    let demo = place.command(&["demo", "--port", "0"]);
    let mut started = Command::new("env");
    started.arg(how).arg(demo.get_program());
    started.args(demo.get_args()).stdout(Stdio::null());
    for (name, value) in demo.get_envs() {
        match value {
            Some(value) => started.env(name, value),
            None => started.env_remove(name),
        };
    }
    let running = Running(started.spawn().unwrap());
    eventually("it began", || !left(place).is_empty());
    std::thread::sleep(Duration::from_millis(500));
    signal(running.0.id(), "HUP");
    running
}

#[test]
fn a_terminal_that_goes_away_ends_it_unless_it_was_told_to_stay() {
    let place = Place::empty();
    let mut demo = hung_up(&place, "--default-signal=HUP");
    let ended = demo.ended();
    assert!([0, 130].contains(&ended), "{ended}");
    assert_eq!(left(&place), Vec::<String>::new());

    let place = Place::empty();
    let mut demo = hung_up(&place, "--ignore-signal=HUP");
    std::thread::sleep(Duration::from_millis(500));
    assert!(demo.0.try_wait().unwrap().is_none(), "it goes on");
    signal(demo.0.id(), "TERM");
    demo.ended();
    assert_eq!(left(&place), Vec::<String>::new());
}

#[test]
fn a_port_that_is_taken_is_said_or_another_is_found() {
    let place = Place::empty();
    fs::create_dir(place.path("tmp")).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = place.run(&["demo", "--port", &port]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(left(&place), Vec::<String>::new());
}

#[test]
fn where_no_table_is_meant_there_is_nothing_to_show() {
    let place = Place::empty();
    fs::create_dir(place.path("tmp")).unwrap();
    place.write("tables/liesmich.txt", "x");
    let folder = place.path("tables");
    let profile = crate::portfolio::root("profiles/gmpp.toml");
    let arguments = ["demo", "--port", "0", "--profile", &profile, "--feed"];
    let ran = place.run(&[&arguments[..], &[folder.to_str().unwrap()]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("„match“") && ran.err.contains("nichts zu zeigen"),
        "{ran:?}"
    );
    assert_eq!(left(&place), Vec::<String>::new());
}
