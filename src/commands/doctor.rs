//! `leitstand doctor`: is everything well, and if not, what to do.

mod nats;

use std::path::Path;

use jiff::{Timestamp, civil::date};
use leitstand_store::{
    CLOCK_TOLERANCE, EventStore as _, Position, Recorded, Sqlite, network_file_system,
    refuse_old_sqlite,
};
use rusqlite::{Connection, OpenFlags};

use crate::{
    clock,
    config::Config,
    exit::{Exit, Stop},
    jetstream::Place,
    out,
    serve::Tokens,
    stores::{self, Missing, Opened, Spec},
    texts,
};

/// With less room the log may stop at any time.
const LITTLE: u64 = 100 << 20;
/// With less room it is time to make some.
const SCARCE: u64 = 1 << 30;

enum Found {
    Well(String),
    Beware(String),
    Wrong(String),
}
use Found::{Beware, Well, Wrong};

pub(super) async fn run(config: &Config) -> Result<Exit, Stop> {
    let mut findings = vec![
        ("Konfiguration", configuration(config)),
        ("SQLite", sqlite()),
        ("Uhr", this_clock()),
    ];
    match Spec::of(config) {
        Err(stop) => findings.push(("Speicher", Wrong(stop.message))),
        Ok(Spec::Memory) => findings.push((
            "Speicher",
            Beware("memory: vergisst alles, wenn das Programm endet.".to_owned()),
        )),
        Ok(Spec::Sqlite(path)) => {
            findings.push(("Platte", disk(&path)));
            findings.extend(store(config, &path).await);
        }
        Ok(Spec::Nats(place)) => findings.extend(on_server(config, &place).await),
    }
    findings.extend(nats::all(config).await);
    let is_wrong = findings.iter().any(|(_, it)| matches!(it, Wrong(_)));
    for (what, found) in findings {
        let (mark, text) = match found {
            Well(text) => ("gut    ", text),
            Beware(text) => ("Achtung", text),
            Wrong(text) => ("FEHLER ", text),
        };
        out::print(&format!("{mark}  {what:<16} {text}\n"))?;
    }
    Ok(if is_wrong { Exit::Failure } else { Exit::Done })
}

fn configuration(config: &Config) -> Found {
    if let Some(path) = config.get("tokens")
        && let Err(stop) = Tokens::load(Path::new(path))
    {
        return Wrong(stop.message);
    }
    match &config.file {
        Some(file) => Well(format!(
            "gelesen aus „{}“; „leitstand config show“ zeigt jeden Wert.",
            file.display()
        )),
        None => Well("ohne Datei; „leitstand config show“ zeigt jeden Wert.".to_owned()),
    }
}

fn sqlite() -> Found {
    match refuse_old_sqlite(rusqlite::version_number()) {
        Ok(()) => Well(format!("Fassung {}", rusqlite::version())),
        Err(error) => Wrong(Stop::from(error).message),
    }
}

fn this_clock() -> Found {
    let today = clock::today();
    if today.date() < date(2025, 1, 1) {
        return Wrong(format!(
            "Heute ist angeblich der {today}; bitte die Uhr stellen (NTP)."
        ));
    }
    Well(format!(
        "{} (in Europe/Berlin der {today})",
        Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ")
    ))
}

fn disk(log: &Path) -> Found {
    let folder = log
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    match network_file_system(folder) {
        Ok(Some(kind)) => {
            return Wrong(format!(
                "„{}“ ist ein Netzlaufwerk ({kind}); bitte eine lokale Platte nehmen.",
                folder.display()
            ));
        }
        Ok(None) => {}
        Err(error) => {
            return Wrong(format!(
                "„{}“ lässt sich nicht ansehen: {error}.",
                folder.display()
            ));
        }
    }
    match rustix::fs::statvfs(folder) {
        Ok(room) => {
            let free = room.f_bavail.saturating_mul(room.f_frsize);
            let text = format!("{} MiB frei in „{}“", free >> 20, folder.display());
            match free {
                ..LITTLE => Wrong(text + "; bitte sofort Platz schaffen."),
                LITTLE..SCARCE => Beware(text + "; bitte bald Platz schaffen."),
                _ => Well(text),
            }
        }
        Err(error) => Beware(format!("Der freie Platz ist unbekannt: {error}.")),
    }
}

/// What a log on a server and the server say.
async fn on_server(config: &Config, place: &Place) -> Vec<(&'static str, Found)> {
    // First: what is forbidden may be why the store cannot be opened.
    let rights = match place.options(config) {
        Ok(options) => nats::log(&options, &place.programme).await,
        Err(stop) => Wrong(stop.message),
    };
    let mut found = vec![("Speicher-Rechte", rights)];
    let opened = match stores::open(config, Missing::Refuse).await {
        Ok(opened) => opened,
        Err(stop) => {
            found.push(("Speicher", Wrong(stop.to_string())));
            return found;
        }
    };
    if let Some(log) = &opened.jetstream {
        found.push(("NATS", Well(format!("Server {}", log.server_version()))));
        found.push((
            "Kopien",
            match log.replicas() {
                1 => Beware("Jedes Ereignis liegt auf einem Server; fällt seine Platte aus, ist es verloren („?replicas=3“ mit drei Servern).".to_owned()),
                many => Well(format!("Jedes Ereignis liegt auf {many} Servern.")),
            },
        ));
        found.push((
            "Uhr im Protokoll",
            match log.newest().await {
                Ok(Some(newest)) => clock_of(&newest),
                Ok(None) => Well("noch kein Ereignis".to_owned()),
                Err(error) => Wrong(format!("Das Protokoll ist nicht lesbar: {error}.")),
            },
        ));
    }
    // With an address to ask, a store on servers that do not sync is not even opened.
    found.push((
        "Sync",
        match opened.warnings.first() {
            None => Well(format!(
                "sync_interval: always auf {}",
                place.monitors.join(", ")
            )),
            Some(warning) => Beware(warning.clone()),
        },
    ));
    let name = format!("NATS, {}", place.programme);
    found.extend(told(config, &opened, &name).await);
    found
}

/// What the store itself says, without changing it.
async fn store(config: &Config, path: &Path) -> Vec<(&'static str, Found)> {
    let opened = match stores::open(config, Missing::Refuse).await {
        Ok(opened) => opened,
        Err(stop) => return vec![("Speicher", Wrong(stop.to_string()))],
    };
    let mut found = told(config, &opened, &path.display().to_string()).await;
    if let Some(sqlite) = &opened.sqlite {
        found.push(("Uhr im Protokoll", newest(sqlite, path).await));
    }
    let path = path.to_owned();
    let checked = tokio::task::spawn_blocking(move || quick_check(&path)).await;
    found.push((
        "Datei",
        checked.unwrap_or_else(|_| Wrong("Die Prüfung ist abgebrochen.".to_owned())),
    ));
    found
}

/// Whose log it is, and whether its texts can be read.
async fn told(config: &Config, opened: &Opened, name: &str) -> Vec<(&'static str, Found)> {
    let programme = match opened.programme(config).await {
        Ok(programme) => Well(format!("„{name}“, Programm {programme}")),
        Err(stop) => Wrong(stop.message),
    };
    let texts = match texts::lost(opened).await {
        Ok(None) => {
            Well("zu jedem ist der Schlüssel da oder die Löschung aufgezeichnet".to_owned())
        }
        Ok(Some(lost)) => Wrong(lost.told()),
        Err(stop) => Wrong(stop.message),
    };
    vec![("Speicher", programme), ("Freitexte", texts)]
}

/// Whether an event is not ahead of this clock.
fn clock_of(newest: &Recorded) -> Found {
    let ahead = newest.recorded_at.duration_since(Timestamp::now());
    let text = format!(
        "letztes Ereignis an Position {}, aufgezeichnet {}",
        newest.position.as_json(),
        newest.recorded_at
    );
    if ahead > CLOCK_TOLERANCE {
        Wrong(text + "; das liegt in der Zukunft dieser Uhr: bitte die Uhren stellen.")
    } else {
        Well(text)
    }
}

/// Whether the newest event is not ahead of this clock.
async fn newest(store: &Sqlite, path: &Path) -> Found {
    let path = path.to_owned();
    let last = tokio::task::spawn_blocking(move || {
        let log = read_only(&path)?;
        log.query_one("SELECT coalesce(max(position), 0) FROM events", [], |row| {
            row.get::<_, i64>(0)
        })
    });
    let last = last
        .await
        .ok()
        .and_then(Result::ok)
        .and_then(|it| u64::try_from(it).ok());
    let Some(last) = last else {
        return Beware("Das letzte Ereignis ist nicht zu finden.".to_owned());
    };
    let page = store
        .page(Position::from_json(last.saturating_sub(1)), 1)
        .await;
    match page.as_deref() {
        Ok([newest, ..]) => clock_of(newest),
        Ok([]) => Well("noch kein Ereignis".to_owned()),
        Err(error) => Wrong(format!("Das Protokoll ist nicht lesbar: {error}.")),
    }
}

fn quick_check(path: &Path) -> Found {
    let checked = read_only(path)
        .and_then(|it| it.query_one("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)));
    match checked.as_deref() {
        Ok("ok") => {
            Well("schnelle Prüfung bestanden; die Kette prüft „leitstand audit verify“.".to_owned())
        }
        Ok(wrong) => Wrong(format!(
            "Die Datei ist beschädigt ({wrong}); bitte eine Sicherung wiederherstellen."
        )),
        Err(error) => Wrong(format!("Die Datei lässt sich nicht prüfen: {error}.")),
    }
}

fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}
